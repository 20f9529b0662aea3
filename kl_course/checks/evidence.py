"""The checks of notebook 09: how many observations, how many errors, and how large a stake."""

import math
from numbers import Real

import numpy as np
from scipy.special import xlogy

from kl_course.checks._shared import IN_BITS, check_function, check_number, together
from kl_helpers.distributions import kl_bernoulli


def _trains(answer, expected, mistakes):
    """The verdict on a number of trains: a fraction, or the first whole train that is enough."""
    whole = math.ceil(expected)
    exactly_whole = isinstance(answer, Real) and not isinstance(answer, bool) and answer == whole
    return check_number(
        answer, whole if exactly_whole else expected, unit="trains", mistakes=mistakes
    )


def check_trains(regulars, leaflet):
    """Exercise: trains until the mean lead is 1000 : 1 for 0.5 against 0.2, either being true."""
    odds = math.log(1000)
    right_p, right_q = float(kl_bernoulli(0.5, 0.2)), float(kl_bernoulli(0.2, 0.5))

    def verdict(answer, rate, other):
        return _trains(
            answer,
            odds / rate,
            {
                "That is for the other truth: in D the truth comes first.": odds / other,
                "That is for 100 : 1.": math.log(100) / rate,
                "log₁₀ and nats do not go together: use the natural logarithm.": 3 / rate,
                "The odds are in bits, D is in nats: take one unit.": math.log2(1000) / rate,
                "The odds are in nats, D is in bits: take one unit.": odds * math.log(2) / rate,
                "A factor of 1000 is a lead of ln 1000 nats, not of 1000.": 1000 / rate,
                "Divide the lead by what one train brings.": odds * rate,
                "That is what one train brings: how many bring ln 1000 nats?": rate,
                "That is for the notebook's p and q: here they are 0.5 and 0.2.": odds
                / float(kl_bernoulli(0.3, 0.1)),
            },
        )

    return together(
        regulars=verdict(regulars, right_p, right_q),
        leaflet=verdict(leaflet, right_q, right_p),
        right="The slope is D with the truth in front, so the two truths need different patience.",
    )


def check_apps(rate, trains):
    """Exercise: Chernoff information of N(0, 1) and N(1, 1), and n with exp(−n·rate) = 0.01."""
    wanted = 1 / 8
    return together(
        rate=check_number(
            rate,
            wanted,
            unit="nats a train",
            mistakes={
                "0.5 is the threshold, in minutes, and D(p‖q), in nats. The rate is D from the "
                "threshold to either app.": 0.5,
                "Half a minute squared is 0.25: D is half of that.": 0.25,
                IN_BITS: wanted / math.log(2),
            },
        ),
        trains=_trains(
            trains,
            math.log(100) / wanted,
            {
                "That is with D(p‖q) as the rate.": math.log(100) / 0.5,
                "That is with half of D(p‖q) as the rate.": math.log(100) / 0.25,
                "log₁₀ and nats do not go together: use the natural logarithm.": 2 / wanted,
                "The sign: a lead of −ln 0.01 nats is wanted.": -math.log(100) / wanted,
            },
        ),
        right="Halfway between two normals of one width D is a quarter, for both errors at once.",
    )


def _g(counts, factor=2.0, swapped=False):
    counts = np.asarray(counts, dtype=float)
    shares, fair = counts / counts.sum(), np.full(len(counts), 1 / len(counts))
    if swapped:
        if not shares.all():
            return math.inf
        shares, fair = fair, shares
    return factor * counts.sum() * (xlogy(shares, shares) - xlogy(shares, fair)).sum()


def _pearson(counts):
    counts = np.asarray(counts, dtype=float)
    expected = counts.sum() / len(counts)
    return ((counts - expected) ** 2 / expected).sum()


def check_statistic(statistic):
    """Exercise: 2n·D̂ of counts against a fair die with as many faces, in nats."""
    return check_function(
        statistic,
        _g,
        [
            {"counts": [20, 10, 10, 5, 5, 10]},
            {"counts": [0, 3, 9]},
            {"counts": [300, 200]},
        ],
        mistakes={
            "That is n·D̂: the 2 is missing.": lambda counts: _g(counts, 1.0),
            "That is D̂: multiply by 2n.": lambda counts: _g(counts, 1 / np.sum(counts)),
            "That is 2·D̂: multiply by n, the number of rolls.": (
                lambda counts: _g(counts, 2 / np.sum(counts))
            ),
            "The arguments are swapped: the frequencies come first.": (
                lambda counts: _g(counts, swapped=True)
            ),
            IN_BITS: lambda counts: _g(counts) / math.log(2),
            "That is Pearson's Σ(n − e)²/e, which is close to 2n·D̂ and not the same.": _pearson,
            "A face that never came gives 0·log 0 = nan: `kl_divergence` takes it as 0.": (
                lambda counts: math.nan if 0 in counts else _g(counts)
            ),
            "A face that never came is still a face: the claim gives it a share.": (
                lambda counts: _g(np.asarray(counts)[np.asarray(counts) > 0])
            ),
            "n is the number of rolls, not of faces.": (
                lambda counts: _g(counts, 2 * len(counts) / np.sum(counts))
            ),
            "This die has as many faces as there are counts, not always 6.": (
                lambda counts: _g(counts) + 2 * np.sum(counts) * math.log(6 / len(counts))
            ),
        },
        right="For six faces, ten or more expected on each, chance alone goes over 11.07 about once"
        " in 20 times.",
    )


def check_stake(stake, growth):
    """Exercise: even money, won 6 times in 10: the best stake, and the growth at a stake of 0.6."""

    def at(stake):
        return 0.6 * math.log1p(stake) + 0.4 * math.log1p(-stake)

    return together(
        stake=check_number(
            stake,
            0.2,
            unit="of the capital",
            mistakes={
                "That is the share on heads when everything is bet: 0.4 of it on tails only "
                "takes back 0.4 of the stake.": 0.6,
                "That makes the average capital largest, and one loss ends the game.": 1.0,
                "That is the edge over ½: what is left at risk is 0.6 − 0.4.": 0.1,
                "The chance to win is larger than ½: some stake pays.": 0.0,
            },
        ),
        growth=check_number(
            growth,
            at(0.6),
            unit="nats a bet",
            mistakes={
                "That is the growth at the best stake.": at(0.2),
                "That is in bits: use the natural logarithm for nats.": at(0.6) / math.log(2),
                "That is the growth of the average capital: take the average of the "
                "logarithm.": math.log(0.6 * 1.6 + 0.4 * 0.4),
                "That is the average gain of one bet: take the average of the logarithm.": 0.12,
                "The sign: the capital shrinks.": -at(0.6),
            },
        ),
        right="An edge is no protection: three times the best stake loses money in the long run.",
    )
