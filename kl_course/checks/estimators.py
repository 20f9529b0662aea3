"""The checks of notebook 07, on estimators."""

import math

import numpy as np

from kl_course.checks._shared import (
    IN_BITS,
    SWAPPED,
    check_choice,
    check_function,
    check_number,
    together,
)
from kl_helpers.estimators import kl_knn


def check_k3(k3):
    """Exercise: the estimate k3 in nats from both log-densities at draws from p."""

    def mean_of(term):
        return lambda log_p, log_q: np.mean(term(log_q - log_p))

    def terms(log_r):
        return np.expm1(log_r) - log_r

    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, 400)
    return check_function(
        k3,
        mean_of(terms),
        [
            {"log_p": [-1.0, -2.0, -1.5], "log_q": [-2.0, -2.5, -1.0]},
            {"log_p": -0.5 * x**2, "log_q": -0.5 * (x - 1) ** 2},
        ],
        mistakes={
            "r is q/p: with p/q this is k3 upside down.": mean_of(lambda log_r: terms(-log_r)),
            "That is k1, −log r: add r − 1.": mean_of(lambda log_r: -log_r),
            "That is k2, ½(log r)².": mean_of(lambda log_r: 0.5 * log_r**2),
            "The sign: (r − 1) − log r, which is never negative.": mean_of(lambda v: -terms(v)),
            "Subtract 1 from r: its mean is 1, and that of r − 1 is 0.": mean_of(
                lambda log_r: np.exp(log_r) - log_r
            ),
            "log r is subtracted, not added.": mean_of(lambda log_r: np.expm1(log_r) + log_r),
            "log r stands where r belongs: r = exp(log_q − log_p).": mean_of(
                lambda log_r: log_r - 1 - np.log(np.abs(log_r))
            ),
            "That is the sum: take the mean.": lambda log_p, log_q: np.sum(terms(log_q - log_p)),
            IN_BITS: lambda log_p, log_q: np.mean(terms(log_q - log_p)) / math.log(2),
        },
        right="Unbiased, never negative – and worth nothing where r has a heavy tail.",
    )


def check_nearest(nearest):
    """Exercise: the estimate in nats from the nearest neighbour of each draw, in one dimension."""

    def distances(x, y):
        within = np.abs(x[:, np.newaxis] - x)
        np.fill_diagonal(within, np.inf)
        return within.min(axis=1), np.abs(x[:, np.newaxis] - y).min(axis=1)

    def mean_log(x, y):
        own, other = distances(x, y)
        return np.mean(np.log(other / own))

    def exact(x, y):
        return kl_knn(x, y, k=1)

    rng = np.random.default_rng(2)
    return check_function(
        nearest,
        exact,
        [
            {"x": [0.0, 1.0, 3.0], "y": [0.4, 2.3, 7.0, 8.1, 9.5, 11.3]},
            {"x": rng.normal(1, 1, 60), "y": rng.normal(0, 1, 150)},
        ],
        mistakes={
            "log(m/(n − 1)) is missing: the samples differ in size.": mean_log,
            "Each x has n − 1 other draws around it, not n.": lambda x, y: (
                mean_log(x, y) + math.log(len(y) / len(x))
            ),
            "log(m/(n − 1)) is the other way up.": lambda x, y: (
                mean_log(x, y) - math.log(len(y) / (len(x) - 1))
            ),
            "The sizes are exchanged: m counts the draws of q, n those of p.": lambda x, y: (
                mean_log(x, y) + math.log(len(x) / (len(y) - 1))
            ),
            "No draw of q is left out: m, not m − 1.": lambda x, y: (
                mean_log(x, y) + math.log((len(y) - 1) / (len(x) - 1))
            ),
            "A draw is its own nearest neighbour, at distance 0: leave it out.": lambda x, y: (
                np.inf
            ),
            "ν over ρ: the distance to y is on top.": lambda x, y: exact(x, y) - 2 * mean_log(x, y),
            "Take the mean of the logarithms, not the logarithm of the mean.": lambda x, y: (
                np.log(np.mean(np.divide(*distances(x, y)[::-1]))) + math.log(len(y) / (len(x) - 1))
            ),
            "That is the sum over the draws: take the mean.": lambda x, y: (
                len(x) * mean_log(x, y) + math.log(len(y) / (len(x) - 1))
            ),
            SWAPPED: lambda x, y: exact(y, x),
            IN_BITS: lambda x, y: exact(x, y) / math.log(2),
        },
        right="No bins, no ε, no shape assumed: distances alone.",
    )


def check_draws(n_k1, n_k3):
    """Exercise: how many draws of N(0, 1) k1 and k3 need for 0.01 nats, where q is N(2, 1)."""
    var_k1, var_k3 = 4.0, math.exp(4) - 5
    squared = "The standard deviation of a mean falls with √n: square it first."
    return together(
        n_k1=check_number(
            n_k1,
            var_k1 / 0.01**2,
            unit="draws",
            mistakes={
                squared: math.sqrt(var_k1) / 0.01,
                "s² is the variance; s is the standard deviation.": 2 / 0.01**2,
                "The variance is to be divided by 0.01².": var_k1 / 0.01,
            },
        ),
        n_k3=check_number(
            n_k3,
            var_k3 / 0.01**2,
            unit="draws",
            mistakes={
                squared: math.sqrt(var_k3) / 0.01,
                "Take the variance, not its root, over 0.01².": math.sqrt(var_k3) / 0.01**2,
                "The variance is to be divided by 0.01².": var_k3 / 0.01,
                "That is for a shift of 1; here s = 2.": (math.e - 2) / 0.01**2,
                "The exponent is s² = 4, not s.": (math.exp(2) - 5) / 0.01**2,
                "−1 − s² is still to be added to e^(s²).": math.exp(4) / 0.01**2,
            },
        ),
        right="At 2 nats k3 needs 12 times as many draws as k1.",
    )


def check_report(answer):
    """Exercise: which of four reports shows a mistake, and not chance or bias."""
    return check_choice(
        answer,
        "C",
        reasons={
            "A": "k1's standard deviation is 0.1/√200 = 0.007 nats, more than D itself: about one"
            " run in four comes out negative.",
            "B": "k-NN is nearly unbiased when p = q, so about half of its estimates lie below 0.",
            "D": "With σ_q = 3σ_p the variance of k3 is infinite: most runs come out too low, and"
            " a few far too high. The code may be perfect.",
        },
        right="Sorted draws are places, not probabilities. Rods of 5 m that differ by tenths make"
        " two lists of nearly equal numbers, and rescaled to sum to 1 these look alike.",
    )
