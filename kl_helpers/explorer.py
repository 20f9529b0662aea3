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
from dataclasses import dataclass, field
from functools import partial

import ipywidgets as widgets
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from kl_helpers.overlay import OverlayRenderer

WIDTH = 840  # of the picture as shown, in CSS pixels
SHARPNESS = 2  # image pixels per CSS pixel: sharp on a projector and on a high-density screen
INCH = 100  # CSS pixels
POINTS = 72  # an inch; SVG is drawn in points
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

    The picture is one persistent Figure. What never moves is sent once, as an image. A moved
    slider redraws only the artists that carry a gid (see `kl_helpers.plots`), as SVG laid over
    that image; it travels in one message with the readout, and needs no encoder and no decoder.

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
        # JupyterLab may hand slider messages to another thread than the one that runs the cells.
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
            format="png",
            layout={"width": "100%", "margin": "0", "grid_area": "1 / 1 / 2 / 2"},
        )
        # Over the image and on below it: first what moves, then the readout.
        self._live = widgets.HTML(layout={"margin": "0", "grid_area": "1 / 1 / 3 / 2"})
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
        bundle["image/png"] = base64.b64encode(self._png(moving=True)).decode()
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
                widgets.GridBox([self._image, self._live], layout={"max_width": f"{WIDTH}px"}),
            ]
        )

    # --- picture and readout

    def _refresh(self):
        with self._lock:
            try:
                self._frame = self._compute(**self._control_values())
                self._move()
                self._live.value = self._svg() + _readout_html(self._lines())
            except Exception as error:
                self._drawings.clear()  # some artists may have moved, others not
                self._live.value = _alert_html(error)
                raise

    def _lines(self):
        quantities = (
            f"{name} = {format_number(value)} {self._units[name]}".rstrip()
            for name, value in self._frame.values.items()
        )
        return [*quantities, *filter(None, self._frame.notes)]

    def _build_picture(self):
        self._figure = Figure(figsize=(WIDTH / INCH, self._height / INCH), dpi=POINTS)
        self._drawings = {}  # of the moving artists, as SVG
        self._drawn = False
        with style.context("kl_helpers.kl"):
            FigureCanvasAgg(self._figure)
            self._axes = self._layout(self._figure)

    def _move(self):
        if not self._drawn:
            with style.context("kl_helpers.kl"):
                self._draw(self._axes, **self._frame.data)
            self._image.value = self._png(moving=False)
            self._drawn = True
        else:
            self._draw(self._axes, **self._frame.data)

    def _svg(self):
        prefix = self._live.model_id[:8]
        renderer = OverlayRenderer(*self._figure.bbox.size, prefix, self._drawings)
        return renderer.svg(_moving_artists(self._figure))

    def _png(self, *, moving):
        canvas = self._figure.canvas
        artists = _moving_artists(self._figure)
        self._figure.dpi = SHARPNESS * INCH
        canvas.draw()
        for artist in artists if moving else ():
            artist.axes.draw_artist(artist)
        rgb = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
        self._figure.dpi = POINTS
        file = io.BytesIO()
        palette = rgb.convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE)
        palette.save(file, "png")
        return file.getvalue()


def _moving_artists(figure):
    moving = [a for ax in figure.axes for a in ax.get_children() if a.get_gid()]
    for artist in moving:
        artist.set_animated(True)  # leaves it out of the background
    return sorted(moving, key=lambda artist: artist.get_zorder())


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
