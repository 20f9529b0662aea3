"""Predictions driven through their traits, and checks fed right, wrong and hostile answers."""

import inspect
import itertools
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

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
}


def test_every_check_is_tried_here_or_in_the_test_of_its_lesson():
    numbers = {lessons.slug(path.name): path.name[:2] for path in lessons.notebooks()}
    for name, check in lessons.checks().items():
        number = numbers[check.__module__.rpartition(".")[2]]
        lesson = Path(__file__).with_name(f"test_lesson_{number}.py")
        assert name in RIGHT or f"{name}(" in lesson.read_text(encoding="utf-8"), name


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
