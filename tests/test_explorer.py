"""The engine: one redraw a change, one figure, errors shown and raised."""

import base64
import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import ipywidgets as widgets
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from matplotlib import pyplot
from PIL import Image

from kl_helpers.explorer import Explorer, Frame, format_number
from kl_helpers.plots import label_axes, plot_line


def parabola(**options):
    """An explorer of x² that fails at x = 3 and counts its computations and layouts."""
    calls = {"compute": 0, "layout": 0}

    def compute(x, y):
        calls["compute"] += 1
        if x == 3:
            raise ZeroDivisionError("x is 3 & <this> is planted")
        return Frame({"x²": x**2, "x + y": x + y}, {"x": x}, ["x is large."] if x > 4 else [""])

    def layout(figure):
        calls["layout"] += 1
        ax = figure.subplots()
        label_axes(ax, x="x", xlim=(0, 5), ylim=(0, 25))
        return ax

    def draw(ax, x):
        grid = np.linspace(0, x, 20)
        plot_line(ax, grid, grid**2, "curve", color="black")

    controls = {
        "x": widgets.FloatSlider(2, min=0, max=5, description="x"),
        "y": widgets.FloatSlider(1, min=0, max=5, description="y"),
    }
    units = {"x²": "m²", "x + y": "m"}
    explorer = Explorer(controls, compute, layout, draw, units, **options)
    return explorer, calls


def readout(explorer):
    return explorer._live.value


def pixels(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer._png(moving=True))).convert("RGB")).astype(int)


def test_values_and_summary_follow_the_controls():
    explorer, _ = parabola()
    assert explorer.values() == {"x²": 4, "x + y": 3}
    assert explorer.summary == "x² = 4.0000 m²\nx + y = 3.0000 m"
    explorer.controls["x"].value = 4
    assert explorer.summary == "x² = 16.0000 m²\nx + y = 5.0000 m"


def test_the_readout_holds_the_lines_of_the_summary_in_a_live_region():
    explorer, _ = parabola()
    explorer.controls["x"].value = 5
    assert explorer.summary.endswith("\nx is large.")
    assert 'role="status"' in readout(explorer)
    for line in explorer.summary.splitlines():
        assert f"<div>{line}</div>" in readout(explorer)


def test_the_picture_changes_with_the_value_and_comes_back():
    explorer, calls = parabola()
    first = pixels(explorer)
    explorer.controls["x"].value = 4.5
    assert np.abs(pixels(explorer) - first).max() > 100
    explorer.controls["x"].value = 2
    assert np.abs(pixels(explorer) - first).max() == 0
    assert calls["layout"] == 1


def test_what_moves_leaves_nothing_behind():
    explorer, _ = parabola()
    explorer.controls["x"].value = 5
    explorer.controls["x"].value = 2
    fresh, _ = parabola()
    assert np.abs(pixels(explorer) - pixels(fresh)).max() <= 24  # another palette, the same picture


def test_set_draws_once_for_several_controls():
    explorer, calls = parabola()
    before = calls["compute"]
    explorer.set(x=4, y=0)
    assert calls["compute"] == before + 1
    assert explorer.values() == {"x²": 16, "x + y": 4}


def test_set_names_an_unknown_control():
    explorer, _ = parabola()
    with pytest.raises(KeyError, match="z"):
        explorer.set(z=1)
    explorer.controls["x"].value = 4
    assert explorer.values()["x²"] == 16  # still listening


def test_preset_swap_and_reset():
    explorer, _ = parabola(presets={"Far": {"x": 4.5}}, swap=[("x", "y")])
    assert list(explorer.buttons) == ["Far", "Swap p ↔ q", "Reset"]
    explorer.buttons["Far"].click()
    assert explorer.values() == {"x²": 20.25, "x + y": 5.5}
    explorer.buttons["Swap p ↔ q"].click()
    assert (explorer.controls["x"].value, explorer.controls["y"].value) == (1, 4.5)
    explorer.buttons["Reset"].click()
    assert explorer.values() == {"x²": 4, "x + y": 3}


def test_two_threads_take_turns_at_the_picture():
    explorer, _ = parabola()
    drawing = threading.Lock()

    def draw(ax, x):
        assert drawing.acquire(blocking=False), "two threads draw at once"
        time.sleep(0.005)
        drawing.release()

    explorer._draw = draw

    def drag(name):
        for value in (1, 2, 1, 2):
            explorer.controls[name].value = value

    with ThreadPoolExecutor() as pool:
        for drags in [pool.submit(drag, name) for name in ("x", "y")]:
            drags.result()
    assert explorer.values() == {"x²": 4, "x + y": 4}


def test_every_control_has_a_tooltip():
    explorer, _ = parabola()
    assert [control.tooltip for control in explorer.controls.values()] == ["x", "y"]


def test_an_error_is_shown_and_raised_and_the_next_value_recovers():
    explorer, _ = parabola()
    with pytest.raises(ZeroDivisionError):
        explorer.controls["x"].value = 3
    assert 'role="alert"' in readout(explorer)
    assert "x is 3 &amp; &lt;this&gt; is planted" in readout(explorer)
    explorer.controls["x"].value = 4
    assert 'role="status"' in readout(explorer)


def test_after_an_error_midway_no_old_drawing_is_shown():
    explorer, _ = parabola()

    def draw(ax, x):
        plot_line(ax, [0, 5], [0, 20 * (x >= 4)], "first", color="black")
        assert x != 4, "planted"
        plot_line(ax, [0, 5], [x, x], "second", color="black")

    explorer._draw = draw
    explorer.controls["x"].value = 1
    with pytest.raises(AssertionError, match="planted"):
        explorer.controls["x"].value = 4
    explorer._repr_mimebundle_()  # draws the artist that did move, elsewhere
    explorer.controls["x"].value = 5
    shown = explorer._svg()
    explorer._drawings.clear()
    assert shown == explorer._svg()


def test_the_display_bundle_is_live_and_static_at_once():
    explorer, _ = parabola()
    bundle, metadata = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == explorer.summary
    picture = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    shown = metadata["image/png"]
    assert picture.size == (2 * shown["width"], 2 * shown["height"])


def test_events_make_no_new_widgets_and_no_pyplot_figures():
    explorer, _ = parabola(presets={"Far": {"x": 4.5}})
    before = len(_instances)
    for _ in range(20):
        explorer.buttons["Far"].click()
        explorer.buttons["Reset"].click()
    assert len(_instances) == before > 0
    assert pyplot.get_fignums() == []


def test_a_moved_slider_sends_only_what_moves():
    explorer, calls = parabola()
    image, live = explorer._image.value, explorer._live.value
    explorer.controls["x"].value = 4
    assert explorer._image.value is image
    assert explorer._live.value != live
    assert explorer._live.value.count("<path") == 1  # the curve; no axes, no ticks, no text
    assert calls["layout"] == 1


def test_the_overlay_is_one_picture_that_a_screen_reader_skips():
    explorer, _ = parabola()
    svg, readout = explorer._live.value.split("</svg>")
    root = ElementTree.fromstring(svg + "</svg>")
    assert root.attrib["viewBox"] == "0 0 604.8 259.2"  # 840 × 360 CSS pixels, in points
    assert root.attrib["aria-hidden"] == "true"
    assert readout.strip().startswith('<div role="status"')


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2.0000"),
        (0.0, "0.0000"),
        (-0.0, "0.0000"),
        (-0.25, "-0.2500"),
        (float("inf"), "∞"),
        (float("-inf"), "-∞"),
        (1.5e-7, "1.5e-07"),
        (123456.789, "1.235e+05"),
    ],
)
def test_format_number(value, text):
    assert format_number(value) == text
