"""The explorers of notebook 09: leads that grow, two errors that shrink, and chance under p = q."""

import math
from operator import itemgetter

import numpy as np
from scipy.special import betainc, chdtri, xlogy

from kl_course.engine import Explorer
from kl_course.explorers._shared import BACKWARD, FORWARD, cut_note, seed_box
from kl_course.models.evidence import (
    MOST_ROLLS,
    chernoff,
    count_late,
    lead,
    log_binomial,
    log_errors,
    moments_of_lead,
    rolls_against_fair,
)
from kl_course.plots import (
    COLORS,
    add_key,
    label_axes,
    plot_band,
    plot_curve,
    plot_histogram,
    plot_line,
)
from kl_course.scene import Frame, Handle, Scene, Slider, format_number
from kl_helpers.distributions import kl_bernoulli
from kl_helpers.divergences import kl_divergence

TRAINS, LINES = 120, 20  # the longest path, and how many
TESTED = 200  # trains at most that a test has
SURE = math.log(100)
_INK = {"color": COLORS["ink"]}
_DOTTED = _INK | {"linestyle": ":", "linewidth": 1.2}


def explore_leads():
    """Twenty paths of the log-likelihood ratio against the line n·D, and where they are after n.

    Returns
    -------
    Explorer
        Controls ``p``, ``q`` (probabilities of a late train), ``n``, ``seed``.
    """
    low, high = -18.0, 25.0  # nats
    beyond = 2 * high  # where a path goes that is infinite
    trains = np.arange(TRAINS + 1)
    mean, spread = "mean lead, n·D", "sd of the lead"
    behind, at_line = "chance that p is behind", "n·D is 100 : 1 after"

    def compute(p, q, n, seed):
        counts = count_late(p, TRAINS, seed, LINES)[:, : n + 1]
        leads = lead(counts, trains[: n + 1], p, q)
        drift, sd = moments_of_lead(p, q)
        places = lead(trains[: n + 1], n, p, q)
        chances = {who: np.exp(log_binomial(n, share)) for who, share in (("p", p), ("q", q))}
        sure = leads >= SURE - 1e-9
        arrived = sure.any(axis=1)
        values = {
            FORWARD: drift,
            BACKWARD: float(kl_bernoulli(q, p)),
            mean: n * drift,
            spread: math.sqrt(n) * sd,
            behind: float(chances["p"][places < -1e-9].sum()),
            at_line: SURE / drift if drift else math.inf,
        }
        gone, above = np.isinf(leads[:, -1]).sum(), (leads[:, -1] > high).sum()
        notes = [
            f"{arrived.sum()} of {LINES} paths have been at 100 : 1.",
            f"{gone} of {LINES} are at ∞: they met what q calls impossible." if gone else "",
            f"{above - gone} of {LINES} end above the picture." if above > gone else "",
            _below_note(-n * values[BACKWARD], low),
        ]
        first = sure.argmax(axis=1)[arrived]
        data = {
            "leads": np.minimum(leads, beyond),
            "line": (n, drift, sd),
            "first": (first, np.minimum(leads[arrived, first], beyond)),
            "places": places,
            "chances": chances,
        }
        return Frame(values, data, notes)

    def layout(figure):
        paths, now = figure.subplots(1, 2, width_ratios=(3, 1), sharey=True)
        figure.subplots_adjust(0.065, 0.13, 0.925, 0.92, wspace=0.06)
        label_axes(paths, x="trains", y="lead of p, in nats", xlim=(0, TRAINS), ylim=(low, high))
        for sign, odds in ((1, "100 : 1"), (-1, "1 : 100")):
            paths.axhline(sign * SURE, **_DOTTED)
            now.axhline(sign * SURE, **_DOTTED)
            now.text(1.19, sign * SURE, odds, va="center", **_INK)
        paths.axhline(0, linewidth=0.8, **_INK)
        now.axhline(0, linewidth=0.8, **_INK)
        dot = {"marker": "o", "markersize": 5, "linestyle": "none", **_INK}
        band = {"color": COLORS["gain"], "linewidth": 2.5}
        key = {
            "20 paths": {"color": COLORS["p"], "linewidth": 1},
            "n·D ± 2 sd": band,
            "first at 100 : 1": dot,
        }
        add_key(paths, key)
        label_axes(now, x="chance after n", xlim=(0, 1.15))
        now.set_xticks([])
        add_key(now, {"p": "p true", "q": "q true"})
        return paths, now

    def draw(axes, leads, line, first, places, chances):
        paths, now = axes
        n, drift, sd = line
        x = np.linspace(0, n, 41)
        if math.isinf(drift):
            middle, half, x = np.linspace(0, beyond, 41), 0.0, np.zeros(41)
        else:
            middle, half = drift * x, 2 * sd * np.sqrt(x)
        plot_band(paths, x, middle - half, middle + half, "band")
        steps = np.append(np.arange(n + 1), np.nan)
        thin = {"color": COLORS["p"], "linewidth": 0.9, "alpha": 0.75}
        all_x = np.tile(steps, LINES)
        all_y = np.pad(leads, [(0, 0), (0, 1)], constant_values=np.nan).ravel()
        plot_line(paths, all_x, all_y, "paths", **thin)
        style = {"color": COLORS["gain"], "linewidth": 2.5}
        plot_line(paths, x, middle, "line", **style)
        dots = {"marker": "o", "markersize": 5, "linestyle": "none", "zorder": 3, **_INK}
        plot_line(paths, *first, "first", **dots)
        plot_line(paths, [n, n], [low, high], "now", color="#888888", linewidth=1)
        for who, chance in chances.items():
            plot_curve(now, *_hump(chance, places), who)

    scene = Scene(
        "leads",
        "Twenty jagged paths of the lead of p over q against the number of trains, with the line "
        "n·D and a band of two standard deviations; the distribution of the lead after n trains, "
        "if p is true and if q is true.",
        [
            Slider("p", "p: late", 0.3, 0, 1, 0.01, who="p"),
            Slider("q", "q: late", 0.1, 0, 1, 0.01, who="q"),
            Slider("n", "n, trains", 60, 1, TRAINS, 1, whole=True),
            seed_box(1),
        ],
        compute,
        layout,
        draw,
        units={
            FORWARD: "nats a train",
            BACKWARD: "nats a train",
            behind: "",
            at_line: "trains",
        },
        presets={
            "Near": {"p": 0.3, "q": 0.25},
            "p = q": {"p": 0.3, "q": 0.3},
            "q: never late": {"p": 0.1, "q": 0.0},
            "p: never late": {"p": 0.0, "q": 0.1},
        },
        handles=[
            Handle(
                "n",
                itemgetter(0),
                lambda setting: (setting["n"], low + 1.5),
                lambda _, x, y: {"n": x},
            )
        ],
        swap=[("p", "q")],
        rows=(2, 2, 2),
        note_lines=2,
        height=360,
    )
    return Explorer(scene)


def _hump(chance, places):
    """Scaled to a height of 1; what is infinite leaves a bar for each lead that is not."""
    finite = np.isfinite(places)
    if finite.all():
        return chance / chance.max(), places
    x = np.outer(chance[finite], [0, 1, np.nan]).ravel()
    return x, np.repeat(places[finite], 3)


def _below_note(mean, low):
    if mean >= low:
        return ""
    return f"If q is true the mean is {format_number(mean)} nats, below the picture."


def explore_errors():
    """A threshold between q and p, the two errors it makes, and how fast they fall with n.

    Returns
    -------
    Explorer
        Controls ``p``, ``q``, ``t`` (share of late trains from which on p is said), ``n``.
    """
    floor = -12  # decades
    trains = np.arange(1, TESTED + 1)
    miss, alarm = "misses", "false alarms"
    miss_rate, alarm_rate = "misses fall by", "false alarms fall by"
    information, stein = "Chernoff information", FORWARD
    decade = math.log(10)

    def compute(p, q, t, n):
        # p < q is the same with "on time" in place of "late"
        turned = p < q
        a, b, at = (1 - p, 1 - q, 1 - t) if turned else (p, q, t)
        least = np.ceil(trains * at - 1e-9)
        curves = {
            "p": 1 - betainc(least, trains - least + 1, a),
            "q": betainc(least, trains - least + 1, b),
        }
        logs = log_errors(n, int(least[n - 1]), a, b)
        rates = [float(kl_bernoulli(at, a)) * (at < a), float(kl_bernoulli(at, b)) * (at > b)]
        _, best = chernoff(p, q)
        values = {
            miss: math.exp(logs[0]),
            alarm: math.exp(logs[1]),
            miss_rate: rates[0],
            alarm_rate: rates[1],
            information: best,
            stein: float(kl_bernoulli(p, q)),
        }
        first = n - int(least[n - 1]) if turned else int(least[n - 1])
        notes = [
            f"Says p if at {'most' if turned else 'least'} {first} of {n} trains are late.",
            "" if min(p, q) < t < max(p, q) else _one_sided_note(at, a, b),
        ]
        data = {
            "chances": (np.exp(log_binomial(n, p)), np.exp(log_binomial(n, q))),
            "cut": (first + 0.5 if turned else first - 0.5, turned),
            "curves": curves,
            "rates": rates,
            "here": logs,
        }
        return Frame(values, data, notes)

    def layout(figure):
        counts, errors = figure.subplots(1, 2)
        figure.subplots_adjust(0.05, 0.14, 0.985, 0.92, wspace=0.17)
        label_axes(counts, x="share of late trains", y="chance", xlim=(0, 1), ylim=(0, 1.08))
        counts.set_yticks([])
        add_key(counts, {"p": "p true, misses filled", "q": "q true, false alarms filled"})
        label_axes(errors, x="trains", xlim=(0, TESTED), ylim=(floor, 0.3))
        errors.set_yticks(range(floor, 1, 2), [f"$10^{{{k}}}$" for k in range(floor, 1, 2)])
        key = {
            "misses": {"color": COLORS["p"]},
            "false alarms": {"color": COLORS["q"], "linestyle": "--"},
            "bound of each": _DOTTED,
        }
        add_key(errors, key)
        return counts, errors

    def draw(axes, chances, cut, curves, rates, here):
        counts, errors = axes
        n = len(chances[0]) - 1
        edges = (np.arange(n + 2) - 0.5) / n
        tallest = max(chance.max() for chance in chances)
        k = np.arange(n + 1)
        at, turned = cut
        wrong = (k < at, k > at) if not turned else (k > at, k < at)
        for who, chance, there in zip("pq", chances, wrong, strict=True):
            height = chance / tallest
            plot_histogram(counts, edges, np.where(there, height, 0), who)
            outline = np.repeat(edges, 2)[1:-1], np.repeat(height, 2)
            plot_curve(counts, *outline, who)
        plot_line(counts, [at / n, at / n], [0, 1.08], "threshold", linewidth=1.4, **_INK)
        for who, curve in curves.items():
            height = np.log10(np.maximum(curve, 1e-40))
            plot_curve(errors, trains, height, who)
        for who, rate in zip("pq", rates, strict=True):
            bound = {"color": COLORS[who], "linestyle": ":", "linewidth": 1.6, "zorder": 3}
            plot_line(errors, [0, TESTED], [0, -TESTED * rate / decade], f"{who} bound", **bound)
        dots = {"marker": "o", "markersize": 6, "linestyle": "none", "zorder": 4, **_INK}
        heights = [max(log / decade, 2 * floor) for log in here]
        plot_line(errors, [n, n], heights, "here", **dots)

    scene = Scene(
        "errors",
        "The chances of each share of late trains under p and under q with a threshold between "
        "them; both errors against the number of trains on a logarithmic scale, with their bounds.",
        [
            Slider("p", "p: late", 0.3, 0.01, 0.99, 0.01, who="p"),
            Slider("q", "q: late", 0.1, 0.01, 0.99, 0.01, who="q"),
            Slider("t", "threshold t", 0.2, 0.01, 0.99, 0.01),
            Slider("n", "n, trains", 60, 1, TESTED, 1, whole=True),
        ],
        compute,
        layout,
        draw,
        units={
            miss: "",
            alarm: "",
            miss_rate: "nats a train",
            alarm_rate: "nats a train",
            information: "nats a train",
            stein: "nats a train",
        },
        presets={"t near q": {"t": 0.11}, "t near p": {"t": 0.29}},
        pair=("t", "n"),
        handles=[
            Handle(
                "t",
                itemgetter(0),
                lambda setting: (setting["t"], 0.95),
                lambda _, x, y: {"t": x},
            )
        ],
        rows=(2, 2, 2),
        note_lines=2,
        height=330,
    )
    return Explorer(scene)


def _one_sided_note(at, a, b):
    if a == b:
        return "p and q are the same: no threshold tells them apart."
    if at >= a:
        return "t is not between q and p: misses do not die out."
    return "t is not between q and p: false alarms do not die out."


def explore_chance():
    """2n·D̂ of a thousand samples from a die, fair or loaded, against chi-squared.

    Returns
    -------
    Explorer
        Controls ``n`` (rolls), ``k`` (faces), ``load``, ``seed``.
    """
    right, top, level, repeats = 50.0, 0.3, 0.05, 1000
    edges = np.linspace(0, right, 51)
    x = np.linspace(0, right, 241)
    mean, expected = "mean of 2n·D̂", "k − 1 + 2n·D"
    limit, over = "threshold", "samples over it"

    def compute(n, k, load, seed):
        found = rolls_against_fair(n, k, load, seed, repeats)
        fair = np.full(k, 1 / k)
        die = (1 - load) * fair + load * (np.arange(k) == k - 1)
        truth = float(kl_divergence(die, fair))
        threshold = float(chdtri(k - 1, level))
        values = {
            f"{FORWARD}, exact": truth,
            mean: float(found.mean()),
            expected: k - 1 + 2 * n * truth,
            limit: threshold,
            over: float((found > threshold).mean()),
        }
        shares = np.histogram(found, edges)[0] / repeats
        outside = (found > right).mean()
        notes = [
            cut_note("A bar", float(shares.max()), top, "per nat"),
            f"{outside:.0%} of the samples lie right of the picture." if outside else "",
        ]
        return Frame(values, {"shares": shares, "df": k - 1, "threshold": threshold}, notes)

    def layout(figure):
        ax = figure.subplots()
        figure.subplots_adjust(0.065, 0.15, 0.985, 0.92)
        label_axes(
            ax, x="2n·D̂, in nats", y="share of samples, per nat", xlim=(0, right), ylim=(0, top)
        )
        key = {
            "1000 samples": {"color": COLORS["p"], "alpha": 0.35, "linewidth": 6},
            "χ², k − 1 degrees of freedom": {"color": COLORS["sum"], "linestyle": "-."},
            "5 % threshold": {"color": COLORS["ink"], "linewidth": 1.4},
        }
        add_key(ax, key)
        return ax

    def draw(ax, shares, df, threshold):
        plot_histogram(ax, edges, shares, "p")
        plot_curve(ax, x, np.minimum(_chi2_density(x, df), 10.0), "sum")
        plot_line(ax, [threshold, threshold], [0, top], "threshold", linewidth=1.4, **_INK)

    scene = Scene(
        "chance",
        "A histogram of 2n·D̂ over a thousand samples, the density of chi-squared with k − 1 "
        "degrees of freedom, and the threshold that it exceeds in 5 % of the cases.",
        [
            Slider("n", "n, rolls", 60, options=(6, 12, 20, 30, 60, 100, MOST_ROLLS)),
            Slider("k", "k, faces", 6, 2, 20, 1, whole=True),
            Slider("load", "load", 0.0, 0, 0.3, 0.01, who="p"),
            seed_box(0),
        ],
        compute,
        layout,
        draw,
        units={over: ""},
        rows=(1, 2, 2),
        presets={"Fair": {"load": 0.0}, "Loaded": {"load": 0.15}},
        height=300,
    )
    return Explorer(scene)


def _chi2_density(x, df):
    log_scale = df / 2 * math.log(2) + math.lgamma(df / 2)
    x = np.maximum(x, 1e-3)  # with one degree of freedom it is infinite at 0
    return np.exp(xlogy(df / 2 - 1, x) - x / 2 - log_scale)
