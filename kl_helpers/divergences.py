"""Entropy, cross-entropy and divergences of probability vectors."""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

from kl_helpers._validation import (
    FloatOrArray,
    Numbers,
    broadcastable,
    flag,
    log_of_base,
    masses,
    nonnegative,
    nonnegative_number,
    plain,
    same_labels,
)

# Below this |x−y|/(x+y) the series is used; its first term left out, j = 17, is below 1e-17 of the
# sum there. Above it, x log(x/y) − x + y cancels less than one digit.
_NEAR = 0.35
_SERIES = [2 / (2 * j + 1) for j in range(16, 0, -1)]
_NEARER = 0.01  # below this four terms do: the fifth is below 1e-19 of the sum
_JS_SERIES = [1 / (4 * k * (2 * k - 1)) for k in range(17, 0, -1)]

_BLOCK = 16384  # outcomes handled at a time, so that the temporaries stay in the processor's cache
# `normalize` rescales masses so that their total is about 2**_SCALE. It is as high as products with
# 2²⁷ (in `_halves`) allow below the overflow at 2¹⁰²⁴: a mass of 1e-600 of the total stays above 0.
_SCALE = 990
_LARGEST = 1e300  # the largest sum of masses to which `epsilon` is added, so that it stays finite


@np.errstate(under="ignore")
def entropy(
    p: Numbers, *, axis: int = -1, base: float | None = None, normalize: bool = False
) -> FloatOrArray:
    """Entropy H(p) = −Σ p log p, in nats, with 0 log 0 = 0.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    p : array_like, shape (..., k)
        Probabilities, with the outcomes along `axis`.
    axis, base, normalize : optional
        As in `kl_divergence`.

    Returns
    -------
    float or ndarray, shape (...)
        In [0, log k].

    References
    ----------
    Cover & Thomas, *Elements of Information Theory*, 2nd ed., eq. 2.1.

    Examples
    --------
    >>> round(entropy([0.5, 0.25, 0.25], base=2), 4)
    1.5
    """
    unit, normalize = log_of_base(base), flag("normalize", normalize)
    p, total = masses("p", p, axis, normalize=normalize)
    if normalize:
        p, minus_log = _shares("p", p, total)
        terms = p * np.where(p > 0, minus_log, 0.0)
    else:
        terms = -xlogy(p, p)
    return plain(np.clip(_sum(terms), 0.0, math.log(p.shape[-1])) / unit + 0.0)


@np.errstate(under="ignore")
def cross_entropy(
    p: Numbers,
    q: Numbers,
    *,
    axis: int = -1,
    base: float | None = None,
    normalize: bool = False,
    epsilon: float = 0.0,
) -> FloatOrArray:
    """Cross-entropy H(p, q) = −Σ p log q, in nats.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    p, q : array_like, shape (..., k)
        Probabilities, with the outcomes along `axis`; the other axes broadcast.
    axis, base, normalize, epsilon : optional
        As in `kl_divergence`.

    Returns
    -------
    float or ndarray, shape (...)
        At least H(p); inf where some p > 0 meets q = 0. Only with an `epsilon` that lifts entries
        above 1, and without `normalize`, may it be negative: the formula is taken at its word.

    References
    ----------
    Goodfellow, Bengio & Courville, *Deep Learning*, eq. 3.51.

    Examples
    --------
    >>> round(cross_entropy([0.5, 0.5], [0.25, 0.75], base=2), 4)
    1.2075
    """
    unit, normalize = log_of_base(base), flag("normalize", normalize)
    p, q, total_p, total_q, mass = _pair(p, q, axis, normalize, epsilon)
    if normalize:
        p, _ = _shares("p", p, total_p)
        _, minus_log = _shares("q", q, total_q)
        return plain(_sum(p * np.where(p > 0, minus_log, 0.0)) / unit)
    value = -_sum(xlogy(p, q)) + 0.0
    return plain((np.maximum(value, 0.0) if mass == 1 else value) / unit)


@np.errstate(under="ignore")
def kl_divergence(
    p: Numbers,
    q: Numbers,
    *,
    axis: int = -1,
    base: float | None = None,
    normalize: bool = False,
    epsilon: float = 0.0,
) -> FloatOrArray:
    """Kullback–Leibler divergence D(p‖q) = Σ p log(p/q), in nats.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    p, q : array_like, shape (..., k)
        Probabilities, with the outcomes along `axis`; the other axes broadcast.
    axis : int, optional
        Axis of the outcomes, in `p` and in `q`.
    base : float, optional
        Base of the logarithm, > 1; 2 gives bits.
    normalize : bool, optional
        Divide `p` and `q` by their sums first.
    epsilon : float, optional
        Added to every entry of `p` and `q`, ≥ 0; they are rescaled only if `normalize`.

    Returns
    -------
    float or ndarray, shape (...)
        ≥ 0, and exactly 0 for identical inputs; inf where some p > 0 meets q = 0.

    Notes
    -----
    0 log(0/q) = 0, also for q = 0. Computed as Σ d(p, q) − d(Σp, Σq) with the `deviance` d: no
    term is negative, so that nothing cancels when p ≈ q, and the second part takes out what the
    rounding of the two sums would add.

    A sum counts as 1 if it is off by 1e-9, or by 8 √k roundings of the type that the numbers come
    in, but never by more than 1 %. With `normalize` the relative error stays below 2e-15; an entry
    below 1e-605 of its sum counts as that.

    References
    ----------
    Cover & Thomas, *Elements of Information Theory*, 2nd ed., eq. 2.26.

    Examples
    --------
    >>> round(kl_divergence([0.5, 0.5], [0.25, 0.75]), 4)
    0.1438
    >>> kl_divergence([0.5, 0.5], [1, 0])
    inf
    """
    unit = log_of_base(base)
    pair, total, mass = _common_total(p, q, axis, normalize, epsilon)
    return plain(mass * _kl(*pair, total) / unit)


@np.errstate(under="ignore")
def jeffreys_divergence(
    p: Numbers,
    q: Numbers,
    *,
    axis: int = -1,
    base: float | None = None,
    normalize: bool = False,
    epsilon: float = 0.0,
) -> FloatOrArray:
    """Jeffreys divergence D(p‖q) + D(q‖p), in nats.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    p, q : array_like, shape (..., k)
        Probabilities, with the outcomes along `axis`; the other axes broadcast.
    axis, base, normalize, epsilon : optional
        As in `kl_divergence`.

    Returns
    -------
    float or ndarray, shape (...)
        ≥ 0; inf where one of p, q is 0 and the other is not.

    References
    ----------
    Jeffreys, *Theory of Probability*, 3rd ed., section 3.10.

    Examples
    --------
    >>> round(jeffreys_divergence([0.5, 0.5], [0.25, 0.75]), 4)
    0.2747
    """
    unit = log_of_base(base)
    pair, total, mass = _common_total(p, q, axis, normalize, epsilon)
    return plain(mass * (_kl(*pair, total) + _kl(*pair[::-1], total)) / unit)


@np.errstate(under="ignore")
def js_divergence(
    p: Numbers,
    q: Numbers,
    *,
    axis: int = -1,
    base: float | None = None,
    normalize: bool = False,
) -> FloatOrArray:
    """Jensen–Shannon divergence ½ D(p‖m) + ½ D(q‖m) with m = (p + q)/2, in nats.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    p, q : array_like, shape (..., k)
        Probabilities, with the outcomes along `axis`; the other axes broadcast.
    axis, base, normalize : optional
        As in `kl_divergence`.

    Returns
    -------
    float or ndarray, shape (...)
        In [0, log 2]: 0 for identical inputs, log 2 where no outcome has both p > 0 and q > 0.

    Notes
    -----
    This is the divergence; its square root is the distance that
    `scipy.spatial.distance.jensenshannon` returns.

    References
    ----------
    Lin (1991), "Divergence measures based on the Shannon entropy", eq. 3.4.

    Examples
    --------
    >>> js_divergence([1, 0], [0, 1], base=2)
    1.0
    """
    unit = log_of_base(base)
    (p, q), total, _ = _common_total(p, q, axis, normalize)
    terms, excess = _block_sums(_js_term, p, q)
    js = (terms - _js_term(total, total - excess, excess)) / total
    disjoint = ~np.minimum(p.values, q.values).any(axis=-1)
    js = np.where(disjoint, math.log(2), np.clip(js, 0, math.log(2)))
    return plain(js / unit)


@np.errstate(under="ignore")
def total_variation(
    p: Numbers, q: Numbers, *, axis: int = -1, normalize: bool = False
) -> FloatOrArray:
    """Total variation distance ½ Σ |p − q|: how far the probabilities of any event may differ.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    p, q : array_like, shape (..., k)
        Probabilities, with the outcomes along `axis`; the other axes broadcast.
    axis, normalize : optional
        As in `kl_divergence`.

    Returns
    -------
    float or ndarray, shape (...)
        In [0, 1], without a unit.

    References
    ----------
    Cover & Thomas, *Elements of Information Theory*, 2nd ed., eq. 11.137.

    Examples
    --------
    >>> total_variation([0.5, 0.5], [0.25, 0.75])
    0.25
    """
    pair, total, _ = _common_total(p, q, axis, normalize)
    excess = 0.0
    if normalize:  # the sums were rounded, which would count as a distance
        _, difference = _block_sums(lambda x, y, difference: difference, *pair)
        excess = (difference / total)[..., np.newaxis]
    distance, _ = _block_sums(lambda x, y, difference: np.abs(difference - excess * y), *pair)
    return plain(np.minimum(distance / (2 * total), 1.0))


def deviance(x: Numbers, y: Numbers) -> FloatOrArray:
    """Deviance d(x, y) = x log(x/y) − x + y, elementwise: never negative, and 0 only for x = y.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    x, y : array_like
        Numbers ≥ 0; they broadcast.

    Returns
    -------
    float or ndarray
        ≥ 0; d(0, y) = y, and d(x, 0) = inf for x > 0.

    Notes
    -----
    The formula as it stands loses all digits when x ≈ y. With v = (x − y)/(x + y) it equals
    v·((x − y) + 2x·(v²/3 + v⁴/5 + …)), which loses none.

    References
    ----------
    Loader (2000), "Fast and accurate computation of binomial probabilities", section 3.

    Examples
    --------
    >>> deviance([1.0, 2.0], [1.0, 1.0]).round(4)
    array([0.    , 0.3863])
    """
    same_labels(x=x, y=y)
    x, y = nonnegative("x", x), nonnegative("y", y)
    broadcastable(x=x, y=y)
    return plain(_deviance(x, y))


def _deviance(x, y, difference=None):
    """`deviance` unchecked; `difference` is x − y where the caller knows it more exactly."""
    with np.errstate(all="ignore"):
        if difference is None:
            difference = x - y
        total = x + y
        if np.isinf(total).any():
            shrink = np.where(np.isinf(total), 0.25, 1.0)
            return _deviance(x * shrink, y * shrink, difference * shrink) / shrink
        v = difference / total
        near = np.abs(v) < _NEAR
        if near.all():
            few = (np.abs(v) < _NEARER).all()
            return _deviance_near(x, difference, v, _SERIES[-4:] if few else _SERIES)
        if not near.any():
            return _deviance_far(x, y, difference)
        close, far = _deviance_near(x, difference, v, _SERIES), _deviance_far(x, y, difference)
        return np.where(near, close, far)


def _deviance_near(x, difference, v, coefficients):
    series = _series(coefficients, v * v)
    series *= x
    series += difference
    series *= v
    return series


def _series(coefficients, w):
    """Σ c_j wʲ from j = 1, the coefficient of the highest power first."""
    total = w * coefficients[0]
    for coefficient in coefficients[1:]:
        total += coefficient
        total *= w
    return total


def _deviance_far(x, y, difference):
    log_ratio = np.log(x / y)
    if not np.isfinite(log_ratio).all():  # the ratio over- or underflowed, or an entry is 0
        log_ratio = np.where(np.isfinite(log_ratio), log_ratio, np.log(x) - np.log(y))
        return np.where(x == 0, y, x * log_ratio - difference)
    return x * log_ratio - difference


def _js_term(x, y, difference=None):
    """½ d(x, m) + ½ d(y, m) with m = (x + y)/2; for x ≈ y as (x+y)/4 · Σ v^(2k) / (k(2k−1))."""
    with np.errstate(all="ignore"):
        if difference is None:
            difference = x - y
        total = x + y
        v = difference / total
        near = np.abs(v) < _NEAR
        series = _series(_JS_SERIES, v * v)
        series *= total
        if near.all():
            return series
        return np.where(near, series, (_deviance(2 * x, total) + _deviance(2 * y, total)) / 4)


class _Masses(NamedTuple):
    """Masses `values` · `weight`, not multiplied yet; a weight of None is 1."""

    values: np.ndarray
    weight: np.ndarray | None


def _kl(p, q, total):
    """D(p‖q) along the last axis, for p and q whose totals agree up to rounding."""
    deviances, excess = _block_sums(_deviance, p, q)
    return np.maximum(deviances - _deviance(total, total - excess, excess), 0.0) / total


def _block_sums(term, p, q):
    """Σ term(p, q) and Σ (p − q) along the last axis, a block at a time."""
    width = p.values.shape[-1]
    step = max(1024, _BLOCK * width // max(p.values.size, q.values.size))
    sums = []
    with np.errstate(all="ignore"):
        for start in range(0, width, step):
            x, y = p.values[..., start : start + step], q.values[..., start : start + step]
            if p.weight is None:
                difference = x - y
            else:
                x, low_x = _product(x, p.weight)
                y, low_y = _product(y, q.weight)
                difference = (x - y) + (low_x - low_y)
            sums.append((_sum(term(x, y, difference)), _sum(difference)))
    if len(sums) == 1:
        return sums[0]
    return tuple(_sum(np.stack(parts, axis=-1)) for parts in zip(*sums, strict=True))


def _product(x, y):
    """x·y rounded, and the rounding error (Dekker 1971, "A floating-point technique …")."""
    (high_x, low_x), (high_y, low_y) = _halves(x), _halves(y)
    product = x * y
    error = high_x * high_y - product
    return product, error + high_x * low_y + low_x * high_y + low_x * low_y


def _halves(x):
    """Two numbers of 26 bits whose sum is x: their products are exact."""
    shifted = x * (2.0**27 + 1)
    high = shifted - (shifted - x)
    return high, x - high


def _sum(terms):
    return np.add.reduce(terms, axis=-1)


def _pair(p, q, axis, normalize, epsilon):
    """Check p and q against each other; return them with `epsilon` added, their totals and mass."""
    epsilon = nonnegative_number("epsilon", epsilon)
    arrays = p, q
    p, total_p = masses("p", p, axis, normalize=normalize)
    q, total_q = masses("q", q, axis, normalize=normalize)
    same_labels(axis=axis, p=arrays[0], q=arrays[1])
    k = p.shape[-1]
    if k != q.shape[-1]:
        raise ValueError(f"p has {k} outcomes, but q has {q.shape[-1]}; they must be the same ones")
    broadcastable(p=p, q=q)
    added = k * epsilon
    if epsilon:
        if added > _LARGEST or max(total_p.max(), total_q.max()) > _LARGEST:
            raise ValueError(f"epsilon={epsilon:g} cannot be added: the sums would overflow")
        p, q = p + epsilon, q + epsilon
        total_p, total_q = total_p + added, total_q + added
    return p, q, total_p, total_q, 1.0 if normalize else 1.0 + added


def _common_total(p, q, axis, normalize, epsilon=0.0):
    """Return p and q of one total, that total, and the mass they stand for.

    Scaling by powers of two is exact. What remains is Σq/Σp: each is given the other's total as a
    weight, and the products keep the digits that a quotient would round away.
    """
    normalize = flag("normalize", normalize)
    p, q, total_p, total_q, mass = _pair(p, q, axis, normalize, epsilon)
    if not normalize:
        return (_Masses(p, None), _Masses(q, None)), total_p, mass
    p, total_p = _at_one_scale("p", p, total_p)
    q, total_q = _at_one_scale("q", q, total_q)
    if (total_p == total_q).all():
        return (_Masses(p, None), _Masses(q, None)), np.ldexp(total_p, _SCALE), mass
    p, q = _Masses(p, total_q[..., np.newaxis]), _Masses(q, total_p[..., np.newaxis])
    return (p, q), np.ldexp(total_p * total_q, _SCALE), mass


def _at_one_scale(name, p, total):
    """Masses with a total of 2**_SCALE times what is returned as the total, from ½ to 1."""
    _refuse_zero(name, total)
    total, exponent = np.frexp(total)
    with np.errstate(under="ignore"):
        scaled = np.ldexp(p, (_SCALE - exponent)[..., np.newaxis])
    return _no_new_zeros(scaled, p, np.finfo(float).tiny), total


def _shares(name, p, total):
    """p/Σp and −log(p/Σp), the latter without loss where a share is nearly 1 or underflows."""
    _refuse_zero(name, total)
    total = total[..., np.newaxis]
    top = p.argmax(axis=-1, keepdims=True)
    largest, others = np.take_along_axis(p, top, axis=-1), p.copy()
    np.put_along_axis(others, top, 0.0, axis=-1)
    with np.errstate(all="ignore"):
        shares = p / total
        minus_log = np.where(shares > 1e-290, -np.log(shares), np.log(total) - np.log(p))
        rest = np.log1p(_sum(others)[..., np.newaxis] / largest)
    np.put_along_axis(minus_log, top, rest, axis=-1)
    return _no_new_zeros(shares, p, np.finfo(float).smallest_subnormal), minus_log


def _no_new_zeros(scaled, p, least):
    if scaled.min() >= least:
        return scaled
    return np.where(p > 0, np.maximum(scaled, least), 0.0)


def _refuse_zero(name, total):
    if not total.all():
        raise ValueError(f"{name} sums to 0, so it cannot be rescaled to sum to 1")
