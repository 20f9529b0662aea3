"""The mathematics of the course: entropy, KL divergence and their estimates."""

from kl_helpers.distributions import cross_entropy_normal, entropy_normal, kl_normal
from kl_helpers.divergences import (
    cross_entropy,
    deviance,
    entropy,
    jeffreys_divergence,
    js_divergence,
    kl_divergence,
    total_variation,
)
from kl_helpers.estimators import histogram_frequencies, kde, kl_histogram

__all__ = [
    "cross_entropy",
    "cross_entropy_normal",
    "deviance",
    "entropy",
    "entropy_normal",
    "histogram_frequencies",
    "jeffreys_divergence",
    "js_divergence",
    "kde",
    "kl_divergence",
    "kl_histogram",
    "kl_normal",
    "total_variation",
]
