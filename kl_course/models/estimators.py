"""The mathematics of notebook 07: a hundred estimates of each kind, and what they vary by."""

import math
from functools import lru_cache

import numpy as np

from kl_helpers.distributions import kl_normal
from kl_helpers.divergences import kl_divergence

TIMES = 100  # repetitions: a row of dice each
BINS, EPSILON, K = 99, 1e-5, 5  # the defaults of kl_histogram and kl_knn
_ROW = 64.0  # added to each row more than to the one before, so that all rows are one sorted array
_NODES = 8  # places in a bandwidth at which a kernel estimate is tabulated
_REACH = 5  # bandwidths by which the table goes beyond the outermost draws

SAMPLES_ONLY = ("histogram, ε", "histogram, +½", "KDE", "k-NN", "normal fit")
WITH_DENSITIES = ("k1", "k2", "k3")


@lru_cache(maxsize=4)
def dice(n, seed):
    """Standard normal draws for p and for q, shape (2, TIMES, n), each row of n sorted."""
    z = np.random.default_rng(seed).standard_normal((n, 2, TIMES))  # a larger n only adds draws
    return np.sort(np.ascontiguousarray(z.transpose(1, 2, 0)), axis=-1)


def estimates_from_samples(shift, sigma, n, seed):
    """TIMES estimates of each kind for p = N(0, 1) and q = N(shift, sigma²), in nats.

    The public estimators do one pair of samples; here the sorted dice are reused, so that a moved
    slider is answered at once.
    """
    x, z_q = dice(n, seed)
    y = shift + sigma * z_q
    counts = _counts(x, y)
    distances = _mean_log_distance(x, y, K) - _own_distances(n, seed)
    mean, sd = _moments(n, seed)
    results = (
        kl_divergence(*(counts / n), epsilon=EPSILON),
        kl_divergence(*(counts + 0.5), normalize=True),
        _kde_plug_in(shift, sigma, n, seed),
        distances + math.log(n / (n - 1)),
        kl_normal(mean[0], sd[0], shift + sigma * mean[1], sigma * sd[1]),
        -log_ratio(x, shift, sigma).mean(axis=1),
    )
    return dict(zip((*SAMPLES_ONLY, "k1"), results, strict=True))


def log_ratio(x, shift, sigma):
    """Log q(x) − log p(x)."""
    return 0.5 * (x * x - ((x - shift) / sigma) ** 2) - math.log(sigma)


def estimates_with_densities(shift, sigma, n, seed):
    """TIMES estimates by k1, k2 and k3 for p = N(0, 1) and q = N(shift, sigma²), in nats."""
    log_r = log_ratio(dice(n, seed)[0], shift, sigma)
    terms = (-log_r, 0.5 * log_r * log_r, np.expm1(log_r) - log_r)
    return {k: t.mean(axis=1) for k, t in zip(WITH_DENSITIES, terms, strict=True)}


def exact_moments(shift, sigma):
    """Exact mean and standard deviation of one term of k1, k2, k3, as a dict of pairs.

    With p = N(0, 1), log r is a z² + b z + c, whose moments are known; Eₚ[r²] is a Gaussian
    integral that diverges for sigma² ≥ 2.
    """
    a, b = 0.5 * (1 - sigma**-2), shift / sigma**2
    c = -0.5 * shift**2 / sigma**2 - math.log(sigma)
    mean = a + c
    # log r − mean = a(z² − 1) + bz: its second, third and fourth moments
    m2 = 2 * a * a + b * b
    m3 = 8 * a**3 + 6 * a * b * b
    m4 = 60 * a**4 + 60 * a * a * b * b + 3 * b**4
    square = m2 + mean**2
    fourth = m4 + 4 * mean * m3 + 6 * mean**2 * m2 + mean**4
    forward, backward = -mean, kl_normal(shift, sigma, 0, 1)
    k3 = mean_square_ratio(shift, sigma) - 1 + square - 2 * backward - 2 * forward - forward**2
    return {
        "k1": (forward, math.sqrt(m2)),
        "k2": (square / 2, 0.5 * math.sqrt(max(fourth - square**2, 0))),
        "k3": (forward, math.sqrt(max(k3, 0))),
    }


def mean_square_ratio(shift, sigma):
    """E_p[(q/p)²] for p = N(0, 1) and q = N(shift, sigma²); infinite from sigma = √2 on.

    Just below √2 it may be larger than any float, and is infinite then, too.
    """
    room = 2 - sigma**2
    if room <= 0 or shift**2 / room > 700:  # e^700 is 1e304
        return math.inf
    return math.exp(shift**2 / room) / (sigma * math.sqrt(room))


# --- a hundred estimates at once, from sorted samples


@lru_cache(maxsize=4)
def _moments(n, seed):
    """Means and standard deviations of the dice, each of shape (2, TIMES)."""
    z = dice(n, seed)
    return z.mean(axis=-1), z.std(axis=-1)


def _counts(x, y):
    """Draws per bin, shape (2, TIMES, BINS), in equal bins over each pair's pooled range."""
    low, high = np.minimum(x[:, :1], y[:, :1]), np.maximum(x[:, -1:], y[:, -1:])
    scale = (BINS - 1e-12) / (high - low)  # a little less, so that the highest draw has a bin
    rows = BINS * np.arange(TIMES)[:, np.newaxis]
    bins = [((draws - low) * scale).astype(np.intp) + rows for draws in (x, y)]
    both = [np.bincount(b.ravel(), minlength=TIMES * BINS) for b in bins]
    return np.reshape(both, (2, TIMES, BINS))


def _mean_log_distance(x, y, k):
    """Mean logarithm of the distance from a draw in x to its k-th nearest in y, row by row.

    The k nearest are a window of the sorted row, y[s : s + k]. Window s takes over from the one
    before it halfway between y[s − 1] and y[s + k − 1].
    """
    begins = np.full((TIMES, y.shape[1] - k + 1), -_ROW / 2)
    begins[:, 1:] = 0.5 * (y[:, :-k] + y[:, k:])
    # The whole part of what interp finds is s. Unlike searchsorted, it begins each search where the
    # last one ended, which is quicker for sorted draws.
    s = np.interp(_flat(x), _flat(begins), np.arange(begins.size, dtype=float))
    s = s.astype(np.intp).reshape(x.shape)
    first, last = np.take(y[:, : 1 - k], s), np.take(y[:, k - 1 :], s)
    return np.log(np.maximum(x - first, last - x)).mean(axis=1)


def _flat(rows):
    """All rows, each sorted, as one sorted array."""
    return (rows + _ROW * np.arange(TIMES)[:, np.newaxis]).ravel()


@lru_cache(maxsize=4)
def _own_distances(n, seed):
    """`_mean_log_distance` from a draw in x to its K-th nearest other draw in x."""
    x = dice(n, seed)[0]
    return _mean_log_distance(x, x, K + 1)  # the nearest one is the draw itself


@lru_cache(maxsize=8)
def _log_kde(n, seed, which):
    """Logarithm of each sample's kernel estimate on nodes of its own, shape (TIMES, nodes).

    Also the first node, the step, the outermost draws and the bandwidth, shape (TIMES, 1). Beyond
    the outermost draws the table lacks the parabola `_fall`: it stays flat there, and can be
    interpolated linearly.
    """
    z = dice(n, seed)[which]
    ends = z[:, :1], z[:, -1:]
    h = z.std(axis=1, ddof=1, keepdims=True) * n**-0.2
    step = h / _NODES
    first = ends[0] - _REACH * h
    nodes = int(((ends[1] - ends[0]) / step).max()) + 2 * _REACH * _NODES + 2
    rows = nodes * np.arange(TIMES)[:, np.newaxis]
    left, share = np.divmod((z - first) / step, 1.0)
    left = (left.astype(np.intp) + rows).ravel()
    weights = np.bincount(left, 1 - share.ravel(), TIMES * nodes)
    weights += np.bincount(left + 1, share.ravel(), TIMES * nodes)
    i = np.arange(nodes)
    kernel = np.exp(-0.5 * ((i[:, np.newaxis] - i) / _NODES) ** 2)
    log_kde = np.log(weights.reshape(TIMES, nodes) @ kernel) - np.log(n * h * math.sqrt(2 * np.pi))
    return log_kde + _fall(first + step * i, *ends, h), first, step, ends, h


def _fall(z, low, high, h):
    """By how much the log-density falls from the outermost draw to z, as one kernel does."""
    return 0.5 * (np.maximum(np.maximum(low - z, z - high), 0) / h) ** 2


def _kde_plug_in(shift, sigma, n, seed):
    x, log_p, mass = _kde_of_p(n, seed)
    z = (x - shift) / sigma
    table, first, step, ends, h = _log_kde(n, seed, 1)
    place = np.clip((z - first) / step, 0, table.shape[1] - 1.001)
    left = place.astype(np.intp)
    share = place - left
    left += table.shape[1] * np.arange(TIMES)[:, np.newaxis]
    start, end = table.ravel()[left], table.ravel()[left + 1]
    log_q = start + share * (end - start) - _fall(z, *ends, h) - math.log(sigma)
    return (mass * (log_p - log_q)).sum(axis=1)


@lru_cache(maxsize=4)
def _kde_of_p(n, seed):
    """Nodes, log p̂ there, and the mass that each node stands for, four a bandwidth."""
    table, first, step, ends, h = _log_kde(n, seed, 0)
    x = first + step * np.arange(table.shape[1])
    log_p = table - _fall(x, *ends, h)
    x, log_p = x[:, :: _NODES // 4], log_p[:, :: _NODES // 4]
    return x, log_p, np.exp(log_p) * step * (_NODES // 4)
