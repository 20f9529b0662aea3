"""The live view of a scene in a notebook: what its sliders say, shown at once.

- The kernel computes and draws, the page (`picture.js`) shows; between them is one widget, `_View`.
- Once it gets ``scene`` (sliders, buttons, texts; JSON) and ``still`` (what never moves; PNG).
- What is shown is a frame: ``setting``, ``moving`` (what moves; SVG), ``places`` of the handles and
  ``readout``. A scene is pure, so the page keeps frames by setting, and shows one that it has at
  once. It asks for frames (`Explorer._on_message`): the one it needs now, or those that it may need
  next, along the slider that a hand has come to. These are drawn in short slices between messages.
- When the hand rests, or a button is pressed, the page says which sliders it moved; then the
  controls follow, and the frame comes down as traits, for every page that shows this kernel.
  ``still`` comes again only with a new picture, that of Reset.
- A narrow page, such as a phone's, says so, and has its own still picture and its own frames as
  answers: the same scene, drawn for it. What comes down as traits is always the wide one.
- The controls last as long as the explorer; its Figure, with the SVG of what did not change, until
  Reset; its setting as long as the kernel, so that a cell that is run again goes on (`recall`),
  unless its line names another start.
"""

import asyncio
import base64
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import wraps
from inspect import getdoc, signature
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Any as Anything
from traitlets import Bytes, Dict, HasTraits, Int, Unicode, validate

from kl_course.overlay import TRAIL
from kl_course.plots import COLORS
from kl_course.recall import OURS, recall
from kl_course.scene import CAPTION_HEIGHT, NARROW, WIDTH, Drawing, Frame, Scene, Setting, Slider

SWAP, RESAMPLE, RESET = "Swap p ↔ q", "Resample", "Reset"
STILL = "A still picture: Run All brings the sliders back."
_TRAIL = 60  # places that a trail shows; more would make every message longer
_SLICE, _PAUSE = 0.015, 0.005  # seconds of drawing ahead, and then for every other message
_AHEAD = 200  # frames that one message may wish for
_UNFOLDED = 4  # sliders that a narrow page shows at once


class Control(HasTraits):
    """The present value of a slider: ``control.value``, and ``control.observe``.

    Parameters
    ----------
    slider : Slider
    """

    value = Anything()

    def __init__(self, slider: Slider) -> None:
        super().__init__()
        self.slider = slider
        self.value = slider.start

    @validate("value")
    def _check(self, proposal):
        return self.slider.check(proposal["value"])


class Explorer:
    """Sliders that drive one picture and one readout.

    Parameters
    ----------
    scene : Scene
    **start : float
        Values of some sliders to begin with. The others begin where the scene does.

    Attributes
    ----------
    scene : Scene
    start : dict of str to float
        Where all sliders begin, and where "Reset" brings them back to.
    controls : dict of str to Control
        Name -> what holds the slider's value.
    buttons : tuple of str
        The scene's actions and presets, "Swap p ↔ q", "Resample" (where there is a slider named
        ``seed``) and "Reset".
    frame : Frame
        What is shown.
    drawing : Drawing
        Its picture; `reset` begins a new one.
    view : anywidget.AnyWidget
        What the page knows: ``setting``, ``still``, ``moving``, ``readout``.
    """

    def __init__(self, scene: Scene, **start: float) -> None:
        from threading import RLock  # not at the top: nothing there that a bare browser lacks

        self.scene = scene
        self.start = start_of(scene, start)
        self.controls = {slider.name: Control(slider) for slider in scene.sliders}
        self.buttons = tuple(self._actions())
        # JupyterLab may hand slider messages to another thread than the one that runs the cells.
        self._lock = RLock()
        self._paused = False
        self._kept = recall(f"explorer {scene.name}")
        self._wanted: list[Setting] = []  # whose frames a page may need next
        self._strayed = False  # whether another frame was drawn since: one that a page asked for
        self._trails = 0  # how often the trail has changed
        self._narrow: Drawing | None = None  # until a page is that narrow
        drawing = Drawing(scene)
        self.view = _View(scene=for_the_page(drawing, self.buttons))
        try:  # a cell that is run again goes on where it was, if it begins where it did
            goes_on = self._kept["start"] == self.start
            self._begin(self._kept["setting"] if goes_on else self.start, drawing)
        except (KeyError, ValueError):  # it was not run before, or its sliders have changed since
            self._begin(self.start, drawing)
        self._kept["start"] = self.start
        for control in self.controls.values():
            control.observe(self._on_control, names="value")
        self.view.on_msg(lambda _, message, buffers: self._on_message(message))

    def values(self) -> dict[str, float]:
        """Quantity -> number for the present setting of the sliders."""
        return dict(self.frame.values)

    @property
    def summary(self) -> str:
        """The readout as plain text, a line a quantity."""
        return self.scene.summary(self.frame)

    def set(self, **values: float) -> None:
        """Set several sliders with one redraw."""
        if unknown := set(values) - set(self.controls):
            raise ValueError(f"no slider is called {sorted(unknown)}; there are {[*self.controls]}")
        with self._one_redraw():
            for name, value in values.items():
                self.controls[name].value = value

    def reset(self) -> None:
        """Go back to `start` and to the first picture."""
        with self._lock:
            self._begin(self.start, Drawing(self.scene))

    def press(self, label: str) -> None:
        """Press one of `buttons`: take a preset or an action, swap, resample or reset."""
        self._actions()[label]()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        # Live where a kernel runs; elsewhere, and under nbval, the picture and the summary.
        bundle, _ = self.view._repr_mimebundle_()
        bundle["text/plain"] = self.summary
        with self._lock:
            if self._strayed:
                self.drawing.show(self._with_trail(self.frame))
            picture = self.drawing.png(moving=True, caption=STILL)
        bundle["image/png"] = base64.b64encode(picture).decode()
        size = {"width": WIDTH, "height": self.scene.height + CAPTION_HEIGHT}
        return bundle, {**OURS, "image/png": {**size, "alt": self.scene.alt}}

    # --- buttons

    def _actions(self) -> dict[str, Callable[[], None]]:
        actions = {
            label: lambda label=label: self.set(**self.scene.act(self._setting(), label))
            for label in self.scene.actions
        }
        for label, values in self.scene.presets.items():
            actions[label] = lambda values=values: self.set(**values)
        if self.scene.swap:
            actions[SWAP] = self._swap
        if "seed" in self.controls:
            actions[RESAMPLE] = self._resample
        return actions | {RESET: self.reset}

    def _swap(self) -> None:
        now = self._setting()
        pairs = self.scene.swap
        self.set(**{a: now[b] for a, b in pairs} | {b: now[a] for a, b in pairs})

    def _resample(self) -> None:
        seed = self.controls["seed"]
        low, high = seed.slider.ends
        seed.value = seed.value + 1 if seed.value < high else low

    # --- from the sliders to the picture

    def _setting(self) -> Setting:
        return {name: control.value for name, control in self.controls.items()}

    def _on_control(self, _: Any) -> None:
        if not self._paused:
            self._refresh()

    def _on_message(self, message: dict) -> None:
        """What a page says: which frames it wants, or what a hand has done.

        - ``narrow``, with everything: whether it shows the picture for a phone;
        - ``still``: that picture, without what moves, and the frame of the present setting;
        - ``ahead``, values of the slider ``along``, beside ``at``: their frames, as they come;
        - ``ask``, a setting, or ``drag``, a handle and its place, beside ``at``: that frame;
        - ``moved``, values of some sliders, perhaps ``visited`` on the way, and ``press``, buttons:
          from now on these count.
        """
        page = {key: message[key] for key in ("page", "count")}
        narrow = message["narrow"]
        if "ahead" in message:
            along, at = message["along"], message["at"]
            wanted = [at | {along: value} for value in message["ahead"][:_AHEAD]]
            self._look_ahead(page, wanted, narrow)
        elif "moved" in message:
            self._wanted = []
            with self._lock, self.view.hold_sync():
                self.view.heard = page  # before anything may fail
                with self._one_redraw():
                    for setting in message["visited"]:
                        self._visit(self.scene.frame(**setting))
                    self.set(**message["moved"])
                    for label in message["press"]:
                        self.press(label)
                if narrow:  # before the traits, of which it takes the setting and the readout
                    self._answer(page, self._setting(), narrow)
        elif "still" in message:
            with self._lock:
                png = base64.b64encode(self._drawing(narrow).png(moving=False)).decode()
            self.view.send({**page, "still": png, "frames": []})
            self._answer(page, self._setting(), narrow)
        else:
            with self._lock:  # another thread may be drawing ahead
                drag = "drag" in message
                setting = self._dragged(message, narrow) if drag else message["ask"]
                self.scene.check(setting)
                self._answer(page, setting, narrow)

    def _answer(self, page: dict, setting: Setting, narrow: bool) -> None:
        with self._lock, self._or_why_not():
            self.view.send({**page, "frames": [self._shown_at(setting, narrow)]})

    def _dragged(self, message: dict, narrow: bool) -> Setting:
        name, left, top = message["drag"]
        place = self._drawing(narrow).data_at(name, left, top)
        return self.scene.drag(message["at"], name, *place)

    def _look_ahead(self, page: dict, settings: list[Setting], narrow: bool) -> None:
        """Send these frames in slices; the next wish, or a hand that rests, ends it."""
        self._wanted = settings
        with suppress(RuntimeError):  # a host without an event loop here is asked frame by frame
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._draw_ahead(page, settings, narrow))

    async def _draw_ahead(self, page: dict, settings: list[Setting], narrow: bool) -> None:
        while settings and settings is self._wanted:
            end, frames = time.monotonic() + _SLICE, []
            while settings and time.monotonic() < end:
                with suppress(Exception), self._lock:  # it is said once somebody asks for it
                    frames.append(self._shown_at(settings.pop(0), narrow))
            self.view.send({**page, "frames": frames, "left": len(settings)})
            await asyncio.sleep(_PAUSE)

    @contextmanager
    def _one_redraw(self) -> Iterator[None]:
        with self._lock:
            before, self._paused = self._paused, True
            try:
                yield
            finally:
                self._paused = before
            if not self._paused:
                self._refresh()

    def _begin(self, setting: Setting, drawing: Drawing) -> None:
        """A new picture for this setting, without a trail."""
        self.drawing, self._trail, self._still_of = drawing, [], None
        self._trails += 1
        self.set(**setting)

    def _refresh(self) -> None:
        with self._lock, self.view.hold_sync(), self._or_why_not():
            setting = self._kept["setting"] = self._setting()
            self.view.setting = setting
            self.frame = self.scene.frame(**setting)
            self._visit(self.frame)
            self._strayed = False
            shown = self._shown(setting, self.frame, self.drawing)
            self.view.moving, self.view.places = shown["moving"], shown["places"]
            self.view.trail = self._trails
            if self._still_of is not self.drawing:
                self.view.still = self.drawing.png(moving=False)
                self._still_of = self.drawing
            self.view.readout = shown["readout"]

    @contextmanager
    def _or_why_not(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            self.view.readout = {"error": f"This setting cannot be shown. {words}"}
            raise

    def _shown(self, setting: Setting, frame: Frame, drawing: Drawing) -> dict:
        """A frame as the page shows it."""
        drawing.show(self._with_trail(frame))
        return {
            "setting": setting,
            "moving": drawing.svg(self.scene.name),
            "places": drawing.places(setting),
            "readout": readout(self.scene, frame),
            "trail": self._trails,
        }

    def _shown_at(self, setting: Setting, narrow: bool) -> dict:
        self._strayed = self._strayed or not narrow
        return self._shown(setting, self.scene.frame(**setting), self._drawing(narrow))

    def _drawing(self, narrow: bool) -> Drawing:
        if not narrow:
            return self.drawing
        if self._narrow is None:
            self._narrow = Drawing(self.scene, narrow=True)
            self._narrow.show(self.frame)  # its first frame makes what stays, too
        return self._narrow

    def _visit(self, frame: Frame) -> None:
        if self.scene.trail:
            before, self._trail = self._trail, self._trail_to(frame)
            # Dots are added by the page; anything else makes the frames that it has old ones.
            self._trails += self._trail is not before and self.scene.trail != TRAIL

    def _trail_to(self, frame: Frame) -> list:
        now = frame.data[self.scene.trail]
        if not now or self._trail[-len(now) :] == now:
            return self._trail
        return [*self._trail, *now][-_TRAIL:]

    def _with_trail(self, frame: Frame) -> Frame:
        if self.scene.trail is None:
            return frame
        return replace(frame, data={**frame.data, self.scene.trail: self._trail_to(frame)})


STARTS = """
Parameters
----------
**start : float
    Values of some controls that are shown, to begin with and to come back to at "Reset".

Returns
"""


def as_explorer(make_scene: Callable[[], Scene]) -> Callable[..., Explorer]:
    """Turn a function that makes a scene into one that shows it, from a start that is given to it.

    Its docstring says what it shows; what it takes is said here, for all of them.
    """

    @wraps(make_scene)
    def explore(**start: float) -> Explorer:
        return Explorer(make_scene(), **start)

    explore.__doc__ = (getdoc(make_scene) or "").replace("\nReturns\n", STARTS, 1)
    explore.__signature__ = signature(explore, follow_wrapped=False)  # type: ignore[attr-defined]
    return explore


def start_of(scene: Scene, given: Setting) -> Setting:
    """Where all sliders of a scene begin, if those that are shown may be given a start."""
    shown = [slider.name for slider in scene.sliders if slider.shown]
    if unknown := set(given) - set(shown):
        raise ValueError(f"no slider is called {sorted(unknown)}; there are {shown}")
    return scene.check(given)


class _View(anywidget.AnyWidget):
    """What travels between kernel and page."""

    _esm = Path(__file__).with_name("picture.js")
    _css = Path(__file__).with_name("picture.css")

    scene = Dict().tag(sync=True)
    setting = Dict().tag(sync=True)
    heard = Dict().tag(sync=True)  # the last message that moved something: its page and count
    places = Dict().tag(sync=True)
    trail = Int().tag(sync=True)  # how often the trail has changed: older frames show an older one
    still = Bytes().tag(sync=True)
    moving = Unicode().tag(sync=True)
    readout = Dict().tag(sync=True)


def for_the_page(drawing: Drawing, buttons: Sequence[str]) -> dict:
    """What `picture.js` has to know about a scene, as JSON."""
    scene, moves = drawing.scene, drawing.moves()
    return {
        "name": scene.name,
        "alt": scene.alt,
        "sizes": {"wide": (WIDTH, scene.height), "narrow": (NARROW, scene.narrow_height)},
        "style": style_of(scene),
        "buttons": buttons,
        "trail": scene.trail is not None,
        "handles": [
            {
                "name": handle.name,
                "color": COLORS.get(handle.who, COLORS["ink"]),
                "ring": not handle.drawn,
                "moves": moves[handle.name][0],
                "ways": moves[handle.name][1],
            }
            for handle in scene.handles
        ],
        "sliders": [
            {
                "name": slider.name,
                "label": slider.label,
                "start": slider.start,
                "stops": slider.stops if slider.handle else (),
                "ends": slider.ends,
                "texts": [f"{option:g}" for option in slider.options],
                "digits": 0 if slider.whole else slider.digits,
                "whole": slider.whole,
                "color": COLORS.get(slider.who, "currentColor"),
                "folds": slider.name in _folded(scene),
            }
            for slider in scene.sliders
            if slider.shown
        ],
    }


def style_of(scene: Scene) -> dict[str, str]:
    """What `picture.css` has to know about a scene: sizes, and the room for notes and sliders."""
    return {
        "--kl-width": f"{WIDTH}px",
        "--kl-column": f"{0.8 * WIDTH / scene.columns:g}px",
        "--kl-wide": f"{WIDTH / scene.height:.4f}",
        "--kl-narrow": f"{NARROW / scene.narrow_height:.4f}",
        "--kl-note-lines": str(scene.note_lines),
    }


def _folded(scene: Scene) -> list[str]:
    """The sliders that a narrow page folds away: more than four leave no room for the picture."""
    names = [slider.name for slider in scene.sliders if slider.shown]
    first = sorted(names, key=lambda name: name not in scene.pair_of_sliders)
    return first[_UNFOLDED:]


def readout(scene: Scene, frame: Frame) -> dict:
    """The lines in rows, and the notes, as JSON."""
    lines = scene.lines(frame)
    rows, counts = [], scene.rows or (len(lines),)
    for count in counts:
        rows, lines = [*rows, lines[:count]], lines[count:]
    return {"rows": rows, "table": bool(scene.rows), "notes": list(filter(None, frame.notes))}
