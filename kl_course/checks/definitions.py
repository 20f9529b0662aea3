"""The checks of notebook 01, on definitions."""

import math

import numpy as np

from kl_course.checks._shared import (
    IN_BITS,
    IN_NATS,
    SIGN,
    SWAPPED,
    NotRightError,
    always_a_verdict,
    as_floats,
    check_function,
    check_number,
)
from kl_course.models._shared import normal_pdf
from kl_helpers.divergences import cross_entropy, kl_divergence


def check_kl(kl):
    """Exercise: D(p‖q) in nats from two arrays of probabilities."""
    return check_function(
        kl,
        kl_divergence,
        [
            {"p": [0.7, 0.2, 0.1], "q": [0.5, 0.3, 0.2]},
            {"p": [0.5, 0.5], "q": [0.9, 0.1]},
            {"p": [0.25, 0.75], "q": [0.25, 0.75]},
            {"p": [1.0, 0.0], "q": [0.5, 0.5]},
            {"p": [0.5, 0.5, 0.0], "q": [0.2, 0.8, 0.0]},
            {"p": [0.5, 0.5], "q": [1.0, 0.0]},
        ],
        mistakes={
            "In floating point 0·log 0 is nan: leave out the outcomes where p is 0.": (
                lambda p, q: np.sum(p * np.log(p / q))
            ),
            IN_BITS: lambda p, q: kl_divergence(p, q, base=2),
            SWAPPED: lambda p, q: kl_divergence(q, p),
            SIGN: lambda p, q: -kl_divergence(p, q),
            "That lacks the log p part: the logarithm is that of p/q.": cross_entropy,
            "Each log p/q is to be weighted by p.": lambda p, q: np.sum(np.log(p / q)),
            "That is a plain average: weight by p instead.": lambda p, q: np.mean(np.log(p / q)),
            "Sum the terms; their mean is too small.": lambda p, q: np.mean(p * np.log(p / q)),
            "An outcome with p > 0 and q = 0 was left out: it makes the divergence infinite.": (
                lambda p, q: np.sum((p * np.log(p / q))[(p > 0) & (q > 0)])
            ),
        },
        right="It holds for zeros in p and in q too.",
    )


def check_coin_bits(answer):
    """Exercise: D of a fair coin from the forecast (0.9, 0.1), in bits."""
    p, q = [0.5, 0.5], [0.9, 0.1]
    nats = kl_divergence(p, q)
    return check_number(
        answer,
        nats / math.log(2),
        unit="bits",
        mistakes={
            IN_NATS: nats,
            "To go from nats to bits, divide by ln 2.": nats * math.log(2),
            SWAPPED: kl_divergence(q, p, base=2),
            "That is D(q‖p), and in nats.": kl_divergence(q, p),
            "That lacks the log p part: the coin's own bit is not q's fault.": (
                cross_entropy(p, q, base=2)
            ),
            SIGN: -nats / math.log(2),
            "That is in decimal digits (log₁₀): bits need log₂.": nats / math.log(10),
        },
        right="By so much the evidence against the forecaster grows with each toss, on average.",
    )


@always_a_verdict
def check_infinite_one_way(p, q):
    """Exercise: D(p‖q) infinite and D(q‖p) finite, over three outcomes."""
    given = []
    for name, value in (("p", p), ("q", q)):
        try:
            given.append(_shares_of_three(value))
        except NotRightError as words:
            raise NotRightError(f"`{name}`: {words}", words.status) from None
    there, back = kl_divergence(*given), kl_divergence(*reversed(given))
    if math.isinf(there) and math.isfinite(back):
        return f"D(p‖q) is infinite, and D(q‖p) = {back:.3g} nats."
    if math.isinf(back) and math.isfinite(there):
        raise NotRightError("The other way round: here D(q‖p) is infinite and D(p‖q) is finite.")
    if math.isinf(there):
        raise NotRightError("Both directions are infinite: q still has weight where p has none.")
    raise NotRightError("Both directions are finite: give q a zero where p has weight.")


def _shares_of_three(value):
    shares = as_floats(value, (3,))
    if not (shares >= 0).all():  # false for nan, too
        raise NotRightError("A probability is a number from 0 to 1.")
    total = shares.sum()
    if not abs(total - 1) <= 1e-6:  # three numbers that came as float32
        share = "" if math.isinf(total) or total == 0 else ", or divide each by that sum"
        raise NotRightError(
            f"The three add up to {total:.4g}: change them so that they add up to 1{share}."
        )
    return shares / total


def check_kl_on_grid(kl_on_grid):
    """Exercise: D(p‖q) in nats from two densities' values on an evenly spaced grid."""
    fine, coarse = np.arange(-8, 10, 0.004), np.arange(-12, 12, 0.01)

    def total(p, q, x):
        return np.sum(p * np.log(p / q))

    def integral(p, q, x):
        return total(p, q, x) * (x[1] - x[0])

    return check_function(
        kl_on_grid,
        integral,
        [
            {"p": normal_pdf(fine, math.sqrt(1.7), 1), "q": normal_pdf(fine, 0, 1), "x": fine},
            {"p": normal_pdf(coarse, 0, 1), "q": normal_pdf(coarse, 1, 2), "x": coarse},
        ],
        mistakes={
            "Forgot dx: every height is to be multiplied by the width of its cell.": total,
            "Multiply by dx; do not divide.": lambda p, q, x: total(p, q, x) / (x[1] - x[0]),
            "dx is not 0.004 on every grid.": lambda p, q, x: total(p, q, x) * 0.004,
            "That is the mean height; the area is wanted.": lambda p, q, x: total(p, q, x) / len(x),
            SWAPPED: lambda p, q, x: integral(q, p, x),
            IN_BITS: lambda p, q, x: integral(p, q, x) / math.log(2),
        },
        right="On a grid that is fine and wide enough for both curves, heights times widths add up"
        " to the integral.",
    )
