"""Frames of every explorer, rendered beforehand: sliders that slide in a page without a kernel.

    python -m web.freeze FOLDER [NAME ...]

1. `Plan` chooses settings of a scene: two sliders together, the others one at a time, from the
   start, from every preset, and from what the explorer's cells name as "frames".
2. `render` asks the scene for each of them what a kernel would send: the SVG that moves, the
   readout, and the places of the handles. Numbers and pictures are those of the live explorer.
3. `encode` puts them into NAME.json.gz: a line that describes sliders, buttons and the still
   picture, then every different piece of text once, then a line a frame with its pieces' numbers.
   NAME-narrow.json.gz is the one for a phone; a page fetches one of the two.
4. `placeholder` is what a page has: NAME.webp, the room for all that comes, and the address of that
   file. Nothing goes up: `frozen.js` reads the file and shows the frame nearest to what is asked.
5. `freeze` takes the largest of SIZES whose file is small enough, and `kept` keeps the files.
"""

import argparse
import base64
import gzip
import hashlib
import html
import itertools
import json
import multiprocessing
import re
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from kl_course import engine
from kl_course.scene import WIDTH, Drawing
from tools import lessons

ROOT = Path(__file__).resolve().parents[1]

# Bytes of an explorer, its picture included: what is aimed at, wide and narrow, so that the site
# stays near 12 MB, and what is refused.
AIM, LIMIT = (150_000, 80_000), 500_000
ROLLS = 11  # values of a seed: the start, and ten times Resample
# How far apart the stops of a frozen slider may be, counted in stops of the live one.
ROUND = (1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 400, 500)
FEWEST = 11  # even stops that a slider keeps, however few frames there may be, if it has so many

# Where a page's text is less than 560 px wide, or a screen is low: see picture.css.
NARROW_PAGE = "(max-width: 591px), (max-height: 479px)"
# What shows the frames in a page; explorers.js is what it asks for.
SHOWS = (
    *(ROOT / "web" / name for name in ("explorers.js", "frozen.js", "links.js")),
    *(ROOT / "kl_course").glob("picture.*"),
)
EVERY = "The live version has every setting."
EVERY_SETTING = "The live version, in the notebook, has every setting."

# What frames are computed and drawn with: another version of it may move a digit or a line.
DRAWN_WITH = ("contourpy", "matplotlib", "numpy", "pillow", "scipy")

# What the buttons of a game may have done before a frame, and to which of these states a moved
# slider goes back. Every other action needs more frames than a file can hold.
GAMES = {
    "draw_q": (
        ((), 0),
        (("Try",), 0),
        (("Other direction",), 2),
        (("Other direction", "Try"), 2),
    ),
}


@dataclass(frozen=True)
class Size:
    """How many frames a file may have."""

    pair: int  # frames of the two sliders that slide together
    alone: int  # stops of a slider that slides alone
    at_presets: bool  # whether the two slide together from every preset, too


SIZES = (
    Size(850, 41, True),
    Size(1650, 41, False),
    Size(850, 41, False),
    Size(425, 41, True),
    Size(425, 31, False),
    Size(200, 21, False),
    Size(121, 11, False),
)
# Frames that an explorer may have: with more, rendering all explorers would take too many minutes.
MOST = 2600
AXIS = 51  # stops of a slider of the pair; with more than these it slides no more smoothly


# --- which frames


class Plan:
    """The settings that are frozen for a scene.

    Attributes
    ----------
    scene : Scene
    stops : dict of str to tuple
        The values that each slider has in some frame, in order.
    settings : list of (int, dict)
        State of the game and values of the shown sliders, a pair a frame; none comes twice, and
        the start is the first.
    """

    def __init__(self, scene, size):
        self.scene, self.size = scene, size
        self.sliders = {slider.name: slider for slider in scene.sliders if slider.shown}
        start = {name: scene.start[name] for name in self.sliders}
        presets = [start | preset for preset in scene.presets.values()]
        named = lessons.frames().get(f"explore_{scene.name}", [])
        turned = [swapped(scene, setting) for setting in (start, *presets) if scene.swap]
        self.bases = [start, *presets, *(start | setting for setting in named), *turned]
        self.stops = self._grids()
        frames = {(0, *start.values()): (0, start)}
        for state, _ in enumerate(states(scene)):
            for setting in self._sheets(start, presets, named, turned):
                frames.setdefault((state, *setting.values()), (state, setting))
        self.settings = list(frames.values())

    def _sheets(self, start, presets, named, turned):
        pair = self.scene.pair_of_sliders
        yield from self._product(start, pair)
        if turned:
            yield from self._product(turned[0], swapped(self.scene, {n: n for n in start}, pair))
        for preset in presets if self.size.at_presets else ():
            yield from self._product(preset, pair)
        for base in (start, *presets, *turned):
            for name in self.sliders:
                yield from self._product(base, (name,))
        for setting in named:  # whichever of its sliders comes last leads there
            for name in setting:
                yield from self._product(start | setting, (name,))

    def _product(self, base, names):
        for values in itertools.product(*(self.stops[name] for name in names)):
            yield base | dict(zip(names, values, strict=True))

    def _grids(self):
        partner = {a: b for one, other in self.scene.swap for a, b in ((one, other), (other, one))}
        needed = {
            name: {base[name] for base in self.bases} | {base[partner[name]] for base in self.bases}
            if name in partner
            else {base[name] for base in self.bases}
            for name in self.sliders
        }
        grids = {}
        for name, slider in self.sliders.items():  # those that change places have the same
            grids[name] = grids.get(partner.get(name)) or list(_grids(slider, needed[name]))
        first, second = self.scene.pair_of_sliders
        chosen = _best_pair(
            grids[first], grids[second], self.size.pair, partner.get(first) == second
        )
        stops = dict(zip((first, second), chosen, strict=True))
        for name, other in itertools.product(stops.copy(), self.sliders):
            if partner.get(other) == name:
                stops.setdefault(other, stops[name])
        for name in self.sliders:
            if name not in stops:
                stops[name] = _best(grids[name], self.size.alone)
                if name in partner:
                    stops[partner[name]] = stops[name]
        return {name: stops[name] for name in self.sliders}


def swapped(scene, setting, keys=None):
    """`setting` after "Swap p ↔ q"; with `keys`, those names after it."""
    other = {a: b for pair in scene.swap for a, b in (pair, pair[::-1])}
    if keys is not None:
        return tuple(other.get(name, name) for name in keys)
    return {name: setting[other.get(name, name)] for name in setting}


def states(scene):
    """What buttons may have done before a frame, and the state that a moved slider goes back to."""
    return GAMES.get(scene.name, (((), 0),))


def _grids(slider, needed):
    """Rows of stops that hold what is needed, each with the number of uneven steps within."""
    if not slider.handle:  # a seed
        start = slider.start
        yield 0, tuple(range(start, start + ROLLS))
        return
    if slider.options:
        yield 0, slider.stops
        return
    places = {slider.stops.index(slider.nearest(value)) for value in needed}
    first, last = slider.stops.index(slider.nearest(slider.start)), len(slider.stops) - 1
    for step in ROUND:
        even = set(range(first % step, last + 1, step))
        if len(even) >= min(FEWEST, last + 1) or step == 1:
            row = sorted(even | places | {0, last})
            yield len(places - even - {0, last}), tuple(slider.stops[i] for i in row)


def _best(grids, most):
    """The row with the fewest uneven steps, and of these the finest, of at most `most` stops."""
    fitting = [grid for grid in grids if len(grid[1]) <= most] or grids[-1:]
    return min(fitting, key=lambda grid: (grid[0], -len(grid[1])))[1]


def _best_pair(first, second, most, alike):
    """Two such rows, with at most `most` frames together: the pair that is worth most.

    Worth is the number of frames, times 0.7 for each uneven step, which a hand feels as a jerk,
    times the stops of the coarser slider: 20 by 20 is better than 200 by 2. Stops beyond AXIS do
    not count.
    """
    pairs = zip(first, second, strict=True) if alike else itertools.product(first, second)
    pairs = sorted(pairs, key=lambda ab: len(ab[0][1]) * len(ab[1][1]))
    fitting = [ab for ab in pairs if len(ab[0][1]) * len(ab[1][1]) <= most] or pairs[:1]

    def worth(ab):
        a, b = (min(len(row), AXIS) for _, row in ab)
        return a * b * 0.7 ** (ab[0][0] + ab[1][0]) * min(a, b)

    return tuple(row for _, row in max(fitting, key=worth))


# --- frames as text


def full(scene, state, setting):
    """The whole setting of a frame: what the buttons set, too."""
    whole = scene.start | setting
    for label in states(scene)[state][0]:
        whole = scene.act(whole, label)
    return whole


def render(scene, settings, *, narrow=False):
    """(state, *values) -> the pieces of the frame of that setting: picture, readout and places."""
    drawing, same = Drawing(scene, narrow=narrow), {}
    return {
        (state, *setting.values()): [
            same.setdefault(piece, piece)
            for piece in cut(frame_text(drawing, full(scene, state, setting)))
        ]
        for state, setting in settings
    }


def frame_text(drawing, setting):
    """What is shown for a whole setting: a line of SVG, one of the readout, one of the places."""
    scene = drawing.scene
    frame = scene.frame(**setting)
    drawing.show(frame)
    rest = engine.readout(scene, frame), drawing.places(setting)
    return "\n".join([drawing.svg(scene.name), *map(_json, rest)])


def _json(what):
    return json.dumps(what, ensure_ascii=False, separators=(",", ":"))


def cut(text):
    """A frame's text in pieces, cut where most frames have the same ones: at tags and strings."""
    return _PIECES.findall(text)


@cache  # a frame is encoded once for each size that is tried
def shortened(piece, decimals):
    """A piece with so many decimals in its outline, and no −0 among them."""
    return _OUTLINE.sub(
        lambda found: _NUMBER.sub(lambda number: _rounded(number[0], decimals), found[0]), piece
    )


@cache
def _rounded(number, decimals):
    return re.sub(r"^-(0\.0+)$", r"\1", f"{float(number):.{decimals}f}")


_PIECES = re.compile(r"<[^>\n]*>[^<\n]*|\n|\"[^\"\n]*\"|[^<\"\n]+|.")
_OUTLINE = re.compile(r' d="[^"]*"')
_NUMBER = re.compile(r"-?\d+\.\d\d")
_CORNERS = re.compile(r' d="((?:[A-Z]| ?-?\d+\.\d+)*)')
_RUN = re.compile(r"([A-Z])([^A-Z]*)")
PACKED = "~"  # begins a packed piece; no other piece begins so
# A step from corner to corner of an outline, in units of the last decimal, is one character: that
# of code 80 for 0, those up to 44 below and above it ("$" to "|") for other steps, all of them
# printable and none a space or "!". A longer step is written out: "!1234;".
MIDDLE, REACH = 80, 44


def encode(scene, plan, texts, decimals, *, narrow=False):
    """The file of a scene: a line of JSON, a line a piece, a line a frame; compressed.

    A frame is its state, the places of its stops, and a token a piece: "." is the piece that the
    frame before has at this place, "+" the next piece that was in no frame yet, "12," piece 12.
    """
    pieces, lines, before, short = {}, [], [], {}
    for state, setting in plan.settings:
        now = texts[state, *setting.values()]
        short |= {piece: shortened(piece, decimals) for piece in now if piece not in short}
        now = [short[piece] for piece in now]
        at = [plan.stops[name].index(value) for name, value in setting.items()]
        tokens = []
        for i, piece in enumerate(now):
            if before[i : i + 1] == [piece]:
                tokens.append(".")
            elif piece in pieces:
                tokens.append(f"{pieces[piece]},")
            else:
                pieces[piece] = len(pieces)
                tokens.append("+")
        lines.append(f"{state} {' '.join(map(str, at))} {''.join(tokens)}")
        before = now
    rows = ["\\n" if piece == "\n" else pack(piece) for piece in pieces]
    head = _header(scene, plan, narrow) | {"pieces": len(rows), "decimals": decimals}
    return gzip.compress("\n".join([_json(head), *rows, *lines]).encode(), 9, mtime=0)


def decode(data):
    """Header and list of (state, place of each slider's stop, text): what `frozen.js` reads."""
    head, *rest = gzip.decompress(data).decode().split("\n")
    head = json.loads(head)
    rows = rest[: head["pieces"]]
    pieces = ["\n" if row == "\\n" else unpack(row, head["decimals"]) for row in rows]
    frames, before, new = [], [], 0
    for line in rest[head["pieces"] :]:
        *numbers, tokens = line.split(" ")
        state, *at = map(int, numbers)
        now = []
        for i, token in enumerate(re.findall(r"\.|\+|\d+,", tokens)):
            if token == "+":
                now.append(new)
                new += 1
            else:
                now.append(before[i] if token == "." else int(token[:-1]))
        frames.append((state, at, "".join(pieces[i] for i in now)))
        before = now
    return head, frames


@cache
def pack(piece):
    """A piece with an outline as its letters, the steps from corner to corner, and the rest."""
    found = _CORNERS.search(piece)
    runs = (
        [(a, re.findall(r"[-.\d]+", rest)) for a, rest in _RUN.findall(found[1])] if found else ()
    )
    numbers = [int(number.replace(".", "")) for _, run in runs for number in run]
    if len(numbers) < 8:
        return piece
    letters = "".join(f"{letter}{len(run) or ''}" for letter, run in runs)
    steps = (
        "".join([LETTERS[b - a] for a, b in itertools.pairwise([0, *numbers[first::2]])])
        for first in (0, 1)
    )
    return " ".join([PACKED + letters, *steps, _CORNERS.sub(' d="', piece, count=1)])


class _Letters(dict):
    """A step -> how it is written."""

    def __missing__(self, step):
        return f"!{step};"


LETTERS = _Letters({step: chr(MIDDLE + step) for step in range(-REACH, REACH + 1)})


def unpack(row, decimals):
    """The piece that `pack` made this of."""
    if not row.startswith(PACKED):
        return row
    letters, *columns, piece = row[len(PACKED) :].split(" ", 3)
    places = []
    for column in columns:
        steps = re.findall(r"!-?\d+;|.", column)
        steps = (int(s[1:-1]) if len(s) > 1 else ord(s) - MIDDLE for s in steps)
        places.append(itertools.accumulate(steps))
    rest = (f"{n / 10**decimals:.{decimals}f}" for xy in zip(*places, strict=True) for n in xy)
    data = "".join(
        f"{letter}{' ' if letter in 'LQC' else ''}{' '.join(itertools.islice(rest, int(run or 0)))}"
        for letter, run in re.findall(r"([A-Z])(\d*)", letters)
    )
    return piece.replace(' d="', f' d="{data}', 1)


def _header(scene, plan, narrow):
    drawing = Drawing(scene, narrow=narrow)
    drawing.show(scene.frame())
    page = engine.for_the_page(drawing, ())
    for slider in page["sliders"]:
        stops = plan.stops[slider["name"]]
        slider["ends"] = stops[0], stops[-1]
        slider["stops"] = stops if len(slider["stops"]) else ()
    buttons, games = _buttons(scene), states(scene)
    page["buttons"] = list(buttons)
    return {
        "scene": page,
        "layout": "narrow" if narrow else "wide",
        "still": base64.b64encode(drawing.image(moving=False)).decode(),
        "stops": plan.stops,
        "buttons": buttons,
        "back": [back for _, back in games],
    }


def about(scene):
    """What slides together without a kernel, and which buttons need one."""
    labels = {slider.name: slider.label for slider in scene.sliders if slider.shown}
    pair = [labels[name] for name in scene.pair_of_sliders]
    rest = ", the other sliders one at a time" if len(labels) > len(pair) else ""
    there = _labels(scene)
    missing = ", ".join(label for label in scene.actions if label not in there)
    words = f"{' and '.join(pair)} slide together here{rest}."
    return f"{words} {missing}: in the live version only." if missing else words


@cache
def _labels(scene):
    return list(_buttons(scene))


def _buttons(scene):
    """Label -> what it does, as data."""
    buttons = {}
    there = [full(scene, state, {}) for state, _ in enumerate(states(scene))]
    drawing = Drawing(scene)
    looks = [frame_text(drawing, setting) for setting in there]
    for label in scene.actions:
        after = [frame_text(drawing, scene.act(setting, label)) for setting in there]
        ways = [looks.index(text) if text in looks else None for text in after]
        if len(looks) > 1 and any(way is not None for way in ways):
            buttons[label] = {"go": ways}
    buttons |= {label: {"set": preset} for label, preset in scene.presets.items()}
    if scene.swap:
        buttons[engine.SWAP] = {"swap": scene.swap}
    if any(slider.name == "seed" for slider in scene.sliders):
        buttons[engine.RESAMPLE] = {"next": "seed"}
    return buttons | {engine.RESET: {"reset": True}}


# --- files


def freeze(scene, folder):
    """Write NAME.json.gz and NAME.webp, and the narrow ones; return a line that says how large."""
    began, said = time.perf_counter(), []
    for narrow, end in ((False, ""), (True, "-narrow")):
        drawing = Drawing(scene, narrow=narrow)
        drawing.show(scene.frame())
        picture = drawing.image(moving=True)
        plan, decimals, data = _largest(scene, narrow, AIM[narrow] - len(picture))
        if len(data) + len(picture) > LIMIT:
            raise ValueError(f"{scene.name} has {len(data)} bytes of frames, too many for a page")
        (folder / f"{scene.name}{end}.json.gz").write_bytes(data)
        (folder / f"{scene.name}{end}.webp").write_bytes(picture)
        pair = " × ".join(f"{len(plan.stops[name])} {name}" for name in scene.pair_of_sliders)
        said.append(
            f"{len(plan.settings):4} frames, {pair}, {decimals} decimals: "
            f"{len(data) / 1000:.0f} + {len(picture) / 1000:.0f} kB"
        )
    return f"{scene.name:16} {'; narrow '.join(said)}, {time.perf_counter() - began:.0f} s"


def _largest(scene, narrow, room):
    """Of the sizes whose file is small enough the best one: plan, decimals and file."""
    frames = {}
    for size, decimals in _promising(scene, frames, narrow, room):
        plan = Plan(scene, size)
        data = _encoded(scene, plan, frames, decimals, narrow)
        if len(data) <= room:
            break
    for kept_pieces in (shortened, pack, _rounded):
        kept_pieces.cache_clear()
    return plan, decimals, data


def _encoded(scene, plan, frames, decimals, narrow):
    new = [(state, s) for state, s in plan.settings if (state, *s.values()) not in frames]
    frames |= render(scene, new, narrow=narrow)
    return encode(scene, plan, frames, decimals, narrow=narrow)


def _promising(scene, frames, narrow, room):
    """Sizes and decimals, the best first, without those that a small file says are too large."""
    small = Plan(scene, SIZES[-1])
    each = {d: len(_encoded(scene, small, frames, d, narrow)) / len(small.settings) for d in (2, 1)}
    for size in SIZES:
        count = len(Plan(scene, size).settings)
        for decimals in (2, 1):
            if count <= MOST and (count * each[decimals] <= 1.4 * room):
                yield size, decimals
    yield SIZES[-1], 1


def _freeze_by_name(name, folder):
    return freeze(lessons.scene(name), folder)


def freeze_all(folder, names=None, say=print):
    """Freeze the scenes of these names (all) into `folder`, in two processes.

    Parameters
    ----------
    folder : path
    names : iterable of str, optional
    say : callable
        Is given a line for each explorer that is done, and one for all.
    """
    folder, known, began = Path(folder), lessons.scene_names(), time.perf_counter()
    names = known if names is None else list(names)
    if unknown := set(names) - set(known):
        raise ValueError(f"no explorer is called {sorted(unknown)}; there are {known}")
    folder.mkdir(parents=True, exist_ok=True)
    copy_scripts(folder)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(2, len(names)), mp_context=context) as pool:
        work = partial(pool.submit, _freeze_by_name)
        done = as_completed([work(name, folder) for name in names])
        for count, future in enumerate(done, 1):
            say(f"{count:2} of {len(names)}: {future.result()}")
    sizes = [path.stat().st_size for path in folder.iterdir() if path.suffix in (".gz", ".webp")]
    say(f"{sum(sizes) / 1e6:.2f} MB in {time.perf_counter() - began:.0f} s")


def kept(say=print):
    """The folder with the frames of all explorers, kept in build/ until what draws them changes."""
    versions = {name: version(name) for name in DRAWN_WITH}
    key = key_of(versions, sources(ROOT), lessons.frames())
    folder = ROOT / "build" / "frozen" / key
    if not folder.exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        unfinished = folder.with_suffix(".unfinished")
        freeze_all(unfinished, say=say)
        unfinished.rename(folder)
    copy_scripts(folder)
    return folder


def sources(root):
    """Name -> bytes of each file that frames depend on: a check or a report draws no frame."""
    paths = [root / "web" / "freeze.py"]
    for package in ("kl_helpers", "kl_course"):
        paths += (root / package).rglob("*.py")
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    unused = ("kl_course/checks/", "kl_helpers/_report.py")
    return {name: found[name] for name in sorted(found) if not name.startswith(unused)}


def key_of(*drawn_by):
    """A short name for frames, another one when anything that they are drawn by is another."""
    return hashlib.sha256(repr(drawn_by).encode()).hexdigest()[:12]


def copy_scripts(folder):
    """What shows the frames."""
    for script in SHOWS:
        shutil.copy(script, folder)


def placeholder(scene_name, base, live="", *, narrow=NARROW_PAGE):
    """HTML of an explorer as it stands until `frozen.js` puts the frames of BASE in its place.

    It is as high as what comes, has the numbers of the start, and can be read without a script.

    Parameters
    ----------
    scene_name : str
    base : str
        Address of the folder that `freeze_all` wrote.
    live : str, optional
        Address of the live version, for what is not frozen.
    narrow : str
        The media query of a page that shows the narrow picture.
    """
    scene = lessons.scene(scene_name)
    page = engine.for_the_page(_shown(scene), _labels(scene))
    address, alt = html.escape(f"{base}/{scene_name}"), html.escape(scene.alt)
    style = "; ".join(f"{name}: {value}" for name, value in page["style"].items())
    folds = [slider["folds"] for slider in page["sliders"]]
    rows = "".join(f'<div class="kl-row{" kl-folds" * fold}"></div>' for fold in folds)
    fold = '<button class="kl-fold">More sliders</button>' * any(folds)
    labels = (*page["buttons"], "Copy link")
    buttons = fold + "".join(f"<button>{html.escape(label)}</button>" for label in labels)
    says, first = engine.readout(scene, scene.frame()), ' class="kl-first"'
    lines = "".join(
        f"<div><span{first * (says['table'] and not i)}>{html.escape(name)}</span>"
        f"<span>{html.escape(number)}</span></div>"
        for row in says["rows"]
        for i, (name, number) in enumerate(row)
    )
    table = " kl-table" * says["table"]
    notes = "".join(f"<div>{html.escape(note)}</div>" for note in says["notes"])
    source = f'<source media="{narrow}" srcset="{address}-narrow.webp">'
    way = f'<a href="{html.escape(live)}">{EVERY}</a>' if live else EVERY_SETTING
    return (
        f'<div class="kl-frozen" data-name="{scene_name}" data-src="{address}">'
        f'<div class="kl-room kl-asleep"><div class="kl-explorer" style="{style}">'
        f'<div class="kl-controls" aria-hidden="true" inert><div class="kl-rows">{rows}</div>'
        f'<div class="kl-buttons">{buttons}<div class="kl-said"></div></div></div>'
        f'<div class="kl-picture"><picture>{source}<img class="kl-committed" src="{address}.webp" '
        f'alt="{alt}" width="{WIDTH}" height="{scene.height:g}" loading="lazy"></picture></div>'
        f'<div class="kl-readout"><div class="kl-lines{table}">{lines}</div>'
        f'<div class="kl-notes">{notes}</div></div></div></div>'
        f'<p class="kl-about">{html.escape(about(scene))} {way}</p></div>'
    )


def _shown(scene):
    drawing = Drawing(scene)
    drawing.show(scene.frame())
    return drawing


def main():
    """Freeze what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a scene; all by default")
    options = parser.parse_args()
    try:
        freeze_all(options.folder, options.names or None)
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
