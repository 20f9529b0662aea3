"""The checks of notebook 02, on samples."""

import math

import numpy as np

from kl_course.checks._shared import (
    IN_BITS,
    SWAPPED,
    NotRightError,
    always_a_verdict,
    as_floats,
    check_choice,
    check_function,
    check_number,
    together,
)
from kl_helpers.distributions import kl_normal
from kl_helpers.estimators import kl_histogram


def check_units(metres, centimetres):
    """Exercise: D(N(0.3, 0.1²)‖N(0, 0.1²)) by hand, in metres and in centimetres."""
    exact = kl_normal(0.3, 0.1, 0, 0.1)

    def slips(shift, sigma):
        return {
            "That lacks the ½.": 2 * exact,
            "The shift is to be squared too.": shift / (2 * sigma**2),
            "σ is to be squared too.": shift**2 / (2 * sigma),
            "That lacks the ½, and σ is to be squared.": shift**2 / sigma,
            "That is in bits: times ln 2 gives nats.": exact / math.log(2),
        }

    stretched = "The unit drops out: numerator and denominator both grow by 100²."
    added = "Nothing is added for the unit: it cancels in (μ_p − μ_q)/σ, and in σ_p/σ_q."
    return together(
        metres=check_number(metres, exact, mistakes=slips(0.3, 0.1)),
        centimetres=check_number(
            centimetres,
            exact,
            mistakes={
                stretched: tuple(exact * k for k in (100, 1e4, 1e-2, 1e-4)),
                added: (exact + math.log(100), exact - math.log(100)),
            }
            | slips(30, 10),
        ),
        right=f"{exact:.3g} nats in either unit: D does not depend on the scale.",
    )


# log σ + 1/(2σ²) = 1, and with the arguments swapped σ²/2 − log σ = 1: both by Newton's method
_HALF_A_NAT = (0.5637769354, 2.5110546150)
_HALF_A_NAT_SWAPPED = (0.3982390483, 1.7737517211)


def _to_two_decimals(got, exact):
    return abs(got - exact) <= 0.005


@always_a_verdict
def check_two_widths(narrow, wide):
    """Exercise: the two σ for which D(N(0, 1)‖N(0, σ²)) is half a nat, to two decimals."""
    sigmas = [float(as_floats(sigma, ())) for sigma in (narrow, wide)]
    if not all(0 < sigma < math.inf for sigma in sigmas):
        raise NotRightError("A standard deviation is a positive, finite number.")
    if sigmas[0] > 1 > sigmas[1]:
        raise NotRightError("The narrow one comes first: swap the two.")
    if not sigmas[0] < 1 < sigmas[1]:
        raise NotRightError("One σ lies below 1 and the other above.")
    for sigma, right, swapped in zip(sigmas, _HALF_A_NAT, _HALF_A_NAT_SWAPPED, strict=True):
        if _to_two_decimals(sigma, right):
            continue
        if _to_two_decimals(sigma, right**2):
            raise NotRightError(f"{sigma:.4g} is the variance: σ is its square root.")
        if _to_two_decimals(sigma, swapped):
            raise NotRightError(f"{sigma:.4g} solves D(q‖p) = 0.5: the arguments are swapped.")
        if math.isclose(1 - sigmas[0], sigmas[1] - 1, abs_tol=0.005):  # in two decimals
            raise NotRightError(
                f"Equal distances from 1 do not cost the same: {kl_normal(0, 1, 0, sigmas[0]):.3g}"
                f" nats below, {kl_normal(0, 1, 0, sigmas[1]):.3g} above."
            )
        cost = kl_normal(0, 1, 0, sigma)
        close = " That is close, but not right to two decimals." if abs(cost - 0.5) < 0.02 else ""
        raise NotRightError(f"σ = {sigma:.4g} gives {cost:.3g} nats, not 0.5.{close}")
    return (
        f"Too narrow by a factor of {1 / sigmas[0]:.2g} costs as much as too wide by a factor of"
        f" {sigmas[1]:.2g}: D(p‖q) punishes a q that is too sure."
    )


def check_kl_from_samples(kl_from_samples):
    """Exercise: D in nats of two fitted normals, from two arrays of samples."""

    def fitted(x, y, spread=np.std):
        return kl_normal(np.mean(x), spread(x), np.mean(y), spread(y))

    def in_another_order(x, y):
        mean_p, mean_q, spread_p, spread_q = np.mean(x), np.mean(y), np.std(x), np.std(y)
        return kl_normal(mean_p, mean_q, spread_p, spread_q) if mean_q > 0 else math.nan

    def with_common(spread):
        return lambda x, y: 0.5 * ((np.mean(x) - np.mean(y)) / spread(x, y)) ** 2

    def as_probabilities(x, y):
        return np.sum(x * np.log(x / y)) if len(x) == len(y) else np.nan

    rng = np.random.default_rng(1)
    return check_function(
        kl_from_samples,
        fitted,
        [
            {"x": rng.normal(9, 1, 2000), "y": rng.normal(10, 2, 2000)},
            {"x": rng.normal(0, 1, 1500), "y": rng.normal(-1, 0.5, 3000)},
        ],
        mistakes={
            "Hand over standard deviations, not variances.": lambda x, y: fitted(x, y, np.var),
            SWAPPED: lambda x, y: fitted(y, x),
            IN_BITS: lambda x, y: fitted(x, y) / math.log(2),
            "Samples are places, not probabilities: fit a normal to each first.": as_probabilities,
            "`kl_normal` takes μ and σ of p, then μ and σ of q.": in_another_order,
            "That is the recipe with bins and ε: fit a normal to each sample.": kl_histogram,
            "That is for one common σ: use the closed form with both.": (
                with_common(lambda x, y: np.std(y))
            ),
            "That is for one common σ, that of p: use the closed form with both.": (
                with_common(lambda x, y: np.std(x))
            ),
        },
        digits=2,
        right="No bins and no ε – but it is only as good as the normal shape: two exponentials with"
        " means 1 and 3 are 0.43 nats apart, and it says 0.88.",
    )


def check_demo_claim(answer):
    """Exercise: which of four claims about the sample demo is true."""
    return check_choice(
        answer,
        "C",
        reasons={
            "A": "Move the bins slider: fewer samples fall into each bin, more bins are empty, and"
            " the number keeps moving instead of settling at the exact value.",
            "B": "Move the ε slider: wherever q's bin is empty, about p·log(p/ε) is what is added.",
            "D": "Choose the same μ and σ for both: chance makes the two histograms differ, and"
            " every difference makes D greater than 0.",
        },
        right="Each of p's bins where q is empty adds about p·ln 10, and these p sum to almost 1.",
    )
