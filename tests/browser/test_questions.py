"""Questions, checks and Run All under a learner's hands: keys, restarts, interrupts."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

IMPORTS = """from kl_helpers import kl_divergence
from kl_course.checks import predict, predict_number
from kl_course.checks.definitions import check_kl"""
SOURCES = {
    "imports": IMPORTS,
    "padding": "print('line\\n' * 40)",
    "choose": "choice = predict('up', 'down', 'nowhere')\nchoice",
    "number": "number = predict_number('nats')\nnumber",
    "reveal": "choice.reveal('up', 'It *grows*.')",
    "more": "print('line\\n' * 40)",
    "loop": "def kl(p, q):\n    while True:\n        pass\n\ncheck_kl(kl)",
}
TAGGED = {"tags": ["raises-exception"]}


@pytest.fixture
def page(course, open_notebook):
    """A notebook of questions; all but its endless loop has been run."""
    cells = [new_code_cell(text, id=name, metadata=TAGGED) for name, text in SOURCES.items()]
    loop = cells.pop()
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    path = course / "notebooks" / "92-questions.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    with open_notebook(f"notebooks/{path.name}") as page:
        page.loop = loop.source
        page.run_all()
        yield page
        page.page.keyboard.press("Escape")  # out of a dialog that a failed test has left


def press_through(page):
    """Choose, commit and reveal with the mouse."""
    question, answer = page.outputs("choose"), page.outputs("reveal")
    question.get_by_role("radio").first.check()
    question.get_by_role("button", name="Commit").click()
    page.settle()
    answer.get_by_role("button", name="Reveal").click()
    page.settle()


# --- keys


@pytest.mark.parametrize("key", ["x", "m", "d", "a", "Shift+M", "0", "Delete", "ArrowDown"])
def test_a_key_pressed_in_a_question_does_not_reach_the_notebook(page, key):
    before = {i: cell["cell_type"] for i, cell in page.cells.items()}
    page.activate("choose")
    selected = page.place[0]
    page.tab_to(page.outputs("choose").get_by_role("radio").first)
    page.keys(key, key)
    assert {i: cell["cell_type"] for i, cell in page.cells.items()} == before
    assert page.place[0] == selected
    assert page.interruptions() == []


def test_outside_of_a_question_the_notebooks_own_keys_work(page):
    page.activate("choose")
    page.keys("ArrowDown")
    assert page.place[0] == list(page.cells).index("number")
    page.activate("choose")
    page.tab_to(page.outputs("choose").get_by_role("radio").first)
    page.keys("Shift+Enter")
    assert page.place[0] == list(page.cells).index("number")


def test_arrow_keys_choose_and_each_button_shows_where_the_focus_is(page):
    question = page.outputs("choose")
    up, down, _ = question.get_by_role("radio").all()
    page.activate("choose")
    page.tab_to(up)
    page.keys("ArrowDown")
    assert down.is_checked()
    assert down.evaluate("node => getComputedStyle(node).outlineWidth") == "3px"
    commit = question.get_by_role("button", name="Commit")
    page.tab_to(commit, most=1)
    assert commit.evaluate("node => getComputedStyle(node).outlineWidth") == "3px"
    page.keys("Enter")
    assert "You predicted: down" in page.output_text("choose")


# --- numbers


def test_a_number_that_cannot_be_read_is_said_before_commit(page):
    question = page.outputs("number")
    field, commit = question.get_by_role("textbox"), question.get_by_role("button", name="Commit")
    field.fill("1e400")
    field.press("Tab")
    page.settle()
    assert "more than the largest number" in page.output_text("number")
    assert commit.is_disabled()
    field.fill("−1,5")
    field.press("Tab")
    page.settle()
    commit.click()
    page.settle()
    assert "You predicted: -1.5 nats" in page.output_text("number")


# --- run again, restart, interrupt


def test_run_all_again_keeps_what_was_answered(page):
    press_through(page)
    assert "Now explore" not in page.output_text("choose")
    page.run_all()
    assert "You predicted: up" in page.output_text("choose")
    assert "✓ Right." in page.output_text("reveal")
    assert page.problems() == []


CRASH = "import os; os._exit(1)"


def accept_dialogs(page, seconds=5):
    """JupyterLab says that a kernel died in a dialog, and at times in two."""
    for _ in range(10 * seconds):
        if page.interruptions():
            page.page.locator(".jp-Dialog .jp-mod-accept").first.click()
        page.page.wait_for_timeout(100)


@pytest.mark.parametrize("end", ["restart", "crash", "shut down"])
def test_a_question_whose_kernel_is_gone_says_so_and_how_to_go_on(page, end):
    question, answer = page.outputs("choose"), page.outputs("reveal")
    question.get_by_role("radio").first.check()
    gone = question.locator(".kl-gone")
    assert not gone.is_visible()
    if end == "restart":
        page.restart()
    elif end == "crash":
        page.page.evaluate(
            "code => window.panel.sessionContext.session.kernel.requestExecute({code})", CRASH
        )
        accept_dialogs(page)
    else:
        page.page.evaluate("window.panel.sessionContext.shutdown()")
    gone.wait_for(state="visible")
    assert "Run All Cells brings the buttons back" in gone.text_content()
    for part in (question, answer):
        assert part.locator("button:visible").count() == 0
        icons = part.locator(".jupyter-widgets").evaluate_all(
            "all => all.map(node => getComputedStyle(node, '::before').content)"
        )
        assert set(icons) == {"none"}
    if end == "restart":
        page.run_all()
        assert not question.locator(".kl-gone").is_visible()
        press_through(page)
        assert "✓ Right." in page.output_text("reveal")


def test_stopping_an_endless_loop_shows_no_solution(page):
    page.cell("more").locator(".cm-content").click()
    page.page.keyboard.press("Control+A")
    page.page.keyboard.insert_text(page.loop)
    page.page.keyboard.press("Shift+Enter")
    page.page.wait_for_function("window.panel.sessionContext.session.kernel.status === 'busy'")
    page.page.wait_for_timeout(300)  # into the loop
    page.page.evaluate("window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    page.settle()
    shown = page.output_text("more")
    assert "Stopped: your function did not return." in shown
    assert "Traceback" not in shown
    assert "kl_divergence" not in shown


# --- Run All stays


@pytest.mark.parametrize("command", ["run-all-cells", "run-all-below", "restart-run-all"])
def test_run_all_leaves_the_view_and_the_selected_cell_where_they_are(page, command):
    page.activate("choose")
    page.scroll_to(page.cell("choose"))
    page.page.mouse.move(600, 400)
    page.page.mouse.wheel(0, 130)  # the selected cell is no longer wholly seen
    page.page.wait_for_timeout(300)
    before = page.place
    page.page.evaluate(
        "id => {window.running = window.jupyterapp.commands.execute(id)}", f"notebook:{command}"
    )
    if command == "restart-run-all":
        page.page.locator(".jp-Dialog .jp-mod-accept").click()
    page._await("() => window.running")
    page.page.wait_for_timeout(1200)  # for what comes late
    assert page.place[:2] == before[:2]
    assert page.place[2] == pytest.approx(before[2], abs=2)  # rounded to whole pixels
