"""The check of notebook 00."""

import math

from kl_course.checks._shared import IN_BITS, check_number
from kl_helpers.distributions import kl_normal


def check_warm_up(answer):
    """Exercise: D(N(0, 1)‖N(3, 1)), in nats."""
    exact = kl_normal(0, 1, 3, 1)
    return check_number(
        answer,
        exact,
        unit="nats a train",
        mistakes={
            "That is the shift itself: square it and halve it.": 3.0,
            "That lacks the ½.": 9.0,
            IN_BITS: exact / math.log(2),
            "Square the shift before you halve it.": 1.5,
            "Halve the square, do not square the half.": 1.5**2,
            "No divergence is negative, whichever way the app is off.": -exact,
        },
        right="Three times as far off costs nine times as much.",
    )
