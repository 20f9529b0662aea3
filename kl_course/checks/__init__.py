"""Predict-and-reveal questions, and the checks of the exercises, a module a notebook.

A notebook calls `predict` or `predict_number`, and further down the prediction's `reveal`; an
exercise ends in a `check_...` of its own module, which answers anything it is given with a
`Verdict`.
"""

from kl_course.checks._prediction import Prediction, predict, predict_number
from kl_course.checks._shared import (
    Verdict,
    check_array,
    check_choice,
    check_function,
    check_number,
)

__all__ = [
    "Prediction",
    "Verdict",
    "check_array",
    "check_choice",
    "check_function",
    "check_number",
    "predict",
    "predict_number",
]
