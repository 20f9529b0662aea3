"""The picture for a phone: everything can be read, nothing is cut, nothing lies on anything."""

import dataclasses
import itertools

import numpy as np
import pytest
from matplotlib.text import Text

from kl_course.scene import INCH, POINTS, Drawing
from tests.test_walks import Reader, farthest, faults_of_texts
from tools import lessons

SMALLEST = 8.5  # points, which are 11.8 px where the picture is shown as wide as it is drawn
RING = 8  # CSS pixels from a ring's middle to its edge, and a little room
SETTINGS = 40  # random ones of each explorer


def settings_of(scene):
    """The start, every preset, both ends of every slider, and random ones."""
    rng = np.random.default_rng(len(scene.name))
    yield {}
    yield from scene.presets.values()
    for slider in scene.sliders:
        if slider.shown:
            yield from ({slider.name: end} for end in slider.ends)
    for _ in range(SETTINGS):
        yield {s.name: rng.choice(s.stops).item() for s in scene.sliders if s.shown and s.handle}


@pytest.fixture(scope="module", params=lessons.scene_names())
def drawing(request):
    scene = dataclasses.replace(lessons.scene(request.param))
    drawing = Drawing(scene, narrow=True)
    drawing.show(scene.frame())
    drawing.svg(scene.name)  # from here on it knows what moves
    return drawing


def test_lettering_is_as_large_as_promised(drawing):
    texts = [text for text in drawing.figure.findobj(Text) if text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= SMALLEST
    assert SMALLEST * INCH / POINTS >= 11


def test_what_stays_is_whole_and_lies_on_nothing(drawing):
    reader = Reader(drawing)
    room = drawing.figure.bbox
    for words, box in reader.still:
        inside = room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 and box.y1 <= room.y1
        assert inside, (words, box)
    for (one, a), (other, b) in itertools.combinations(reader.still, 2):
        assert not a.padded(1).overlaps(b), (one, other)  # a letter is 6 points wide


def test_what_moves_is_whole_and_lies_on_nothing(drawing):
    scene, reader = drawing.scene, Reader(drawing)
    for setting in settings_of(scene):
        drawing.show(scene.frame(**setting))
        svg = drawing.svg(scene.name)
        assert not faults_of_texts(drawing, reader), setting
        out = farthest(svg, drawing.figure.bbox.size)
        assert out[False] <= 0, setting


def test_no_ring_covers_a_number(drawing):
    scene, reader = drawing.scene, Reader(drawing)
    rings = [handle.name for handle in scene.handles if not handle.drawn]
    width, height = drawing.figure.bbox.size
    for setting in ({}, *scene.presets.values()):
        drawing.show(scene.frame(**setting))
        places = drawing.places(scene.start | setting)
        texts = [t for ax in drawing.figure.axes for t in ax.texts if t.get_text()]
        boxes = [(t.get_text(), t.get_window_extent(reader)) for t in texts if t.get_visible()]
        for name, (words, box) in itertools.product(rings, boxes):
            x, y = places[name][0] * width, (1 - places[name][1]) * height
            off = np.hypot(x - np.clip(x, box.x0, box.x1), y - np.clip(y, box.y0, box.y1))
            assert off * INCH / POINTS >= RING, (setting, name, words)
