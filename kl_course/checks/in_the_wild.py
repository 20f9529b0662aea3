"""The checks of notebook 11: a VAE's term, a tilted policy, losses and their gradients, PSI."""

import math

import numpy as np
from scipy.stats import chi2

from kl_course.checks._shared import (
    IN_BITS,
    Verdict,
    check_choice,
    check_function,
    check_number,
    show,
    together,
)


def _vae_term(mu, log_var):
    return 0.5 * np.sum(np.exp(log_var) + mu**2 - 1 - log_var)


def check_vae_term(kl_term):
    """Exercise: D(N(mu, diag e^log_var)‖N(0, I)) in nats, one value per latent dimension given."""
    return check_function(
        kl_term,
        _vae_term,
        [
            {"mu": [1.0, -0.5], "log_var": [0.0, -1.2]},
            {"mu": [0.0, 0.0, 0.0], "log_var": [0.0, 0.0, 0.0]},
            {"mu": [2.0], "log_var": [-40.0]},
        ],
        mistakes={
            "That is the mean over the dimensions: the divergences of independent parts add up.": (
                lambda mu, v: _vae_term(mu, v) / len(mu)
            ),
            "The factor ½ is missing.": lambda mu, v: 2 * _vae_term(mu, v),
            "The sign is turned round: that is what an ELBO adds, −D.": (
                lambda mu, v: -_vae_term(mu, v)
            ),
            "`log_var` is the log of σ², not of σ.": lambda mu, v: _vae_term(mu, 2 * v),
            "log σ² stands in it, and log σ is half of that: `log_var` is not to be halved.": (
                lambda mu, v: _vae_term(mu, v) + np.sum(v) / 4
            ),
            "`log_var` is a logarithm already, and may be negative: take its exponential for σ²,"
            " and no log or root of it.": lambda mu, v: math.nan,
            "The 1 of each dimension is missing: q = prior must give 0.": (
                lambda mu, v: _vae_term(mu, v) + len(mu) / 2
            ),
            "Take 1 off for each dimension, not once.": (
                lambda mu, v: _vae_term(mu, v) + (len(mu) - 1) / 2
            ),
            "The mean enters squared.": lambda mu, v: _vae_term(mu, v) + 0.5 * np.sum(mu - mu**2),
            "That is D(prior‖q): the arguments are swapped.": (
                lambda mu, v: 0.5 * np.sum((1 + mu**2) / np.exp(v) - 1 + v)
            ),
            IN_BITS: lambda mu, v: _vae_term(mu, v) / math.log(2),
        },
        right="It is 0 where q is the prior, and grows with every step away from it.",
    )


def _tilted(reference, reward, beta):
    weights = reference * np.exp((reward - np.max(reward)) / beta)
    return weights / weights.sum()


def check_tilt(tilt):
    """Exercise: the policy that is proportional to π₀·e^{r/β}, also where e^{r/β} overflows."""
    return check_function(
        tilt,
        _tilted,
        [
            {"reference": [0.5, 0.3, 0.2], "reward": [0.0, 1.0, 2.0], "beta": 0.5},
            {"reference": [0.25, 0.75], "reward": [3.0, 2.0], "beta": 4.0},
            {"reference": [0.6, 0.4], "reward": [1000.0, 1001.0], "beta": 0.5},
            {"reference": [0.5, 0.3, 0.2], "reward": [0.0, 1001.0, 0.5], "beta": 0.5},
            {"reference": [0.6, 0.4], "reward": [-1001.0, -1000.0], "beta": 0.5},
        ],
        mistakes={
            "The weights do not sum to 1: divide by their sum.": (
                lambda ref, r, b: ref * np.exp(r / b)
            ),
            "The weights do not sum to 1: after the exponential divide by their sum.": (
                lambda ref, r, b: ref * np.exp((r - np.max(r)) / b)
            ),
            "A reference is a probability: it multiplies e^{r/β}, and is not added to r.": (
                lambda ref, r, b: _tilted(np.ones_like(ref), ref + r, b)
            ),
            "That is without the reference: a word that π₀ never says must stay unsaid.": (
                lambda ref, r, b: _tilted(np.ones_like(ref), r, b)
            ),
            "Divide the reward by β, do not multiply: a large β means a short leash.": (
                lambda ref, r, b: _tilted(ref, r, 1 / b)
            ),
            "The sign is turned round: a high reward makes a word more likely.": (
                lambda ref, r, b: _tilted(ref, -r, b)
            ),
            "β is missing.": lambda ref, r, b: _tilted(ref, r, 1.0),
            "e^{r/β} overflows here, and ∞/∞ is nan. Take the highest reward off all of them"
            " first: it cancels.": lambda ref, r, b: (
                np.full(len(r), math.nan) if np.min(r) > 100 else None
            ),
            "It still overflows: take off the highest reward, not the lowest or the mean.": (
                lambda ref, r, b: np.where(r == np.max(r), math.nan, 0.0)
            ),
            "e^{r/β} is 0 for every word here, and 0/0 is nan. Take the highest reward off all of"
            " them.": lambda ref, r, b: np.full(len(r), math.nan) if np.max(r) < -100 else None,
        },
        right="Only differences of the reward count.",
    )


_PI, _REF = np.array([0.8, 0.2]), np.array([0.5, 0.5])
_LOG = np.log(_PI / _REF)
_TRUE = float(_PI[0] * (_LOG[0] - np.sum(_PI * _LOG)))  # slope of D in the first logit


def check_loss_gradients(k1, k2, k3):
    """Exercise: expected gradients by the first logit, for π = (0.8, 0.2), π₀ = (0.5, 0.5)."""
    other = float(_PI[0] - _REF[0])
    not_centred = float(_PI[0] * _LOG[0])
    return together(
        k1=check_number(
            k1,
            0.0,
            unit="nats a logit",
            mistakes={
                "That is the gradient of D(π‖π₀), which k1 has as its value, not as its slope: "
                "the draws are held fixed.": _TRUE,
                "That is the value of D(π‖π₀), not a gradient.": float(np.sum(_PI * _LOG)),
                "That is the gradient for a draw of the first word alone: average over both.": 0.2,
                "The score of the first word is 1 − π₁ where it was drawn, and −π₁ where not.": 0.8,
            },
        ),
        k2=check_number(
            k2,
            _TRUE,
            unit="nats a logit",
            mistakes={
                "The sign is turned round: −log w is log π − log π₀.": -_TRUE,
                "Take D(π‖π₀) off log(π/π₀) first: raising one logit lowers the other word.": (
                    not_centred
                ),
                "That is the gradient of k3.": other,
                IN_BITS: _TRUE / math.log(2),
                "That is the value of D(π‖π₀), not a gradient.": float(np.sum(_PI * _LOG)),
            },
        ),
        k3=check_number(
            k3,
            other,
            unit="nats a logit",
            mistakes={
                "That is the gradient of D(π‖π₀): k3 has its value, and another slope.": _TRUE,
                "The sign is turned round: raising the first logit takes π away from π₀.": -other,
                "That is 1 − w for the first word alone: average over the draws of both.": (
                    1 - 0.5 / 0.8
                ),
            },
        ),
        right="Nothing, D(π‖π₀) and D(π₀‖π): three losses whose values are so alike.",
    )


_ITEMS = 400


def check_psi(mean, limit, alarm):
    """Exercise: PSI is 0.060 for 400 items in 8 bins: what chance gives, and whether to ring."""
    mark = float(chi2.ppf(0.95, 7)) / _ITEMS
    verdict = together(
        mean=check_number(
            mean,
            7 / _ITEMS,
            unit="nats",
            mistakes={
                "8 shares that sum to 1 leave 7 free: bins − 1.": 8 / _ITEMS,
                "That is the mean of D(p‖q): PSI is about twice that.": 7 / (2 * _ITEMS),
                "Both samples would be of 400 then: here q is known.": 14 / _ITEMS,
                "That is the mean of n·PSI: divide by n.": 7.0,
            },
        ),
        limit=check_number(
            limit,
            mark,
            unit="nats",
            mistakes={
                "8 shares that sum to 1 leave 7 free: bins − 1.": float(chi2.ppf(0.95, 8)) / _ITEMS,
                "That is the mark for D(p‖q): PSI is about twice that.": mark / 2,
                "That is χ² itself: divide by n.": mark * _ITEMS,
                "That is the rule of thumb, which knows nothing of n.": (0.25, 0.1),
                "8 shares that sum to 1 leave 7 free, not 9.": float(chi2.ppf(0.95, 9)) / _ITEMS,
                "That is the 90 % mark.": float(chi2.ppf(0.90, 7)) / _ITEMS,
                "That is the 5 % mark, at the other end: `chi2.ppf(0.95, 7)`.": (
                    float(chi2.ppf(0.05, 7)) / _ITEMS
                ),
            },
        ),
    )
    if verdict.status != "right":
        return verdict
    if isinstance(alarm, (bool, np.bool_)):
        alarm = "yes" if alarm else "no"
    if isinstance(alarm, (list, tuple)) and len(alarm) == 1:
        (alarm,) = alarm
    if isinstance(alarm, str) and alarm.strip(" .()").lower() in ("yes", "no", "y", "n"):
        alarm = alarm.strip(" .()")[0]
    elif alarm is not None:
        return Verdict("wrong", f'`alarm`: `{show(alarm)}` is neither `"yes"` nor `"no"`.')
    reason = "0.060 is below 0.1, but chance alone stays below 0.0352 in about 95 of 100 cases."
    return together(
        alarm=check_choice(alarm, "Y", reasons={"N": reason}),
        right="The rule of thumb sleeps at 0.060, which chance alone reaches less than once in 500"
        " times.",
    )
