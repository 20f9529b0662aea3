"""How fast the helpers are beside other libraries, and whether those answers are right.

    python benchmarks/helpers.py [--write]

Every time is the best of many, taken in turns with the others, as a ratio to ours in the same run.
An answer that is wrong is shown as wrong, however fast it came.
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
ROUNDS = 200
ROUND_TIME = 0.004  # seconds; a shorter call is repeated in a round, a longer one often disturbed
PATIENCE = 8.0  # seconds for all rounds of a call; a long one has fewer of them
LIMIT = 20.0  # seconds a single call may take; what would take longer is left out
SIZES = (10, 1000, 10**6)
SAMPLES = (1000, 10_000, 100_000)
K = 5  # neighbours
STANDARD_ERRORS = 5


@dataclass(frozen=True)
class Contender:
    """A way to compute a quantity: ``prepare(*data)`` makes the call that is timed.

    It returns None if the way is not open to these data.
    """

    label: str
    prepare: Callable
    package: str | None = None  # what must be installed


@dataclass(frozen=True)
class Answer:
    """What one contender gave for one problem; `seconds` is None where it was `left_out`."""

    seconds: float | None = None
    value: object = None
    left_out: str = ""


# --- timing


def compare(contenders, problems):
    """Problem -> label -> `Answer`; a problem is (size, data)."""
    answers, last = {}, {}
    for name, (size, data) in problems.items():
        calls, answers[name] = {}, {}
        for one in contenders:
            before = last.get(one.label, (0.0, size))
            if before[0] * size / before[1] > LIMIT:
                answers[name][one.label] = Answer(left_out=f"> {LIMIT:.0f} s")
            elif call := one.prepare(*data):
                calls[one.label] = call
            else:
                answers[name][one.label] = Answer(left_out="–")
        answers[name] |= race(calls)
        last |= {label: (answers[name][label].seconds, size) for label in calls}
    return answers


def race(calls):
    """Label -> `Answer`, with the best time of several rounds in turns."""
    first = {label: timed(call, 1) for label, call in calls.items()}
    values = {label: value for label, (_, value) in first.items()}
    best = {label: seconds for label, (seconds, _) in first.items()}
    spent = best.copy()
    for _ in range(ROUNDS):
        for label, call in calls.items():
            if spent[label] < PATIENCE:
                repeats = max(1, round(ROUND_TIME / max(best[label], 1e-9)))
                seconds, _ = timed(call, repeats)
                spent[label] += seconds * repeats
                best[label] = min(best[label], seconds)
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
    counts = [r * COUNTS * len(r) for r in (p, q)]
    if not all(np.allclose(c, np.rint(c), rtol=0, atol=1e-10) for c in counts):
        return None
    x, y = (np.repeat(np.arange(len(c)), np.rint(c).astype(int)) for c in counts)
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


def nearly_equal(n, change):
    """Two pmfs whose probabilities differ by that share of themselves."""
    p, _ = probability_vectors(n)
    delta = p * change * np.random.default_rng(1).choice([-1, 1], n)
    return p, p + (delta - delta.mean())


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
    """A table of time ratios, and label -> problem -> ratio, without those wrong or left out."""
    contenders = [one for one in contenders if is_there(one)]
    answers = compare(contenders, problems)
    rows, ratios = [], {}
    for one in contenders:
        cells, ratios[one.label] = [], {}
        for name, (_, data) in problems.items():
            answer, ours = answers[name][one.label], answers[name][OURS].seconds
            if answer.seconds is None:
                cells.append(answer.left_out)
                continue
            ratio = answer.seconds / ours
            text = duration(ours) if one.label == OURS else f"{digits(ratio)} ×"
            if right(answer.value, data):
                ratios[one.label][name] = ratio
            else:
                text += ", wrong"
            cells.append(text)
        rows.append([one.label, *cells, *(look(one) for look in (extra or {}).values())])
    return table([title, *problems, *(extra or {})], rows), ratios


def digits(number):
    """Three of them, and never an exponent."""
    return f"{number:.3g}" if number < 1000 else f"{float(f'{number:.3g}'):,.0f}"


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
    """The KL of two pmfs that differ by a billionth, whose series is ½ Σ δ²/p."""
    p, q = nearly_equal(1000, 1e-9)
    call = contender.prepare(p, q)
    if call is None:
        return "–"
    value, exact = call(), math.fsum((q - p) ** 2 / p) / 2
    return "right" if abs(value - exact) <= 1e-9 * exact else f"{value:.1g}, not {exact:.1g}"


def largest_error(contender):
    x, grid = draws_and_grid(1000)
    exact = kde_exactly(x, grid)
    return f"{np.abs(contender.prepare(x, grid)() - exact).max() / exact.max():.0e}"


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
    sections = {"KL": kl_section(), "KDE": kde_section(), "k-NN": knn_section()}
    text, found = [], {}
    for name, (note, title, contenders, problems, right, extra) in sections.items():
        written, found[name] = section(title, contenders, problems, right, extra)
        text += [note, written]
        if wrong := problems.keys() - found[name][OURS].keys():
            raise SystemExit(f"{OURS} is wrong itself: {name}, {', '.join(sorted(wrong))}")
    return "\n\n".join([*text, "\n".join(targets(*found.values()))])


def kl_section():
    far = {f"n = {n:,}": (n, probability_vectors(n)) for n in SIZES}
    near = {f"n = {n:,}, p ≈ q": (n, nearly_equal(n, 1e-3)) for n in SIZES}
    note = (
        "p and q differ by about a third of every probability, or (p ≈ q) by a thousandth. The "
        "last column is the KL, in nats, of 1,000 probabilities that differ by a billionth. Right "
        "is an error of at most 1e-9 of the KL."
    )
    title = "KL of two vectors of n probabilities"
    return note, title, KL, far | near, right_kl, {"nearly equal": nearly_equal_answer}


def kde_section():
    problems = {f"n = {n:,}": (n, draws_and_grid(n)) for n in SAMPLES[:2]}
    note = (
        "Right is an error of at most 1e-4 of the peak, everywhere; the last column is the largest "
        "error, as a share of the peak, of 1,000 draws."
    )
    title = "Gaussian kernel density of n draws at 1,000 points"
    return note, title, KDE, problems, right_kde, {"error": largest_error}


def knn_section():
    problems = {f"n = {n:,}, {d}-D": (n, two_samples(n, d)) for d in (1, 2) for n in SAMPLES}
    rounded = tuple(np.round(sample, 1) for sample in two_samples(3000, 1))
    note = (
        f"Two normal distributions whose means are {SHIFT:g} apart: the KL is {SHIFT**2 / 2:g} "
        f"nats, and right is an estimate within {STANDARD_ERRORS} standard errors of it. The last "
        "two columns say what comes out of 1,000 draws of p and 10,000 of q, and of 3,000 each "
        "that are rounded to 0.1."
    )
    title = f"KL from n draws of p and n of q, by k-NN with k = {K}"
    extra = {
        "unequal n": hard_knn(two_samples(1000, 1, 10_000), 10_000),
        "rounded draws": hard_knn(rounded),
    }
    return note, title, KNN, problems, right_knn, extra


def targets(kl, densities, knn):
    """For every target a line: held or missed, and by how much. Wrong answers do not count."""
    times = max(1 / r for name, r in kl["rel_entr().sum()"].items() if "1,000,000" in name)
    yield verdict(
        "KL of a million probabilities takes ≤ 3 × as long as `rel_entr().sum()`",
        times <= 3,
        f"at most {times:.2f} ×",
    )
    least = min(kl["scipy.stats.entropy"].values())
    yield verdict(
        "`scipy.stats.entropy` takes longer than KL in every column",
        least > 1,
        f"at least {least:.2f} ×",
    )
    least = min(densities["scipy gaussian_kde"].values())
    yield verdict(
        "`gaussian_kde` takes ≥ 30 × as long as our density", least >= 30, f"at least {least:.0f} ×"
    )
    peers = [ratio for label, found in knn.items() if label != OURS for ratio in found.values()]
    if peers:
        yield verdict(
            "No other k-NN estimate is right in less time",
            min(peers) >= 1,
            f"at least {min(peers):.2f} ×",
        )


def verdict(target, held, figure):
    return f"- {target}: {'held' if held else '**missed**'} ({figure})"


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
        "In the first row our time, below it that of others as a multiple of ours: 2 × is twice "
        f"as long. All are the best of {ROUNDS} rounds in turns, or of as many as fit into "
        f"{PATIENCE:.0f} s, in one run on {machine()}; {libraries}. What would "
        f"take more than {LIMIT:.0f} s a call is left out; – stands where a library cannot be told "
        "the problem."
    )


if __name__ == "__main__":
    main()
