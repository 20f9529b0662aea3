"""Notebook 09: how the evidence for p over q grows, and how often it misleads.

Most functions are about trains that are late or on time: p and q are two probabilities of "late".
"""

import math
from functools import lru_cache

import numpy as np
from scipy.special import chdtri, gammaln, logsumexp, xlog1py, xlogy

from kl_helpers.distributions import kl_bernoulli

DICE = 6  # faces
MOST_ROLLS = 200  # of a sample, for `rolls_against_fair`


def log_ratios(p, q):
    """What one train adds to the lead of p over q, in nats.

    Parameters
    ----------
    p, q : float
        Probability of a late train under either hypothesis, from 0 to 1.

    Returns
    -------
    late, on_time : float
        log p/q and log (1−p)/(1−q); 0 where both are impossible.
    """
    return _log_ratio(p, q), _log_ratio(1 - p, 1 - q)


def _log_ratio(a, b):
    if a == b:
        return 0.0
    if a == 0 or b == 0:
        return math.inf if b == 0 else -math.inf
    return math.log(a) - math.log(b)


def lead(late, n, p, q):
    """The log-likelihood ratio after n trains of which `late` were late, in nats.

    Parameters
    ----------
    late, n : array_like of int
        Late trains, and all trains; they broadcast.
    p, q : float
        Probability of a late train under either hypothesis, from 0 to 1.

    Returns
    -------
    ndarray, shape as `late` and `n` broadcast
        May be ±inf. NaN where neither p nor q allows what was seen.
    """
    up, down = log_ratios(p, q)
    late, on_time = np.asarray(late), np.subtract(n, late)
    with np.errstate(invalid="ignore"):  # inf times a count of 0, and inf − inf
        return np.where(late > 0, late * up, 0.0) + np.where(on_time > 0, on_time * down, 0.0)


def count_late(share, n, seed, repeats=20):
    """Late trains so far, on `repeats` lines where that share is late.

    Parameters
    ----------
    share : float
        Probability of a late train, from 0 to 1.
    n, seed : int
        Trains on each line, and the seed of the random numbers.
    repeats : int
        Lines.

    Returns
    -------
    ndarray of int, shape (repeats, n + 1)
        Column i is the count after i trains; a larger n only adds columns.
    """
    u = np.random.default_rng(seed).random((n, repeats)).T
    return np.pad((u < share).cumsum(axis=1), [(0, 0), (1, 0)])


def moments_of_lead(p, q):
    """Mean and standard deviation of what one train adds to the lead when p is true, in nats."""
    up, down = log_ratios(p, q)
    mean = float(kl_bernoulli(p, q))
    if mean == math.inf:
        return mean, mean
    return mean, 0.0 if p in (0, 1) else math.sqrt(p * (1 - p)) * abs(up - down)


def passage_times(p, q, factor=100, truth=None, longest=2000):
    """When the lead of p first makes the data `factor` times as probable as under q.

    Parameters
    ----------
    p, q : float
        Probability of a late train under either hypothesis, strictly between 0 and 1.
    factor : float
        Odds of p against q, > 1.
    truth : float, optional
        Share of trains that really are late; p if it is left out.
    longest : int
        Trains after which the count ends.

    Returns
    -------
    ndarray, shape (longest + 1,)
        Entry n is the probability that it happens at train n. The sum falls short of 1 by what
        happens later or never.
    """
    return _arrivals(p, q, factor, truth, longest, (1,))[0]


def verdict_times(p, q, factor=100, truth=None, longest=2000):
    """When either claim first makes the data `factor` times as probable as the other does.

    Parameters
    ----------
    p, q, factor, truth, longest
        As in `passage_times`.

    Returns
    -------
    for_p, for_q : ndarray, shape (longest + 1,)
        Entry n is the probability that the verdict falls at train n, for p and for q.
    """
    return _arrivals(p, q, factor, truth, longest, (1, -1))


def _arrivals(p, q, factor, truth, longest, signs):
    """The chance of each train to be the first whose lead is the log of the factor, or minus it."""
    truth = p if truth is None else truth
    line = math.log(factor) - 1e-9  # a tie counts, whatever rounding makes of it
    counts = np.arange(longest + 1)
    waiting = np.zeros(longest + 1)  # entry k: chance of k late trains and no arrival so far
    waiting[0] = 1.0
    first = np.zeros((len(signs), longest + 1))
    for n in range(1, longest + 1):
        waiting[1:] = (1 - truth) * waiting[1:] + truth * waiting[:-1]
        waiting[0] *= 1 - truth
        leads = lead(counts[: n + 1], n, p, q)
        for row, sign in enumerate(signs):
            there = sign * leads >= line
            first[row, n] = waiting[: n + 1][there].sum()
            waiting[: n + 1][there] = 0.0
    return first


def log_binomial(n, share):
    """Log-probability of 0, 1, …, n late trains out of n, in nats; shape (n + 1,)."""
    k = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return ways + xlogy(k, share) + xlog1py(n - k, -share)


def log_errors(n, least, p, q):
    """Both errors of the rule that says p from `least` late trains on, p > q, as logarithms.

    Parameters
    ----------
    n, least : int
        Trains, and the smallest count of late ones that speaks for p.
    p, q : float
        Probability of a late train under either hypothesis, q < p.

    Returns
    -------
    miss, false_alarm : float
        Log-probability of saying q when p is true, and of saying p when q is true; nats, ≤ 0.
    """
    miss, alarm = log_binomial(n, p)[:least], log_binomial(n, q)[least:]
    return tuple(min(float(logsumexp(x)), 0.0) if x.size else -math.inf for x in (miss, alarm))


def stein_count(n, p, misses):
    """The largest `least` of `log_errors` with at most that probability of a miss."""
    below = np.logaddexp.accumulate(log_binomial(n, p))  # log-chance of at most 0, 1, … late trains
    return int(np.searchsorted(below, math.log(misses), side="right"))


def chernoff(p, q):
    """Where both errors fall equally fast: the share of late trains at which nobody leads.

    Parameters
    ----------
    p, q : float
        Strictly between 0 and 1.

    Returns
    -------
    share, information : float
        The share of late trains, and D(share‖p) = D(share‖q), in nats a train.
    """
    up, down = log_ratios(p, q)
    share = p if up == down else down / (down - up)
    return share, float(kl_bernoulli(share, q))


def roll_counts(n):
    """How many of the 6ⁿ sequences of n rolls of a die have each total.

    Returns
    -------
    list of int
        Entry s − n counts those with total s, from n to 6n. Exact, however large.
    """
    ways = [1]
    for _ in range(n):
        padded = [0] * (DICE - 1) + ways + [0] * (DICE - 1)
        ways = [sum(padded[i : i + DICE]) for i in range(len(ways) + DICE - 1)]
    return ways


def tilted_die(mean):
    """The distribution of that mean which is closest to a fair die: weights eˡˣ on the faces x.

    Parameters
    ----------
    mean : float
        Strictly between 1 and 6.

    Returns
    -------
    ndarray, shape (6,)
    """
    faces, tilt = np.arange(1, DICE + 1), 0.0
    for _ in range(100):  # Newton's steps; the slope of the mean in the tilt is the variance
        weights = np.exp(tilt * (faces - mean))
        weights /= weights.sum()
        gap = mean - (weights * faces).sum()
        tilt += gap / (weights * (faces - mean) ** 2).sum()
        if abs(gap) < 1e-14:
            break
    return weights


def fair_die_distribution(n, k=DICE):
    """The exact distribution of 2n·D(p̂‖q) for n rolls of a fair die with k faces.

    Parameters
    ----------
    n : int
        Rolls; up to about 60 for six faces.
    k : int
        Faces.

    Returns
    -------
    values, probabilities : ndarray, shape (m,)
        In nats, and their chances. One entry for every way to share out n rolls, whichever face
        has which count.
    """
    counts = _partitions(n, k)
    ways = gammaln(n + 1) - gammaln(counts + 1).sum(axis=1)
    values = 2 * xlogy(counts, counts * (k / n)).sum(axis=1)
    same = np.array([gammaln(np.unique(row, return_counts=True)[1] + 1).sum() for row in counts])
    log_probability = ways + gammaln(k + 1) - same - n * math.log(k)
    return np.maximum(values, 0.0), np.exp(log_probability)


def chance_threshold(k, n, m=math.inf, level=0.05):
    """The D̂ between frequencies in k classes that chance alone exceeds in a share of the cases.

    Parameters
    ----------
    k : int
        Classes that can occur, at least 2.
    n, m : float
        Observations in the two samples; m is infinite where the second distribution is known.
    level : float
        Share of false alarms, for counts that are large in every class.

    Returns
    -------
    float
        In nats.

    References
    ----------
    S. S. Wilks (1938), *Annals of Mathematical Statistics* 9(1).
    """
    return float(chdtri(k - 1, level)) / 2 * (1 / n + 1 / m)


def rolls_against_fair(n, k, load, seed, repeats=1000):
    """2n·D(p̂‖u) for many samples of n rolls of a die, loaded or fair, u the fair one.

    Parameters
    ----------
    n, k : int
        Rolls in a sample, at most MOST_ROLLS, and faces.
    load : float
        Share of the rolls that show the last face whatever happens; the others are fair.
    seed, repeats : int
        Seed of the random numbers, and how many samples there are.

    Returns
    -------
    ndarray, shape (repeats,)
        In nats, ≥ 0.
    """
    u = _uniform(seed, repeats)[:, :n]
    faces = np.clip((u - load) / (1 - load) * k, -1, k - 1).astype(np.intp)
    faces[u < load] = k - 1
    rows = k * np.arange(repeats)[:, np.newaxis]
    counts = np.bincount((faces + rows).ravel(), minlength=repeats * k).reshape(repeats, k)
    return np.maximum(2 * xlogy(counts, counts * (k / n)).sum(axis=1), 0.0)


@lru_cache(maxsize=4)
def _uniform(seed, repeats):
    return np.random.default_rng(seed).random((MOST_ROLLS, repeats)).T.copy()


def _partitions(n, k):
    """All k counts that sum to n, in falling order, one a row."""
    rows = [(n, n, ())]
    for left in range(k, 0, -1):
        rows = [
            (rest - part, part, (*row, part))
            for rest, largest, row in rows
            for part in range(-(-rest // left), min(rest, largest) + 1)
        ]
    return np.array([row for rest, _, row in rows if rest == 0])
