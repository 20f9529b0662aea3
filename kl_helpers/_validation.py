"""Checks of what a caller hands in: each names the argument, the value, and the way out."""

import math
import operator
import reprlib
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any, Protocol, TypeAlias

import numpy as np

_SAMPLE_HINT = "draws belong in kl_histogram, kl_kde or kl_knn"
# How far a sum may be from 1, and a probability outside [0, 1]: numbers that were typed with ten
# decimals are wrong by about that much.
_TYPED = 1e-9


class _SupportsArray(Protocol):
    """An array, or what NumPy can make one of: a pandas object, a tensor."""

    def __array__(self) -> Any: ...


# What the public functions take. NumPy's own ArrayLike lets text through, and no Fractions.
Numbers: TypeAlias = (
    float | Fraction | Decimal | _SupportsArray | Sequence[float] | list[Any] | tuple[Any, ...]
)
# What they return if arrays may come: a float or an array of floats. Which of them hangs on shapes,
# and those no type tells: with `float | NDArray` an editor would mark each round(...) as an error.
FloatOrArray: TypeAlias = Any


def plain(value):
    """Turn a result without axes into a Python float; leave an array as it is."""
    return float(value) if np.ndim(value) == 0 else value


def short(value):
    """A value and its type, for an error message."""
    return f"{_text(value)} of type {type(value).__name__}"


def _text(value):
    try:
        text = reprlib.repr(value)
    except ValueError:  # Python writes no integer of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 100 else text[:97] + "..."


def real_array(name, value):
    """`value` as a float64 array (a float64 number, if it has no axes), all entries finite."""
    if type(value) is float and math.isfinite(value):  # the common case: a slider's value
        return np.float64(value)
    array, _ = typed_array(name, value)
    return array


def typed_array(name, value):
    """`real_array`, and the type that the numbers came in."""
    array, dtype = _to_float(name, value)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, but holds {_first(array, ~np.isfinite(array))}")
    return array, dtype


def precision(dtype):
    """The relative rounding error of a type; 0 for integers and Fractions."""
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0


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
    """`value` as floats, all in [0, 1]; outside by no more than rounding, they are put there."""
    array, dtype = typed_array(name, value)
    slack = max(_TYPED, 8 * precision(dtype))
    wrong = (array < -slack) | (array > 1 + slack)
    if wrong.any():
        raise ValueError(f"{name} must lie in [0, 1], but holds {_first(array, wrong)}")
    return np.clip(array, 0.0, 1.0)


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


def flag(name, value):
    """`value` as a bool; what merely counts as true in Python, such as "False", is refused."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, but is {short(value)}")
    return bool(value)


def whole_number(name, value, least=None, most=None):
    """`value` as an int, from `least` to `most` where these are given."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, but is {short(value)}") from None
    if least is not None and number < least:
        raise ValueError(f"{name} must be at least {least}, but is {_text(number)}")
    if most is not None and number > most:
        raise ValueError(f"{name} must be at most {most}, but is {_text(number)}")
    return number


def broadcastable(**arrays):
    """Refuse shapes that NumPy cannot broadcast together."""
    try:
        np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the shapes do not broadcast together: {shapes}") from None


def same_labels(*, axis=None, way_out="fill_value=0", **values):
    """Refuse pandas objects whose labels differ: NumPy would match them by position.

    `axis` is the one that is moved to the end before the arrays broadcast.
    """
    same_coordinates(**values)
    labelled = [(name, value) for name, value in values.items() if hasattr(value, "index")]
    if len(labelled) < 2:
        return
    labelled = [(name, _labels(value, axis)) for name, value in labelled]
    labelled = [(name, labels) for name, labels in labelled if labels]
    for name, labels in labelled[1:]:
        first, expected = labelled[0]
        for ours, theirs in zip(expected[::-1], labels[::-1], strict=False):
            if not (ours.equals(theirs) if hasattr(ours, "equals") else list(ours) == list(theirs)):
                raise ValueError(
                    f"{first} and {name} have different labels, {reprlib.repr(list(ours))} and "
                    f"{reprlib.repr(list(theirs))}. Align them with {first}.align({name}, "
                    f"{way_out}) or {name}.reindex({first}.index, fill_value=0); "
                    f"np.asarray({name}) goes by position"
                )


def same_coordinates(*, skip=0, **values):
    """Refuse xarray objects whose dimensions or coordinates differ: NumPy goes by position.

    The coordinates of the first `skip` dimensions are those of single draws, and may differ.
    """
    found = [
        (name, tuple(value.dims), value.coords)
        for name, value in values.items()
        if isinstance(getattr(value, "dims", None), tuple) and hasattr(value, "coords")
    ]
    for name, dims, coords in found[1:]:
        first, expected, others = found[0]
        shared = [dim for dim in expected if dim in dims]
        if shared != [dim for dim in dims if dim in expected]:
            raise ValueError(
                f"{first} and {name} have their dimensions in another order, {expected} and "
                f"{dims}; pass {name}.transpose(*{first}.dims)"
            )
        for dim in shared:
            if dim in (*expected[:skip], *dims[:skip]) or dim not in others or dim not in coords:
                continue
            ours, theirs = (np.asarray(each[dim]) for each in (others, coords))
            if not np.array_equal(ours, theirs):
                raise ValueError(
                    f"{first} and {name} have different coordinates along {dim!r}, "
                    f"{reprlib.repr(ours.tolist())} and {reprlib.repr(theirs.tolist())}; align "
                    f"them with xarray.align({first}, {name}); np.asarray goes by position"
                )


def same_columns(**values):
    """Refuse two samples whose columns have the same names elsewhere, or another unit."""
    same_coordinates(skip=1, **values)
    (first, x), (name, y) = values.items()
    names = [getattr(value, "columns", None) for value in (x, y)]
    if all(hasattr(each, "__len__") for each in names):
        ours, theirs = map(list, names)
        elsewhere = [c for c in ours if c in theirs and theirs.index(c) != ours.index(c)]
        if elsewhere:
            raise ValueError(
                f"{first} and {name} have the column {elsewhere[0]!r} in different places, of "
                f"{reprlib.repr(ours)} and {reprlib.repr(theirs)}; pass "
                f"{name}[list({first}.columns)]"
            )
    same_units(**values)


def same_units(**values):
    """Refuse values in different units, of astropy, pint or xarray; one without a unit passes."""
    for attribute in ("unit", "units"):
        units = {name: getattr(value, attribute, None) for name, value in values.items()}
        known = [(name, str(unit)) for name, unit in units.items() if unit is not None]
        for name, unit in known[1:]:
            first, expected = known[0]
            if unit != expected:
                raise ValueError(
                    f"{first} is in {expected} and {name} in {unit}: convert one, "
                    f"{name}.to({first}.{attribute})"
                )


def _labels(value, axis):
    """The labels of each axis, if `value` has any (a list has an `index` too, a method)."""
    if not hasattr(value.index, "__len__"):
        return []
    labels = [value.index, value.columns] if hasattr(value, "columns") else [value.index]
    if axis is not None:
        labels.append(labels.pop(axis))
    return labels


def masses(name, p, axis, *, normalize=False):
    """Non-negative masses with the outcomes moved to the last axis, and their total there.

    Unless `normalize`, the total must be 1, up to rounding.
    """
    array, dtype = _to_float(name, p)
    if array.ndim == 0:
        raise ValueError(f"{name} must hold one probability an outcome, but is the number {array}")
    axis = _axis(name, array, axis)
    if axis != array.ndim - 1:
        array = np.ascontiguousarray(np.moveaxis(array, axis, -1))
    outcomes = array.shape[-1]
    if array.size == 0:
        raise ValueError(f"{name} is empty: its shape is {np.shape(p)}")
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum(axis=-1)
    if not array.min() >= 0 or not np.isfinite(total).all():
        _refuse_masses(name, array)
    if normalize:
        return array, total
    # n roundings add up like a random walk, in the precision the numbers came in. Its 8 standard
    # deviations exceed 1 for many numbers in half precision: nobody means a sum that is 1 % off.
    rounding = 8 * math.sqrt(outcomes) * precision(dtype)
    tolerance = min(max(_TYPED, rounding), 0.01)
    off = np.abs(total - 1)
    if not (off <= tolerance).all():
        coarse = dtype if off.max() <= rounding else None
        _refuse_total(name, np.moveaxis(array, -1, axis), axis, total, tolerance, coarse)
    return array, total


def draws(name, x):
    """Draws along the first axis, at least two."""
    array = np.atleast_1d(real_array(name, x))
    if len(array) < 2 or array.size == 0:
        raise ValueError(f"{name} must hold at least 2 draws, but has shape {array.shape}")
    return array


def _varied_draws(name, x):
    array = draws(name, x)
    if (array == array[0]).all():
        value = array[0] if array.ndim == 1 else "the same"
        raise ValueError(f"{name} is constant: all {len(array)} draws are {value}")
    return array


def sample(name, x):
    """`draws` of shape (n,), not all equal."""
    array = _varied_draws(name, x)
    if array.ndim != 1:
        raise ValueError(f"{name} must have shape (n,), but has shape {array.shape}")
    return array


def points(name, x):
    """`draws` as rows, shape (n, d), not all equal; a one-dimensional sample becomes (n, 1)."""
    array = _varied_draws(name, x)
    if array.ndim > 2:
        raise ValueError(f"{name} must have shape (n,) or (n, d), but has shape {array.shape}")
    return array.reshape(len(array), -1)


def _to_float(name, value):
    """`value` as float64, and the type that it came in."""
    if _is_masked(value):
        raise TypeError(f"{name} has masked entries; fill or drop them first")
    try:
        array = np.asarray(value)
        dtype = array.dtype
        if dtype.kind == "O" and all(map(_is_number, array.flat)):
            array = array.astype(np.float64)
    except OverflowError:
        raise ValueError(f"{name} holds a number that is too large for 64-bit floats") from None
    except ValueError:
        raise ValueError(f"{name} must be a regular array, but its rows differ in length") from None
    except (TypeError, RuntimeError) as error:  # a tensor on another device, or with a gradient
        raise TypeError(f"{name} cannot be read as an array: {error}") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers (floats, integers), but is {short(value)}")
    with np.errstate(over="ignore"):  # of a number that only a wider type holds
        return array.astype(np.float64, copy=False)[()], dtype


def _is_number(entry):
    """Whether an entry of an object array is one real number: int, Fraction, Decimal, float."""
    if isinstance(entry, Decimal):
        return not entry.is_snan()
    return isinstance(entry, Real) and not isinstance(entry, bool)


def _is_masked(value):
    if isinstance(value, list | tuple):  # NumPy forgets the masks of what a list holds
        nested = [t for t in set(map(type, value)) if issubclass(t, list | tuple | np.ndarray)]
        return bool(nested) and any(_is_masked(v) for v in value if isinstance(v, tuple(nested)))
    return np.ma.is_masked(value)


def _first(array, wrong):
    """The first wrong entry, with its place if there are several."""
    if array.ndim == 0:
        return f"{array}"
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{array[place]} at index {place[0] if len(place) == 1 else place}"


def _axis(name, array, axis):
    axis = whole_number("axis", axis)
    if not -array.ndim <= axis < array.ndim:
        shape = f"which has shape {array.shape}"
        raise ValueError(f"axis {_text(axis)} does not exist in {name}, {shape}")
    return axis % array.ndim


def _refuse_masses(name, array):
    if undo := _logarithm(array):
        raise ValueError(
            f"{name} must be >= 0, but holds {_first(array, array < 0)}: these seem to be "
            f"log-probabilities (shape {array.shape}); pass {undo}({name})"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, but holds {_first(array, ~np.isfinite(array))}")
    if (array < 0).any():
        raise ValueError(
            f"{name} must be >= 0, but holds {_first(array, array < 0)} "
            f"(if {name} is a sample: {_SAMPLE_HINT})"
        )
    raise ValueError(f"the sum of {name} overflows; divide {name} by its largest value first")


def _logarithm(array):
    """The function that makes numbers which sum to 1 (up to single precision) of logarithms."""
    if not (array <= 0).all():
        return None
    for undo in (np.exp, np.exp2):
        with np.errstate(under="ignore"):
            total = undo(array).sum(axis=-1)
        if (np.abs(total - 1) < 1e-5).all():
            return f"np.{undo.__name__}"
    return None


def _refuse_total(name, array, axis, total, tolerance, coarse):
    total = np.ravel(total)
    worst = total[np.argmax(np.abs(total - 1))]
    if array.ndim > 1 and (way_out := _other_axis(name, array, tolerance)):
        raise ValueError(
            f"{name} must sum to 1 along axis {axis}, but sums to {worst:.10g}. {way_out}"
        )
    message = f"{name} must sum to 1, but sums to {worst:.10g} (pass normalize=True to rescale"
    if coarse is not None:
        message += (
            f"; {coarse} keeps {np.finfo(coarse).precision} digits, and nothing below "
            f"{np.finfo(coarse).smallest_subnormal:.0e}: compute {name} in float64"
        )
    if (array > 1 + tolerance).any():
        message += f"; if {name} is a sample: {_SAMPLE_HINT}"
    raise ValueError(message + ")")


def _other_axis(name, array, tolerance):
    """What to do with a table that sums to 1 in another way than along its axis of outcomes."""
    shape, flat = f"Its shape is {array.shape}", f"np.asarray({name}).ravel()"
    with np.errstate(over="ignore"):
        whole = abs(array.sum() - 1) <= tolerance
        along = [(np.abs(array.sum(axis=i) - 1) <= tolerance).all() for i in range(array.ndim)]
    if whole and max(array.shape) == array.size:
        return f"{shape}, one outcome a row: pass {flat}, or axis={np.argmax(array.shape)}"
    if whole:
        return f"{shape}, and all of it sums to 1: pass a joint distribution as {flat}"
    if any(along):
        return f"{shape}, and along axis {along.index(True)} it does: pass axis={along.index(True)}"
    return None
