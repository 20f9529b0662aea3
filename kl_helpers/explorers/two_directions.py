"""The explorer of notebook 05: one normal q for a p with two modes, in both directions."""

import math
from functools import lru_cache
from operator import itemgetter

import numpy as np

from kl_helpers.engine import Explorer
from kl_helpers.explorers._shared import (
    BACKWARD,
    FORWARD,
    cut_note,
    normal_handles,
    outside_note,
)
from kl_helpers.models._shared import normal_pdf
from kl_helpers.models.two_directions import (
    SIGMA,
    forward_kl,
    landscapes,
    reverse_kl,
    reverse_minima,
)
from kl_helpers.plots import (
    COLORS,
    add_key,
    label_axes,
    plot_curve,
    plot_density,
    plot_landscape,
    plot_line,
)
from kl_helpers.scene import Frame, Handle, Scene, Slider


def explore_two_directions():
    """A normal q against a p with two modes: both objectives, both optima, and your own q.

    Returns
    -------
    Explorer
        Controls ``m``, ``mu_q``, ``sigma_q``.
    """
    edge, top, peak = 4.5, 2.0, 0.85
    x, half = np.linspace(-edge, edge, 361), np.linspace(0, edge, 37)
    mus, sigmas = np.append(-half[:0:-1], half), np.geomspace(0.1, 3.6, 44)
    levels = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.5, 2, 3, 5)

    @lru_cache(maxsize=8)
    def surfaces(m):
        return [np.hstack([d[..., :0:-1], d]) for d in landscapes(half, sigmas, m)]

    def compute(m, mu_q, sigma_q):
        minima = sorted(reverse_minima(m), key=lambda minimum: minimum[2])
        qs = {
            "your q": (mu_q, sigma_q),
            "forward q": (0.0, math.hypot(SIGMA, m)),
            "reverse q": minima[0][:2],
        }
        values = {
            f"{direction}, {who}": float(objective(*q, m))
            for who, q in qs.items()
            for direction, objective in ((FORWARD, forward_kl), (BACKWARD, reverse_kl))
        }
        notes = [
            f"Optima: forward {_place(*qs['forward q'])}; reverse {_place(*minima[0])}.",
            *(
                f"{BACKWARD} has a local minimum at {_place(*other)} too: {other[2]:.4f} nats."
                for other in minima[1:]
            ),
            cut_note("Your q", normal_pdf(0, 0, sigma_q), peak, "in density"),
            outside_note("your q", x, mu_q, sigma_q),
        ]
        p = (normal_pdf(x, -m, SIGMA) + normal_pdf(x, m, SIGMA)) / 2
        data = {"p": p, "qs": qs.values(), "minima": minima, "surfaces": surfaces(m)}
        return Frame(values, data, notes)

    def layout(figure):
        axes = figure.subplot_mosaic([["densities", "forward"], ["valleys", "reverse"]])
        figure.subplots_adjust(0.07, 0.125, 0.985, 0.925, wspace=0.17, hspace=0.42)
        ylim = {
            "densities": (0, peak),
            "valleys": (0, top),
            "forward": (0, 3.6),
            "reverse": (0, 3.6),
        }
        for name, ax in axes.items():
            label_axes(ax, y="σ of q", xlim=(-edge, edge), ylim=ylim[name])
            ax.set_xticks(range(-4, 5))
        axes["densities"].set(ylabel="density", yticks=(0, 0.2, 0.4, 0.6, 0.8))
        add_key(axes["densities"], {"p": "p", "q": "your q", "gain": "forward", "sum": "reverse"})
        axes["valleys"].set(xlabel="μ of q", ylabel="nats, at the best σ")
        add_key(axes["valleys"], {"gain": FORWARD, "sum": BACKWARD})
        axes["forward"].set_title(FORWARD)
        axes["reverse"].set(xlabel="μ of q", title=f"{BACKWARD}; shaded where low")
        add_key(axes["forward"], {w: _marker(w) for w in ("your q", "forward", "reverse")})
        return axes

    def draw(axes, p, qs, minima, surfaces):
        yours, forward, reverse = qs
        plot_density(axes["densities"], x, p, "p")
        plot_density(axes["densities"], x, normal_pdf(x, *yours), "q")
        plot_curve(axes["densities"], x, normal_pdf(x, *forward), "gain")
        plot_curve(axes["densities"], x, normal_pdf(x, *reverse), "sum")
        for who, valley in zip(("gain", "sum"), surfaces[2:], strict=True):
            plot_curve(axes["valleys"], mus, valley, who)
        places = {
            "local minimum": [place for other in minima[1:] for place in _both_sides(*other)],
            "reverse": _both_sides(*reverse),
            "forward": [forward],
            "your q": [yours],
        }
        for name, surface in zip(("forward", "reverse"), surfaces[:2], strict=True):
            plot_landscape(axes[name], mus, sigmas, surface, levels)
            for label, points in places.items():
                mu, sigma = np.reshape(points, (-1, 2)).T
                plot_line(axes[name], mu, sigma, label, **_marker(label))

    densities = itemgetter("densities")

    def top_of_mode(setting):
        m = setting["m"]
        return m, (normal_pdf(m, -m, SIGMA) + normal_pdf(m, m, SIGMA)) / 2

    def q_here(setting):
        return setting["mu_q"], setting["sigma_q"]

    def q_to(_, x, y):
        return {"mu_q": x, "sigma_q": y}

    scene = Scene(
        "two_directions",
        "A density p with two modes, your q and the best q in either direction; both divergences "
        "over the mean of q, and as landscapes over its mean and standard deviation.",
        [
            Slider("m", "m of p", 1.5, 0, 3, 0.02, who="p"),
            Slider("mu_q", "μ of q", 0.5, -3, 3, 0.02, who="q"),
            Slider("sigma_q", "σ of q", 1.0, 0.1, 3.5, 0.02, who="q"),
        ],
        compute,
        layout,
        draw,
        presets={"Close": {"m": 0.9}, "Far": {"m": 2.4}},  # the threshold is the reader's to find
        handles=[
            Handle("mode", densities, top_of_mode, lambda _, x, y: {"m": abs(x)}, "p"),
            *normal_handles(densities, "q"),
            *(
                Handle(f"q, {name}", itemgetter(name), q_here, q_to, "q", drawn=True)
                for name in ("forward", "reverse")
            ),
        ],
        rows=(2, 2, 2),
        note_lines=3,
        height=350,
    )
    return Explorer(scene)


def _marker(label):
    shape, inside, edge = {
        "your q": ("o", COLORS["q"], "white"),
        "forward": ("s", COLORS["gain"], "white"),
        "reverse": ("^", COLORS["sum"], "white"),
        "local minimum": ("^", "white", COLORS["sum"]),
    }[label]
    return {
        "marker": shape,
        "markersize": 8,
        "linestyle": "none",
        "markerfacecolor": inside,
        "markeredgecolor": edge,
        "clip_on": False,  # a marker at the edge stays whole
    }


def _both_sides(mu, sigma, *_):
    return [(mu, sigma), (-mu, sigma)]


def _place(mu, sigma, *_):
    return f"μ = {f'±{mu:.3f}' if mu else '0'}, σ = {sigma:.3f}"
