"""The explorers of notebook 05: one normal q for a p of several modes, in both directions."""

import math
from functools import lru_cache
from itertools import combinations
from operator import itemgetter

import numpy as np

from kl_course.engine import as_explorer
from kl_course.explorers._shared import (
    BACKWARD,
    FORWARD,
    cut_note,
    height_of,
    normal_handles,
    outside_note,
)
from kl_course.models import two_directions as model
from kl_course.models._shared import normal_pdf
from kl_course.plots import (
    COLORS,
    add_key,
    is_narrow,
    label_axes,
    lay_out_panels,
    lift_title,
    plot_curve,
    plot_density,
    plot_landscape,
    plot_line,
    plot_text,
)
from kl_course.scene import NO_ANSWER, Frame, Handle, Scene, Slider

EDGE, TOP, PEAK = 4.5, 2.0, 0.85  # ends of the axes: x and μ of q, nats in a valley, density
X = np.linspace(-EDGE, EDGE, 361)
HALF = np.linspace(0, EDGE, 37)  # means of q; both sides of 0 are alike
MUS, SIGMAS = np.append(-HALF[:0:-1], HALF), np.geomspace(0.1, 3.6, 44)
LEVELS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.5, 2, 3, 5)  # nats


@as_explorer
def explore_two_directions():
    """A normal q against a p with two modes: both objectives, both optima, and your own q.

    Returns
    -------
    Explorer
        Controls ``m``, ``mu_q``, ``sigma_q``; ``directions`` is 1 for the forward one alone, so
        that the reverse one can be asked for first.
    """

    def top_of_mode(setting):
        m = setting["m"]
        return m, _two_modes(m, m)

    return Scene(
        "two_directions",
        "A density p with two modes, your q and the best q in either direction; both divergences "
        "over the mean of q, and as landscapes over its mean and standard deviation.",
        sliders=[
            Slider("m", "m of p", 1.5, 0, 3, 0.02, who="p"),
            Slider("mu_q", "μ of q", 0.5, -3, 3, 0.02, who="q"),
            Slider("sigma_q", "σ of q", 1.0, 0.1, 3.5, 0.02, who="q"),
            Slider("directions", "directions", 1, options=(1, 2), whole=True),
        ],
        compute=compute_directions,
        layout=layout_directions,
        draw=draw_directions,
        presets={  # the threshold is the reader's to find
            "Close": {"m": 0.9, "directions": 2},
            "Far": {"m": 2.4, "directions": 2},
        },
        handles=[
            Handle(
                "mode", itemgetter("densities"), top_of_mode, lambda _, x, y: {"m": abs(x)}, "p"
            ),
            *normal_handles(itemgetter("densities"), "q"),
            *(_spot(f"q, {name}", name, "q", "q") for name in ("forward", "reverse")),
        ],
        rows=(2, 2, 2),
        note_lines=3,
        height=350,
        narrow_height=500,
    )


def compute_directions(m, mu_q, sigma_q, directions):
    """The frame of `explore_two_directions`."""
    minima = sorted(model.reverse_minima(m), key=itemgetter(2)) if directions == 2 else []
    qs = {
        "your q": (mu_q, sigma_q),
        "forward q": (0.0, math.hypot(model.SIGMA, m)),
        "reverse q": minima[0][:2] if minima else None,
    }
    values = {
        f"{direction}, {who}": float(objective(*q, m)) if q else NO_ANSWER
        for who, q in qs.items()
        for direction, objective in ((FORWARD, model.forward_kl), (BACKWARD, model.reverse_kl))
    }
    optima = [f"{name} {_either_side(*qs[f'{name} q'])}" for name in model.DIRECTIONS[:directions]]
    notes = [
        f"Optima: {'; '.join(optima)}.",
        *(
            f"{BACKWARD} has a local minimum at {_either_side(*other)} too: {other[2]:.4f} nats."
            for other in minima[1:]
        ),
        cut_note("Your q", normal_pdf(0, 0, sigma_q), PEAK, "in density"),
        outside_note("your q", X, mu_q, sigma_q),
    ]
    surfaces = _surfaces(m) if minima else _without_reverse(*_surfaces(m))
    data = {"p": _two_modes(X, m), "qs": qs.values(), "minima": minima, "surfaces": surfaces}
    return Frame(values, data, notes)


def layout_directions(figure):
    """The axes of `explore_two_directions`: densities, their lowest values, two landscapes."""
    narrow = is_narrow(figure)
    rows = [["densities", "forward"], ["valleys", "reverse"]]
    margins = (0.07, 0.125, 0.985, 0.925, 0.17, 0.42)
    if narrow:
        rows = [["densities"] * 2, ["forward", "reverse"], ["valleys"] * 2]
        margins = (0.145, 0.085, 0.97, 0.95, 0.2, 0.66)
    axes = figure.subplot_mosaic(rows)
    figure.subplots_adjust(*margins)
    heights = {"densities": PEAK, "valleys": TOP, "forward": 3.6, "reverse": 3.6}
    for name, ax in axes.items():
        label_axes(ax, y="σ of q", xlim=(-EDGE, EDGE), ylim=(0, heights[name]))
        ax.set_xticks(range(-4, 5, 2 if narrow else 1))
    axes["densities"].set(ylabel="density", yticks=(0, 0.2, 0.4, 0.6, 0.8))
    add_key(axes["densities"], {"p": "p", "q": "your q", "gain": "forward", "sum": "reverse"})
    axes["valleys"].set(xlabel="μ of q", ylabel="nats, at the best σ")
    add_key(axes["valleys"], {"gain": FORWARD, "sum": BACKWARD})
    axes["forward"].set_title(FORWARD)
    axes["reverse"].set(xlabel="μ of q", title=f"{BACKWARD}; shaded where low")
    if narrow:  # both landscapes have one key
        axes["forward"].set_xlabel("μ of q")
        axes["reverse"].set(ylabel="", title=f"{BACKWARD}; dark: low")
        lift_title(axes["forward"])
    keyed = axes["reverse" if narrow else "forward"]
    add_key(keyed, {w: _marker(w) for w in ("your q", "forward", "reverse")})
    return axes


def draw_directions(axes, p, qs, minima, surfaces):
    """Draw p and up to three normals, the valleys, and their places in the landscapes."""
    yours, forward, reverse = qs
    plot_density(axes["densities"], X, p, "p")
    plot_density(axes["densities"], X, normal_pdf(X, *yours), "q")
    plot_curve(axes["densities"], X, normal_pdf(X, *forward), "gain")
    best = normal_pdf(X, *reverse) if reverse else np.full(len(X), np.nan)
    plot_curve(axes["densities"], X, best, "sum")
    for who, valley in zip(("gain", "sum"), surfaces[2:], strict=True):
        plot_curve(axes["valleys"], MUS, valley, who)
    places = {
        "local minimum": [place for other in minima[1:] for place in _both_sides(*other)],
        "reverse": _both_sides(*reverse) if reverse else [],
        "forward": [forward],
        "your q": [yours],
    }
    for name, surface in zip(("forward", "reverse"), surfaces[:2], strict=True):
        plot_landscape(axes[name], MUS, SIGMAS, surface, LEVELS)
        _draw_places(axes[name], places)


@lru_cache(maxsize=8)
def _surfaces(m):
    """Both landscapes and both valleys, on both sides of 0."""
    return [np.hstack([d[..., :0:-1], d]) for d in model.landscapes(HALF, SIGMAS, m)]


def _without_reverse(forward, reverse, forward_valley, reverse_valley):
    """The same surfaces with nothing to see of the reverse direction."""
    return [
        forward,
        np.full_like(reverse, 2 * LEVELS[-1]),
        forward_valley,
        np.full_like(reverse_valley, np.nan),
    ]


def _two_modes(x, m):
    return (normal_pdf(x, -m, model.SIGMA) + normal_pdf(x, m, model.SIGMA)) / 2


GAME_X = np.linspace(-8, 8, 401)


@as_explorer
def explore_catch_the_modes():
    """A game: guess where one normal q goes, in either direction, for a p of two to four modes.

    "Commit guess" takes q as it stands: first as the guess for D(p‖q), then as that for D(q‖p).
    After the second one the optima are shown, and follow when p is dragged. The rules stand in
    `kl_course.models.two_directions`.

    Returns
    -------
    Explorer
        Controls ``mu_1``, ``sigma_1``, ``w_1``, … ``w_4``, ``mu_q``, ``sigma_q`` and, set by
        buttons, ``round``, ``guesses``, ``forward_mu``, ….
    """
    return Scene(
        "catch_the_modes",
        "A density p of two to four modes and your normal q; beside it the means and standard "
        "deviations of the modes, of q, and after two guesses of the best q in either direction.",
        sliders=list(_game_sliders()),
        compute=compute_game,
        layout=layout_game,
        draw=draw_game,
        actions={
            "Commit guess": model.commit,
            "Guess again": lambda setting: {"guesses": 0},
            "Next round": model.next_round,
        },
        handles=[
            *map(_peak, model.MODES),
            *normal_handles(itemgetter(0), "q"),
            *(_spot(f"mode {k}, place", 1, k, "p") for k in model.MODES),
            _spot("q, place", 1, "q", "q"),
        ],
        note_lines=4,
        columns=3,
        height=276,
        narrow_height=420,
    )


def _game_sliders():
    start = model.dealt(1)
    for k in model.MODES:
        yield Slider(f"mu_{k}", f"μ, mode {k}", start[f"mu_{k}"], -5, 5, 0.1, who="p")
        yield Slider(f"sigma_{k}", f"σ, mode {k}", start[f"sigma_{k}"], 0.4, 1.5, 0.05, who="p")
        least = 1 if k <= 2 else 0  # two modes at least
        yield Slider(f"w_{k}", f"weight {k}", start[f"w_{k}"], least, 10, 1, who="p", whole=True)
    at_q = {"mu": (0.0, -5, 5, 0.05), "sigma": (1.0, 0.4, 5.2, 0.05)}
    yield Slider("mu_q", "μ of q", *at_q["mu"], who="q")
    yield Slider("sigma_q", "σ of q", *at_q["sigma"], who="q")
    state = {"handle": False, "shown": False}
    yield Slider("round", "round", 1, 1, model.ROUNDS, 1, whole=True, **state)
    yield Slider("guesses", "guesses", 0, 0, len(model.DIRECTIONS), 1, whole=True, **state)
    for who in model.DIRECTIONS:
        for name, ends in at_q.items():
            yield Slider(f"{who}_{name}", f"{who} {name}", *ends, **state)


def compute_game(**setting):
    """The frame of `explore_catch_the_modes`: the optima are in it only after two guesses."""
    p, guesses = model.mixture(setting), model.guesses_of(setting)
    q = setting["mu_q"], setting["sigma_q"]
    points = [(setting[f"mu_{k}"], setting[f"sigma_{k}"]) for k in model.MODES]
    weights = [setting[f"w_{k}"] for k in model.MODES]
    data = {
        "p": p.pdf(GAME_X),
        "points": points,
        "present": [weight > 0 for weight in weights],
        "q": q,
        "guesses": guesses,
        "optima": [],
        "minima": [],
    }
    number = f"Round {setting['round']}."
    modes = ", ".join(
        f"{mu:.1f} ± {sigma:.2f} ({weight})"
        for (mu, sigma), weight in zip(points, weights, strict=True)
    )
    in_words = f"Modes: {modes}; q: {q[0]:.2f} ± {q[1]:.2f}.".replace("-", "−")
    always = [in_words, outside_note("q", GAME_X, *q)]
    if len(guesses) < len(model.DIRECTIONS):
        who, goal = (("forward", FORWARD), ("reverse", BACKWARD))[len(guesses)]
        ask = (
            f"{number} Guess {len(guesses) + 1} of 2, {who}: put q where you expect the lowest "
            f"{goal}, then press Commit guess."
        )
        return Frame({"H(p)": p.entropy}, data, [ask, "", *always])
    minima = p.reverse_minima()
    optima = [p.moments, minima[0][:2]]
    best, lost = model.score(p, guesses, minima[0])
    values = {
        f"{FORWARD}, best": best[0],
        f"{BACKWARD}, best": best[1],
        "lost by your guesses": sum(lost),
    }
    cost = f"{number} Your guesses cost {lost[0]:.4f} and {lost[1]:.4f} nats more than the best q."
    found = (
        f"Optima: forward {_place(*optima[0])}; reverse {_place(*optima[1])}; "
        f"minima found: {len(minima)}."
    )
    data |= {"optima": optima, "minima": minima[1:]}
    return Frame(values, data, [cost, found, *always])


def layout_game(figure):
    """The axes of `explore_catch_the_modes`: densities, and the plane of means and widths."""
    densities, places = lay_out_panels(
        figure,
        2,
        wide=(0.065, 0.145, 0.985, 0.91, 0.17),
        narrow=(0.14, 0.102, 0.975, 0.94, 0.46),
        ratios=(3, 2),
        heights=(4, 5),
    )
    label_axes(densities, x="x", y="density", xlim=(-8, 8), ylim=(0, 1.05))
    add_key(densities, {"p": "p", "q": "q", "gain": "forward", "sum": "reverse"})
    label_axes(places, x="μ", y="σ", xlim=(-8, 8), ylim=(0, 5.5))
    places.set_xticks(range(-8, 9, 2))
    key = {"mode": _marker("mode"), "q": _marker("your q")}
    add_key(places, key | {"optimum": _marker("forward"), "guess": _marker("forward guess")})
    return densities, places


def draw_game(axes, p, points, present, q, guesses, optima, minima):
    """Draw p, q and, once they may be known, the optima, as densities and as places."""
    densities, places = axes
    plot_density(densities, GAME_X, p, "p")
    for who, best in zip(("gain", "sum"), optima or [None, None], strict=True):
        height = np.full(len(GAME_X), np.nan) if best is None else normal_pdf(GAME_X, *best)
        plot_curve(densities, GAME_X, height, who)
    plot_density(densities, GAME_X, normal_pdf(GAME_X, *q), "q")
    known = {
        "absent mode": [at for at, here in zip(points, present, strict=True) if not here],
        "mode": [at for at, here in zip(points, present, strict=True) if here],
        "local minimum": [other[:2] for other in minima],
        "reverse": optima[1:],
        "forward": optima[:1],
        "reverse guess": guesses[1:],
        "forward guess": guesses[:1],
        "your q": [q],
    }
    _draw_places(places, known)
    gap = max(0.25, height_of(places, 9))
    for k, (mu, sigma), name in zip(model.MODES, points, _names(points), strict=True):
        plot_text(places, mu, sigma + gap, name, f"number {k}", ha="center")


def _peak(k):
    """The height of p over the centre of a mode: it moves the mode, and its weight."""

    def place(setting):
        mu = setting[f"mu_{k}"]
        return mu, float(model.mixture(setting).pdf(np.array([mu]))[0])

    def move(setting, x, y):
        return {f"mu_{k}": x, f"w_{k}": model.weight_for_height(setting, k, x, y)}

    return Handle(f"mode {k}, peak", itemgetter(0), place, move, "p")


def _spot(name, axes, which, who):
    """A normal in the plane of μ and σ: that of a mode's number, or of q."""
    mu, sigma = f"mu_{which}", f"sigma_{which}"
    return Handle(
        name,
        itemgetter(axes),
        itemgetter(mu, sigma),
        lambda _, x, y: {mu: x, sigma: y},
        who,
        drawn=True,
    )


def _names(points):
    """The number of each mode; where numbers would lie on each other the first has all of them."""
    groups = [[k] for k in range(len(points))]
    while pair := next(filter(lambda pair: _meet(*pair, points), combinations(groups, 2)), None):
        first, other = pair
        groups = [group for group in groups if group not in pair] + [sorted(first + other)]
    names = {group[0]: " ".join(str(k + 1) for k in group) for group in groups}
    return [names.get(k, "") for k in range(len(points))]


def _meet(group, other, points):
    (mu, sigma), (at, high) = points[group[0]], points[other[0]]
    width = 0.35 * (len(group) + len(other))  # in units of μ, half of both texts
    return abs(mu - at) < width and abs(sigma - high) < 0.4


def _marker(label):
    shape, inside, edge = {
        "your q": ("o", COLORS["q"], "white"),
        "forward": ("s", COLORS["gain"], "white"),
        "reverse": ("^", COLORS["sum"], "white"),
        "local minimum": ("^", "white", COLORS["sum"]),
        "mode": ("D", COLORS["p"], "white"),
        "absent mode": ("D", "white", COLORS["p"]),
        "forward guess": ("s", "white", COLORS["gain"]),
        "reverse guess": ("v", "white", COLORS["sum"]),
    }[label]
    return {
        "marker": shape,
        "markersize": 11 if "guess" in label else 8,
        "linestyle": "none",
        "markerfacecolor": inside,
        "markeredgecolor": edge,
        "clip_on": False,  # a marker at the edge stays whole
    }


def _draw_places(ax, places):
    """A marker at each (μ, σ); `places` are those of each label, in the order of drawing."""
    for label, points in places.items():
        mu, sigma = np.reshape(points, (-1, 2)).T
        plot_line(ax, mu, sigma, label, **_marker(label))


def _both_sides(mu, sigma, *_):
    return [(mu, sigma), (-mu, sigma)]


def _place(mu, sigma):
    return f"μ = {mu:.3f}, σ = {sigma:.3f}".replace("-", "−")


def _either_side(mu, sigma, *_):
    return f"μ = {f'±{mu:.3f}' if mu else '0'}, σ = {sigma:.3f}"
