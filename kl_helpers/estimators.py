"""Estimates of the KL divergence: samples in, estimate out."""

import numpy as np

from kl_helpers._validation import plain, real_array, sample, whole_number
from kl_helpers.divergences import kl_divergence


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
    edges = np.linspace(low, high, bins + 1)
    return edges, _frequencies(x, edges), _frequencies(y, edges)


def _frequencies(x, edges):
    """Share of x in every bin: by division, then mended where rounding crossed an edge."""
    bins = len(edges) - 1
    place = ((x - edges[0]) * (bins / (edges[-1] - edges[0]))).astype(np.intp)
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
    with np.errstate(all="ignore"):
        h = np.std(x, ddof=1) * len(x) ** -0.2
    if not 0 < h < np.inf:
        raise ValueError(f"the spread of {name} cannot be computed: its standard deviation is {h}")
    return h
