"""The explorer of notebook 06: the sample demo's report, taken apart."""

import math

import numpy as np

from kl_course.engine import as_explorer
from kl_course.explorers._shared import FORWARD, cut_note, seed_box
from kl_course.models.estimate_on_trial import bin_shares, levels
from kl_course.plots import (
    COLORS,
    add_key,
    is_narrow,
    label_axes,
    lay_out_panels,
    plot_bars,
    plot_curve,
    plot_histogram,
    plot_line,
    plot_text,
)
from kl_course.scene import Frame, Scene, Slider, format_number
from kl_helpers.estimators import histogram_frequencies

FLOOR = -8  # the power of ten of the least share in each bin that is shown
RIGHT = 14.0  # nats; the end of the waterfall's axis
STEPS = "exact", "range", "bins", "ε", "draws of p", "draws of q", "reported"
DEMO = {"n": 1000, "bins": 99, "epsilon": 1e-5}


def lay_out_trial(figure):
    """Axes for the shares in the bins, and for the steps from the exact number to the report."""
    shares, fall = lay_out_panels(
        figure,
        2,
        wide=(0.07, 0.13, 0.9, 0.88, 0.3),
        narrow=(0.205, 0.1, 0.84, 0.91, 0.5),
        ratios=(1, 1.1),
        heights=(1, 1.1),
    )
    label_axes(shares, x="length, in σ", y="share in each bin", xlim=(-8, 8), ylim=(0, -FLOOR))
    shares.set_yticks(range(0, -FLOOR + 1, 2), [f"$10^{{{k}}}$" for k in range(FLOOR, 1, 2)])
    add_key(shares, {"p": "p exact", "q": "q exact (bars: drawn)"}, most=1)
    label_axes(fall, x="nats", xlim=(0, RIGHT), ylim=(6.6, -0.6))
    fall.set_yticks(range(len(STEPS)), STEPS)
    fall.tick_params(axis="y", length=0)
    add_key(fall, {"gain": "adds", "loss": "takes away"}, filled=True)
    return shares, fall


@as_explorer
def explore_trial():
    """One roll of the sample demo, and its way from the exact divergence to the reported one.

    The samples are those of `explore_samples` for the same seed: a moved slider keeps the dice.

    Returns
    -------
    Explorer
        Controls ``shift`` (μ_p − μ_q, in σ), ``n``, ``bins``, ``epsilon``, ``seed``.
    """
    exact, reported, empty = f"{FORWARD}, exact", "reported", "share of p's draws where q has none"

    def compute(shift, n, bins, epsilon, seed):
        z = np.random.default_rng(seed).standard_normal((n, 2)).T
        edges, p_hat, q_hat = histogram_frequencies(shift + z[0], z[1], bins=bins)
        nats = {k: float(v) for k, v in levels(edges, p_hat, q_hat, shift, epsilon).items()}
        middle = shift / 2
        data = {
            "edges": edges - middle,
            "drawn": (p_hat, q_hat),
            "shares": (bin_shares(edges, shift), bin_shares(edges, 0)),
            "epsilon": epsilon,
            "nats": list(nats.values()),
        }
        values = {
            exact: nats["exact"],
            "in the range": nats["range"],
            "in bins": nats["bins"],
            "with ε": nats["ε"],
            "with p's draws": nats["draws of p"],
            reported: nats["draws of q"],
            empty: p_hat[q_hat == 0].sum(),
        }
        notes = [
            _report_note(nats["draws of q"]),
            cut_note("The range", np.abs(data["edges"]).max(), 8, "σ"),
        ]
        return Frame(values, data, notes)

    def draw(axes, edges, drawn, shares, epsilon, nats):
        _draw_shares(axes[0], edges, drawn, shares, epsilon)
        _draw_fall(axes[1], np.array(nats))

    return Scene(
        "trial",
        "Shares of p and q in each bin, exact and as drawn, on a logarithmic scale; a waterfall "
        "from the exact divergence over range, bins, ε and draws to the reported one.",
        sliders=[
            Slider("shift", "shift, in σ", 2.0, -5, 5, 0.1, who="p", digits=1),
            Slider(
                "n", "n, each", 1000, options=(10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000)
            ),
            Slider("bins", "bins", 99, options=(1, 2, 5, 10, 20, 50, 99, 200, 500, 1000)),
            Slider("epsilon", "ε", 1e-5, options=(0.0, *(10.0**k for k in range(-8, -1)))),
            seed_box(16),
        ],
        compute=compute,
        layout=lay_out_trial,
        draw=draw,
        units={empty: ""},
        presets={
            "Similar": DEMO | {"shift": 2.0},
            "Different": DEMO | {"shift": -5.0},
            "p = q": DEMO | {"shift": 0.0},
        },
        narrow_height=440,
    )


def _report_note(nats):
    if math.isinf(nats):
        return "The report is infinite: ε is 0, and some bins hold draws of p and none of q."
    return cut_note("The report", nats, RIGHT, "nats")


def _draw_shares(ax, edges, drawn, exact, epsilon):
    """Drawn shares of p and q as bars, exact ones as steps; heights are decades above FLOOR."""

    def height(share, least):
        return np.log10(np.maximum(share, least)) - FLOOR

    for who, bars, steps in zip("pq", drawn, exact, strict=True):
        plot_histogram(ax, edges, height(bars, 10.0**FLOOR), who)
        # 1e-300 lies far below the picture, as a share of 0 does, which has no logarithm.
        plot_curve(ax, np.repeat(edges, 2)[1:-1], np.repeat(height(steps, 1e-300), 2), who)
    at = math.log10(epsilon) - FLOOR if epsilon else -1.0  # without ε below the picture
    plot_line(ax, [-8, 8], [at, at], "ε", color=COLORS["ink"], linewidth=1)
    plot_text(ax, -7.9, at + 0.1, "ε" if epsilon else "", "ε label", color=COLORS["ink"])


def _draw_fall(ax, nats):
    """The levels as steps from the first bar to the last; what leaves the picture is cut."""
    level, last = np.minimum(nats, RIGHT), len(nats)
    row, step = np.arange(1, last) - 0.3, np.diff(level)
    step[np.abs(step) < 0.02] = 0  # narrower than the link that marks the level
    plot_bars(ax, level[:-1], row, np.maximum(step, 0), 0.6, "gain")
    plot_bars(ax, level[1:], row, np.maximum(-step, 0), 0.6, "loss")
    width = 9.5 if is_narrow(ax.figure) else 17  # points; as wide as the bars
    whole = {"linewidth": width, "solid_capstyle": "butt", "alpha": 0.6}
    plot_line(ax, [0, level[0]], [0, 0], "exact", color=COLORS["ink"], **whole)
    plot_line(ax, [0, level[-1]], [last, last], "reported", color=COLORS["sum"], **whole)
    x, y = np.repeat(level, 3), np.add.outer(np.arange(last), [-0.3, 1.3, np.nan]).ravel()
    plot_line(ax, x, y, "links", color=COLORS["ink"], linewidth=0.8)
    words = [format_number(nats[0]), *map(_signed, np.diff(nats)), format_number(nats[-1])]
    for i, word in enumerate(words):
        plot_text(ax, RIGHT * 1.24, i, word, f"row {i}", ha="right", va="center")


def _signed(change):
    return "+∞" if math.isinf(change) else f"{round(change, 4) + 0.0:+.4f}".replace("-", "−")
