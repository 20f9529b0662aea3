"""The explorers of notebook 04: why D is never negative, a detour, and D's relatives."""

import math
from operator import itemgetter

import numpy as np
from scipy.special import rel_entr

from kl_course.engine import as_explorer
from kl_course.explorers._shared import BACKWARD, FORWARD, cut_note, height_of
from kl_course.models.properties import coin, root_js
from kl_course.plots import (
    COLORS,
    add_key,
    is_narrow,
    label_axes,
    lay_out_panels,
    lift_title,
    plot_band,
    plot_bars,
    plot_line,
    plot_text,
)
from kl_course.scene import Frame, Handle, Scene, Slider, format_number
from kl_helpers.divergences import (
    deviance,
    jeffreys_divergence,
    js_divergence,
    kl_divergence,
    total_variation,
)

_INK = {"color": COLORS["ink"]}
_DOTTED = _INK | {"linestyle": ":", "linewidth": 1.2}


SIDES = ("heads", "tails")
RATIO, LOWEST = 4.0, math.log(0.05)  # the highest r = q/p and the lowest log t that are shown
_STEPS = np.array([0, 1, 2.5, 3.5])  # where the four bars of the sum stand


def compute_gibbs(p_heads, q_heads):
    """D, the two terms p·log(p/q) and the two areas d(p, q) that it is the sum of."""
    p, q = coin(p_heads), coin(q_heads)
    terms, areas = rel_entr(p, q), deviance(p, q)
    values = {FORWARD: kl_divergence(p, q)}
    values |= {f"{side}: p·log(p/q)": t for side, t in zip(SIDES, terms, strict=True)}
    values |= {f"{side}: d(p, q)": d for side, d in zip(SIDES, areas, strict=True)}
    notes = [
        cut_note(f"The ratio q/p of {side}", r, RATIO, "on its axis")
        for side, r in zip(SIDES, q / p, strict=True)
    ]
    return Frame(values, {"p": p, "q": q, "terms": terms, "areas": areas}, notes)


def lay_out_gibbs(figure):
    """Axes for the tangent above log r, for log t, and for the sums."""
    rows, widths = "tal", (1, 1, 0.9)
    margins, below = (0.055, 0.14, 0.99, 0.91, 0.28), -0.145
    if is_narrow(figure):
        rows, widths = "ta;ll", (1, 1)
        margins, below = (0.115, 0.09, 0.965, 0.895, 0.32, 0.47), -0.24
    tangent, area, ladder = figure.subplot_mosaic(rows, width_ratios=widths).values()
    figure.subplots_adjust(*margins)
    r, t = np.linspace(0.02, RATIO, 200), np.linspace(0.03, 1, 200)
    label_axes(tangent, x="r = q/p", title="The gap", xlim=(0, RATIO), ylim=(-3.5, 3.2))
    tangent.plot(r, r - 1, linestyle="--", linewidth=1.2, **_INK)
    tangent.plot(r, np.log(r), color=COLORS["sum"])
    look = {"color": COLORS["ink"], "linestyle": "--", "linewidth": 1.2}
    add_key(tangent, {"r − 1": look, "log r": {"color": COLORS["sum"]}})
    label_axes(area, x="t", y="log t", title="The area", xlim=(0, 1), ylim=(LOWEST - 0.4, 0.25))
    lift_title(area)
    area.plot(t, np.log(t), color=COLORS["sum"])
    area.yaxis.label.set_color(COLORS["sum"])  # a text beside the curve would be covered
    label_axes(ladder, y="nats", title="The sum", xlim=(-0.6, 4.1), ylim=(-0.5, 3))
    ladder.axhline(0, linewidth=0.8, **_INK)
    ladder.set_xticks(_STEPS, 2 * SIDES)
    ladder.tick_params(axis="x", length=0)
    for x, words in ((0.5, "p·log(p/q)"), (3, "d(p, q)")):
        ladder.text(x, below, words, ha="center", transform=ladder.get_xaxis_transform())
    return tangent, area, ladder


def draw_gibbs(axes, p, q, terms, areas):
    """Draw the gap and the area of either side, and the steps of both sums up to D."""
    tangent, area, ladder = axes
    scale = 1.75 if is_narrow(area.figure) else 1  # words take up more of a smaller panel
    for i, side in enumerate(SIDES):
        r = q[i] / p[i]
        gap = {"color": COLORS["gain"], "linewidth": 5, "solid_capstyle": "butt"}
        plot_line(tangent, [r, r], [math.log(r), r - 1], f"{side} gap", **gap)
        place = _beside_gap(r, i == 0, scale)
        plot_text(tangent, *place, side if r <= RATIO else "", side, ha="center", **_INK)
        t = q[i] + np.linspace(0, 1, 61) * (p[i] - q[i])
        plot_band(area, t, np.log(t), math.log(q[i]), f"{side} area")
        plot_line(area, [q[i], p[i]], [math.log(q[i])] * 2, f"{side} level", **_INK)
        below = p[i] > q[i] or (p[i] == q[i] and side == "heads")
        place, height = _beside_log(q[i], (p[i] + q[i]) / 2, below, scale)
        plot_text(area, place, height, side, side, ha="center", **_INK)
    steps, starts = np.append(terms, areas), np.array([0, terms[0], 0, areas[0]])
    plot_bars(ladder, _STEPS - 0.4, starts, 0.8, np.maximum(steps, 0), "gain")
    plot_bars(ladder, _STEPS - 0.4, starts, 0.8, np.minimum(steps, 0), "loss")
    total = areas.sum()
    plot_line(ladder, [-0.5, 4], [total, total], "total", **_DOTTED)
    height = total + max(0.07, height_of(ladder, 5))
    plot_text(ladder, 3, height, f"D = {format_number(total)}", "D", ha="center", **_INK)


@as_explorer
def explore_gibbs():
    """Two coins, and two reasons why the divergence of one from the other is never negative.

    The tangent that lies above log r, the areas that make up the divergence, and both sums.

    Returns
    -------
    Explorer
        Controls ``p_heads``, ``q_heads``.
    """
    return Scene(
        "gibbs",
        "The tangent r − 1 above log r with a gap at each side of the coins; the areas d(p, q) "
        "between log t and its level at q; the terms and the areas stacked to D.",
        sliders=_two_coins(p=0.5, q=0.1, edge=0.05),
        compute=compute_gibbs,
        layout=lay_out_gibbs,
        draw=draw_gibbs,
        presets={
            "Same": {"p_heads": 0.5, "q_heads": 0.5},
            "Near": {"p_heads": 0.5, "q_heads": 0.45},
            "Far": {"p_heads": 0.9, "q_heads": 0.05},
        },
        swap=[("p_heads", "q_heads")],
        height=330,
        narrow_height=440,
    )


def _beside_gap(r, above, scale):
    """Where a word beside the gap at r stands: left of it above the tangent, or right below log r.

    Near the ends of the axis it keeps within the picture.
    """
    width, beside, ends = 0.74 * scale, 0.1 * scale, 0.05 * scale  # in units of r
    if above:
        right = min(max(r - beside, width + ends), RATIO - 0.25 * scale)
        return right - width / 2, right - 1 + 0.1 * scale
    left = min(r + beside, RATIO - width - ends)
    return left + width / 2, math.log(min(r, left)) - 0.45 * scale


def _beside_log(level, middle, below, scale):
    """Where a word at log(level) touches neither the curve log t nor an end of the axis."""
    half = 0.13 * scale  # half of the word's width, in units of t
    if below:
        place = min(max(middle, level + half), 1 - half)
        return place, math.log(min(level, place - half)) - 0.2 * scale
    place = max(min(middle, level - half), half)
    return place, math.log(max(level, place + half)) + 0.06 * scale


WAYS_JS = "√JS(a, c)", "√JS(a, b) + √JS(b, c)"
SCALES = 2.0, 1.7  # nats, √nats: the ends of the two axes
HEIGHTS = 0.3, 0.8, 0.3  # of the coins a, b, c in the picture
_WAY_LOOKS = {
    "p": {"color": COLORS["p"]},
    "gain": {"color": COLORS["gain"], "linestyle": "--"},
    "q": {"color": COLORS["q"], "linestyle": ":"},
}


def compute_triangle(a, b, c):
    """The way from a to c and the detour over b, by D and by √JS."""
    a_c, a_b, b_c = ((coin(x), coin(y)) for x, y in ((a, c), (a, b), (b, c)))
    d, js = ([measure(*way) for way in (a_c, a_b, b_c)] for measure in (kl_divergence, root_js))
    straight, detour = d[0], d[1] + d[2]
    values = {"D(a‖c)": straight, "D(a‖b) + D(b‖c)": detour}
    values |= dict(zip(WAYS_JS, (js[0], js[1] + js[2]), strict=True))
    verdict = f"By D the detour saves {format_number(straight - detour)} nats: the triangle fails."
    notes = [
        verdict if straight > detour else "",
        cut_note("A bar", max(straight, detour), SCALES[0], "nats"),
    ]
    return Frame(values, {"places": (a, b, c), "ways": (d, js)}, notes)


def lay_out_triangle(figure):
    """Axes for the coins, and below for the bars by D and by √JS."""
    rows, heights, margins = "cc;DJ", (1, 3.2), (0.03, 0.13, 0.98, 0.99, 0.12, 0.75)
    if is_narrow(figure):
        rows, heights, margins = "c;D;J", (2, 3, 3), (0.04, 0.112, 0.96, 0.98, None, 0.84)
    line, *bars = figure.subplot_mosaic(rows, height_ratios=heights).values()
    figure.subplots_adjust(*margins)
    label_axes(line, x="probability of heads", xlim=(0, 1), ylim=(0, 1.1))
    label_axes(bars[0], x="nats", title="By D", xlim=(0, SCALES[0]), ylim=(0, 2))
    bars[0].set_xticks(np.linspace(0, SCALES[0], 5))
    label_axes(bars[1], x="√nats", title="By √JS", xlim=(0, SCALES[1]), ylim=(0, 2))
    for ax in (line, *bars):
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
    return line, *bars


def draw_triangle(axes, places, ways):
    """Draw the coins with lines between them, and each way as a bar as long as it is."""
    line, *bars = axes
    for (i, j), who in zip(((0, 2), (0, 1), (1, 2)), _WAY_LOOKS, strict=True):
        ends = [places[i], places[j]], [HEIGHTS[i], HEIGHTS[j]]
        plot_line(line, *ends, who, clip_on=False, **_WAY_LOOKS[who])
    dot = {"marker": "o", "markersize": 15, "clip_on": False, **_INK}
    letter = {"ha": "center", "va": "center_baseline", "color": "white", "fontsize": 11}
    near = 0.045 if is_narrow(line.figure) else 0.015
    covered = abs(places[0] - places[2]) < near  # the dot of c lies over the letter of a
    letters = ("", "b", "ac") if covered else "abc"
    for i, (name, place) in enumerate(zip("abc", places, strict=True)):
        plot_line(line, [place], [HEIGHTS[i]], f"{name} dot", zorder=3 + i, **dot)
        plot_text(line, place, HEIGHTS[i], letters[i], name, zorder=3 + i, **letter)
    for ax, scale, (direct, first, second) in zip(bars, SCALES, ways, strict=True):
        start = min(first, scale)
        plot_bars(ax, 0, 1.1, min(direct, scale), 0.42, "p")
        plot_bars(ax, 0, 0.12, start, 0.42, "gain")
        plot_bars(ax, start, 0.12, min(second, scale - start), 0.42, "q")
        rows = ((1.6, "a → c", direct), (0.62, "a → b → c", first + second))
        for height, way, length in rows:
            cut = " (cut)" if length > scale else ""
            plot_text(ax, 0, height, f"{way}: {format_number(length)}{cut}", way, **_INK)


@as_explorer
def explore_triangle():
    """Three coins a, b, c: the way from a to c, and the detour over b, by D and by √JS.

    Returns
    -------
    Explorer
        Controls ``a``, ``b``, ``c``: the coins' probabilities of heads.
    """

    def handle(name, height):
        return Handle(
            name,
            itemgetter(0),
            lambda setting: (setting[name], height),
            lambda _, x, y: {name: x},
            drawn=True,
        )

    start = {"a": 0.5, "b": 0.7, "c": 0.1}
    return Scene(
        "triangle",
        "Three coins a, b, c by their probability of heads; bars for the way from a to c and for "
        "the detour over b, by D and by √JS.",
        sliders=[_slider(name, f"{name}: heads", value, 0.01) for name, value in start.items()],
        compute=compute_triangle,
        layout=lay_out_triangle,
        draw=draw_triangle,
        units=dict.fromkeys(WAYS_JS, "√nats"),
        presets={"b beyond": start, "b on the way": start | {"b": 0.25}},
        handles=[handle(name, height) for name, height in zip("abc", HEIGHTS, strict=True)],
        note_lines=2,
        height=320,
        narrow_height=410,
    )


@as_explorer
def explore_relatives():
    """A coin p and a coin q, with every relative of the divergence as a curve over q.

    Returns
    -------
    Explorer
        Controls ``p_heads``, ``q_heads``.
    """
    heads = np.linspace(0.005, 0.995, 199)
    grid = coin(heads)
    top, wide = 3.0, 1.6  # nats, and a probability: the ends of the two axes
    bound = "√(D(p‖q)/2)"
    probabilities = ("total variation", bound)
    measures = {
        FORWARD: kl_divergence,
        BACKWARD: lambda p, q: kl_divergence(q, p),
        "Jeffreys": jeffreys_divergence,
        "JS": js_divergence,
        "total variation": total_variation,
        bound: lambda p, q: np.sqrt(kl_divergence(p, q) / 2),
    }
    looks = {
        FORWARD: {"color": COLORS["p"]},
        BACKWARD: {"color": COLORS["q"], "linestyle": "--"},
        "Jeffreys": {"color": COLORS["ink"], "linestyle": (0, (1, 1)), "linewidth": 1.5},
        "JS": {"color": COLORS["sum"], "linestyle": "-."},
        "total variation": {"color": COLORS["gain"], "linestyle": "--"},
        bound: {"color": COLORS["p"]},
    }

    def compute(p_heads, q_heads):
        p, qs = coin(p_heads), np.vstack([grid, coin(q_heads)])
        found = {name: measure(p, qs) for name, measure in measures.items()}
        values = {name: float(each[-1]) for name, each in found.items()}
        curves = {name: each[:-1] for name, each in found.items()}
        notes = [cut_note("A dot", values["Jeffreys"], top, "nats")]
        return Frame(values, {"values": values, "curves": curves, "q_heads": q_heads}, notes)

    def layout(figure):
        left, right = lay_out_panels(
            figure,
            2,
            wide=(0.06, 0.13, 0.98, 0.88, 0.16),
            narrow=(0.145, 0.095, 0.965, 0.895, 0.46),
            heights=(1.2, 1),
        )
        label_axes(left, x="heads of q", y="nats", xlim=(0, 1), ylim=(0, top))
        label_axes(right, x="heads of q", y="probability", xlim=(0, 1), ylim=(0, wide))
        left.axhline(math.log(2), **_DOTTED)
        left.text(0.5, math.log(2) + 0.04, "ln 2", ha="center", **_INK)
        right.axhline(1, **_DOTTED)
        nats = {name: look for name, look in looks.items() if name not in probabilities}
        add_key(left, nats, most=2)
        add_key(right, {name: looks[name] for name in probabilities})
        return left, right

    def draw(axes, values, curves, q_heads):
        for name, curve in curves.items():
            ax = axes[name in probabilities]
            plot_line(ax, heads, curve, name, **looks[name])
            dot = {"marker": "o", "color": looks[name]["color"]}
            plot_line(ax, [q_heads], [values[name]], f"{name} dot", **dot)

    return Scene(
        "relatives",
        "Over the heads of q: both directions of D, Jeffreys and JS in nats; the total variation "
        "under its bound by D.",
        sliders=_two_coins(p=0.5, q=0.8, edge=0.01),
        compute=compute,
        layout=layout,
        draw=draw,
        units=dict.fromkeys(probabilities, ""),
        presets={
            "Near": {"p_heads": 0.5, "q_heads": 0.55},
            "Far": {"p_heads": 0.05, "q_heads": 0.9},  # no mirror pair: Swap shows which change
        },
        swap=[("p_heads", "q_heads")],
        height=340,
        narrow_height=440,
    )


def _two_coins(p, q, edge):
    starts = {"p": p, "q": q}
    return [_slider(f"{w}_heads", f"{w}: heads", v, edge, w) for w, v in starts.items()]


def _slider(name, label, value, edge, who=None):
    return Slider(name, label, value, edge, 1 - edge, 0.01, who=who)
