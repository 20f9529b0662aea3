"""The checks of notebook 08, on codes."""

import math

import numpy as np

from kl_course.checks._shared import IN_NATS, check_function, check_number, together
from kl_course.models.codes import mean_length
from kl_helpers.divergences import cross_entropy, entropy, kl_divergence


def check_one_more_word(shortest, belief):
    """Exercise: the shortest word beside 1, 3, 3, 4, 4 bits; what a word of 4 bits believes."""
    return together(
        shortest=check_number(
            shortest,
            3,
            unit="bits",
            mistakes={
                "It fits, but a shorter one does too: how much of the strings is free?": 4,
                "It fits, but two shorter lengths do too: how much of the strings is free?": 5,
                "No room: two bits take a quarter of the strings, and only 0.125 is free.": 2,
                "No room: one bit takes half of the strings, and only 0.125 is free.": 1,
                "That is the share that is free: which length takes it?": 0.125,
                "That is the share that is taken: which length takes the rest?": 0.875,
            },
        ),
        belief=check_number(
            belief,
            1 / 16,
            mistakes={
                "That is the share of one word among six: longer words are for rarer messages.": 1
                / 6,
                "That is 1/length: a word of 4 bits takes one string of 4 bits in 2⁴.": 1 / 4,
                "That is the belief behind a word of 3 bits.": 1 / 8,
                "That is a length; undo the logarithm: 2 to the power of minus it.": 4,
            },
        ),
        right="The six words fill the strings: their 2^−length are the belief of the book.",
    )


def check_extra_bits(function):
    """Exercise: how many bits a message a code takes above H(p)."""

    def charges(p):
        return np.where(p > 0, -np.log2(np.where(p > 0, p, 1)), 0)

    return check_function(
        function,
        lambda p, lengths: mean_length(p, lengths) - entropy(p, base=2),
        [
            {"p": [0.35, 0.25, 0.2, 0.15, 0.05], "lengths": [2.0, 2.0, 2.0, 3.0, 3.0]},
            {"p": [0.5, 0.5, 0.0], "lengths": [1.0, 2.0, 2.0]},
            {"p": [0.5, 0.5], "lengths": [2.0, 2.0]},
            {"p": [0.75, 0.25, 0.0], "lengths": [1.0, 3.0, 3.0]},
        ],
        mistakes={
            "0 · log 0 counts as 0: leave out the messages that are never sent.": (
                lambda p, lengths: np.sum(p * (lengths + np.log2(p)))
            ),
            "That is the average length: subtract H(p).": mean_length,
            "The sign: no code is shorter than H(p).": (
                lambda p, lengths: np.sum(p * (charges(p) - lengths))
            ),
            "H(p) is in nats there: lengths are bits, so take log₂.": (
                lambda p, lengths: np.sum(p * (lengths - charges(p) * math.log(2)))
            ),
            "That is D from the shares 2^−length made to sum to 1: a book with room to spare wastes"
            " that room as well.": lambda p, lengths: kl_divergence(
                p, 2.0**-lengths / np.sum(2.0**-lengths), base=2
            ),
            IN_NATS: lambda p, lengths: np.sum(p * (lengths - charges(p))) * math.log(2),
            "Weigh each length with its probability: frequent messages count more.": (
                lambda p, lengths: np.mean(lengths) - np.sum(p * charges(p))
            ),
        },
        right="For a book whose 2^−length sum to 1 it is D(p‖2^−length).",
    )


def check_thousand_days(total, wasted):
    """Exercise: bits for 1000 days, dry with 0.9, with a book for 0.7; those above the floor."""
    p, q = np.array([0.9, 0.1]), np.array([0.7, 0.3])
    sent, floor = (1000 * cross_entropy(p, x, base=2) for x in (q, p))
    reverse = 1000 * cross_entropy(q, p, base=2)
    own = 1000 * entropy(q, base=2)
    return together(
        total=check_number(
            total,
            sent,
            unit="bits",
            mistakes={
                IN_NATS: sent * math.log(2),
                "That is with the right book: the book was made for 0.7 and 0.3.": floor,
                "Average over the days that come, not over those the book was made for.": own,
                "The two are swapped: the days come from 0.9 and 0.1.": reverse,
                "That is whole bits, a day at a time: the days are coded together.": 1000,
                "That is for one day: there are 1000.": sent / 1000,
                "That is the waste alone: the floor 1000·H(p) is paid as well.": sent - floor,
            },
        ),
        wasted=check_number(
            wasted,
            sent - floor,
            unit="bits",
            mistakes={
                IN_NATS: (sent - floor) * math.log(2),
                "That is D(q‖p): the days come from p.": reverse - own,
                "That is for one day: there are 1000.": (sent - floor) / 1000,
                "That is the floor, 1000·H(p): nobody can save it.": floor,
                "Subtract the floor of the days that come, H(p), not H(q).": sent - own,
                "Whole bits are not used here: compare with 1000·H(p).": 1000 - sent,
                "Whole bits are not used here. ": 1000 - floor,
            },
        ),
        right="More than a quarter of the bits is the book's fault, and D says so beforehand.",
    )


# The space of the German chapter, the most frequent of all, has the share 0.1737; see the tests.
_LARGEST_GROWTH = 0.011395
_IN_THIS_BOOK = " And you went further: 0.0114 is the most that happens in this book, to its space."


def check_spare_share(y_bits, toll):
    """Exercise: bits for y where 1 % is spread over 27 letters, and the toll on the others."""
    largest = check_number(toll, _LARGEST_GROWTH)
    return together(
        y_bits=check_number(
            y_bits,
            -math.log2(0.01 / 27),
            unit="bits",
            mistakes={
                IN_NATS: -math.log(0.01 / 27),
                "The 1 % is shared by 27 letters.": -math.log2(0.01),
                "That is for the even book: only 1 % of this book is even.": math.log2(27),
                "That is the share of y: take −log₂ of it.": 0.01 / 27,
                "The spare share goes to all 27, not to the 26 others.": -math.log2(0.01 / 26),
            },
        ),
        toll=check_number(
            toll,
            -math.log2(0.99) if largest.status != "right" else _LARGEST_GROWTH,
            unit="bits",
            mistakes={
                IN_NATS: -math.log(0.99),
                "That is what y costs: the toll is on the letters that were there before.": (
                    -math.log2(0.01)
                ),
                "That is the share given away: how much longer is −log₂ of 99 %?": 0.01,
                "What was q is now 0.99 q + 0.01/27, which is less than q for a letter more"
                " frequent than 1/27.": 0.0,
                "The sign: a smaller share means a longer codeword.": math.log2(0.99),
            },
        ),
        right="At most 0.0145 bits on a frequent letter against an infinite loss: that is what"
        " smoothing buys." + (_IN_THIS_BOOK if largest.status == "right" else ""),
    )
