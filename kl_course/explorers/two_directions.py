"""The explorer of notebook 05: one normal q for a p with two modes, in both directions."""

import math
from functools import lru_cache
from itertools import combinations
from operator import itemgetter

import numpy as np

from kl_course.engine import Explorer
from kl_course.explorers._shared import (
    BACKWARD,
    FORWARD,
    cut_note,
    normal_handles,
    outside_note,
)
from kl_course.models._shared import normal_pdf
from kl_course.models.two_directions import (
    SIGMA,
    Mixture,
    dealt_modes,
    forward_kl,
    landscapes,
    reverse_kl,
    reverse_minima,
)
from kl_course.plots import (
    COLORS,
    add_key,
    label_axes,
    plot_curve,
    plot_density,
    plot_landscape,
    plot_line,
    plot_text,
)
from kl_course.scene import Frame, Handle, Scene, Slider


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


def explore_catch_the_modes():
    """A game: guess where one normal q goes, in either direction, for a p of two to four modes.

    "Commit guess" takes q as it stands: first as the guess for D(p‖q), then as that for D(q‖p).
    After the second one the optima are shown, and follow when p is dragged.

    Returns
    -------
    Explorer
        Controls ``mu_1``, ``sigma_1``, ``w_1``, … ``w_4``, ``mu_q``, ``sigma_q`` and, set by
        buttons, ``round``, ``guesses``, ``forward_mu``, ….
    """
    edge, ceiling, modes, rounds = 8.0, 1.05, (1, 2, 3, 4), 20
    x = np.linspace(-edge, edge, 401)
    directions = ("forward", "reverse")
    nowhere = {3: (4.0, 0.5, 0), 4: (-4.0, 0.5, 0)}  # modes that a round does without

    def dealt(number):
        there = {**nowhere, **dict(enumerate(dealt_modes(number), 1))}
        return {
            f"{name}_{k}": value
            for k in modes
            for name, value in zip(("mu", "sigma", "w"), there[k], strict=True)
        }

    def mixture(setting):
        return Mixture(*([setting[f"{name}_{k}"] for k in modes] for name in ("mu", "sigma", "w")))

    def next_round(setting):
        number = setting["round"] % rounds + 1
        return dealt(number) | {"round": number, "guesses": 0}

    def commit(setting):
        if setting["guesses"] == len(directions):
            return {}
        who = directions[setting["guesses"]]
        guess = {f"{who}_{name}": setting[f"{name}_q"] for name in ("mu", "sigma")}
        return guess | {"guesses": setting["guesses"] + 1}

    def compute(**setting):
        p = mixture(setting)
        guesses = [
            (setting[f"{who}_mu"], setting[f"{who}_sigma"])
            for who in directions[: setting["guesses"]]
        ]
        optima, minima = [], []
        values = {"H(p)": p.entropy}
        notes = [f"Round {setting['round']}.", ""]
        if len(guesses) < len(directions):
            who, goal = (("forward", FORWARD), ("reverse", BACKWARD))[len(guesses)]
            notes[0] += (
                f" Guess {len(guesses) + 1} of 2, {who}: put q where you expect the lowest {goal}, "
                "then press Commit guess."
            )
        else:
            minima = p.reverse_minima()
            optima = [p.moments, minima[0][:2]]
            best = p.forward_kl(*optima[0]), minima[0][2]
            yours = p.forward_kl(*guesses[0]), p.reverse_kl(*guesses[1])
            lost = [max(mine - least, 0.0) for mine, least in zip(yours, best, strict=True)]
            values = {
                f"{FORWARD}, best": best[0],
                f"{BACKWARD}, best": best[1],
                "lost by your guesses": sum(lost),
            }
            notes[0] += (
                f" Your guesses cost {lost[0]:.4f} and {lost[1]:.4f} nats more than the best q."
            )
            notes[1] = (
                f"Optima: forward {_place_of(*optima[0])}; reverse {_place_of(*optima[1])}; "
                f"minima found: {len(minima)}."
            )
        in_words = ", ".join(
            f"{setting[f'mu_{k}']:.1f} ± {setting[f'sigma_{k}']:.2f} ({setting[f'w_{k}']})"
            for k in modes
        )
        in_words = f"Modes: {in_words}; q: {setting['mu_q']:.2f} ± {setting['sigma_q']:.2f}."
        notes.append(in_words.replace("-", "−"))
        notes.append(outside_note("q", x, setting["mu_q"], setting["sigma_q"]))
        data = {
            "p": p.pdf(x),
            "points": [(setting[f"mu_{k}"], setting[f"sigma_{k}"]) for k in modes],
            "present": [setting[f"w_{k}"] > 0 for k in modes],
            "q": (setting["mu_q"], setting["sigma_q"]),
            "guesses": guesses,
            "optima": optima,
            "minima": minima[1:],
        }
        return Frame(values, data, notes)

    def layout(figure):
        densities, places = figure.subplots(1, 2, width_ratios=(3, 2))
        figure.subplots_adjust(0.065, 0.145, 0.985, 0.91, wspace=0.17)
        label_axes(densities, x="x", y="density", xlim=(-edge, edge), ylim=(0, ceiling))
        add_key(densities, {"p": "p", "q": "q", "gain": "forward", "sum": "reverse"})
        label_axes(places, x="μ", y="σ", xlim=(-edge, edge), ylim=(0, 5.5))
        places.set_xticks(range(-8, 9, 2))
        key = {"mode": _marker("mode"), "q": _marker("your q")}
        add_key(places, key | {"optimum": _marker("forward"), "guess": _marker("forward guess")})
        return densities, places

    def draw(axes, p, points, present, q, guesses, optima, minima):
        densities, places = axes
        plot_density(densities, x, p, "p")
        for who, best in zip(("gain", "sum"), optima or [None, None], strict=True):
            height = np.full(len(x), np.nan) if best is None else normal_pdf(x, *best)
            plot_curve(densities, x, height, who)
        plot_density(densities, x, normal_pdf(x, *q), "q")
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
        for label, where in known.items():
            mu, sigma = np.reshape(where, (-1, 2)).T
            plot_line(places, mu, sigma, label, **_marker(label))
        for k, (mu, sigma), name in zip(modes, points, _names(points), strict=True):
            plot_text(places, mu, sigma + 0.25, name, f"number {k}", ha="center")

    def peak(k):
        """The height of p over the centre of a mode: it moves the mode, and its weight."""

        def place(setting):
            mu = setting[f"mu_{k}"]
            return mu, float(mixture(setting).pdf(np.array([mu]))[0])

        def move(setting, x, y):
            others = [i for i in modes if i != k]
            parts = [
                (setting[f"w_{i}"], setting[f"mu_{i}"] - x, setting[f"sigma_{i}"]) for i in others
            ]
            rest = sum(w * normal_pdf(off, 0, sigma) for w, off, sigma in parts)
            whole = sum(w for w, *_ in parts)
            own = normal_pdf(0, 0, setting[f"sigma_{k}"])
            # (w·own + rest) / (w + whole) = y, solved for the weight w
            w = (y * whole - rest) / (own - y) if own > y else 10
            return {f"mu_{k}": x, f"w_{k}": w}

        return Handle(f"mode {k}, peak", itemgetter(0), place, move, "p")

    def spot(k):
        """A mode in the plane of μ and σ."""
        mu, sigma = f"mu_{k}", f"sigma_{k}"
        return Handle(
            f"mode {k}, place",
            itemgetter(1),
            lambda setting: (setting[mu], setting[sigma]),
            lambda _, x, y: {mu: x, sigma: y},
            "p",
            drawn=True,
        )

    start = dealt(1)

    def mode(k):
        yield Slider(f"mu_{k}", f"μ, mode {k}", start[f"mu_{k}"], -5, 5, 0.1, who="p")
        yield Slider(f"sigma_{k}", f"σ, mode {k}", start[f"sigma_{k}"], 0.4, 1.5, 0.05, who="p")
        least = 1 if k <= 2 else 0  # two modes at least
        yield Slider(f"w_{k}", f"weight {k}", start[f"w_{k}"], least, 10, 1, who="p", whole=True)

    at_q = {"mu": (0.0, -5, 5, 0.05), "sigma": (1.0, 0.4, 5.2, 0.05)}

    def state(name, low, high, at):
        whole = {"whole": True, "handle": False, "shown": False}
        return Slider(name, name, at, low, high, 1, **whole)

    scene = Scene(
        "catch_the_modes",
        "A density p of two to four modes and your normal q; beside it the means and standard "
        "deviations of the modes, of q, and after two guesses of the best q in either direction.",
        [
            *(slider for k in modes for slider in mode(k)),
            Slider("mu_q", "μ of q", *at_q["mu"], who="q"),
            Slider("sigma_q", "σ of q", *at_q["sigma"], who="q"),
            state("round", 1, rounds, 1),
            state("guesses", 0, len(directions), 0),
            *(
                Slider(f"{who}_{name}", f"{who} {name}", *ends, handle=False, shown=False)
                for who in directions
                for name, ends in at_q.items()
            ),
        ],
        compute,
        layout,
        draw,
        actions={
            "Commit guess": commit,
            "Guess again": lambda setting: {"guesses": 0},
            "Next round": next_round,
        },
        handles=[
            *(peak(k) for k in modes),
            *normal_handles(itemgetter(0), "q"),
            *(spot(k) for k in modes),
            Handle(
                "q, place",
                itemgetter(1),
                lambda setting: (setting["mu_q"], setting["sigma_q"]),
                lambda _, x, y: {"mu_q": x, "sigma_q": y},
                "q",
                drawn=True,
            ),
        ],
        note_lines=4,
        columns=3,
        height=276,
    )
    return Explorer(scene)


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


def _both_sides(mu, sigma, *_):
    return [(mu, sigma), (-mu, sigma)]


def _place_of(mu, sigma):
    return f"μ = {mu:.3f}, σ = {sigma:.3f}".replace("-", "−")


def _place(mu, sigma, *_):
    return f"μ = {f'±{mu:.3f}' if mu else '0'}, σ = {sigma:.3f}"
