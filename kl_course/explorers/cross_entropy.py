"""The explorer of notebook 03: entropy and divergence stacked to cross-entropy."""

import math
from operator import itemgetter

import numpy as np

from kl_course.engine import as_explorer
from kl_course.explorers._shared import (
    FORWARD,
    cut_note,
    normal_handles,
    normal_sliders,
    outside_note,
)
from kl_course.models._shared import normal_pdf
from kl_course.plots import (
    COLORS,
    add_key,
    is_narrow,
    label_axes,
    plot_bars,
    plot_curve,
    plot_density,
    plot_line,
    plot_text,
)
from kl_course.scene import Frame, Scene, format_number
from kl_helpers.distributions import cross_entropy_normal, entropy_normal, kl_normal

_DOTTED = {"color": "#888888", "linestyle": ":", "linewidth": 1.2}
_DOTS = {"color": COLORS["sum"], "marker": ".", "markersize": 8, "alpha": 0.6}
_LINK = {"color": COLORS["ink"], "marker": "o", "linewidth": 1}
X = np.linspace(-8, 8, 401)
MUS, SIGMAS = np.linspace(-3, 3, 121), np.linspace(0.5, 3, 101)
TOP = 8.0  # nats
H_P, H_PQ = "H(p)", "H(p, q)"


@as_explorer
def explore_cross_entropy():
    """H(p, q) and D(p‖q) while q moves and p = N(0, 1) stays: both bottom out at the same place.

    Returns
    -------
    Explorer
        Controls ``mu_q``, ``sigma_q``.
    """
    entropy = entropy_normal(1)

    def compute(mu_q, sigma_q):
        divergence = kl_normal(0, 1, mu_q, sigma_q)
        values = {
            H_P: entropy,
            FORWARD: divergence,
            H_PQ: cross_entropy_normal(0, 1, mu_q, sigma_q),
        }
        lowest = math.hypot(1, mu_q)
        data = {
            "q": normal_pdf(X, mu_q, sigma_q),
            "divergence": divergence,
            "trail": [(mu_q, sigma_q, values[H_PQ])],
            "mu": (MUS, kl_normal(0, 1, MUS, sigma_q), mu_q, 0),
            "sigma": (SIGMAS, kl_normal(0, 1, mu_q, SIGMAS), sigma_q, lowest),
        }
        notes = [
            cut_note(H_PQ, values[H_PQ], TOP, "nats"),
            outside_note("q", X, mu_q, sigma_q),
            f"Over σ both are lowest at {lowest:.2f}, beyond the slider." if lowest > 3 else "",
        ]
        return Frame(values, data, notes)

    def draw(axes, q, divergence, trail, mu, sigma):
        plot_density(axes["densities"], X, q, "q")
        *visited, totals = zip(*trail, strict=True)
        panels = zip(("mu", "sigma"), (mu, sigma), visited, strict=True)
        for name, (grid, curve, here, lowest), places in panels:
            ax = axes[name]
            plot_line(ax, [lowest, lowest], [0, TOP], "lowest", **_DOTTED)
            plot_curve(ax, grid, entropy + curve, "sum")
            plot_curve(ax, grid, curve, "gain")
            plot_line(ax, places, totals, "trail", linestyle="none", **_DOTS)
            plot_line(ax, [here, here], [divergence, entropy + divergence], "link", **_LINK)
        _draw_stack(axes["stack"], entropy, divergence, TOP)

    return Scene(
        "cross_entropy",
        "A fixed density p and a movable q; H(p, q) and D over the mean and over the standard "
        "deviation of q; H(p) and D stacked to H(p, q).",
        sliders=normal_sliders(mu=(-3, 3, 0.1), sigma=(0.5, 3, 0.05), q=(2, 1.5)),
        compute=compute,
        layout=_lay_out,
        draw=draw,
        presets={"q = p": {"mu_q": 0, "sigma_q": 1}, "Far": {"mu_q": 3, "sigma_q": 1}},
        handles=normal_handles(itemgetter("densities"), "q"),
        note_lines=2,
        trail="trail",
        height=430,
        narrow_height=490,
    )


def _lay_out(figure):
    mosaic = [["densities", "densities", "stack"], ["mu", "sigma", "stack"]]
    widths, margins = (1, 1, 0.62), (0.065, 0.12, 0.985, 0.93, 0.3, 0.42)
    if is_narrow(figure):
        mosaic = [["densities", "densities"], ["mu", "stack"], ["sigma", "stack"]]
        widths, margins = (1.5, 1), (0.145, 0.09, 0.98, 0.95, 0.33, 0.68)
    axes = figure.subplot_mosaic(mosaic, width_ratios=widths)
    figure.subplots_adjust(*margins)
    label_axes(axes["densities"], y="density", xlim=(-8, 8), ylim=(0, 0.85))
    add_key(axes["densities"], {"p": "p = N(0, 1)", "q": "q"})
    plot_density(axes["densities"], X, normal_pdf(X, 0, 1), "p")
    for name, symbol, grid in (("mu", "μ", MUS), ("sigma", "σ", SIGMAS)):
        room = 0.2 if is_narrow(figure) else 0.1  # for the dots at the ends
        xlim = grid[0] - room, grid[-1] + room
        label_axes(axes[name], x=f"{symbol} of q", y="nats", xlim=xlim, ylim=(0, TOP))
        if name == "mu" or not is_narrow(figure):  # below each other one key is enough
            add_key(axes[name], {"sum": H_PQ, "gain": FORWARD}, most=1)
    label_axes(axes["stack"], y="nats", xlim=(0, 1), ylim=(0, TOP))
    add_key(axes["stack"], {"p": H_P, "gain": FORWARD}, filled=True, most=1)
    axes["stack"].set_xticks([])
    return axes


def _draw_stack(ax, entropy, divergence, top):
    """H(p) and D(p‖q) on top of each other; their sum H(p, q) is said above them, below `top`."""
    total = entropy + divergence
    plot_bars(ax, 0.1, 0, 0.8, entropy, "p")
    plot_bars(ax, 0.1, entropy, 0.8, divergence, "gain")
    text, room = f"H(p, q) = {format_number(total)}", 0.7
    if is_narrow(ax.figure):
        text, room = text.replace(" = ", "\n"), 1.4
    height = min(total, top - room) + 0.15
    plot_text(ax, 0.5, height, text, "total", ha="center", color=COLORS["ink"])
