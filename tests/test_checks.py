"""Predictions driven through their traits, and checks fed right, wrong and hostile answers."""

import inspect
import itertools
import math
from decimal import Decimal
from fractions import Fraction
from functools import partial
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from scipy import integrate, optimize

from kl_course import recall
from kl_course.checks import (
    Verdict,
    check_array,
    check_choice,
    check_function,
    check_number,
    predict,
    predict_number,
)
from kl_course.checks.definitions import check_infinite_one_way
from kl_helpers import (
    cross_entropy,
    entropy,
    kl_divergence,
    kl_histogram,
    kl_normal,
)
from tools import lessons

LIVE_WIDGET = "application/vnd.jupyter.widget-view+json"
NAMED = lessons.checks()


def says(verdict, status, *words):
    """A verdict of that status, the words in its message; the message to look at otherwise."""
    __tracebackhide__ = True
    assert isinstance(verdict, Verdict)
    assert verdict.status == status, verdict.message
    for word in words:
        assert word in verdict.message
    return True


# --- Predictions ------------------------------------------------------------------------------


def test_commit_waits_for_a_choice_and_then_locks_it():
    question = predict("up", "down")
    assert question.commit.disabled
    assert question.change.layout.display == "none"
    question.field.value = "down"
    assert not question.commit.disabled
    assert question.committed is None
    question.commit.click()
    assert question.committed == "down"
    assert question.field.disabled
    assert question.commit.disabled
    assert "You predicted: <b>down</b>" in question.note.value
    assert 'role="status"' in question.note.value


def test_changing_ones_mind_locks_the_reveal_again():
    question = predict("up", "down")
    reveal = question.reveal("up")
    question.field.value = "down"
    question.commit.click()
    assert reveal.button.layout.display is None
    question.change.click()
    assert question.committed is None
    assert not question.field.disabled
    assert reveal.button.layout.display == "none"
    assert "Commit to a prediction first" in reveal.note.value


def test_reveal_is_locked_until_commit_and_live_after_it():
    question = predict("up", "down")
    reveal = question.reveal("up", "because $x^2$ *grows*")
    assert "Commit to a prediction first" in reveal.note.value
    assert reveal.button.layout.display == "none"
    assert "because" not in reveal.note.value
    question.field.value = "down"
    assert reveal.button.layout.display == "none"
    question.commit.click()
    assert "You predicted: <b>down</b>" in reveal.note.value
    assert "Answer" not in reveal.note.value
    reveal.button.click()
    assert "✗ Not this time." in reveal.note.value
    assert "Answer: <b>up</b>" in reveal.note.value
    assert "because $x^2$ <em>grows</em>" in reveal.note.value
    assert reveal.button.layout.display == "none"
    assert question.change.layout.display == "none"


def test_an_option_never_becomes_markup():
    question = predict("<i>up</i>", "down")
    reveal = question.reveal("<i>up</i>")
    commit_to(question, "<i>up</i>")
    notes = [question.note.value, reveal.note.value]
    reveal.button.click()
    for note in [*notes, reveal.note.value]:
        assert "<b>&lt;i&gt;up&lt;/i&gt;</b>" in note
        assert "<i>" not in note


def test_a_reveal_that_is_run_again_is_the_same_one():
    question = predict("up", "down")
    commit_to(question, "up")
    reveals = [question.reveal("up", "why") for _ in range(10)]
    assert len({id(reveal) for reveal in reveals}) == 1
    reveals[0].button.click()
    assert "✓ Right." in reveals[-1].note.value
    # One call at each end of the wire: the question's own, and its reveal's.
    assert len(question._trait_notifiers["committed"]["change"]) == 2


def test_after_the_reveal_a_question_no_longer_sends_on():
    question = predict("up", "down")
    reveal = question.reveal("up")
    commit_to(question, "up")
    assert "Now explore" in question.note.value
    reveal.button.click()
    assert "You predicted: <b>up</b>" in question.note.value
    assert "Now explore" not in question.note.value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.5", 0.5),
        (" 1/2 ", 0.5),
        ("0,5", 0.5),
        ("-2e-3", -0.002),
        ("−2", -2.0),
        ("−1,5", -1.5),
        ("∞", math.inf),
        ("inf", math.inf),
        ("−∞", -math.inf),
        ("√2", math.sqrt(2)),
        ("sqrt(2)", math.sqrt(2)),
        ("−√2/2", -math.sqrt(2) / 2),
        ("14.5 nats", 14.5),
        ("14.5nat", 14.5),
        ("√2 Nats", math.sqrt(2)),
        ("0,417", 0.417),
        ("12,5", 12.5),
        ("", None),
    ],
)
def test_a_predicted_number_is_read(text, number):
    question = predict_number("nats")
    question.field.value = text
    # a root and its half are rounded once each
    assert question.read() == (pytest.approx(number, rel=1e-15) if number else None)
    assert question.commit.disabled == (number is None)
    assert question.note.value == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("half", "<code>half</code> is no number"),
        ("nan", "<code>nan</code> is no number"),
        ("1/0", "is no number"),
        ("1/2/3", "is no number"),
        ("1.234,5", "is no number"),
        ("√", "is no number"),
        ("√−2", "is no number"),
        ("5 bits", "<code>5 bits</code> has another unit: type the number alone, in nats."),
        ("50 %", "is no number"),
        ("40,000", "type 40000 or 40.000, for a comma may mean either."),
        ("1,000,000", "<code>1,000,000</code>: type 1000000, for a comma"),
        ("<b>1</b>", "<code>&lt;b&gt;1&lt;/b&gt;</code> is no number"),
        ("`1`", "is no number"),
        ("1e400", "is more than the largest number here, 1.8e308: type ∞"),
        ("1/1e-320", "is more than the largest number here"),
    ],
)
def test_what_is_no_number_cannot_be_committed_and_says_why(text, words):
    question = predict_number("nats")
    question.field.value = text
    assert question.commit.disabled
    assert words in question.note.value
    question.field.value = "2"
    assert question.note.value == ""


@pytest.mark.parametrize(
    ("guess", "answer", "word"),
    [
        ("0.52", 0.5, "✓ Right."),
        ("0.56", 0.5, "✗ Not this time."),
        ("0", 0.0, "✓ Right."),
        ("inf", math.inf, "✓ Right."),
        ("7", math.inf, "✗ Not this time."),
    ],
)
def test_a_number_is_right_within_its_tolerance(guess, answer, word):
    question = predict_number("nats")
    reveal = question.reveal(answer)
    question.field.value = guess
    question.commit.click()
    reveal.button.click()
    assert word in reveal.note.value
    assert f"Answer: <b>{answer:.4g} nats</b>" in reveal.note.value


def test_what_a_prediction_shows_without_a_kernel():
    question = predict("It <b>grows</b>", "D(p‖q) = ½")
    bundle, _ = question._repr_mimebundle_()
    assert bundle["text/plain"] == (
        "Your prediction:\n  ○ It <b>grows</b>\n  ○ D(p‖q) = ½\nRun All Cells brings the buttons."
    )
    assert LIVE_WIDGET in bundle
    bundle, _ = question.reveal("It <b>grows</b>", "1 < 2 & `q`")._repr_mimebundle_()
    assert bundle["text/plain"] == "Answer: It <b>grows</b>. 1 < 2 & `q`"
    assert bundle["text/html"].startswith("<details><summary>")
    assert "It &lt;b&gt;grows&lt;/b&gt;.</b> 1 &lt; 2 &amp; <code>q</code>" in bundle["text/html"]
    assert LIVE_WIDGET in bundle
    outline, _ = predict_number("nats")._repr_mimebundle_()[0]["text/plain"].splitlines()
    assert outline == "Your prediction: ______ nats"
    outline, _ = predict_number()._repr_mimebundle_()[0]["text/plain"].splitlines()
    assert outline == "Your prediction: ______"


def test_a_prediction_shows_the_same_each_time():
    texts = [
        {k: v for k, v in thing._repr_mimebundle_()[0].items() if k != LIVE_WIDGET}
        for _ in range(2)
        for thing in [predict("a", "b").reveal("a", "why")]
    ]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("options", [(), ("one",), ("one", "one"), ("a", "b", "a")])
def test_a_choice_needs_different_options(options):
    with pytest.raises(ValueError, match="two or more different"):
        predict(*options)


def test_an_answer_that_is_no_option_is_the_authors_mistake():
    with pytest.raises(ValueError, match="answer must be one of"):
        predict("a", "b").reveal("c")


def commit_to(question, option):
    question.field.value = option
    question.commit.click()


@pytest.fixture
def run_cell(monkeypatch):
    """Call a function as if a cell of that id were run in JupyterLab."""
    monkeypatch.setattr(recall, "_kept", {})
    runs = itertools.count()

    def run(cell, function):
        request = {"metadata": {"cellId": cell}, "header": {"msg_id": str(next(runs))}}
        shell = SimpleNamespace(get_parent=lambda: request)
        monkeypatch.setattr(recall, "get_ipython", lambda: shell)
        return function()

    return run


def test_a_question_run_again_keeps_what_was_answered(run_cell):
    question = run_cell("ask", lambda: predict("up", "down"))
    question.field.value = "down"
    again = run_cell("ask", lambda: predict("up", "down"))
    assert again.field.value == "down"
    again.commit.click()
    reveal = run_cell("answer", lambda: again.reveal("up"))
    reveal.button.click()
    for _ in range(10):
        again = run_cell("ask", lambda: predict("up", "down"))
        reveal = again.reveal("up")
    assert again.committed == "down"
    assert "✗ Not this time." in reveal.note.value
    assert len(again._trait_notifiers["committed"]["change"]) == 2


@pytest.mark.parametrize(
    ("cell", "ask"),
    [
        ("ask", lambda: predict("up", "down", "nowhere")),
        ("ask", lambda: predict_number("nats")),
        ("another", lambda: predict("up", "down")),
    ],
)
def test_another_question_starts_anew(run_cell, cell, ask):
    question = run_cell("ask", lambda: predict("up", "down"))
    commit_to(question, "up")
    assert run_cell(cell, ask).committed is None


# --- Verdicts and the machinery ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "sign"),
    [
        ("right", "✓ Right."),
        ("wrong", "✗ Not yet."),
        ("not attempted", "○ Not attempted yet."),
    ],
)
def test_a_verdict_is_a_word_a_sign_and_a_colour_and_escapes(status, sign):
    bundle = Verdict(status, "<script> & `<b>` $x<y$")._repr_mimebundle_()
    assert bundle["text/plain"] == f"{sign} <script> & `<b>` $x<y$"
    assert (
        f"<b>{sign}</b> &lt;script&gt; &amp; <code>&lt;b&gt;</code> $x&lt;y$" in bundle["text/html"]
    )
    assert 'role="status"' in bundle["text/html"]
    assert "border-left: 4px solid var(--jp-" in bundle["text/html"]


def test_the_three_colours_differ():
    shown = [Verdict(s, "")._repr_mimebundle_()["text/html"] for s in ("right", "wrong")]
    assert shown[0].split("padding")[0] != shown[1].split("padding")[0]


@pytest.mark.parametrize(
    "answer",
    [
        2,
        2.0,
        np.float32(2),
        np.int8(2),
        np.array(2.0),
        Fraction(2),
        Decimal("2.0"),
        2.0019,
        1.9981,
        2.004999,
    ],
)
def test_numbers_that_are_right(answer):
    assert says(check_number(answer, 2.0, unit="nats", right="So."), "right", "2 nats. So.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (2.0051, "close, but not right to 3 significant digits"),
        (2.4, "2.4 is too large"),
        (-2, "too small"),
        (math.inf, "too large"),
        (math.nan, "not a number"),
        (True, "of type bool"),
        (np.True_, "give one number"),
        ("2.0", "is text: give one number, without quotes"),
        ("0,417", "without quotes: 0.417."),
        ("−2", "without quotes: -2."),
        ("<b>", "`'<b>'` is text: give one number, without quotes."),
        ((0, 417), "write a decimal point, not a comma, such as 0.417."),
        ((-1, 5), "such as -1.5."),
        ((40, 0), "in Python write 40000 or 40_000; if the comma is a decimal one, 40.0."),
        ((495, 982), "in Python write 495982 or 495_982; if the comma is a decimal one, 495.982."),
        ((1, 0, 0), "A comma makes 3 numbers of it: in Python write 1000000 or 1_000_000."),
        ((1, 900), "in Python write 1900 or 1_900"),
        ((1234, 500), "write a decimal point"),
        (Decimal(3), "3 is too large"),
        ([2.0], "an array of shape (1,)"),
        (np.zeros((3, 3)), "an array of shape (3, 3)"),
        ([], "an array of shape (0,)"),
        ([[1], [2, 3]], "of type list"),
        (2j, "of type complex"),
        ({2.0}, "of type set"),
        (math.sqrt, "a function, not its value"),
        (10**400, "of type int"),
        (object(), "`<object object>` is of type object"),
    ],
)
def test_numbers_that_are_wrong(answer, words):
    assert says(check_number(answer, 2.0), "wrong", words)


@pytest.mark.parametrize("answer", [None, ...])
def test_an_untouched_stub_is_not_attempted(answer):
    assert says(check_number(answer, 2.0), "not attempted", "Replace `None`")
    assert says(check_array(answer, [2.0]), "not attempted", "Replace `None`")
    assert says(check_choice(answer, "A", reasons={}), "not attempted", "a letter in quotes")
    assert says(check_function(answer, abs, []), "not attempted", "Write the function")


def test_digits_zero_and_infinity():
    assert says(check_number(1.42, 1.417), "right")
    assert says(check_number(1.42, 1.417, digits=4), "wrong", "4 significant digits")
    assert says(check_number(1e-13, 0.0), "right")
    assert says(check_number(1e-3, 0.0), "wrong", "too large")
    assert says(check_number(math.inf, math.inf), "right", "inf")
    assert says(check_number(1e9, math.inf), "wrong", "a small ε would only hide that")
    assert says(check_number(-math.inf, math.inf), "wrong")


def test_mistakes_are_recognised_to_the_same_digits():
    mistakes = {"In bits.": 0.7370, "nan is right.": math.nan}
    assert says(check_number(0.737, 0.5108, mistakes=mistakes), "wrong", "In bits.")
    assert says(check_number(0.511, 0.5108, mistakes=mistakes), "right")
    assert says(check_number(math.nan, 0.5108, mistakes=mistakes), "wrong", "nan is right.")


def test_arrays():
    assert says(check_array([1, 2], [1.0, 2.0], right="Both."), "right", "Both.")
    assert says(check_array(np.array([Fraction(1), 2]), [1, 2]), "right")
    assert says(check_array([Decimal("0.123"), 0.877], [0.12345, 0.87655]), "right")
    assert says(check_array([0.12, 0.877], [0.12345, 0.87655]), "wrong", "Entry 0")
    assert says(check_array([1, 3], [1, 2]), "wrong", "Entry 1 (counting from 0) is not right: 3.")
    assert says(check_array([[1, 3]], [[1, 2]]), "wrong", "Entry 0, 1")
    assert says(check_array([2, 1], [1, 2], mistakes={"Reversed.": [2, 1]}), "wrong", "Reversed.")
    assert says(check_array([1, math.nan], [1, 2]), "wrong", "not a number")
    assert says(check_array(3, [1, 2]), "wrong", "That is one number: give 2 numbers.")
    assert says(check_array([1, 2, 3], [1, 2]), "wrong", "shape (3,): give 2 numbers")
    assert says(check_array(["a", "b"], [1, 2]), "wrong", "of type list")


def test_an_answer_is_never_changed():
    answer = np.array([3, 1, 2])
    check_array(answer, [1.0, 2.0, 3.0])
    assert answer.tolist() == [3, 1, 2]


@pytest.mark.parametrize("answer", ["B", "b", " b. ", "(B)", ["B"]])
def test_a_choice_that_is_right(answer):
    assert says(check_choice(answer, "B", reasons={"A": "No."}, right="Why."), "right", "B. Why.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("a", "Since."),
        ("C", "`'C'` is none of the letters A, B."),
        ("", "letters"),
        (2, "letters"),
        (["A", "B"], "letters"),
        (b"B", "letters"),
    ],
)
def test_a_choice_that_is_wrong(answer, words):
    assert says(check_choice(answer, "B", reasons={"A": "Since."}), "wrong", words)


class UnspeakableError(Exception):
    def __str__(self):
        raise ValueError


class Hostile:
    def __repr__(self):
        raise RuntimeError("no repr")

    def __array__(self, *args, **kwargs):
        raise RuntimeError("no array")

    def __float__(self):
        raise RuntimeError("no float")


def raises(*args):
    raise ValueError("no `way`, <b>no</b> $way$")


def raises_the_unspeakable(*args):
    raise UnspeakableError


def exits(*args):
    raise SystemExit(3)


def recurses(*args):
    return recurses(*args)


def prints(*args):
    print("0.1733")


def warns(*args):
    return np.float64(1) / np.zeros(1)


def overwrites(*args):
    for a in args:
        a[...] = -1
    return "done"


def yields(*args):
    yield 1


def twice(x):
    return 2 * x


CASES = [{"x": 1.0}, {"x": [1.0, 3.0]}, {"x": -2.0}]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x + x, None),
        (lambda x: 3 * x, "For x = 1 it returns 3, not 2. Thrice."),
        (lambda x: x + 1, "For x = [1, 3] it returns [2, 4], not [2, 6]."),
        (lambda x: abs(2 * x), "For x = -2 it returns 4, not -4."),
        (lambda x: np.nan, "returns nan, not 2. nan is “not a number”"),
        (lambda: 3, "For x = 1 it stops with `TypeError: "),
        (lambda x: "2", "returns no usable value. `'2'` is text"),
        (lambda x: np.zeros(7), "an array of shape (7,): give one number"),
        (lambda x: twice, "a function, not its value"),
        (raises, "stops with `ValueError: no 'way', <b>no</b> $way$`."),
        (raises_the_unspeakable, "stops with `UnspeakableError`."),
        (exits, "stops with `SystemExit: 3`."),
        (recurses, "calls itself without end."),
        (prints, "it prints `0.1733` but returns nothing: use `return`."),
        (warns, "an array of shape (1,)"),
        (yields, "of type generator"),
        (3.0, "`3` is not a function"),
        ("twice", "`'twice'` is not a function"),
    ],
)
def test_functions(function, words, capsys):
    verdict = check_function(function, twice, CASES, mistakes={"Thrice.": lambda x: 3 * x})
    assert says(verdict, "wrong", words) if words else says(verdict, "right")
    assert capsys.readouterr() == ("", "")


def test_a_function_that_returns_nothing_is_not_attempted():
    assert says(check_function(lambda x: None, twice, CASES), "not attempted", "`return`")
    assert says(check_function(lambda x: ..., twice, CASES), "not attempted", "`return`")


def test_a_function_that_returns_nothing_in_one_case_only_is_wrong():
    def falls_through(x):
        return None if np.ndim(x) else 2 * x

    verdict = check_function(falls_through, twice, CASES)
    assert says(verdict, "wrong", "For x = [1, 3] it returns nothing, not [2, 6].")


def test_of_two_slips_that_agree_in_digits_the_nearer_one_is_named():
    slips = {"First.": 0.1201, "Second.": 0.1177, "Third.": (0.3, 0.1166)}
    for answer, words in ((0.1177, "Second."), (0.12, "First."), (0.1167, "Third.")):
        assert says(check_number(answer, 0.08, mistakes=slips, digits=2), "wrong", words)
    functions = {"Never.": lambda x: None, "Upper.": lambda x: 6.001, "Lower.": lambda x: 6.0}
    assert says(check_function(lambda x: 6.0, twice, CASES, mistakes=functions), "wrong", "Lower.")


def test_a_function_gets_copies():
    cases = [{"x": [1.0, 2.0]}, {"x": np.ones(2)}]

    def spoils(x):
        x *= 2
        return x

    assert says(check_function(spoils, twice, cases), "right")
    assert cases[0]["x"] == [1.0, 2.0]
    assert cases[1]["x"].tolist() == [1.0, 1.0]


def interrupted(*_):
    raise KeyboardInterrupt


def test_an_endless_loop_that_is_stopped_gets_a_verdict():
    assert says(
        check_function(interrupted, twice, CASES), "wrong", "Stopped: your function did not return."
    )


def test_an_interrupt_between_two_calls_gets_a_verdict_too():
    assert says(check_function(twice, interrupted, CASES), "wrong", "Stopped before the check")


def test_no_traceback_of_ours_whatever_an_answer_raises():
    class Hostile:
        def __array__(self, *_, **__):
            raise SystemExit

    assert says(check_number(Hostile(), 1.0), "wrong")


def test_a_decimal_comma_in_a_list_of_numbers_is_named():
    words = "write a decimal point, not a comma, such as 0.5."
    assert says(check_array([0, 5, 0, 3, 0, 2], [0.5, 0.3, 0.2]), "wrong", words)


# --- The named checks -------------------------------------------------------------------------


def check_named(name, *answers):
    return NAMED[name](*answers)


def arity(name):
    return len(inspect.signature(NAMED[name]).parameters)


HOSTILE = [
    "text",
    "",
    b"C",
    math.nan,
    math.inf,
    -math.inf,
    -1,
    0,
    10**400,
    1e308,
    5e-324,
    2j,
    True,
    [],
    [None] * 3,
    [0, 0, 0],
    [-1, 1, 1],
    [math.nan] * 3,
    ["a", "b", "c"],
    [[1], [2, 3]],
    {"p": 1},
    {1, 2},
    np.zeros((3, 3)),
    np.array(["x"]),
    np.array(None),
    np.ma.masked,
    object(),
    Hostile(),
    Hostile,
    raises,
    raises_the_unspeakable,
    exits,
    recurses,
    prints,
    warns,
    overwrites,
    yields,
    lambda: 3,
    lambda *a: Hostile(),
    lambda *a: "x",
    lambda *a: np.zeros((3, 3)),
    lambda *a: 10**400,
    iter([1, 2, 3]),
]


@pytest.mark.parametrize("name", NAMED)
def test_hostile_answers_get_a_verdict(name, capsys):
    for answer in HOSTILE:
        verdict = check_named(name, *[answer] * arity(name))
        assert says(verdict, "wrong")
        assert verdict.message.endswith("."), verdict.message
        assert len(verdict.message) < 400
        assert " at 0x" not in verdict.message
        assert "<script" not in verdict._repr_mimebundle_()["text/html"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("answer", [None, ...])
def test_untouched_stubs_are_not_attempted(name, answer):
    assert says(check_named(name, *[answer] * arity(name)), "not attempted")


def gaussian(x, mu, sigma):
    return np.exp(-((x - mu) ** 2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)


def loop_kl(p, q):
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if a > 0:
            total += a * math.log(a / b) if b > 0 else math.inf
    return total


def trapezoid_kl(p, q, x):
    y = p * np.log(p / q)
    return np.sum((y[1:] + y[:-1]) / 2 * np.diff(x))


def fitted_by_hand(x, y):
    r = np.var(x, ddof=1) / np.var(y, ddof=1)
    d = (np.mean(x) - np.mean(y)) ** 2 / np.var(y, ddof=1)
    return 0.5 * (r - 1 - np.log(r) + d)


def softmax_by_hand(z):
    powers = [math.exp(v - max(z)) for v in z]
    return np.array(powers) / sum(powers)


def k3_by_hand(log_p, log_q):
    log_r = [b - a for a, b in zip(log_p, log_q, strict=True)]
    return sum(math.exp(v) - 1 - v for v in log_r) / len(log_r)


def nearest_by_hand(x, y):
    total = 0.0
    for i, a in enumerate(x):
        within = min(abs(a - b) for j, b in enumerate(x) if j != i)
        total += math.log(min(abs(a - b) for b in y) / within)
    return total / len(x) + math.log(len(y) / (len(x) - 1))


def price_by_hand(x, y):
    inner = np.linspace(min(*x, *y), max(*x, *y), 100)[1:-1]
    held = set(np.searchsorted(inner, y, side="right"))
    alone = sum(place not in held for place in np.searchsorted(inner, x, side="right"))
    return alone / len(x) * math.log(10)


def sigma_by_bisection(low, high):
    return optimize.brentq(lambda s: math.log(s) + 0.5 / s**2 - 1, low, high)


def reverse_by_quadrature(mu, sigma, m):
    def integrand(x):
        log_q = -(((x - mu) / sigma) ** 2) / 2 - math.log(sigma)
        sides = [-(((x - side) / 0.6) ** 2) / 2 - math.log(2 * 0.6) for side in (-m, m)]
        return math.exp(log_q) * (log_q - np.logaddexp(*sides)) / math.sqrt(2 * math.pi)

    return integrate.quad(integrand, mu - 12 * sigma, mu + 12 * sigma, limit=200)[0]


RIGHT = {
    "check_warm_up": (4.5,),
    "check_kl": (loop_kl,),
    "check_coin_bits": (0.5 * math.log2(0.5 / 0.9) + 0.5 * math.log2(0.5 / 0.1),),
    "check_infinite_one_way": ([0.4, 0.3, 0.3], np.array([0.5, 0.5, 0.0])),
    "check_kl_on_grid": (trapezoid_kl,),
    "check_units": (4.5, 4.5),
    "check_two_widths": (sigma_by_bisection(0.1, 1), sigma_by_bisection(1, 9)),
    "check_kl_from_samples": (fitted_by_hand,),
    "check_demo_claim": ("C",),
    "check_classifier_loss": (math.log(math.exp(2) + math.exp(1) + math.exp(0.1)) - 1,),
    "check_softmax_gradient": (lambda z, p: softmax_by_hand(z) - p,),
    "check_perplexities": (math.exp(2.2), 2**3.1, "B"),
    "check_smoothing_floor": (-0.925 * math.log(0.925) - 0.075 * math.log(0.025),),
    "check_smaller_epsilon": (7.8 + 0.9 * 2 * math.log(10),),
    "check_ceiling": (math.log(125_000),),
    "check_rods": (1900,),
    "check_price_per_decade": (price_by_hand,),
    "check_k3": (k3_by_hand,),
    "check_nearest": (nearest_by_hand,),
    "check_draws": (40_000, 496_000),
    "check_report": ("C",),
    "check_one_more_word": (-math.log2(1 - 1 / 2 - 2 / 8 - 2 / 16), 1 / 2**4),
    "check_extra_bits": (
        lambda p, lengths: sum(a * (n + math.log2(a or 1)) for a, n in np.transpose([p, lengths])),
    ),
    "check_thousand_days": (
        -900 * math.log2(0.7) - 100 * math.log2(0.3),
        900 * math.log2(0.9 / 0.7) + 100 * math.log2(0.1 / 0.3),
    ),
    "check_spare_share": (math.log2(2700), math.log2(100 / 99)),
    "check_negative_reports": ("A", "C", "D", "B"),
    "check_sorted_audit": ("ACE", 0.5 / math.log(2)),
    "check_triangle": (0.44, 0.13, 0.01),
    "check_pinsker": (0.1, math.sqrt(0.01 * math.log(2))),
    "check_moments": (-0.6, math.sqrt(0.36 + 2.25 - 0.36)),  # E[x²] − E[x]²
    "check_reverse_kl": (reverse_by_quadrature,),
    "check_directions": ("F", "R", "R", "F"),
    "check_far_limits": (math.log(3), math.log(1 / 0.7)),
    "check_trains": (
        math.log(1000) / (0.5 * math.log(0.5 / 0.2) + 0.5 * math.log(0.5 / 0.8)),
        math.log(1000) / (0.2 * math.log(0.2 / 0.5) + 0.8 * math.log(0.8 / 0.5)),
    ),
    "check_apps": (0.5**2 / 2, 8 * math.log(100)),
    "check_statistic": (
        lambda counts: 2 * sum(c * math.log(c * len(counts) / sum(counts)) for c in counts if c),
    ),
    "check_stake": (0.2, math.log(1.6**0.6 * 0.4**0.4)),
    "check_fisher_poisson": (1 / 4, 0.02**2 / 8),
    "check_bregman_poisson": (lambda a, b: math.exp(b) - math.exp(a) * (1 + b - a),),
    "check_exchange": (0.002, 0.004),
    "check_information": (-math.log(0.8), -math.log(0.8) + 0.5),
    "check_vae_term": (
        lambda mu, v: sum((m * m + math.exp(w) - 1 - w) / 2 for m, w in zip(mu, v, strict=True)),
    ),
    "check_tilt": (lambda ref, r, b: softmax_by_hand(np.log(ref) + r / b),),
    "check_loss_gradients": (
        0.0,
        0.8 * 0.2 * (math.log(1.6) - math.log(0.4)),
        0.8 * 0.2 * (2.5 - 0.625),
    ),
    "check_psi": (7 / 400, 14.067 / 400, "yes"),
}


def test_every_check_has_its_right_answers_here():
    assert set(RIGHT) == set(NAMED)


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_from_independent_arithmetic(name):
    verdict = check_named(name, *RIGHT[name])
    assert says(verdict, "right")
    assert verdict.message


@pytest.mark.parametrize("name", [n for n in RIGHT if len(RIGHT[n]) > 1])
def test_half_an_answer_is_not_attempted(name):
    right = RIGHT[name]
    for i in range(len(right)):
        answers = [*right[:i], None, *right[i + 1 :]]
        assert says(check_named(name, *answers), "not attempted")


COIN, FORECAST = [0.5, 0.5], [0.9, 0.1]
SMOOTH = [0.925, 0.025, 0.025, 0.025]
LOSSES = -np.log(softmax_by_hand([2.0, 1.0, 0.1]))


@pytest.mark.parametrize(
    ("name", "answers", "words"),
    [
        ("check_coin_bits", (0.511,), "in nats: divide by ln 2"),
        ("check_coin_bits", (0.354,), "from nats to bits, divide"),
        ("check_coin_bits", (0.531,), "D(q‖p): the arguments are swapped"),
        ("check_coin_bits", (0.368,), "D(q‖p), and in nats"),
        ("check_coin_bits", (1.737,), "lacks the log p part"),
        ("check_coin_bits", (-0.737,), "sign"),
        ("check_coin_bits", (0.222,), "log₂"),
        ("check_coin_bits", (0.74,), "close, but not right to 3"),
        ("check_infinite_one_way", ([0.5, 0.5, 0], [0.4, 0.3, 0.3]), "The other way round"),
        ("check_infinite_one_way", ([0.5, 0.5, 0], [0, 0.5, 0.5]), "Both directions are infinite"),
        (
            "check_infinite_one_way",
            ([0.2, 0.3, 0.5], [0.4, 0.3, 0.3]),
            "Both directions are finite",
        ),
        ("check_infinite_one_way", ([0.5, 0.5], [0, 1]), "`p`: That is an array of shape (2,)"),
        (
            "check_infinite_one_way",
            ([0.2, 0.3, 0.4], [0.5, 0.5, 0]),
            "`p`: The three add up to 0.9",
        ),
        ("check_infinite_one_way", ([50, 30, 20], [1, 1, 0]), "divide each by that sum"),
        ("check_infinite_one_way", ([0, 0, 0], [0.5, 0.5, 0]), "so that they add up to 1."),
        ("check_infinite_one_way", ([0.2, 0.3, 0.5], [1.5, -0.5, 0]), "`q`: A probability is"),
        ("check_infinite_one_way", ([0.2, 0.3, 0.5], [math.nan, 1, 0]), "`q`: A probability is"),
        ("check_units", (9, 4.5), "`metres`: That lacks the ½"),
        ("check_units", (15, 4.5), "`metres`: The shift is to be squared"),
        ("check_units", (0.45, 4.5), "`metres`: σ is to be squared"),
        ("check_units", (6.49, 4.5), "`metres`: That is in bits"),
        ("check_units", (4.5, 450), "`centimetres`: The unit drops out"),
        ("check_units", (4.5, 45000), "`centimetres`: The unit drops out"),
        ("check_units", (4.5, 0.045), "`centimetres`: The unit drops out"),
        ("check_units", (4.5, 4.5 + math.log(100)), "`centimetres`: Nothing is added"),
        ("check_units", (4.5, 4.5 - math.log(100)), "`centimetres`: Nothing is added"),
        ("check_two_widths", (0.319, 6.33), "0.319 is the variance"),
        ("check_two_widths", (0.398, 1.77), "solves D(q‖p) = 0.5"),
        ("check_two_widths", (2.51, 0.565), "swap the two"),
        ("check_two_widths", (0.565, 0.565), "the other above"),
        ("check_two_widths", (2.51, 2.51), "One σ lies below 1"),
        ("check_two_widths", (0.6, 2.5), "σ = 0.6 gives 0.378 nats"),
        ("check_two_widths", (0.56, 2.44), "σ = 2.44 gives 0.476 nats, not 0.5."),
        ("check_two_widths", (0.56, 2.5), "0.496 nats, not 0.5. That is close"),
        ("check_two_widths", (0.57, 2.51), "0.477 nats, not 0.5."),
        ("check_two_widths", (0.56, 3.0), "σ = 3 gives 0.654 nats"),
        ("check_two_widths", (-0.56, 2.5), "positive, finite"),
        ("check_two_widths", (0.56, math.inf), "positive, finite"),
        ("check_demo_claim", ("A",), "instead of settling"),
        ("check_demo_claim", ("b",), "p·log(p/ε)"),
        ("check_demo_claim", ("D",), "chance makes"),
        ("check_demo_claim", (2,), "none of the letters A, B, C, D"),
        ("check_classifier_loss", (2.044,), "in bits"),
        ("check_classifier_loss", (LOSSES[0],), "the first class"),
        ("check_classifier_loss", (LOSSES[2],), "the third class"),
        ("check_classifier_loss", (math.exp(-LOSSES[1]),), "take −log of it"),
        ("check_classifier_loss", (-LOSSES[1],), "sign"),
        ("check_classifier_loss", (-math.log(1 / 3.1),), "exponentiate"),
        ("check_classifier_loss", (LOSSES[1] / 3,), "number of classes"),
        ("check_classifier_loss", (LOSSES[1] / math.log(10),), "log₁₀"),
        ("check_classifier_loss", (sum(LOSSES),), "only the true one"),
        ("check_perplexities", (2**2.2, 8.574, "B"), "`a`: The loss is in nats"),
        ("check_perplexities", (2.2, 8.574, "B"), "`a`: That is the loss: undo the logarithm"),
        ("check_perplexities", (2.2 / math.log(2), 8.574, "B"), "`a`: That is the loss in bits"),
        ("check_perplexities", (9.025, math.exp(3.1), "B"), "`b`: The loss is in bits"),
        ("check_perplexities", (9.025, 3.1, "B"), "`b`: That is the loss: undo the logarithm"),
        ("check_perplexities", (9.025, 3.1 * math.log(2), "B"), "`b`: That is the loss in nats"),
        ("check_smoothing_floor", (0,), "one-hot label"),
        ("check_smoothing_floor", (entropy(SMOOTH, base=2),), "in bits"),
        ("check_smoothing_floor", (0.078,), "the other three carry weight"),
        ("check_smoothing_floor", (0.0721,), "add the other three"),
        ("check_smoothing_floor", (0.105,), "0.925, not 0.9"),
        ("check_smoothing_floor", (0.435,), "shared among all four"),
        ("check_smoothing_floor", (1.386,), "uniform distribution"),
        ("check_smoothing_floor", (kl_divergence(SMOOTH, [0.25] * 4),), "D(p‖uniform)"),
    ],
)
def test_wrong_answers_that_people_give(name, answers, words):
    assert says(check_named(name, *answers), "wrong", words)


def test_no_check_advises_what_the_exercise_has_no_room_for():
    for p in ([0.2, 0.3, 0.4], [2, 1, 0], [-0.5, 1, 0.5], [0.333, 0.333, 0.333]):
        message = check_infinite_one_way(p, [0.5, 0.5, 0]).message
        assert "normalize" not in message
        assert "kl_histogram" not in message


def test_one_third_written_as_a_fraction_is_a_probability():
    assert says(check_infinite_one_way([1 / 3] * 3, [0.5, 0.5, 0]), "right")


def total(p, q, x):
    return np.sum(p * np.log(p / q))


def unstable_gradient(z, p):
    return np.exp(z) / np.exp(z).sum() - p


def variance_fit(x, y):
    return kl_normal(np.mean(x), np.var(x), np.mean(y), np.var(y))


def reverse_on(grid, floor=0.0):
    """The reverse objective from plain densities on a grid of its own."""

    def reverse(mu, sigma, m):
        x = grid(mu, sigma, m)
        q = gaussian(x, mu, sigma)
        p = (gaussian(x, -m, 0.6) + gaussian(x, m, 0.6)) / 2 + floor
        return np.sum(q * np.log(q / p)) * (x[1] - x[0])

    return reverse


def around_q(reach):
    return lambda mu, sigma, m: mu + sigma * np.linspace(-reach, reach, 2001)


def fixed(reach):
    return lambda mu, sigma, m: np.linspace(-reach, reach, 4001)


FUNCTION_SLIPS = {
    "check_reverse_kl": [
        (reverse_on(around_q(9)), "returns inf, not 3.649. Far out p underflows"),
        (reverse_on(around_q(40)), "returns nan, not 0.6759. Far out both densities underflow"),
        (reverse_on(fixed(100)), "returns nan, not 0.6759. Far out both densities underflow"),
        (reverse_on(around_q(9), 1e-12), "p + 1e-12 is not p"),
        (reverse_on(fixed(4)), "not 0.1923. The grid ends at ±4"),
        (reverse_on(fixed(5)), "not 3.649. The grid ends at ±5"),
        (reverse_on(fixed(10)), "not 3.649. The grid ends at ±10"),
        (
            reverse_on(lambda mu, sigma, m: np.linspace(-m - 5, m + 5, 4001)),
            "not 3.649. The grid ends at ±8",
        ),
        (reverse_on(around_q(3)), "not 0.6759. The grid ends 3σ from μ"),
    ],
    "check_kl": [
        (lambda p, q: loop_kl(p, q) / math.log(2), "in bits"),
        (lambda p, q: loop_kl(q, p), "swapped"),
        (lambda p, q: np.sum(p * np.log(q / p)), "sign"),
        (lambda p, q: -np.sum(p * np.log(q)), "lacks the log p part"),
        (lambda p, q: np.sum(np.log(p / q)), "weighted by p"),
        (lambda p, q: np.mean(np.log(p / q)), "plain average"),
        (lambda p, q: np.mean(p * np.log(p / q)), "mean is too small"),
        (lambda p, q: np.sum(p * np.log(p / q)), "0·log 0 is nan"),
        (lambda p, q: np.nansum(np.where(q > 0, p * np.log(p / q), 0)), "was left out"),
        (lambda p, q: np.sum(p * np.log((p + 1e-9) / (q + 1e-9))), "ε would only hide"),
    ],
    "check_kl_on_grid": [
        (total, "it returns 212.5, not 0.85. Forgot dx"),
        (lambda p, q, x: total(p, q, x) / (x[1] - x[0]), "do not divide"),
        (lambda p, q, x: 0.004 * total(p, q, x), "0.004"),
        (lambda p, q, x: np.mean(p * np.log(p / q)), "mean height"),
        (lambda p, q, x: trapezoid_kl(q, p, x), "swapped"),
        (lambda p, q, x: trapezoid_kl(p, q, x) / math.log(2), "in bits"),
    ],
    "check_kl_from_samples": [
        (variance_fit, "not variances"),
        (lambda x, y: fitted_by_hand(y, x), "swapped"),
        (lambda x, y: fitted_by_hand(x, y) / math.log(2), "in bits"),
        (lambda x, y: np.sum(x * np.log(x / y)), "not probabilities"),
        (lambda x, y: (x.mean() - y.mean()) ** 2 / (2 * y.var()), "one common σ"),
    ],
    "check_softmax_gradient": [
        (unstable_gradient, "overflows"),
        (lambda z, p: p - softmax_by_hand(z), "sign"),
        (lambda z, p: softmax_by_hand(z), "q alone"),
        (lambda z, p: z - p, "into probabilities"),
        (lambda z, p: -p / softmax_by_hand(z), "with respect to q"),
        (lambda z, p: p * (softmax_by_hand(z) - 1), "wrong classes"),
        (lambda z, p: (softmax_by_hand(z) - p) / len(z), "number of classes"),
    ],
}


@pytest.mark.parametrize("name", FUNCTION_SLIPS)
def test_untouched_functions_are_not_attempted(name):
    assert says(check_named(name, lambda *args: None), "not attempted", "`return`")


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [(name, *slip) for name, slips in FUNCTION_SLIPS.items() for slip in slips],
)
def test_wrong_functions_that_people_write(name, function, words):
    assert says(check_named(name, function), "wrong", words)


def test_the_grid_exercise_is_085_nats_and_the_slip_250_times_that():
    x = np.arange(-8, 10, 0.004)
    p, q = gaussian(x, math.sqrt(1.7), 1), gaussian(x, 0, 1)
    assert kl_normal(math.sqrt(1.7), 1, 0, 1) == pytest.approx(0.85, rel=1e-14, abs=0)
    assert trapezoid_kl(p, q, x) == pytest.approx(0.85, rel=1e-9)
    assert total(p, q, x) == pytest.approx(212.5, rel=1e-9)


def test_the_softmax_gradient_against_finite_differences():
    z, p, h = np.array([0.5, -1.0, 0.0, 2.0]), np.array(SMOOTH), 1e-5
    for i, step in enumerate(np.eye(4) * h):
        up, down = (cross_entropy(p, softmax_by_hand(z + s)) for s in (step, -step))
        # the second-order error of a central difference is about h² = 1e-10
        assert (up - down) / (2 * h) == pytest.approx(softmax_by_hand(z)[i] - p[i], abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_claims_about_the_demo_are_as_the_check_says(seed):
    z = np.random.default_rng(seed).standard_normal((2, 1000))
    apart, near, same = (0.1 * z + [[a], [b]] for a, b in ((0, 0.5), (0.2, 0), (0, 0)))
    for samples, exact in ((apart, 12.5), (near, 2.0)):  # A: beyond 99 bins it only gets worse
        few, many = (kl_histogram(*samples, bins=bins) for bins in (99, 1000))
        assert abs(many - exact) > abs(few - exact)
    jumps = [kl_histogram(*s, epsilon=1e-6) - kl_histogram(*s) for s in (apart, near)]
    assert jumps[0] == pytest.approx(math.log(10), rel=0.05)  # C: over 95 % of p is where q is not
    assert jumps[1] > 0.3  # B
    assert kl_histogram(*same) > 0.1  # D


# --- Ten spellings of each right answer, each named slip, five functions that begin well ------


def of_number(x):
    """One number as people and libraries hand it over."""
    yield from (float(x), np.float64(x), np.longdouble(x), np.array(x), Fraction(x))
    yield from (Decimal(repr(float(x))), Fraction(x).limit_denominator(10**7), np.float32(x))
    yield from (np.array(Fraction(x), dtype=object), np.ma.array(float(x)), float(f"{x:.4g}"))


def of_list(values):
    yield from (list(values), tuple(values), np.array(values), np.float32(values))
    yield from ([Fraction(x) for x in values], [Decimal(repr(float(x))) for x in values])
    yield from (np.array(values, dtype=object), np.longdouble(values), np.ma.array(values))
    yield [np.float64(x) for x in values]


def of_text(text):
    yield from (text, text.lower(), text.upper(), f" {text} ", f"{text}.", f"({text})", f"{text})")
    yield from ([text], (text,), np.str_(text))


class Callable:
    def __init__(self, function):
        self.function = function

    def __call__(self, *args):
        return self.function(*args)

    def method(self, *args):
        return self.function(*args)


def of_function(function):
    """The same function of another kind, and with results of another kind."""
    yield from (function, partial(function), Callable(function), Callable(function).method)
    kinds = (np.asarray, np.float32, np.longdouble, np.ma.array, lambda x: np.asarray(x, object))
    for kind in (*kinds, lambda x: x.tolist() if isinstance(x, np.ndarray) else float(x)):
        yield lambda *args, kind=kind: kind(function(*args))


def spelt(answer):
    if callable(answer):
        return of_function(answer)
    if isinstance(answer, str):
        return of_text(answer)
    return of_number(answer) if np.ndim(answer) == 0 else of_list(answer)


@pytest.mark.parametrize("name", RIGHT)
def test_ten_spellings_of_a_right_answer_are_right(name):
    for i, answer in enumerate(RIGHT[name]):
        spellings = list(spelt(answer))
        assert len(spellings) >= 10
        for other in spellings:
            answers = [*RIGHT[name][:i], other, *RIGHT[name][i + 1 :]]
            assert says(check_named(name, *answers), "right"), repr(other)


@pytest.fixture
def asked(monkeypatch):
    """What a check asks of `check_number` and `check_function`: which one, and its arguments."""

    def look(name):
        calls = []
        for check in (check_number, check_function):

            def note(answer, *args, _check=check, **kwargs):
                calls.append((_check, args, kwargs))
                return _check(answer, *args, **kwargs)

            module = NAMED[name].__module__
            monkeypatch.setattr(f"{module}.{check.__name__}", note, raising=False)
        check_named(name, *[None] * arity(name))
        monkeypatch.undo()
        return calls

    return look


@pytest.mark.parametrize("name", NAMED)
def test_each_slip_gets_its_own_words(name, asked):
    for check, args, kwargs in asked(name):
        for words, slips in (kwargs.get("mistakes") or {}).items():
            for slip in slips if isinstance(slips, tuple) else (slips,):
                # a slip that shows in one case only is right in the others
                answer = either(slip, args[0]) if callable(slip) else slip
                assert says(check(answer, *args, **kwargs), "wrong", words)


def either(slip, right):
    def function(*args):
        value = slip(*args)
        return right(*args) if value is None else value

    return function


def first_alone(right):
    """A function that has learnt the first case by heart."""
    learnt = []

    def function(*args):
        learnt.append(right(*args))
        return learnt[0]

    return function


def masked_apart(p, q):
    return np.sum(p[p > 0] * np.log(p[p > 0] / q[q > 0]))


def masked_in_part(p, lengths):
    return np.sum(p[p > 0] * (lengths + np.log2(p[p > 0])))


def label_as_index(z, p):
    q = softmax_by_hand(z)
    q[np.argmax(p)] -= 1
    return q


def less(shift):
    """The gradient, with exp(z − shift)."""

    def gradient(z, p):
        e = np.exp(z - shift(z))
        return e / e.sum() - p

    return gradient


def tilt_less(shift):
    def tilt(reference, reward, beta):
        weights = reference * np.exp((reward - shift(reward)) / beta)
        return weights / weights.sum()

    return tilt


def price_on(edges, draws=None, least=1):
    def price(x, y):
        p = np.histogram(x, edges(x, y))[0] / (draws or len(x))
        return p[np.histogram(y, edges(x, y))[0] / len(y) < least / len(y)].sum() * math.log(10)

    return price


def all_edges(x, y):
    return np.linspace(min(*x, *y), max(*x, *y), 100)


def price_below_a_share(x, y):
    p, q = (np.histogram(draws, all_edges(x, y))[0] / len(draws) for draws in (x, y))
    return p[q < 1 / 600].sum() * math.log(10)


def nearest_with(rho=None, nu=None, size=None):
    def nearest(x, y):
        within = np.abs(x[:, np.newaxis] - x)
        np.fill_diagonal(within, np.inf)
        own = rho(x, within) if rho else within.min(axis=1)
        other = nu(x, y) if nu else np.abs(x[:, np.newaxis] - y).min(axis=1)
        return np.mean(np.log(other / own)) + math.log(size or len(y) / (len(x) - 1))

    return nearest


def beside(x, within):
    """The nearer of the draws before and after, as if they were in order."""
    steps = np.abs(np.diff(x, prepend=np.inf, append=np.inf))
    return np.minimum(steps[:-1], steps[1:])


def as_if_in_order(x, y):
    place = np.clip(np.searchsorted(y, x), 1, len(y) - 1)
    return np.minimum(np.abs(x - y[place - 1]), np.abs(x - y[place]))


def poisson_gap(eta_p, eta_q, step):
    return math.exp(eta_q) - math.exp(eta_p) - step * math.exp(eta_p)


def vae(mu, log_var, low=-math.inf, one=None):
    log_var = np.maximum(log_var, low)
    return 0.5 * (np.sum(np.exp(log_var) + mu**2 - log_var) - (one or len(mu)))


def two_n_d(counts, n=None, faces=None):
    f, n, faces = counts / counts.sum(), n or counts.sum(), faces or len(counts)
    return 2 * n * np.sum(f * np.log(f * faces, out=np.zeros(len(f)), where=f > 0))


BEGIN_WELL = {
    "check_kl": [
        lambda p, q: np.sum(p * np.log(p / q)),
        masked_apart,
        lambda p, q: loop_kl(p, q + 1e-12),
        lambda p, q: sum(p[i] * math.log(p[i] / q[i]) for i in range(3)),
        lambda p, q: loop_kl(p, q) if np.all(q > 0) else None,
        lambda p, q: loop_kl(*zip(*[(a, b) for a, b in zip(p, q, strict=True) if b], strict=True)),
    ],
    "check_kl_on_grid": [
        lambda p, q, x: total(p, q, x) * 0.004,
        lambda p, q, x: trapezoid_kl(q, p, x),
        lambda p, q, x: (x[np.argmax(p)] - x[np.argmax(q)]) ** 2 / 2,
        lambda p, q, x: total(p, q, x) * 18 / 4500,
        lambda p, q, x: 0.85,
    ],
    "check_kl_from_samples": [
        first_alone(fitted_by_hand),
        lambda x, y: kl_normal(np.mean(x), np.std(x), np.mean(x) + np.mean(y - x), np.std(y)),
        lambda x, y: kl_normal(np.mean(x), np.std(x), np.mean(y), 2),
        lambda x, y: fitted_by_hand(np.exp(np.log(x)), y),
        lambda x, y: fitted_by_hand(x, np.sqrt(y) ** 2),
    ],
    "check_softmax_gradient": [
        less(lambda z: 0),
        less(np.min),
        less(np.mean),
        less(np.median),
        less(lambda z: z[0]),
        less(lambda z: z[-1]),
        less(lambda z: np.abs(z).max()),
        label_as_index,
        lambda z, p: softmax_by_hand(np.clip(z, -500, 500)) - p,
        lambda z, p: np.nan_to_num(np.exp(z) / np.exp(z).sum(), nan=1.0) - p,
        lambda z, p: np.nan_to_num(np.exp(z)) / np.nan_to_num(np.exp(z)).sum() - p,
    ],
    "check_price_per_decade": [
        first_alone(price_by_hand),
        price_on(all_edges, draws=1000),
        price_on(lambda x, y: np.linspace(min(y), max(x), 100)),
        price_below_a_share,
        lambda x, y: price_by_hand(x[:1000], y) if len(x) > len(y) else 0.0,
    ],
    "check_k3": [
        first_alone(k3_by_hand),
        lambda log_p, log_q: np.sum(np.exp(log_q - log_p) - 1 - (log_q - log_p)) / 3,
        lambda log_p, log_q: k3_by_hand(log_p[:3], log_q[:3]),
        lambda log_p, log_q: k3_by_hand(np.zeros(len(log_p)), np.clip(log_q - log_p, -1, 1)),
        lambda log_p, log_q: k3_by_hand(np.maximum(log_p, -2), np.maximum(log_q, -2.5)),
    ],
    "check_nearest": [
        first_alone(nearest_by_hand),
        nearest_with(size=3),
        nearest_with(rho=beside),
        nearest_with(nu=as_if_in_order),
        nearest_with(rho=lambda x, within: np.maximum(within.min(axis=1), 0.1)),
        nearest_with(nu=lambda x, y: np.abs(x[:, np.newaxis] - y[:6]).min(axis=1)),
    ],
    "check_extra_bits": [
        lambda p, lengths: kl_divergence(p, 2.0**-lengths / np.sum(2.0**-lengths), base=2),
        lambda p, lengths: kl_divergence(p, 2.0**-lengths, base=2),
        lambda p, lengths: np.sum(p * (lengths + np.log2(p))),
        masked_in_part,
        lambda p, lengths: np.sum(p * lengths) - entropy([0.35, 0.25, 0.2, 0.15, 0.05], base=2),
    ],
    "check_reverse_kl": [
        reverse_on(around_q(9)),
        reverse_on(around_q(9), 1e-12),
        reverse_on(fixed(5)),
        reverse_on(lambda mu, sigma, m: np.linspace(mu - 5, mu + 5, 4001)),
        reverse_on(fixed(4)),
        first_alone(reverse_by_quadrature),
    ],
    "check_statistic": [
        lambda counts: two_n_d(counts, faces=6),
        lambda counts: two_n_d(counts[counts > 0]),
        lambda counts: two_n_d(counts, n=60),
        lambda counts: 2 * np.sum(counts * np.log(counts * len(counts) / counts.sum())),
        lambda counts: two_n_d(np.maximum(counts, 1)),
        first_alone(two_n_d),
    ],
    "check_bregman_poisson": [
        lambda a, b: poisson_gap(min(a, b), max(a, b), abs(b - a)),
        lambda a, b: poisson_gap(a, b, abs(b - a)),
        lambda a, b: poisson_gap(a, b, 0.5),
        lambda a, b: poisson_gap(a, b, b - a) * np.sign(b - a),
        first_alone(lambda a, b: poisson_gap(a, b, b - a)),
    ],
    "check_vae_term": [
        lambda mu, v: vae(mu, v, one=2),
        lambda mu, v: vae(mu, v, low=-10),
        lambda mu, v: vae(mu, v, low=math.log(1e-6)),
        lambda mu, v: np.mean(np.exp(v) + mu**2 - 1 - v),
        first_alone(vae),
    ],
    "check_tilt": [
        tilt_less(lambda r: 0),
        tilt_less(np.min),
        tilt_less(np.mean),
        tilt_less(np.median),
        tilt_less(lambda r: r[0]),
        tilt_less(lambda r: r[-1]),
        tilt_less(lambda r: np.abs(r).max()),
        lambda ref, r, b: tilt_less(np.max)(ref, r, 0.5),
        lambda ref, r, b: tilt_less(np.max)(ref, np.clip(r, -500, 500), b),
    ],
}


def test_five_functions_that_begin_well_for_each_check_of_a_function(asked):
    checked = {name for name in NAMED if any(c is check_function for c, *_ in asked(name))}
    assert set(BEGIN_WELL) == checked
    assert min(map(len, BEGIN_WELL.values())) >= 5


@pytest.mark.parametrize(
    ("name", "i"), [(name, i) for name, many in BEGIN_WELL.items() for i in range(len(many))]
)
def test_a_function_that_is_right_in_the_first_case_alone_is_wrong(name, i, asked):
    function = BEGIN_WELL[name][i]
    ((_, (expected, cases), kwargs),) = asked(name)
    assert says(
        check_function(function, expected, cases[:1], digits=kwargs.get("digits", 3)), "right"
    )
    assert says(check_named(name, function), "wrong")


def halfway(a, c):
    return (a, (a + c) / 2, c)


# What a slide's note says to expect, or its hint warns of, and what the check answers to it.
EXPECTED = {
    "ex-warm-up": [((3,), "the shift itself"), ((9,), "lacks the ½"), ((1.5,), "before you halve")],
    "ex-coin-bits": [((0.511,), "in nats"), ((0.531,), "arguments are swapped")],
    "ex-kl": [
        ((lambda p, q: np.sum(p * np.log(p / q)),), "0·log 0 is nan"),
        ((lambda p, q: np.nansum(np.where(q > 0, p * np.log(p / q), 0)),), "was left out"),
    ],
    "ex-one-way": [(([0.5, 0.5, 0], [0.4, 0.3, 0.3]), "The other way round")],
    "ex-grid": [((lambda p, q, x: total(p, q, x) * 0.004,), "dx is not 0.004 on every grid")],
    "ex-units": [((4.5, 450), "The unit drops out"), ((4.5, 45_000), "The unit drops out")],
    "ex-widths": [
        ((0.5, 1.5), "Equal distances from 1 do not cost the same: 0.807 nats below, 0.128 above.")
    ],
    "ex-claims": [(("A",), "instead of settling"), (("B",), "is what is added")],
    "ex-samples": [
        ((variance_fit,), "not variances"),
        ((lambda x, y: fitted_by_hand(y, x),), "arguments are swapped"),
    ],
    "ex-loss": [((0.417,), "the first class"), ((1.131,), "exponentiate")],
    "ex-gradient": [((unstable_gradient,), "exp(1000) overflows")],
    "ex-perplexity": [((9.03, 8.57, "A"), "`better`: 2.2 is in nats and 3.1 in bits")],
    "ex-floor": [((0,), "floor of a one-hot label")],
    "ex-reports": [(("A", "C", "D", "E"), "no exceptions")],
    "ex-audit": [(("B", 0.721), "B is not a fault"), (("ABCE", 0.721), "B is not a fault")],
    "ex-triangle": [(halfway(0.5, 0.01), "2.5 is wanted")],
    "ex-pinsker": [((0.1, 0.1), "first turn the bits into nats")],
    "ex-moments": [((-0.6, 0.6), "one stream"), ((-0.6, 1.375), "how far the streams are apart")],
    "ex-reverse": [((reverse_on(around_q(9)),), "Far out p underflows")],
    "ex-limits": [((math.log(2), 0.357), "the limit for two modes")],
    "ex-directions": [(("F", "R", "R", "R"), "Letters do not matter")],
    "ex-epsilon": [((7.8 * 7 / 5,), "a sum and no factor"), ((780,), "a sum and no factor")],
    "ex-ceiling": [((13.8,), "spread over eight")],
    "ex-rods": [((950,), "here both are counted")],
    "ex-warning": [
        ((price_on(lambda x, y: np.linspace(min(*x, *y), max(*x, *y), 99)),), "98 bins")
    ],
    "ex-nearest": [
        ((nearest_with(rho=lambda x, within: 1e-300),), "not 0.273"),
        ((lambda x, y: np.inf,), "its own nearest neighbour"),
        ((lambda x, y: nearest_by_hand(x, y) - math.log(len(x) / (len(x) - 1)),), "not n."),
    ],
    "ex-k3": [((lambda log_p, log_q: k3_by_hand(log_q, log_p),), "upside down")],
    "ex-draws": [((200, 496_000), "square it first")],
    "ex-report": [(("B",), "about half of its estimates")],
    "ex-word": [((2, 1 / 16), "No room: two bits")],
    "ex-extra": [((lambda p, n: np.sum(p * (n + np.log2(p))),), "0 · log 0 counts as 0")],
    "ex-days": [((637, 1000 * kl_divergence([0.7, 0.3], [0.9, 0.1], base=2)), "That is D(q‖p)")],
    "ex-spare": [((11.4, 0), "more frequent than 1/27")],
    "ex-trains": [((30.96, 30.96), "the other truth")],
    "ex-apps": [((0.5, 9.21), "0.5 is the threshold")],
    "ex-statistic": [
        ((lambda counts: 2 * np.sum(counts * np.log(counts * len(counts) / counts.sum())),), "nan")
    ],
    "ex-stake": [((0.6, -0.0845), "when everything is bet")],
    "ex-fisher": [((4, 5e-5), "divide by λ²")],
    "ex-bregman": [((lambda a, b: poisson_gap(b, a, a - b),), "touches A at p's η")],
    "ex-exchange": [((0.0005 / 4, 0.004), "The other way round")],
    "ex-information": [((0.223, 0.223), "moved by 1"), ((0.223, 0.5), "the shift alone")],
    "ex-vae": [((lambda mu, v: vae(mu, v) + np.sum(v) / 4,), "is not to be halved")],
    "ex-tilt": [((tilt_less(lambda r: 0),), "e^{r/β} overflows here")],
    "ex-gradients": [((0.1927, 0.222, 0.3), "`k1`: That is the value")],
    "ex-psi": [((0.02, 0.0388, "yes"), "leave 7 free"), ((0.0175, 0.0352, "no"), "below 0.1")],
}


def checks_of_cells():
    """A cell's id -> the check that it ends in."""
    for path in lessons.notebooks():
        for cell in nbformat.read(path, as_version=4).cells:
            if "exercise" in cell.metadata.get("tags", []):
                yield cell.id, cell.source.rstrip().splitlines()[-1].partition("(")[0]


def test_each_exercise_has_its_slip_here():
    assert list(EXPECTED) == [cell_id for cell_id, _ in checks_of_cells()]


@pytest.mark.parametrize(
    ("cell_id", "answers", "words"),
    [(cell_id, *slip) for cell_id, slips in EXPECTED.items() for slip in slips],
)
def test_the_slip_that_a_note_expects_is_named(cell_id, answers, words):
    assert says(check_named(dict(checks_of_cells())[cell_id], *answers), "wrong", words)


@pytest.mark.parametrize(
    ("name", "answers", "words"),
    [
        ("check_warm_up", (4.5 / math.log(2),), "in bits"),
        ("check_warm_up", (-4.5,), "No divergence is negative"),
        ("check_warm_up", (2.25,), "do not square the half"),
        ("check_units", (0.9, 4.5), "lacks the ½, and σ is to be squared"),
        ("check_units", (4.5, 45), "`centimetres`: σ is to be squared"),
        ("check_classifier_loss", (0.659,), "the largest probability"),
        ("check_classifier_loss", (math.log(3),), "even shares"),
        ("check_perplexities", (9.03, 8.57, "C"), "none of the letters A, B"),
        (
            "check_kl_from_samples",
            (lambda x, y: mixed_up(np.mean(x), np.mean(y), np.std(x), np.std(y)),),
            "`kl_normal` takes μ and σ of p",
        ),
        ("check_kl_from_samples", (kl_histogram,), "recipe with bins"),
        (
            "check_kl_from_samples",
            (lambda x, y: (x.mean() - y.mean()) ** 2 / (2 * x.var()),),
            "that of p",
        ),
        ("check_softmax_gradient", (BEGIN_WELL["check_softmax_gradient"][8],), "Clipping changes"),
        ("check_softmax_gradient", (less(lambda z: np.abs(z).max()),), "exp(−1000) is 0 for all"),
        ("check_kl", (BEGIN_WELL["check_kl"][4],), "q = [0.2, 0.8, 0] it returns nothing"),
    ],
)
def test_other_slips_that_are_named(name, answers, words):
    assert says(check_named(name, *answers), "wrong", words)


def mixed_up(mu_p, mu_q, sigma_p, sigma_q):
    """`kl_normal` with its arguments in this order."""
    return kl_normal(mu_p, mu_q, sigma_p, sigma_q)
