"""Closed forms and quadrature for named distributions."""

import math

import numpy as np

from kl_helpers._validation import broadcastable, plain, positive, real_array
from kl_helpers.divergences import _deviance


def kl_normal(mu_p, sigma_p, mu_q, sigma_q):
    """KL divergence D(p‖q) of two normal distributions, in nats.

    Parameters
    ----------
    mu_p, mu_q : array_like
        Means.
    sigma_p, sigma_q : array_like
        Standard deviations, > 0. All four broadcast.

    Returns
    -------
    float or ndarray
        ≥ 0, and exactly 0 for identical distributions.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If one is not finite, a standard deviation is not positive, or the shapes do not broadcast.

    Notes
    -----
    The textbook form log(σ_q/σ_p) + (σ_p² + (μ_p − μ_q)²)/(2σ_q²) − ½ cancels when p ≈ q. Here it
    is written as three parts that are never negative, ½((μ_p − μ_q)/σ_q)² + ½((σ_p − σ_q)/σ_q)² +
    d(σ_q, σ_p)/σ_q, with the `deviance` d.

    References
    ----------
    Kullback, *Information Theory and Statistics*, section 9.1.

    Examples
    --------
    >>> kl_normal(1, 1, 0, 1)
    0.5
    """
    mu_p, sigma_p, mu_q, sigma_q = _normals(mu_p, sigma_p, mu_q, sigma_q)
    with np.errstate(all="ignore"):
        shift = (mu_p - mu_q) / sigma_q
        stretch = (sigma_p - sigma_q) / sigma_q
        return plain(
            0.5 * (shift * shift + stretch * stretch) + _deviance(sigma_q, sigma_p) / sigma_q
        )


def entropy_normal(sigma):
    """Differential entropy ½ log(2πe σ²) of a normal distribution, in nats.

    Parameters
    ----------
    sigma : array_like
        Standard deviation, > 0. The mean does not matter.

    Returns
    -------
    float or ndarray
        Any real number; negative for σ < 0.2420.

    Raises
    ------
    TypeError
        If `sigma` does not hold real numbers.
    ValueError
        If `sigma` is not positive or not finite.

    References
    ----------
    Cover & Thomas, *Elements of Information Theory*, 2nd ed., eq. 8.9.

    Examples
    --------
    >>> round(entropy_normal(1), 4)
    1.4189
    """
    sigma = positive("sigma", sigma)
    return plain(0.5 + 0.5 * math.log(2 * math.pi) + np.log(sigma))


def cross_entropy_normal(mu_p, sigma_p, mu_q, sigma_q):
    """Cross-entropy H(p, q) = −E_p[log q] of two normal distributions, in nats.

    Parameters
    ----------
    mu_p, mu_q : array_like
        Means.
    sigma_p, sigma_q : array_like
        Standard deviations, > 0. All four broadcast.

    Returns
    -------
    float or ndarray
        At least `entropy_normal(sigma_p)`; any real number.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If one is not finite, a standard deviation is not positive, or the shapes do not broadcast.

    Examples
    --------
    >>> round(cross_entropy_normal(1, 1, 0, 1) - entropy_normal(1), 12)
    0.5
    """
    mu_p, sigma_p, mu_q, sigma_q = _normals(mu_p, sigma_p, mu_q, sigma_q)
    with np.errstate(all="ignore"):
        shift = (mu_p - mu_q) / sigma_q
        ratio = sigma_p / sigma_q
        square = 0.5 * (shift * shift + ratio * ratio)
        return plain(square + 0.5 * math.log(2 * math.pi) + np.log(sigma_q))


def _normals(mu_p, sigma_p, mu_q, sigma_q):
    parameters = {
        "mu_p": real_array("mu_p", mu_p),
        "sigma_p": positive("sigma_p", sigma_p),
        "mu_q": real_array("mu_q", mu_q),
        "sigma_q": positive("sigma_q", sigma_q),
    }
    broadcastable(**parameters)
    return parameters.values()
