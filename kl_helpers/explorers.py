"""The explorers of the notebooks: for each, which sliders, which numbers, which picture."""

import math

import ipywidgets as widgets
import numpy as np
from scipy.special import ndtr, rel_entr

from kl_helpers.distributions import cross_entropy_normal, entropy_normal, kl_normal
from kl_helpers.divergences import kl_divergence
from kl_helpers.estimators import histogram_frequencies, kde, kl_histogram
from kl_helpers.explorer import Explorer, Frame, format_number
from kl_helpers.plots import (
    COLORS,
    add_key,
    label_axes,
    plot_bars,
    plot_curve,
    plot_density,
    plot_histogram,
    plot_line,
    plot_signed_area,
    plot_text,
    plot_trail,
)

LN2 = math.log(2)
FORWARD, BACKWARD, BITS = "D_KL(p‖q)", "D_KL(q‖p)", "D_KL(p‖q), base 2"


# --- notebook 00


def explore_two_normals():
    """Two normal distributions and the divergence in both directions, in nats.

    Returns
    -------
    Explorer
        Controls ``mu_p``, ``sigma_p``, ``mu_q``, ``sigma_q``.
    """
    x = np.linspace(-8, 8, 401)
    scale = 7.0  # nats; the length of the bars' axis

    def compute(mu_p, sigma_p, mu_q, sigma_q):
        forward = kl_normal(mu_p, sigma_p, mu_q, sigma_q)
        backward = kl_normal(mu_q, sigma_q, mu_p, sigma_p)
        data = {
            "p": _normal_pdf(x, mu_p, sigma_p),
            "q": _normal_pdf(x, mu_q, sigma_q),
            "bars": (forward, backward),
        }
        values = {FORWARD: forward, BACKWARD: backward}
        notes = [
            _cut("A bar", max(forward, backward), scale, "nats"),
            _outside("p", x, mu_p, sigma_p),
            _outside("q", x, mu_q, sigma_q),
        ]
        return Frame(values, data, notes)

    def layout(figure):
        densities, bars = figure.subplots(1, 2, width_ratios=(2.4, 1))
        figure.subplots_adjust(0.07, 0.14, 0.98, 0.88, wspace=0.16)
        label_axes(densities, x="x", y="density", xlim=(-8, 8), ylim=(0, 0.85))
        add_key(densities, {"p": "p", "q": "q"})
        label_axes(bars, x="nats", title="The two directions", xlim=(0, scale), ylim=(0, 2))
        bars.set_yticks([])
        bars.spines["left"].set_visible(False)
        return densities, bars

    def draw(axes, p, q, bars):
        plot_density(axes[0], x, p, "p")
        plot_density(axes[0], x, q, "q")
        rows = (("p", 1.15, FORWARD, bars[0]), ("q", 0.15, BACKWARD, bars[1]))
        for who, bottom, name, value in rows:
            plot_bars(axes[1], 0, bottom, min(value, scale), 0.45, who)
            arrow = " →" if value > scale else ""
            text = f"{name} = {format_number(value)}{arrow}"
            plot_text(axes[1], 0, bottom + 0.52, text, f"{who} value", color=COLORS["ink"])

    return Explorer(
        _normal_controls(mu=(-3, 3, 0.1), sigma=(0.5, 3, 0.05), p=(0, 1), q=(1, 1)),
        compute,
        layout,
        draw,
        {FORWARD: "nats", BACKWARD: "nats"},
        presets={
            "Same": {"mu_p": 0, "sigma_p": 1, "mu_q": 0, "sigma_q": 1},
            "Shifted": {"mu_p": 0, "sigma_p": 1, "mu_q": 2, "sigma_q": 1},
            "Narrow p, wide q": {"mu_p": 0, "sigma_p": 0.5, "mu_q": 0, "sigma_q": 2},
        },
        swap=_SWAP_NORMALS,
    )


# --- notebook 01


def explore_pmf_pair():
    """Two distributions over three outcomes, and what each outcome adds to the divergence.

    The sliders are weights; the picture shows each divided by their sum.

    Returns
    -------
    Explorer
        Controls ``p_sun``, ``q_sun``, ``p_cloud``, ``q_cloud``, ``p_rain``, ``q_rain``.
    """
    outcomes = ("sun", "cloud", "rain")
    ceiling, floor = 3.6, -0.7  # nats; a term is at most log 31 = 3.43 and at least -1/e
    place = np.arange(3)

    def compute(**weights):
        p, q = (np.array([weights[f"{who}_{o}"] for o in outcomes]) for who in "pq")
        p, q = p / p.sum(), q / q.sum()
        values = {
            FORWARD: kl_divergence(p, q),
            BITS: kl_divergence(p, q, base=2),
            BACKWARD: kl_divergence(q, p),
        }
        return Frame(values, {"p": p, "q": q, "terms": rel_entr(p, q)})

    def layout(figure):
        bars, terms = figure.subplots(1, 2)
        figure.subplots_adjust(0.07, 0.09, 0.98, 0.88, wspace=0.2)
        label_axes(bars, y="probability", xlim=(-0.6, 2.6), ylim=(0, 1.1))
        add_key(bars, {"p": "p", "q": "q"}, filled=True)
        title = "p · log(p/q), outcome by outcome"
        label_axes(terms, y="nats", title=title, xlim=(-0.6, 2.6), ylim=(floor, ceiling))
        terms.axhline(0, color=COLORS["ink"], linewidth=0.8)
        for ax in (bars, terms):
            ax.set_xticks(place, outcomes)
            ax.tick_params(axis="x", length=0)
        return bars, terms

    def draw(axes, p, q, terms):
        for who, pmf, shift in (("p", p, -0.38), ("q", q, 0.02)):
            plot_bars(axes[0], place + shift, 0, 0.36, pmf, who)
            for i, mass in enumerate(pmf):
                label = f"{mass:.2f}"
                plot_text(axes[0], i + shift + 0.18, mass + 0.02, label, f"{who} {i}", ha="center")
        plot_bars(axes[1], place - 0.25, 0, 0.5, np.clip(terms, 0, ceiling), "gain")
        plot_bars(axes[1], place - 0.25, 0, 0.5, np.minimum(terms, 0), "loss")
        for i, term in enumerate(terms):
            height = term - 0.23 if term < 0 else min(term + 0.08, ceiling - 0.3)
            text = "∞" if math.isinf(term) else f"{term + 0.0:.3f}".replace("-", "−")
            plot_text(axes[1], i, height, text, f"term {i}", ha="center")

    def weight(who, outcome, value):
        # At least 1 for the first outcome: the weights always have a sum to divide by.
        return widgets.IntSlider(
            value,
            min=1 if outcome == "sun" else 0,
            max=10,
            description=f"{who}: {outcome}",
            style=_style(who),
            layout=_SLIDER,
        )

    def weights(p, q):
        return {
            f"{who}_{outcome}": weight
            for outcome, *pair in zip(outcomes, p, q, strict=True)
            for who, weight in zip("pq", pair, strict=True)
        }

    start = weights(p=(5, 3, 2), q=(1, 3, 6))
    return Explorer(
        {name: weight(*name.split("_"), value) for name, value in start.items()},
        compute,
        layout,
        draw,
        {FORWARD: "nats", BITS: "bits", BACKWARD: "nats"},
        presets={
            "q never rains": {"p_rain": 2, "q_rain": 0},
            "p never rains": {"p_rain": 0, "q_rain": 6},
            "Same": weights(p=(5, 3, 2), q=(5, 3, 2)),
        },
        swap=[(f"p_{o}", f"q_{o}") for o in outcomes],
    )


def explore_integrand():
    """Two normal densities above the integrand p·log(p/q), its two signs shaded.

    Returns
    -------
    Explorer
        Controls ``mu_p``, ``sigma_p``, ``mu_q``, ``sigma_q``.
    """
    x = np.linspace(-6, 6, 601)
    low, high = -0.3, 1.0  # nats per unit of x

    def compute(mu_p, sigma_p, mu_q, sigma_q):
        nats = kl_normal(mu_p, sigma_p, mu_q, sigma_q)
        below = _area_below(mu_p, sigma_p, mu_q, sigma_q)
        values = {
            "area above 0": nats + below,
            "area below 0": below,
            FORWARD: nats,
            BITS: nats / LN2,
        }
        height = _integrand(x, mu_p, sigma_p, mu_q, sigma_q)
        data = {
            "p": _normal_pdf(x, mu_p, sigma_p),
            "q": _normal_pdf(x, mu_q, sigma_q),
            "height": height,
        }
        notes = [
            _cut("The integrand", height.max(), high, "nats per unit of x"),
            _outside("p", x, mu_p, sigma_p),
            _outside("q", x, mu_q, sigma_q),
        ]
        return Frame(values, data, notes)

    def layout(figure):
        densities, integrand = figure.subplots(2, 1, sharex=True)
        figure.subplots_adjust(0.08, 0.11, 0.98, 0.93, hspace=0.3)
        label_axes(densities, y="density", xlim=(-6, 6), ylim=(0, 0.85))
        add_key(densities, {"p": "p", "q": "q"})
        label_axes(integrand, x="x", y="p·log(p/q)", ylim=(low, high))
        add_key(integrand, {"gain": "area above 0", "loss": "area below 0"}, filled=True)
        integrand.axhline(0, color=COLORS["ink"], linewidth=0.8)
        return densities, integrand

    def draw(axes, p, q, height):
        plot_density(axes[0], x, p, "p")
        plot_density(axes[0], x, q, "q")
        plot_signed_area(axes[1], x, height)

    return Explorer(
        _normal_controls(mu=(-2, 2, 0.1), sigma=(0.5, 2, 0.05), p=(0, 1), q=(1, 1)),
        compute,
        layout,
        draw,
        {"area above 0": "nats", "area below 0": "nats", FORWARD: "nats", BITS: "bits"},
        presets={
            "Same": {"mu_p": 0, "sigma_p": 1, "mu_q": 0, "sigma_q": 1},
            "Shifted": {"mu_p": 0, "sigma_p": 1, "mu_q": 1, "sigma_q": 1},
            "Wide q": {"mu_p": 0, "sigma_p": 1, "mu_q": 0, "sigma_q": 2},
        },
        swap=_SWAP_NORMALS,
        height=400,
    )


# --- notebook 02


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
    grid = np.linspace(-1.2, 1.2, 481)
    top = 9.0
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
            "curves": (kde(x, grid), kde(y, grid)),
            "heading": f"estimate {format_number(guess)} nats, exact {format_number(truth)} nats",
        }
        values = {exact: truth, estimate: guess, error: guess - truth}
        beyond = np.count_nonzero(np.abs(np.append(x, y)) > grid[-1])
        notes = [
            _cut("A bar of the histogram", max(p.max(), q.max()), top, "in density"),
            f"{beyond} of the {2 * n} draws lie outside the picture." if beyond else "",
        ]
        return Frame(values, data, notes)

    def layout(figure):
        ax = figure.subplots()
        figure.subplots_adjust(0.06, 0.13, 0.98, 0.88)
        label_axes(ax, x="x", y="density", xlim=(-1.2, 1.2), ylim=(0, top))
        add_key(ax, {"p": "KDE of p's sample", "q": "KDE of q's sample (bars: histogram)"})
        return ax

    def draw(ax, edges, bars, curves, heading):
        for who, heights, curve in zip("pq", bars, curves, strict=True):
            plot_histogram(ax, edges, heights, who)
            plot_density(ax, grid, curve, who)
        plot_text(ax, -1.2, top * 1.035, heading, "heading", color=COLORS["ink"], fontsize=11)

    controls = _normal_controls(
        mu=(-0.6, 0.6, 0.01), sigma=(0.05, 0.25, 0.005), p=(0.2, 0.1), q=(0, 0.1), digits=3
    )
    controls |= {
        "n": _choice("n, each", (10, 30, 100, 300, 1000, 3000, 10000), 1000),
        "bins": widgets.IntSlider(99, 1, 200, description="bins", style=_style(), layout=_SLIDER),
        "epsilon": _choice("ε", (0.0, 1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2), 1e-5),
        "seed": widgets.BoundedIntText(
            16, 0, 9999, description="seed", style=_style(), layout={"width": "170px"}
        ),
    }
    return Explorer(
        controls,
        compute,
        layout,
        draw,
        {exact: "nats", estimate: "nats", error: "nats"},
        presets={
            "Similar": demo | {"mu_p": 0.2, "sigma_p": 0.1, "mu_q": 0.0, "sigma_q": 0.1},
            "Different": demo | {"mu_p": 0.0, "sigma_p": 0.1, "mu_q": 0.5, "sigma_q": 0.1},
        },
        swap=_SWAP_NORMALS,
    )


# --- notebook 03


def explore_cross_entropy():
    """H(p, q) and D(p‖q) while q moves and p = N(0, 1) stays: both bottom out at the same place.

    Returns
    -------
    Explorer
        Controls ``mu_q``, ``sigma_q``.
    """
    x = np.linspace(-8, 8, 401)
    mus, sigmas = np.linspace(-3, 3, 121), np.linspace(0.5, 3, 101)
    top = 8.0  # nats
    entropy = entropy_normal(1)
    h_p, h_pq = "H(p)", "H(p, q)"

    def compute(mu_q, sigma_q):
        divergence = kl_normal(0, 1, mu_q, sigma_q)
        values = {
            h_p: entropy,
            FORWARD: divergence,
            h_pq: cross_entropy_normal(0, 1, mu_q, sigma_q),
        }
        data = {
            "q": _normal_pdf(x, mu_q, sigma_q),
            "divergence": divergence,
            "mu": (mus, kl_normal(0, 1, mus, sigma_q), mu_q, 0),
            "sigma": (sigmas, kl_normal(0, 1, mu_q, sigmas), sigma_q, math.hypot(1, mu_q)),
        }
        notes = [_cut(h_pq, values[h_pq], top, "nats"), _outside("q", x, mu_q, sigma_q)]
        return Frame(values, data, notes)

    def layout(figure):
        mosaic = [["densities", "densities", "stack"], ["mu", "sigma", "stack"]]
        axes = figure.subplot_mosaic(mosaic, width_ratios=(1, 1, 0.62))
        figure.subplots_adjust(0.065, 0.12, 0.985, 0.93, wspace=0.3, hspace=0.42)
        label_axes(axes["densities"], y="density", xlim=(-8, 8), ylim=(0, 0.85))
        add_key(axes["densities"], {"p": "p = N(0, 1)", "q": "q"})
        plot_density(axes["densities"], x, _normal_pdf(x, 0, 1), "p")
        for name, symbol, grid in (("mu", "μ", mus), ("sigma", "σ", sigmas)):
            xlim = grid[0] - 0.1, grid[-1] + 0.1  # room for the dots at the ends
            label_axes(axes[name], x=f"{symbol} of q", y="nats", xlim=xlim, ylim=(0, top))
            add_key(axes[name], {"sum": h_pq, "gain": FORWARD})
        label_axes(axes["stack"], y="nats", xlim=(0, 1), ylim=(0, top))
        add_key(axes["stack"], {"p": h_p, "gain": FORWARD}, filled=True)
        axes["stack"].set_xticks([])
        return axes

    dotted = {"color": "#888888", "linestyle": ":", "linewidth": 1.2}
    dots = {"color": COLORS["sum"], "marker": ".", "markersize": 8, "alpha": 0.6}
    link = {"color": COLORS["ink"], "marker": "o", "linewidth": 1}

    def draw(axes, q, divergence, mu, sigma):
        plot_density(axes["densities"], x, q, "q")
        for name, (grid, curve, here, lowest) in {"mu": mu, "sigma": sigma}.items():
            ax = axes[name]
            plot_line(ax, [lowest, lowest], [0, top], "lowest", **dotted)
            plot_curve(ax, grid, entropy + curve, "sum")
            plot_curve(ax, grid, curve, "gain")
            plot_trail(ax, here, entropy + divergence, "trail", **dots)
            plot_line(ax, [here, here], [divergence, entropy + divergence], "link", **link)
        plot_bars(axes["stack"], 0.1, 0, 0.8, entropy, "p")
        plot_bars(axes["stack"], 0.1, entropy, 0.8, divergence, "gain")
        total = f"{h_pq} = {format_number(entropy + divergence)}"
        height = min(entropy + divergence, top - 0.7) + 0.15
        plot_text(axes["stack"], 0.5, height, total, "total", ha="center", color=COLORS["ink"])

    controls = _normal_controls(mu=(-3, 3, 0.1), sigma=(0.5, 3, 0.05), p=(0, 1), q=(2, 1.5))
    return Explorer(
        {name: controls[name] for name in ("mu_q", "sigma_q")},
        compute,
        layout,
        draw,
        {h_p: "nats", FORWARD: "nats", h_pq: "nats"},
        presets={"q = p": {"mu_q": 0, "sigma_q": 1}, "Far": {"mu_q": 3, "sigma_q": 1}},
        height=430,
    )


# --- shared by the explorers

_SLIDER = {"width": "auto"}
_SWAP_NORMALS = (("mu_p", "mu_q"), ("sigma_p", "sigma_q"))


def _style(who=None):
    style = {"description_width": "70px"}
    return style | {"handle_color": COLORS[who]} if who else style


def _normal_controls(mu, sigma, p, q, digits=2):
    """Sliders for two normals: `mu`, `sigma` as (min, max, step), `p` and `q` start at (μ, σ)."""

    def slider(symbol, who, value, low, high, step):
        return widgets.FloatSlider(
            value,
            min=low,
            max=high,
            step=step,
            description=f"{symbol} of {who}",
            readout_format=f".{digits}f",
            style=_style(who),
            layout=_SLIDER,
        )

    return {
        "mu_p": slider("μ", "p", p[0], *mu),
        "mu_q": slider("μ", "q", q[0], *mu),
        "sigma_p": slider("σ", "p", p[1], *sigma),
        "sigma_q": slider("σ", "q", q[1], *sigma),
    }


def _choice(label, options, value):
    return widgets.SelectionSlider(
        options=[(f"{option:g}", option) for option in options],
        value=value,
        description=label,
        style=_style(),
        layout=_SLIDER,
    )


def _normal_pdf(x, mu, sigma):
    return np.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))


def _integrand(x, mu_p, sigma_p, mu_q, sigma_q):
    log_ratio = (
        math.log(sigma_q / sigma_p)
        + ((x - mu_q) / sigma_q) ** 2 / 2
        - ((x - mu_p) / sigma_p) ** 2 / 2
    )
    return _normal_pdf(x, mu_p, sigma_p) * log_ratio


def _area_below(mu_p, sigma_p, mu_q, sigma_q):
    x = mu_p + sigma_p * np.linspace(-10, 10, 4001)
    return float(np.trapezoid(np.maximum(-_integrand(x, mu_p, sigma_p, mu_q, sigma_q), 0), x))


def _cut(what, value, limit, unit):
    """A note on a value that leaves the picture; empty where it does not."""
    return f"{what} leaves the picture: it reaches {value:.1f} {unit}." if value > limit else ""


def _outside(who, x, mu, sigma):
    """A note on the mass of a normal outside the grid `x`; empty below 1 %."""
    mass = ndtr((x[0] - mu) / sigma) + ndtr((mu - x[-1]) / sigma)
    return f"{mass:.0%} of {who} lies outside the picture." if mass >= 0.01 else ""
