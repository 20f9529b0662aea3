"""The explorers of notebook 10: KL close up, its balls, its relatives, a gap under a tangent."""

import math
from functools import lru_cache
from operator import itemgetter

import numpy as np

from kl_course.engine import as_explorer
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
from kl_course.plots import (
    COLORS,
    add_key,
    is_narrow,
    label_axes,
    lay_out_panels,
    plot_density,
    plot_line,
)
from kl_course.scene import Frame, Handle, Scene, Slider
from kl_helpers.distributions import kl_bernoulli, kl_normal

_INK = {"color": COLORS["ink"]}
_DOT = {"marker": "o", "linestyle": "none", "markersize": 7}


QUADRATIC, TEXTBOOK, ERROR = "½δᵀIδ", "textbook formula", "D / ½δᵀIδ − 1"
CLOSE = -10.0, 0.0  # log₁₀ of the shortest and of the longest step
CLOSE_STEPS = np.logspace(*CLOSE, 101)
_CLOSE_LOOKS = {
    FORWARD: {"color": COLORS["p"]},
    QUADRATIC: {"color": COLORS["q"], "linestyle": "--"},
    TEXTBOOK: _DOT | {"color": COLORS["loss"], "markersize": 3},
}


def measure_step(step, direction, sigma):
    """D, the quadratic and the textbook formula for the step that the computer really makes."""
    angle = math.radians(direction)
    d_mu = step * math.cos(angle) if direction < 90 else 0 * step
    sigma_q = sigma + step * math.sin(angle)
    d = kl_normal(0, sigma, d_mu, sigma_q), quadratic_normal(sigma, d_mu, sigma_q - sigma)
    return *d, textbook_kl_normal(0, sigma, d_mu, sigma_q)


def compute_close_up(log_step, direction, sigma):
    """What `measure_step` finds at this step, and at all the others for the curves."""
    here = [float(value) for value in measure_step(10**log_step, direction, sigma)]
    values = dict(zip((FORWARD, QUADRATIC, TEXTBOOK), here, strict=True))
    values[ERROR] = here[0] / here[1] - 1
    lost = "has the wrong sign" if here[2] < 0 else "is exactly 0"
    note = f"The textbook formula {lost} at this δ." if here[2] <= 0 else ""
    exact = "With σ unchanged the quadratic is exact." if direction == 0 else ""
    curves = measure_step(CLOSE_STEPS, direction, sigma)
    return Frame(values, {"step": 10**log_step, "here": here, "curves": curves}, (note, exact))


def lay_out_close_up(figure):
    """Axes for all three over the step, and for how far two of them are from the quadratic."""
    wide, narrow = (0.08, 0.14, 0.985, 0.9, 0.22), (0.175, 0.1, 0.98, 0.94, 0.5)
    left, right = lay_out_panels(figure, 2, wide=wide, narrow=narrow)
    distance, above_1 = "distance from ½δᵀIδ, relative", 2.5
    if is_narrow(figure):
        distance, above_1 = f"|{ERROR}|", 8
    axis = {"xscale": "log", "yscale": "log", "xlim": (10 ** CLOSE[0] / 1.5, 1.5)}
    left.set(**axis, xlabel="δ", ylabel="nats", ylim=(1e-22, 30))
    right.set(**axis, xlabel="δ", ylabel=distance, ylim=(1e-17, 1e7))
    for ax in (left, right):
        ax.minorticks_off()
        ax.set_xticks(10.0 ** np.arange(-10, 1, 2))
    left.set_yticks(10.0 ** np.arange(-20, 1, 5))
    right.set_yticks(10.0 ** np.arange(-16, 7, 4))
    right.axhline(1, linestyle=":", linewidth=1.2, **_INK)
    right.text(1.2, above_1, "as far off as ½δᵀIδ is large", ha="right", **_INK)
    add_key(left, _CLOSE_LOOKS)
    add_key(right, {name: _CLOSE_LOOKS[name] for name in (FORWARD, TEXTBOOK)})
    return left, right


def draw_close_up(axes, step, here, curves):
    """Draw what is above 0, as a logarithmic axis has no place for the rest."""
    left, right = axes
    d, square, formula = curves
    for name, curve in zip(_CLOSE_LOOKS, curves, strict=True):
        seen = curve > 0
        plot_line(left, CLOSE_STEPS[seen], curve[seen], name, zorder=2, **_CLOSE_LOOKS[name])
    for name, curve in ((FORWARD, d), (TEXTBOOK, formula)):
        away = np.abs(curve - square) / square
        seen = away > 0
        plot_line(right, CLOSE_STEPS[seen], away[seen], name, zorder=2, **_CLOSE_LOOKS[name])
    plot_line(left, [step], [here[0]], "here", zorder=4, clip_on=False, **_DOT, **_INK)
    gap = abs(here[0] - here[1]) / here[1]
    at = ([step], [gap]) if gap > 0 else ([], [])
    plot_line(right, *at, "here", zorder=4, clip_on=False, **_DOT, **_INK)


@as_explorer
def explore_close_up():
    """D of two normals a step δ apart, the quadratic ½δᵀIδ and the textbook formula, log-log.

    Returns
    -------
    Explorer
        Controls ``log_step`` (log₁₀ δ), ``direction`` (degrees from μ towards σ), ``sigma``.
    """

    def place(setting):
        step = 10 ** setting["log_step"]
        return step, float(measure_step(step, setting["direction"], setting["sigma"])[0])

    return Scene(
        "close_up",
        "Over a step δ from 1e-10 to 1, both on logarithmic axes: D, the quadratic and the "
        "textbook formula; how far D and the textbook formula are from the quadratic.",
        sliders=[
            Slider("log_step", "log₁₀ δ", -2, *CLOSE, 0.1, who="q", digits=1),
            Slider("direction", "angle, °", 90, 0, 90, 5, digits=0),
            Slider("sigma", "σ of p", 0.7, 0.5, 2, 0.1, who="p", digits=1),
        ],
        compute=compute_close_up,
        layout=lay_out_close_up,
        draw=draw_close_up,
        units={ERROR: ""},
        presets={"δ = 0.01": {"log_step": -2}, "δ = 1e-10": {"log_step": -10}},
        handles=[Handle("step", itemgetter(0), place, _drag_log_step, "q", drawn=True)],
        note_lines=2,
        height=340,
        narrow_height=430,
    )


def _drag_log_step(_, x, y):
    return {"log_step": math.log10(x)}


PEAK = 1.2  # the top of the axis of densities
BALL_X = np.linspace(-4.4, 4.4, 301)
_RIM_LOOKS = {
    "D(p‖q) = r": {"color": COLORS["gain"]},
    "D(q‖p) = r": {"color": COLORS["sum"], "linestyle": "-."},
    "ellipse": {"color": COLORS["ink"], "linestyle": "--", "linewidth": 1.5},
}


def compute_balls(mu, sigma, radius):
    """Both directions of D at three places of the ellipse, and all rims at this radius."""
    up, across = sigma * math.sqrt(radius), sigma * math.sqrt(2 * radius)
    rim = {"top": (mu, sigma + up), "bottom": (mu, sigma - up), "side": (mu + across, sigma)}
    values = {f"{FORWARD}, {end}": kl_normal(mu, sigma, *q) for end, q in rim.items()}
    values |= {f"{BACKWARD}, {end}": kl_normal(*q, mu, sigma) for end, q in rim.items()}
    low, high = (sigma * width for width in widths_of_ball(radius)["forward"])
    half = sigma * math.sqrt(math.expm1(2 * radius))
    rims = [ball(mu, sigma, radius, which) for which in ("forward", "reverse")]
    rims.append(ellipse(mu, sigma, radius))
    means = f"μ from {mu - half:.3f} to {mu + half:.3f}".replace("-", "−")
    size = f"{FORWARD} = r: σ from {low:.3f} to {high:.3f}, {means}."
    cut = cut_note("The narrowest q", normal_pdf(0, 0, low), PEAK, "in density")
    tiny = "At this radius the rims are hardly larger than the dot." if up < 0.05 else ""
    data = {"centre": (mu, sigma), "rims": rims, "narrow": low, "wide": high}
    return Frame(values, data, (size, cut or tiny))


def draw_balls(axes, centre, rims, narrow, wide):
    """Draw the rims in the plane of μ and σ, and the densities of p and of two normals on them."""
    plane, densities = axes
    for (name, look), (mu, sigma) in zip(_RIM_LOOKS.items(), rims, strict=True):
        plot_line(plane, mu, sigma, name, **look)
    dot = _DOT | {"markersize": 5, "color": COLORS["p"]}
    plot_line(plane, centre[:1], centre[1:], "centre", **dot)
    plot_density(densities, BALL_X, normal_pdf(BALL_X, *centre), "p")
    for name, sigma in (("narrow", narrow), ("wide", wide)):
        look = {"color": COLORS["q"], "linestyle": "--"}
        plot_line(densities, BALL_X, normal_pdf(BALL_X, centre[0], sigma), name, **look)


@as_explorer
def explore_balls():
    """The normals within a radius of p, in the plane of μ and σ, and the ellipse for small radii.

    Returns
    -------
    Explorer
        Controls ``mu``, ``sigma`` (the centre p) and ``radius``, in nats.
    """

    def layout(figure):
        plane, densities = lay_out_panels(
            figure,
            2,
            wide=(0.065, 0.14, 0.985, 0.9, 0.17),
            narrow=(0.14, 0.1, 0.98, 0.94, 0.55),
            ratios=(1.25, 1),
            heights=(1.5, 1),
        )
        label_axes(plane, x="μ of q", y="σ of q", xlim=(-2.6, 2.6), ylim=(0, 3))
        label_axes(densities, x="x", y="density", xlim=(BALL_X[0], BALL_X[-1]), ylim=(0, PEAK))
        add_key(plane, _RIM_LOOKS)
        add_key(densities, {"p": "p", "q": "narrowest and widest q"})
        return plane, densities

    def place(setting):
        return setting["mu"], setting["sigma"]

    def move(_, x, y):
        return {"mu": x, "sigma": y}

    return Scene(
        "balls",
        "In the plane of μ and σ the normals at a fixed divergence from p, in either direction, "
        "and an ellipse; beside it the density of p and the narrowest and widest on the rim.",
        sliders=[
            Slider("mu", "μ of p", 0, -1, 1, 0.05, who="p"),
            Slider("sigma", "σ of p", 1, 0.4, 1.5, 0.05, who="p"),
            Slider("radius", "radius r", 0.1, options=(0.003, 0.01, 0.03, 0.1, 0.2, 0.3), digits=3),
        ],
        compute=compute_balls,
        layout=layout,
        draw=draw_balls,
        presets={"Small": {"radius": 0.01}, "Large": {"radius": 0.3}},
        handles=[Handle("centre", itemgetter(0), place, move, "p", drawn=True)],
        rows=(3, 3),
        note_lines=2,
        height=340,
        narrow_height=430,
    )


RATIO, F_TOP = 4.0, 2.6  # the ends of the axes of t = p/q and of f(t)
COIN_STEPS = np.linspace(-4.0, -0.36, 47)  # log₁₀ δ
_RELATIVE_LOOKS = {
    "D(p‖q)": {"color": COLORS["p"]},
    "D(q‖p)": {"color": COLORS["q"], "linestyle": "--"},
    "4·JS": {"color": COLORS["sum"], "linestyle": "-."},
    "4·H²": {"color": COLORS["loss"], "linestyle": (0, (5, 1, 1, 1, 1, 1))},
    "χ²/2": {"color": COLORS["ink"], "linestyle": (0, (1, 1)), "linewidth": 1.6},
    "TV": {"color": COLORS["gain"], "linestyle": (0, (7, 2))},
}


def compare_relatives(p_heads, log_step):
    """Ratios p/q of heads and tails, every relative of D, and ½δ²I in nats, at this log₁₀ δ."""
    q_heads = p_heads + 10**log_step
    p = np.array([p_heads, 1 - p_heads])
    q = np.stack([q_heads, 1 - q_heads], axis=-1)
    square = 10 ** (2 * log_step) / (2 * p_heads * (1 - p_heads))
    return p / q, {name: measure(p, q) for name, measure in RELATIVES.items()}, square


@lru_cache(maxsize=64)
def _over_the_steps(p_heads):
    _, found, square = compare_relatives(p_heads, COIN_STEPS)
    return {name: each / square for name, each in found.items()}


def compute_f_divergences(p_heads, log_step):
    """Every relative of D at this distance, and at all distances in units of ½δ²I."""
    ratios, found, square = compare_relatives(p_heads, log_step)
    values = {name: float(value) for name, value in found.items()}
    shares = {name: value / square for name, value in values.items()}
    notes = (
        cut_note("The ratio of tails", ratios[1], RATIO, "on its axis"),
        cut_note("TV", shares["TV"], 30, "times ½δ²I"),
    )
    data = {"step": 10**log_step, "shares": shares, "ratios": ratios}
    return Frame(values, data | {"curves": _over_the_steps(p_heads)}, notes)


def draw_f_divergences(axes, step, shares, ratios, curves):
    """Draw where the two ratios are on the generators, and the relatives over the distance."""
    shapes, sizes = axes
    for side, ratio, style in zip(("heads", "tails"), ratios, "-:", strict=True):
        plot_line(shapes, [ratio, ratio], [0, F_TOP], side, linewidth=1, linestyle=style, **_INK)
    for name, curve in curves.items():
        plot_line(sizes, 10**COIN_STEPS, curve, name, **_RELATIVE_LOOKS[name])
        dot = _DOT | {"color": _RELATIVE_LOOKS[name]["color"], "markersize": 5}
        plot_line(sizes, [step], [shares[name]], f"{name} dot", zorder=4, **dot)


@as_explorer
def explore_f_divergences():
    """Six relatives of D for two coins: their generators f, and their size over the distance.

    Returns
    -------
    Explorer
        Controls ``p_heads``, and ``log_step`` (log₁₀ of how much more often q shows heads).
    """

    def layout(figure):
        wide, narrow = (0.065, 0.14, 0.985, 0.9, 0.19), (0.14, 0.1, 0.98, 0.94, 0.5)
        shapes, sizes = lay_out_panels(figure, 2, wide=wide, narrow=narrow)
        label_axes(shapes, x="t = p/q", y="f(t)", xlim=(0, RATIO), ylim=(0, F_TOP))
        t = np.linspace(0.01, RATIO, 250)
        for name, look in _RELATIVE_LOOKS.items():
            shapes.plot(t, GENERATORS[name](t), **look)
        sizes.set(xscale="log", yscale="log", xlim=(8e-5, 0.55), ylim=(0.15, 30))
        sizes.set(xlabel="δ: heads of q less heads of p", ylabel="in units of ½δ²I")
        sizes.minorticks_off()
        sizes.set_yticks((0.2, 0.5, 1, 2, 5, 10, 20), ("0.2", "0.5", "1", "2", "5", "10", "20"))
        looks = [*_RELATIVE_LOOKS.items()]
        add_key(shapes, dict(looks[:3]))
        add_key(sizes, dict(looks[3:]))
        return shapes, sizes

    def place(setting):
        return 10 ** setting["log_step"], compute_f_divergences(**setting).data["shares"][FORWARD]

    return Scene(
        "f_divergences",
        "Six generators f over the ratio t = p/q, with the ratios of heads (solid) and tails "
        "(dotted); the six divergences in units of ½δ²I over the distance δ of the coins.",
        sliders=[
            Slider("p_heads", "p: heads", 0.3, 0.05, 0.5, 0.01, who="p"),
            Slider("log_step", "log₁₀ δ", -1.2, -4, -0.4, 0.1, who="q", digits=1),
        ],
        compute=compute_f_divergences,
        layout=layout,
        draw=draw_f_divergences,
        units=dict.fromkeys(("4·H²", "χ²/2", "TV"), ""),
        presets={"Near": {"log_step": -3}, "Far": {"p_heads": 0.05, "log_step": -0.4}},
        handles=[Handle("step", itemgetter(1), place, _drag_log_step, "q", drawn=True)],
        rows=(3, 3),
        height=340,
        narrow_height=430,
    )


EDGE = 3.0  # the largest log-odds
ETA, SHARE = np.linspace(-EDGE - 0.3, EDGE + 0.3, 181), np.linspace(0, 1, 181)
_GAP = {"linewidth": 5, "solid_capstyle": "butt", "color": COLORS["gain"]}
_TANGENT = {"linewidth": 1.2, "linestyle": "--", **_INK}


def compute_bregman(eta_p, eta_q):
    """D of the two coins, and twice the same: the gap under A, and the gap under −H."""
    p, q = float(heads(eta_p)), float(heads(eta_q))
    values = {
        FORWARD: kl_bernoulli(p, q),
        "gap under A": float(bregman(log_partition, heads, eta_q, eta_p)),
        "gap under −H": float(bregman(negative_entropy, _log_odds, p, q)),
        "heads of p": p,
        "heads of q": q,
    }
    return Frame(values, {"etas": (eta_p, eta_q), "means": (p, q)})


def draw_bregman(axes, etas, means):
    """Draw the tangent at p under A and the one at q under −H, each with the gap above it."""
    (eta_p, eta_q), (p, q) = etas, means
    under_a = log_partition(eta_p) + (ETA - eta_p) * p
    under_h = negative_entropy(q) + (SHARE - q) * eta_q
    panels = (
        (axes[0], ETA, under_a, log_partition, etas, eta_q),
        (axes[1], SHARE, under_h, negative_entropy, means, p),
    )
    for ax, x, line, curve, at, there in panels:
        plot_line(ax, x, line, "tangent", **_TANGENT)
        foot = np.interp(there, x, line)
        plot_line(ax, [there, there], [foot, curve(there)], "gap", **_GAP)
        for who, place in zip("pq", at, strict=True):
            dot = {"marker": "o" if who == "p" else "s", "color": COLORS[who]}
            plot_line(ax, [place], [curve(place)], f"{who} dot", **(_DOT | dot), zorder=4)


@as_explorer
def explore_bregman():
    """D of two coins as the gap between a curve and its tangent: over log-odds, and over means.

    Returns
    -------
    Explorer
        Controls ``eta_p``, ``eta_q``: the log-odds of heads.
    """

    def layout(figure):
        wide, narrow = (0.06, 0.14, 0.985, 0.9, 0.17), (0.135, 0.11, 0.965, 0.94, 0.55)
        left, right = lay_out_panels(figure, 2, wide=wide, narrow=narrow)
        label_axes(left, x="log-odds η", y="A(η), nats", xlim=(ETA[0], ETA[-1]), ylim=(-2.9, 3.4))
        label_axes(right, x="probability of heads", y="−H, nats", xlim=(0, 1), ylim=(-3, 0.15))
        left.plot(ETA, log_partition(ETA), color=COLORS["sum"])
        right.plot(SHARE, negative_entropy(SHARE), color=COLORS["sum"])
        add_key(left, {"A": {"color": COLORS["sum"]}, "tangent at p": _TANGENT})
        add_key(right, {"−H": {"color": COLORS["sum"]}, "tangent at q": _TANGENT, "gap": _GAP})
        return left, right

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

    return Scene(
        "bregman",
        "The curve A over the log-odds with its tangent at p, and minus the entropy over the "
        "probability of heads with its tangent at q; in both the gap to the tangent is D.",
        sliders=[
            Slider("eta_p", "η of p", 0, -EDGE, EDGE, 0.1, who="p", digits=1),
            Slider("eta_q", "η of q", 1.4, -EDGE, EDGE, 0.1, who="q", digits=1),
        ],
        compute=compute_bregman,
        layout=layout,
        draw=draw_bregman,
        units=dict.fromkeys(("heads of p", "heads of q"), ""),
        swap=[("eta_p", "eta_q")],
        handles=[
            Handle(f"{who}, {side}", axes, place(f"eta_{who}"), move(f"eta_{who}"), who, drawn=True)
            for side, axes, place, move in (
                ("A", itemgetter(0), on_a, drag_eta),
                ("H", itemgetter(1), on_h, drag_mean),
            )
            for who in "pq"
        ],
        rows=(3, 2),
        note_lines=0,
        height=330,
        narrow_height=400,
    )


def _log_odds(share):
    return math.log(share) - math.log1p(-share)
