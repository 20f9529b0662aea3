"""The explorers of notebook 07: a hundred estimates of each kind against the exact value."""

import math

import numpy as np

from kl_course.engine import as_explorer
from kl_course.explorers._shared import FORWARD, seed_box
from kl_course.models._shared import normal_pdf
from kl_course.models.estimators import (
    SAMPLES_ONLY,
    TIMES,
    WITH_DENSITIES,
    dice,
    estimates_from_samples,
    estimates_with_densities,
    exact_moments,
    log_ratio,
    mean_square_ratio,
)
from kl_course.plots import COLORS, add_key, is_narrow, label_axes, lay_out_panels, plot_line
from kl_course.scene import Frame, Scene, Slider
from kl_helpers.distributions import kl_normal

EXACT = f"{FORWARD}, exact"
_JITTER = np.random.default_rng(1).uniform(-0.3, 0.3, TIMES)


def _sliders(shift):
    return [
        Slider("shift", "μ of q", shift, 0, 5, 0.1, who="q"),
        Slider("sigma", "σ of q", 1, 0.5, 3, 0.05, who="q"),
        Slider("n", "n, each", 300, options=(30, 100, 300, 1000)),
        seed_box(0),
    ]


def _lay_out_rows(ax, names, limits, ticks):
    label_axes(ax, x="estimate of D(p‖q), in nats", xlim=limits, ylim=(len(names) - 0.45, -0.55))
    look = {"loc": "right", "fontsize": 9.5} if is_narrow(ax.figure) else {}
    ax.set_title("a dot a repetition, | their mean, dashed: exact", color=COLORS["ink"], **look)
    ax.set_xscale("asinh", linear_width=ticks[2])  # even up to the first tick, then logarithmic
    ax.set_xticks(ticks, [f"{tick:g}".replace("-", "−") for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="#E4E4E4", linewidth=0.8)


def _draw_rows(ax, truth, results):
    rows = list(enumerate(results.items()))
    for who, densities in (("p", False), ("gain", True)):
        these = [(i, v) for i, (name, v) in rows if (name in WITH_DENSITIES) == densities]
        if these:
            x = np.concatenate([values for _, values in these])
            y = np.concatenate([i + _JITTER for i, _ in these])
            dots = {"color": COLORS[who], "marker": ".", "markersize": 7, "alpha": 0.55}
            dots |= {"markeredgewidth": 0}  # edges of hundreds cost a browser most of its time
            plot_line(ax, x, y, f"{who} dots", linestyle="none", zorder=2, **dots)
    means = [values.mean() for values in results.values()]
    bars = {"color": COLORS["ink"], "marker": "|", "markersize": 22, "linestyle": "none"}
    plot_line(ax, means, range(len(means)), "means", markeredgewidth=2.5, zorder=4, **bars)
    line = {"color": COLORS["q"], "linestyle": "--", "linewidth": 1.8}
    plot_line(ax, [truth, truth], [-0.55, len(results)], "exact", zorder=3, **line)


def _bias_and_sd(truth, results):
    rows = np.array(list(results.values()))
    biases, sds = rows.mean(axis=1) - truth, rows.std(axis=1, ddof=1)
    numbers = {}
    for name, bias, sd in zip(results, biases.tolist(), sds.tolist(), strict=True):
        numbers |= {f"{name}: bias": bias, f"{name}: sd": sd}
    return numbers


def _outside_note(truth, results, limits):
    rows = np.array(list(results.values()))
    outside = zip(results, ((rows < limits[0]) | (rows > limits[1])).sum(axis=1), strict=True)
    counts = ", ".join(f"{count} of {name}" for name, count in outside if count)
    exact = "the exact value" if truth > limits[1] else ""
    said = ", ".join(filter(None, [exact, counts]))
    return f"Outside the picture: {said}." if said else ""


@as_explorer
def explore_estimators():
    """A hundred estimates by each estimator that knows only samples, and by one that knows p and q.

    p is N(0, 1), and each of the hundred repetitions has n draws from p and n from q. A moved
    slider keeps the dice.

    Returns
    -------
    Explorer
        Controls ``shift``, ``sigma``, ``n``, ``seed``.
    """
    limits = -0.8, 25.0  # nats

    def compute(shift, sigma, n, seed):
        truth = kl_normal(0, 1, shift, sigma)
        results = estimates_from_samples(shift, sigma, n, seed)
        values = {EXACT: truth} | _bias_and_sd(truth, results)
        note = _outside_note(truth, results, limits)
        return Frame(values, {"truth": truth, "results": results}, [note])

    def layout(figure):
        wide, narrow = (0.125, 0.14, 0.985, 0.93), (0.27, 0.16, 0.98, 0.92)
        ax = figure.subplots()
        figure.subplots_adjust(*(narrow if is_narrow(figure) else wide))
        _lay_out_rows(ax, (*SAMPLES_ONLY, "k1"), limits, (-0.5, 0, 0.5, 1, 2, 5, 10, 20))
        return ax

    return Scene(
        "estimators",
        "A row of a hundred dots for each estimator, their mean, and the exact value as a line.",
        sliders=_sliders(shift=2),
        compute=compute,
        layout=layout,
        draw=_draw_rows,
        rows=(1, *(2 for _ in (*SAMPLES_ONLY, "k1"))),
        presets={
            "Same": {"shift": 0, "sigma": 1},
            "½ nat": {"shift": 1, "sigma": 1},
            "2 nats": {"shift": 2, "sigma": 1},
            "12.5 nats": {"shift": 5, "sigma": 1},
            "Narrow q": {"shift": 0, "sigma": 0.5},
            "Wide q": {"shift": 0, "sigma": 2},
        },
        height=340,
        narrow_height=280,
    )


X = np.linspace(-8, 8, 321)
LOWEST, HIGHEST = 1e-8, 1e3  # the ends of the axis of q²/p
LIMITS = -0.2, 25.0  # nats; the ends of the axis of estimates
MEAN_SQUARE = "Eₚ[r²]"


def compute_monte_carlo(shift, sigma, n, seed):
    """A hundred estimates by k1, k2, k3 with what is exact, and q²/p beside the range of draws."""
    truth = kl_normal(0, 1, shift, sigma)
    results = estimates_with_densities(shift, sigma, n, seed)
    said = _bias_and_sd(truth, results)
    values = {EXACT: truth, MEAN_SQUARE: mean_square_ratio(shift, sigma)}
    for name, (_, sd) in exact_moments(shift, sigma).items():
        values |= {f"{name}: {what}": said[f"{name}: {what}"] for what in ("bias", "sd")}
        values[f"{name}: exact sd"] = sd / math.sqrt(n)
    square = np.exp(np.log(normal_pdf(X, 0, 1)) + 2 * log_ratio(X, shift, sigma))
    draws = dice(n, seed)[0]
    seen = draws.min(), draws.max()
    data = {"truth": truth, "results": results, "square": square, "seen": seen}
    high = square.max() if sigma**2 < 2 else 0  # from σ = √2 on q²/p grows without end
    note = f"q²/p leaves the picture: it reaches {high:.1e}." if high > HIGHEST else ""
    if math.isinf(values[MEAN_SQUARE]) and sigma**2 < 2:
        note = "Eₚ[r²] is finite here, but larger than 1e304: the numbers say ∞."
    return Frame(values, data, [note, _outside_note(truth, results, LIMITS)])


def draw_monte_carlo(axes, truth, results, square, seen):
    """Draw the rows of estimates, q²/p, and the range of the draws at the foot."""
    left, right = axes
    _draw_rows(left, truth, results)
    plot_line(right, X, square, "square", color=COLORS["sum"], linestyle="-.")
    bar = {"color": COLORS["ink"], "linewidth": 5, "solid_capstyle": "butt"}
    plot_line(right, seen, [1.6 * LOWEST, 1.6 * LOWEST], "seen", **bar)


@as_explorer
def explore_monte_carlo():
    """A hundred estimates by k1, k2 and k3, and the integrand that decides the variance of k3.

    p is N(0, 1), and each of the hundred repetitions has n draws from p. A moved slider keeps the
    dice.

    Returns
    -------
    Explorer
        Controls ``shift``, ``sigma``, ``n``, ``seed``.
    """

    def layout(figure):
        left, right = lay_out_panels(
            figure,
            2,
            wide=(0.045, 0.16, 0.985, 0.9, 0.14),
            narrow=(0.12, 0.1, 0.98, 0.945, 0.64),
            ratios=(1.5, 1),
            heights=(1.1, 1),
        )
        _lay_out_rows(left, WITH_DENSITIES, LIMITS, (-0.1, 0, 0.02, 0.1, 0.5, 2, 5, 20))
        label_axes(right, x="x", xlim=(-8, 8), ylim=(LOWEST, HIGHEST))
        right.set_yscale("log")
        right.plot(X, normal_pdf(X, 0, 1), color=COLORS["p"])
        key = {
            "p": {"color": COLORS["p"]},
            "q²/p, area Eₚ[r²]": {"color": COLORS["sum"], "linestyle": "-."},
            "all the draws": {"color": COLORS["ink"], "linewidth": 5},
        }
        add_key(right, key, most=2)
        return left, right

    return Scene(
        "monte_carlo",
        "A row of a hundred dots each for k1, k2 and k3, with their mean and the exact value; p "
        "and q²/p over x, with the range of all draws.",
        sliders=_sliders(shift=1),
        compute=compute_monte_carlo,
        layout=layout,
        draw=draw_monte_carlo,
        units={MEAN_SQUARE: ""},
        rows=(2, 3, 3, 3),
        note_lines=2,
        presets={
            "0.005 nats": {"shift": 0.1, "sigma": 1},
            "½ nat": {"shift": 1, "sigma": 1},
            "2 nats": {"shift": 2, "sigma": 1},
            "12.5 nats": {"shift": 5, "sigma": 1},
            "Wide q": {"shift": 0, "sigma": 2},
        },
        height=340,
        narrow_height=430,
    )
