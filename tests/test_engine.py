"""The live view: one redraw and one message a change, one figure, errors shown and raised."""

import asyncio
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
from kl_course.scene import Drawing, Frame, Scene, Slider


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


def test_a_control_can_be_observed(hand):
    explorer, _ = parabola()
    seen = []
    explorer.controls["x"].observe(lambda change: seen.append(change["new"]), names="value")
    hand(explorer).slide(x=4)
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


def test_a_hand_that_rests_draws_once_and_every_page_hears_of_it(sent, hand):
    explorer, calls = parabola()
    before = calls["compute"]
    sent.clear()
    page = hand(explorer)
    page.slide(x=4, y=0)
    assert calls["compute"] == before + 1
    (message,) = sent
    assert set(message["state"]) == {"setting", "heard", "moving", "readout"}
    assert message["state"]["heard"] == {"page": page.page, "count": 1}
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


def test_the_page_presses_buttons_and_says_what_was_moved_before():
    explorer, _ = parabola(presets={"Far": {"x": 4.5}})
    page = {"page": "a", "count": 1, "narrow": False}
    said = page | {"moved": {"x": 1, "y": 2}, "visited": [], "press": ["Far"]}
    explorer.view._handle_custom_msg(said, [])
    assert explorer.values() == {"x²": 20.25, "x + y": 6.5}


def test_a_narrow_page_has_pictures_of_its_own_and_the_traits_stay_wide(hand):
    explorer, _ = parabola(presets={"Far": {"x": 4.5}})
    page = hand(explorer)
    wide, still = explorer.view.moving, explorer.view.still
    page.say(still=True, narrow=True)
    narrow_still, first = page.answers
    assert narrow_still["frames"] == []
    image = Image.open(io.BytesIO(base64.b64decode(narrow_still["still"])))
    assert image.size == (2 * 360, 2 * explorer.scene.narrow_height)
    assert first["frames"][0]["setting"] == explorer.view.setting
    page.say(moved={}, visited=[], press=["Far"], narrow=True)
    (frame,) = page.answers[-1]["frames"]
    again = Drawing(explorer.scene, narrow=True)
    again.show(explorer.frame)
    assert frame["moving"] == again.svg(explorer.scene.name) != explorer.view.moving
    assert frame["places"] == again.places(explorer.view.setting)
    assert frame["setting"] == explorer.view.setting == {"x": 4.5, "y": 1.0}
    explorer.reset()
    assert (explorer.view.moving, explorer.view.still) == (wide, still)


def test_an_asked_frame_is_the_one_that_would_be_shown_and_changes_nothing(hand, sent):
    explorer, _ = parabola()
    before, picture = explorer.view.get_state(), pixels(explorer)
    sent.clear()
    page = hand(explorer)
    asked = page.ask(ask={"x": 4, "y": 0})
    assert page.answers == [{"page": page.page, "count": 1, "frames": [asked]}]
    assert explorer.view.get_state() == before
    assert explorer.controls["x"].value == 2
    assert sent == []
    assert (pixels(explorer) == picture).all()
    explorer.set(x=4, y=0)
    view = explorer.view
    assert asked == {
        name: getattr(view, name) for name in ("setting", "moving", "places", "readout", "trail")
    }


def test_what_fails_is_said_to_whoever_asked_and_to_whoever_moves(hand):
    explorer, _ = parabola()
    page = hand(explorer)
    with pytest.raises(ZeroDivisionError):
        page.ask(ask={"x": 3, "y": 1})
    assert "planted" in explorer.view.readout["error"]
    page.slide(x=4)
    assert "error" not in explorer.view.readout
    with pytest.raises(ZeroDivisionError):
        page.slide(x=3)
    assert "planted" in explorer.view.readout["error"]
    assert explorer.view.heard == {"page": page.page, "count": 3}


# --- ahead of the hand


def looking(explorer, page, *wishes, until=1):
    """What came, for wishes one after the other in a running loop."""

    async def look():
        for wish in wishes:
            page.say(**wish)
        while page.answers[-1:] == [] or page.answers[-1]["left"] >= until:
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(look(), 20))
    return [frame for answer in page.answers for frame in answer["frames"]]


def test_frames_ahead_come_in_order_in_slices_and_are_those_that_would_be_shown(hand):
    explorer, _ = parabola(draw=slowly)
    page = hand(explorer)
    ahead = [2.1, 1.9, 2.2, 3, 5]  # 3 fails, and is said when it is asked for
    frames = looking(explorer, page, {"ahead": ahead, "along": "x", "at": {"x": 2, "y": 0}})
    assert [frame["setting"]["x"] for frame in frames] == [2.1, 1.9, 2.2, 5]
    assert len(page.answers) > 1, "all at once: nobody else could be served"
    assert page.answers[-1]["left"] == 0
    assert "error" not in explorer.view.readout
    for frame in frames:
        explorer.set(**frame["setting"])
        assert frame["moving"] == explorer.view.moving
        assert frame["readout"] == explorer.view.readout


def slowly(ax, x):
    time.sleep(0.006)
    plot_line(ax, [0, x], [0, x], "line", color="black")


def test_another_wish_a_hand_that_rests_and_a_button_end_the_one_before(hand):
    explorer, _ = parabola()
    page = hand(explorer)
    long = {"ahead": [0.1 * i for i in range(29)], "along": "x", "at": {"x": 2, "y": 0}}
    short = {"ahead": [4.5], "along": "y", "at": {"x": 2, "y": 0}}
    frames = looking(explorer, page, long, short)
    assert [frame["setting"] for frame in frames] == [{"x": 2, "y": 4.5}]
    page.answers.clear()
    rest = {"moved": {"x": 1}, "visited": [], "press": []}
    frames = looking(explorer, page, long, rest, short)
    assert [frame["setting"] for frame in frames] == [{"x": 2, "y": 4.5}]


def test_without_a_running_loop_nothing_is_drawn_ahead(hand):
    explorer, calls = parabola()
    page, before = hand(explorer), calls["compute"]
    page.say(ahead=[1, 4], along="x", at={"x": 2, "y": 0})
    assert page.answers == []
    assert calls["compute"] == before
    assert page.ask(ask={"x": 4, "y": 0})["setting"] == {"x": 4, "y": 0}


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


def test_the_trail_is_the_live_views_own(hand):
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
    page = hand(explorer)
    page.ask(ask={"x": 3, "y": 1})  # was not visited
    page.slide(x=5, visited=[{"x": 4, "y": 1}, {"x": 5, "y": 1}])
    assert places() == [2, 4, 5]


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
