"""What the slider benchmark shows: the floor, an explorer, the same picture drawn by others.

This is the kernel's side; it also measures the kernel's part of every update.
"""

import importlib.util
import json
import os
import time
from functools import partial

os.environ["JUPYTER_WIDGETS_ECHO"] = "0"  # no slider hears its own value again, as in the explorers
import ipywidgets as widgets
import numpy as np
from ipywidgets.widgets.widget import Widget
from matplotlib import pyplot, rc_context, rcParams
from matplotlib.figure import Figure

from kl_course.plots import COLORS
from kl_course.scene import INCH, WIDTH, Drawing, Scene
from kl_helpers import kl_normal
from kl_helpers.style import picture_style
from tools import lessons

FIRST = "explore_two_normals"  # the picture that was written once more for bqplot and plotly
PEERS = {
    "ipympl": ("ipympl",),
    "bqplot": ("bqplot",),
    "plotly": ("plotly", "anywidget"),
}


def explorer_names():
    """Name of every explorer of the course."""
    return list(lessons.explorers())


def missing_packages(peer):
    """The packages of a peer that are not installed."""
    return [name for name in PEERS.get(peer, ()) if importlib.util.find_spec(name) is None]


def show(way, name):
    """A widget with the sliders of the explorer `name` and its picture, drawn the given way."""
    probe.watch_messages()
    explorer = lessons.explorers()[name]()
    probe.stops = len(explorer.scene.sliders[0].stops)
    return _WAYS[way](explorer)


def update_without_browser(name, times):
    """Move the first slider of an explorer to and fro, here, and return what `Probe.take` does."""
    explorer = _explorer(lessons.explorers()[name]())
    control, *_ = explorer.controls.values()
    stops = control.slider.stops
    at = stops.index(control.value)
    places = [control.value, stops[at + 1 if at + 1 < len(stops) else at - 1]]
    for i in range(times):
        probe.update(partial(setattr, control, "value", places[(i + 1) % 2]))
    return probe.take()


# --- the kernel's part of an update


class Probe:
    """The time the kernel spends on every update, and on the steps within."""

    def __init__(self):
        self.stops = 0  # how many values the measured slider has
        self._updates, self._parts = [], {}

    def watch(self, owner, name, part):
        """Add the time of every call of ``owner.name`` to `part`."""
        timed = getattr(owner, name)
        if hasattr(timed, "is_watched"):
            return

        def call(*args, **options):
            start = time.perf_counter()
            try:
                return timed(*args, **options)
            finally:
                self._parts[part] = self._parts.get(part, 0) + time.perf_counter() - start

        call.is_watched = True
        setattr(owner, name, call)

    def watch_messages(self):
        """Time every message that reaches a widget."""
        handle = Widget._handle_msg

        def timed(widget, message):
            if message["content"]["data"].get("method") in ("update", "custom"):
                self.update(lambda: handle(widget, message))
            else:
                handle(widget, message)

        Widget._handle_msg = timed

    def update(self, handle):
        """Time one update."""
        self._parts = {}
        at, start = time.time(), time.perf_counter()
        try:
            handle()
        finally:
            spent = time.perf_counter() - start
            self._updates.append({"at": at, "total": spent} | self._parts)

    def take(self):
        """What was measured since the last call, as JSON; times in seconds."""
        taken, self._updates = self._updates, []
        return json.dumps({"updates": taken, "stops": self.stops})


probe = Probe()


# --- the ways to draw; each takes an explorer and returns what is shown


def _floor(explorer):
    """The first slider of the explorer, and a line of text."""
    slider, *_ = _sliders(explorer.scene).values()
    text = widgets.HTML()

    def rewrite(_):
        text.value = f"D(p‖q) = {kl_normal(slider.value, 1, 1, 1):.4f} nats"

    slider.observe(rewrite, names="value")
    return widgets.VBox([slider, text])


def _explorer(explorer):
    probe.watch(Scene, "frame", "compute")
    probe.watch(Drawing, "show", "draw")
    probe.watch(Drawing, "svg", "encode")
    return explorer


def _interact(explorer):
    """A new figure for every value, shown by the inline backend in an Output widget."""
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    set_matplotlib_formats("retina")  # as many pixels as the explorer's
    scene = explorer.scene

    def redraw(**values):
        pyplot.figure(figsize=_size(scene), dpi=INCH)
        scene.draw(scene.layout(pyplot.gcf()), **scene.frame(**values).data)
        pyplot.show()

    rcParams.update(picture_style())
    return widgets.interactive(redraw, **_sliders(scene))


def _ipympl(explorer):
    """One figure on ipympl's canvas, whose artists get new data."""
    from ipympl.backend_nbagg import Canvas, FigureManager

    scene = explorer.scene
    canvas = Canvas(Figure(figsize=_size(scene), dpi=INCH))
    FigureManager(canvas, 1)
    canvas.toolbar_visible = canvas.header_visible = canvas.footer_visible = False
    controls = _sliders(scene)
    with rc_context(picture_style()):
        axes = scene.layout(canvas.figure)
        scene.draw(axes, **_data(scene, controls))

    def redraw(_):
        scene.draw(axes, **_data(scene, controls))
        canvas.draw_idle()

    return _live(controls, redraw, canvas)


def _bqplot(explorer):
    """The picture of two normals, drawn by bqplot in the browser."""
    import bqplot

    left, right, x = _two_normals(explorer)
    controls = _sliders(explorer.scene)
    data = _data(explorer.scene, controls)
    scales = [
        {"x": bqplot.LinearScale(min=low, max=high), "y": bqplot.LinearScale(min=0, max=top)}
        for low, high, top in (left, right)
    ]
    curves = [
        bqplot.Lines(
            x=x,
            y=data[who],
            scales=scales[0],
            colors=[COLORS[who]],
            line_style=line_style,
            fill="bottom",
            fill_opacities=[0.15],
            labels=[who],
            display_legend=True,
        )
        for who, line_style in (("p", "solid"), ("q", "dashed"))
    ]
    bars = bqplot.Bars(
        x=[1.4, 0.4],
        y=data["bars"],
        scales={"x": scales[1]["y"], "y": scales[1]["x"]},
        colors=[COLORS["p"], COLORS["q"]],
        orientation="horizontal",
    )
    texts = bqplot.Label(
        x=[0, 0],
        y=[1.67, 0.67],
        text=_labels(data),
        scales=scales[1],
        colors=[COLORS["ink"]],
        default_size=13,
        font_weight="normal",
    )
    pictures = [
        bqplot.Figure(
            marks=marks,
            axes=[
                bqplot.Axis(scale=scale["x"], label=label, grid_lines="none"),
                *([bqplot.Axis(scale=scale["y"], orientation="vertical")] if first else []),
            ],
            animation_duration=0,
            fig_margin={"top": 45, "bottom": 50, "left": 50, "right": 20},
            layout={"width": f"{width}px", "height": f"{explorer.scene.height}px"},
        )
        for first, marks, scale, label, width in (
            (True, curves, scales[0], "x", 600),
            (False, [bars, texts], scales[1], "nats", WIDTH - 600),
        )
    ]

    def redraw(_):
        data = _data(explorer.scene, controls)
        for curve, who in zip(curves, "pq", strict=True):
            curve.y = data[who]
        bars.y = data["bars"]
        texts.text = _labels(data)

    return _live(controls, redraw, widgets.HBox(pictures))


def _plotly(explorer):
    """The picture of two normals, drawn by plotly in the browser."""
    from plotly.graph_objects import FigureWidget
    from plotly.subplots import make_subplots

    left, right, x = _two_normals(explorer)
    controls = _sliders(explorer.scene)
    data = _data(explorer.scene, controls)
    figure = FigureWidget(make_subplots(1, 2, column_widths=[2.4, 1]))
    for who, dash in (("p", "solid"), ("q", "dash")):
        line = {"color": COLORS[who], "dash": dash}
        y = data[who].tolist()  # FigureWidget fails on what the page says of an array
        figure.add_scatter(x=list(x), y=y, fill="tozeroy", line=line, name=who, row=1, col=1)
    figure.add_bar(
        x=data["bars"],
        y=[1.4, 0.4],
        text=_labels(data),
        orientation="h",
        marker_color=[COLORS["p"], COLORS["q"]],
        showlegend=False,
        row=1,
        col=2,
    )
    for column, (low, high, top) in enumerate((left, right), start=1):
        figure.update_xaxes(range=[low, high], col=column)
        figure.update_yaxes(range=[0, top], col=column)
    figure.update_layout(
        width=WIDTH,
        height=explorer.scene.height,
        template="simple_white",
        margin={"t": 45, "b": 50, "l": 50, "r": 20},
        legend={"orientation": "h", "x": 0.4, "y": 1.15},
    )

    def redraw(_):
        data = _data(explorer.scene, controls)
        with figure.batch_update():
            figure.data[0].y, figure.data[1].y = data["p"].tolist(), data["q"].tolist()
            figure.data[2].x, figure.data[2].text = data["bars"], _labels(data)

    return _live(controls, redraw, figure)


_WAYS = {
    "floor": _floor,
    "course's floor": _floor,
    "explorer": _explorer,
    "interact": _interact,
    "ipympl": _ipympl,
    "bqplot": _bqplot,
    "plotly": _plotly,
}


def _sliders(scene):
    """The sliders of a scene as ipywidgets has them."""
    return {slider.name: _slider(slider) for slider in scene.sliders}


def _slider(slider):
    if slider.options:
        options = [(f"{option:g}", option) for option in slider.options]
        return widgets.SelectionSlider(
            options=options, value=slider.start, description=slider.label
        )
    low, high = slider.ends
    kind = widgets.IntSlider if slider.whole else widgets.FloatSlider
    return kind(slider.start, min=low, max=high, step=slider.step, description=slider.label)


def _live(controls, redraw, picture):
    for control in controls.values():
        control.observe(redraw, names="value")
    return widgets.VBox([*controls.values(), picture])


def _size(scene):
    return WIDTH / INCH, scene.height / INCH


def _data(scene, controls):
    return scene.frame(**{name: control.value for name, control in controls.items()}).data


def _two_normals(explorer):
    """Limits (left, right, top) of both halves of the picture, and the grid of the densities."""
    densities, bars = explorer.drawing.axes
    limits = [(*ax.get_xlim(), ax.get_ylim()[1]) for ax in (densities, bars)]
    return *limits, np.asarray(densities.lines[0].get_xdata())


def _labels(data):
    forward, backward = data["bars"]
    return [f"D(p‖q) = {forward:.4f}", f"D(q‖p) = {backward:.4f}"]
