"""The checks of notebook 06, on the sample demo's errors."""

import math

import numpy as np

from kl_course.checks._shared import IN_BITS, SWAPPED, check_function, check_number
from kl_helpers.estimators import histogram_frequencies, kl_histogram


def check_smaller_epsilon(answer):
    """Exercise: the report of 7.8 nats with ε = 1e-7 instead of 1e-5, q empty under 90 % of p."""
    before, share, factor = 7.8, 0.9, math.log(100)
    return check_number(
        answer,
        before + share * factor,
        unit="nats",
        mistakes={
            "The bins where q has draws hardly feel ε: weight ln 100 by 90 %.": before + factor,
            "A smaller ε makes the report larger.": before - share * factor,
            "Logarithms are natural here: a factor of 100 is ln 100 = 4.605.": before + share * 2,
            "That is a factor of 10; from 1e-5 to 1e-7 it is 100.": before + share * math.log(10),
            "That is the rise: add the 7.8 nats that were there.": share * factor,
            "It is the bins *without* draws of q that feel ε.": before + (1 - share) * factor,
            "It is a sum and no factor: each factor of 10 in ε adds 0.9 · ln 10.": (
                before * 7 / 5,
                before * 100,
                before * factor,
                before * share * factor,
            ),
            "That would hold if q had draws wherever p has.": before,
        },
        right="You never needed to know p, q, or the bins.",
    )


def check_ceiling(answer):
    """Exercise: the report when p fills eight bins evenly, q lies elsewhere, and ε = 1e-6."""
    price, entropy = -math.log(1e-6), math.log(8)
    return check_number(
        answer,
        price - entropy,
        unit="nats",
        mistakes={
            "That is for one bin: spread over eight, every share is 1/8, not 1.": price,
            "The entropy is to be taken off, not added.": price + entropy,
            "That is the entropy of p's shares; the price of ε is missing.": entropy,
            "That is one bin's term; there are eight of them.": (price - entropy) / 8,
            "The divergence is infinite, but the recipe adds ε and reports a finite number.": (
                math.inf
            ),
            "That is with log₁₀: use the natural logarithm for nats.": (price - entropy)
            / math.log(10),
            IN_BITS: (price - entropy) / math.log(2),
        },
        right="However far away q is, and whatever its shape: the report is the same.",
    )


def check_rods(answer):
    """Exercise: rods from each for a bias of 0.01 nats, one machine and 20 evenly filled bins."""
    # With binomial counts and ε = 1e-5 the mean of even bins is 0.01 at 1910; see the tests.
    exact = check_number(
        answer,
        1910,
        unit="rods from each",
        right="That is from the exact mean; (k − 1)/n, which is a little too small, gives 1900.",
    )
    if exact.status == "right":
        return exact
    return check_number(
        answer,
        1900,
        unit="rods from each",
        mistakes={
            "Twenty shares that sum to 1 leave 19 free: k − 1.": 2000,
            "(k − 1)/(2n) is for one sample against exact shares; here both are counted.": 950,
            "That is both samples together: how many from each?": 3800,
            "That is n for a bias of 0.1 nats.": 190,
            "Multiply: n = (k − 1)/bias.": 0.19,
        },
        right="That is 95 rods a bin. Ten times less bias would take ten times the rods.",
    )


def check_price_per_decade(price_per_decade):
    """Exercise: the rise in nats of the 99-bin report for an ε ten times smaller, from samples."""

    def shares(x, y, bins=99):
        return histogram_frequencies(x, y, bins=bins)[1:]

    def empty(x, y, bins=99):
        p_hat, q_hat = shares(x, y, bins)
        return p_hat[q_hat == 0].sum()

    def expected(x, y, bins=99):
        return empty(x, y, bins) * math.log(10)

    def of_bins(x, y):
        p_hat, q_hat = shares(x, y)
        return np.mean((p_hat > 0) & (q_hat == 0)) * math.log(10)

    rng = np.random.default_rng(6)
    return check_function(
        price_per_decade,
        expected,
        [
            {"x": rng.normal(2, 1, 1000), "y": rng.normal(0, 1, 600)},
            {"x": rng.normal(-5, 1, 400), "y": rng.normal(0, 1, 900)},
        ],
        mistakes={
            "That is the share itself: each factor of 10 costs ln 10 times as much.": empty,
            "That is with 98 bins: 99 bins have 100 edges.": lambda x, y: expected(x, y, 98),
            "Those are p's draws themselves: divide by how many there are.": (
                lambda x, y: len(x) * expected(x, y)
            ),
            SWAPPED: lambda x, y: expected(y, x),
            "Count p's draws in those bins, not the bins.": of_bins,
            "That is the share of p where q *has* draws.": lambda x, y: 1 - empty(x, y),
            "That is the report; its rise is wanted.": kl_histogram,
            IN_BITS: lambda x, y: empty(x, y) * math.log2(10),
            "The sign: a smaller ε makes the report larger.": lambda x, y: -expected(x, y),
        },
        digits=2,
        right="A report that this can move belongs to ε, not to the machines.",
    )
