"""The explorers of notebook 01: a sum over outcomes, and an integral."""

import math
from operator import itemgetter

import numpy as np
from scipy.special import rel_entr

from kl_course.engine import as_explorer
from kl_course.explorers._shared import (
    BACKWARD,
    BITS,
    FORWARD,
    SWAP_NORMALS,
    cut_note,
    draw_bars,
    height_of,
    layout_bars,
    normal_handles,
    normal_sliders,
    outside_note,
    seed_box,
    weight_handles,
    weight_sliders,
    weight_values,
)
from kl_course.models import definitions as model
from kl_course.models._shared import normal_pdf, values_of
from kl_course.plots import (
    COLORS,
    add_key,
    is_narrow,
    label_axes,
    lay_out_panels,
    plot_bars,
    plot_density,
    plot_line,
    plot_signed_area,
    plot_text,
)
from kl_course.scene import Frame, Handle, Scene, Slider
from kl_helpers.distributions import kl_normal
from kl_helpers.divergences import kl_divergence


@as_explorer
def explore_pmf_pair():
    """Two distributions over three outcomes, and what each outcome adds to the divergence.

    The sliders are weights; the picture shows each divided by their sum.

    Returns
    -------
    Explorer
        Controls ``p_sun``, ``q_sun``, ``p_cloud``, ``q_cloud``, ``p_rain``, ``q_rain``.
    """
    outcomes = ("sun", "cloud", "rain")
    ceiling, floor = 3.6, -0.7  # nats; a term is at most log 21 = 3.04 and at least -1/e

    def compute(**weights):
        p, q = (values_of(weights, who, outcomes) for who in "pq")
        p, q = p / p.sum(), q / q.sum()
        values = {
            FORWARD: kl_divergence(p, q),
            BITS: kl_divergence(p, q, base=2),
            BACKWARD: kl_divergence(q, p),
        }
        return Frame(values, {"p": p, "q": q, "terms": rel_entr(p, q)})

    def layout(figure):
        narrow = is_narrow(figure)  # lower panels: room for the numbers above and below bars
        bars, terms = lay_out_panels(
            figure,
            2,
            wide=(0.07, 0.09, 0.98, 0.88, 0.2),
            narrow=(0.145, 0.06, 0.98, 0.935, 0.36),
            heights=(1, 1.1),
        )
        layout_bars(bars, outcomes, y="probability", ylim=(0, 1.2 if narrow else 1.1))
        add_key(bars, {"p": "p", "q": "q"}, filled=True)
        title = "p · log(p/q), outcome by outcome"
        layout_bars(terms, outcomes, y="nats", title=title, ylim=(floor - 0.2 * narrow, ceiling))
        terms.axhline(0, color=COLORS["ink"], linewidth=0.8)
        return bars, terms

    def draw(axes, p, q, terms):
        for who, pmf in (("p", p), ("q", q)):
            draw_bars(axes[0], who, pmf, [f"{mass:.2f}" for mass in pmf])
        left = np.arange(len(terms)) - 0.25
        plot_bars(axes[1], left, 0, 0.5, np.clip(terms, 0, ceiling), "gain")
        plot_bars(axes[1], left, 0, 0.5, np.minimum(terms, 0), "loss")
        distances = ((0.23, 15), (0.08, 5), (0.3, 14))  # nats, and CSS pixels at least
        below, above, end = (max(nats, height_of(axes[1], px)) for nats, px in distances)
        for i, term in enumerate(terms):
            height = term - below if term < 0 else min(term + above, ceiling - end)
            text = "∞" if math.isinf(term) else f"{term + 0.0:.3f}".replace("-", "−")
            plot_text(axes[1], i, height, text, f"term {i}", ha="center")

    start = {"p": (5, 3, 2), "q": (1, 3, 6)}
    return Scene(
        "pmf_pair",
        "Bars of p and q over sun, cloud and rain, and what each outcome adds to the divergence.",
        sliders=weight_sliders(outcomes, 10, **start),
        compute=compute,
        layout=layout,
        draw=draw,
        units={BITS: "bits"},
        presets={
            "q never rains": {"p_rain": 2, "q_rain": 0},
            "p never rains": {"p_rain": 0, "q_rain": 6},
            "Same": weight_values(outcomes, p=start["p"], q=start["p"]),
        },
        handles=weight_handles(outcomes, p=-0.2, q=0.2),
        swap=[(f"p_{outcome}", f"q_{outcome}") for outcome in outcomes],
        pair=("p_rain", "q_rain"),
        narrow_height=390,
    )


@as_explorer
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
        below = model.area_below(mu_p, sigma_p, mu_q, sigma_q)
        values = {
            "area above 0": nats + below,
            "area below 0": below,
            FORWARD: nats,
            BITS: nats / math.log(2),
        }
        height = model.integrand(x, mu_p, sigma_p, mu_q, sigma_q)
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
        wide, narrow = (0.08, 0.11, 0.98, 0.93, None, 0.3), (0.16, 0.115, 0.98, 0.935, None, 0.32)
        figure.subplots_adjust(*(narrow if is_narrow(figure) else wide))
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

    return Scene(
        "integrand",
        "Two normal densities p and q over x, and below them p·log(p/q) with its areas above and "
        "below 0 shaded.",
        sliders=normal_sliders(mu=(-2, 2, 0.1), sigma=(0.5, 2, 0.05), p=(0, 1), q=(1, 1)),
        compute=compute,
        layout=layout,
        draw=draw,
        units={BITS: "bits"},
        presets={
            "Same": {"mu_p": 0, "sigma_p": 1, "mu_q": 0, "sigma_q": 1},
            "Shifted": {"mu_p": 0, "sigma_p": 1, "mu_q": 1, "sigma_q": 1},
            "Wide q": {"mu_p": 0, "sigma_p": 1, "mu_q": 0, "sigma_q": 2},
        },
        handles=normal_handles(itemgetter(0), "p", "q"),
        swap=SWAP_NORMALS,
        note_lines=2,
        height=400,
        narrow_height=370,
    )


LEAST, MOST = 1e-3, 100  # nats; the ends of the scale of tries


@as_explorer
def explore_draw_q():
    """A game: draw q so that its divergence from p, or that of p from it, hits a target.

    A try is what "Try" was pressed for: its divergence is said then, and not before. The rules
    stand in `kl_course.models.definitions`.

    Returns
    -------
    Explorer
        Controls ``q_sun``, ``q_rain``, ``q_snow`` (weights, as powers of ten), ``target``, ``seed``
        and, set by buttons, ``direction``, ``round``, ``tries``, ``tried_sun``, ….
    """

    def weights(which, **more):
        for name, power in zip(model.SUMMER, (-0.7, -0.19, -0.81), strict=True):
            label = f"{which}: {name}"
            yield Slider(f"{which}_{name}", label, power, model.LOWEST, 0, 0.005, who="q", **more)

    def state(name, label, high):
        return Slider(name, label, 0, 0, high, 1, whole=True, handle=False, shown=False)

    return Scene(
        "draw_q",
        "Bars of p and q over sun, rain and snow, once as they are and once in powers of ten, and "
        "below them a scale of nats with the target and your tries.",
        sliders=[
            *weights("q"),
            Slider("target", "target", 1, options=model.TARGETS),
            seed_box(1),
            state("direction", "direction", 1),
            state("round", "round of the tries", 60_000),
            state("tries", "tries", 999),
            *weights("tried", handle=False, shown=False),
        ],
        compute=compute_game,
        layout=layout_game,
        draw=draw_game,
        actions={"Try": model.attempt, "Other direction": model.turn_round},
        handles=[game_handle(panel, i) for panel in ("bars", "powers") for i in range(3)],
        pair=("q_sun", "q_snow"),
        note_lines=2,
        trail="marks",
        columns=3,
        height=360,
        narrow_height=480,
    )


def compute_game(**setting):
    """The frame of `explore_draw_q`: the divergences are in it only after a try."""
    goal = (FORWARD, BACKWARD)[setting["direction"]]
    values = {f"{goal}, to reach": setting["target"]}
    note, marks = f"Drag the bars of q, then press Try: {goal} is said only then.", []
    if count := model.tries(setting):
        both, ratio = model.tried(setting)
        values |= dict(zip((FORWARD, BACKWARD), both, strict=True))
        marks = [(model.this_round(setting), count, both[setting["direction"]])]
        said = f"{ratio:.1%} of" if ratio < 10 else f"{ratio:.0f} times"
        wrong = "large" if ratio > 1 else "small"
        note = f"Try {count}: {goal} is {said} the target, too {wrong}."
        if model.hit(setting):
            note = f"Try {count} is within 2 %. Resample gives the next p."
    p, q = model.summer_days(setting["seed"]), model.shares(setting, "q")
    data = {
        "p": p,
        "q": q,
        "goal": goal,
        "target": setting["target"],
        "now": (model.this_round(setting), model.tries(setting)),
        "marks": marks,
    }
    return Frame(values, data, [f"{_in_words('p', p)} {_in_words('q', q)}", note])


def layout_game(figure):
    """The axes of `explore_draw_q`: shares, the same in powers of ten, and the scale of nats."""
    rows, heights = [["bars", "powers"], ["scale", "scale"]], (5, 1)
    margins, top = (0.07, 0.12, 0.98, 0.92, 0.2, 0.42), 1.1
    if is_narrow(figure):
        rows, heights = [["bars"], ["powers"], ["scale"]], (4, 4.4, 1)
        margins, top = (0.145, 0.093, 0.96, 0.95, None, 0.46), 1.2
    axes = figure.subplot_mosaic(rows, height_ratios=heights)
    figure.subplots_adjust(*margins)
    layout_bars(axes["bars"], model.SUMMER, y="probability", ylim=(0, top))
    add_key(axes["bars"], {"p": "p", "q": "q"}, filled=True)
    title = "the same in powers of ten"
    layout_bars(axes["powers"], model.SUMMER, title=title, ylim=(model.LOWEST - 0.4, 2.2))
    powers = range(model.LOWEST, 1, 3)
    axes["powers"].set_yticks(powers, [f"$10^{{{power}}}$" if power else "1" for power in powers])
    axes["scale"].set_xscale("log")
    label_axes(axes["scale"], x="nats", xlim=(LEAST, MOST), ylim=(0, 1))
    axes["scale"].set_yticks([])
    ticks = ("0.001", "0.01", "0.1", "1", "10", "100")
    axes["scale"].set_xticks(list(map(float, ticks)), ticks)
    axes["scale"].spines["left"].set_visible(False)
    return axes


def draw_game(axes, p, q, goal, target, now, marks):
    """Draw p and q in both panels, and on the scale the target and the tries of this round."""
    for who, pmf in (("p", p), ("q", q)):
        plain = [f"{mass:.2f}" if mass >= 0.005 else "≈ 0" for mass in pmf]
        draw_bars(axes["bars"], who, pmf, plain, gap=0.065)
        tops, texts = np.log10(pmf), [_two_digits(mass) for mass in pmf]
        draw_bars(axes["powers"], who, tops, texts, bottom=model.LOWEST - 0.4, gap=0.9)
    scale = axes["scale"]
    plot_line(scale, [target, target], [0, 1], "target", color=COLORS["gain"])
    # Of a round that was begun anew, the tries of before are no more: the last of each number.
    number, count = now
    of_round = {i: nats for which, i, nats in marks if which == number and 1 <= i <= count}
    before = [nats for i, nats in of_round.items() if i != count]
    last = [nats for i, nats in of_round.items() if i == count]
    dots = {"marker": "o", "linestyle": "none", "markersize": 8, "clip_on": False}
    dots |= {"markerfacecolor": "white", "markeredgecolor": COLORS["ink"]}
    _plot_tries(scale, before, "tries before", dots)
    dots["markerfacecolor"] = COLORS["ink"]
    _plot_tries(scale, last, "last try", dots)
    words = f"your tries of {goal}, and the target"
    plot_text(scale, LEAST, 1.05, words, "what the scale shows", ha="left")


def _plot_tries(scale, nats, gid, dots):
    plot_line(scale, np.clip(nats, LEAST, MOST), np.full(len(nats), 0.35), gid, **dots)


def game_handle(panel, i):
    """The top of a bar of q: the other two share what it leaves them, as they did before."""

    def place(setting):
        share = model.shares(setting, "q")[i]
        return i + 0.2, share if panel == "bars" else math.log10(share)

    def move(setting, x, y):
        share = y if panel == "bars" else 10.0 ** min(y, 0)
        powers = np.log10(model.with_share(model.shares(setting, "q"), i, share))
        names = (f"q_{name}" for name in model.SUMMER)
        return dict(zip(names, powers.tolist(), strict=True))

    return Handle(f"q_{model.SUMMER[i]} {panel}", itemgetter(panel), place, move, "q")


def _in_words(who, pmf):
    parts = (f"{name} {share:.3g}" for name, share in zip(model.SUMMER, pmf, strict=True))
    return f"{who}: {', '.join(parts)}.".replace("e-", "e−")


def _two_digits(share):
    text = f"{share:.2g}" if share >= 0.01 else f"{share:.0e}".replace("e-0", "e-")
    return text.replace("-", "−")
