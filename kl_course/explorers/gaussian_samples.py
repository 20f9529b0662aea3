"""The explorer of notebook 02: samples, their histogram and their KDE."""

import numpy as np

from kl_course.engine import as_explorer
from kl_course.explorers._shared import (
    FORWARD,
    SWAP_NORMALS,
    cut_note,
    normal_handles,
    normal_sliders,
    seed_box,
)
from kl_course.plots import (
    COLORS,
    add_key,
    is_narrow,
    label_axes,
    plot_density,
    plot_histogram,
    plot_text,
)
from kl_course.scene import Frame, Scene, Slider, format_number
from kl_helpers.distributions import kl_normal
from kl_helpers.estimators import histogram_frequencies, kde, kl_histogram

GRID, TOP = np.linspace(-1.2, 1.2, 481), 6.0  # x; density
EPSILONS = (0.0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)


@as_explorer
def explore_samples():
    """Samples of two normals as histogram and KDE; the plug-in estimate beside the exact value.

    A moved slider keeps the dice: the samples are μ + σ·z, and z stays until "Resample" changes
    the seed.

    Returns
    -------
    Explorer
        Controls ``mu_p``, ``sigma_p``, ``mu_q``, ``sigma_q``, ``n``, ``bins``, ``epsilon``,
        ``seed``.
    """
    exact, estimate, error = f"{FORWARD}, exact", f"{FORWARD}, from the histogram", "error"
    demo = {"n": 1000, "bins": 99, "epsilon": 1e-5}

    def compute(mu_p, sigma_p, mu_q, sigma_q, n, bins, epsilon, seed):
        z = np.random.default_rng(seed).standard_normal((n, 2)).T  # a larger n only adds draws
        x, y = mu_p + sigma_p * z[0], mu_q + sigma_q * z[1]
        truth = kl_normal(mu_p, sigma_p, mu_q, sigma_q)
        guess = kl_histogram(x, y, bins=bins, epsilon=epsilon)
        edges, p, q = histogram_frequencies(x, y, bins=bins)
        p, q = p / np.diff(edges), q / np.diff(edges)
        data = {
            "edges": edges,
            "bars": (p, q),
            "curves": (kde(x, GRID), kde(y, GRID)),
            "heading": f"estimate {format_number(guess)} nats, exact {format_number(truth)} nats",
        }
        values = {exact: truth, estimate: guess, error: guess - truth}
        beyond = np.count_nonzero(np.abs(np.append(x, y)) > GRID[-1])
        lie = "lies" if beyond == 1 else "lie"
        bar, curve = max(p.max(), q.max()), max(map(np.max, data["curves"]))
        notes = [
            _cut(bar, curve, TOP),
            f"{beyond} of the {2 * n} draws {lie} outside the picture." if beyond else "",
        ]
        return Frame(values, data, notes)

    return Scene(
        "samples",
        "Samples of p and of q, each as a histogram and as a curve, its kernel density estimate.",
        sliders=[
            *normal_sliders(
                mu=(-0.6, 0.6, 0.01), sigma=(0.05, 0.25, 0.005), p=(0.2, 0.1), q=(0, 0.1), digits=3
            ),
            Slider("n", "n, each", 1000, options=(10, 30, 100, 300, 1000, 3000, 10000)),
            Slider("bins", "bins", 99, 1, 200, 1, whole=True),
            Slider("epsilon", "ε", 1e-5, options=EPSILONS),
            seed_box(16),
        ],
        compute=compute,
        layout=_lay_out,
        draw=_draw,
        presets={
            "Similar": demo | {"mu_p": 0.2, "sigma_p": 0.1, "mu_q": 0.0, "sigma_q": 0.1},
            "Different": demo | {"mu_p": 0.0, "sigma_p": 0.1, "mu_q": 0.5, "sigma_q": 0.1},
        },
        handles=normal_handles(lambda ax: ax, "p", "q"),
        swap=SWAP_NORMALS,
        note_lines=2,
        narrow_height=270,
    )


def _lay_out(figure):
    ax = figure.subplots()
    narrow = (0.12, 0.16, 0.975, 0.82)  # with room for the heading above the key
    figure.subplots_adjust(*(narrow if is_narrow(figure) else (0.06, 0.13, 0.98, 0.88)))
    label_axes(
        ax, x="x (bars: histogram, curves: KDE)", y="density", xlim=(-1.2, 1.2), ylim=(0, TOP)
    )
    add_key(ax, {"p": "p", "q": "q"})
    return ax


def _draw(ax, edges, bars, curves, heading):
    for who, heights, curve in zip("pq", bars, curves, strict=True):
        plot_histogram(ax, edges, heights, who)
        plot_density(ax, GRID, curve, who)
    height, size = (1.16, 9.5) if is_narrow(ax.figure) else (1.035, 11)
    look = {"color": COLORS["ink"], "fontsize": size}
    plot_text(ax, -1.2, TOP * height, heading, "heading", **look)


def _cut(bar, curve, top):
    """One note on bars and curves that leave the picture, both or one; empty where none does."""
    if min(bar, curve) > top:
        return (
            f"Bars and curves leave the picture: they reach {bar:.1f} and {curve:.1f} in density."
        )
    what = "A bar of the histogram" if bar > top else "A KDE curve"
    return cut_note(what, max(bar, curve), top, "in density")
