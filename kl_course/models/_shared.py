"""What the mathematics of several lessons shares."""

import math

import numpy as np


def normal_pdf(x, mu, sigma):
    """Density of N(mu, sigma²); all three broadcast."""
    return np.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))
