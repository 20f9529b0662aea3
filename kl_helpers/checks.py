"""Predict-and-reveal questions, and the checks of the notebooks' exercises.

A notebook calls `predict` or `predict_number`, and further down the prediction's `reveal`; an
exercise ends in a `check_...`, which answers anything it is given with a `Verdict`.
"""

import contextlib
import copy
import functools
import html
import io
import math
import operator
import re
import warnings
from dataclasses import dataclass
from numbers import Real

import ipywidgets as widgets
import numpy as np
import traitlets
from IPython import get_ipython

from .distributions import kl_normal
from .divergences import cross_entropy, entropy, kl_divergence

__all__ = [
    "Prediction",
    "Verdict",
    "check_array",
    "check_choice",
    "check_classifier_loss",
    "check_coin_bits",
    "check_demo_claim",
    "check_function",
    "check_infinite_one_way",
    "check_kl",
    "check_kl_from_samples",
    "check_kl_on_grid",
    "check_number",
    "check_perplexities",
    "check_smoothing_floor",
    "check_softmax_gradient",
    "check_two_widths",
    "check_units",
    "predict",
    "predict_number",
]

# ---------------------------------------------------------------------------------------------
# How words look: calm boxes that follow JupyterLab's theme, and read well without any style

_COLOURS = {
    "right": "var(--jp-success-color1, #2e7d32)",
    "wrong": "var(--jp-warn-color1, #e65100)",
    "neutral": "var(--jp-border-color1, #9e9e9e)",
}
_MARKUP = re.compile(r"(\$[^$]+\$)|`([^`]+)`|\*([^*\s][^*]*)\*")


def _as_html(text):
    """Escape plain text, and turn its `code` and *emphasis* into tags; $...$ is left as it is."""

    def tag(match):
        math_, code, emphasis = match.groups()
        return math_ or (f"<code>{code}</code>" if code else f"<em>{emphasis}</em>")

    return _MARKUP.sub(tag, html.escape(text, quote=False))


def _box(kind, *paragraphs):
    inner = "".join(f'<div style="margin: 0.15em 0">{p}</div>' for p in paragraphs if p)
    return (
        f'<div role="status" style="border-left: 4px solid {_COLOURS[kind]}; padding: 0.2em 0.8em;'
        " margin: 0.3em 0; line-height: 1.5; font-size: var(--jp-content-font-size1, 14px);"
        f' color: var(--jp-content-font-color1, inherit)">{inner}</div>'
    )


def _show(value):
    """A learner's value in a few plain characters, whatever it is."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, Real) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):
            return f"{float(value):.4g}"
    if isinstance(value, (list, tuple, np.ndarray)):
        if len(value) > 6:
            return f"{len(value)} numbers"
        return "[" + ", ".join(_show(v) for v in value) + "]"
    return _clip(re.sub(r" at 0x\w+", "", repr(value)), 60)


def _clip(text, length):
    """One line of at most that length, with no backquote to break out of `code`."""
    text = " ".join(str(text).replace("`", "'").split())
    return text if len(text) <= length else text[: length - 1] + "…"


# ---------------------------------------------------------------------------------------------
# Predict, then reveal


class Prediction(traitlets.HasTraits):
    """A question that is answered before its answer is shown.

    Made by `predict` or `predict_number`. ``committed`` is None until the learner commits.
    """

    committed = traitlets.Any(None, allow_none=True)

    def __init__(self, field, read, show, agrees, outline):
        super().__init__()
        self.field, self.read, self.show, self.agrees = field, read, show, agrees
        self.outline = outline
        self.commit = widgets.Button(description="Commit", button_style="primary", disabled=True)
        self.change = widgets.Button(description="Change my mind")
        self.note = widgets.HTMLMath()
        buttons = widgets.HBox([self.commit, self.change])
        self.widget = widgets.VBox([self.field, buttons, self.note])
        field.observe(self._update, "value")
        self.observe(self._update, "committed")
        self.commit.on_click(lambda _: self.set_trait("committed", self.read()))
        self.change.on_click(lambda _: self.set_trait("committed", None))
        self._update()

    def _update(self, _=None):
        done = self.committed is not None
        self.field.disabled = done
        self.commit.disabled = done or self.read() is None
        self.change.layout.display = None if done else "none"
        self.note.value = self._words(done)

    def _words(self, done):
        if done:
            predicted = html.escape(self.show(self.committed))
            return _box("neutral", f"You predicted: <b>{predicted}</b>. Now explore.")
        if self.field.value and self.read() is None:
            return _box("neutral", "Type a number, such as 0.5 or 1/2.")
        return ""

    def reveal(self, answer, because=""):
        """Show the answer, and why, beside the prediction once the learner has committed to one.

        Parameters
        ----------
        answer : str or float
            The right option, or the right number.
        because : str
            Why. May hold ``$...$``, ``*emphasis*`` and backquoted code.
        """
        return _Reveal(self, answer, because)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {**self.widget._repr_mimebundle_(), "text/plain": self.outline}


class _Reveal:
    """The other half of a `Prediction`: locked, then a button, then the answer."""

    def __init__(self, prediction, answer, because):
        self.answer, self.because = answer, because
        self.shown_answer = prediction.show(answer)
        self.note = widgets.HTMLMath()
        self.button = widgets.Button(description="Reveal", button_style="primary")
        self.button.on_click(self._open)
        self.widget = widgets.VBox([self.note, self.button])
        self._follow(prediction)
        self._keep_up()

    def _follow(self, prediction):
        self.prediction, self.opened = prediction, False
        prediction.observe(self._update, "committed")
        self._update()

    def _keep_up(self):
        """When the question's cell is run again, follow the new prediction of that name."""
        shell = get_ipython()
        if shell is None:
            return
        names = [n for n, v in shell.user_ns.items() if v is self.prediction and n[0] != "_"]

        def look(_result=None):
            now = shell.user_ns.get(names[0]) if names else None
            if now is self.prediction or not isinstance(now, Prediction):
                return
            if now.outline == self.prediction.outline:
                self._follow(now)

        shell.events.register("post_run_cell", look)

    def _open(self, _=None):
        self.opened = True
        self.prediction.change.layout.display = "none"
        self._update()

    def _update(self, _=None):
        predicted = self.prediction.committed
        self.button.layout.display = "none" if predicted is None or self.opened else None
        if predicted is None:
            self.note.value = _box("neutral", "Commit to a prediction first, further up.")
            return
        shown = f"You predicted: <b>{html.escape(self.prediction.show(predicted))}</b>."
        if not self.opened:
            self.note.value = _box("neutral", shown)
            return
        right = self.prediction.agrees(predicted, self.answer)
        self.note.value = _box(
            "right" if right else "wrong",
            f"<b>{'✓ Right.' if right else '✗ Not this time.'}</b> {shown}",
            f"Answer: <b>{html.escape(self.shown_answer)}</b>.",
            _as_html(self.because),
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        answer = f"Answer: {self.shown_answer}."
        return {
            **self.widget._repr_mimebundle_(),
            "text/html": f"<details><summary>Reveal the answer</summary><p><b>{html.escape(answer)}"
            f"</b> {_as_html(self.because)}</p></details>",
            "text/plain": f"{answer} {self.because}".strip(),
        }


def predict(*options):
    """Ask the learner to commit to one of several options.

    Parameters
    ----------
    *options : str
        Two or more different options, in the order in which they are shown.

    Returns
    -------
    Prediction
        Show it as a cell's last line; call its ``reveal(answer, because)`` in a later cell.
    """
    if len(set(options)) < 2 or len(set(options)) < len(options):
        raise ValueError(f"options must be two or more different texts, but are {options!r}")

    def show(option):
        if option not in options:
            raise ValueError(f"answer must be one of {options!r}, but is {option!r}")
        return option

    field = widgets.RadioButtons(
        options=options,
        value=None,
        description="Your prediction",
        tooltip="Choose one, then commit",
        style={"description_width": "initial"},
        layout={"width": "auto"},
    )
    outline = "Your prediction:\n" + "\n".join(f"  ○ {option}" for option in options)
    return Prediction(field, lambda: field.value, show, operator.eq, outline)


def predict_number(unit="", tolerance=0.05):
    """Ask the learner to commit to a number.

    Parameters
    ----------
    unit : str
        Said beside the field and beside the answer.
    tolerance : float
        A prediction this close, relative to the answer, counts as right.

    Returns
    -------
    Prediction
        Show it as a cell's last line; call its ``reveal(answer, because)`` in a later cell.
    """

    def read():
        text = field.value.strip().replace(",", ".").replace("∞", "inf")
        with contextlib.suppress(ValueError, ZeroDivisionError):
            top, _, bottom = text.partition("/")
            number = float(top) / float(bottom or 1)
            return None if math.isnan(number) else number
        return None

    def show(number):
        return f"{number:.4g} {unit}".strip()

    def agrees(number, answer):
        return math.isclose(number, answer, rel_tol=tolerance, abs_tol=1e-12)

    field = widgets.Text(
        description=f"Your prediction{f', in {unit}' if unit else ''}",
        placeholder="a number, such as 0.5",
        style={"description_width": "initial"},
        layout={"width": "26em"},
    )
    return Prediction(field, read, show, agrees, f"Your prediction: ______ {unit}".rstrip())


# ---------------------------------------------------------------------------------------------
# Check an answer


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
        line = f"<b>{words}</b> {_as_html(self.message)}"
        return {"text/plain": str(self), "text/html": _box(kind, line)}


class _NotRightError(Exception):
    def __init__(self, message, status="wrong"):
        super().__init__(message)
        self.status = status


def _always_a_verdict(check):
    """Let a check return its praise and raise its complaints; whoever calls it gets a Verdict."""

    @functools.wraps(check)
    def wrapped(*args, **kwargs):
        try:
            return Verdict("right", check(*args, **kwargs))
        except _NotRightError as words:
            return Verdict(words.status, str(words))
        except Exception as error:
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


def _as_floats(value, shape):
    """A learner's value as an array of floats of that shape, or a complaint in words."""
    wanted = "give " + (f"{' × '.join(map(str, shape))} numbers" if shape else "one number")
    if _is_blank(value):
        raise _NotRightError(
            "Replace `None` with your answer, and run the cell again.", "not attempted"
        )
    if isinstance(value, str):
        raise _NotRightError(f"`{_show(value)}` is text: {wanted}, without quotes.")
    if callable(value):
        raise _NotRightError(f"That is a function, not its value: call it, and {wanted}.")
    try:
        array = np.asarray(value)
        if array.dtype == object and all(isinstance(v, Real) for v in array.flat):
            array = array.astype(float)
    except Exception:
        array = np.asarray(None)
    if array.dtype.kind not in "iuf":
        raise _NotRightError(f"`{_show(value)}` is of type {type(value).__name__}: {wanted}.")
    if array.shape != shape:
        given = f"an array of shape {array.shape}" if array.shape else "one number"
        raise _NotRightError(f"That is {given}: {wanted}.")
    return array.astype(float)


def _close(got, expected, digits):
    """Within half a unit of the last digit asked for, or within 1e-3 of the value."""
    size = np.abs(expected)
    size = np.where(np.isfinite(size) & (size > 0), size, 1e-9)
    unit = 10.0 ** (np.floor(np.log10(size)) - digits + 1)
    room = np.maximum(0.5 * unit * (1 + 1e-9), 1e-3 * size)
    return bool(np.all(np.isclose(got, expected, rtol=0, atol=room, equal_nan=True)))


def _slip(got, expected, mistakes, digits):
    """Words for a wrong value that is recognised, else an empty text."""
    for words, wrong in (mistakes or {}).items():
        if _close(got, wrong, digits):
            return words
    if np.isnan(got).any():
        return "nan is “not a number”: look for 0/0, 0·log 0 or ∞ − ∞."
    if np.any(np.isinf(expected) & np.isfinite(got)):
        return "The exact value is infinite here; a small ε would only hide that."
    return ""


@_always_a_verdict
def check_number(answer, expected, *, unit="", mistakes=None, digits=3, right=""):
    """Check one number.

    Parameters
    ----------
    answer : object
        What the learner gave: a number, or anything else.
    expected : float
    unit : str
    mistakes : dict of str to float
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
    got = _as_floats(answer, ())
    if _close(got, expected, digits):
        return f"{_show(expected)} {unit}".strip() + f". {right}".rstrip()
    words = f"{_show(got)} is too {'large' if got > expected else 'small'}."
    if _close(got, expected, digits - 1):
        words = f"{_show(got)} is close, but not right to {digits} significant digits."
    raise _NotRightError(_slip(got, expected, mistakes, digits) or words)


@_always_a_verdict
def check_array(answer, expected, *, mistakes=None, digits=3, right=""):
    """Check an array of numbers; parameters and tolerance as in `check_number`."""
    expected = np.asarray(expected, dtype=float)
    got = _as_floats(answer, expected.shape)
    if _close(got, expected, digits):
        return right
    i = next(i for i in np.ndindex(got.shape) if not _close(got[i], expected[i], digits))
    place = f"Entry {', '.join(map(str, i))} (counting from 0) is not right: {_show(got[i])}."
    raise _NotRightError(_slip(got, expected, mistakes, digits) or place)


@_always_a_verdict
def check_function(function, expected, cases, *, mistakes=None, digits=3, right=""):
    """Check a function on several cases, and report the first that fails.

    The function gets copies, its printing is caught, its warnings are not shown, and whatever it
    raises is reported in words. Only a keyboard interrupt gets through.

    Parameters
    ----------
    function : object
        What the learner wrote: a function, or anything else.
    expected : callable
        The right function.
    cases : list of dict
        Argument name to value, in the order of the arguments. Lists become arrays.
    mistakes : dict of str to callable
        What to say when the function behaves like this wrong one.
    digits, right
        As in `check_number`.

    Returns
    -------
    Verdict
    """
    if _is_blank(function):
        raise _NotRightError("Write the function, and run the cell again.", "not attempted")
    if not callable(function):
        raise _NotRightError(
            f"`{_show(function)}` is not a function: hand over its name, without calling."
        )
    for case in cases:
        values = [np.array(v) if isinstance(v, list) else v for v in case.values()]
        where = "For " + ", ".join(f"{name} = {_show(v)}" for name, v in case.items())
        want = np.asarray(expected(*values), dtype=float)
        value, printed = _run(function, values, where)
        if _is_blank(value) and printed:
            raise _NotRightError(
                f"{where} it prints `{_clip(printed, 60)}` but returns nothing: use `return`."
            )
        if _is_blank(value):
            raise _NotRightError(
                "The function returns `None` so far: let it `return` your result.", "not attempted"
            )
        try:
            got = _as_floats(value, want.shape)
        except _NotRightError as words:
            raise _NotRightError(f"{where} it returns no usable value. {words}") from None
        if not _close(got, want, digits):
            wrong = {words: _quietly(f, values) for words, f in (mistakes or {}).items()}
            slip = _slip(got, want, wrong, digits)
            raise _NotRightError(
                f"{where} it returns {_show(got)}, not {_show(want)}. {slip}".strip()
            )
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
        raise
    except RecursionError:
        raise _NotRightError(f"{where} it calls itself without end.") from None
    except BaseException as error:
        raise _NotRightError(f"{where} it stops with {_complaint(error)}.") from None


@_always_a_verdict
def check_choice(answer, expected, *, reasons, right=""):
    """Check the letter of a choice; `reasons` maps every other letter to why it is not right."""
    if _is_blank(answer):
        raise _NotRightError(
            "Replace `None` with a letter in quotes, and run the cell again.", "not attempted"
        )
    letters = ", ".join(sorted([expected, *reasons]))
    letter = answer.strip(" .()").upper() if isinstance(answer, str) else None
    if letter == expected:
        return f"{expected}. {right}".rstrip()
    raise _NotRightError(
        reasons.get(letter, f"`{_show(answer)}` is none of the letters {letters}.")
    )


def _together(right="", **verdicts):
    """One verdict for several answers: the first that is not right, with its name."""
    for name, verdict in verdicts.items():
        if verdict.status != "right":
            return Verdict(verdict.status, f"`{name}`: {verdict.message}")
    return Verdict("right", right)


# ---------------------------------------------------------------------------------------------
# Notebook 01: what exactly is D(p‖q)?

_BITS = "That is in bits: use the natural logarithm for nats."
_NATS = "That is in nats: divide by ln 2 for bits."
_SWAPPED = "That is D(q‖p): the arguments are swapped."
_SIGN = "The sign is turned round: it is log p − log q."


def check_kl(kl):
    """Exercise: D(p‖q) in nats from two arrays of probabilities."""
    return check_function(
        kl,
        kl_divergence,
        [
            {"p": [0.7, 0.2, 0.1], "q": [0.5, 0.3, 0.2]},
            {"p": [0.5, 0.5], "q": [0.9, 0.1]},
            {"p": [0.25, 0.75], "q": [0.25, 0.75]},
            {"p": [1.0, 0.0], "q": [0.5, 0.5]},
            {"p": [0.5, 0.5, 0.0], "q": [0.2, 0.8, 0.0]},
            {"p": [0.5, 0.5], "q": [1.0, 0.0]},
        ],
        mistakes={
            "In floating point 0·log 0 is nan: leave out the outcomes where p is 0.": (
                lambda p, q: np.sum(p * np.log(p / q))
            ),
            _BITS: lambda p, q: kl_divergence(p, q, base=2),
            _SWAPPED: lambda p, q: kl_divergence(q, p),
            _SIGN: lambda p, q: -kl_divergence(p, q),
            "That is the cross-entropy: divide q by p inside the logarithm.": cross_entropy,
            "Each log p/q is to be weighted by p.": lambda p, q: np.sum(np.log(p / q)),
            "That is a plain average: weight by p instead.": lambda p, q: np.mean(np.log(p / q)),
            "Sum the terms; their mean is too small.": lambda p, q: np.mean(p * np.log(p / q)),
            "An outcome with p > 0 and q = 0 was left out: it makes the divergence infinite.": (
                lambda p, q: np.sum((p * np.log(p / q))[(p > 0) & (q > 0)])
            ),
        },
        right="It holds for zeros in p and in q too.",
    )


def check_coin_bits(answer):
    """Exercise: D of a fair coin from the forecast (0.9, 0.1), in bits."""
    p, q = [0.5, 0.5], [0.9, 0.1]
    nats = kl_divergence(p, q)
    return check_number(
        answer,
        nats / math.log(2),
        unit="bits",
        mistakes={
            _NATS: nats,
            "To go from nats to bits, divide by ln 2.": nats * math.log(2),
            _SWAPPED: kl_divergence(q, p, base=2),
            "That is D(q‖p), and in nats.": kl_divergence(q, p),
            "That is the cross-entropy H(p, q): the coin's own bit is not q's fault.": (
                cross_entropy(p, q, base=2)
            ),
            _SIGN: -nats / math.log(2),
            "That is in decimal digits (log₁₀): bits need log₂.": nats / math.log(10),
        },
        right="Of every toss that the forecaster describes, this much is waste.",
    )


@_always_a_verdict
def check_infinite_one_way(p, q):
    """Exercise: D(p‖q) infinite and D(q‖p) finite, over three outcomes."""
    given = []
    for name, value in (("p", p), ("q", q)):
        try:
            given.append(_as_floats(value, (3,)))
        except _NotRightError as words:
            raise _NotRightError(f"`{name}`: {words}", words.status) from None
    try:
        there, back = kl_divergence(*given), kl_divergence(*reversed(given))
    except ValueError as error:
        raise _NotRightError(f"{str(error).rstrip('.')}.") from None
    if math.isinf(there) and math.isfinite(back):
        return f"D(p‖q) is infinite, and D(q‖p) = {back:.3g} nats."
    if math.isinf(back) and math.isfinite(there):
        raise _NotRightError("The other way round: here D(q‖p) is infinite and D(p‖q) is finite.")
    if math.isinf(there):
        raise _NotRightError("Both directions are infinite: q still has weight where p has none.")
    raise _NotRightError("Both directions are finite: give q a zero where p has weight.")


def _density(x, mu, sigma):
    return np.exp(-0.5 * ((x - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))


def check_kl_on_grid(kl_on_grid):
    """Exercise: D(p‖q) in nats from two densities' values on an evenly spaced grid."""
    fine, coarse = np.arange(-8, 10, 0.004), np.arange(-12, 12, 0.01)

    def total(p, q, x):
        return np.sum(p * np.log(p / q))

    def integral(p, q, x):
        return total(p, q, x) * (x[1] - x[0])

    return check_function(
        kl_on_grid,
        integral,
        [
            {"p": _density(fine, math.sqrt(1.7), 1), "q": _density(fine, 0, 1), "x": fine},
            {"p": _density(coarse, 0, 1), "q": _density(coarse, 1, 2), "x": coarse},
        ],
        mistakes={
            "Forgot dx: every height is to be multiplied by the width of its cell.": total,
            "Multiply by dx; do not divide.": lambda p, q, x: total(p, q, x) / (x[1] - x[0]),
            "dx is not 0.004 on every grid.": lambda p, q, x: total(p, q, x) * 0.004,
            "That is the mean height; the area is wanted.": lambda p, q, x: total(p, q, x) / len(x),
            _SWAPPED: lambda p, q, x: integral(q, p, x),
            _BITS: lambda p, q, x: integral(p, q, x) / math.log(2),
        },
        right="Whatever the spacing, the sum of heights times widths is the same.",
    )


# ---------------------------------------------------------------------------------------------
# Notebook 02: can I read it off samples?


def check_units(metres, centimetres):
    """Exercise: D(N(0.3, 0.1²)‖N(0, 0.1²)) by hand, in metres and in centimetres."""
    exact = kl_normal(0.3, 0.1, 0, 0.1)
    slips = {
        "That lacks the ½.": 2 * exact,
        "The shift is to be squared too.": 0.3 / (2 * 0.1**2),
        "σ is to be squared too.": 0.3**2 / (2 * 0.1),
        "That is in bits: times ln 2 gives nats.": exact / math.log(2),
    }
    stretched = "The unit drops out: numerator and denominator both grow by 100²."
    return _together(
        metres=check_number(metres, exact, mistakes=slips),
        centimetres=check_number(
            centimetres,
            exact,
            mistakes={
                **{f"{stretched} (Factor {k:g}.)": exact * k for k in (100, 1e4, 1e-2, 1e-4)},
                "Adding ln 100 is what the entropy does; in D it cancels.": exact + math.log(100),
                "The entropy changes by ln 100; in D that cancels.": exact - math.log(100),
            },
        ),
        right=f"{exact:.3g} nats in either unit: D does not depend on the scale.",
    )


@_always_a_verdict
def check_two_widths(narrow, wide):
    """Exercise: the two σ for which D(N(0, 1)‖N(0, σ²)) is half a nat, to 5 %."""

    def is_half(divergence):
        return abs(divergence - 0.5) <= 0.025

    sigmas = [float(_as_floats(sigma, ())) for sigma in (narrow, wide)]
    if not all(0 < sigma < math.inf for sigma in sigmas):
        raise _NotRightError("A standard deviation is a positive, finite number.")
    if sigmas[0] > 1 > sigmas[1]:
        raise _NotRightError("The narrow one comes first: swap the two.")
    if not sigmas[0] < 1 < sigmas[1]:
        raise _NotRightError("One σ lies below 1 and the other above.")
    for sigma in sigmas:
        cost = kl_normal(0, 1, 0, sigma)
        if is_half(cost):
            continue
        if is_half(kl_normal(0, 1, 0, math.sqrt(sigma))):
            raise _NotRightError(f"{sigma:.4g} is the variance: σ is its square root.")
        if is_half(kl_normal(0, sigma, 0, 1)):
            raise _NotRightError(f"{sigma:.4g} solves D(q‖p) = 0.5: the arguments are swapped.")
        raise _NotRightError(f"σ = {sigma:.4g} gives {cost:.3g} nats, not 0.5.")
    return (
        f"Too narrow by a factor of {1 / sigmas[0]:.2g} costs as much as too wide by a factor of"
        f" {sigmas[1]:.2g}: D(p‖q) punishes a q that is too sure."
    )


def check_kl_from_samples(kl_from_samples):
    """Exercise: D in nats of two fitted normals, from two arrays of samples."""

    def fitted(x, y, spread=np.std):
        return kl_normal(np.mean(x), spread(x), np.mean(y), spread(y))

    def as_probabilities(x, y):
        return np.sum(x * np.log(x / y)) if len(x) == len(y) else np.nan

    rng = np.random.default_rng(1)
    return check_function(
        kl_from_samples,
        fitted,
        [
            {"x": rng.normal(9, 1, 2000), "y": rng.normal(10, 2, 2000)},
            {"x": rng.normal(0, 1, 1500), "y": rng.normal(-1, 0.5, 3000)},
        ],
        mistakes={
            "Hand over standard deviations, not variances.": lambda x, y: fitted(x, y, np.var),
            _SWAPPED: lambda x, y: fitted(y, x),
            _BITS: lambda x, y: fitted(x, y) / math.log(2),
            "Samples are places, not probabilities: fit a normal to each first.": as_probabilities,
            "That is for one common σ: use the closed form with both.": (
                lambda x, y: 0.5 * ((np.mean(x) - np.mean(y)) / np.std(y)) ** 2
            ),
        },
        digits=2,
        right="No bins and no ε – but it is only as good as the normal shape.",
    )


def check_demo_claim(answer):
    """Exercise: which of four claims about the sample demo is true."""
    return check_choice(
        answer,
        "C",
        reasons={
            "A": "Move the bins slider: fewer samples fall into each bin, more bins are empty, and"
            " the number keeps moving instead of settling at the exact value.",
            "B": "Move the ε slider: wherever q's bin is empty, p·log(p/ε) is what is added.",
            "D": "Choose the same μ and σ for both: chance makes the two histograms differ, and"
            " every difference makes D greater than 0.",
        },
        right="Each of p's bins where q is empty adds p·ln 10, and these p sum to almost 1.",
    )


# ---------------------------------------------------------------------------------------------
# Notebook 03: why does machine learning minimise cross-entropy?


def _softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()


def check_classifier_loss(answer):
    """Exercise: the loss in nats of logits (2, 1, 0.1) when the second class is true."""
    z = np.array([2.0, 1.0, 0.1])
    q = _softmax(z)
    losses = -np.log(q)
    return check_number(
        answer,
        cross_entropy([0, 1, 0], q),
        unit="nats",
        mistakes={
            "That is in bits: leave the logarithm natural.": losses[1] / math.log(2),
            "That is the loss if the first class were true.": losses[0],
            "That is the loss if the third class were true.": losses[2],
            "That is the probability of the true class: take −log of it.": q[1],
            "The sign: −log of a probability is positive.": -losses[1],
            "Logits are no shares: exponentiate before you divide by the sum.": (
                -math.log(z[1] / z.sum())
            ),
            "Do not divide by the number of classes.": losses[1] / 3,
            "That is with log₁₀.": losses[1] / math.log(10),
            "That is the sum over all classes: only the true one counts.": losses.sum(),
        },
        right="The label is one-hot, so its entropy is 0, and the loss is D(p‖q) itself.",
    )


def check_softmax_gradient(gradient):
    """Exercise: the gradient of H(p, softmax(z)) with respect to z."""

    def overflowing(z, p):
        return np.exp(z) / np.exp(z).sum() - p

    return check_function(
        gradient,
        lambda z, p: _softmax(z) - p,
        [
            {"z": [2.0, 1.0, 0.1], "p": [0.0, 1.0, 0.0]},
            {"z": [0.5, -1.0, 0.0, 2.0], "p": [0.925, 0.025, 0.025, 0.025]},
            {"z": [1000.0, 0.0, -1000.0], "p": [0.0, 1.0, 0.0]},
        ],
        mistakes={
            "exp(1000) overflows: subtract max(z) from all logits first.": overflowing,
            "The sign: p − q is the way downhill, the gradient points uphill.": (
                lambda z, p: p - _softmax(z)
            ),
            "That is q alone: subtract the label.": lambda z, p: _softmax(z),
            "Turn the logits into probabilities first.": lambda z, p: z - p,
            "That is the gradient with respect to q; one more chain-rule step leads to z.": (
                lambda z, p: -p / _softmax(z)
            ),
            "The wrong classes have a gradient too: their q is to be pushed down.": (
                lambda z, p: p * (_softmax(z) - 1)
            ),
            "Do not divide by the number of classes.": lambda z, p: (_softmax(z) - p) / len(z),
        },
        right="Prediction minus label, and nothing else.",
    )


def check_perplexities(a, b):
    """Exercise: the perplexities of 2.2 nats a token and of 3.1 bits a token."""
    return _together(
        a=check_number(
            a,
            math.exp(2.2),
            mistakes={
                "The loss is in nats: its base is e, not 2.": 2**2.2,
                "That is the loss in bits: undo the logarithm as well.": 2.2 / math.log(2),
                "That is the loss: undo the logarithm.": 2.2,
            },
        ),
        b=check_number(
            b,
            2**3.1,
            mistakes={
                "The loss is in bits: its base is 2, not e.": math.exp(3.1),
                "That is the loss in nats: undo the logarithm as well.": 3.1 * math.log(2),
                "That is the loss: undo the logarithm.": 3.1,
            },
        ),
        right="B is the better one: 8.57 equally likely tokens against 9.03.",
    )


def check_smoothing_floor(answer):
    """Exercise: the least cross-entropy in nats on a label smoothed by 0.1 over four classes."""
    p = [0.925, 0.025, 0.025, 0.025]
    floor = entropy(p)
    return check_number(
        answer,
        floor,
        unit="nats",
        mistakes={
            "0 is the floor of a one-hot label; this label has an entropy of its own.": 0.0,
            "That is in bits: use the natural logarithm for nats.": floor / math.log(2),
            "That counts the true class only: the other three carry weight too.": -math.log(0.925),
            "That is the true class's own term: add the other three.": -0.925 * math.log(0.925),
            "The true class gets a quarter of the 0.1 back: 0.925, not 0.9.": -math.log(0.9),
            "The 0.1 is shared among all four classes, the true one too.": entropy(
                [0.9, 0.1 / 3, 0.1 / 3, 0.1 / 3]
            ),
            "That is the entropy of the uniform distribution.": math.log(4),
            "That is D(p‖uniform): the best model is q = p, not the uniform one.": (
                math.log(4) - floor
            ),
        },
        right="No model gets below H(p); what it can still lose is D(p‖q).",
    )
