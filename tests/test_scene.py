"""A scene is plain data and pure functions: the same call, the same bytes, in any order."""

import dataclasses
import io
import re

import numpy as np
import pytest
from PIL import Image

from kl_course.plots import label_axes, plot_line
from kl_course.scene import Frame, Scene, Slider, format_number

RANGE = Slider("x", "x", 2.0, 0, 5, 0.5)
CHOICE = Slider("n", "n", 10, options=(10, 30, 100))
WHOLE = Slider("bins", "bins", 3, 1, 9, 1, whole=True)


@pytest.fixture
def scene():
    def layout(figure):
        ax = figure.subplots()
        label_axes(ax, xlim=(0, 5), ylim=(0, 25))
        return ax

    def draw(ax, x):
        plot_line(ax, [0, x], [0, x * x], "line", color="black")

    def compute(x, n):
        return Frame({"square": x * x, "n": n}, {"x": x}, ["", "A note."])

    return Scene(
        "square",
        "A line.",
        sliders=[RANGE, CHOICE],
        compute=compute,
        layout=layout,
        draw=draw,
        units={"n": ""},
    )


def test_a_frame_stands_at_the_start_unless_said_otherwise(scene):
    assert scene.frame().values == {"square": 4, "n": 10}
    assert scene.frame(x=3).values == {"square": 9, "n": 10}


def test_the_same_call_gives_the_same_bytes_in_any_order(scene):
    frames = [scene.frame(x=x) for x in (0, 1, 5)]
    first = [(scene.svg(f), scene.png(f)) for f in frames]
    again = [(scene.svg(f), scene.png(f)) for f in reversed(frames)]
    assert first == again[::-1]
    assert len(set(first)) == 3


def test_the_picture_holds_what_moves(scene):
    pictures = [Image.open(io.BytesIO(scene.png(scene.frame(x=x)))) for x in (1, 5)]
    low, high = (np.asarray(picture.convert("L")).astype(int) for picture in pictures)
    assert low.shape == (2 * scene.height, 2 * 840)
    assert np.abs(low - high).max() > 100


def test_the_summary_is_the_lines_and_the_notes(scene):
    assert scene.summary(scene.frame()) == "square = 4.0000 nats\nn = 10.0000\nA note."


def test_an_action_sets_what_it_says_and_leaves_the_rest(scene):
    double = dataclasses.replace(scene, actions={"Double": lambda now: {"x": 2 * now["x"]}})
    setting = double.start
    assert double.act(setting, "Double") == {"x": 4, "n": 10}
    assert setting == double.start


def test_another_prefix_begins_every_id(scene):
    frame = scene.frame(x=1)
    first = scene.svg(frame)
    other = scene.svg(frame, "other")
    assert f'id="{scene.name}-' in first
    assert f"{scene.name}-" not in other
    assert other == first.replace(f"{scene.name}-", "other-")
    assert scene.svg(frame) == first


def test_the_stops_of_a_slider():
    assert RANGE.stops == (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5)
    assert CHOICE.stops == (10, 30, 100)
    assert WHOLE.stops == tuple(range(1, 10))
    assert all(isinstance(stop, int) for stop in WHOLE.stops)
    tenths = Slider("x", "x", 0, -3, 3, 0.1).stops
    assert tenths[33] == 0.3  # and not 0.30000000000000027: that is what a screen reader would say


@pytest.mark.parametrize(
    ("slider", "given", "value"),
    [(RANGE, 1, 1.0), (RANGE, np.float32(0.3), float(np.float32(0.3))), (WHOLE, 4.0, 4)],
)
def test_a_slider_takes_what_it_can_have(slider, given, value):
    assert slider.check(given) == value
    assert type(slider.check(given)) is type(value)


@pytest.mark.parametrize(
    ("slider", "given", "words"),
    [
        (RANGE, 6, "x must lie between 0 and 5, but is 6"),
        (RANGE, float("nan"), "x must lie between"),
        (CHOICE, 11, r"n must be one of \(10, 30, 100\), but is 11"),
        (WHOLE, 2.5, "bins must be a whole number, but is 2.5"),
    ],
)
def test_a_slider_refuses_the_rest_in_words(scene, slider, given, words):
    with pytest.raises(ValueError, match=words):
        slider.check(given)


@pytest.mark.parametrize("given", ["2", True, np.True_, None, [1.0], 1j])
def test_a_slider_refuses_another_type_as_every_function_does(given):
    with pytest.raises(TypeError, match=re.escape(f"x must be a number, but is {given!r}")):
        RANGE.check(given)


def test_a_scene_checks_its_setting(scene):
    with pytest.raises(ValueError, match="x must lie between"):
        scene.frame(x=9)
    with pytest.raises(ValueError, match=r"no slider is called \['z'\]"):
        scene.frame(z=9)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2.0000"),
        (0.0, "0.0000"),
        (-0.0, "0.0000"),
        (-0.25, "−0.2500"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (1.5e-7, "1.5e−07"),
        (123456.789, "1.235e+05"),
    ],
)
def test_format_number(value, text):
    assert format_number(value) == text
