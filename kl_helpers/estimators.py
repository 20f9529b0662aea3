"""Estimates of the KL divergence: samples in, estimate out."""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from kl_helpers._validation import draws, plain, points, real_array, sample, short, whole_number
from kl_helpers.distributions import kl_normal
from kl_helpers.divergences import _deviance, kl_divergence


def histogram_frequencies(x, y, bins=99):
    """Relative frequencies of two samples in one set of equal bins over their pooled range.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,)
        Samples; n and m may differ.
    bins : int, optional
        Number of bins.

    Returns
    -------
    edges : ndarray, shape (bins + 1,)
        Edges of the bins, from the smallest to the largest draw.
    p_hat, q_hat : ndarray, shape (bins,)
        Share of `x` and of `y` in every bin; each sums to 1.

    Raises
    ------
    TypeError
        If a sample does not hold real numbers, or `bins` is not an integer.
    ValueError
        If a sample has fewer than two draws or is constant, or `bins` < 1.

    Notes
    -----
    The counts are those of `numpy.histogram` with these edges: every bin holds its left edge, the
    last one its right edge too.

    Examples
    --------
    >>> edges, p_hat, q_hat = histogram_frequencies([0, 1, 1, 2], [1, 4], bins=2)
    >>> edges, p_hat, q_hat
    (array([0., 2., 4.]), array([0.75, 0.25]), array([0.5, 0.5]))
    """
    x, y = sample("x", x), sample("y", y)
    bins = whole_number("bins", bins, least=1)
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.linspace(low, high, bins + 1)
        widths = np.diff(edges)
    if not ((widths > 0) & (widths < np.inf)).all():
        raise ValueError(f"bins={bins} do not fit between the numbers {low} and {high}")
    return edges, _frequencies(x, edges), _frequencies(y, edges)


def _frequencies(x, edges):
    """Share of x in every bin: by division, then mended where rounding crossed an edge."""
    bins = len(edges) - 1
    place = ((x - edges[0]) / (edges[-1] - edges[0]) * bins).astype(np.intp)
    np.clip(place, 0, bins - 1, out=place)
    place -= x < edges[place]
    place += (x >= edges[place + 1]) & (place < bins - 1)
    return np.bincount(place, minlength=bins) / len(x)


def kl_histogram(x, y, bins=99, epsilon=1e-5):
    """Plug-in estimate of D(p‖q) from two histograms with `epsilon` added, in nats.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,)
        Samples from p and from q; n and m may differ.
    bins : int, optional
        Number of equal bins over the pooled range.
    epsilon : float, optional
        Added to the frequency of every bin, ≥ 0.

    Returns
    -------
    float
        ≥ 0; inf only for `epsilon=0`, if a bin holds draws of `x` and none of `y`.

    Raises
    ------
    TypeError
        If a sample does not hold real numbers, or `bins` is not an integer.
    ValueError
        If a sample has fewer than two draws or is constant, `bins` < 1 or `epsilon` < 0.

    Notes
    -----
    Σ (p̂ + ε) log((p̂ + ε)/(q̂ + ε)) over the bins, with the frequencies of
    `histogram_frequencies`. They sum to 1 before ε is added, and are not rescaled after it.

    Examples
    --------
    >>> round(kl_histogram([0, 1, 1, 2], [1, 4], bins=2, epsilon=0), 4)
    0.1308
    """
    _, p_hat, q_hat = histogram_frequencies(x, y, bins)
    return kl_divergence(p_hat, q_hat, epsilon=epsilon)


def kde(x, grid):
    """Gaussian kernel density estimate of a sample, fast enough for a slider.

    Parameters
    ----------
    x : array_like, shape (n,)
        Sample.
    grid : array_like
        Where the density is wanted.

    Returns
    -------
    ndarray, shape of `grid`
        Density, ≥ 0.

    Raises
    ------
    TypeError
        If `x` or `grid` does not hold real numbers.
    ValueError
        If the sample has fewer than two draws or is constant.

    Notes
    -----
    Agrees with `scipy.stats.gaussian_kde`, whose default bandwidth (Scott's: the standard deviation
    times n^(-1/5)) it has, to 1e-4 of the highest value a single kernel could give. The sample is
    spread over a fine grid by linear binning, and one convolution adds the kernels (Silverman 1982,
    algorithm AS 176). Farther than 8 bandwidths from every draw, the density is given as 0.

    Examples
    --------
    >>> kde([-1, 0, 1], [0, 50]).round(4)
    array([0.3182, 0.    ])
    """
    x, grid = sample("x", x), real_array("grid", grid)
    h = _bandwidth("x", x)
    step = h / _NODES_PER_BANDWIDTH
    low = x.min() - _REACH * h
    nodes = int((x.max() - low + _REACH * h) / step) + 2
    left, share = np.divmod((x - low) / step, 1.0)
    left = left.astype(np.intp)
    weights = np.bincount(left, 1 - share, nodes) + np.bincount(left + 1, share, nodes)
    size = 1 << (nodes - 1).bit_length()  # the fast Fourier transform likes powers of two
    kernel = np.exp(-0.5 * (2 * np.pi * h * np.fft.rfftfreq(size, step)) ** 2)
    density = np.fft.irfft(np.fft.rfft(weights, size) * kernel, size)[:nodes]
    density = np.maximum(density, 0) / (len(x) * step)
    return plain(np.interp(grid, low + step * np.arange(nodes), density, left=0.0, right=0.0))


# Binning and interpolation each err by at most (step/h)²/8 of a kernel's peak: 3e-5.
_NODES_PER_BANDWIDTH = 64
_REACH = 8  # bandwidths; a kernel's height there is 1e-14 of its peak


def _bandwidth(name, x):
    """Scott's bandwidth, as in `scipy.stats.gaussian_kde`."""
    return _spread(name, x, ddof=1) * len(x) ** -0.2


def _spread(name, x, ddof=0):
    with np.errstate(all="ignore"):
        spread = x.std(ddof=ddof)
    if not 0 < spread < np.inf:
        raise ValueError(f"the standard deviation of {name} is {spread}; rescale the draws")
    return spread


def kl_kde(x, y):
    """Plug-in estimate of D(p‖q) from two Gaussian kernel density estimates, in nats.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,)
        Samples from p and from q; n and m may differ.

    Returns
    -------
    float
        ≥ 0, and exactly 0 for identical samples.

    Raises
    ------
    TypeError
        If a sample does not hold real numbers.
    ValueError
        If a sample has fewer than two draws or is constant.

    Notes
    -----
    ∫ p̂ log(p̂/q̂) with Scott's bandwidths, by the trapezoidal rule over the range of `x` and 9
    bandwidths more on either side, in steps of a third of the narrower bandwidth. A Gaussian kernel
    is nowhere 0: both log-densities are summed from the draws without underflow, so that a region
    without draws of `y` costs (distance/bandwidth)²/2, a large number that the bandwidth decides.
    The time grows with the number of draws times that of the steps, which are 20,000 at most.

    Examples
    --------
    >>> kl_kde([0, 1, 2], [0, 1, 2])
    0.0
    """
    x, y = sample("x", x), sample("y", y)
    h_x, h_y = _bandwidth("x", x), _bandwidth("y", y)
    low, high = x.min() - 9 * h_x, x.max() + 9 * h_x
    steps = int(min(3 * (high - low) / min(h_x, h_y), 20_000))
    grid, step = np.linspace(low, high, steps + 1, retstep=True)
    log_p, log_q = _log_kde(x, h_x, grid), _log_kde(y, h_y, grid)
    return max(float(step * (np.exp(log_p) @ (log_p - log_q))), 0.0)


def _log_kde(x, h, grid):
    """Logarithm of the kernel density estimate, exact far from the draws too."""
    blocks = min(grid.size, math.ceil(grid.size * x.size / 10_000))  # small ones stay in the cache
    sums = [_log_kernel_sum((g[:, np.newaxis] - x) / h) for g in np.array_split(grid, blocks)]
    return np.concatenate(sums) - math.log(len(x) * math.sqrt(2 * math.pi)) - math.log(h)


def _log_kernel_sum(z):
    with np.errstate(over="ignore", divide="ignore"):
        exponent = -0.5 * z * z
        top = np.maximum(exponent.max(axis=1, keepdims=True), np.finfo(float).min)
        return top[:, 0] + np.log(np.exp(exponent - top).sum(axis=1))


def kl_knn(x, y, k=5):
    """Nearest-neighbour estimate of D(p‖q), in nats.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,), or (n, d) and (m, d)
        Samples from p and from q; n and m may differ.
    k : int, optional
        Which neighbour to use: a larger k has less spread and more bias.

    Returns
    -------
    float
        Any real number: the divergence is never negative, but an estimate near 0 may be.

    Raises
    ------
    TypeError
        If a sample does not hold real numbers, or `k` is not an integer.
    ValueError
        If a sample is constant or too small for `k`, or the shapes do not match.

    Notes
    -----
    (d/n) Σ log(ν_i/ρ_i) + log(m/(n−1)), with the distances ρ_i from x_i to its k-th neighbour in
    the rest of `x`, and ν_i to that in `y`.

    Continuous distributions have no ties, but rounded data do. Draws that coincide with x_i, in `x`
    or in `y`, say nothing about a density and are passed over for this i, in n − 1 and m too. If
    several draws are as far as the k-th, so that l lie within ρ_i and r within ν_i, the digammas
    ψ(l) − ψ(r) are added: they make up for the neighbours beyond k. So data rounded to a fine grid
    give about the estimate of the unrounded ones, and ``kl_knn(x, x)`` is 0.

    References
    ----------
    Wang, Kulkarni & Verdú (2009), "Divergence estimation for multidimensional densities via
    k-nearest-neighbor distances", eq. 5 and section III.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> abs(kl_knn(rng.normal(1, 1, 4000), rng.normal(0, 1, 4000)) - 0.5) < 0.1
    True
    """
    from scipy.spatial import cKDTree

    x, y = points("x", x), points("y", y)
    d = x.shape[1]
    if y.shape[1] != d:
        raise ValueError(f"x and y must have one dimension, but have {d} and {y.shape[1]}")
    k = whole_number("k", k, least=1)
    _, exponent = np.frexp(max(np.abs(x).max(), np.abs(y).max()))
    x, y = np.ldexp(x, -exponent), np.ldexp(y, -exponent)  # so that no squared distance overflows
    # Tight boxes around the nodes would cost more time than they save.
    tree_x, tree_y = (cKDTree(z, compact_nodes=False) for z in (x, y))
    order = tree_x.indices
    distance_x, count_x, others_x = _neighbours("x", tree_x, x, order, k, own=1)
    distance_y, count_y, others_y = _neighbours("y", tree_y, x, order, k, own=0)
    terms = d * np.log(distance_y / distance_x) + np.log(others_y / others_x)
    return float(np.mean(terms + digamma(count_x) - digamma(count_y)))


def _neighbours(name, tree, x, order, k, own):
    """Distance from each x to the k-th of the tree's draws that do not coincide with it.

    Also how many of those lie within that distance, and how many there are. `own` is 1 if the tree
    holds x itself, else 0. An `order` that takes neighbours one after the other keeps their part of
    the tree in the processor's cache.
    """
    near = np.empty((len(x), 3))
    near[order] = tree.query(x[order], k=[own + 1, own + k, own + k + 1])[0]
    nearest, distance, beyond = near.T
    within, others = np.full(len(x), k), np.full(len(x), tree.n - own)
    tied = np.flatnonzero((nearest == 0) | ~(beyond > distance + _slack(x, distance)))
    if tied.size:
        distance[tied], within[tied], others[tied] = _tied_neighbours(name, tree, x, tied, k)
    return distance, within, others


def _tied_neighbours(name, tree, x, tied, k):
    """`_neighbours` of x[tied], where a draw coincides or several are as far as the k-th."""
    centres, places = np.unique(x[tied], axis=0, return_inverse=True)
    places = places.ravel()  # NumPy 2.0 gives it a second axis
    coincide = tree.query_ball_point(centres, 0.0, return_length=True)
    others = (tree.n - coincide)[places]
    if others.min() < k:
        i = int(others.argmin())
        raise ValueError(
            f"{name} must hold at least k={k} draws different from x[{tied[i]}], "
            f"but holds {others[i]}"
        )
    distance = np.empty(len(centres))
    for ties in np.unique(coincide):
        same = coincide == ties
        distance[same] = tree.query(centres[same], k=[ties + k])[0][:, 0]
    reach = distance + _slack(centres, distance)
    within = tree.query_ball_point(centres, reach, return_length=True)
    return distance[places], (within - coincide)[places], others


def _slack(centres, distance):
    """How far apart rounding may put two equal distances between numbers on a grid."""
    largest = np.abs(centres.T, order="C").max(axis=0)  # along short rows NumPy is slow
    return 4 * np.finfo(float).eps * (largest + distance)


def kl_normal_fit(x, y):
    """Estimate of D(p‖q) that fits a normal distribution to each sample, in nats.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,)
        Samples from p and from q; n and m may differ.

    Returns
    -------
    float
        ≥ 0, and exactly 0 for identical samples.

    Raises
    ------
    TypeError
        If a sample does not hold real numbers.
    ValueError
        If a sample has fewer than two draws or is constant.

    Notes
    -----
    The closed form `kl_normal` at the maximum-likelihood mean and standard deviation (the one that
    divides by n). More draws do not mend it where p or q is not normal.

    Examples
    --------
    >>> kl_normal_fit([1, 3], [0, 2])
    0.5
    """
    x, y = sample("x", x), sample("y", y)
    return kl_normal(x.mean(), _spread("x", x), y.mean(), _spread("y", y))


class MonteCarloEstimate(NamedTuple):
    """What `kl_monte_carlo` returns, in nats."""

    estimate: float
    standard_error: float


def kl_monte_carlo(log_p, log_q, x, estimator="k1"):
    """Monte Carlo estimate of D(p‖q) from draws of p and both log-densities, in nats.

    Parameters
    ----------
    log_p, log_q : callable
        Log-density (or log-probability) of p and of q, such as ``scipy.stats.norm(0, 1).logpdf``.
    x : array_like, shape (n, ...)
        Draws from p, along the first axis.
    estimator : {"k1", "k2", "k3"}, optional
        With log r = log q(x) − log p(x), the mean of: "k1", −log r; "k2", ½ (log r)²; "k3",
        (r − 1) − log r.

    Returns
    -------
    MonteCarloEstimate
        Named tuple of ``estimate`` and ``standard_error``, the sample standard deviation over √n.

    Raises
    ------
    TypeError
        If `log_p` or `log_q` is not callable, or `x` does not hold real numbers.
    ValueError
        If `x` has fewer than two draws or is constant, `estimator` is unknown, or `log_p` is not
        finite at a draw.

    Notes
    -----
    "k1" is unbiased, but single terms, and so the estimate, may be negative. "k2" is ≥ 0 and biased
    unless p ≈ q. "k3" is ≥ 0 and unbiased, but its variance is finite only if E_p[(q/p)²] is: for
    two normals, if σ_q² < 2σ_p². Where it is not, the standard error means nothing, although it
    may look small.

    References
    ----------
    Schulman (2020), "Approximating KL divergence", joschu.net/blog/kl-approx.html.

    Examples
    --------
    >>> from scipy import stats
    >>> p, q = stats.norm(0, 1), stats.norm(1, 1)
    >>> estimate, standard_error = kl_monte_carlo(p.logpdf, q.logpdf, p.rvs(10_000, random_state=0))
    >>> abs(estimate - 0.5) < 3 * standard_error
    True
    """
    if estimator not in tuple(_MONTE_CARLO):
        raise ValueError(f'estimator must be "k1", "k2" or "k3", but is {estimator!r}')
    x = draws("x", x)
    log_p, log_q = _log_density("log_p", log_p, x), _log_density("log_q", log_q, x)
    if not np.isfinite(log_p).all():
        i = int(np.argmin(np.isfinite(log_p)))
        raise ValueError(f"log_p must be finite at draws from p, but is {log_p[i]} at x[{i}]")
    with np.errstate(over="ignore", invalid="ignore"):
        terms = _MONTE_CARLO[estimator](log_q - log_p)
        error = terms.std(ddof=1) / math.sqrt(len(terms))
    return MonteCarloEstimate(float(terms.mean()), float(error) if error < np.inf else math.inf)


def _k3(log_ratio):
    growth = np.expm1(log_ratio)
    near = np.abs(log_ratio) < 1  # where growth − log r would cancel
    small = np.where(near, growth, 0.0)
    return np.where(near, _deviance(1.0, 1 + small, -small), growth - log_ratio)


_MONTE_CARLO = {
    "k1": lambda log_ratio: -log_ratio,
    "k2": lambda log_ratio: 0.5 * log_ratio * log_ratio,
    "k3": _k3,
}


def _log_density(name, function, x):
    if not callable(function):
        raise TypeError(
            f"{name} must be a function of the draws, such as scipy.stats.norm(0, 1).logpdf, but "
            f"is {short(function)}"
        )
    with np.errstate(all="ignore"):
        values = np.asarray(function(x))
    if values.dtype.kind != "f" or values.shape != x.shape[:1]:
        raise ValueError(
            f"{name}(x) must be one real number a draw, shape {x.shape[:1]}, but is of shape "
            f"{values.shape} and type {values.dtype}"
        )
    if np.isnan(values).any() or (values == np.inf).any():
        i = int(np.argmax(np.isnan(values) | (values == np.inf)))
        raise ValueError(f"{name} must be finite or -inf, but is {values[i]} at x[{i}]")
    return values
