"""Questions that are answered before their answer is shown."""

import contextlib
import html
import math
import operator

import ipywidgets as widgets
import traitlets
from IPython import get_ipython

from kl_helpers.checks._shared import as_html, box


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
            return box("neutral", f"You predicted: <b>{predicted}</b>. Now explore.")
        if self.field.value and self.read() is None:
            return box("neutral", "Type a number, such as 0.5 or 1/2.")
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
            self.note.value = box("neutral", "Commit to a prediction first, further up.")
            return
        shown = f"You predicted: <b>{html.escape(self.prediction.show(predicted))}</b>."
        if not self.opened:
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
        return {
            **self.widget._repr_mimebundle_(),
            "text/html": f"<details><summary>Reveal the answer</summary><p><b>{html.escape(answer)}"
            f"</b> {as_html(self.because)}</p></details>",
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
