"""Estimates of the KL divergence: samples in, estimate out."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from kl_helpers._validation import (
    FloatOrArray,
    Numbers,
    draws,
    plain,
    points,
    real_array,
    same_columns,
    same_units,
    sample,
    short,
    whole_number,
)
from kl_helpers.distributions import kl_normal
from kl_helpers.divergences import _deviance, kl_divergence


def histogram_frequencies(
    x: Numbers, y: Numbers, bins: int = 99
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Relative frequencies of two samples in one set of equal bins over their pooled range.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,)
        Samples; n and m may differ.
    bins : int, optional
        Number of bins, up to 10 million.

    Returns
    -------
    edges : ndarray, shape (bins + 1,)
        Edges of the bins, from the smallest to the largest draw.
    p_hat, q_hat : ndarray, shape (bins,)
        Share of `x` and of `y` in every bin; each sums to 1.

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
    same_units(x=x, y=y)
    x, y = sample("x", x), sample("y", y)
    bins = whole_number("bins", bins, least=1, most=_MOST_BINS)
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.linspace(low, high, bins + 1)
        widths = np.diff(edges)
    if not ((widths > 0) & (widths < np.inf)).all():
        raise ValueError(f"bins={bins} do not fit between the numbers {low} and {high}")
    p_hat, q_hat = (np.histogram(draws, edges)[0] / len(draws) for draws in (x, y))
    return edges, p_hat, q_hat


_MOST_BINS = 10_000_000  # their edges take 80 MB


def kl_histogram(x: Numbers, y: Numbers, bins: int = 99, epsilon: float = 1e-5) -> float:
    """Plug-in estimate of D(p‖q) from two histograms with `epsilon` added, in nats.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,)
        Samples from p and from q; n and m may differ.
    bins : int, optional
        Number of equal bins over the pooled range, up to 10 million.
    epsilon : float, optional
        Added to the frequency of every bin, ≥ 0.

    Returns
    -------
    float
        ≥ 0; inf only for `epsilon=0`, if a bin holds draws of `x` and none of `y`.

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


@np.errstate(under="ignore")
def kde(x: Numbers, grid: Numbers) -> FloatOrArray:
    """Gaussian kernel density estimate of a sample, fast enough for a slider.

    Errors: see `help(kl_helpers)`.

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
        i = int(np.abs(x).argmax())
        raise ValueError(
            f"the standard deviation of {name} needs squares that are out of range: its largest "
            f"draw is {x[i]}, at index {i} (drop it if it stands for a missing value, else rescale)"
        )
    return spread


def kl_kde(x: Numbers, y: Numbers) -> float:
    """Plug-in estimate of D(p‖q) from two Gaussian kernel density estimates, in nats.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,)
        Samples from p and from q; n and m may differ.

    Returns
    -------
    float
        ≥ 0, and exactly 0 for identical samples; inf if it overflows.

    Notes
    -----
    ∫ p̂ log(p̂/q̂) with Scott's bandwidths, by Gauss–Legendre quadrature within 9 bandwidths of the
    draws of `x`, to a relative error of about 1e-6, or 1e-9 where that is more. The pieces are
    at most 1.5 bandwidths wide, and narrower where log q̂ turns from one draw of `y` to the next;
    far draws have pieces of their own.
    A Gaussian kernel is nowhere 0: both log-densities are summed from the draws without underflow,
    so that a region without draws of `y` costs (distance/bandwidth)²/2, a large number that the
    bandwidth decides. The time grows with the number of draws times that of the pieces.

    Examples
    --------
    >>> kl_kde([0, 1, 2], [0, 1, 2])
    0.0
    """
    same_units(x=x, y=y)
    x, y = sample("x", x), sample("y", y)
    h_x, h_y = _bandwidth("x", x), _bandwidth("y", y)
    left, right = _pieces(np.sort(x), h_x, np.sort(y), h_y)
    half = 0.5 * (right - left)[:, np.newaxis]
    grid = (0.5 * (left + right)[:, np.newaxis] + half * _NODES).ravel()
    log_p, log_q = _log_kde(x, h_x, grid), _log_kde(y, h_y, grid)
    with np.errstate(all="ignore"):
        p = (half * _WEIGHTS).ravel() * np.exp(log_p)
        return max(float((p * (log_p - log_q)).sum()), 0.0)


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)
_PIECE = 1.5  # the width of a piece, in bandwidths: 6 nodes a piece then give 1e-6


def _pieces(x, h_x, y, h_y):
    """Ends of the pieces for the quadrature of `kl_kde`, from sorted draws."""
    low, high = x[0] - 9 * h_x, x[-1] + 9 * h_x
    edges = [low + _PIECE * h_x * np.arange(1 + math.ceil((high - low) / (_PIECE * h_x)))]
    if h_y < h_x:  # pieces as narrow as h_y between the draws of y, then wider and wider
        first, last = np.clip(y[[0, -1]], low, high)
        wider = h_y * 2.0 ** np.arange(-1, math.ceil(math.log2(h_x) - math.log2(h_y)) + 1)
        edges += [y[0] - wider, np.arange(first, last, _PIECE * h_y), y[-1] + wider]
    # Between two draws of y, log q̂ turns within h_y²/gap of the middle.
    gap = np.diff(y)
    wide = gap > 4 * h_y
    turn = (h_y / gap[wide] * h_y)[:, np.newaxis]
    steps = np.concatenate([np.arange(9), 2.0 ** np.arange(3, 64)])
    steps = np.concatenate([-steps, steps])
    around = (y[:-1] + 0.5 * gap)[wide, np.newaxis] + turn * steps
    edges.append(around[np.abs(turn * steps) < h_y])
    edges = np.unique(np.clip(np.concatenate(edges), low, high))
    left, right = edges[:-1], edges[1:]
    near = np.searchsorted(x, left - 9 * h_x) < np.searchsorted(x, right + 9 * h_x)
    return left[near], right[near]


def _log_kde(x, h, grid):
    """Logarithm of the kernel density estimate, exact far from the draws too."""
    blocks = min(grid.size, math.ceil(grid.size * x.size / 10_000))  # small ones stay in the cache
    sums = [_log_kernel_sum((g[:, np.newaxis] - x) / h) for g in np.array_split(grid, blocks)]
    return np.concatenate(sums) - math.log(len(x) * math.sqrt(2 * math.pi)) - math.log(h)


def _log_kernel_sum(z):
    with np.errstate(all="ignore"):
        exponent = -0.5 * z * z
        top = np.maximum(exponent.max(axis=1, keepdims=True), np.finfo(float).min)
        return top[:, 0] + np.log(np.exp(exponent - top).sum(axis=1))


@np.errstate(under="ignore")
def kl_knn(x: Numbers, y: Numbers, k: int = 5) -> float:
    """Nearest-neighbour estimate of D(p‖q), in nats.

    Errors: see `help(kl_helpers)`.

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
    ValueError
        Also if a sample is too small for `k`, or has too many of its draws at one value.

    Notes
    -----
    (d/n) Σ log(ν_i/ρ_i) + log(m/(n−1)), with the distances ρ_i from x_i to its k-th neighbour in
    the rest of `x`, and ν_i to that in `y`.

    Continuous distributions have no ties, but rounded data do. Draws that coincide with x_i, in `x`
    or in `y`, say nothing about a density and are passed over for this i, in n − 1 and m too. If
    several draws are as far as the k-th, so that l lie within ρ_i and r within ν_i, the digammas
    ψ(l) − ψ(r) are added: they make up for the neighbours beyond k. So data rounded to a fine grid
    give about the estimate of the unrounded ones, and ``kl_knn(x, x)`` is 0. Where more than about
    a tenth of the draws (n/10 and three standard deviations of it) are at one value, there is no
    density to speak of, and the sample is refused: compare the shares of its values with
    `kl_divergence`.

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

    same_columns(x=x, y=y)
    x, y = points("x", x), points("y", y)
    d = x.shape[1]
    if y.shape[1] != d:
        raise ValueError(f"x and y must have one dimension, but have {d} and {y.shape[1]}")
    k = whole_number("k", k, least=1, most=10**9)
    _refuse_few("x", x, k, own=1)
    _refuse_few("y", y, k, own=0)
    largest, typical = _sizes(x, y)
    if d > 1 and typical < _LEAST * largest:
        _refuse_sizes(largest)
    if d > 1 or largest > 1e300:  # so that no distance overflows; its square, if there are several
        _, exponent = np.frexp(largest)
        x, y = np.ldexp(x, -exponent), np.ldexp(y, -exponent)
    # Tight boxes around the nodes would cost more time than they save.
    tree_x, tree_y = (cKDTree(z, compact_nodes=False) for z in (x, y))
    order = tree_x.indices
    distance_x, count_x, others_x = _neighbours("x", tree_x, x, order, k, own=1)
    distance_y, count_y, others_y = _neighbours("y", tree_y, x, order, k, own=0)
    if d > 1 and min(distance_x.min(), distance_y.min()) < _LEAST:
        _refuse_sizes(largest)
    terms = d * (np.log(distance_y) - np.log(distance_x)) + np.log(others_y / others_x)
    return float(np.mean(terms + digamma(count_x) - digamma(count_y)))


_LEAST = 1e-146  # the least distance, in units of the largest number: a smaller square loses digits


def _sizes(x, y):
    """The largest number in x and y, and the median of those that are not 0, by magnitude."""
    sizes = np.abs(np.concatenate([x, y]).ravel())
    return sizes.max(), np.median(sizes[sizes > 0])


def _refuse_sizes(largest):
    raise ValueError(
        f"x and y hold numbers of too different size: beside the largest, {largest}, others cannot "
        "be told apart (drop it if it stands for a missing value, else rescale its column)"
    )


def _refuse_few(name, z, k, own):
    """Refuse a sample of too few draws, or with more than about a tenth of them at one value."""
    n = len(z)
    if n - own < k:
        raise ValueError(
            f"{name} must hold at least k={k} draws different from x[0], but holds {n - own}"
        )
    tenth = n / 10
    often = int(max(2, tenth + 3 * math.sqrt(tenth)))  # small samples repeat a value by chance
    columns = np.sort(z, axis=0)
    if not (columns[often:] == columns[:-often]).any(axis=0).all():
        return
    values, counts = np.unique(z, axis=0, return_counts=True)
    value, count = values[counts.argmax()], counts.max()
    if count > often and n - count >= k:  # else the search for neighbours says what is missing
        raise ValueError(
            f"{name} is no sample of a density: {count} of its {n} draws are "
            f"{value[0] if value.size == 1 else 'the same'}; count how often each value "
            "occurs, and compare the shares with kl_divergence"
        )


def _neighbours(name, tree, x, order, k, own):
    """Distance from each x to the k-th of the tree's draws that do not coincide with it.

    Also how many of those lie within that distance, and how many there are. `own` is 1 if the tree
    holds x itself, else 0. An `order` that takes neighbours one after the other keeps their part of
    the tree in the processor's cache.
    """
    near = np.empty((len(x), 3))
    near[order] = tree.query(x[order], k=[own + 1, own + k, own + k + 1], p=_norm(x))[0]
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
    norm = _norm(x)
    coincide = tree.query_ball_point(centres, 0.0, p=norm, return_length=True)
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
        distance[same] = tree.query(centres[same], k=[ties + k], p=norm)[0][:, 0]
    reach = distance + _slack(centres, distance)
    within = tree.query_ball_point(centres, reach, p=norm, return_length=True)
    return distance[places], (within - coincide)[places], others


def _norm(x):
    """The norm for the search: on a line they are all the same, and this one squares nothing."""
    return 1 if x.shape[1] == 1 else 2


def _slack(centres, distance):
    """How far apart rounding may put two equal distances between numbers on a grid."""
    largest = np.abs(centres.T, order="C").max(axis=0)  # along short rows NumPy is slow
    return 4 * np.finfo(float).eps * (largest + distance)


def kl_normal_fit(x: Numbers, y: Numbers) -> float:
    """Estimate of D(p‖q) that fits a normal distribution to each sample, in nats.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,)
        Samples from p and from q; n and m may differ.

    Returns
    -------
    float
        ≥ 0, and exactly 0 for identical samples.

    Notes
    -----
    The closed form `kl_normal` at the maximum-likelihood mean and standard deviation (the one that
    divides by n). More draws do not mend it where p or q is not normal.

    Examples
    --------
    >>> kl_normal_fit([1, 3], [0, 2])
    0.5
    """
    same_units(x=x, y=y)
    x, y = sample("x", x), sample("y", y)
    spread_x, spread_y = _spread("x", x), _spread("y", y)  # refuses what would overflow in a mean
    return kl_normal(x.mean(), spread_x, y.mean(), spread_y)


class MonteCarloEstimate(NamedTuple):
    """What `kl_monte_carlo` returns, in nats."""

    estimate: float
    standard_error: float


def kl_monte_carlo(
    log_p: Callable[[Any], Any], log_q: Callable[[Any], Any], x: Numbers, estimator: str = "k1"
) -> MonteCarloEstimate:
    """Monte Carlo estimate of D(p‖q) from draws of p and both log-densities, in nats.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    log_p, log_q : callable
        Log-density (or log-probability) of p and of q, such as ``scipy.stats.norm(0, 1).logpdf``.
        What they raise goes through.
    x : array_like, shape (n, ...)
        Independent draws from p, along the first axis; they may be equal.
    estimator : {"k1", "k2", "k3"}, optional
        With log r = log q(x) − log p(x), the mean of: "k1", −log r; "k2", ½ (log r)²; "k3",
        (r − 1) − log r.

    Returns
    -------
    MonteCarloEstimate
        Named tuple of ``estimate`` and ``standard_error``, the sample standard deviation over √n:
        too small if the draws depend on each other, as those of a Markov chain do.

    Raises
    ------
    ValueError
        Also if `log_p` is not finite at a draw, which p could not have given then.

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
    if not isinstance(estimator, str) or estimator not in _MONTE_CARLO:
        raise ValueError(f'estimator must be "k1", "k2" or "k3", but is {short(estimator)}')
    x = draws("x", x)
    log_p, log_q = _log_density("log_p", log_p, x), _log_density("log_q", log_q, x)
    if not np.isfinite(log_p).all():
        i = int(np.argmin(np.isfinite(log_p)))
        raise ValueError(f"log_p must be finite at draws from p, but is {log_p[i]} at x[{i}]")
    with np.errstate(over="ignore", invalid="ignore"):
        terms = _MONTE_CARLO[estimator](log_q - log_p)
        error = terms.std(ddof=1) / math.sqrt(len(terms))
        mean = terms.mean()
        if not np.isfinite(mean):  # the sum overflows, which the mean need not
            mean = (terms / len(terms)).sum()
    return MonteCarloEstimate(float(mean), float(error) if error < np.inf else math.inf)


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
        result = function(x)
    try:
        values = np.asarray(result)
    except ValueError:
        raise ValueError(f"{name}(x) must be one real number a draw, but is ragged") from None
    if np.ma.is_masked(result):
        raise ValueError(f"{name}(x) has masked entries; fill or drop them first")
    if values.dtype.kind not in "iuf" or values.shape != x.shape[:1]:
        raise ValueError(
            f"{name}(x) must be one real number a draw, shape {x.shape[:1]}, but is of shape "
            f"{values.shape} and type {values.dtype}"
        )
    if np.isnan(values).any() or (values == np.inf).any():
        i = int(np.argmax(np.isnan(values) | (values == np.inf)))
        raise ValueError(f"{name} must be finite or -inf, but is {values[i]} at x[{i}]")
    return values.astype(np.float64, copy=False)
