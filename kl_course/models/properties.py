"""The mathematics of notebook 04: coins, and the root of their Jensen-Shannon divergence."""

import math

import numpy as np

from kl_helpers.divergences import js_divergence


def coin(heads):
    """The probabilities of heads and tails, along a new last axis."""
    return np.stack([heads, 1 - np.asarray(heads)], axis=-1)


def root_js(p, q):
    """√JS(p, q), in √nats: a metric."""
    return math.sqrt(js_divergence(p, q))
