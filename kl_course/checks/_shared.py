"""What the checks share: verdicts, comparisons, and the words for common slips."""

import contextlib
import copy
import functools
import html
import io
import math
import re
import warnings
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

import numpy as np

IN_BITS = "That is in bits: use the natural logarithm for nats."
IN_NATS = "That is in nats: divide by ln 2 for bits."
SWAPPED = "That is D(q‖p): the arguments are swapped."
SIGN = "The sign is turned round: it is log p − log q."
STOPPED = "Stopped: your function did not return. Look for a loop that never ends."

# How words look: calm boxes that follow JupyterLab's theme, and read well without any style

_COLOURS = {
    "right": "var(--jp-success-color1, #2e7d32)",
    "wrong": "var(--jp-warn-color1, #e65100)",
    "neutral": "var(--jp-border-color1, #9e9e9e)",
}
_MARKUP = re.compile(r"(\$[^$]+\$)|`([^`]+)`|\*([^*\s][^*]*)\*")


def as_html(text):
    """Escape plain text, and turn its `code` and *emphasis* into tags; $...$ is left as it is."""

    def tag(match):
        math_, code, emphasis = match.groups()
        return math_ or (f"<code>{code}</code>" if code else f"<em>{emphasis}</em>")

    return _MARKUP.sub(tag, html.escape(text, quote=False))


def box(kind, *paragraphs):
    inner = "".join(f'<div style="margin: 0.15em 0">{p}</div>' for p in paragraphs if p)
    return (
        f'<div role="status" style="border-left: 4px solid {_COLOURS[kind]}; padding: 0.2em 0.8em;'
        " margin: 0.3em 0; line-height: 1.5; font-size: var(--jp-content-font-size1, 14px);"
        f' color: var(--jp-content-font-color1, inherit)">{inner}</div>'
    )


def show(value):
    """A learner's value in a few plain characters, whatever it is."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, Real | Decimal) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):
            return f"{float(value):.4g}"
    if isinstance(value, (list, tuple, np.ndarray)):
        if len(value) > 6:
            return f"{len(value)} numbers"
        return "[" + ", ".join(show(v) for v in value) + "]"
    return _clip(re.sub(r" at 0x\w+", "", repr(value)), 60)


def _clip(text, length):
    """One line of at most that length, with no backquote to break out of `code`."""
    text = " ".join(str(text).replace("`", "'").split())
    return text if len(text) <= length else text[: length - 1] + "…"


_VERDICTS = {
    "not attempted": ("neutral", "○ Not attempted yet."),
    "right": ("right", "✓ Right."),
    "wrong": ("wrong", "✗ Not yet."),
}


@dataclass(frozen=True)
class Verdict:
    """What a check says: a status, and a sentence that helps.

    Attributes
    ----------
    status : {"not attempted", "right", "wrong"}
    message : str
        Plain text; backquotes mark code.
    """

    status: str
    message: str

    def __str__(self):
        return f"{_VERDICTS[self.status][1]} {self.message}".strip()

    def _repr_mimebundle_(self, include=None, exclude=None):
        kind, words = _VERDICTS[self.status]
        line = f"<b>{words}</b> {as_html(self.message)}"
        return {"text/plain": str(self), "text/html": box(kind, line)}


class NotRightError(Exception):
    def __init__(self, message, status="wrong"):
        super().__init__(message)
        self.status = status


def always_a_verdict(check):
    """Let a check return its praise and raise its complaints; whoever calls it gets a Verdict."""

    @functools.wraps(check)
    def wrapped(*args, **kwargs):
        try:
            return Verdict("right", check(*args, **kwargs))
        except NotRightError as words:
            return Verdict(words.status, str(words))
        except KeyboardInterrupt:
            return Verdict("wrong", "Stopped before the check was done: run the cell again.")
        except BaseException as error:
            return Verdict("wrong", f"This cannot be checked: {_complaint(error)}.")

    return wrapped


def _complaint(error):
    """What an exception says, even when it cannot say it."""
    words = ""
    with contextlib.suppress(Exception):
        words = _clip(error, 200).rstrip(".")
    return f"`{type(error).__name__}: {words}`" if words else f"`{type(error).__name__}`"


def _is_blank(value):
    return value is None or value is Ellipsis


def as_floats(value, shape):
    """A learner's value as an array of floats of that shape, or a complaint in words."""
    wanted = "give " + (f"{' × '.join(map(str, shape))} numbers" if shape else "one number")
    if _is_blank(value):
        raise NotRightError(
            "Replace `None` with your answer, and run the cell again.", "not attempted"
        )
    if isinstance(value, str):
        raise NotRightError(f"`{show(value)}` is text: {wanted}, without quotes{_as_code(value)}.")
    if callable(value):
        raise NotRightError(f"That is a function, not its value: call it, and {wanted}.")
    try:
        array = np.asarray(value)
        if array.dtype == object and all(isinstance(v, Real | Decimal) for v in array.flat):
            array = array.astype(float)
    except Exception:
        array = np.asarray(None)
    if array.dtype.kind not in "iuf":
        raise NotRightError(f"`{show(value)}` is of type {type(value).__name__}: {wanted}.")
    if array.shape != shape:
        if words := _about_commas(value, shape):
            raise NotRightError(words)
        given = f"an array of shape {array.shape}" if array.shape else "one number"
        raise NotRightError(f"That is {given}: {wanted}.")
    return array.astype(float)


def _about_commas(value, shape):
    """What to say where 0,417 or 40,000 was typed: Python makes several integers of it.

    A mark of thousands follows 1 to 999 and comes before three digits; but Python hands over 000
    as 0, and 1,417 may be either. An empty text for everything else.
    """
    numbers = isinstance(value, (list, tuple) if shape else tuple)
    if not (numbers and len(value) > 1 and all(type(v) is int for v in value)):
        return ""
    first, *rest = value
    thousands = 1 <= abs(first) <= 999 and all(v == 0 or 100 <= v <= 999 for v in rest)
    if thousands and not shape:
        whole = f"{first}" + "".join(f"{v:03}" for v in rest)
        apart = "_".join([f"{first}", *(f"{v:03}" for v in rest)])
        point = f"; if the comma is a decimal one, {first}.{rest[0]}" if len(rest) == 1 else ""
        return (
            f"A comma makes {len(value)} numbers of it: in Python write {whole} or {apart}{point}."
        )
    if len(value) != 2 * math.prod(shape):
        return ""
    return (
        f"`{show(value)}` has two numbers for each one: write a decimal point, not a comma, such"
        f" as {first}.{rest[0]}."
    )


def _as_code(text):
    """How the number in this text is written in Python, for the end of a sentence."""
    with contextlib.suppress(NotRightError):
        number = read_number(text)
        if number is not None and math.isfinite(number):
            return f": {number:.15g}"
    return ""


def read_number(text, unit=""):
    """A number as people type it (0.5, 0,5, 1/2, −2, √2, ∞), or None for an empty text.

    A unit that is asked for may stand behind it, as a whole or as its beginning: 1.7 m.
    """
    typed, name = " ".join(text.split()), _clip(text, 30)
    if _THOUSANDS.fullmatch(typed):
        plain, point = typed.replace(",", ""), typed.replace(",", ".")
        either = f"{plain} or {point}" if typed.count(",") == 1 else plain
        raise NotRightError(f"`{name}`: type {either}, for a comma may mean either.")
    plain = typed.replace("−", "-").replace(",", ".").replace("∞", "inf")
    if not plain:
        return None
    number = _value(plain)
    if math.isnan(number) and (parts := _WITH_UNIT.fullmatch(plain)):
        if unit and not unit.lower().startswith(parts[2].lower()):
            raise NotRightError(f"`{name}` has another unit: type the number alone, in {unit}.")
        number = _value(parts[1]) if unit else math.nan
    if math.isnan(number):
        raise NotRightError(f"`{name}` is no number: type one such as 0.5, −2 or 1/2.")
    if math.isinf(number) and "inf" not in plain.lower():
        raise NotRightError(
            f"`{name}` is more than the largest number here, 1.8e308: type ∞ if you mean infinity."
        )
    return number


_THOUSANDS = re.compile(r"[-−]?[1-9]\d{0,2}(,\d{3})+")
_WITH_UNIT = re.compile(r"(.*[\d.)]) ?([a-zA-Z][a-zA-Z ]*)")
_ROOT = re.compile(r"([-+]?)(?:√|sqrt) ?(?:\((.*)\)|([^()]*))")


def _value(text):
    """The number of a text such as 0.5, 1/√2 or sqrt(2), nan for any other."""
    top, slash, bottom = text.partition("/")
    with contextlib.suppress(ValueError, ZeroDivisionError):
        return _factor(top) / (_factor(bottom) if slash else 1)
    return math.nan


def _factor(text):
    root = _ROOT.fullmatch(text.strip())
    if not root:
        return float(text)
    return (-1 if root[1] == "-" else 1) * math.sqrt(float(root[2] or root[3]))


def _close(got, expected, digits):
    """Within half a unit of the last digit asked for, or within 1e-3 of the value."""
    size = np.abs(expected)
    size = np.where(np.isfinite(size) & (size > 0), size, 1e-9)
    unit = 10.0 ** (np.floor(np.log10(size)) - digits + 1)
    room = np.maximum(0.5 * unit * (1 + 1e-9), 1e-3 * size)
    return bool(np.all(np.isclose(got, expected, rtol=0, atol=room, equal_nan=True)))


def _distance(got, other):
    """The largest gap between two arrays that are close; ∞ and nan agree with themselves."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(np.asarray(got) - other)
    return float(np.max(np.where(np.isfinite(gap), gap, 0.0)))


def _slip(got, expected, mistakes, digits):
    """Words for a wrong value that is recognised, else an empty text.

    Two slips may agree to the digits asked for: the nearer one has made this value.
    """
    near = [
        (_distance(got, one), words)
        for words, wrong in (mistakes or {}).items()
        for one in (wrong if isinstance(wrong, tuple) else (wrong,))
        if _close(got, one, digits)
    ]
    if near:
        return min(near, key=lambda pair: pair[0])[1]
    if np.isnan(got).any():
        return "nan is “not a number”: look for 0/0, 0·log 0 or ∞ − ∞."
    if np.any(np.isinf(expected) & np.isfinite(got)):
        return "The exact value is infinite here; a small ε would only hide that."
    return ""


@always_a_verdict
def check_number(answer, expected, *, unit="", mistakes=None, digits=3, right=""):
    """Check one number.

    Parameters
    ----------
    answer : object
        What the learner gave: a number, or anything else.
    expected : float
    unit : str
    mistakes : dict of str to float, or to a tuple of floats
        What to say for the wrong answers that people really give.
    digits : int
        How many significant digits the question asks for. An answer within half a unit of the
        last of them, or within 1e-3 of the value, is right.
    right : str
        What to add when the answer is right.

    Returns
    -------
    Verdict
    """
    got = as_floats(answer, ())
    if _close(got, expected, digits):
        return f"{show(expected)} {unit}".strip() + f". {right}".rstrip()
    words = f"{show(got)} is too {'large' if got > expected else 'small'}."
    if _close(got, expected, digits - 1):
        words = f"{show(got)} is close, but not right to {digits} significant digits."
    raise NotRightError(_slip(got, expected, mistakes, digits) or words)


@always_a_verdict
def check_array(answer, expected, *, mistakes=None, digits=3, right=""):
    """Check an array of numbers; parameters and tolerance as in `check_number`."""
    expected = np.asarray(expected, dtype=float)
    got = as_floats(answer, expected.shape)
    if _close(got, expected, digits):
        return right
    i = next(i for i in np.ndindex(got.shape) if not _close(got[i], expected[i], digits))
    place = f"Entry {', '.join(map(str, i))} (counting from 0) is not right: {show(got[i])}."
    raise NotRightError(_slip(got, expected, mistakes, digits) or place)


@always_a_verdict
def check_function(function, expected, cases, *, mistakes=None, digits=3, right=""):
    """Check a function on several cases, and report the first that fails.

    The function gets copies, its printing is caught, its warnings are not shown, and whatever it
    raises is reported in words, an interrupt too: a traceback would show the solution.

    Parameters
    ----------
    function : object
        What the learner wrote: a function, or anything else.
    expected : callable
        The right function.
    cases : list of dict
        Argument name to value, in the order of the arguments. Lists become arrays.
    mistakes : dict of str to callable
        What to say when the function behaves like this wrong one, which returns None where it
        would not go wrong.
    digits, right
        As in `check_number`.

    Returns
    -------
    Verdict
    """
    if _is_blank(function):
        raise NotRightError("Write the function, and run the cell again.", "not attempted")
    if not callable(function):
        raise NotRightError(
            f"`{show(function)}` is not a function: hand over its name, without calling."
        )
    for i, case in enumerate(cases):
        values = [np.array(v) if isinstance(v, list) else v for v in case.values()]
        where = "For " + ", ".join(f"{name} = {show(v)}" for name, v in case.items())
        want = np.asarray(expected(*values), dtype=float)
        value, printed = _run(function, values, where)
        if _is_blank(value) and printed:
            raise NotRightError(
                f"{where} it prints `{_clip(printed, 60)}` but returns nothing: use `return`."
            )
        if _is_blank(value) and i:  # it was right before
            raise NotRightError(f"{where} it returns nothing, not {show(want)}.")
        if _is_blank(value):
            raise NotRightError(
                "The function returns `None` so far: let it `return` your result.", "not attempted"
            )
        try:
            got = as_floats(value, want.shape)
        except NotRightError as words:
            raise NotRightError(f"{where} it returns no usable value. {words}") from None
        if not _close(got, want, digits):
            wrong = {words: _quietly(f, values) for words, f in (mistakes or {}).items()}
            wrong = {words: value for words, value in wrong.items() if value is not None}
            slip = _slip(got, want, wrong, digits)
            raise NotRightError(f"{where} it returns {show(got)}, not {show(want)}. {slip}".strip())
    return right


def _quietly(function, values):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*copy.deepcopy(values))


def _run(function, values, where):
    """What a learner's function returns, and what it prints."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            return _quietly(function, values), printed.getvalue().strip()
    except KeyboardInterrupt:
        raise NotRightError(STOPPED) from None
    except RecursionError:
        raise NotRightError(f"{where} it calls itself without end.") from None
    except BaseException as error:
        raise NotRightError(f"{where} it stops with {_complaint(error)}.") from None


@always_a_verdict
def check_choice(answer, expected, *, reasons, right=""):
    """Check the letter of a choice; `reasons` maps every other letter to why it is not right."""
    if _is_blank(answer):
        raise NotRightError(
            "Replace `None` with a letter in quotes, and run the cell again.", "not attempted"
        )
    if isinstance(answer, (list, tuple)) and len(answer) == 1:
        (answer,) = answer
    letters = ", ".join(sorted([expected, *reasons]))
    letter = answer.strip(" .()").upper() if isinstance(answer, str) else None
    if letter == expected:
        return f"{expected}. {right}".rstrip()
    raise NotRightError(reasons.get(letter, f"`{show(answer)}` is none of the letters {letters}."))


def together(right="", **verdicts):
    """One verdict for several answers: the first that is not right, with its name."""
    for name, verdict in verdicts.items():
        if verdict.status != "right":
            return Verdict(verdict.status, f"`{name}`: {verdict.message}")
    return Verdict("right", right)
