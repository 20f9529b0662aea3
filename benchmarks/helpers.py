"""How fast the helpers are beside other libraries, and whether those answers are right.

    python -m benchmarks.helpers [--write]

Every time is the best of many, in turns with the others, as a ratio to ours in the same run. An
answer that is wrong is shown as wrong, however fast it came.
"""

import importlib
import logging
import math
import sys
import warnings
from collections import namedtuple
from functools import partial
from timeit import timeit

import numpy as np
from scipy.stats import norm

from benchmarks.results import installed, machine, table, write_section

OURS = "kl_helpers"
ROUNDS, ROUND_TIME, PATIENCE = 200, 0.004, 8.0  # seconds of a call: in a round, in all rounds
SIZES, COUNTS, K = (10, 1000, 10**6), 12, 5  # outcomes, observations of one on average; neighbours

# ways: label -> (package, prepare), where prepare(package, *data) makes the call, or is None;
# timed, judged: column -> data; exact: of data, the answer and the relative error that is right;
# targets: what is claimed, of whose right answers, in which columns, and the least ratio of times.
Section = namedtuple("Section", "title note ways timed judged exact targets")


def probability_vectors(n, apart=None):
    """Two pmfs: of multiples of 1/(COUNTS·n) > 0, or apart by that share of each probability."""
    rng = np.random.default_rng(n)
    p, q = (1 + rng.multinomial((COUNTS - 1) * n, np.full(n, 1 / n), size=2)) / (COUNTS * n)
    delta = p * (apart or 0) * rng.choice([-1, 1], n)
    return p, p + (delta - delta.mean()) if apart else q


def kl_exactly(p, q):
    """Σ p·(u − log(1 + u)) with u = q/p − 1, for small u as a series."""
    u = (q - p) / p
    series = sum((-u) ** j / j for j in range(2, 9))
    return math.fsum(p * np.where(np.abs(u) < 0.01, series, u - np.log1p(u))), 1e-9


def kl_dit(dit, *pair):
    p, q = (dit.Distribution([(i,) for i in range(len(r))], r) for r in pair)
    return lambda: dit.divergences.kullback_leibler_divergence(p, q) * math.log(2)


def kl_torch(torch, *pair):
    p, q = map(torch.from_numpy, pair)
    return lambda: float(torch.nn.functional.kl_div(q.log(), p, reduction="sum"))


def kl_infomeasure(infomeasure, *pair):
    """From observations, as infomeasure takes them: as many of every outcome as the counts say."""
    counts = np.stack(pair) * COUNTS * len(pair[0])
    x, y = (np.repeat(np.arange(len(c)), c) for c in np.rint(counts).astype(int))
    told = np.allclose(counts, np.rint(counts), rtol=0, atol=1e-10)
    return partial(infomeasure.kld, x, y, "discrete") if told else None


def draws_and_grid(n):
    x = np.random.default_rng(n).normal(size=n)
    return x, np.linspace(x.min() - 1, x.max() + 1, 1000)


def scott(x):
    return x.std(ddof=1) * len(x) ** -0.2


def two_samples(n, d=1, m=None, digits=15):
    rng = np.random.default_rng(n + d)
    x, y = rng.normal(np.eye(d)[0], 1, (n, d)), rng.normal(0, 1, (m or n, d))
    return x.round(digits), y.round(digits)


KL = Section(
    "KL of two vectors of n probabilities",
    "p and q differ by about a third of every probability, or (p ≈ q) by a thousandth; in the last "
    "column 1,000 of them by a billionth. Right is an error of at most 1e-9 of the KL.",
    {
        OURS: (OURS, lambda kl, p, q: lambda: kl.kl_divergence(p, q)),
        "NumPy, Σ p·log(p/q)": ("numpy", lambda _, p, q: lambda: np.sum(p * np.log(p / q))),
        "rel_entr().sum()": ("scipy.special", lambda sp, p, q: lambda: sp.rel_entr(p, q).sum()),
        "scipy.stats.entropy": ("scipy.stats", lambda sp, p, q: lambda: sp.entropy(p, q)),
        "torch kl_div": ("torch", kl_torch),
        "dit": ("dit", lambda dit, *pair: kl_dit(dit, *pair) if len(pair[0]) < 10_000 else None),
        "infomeasure, from counts": ("infomeasure", kl_infomeasure),
    },
    {f"n = {n:,}": probability_vectors(n) for n in SIZES}
    | {f"n = {n:,}, p ≈ q": probability_vectors(n, 1e-3) for n in SIZES},
    {"nearly equal": probability_vectors(1000, 1e-9)},
    kl_exactly,
    [
        ("`rel_entr().sum()` of a million takes ≥ ⅓ of our time", "rel_entr", "1,000,000", 1 / 3),
        ("`scipy.stats.entropy` takes longer, in every column", "scipy.stats", "", 1),
    ],
)
KDE = Section(
    "Gaussian kernel density of n draws at 1,000 points",
    "Right is an error of at most 1e-4 of the peak; the last column has that of 1,000 draws.",
    {
        OURS: (OURS, lambda kl, x, at: lambda: kl.kde(x, at)),
        "scipy gaussian_kde": ("scipy.stats", lambda sp, x, at: lambda: sp.gaussian_kde(x)(at)),
        "KDEpy FFTKDE": ("KDEpy", lambda k, x, at: lambda: k.FFTKDE(bw=scott(x)).fit(x)(at)),
        "KDEpy NaiveKDE": ("KDEpy", lambda k, x, at: lambda: k.NaiveKDE(bw=scott(x)).fit(x)(at)),
    },
    {f"n = {n:,}": draws_and_grid(n) for n in (1000, 10_000)},
    {"error": draws_and_grid(1000)},
    lambda x, at: (norm(x, scott(x)).pdf(at[:, None]).mean(axis=1), 1e-4),
    [("`gaussian_kde` takes ≥ 30 × as long", "scipy", "", 30)],
)
KNN = Section(
    f"KL from n draws of p and n of q, by k-NN with k = {K}",
    "The KL of two normals that are 1 apart is 0.5 nats; right is within 5 standard errors of it. "
    "The last two columns: 1,000 draws of p and 10,000 of q; 3,000 of each, rounded to 0.1.",
    {
        OURS: (OURS, lambda kl, x, y: lambda: kl.kl_knn(x, y, k=K)),
        "infomeasure": ("infomeasure", lambda im, x, y: lambda: im.kld(x, y, "metric", k=K)),
        "npeet_plus": ("npeet_plus", lambda ee, x, y: lambda: ee.kldiv(x, y, k=K, base=math.e)),
    },
    {f"n = {n:,}, {d}-D": two_samples(n, d) for d in (1, 2) for n in (1000, 10**4, 10**5)},
    {"unequal n": two_samples(1000, m=10_000), "rounded draws": two_samples(3000, digits=1)},
    # The variance of a term: 1 of the log-ratio, ψ'(k) < 1/(k − ½) of either distance's logarithm.
    lambda x, y: (0.5, 5 / 0.5 * math.sqrt((1 + 2 / (K - 0.5)) / min(len(x), len(y)))),
    [("No other k-NN estimate is right in less time", "", "", 1)],
)


def compare(section):
    """Its note, its table, and for every target a line: held or missed, and by how much."""
    ways, ratios = {}, []
    for label, (package, prepare) in section.ways.items():
        try:
            ways[label] = partial(prepare, importlib.import_module(package))
        except ImportError as error:
            print(f"{label} is left out: {error}", flush=True)
    columns = section.timed | section.judged
    rows = {label: dict.fromkeys(columns, "–") for label in ways}
    for column, data in columns.items():
        calls = {label: call for label, way in ways.items() if (call := way(*data))}
        times = race(calls) if column in section.timed else {}
        exact, tolerance = section.exact(*data)
        for label, call in calls.items():
            value = call()
            error = np.max(np.abs(value - exact)) / np.max(exact)
            right = error <= tolerance
            assert right or label != OURS, f"{OURS} is wrong itself: {section.title}, {column}"
            if not times:
                said = f"{error:.1g}" if right else f"{np.max(value):.2g}, not {np.max(exact):.2g}"
            elif label == OURS:
                said = f"{times[OURS] * 1000:.3g} ms"
            else:
                ratio = times[label] / times[OURS]
                ratios += [(label, column, ratio)] if right else []
                said = f"{float(f'{ratio:.3g}'):,g} ×{'' if right else ', wrong'}"
            rows[label][column] = said
    yield section.note
    yield table([section.title, *columns], [[label, *row.values()] for label, row in rows.items()])
    verdicts = []
    for words, who, where, bound in section.targets:
        if seen := [r for label, column, r in ratios if who in label and where in column]:
            held = "held" if min(seen) >= bound else "**missed**"
            verdicts.append(f"- {words}: {held} (at least {min(seen):.2f} ×)")
    yield "\n".join(verdicts)


def race(calls):
    """Label -> seconds a call: the best of several rounds in turns."""
    best = {label: timeit(call, number=1) for label, call in calls.items()}
    spent = best.copy()
    for label, call in list(calls.items()) * ROUNDS:
        if spent[label] < PATIENCE:
            repeats = max(1, round(ROUND_TIME / max(best[label], 1e-9)))
            spent[label] += (seconds := timeit(call, number=repeats))
            best[label] = min(best[label], seconds / repeats)
    return best


def main():
    logging.disable(logging.WARNING)  # infomeasure reports every call
    warnings.simplefilter("ignore")  # and some divide by 0
    packages = installed("numpy", "scipy", "torch", "dit", "infomeasure", "npeet_plus", "KDEpy")
    intro = (
        "First our time, below it that of others as a multiple of ours: 2 × is twice as long. All "
        f"are the best of {ROUNDS} rounds in turns, or of as many as fit into {PATIENCE:.0f} s, in "
        f"one run on {machine()}; {packages}. Columns without times have the relative error, or a "
        "wrong answer; – stands where a library cannot be told the problem, or takes minutes."
    )
    text = "\n\n".join([intro, *(part for section in (KL, KDE, KNN) for part in compare(section))])
    print(text)
    if "--write" in sys.argv[1:]:
        write_section("helpers", text)


if __name__ == "__main__":
    main()
