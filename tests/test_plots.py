"""Pictures: Axes in, Axes out, and a second call moves what the first one drew."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from kl_course import plots

X = np.linspace(-1, 1, 5)


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.mark.parametrize(
    ("draw", "artists"),
    [
        (lambda ax, k: plots.plot_density(ax, X, k * X**2, "p"), 2),
        (lambda ax, k: plots.plot_curve(ax, X, k * X, "gain"), 1),
        (lambda ax, k: plots.plot_histogram(ax, X, k * X[1:] ** 2, "q"), 1),
        (lambda ax, k: plots.plot_bars(ax, [0, 1, 2], 0, 0.5, k * np.ones(3), "q"), 1),
        (lambda ax, k: plots.plot_signed_area(ax, X, k * X), 3),
        (lambda ax, k: plots.plot_band(ax, X, k * X, 2, "band"), 1),
        (lambda ax, k: plots.plot_landscape(ax, X, X, k * np.outer(X, X), [0, 1]), 1),
        (lambda ax, k: plots.plot_text(ax, 0, k, f"{k}", "label"), 1),
    ],
)
def test_a_second_call_moves_the_same_artists(ax, draw, artists):
    static = len(ax.get_children())
    assert draw(ax, 1) is ax
    first = ax.get_children()
    assert len(first) == static + artists
    moving = [artist for artist in first if artist.get_gid()]
    assert len(moving) == artists
    for k, moved in ((1, False), (2, True), (2, False)):
        for artist in moving:
            artist.stale = False
        draw(ax, k)
        assert ax.get_children() == first
        assert any(artist.stale for artist in moving) == moved, k


def test_data_changed_in_place_are_seen(ax):
    y = np.array(X)
    plots.plot_curve(ax, X, y, "p")
    y[0] = 7
    plots.plot_curve(ax, X, y, "p")
    assert ax.lines[0].get_ydata()[0] == 7


def test_an_artist_that_was_removed_is_drawn_anew(ax):
    plots.plot_curve(ax, X, X, "p")
    removed = ax.lines[0]
    removed.remove()
    plots.plot_curve(ax, X, X, "p")
    assert len(ax.lines) == 1


def test_landscape_is_darker_below_and_follows_the_surface(ax):
    x, y = np.linspace(-2, 2, 9), np.linspace(0, 1, 5)
    levels = [0.5, 1.25, 2]
    for shift in (0.0, 1.0):
        plots.plot_landscape(ax, x, y, np.abs(x - shift) + 0 * y[:, np.newaxis], levels)
        (landscape,) = (artist for artist in ax.get_children() if artist.get_gid())
        light_to_dark = [red for red, *_ in landscape.colors]
        assert len(light_to_dark) == 3
        assert (np.diff(light_to_dark) < 0).all()
        for path, level in zip(landscape.paths, reversed(levels), strict=True):
            ends = path.vertices[:, 0].min(), path.vertices[:, 0].max()
            assert ends == (max(shift - level, -2), min(shift + level, 2))
    plots.plot_landscape(ax, x, y, np.full((5, 9), 9.0), levels)  # all of it above the last level
    assert landscape.paths == []


def test_density_is_a_line_over_a_fill(ax):
    plots.plot_density(ax, X, X**2, "p")
    plots.plot_density(ax, X, 1 - X**2, "p")
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_ydata(), 1 - X**2)
    (fill,) = ax.patches
    assert fill.get_xy()[:, 1].max() == 1


def test_p_and_q_differ_in_more_than_colour(ax):
    plots.plot_density(ax, X, X**2, "p")
    plots.plot_density(ax, X, X**2, "q")
    p, q = ax.lines
    assert p.get_color() != q.get_color()
    assert p.get_linestyle() != q.get_linestyle()
    plots.plot_bars(ax, [0], 0, 1, [1], "p")
    plots.plot_bars(ax, [1], 0, 1, [1], "q")
    p, q = ax.patches[-2:]
    assert p.get_hatch() != q.get_hatch()


def test_bars_take_their_own_places_and_sizes(ax, boxes):
    plots.plot_bars(ax, [0, 2], [1, -1], 0.5, [3, 4], "gain")
    assert boxes(ax, "gain").tolist() == [[0, 1, 0.5, 4], [2, -1, 2.5, 3]]


def test_a_bar_without_height_is_left_out_and_comes_back(ax, boxes):
    for heights, left in (([1, 0, 2], [0, 2]), ([0, 0, 0], []), ([0, -1, 0], [1])):
        plots.plot_bars(ax, [0, 1, 2], 0, 0.5, heights, "p")
        assert boxes(ax, "p")[:, 0].tolist() == left


def test_signed_area_splits_at_zero(ax):
    plots.plot_signed_area(ax, X, X)
    gain, loss = (area.get_xy()[:, 1] for area in ax.patches)
    assert (gain.min(), gain.max()) == (0, 1)
    assert (loss.min(), loss.max()) == (-1, 0)


def test_a_key_has_room_for_a_dash_and_its_dot(ax):
    lengths = []
    for names in ({"gain": "D"}, {"sum": "H", "gain": "D"}):
        plots.add_key(ax, names)
        lengths.append(ax.get_legend().handlelength)
    assert lengths == [1.7, 3]


def test_key_names_each_and_stands_above_the_axes(ax):
    plots.add_key(ax, {"p": "the truth", "q": "the belief"})
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["the truth", "the belief"]
    ax.figure.canvas.draw()
    assert legend.get_window_extent().y0 >= ax.get_window_extent().y1 - 1


def luminance(rgb):
    """Relative luminance, as WCAG 2.2 defines it."""
    rgb = np.asarray(rgb)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def in_the_dark(rgb):
    """What the filter of picture.css makes of a colour, by the matrix of Filter Effects 1."""
    css = (Path(plots.__file__).parent / "picture.css").read_text()
    amount, angle = re.search(r"invert\(([\d.]+)\) hue-rotate\(([\d.]+)deg\)", css).groups()
    turned = float(amount) * (1 - rgb) + (1 - float(amount)) * rgb
    weights = np.array([0.213, 0.715, 0.072])
    cos, sin = np.cos(np.deg2rad(float(angle))), np.sin(np.deg2rad(float(angle)))
    across = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    matrix = weights + cos * (np.eye(3) - weights) + sin * across
    return np.clip(matrix @ turned, 0, 1)


@pytest.mark.parametrize("theme", [lambda rgb: rgb, in_the_dark], ids=["light", "dark"])
@pytest.mark.parametrize("who", plots.COLORS)
def test_colours_stand_out_from_the_paper_in_both_themes(who, theme):
    ink, paper = (
        luminance(theme(np.array(to_rgb(color)))) for color in (plots.COLORS[who], "white")
    )
    low, high = sorted((ink, paper))
    assert (high + 0.05) / (low + 0.05) >= 3  # WCAG 2.2, success criterion 1.4.11
