"""What an explorer shows, as plain data and pure functions: sliders, numbers, picture.

A scene knows nothing of Jupyter. The live view (`kl_course.engine`) moves it, and whatever else
can show sliders and a picture may do so too.
"""

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from numbers import Real
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from kl_course.overlay import OverlayRenderer
from kl_helpers.style import picture_style

WIDTH = 840  # CSS pixels; how wide a picture is shown
NARROW = 360  # how wide it is drawn for a phone
SHARPNESS = 2  # image pixels per CSS pixel: sharp on a projector and on a high-density screen
INCH = 100  # CSS pixels in what Matplotlib calls an inch
NO_ANSWER = math.nan  # a value that there is none of: a dash in the readout
POINTS = 72  # points in an inch; SVG is drawn in points
CAPTION_HEIGHT = 26  # CSS pixels; the line of text below a still picture

Setting = dict[str, float]  # name -> value of every slider, or of some


@dataclass(frozen=True)
class Slider:
    """One control of a scene: a range from `low` to `high`, or a row of `options`.

    Attributes
    ----------
    name : str
        The argument of the scene's ``compute`` that it sets.
    label : str
        What stands beside it.
    start : float
        Its value at the beginning.
    low, high, step : float
        Both ends, and the distance of two places of the handle. A typed number may lie between.
    options : sequence of float
        Instead of a range: the only values there are.
    who : str, optional
        The key in `kl_course.plots.COLORS` of its colour, such as "q".
    digits : int
        Decimals of the number beside the slider.
    whole : bool
        Takes whole numbers only.
    handle : bool
        False for a number box without a handle.
    shown : bool
        False for what only actions set: the state of a game.
    """

    name: str
    label: str
    start: float
    low: float = 0.0
    high: float = 1.0
    step: float = 0.1
    options: Sequence[float] = ()
    who: str | None = None
    digits: int = 2
    whole: bool = False
    handle: bool = True
    shown: bool = True

    @cached_property
    def stops(self) -> tuple[float, ...]:
        """The values at which the handle can stand, from left to right."""
        if self.options:
            return tuple(self.options)
        count = round((self.high - self.low) / self.step) + 1
        stops = (round(self.low + i * self.step, 10) for i in range(count))
        return tuple(map(int, stops)) if self.whole else tuple(stops)

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return self.stops[0], self.stops[-1]

    def nearest(self, value: float) -> float:
        """The stop that is closest to `value`."""
        return min(self.stops, key=lambda stop: abs(stop - value))

    def check(self, value: Any) -> float:
        """`value` as a number that this slider can have; else an error that says what it can have.

        That is a TypeError for what is no number, and a ValueError for one that cannot be.
        """
        low, high = self.ends
        if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
            raise TypeError(f"{self.name} must be a number, but is {value!r}")
        if self.options:
            if value not in self.options:
                raise ValueError(f"{self.name} must be one of {self.options}, but is {value}")
            return self.options[self.options.index(value)]
        if not low <= value <= high:
            raise ValueError(f"{self.name} must lie between {low:g} and {high:g}, but is {value}")
        if self.whole and value != int(value):
            raise ValueError(f"{self.name} must be a whole number, but is {value}")
        return int(value) if self.whole else float(value)


@dataclass(frozen=True)
class Handle:
    """A place in the picture that a hand can take hold of; it moves sliders.

    Attributes
    ----------
    name : str
        Unlike that of any other handle in its scene.
    axes : callable
        ``axes(what layout returned) -> Axes`` in which it lies.
    place : callable
        ``place(setting) -> (x, y)``, in data coordinates; `setting` maps sliders to values.
    move : callable
        ``move(setting, x, y) -> dict`` of the sliders that bring it as near to (x, y) as may be.
    who : str, optional
        The key of its colour, as in `Slider`.
    drawn : bool
        True where the picture has something there to take hold of; else a ring shows it.
    """

    name: str
    axes: Callable[[Any], Axes]
    place: Callable[[Setting], tuple[float, float]]
    move: Callable[[Setting, float, float], Setting]
    who: str | None = None
    drawn: bool = False


@dataclass(frozen=True)
class Frame:
    """What a scene shows for one setting of its sliders.

    Attributes
    ----------
    values : dict of str to float
        Quantity -> number; the lines of the readout, in order. `NO_ANSWER` is shown as a dash.
    data : dict
        Keyword arguments of the drawing function.
    notes : sequence of str
        What the picture cannot show, said in words below the values; empty ones are left out.
    """

    values: Mapping[str, float]
    data: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Scene:
    """Sliders, the numbers that follow from them, and their picture.

    Attributes
    ----------
    name : str
        Unlike that of any other scene; begins every id in its SVG.
    alt : str
        What the picture shows, for those who cannot see it.
    sliders : sequence of Slider
        In the order in which they are shown.
    compute : callable
        ``compute(**settings) -> Frame``; pure.
    layout : callable
        ``layout(figure) -> axes``; makes the axes and everything that stays put.
    draw : callable
        ``draw(axes, **frame.data)``; creates the moving artists or, called again, moves them.
    units : dict of str to str
        Quantity -> unit, for those that are not in nats.
    presets : dict of str to dict
        Button label -> values of some sliders.
    actions : dict of str to callable
        Button label -> ``action(setting) -> dict`` of the sliders that it sets; pure.
    handles : sequence of Handle
        What can be dragged in the picture. The sliders follow; the keyboard's way are the sliders.
    swap : sequence of (str, str)
        Pairs of sliders whose values the button "Swap p ↔ q" exchanges.
    pair : (str, str), optional
        The two sliders that slide together where frames are made beforehand.
    rows : sequence of int
        How many quantities stand in each row of the readout, if they are to form a table.
    note_lines : int
        Lines that are kept free for notes, so that nothing jumps when one comes.
    trail : str, optional
        The item of ``data``, a sequence of places, to which a live view adds those shown before.
        One that is called "trail" is drawn as dots of this gid, to which a page adds by itself.
    columns : int
        Sliders in a row, where the page has room.
    height, narrow_height : float
        Of the picture, in CSS pixels: of the one that is `WIDTH` wide, and of the one for a phone,
        which is `NARROW` wide and has lettering as large. `layout` and `draw` are told by the
        figure (`kl_course.plots.is_narrow`).
    """

    name: str
    alt: str
    sliders: Sequence[Slider]
    compute: Callable[..., Frame]
    layout: Callable[[Figure], Any]
    draw: Callable[..., Any]
    units: Mapping[str, str] = field(default_factory=dict)
    presets: Mapping[str, Setting] = field(default_factory=dict)
    actions: Mapping[str, Callable[[Setting], Setting]] = field(default_factory=dict)
    handles: Sequence[Handle] = ()
    swap: Sequence[tuple[str, str]] = ()
    pair: tuple[str, str] | None = None
    rows: Sequence[int] = ()
    note_lines: int = 1
    trail: str | None = None
    columns: int = 2
    height: float = 360
    narrow_height: float = 420

    @property
    def start(self) -> Setting:
        """Name -> value of every slider, as the scene begins."""
        return {slider.name: slider.start for slider in self.sliders}

    @property
    def pair_of_sliders(self) -> tuple[str, str]:
        """`pair`; unless it is given, the first two sliders of q, or else the first two."""
        handles = [slider for slider in self.sliders if slider.handle and slider.shown]
        of_q = [slider.name for slider in handles if slider.who == "q"]
        names = of_q if len(of_q) > 1 else [slider.name for slider in handles]
        return self.pair or tuple(names[:2])

    def frame(self, **settings: float) -> Frame:
        """What is shown for these values of the sliders; those left out stand at their start."""
        return self.compute(**self.check(settings))

    def check(self, settings: Setting) -> Setting:
        """A value for every slider, as it can have it; an error for one that it cannot have."""
        if unknown := set(settings) - set(self.start):
            raise ValueError(f"no slider is called {sorted(unknown)}; there are {[*self.start]}")
        settings = self.start | settings
        return {s.name: s.check(settings[s.name]) for s in self.sliders}

    def drag(self, setting: Setting, handle: str, x: float, y: float) -> Setting:
        """`setting` after the handle of that name was dragged to the data coordinates (x, y)."""
        (dragged,) = (one for one in self.handles if one.name == handle)
        sliders = {slider.name: slider for slider in self.sliders}
        moved = dragged.move(setting, x, y)
        return setting | {name: sliders[name].nearest(value) for name, value in moved.items()}

    def act(self, setting: Setting, label: str) -> Setting:
        """`setting` after the action of that label."""
        return setting | self.actions[label](setting)

    def svg(self, frame: Frame, prefix: str | None = None) -> str:
        """What moves in the picture, as SVG; `prefix` (the name) begins its ids."""
        self._drawing.show(frame)
        return self._drawing.svg(prefix or self.name)

    def png(self, frame: Frame) -> bytes:
        """The whole picture."""
        self._drawing.show(frame)
        return self._drawing.png(moving=True)

    def lines(self, frame: Frame) -> list[tuple[str, str]]:
        """The readout: pairs that read ``D = `` and ``2.0000 nats``."""
        return [
            (f"{name} = ", self._with_unit(name, value)) for name, value in frame.values.items()
        ]

    def _with_unit(self, name: str, value: float) -> str:
        if math.isnan(value):
            return "–"
        return f"{format_number(value)} {self.units.get(name, 'nats')}".rstrip()

    def summary(self, frame: Frame) -> str:
        """The readout as plain text, a line a quantity and a line a note."""
        return "\n".join([*map("".join, self.lines(frame)), *filter(None, frame.notes)])

    @cached_property
    def _drawing(self) -> "Drawing":
        return Drawing(self)


class Drawing:
    """The picture of a scene as one Figure that lasts: a new frame moves what moves.

    Parameters
    ----------
    scene : Scene
    narrow : bool
        Draw it for a phone.
    """

    def __init__(self, scene: Scene, *, narrow: bool = False) -> None:
        self.scene, self.narrow = scene, narrow
        self.width = NARROW if narrow else WIDTH
        self.height = scene.narrow_height if narrow else scene.height
        self.figure = Figure(figsize=(self.width / INCH, self.height / INCH), dpi=POINTS)
        # Kept from frame to frame: it knows what it has drawn, and how large its texts are.
        self._renderer: OverlayRenderer | None = None
        self._drawn = False
        with rc_context(picture_style()):
            FigureCanvasAgg(self.figure)
            self.axes = scene.layout(self.figure)

    def show(self, frame: Frame) -> None:
        """Move the artists to where this frame has them."""
        try:
            if self._drawn:
                self.scene.draw(self.axes, **frame.data)
            else:
                with rc_context(picture_style()):
                    self.scene.draw(self.axes, **frame.data)
                self._drawn = True
        except Exception:
            self.forget()  # some artists may have moved, others not
            raise

    def forget(self) -> None:
        """Encode every artist anew the next time."""
        self._renderer = None

    def svg(self, prefix: str) -> str:
        """What moves, in points; only the artists that changed are encoded anew."""
        if self._renderer is None or self._renderer.prefix != prefix:
            self._renderer = OverlayRenderer(*self.figure.bbox.size, prefix)
        return self._renderer.svg(_moving_artists(self.figure))

    def places(self, setting: Setting) -> dict[str, tuple[float, float]]:
        """Handle -> its place, as fractions of the picture from its left and from its top."""
        width, height = self.figure.bbox.size
        places = {}
        for handle in self.scene.handles:
            ax = handle.axes(self.axes)
            corners = np.sort(np.transpose([ax.get_xlim(), ax.get_ylim()]), axis=0)
            x, y = ax.transData.transform(np.clip(handle.place(setting), *corners))
            places[handle.name] = round(float(x / width), 4), round(float(1 - y / height), 4)
        return places

    def data_at(self, name: str, left: float, top: float) -> tuple[float, float]:
        """The data coordinates of a place, given as in `places`, in the axes of that handle."""
        (handle,) = (handle for handle in self.scene.handles if handle.name == name)
        width, height = self.figure.bbox.size
        to_data = handle.axes(self.axes).transData.inverted()
        x, y = to_data.transform((left * width, (1 - top) * height)).tolist()
        return x, y

    def moves(self) -> dict[str, tuple[list[str], list[int]]]:
        """Handle -> the sliders that it moves, and which ways of a hand matter: 0 across, 1 down.

        Learned by letting it go beside where it starts.
        """
        start, found = self.scene.start, {}
        for handle in self.scene.handles:
            place = np.array(self.places(start)[handle.name])

            def let_go(way, handle=handle, place=place):
                return handle.move(start, *self.data_at(handle.name, *(place + way).tolist()))

            here = let_go(np.zeros(2))
            ways = [i for i, way in enumerate(0.01 * np.eye(2)) if let_go(way) != here]
            found[handle.name] = list(here), ways
        return found

    def png(self, *, moving: bool, caption: str = "") -> bytes:
        """The picture with what moves or without it, and a line of text below it."""
        pixels = self._pixels(moving)
        if caption:
            pixels = np.concatenate([pixels, _text_pixels(caption)])
        return _encoded(pixels, "png")

    def image(self, *, moving: bool) -> bytes:
        """The same as WebP, which is smaller, for a page."""
        return _encoded(self._pixels(moving), "webp", lossless=True)

    def _pixels(self, moving: bool) -> NDArray[np.uint8]:
        canvas = self.figure.canvas
        artists = _moving_artists(self.figure)
        self.figure.dpi = SHARPNESS * INCH
        canvas.draw()
        for artist in artists if moving else ():
            artist.axes.draw_artist(artist)
        pixels = np.array(canvas.buffer_rgba())[..., :3]
        self.figure.dpi = POINTS
        return pixels


def _encoded(pixels: NDArray[np.uint8], kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    palette = Image.fromarray(pixels).quantize(256, method=Image.Quantize.FASTOCTREE)
    palette.save(file, kind, **options)
    return file.getvalue()


def _moving_artists(figure: Figure) -> list[Artist]:
    moving = [a for ax in figure.axes for a in ax.get_children() if a.get_gid()]
    for artist in moving:
        artist.set_animated(True)  # leaves it out of the background
    return sorted(moving, key=lambda artist: artist.get_zorder())


@lru_cache(maxsize=4)
def _text_pixels(text: str) -> NDArray[np.uint8]:
    """A line of text on a strip as wide as a picture."""
    size = WIDTH / INCH, CAPTION_HEIGHT / INCH
    with rc_context(picture_style()):
        figure = Figure(figsize=size, dpi=SHARPNESS * INCH)
        canvas = FigureCanvasAgg(figure)
        figure.text(0.01, 0.5, text, va="center", style="italic")
        canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def format_number(value: float) -> str:
    """A number for a readout: four decimals, or four digits where those would not do."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    usual = value == 0 or 1e-3 <= abs(value) < 1e5
    return f"{value + 0.0:{'.4f' if usual else '.4g'}}".replace("-", "−")
