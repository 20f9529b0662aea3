"""The checks of notebook 10: Fisher information, Bregman, exchange rates, mutual information."""

import math

from scipy.special import rel_entr

from kl_course.checks._shared import IN_BITS, SWAPPED, check_function, check_number, together
from kl_helpers.distributions import kl_poisson


def check_fisher_poisson(information, nats):
    """Exercise: I(λ) of a Poisson distribution at λ = 4, and ½ I δ² for δ = 0.02."""
    return together(
        information=check_number(
            information,
            0.25,
            mistakes={
                "That is the variance of the counts. The score is x/λ − 1: divide by λ².": 4.0,
                "That is 1/λ²: divide the variance of the counts, λ, by λ².": 1 / 16,
                "That is 1/√λ: the information is the variance of the score, not its root.": 0.5,
                "That is the mean of the score, which is always 0: take its variance.": 0.0,
            },
        ),
        nats=check_number(
            nats,
            5e-5,
            unit="nats",
            mistakes={
                "The ½ is missing.": 1e-4,
                "That is the exact D; the question asks for the quadratic.": kl_poisson(4, 4.02),
                "The step has to be squared.": 0.5 * 0.25 * 0.02,
                "That is in bits: the quadratic form is in nats.": 5e-5 / math.log(2),
                "Multiply by the information, do not divide.": 0.5 * 0.02**2 / 0.25,
                "That is ½δ²: the information is missing.": 2e-4,
            },
        ),
        right="`kl_poisson(4, 4.02)` says 0.0000498.",
    )


def _poisson(eta_p, eta_q):
    p, q = math.exp(eta_p), math.exp(eta_q)
    return q - p - (eta_q - eta_p) * p


def check_bregman_poisson(divergence):
    """Exercise: D(p‖q) of two Poisson distributions from A(η) = e^η, in nats."""
    return check_function(
        divergence,
        _poisson,
        [
            {"eta_p": 0.5, "eta_q": 1.0},
            {"eta_p": 1.5, "eta_q": 0.5},
            {"eta_p": -1.0, "eta_q": -1.0},
        ],
        mistakes={
            f"{SWAPPED} The tangent touches A at p's η.": lambda p, q: _poisson(q, p),
            IN_BITS: lambda p, q: _poisson(p, q) / math.log(2),
            "That is A(η_q) − A(η_p): take the tangent's rise away too.": (
                lambda p, q: math.exp(q) - math.exp(p)
            ),
            "The tangent has the slope A′(η_p) = e^η_p, not 1.": (
                lambda p, q: math.exp(q) - math.exp(p) - (q - p)
            ),
            "The slope is that at p, not at q.": (
                lambda p, q: math.exp(q) - math.exp(p) - (q - p) * math.exp(q)
            ),
            "The sign is turned round: the curve lies above its tangent.": (
                lambda p, q: -_poisson(p, q)
            ),
            "The arguments are log-rates η = log λ, not rates.": (
                lambda p, q: float(rel_entr(p, q)) - p + q
            ),
        },
        right="It is `kl_poisson` at the rates e^η: the gap of a curve above its tangent.",
    )


def check_exchange(d, chi2):
    """Exercise: D and χ² of a close pair whose JS is 0.0005 nats."""
    return together(
        d=check_number(
            d,
            0.002,
            unit="nats",
            digits=2,
            mistakes={
                "JS is much smaller than D: its f bends at 1 by ¼, that of D by 1.": 0.0005,
                "The other way round: D is the larger one.": 0.0005 / 4,
                "The rate is 4, not 2: f of JS bends by ¼.": 0.001,
                "That is χ²; D is half of it.": 0.004,
                "The rate is 4, not 16: f of JS bends by ¼ already.": 0.008,
            },
        ),
        chi2=check_number(
            chi2,
            0.004,
            digits=2,
            mistakes={
                "That is D: close up χ² is twice D.": 0.002,
                "Close up D is half of χ², not twice.": 0.001,
                "That is JS; its f bends by ¼, that of χ² by 2.": 0.0005,
            },
        ),
        right="Close up all smooth relatives are one, at fixed rates of exchange.",
    )


def check_information(information, total):
    """Exercise: I(X; Y) at correlation 0.6, and D from a q that is independent and moved by 1."""
    exact = -math.log(1 - 0.6**2) / 2
    return together(
        information=check_number(
            information,
            exact,
            unit="nats",
            mistakes={
                IN_BITS: exact / math.log(2),
                "The ½ is missing.": 2 * exact,
                "The sign: the logarithm of a number below 1 is negative.": -exact,
                "Square the correlation.": -math.log(1 - 0.6) / 2,
                "That is ½ρ², which is right for small ρ only.": 0.18,
                "That is the correlation itself.": 0.6,
            },
        ),
        total=check_number(
            total,
            exact + 0.5,
            unit="nats",
            mistakes={
                "That is I alone: q's first coordinate is moved by 1.": exact,
                "That is the shift alone: q does not know of the correlation.": 0.5,
                "The shift counts in σ of q, and q knows no correlation: it costs ½ nat.": (
                    exact + 0.5 / (1 - 0.36)
                ),
                "A shift of 1 standard deviation costs ½ nat.": exact + 1,
                IN_BITS: (exact + 0.5) / math.log(2),
            },
        ),
        right="What an independent q misses is the information, whatever else it gets wrong.",
    )
