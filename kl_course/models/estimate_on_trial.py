"""The mathematics of notebook 06: the sample demo taken apart, for thousands of rolls at once.

Lengths are counted in σ. Both normals have σ = 1, and their means are `shift` apart.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from kl_course.models._shared import normal_pdf
from kl_helpers.divergences import kl_divergence


def bin_shares(edges, mu):
    """Exact shares of N(mu, 1) in bins, relative to what lies between the outermost edges.

    Parameters
    ----------
    edges : array_like, shape (..., k + 1)
        Of the k bins, increasing.
    mu : float
        The mean.

    Returns
    -------
    ndarray, shape (..., k)
        Each row sums to 1.
    """
    z = np.asarray(edges) - mu
    mass = _normal_mass(z[..., :-1], z[..., 1:])
    return mass / mass.sum(axis=-1, keepdims=True)


def _normal_mass(a, b):
    """Mass of N(0, 1) between a and b; in the upper tail 1 − 1 would leave nothing."""
    upper = a > 0
    return ndtr(np.where(upper, -a, b)) - ndtr(np.where(upper, -b, a))


def kl_in_range(shift, low, high):
    """D of N(shift, 1) and N(0, 1), both cut to the range from low to high, in nats.

    log(p/q) is linear, shift·(x − shift/2): its average over the cut p needs only the mean of that
    p. Cutting divides each density by its mass in the range, which subtracts the last logarithm.
    """
    mass_p, mass_q = _normal_mass(low - shift, high - shift), _normal_mass(low, high)
    mean = shift + (normal_pdf(low, shift, 1) - normal_pdf(high, shift, 1)) / mass_p
    return shift * (mean - shift / 2) - np.log(mass_p / mass_q)


def roll(shift, n=1000, bins=99, repeats=1000, seed=0):
    """Roll the sample demo many times, without the samples.

    Parameters
    ----------
    shift : float
        μ_p − μ_q, in σ.
    n : int
        Draws from each, at least 2.
    bins : int
        Of equal width, from the smallest of all draws to the largest.
    repeats : int
        How many rolls.
    seed : int
        The same one gives the same rolls.

    Returns
    -------
    edges : ndarray, shape (repeats, bins + 1)
    p_hat, q_hat : ndarray, shape (repeats, bins)
        As `histogram_frequencies` would return for every roll.

    Notes
    -----
    Exact in distribution, at a cost that does not grow with n. The smallest of n uniform draws is
    1 − V^(1/n); above it lie n − 1 uniform draws, so that the largest follows likewise. Given
    these two, the other n − 2 are independent draws from what lies between, and their counts in
    the bins are multinomial. Every version of NumPy draws the same: see `_multinomial`.
    """
    rng = np.random.RandomState(np.random.PCG64(seed))
    ends_p, ends_q = shift + _extremes(n, repeats, rng), _extremes(n, repeats, rng)
    low, high = np.minimum(ends_p[0], ends_q[0]), np.maximum(ends_p[1], ends_q[1])
    edges = np.linspace(low, high, bins + 1, axis=-1)
    p_hat, q_hat = (_frequencies(edges, *who, n, rng) for who in ((ends_p, shift), (ends_q, 0)))
    return edges, p_hat, q_hat


def _extremes(n, repeats, rng):
    """Smallest and largest of n draws from N(0, 1), shape (2, repeats)."""
    log_v, log_w = np.log1p(-rng.random((2, repeats)))
    below = -np.expm1(log_v / n)
    above = -(1 - below) * np.expm1(log_w / (n - 1))
    return np.array([ndtri(below), -ndtri(above)])


def _frequencies(edges, ends, mu, n, rng):
    shares = bin_shares(np.clip(edges, *ends[..., np.newaxis]), mu)
    counts = _multinomial(n - 2, shares, rng)
    row, last = np.arange(len(counts)), counts.shape[1] - 1
    for end in ends:
        place = np.count_nonzero(edges <= end[:, np.newaxis], axis=1) - 1
        counts[row, np.clip(place, 0, last)] += 1
    return counts / n


def _multinomial(n, shares, rng):
    """Counts of n draws in the bins of each row, by halves of halves, each of them binomial.

    NumPy keeps what RandomState draws, its binomial numbers too. Its multinomial ones it did not
    keep, nor a Generator's: both changed in 2.5.
    """
    rows, k = shares.shape
    depth = (k - 1).bit_length()
    shares = np.pad(shares, [(0, 0), (0, 2**depth - k)])
    counts = np.full((rows, 1), n)
    for level in range(depth):
        halves = shares.reshape(rows, 2**level, 2, -1).sum(axis=-1)
        left, both = halves[..., 0], halves.sum(axis=-1)
        left = rng.binomial(counts, np.divide(left, both, out=np.zeros_like(left), where=both > 0))
        counts = np.stack([left, counts - left], axis=-1).reshape(rows, -1)
    return counts[:, :k]


def levels(edges, p_hat, q_hat, shift, epsilon):
    """From the exact divergence to the reported one, one choice of the recipe at a time, in nats.

    Parameters
    ----------
    edges : ndarray, shape (..., k + 1)
        Of the bins of a roll, or of many.
    p_hat, q_hat : ndarray, shape (..., k)
        Frequencies in them.
    shift : float
        μ_p − μ_q, in σ.
    epsilon : float
        ≥ 0; what the demo adds to every frequency.

    Returns
    -------
    dict of str to ndarray, shape (...)
        "exact"; "range": both cut to the range of the draws; "bins": the exact shares of the bins;
        "ε": added to them; "draws of p": p's frequencies in place of its shares; "draws of q":
        q's too, which is what the demo reports.
    """
    p, q = bin_shares(edges, shift), bin_shares(edges, 0)
    in_range = kl_in_range(shift, edges[..., 0], edges[..., -1])
    return {
        "exact": np.full_like(in_range, shift**2 / 2),
        "range": in_range,
        "bins": kl_divergence(p, q),
        "ε": kl_divergence(p, q, epsilon=epsilon),
        "draws of p": kl_divergence(p_hat, q, epsilon=epsilon),
        "draws of q": kl_divergence(p_hat, q_hat, epsilon=epsilon),
    }


def waterfall(shift, n=1000, bins=99, epsilon=1e-5, repeats=1000, seed=0):
    """`levels` of many rolls; parameters as in `roll`."""
    return levels(*roll(shift, n, bins, repeats, seed), shift, epsilon)


def reports(shift, n=1000, bins=99, epsilon=1e-5, repeats=1000, seed=0):
    """What the sample demo reports in many rolls, in nats; parameters as in `roll`."""
    _, p_hat, q_hat = roll(shift, n, bins, repeats, seed)
    return kl_divergence(p_hat, q_hat, epsilon=epsilon)
