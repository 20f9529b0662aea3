"""The engine of every explorer: controls -> values -> picture + readout.

An explorer is four things: the controls, a pure function that computes a `Frame` from their values,
a function that lays out what never moves in the picture, and one that draws what does.
"""

import base64
import html
import io
import math
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial

import ipywidgets as widgets
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageChops

WIDTH = 840  # of the picture as shown, in CSS pixels
SHARPNESS = 2  # picture pixels per CSS pixel: sharp on a projector and on a high-density screen
INCH = 100  # CSS pixels
READOUT_STYLE = (
    "display: flex; flex-flow: row wrap; gap: 0 2em; font-size: 16px; line-height: 1.5;"
    " font-variant-numeric: tabular-nums"
)


@dataclass(frozen=True)
class Frame:
    """What an explorer shows for one setting of its controls.

    Attributes
    ----------
    values : dict of str to float
        Quantity -> number; the lines of the readout, in order.
    data : dict
        Keyword arguments of the drawing function.
    notes : sequence of str
        What the picture cannot show, said in words below the values; empty ones are left out.
    """

    values: Mapping[str, float]
    data: Mapping = field(default_factory=dict)
    notes: Sequence[str] = ()


class Explorer:
    """Sliders that drive one picture and one readout.

    The picture is one persistent Figure. Its static part is drawn once and kept; a moved slider
    redraws only the artists that carry a gid (see `kl_helpers.plots`) into one image widget.

    Parameters
    ----------
    controls : dict of str to ipywidgets.Widget
        The sliders, each with a ``value``, in the order in which they are shown (two to a row).
    compute : callable
        ``compute(**control_values) -> Frame``; pure.
    layout : callable
        ``layout(figure) -> axes``; makes the axes and everything that stays put.
    draw : callable
        ``draw(axes, **frame.data)``; creates the moving artists or, called again, moves them.
    units : dict of str to str
        Quantity -> unit of the readout.
    presets : dict of str to dict, optional
        Button label -> values of some controls.
    swap : sequence of (str, str), optional
        Pairs of controls whose values the button "Swap p ↔ q" exchanges.
    height : float, optional
        Height of the picture in CSS pixels.

    Attributes
    ----------
    controls : dict of str to ipywidgets.Widget
    buttons : dict of str to ipywidgets.Button
        The presets, "Swap p ↔ q", "Resample" (where there is a control named ``seed``) and "Reset".
    """

    def __init__(
        self, controls, compute, layout, draw, units, *, presets=None, swap=(), height=360
    ):
        self.controls = dict(controls)
        self._compute, self._layout, self._draw, self._units = compute, layout, draw, units
        self._start = self._control_values()
        self._height = height
        self._paused = False
        self._encode = _Encoder()
        # JupyterLab hands slider messages to another thread than the one that runs the cells.
        self._lock = threading.RLock()

        self.buttons = {}
        for label, values in (presets or {}).items():
            self._add_button(label, partial(self.set, **values))
        if swap:
            self._add_button("Swap p ↔ q", partial(self._swap, tuple(swap)))
        if "seed" in self.controls:
            self._add_button("Resample", self._resample)
        self._add_button("Reset", self.reset)

        self._image = widgets.Image(
            format="png", layout={"width": "100%", "max_width": f"{WIDTH}px", "margin": "0"}
        )
        self._readout = widgets.HTML()
        self._build_picture()
        self._refresh()
        for control in self.controls.values():
            control.tooltip = control.tooltip or control.description  # else hovering shows "null"
            control.observe(self._on_change, names="value")

    def values(self) -> dict[str, float]:
        """Quantity -> number for the present setting of the controls."""
        return dict(self._frame.values)

    @property
    def summary(self) -> str:
        """The readout as plain text, a line a quantity."""
        return "\n".join(self._lines())

    def set(self, **values) -> None:
        """Set several controls with one redraw."""
        with self._lock:
            self._paused = True
            try:
                for name, value in values.items():
                    self.controls[name].value = value
            finally:
                self._paused = False
            self._refresh()

    def reset(self) -> None:
        """Go back to the first setting and the first picture."""
        with self._lock:
            self._build_picture()
            self.set(**self._start)

    def _repr_mimebundle_(self, include=None, exclude=None):
        # Live where a kernel runs; elsewhere, and under nbval, the picture and the summary.
        bundle = self._box()._repr_mimebundle_()
        bundle["text/plain"] = self.summary
        bundle["image/png"] = base64.b64encode(self._image.value).decode()
        return bundle, {"image/png": {"width": WIDTH, "height": self._height}}

    # --- controls

    def _control_values(self):
        return {name: control.value for name, control in self.controls.items()}

    def _on_change(self, change):
        if not self._paused:
            self._refresh()

    def _add_button(self, label, action):
        button = widgets.Button(description=label, layout={"width": "auto"})
        button.on_click(lambda _: action())
        self.buttons[label] = button

    def _swap(self, pairs):
        now = self._control_values()
        self.set(**{a: now[b] for a, b in pairs} | {b: now[a] for a, b in pairs})

    def _resample(self):
        seed = self.controls["seed"]
        seed.value = seed.value + 1 if seed.value < seed.max else seed.min

    def _box(self):
        columns = {
            "grid_template_columns": "repeat(auto-fit, minmax(340px, 1fr))",
            "max_width": f"{WIDTH}px",
        }
        row = {"flex_flow": "row wrap", "max_width": f"{WIDTH}px"}
        return widgets.VBox(
            [
                widgets.GridBox(list(self.controls.values()), layout=columns),
                widgets.HBox(list(self.buttons.values()), layout=row),
                self._image,
                self._readout,
            ]
        )

    # --- picture and readout

    def _refresh(self):
        with self._lock:
            try:
                self._frame = self._compute(**self._control_values())
                self._image.value = self._picture()
                self._readout.value = _readout_html(self._lines())
            except Exception as error:
                self._readout.value = _alert_html(error)
                raise

    def _lines(self):
        quantities = (
            f"{name} = {format_number(value)} {self._units[name]}".rstrip()
            for name, value in self._frame.values.items()
        )
        return [*quantities, *filter(None, self._frame.notes)]

    def _build_picture(self):
        self._figure = Figure(figsize=(WIDTH / INCH, self._height / INCH), dpi=SHARPNESS * INCH)
        self._background = None
        with style.context("kl_helpers.kl"):
            FigureCanvasAgg(self._figure)
            self._axes = self._layout(self._figure)

    def _picture(self):
        canvas = self._figure.canvas
        with style.context("kl_helpers.kl") if self._background is None else nullcontext():
            self._draw(self._axes, **self._frame.data)
            moving = _moving_artists(self._figure)
            if self._background is None:
                canvas.draw()
                self._background = canvas.copy_from_bbox(self._figure.bbox)
        canvas.restore_region(self._background)
        for artist in moving:
            artist.axes.draw_artist(artist)
        return self._encode(canvas)


def _moving_artists(figure):
    moving = [a for ax in figure.axes for a in ax.get_children() if a.get_gid()]
    for artist in moving:
        artist.set_animated(True)  # leaves it out of the background
    return sorted(moving, key=lambda artist: artist.get_zorder())


class _Encoder:
    """Canvas -> PNG with a palette of 256 colours, kept from picture to picture.

    One byte a pixel is several times quicker to write than RGB. A new palette is made when the old
    one misses a colour by more than `TOLERANCE` on a grid of every fourth pixel.
    """

    TOLERANCE = 24  # of 255

    def __init__(self):
        self._palette = None

    def __call__(self, canvas):
        size = canvas.get_width_height()
        rgb = Image.frombuffer("RGBA", size, canvas.buffer_rgba()).convert("RGB")
        if self._palette is None or self._misses_a_colour(rgb):
            self._palette = rgb.quantize(256, method=Image.Quantize.FASTOCTREE)
        file = io.BytesIO()
        self._look_up(rgb).save(file, "png", compress_level=1)
        return file.getvalue()

    def _look_up(self, rgb):
        return rgb.quantize(palette=self._palette, dither=Image.Dither.NONE)

    def _misses_a_colour(self, rgb):
        sample = rgb.resize((rgb.width // 4, rgb.height // 4), Image.Resampling.NEAREST)
        difference = ImageChops.difference(sample, self._look_up(sample).convert("RGB"))
        return max(high for _, high in difference.getextrema()) > self.TOLERANCE


def format_number(value: float) -> str:
    """A number for a readout: four decimals, or four digits where those would not do."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value + 0.0:.4f}"
    return f"{value:.4g}"


def _readout_html(lines):
    rows = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
    return f'<div role="status" style="{READOUT_STYLE}">{rows}</div>'


def _alert_html(error):
    message = html.escape(f"{type(error).__name__}: {error}")
    return (
        f'<div role="alert" style="{READOUT_STYLE}">This setting cannot be shown. {message}</div>'
    )
