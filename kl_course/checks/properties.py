"""The checks of notebook 04, on the rules that the divergence keeps and breaks."""

import math
import re

from kl_course.checks._shared import (
    NotRightError,
    always_a_verdict,
    as_floats,
    check_choice,
    check_number,
    together,
)
from kl_helpers.distributions import kl_bernoulli, kl_normal

_NOT_TWO_DISTRIBUTIONS, _ONE_TERM, _CHANCE, _ROUNDING = "ABCD"
_NO_EXCUSE = "No p and q have a negative divergence: Gibbs' inequality has no exceptions."
_NO_DRAWS = "Nothing was drawn: every run prints the same number."
_TOO_BIG_FOR_ROUNDING = "Look at the size: rounding is 15 digits further down."


def check_negative_reports(report_1, report_2, report_3, report_4):
    """Exercise: what is behind four reports of a negative divergence."""
    return together(
        report_1=check_choice(
            report_1,
            _NOT_TWO_DISTRIBUTIONS,
            reasons={
                _ONE_TERM: "More than one bin is summed. Which of them is not?",
                _CHANCE: _NO_DRAWS,
                _ROUNDING: _TOO_BIG_FOR_ROUNDING,
                "E": _NO_EXCUSE,
            },
        ),
        report_2=check_choice(
            report_2,
            _CHANCE,
            reasons={
                _NOT_TWO_DISTRIBUTIONS: "Both are normal densities, and each has the area 1.",
                _ONE_TERM: "It is an average of 200 log-ratios, not one of them.",
                _ROUNDING: "Look at the size: rounding is 13 digits further down.",
                "E": _NO_EXCUSE,
            },
        ),
        report_3=check_choice(
            report_3,
            _ROUNDING,
            reasons={
                _NOT_TWO_DISTRIBUTIONS: "Both sum to 1 as nearly as 16 digits allow. Look at the"
                " size of the number.",
                _ONE_TERM: "All three terms are summed.",
                _CHANCE: _NO_DRAWS,
                "E": _NO_EXCUSE,
            },
        ),
        report_4=check_choice(
            report_4,
            _ONE_TERM,
            reasons={
                _NOT_TWO_DISTRIBUTIONS: "Add them up: p sums to 1, and so does q.",
                _CHANCE: _NO_DRAWS,
                _ROUNDING: _TOO_BIG_FOR_ROUNDING,
                "E": _NO_EXCUSE,
            },
        ),
        right="The first program drops just the bins that q ruled out. The second needs more draws,"
        " the third another formula, and the fourth another label: a term is no divergence.",
    )


@always_a_verdict
def _check_findings(findings):
    wrong = {
        "B": "B is not a fault: the samples are independent, so there is no pairing to lose. In"
        " their old order the numbers would be as meaningless.",
        "D": "D would make it worse: the sum has a term for every draw, so that twice the draws"
        " give a number about twice as large.",
    }
    missing = {
        "A": "What goes in? Look at `p[:3]` and `p.sum()`.",
        "C": "What becomes of a pair with one negative number? Count them: `np.mean(p / q < 0)`.",
        "E": "What are the two exact divergences of these two normals? `kl_normal` knows them.",
    }
    if findings is None or findings is Ellipsis:
        raise NotRightError(
            "Replace `None` with letters in quotes, and run the cell again.", "not attempted"
        )
    if isinstance(findings, (list, tuple, set)) and all(isinstance(x, str) for x in findings):
        findings = "".join(findings)
    letters = set()
    if isinstance(findings, str):
        letters = {x for x in re.sub(r"\bAND\b", "", findings.upper()) if x.isalpha()}
    if not letters or letters - set("ABCDE"):
        raise NotRightError('Give letters from A to E, such as `"BD"` or `["B", "D"]`.')
    for letter in sorted(letters & set(wrong)):
        raise NotRightError(wrong[letter])
    for letter in sorted(set(missing) - letters):
        raise NotRightError(f"Right so far, but a finding is missing. {missing[letter]}")
    return ""


def check_sorted_audit(findings, exact):
    """Exercise: what is wrong with sorted samples in the formula, and the exact D in bits."""
    nats = kl_normal(0, 1, 1, 1)
    return together(
        findings=_check_findings(findings),
        exact=check_number(
            exact,
            nats / math.log(2),
            unit="bits",
            mistakes={
                "That is in nats; the tutorial counts in bits.": nats,
                "To go from nats to bits, divide by ln 2.": nats * math.log(2),
                "That lacks the ½ of the closed form.": 2 * nats / math.log(2),
                "That lacks the ½ of the closed form, and is in nats.": 2 * nats,
                "They are equal, but not 0: the two normals are one σ apart.": 0.0,
            },
        ),
        right="0.721 bits in either direction: the asymmetry that the tutorial shows is its own.",
    )


@always_a_verdict
def check_triangle(a, b, c):
    """Exercise: three coins with D(a‖c) at least 2.5 times D(a‖b) + D(b‖c)."""
    coins = []
    for name, value in (("a", a), ("b", b), ("c", c)):
        try:
            coin = float(as_floats(value, ()))
        except NotRightError as words:
            raise NotRightError(f"`{name}`: {words}", words.status) from None
        if not 0 < coin < 1:
            raise NotRightError(f"`{name}` is a probability between 0 and 1, and neither of them.")
        coins.append(coin)
    straight, detour = _ways(*coins)
    shown = f"D(a‖c) = {straight:.4g} nats, and over b {detour:.4g} nats"
    if straight == detour:
        raise NotRightError(f"{shown}: three different coins are wanted.")
    if straight >= 2.5 * detour:
        return f"{shown}: {straight / detour:.3g} times as much."
    back, back_detour = _ways(*reversed(coins))
    if back >= 2.5 * back_detour:
        raise NotRightError("The other way round: from c to a it would be enough. Swap a and c.")
    if straight < detour:
        raise NotRightError(f"{shown}: here the triangle inequality holds. Put b between a and c.")
    raise NotRightError(
        f"{shown}. The inequality fails, by a factor of {straight / detour:.3g}; 2.5 is wanted."
    )


def _ways(a, b, c):
    return kl_bernoulli(a, c), kl_bernoulli(a, b) + kl_bernoulli(b, c)


def check_pinsker(nats, bits):
    """Exercise: how far any event's probability can be off when D is 0.02 nats, or 0.02 bits."""

    def most(divergence):
        return math.sqrt(divergence / 2)

    percent = "In percentage points that is right: give it as a probability, a hundredth of it."
    slips = {
        "√(2D) bounds Σ|p − q|, which is twice the total variation.": math.sqrt(2 * 0.02),
        "That lacks the ½ under the root.": math.sqrt(0.02),
        "That lacks the root.": 0.02 / 2,
        "That is D itself; Pinsker bounds a probability.": 0.02,
    }
    ln2 = math.log(2)
    too_many = "Times ln 2, not divided by it: a bit is the smaller coin."
    return together(
        nats=check_number(
            nats,
            most(0.02),
            mistakes=slips
            | {"Here D is in nats already.": most(0.02 * ln2), percent: 100 * most(0.02)},
            digits=2,
        ),
        bits=check_number(
            bits,
            most(0.02 * ln2),
            mistakes={
                "The bound wants nats: first turn the bits into nats.": most(0.02),
                too_many: most(0.02 / ln2),
                "The ln 2 belongs under the root, to D.": most(0.02) * ln2,
                "That lacks the ½ under the root, beside the ln 2.": math.sqrt(0.02 * ln2),
                "√(2D) bounds Σ|p − q|: take half of it.": math.sqrt(2 * 0.02 * ln2),
                percent: 100 * most(0.02 * ln2),
            }
            | slips,
            digits=2,
        ),
        right="At most 10 percentage points in the first case, 8.3 in the second, whatever"
        " the event.",
    )
