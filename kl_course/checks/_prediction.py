"""Questions that are answered before their answer is shown."""

import html
import math
import operator

import ipywidgets as widgets
import traitlets

from kl_course.checks._shared import NotRightError, as_html, box, read_number
from kl_course.recall import OURS, recall

# After a restart ipywidgets marks every widget with an icon and says nothing.
_STYLE = """<style>
.kl-question.jupyter-widgets-disconnected::before,
.kl-question .jupyter-widgets-disconnected::before { content: none }
.kl-question .kl-gone { display: none }
.kl-question.jupyter-widgets-disconnected .kl-gone { display: block }
.kl-question.jupyter-widgets-disconnected button { display: none }
.kl-question.jupyter-widgets-disconnected input { pointer-events: none; opacity: 0.4 }
.kl-question { padding: 5px } /* room for the ring below, which a box would cut off */
.kl-question, .kl-question .widget-box { overflow: visible }
.kl-question :is(button, input):focus-visible {
    outline: 3px solid var(--jp-brand-color1, #1976d2) !important; outline-offset: 2px }
</style>"""
_GONE = "The kernel was restarted or shut down: <b>Run All Cells</b> brings the buttons back."


def _question_box(*parts):
    gone = widgets.HTML(_STYLE + box("wrong", _GONE))
    gone.add_class("kl-gone")
    whole = widgets.VBox([*parts, gone])
    whole.add_class("kl-question")
    return whole


class Prediction(traitlets.HasTraits):
    """A question that is answered before its answer is shown.

    Made by `predict` or `predict_number`. ``committed`` is None until the learner commits.
    """

    committed = traitlets.Any(None, allow_none=True)
    revealed = traitlets.Bool(False)

    def __init__(self, field, read, show, agrees, outline):
        super().__init__()
        self.field, self.read, self.show, self.agrees = field, read, show, agrees
        self.outline = outline + "\nRun All Cells brings the buttons."
        self._reveals = {}
        self.commit = widgets.Button(description="Commit", button_style="primary", disabled=True)
        self.change = widgets.Button(description="Change my mind")
        self.note = widgets.HTMLMath()
        buttons = widgets.HBox([self.commit, self.change])
        self.widget = _question_box(self.field, buttons, self.note)
        field.observe(self._update, "value")
        self.observe(self._update, ["committed", "revealed"])
        self.commit.on_click(lambda _: self.set_trait("committed", self.read()))
        self.change.on_click(lambda _: self.set_trait("committed", None))
        self._update()

    def _update(self, _=None):
        done = self.committed is not None
        value, complaint = None, ""
        try:
            value = self.read()
        except NotRightError as words:
            complaint = str(words)
        self.field.disabled = done
        self.commit.disabled = done or value is None
        self.change.layout.display = None if done and not self.revealed else "none"
        self.note.value = self._words(done, complaint)

    def _words(self, done, complaint):
        if done:
            predicted = f"You predicted: <b>{html.escape(self.show(self.committed))}</b>."
            return box("neutral", predicted + ("" if self.revealed else " Now explore."))
        return box("neutral", as_html(complaint)) if complaint else ""

    def reveal(self, answer, because=""):
        """Show the answer, and why, beside the prediction once the learner has committed to one.

        Parameters
        ----------
        answer : str or float
            The right option, or the right number.
        because : str
            Why. May hold ``$...$``, ``*emphasis*`` and backquoted code.
        """
        if (answer, because) not in self._reveals:
            self._reveals[answer, because] = _Reveal(self, answer, because)
        return self._reveals[answer, because]

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {**self.widget._repr_mimebundle_(), "text/plain": self.outline}, OURS


class _Reveal:
    """The other half of a `Prediction`: locked, then a button, then the answer."""

    def __init__(self, prediction, answer, because):
        self.prediction, self.answer, self.because = prediction, answer, because
        self.shown_answer = prediction.show(answer)
        self.note = widgets.HTMLMath()
        self.button = widgets.Button(description="Reveal", button_style="primary")
        self.button.on_click(lambda _: prediction.set_trait("revealed", True))
        self.widget = _question_box(self.note, self.button)
        prediction.observe(self._update, ["committed", "revealed"])
        self._update()

    def _update(self, _=None):
        predicted, opened = self.prediction.committed, self.prediction.revealed
        self.button.layout.display = "none" if predicted is None or opened else None
        if predicted is None:
            self.note.value = box("neutral", "Commit to a prediction first, further up.")
            return
        shown = f"You predicted: <b>{html.escape(self.prediction.show(predicted))}</b>."
        if not opened:
            self.note.value = box("neutral", shown)
            return
        right = self.prediction.agrees(predicted, self.answer)
        self.note.value = box(
            "right" if right else "wrong",
            f"<b>{'✓ Right.' if right else '✗ Not this time.'}</b> {shown}",
            f"Answer: <b>{html.escape(self.shown_answer)}</b>.",
            as_html(self.because),
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        answer = f"Answer: {self.shown_answer}."
        bundle = {
            **self.widget._repr_mimebundle_(),
            "text/html": f"<details><summary>Reveal the answer</summary><p><b>{html.escape(answer)}"
            f"</b> {as_html(self.because)}</p></details>",
            "text/plain": f"{answer} {self.because}".strip(),
        }
        return bundle, OURS


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

    return _as_asked_before(("predict", options), lambda: _choice(options))


def _choice(options):
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
    kind = "predict_number", unit, tolerance
    return _as_asked_before(kind, lambda: _number(unit, tolerance))


def _number(unit, tolerance):
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
    outline = f"Your prediction: ______ {unit}".rstrip()
    return Prediction(field, lambda: read_number(field.value, unit), show, agrees, outline)


def _as_asked_before(kind, make):
    """The same question when its cell is run again: what was chosen and revealed stays."""
    memory = recall(kind)
    if "question" not in memory:
        memory["question"] = make()
    return memory["question"]
