"""The explorers, a module a notebook: which sliders, which numbers, which picture."""

from kl_helpers.explorers.cross_entropy import explore_cross_entropy
from kl_helpers.explorers.definitions import explore_integrand, explore_pmf_pair
from kl_helpers.explorers.estimate_on_trial import explore_trial
from kl_helpers.explorers.estimators import explore_estimators, explore_monte_carlo
from kl_helpers.explorers.gaussian_samples import explore_samples
from kl_helpers.explorers.properties import (
    explore_gibbs,
    explore_relatives,
    explore_triangle,
)
from kl_helpers.explorers.start_here import explore_two_normals
from kl_helpers.explorers.two_directions import explore_two_directions

__all__ = [
    "explore_cross_entropy",
    "explore_estimators",
    "explore_gibbs",
    "explore_integrand",
    "explore_monte_carlo",
    "explore_pmf_pair",
    "explore_relatives",
    "explore_samples",
    "explore_trial",
    "explore_triangle",
    "explore_two_directions",
    "explore_two_normals",
]
