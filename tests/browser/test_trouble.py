"""Whatever goes wrong turns the suite red; whatever a learner does wrong stops nothing."""

import nbformat
import pytest

from tools.driver import NOTEBOOKS, ExplorerView, agrees_to_the_printed_digits, solutions

RAISING = """
from kl_course.engine import Explorer
from kl_course.scene import Frame, Scene, Slider

def compute(x):
    if x > 0:
        raise RuntimeError("planted")
    return Frame({"x": x}, {"x": x})

sliders = [Slider("x", "x", -1, -1, 1, 0.5)]
axes = lambda figure: figure.subplots()
Explorer(Scene("planted", "", sliders, compute, axes, lambda ax, x: None))
"""
LOST_WIDGET = """
from IPython.display import display

view = {"model_id": "planted", "version_major": 2, "version_minor": 0}
display({"application/vnd.jupyter.widget-view+json": view}, raw=True)
"""
PLANTED = {
    "raises": ("raise RuntimeError('planted')", "cell raises: RuntimeError: planted"),
    "warns": ("import sys; print('planted', file=sys.stderr)", "cell warns: stderr: planted"),
    "says": ("from IPython.display import HTML; HTML('<p role=alert>planted')", "alert: planted"),
    "shows": (LOST_WIDGET, "page: Error displaying widget"),
    "loads": ("import ipywidgets as w; w.HTML('<img src=/planted.png>')", "planted.png"),
}
NONSENSE = ("answer = 'seven'", "answer = (", "answer = 1 / 0", "answer = unheard_of")


def test_a_callback_that_raises_is_a_problem(run_planted):
    with run_planted({"explore": RAISING}) as page:
        page.run_all()
        explorer = ExplorerView(page, "explore")
        explorer.key("x", "ArrowRight")
        assert page.problems() == []
        explorer.key("x", "End")
        alert, *said = sorted(page.problems())  # when it is asked for, and where the hand rests
        assert alert.startswith("alert: ")
        assert said
        assert all(text.startswith("kernel: ") for text in said)
        assert all("planted" in text for text in (alert, *said))


def test_every_other_trouble_is_a_problem(run_planted):
    with run_planted({name: source for name, (source, _) in PLANTED.items()}) as page:
        assert page.problems() == []
        page.run_all()
        assert len(page.never_run()) == 0
        problems = page.problems()
    unseen = [sign for _, sign in PLANTED.values() if not any(sign in text for text in problems)]
    assert unseen == [], problems


@pytest.mark.parametrize(
    ("text", "value", "agrees"),
    [
        ("0.5000", 0.50004, True),
        ("0.5000", 0.50006, False),
        ("12.5", 12.5, True),
        ("0.0000", 1e-4, False),
    ],
)
def test_printed_digits(text, value, agrees):
    assert agrees_to_the_printed_digits(text, value) is agrees


def test_nonsense_answers_stop_nothing(open_notebook):
    path = next(path for path in NOTEBOOKS if solutions(nbformat.read(path, as_version=4).cells))
    with open_notebook(f"notebooks/{path.name}") as page:
        exercises = list(solutions(page.cells.values()))
        for nonsense, cell_id in zip(NONSENSE, exercises, strict=False):
            *_, check = page.cells[cell_id]["source"].splitlines()
            page.type_into(cell_id, f"{nonsense}\n{check}")
        page.run_all()
        assert page.never_run() == []
        assert "✗" in page.output_text(exercises[0])
        troubles = [text for text in page.problems() if not text.startswith("cell ex-")]
        assert troubles == []
