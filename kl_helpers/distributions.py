"""Closed forms for named distributions."""

import math

import numpy as np

from kl_helpers._validation import (
    broadcastable,
    nonnegative,
    plain,
    positive,
    real_array,
    unit_interval,
)
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


def kl_mvn(mu_p, cov_p, mu_q, cov_q):
    """KL divergence D(p‖q) of two multivariate normal distributions, in nats.

    Parameters
    ----------
    mu_p, mu_q : array_like, shape (d,)
        Mean vectors.
    cov_p, cov_q : array_like, shape (d, d)
        Covariance matrices, symmetric and positive definite.

    Returns
    -------
    float
        ≥ 0, and exactly 0 for identical distributions.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If one is not finite, a covariance is not symmetric positive definite, or the shapes do
        not match.

    Notes
    -----
    ½(tr(Σ_q⁻¹Σ_p) − d − log(det Σ_p/det Σ_q) + (μ_p − μ_q)ᵀ Σ_q⁻¹ (μ_p − μ_q)). Near Σ_p = Σ_q
    the first three parts are summed as ½ Σ d(1, λ) over the eigenvalues λ of Σ_q⁻¹Σ_p, with the
    `deviance` d, so that nothing cancels. Expect a relative error of about 1e-16 times the
    condition number of the covariances.

    References
    ----------
    Kullback, *Information Theory and Statistics*, eq. 9.1.9.

    Examples
    --------
    >>> round(kl_mvn([1, 0], [[1, 0], [0, 1]], [0, 0], [[1, 0], [0, 4]]), 4)
    0.8181
    """
    mu_p, mu_q = _vector("mu_p", mu_p), _vector("mu_q", mu_q)
    d = len(mu_p)
    if len(mu_q) != d:
        raise ValueError(f"mu_p and mu_q must have one length, but have {d} and {len(mu_q)}")
    cov_p, factor_p = _covariance("cov_p", cov_p, d)
    cov_q, factor_q = _covariance("cov_q", cov_q, d)
    shift = np.linalg.solve(factor_q, mu_p - mu_q)
    excess = np.linalg.eigvalsh(
        np.linalg.solve(factor_q, np.linalg.solve(factor_q, cov_p - cov_q).T)
    )
    if np.abs(excess).max() < 0.5:
        spread = _deviance(np.ones(d), 1 + excess, -excess).sum()
    else:
        ratio = np.linalg.solve(factor_q, factor_p)
        log_det = 2 * np.log(np.diagonal(factor_p) / np.diagonal(factor_q)).sum()
        spread = (ratio * ratio).sum() - d - log_det
    return float(0.5 * (max(spread, 0.0) + shift @ shift))


def _vector(name, mu):
    mu = np.atleast_1d(real_array(name, mu))
    if mu.ndim != 1 or mu.size == 0:
        raise ValueError(f"{name} must have shape (d,), but has shape {mu.shape}")
    return mu


def _covariance(name, cov, d):
    """A covariance matrix, and its Cholesky factor."""
    cov = np.atleast_2d(real_array(name, cov))
    if cov.shape != (d, d):
        raise ValueError(f"{name} must have shape ({d}, {d}) to match mu_p, but has {cov.shape}")
    if np.abs(cov - cov.T).max() > 1e-10 * np.abs(cov).max():
        i, j = np.unravel_index(np.abs(cov - cov.T).argmax(), cov.shape)
        raise ValueError(
            f"{name} must be symmetric, but {name}[{i}, {j}] is {cov[i, j]} and "
            f"{name}[{j}, {i}] is {cov[j, i]}"
        )
    try:
        return cov, np.linalg.cholesky(cov)
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(cov).min()
        raise ValueError(
            f"{name} must be positive definite, but has the eigenvalue {least:.6g}"
        ) from None


def kl_exponential(rate_p, rate_q):
    """KL divergence D(p‖q) of two exponential distributions, in nats.

    Parameters
    ----------
    rate_p, rate_q : array_like
        Rates (1/mean), > 0; they broadcast.

    Returns
    -------
    float or ndarray
        ≥ 0, and exactly 0 for identical distributions.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If one is not positive and finite, or the shapes do not broadcast.

    Notes
    -----
    log(λ_p/λ_q) + λ_q/λ_p − 1 = d(λ_p, λ_q)/λ_p, with the `deviance` d.

    Examples
    --------
    >>> round(kl_exponential(2, 1), 4)
    0.1931
    """
    rate_p, rate_q = positive("rate_p", rate_p), positive("rate_q", rate_q)
    broadcastable(rate_p=rate_p, rate_q=rate_q)
    with np.errstate(over="ignore"):
        return plain(_deviance(rate_p, rate_q) / rate_p)


def kl_poisson(rate_p, rate_q):
    """KL divergence D(p‖q) of two Poisson distributions, in nats.

    Parameters
    ----------
    rate_p, rate_q : array_like
        Means, ≥ 0; they broadcast.

    Returns
    -------
    float or ndarray
        ≥ 0, and exactly 0 for identical distributions; inf for ``rate_q=0`` and ``rate_p>0``.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If one is negative or not finite, or the shapes do not broadcast.

    Notes
    -----
    λ_p log(λ_p/λ_q) − λ_p + λ_q, which is the `deviance` d(λ_p, λ_q).

    Examples
    --------
    >>> round(kl_poisson(2, 1), 4)
    0.3863
    """
    rate_p, rate_q = nonnegative("rate_p", rate_p), nonnegative("rate_q", rate_q)
    broadcastable(rate_p=rate_p, rate_q=rate_q)
    return plain(_deviance(rate_p, rate_q))


def kl_bernoulli(p, q):
    """KL divergence of two coins that show heads with probability p and q, in nats.

    Parameters
    ----------
    p, q : array_like
        Probabilities of heads, in [0, 1]; they broadcast.

    Returns
    -------
    float or ndarray
        ≥ 0, and exactly 0 for p = q; inf where q is 0 or 1 and p is not the same.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If one lies outside [0, 1], or the shapes do not broadcast.

    Notes
    -----
    d(p, q) + d(1 − p, 1 − q), with the `deviance` d.

    Examples
    --------
    >>> round(kl_bernoulli(0.5, 0.25), 4)
    0.1438
    """
    p, q = unit_interval("p", p), unit_interval("q", q)
    broadcastable(p=p, q=q)
    return plain(_deviance(p, q) + _deviance(1 - p, 1 - q, q - p))
