"""Questions and Run All under a learner's hands: keys, numbers, the same cells once more."""

import pytest

SOURCES = {
    "imports": "from kl_course.checks import predict, predict_number",
    "padding": "print('line\\n' * 40)",
    "choose": "choice = predict('up', 'down', 'nowhere')\nchoice",
    "number": "number = predict_number('nats')\nnumber",
    "enter": "predict('up', 'down')",
    "arrows": "predict('up', 'down')",
    "kept": "kept = predict('up', 'down', 'nowhere')\nkept",
    "reveal": "kept.reveal('up', 'It *grows*.')",
    "more": "print('line\\n' * 40)",
}


@pytest.fixture(scope="module")
def page(run_planted):
    """A notebook of questions; what a test answers is asked in no other one."""
    with run_planted(SOURCES) as page:
        page.run_all()
        yield page
        page.page.keyboard.press("Escape")  # out of a dialog that a failed test has left


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
    below = page.index("enter") + 1
    page.activate("enter")
    page.keys("ArrowDown")
    assert page.place[0] == below
    page.activate("enter")
    page.tab_to(page.outputs("enter").get_by_role("radio").first)
    page.keys("Shift+Enter")
    assert page.place[0] == below


def test_arrow_keys_choose_and_each_button_shows_where_the_focus_is(page):
    question = page.outputs("arrows")
    up, down = question.get_by_role("radio").all()
    page.activate("arrows")
    page.tab_to(up)
    page.keys("ArrowDown")
    assert down.is_checked()
    assert down.evaluate("node => getComputedStyle(node).outlineWidth") == "3px"
    commit = question.get_by_role("button", name="Commit")
    page.tab_to(commit, most=1)
    assert commit.evaluate("node => getComputedStyle(node).outlineWidth") == "3px"
    page.keys("Enter")
    assert "You predicted: down" in page.output_text("arrows")


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


# --- Run All


def test_run_all_again_keeps_what_was_answered(page):
    page.commit("kept")
    page.reveal("reveal")
    assert "Now explore" not in page.output_text("kept")
    page.run_all()
    assert "You predicted: up" in page.output_text("kept")
    assert "✓ Right." in page.output_text("reveal")
    assert page.problems() == []


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
