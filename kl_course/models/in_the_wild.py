"""Notebook 11: the evidence bound, a policy tilted by its reward, drift between samples.

The bound is that of one reading x = z + noise: z ~ N(0, 1) before, x ~ N(z, s²) given z.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import softmax, xlogy
from scipy.stats import chi2

from kl_helpers.distributions import kl_mvn, kl_normal
from kl_helpers.divergences import jeffreys_divergence, kl_divergence
from kl_helpers.estimators import kl_normal_fit

READING = 2.0  # x
WORDS = ("good", "fine", "okay", "great", "superb")
REFERENCE = np.array([0.40, 0.30, 0.15, 0.10, 0.05])  # π₀ of each word
REWARD = np.array([0.0, 0.0, 0.0, 1.0, 2.0])  # r of each word
MOST_BIRDS = 2000  # of a sample, for `drift`

# Bill lengths of notebooks/data/penguins.csv in tenths of a millimetre, sorted: the explorer needs
# them where the file is not.
_BILLS = {
    "Adelie": """
        321 331 335 340 341 344 345 346 346 350 350 351 352 353 355 355 356 357 357 357 359 359
        360 360 360 360 362 362 362 363 364 364 365 365 366 366 367 367 368 369 370 370 372 372
        373 373 373 375 375 376 376 376 377 377 377 378 378 378 378 378 379 379 381 381 381 381
        382 382 383 385 386 386 386 387 388 388 388 389 389 390 390 390 391 392 392 392 393 395
        395 395 396 396 396 396 396 397 397 397 397 398 401 402 402 402 403 403 405 405 406 406
        406 406 407 408 408 409 409 410 411 411 411 411 411 411 411 413 413 414 414 415 415 416
        418 420 420 421 422 422 423 425 427 428 429 431 432 432 441 441 456 458 460
    """,
    "Chinstrap": """
        409 424 425 425 432 435 452 452 454 455 456 457 457 459 460 461 462 464 464 465 466 467
        468 469 470 475 476 481 485 490 490 492 493 495 496 497 498 500 501 502 502 503 505 505
        506 507 508 508 509 509 510 513 513 513 514 515 517 519 520 520 520 522 527 528 535 542
        558 580
    """,
}
BILLS = {name: np.array(text.split(), dtype=float) / 10 for name, text in _BILLS.items()}


class Bound(NamedTuple):
    """The two ways to split −ELBO, in nats: the first two sum to it, and so do the last two."""

    reconstruction: float  # E_q[−log p(x|z)]
    prior_term: float  # D(q‖prior)
    surprise: float  # −log p(x)
    gap: float  # D(q‖posterior)


def posterior(s, x=READING):
    """Mean and standard deviation of z given the reading x, for noise of standard deviation s."""
    return x / (1 + s * s), s / math.hypot(1, s)


def bound(mu, sigma, s, x=READING):
    """The evidence bound for q = N(mu, sigma²), in nats.

    Parameters
    ----------
    mu, sigma : float
        Mean and standard deviation of q, sigma > 0.
    s : float
        Standard deviation of the noise, > 0.
    x : float
        The reading.

    Returns
    -------
    Bound
    """
    return Bound(
        _charge(s * s) + ((x - mu) ** 2 + sigma * sigma) / (2 * s * s),
        kl_normal(mu, sigma, 0, 1),
        _charge(1 + s * s) + x * x / (2 * (1 + s * s)),
        kl_normal(mu, sigma, *posterior(s, x)),
    )


def _charge(variance):
    """−log of a normal density at its peak."""
    return math.log(2 * math.pi * variance) / 2


def tilt(reference, reward, beta):
    """The policy π ∝ π₀·e^{r/β}, which has the highest E_π[r] − β·D(π‖π₀).

    Parameters
    ----------
    reference : array_like, shape (k,)
        π₀, all > 0.
    reward : array_like, shape (k,)
        r of each outcome.
    beta : array_like, shape (...)
        > 0, in units of reward per nat.

    Returns
    -------
    ndarray, shape (..., k)
        Probabilities.
    """
    better = np.subtract(reward, np.max(reward)) / np.expand_dims(beta, -1)
    weights = reference * np.exp(better)
    return weights / weights.sum(axis=-1, keepdims=True)


def budget(reference, reward, beta):
    """What the policy of `tilt` spends and gets: D(π‖π₀) in nats and E_π[r], of shape (...)."""
    policy = tilt(reference, reward, beta)
    return kl_divergence(policy, reference), (policy * reward).sum(axis=-1)


def loss_gradients(policy, reference):
    """Expected gradients of k1, k2 and k3 as a loss over draws from the policy, in nats a logit.

    Parameters
    ----------
    policy, reference : array_like, shape (k,)
        π = softmax(θ) and π₀, all > 0; w = π₀/π.

    Returns
    -------
    dict of str to ndarray, shape (k,)
        E_π of the gradient of each term with respect to θ, the draws held fixed; by enumeration.
    """
    policy, reference = np.asarray(policy), np.asarray(reference)
    ratio = reference / policy
    slopes = {
        "k1": np.ones_like(ratio),
        "k2": -np.log(ratio),
        "k3": 1 - ratio,
    }  # of each term in log π
    score = np.eye(len(policy)) - policy  # row i: gradient of log π_i with respect to θ
    return {
        name: ((policy * slope)[:, np.newaxis] * score).sum(axis=0)
        for name, slope in slopes.items()
    }


def trained_policy(reference, reward, beta, loss, steps=4000, rate=2.0):
    """The policy after exact gradient ascent on E_π[r] − β·loss, from the reference.

    Parameters
    ----------
    reference, reward, beta
        As in `tilt`; `beta` is a number.
    loss : {"k1", "k2", "k3"}
        The estimator of D(π‖π₀) whose expected gradient is taken.
    steps, rate : int, float
        How many steps, and how many times the gradient each is long.

    Returns
    -------
    ndarray, shape (k,)
        Probabilities.
    """
    logits = np.log(reference)
    for _ in range(steps):
        policy = softmax(logits)
        push = policy * (reward - (policy * reward).sum())
        logits = logits + rate * (push - beta * loss_gradients(policy, reference)[loss])
    return softmax(logits)


def fitted_kl(x, y):
    """D(p‖q) of the normal distributions fitted to samples x from p and y from q, in nats.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,), or (n, d) and (m, d)
        A row a draw, a column a feature.

    Returns
    -------
    float
        ≥ 0.
    """
    if np.ndim(x) == 1:
        return kl_normal_fit(x, y)
    return kl_mvn(*(f(z) for z in (x, y) for f in (_mean, _covariance)))


def _mean(x):
    return np.mean(x, axis=0)


def _covariance(x):
    return np.cov(x, rowvar=False, bias=True)


def drift_threshold(n, m, d=1, level=0.95):
    """What `fitted_kl` stays below in that share of cases if p = q is normal, for large n and m.

    Parameters
    ----------
    n, m : int
        Sizes of the samples.
    d : int
        Features: d means and d(d + 1)/2 variances and covariances are fitted.
    level : float
        Share of the cases, between 0 and 1.

    Returns
    -------
    float
        In nats. 2·nm/(n + m)·D̂ is χ² then, with as many degrees of freedom as were fitted.
    """
    return chi2.ppf(level, d + d * (d + 1) / 2) * (1 / n + 1 / m) / 2


def shuffled_kl(x, y, times=200, seed=0):
    """`fitted_kl` after shuffling who belongs to which sample: what chance alone gives.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,), or (n, d) and (m, d)
        The samples, as in `fitted_kl`.
    times, seed : int
        How often they are shuffled, and the seed of the random numbers.

    Returns
    -------
    ndarray, shape (times,)
        In nats.
    """
    both, rng = np.concatenate([x, y]), np.random.default_rng(seed)
    orders = np.argsort(rng.random((times, len(both))), axis=1)
    return np.array([fitted_kl(both[o[: len(x)]], both[o[len(x) :]]) for o in orders])


class Drift(NamedTuple):
    """Birds in bins: the shares, and the divergences between them, in nats."""

    new: np.ndarray  # p: the birds that came
    old: np.ndarray  # q: the reference
    forward: float  # D(p‖q)
    backward: float  # D(q‖p)
    psi: float  # their sum
    exact: float  # the sum for the population that the birds came from


class Chance(NamedTuple):
    """What chance alone gives for birds in bins, p = q, with q known; in nats but for `empty`."""

    empty: float  # share of the samples with an empty bin, whose PSI is infinite
    half: float  # half of the samples have a lower PSI
    limit: float  # 95 % have
    test: float  # 95 % have a lower 2n·D(p‖q), which stays finite


# By bins and birds, from 2,000,000 samples each. By χ² with bins − 1 degrees of freedom `test`
# would be its 95 % point, 9.49, 16.92 and 30.14, and `limit` that over n. But at 50 birds a bin
# 5.5 % of the samples have a higher PSI, at 10 a bin 7.5 %, at 5 12 %, at 2.5 87 %.
CHANCE = {
    5: {
        20: Chance(0.059, 0.1876, math.inf, 10.7),
        50: Chance(0.0001, 0.06997, 0.2064, 9.7),
        100: Chance(0, 0.03422, 0.09847, 9.6),
        200: Chance(0, 0.01693, 0.04823, 9.5),
        500: Chance(0, 0.00674, 0.01910, 9.5),
        1000: Chance(0, 0.00336, 0.00953, 9.5),
        2000: Chance(0, 0.00168, 0.00476, 9.5),
    },
    10: {
        20: Chance(0.7904, math.inf, math.inf, 18.7),
        50: Chance(0.0553, 0.1853, math.inf, 18.0),
        100: Chance(0.0004, 0.08721, 0.1843, 17.3),
        200: Chance(0, 0.04266, 0.08799, 17.1),
        500: Chance(0, 0.01682, 0.03430, 17.0),
        1000: Chance(0, 0.00838, 0.01705, 17.0),
        2000: Chance(0, 0.00418, 0.00849, 16.9),
    },
    20: {
        20: Chance(1, math.inf, math.inf, 30.9),
        50: Chance(0.8662, math.inf, math.inf, 33.2),
        100: Chance(0.1655, 0.2086, math.inf, 31.9),
        200: Chance(0.0034, 0.09669, 0.1652, 30.8),
        500: Chance(0, 0.03741, 0.06214, 30.4),
        1000: Chance(0, 0.01852, 0.03059, 30.3),
        2000: Chance(0, 0.00922, 0.01518, 30.2),
    },
}


def drift(share, n, bins, seed):
    """Birds, of which a share are Chinstraps, against the Adelies, by bill length in bins.

    Parameters
    ----------
    share : float
        Share of Chinstraps, from 0 to 1.
    n : int
        Birds, at most MOST_BIRDS; a larger n only adds birds.
    bins : int
        How many; each holds about as many of the Adelies as any other.
    seed : int
        Seed of the random numbers that choose the birds.

    Returns
    -------
    Drift
    """
    adelie, chinstrap = BILLS["Adelie"], BILLS["Chinstrap"]
    edges = np.quantile(adelie, np.arange(1, bins) / bins)
    old, others = (_shares(bills, edges) for bills in (adelie, chinstrap))
    who, which = _lots(seed)[:n].T
    birds = np.where(
        who < share,
        chinstrap[(which * len(chinstrap)).astype(int)],
        adelie[(which * len(adelie)).astype(int)],
    )
    new = _shares(birds, edges)
    exact = jeffreys_divergence((1 - share) * old + share * others, old)
    forward, backward = kl_divergence(new, old), kl_divergence(old, new)
    return Drift(new, old, forward, backward, forward + backward, exact)


@lru_cache(maxsize=4)
def _lots(seed):
    return np.random.default_rng(seed).random((MOST_BIRDS, 2))


def _shares(values, edges):
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return counts / len(values)


def torch_kl_div(input, target, reduction="mean", log_target=False):  # noqa: A002 (torch's name)
    """What `torch.nn.functional.kl_div` computes, by the formula of its documentation.

    Parameters
    ----------
    input : array_like
        Log-probabilities of the model.
    target : array_like
        Probabilities, or with `log_target` their logarithms.
    reduction : {"mean", "sum", "batchmean"}
        What the sum is divided by: the number of terms, 1, or the number of rows.
    log_target : bool
        Whether `target` holds logarithms.

    Returns
    -------
    float
        In nats, or nats a term or a row.
    """
    input, target = np.asarray(input), np.asarray(target)  # noqa: A001 (torch's name)
    if log_target:
        terms = np.exp(target) * (target - input)
    else:
        terms = xlogy(target, target) - target * input  # 0 for a target of 0, as in torch
    size = {"mean": terms.size, "sum": 1, "batchmean": len(terms)}[reduction]
    return terms.sum() / size
