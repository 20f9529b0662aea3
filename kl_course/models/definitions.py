"""The mathematics of notebook 01: what D(p‖q) of two normals is the integral of, and a game."""

import math

import numpy as np

from kl_course.models._shared import normal_pdf, values_of
from kl_helpers.divergences import kl_divergence


def integrand(x, mu_p, sigma_p, mu_q, sigma_q):
    """p·log(p/q) of p = N(mu_p, sigma_p²) and q = N(mu_q, sigma_q²) at x, in nats per unit of x."""
    log_ratio = (
        math.log(sigma_q / sigma_p)
        + ((x - mu_q) / sigma_q) ** 2 / 2
        - ((x - mu_p) / sigma_p) ** 2 / 2
    )
    return normal_pdf(x, mu_p, sigma_p) * log_ratio


def area_below(mu_p, sigma_p, mu_q, sigma_q):
    """The area between 0 and the integrand where that is negative, in nats, ≥ 0."""
    x = mu_p + sigma_p * np.linspace(-10, 10, 4001)
    return float(np.trapezoid(np.maximum(-integrand(x, mu_p, sigma_p, mu_q, sigma_q), 0), x))


# --- a game: draw q so that D(p‖q), or D(q‖p), hits a target
#
# A setting is a dict of numbers: `q_sun`, `q_rain`, `q_snow`, the weights of q as powers of ten;
# `tried_sun`, …, those of the last try; `target`, in nats; `seed`, which p follows from;
# `direction`, 0 for D(p‖q) and 1 for D(q‖p); `tries`, how many, and `round`, of which round.

SUMMER = ("sun", "rain", "snow")
LOWEST = -12  # the power of ten of the least weight, and of the least share that can be drawn
TARGETS = (0.1, 1, 10)  # nats


def summer_days(seed):
    """How often sun, rain and snow come on a summer's day, for a round of the game.

    Parameters
    ----------
    seed : int
        The same one gives the same three probabilities.

    Returns
    -------
    ndarray, shape (3,)
        Snow has 1e-5, 1e-6 or 1e-7, sun 0.2 to 0.8, rain the rest.
    """
    rng = np.random.default_rng(seed)
    sun, snow = rng.integers(20, 81) / 100, 10.0 ** -rng.integers(5, 8)
    return np.array([sun, 1 - sun - snow, snow])


def shares(setting, which):
    """The three shares of q: as it is drawn now, or, for "tried", as it was at the last try."""
    weights = 10.0 ** values_of(setting, which, SUMMER)
    return weights / weights.sum()


def with_share(pmf, i, share):
    """`pmf` with outcome i at this share; the others keep their ratios, and all at least 10^−12."""
    share = min(max(share, 10.0**LOWEST), 1 - 10.0**LOWEST)
    new = pmf * ((1 - share) / np.delete(pmf, i).sum())
    new[i] = share
    return new


def this_round(setting):
    """The number of the round, another one for each p, target and direction."""
    return 6 * setting["seed"] + 2 * TARGETS.index(setting["target"]) + setting["direction"]


def tries(setting):
    """How often was tried in this round."""
    return setting["tries"] if setting["round"] == this_round(setting) else 0


def tried(setting):
    """What the last try came to: D(p‖q) and D(q‖p), in nats, and the goal's ratio to the target."""
    p, q = summer_days(setting["seed"]), shares(setting, "tried")
    both = kl_divergence(p, q), kl_divergence(q, p)
    return both, both[setting["direction"]] / setting["target"]


def hit(setting):
    """Whether the last try of this round came within 2 % of the target."""
    return tries(setting) > 0 and abs(tried(setting)[1] - 1) <= 0.02


def attempt(setting):
    """What a try changes: q becomes the last try. Nothing, once the target is hit."""
    if hit(setting):
        return {}
    now = {f"tried_{outcome}": setting[f"q_{outcome}"] for outcome in SUMMER}
    return now | {"round": this_round(setting), "tries": tries(setting) % 999 + 1}


def turn_round(setting):
    """The other of the two directions becomes the goal."""
    return {"direction": 1 - setting["direction"]}
