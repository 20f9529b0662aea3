"""How fast the helpers are beside other libraries, and whether those answers are right.

    python benchmarks/helpers.py [--write]

Every time is the best of several, taken in turns with the others, as a ratio to ours in the same
run. An answer that is wrong is shown as wrong, however fast it came.
"""

import argparse
import importlib
import logging
import math
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import rel_entr
from scipy.stats import entropy, gaussian_kde

sys.path.append(str(Path(__file__).parent))
from report import installed, machine, table, write_section

from kl_helpers import kde, kl_divergence, kl_knn

OURS = "kl_helpers"
ROUNDS = 7
ROUND_TIME = 0.02  # seconds; a call that is shorter is repeated within a round
LIMIT = 20.0  # seconds a single call may take; what would take longer is left out
SIZES = (10, 1000, 10**6)
SAMPLES = (1000, 10_000, 100_000)
K = 5  # neighbours
STANDARD_ERRORS = 5


@dataclass(frozen=True)
class Contender:
    """A way to compute a quantity: ``prepare(*data)`` makes the call that is timed."""

    label: str
    prepare: Callable
    package: str | None = None  # what must be installed


@dataclass(frozen=True)
class Answer:
    """What one contender gave for one problem; `seconds` is None where it was left out."""

    seconds: float | None = None
    value: object = None


# --- timing


def compare(contenders, problems):
    """Problem -> label -> `Answer`; a problem is (size, data)."""
    answers, last = {}, {}
    for name, (size, data) in problems.items():
        calls = {}
        for one in contenders:
            before = last.get(one.label, (0.0, size))
            if before[0] * size / before[1] <= LIMIT:
                calls[one.label] = one.prepare(*data)
        answers[name] = {one.label: Answer() for one in contenders} | race(calls)
        last |= {label: (answers[name][label].seconds, size) for label in calls}
    return answers


def race(calls):
    """Label -> `Answer`, with the best time of several rounds in turns."""
    first = {label: timed(call, 1) for label, call in calls.items()}
    values = {label: value for label, (_, value) in first.items()}
    best = {label: seconds for label, (seconds, _) in first.items()}
    for _ in range(ROUNDS):
        for label, call in calls.items():
            if best[label] < LIMIT / ROUNDS:
                repeats = max(1, round(ROUND_TIME / max(best[label], 1e-9)))
                best[label] = min(best[label], timed(call, repeats)[0])
    return {label: Answer(best[label], values[label]) for label in calls}


def timed(call, repeats):
    """Seconds a call, and the last call's value."""
    start = time.perf_counter()
    for _ in range(repeats):
        value = call()
    return (time.perf_counter() - start) / repeats, value


# --- KL of probability vectors


def kl_numpy(p, q):
    return lambda: np.sum(p * np.log(p / q))


def kl_torch(p, q):
    torch = importlib.import_module("torch")
    p, q = torch.from_numpy(p), torch.from_numpy(q)
    return lambda: float(torch.nn.functional.kl_div(q.log(), p, reduction="sum"))


def kl_dit(p, q):
    dit = importlib.import_module("dit")
    p, q = (dit.Distribution([(i,) for i in range(len(r))], r) for r in (p, q))
    return lambda: dit.divergences.kullback_leibler_divergence(p, q) * math.log(2)


def kl_infomeasure(p, q):
    """From observations, as infomeasure takes them: as many of every outcome as the counts say."""
    infomeasure = importlib.import_module("infomeasure")
    x, y = (np.repeat(np.arange(len(r)), np.rint(r * COUNTS * len(r)).astype(int)) for r in (p, q))
    return lambda: infomeasure.kld(x, y, approach="discrete")


KL = [
    Contender(OURS, lambda p, q: lambda: kl_divergence(p, q)),
    Contender("NumPy, Σ p·log(p/q)", kl_numpy),
    Contender("rel_entr().sum()", lambda p, q: lambda: rel_entr(p, q).sum()),
    Contender("scipy.stats.entropy", lambda p, q: lambda: entropy(p, q)),
    Contender("torch kl_div", kl_torch, "torch"),
    Contender("dit", kl_dit, "dit"),
    Contender("infomeasure, from counts", kl_infomeasure, "infomeasure"),
]
COUNTS = 12  # observations an outcome, on average


def probability_vectors(n):
    """Two pmfs over n outcomes, their probabilities positive multiples of 1/(COUNTS·n)."""
    rng = np.random.default_rng(n)
    return tuple(
        (1 + rng.multinomial((COUNTS - 1) * n, np.full(n, 1 / n))) / (COUNTS * n) for _ in "pq"
    )


def kl_exactly(p, q):
    """Σ p·log(p/q) in 64 bits of mantissa, summed without rounding."""
    p, q = p.astype(np.longdouble), q.astype(np.longdouble)
    return math.fsum(np.asarray(p * np.log(p / q), dtype=float))


def nearly_equal(n=1000):
    """Two pmfs that differ in the last bits, and their KL by its series ½ Σ δ²/p."""
    p, _ = probability_vectors(n)
    change = p * 1e-9 * np.random.default_rng(1).choice([-1, 1], n)
    q = p + (change - change.mean())
    delta = q - p
    return (p, q), math.fsum(delta**2 / p) / 2


# --- kernel density estimates


def kde_scipy(x, grid):
    return lambda: gaussian_kde(x)(grid)


def kde_kdepy(method):
    def prepare(x, grid):
        estimate = getattr(importlib.import_module("KDEpy"), method)
        bandwidth = np.std(x, ddof=1) * len(x) ** -0.2
        return lambda: estimate(bw=bandwidth).fit(x).evaluate(grid)

    return prepare


KDE = [
    Contender(OURS, lambda x, grid: lambda: kde(x, grid)),
    Contender("scipy gaussian_kde", kde_scipy),
    Contender("KDEpy FFTKDE", kde_kdepy("FFTKDE"), "KDEpy"),
    Contender("KDEpy NaiveKDE", kde_kdepy("NaiveKDE"), "KDEpy"),
]


def draws_and_grid(n):
    x = np.random.default_rng(n).normal(size=n)
    return x, np.linspace(x.min() - 1, x.max() + 1, 1000)


def kde_exactly(x, grid):
    """The sum over all draws, term by term."""
    h = np.std(x, ddof=1) * len(x) ** -0.2
    total = sum(np.exp(-(((grid - part[:, None]) / h) ** 2) / 2).sum(0) for part in np.split(x, 10))
    return total / (len(x) * h * math.sqrt(2 * math.pi))


# --- nearest neighbours


def knn_npeet(x, y):
    npeet = importlib.import_module("npeet_plus")
    x, y = (sample.reshape(len(sample), -1) for sample in (x, y))
    return lambda: npeet.kldiv(x, y, k=K, base=math.e)


def knn_infomeasure(x, y):
    infomeasure = importlib.import_module("infomeasure")
    return lambda: infomeasure.kld(x, y, approach="metric", k=K)


KNN = [
    Contender(OURS, lambda x, y: lambda: kl_knn(x, y, k=K)),
    Contender("infomeasure", knn_infomeasure, "infomeasure"),
    Contender("npeet_plus", knn_npeet, "npeet_plus"),
]
SHIFT = 1.0  # between the two normals, so that D(p‖q) = SHIFT²/2


def two_samples(n, d, m=None):
    rng = np.random.default_rng(n + d)
    shift = np.eye(d)[0] * SHIFT
    x, y = rng.normal(shift, 1, (n, d)), rng.normal(0, 1, (m or n, d))
    return (x[:, 0], y[:, 0]) if d == 1 else (x, y)


def knn_error(value, n, m=None):
    """Distance from the exact value, in standard errors.

    A term of the estimate has the variance SHIFT² of the log-ratio, and of either distance's
    logarithm ψ'(k), which is below 1/(k − ½).
    """
    own = SHIFT**2 + 2 / (K - 0.5)
    return abs(value - SHIFT**2 / 2) / math.sqrt(own / min(n, m or n))


# --- the tables


def right_kl(value, data):
    exact = kl_exactly(*data)
    return abs(value - exact) <= 1e-9 * exact


def right_kde(value, data):
    exact = kde_exactly(*data)
    return np.abs(value - exact).max() <= 1e-4 * exact.max()


def right_knn(value, data):
    x, y = data
    return knn_error(value, len(x), len(y)) <= STANDARD_ERRORS


def section(title, contenders, problems, right, extra=None):
    """A table of time ratios, and label -> problem -> ratio (None where wrong or left out)."""
    contenders = [one for one in contenders if is_there(one)]
    answers = compare(contenders, problems)
    ours = {name: answers[name][OURS].seconds for name in problems}
    rows, ratios = [], {}
    for one in contenders:
        cells, ratios[one.label] = [], {}
        for name, (_, data) in problems.items():
            answer = answers[name][one.label]
            if answer.seconds is None:
                cells.append(f"> {LIMIT:.0f} s")
                continue
            good = right(answer.value, data)
            cells.append(cell(answer.seconds, ours[name], one.label == OURS, good))
            if good:
                ratios[one.label][name] = answer.seconds / ours[name]
        rows.append([one.label, *cells, *(check(one) for check in (extra or {}).values())])
    return table([title, *problems, *(extra or {})], rows), ratios


def cell(seconds, ours, is_ours, good):
    text = duration(seconds) if is_ours else f"{seconds / ours:.3g} ×"
    return text if good else f"{text}, wrong"


def duration(seconds):
    for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e6:.2g} µs"


def is_there(contender):
    """Whether its package can be imported; if not, one line says why."""
    if contender.package is None:
        return True
    try:
        importlib.import_module(contender.package)
    except ImportError as error:
        print(f"{contender.label} is left out: {error}", flush=True)
        return False
    return True


def nearly_equal_answer(contender):
    """What comes out where p and q differ in the last digits."""
    data, exact = nearly_equal()
    value = contender.prepare(*data)()
    error = abs(value - exact) / exact
    return "right" if error < 1e-9 else f"{value:.0e}, not {exact:.0e}"


def hard_knn(data, m=None):
    def answer(contender):
        x, y = data
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = contender.prepare(x, y)()
        good = knn_error(value, len(x), m) <= STANDARD_ERRORS
        return "right" if good else f"{value:.2f}, not {SHIFT**2 / 2:g}"

    return answer


def measure():
    """All tables and targets, as Markdown."""
    rounded = tuple(np.round(sample, 1) for sample in two_samples(3000, 1))
    kl_table, kl = section(
        "KL of two pmfs, n =",
        KL,
        {f"{n:,}": (n, probability_vectors(n)) for n in SIZES},
        right_kl,
        {"p ≈ q": nearly_equal_answer_or_left_out},
    )
    kde_table, densities = section(
        "KDE on 1000 points, n =",
        KDE,
        {f"{n:,}": (n, draws_and_grid(n)) for n in SAMPLES[:2]},
        right_kde,
    )
    knn_table, knn = section(
        f"k-NN estimate of KL, k = {K}",
        KNN,
        {f"{n:,} in {d}-D": (n, two_samples(n, d)) for d in (1, 2) for n in SAMPLES},
        right_knn,
        {
            "1,000 against 10,000": hard_knn(two_samples(1000, 1, 10_000), 10_000),
            "rounded to 0.1": hard_knn(rounded),
        },
    )
    return "\n\n".join([kl_table, kde_table, knn_table, "\n".join(targets(kl, densities, knn))])


def nearly_equal_answer_or_left_out(contender):
    # dit takes seconds here, and infomeasure cannot be told these probabilities by counts
    return "–" if contender.package in ("dit", "infomeasure") else nearly_equal_answer(contender)


def targets(kl, densities, knn):
    """For every target a line: held or missed, and by how much."""
    large = f"{SIZES[-1]:,}"
    times = 1 / kl["rel_entr().sum()"][large]
    slowest = min(kl["scipy.stats.entropy"].values())
    least = min(densities["scipy gaussian_kde"].values())
    rivals = [ratio for label, found in knn.items() if label != OURS for ratio in found.values()]
    yield verdict("KL at 1e6 ≤ 3 × rel_entr().sum()", times <= 3, times)
    yield verdict("KL faster than scipy.stats.entropy everywhere", slowest > 1, slowest)
    yield verdict("KDE ≥ 30 × faster than gaussian_kde, to 1e-4 of the peak", least >= 30, least)
    if rivals:
        yield verdict("k-NN no slower than any right peer", min(rivals) >= 1, min(rivals))


def verdict(target, held, figure):
    return f"- {target}: {'held' if held else '**missed**'} ({figure:.2f})"


def main():
    """Measure, print, and write RESULTS.md where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the tables into RESULTS.md")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # infomeasure reports every call
    text = f"{setup()}\n\n{measure()}"
    print(text)
    if options.write:
        write_section("helpers", text)


def setup():
    libraries = installed("numpy", "scipy", "torch", "dit", "infomeasure", "npeet_plus", "KDEpy")
    return (
        f"Our time, and every other's as a multiple of it (the best of {ROUNDS} rounds in turns), "
        f"on {machine()}; {libraries}."
    )


if __name__ == "__main__":
    main()
