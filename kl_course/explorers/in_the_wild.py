"""The explorers of notebook 11: an evidence bound, a policy tilted by a reward, drift in bins."""

from operator import itemgetter

import numpy as np

from kl_course.engine import as_explorer
from kl_course.explorers._shared import (
    BACKWARD,
    FORWARD,
    cut_note,
    normal_handles,
    outside_note,
    seed_box,
)
from kl_course.models._shared import normal_pdf
from kl_course.models.in_the_wild import (
    CHANCE,
    REFERENCE,
    REWARD,
    WORDS,
    bound,
    budget,
    drift,
    posterior,
    tilt,
)
from kl_course.plots import (
    COLORS,
    add_key,
    is_narrow,
    label_axes,
    lay_out_panels,
    plot_bars,
    plot_curve,
    plot_density,
    plot_histogram,
    plot_line,
)
from kl_course.scene import Frame, Scene, Slider

_GREY = "#777777"
_DOT = {"color": COLORS["ink"], "marker": "o", "markersize": 8, "linestyle": "none"}


@as_explorer
def explore_bound():
    """A normal q for what lies behind one reading: what you minimise, and what it consists of.

    Returns
    -------
    Explorer
        Controls ``mu_q``, ``sigma_q``, ``s``.
    """
    x, peak, top = np.linspace(-4, 5, 451), 1.3, 8.0
    names = ("E[−log p(x|z)]", "D(q‖prior)", "−log p(x)", "D(q‖posterior)")

    def compute(mu_q, sigma_q, s):
        parts = bound(mu_q, sigma_q, s)
        values = dict(zip(names[:2], parts[:2], strict=True))
        values["−ELBO"] = parts.surprise + parts.gap
        values |= dict(zip(names[2:], parts[2:], strict=True))
        mu, sigma = posterior(s)
        data = {
            "p": normal_pdf(x, mu, sigma),
            "q": normal_pdf(x, mu_q, sigma_q),
            "parts": np.diff(np.minimum([0, *np.cumsum(parts[:2])], top)).tolist()
            + np.diff(np.minimum([0, *np.cumsum(parts[2:])], top)).tolist(),
        }
        notes = [
            f"Posterior: μ = {mu:.3f}, σ = {sigma:.3f}.",
            cut_note("−ELBO", values["−ELBO"], top, "nats"),
            cut_note("q", normal_pdf(0, 0, sigma_q), peak, "in density"),
            outside_note("q", x, mu_q, sigma_q),
        ]
        return Frame(values, data, notes)

    def layout(figure):
        margins = 0.12, 0.12, 0.985, 0.92, None, 0.62
        if is_narrow(figure):
            margins = 0.255, 0.12, 0.98, 0.935, None, 0.75
        axes = figure.subplots(2, 1, height_ratios=(1.7, 1))
        figure.subplots_adjust(*margins)
        label_axes(axes[0], x="z", y="density", xlim=(-4, 5), ylim=(0, peak))
        prior = {"color": _GREY, "linestyle": ":", "linewidth": 1.6}
        add_key(axes[0], {"prior": prior, "p": "posterior", "q": "your q"})
        axes[0].plot(x, normal_pdf(x, 0, 1), **prior)
        label_axes(axes[1], x="nats", xlim=(0, top), ylim=(0, 2))
        axes[1].set_yticks([1.5, 0.5], ["you minimise", "it consists of"])
        axes[1].tick_params(left=False)
        parts = dict(zip(("loss", "q", "p", "gain"), names, strict=True))
        add_key(axes[1], parts, filled=True, most=2)
        return axes

    def draw(axes, p, q, parts):
        plot_density(axes[0], x, p, "p")
        plot_density(axes[0], x, q, "q")
        for row, left, right in ((1.15, "loss", "q"), (0.15, "p", "gain")):
            first, second = parts[:2] if row > 1 else parts[2:]
            plot_bars(axes[1], 0, row, first, 0.7, left)
            plot_bars(axes[1], first, row, second, 0.7, right)

    return Scene(
        "bound",
        "Prior, posterior and your q over z; the minimised sum as reconstruction plus D(q‖prior), "
        "and as surprise at the reading plus D(q‖posterior).",
        sliders=[
            Slider("mu_q", "μ of q", -1.0, -2, 3, 0.05, who="q"),
            Slider("sigma_q", "σ of q", 1.5, 0.1, 2, 0.05, who="q"),
            Slider("s", "noise s", 1.0, 0.5, 5, 0.1),
        ],
        compute=compute,
        layout=layout,
        draw=draw,
        presets={"q = prior": {"mu_q": 0, "sigma_q": 1}, "Loud noise": {"s": 5}},
        handles=normal_handles(itemgetter(0), "q"),
        rows=(3, 2),
        note_lines=3,
        height=385,
        narrow_height=400,
    )


@as_explorer
def explore_tilt():
    """A policy over five words, tilted by a reward: what it spends in nats and what it gets.

    Returns
    -------
    Explorer
        Controls ``beta`` and ``r_good`` to ``r_superb``.
    """
    betas = np.geomspace(0.02, 200, 240)
    places = np.arange(len(WORDS))
    reward_name, best = "E[r]", 3.0

    def compute(beta, **rewards):
        reward = np.array([rewards[f"r_{word}"] for word in WORDS])
        policy, (nats, gets) = tilt(REFERENCE, reward, beta), budget(REFERENCE, reward, beta)
        values = {reward_name: gets, "D(π‖π₀)": nats, "E[r] − β·D(π‖π₀)": gets - beta * nats}
        data = {
            "policy": policy,
            "here": (nats, gets),
            "frontier": budget(REFERENCE, reward, betas),
        }
        return Frame({name: float(value) for name, value in values.items()}, data)

    def layout(figure):
        wide, narrow = (0.07, 0.14, 0.985, 0.9, 0.2), (0.165, 0.11, 0.98, 0.935, 0.42)
        axes = lay_out_panels(figure, 2, wide=wide, narrow=narrow, ratios=(1.25, 1))
        label_axes(axes[0], y="probability", xlim=(-0.6, 4.6), ylim=(0, 1))
        axes[0].set_xticks(places, WORDS)
        add_key(axes[0], {"p": "policy π", "q": "reference π₀"}, filled=True)
        plot_bars(axes[0], places + 0.02, 0, 0.38, REFERENCE, "q")
        label_axes(axes[1], x="D(π‖π₀), nats", y=reward_name, xlim=(0, 3.2), ylim=(0, best + 0.1))
        frontier = {"color": COLORS["gain"]}
        add_key(axes[1], {"your β": _DOT, "every β": frontier})
        return axes

    def draw(axes, policy, here, frontier):
        plot_bars(axes[0], places - 0.4, 0, 0.38, policy, "p")
        plot_curve(axes[1], *frontier, "gain")
        plot_line(axes[1], [here[0]], [here[1]], "here", clip_on=False, zorder=5, **_DOT)

    return Scene(
        "tilt",
        "Five words with their probability under the reference and under the tilted policy; the "
        "reward that a policy gets over the nats that it spends.",
        sliders=[
            Slider("beta", "β", 1.0, options=(0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 4.0)),
            *(
                Slider(f"r_{word}", f"r of {word}", float(reward), 0, best, 0.1, digits=1)
                for word, reward in zip(WORDS, REWARD, strict=True)
            ),
        ],
        compute=compute,
        layout=layout,
        draw=draw,
        units={reward_name: "of reward", "E[r] − β·D(π‖π₀)": "of reward"},
        presets={
            "No reward": {f"r_{word}": 0 for word in WORDS},
            "A reward for good": {f"r_{word}": 2 * (word == "good") for word in WORDS},
        },
        pair=("beta", "r_great"),
        note_lines=0,
        narrow_height=400,
    )


BINS, SIZES = tuple(CHANCE), tuple(CHANCE[10])  # bins, birds
LOW, HIGH = 0.003, 4.0  # nats; the ends of the axis of PSI
MOST = 0.5  # the largest share of the birds that the axis of shares shows
_EXACT = {"color": COLORS["q"], "linestyle": "--"}


def compute_drift(share, n, bins, seed):
    """Both directions of D, PSI with its exact value, and what chance alone gives."""
    seen, chance = drift(share, n, bins, seed), CHANCE[bins][n]
    values = {
        FORWARD: seen.forward,
        BACKWARD: seen.backward,
        "PSI": seen.psi,
        "PSI, exact": seen.exact,
        "chance, half": chance.half,
        "chance, 95 %": chance.limit,
    }
    empty, reach = int((seen.new == 0).sum()), seen.new.max()
    often = f"{100 * chance.empty:.0f} % of samples without drift" if chance.empty > 0.005 else ""
    alone = f"{often} have an empty bin, and a PSI of ∞." if often else ""
    infinite = "So D(q‖p) and PSI are ∞" + (f", as in {often}." if often else ".")
    over = f"{100 * reach:.0f} % of the new birds are in one bin, more than the picture shows."
    notes = [
        f"2n·D(p‖q) = {2 * n * seen.forward:.1f}; without drift 5 % of samples exceed"
        f" {chance.test:.1f}.",
        f"Empty bins of p: {empty}. {infinite}" if empty else alone,
        cut_note("PSI", seen.psi, 0.8 * HIGH, "nats") if np.isfinite(seen.psi) else "",
        f"PSI lies below the picture: {seen.psi:.4f} nats." if seen.psi < LOW else "",
        over if reach > MOST else "",
    ]
    psi = np.clip([seen.psi, seen.exact], LOW, 0.8 * HIGH)
    return Frame(values, {"seen": seen, "bins": bins, "n": n, "psi": psi}, notes)


def lay_out_drift(figure):
    """Axes for the shares of the birds in the bins, and for PSI over the number of birds."""
    wide, narrow = (0.07, 0.14, 0.985, 0.9, 0.22), (0.16, 0.1, 0.97, 0.94, 0.5)
    axes = lay_out_panels(figure, 2, wide=wide, narrow=narrow, ratios=(1.25, 1))
    label_axes(axes[0], x="bin of bill length", y="share of the birds", ylim=(0, MOST))
    axes[0].set(xlim=(0, 1), xticks=[0.05, 0.95], xticklabels=["shortest", "longest"])
    add_key(axes[0], {"new birds p": {"color": "#A6CBE0", "linewidth": 8}, "q": "Adelies q"})
    label_axes(axes[1], x="new birds n", y="PSI, nats")
    axes[1].set(xscale="log", yscale="log", xlim=(15, 2600), ylim=(LOW, HIGH))
    axes[1].set_xticks(SIZES, SIZES, minor=False)
    axes[1].set_xticks([], minor=True)
    axes[1].set_yticks([0.01, 0.1, 0.25, 1], ["0.01", "0.1", "0.25", "1"])
    axes[1].set_yticks([], minor=True)
    add_key(axes[1], {"PSI": _DOT, "exact": _EXACT, "gain": "half", "sum": "95 %"})
    for rule in (0.1, 0.25):
        axes[1].axhline(rule, color=_GREY, linestyle=":", linewidth=1)
    return axes


def draw_drift(axes, seen, bins, n, psi):
    """Draw the shares in bins, the PSI found and the exact one, and those of chance over n."""
    edges, ends = np.linspace(0, 1, bins + 1), np.array([15, 2600])
    plot_histogram(axes[0], edges, np.minimum(seen.new, MOST), "p")
    plot_curve(axes[0], np.repeat(edges, 2)[1:-1], np.repeat(seen.old, 2), "q")
    for who, level in (("gain", "half"), ("sum", "limit")):
        line = [(birds, getattr(chance, level)) for birds, chance in CHANCE[bins].items()]
        plot_curve(axes[1], *zip(*[at for at in line if at[1] < HIGH], strict=True), who)
    exact = [psi[1]] * 2 if seen.exact > LOW else []
    plot_line(axes[1], ends[: len(exact)], exact, "exact", **_EXACT)
    plot_line(axes[1], [n], [psi[0]], "psi", clip_on=False, zorder=5, **_DOT)


@as_explorer
def explore_drift():
    """Bill lengths in bins, new birds against the Adelies: PSI beside what chance alone gives.

    Returns
    -------
    Explorer
        Controls ``share``, ``n``, ``bins``, ``seed``.
    """
    return Scene(
        "drift",
        "Shares of new birds and of Adelies in bins of bill length; PSI over the number of new "
        "birds, with what half and 95 % of the samples without drift stay below, as far as that is "
        "finite, and the rules of thumb 0.1 and 0.25.",
        sliders=[
            Slider("share", "Chinstraps", 0.0, 0, 0.3, 0.05, who="p"),
            Slider("n", "new birds n", 50, options=SIZES, digits=0, whole=True),
            Slider("bins", "bins", 10, options=BINS, digits=0, whole=True),
            seed_box(19),
        ],
        compute=compute_drift,
        layout=lay_out_drift,
        draw=draw_drift,
        presets={"No drift": {"share": 0}, "One in five": {"share": 0.2}},
        rows=(3, 3),
        note_lines=3,
        narrow_height=420,
    )
