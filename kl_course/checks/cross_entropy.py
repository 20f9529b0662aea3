"""The checks of notebook 03, on cross-entropy."""

import math

import numpy as np

from kl_course.checks._shared import check_choice, check_function, check_number, together
from kl_helpers.divergences import cross_entropy, entropy


def _softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()


def check_classifier_loss(answer):
    """Exercise: the loss in nats of logits (2, 1, 0.1) when the second class is true."""
    z = np.array([2.0, 1.0, 0.1])
    q = _softmax(z)
    losses = -np.log(q)
    return check_number(
        answer,
        cross_entropy([0, 1, 0], q),
        unit="nats",
        mistakes={
            "That is in bits: leave the logarithm natural.": losses[1] / math.log(2),
            "That is the loss if the first class were true.": losses[0],
            "That is the loss if the third class were true.": losses[2],
            "That is the probability of the true class: take −log of it.": q[1],
            "The sign: −log of a probability is positive.": -losses[1],
            "Logits are no shares: exponentiate before you divide by the sum.": (
                -math.log(z[1] / z.sum())
            ),
            "That is the largest probability; the second class is the true one.": q[0],
            "That is what even shares would cost: these logits prefer the first class.": (
                math.log(3)
            ),
            "Do not divide by the number of classes.": losses[1] / 3,
            "That is with log₁₀.": losses[1] / math.log(10),
            "That is the sum over all classes: only the true one counts.": losses.sum(),
        },
        right="The label is one-hot, so its entropy is 0, and the loss is D(p‖q) itself.",
    )


def check_softmax_gradient(gradient):
    """Exercise: the gradient of H(p, softmax(z)) with respect to z."""

    def overflowing(z, p):
        return np.exp(z) / np.exp(z).sum() - p if np.max(z) > 100 else None

    def underflowing(z, p):
        return np.full(len(z), math.nan) if np.max(z) < -100 else None

    return check_function(
        gradient,
        lambda z, p: _softmax(z) - p,
        [
            {"z": [2.0, 1.0, 0.1], "p": [0.0, 1.0, 0.0]},
            {"z": [0.5, -1.0, 0.0, 2.0], "p": [0.925, 0.025, 0.025, 0.025]},
            {"z": [1000.0, 0.0, -1000.0], "p": [0.0, 1.0, 0.0]},
            {"z": [0.0, 1000.0, 999.0], "p": [0.0, 1.0, 0.0]},
            {"z": [-1000.0, -1001.0, -1002.0], "p": [0.0, 0.0, 1.0]},
        ],
        mistakes={
            "exp(1000) overflows: subtract max(z) from all logits first.": overflowing,
            "exp(−1000) is 0 for all of them, and 0/0 is nan: subtract max(z) first.": underflowing,
            "Clipping changes the differences between logits: subtract max(z) instead.": (
                lambda z, p: _softmax(np.clip(z, -500, 500)) - p
            ),
            "The sign: p − q is the way downhill, the gradient points uphill.": (
                lambda z, p: p - _softmax(z)
            ),
            "That is q alone: subtract the label.": lambda z, p: _softmax(z),
            "Turn the logits into probabilities first.": lambda z, p: z - p,
            "That is the gradient with respect to q; one more chain-rule step leads to z.": (
                lambda z, p: -p / _softmax(z)
            ),
            "The wrong classes have a gradient too: their q is to be pushed down.": (
                lambda z, p: p * (_softmax(z) - 1)
            ),
            "Do not divide by the number of classes.": lambda z, p: (_softmax(z) - p) / len(z),
        },
        right="Prediction minus label, and nothing else.",
    )


def check_perplexities(a, b, better):
    """Exercise: the perplexities of 2.2 nats a token and of 3.1 bits a token; the better model."""
    return together(
        a=check_number(
            a,
            math.exp(2.2),
            mistakes={
                "The loss is in nats: its base is e, not 2.": 2**2.2,
                "That is the loss in bits: undo the logarithm as well.": 2.2 / math.log(2),
                "That is the loss: undo the logarithm.": 2.2,
            },
        ),
        b=check_number(
            b,
            2**3.1,
            mistakes={
                "The loss is in bits: its base is 2, not e.": math.exp(3.1),
                "That is the loss in nats: undo the logarithm as well.": 3.1 * math.log(2),
                "That is the loss: undo the logarithm.": 3.1,
            },
        ),
        better=check_choice(
            better,
            "B",
            reasons={"A": "2.2 is in nats and 3.1 in bits: compare the perplexities."},
        ),
        right="B is the better one: 8.57 equally likely tokens against 9.03.",
    )


def check_smoothing_floor(answer):
    """Exercise: the least cross-entropy in nats on a label smoothed by 0.1 over four classes."""
    p = [0.925, 0.025, 0.025, 0.025]
    floor = entropy(p)
    return check_number(
        answer,
        floor,
        unit="nats",
        mistakes={
            "0 is the floor of a one-hot label; this label has an entropy of its own.": 0.0,
            "That is in bits: use the natural logarithm for nats.": floor / math.log(2),
            "That counts the true class only: the other three carry weight too.": -math.log(0.925),
            "That is the true class's own term: add the other three.": -0.925 * math.log(0.925),
            "The true class gets a quarter of the 0.1 back: 0.925, not 0.9.": -math.log(0.9),
            "The 0.1 is shared among all four classes, the true one too.": entropy(
                [0.9, 0.1 / 3, 0.1 / 3, 0.1 / 3]
            ),
            "That is the entropy of the uniform distribution.": math.log(4),
            "That is D(p‖uniform): the best model is q = p, not the uniform one.": (
                math.log(4) - floor
            ),
        },
        right="No model gets below H(p); what it can still lose is D(p‖q).",
    )
