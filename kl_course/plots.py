"""Pictures: every plot_* takes Axes and returns them; called again, it moves what it drew.

The moving artists carry a gid: by it a second call finds them, and an explorer redraws only them.
p is blue and solid, q orange and dashed or hatched, so that colour is never the only cue.
"""

from types import MappingProxyType
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np
from contourpy import contour_generator
from matplotlib.artist import Artist
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch, Polygon, StepPatch
from matplotlib.path import Path

COLORS = MappingProxyType(
    {
        "p": "#0072B2",
        "q": "#D55E00",
        "gain": "#009E73",
        "loss": "#B5548A",
        "sum": "#6B4FA0",
        "ink": "#333333",
    }
)
_LINES = MappingProxyType({"p": "-", "q": "--", "gain": "-", "sum": "-."})
_HATCHES = MappingProxyType({"p": None, "q": "////", "gain": None, "loss": "xxxx"})


_artists = WeakValueDictionary()  # (id of the Axes, gid) -> artist, as long as the artist lives
_placed = WeakKeyDictionary()  # artist -> the data that it shows, as bytes


def _place(ax, gid, create, move, *data):
    """Let the artist of this gid, made by `create` on the first call, show the data.

    One whose data did not change is left alone, so that it need not be drawn again.
    """
    artist = _artists.get((id(ax), gid))
    if artist is None or artist.axes is not ax:  # never drawn, or removed since
        artist = _artists[id(ax), gid] = create()
        artist.set_gid(gid)
    shown = [np.asarray(each).tobytes() for each in data]
    if _placed.get(artist) != shown:
        move(artist, *data)
        artist.stale = True  # not every set_… of Matplotlib says so
        _placed[artist] = shown


def plot_density(ax, x, y, who):
    """Draw a density as a line over a light fill.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y : array_like, shape (k,)
        The grid, and the density on it.
    who : {"p", "q"}

    Returns
    -------
    matplotlib.axes.Axes
    """
    _plot_area(ax, x, y, f"{who} fill", facecolor=to_rgba(COLORS[who], 0.15))
    return plot_curve(ax, x, y, who)


def plot_curve(ax, x, y, who):
    """Draw a curve in the colour and line style of `who`."""
    return plot_line(ax, x, y, f"{who} curve", color=COLORS[who], linestyle=_LINES[who])


def plot_histogram(ax, edges, heights, who):
    """Draw a histogram as filled steps.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    edges : array_like, shape (k + 1,)
    heights : array_like, shape (k,)
    who : {"p", "q"}

    Returns
    -------
    matplotlib.axes.Axes
    """
    style = {"fill": True, "color": COLORS[who], "alpha": 0.35, "linewidth": 0}
    gid = f"{who} histogram"
    _place(ax, gid, lambda: ax.stairs(heights, edges, **style), StepPatch.set_data, heights, edges)
    return ax


def plot_line(ax, x, y, gid, **style):
    """Draw a line, or move the one of this `gid`; `style` goes to `Axes.plot` once."""
    _place(ax, gid, lambda: ax.plot(x, y, **style)[0], Line2D.set_data, x, y)
    return ax


def plot_text(ax, x, y, text, gid, **style):
    """Write a text, or move and change the one of this `gid`; `style` goes to `Axes.text` once."""

    def rewrite(label, place, text):
        label.set_position(place)
        label.set_text(text)

    _place(ax, gid, lambda: ax.text(x, y, text, **style), rewrite, (x, y), text)
    return ax


def plot_bars(ax, left, bottom, width, height, who):
    """Draw bars, each with its own place and size.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    left, bottom, width, height : array_like, broadcast to shape (k,)
    who : {"p", "q", "gain", "loss"}

    Returns
    -------
    matplotlib.axes.Axes
    """
    sides = left, np.add(left, width), bottom, np.add(bottom, height)
    x0, x1, y0, y1 = (np.ravel(side) for side in np.broadcast_arrays(*sides))
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]).transpose(2, 0, 1)
    corners = corners[(x0 != x1) & (y0 != y1)]  # the edge of an empty bar would look like a bar
    gid = f"{who} bars"
    _place(
        ax, gid, lambda: ax.add_patch(PathPatch(Path([[0, 0]]), **_fill(who))), _set_bars, corners
    )
    return ax


def plot_signed_area(ax, x, y):
    """Shade the area between a curve and zero: above it as gain, below it as loss.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y : array_like, shape (k,)

    Returns
    -------
    matplotlib.axes.Axes
    """
    _plot_area(ax, x, np.maximum(y, 0), "gain area", **_fill("gain"))
    _plot_area(ax, x, np.minimum(y, 0), "loss area", **_fill("loss"))
    return plot_line(ax, x, y, "integrand", color=COLORS["ink"], linewidth=1.2)


def plot_band(ax, x, low, high, gid):
    """Shade what lies between two curves, or move the band of this `gid`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x : array_like, shape (k,)
    low, high : array_like, broadcast to shape (k,)
        The two curves; which of them is the upper one does not matter.
    gid : str
        Its name, for the second call.

    Returns
    -------
    matplotlib.axes.Axes
    """
    there, back = np.broadcast_to(low, np.shape(x)), np.broadcast_to(high, np.shape(x))[::-1]
    outline = np.column_stack([np.r_[x, x[::-1]], np.r_[there, back]])
    _plot_outline(ax, outline, gid, linewidth=1, **_fill("gain"))
    return ax


def plot_landscape(ax, x, y, z, levels):
    """Fill what lies below each contour line, the lower the darker; above the last level is white.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y : array_like, shape (n,), (m,)
        The grid.
    z : array_like, shape (m, n)
        The surface on it.
    levels : sequence of float, increasing

    Returns
    -------
    matplotlib.axes.Axes
    """
    dark, light = np.array(to_rgba("#3B3F5C")), np.array(to_rgba("#E4E4EC"))
    colors = light + (dark - light) * (1 - np.linspace(1, 0, len(levels))[:, np.newaxis] ** 0.8)

    def fill(landscape, x, y, z, levels):
        surface = contour_generator(x, y, z, fill_type="ChunkCombinedCode")
        bottom = np.min(z) - 1
        landscape.paths = []
        for level in reversed(levels):  # the highest first: each covers a part of the one before
            (corners,), (codes,) = surface.filled(bottom, max(level, bottom + 0.5))
            if corners is None:  # the whole surface is higher
                break
            path = Path(corners, codes)
            path.simplify_threshold = 0.3  # points; how far off a simpler outline may be
            landscape.paths.append(path)

    _place(ax, "landscape", lambda: ax.add_artist(_Fills(colors)), fill, x, y, z, levels)
    return ax


class _Fills(Artist):
    """Filled outlines, each over the one before; drawn more quickly than a PathCollection."""

    zorder = 1  # below lines

    def __init__(self, colors):
        super().__init__()
        self.colors = [tuple(color) for color in colors]
        self.paths = []

    def draw(self, renderer):
        if self.get_visible():
            gc = renderer.new_gc()
            gc.set_clip_rectangle(self.get_clip_box())
            gc.set_foreground("white")
            gc.set_linewidth(0.4)
            transform = self.axes.transData.frozen()
            for path, color in zip(self.paths, self.colors, strict=False):
                renderer.draw_path(gc, path, transform, color)
            gc.restore()
        self.stale = False


def label_axes(ax, *, x="", y="", title="", xlim=None, ylim=None):
    """Name the axes and fix their limits: the part of a picture that never moves."""
    return ax.set(xlabel=x, ylabel=y, title=title, xlim=xlim, ylim=ylim)


def is_narrow(figure):
    """Whether this is the picture for a phone, 3.6 inches wide instead of 8.4."""
    return figure.get_figwidth() < 6


def lay_out_panels(figure, count, *, wide, narrow, ratios=None, heights=None):
    """Axes side by side; one below the other in the picture for a phone.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    count : int
    wide, narrow : (left, bottom, right, top, gap)
        Margins and the space between, as `Figure.subplots_adjust` takes them.
    ratios, heights : sequence of float, optional
        Of the widths side by side, and of the heights below each other.

    Returns
    -------
    list of matplotlib.axes.Axes
    """
    if is_narrow(figure):
        axes = figure.subplots(count, 1, height_ratios=heights, squeeze=False)
        *margins, gap = narrow
        figure.subplots_adjust(*margins, hspace=gap)
    else:
        axes = figure.subplots(1, count, width_ratios=ratios, squeeze=False)
        *margins, gap = wide
        figure.subplots_adjust(*margins, wspace=gap)
    return [*axes.flat]


def add_key(ax, names, *, filled=False, most=None):
    """Write a key above the axes, where it can cover nothing.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names : dict
        Who -> label, or, for a line of another look, label -> dict of what `Line2D` takes.
    filled : bool
        Show areas instead of lines.
    most : int, optional
        How many stand in a row of the picture for a phone, where a title stands above the rows.

    Returns
    -------
    matplotlib.axes.Axes
    """

    def handle(name, value):
        if not isinstance(value, str):
            return Line2D([], [], label=name, **value)
        if filled or name not in _LINES:
            return Patch(label=value, **_fill(name))
        return Line2D([], [], color=COLORS[name], linestyle=_LINES[name], label=value)

    handles = [handle(name, value) for name, value in names.items()]
    lines = [each for each in handles if isinstance(each, Line2D)]
    dotted = any(line.get_linestyle() == "-." for line in lines)  # a dash, and room for its dot
    columns = len(names)
    if narrow := is_narrow(ax.figure):
        columns = min(most or columns, columns)
        lift_title(ax, -(-len(names) // columns))
    ax.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1.01, 1),
        ncols=columns,
        borderpad=0.2,
        columnspacing=0.75 if narrow else 1.2,
        labelspacing=0.2 if narrow else 0.5,
        handlelength=(2.4 if narrow else 3) if dotted else 1.7,
        handletextpad=0.6 if narrow else 0.8,
    )
    return ax


def lift_title(ax, rows=1):
    """Move the title above the rows of a key, of these Axes or of those beside, for a phone."""
    if is_narrow(ax.figure) and (title := ax.get_title(loc="left")):
        ax.set_title(title, pad=7 + 13 * rows)
    return ax


def _set_bars(bars, corners):
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(corners))
    bars.set_path(Path(corners.reshape(-1, 2), codes))
    bars.set_visible(len(corners) > 0)


def _plot_area(ax, x, y, gid, **style):
    outline = np.column_stack([np.r_[x[0], x, x[-1]], np.r_[0, y, 0]])
    _plot_outline(ax, outline, gid, linewidth=0, **style)


def _plot_outline(ax, outline, gid, **style):
    _place(ax, gid, lambda: ax.add_patch(Polygon(outline, **style)), Polygon.set_xy, outline)


def _fill(who):
    color = COLORS[who]
    light = 0.35 * np.array(to_rgba(color)[:3]) + 0.65  # not transparent: lines would show through
    return {"facecolor": light, "edgecolor": color, "hatch": _HATCHES[who]}
