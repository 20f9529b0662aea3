"""Predict-and-reveal questions, and the checks of the exercises, a module a notebook.

A notebook calls `predict` or `predict_number`, and further down the prediction's `reveal`; an
exercise ends in a `check_...`, which answers anything it is given with a `Verdict`.
"""

from kl_helpers.checks._prediction import Prediction, predict, predict_number
from kl_helpers.checks._shared import (
    Verdict,
    check_array,
    check_choice,
    check_function,
    check_number,
)
from kl_helpers.checks.cross_entropy import (
    check_classifier_loss,
    check_perplexities,
    check_smoothing_floor,
    check_softmax_gradient,
)
from kl_helpers.checks.definitions import (
    check_coin_bits,
    check_infinite_one_way,
    check_kl,
    check_kl_on_grid,
)
from kl_helpers.checks.estimate_on_trial import (
    check_ceiling,
    check_price_per_decade,
    check_rods,
    check_smaller_epsilon,
)
from kl_helpers.checks.estimators import check_draws, check_k3, check_nearest, check_report
from kl_helpers.checks.gaussian_samples import (
    check_demo_claim,
    check_kl_from_samples,
    check_two_widths,
    check_units,
)
from kl_helpers.checks.properties import (
    check_negative_reports,
    check_pinsker,
    check_sorted_audit,
    check_triangle,
)
from kl_helpers.checks.two_directions import (
    check_directions,
    check_far_limits,
    check_moments,
    check_reverse_kl,
)

__all__ = [
    "Prediction",
    "Verdict",
    "check_array",
    "check_ceiling",
    "check_choice",
    "check_classifier_loss",
    "check_coin_bits",
    "check_demo_claim",
    "check_directions",
    "check_draws",
    "check_far_limits",
    "check_function",
    "check_infinite_one_way",
    "check_k3",
    "check_kl",
    "check_kl_from_samples",
    "check_kl_on_grid",
    "check_moments",
    "check_nearest",
    "check_negative_reports",
    "check_number",
    "check_perplexities",
    "check_pinsker",
    "check_price_per_decade",
    "check_report",
    "check_reverse_kl",
    "check_rods",
    "check_smaller_epsilon",
    "check_smoothing_floor",
    "check_softmax_gradient",
    "check_sorted_audit",
    "check_triangle",
    "check_two_widths",
    "check_units",
    "predict",
    "predict_number",
]
