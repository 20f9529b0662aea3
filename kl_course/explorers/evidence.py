"""The explorers of notebook 09: leads that grow, two errors that shrink, and chance under p = q."""

import itertools
import math
from operator import itemgetter

import numpy as np
from scipy.special import betainc, chdtri, xlogy

from kl_course.engine import as_explorer
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
    is_narrow,
    label_axes,
    lay_out_panels,
    plot_band,
    plot_curve,
    plot_histogram,
    plot_line,
)
from kl_course.scene import NO_ANSWER, Frame, Handle, Scene, Slider, format_number
from kl_helpers.distributions import kl_bernoulli
from kl_helpers.divergences import kl_divergence

TRAINS, LINES = 120, 20  # in a path, and how many paths there are
SURE = math.log(100)  # nats; a lead of 100 : 1
LOW, HIGH = -18.0, 25.0  # nats; both ends of the axis of leads
BEYOND = 2 * HIGH  # nats; where a lead of infinity is drawn, above the picture; none lies farther
TESTED = 200  # trains, the most that a test has
FLOOR, DECADE = -12, math.log(10)  # decades: the end of the axis of errors; nats in one of them
BEHIND, AT_LINE = "chance that p is behind", "n·D is 100 : 1 after"
ERRORS = "misses", "false alarms"
RATES = "misses fall by", "false alarms fall by", "Chernoff information", FORWARD
_INK = {"color": COLORS["ink"]}
_DOTTED = _INK | {"linestyle": ":", "linewidth": 1.2}
_DOTS = _INK | {"marker": "o", "markersize": 5, "linestyle": "none"}
_MIDDLE = {"color": COLORS["gain"], "linewidth": 2.5}


def compute_leads(p, q, n, seed):
    """The paths up to train n, the line n·D and its band, and the chances of every lead after n."""
    trains = np.arange(n + 1)
    leads = lead(count_late(p, TRAINS, seed, LINES)[:, : n + 1], trains, p, q)
    drift, sd = moments_of_lead(p, q)
    places = lead(trains, n, p, q)
    chances = {who: np.exp(log_binomial(n, share)) for who, share in (("p", p), ("q", q))}
    sure = leads >= SURE - 1e-9  # a tie counts, whatever rounding makes of it
    arrived = sure.any(axis=1)
    first = sure.argmax(axis=1)[arrived]
    values = {
        FORWARD: drift,
        BACKWARD: float(kl_bernoulli(q, p)),
        "mean lead, n·D": n * drift,
        "sd of the lead": math.sqrt(n) * sd if math.isfinite(drift) else NO_ANSWER,
        BEHIND: float(chances["p"][places < -1e-9].sum()),
        AT_LINE: _trains_to_the_line(drift),
    }
    gone, above = np.isinf(leads[:, -1]).sum(), (leads[:, -1] > HIGH).sum()
    notes = [
        f"{arrived.sum()} of {LINES} paths have been at 100 : 1.",
        f"{gone} of {LINES} are at ∞: they met what q calls impossible." if gone else "",
        f"{above - gone} of {LINES} end above the picture." if above > gone else "",
        _below_note(-n * values[BACKWARD]),
    ]
    data = {
        "leads": np.clip(leads, -BEYOND, BEYOND),
        "line": (n, drift, sd),
        "first": (first, np.minimum(leads[arrived, first], BEYOND)),
        "places": places,
        "chances": chances,
    }
    return Frame(values, data, notes)


def lay_out_leads(figure):
    """Axes for the paths, and beside them for where they are after n trains."""
    ratio, margins = 3, (0.065, 0.13, 0.925, 0.92, 0.06)
    if is_narrow(figure):
        ratio, margins = 2, (0.155, 0.14, 0.84, 0.81, 0.08)
    paths, now = figure.subplots(1, 2, width_ratios=(ratio, 1), sharey=True)
    figure.subplots_adjust(*margins)
    label_axes(paths, x="trains", y="lead of p, in nats", xlim=(0, TRAINS), ylim=(LOW, HIGH))
    for sign, odds in ((1, "100 : 1"), (-1, "1 : 100")):
        paths.axhline(sign * SURE, **_DOTTED)
        now.axhline(sign * SURE, **_DOTTED)
        now.text(1.19, sign * SURE, odds, va="center", **_INK)
    paths.axhline(0, linewidth=0.8, **_INK)
    now.axhline(0, linewidth=0.8, **_INK)
    path = {"color": COLORS["p"], "linewidth": 1}
    add_key(paths, {"20 paths": path, "n·D ± 2 sd": _MIDDLE, "first at 100 : 1": _DOTS}, most=1)
    label_axes(now, x="chance after n", xlim=(0, 1.15))
    now.set_xticks([])
    add_key(now, {"p": "p true", "q": "q true"}, most=1)
    return paths, now


def draw_leads(axes, leads, line, first, places, chances):
    """Draw the paths over the band of n·D ± 2 sd, and the two distributions after n trains."""
    paths, now = axes
    n, drift, sd = line
    x = np.linspace(0, n, 41)
    if math.isinf(drift):
        low = middle = high = np.linspace(0, BEYOND, 41)
        x = np.zeros(41)
    else:
        middle, half = drift * x, 2 * sd * np.sqrt(x)
        x, low, middle, high = _cut(x, middle - half, middle, middle + half)
    plot_band(paths, x, low, high, "band")
    all_x = np.tile(np.append(np.arange(n + 1), np.nan), LINES)  # nan ends a path
    all_y = np.pad(leads, [(0, 0), (0, 1)], constant_values=np.nan).ravel()
    plot_line(paths, all_x, all_y, "paths", color=COLORS["p"], linewidth=0.9, alpha=0.75)
    plot_line(paths, x, middle, "line", **_MIDDLE)
    plot_line(paths, *first, "first", zorder=3, **_DOTS)
    plot_line(paths, [n, n], [LOW, HIGH], "now", color="#888888", linewidth=1)
    for who, chance in chances.items():
        plot_curve(now, *_hump(chance, places), who)


@as_explorer
def explore_leads():
    """Twenty paths of the log-likelihood ratio against the line n·D, and where they are after n.

    Returns
    -------
    Explorer
        Controls ``p``, ``q`` (probabilities of a late train), ``n``, ``seed``.
    """
    return Scene(
        "leads",
        "Twenty jagged paths of the lead of p over q against the number of trains, with the line "
        "n·D and a band of two standard deviations; the distribution of the lead after n trains, "
        "if p is true and if q is true.",
        sliders=[
            Slider("p", "p: late", 0.3, 0, 1, 0.01, who="p"),
            Slider("q", "q: late", 0.1, 0, 1, 0.01, who="q"),
            Slider("n", "n, trains", 60, 1, TRAINS, 1, whole=True),
            seed_box(1),
        ],
        compute=compute_leads,
        layout=lay_out_leads,
        draw=draw_leads,
        units={FORWARD: "nats a train", BACKWARD: "nats a train", BEHIND: "", AT_LINE: "trains"},
        presets={
            "Near": {"p": 0.3, "q": 0.25},
            "p = q": {"p": 0.3, "q": 0.3},
            "q: never late": {"p": 0.1, "q": 0.0},
            "p: never late": {"p": 0.0, "q": 0.1},
        },
        handles=[
            Handle("n", itemgetter(0), lambda now: (now["n"], LOW + 1.5), lambda _, x, y: {"n": x})
        ],
        swap=[("p", "q")],
        rows=(2, 2, 2),
        note_lines=3,
        narrow_height=300,
    )


def _hump(chance, places):
    """Scaled to a height of 1; what is infinite leaves a bar for each lead that is not."""
    finite = np.isfinite(places)
    if finite.all():
        at, places = _cut(np.arange(len(places)), places)
        return np.interp(at, np.arange(len(chance)), chance / chance.max()), places
    x = np.outer(chance[finite], [0, 1, np.nan]).ravel()
    return x, np.repeat(np.clip(places[finite], -BEYOND, BEYOND), 3)


def _cut(x, *curves):
    """The curves over x, ended where they leave the surroundings of the picture: x, then each."""
    places = [x]
    for y, bound in itertools.product(curves, (-BEYOND, BEYOND)):
        past = y - bound
        i = np.flatnonzero(np.sign(past[:-1]) * np.sign(past[1:]) < 0)
        places.append(x[i] + (x[i + 1] - x[i]) * past[i] / (past[i] - past[i + 1]))
    at = np.unique(np.concatenate(places))
    return at, *(np.clip(np.interp(at, x, y), -BEYOND, BEYOND) for y in curves)


def _trains_to_the_line(drift):
    """After how many trains the line n·D is at 100 : 1; a D of infinity has no such line."""
    if math.isinf(drift):
        return NO_ANSWER
    return SURE / drift if drift else math.inf


def _below_note(mean):
    if mean >= LOW:
        return ""
    return f"If q is true the mean is {format_number(mean)} nats, below the picture."


def compute_errors(p, q, t, n):
    """Both errors of the threshold t after n trains, after every number of trains, and bounds."""
    # Where p < q, count the trains on time instead of the late ones: p is the larger share again.
    turned = p < q
    a, b, at = (1 - p, 1 - q, 1 - t) if turned else (p, q, t)
    trains = np.arange(1, TESTED + 1)
    least = np.ceil(trains * at - 1e-9)  # the smallest count that speaks for p
    curves = {
        "p": 1 - betainc(least, trains - least + 1, a),
        "q": betainc(least, trains - least + 1, b),
    }
    logs = log_errors(n, int(least[n - 1]), a, b)
    rates = [float(kl_bernoulli(at, a)) * (at < a), float(kl_bernoulli(at, b)) * (at > b)]
    numbers = *map(math.exp, logs), *rates, chernoff(p, q)[1], float(kl_bernoulli(p, q))
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
    return Frame(dict(zip(ERRORS + RATES, numbers, strict=True)), data, notes)


def lay_out_errors(figure):
    """Axes for the chances of each share of late trains, and for the errors over the trains."""
    wide, narrow = (0.05, 0.14, 0.985, 0.92, 0.17), (0.13, 0.1, 0.965, 0.9, 0.58)
    counts, errors = lay_out_panels(figure, 2, wide=wide, narrow=narrow)
    label_axes(counts, x="share of late trains", y="chance", xlim=(0, 1), ylim=(0, 1.08))
    counts.set_yticks([])
    key = {"p": "p true, misses filled", "q": "q true, false alarms filled"}
    add_key(counts, key, most=1)
    label_axes(errors, x="trains", xlim=(0, TESTED), ylim=(FLOOR, 0.3))
    errors.set_yticks(range(FLOOR, 1, 2), [f"$10^{{{k}}}$" for k in range(FLOOR, 1, 2)])
    looks = {"color": COLORS["p"]}, {"color": COLORS["q"], "linestyle": "--"}
    add_key(errors, dict(zip(ERRORS, looks, strict=True)) | {"bound of each": _DOTTED})
    return counts, errors


def draw_errors(axes, chances, cut, curves, rates, here):
    """Draw the chances, filled where the rule is wrong, and the errors with their bounds."""
    counts, errors = axes
    n = len(chances[0]) - 1
    k, edges = np.arange(n + 1), (np.arange(n + 2) - 0.5) / n
    tallest = max(chance.max() for chance in chances)
    at, turned = cut
    wrong = (k > at, k < at) if turned else (k < at, k > at)
    for who, chance, there in zip("pq", chances, wrong, strict=True):
        height = chance / tallest
        plot_histogram(counts, edges, np.where(there, height, 0), who)
        plot_curve(counts, np.repeat(edges, 2)[1:-1], np.repeat(height, 2), who)
    plot_line(counts, [at / n, at / n], [0, 1.08], "threshold", linewidth=1.4, **_INK)
    for (who, curve), rate in zip(curves.items(), rates, strict=True):
        plot_curve(errors, np.arange(1, TESTED + 1), np.log10(np.maximum(curve, 1e-40)), who)
        bound = {"color": COLORS[who], "linestyle": ":", "linewidth": 1.6, "zorder": 3}
        plot_line(errors, [0, TESTED], [0, -TESTED * rate / DECADE], f"{who} bound", **bound)
    heights = [max(log / DECADE, 2 * FLOOR) for log in here]
    plot_line(errors, [n, n], heights, "here", zorder=4, **_DOTS | {"markersize": 6})


@as_explorer
def explore_errors():
    """A threshold between q and p, the two errors it makes, and how fast they fall with n.

    Returns
    -------
    Explorer
        Controls ``p``, ``q``, ``t`` (share of late trains from which on p is said), ``n``.
    """
    return Scene(
        "errors",
        "The chances of each share of late trains under p and under q with a threshold between "
        "them; both errors against the number of trains on a logarithmic scale, with their bounds.",
        sliders=[
            Slider("p", "p: late", 0.3, 0.01, 0.99, 0.01, who="p"),
            Slider("q", "q: late", 0.1, 0.01, 0.99, 0.01, who="q"),
            Slider("t", "threshold t", 0.2, 0.01, 0.99, 0.01),
            Slider("n", "n, trains", 60, 1, TESTED, 1, whole=True),
        ],
        compute=compute_errors,
        layout=lay_out_errors,
        draw=draw_errors,
        units=dict.fromkeys(ERRORS, "") | dict.fromkeys(RATES, "nats a train"),
        presets={"t near q": {"t": 0.11}, "t near p": {"t": 0.29}},
        pair=("t", "n"),
        handles=[
            Handle("t", itemgetter(0), lambda now: (now["t"], 0.95), lambda _, x, y: {"t": x})
        ],
        rows=(2, 2, 2),
        note_lines=2,
        height=330,
        narrow_height=430,
    )


def _one_sided_note(at, a, b):
    if a == b:
        return "p and q are the same: no threshold tells them apart."
    if at >= a:
        return "t is not between q and p: misses do not die out."
    return "t is not between q and p: false alarms do not die out."


@as_explorer
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
        wide, narrow = (0.065, 0.15, 0.985, 0.92), (0.16, 0.17, 0.965, 0.79)
        figure.subplots_adjust(*(narrow if is_narrow(figure) else wide))
        label_axes(
            ax, x="2n·D̂, in nats", y="share of samples, per nat", xlim=(0, right), ylim=(0, top)
        )
        key = {
            "1000 samples": {"color": COLORS["p"], "alpha": 0.35, "linewidth": 6},
            "χ², k − 1 degrees of freedom": {"color": COLORS["sum"], "linestyle": "-."},
            "5 % threshold": {"color": COLORS["ink"], "linewidth": 1.4},
        }
        add_key(ax, key, most=1)
        return ax

    def draw(ax, shares, df, threshold):
        plot_histogram(ax, edges, shares, "p")
        plot_curve(ax, x, np.minimum(_chi2_density(x, df), 10.0), "sum")
        plot_line(ax, [threshold, threshold], [0, top], "threshold", linewidth=1.4, **_INK)

    return Scene(
        "chance",
        "A histogram of 2n·D̂ over a thousand samples, the density of chi-squared with k − 1 "
        "degrees of freedom, and the threshold that it exceeds in 5 % of the cases.",
        sliders=[
            Slider("n", "n, rolls", 60, options=(6, 12, 20, 30, 60, 100, MOST_ROLLS)),
            Slider("k", "k, faces", 6, 2, 20, 1, whole=True),
            Slider("load", "load", 0.0, 0, 0.3, 0.01, who="p"),
            seed_box(0),
        ],
        compute=compute,
        layout=layout,
        draw=draw,
        units={over: ""},
        rows=(1, 2, 2),
        presets={"Fair": {"load": 0.0}, "Loaded": {"load": 0.15}},
        height=300,
        narrow_height=270,
    )


def _chi2_density(x, df):
    log_scale = df / 2 * math.log(2) + math.lgamma(df / 2)
    x = np.maximum(x, 1e-3)  # at 0 the density for one degree of freedom is infinite
    return np.exp(xlogy(df / 2 - 1, x) - x / 2 - log_scale)
