"""Random walks over whatever a hand can do to an explorer, and what its pictures say in words.

Five walks an explorer; before a release 200: WALKS=200 python -m pytest tests/test_walks.py
"""

import dataclasses
import itertools
import math
import os
import re

import numpy as np
import pytest

from kl_course import engine
from kl_course.overlay import OverlayRenderer
from kl_course.scene import Drawing
from tools import lessons

EXPLORERS = lessons.explorers()
WALKS, EVENTS = int(os.environ.get("WALKS", "5")), 50
TINY = (5e-324, 1e-300, 1e-12)  # what somebody may type where 0 is near
NEAR = 30  # pictures; how far outside of the picture a curve may run, where the axes cut it


# --- What a hand can do -------------------------------------------------------------------------


def place(slider, rng):
    """A stop, an end, a number between two stops, beside an end, or a tiny one."""
    low, high = slider.ends
    if slider.options or rng.random() < 0.4:
        return slider.stops[rng.integers(len(slider.stops))]
    if slider.whole:
        return int(rng.choice([low, high, rng.integers(low, high + 1)]))
    typed = [low, high, rng.uniform(low, high), math.nextafter(low, high), *TINY]
    typed = [float(value) for value in typed if low <= value <= high]
    return typed[rng.integers(len(typed))]


def step(explorer, rng, hand):
    """One event, chosen at random: a message of the page, a drag, a line of code, a button."""
    sliders = [slider for slider in explorer.scene.sliders if slider.shown]
    some = rng.permutation(len(sliders))[: rng.integers(1, len(sliders) + 1)]
    several = {sliders[i].name: place(sliders[i], rng) for i in some}
    name, value = next(iter(several.items()))
    kind = rng.choice(["page", "several", "control", "drag", "button"])
    if kind == "page":
        hand(explorer).slide(**{name: value})
    elif kind == "several":
        explorer.set(**several)
    elif kind == "control" or (kind == "drag" and not explorer.scene.handles):
        explorer.controls[name].value = value
    elif kind == "drag":
        handle = explorer.scene.handles[rng.integers(len(explorer.scene.handles))].name
        there = np.add(explorer.view.places[handle], rng.normal(0, rng.choice([0.05, 0.5]), 2))
        left, top = there.tolist()
        hand(explorer).drag(handle, left, top)
    else:  # Reset, the last one, makes a new picture: that takes as long as 20 other events
        buttons = explorer.buttons[: None if rng.random() < 0.02 else -1] or explorer.buttons
        explorer.press(buttons[rng.integers(len(buttons))])


# --- What must hold of every picture ------------------------------------------------------------


class Reader(OverlayRenderer):
    """Draws nothing, and keeps where texts are."""

    def __init__(self, drawing):
        super().__init__(*drawing.figure.bbox.size, "texts")
        self.still = []
        drawing.figure.draw(self)  # leaves out what moves

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        self.still.append((s, mtext.get_window_extent(self)))


def faults_of_texts(drawing, reader):
    """Each text that moves and is cut, or lies on another one; half a point is no overlap."""
    moving = [
        text
        for ax in drawing.figure.axes
        for text in ax.texts
        if text.get_gid() and text.get_visible() and text.get_text()
    ]
    boxes = [(text.get_text(), text.get_window_extent(reader).padded(-0.5)) for text in moving]
    faults = []
    for text, (words, box) in zip(moving, boxes, strict=True):
        room = text.get_clip_box() if text.get_clip_on() else drawing.figure.bbox
        if not (room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0):
            faults.append(f"{words} is cut")
        if box.y1 > room.y1:
            faults.append(f"{words} is cut")
    for (one, a), (other, b) in itertools.chain(
        itertools.combinations(boxes, 2), itertools.product(boxes, reader.still)
    ):
        if a.overlaps(b):
            faults.append(f"{one} lies on {other}")
    return faults


def farthest(svg, size):
    """How many pictures outside of the picture something is drawn: what is cut, and what is not."""
    most = {True: 0.0, False: 0.0}
    for group in svg.split("<g")[1:]:
        for data in re.findall(r'<path d="([^"]*)"', group):
            corners = re.findall(r"(-?\d+\.\d+) (-?\d+\.\d+)", data)
            shares = np.array(corners, float).reshape(-1, 2) / size
            clipped = group.startswith(" clip-path")
            most[clipped] = max(most[clipped], *np.maximum(-shares, shares - 1).ravel())
    return most


@pytest.fixture(scope="module", params=EXPLORERS)
def explorer(request):
    return EXPLORERS[request.param]()


def test_random_walks_find_nothing(explorer, hand):
    scene = explorer.scene
    again = Drawing(dataclasses.replace(scene))
    again.show(scene.frame())
    again.svg(scene.name)  # from here on it knows what moves
    reader = Reader(again)
    assert scene.trail is None or scene.name in ("cross_entropy", "draw_q")
    for number in range(WALKS):
        rng, found = np.random.default_rng([number, len(scene.name)]), []
        explorer.set(**scene.start)
        for _ in range(EVENTS):
            step(explorer, rng, hand)
            now = {name: control.value for name, control in explorer.controls.items()}
            assert explorer.view.setting == now
            for slider in scene.sliders:
                assert slider.check(now[slider.name]) == now[slider.name]
            assert all(0 <= part <= 1 for at in explorer.view.places.values() for part in at), now
            if scene.trail:  # what was there before is the live view's own: here without it
                explorer.drawing.show(explorer.frame)
                svg = explorer.drawing.svg(scene.name)
            else:
                svg = explorer.view.moving
            found.append((now, explorer.values(), explorer.view.readout, svg))
        for now, values, readout, svg in found[::-5]:  # by another way
            frame = scene.frame(**now)
            assert repr(values) == repr(dict(frame.values)), now  # repr: there may be a NaN
            assert readout == engine.readout(scene, frame), now
            assert sum(map(bool, frame.notes)) <= scene.note_lines, (now, frame.notes)
            assert not re.search(r"\b(nan|inf|None)\b", f"{readout} {svg}"), now
            again.show(frame)
            assert again.svg(scene.name) == svg, now
            assert not faults_of_texts(again, reader), now
            out = farthest(svg, again.figure.bbox.size)
            assert out[True] <= NEAR, now
            assert out[False] <= 0, now


@pytest.mark.slow
@pytest.mark.parametrize(("name", "every"), [("gibbs", 5), ("triangle", 14)])
def test_no_words_lie_on_others_and_none_are_cut(name, every):
    scene = lessons.scene(name)
    drawing = Drawing(dataclasses.replace(scene))
    drawing.show(scene.frame())
    drawing.svg(name)
    reader = Reader(drawing)
    for (one, a), (other, b) in itertools.combinations(reader.still, 2):
        assert not a.padded(2).overlaps(b), (one, other)  # a letter is 6 points wide
    places = [{*slider.stops[::every], *slider.ends} for slider in scene.sliders]
    for values in itertools.product(*places):
        setting = dict(zip(scene.start, values, strict=True))
        drawing.show(scene.frame(**setting))
        assert not faults_of_texts(drawing, reader), setting


def test_gibbs_hides_the_word_of_a_ratio_beyond_the_picture():
    drawing = EXPLORERS["explore_gibbs"]().drawing
    for q_heads, shown in ((0.4, "heads"), (0.41, "")):
        drawing.show(drawing.scene.frame(p_heads=0.1, q_heads=q_heads))
        (word,) = (text for text in drawing.axes[0].texts if text.get_gid() == "heads")
        assert word.get_text() == shown


@pytest.mark.parametrize(
    ("a", "c", "letters"),
    [(0.3, 0.3, ["", "ac"]), (0.3, 0.31, ["", "ac"]), (0.3, 0.32, ["a", "c"])],
)
def test_two_coins_in_one_place_share_a_dot(a, c, letters):
    drawing = EXPLORERS["explore_triangle"]().drawing
    drawing.show(drawing.scene.frame(a=a, c=c))
    texts = {text.get_gid(): text.get_text() for text in drawing.axes[0].texts}
    assert [texts["a"], texts["c"]] == letters
