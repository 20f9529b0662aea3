"""The mathematics of the course: entropy, KL divergence and their estimates.

Numbers may come as floats, integers, Fractions or Decimals, in lists or arrays, and are rounded to
64-bit floats. pandas objects are taken too; where two carry labels, these must be the same.

Every function checks what it is given, and answers with numbers (inf may be one, NaN is none) or an
error that names the argument, what is wrong with it, and the way out:

TypeError
    An argument is of the wrong kind: no real numbers but text, truth values, complex, missing or
    masked ones; no integer, function or distribution where one is asked for.
ValueError
    It is of the right kind, but not finite, empty, ragged or outside the range that its docstring
    gives; probabilities do not sum to 1; a sample has fewer than two draws, or only equal ones;
    shapes do not match or broadcast, or labels differ.

A docstring leads here, and speaks of errors itself only where it refuses more than that.
"""

from kl_helpers._report import report
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

__version__ = "0.1.0"
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
