"""The explorers of notebook 01: a sum over outcomes, and an integral."""

import math

import numpy as np
from scipy.special import rel_entr

from kl_course.engine import Explorer
from kl_course.explorers._shared import (
    BACKWARD,
    BITS,
    FORWARD,
    SWAP_NORMALS,
    cut_note,
    normal_handles,
    normal_sliders,
    outside_note,
    seed_box,
)
from kl_course.models._shared import normal_pdf
from kl_course.models.definitions import area_below, integrand, summer_days
from kl_course.plots import (
    COLORS,
    add_key,
    label_axes,
    plot_bars,
    plot_density,
    plot_line,
    plot_signed_area,
    plot_text,
)
from kl_course.scene import Frame, Handle, Scene, Slider
from kl_helpers.distributions import kl_normal
from kl_helpers.divergences import kl_divergence


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
                plot_text(axes[0], i + shift + 0.18, mass + 0.04, label, f"{who} {i}", ha="center")
        plot_bars(axes[1], place - 0.25, 0, 0.5, np.clip(terms, 0, ceiling), "gain")
        plot_bars(axes[1], place - 0.25, 0, 0.5, np.minimum(terms, 0), "loss")
        for i, term in enumerate(terms):
            height = term - 0.23 if term < 0 else min(term + 0.08, ceiling - 0.3)
            text = "∞" if math.isinf(term) else f"{term + 0.0:.3f}".replace("-", "−")
            plot_text(axes[1], i, height, text, f"term {i}", ha="center")

    def weight(who, outcome, value):
        # At least 1 for the first outcome: the weights always have a sum to divide by.
        least = 1 if outcome == "sun" else 0
        label = f"{who}: {outcome}"
        return Slider(f"{who}_{outcome}", label, value, least, 10, 1, who=who, whole=True)

    def weights(p, q):
        return {
            f"{who}_{outcome}": weight
            for outcome, *pair in zip(outcomes, p, q, strict=True)
            for who, weight in zip("pq", pair, strict=True)
        }

    def top(who, i):
        names = [f"{who}_{outcome}" for outcome in outcomes]
        others = [name for name in names if name != names[i]]

        def place(setting):
            total = sum(setting[name] for name in names)
            return i + {"p": -0.2, "q": 0.2}[who], setting[names[i]] / total

        def move(setting, x, y):
            # The weight whose share is y, given the others; all the mass where there are none.
            share = min(max(y, 0.0), 0.99)
            return {names[i]: share / (1 - share) * sum(setting[name] for name in others)}

        return Handle(names[i], lambda axes: axes[0], place, move, who)

    start = weights(p=(5, 3, 2), q=(1, 3, 6))
    scene = Scene(
        "pmf_pair",
        "Bars of p and q over sun, cloud and rain, and what each outcome adds to the divergence.",
        [weight(*name.split("_"), value) for name, value in start.items()],
        compute,
        layout,
        draw,
        units={BITS: "bits"},
        presets={
            "q never rains": {"p_rain": 2, "q_rain": 0},
            "p never rains": {"p_rain": 0, "q_rain": 6},
            "Same": weights(p=(5, 3, 2), q=(5, 3, 2)),
        },
        handles=[top(who, i) for who in "pq" for i in range(len(outcomes))],
        swap=[(f"p_{o}", f"q_{o}") for o in outcomes],
        pair=("p_rain", "q_rain"),
    )
    return Explorer(scene)


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
        below = area_below(mu_p, sigma_p, mu_q, sigma_q)
        values = {
            "area above 0": nats + below,
            "area below 0": below,
            FORWARD: nats,
            BITS: nats / math.log(2),
        }
        height = integrand(x, mu_p, sigma_p, mu_q, sigma_q)
        data = {
            "p": normal_pdf(x, mu_p, sigma_p),
            "q": normal_pdf(x, mu_q, sigma_q),
            "height": height,
        }
        notes = [
            cut_note("The integrand", height.max(), high, "nats per unit of x"),
            outside_note("p", x, mu_p, sigma_p),
            outside_note("q", x, mu_q, sigma_q),
        ]
        return Frame(values, data, notes)

    def layout(figure):
        densities, product = figure.subplots(2, 1, sharex=True)
        figure.subplots_adjust(0.08, 0.11, 0.98, 0.93, hspace=0.3)
        label_axes(densities, y="density", xlim=(-6, 6), ylim=(0, 0.85))
        add_key(densities, {"p": "p", "q": "q"})
        label_axes(product, x="x", y="p·log(p/q)", ylim=(low, high))
        add_key(product, {"gain": "area above 0", "loss": "area below 0"}, filled=True)
        product.axhline(0, color=COLORS["ink"], linewidth=0.8)
        return densities, product

    def draw(axes, p, q, height):
        plot_density(axes[0], x, p, "p")
        plot_density(axes[0], x, q, "q")
        plot_signed_area(axes[1], x, height)

    scene = Scene(
        "integrand",
        "Two normal densities p and q over x, and below them p·log(p/q) with its areas above and "
        "below 0 shaded.",
        normal_sliders(mu=(-2, 2, 0.1), sigma=(0.5, 2, 0.05), p=(0, 1), q=(1, 1)),
        compute,
        layout,
        draw,
        units={BITS: "bits"},
        presets={
            "Same": {"mu_p": 0, "sigma_p": 1, "mu_q": 0, "sigma_q": 1},
            "Shifted": {"mu_p": 0, "sigma_p": 1, "mu_q": 1, "sigma_q": 1},
            "Wide q": {"mu_p": 0, "sigma_p": 1, "mu_q": 0, "sigma_q": 2},
        },
        handles=normal_handles(lambda axes: axes[0], "p", "q"),
        swap=SWAP_NORMALS,
        height=400,
    )
    return Explorer(scene)


def explore_draw_q():
    """A game: draw q so that its divergence from p, or that of p from it, hits a target.

    A try is what "Try" was pressed for: its divergence is said then, and not before.

    Returns
    -------
    Explorer
        Controls ``q_sun``, ``q_rain``, ``q_snow`` (weights, as powers of ten), ``target``, ``seed``
        and, set by buttons, ``direction``, ``round``, ``tries``, ``tried_sun``, ….
    """
    outcomes = ("sun", "rain", "snow")
    lowest, least, most = -12, 1e-3, 100  # a power of ten; nats, both ends of the scale of tries
    targets = (0.1, 1, 10)
    place = np.arange(3)

    def shares(setting, which):
        weights = 10.0 ** np.array([setting[f"{which}_{outcome}"] for outcome in outcomes])
        return weights / weights.sum()

    def this_round(setting):
        return 6 * setting["seed"] + 2 * targets.index(setting["target"]) + setting["direction"]

    def tries(setting):
        return setting["tries"] if setting["round"] == this_round(setting) else 0

    def tried(setting):
        """What the last try came to: D(p‖q) and D(q‖p), and the ratio of one to the target."""
        p, q = summer_days(setting["seed"]), shares(setting, "tried")
        both = kl_divergence(p, q), kl_divergence(q, p)
        return both, both[setting["direction"]] / setting["target"]

    def hit(setting):
        return tries(setting) > 0 and abs(tried(setting)[1] - 1) <= 0.02

    def attempt(setting):
        if hit(setting):  # the round is over
            return {}
        now = {f"tried_{outcome}": setting[f"q_{outcome}"] for outcome in outcomes}
        return now | {"round": this_round(setting), "tries": tries(setting) % 999 + 1}

    def in_words(who, pmf):
        parts = (f"{name} {share:.3g}" for name, share in zip(outcomes, pmf, strict=True))
        return f"{who}: {', '.join(parts)}.".replace("e-", "e−")

    def compute(**setting):
        goal = (FORWARD, BACKWARD)[setting["direction"]]
        values = {f"{goal}, to reach": setting["target"]}
        note, marks = f"Drag the bars of q, then press Try: {goal} is said only then.", []
        if count := tries(setting):
            both, ratio = tried(setting)
            values |= dict(zip((FORWARD, BACKWARD), both, strict=True))
            marks = [(this_round(setting), count, both[setting["direction"]])]
            said = f"{ratio:.1%} of" if ratio < 10 else f"{ratio:.0f} times"
            wrong = "large" if ratio > 1 else "small"
            note = f"Try {count}: {goal} is {said} the target, too {wrong}."
            if hit(setting):
                note = f"Try {count} is within 2 %. Resample gives the next p."
        p, q = summer_days(setting["seed"]), shares(setting, "q")
        data = {
            "p": p,
            "q": q,
            "goal": goal,
            "target": setting["target"],
            "now": this_round(setting),
            "marks": marks,
        }
        return Frame(values, data, [f"{in_words('p', p)} {in_words('q', q)}", note])

    def layout(figure):
        axes = figure.subplot_mosaic([["bars", "powers"], ["scale", "scale"]], height_ratios=(5, 1))
        figure.subplots_adjust(0.07, 0.12, 0.98, 0.92, wspace=0.2, hspace=0.42)
        label_axes(axes["bars"], y="probability", xlim=(-0.6, 2.6), ylim=(0, 1.1))
        add_key(axes["bars"], {"p": "p", "q": "q"}, filled=True)
        title = "the same in powers of ten"
        label_axes(axes["powers"], title=title, xlim=(-0.6, 2.6), ylim=(lowest - 0.4, 2.2))
        powers = range(lowest, 1, 3)
        axes["powers"].set_yticks(
            powers, [f"$10^{{{power}}}$" if power else "1" for power in powers]
        )
        for name in ("bars", "powers"):
            axes[name].set_xticks(place, outcomes)
            axes[name].tick_params(axis="x", length=0)
        axes["scale"].set_xscale("log")
        label_axes(axes["scale"], x="nats", xlim=(least, most), ylim=(0, 1))
        axes["scale"].set_yticks([])
        axes["scale"].set_xticks(
            [1e-3, 0.01, 0.1, 1, 10, 100], ["0.001", "0.01", "0.1", "1", "10", "100"]
        )
        axes["scale"].spines["left"].set_visible(False)
        return axes

    def draw(axes, p, q, goal, target, now, marks):
        for who, pmf, shift in (("p", p, -0.38), ("q", q, 0.02)):
            power = np.log10(pmf)
            plot_bars(axes["bars"], place + shift, 0, 0.36, pmf, who)
            plot_bars(axes["powers"], place + shift, lowest - 0.4, 0.36, power - lowest + 0.4, who)
            for i, mass in enumerate(pmf):
                at = i + shift + 0.18
                text = f"{mass:.2f}" if mass >= 0.005 else "≈ 0"
                plot_text(axes["bars"], at, mass + 0.065, text, f"{who} {i}", ha="center")
                text = f"{mass:.2g}" if mass >= 0.01 else f"{mass:.0e}".replace("e-0", "e-")
                text = text.replace("-", "−")
                plot_text(axes["powers"], at, power[i] + 0.9, text, f"{who} {i}", ha="center")
        nats = [each for number, _, each in marks if number == now]
        nats = np.clip(nats, least, most)
        scale = axes["scale"]
        plot_line(scale, [target, target], [0, 1], "target", color=COLORS["gain"])
        style = {"marker": "o", "linestyle": "none", "markersize": 8, "clip_on": False}
        style |= {"markerfacecolor": "white", "markeredgecolor": COLORS["ink"]}
        plot_line(scale, nats[:-1], np.full(len(nats[:-1]), 0.35), "tries before", **style)
        style["markerfacecolor"] = COLORS["ink"]
        plot_line(scale, nats[-1:], np.full(len(nats[-1:]), 0.35), "last try", **style)
        words = f"your tries of {goal}, and the target"
        plot_text(scale, least, 1.05, words, "what the scale shows", ha="left")

    def top(panel, i):
        """The top of a bar of q: the other two share what it leaves them, as they did before."""

        def height(share):
            return share if panel == "bars" else math.log10(share)

        def where(setting):
            return i + 0.2, height(shares(setting, "q")[i])

        def move(setting, x, y):
            share = y if panel == "bars" else 10.0 ** min(y, 0)
            share = min(max(share, 10.0**lowest), 1 - 10.0**lowest)
            new = shares(setting, "q")
            new *= (1 - share) / np.delete(new, i).sum()
            new[i] = share
            names = (f"q_{outcome}" for outcome in outcomes)
            return dict(zip(names, np.log10(new).tolist(), strict=True))

        return Handle(f"q_{outcomes[i]} {panel}", lambda axes: axes[panel], where, move, "q")

    start = {"sun": -0.7, "rain": -0.19, "snow": -0.81}

    def weight(which, outcome, **more):
        label = f"{which}: {outcome}"
        ends = lowest, 0, 0.005
        return Slider(f"{which}_{outcome}", label, start[outcome], *ends, who="q", **more)

    def state(name, label, high):
        return Slider(name, label, 0, 0, high, 1, whole=True, handle=False, shown=False)

    scene = Scene(
        "draw_q",
        "Bars of p and q over sun, rain and snow, once as they are and once in powers of ten, and "
        "below them a scale of nats with the target and your tries.",
        [
            *(weight("q", outcome) for outcome in outcomes),
            Slider("target", "target", 1, options=targets),
            seed_box(1),
            state("direction", "direction", 1),
            state("round", "round of the tries", 60_000),
            state("tries", "tries", 999),
            *(weight("tried", outcome, handle=False, shown=False) for outcome in outcomes),
        ],
        compute,
        layout,
        draw,
        actions={
            "Try": attempt,
            "Other direction": lambda setting: {"direction": 1 - setting["direction"]},
        },
        handles=[top(panel, i) for panel in ("bars", "powers") for i in place],
        pair=("q_sun", "q_snow"),
        note_lines=2,
        trail="marks",
        columns=3,
        height=360,
    )
    return Explorer(scene)
