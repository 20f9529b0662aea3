"""What the mathematics of several lessons shares."""

import math

import numpy as np


def normal_pdf(x, mu, sigma):
    """Density of N(mu, sigma²); all three broadcast."""
    return np.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))


def values_of(setting, who, names):
    """The values of the sliders ``p_sun``, ``p_rain``, … of `who`: ndarray, as long as `names`."""
    return np.array([setting[f"{who}_{name}"] for name in names])


def weight_for_share(share, others):
    """The weight that is `share` of all, where the other weights sum to `others`.

    A share of 1 would need an infinite weight: it is cut to the range from 0 to 0.99.
    """
    share = min(max(share, 0.0), 0.99)
    return share / (1 - share) * others
