"""The explorers of notebook 10: KL close up, its balls, its relatives, a gap under a tangent."""

import math
from functools import lru_cache

import numpy as np

from kl_course.engine import Explorer
from kl_course.explorers._shared import BACKWARD, FORWARD, cut_note
from kl_course.models._shared import normal_pdf
from kl_course.models.geometry import (
    GENERATORS,
    RELATIVES,
    ball,
    bregman,
    ellipse,
    heads,
    log_partition,
    negative_entropy,
    quadratic_normal,
    textbook_kl_normal,
    widths_of_ball,
)
from kl_course.plots import COLORS, add_key, label_axes, plot_density, plot_line
from kl_course.scene import Frame, Handle, Scene, Slider
from kl_helpers.distributions import kl_bernoulli, kl_normal

_INK = {"color": COLORS["ink"]}
_DOT = {"marker": "o", "linestyle": "none", "markersize": 7}


def explore_close_up():
    """D of two normals a step δ apart, the quadratic ½δᵀIδ and the textbook formula, log-log.

    Returns
    -------
    Explorer
        Controls ``log_step`` (log₁₀ δ), ``direction`` (degrees from μ towards σ), ``sigma``.
    """
    ends = -10.0, 0.0
    steps = np.logspace(*ends, 101)
    quadratic, textbook = "½δᵀIδ", "textbook formula"
    error = "D / ½δᵀIδ − 1"
    looks = {
        FORWARD: {"color": COLORS["p"]},
        quadratic: {"color": COLORS["q"], "linestyle": "--"},
        textbook: _DOT | {"color": COLORS["loss"], "markersize": 3},
    }

    def measured(step, direction, sigma):
        """D, the quadratic and the textbook formula for the step that the computer really makes."""
        angle = math.radians(direction)
        d_mu = step * math.cos(angle) if direction < 90 else 0 * step
        sigma_q = sigma + step * math.sin(angle)
        d = kl_normal(0, sigma, d_mu, sigma_q), quadratic_normal(sigma, d_mu, sigma_q - sigma)
        return *d, textbook_kl_normal(0, sigma, d_mu, sigma_q)

    def compute(log_step, direction, sigma):
        here = [float(value) for value in measured(10**log_step, direction, sigma)]
        values = dict(zip((FORWARD, quadratic, textbook), here, strict=True))
        values[error] = here[0] / here[1] - 1
        lost = "has the wrong sign" if here[2] < 0 else "is exactly 0"
        note = f"The textbook formula {lost} at this δ." if here[2] <= 0 else ""
        exact = "With σ unchanged the quadratic is exact." if direction == 0 else ""
        curves = measured(steps, direction, sigma)
        return Frame(values, {"step": 10**log_step, "here": here, "curves": curves}, (note, exact))

    def layout(figure):
        left, right = figure.subplots(1, 2)
        figure.subplots_adjust(0.08, 0.14, 0.985, 0.9, wspace=0.22)
        axis = {"xscale": "log", "yscale": "log", "xlim": (10 ** ends[0] / 1.5, 1.5)}
        left.set(**axis, xlabel="δ", ylabel="nats", ylim=(1e-22, 30))
        right.set(**axis, xlabel="δ", ylabel="distance from ½δᵀIδ, relative", ylim=(1e-17, 1e7))
        for ax in (left, right):
            ax.minorticks_off()
            ax.set_xticks(10.0 ** np.arange(-10, 1, 2))
        left.set_yticks(10.0 ** np.arange(-20, 1, 5))
        right.set_yticks(10.0 ** np.arange(-16, 7, 4))
        right.axhline(1, linestyle=":", linewidth=1.2, **_INK)
        right.text(1.2, 2.5, "no digit right", ha="right", **_INK)
        add_key(left, looks)
        add_key(right, {name: looks[name] for name in (FORWARD, textbook)})
        return left, right

    def draw(axes, step, here, curves):
        left, right = axes
        d, square, formula = curves
        for name, curve in zip(looks, curves, strict=True):
            seen = curve > 0  # a logarithmic axis has no place for the others
            plot_line(left, steps[seen], curve[seen], name, zorder=2, **looks[name])
        for name, curve in ((FORWARD, d), (textbook, formula)):
            away = np.abs(curve - square) / square
            seen = away > 0
            plot_line(right, steps[seen], away[seen], name, zorder=2, **looks[name])
        plot_line(left, [step], [here[0]], "here", zorder=4, clip_on=False, **_DOT, **_INK)
        gap = abs(here[0] - here[1]) / here[1]
        at = ([step], [gap]) if gap > 0 else ([], [])
        plot_line(right, *at, "here", zorder=4, clip_on=False, **_DOT, **_INK)

    def place(setting):
        step = 10 ** setting["log_step"]
        return step, float(measured(step, setting["direction"], setting["sigma"])[0])

    scene = Scene(
        "close_up",
        "Over a step δ from 1e-10 to 1, both on logarithmic axes: D, the quadratic and the "
        "textbook formula; how far D and the textbook formula are from the quadratic.",
        [
            Slider("log_step", "log₁₀ δ", -2, *ends, 0.1, who="q", digits=1),
            Slider("direction", "angle, °", 90, 0, 90, 5, digits=0),
            Slider("sigma", "σ of p", 0.7, 0.5, 2, 0.1, who="p", digits=1),
        ],
        compute,
        layout,
        draw,
        units={error: ""},
        presets={"δ = 0.01": {"log_step": -2}, "δ = 1e-10": {"log_step": -10}},
        handles=[
            Handle(
                "step",
                lambda axes: axes[0],
                place,
                lambda _, x, y: {"log_step": math.log10(x)},
                "q",
                drawn=True,
            )
        ],
        height=340,
    )
    return Explorer(scene)


def explore_balls():
    """The normals within a radius of p, in the plane of μ and σ, and the ellipse for small radii.

    Returns
    -------
    Explorer
        Controls ``mu``, ``sigma`` (the centre p) and ``radius``, in nats.
    """
    edge, roof, peak = 2.6, 3.0, 1.2
    x = np.linspace(-4.4, 4.4, 301)
    looks = {
        "D(p‖q) = r": {"color": COLORS["gain"]},
        "D(q‖p) = r": {"color": COLORS["sum"], "linestyle": "-."},
        "ellipse": {"color": COLORS["ink"], "linestyle": "--", "linewidth": 1.5},
    }

    def compute(mu, sigma, radius):
        up, across = sigma * math.sqrt(radius), sigma * math.sqrt(2 * radius)
        rim = {"top": (mu, sigma + up), "bottom": (mu, sigma - up), "side": (mu + across, sigma)}
        values = {f"{FORWARD}, {end}": kl_normal(mu, sigma, *q) for end, q in rim.items()} | {
            f"{BACKWARD}, {end}": kl_normal(*q, mu, sigma) for end, q in rim.items()
        }
        low, high = (sigma * width for width in widths_of_ball(radius)["forward"])
        half = sigma * math.sqrt(math.expm1(2 * radius))
        rims = [ball(mu, sigma, radius, which) for which in ("forward", "reverse")]
        rims.append(ellipse(mu, sigma, radius))
        across = f"μ from {mu - half:.3f} to {mu + half:.3f}".replace("-", "−")
        size = f"{FORWARD} = r: σ from {low:.3f} to {high:.3f}, {across}."
        cut = cut_note("The narrowest q", normal_pdf(0, 0, low), peak, "in density")
        tiny = "At this radius the rims are hardly larger than the dot." if up < 0.05 else ""
        data = {"centre": (mu, sigma), "rims": rims, "narrow": low, "wide": high}
        return Frame(values, data, (size, cut or tiny))

    def layout(figure):
        plane, densities = figure.subplots(1, 2, width_ratios=(1.25, 1))
        figure.subplots_adjust(0.065, 0.14, 0.985, 0.9, wspace=0.17)
        label_axes(plane, x="μ of q", y="σ of q", xlim=(-edge, edge), ylim=(0, roof))
        label_axes(densities, x="x", y="density", xlim=(x[0], x[-1]), ylim=(0, peak))
        add_key(plane, looks)
        add_key(densities, {"p": "p", "q": "narrowest and widest q"})
        return plane, densities

    def draw(axes, centre, rims, narrow, wide):
        plane, densities = axes
        for (name, look), (mu, sigma) in zip(looks.items(), rims, strict=True):
            plot_line(plane, mu, sigma, name, **look)
        plot_line(
            plane, centre[:1], centre[1:], "centre", **_DOT | {"markersize": 5}, color=COLORS["p"]
        )
        plot_density(densities, x, normal_pdf(x, *centre), "p")
        for name, sigma in (("narrow", narrow), ("wide", wide)):
            look = {"color": COLORS["q"], "linestyle": "--"}
            plot_line(densities, x, normal_pdf(x, centre[0], sigma), name, **look)

    scene = Scene(
        "balls",
        "In the plane of μ and σ the normals at a fixed divergence from p, in either direction, "
        "and an ellipse; beside it the density of p and the narrowest and widest on the rim.",
        [
            Slider("mu", "μ of p", 0, -1, 1, 0.05, who="p"),
            Slider("sigma", "σ of p", 1, 0.4, 1.5, 0.05, who="p"),
            Slider(
                "radius",
                "radius r",
                0.1,
                options=(0.003, 0.01, 0.03, 0.1, 0.2, 0.3),
                digits=3,
            ),
        ],
        compute,
        layout,
        draw,
        presets={"Small": {"radius": 0.01}, "Large": {"radius": 0.3}},
        handles=[
            Handle(
                "centre",
                lambda axes: axes[0],
                lambda setting: (setting["mu"], setting["sigma"]),
                lambda _, x, y: {"mu": x, "sigma": y},
                "p",
                drawn=True,
            )
        ],
        rows=(3, 3),
        note_lines=2,
        height=340,
    )
    return Explorer(scene)


def explore_f_divergences():
    """Six relatives of D for two coins: their generators f, and their size over the distance.

    Returns
    -------
    Explorer
        Controls ``p_heads``, and ``log_step`` (log₁₀ of how much more often q shows heads).
    """
    right, top = 4.0, 2.6
    ends = -4.0, -0.36
    steps = np.linspace(*ends, 47)
    t = np.linspace(0.01, right, 250)
    looks = {
        "D(p‖q)": {"color": COLORS["p"]},
        "D(q‖p)": {"color": COLORS["q"], "linestyle": "--"},
        "4·JS": {"color": COLORS["sum"], "linestyle": "-."},
        "4·H²": {"color": COLORS["loss"], "linestyle": (0, (5, 1, 1, 1, 1, 1))},
        "χ²/2": {"color": COLORS["ink"], "linestyle": (0, (1, 1)), "linewidth": 1.6},
        "TV": {"color": COLORS["gain"], "linestyle": (0, (7, 2))},
    }

    def pair(p_heads, step):
        q_heads = p_heads + step
        return np.array([p_heads, 1 - p_heads]), np.stack([q_heads, 1 - q_heads], axis=-1)

    @lru_cache(maxsize=64)
    def over_the_steps(p_heads):
        p, qs = pair(p_heads, 10**steps)
        square = 10 ** (2 * steps) / (2 * p_heads * (1 - p_heads))
        return {name: measure(p, qs) / square for name, measure in RELATIVES.items()}

    def compute(p_heads, log_step):
        p, q = pair(p_heads, 10**log_step)
        values = {name: float(measure(p, q)) for name, measure in RELATIVES.items()}
        ratios, square = p / q, 10 ** (2 * log_step) / (2 * p_heads * (1 - p_heads))
        shares = {name: value / square for name, value in values.items()}
        notes = (
            cut_note("The ratio of tails", ratios[1], right, "on its axis"),
            cut_note("TV", shares["TV"], 30, "times ½δ²I"),
        )
        data = {"step": 10**log_step, "shares": shares, "ratios": ratios}
        return Frame(values, data | {"curves": over_the_steps(p_heads)}, notes)

    def layout(figure):
        shapes, sizes = figure.subplots(1, 2)
        figure.subplots_adjust(0.065, 0.14, 0.985, 0.9, wspace=0.19)
        label_axes(shapes, x="t = p/q", y="f(t)", xlim=(0, right), ylim=(0, top))
        for name, look in looks.items():
            shapes.plot(t, GENERATORS[name](t), **look)
        sizes.set(xscale="log", yscale="log", xlim=(8e-5, 0.55), ylim=(0.15, 30))
        sizes.set(xlabel="δ: heads of q less heads of p", ylabel="in units of ½δ²I")
        sizes.minorticks_off()
        sizes.set_yticks((0.2, 0.5, 1, 2, 5, 10, 20), ("0.2", "0.5", "1", "2", "5", "10", "20"))
        add_key(shapes, {name: looks[name] for name in [*looks][:3]})
        add_key(sizes, {name: looks[name] for name in [*looks][3:]})
        return shapes, sizes

    def draw(axes, step, shares, ratios, curves):
        shapes, sizes = axes
        for side, ratio in zip(("heads", "tails"), ratios, strict=True):
            look = {"linewidth": 1, "linestyle": "-" if side == "heads" else ":"}
            plot_line(shapes, [ratio, ratio], [0, top], side, **look, **_INK)
        for name, curve in curves.items():
            plot_line(sizes, 10**steps, curve, name, **looks[name])
            dot = _DOT | {"color": looks[name]["color"], "markersize": 5}
            plot_line(sizes, [step], [shares[name]], f"{name} dot", zorder=4, **dot)

    def place(setting):
        return 10 ** setting["log_step"], compute(**setting).data["shares"][FORWARD]

    scene = Scene(
        "f_divergences",
        "Six generators f over the ratio t = p/q, with the ratios of heads (solid) and tails "
        "(dotted); the six divergences in units of ½δ²I over the distance δ of the coins.",
        [
            Slider("p_heads", "p: heads", 0.3, 0.05, 0.5, 0.01, who="p"),
            Slider("log_step", "log₁₀ δ", -1.2, -4, -0.4, 0.1, who="q", digits=1),
        ],
        compute,
        layout,
        draw,
        units=dict.fromkeys(("4·H²", "χ²/2", "TV"), ""),
        presets={"Near": {"log_step": -3}, "Far": {"p_heads": 0.05, "log_step": -0.4}},
        handles=[
            Handle(
                "step",
                lambda axes: axes[1],
                place,
                lambda _, x, y: {"log_step": math.log10(x)},
                "q",
                drawn=True,
            )
        ],
        rows=(3, 3),
        height=340,
    )
    return Explorer(scene)


def explore_bregman():
    """D of two coins as the gap between a curve and its tangent: over log-odds, and over means.

    Returns
    -------
    Explorer
        Controls ``eta_p``, ``eta_q``: the log-odds of heads.
    """
    edge = 3.0
    eta, share = np.linspace(-edge - 0.3, edge + 0.3, 181), np.linspace(0, 1, 181)
    gap = {"linewidth": 5, "solid_capstyle": "butt", "color": COLORS["gain"]}
    tangent = {"linewidth": 1.2, "linestyle": "--", **_INK}

    def compute(eta_p, eta_q):
        p, q = float(heads(eta_p)), float(heads(eta_q))
        values = {
            FORWARD: kl_bernoulli(p, q),
            "gap under A": float(bregman(log_partition, heads, eta_q, eta_p)),
            "gap under −H": float(bregman(negative_entropy, _log_odds, p, q)),
            "heads of p": p,
            "heads of q": q,
        }
        return Frame(values, {"etas": (eta_p, eta_q), "means": (p, q)})

    def layout(figure):
        left, right = figure.subplots(1, 2)
        figure.subplots_adjust(0.06, 0.14, 0.985, 0.9, wspace=0.17)
        label_axes(left, x="log-odds η", y="A(η), nats", xlim=(eta[0], eta[-1]), ylim=(-2.9, 3.4))
        label_axes(right, x="probability of heads", y="−H, nats", xlim=(0, 1), ylim=(-3, 0.15))
        left.plot(eta, log_partition(eta), color=COLORS["sum"])
        right.plot(share, negative_entropy(share), color=COLORS["sum"])
        add_key(left, {"A": {"color": COLORS["sum"]}, "tangent at p": tangent})
        add_key(right, {"−H": {"color": COLORS["sum"]}, "tangent at q": tangent, "gap": gap})
        return left, right

    def draw(axes, etas, means):
        (eta_p, eta_q), (p, q) = etas, means
        under_a = log_partition(eta_p) + (eta - eta_p) * p
        under_h = negative_entropy(q) + (share - q) * eta_q
        panels = (
            (axes[0], eta, under_a, log_partition, etas, eta_q),
            (axes[1], share, under_h, negative_entropy, means, p),
        )
        for ax, x, line, curve, at, there in panels:
            plot_line(ax, x, line, "tangent", **tangent)
            foot = np.interp(there, x, line)
            plot_line(ax, [there, there], [foot, curve(there)], "gap", **gap)
            for who, place in zip("pq", at, strict=True):
                dot = {"marker": "o" if who == "p" else "s", "color": COLORS[who]}
                plot_line(ax, [place], [curve(place)], f"{who} dot", **(_DOT | dot), zorder=4)

    def on_a(who):
        return lambda setting: (setting[who], float(log_partition(setting[who])))

    def on_h(who):
        def place(setting):
            mean = float(heads(setting[who]))
            return mean, float(negative_entropy(mean))

        return place

    def drag_mean(who):
        return lambda _, x, y: {who: _log_odds(min(max(x, 1e-3), 1 - 1e-3))}

    def drag_eta(who):
        return lambda _, x, y: {who: x}

    scene = Scene(
        "bregman",
        "The curve A over the log-odds with its tangent at p, and minus the entropy over the "
        "probability of heads with its tangent at q; in both the gap to the tangent is D.",
        [
            Slider("eta_p", "η of p", 0, -edge, edge, 0.1, who="p", digits=1),
            Slider("eta_q", "η of q", 1.4, -edge, edge, 0.1, who="q", digits=1),
        ],
        compute,
        layout,
        draw,
        units=dict.fromkeys(("heads of p", "heads of q"), ""),
        swap=[("eta_p", "eta_q")],
        handles=[
            Handle(f"{who}, {side}", axes, place(f"eta_{who}"), move(f"eta_{who}"), who, drawn=True)
            for side, axes, place, move in (
                ("A", lambda axes: axes[0], on_a, drag_eta),
                ("H", lambda axes: axes[1], on_h, drag_mean),
            )
            for who in "pq"
        ],
        rows=(3, 2),
        note_lines=0,
        height=330,
    )
    return Explorer(scene)


def _log_odds(share):
    return math.log(share) - math.log1p(-share)
