"""The live view: one redraw and one message a change, one figure, errors shown and raised."""

import base64
import dataclasses
import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from ipywidgets.widgets.widget import Widget, _instances
from matplotlib import pyplot
from PIL import Image

from kl_course import engine, recall
from kl_course.engine import Explorer
from kl_course.plots import label_axes, plot_line
from kl_course.scene import Frame, Scene, Slider


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

    sliders = [Slider(name, name, start, 0, 5) for name, start in (("x", 2), ("y", 1))]
    units = {"x²": "m²", "x + y": "m"}
    parts = {"compute": compute, "layout": layout, "draw": draw, "units": units}
    scene = Scene("parabola", "A parabola.", sliders, **(parts | options))
    return Explorer(scene), calls


def pixels(explorer):
    png = base64.b64decode(explorer._repr_mimebundle_()[0]["image/png"])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.fixture
def sent(monkeypatch):
    """The messages that widgets send."""
    messages = []
    monkeypatch.setattr(Widget, "_send", lambda _, message, **__: messages.append(message))
    return messages


def test_values_and_summary_follow_the_controls():
    explorer, _ = parabola()
    assert explorer.values() == {"x²": 4, "x + y": 3}
    assert explorer.summary == "x² = 4.0000 m²\nx + y = 3.0000 m"
    explorer.controls["x"].value = 4
    assert explorer.summary == "x² = 16.0000 m²\nx + y = 5.0000 m"


def test_a_control_can_be_observed():
    explorer, _ = parabola()
    seen = []
    explorer.controls["x"].observe(lambda change: seen.append(change["new"]), names="value")
    explorer.view.set_state({"setting": {"x": 4, "y": 1}})  # as the page does
    assert seen == [4]


def test_the_readout_holds_the_lines_of_the_summary():
    explorer, _ = parabola()
    explorer.controls["x"].value = 5
    rows, notes = explorer.view.readout["rows"], explorer.view.readout["notes"]
    lines = ["".join(line) for row in rows for line in row]
    assert "\n".join(lines + notes) == explorer.summary
    assert notes == ["x is large."]


def test_a_readout_in_rows_is_a_table():
    explorer, _ = parabola(rows=(1, 1))
    assert explorer.view.readout["table"]
    assert [len(row) for row in explorer.view.readout["rows"]] == [1, 1]


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


def test_a_setting_from_the_page_draws_once(sent):
    explorer, calls = parabola()
    before = calls["compute"]
    sent.clear()
    explorer.view.set_state({"setting": {"x": 4, "y": 0}})
    assert calls["compute"] == before + 1
    (message,) = sent
    assert set(message["state"]) == {"moving", "readout"}  # not the setting: the page has it
    assert explorer.controls["x"].value == 4


def test_a_setting_from_the_kernel_is_one_message(sent):
    explorer, _ = parabola()
    sent.clear()
    explorer.set(x=4, y=0)
    (message,) = sent
    assert set(message["state"]) == {"setting", "moving", "readout"}
    assert message["state"]["setting"] == {"x": 4, "y": 0}


def test_set_names_an_unknown_slider():
    explorer, _ = parabola()
    with pytest.raises(ValueError, match=r"no slider is called \['z'\]; there are \['x', 'y'\]"):
        explorer.set(z=1)
    explorer.controls["x"].value = 4
    assert explorer.values()["x²"] == 16  # still listening


def test_a_value_that_the_slider_cannot_have_is_refused_and_nothing_moves():
    explorer, _ = parabola()
    with pytest.raises(ValueError, match="x must lie between 0 and 5, but is 9"):
        explorer.controls["x"].value = 9
    assert explorer.values() == {"x²": 4, "x + y": 3}


def test_preset_swap_and_reset():
    explorer, _ = parabola(presets={"Far": {"x": 4.5}}, swap=[("x", "y")])
    assert explorer.buttons == ("Far", "Swap p ↔ q", "Reset")
    explorer.press("Far")
    assert explorer.values() == {"x²": 20.25, "x + y": 5.5}
    explorer.press("Swap p ↔ q")
    assert (explorer.controls["x"].value, explorer.controls["y"].value) == (1, 4.5)
    explorer.press("Reset")
    assert explorer.values() == {"x²": 4, "x + y": 3}


def test_an_action_is_a_button_and_its_state_is_not_on_the_page():
    explorer, calls = parabola(actions={"Count": lambda now: {"y": now["y"] + 1, "x": 5}})
    hidden = dataclasses.replace(explorer.scene.sliders[1], shown=False)
    explorer = Explorer(
        dataclasses.replace(explorer.scene, sliders=[explorer.scene.sliders[0], hidden])
    )
    assert explorer.buttons == ("Count", "Reset")
    assert [slider["name"] for slider in explorer.view.scene["sliders"]] == ["x"]
    calls["compute"] = 0
    explorer.press("Count")
    assert explorer.values() == {"x²": 25, "x + y": 7}
    assert calls["compute"] == 1
    with pytest.raises(ValueError, match="y must lie between 0 and 5"):
        [explorer.press("Count") for _ in range(5)]


def test_the_page_presses_buttons():
    explorer, _ = parabola(presets={"Far": {"x": 4.5}})
    explorer.view._handle_custom_msg({"press": "Far"}, [])
    assert explorer.values() == {"x²": 20.25, "x + y": 5.5}


def test_two_threads_take_turns_at_the_picture():
    drawing = threading.Lock()

    def draw(ax, x):
        assert drawing.acquire(blocking=False), "two threads draw at once"
        time.sleep(0.005)
        drawing.release()

    explorer, _ = parabola(draw=draw)

    def drag(name):
        for value in (1, 2, 1, 2):
            explorer.controls[name].value = value

    with ThreadPoolExecutor() as pool:
        for drags in [pool.submit(drag, name) for name in ("x", "y")]:
            drags.result()
    assert explorer.values() == {"x²": 4, "x + y": 4}


def test_an_error_is_shown_and_raised_and_the_next_value_recovers():
    explorer, _ = parabola()
    with pytest.raises(ZeroDivisionError):
        explorer.controls["x"].value = 3
    assert "x is 3 & <this> is planted" in explorer.view.readout["error"]
    explorer.controls["x"].value = 4
    assert "error" not in explorer.view.readout


def test_after_an_error_midway_no_old_drawing_is_shown():
    def draw(ax, x):
        plot_line(ax, [0, 5], [0, 20 * (x >= 4)], "first", color="black")
        assert x != 4, "planted"
        plot_line(ax, [0, 5], [x, x], "second", color="black")

    explorer, _ = parabola(draw=draw)
    explorer.controls["x"].value = 1
    with pytest.raises(AssertionError, match="planted"):
        explorer.controls["x"].value = 4
    explorer._repr_mimebundle_()  # draws the artist that did move, elsewhere
    explorer.controls["x"].value = 5
    assert explorer.view.moving == parabola(draw=draw)[0].scene.svg(explorer.frame)


def test_the_display_bundle_is_live_and_static_at_once():
    explorer, _ = parabola()
    bundle, metadata = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == explorer.summary
    picture = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    shown = metadata["image/png"]
    assert shown["alt"] == explorer.scene.alt
    assert picture.size == (2 * shown["width"], 2 * shown["height"])


def test_the_still_picture_ends_in_words_that_say_how_to_go_on(monkeypatch):
    explorer, _ = parabola()
    height = 2 * explorer.scene.height
    words = pixels(explorer)[height:]
    assert words.min() < 120, "no words below the picture"
    monkeypatch.setattr(engine, "STILL", "")
    assert len(pixels(explorer)) == height


def test_events_make_no_new_widgets_and_no_pyplot_figures():
    explorer, _ = parabola(presets={"Far": {"x": 4.5}})
    before = len(_instances)
    for _ in range(20):
        explorer.press("Far")
        explorer.press("Reset")
    assert len(_instances) == before > 0
    assert pyplot.get_fignums() == []


def test_a_moved_slider_sends_only_what_moves():
    explorer, calls = parabola()
    still, moving = explorer.view.still, explorer.view.moving
    explorer.controls["x"].value = 4
    assert explorer.view.still is still
    assert explorer.view.moving != moving
    assert explorer.view.moving.count("<path") == 1  # the curve; no axes, no ticks, no text
    assert calls["layout"] == 1


def test_the_overlay_is_one_picture_that_a_screen_reader_skips():
    explorer, _ = parabola()
    root = ElementTree.fromstring(explorer.view.moving)
    assert root.attrib["viewBox"] == "0 0 604.8 259.2"  # 840 × 360 CSS pixels, in points
    assert root.attrib["aria-hidden"] == "true"
    assert explorer.view.scene["alt"] == "A parabola."  # of the still image below it


def test_the_trail_is_the_live_views_own():
    def compute(x, y):
        return Frame({"x": x}, {"trail": [(x, y)]})

    def draw(ax, trail):
        plot_line(ax, *zip(*trail, strict=True), "trail", marker=".")

    explorer, _ = parabola(compute=compute, draw=draw, trail="trail")

    def places():
        (line,) = explorer.drawing.axes.lines
        return list(line.get_xdata())

    explorer.set(x=4)
    explorer.set(x=4)  # it did not move
    assert places() == [2, 4]
    assert explorer.scene.frame(x=1).data["trail"] == [(1, 1)]
    for i in range(100):
        explorer.set(x=i % 5 + 0.5)
    assert len(places()) == 60
    explorer.reset()
    assert places() == [2]


def test_a_cell_that_is_run_again_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr(recall, "_kept", {})
    request = {"metadata": {"cellId": "explore"}, "header": {"msg_id": "1"}}
    shell = SimpleNamespace(get_parent=lambda: request)
    monkeypatch.setattr(recall, "get_ipython", lambda: shell)
    parabola()[0].controls["x"].value = 4
    request["header"]["msg_id"] = "2"
    again, _ = parabola()
    assert again.values()["x²"] == 16
    assert again.view.setting == {"x": 4, "y": 1}
    again.reset()
    assert again.values()["x²"] == 4
    request["metadata"]["cellId"] = "another cell"
    assert parabola()[0].values()["x²"] == 4


def test_a_remembered_setting_that_no_longer_fits_is_dropped(monkeypatch):
    monkeypatch.setattr(engine, "recall", lambda kind: {"setting": {"x": 9, "z": 1}})
    assert parabola()[0].values() == {"x²": 4, "x + y": 3}


def test_a_view_is_made_from_any_scene():
    explorer, _ = parabola()
    second = Explorer(dataclasses.replace(explorer.scene, name="second"))
    assert second.summary == explorer.summary
