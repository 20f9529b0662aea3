"""The checks of notebook 05: one normal for two modes, and which direction a method minimises."""

import math
import re
from functools import partial

import numpy as np

from kl_course.checks._shared import IN_BITS, check_choice, check_function, check_number, together
from kl_course.models.two_directions import SIGMA, forward_kl
from kl_course.models.two_directions import reverse_kl as exact

_LOGS = "Work with log-densities: `norm.logpdf` and `np.logaddexp`."
_FOLLOW = "take x = μ + σz with z from −9 to 9."


def check_moments(mu, sigma):
    """Exercise: the normal with the least D(p‖q) for p = 0.7·N(−1.5, 0.6²) + 0.3·N(1.5, 0.6²)."""
    return together(
        mu=check_number(
            mu,
            -0.6,
            unit="metres",
            mistakes={
                "That is for equal weights: 70 % of the cars pass on the left.": 0.0,
                "The sign: the heavier stream is the one at −1.5.": 0.6,
                "That is the heavier stream alone: D(p‖q) asks for the mean of all cars.": -1.5,
            },
        ),
        sigma=check_number(
            sigma,
            1.5,
            unit="metres",
            mistakes={
                "That is the variance: take its root.": 2.25,
                "That is the width of one stream: add how far the streams are apart.": 0.6,
                "That is how far the streams are apart: add the width of each, 0.6².": 1.89**0.5,
                "That is the variance without the width of each stream.": 1.89,
                "That is the mean of x²: subtract the square of the mean.": 2.61**0.5,
                "Add variances, not standard deviations.": 0.6 + 1.89**0.5,
            },
        ),
        right="Mean and variance decide: the forward direction sees nothing else of p.",
    )


def _log_normal(x, mu, sigma):
    return -(((x - mu) / sigma) ** 2) / 2 - math.log(sigma * math.sqrt(2 * math.pi))


def _expected_log_ratio(mu, sigma, m, terms, ends=(-9, 9)):
    """The average of `terms`(log q, log p) over q = N(mu, sigma²), from μ + z₁σ to μ + z₂σ."""
    z = np.linspace(*ends, 1801)
    x = mu + sigma * z
    log_q = _log_normal(x, mu, sigma)
    log_p = np.logaddexp(_log_normal(x, -m, SIGMA), _log_normal(x, m, SIGMA)) - math.log(2)
    return np.sum(np.exp(_log_normal(z, 0, 1)) * terms(log_q, log_p)) * (z[1] - z[0])


def _cut_at(reach, mu, sigma, m):
    """What a sum from −reach to reach gives."""
    ends = ((-reach - mu) / sigma, (reach - mu) / sigma)
    return _expected_log_ratio(mu, sigma, m, lambda log_q, log_p: log_q - log_p, ends)


def _cut_within(reach, mu, sigma, m):
    """What a sum over the middle `reach` standard deviations of q gives, on either side."""
    return _expected_log_ratio(mu, sigma, m, lambda log_q, log_p: log_q - log_p, (-reach, reach))


def _without_spacing(step, mu, sigma, m):
    """What a plain sum gives, with no width of a cell."""
    return exact(mu, sigma, m) / step(sigma)


def _narrow_streams(mu, sigma, m):
    """What comes out when 0.36, the variance of a stream, is taken for its standard deviation."""
    z = np.linspace(-9, 9, 1801)
    x = mu + sigma * z
    log_q = _log_normal(x, mu, sigma)
    sides = [_log_normal((x - side) / SIGMA**2, 0, 1) for side in (-m, m)]
    log_p = np.logaddexp(*sides) - math.log(2 * SIGMA**2)
    return np.sum(np.exp(_log_normal(z, 0, 1)) * (log_q - log_p)) * (z[1] - z[0])


def _floored(floor, mu, sigma, m):
    """What comes out when a small number is added to p against the underflow."""
    log_floor = math.log(floor)
    return _expected_log_ratio(
        mu, sigma, m, lambda log_q, log_p: log_q - np.logaddexp(log_p, log_floor)
    )


def check_reverse_kl(reverse_kl):
    """Exercise: D(q‖p) of q = N(mu, sigma²) and p = ½N(−m, 0.6²) + ½N(m, 0.6²), in nats."""
    return check_function(
        reverse_kl,
        exact,
        [
            {"mu": 1.5, "sigma": 0.6, "m": 1.5},
            {"mu": 0.5, "sigma": 1.0, "m": 0.9},
            {"mu": 0.3, "sigma": 3.0, "m": 3.0},
        ],
        mistakes={
            "That is D(p‖q): average over q, not over p.": forward_kl,
            "The sign is turned round: it is log q − log p.": lambda *at: -exact(*at),
            IN_BITS: lambda *at: exact(*at) / math.log(2),
            "p lacks its ½: each of the two streams carries half of the cars.": (
                lambda *at: exact(*at) - math.log(2)
            ),
            "That is the average of −log p: the average of log q is missing.": (
                lambda *at: _expected_log_ratio(*at, lambda log_q, log_p: -log_p)
            ),
            "That is the plain sum: multiply by the spacing of the x.": (
                partial(_without_spacing, lambda sigma: 0.01 * sigma)
            ),
            "That is the plain sum: multiply by the spacing of the grid.": (
                partial(_without_spacing, lambda sigma: 0.01)
            ),
            "Multiply by the spacing of the x, σ times that of the z.": (
                partial(_without_spacing, lambda sigma: sigma)
            ),
            "0.6 is the standard deviation of a stream, and 0.36 its variance.": _narrow_streams,
            f"Far out p underflows to 0. {_LOGS}": lambda *at: math.inf,
            f"Far out both densities underflow to 0, and 0/0 is nan. {_LOGS}": lambda *at: math.nan,
            **{
                f"The grid ends at ±{reach:g}, and q goes on: {_FOLLOW}": partial(_cut_at, reach)
                for reach in (4, 5, 6, 7, 8, 8.4, 9, 10, 12)
            },
            **{
                f"The grid ends {reach:g}σ from μ, and there is still some q: {_FOLLOW}": (
                    partial(_cut_within, reach)
                )
                for reach in (2, 3, 4)
            },
            **{
                f"p + {floor:.0e} is not p: far out it decides the answer. {_LOGS}": (
                    partial(_floored, floor)
                )
                for floor in (1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20)
            },
        },
        right="Averaged over q, it charges only for places where q itself goes.",
    )


def _direction(answer, expected, reason):
    """The verdict on "forward" or "reverse"."""
    if isinstance(answer, str):
        word = re.fullmatch(r"(forwards?|fwd|reversed?|rev)( kl)?", answer.strip(" .").lower())
        answer = word[1][0] if word else answer
    other = "R" if expected == "F" else "F"
    return check_choice(answer, expected, reasons={other: reason})


def check_directions(likelihood, elbo, reward, letters):
    """Exercise: which direction each of four methods minimises, "F" or "R"."""
    return together(
        likelihood=_direction(
            likelihood,
            "F",
            "The average in a likelihood runs over the data, and the data come from the target.",
        ),
        elbo=_direction(
            elbo,
            "R",
            "The ELBO is an average over the approximation q: draws of the posterior are dear.",
        ),
        reward=_direction(
            reward,
            "R",
            "The average runs over the answers of π, which is what you fit: its target is the "
            "reference, tilted by the reward.",
        ),
        letters=_direction(
            letters,
            "F",
            "Letters do not matter. Here q is the data, so the average runs over the target.",
        ),
        right="One question settles all four: over whose draws does the average run?",
    )


def check_far_limits(three, unequal):
    """Exercise: the least D(q‖p) far apart, for three equal modes and for weights 0.7 and 0.3."""
    return together(
        three=check_number(
            three,
            math.log(3),
            unit="nats",
            mistakes={
                "That is in bits: use the natural logarithm for nats.": math.log2(3),
                "That is the limit for two modes.": math.log(2),
                "That is the weight of a mode: where q lives, log(q/p) is −log of it.": 1 / 3,
                "q has the shape of one mode, but p there is only ⅓ of it.": 0.0,
                "The sign: p is smaller than q there, so log(q/p) is positive.": -math.log(3),
            },
        ),
        unequal=check_number(
            unequal,
            -math.log(0.7),
            unit="nats",
            mistakes={
                "That is in bits: use the natural logarithm for nats.": -math.log2(0.7),
                "That is a local minimum: the other mode costs less.": -math.log(0.3),
                "That is the limit for equal weights.": math.log(2),
                "That is the entropy of the weights: q sits on one mode, not on both.": (
                    -0.7 * math.log(0.7) - 0.3 * math.log(0.3)
                ),
                "The sign: p is smaller than q there, so log(q/p) is positive.": math.log(0.7),
            },
        ),
        right="Locking on costs −log of the share of p that q keeps: it is bounded, and never 0.",
    )
