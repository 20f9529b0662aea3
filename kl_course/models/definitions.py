"""The mathematics of notebook 01: what D(p‖q) of two normals is the integral of."""

import math

import numpy as np

from kl_course.models._shared import normal_pdf


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
