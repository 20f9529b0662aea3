"""The mathematics of notebook 05: one normal q for a p with two modes, in both directions.

p has two equal modes, N(−m, σ²) and N(m, σ²), with σ = 0.6 throughout. Formulas are in units of σ.
"""

import math
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize, root_scalar

from kl_helpers.models._shared import normal_pdf

SIGMA = 0.6


def _nodes(step, reach):
    z = np.arange(-reach, reach + step / 2, step)
    return z, step * normal_pdf(z, 0, 1)


# The trapezoidal rule converges exponentially here (Trefethen & Weideman 2014, section 5): with
# this step the error is below 1e-12 as long as m·sigma/SIGMA² < 35.
_FINE = _nodes(0.01, 9.0)
_COARSE = tuple(np.float32(part) for part in _nodes(0.1, 5.0))  # quick, and fine for a picture


def _mean_log_cosh(center, spread, nodes=_FINE):
    """E[log cosh(center + spread·Z)] of a standard normal Z."""
    z, weights = nodes
    y = np.abs(np.expand_dims(center, -1) + np.expand_dims(spread, -1) * z)
    log_cosh = np.exp(-2 * y)
    np.log1p(log_cosh, out=log_cosh)  # in place: these arrays are what a slider waits for
    log_cosh += y
    log_cosh -= math.log(2)
    log_cosh *= weights
    return log_cosh.sum(axis=-1)


def _dot(values, weights):
    """Their dot product, in NumPy's order of summing: BLAS has another one on each processor."""
    return (values * weights).sum()


def forward_kl(mu, sigma, m):
    """KL divergence D(p‖q) of q = N(mu, sigma²) from ½N(−m, 0.6²) + ½N(m, 0.6²), in nats.

    Parameters
    ----------
    mu, sigma : array_like
        Mean and standard deviation of q, sigma > 0; they broadcast.
    m : float
        Half the distance of p's modes, ≥ 0.

    Returns
    -------
    float or ndarray
        ≥ 0.
    """
    mu, s, a = np.divide(mu, SIGMA), np.divide(sigma, SIGMA), m / SIGMA
    gap = a * a - _mean_log_cosh(a * a, a)  # entropy of p less that of one mode: 0 to ln 2
    return np.maximum(np.log(s) + (1 + a * a + mu * mu) / (2 * s * s) - 0.5 - gap, 0.0)


def reverse_kl(mu, sigma, m):
    """KL divergence D(q‖p) of ½N(−m, 0.6²) + ½N(m, 0.6²) from q = N(mu, sigma²), in nats.

    Parameters and returns as in `forward_kl`.
    """
    return _reverse_kl(mu, sigma, m, _FINE)


def _reverse_kl(mu, sigma, m, nodes):
    mu, s, a = np.divide(mu, SIGMA), np.divide(sigma, SIGMA), m / SIGMA
    square = (mu * mu + s * s + a * a - 1) / 2
    return np.maximum(square - np.log(s) - _mean_log_cosh(a * mu, a * s, nodes), 0.0)


def _objective(place, a):
    """D(q‖p) at place = (mean, log of the standard deviation), in units of σ."""
    mu, s = place[0], math.exp(place[1])
    return (mu * mu + s * s + a * a - 1) / 2 - place[1] - _mean_log_cosh(a * mu, a * s)


def _slopes(place, a):
    """The first derivatives of `_objective`."""
    mu, s = place[0], math.exp(place[1])
    z, weights = _FINE
    pull = np.tanh(a * (mu + s * z)) * weights
    return np.array([mu - a * pull.sum(), s * s - 1 - a * s * _dot(pull, z)])


def _curvature(place, a):
    """The second derivatives of `_objective`."""
    mu, s = place[0], math.exp(place[1])
    z, weights = _FINE
    tanh = np.tanh(a * (mu + s * z))
    pull, bend = tanh * weights, (1 - tanh * tanh) * weights
    mixed = -a * a * s * _dot(bend, z)
    in_log_s = 2 * s * s - a * s * _dot(pull, z) - (a * s) ** 2 * _dot(bend, z * z)
    return np.array([[1 - a * a * bend.sum(), mixed], [mixed, in_log_s]])


def _polished(place, a):
    """Two of Newton's steps. Each squares the error, and two bring the slope down to rounding."""
    for _ in range(2):
        place = place - np.linalg.solve(_curvature(place, a), _slopes(place, a))
    return tuple(map(float, place))


@lru_cache(maxsize=512)
def reverse_minima(m):
    """The local minima of D(q‖p) over q with a mean ≥ 0: one in the centre, one found by a search.

    Each minimum with a positive mean has a mirror image, which is left out.

    Parameters
    ----------
    m : float
        Half the distance of p's modes, ≥ 0.

    Returns
    -------
    tuple of (float, float, float)
        Mean, standard deviation and D(q‖p), in nats; the one in the centre first.
    """
    a = m / SIGMA
    pull = a * math.sqrt(2 / math.pi)  # of modes far apart: their best s is 1/s + pull
    covering = root_scalar(
        lambda log_s: (_slopes((0.0, log_s), a)[1], _curvature((0.0, log_s), a)[1, 1]),
        x0=math.log((pull + math.hypot(pull, 2)) / 2),
        fprime=True,
    ).root
    found = [(0.0, float(covering))]
    mu, log_s = minimize(
        _objective,
        (a, 0.0),  # on the mode
        args=(a,),
        method="trust-ncg",  # keeps its steps short where the side minima appear
        jac=_slopes,
        hess=_curvature,
        options={"initial_trust_radius": 0.5, "max_trust_radius": 1.0, "gtol": 1e-8},
    ).x
    if mu > 1e-2:  # else it came back to the centre
        found.append(_polished((mu, log_s), a))
    return tuple(
        (mu * SIGMA, math.exp(log_s) * SIGMA, max(float(_objective((mu, log_s), a)), 0.0))
        for mu, log_s in found
    )


def landscapes(mus, sigmas, m):
    """Both divergences over a grid of normals q, and the lowest value at each mean, in nats.

    Parameters
    ----------
    mus, sigmas : ndarray, shape (k,) and (n,)
        Means and standard deviations of q; sigmas ascend, and the grid holds the reverse valley.
    m : float
        Half the distance of p's modes, ≥ 0.

    Returns
    -------
    forward, reverse : ndarray, shape (n, k)
        D(p‖q) and D(q‖p), the latter as exact as a picture needs.
    forward_valley, reverse_valley : ndarray, shape (k,)
    """
    rows = sigmas[:, np.newaxis]
    forward = forward_kl(mus, rows, m)
    reverse = _reverse_kl(np.float32(mus), np.float32(rows), m, _COARSE)
    best_sigma = np.sqrt(SIGMA**2 + m * m + mus * mus)  # forward: mean of (x − μ)² under p
    return forward, reverse, forward_kl(mus, best_sigma, m), _valley(reverse)


def _valley(surface):
    """The lowest value of each column, by a parabola through its lowest node and two neighbours."""
    low = np.clip(surface.argmin(axis=0), 1, len(surface) - 2)
    columns = np.arange(surface.shape[1])
    left, middle, right = (surface[low + step, columns] for step in (-1, 0, 1))
    return middle - (right - left) ** 2 / (8 * (left - 2 * middle + right))
