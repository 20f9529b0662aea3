"""The overlay is what Matplotlib would draw, as SVG."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from kl_course.overlay import OverlayRenderer
from kl_course.plots import plot_landscape

WIDTH, HEIGHT = 200, 100  # points


@pytest.fixture
def ax():
    """Axes that fill a figure; data are points from below."""
    ax = Figure((WIDTH / 72, HEIGHT / 72), dpi=72).add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    return ax


def drawn(*artists, prefix="a"):
    renderer = OverlayRenderer(WIDTH, HEIGHT, prefix)
    return ElementTree.fromstring(renderer.svg(artists))


def corners(element):
    return np.array(re.findall(r"-?\d+\.\d+", element.get("d")), float).reshape(-1, 2)


def referred(svg, reference):
    name = re.fullmatch(r"url\(#(.+)\)", reference)[1]
    (element,) = (each for each in svg.find("defs") if each.get("id") == name)
    return element


def test_a_line_goes_through_its_points_counted_from_the_top(ax):
    (line,) = ax.plot([10, 50, 90], [0, 30, 100], color="#123456", linewidth=3)
    path = drawn(line).find("g/path")
    assert corners(path).tolist() == [[10, 100], [50, 70], [90, 0]]
    assert (path.get("stroke"), path.get("stroke-width")) == ("#123456ff", "3")
    assert path.get("fill") == "none"


def test_a_gap_in_the_data_is_a_gap_in_the_line(ax):
    (line,) = ax.plot([0, 1, 2, 3, 4], [1, np.nan, 1, 1, np.inf])
    assert drawn(line).find("g/path").get("d") == "M0.00 99.00M2.00 99.00L 3.00 99.00"


@pytest.mark.parametrize("filled", [False, True])
def test_a_long_outline_is_thinned_and_not_visibly(ax, filled):
    x = np.linspace(0, 200, 2001)
    y = 50 + 40 * np.sin(x / 20)
    artist = ax.fill_between(x, y) if filled else ax.plot(x, y)[0]
    kept = corners(drawn(artist).find("g/path"))
    assert 10 < len(kept) < 500
    kept = kept[kept[:, 1] < HEIGHT] if filled else kept
    kept = kept[np.argsort(kept[:, 0])]
    assert np.abs(np.interp(x, kept[:, 0], HEIGHT - kept[:, 1]) - y).max() < 0.3


def test_outlines_of_a_landscape_are_thinned_and_not_visibly(ax):
    def off(corners, radius):
        """How far a closed outline, from corner to corner, gets from a circle."""
        t = np.linspace(0, 1, 21)[:, np.newaxis, np.newaxis]
        sides = corners + t * (np.roll(corners, -1, axis=0) - corners)
        return np.abs(np.hypot(*(sides - [100, 50]).T) - radius).max()

    x, y, levels = np.linspace(0, WIDTH, 101), np.linspace(0, HEIGHT, 51), (25, 45)
    plot_landscape(ax, x, y, np.hypot(x - 100, y[:, np.newaxis] - 50), levels)
    (landscape,) = (artist for artist in ax.get_children() if artist.get_gid() == "landscape")
    outlines = drawn(landscape).findall("g/path")
    for radius, path, outline in zip(levels[::-1], landscape.paths, outlines, strict=True):
        kept = corners(outline)
        assert len(kept) < 0.6 * len(path)
        assert off(kept, radius) < off(path.vertices[:-1], radius) + 0.3


def test_curves_stay_curves(ax):
    circle = ax.add_patch(Circle((50, 50), 10))
    path = drawn(circle).find("g/path")
    assert path.get("d").count("C") == 1  # eight follow each other, and the letter holds for all
    assert path.get("d").endswith("Z")
    assert np.abs(corners(path) - 50).max() == pytest.approx(10, abs=0.01)


def test_dashes_and_opacity(ax):
    (line,) = ax.plot([0, 200], [0, 100], "--", color="#123456", linewidth=2, alpha=0.5)
    path = drawn(line).find("g/path")
    assert path.get("stroke-dasharray") == "7.4 3.2"
    assert path.get("stroke") == "#12345680"


def test_an_edge_of_no_width_is_not_drawn(ax):
    (area,) = ax.fill([0, 10, 10], [0, 0, 10], facecolor="#123456", linewidth=0)
    path = drawn(area).find("g/path")
    assert (path.get("fill"), path.get("stroke")) == ("#123456ff", None)


def test_a_hatch_lies_over_the_fill(ax):
    (bar,) = ax.bar([100], [50], facecolor=(1, 0, 0, 0.25), edgecolor="#00ff00", hatch="//")
    svg = drawn(bar)
    fill, hatch = svg.findall("g/path")
    assert fill.get("fill") == "#ff000040"
    assert hatch.get("d") == fill.get("d")
    assert referred(svg, hatch.get("fill"))[0].get("stroke") == "#00ff00ff"


def test_every_hatch_keeps_its_own_colour(ax):
    bars = [ax.bar([1], [1], edgecolor=c, hatch="//")[0] for c in ("#00ff00", "#0000ff")]
    svg = drawn(*bars)
    hatches = svg.findall("g/path")[1::2]
    strokes = [referred(svg, hatch.get("fill"))[0].get("stroke") for hatch in hatches]
    assert strokes == ["#00ff00ff", "#0000ffff"]


@pytest.mark.parametrize("places", [[(np.nan, 0)], [(10, 0)], [(10, 0), (20, 50), (30, 100)]])
def test_every_point_has_one_marker(ax, places):
    x, y = np.reshape(places, (-1, 2)).T
    (dots,) = ax.plot(x, y, "^", color="#123456", markersize=8, linestyle="none")
    svg = drawn(dots)
    if np.isnan(x).any():
        assert svg.find("g") is None
        return
    path = svg.find("g/path")
    shape = referred(svg, path.get("marker-start"))[0]
    assert corners(shape)[:3].tolist() == [[0, -4], [-4, 4], [4, 4]]  # points up
    assert path.get("marker-mid") == path.get("marker-start")
    assert path.get("marker-end") is None
    assert path.get("d").endswith("M0 0")  # the end, which has none
    assert corners(path).tolist() == [[x, HEIGHT - y] for x, y in places]


def test_what_leaves_the_axes_is_cut_off_there(ax):
    ax.set_position((0.5, 0, 0.5, 0.5))
    (line,) = ax.plot([-100, 300], [0, 200])
    svg = drawn(line)
    box = referred(svg, svg.find("g").get("clip-path"))[0].attrib
    assert [float(box[key]) for key in ("x", "y", "width", "height")] == [100, 50, 100, 50]


def test_what_is_cut_off_by_an_outline_keeps_to_it(ax):
    (line,) = ax.plot([0, 200], [0, 100])
    line.set_clip_path(Circle((50, 50), 10, transform=ax.transData))
    svg = drawn(line)
    outline = referred(svg, svg.find("g").get("clip-path"))[0]
    assert np.abs(corners(outline) - 50).max() == pytest.approx(10, abs=0.01)


@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_a_text_stands_where_matplotlib_puts_it(ax, align):
    label = ax.text(100, 30, "a < b & D(p‖q) = 0.5", ha=align, fontsize=10, fontweight="bold")
    text = drawn(label).find("g/text")
    assert text.text == "a < b & D(p‖q) = 0.5"
    assert (text.get("font-size"), text.get("font-weight")) == ("10", "bold")
    box = label.get_window_extent(FigureCanvasAgg(ax.figure).get_renderer())
    assert float(text.get("textLength")) == pytest.approx(box.width, rel=0.05)  # Agg hints
    assert float(text.get("x")) == pytest.approx(box.x0, abs=0.05 * box.width)
    assert float(text.get("y")) == pytest.approx(70, abs=0.01)


def test_a_turned_text_is_turned(ax):
    label = ax.text(100, 30, "nats", rotation=90)
    text = drawn(label).find("g/text")
    assert text.get("transform") == f"rotate(-90 {text.get('x')} {text.get('y')})"


def test_a_formula_is_drawn_as_an_outline_in_its_place(ax):
    svg = drawn(ax.text(100, 30, r"$\sigma^2$", fontsize=10))
    assert svg.find("g/text") is None
    left, top = corners(svg.find("g/path")).min(axis=0)
    right, bottom = corners(svg.find("g/path")).max(axis=0)
    assert 100 <= left < right < 115
    assert 55 < top < bottom <= 70.5


def test_drawings_of_other_prefixes_share_no_id(ax):
    (bar,) = ax.bar([100], [50], hatch="//")
    ids = [{each.get("id") for each in drawn(bar, prefix=p).find("defs")} for p in ("a", "b")]
    assert len(ids[0]) == 2
    assert not ids[0] & ids[1]


def test_only_what_changed_is_drawn_again(ax, monkeypatch):
    (line,) = ax.plot([0, 200], [0, 100])
    (bar,) = ax.bar([100], [50], hatch="//")
    renderer = OverlayRenderer(WIDTH, HEIGHT, "a")

    def svg():
        return renderer.svg([line, bar])

    first = svg()
    monkeypatch.setattr(bar, "draw", None)  # to draw it would fail
    assert svg() == first
    line.set_data([0, 200], [0, 50])
    second = svg()
    assert second != first
    monkeypatch.undo()
    assert second == OverlayRenderer(WIDTH, HEIGHT, "a").svg([line, bar])
