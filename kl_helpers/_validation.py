"""Checks of what a caller hands in: each names the argument, the value, and the way out."""

import math
import operator
import reprlib

import numpy as np

_SAMPLE_HINT = "draws belong in kl_histogram, kl_kde or kl_knn"


def plain(value):
    """Turn a result without axes into a Python float; leave an array as it is."""
    return float(value) if np.ndim(value) == 0 else value


def short(value):
    """A value and its type, for an error message."""
    return f"{reprlib.repr(value)} of type {type(value).__name__}"


def real_array(name, value):
    """`value` as a float64 array (a float64 number, if it has no axes), all entries finite."""
    if type(value) is float and math.isfinite(value):  # the common case: a slider's value
        return np.float64(value)
    array, _ = _to_float(name, value)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, but holds {_first(array, ~np.isfinite(array))}")
    return array


def positive(name, value):
    """`value` as floats, all > 0."""
    array = real_array(name, value)
    if not (array > 0).all():
        raise ValueError(f"{name} must be > 0, but holds {_first(array, ~(array > 0))}")
    return array


def nonnegative(name, value):
    """`value` as floats, all ≥ 0."""
    array = real_array(name, value)
    if not (array >= 0).all():
        raise ValueError(f"{name} must be >= 0, but holds {_first(array, array < 0)}")
    return array


def unit_interval(name, value):
    """`value` as floats, all in [0, 1]."""
    array = real_array(name, value)
    if not ((array >= 0) & (array <= 1)).all():
        wrong = _first(array, (array < 0) | (array > 1))
        raise ValueError(f"{name} must lie in [0, 1], but holds {wrong}")
    return array


def nonnegative_number(name, value):
    """`value` as one float ≥ 0."""
    number = nonnegative(name, value)
    if number.ndim:
        raise ValueError(f"{name} must be one number, but has shape {number.shape}")
    return float(number)


def log_of_base(base):
    """The divisor that turns nats into units of `base`; 1 for None."""
    if base is None:
        return 1.0
    number = nonnegative_number("base", base)
    if number <= 1:
        raise ValueError(f"base must be > 1 (2 gives bits, None gives nats), but is {base}")
    return math.log(number)


def whole_number(name, value, least):
    """`value` as an int ≥ `least`."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, but is {short(value)}") from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, but is {number}")
    return number


def broadcastable(**arrays):
    """Refuse shapes that NumPy cannot broadcast together."""
    try:
        np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the shapes do not broadcast together: {shapes}") from None


def masses(name, p, axis, *, normalize=False):
    """Non-negative masses with the outcomes moved to the last axis, and their total there.

    Unless `normalize`, the total must be 1, up to rounding.
    """
    array, eps = _to_float(name, p)
    if array.ndim == 0:
        raise ValueError(f"{name} must hold one probability an outcome, but is the number {array}")
    axis = _axis(name, array, axis)
    if axis != array.ndim - 1:
        array = np.ascontiguousarray(np.moveaxis(array, axis, -1))
    outcomes = array.shape[-1]
    if array.size == 0:
        raise ValueError(f"{name} is empty: its shape is {np.shape(p)}")
    with np.errstate(over="ignore"):
        total = array.sum(axis=-1)
    if not array.min() >= 0 or not np.isfinite(total).all():
        _refuse_masses(name, array)
    if normalize:
        return array, total
    # n roundings add up like a random walk, in the precision the numbers came in; the floor lets
    # probabilities pass that were typed with ten decimals.
    tolerance = max(1e-9, 8 * math.sqrt(outcomes) * eps)
    if not (np.abs(total - 1) <= tolerance).all():
        _refuse_total(name, array, total, tolerance)
    return array, total


def draws(name, x):
    """Draws along the first axis, at least two and not all equal."""
    array = np.atleast_1d(real_array(name, x))
    if len(array) < 2 or array.size == 0:
        raise ValueError(f"{name} must hold at least 2 draws, but has shape {array.shape}")
    if (array == array[0]).all():
        raise ValueError(f"{name} is constant: all {len(array)} draws are {array[0]}")
    return array


def sample(name, x):
    """`draws` of shape (n,)."""
    array = draws(name, x)
    if array.ndim != 1:
        raise ValueError(f"{name} must have shape (n,), but has shape {array.shape}")
    return array


def points(name, x):
    """`draws` as rows, shape (n, d); a one-dimensional sample becomes (n, 1)."""
    array = draws(name, x)
    if array.ndim > 2:
        raise ValueError(f"{name} must have shape (n,) or (n, d), but has shape {array.shape}")
    return array.reshape(len(array), -1)


def _to_float(name, value):
    """`value` as float64, and the machine epsilon of the type it came in."""
    if np.ma.is_masked(value):
        raise TypeError(f"{name} has masked entries; fill or drop them first")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be a regular array, but its rows differ in length") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers (floats, integers), but is {short(value)}")
    eps = np.finfo(array.dtype).eps if array.dtype.kind == "f" else 0.0
    return array.astype(np.float64, copy=False)[()], float(eps)


def _first(array, wrong):
    """The first wrong entry, with its place if there are several."""
    if array.ndim == 0:
        return f"{array}"
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{array[place]} at index {place[0] if len(place) == 1 else place}"


def _axis(name, array, axis):
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise TypeError(f"axis must be an integer, but is {short(axis)}")
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(f"axis {axis} does not exist in {name}, which has shape {array.shape}")
    return axis % array.ndim


def _refuse_masses(name, array):
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, but holds {_first(array, ~np.isfinite(array))}")
    if (array < 0).any():
        raise ValueError(
            f"{name} must be >= 0, but holds {_first(array, array < 0)} "
            f"(if {name} is a sample: {_SAMPLE_HINT})"
        )
    raise ValueError(f"the sum of {name} overflows; divide {name} by its largest value first")


def _refuse_total(name, array, total, tolerance):
    total = np.ravel(total)
    worst = total[np.argmax(np.abs(total - 1))]
    message = f"{name} must sum to 1, but sums to {worst:.10g} (pass normalize=True to rescale"
    if (array > 1 + tolerance).any():
        message += f"; if {name} is a sample: {_SAMPLE_HINT}"
    raise ValueError(message + ")")
