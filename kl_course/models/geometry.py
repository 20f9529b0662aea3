"""The mathematics of notebook 10: KL close up, its balls, its relatives, exponential families."""

import math
from types import MappingProxyType

import numpy as np
from scipy.special import lambertw, xlogy

from kl_helpers.divergences import js_divergence, kl_divergence, total_variation


def textbook_kl_normal(mu_p, sigma_p, mu_q, sigma_q):
    """D(p‖q) of two normals, in nats, as textbooks print it: near p = q it cancels.

    Parameters
    ----------
    mu_p, sigma_p, mu_q, sigma_q : array_like
        Means and standard deviations; they broadcast.

    Returns
    -------
    float or ndarray
        What rounding leaves of it, which may be negative.
    """
    square = (sigma_p**2 + (mu_p - mu_q) ** 2) / (2 * sigma_q**2)
    return np.log(sigma_q / sigma_p) + square - 0.5


def quadratic_normal(sigma, d_mu, d_sigma):
    """½ δᵀI(θ)δ for a normal: what D is for a small step δ = (d_mu, d_sigma), in nats.

    Parameters
    ----------
    sigma, d_mu, d_sigma : array_like
        Standard deviation before the step, and the step; they broadcast.

    Returns
    -------
    float or ndarray
        ≥ 0.
    """
    across, up = np.divide(d_mu, sigma), np.divide(d_sigma, sigma)
    return 0.5 * across * across + up * up


def widths_of_ball(radius):
    """The lowest and the highest σ/σ₀ of a normal within `radius` nats of N(μ₀, σ₀²).

    Parameters
    ----------
    radius : float
        In nats, > 0.

    Returns
    -------
    dict of str to (float, float)
        "forward" for D(p‖q) ≤ radius about p, "reverse" for D(q‖p) ≤ radius.

    Notes
    -----
    At the same mean D = ½(t − 1 − log t) with t = (σ_p/σ_q)², so −t·e^(−t) = −e^(−1−2·radius):
    t = −W(−e^(−1−2·radius)) with either branch of Lambert's W.
    """
    edge = -math.exp(-1 - 2 * radius)
    low, high = (math.sqrt(-lambertw(edge, branch).real) for branch in (0, -1))
    return {"forward": (1 / high, 1 / low), "reverse": (low, high)}


def ball(mu, sigma, radius, direction="forward", corners=121):
    """The rim of a ball about p = N(mu, sigma²): the normals at exactly `radius` nats.

    Parameters
    ----------
    mu, sigma : float
        The centre.
    radius : float
        In nats, > 0.
    direction : {"forward", "reverse"}
        Whether D(p‖q) or D(q‖p) is the radius.
    corners : int
        How many places on either side.

    Returns
    -------
    (ndarray, ndarray), shape (2·corners,)
        Means and standard deviations, all the way round.
    """
    low, high = widths_of_ball(radius)[direction]
    # σ by equal steps of an angle: the corners are as close at the top and bottom as at the sides.
    share = (1 - np.cos(np.linspace(0, math.pi, corners))) / 2
    s = low + (high - low) * share
    if direction == "forward":
        square = s * s * (2 * radius + 1 - 2 * np.log(s)) - 1
    else:
        square = 2 * radius + 1 - s * s + 2 * np.log(s)
    half = sigma * np.sqrt(np.maximum(square, 0.0))
    half[[0, -1]] = 0.0
    return np.append(mu - half, mu + half[::-1]), sigma * np.append(s, s[::-1])


def ellipse(mu, sigma, radius, corners=121):
    """The rim of the ellipse ½ δᵀI(θ)δ = `radius` about N(mu, sigma²); returns as in `ball`."""
    angle = np.linspace(0, 2 * math.pi, corners)
    across, up = sigma * math.sqrt(2 * radius), sigma * math.sqrt(radius)
    return mu + across * np.cos(angle), sigma + up * np.sin(angle)


def hellinger_squared(p, q):
    """Squared Hellinger distance ½ Σ (√p − √q)² = 1 − Σ √(pq).

    Parameters
    ----------
    p, q : array_like, shape (..., k)
        Probabilities.

    Returns
    -------
    float or ndarray, shape (...)
        In [0, 1].
    """
    return ((np.sqrt(p) - np.sqrt(q)) ** 2).sum(axis=-1) / 2


def chi_squared(p, q):
    """Pearson's χ² divergence Σ (p − q)²/q, for q > 0.

    Parameters
    ----------
    p, q : array_like, shape (..., k)
        Probabilities.

    Returns
    -------
    float or ndarray, shape (...)
        ≥ 0.
    """
    return (np.subtract(p, q) ** 2 / q).sum(axis=-1)


# Each is Σ q·f(p/q); the factors make the second derivative of the smooth f at 1 the same: 1.
GENERATORS = MappingProxyType(
    {
        "D(p‖q)": lambda t: xlogy(t, t) - t + 1,
        "D(q‖p)": lambda t: t - 1 - np.log(t),
        "4·JS": lambda t: 2 * (xlogy(t, t) - (1 + t) * np.log((1 + t) / 2)),
        "4·H²": lambda t: 2 * (np.sqrt(t) - 1) ** 2,
        "χ²/2": lambda t: (t - 1) ** 2 / 2,
        "TV": lambda t: np.abs(t - 1) / 2,
    }
)
RELATIVES = MappingProxyType(
    {
        "D(p‖q)": kl_divergence,
        "D(q‖p)": lambda p, q: kl_divergence(q, p),
        "4·JS": lambda p, q: 4 * js_divergence(p, q),
        "4·H²": lambda p, q: 4 * hellinger_squared(p, q),
        "χ²/2": lambda p, q: chi_squared(p, q) / 2,
        "TV": total_variation,
    }
)


def f_divergence(f, p, q):
    """Σ q·f(p/q), for q > 0.

    Parameters
    ----------
    f : callable
        Convex, with f(1) = 0.
    p, q : array_like, shape (..., k)
        Probabilities.

    Returns
    -------
    float or ndarray, shape (...)
        ≥ 0.
    """
    return (q * f(np.divide(p, q))).sum(axis=-1)


def log_partition(eta):
    """A(η) = log(1 + e^η) of a coin whose heads have the log-odds `eta`, in nats."""
    return np.logaddexp(0.0, eta)


def heads(eta):
    """A′(η) = 1/(1 + e^(−η)): the probability of heads at the log-odds `eta`."""
    return 1 / (1 + np.exp(-np.asarray(eta, dtype=float)))


def negative_entropy(share):
    """−H of a coin with this probability of heads, in nats: what A turns into over the mean."""
    return xlogy(share, share) + xlogy(1 - share, 1 - share)


def bregman(function, slope, there, here):
    """How far `function` lies above its tangent at `here`, measured at `there`.

    Parameters
    ----------
    function, slope : callable
        A convex function and its derivative.
    there, here : float

    Returns
    -------
    float
        ≥ 0, up to rounding.
    """
    return function(there) - function(here) - (there - here) * slope(here)
