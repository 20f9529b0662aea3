"""The mathematics of the course: entropy, KL divergence and their estimates.

Numbers may come as floats, integers, Fractions or Decimals, in lists or arrays, and are rounded to
64-bit floats. pandas objects are taken too; where two carry labels, these must be the same.
"""

from kl_helpers.distributions import (
    cross_entropy_normal,
    entropy_normal,
    kl_bernoulli,
    kl_exponential,
    kl_mvn,
    kl_normal,
    kl_poisson,
)
from kl_helpers.divergences import (
    cross_entropy,
    deviance,
    entropy,
    jeffreys_divergence,
    js_divergence,
    kl_divergence,
    total_variation,
)
from kl_helpers.estimators import (
    histogram_frequencies,
    kde,
    kl_histogram,
    kl_kde,
    kl_knn,
    kl_monte_carlo,
    kl_normal_fit,
)
from kl_helpers.quadrature import kl_quad
from kl_helpers.report import report

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
    "kl_bernoulli",
    "kl_divergence",
    "kl_exponential",
    "kl_histogram",
    "kl_kde",
    "kl_knn",
    "kl_monte_carlo",
    "kl_mvn",
    "kl_normal",
    "kl_normal_fit",
    "kl_poisson",
    "kl_quad",
    "report",
    "total_variation",
]
