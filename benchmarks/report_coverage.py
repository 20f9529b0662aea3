"""How often the intervals of `report` hold the truth, and how often it warns or refuses.

    python -m benchmarks.report_coverage
    python -m benchmarks.report_coverage --seeds 20 --write

Each kind of pair has its seeds, and each report is kept in build/report_coverage.json, so that a
later call goes on where this one ended.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np

from benchmarks.results import installed, machine, table, write_section
from kl_helpers import kl_bernoulli, kl_divergence, kl_mvn, kl_normal, report

KEPT = Path(__file__).resolve().parents[1] / "build" / "report_coverage.json"
SIZES = (30, 100, 500)
HEADER = (
    *("pair", "n", "seeds", "D(p‖q)", "held, %", "D(q‖p)", "held, %", "warned, %", "refused, %"),
    "wrong in silence, %",
)
CODES = np.tile([1, 2], 10) / 30
CORRELATED = [[1, 0.9], [0.9, 1]]
NORMAL_PLANE = ([0, 0], np.eye(2)), ([0, 0], CORRELATED)


def series(rng, n):
    """A stationary series whose draws have the correlation 0.9 with the one before."""
    steps = rng.normal(size=n) * np.where(np.arange(n) > 0, math.sqrt(1 - 0.9**2), 1)
    for i in range(1, n):
        steps[i] += 0.9 * steps[i - 1]
    return steps


def modes(rng, n):
    """Two narrow modes with a gap between them."""
    return rng.choice([-5, 5], n) + rng.normal(0, 0.7, n)


def into_a_gap():
    """D of a standard normal from `modes`, and of `modes` from it, by sums on a fine grid."""
    x = np.linspace(-12, 12, 240_001)
    log_p = -0.5 * x * x - 0.5 * math.log(2 * math.pi)
    sides = [-0.5 * ((x - c) / 0.7) ** 2 - math.log(0.7 * math.sqrt(2 * math.pi)) for c in (-5, 5)]
    log_q = np.logaddexp(*sides) - math.log(2)
    step = x[1] - x[0]
    return tuple(
        float((np.exp(a) * (a - b)).sum() * step) for a, b in ((log_p, log_q), (log_q, log_p))
    )


def exponentials(a, b):
    """Both divergences of exponential distributions with means a and b."""
    return tuple(math.log(d / c) + c / d - 1 for c, d in ((a, b), (b, a)))


def saturated(rng, n, share):
    """Draws of a device that reads 1 where it saturates."""
    return np.where(rng.random(n) < share, 1.0, rng.beta(2, 2, n))


def resampled(rng, n):
    """A sample, and draws from it."""
    x = rng.exponential(size=n)
    return x, rng.choice(x, n)


def with_a_bit(rng, n, mean):
    """A fair bit beside a normal column."""
    return np.column_stack([rng.integers(0, 2, n), rng.normal(mean, 1, n)])


# What a pair is -> how n draws of each are made, and both divergences.
HONEST = {
    "two equal normals": (lambda r, n: r.normal(size=(2, n)), (0, 0)),
    "normals, one standard deviation apart": (
        lambda r, n: (r.normal(size=n), r.normal(1, 1, n)),
        (0.5, 0.5),
    ),
    "two equal exponentials": (lambda r, n: r.exponential(size=(2, n)), (0, 0)),
    "exponentials of means 1 and 2": (
        lambda r, n: (r.exponential(1, n), r.exponential(2, n)),
        exponentials(1, 2),
    ),
    "a die and a loaded one": (
        lambda r, n: (r.choice(6, n), r.choice(6, n, p=np.array([1, 1, 1, 1, 1, 3]) / 8)),
        tuple(
            kl_divergence(*pair)
            for pair in (
                (np.full(6, 1 / 6), np.array([1, 1, 1, 1, 1, 3]) / 8),
                (np.array([1, 1, 1, 1, 1, 3]) / 8, np.full(6, 1 / 6)),
            )
        ),
    ),
    "two equal normals of two columns": (lambda r, n: r.normal(size=(2, n, 2)), (0, 0)),
    "normals of two columns, half a deviation apart in each": (
        lambda r, n: (r.normal(size=(n, 2)), r.normal(0.5, 1, (n, 2))),
        (0.25, 0.25),
    ),
    "lognormals, 2 nats apart": (
        lambda r, n: (np.exp(r.normal(size=n)), np.exp(r.normal(2, 1, n))),
        (2, 2),
    ),
    "normals of ten columns, 2 nats apart": (
        lambda r, n: (r.normal(size=(n, 10)), r.normal(math.sqrt(0.4), 1, (n, 10))),
        (2, 2),
    ),
    "normals of ten columns, of deviations 1 and 2": (
        lambda r, n: (r.normal(size=(n, 10)), r.normal(0, 2, (n, 10))),
        (10 * kl_normal(0, 1, 0, 2), 10 * kl_normal(0, 2, 0, 1)),
    ),
}
FAULTS = {
    "columns of correlation 0 and 0.9": (
        lambda r, n: (r.normal(size=(n, 2)), r.multivariate_normal([0, 0], CORRELATED, n)),
        tuple(kl_mvn(*p, *q) for p, q in (NORMAL_PLANE, NORMAL_PLANE[::-1])),
    ),
    "a normal and two modes beside it": (
        lambda r, n: (r.normal(size=n), modes(r, n)),
        into_a_gap(),
    ),
    "exponentials of means 1 and ½, of q 15 draws": (
        lambda r, n: (r.exponential(1, n), r.exponential(0.5, 15)),
        exponentials(1, 0.5),
    ),
    "normals 1 apart, a bit beside them": (
        lambda r, n: (with_a_bit(r, n, 0), with_a_bit(r, n, 1)),
        (0.5, 0.5),
    ),
    "a column twice, normals 1 apart": (
        lambda r, n: (r.normal(size=(n, 1)) * [1, 1], r.normal(1, 1, (n, 1)) * [1, 1]),
        (0.5, 0.5),
    ),
    "twenty codes": (
        lambda r, n: (r.choice(20, n, p=CODES), r.choice(20, n, p=CODES[::-1])),
        (kl_divergence(CODES, CODES[::-1]),) * 2,
    ),
    "an atom of 10 % and of 1 %": (
        lambda r, n: (saturated(r, n, 0.1), saturated(r, n, 0.01)),
        (kl_bernoulli(0.1, 0.01), kl_bernoulli(0.01, 0.1)),
    ),
    "a sample and draws from it": (resampled, (0, 0)),
    "two series of correlation 0.9": (lambda r, n: (series(r, n), series(r, n)), (0, 0)),
    "kilometres and metres": (
        lambda r, n: (r.normal(1.5, 0.2, n), r.normal(1500, 200, n)),
        (kl_normal(1.5, 0.2, 1.5, 0.2),) * 2,
    ),
}


def one(make, truth, n, seed):
    """What a report did: held the truth forward and reverse, warned, refused; 0 or 1 each."""
    try:
        found = report(*make(np.random.default_rng(seed), n), rng=seed)
    except ValueError:
        return [0, 0, 0, 1]
    held = [
        int(low - 1e-9 <= exact <= high + 1e-9)  # rounding of an exact 0
        for (_, (low, high), _), exact in zip((found.forward, found.reverse), truth, strict=True)
    ]
    return [*held, int(bool(found.warnings)), 0]


def rows(kept):
    """A row for each kind and size that has been measured."""
    for name, (_, truth) in {**HONEST, **FAULTS}.items():
        for n in SIZES:
            if not (runs := kept.get(f"{name}, {n}")):
                continue
            first, second, warned, refused = np.sum(runs, axis=0)
            answered = len(runs) - refused
            held = [f"{100 * h / answered:.0f}" if answered else "–" for h in (first, second)]
            silent = sum(not each[2] and not each[3] and not (each[0] and each[1]) for each in runs)
            share = [f"{100 * part / len(runs):.0f}" for part in (warned, refused, silent)]
            (p, q), counts = (f"{exact:.3g}" for exact in truth), (n, len(runs))
            yield [name, *counts, p, held[0], q, held[1], *share]


def main():
    """Measure what is lacking, keep it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    options = parser.parse_args()
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    KEPT.parent.mkdir(exist_ok=True)
    for seed in range(options.seeds):
        for name, (make, truth) in {**HONEST, **FAULTS}.items():
            for n in SIZES:
                runs = kept.setdefault(f"{name}, {n}", [])
                if len(runs) == seed:
                    runs.append(one(make, truth, n, seed))
        KEPT.write_text(json.dumps(kept), encoding="utf-8")
    text = f"{machine()}, {installed('numpy', 'scipy')}.\n\n{table(HEADER, rows(kept))}"
    print(text)
    if options.write:
        write_section("report coverage", text)


if __name__ == "__main__":
    main()
