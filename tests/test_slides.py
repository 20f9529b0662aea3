"""The slides' metadata: what is projected, what a teacher asks, and how long it takes."""

import re
from pathlib import Path

import nbformat
import pytest

import tools.cells
from tools import notebook_rules as rules

COURSE = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = {
    path.stem: nbformat.read(path, as_version=4) for path in sorted(COURSE.glob("*.ipynb"))
}
LESSONS = [name for name, notebook in NOTEBOOKS.items() if rules.has_slides(notebook)]
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
PROMISE = re.compile(r"\*\*([^*]*?(\d+) minutes[^*]*)\*\*([^\n]*)")


@pytest.fixture(params=LESSONS)
def lesson(request):
    return NOTEBOOKS[request.param]


def kind(cell):
    return cell.metadata["slideshow"]["slide_type"]


def minutes(cells):
    found = [re.search(r"\((\d+) min\)$", cell.metadata.get("notes", "")) for cell in cells]
    return sum(int(match[1]) for match in found if match)


def is_exercise(cell):
    return cell.cell_type == "markdown" and cell.source.startswith("### Exercise")


def promised(notebook):
    """Minutes that the beginning of a lesson promises: of the lesson, its exercises, its game."""
    text = next(cell.source for cell in notebook.cells if "you can**" in cell.source)
    whole, first, rest = PROMISE.search(text).groups()
    exercises = re.search(r"(\d+) more for the \w+ exercises", rest)
    game = re.search(r"(\d+) for a game", rest)
    others = re.search(r"(\d+) for the others", rest)
    lesson = int(first) * (2 if whole.startswith("Two sittings") else 1)
    lesson += int(others[1]) if others else 0
    return lesson, *(int(part[1]) if part else 0 for part in (exercises, game))


def test_every_lesson_has_slides():
    assert [name[:2] for name in LESSONS] == [f"{i:02}" for i in range(12)]


def test_every_cell_says_where_it_goes(lesson):
    assert [cell.id for cell in lesson.cells if "slideshow" not in cell.metadata] == []


def test_imports_and_what_only_the_notebook_can_use_are_skipped(lesson):
    for before, cell in zip([None, *lesson.cells[:-1]], lesson.cells, strict=True):
        exercise = "tags" in cell.metadata or (before and "tags" in before.metadata)
        if exercise or cell.id.startswith("imports"):
            assert kind(cell) == "skip", cell.id


def test_a_heading_begins_a_slide(lesson):
    for cell in lesson.cells:
        if cell.cell_type == "markdown" and re.match(r"##? |### Exercise", cell.source):
            assert kind(cell) in ("slide", "skip"), cell.id
        if is_exercise(cell):
            assert kind(cell) == "slide", cell.id


def test_a_prediction_stands_below_its_question_and_an_explorer_alone(lesson):
    for before, cell in zip(lesson.cells, lesson.cells[1:], strict=False):
        if re.match(r"\w+ = predict", cell.source):
            assert before.cell_type == "markdown", cell.id
            assert kind(before) in ("slide", "subslide"), before.id
            assert kind(cell) == "-", cell.id
        if re.match(r"explore_\w+\(\)$|\w+\.reveal\(", cell.source):
            assert kind(cell) == "subslide", cell.id


def test_what_tells_an_answer_comes_on_a_slide_after_that_of_its_question(lesson):
    at, slide_of = 0, {}
    for cell in lesson.cells:
        at += kind(cell) in ("slide", "subslide")
        slide_of[cell.id] = at
    for cell, questions in tools.cells.asked_before(lesson):
        if tools.cells.hides_outputs(cell):
            assert all(slide_of[asked] < slide_of[cell.id] for asked in questions), cell.id


def test_what_a_teacher_asks_and_may_expect(lesson):
    """A prediction: what to ask, which answers to expect. An explorer: what to do as well."""
    for cell in lesson.cells:
        notes = cell.metadata.get("notes", "")
        if re.match(r"\w+ = predict", cell.source):
            assert re.match(r"Ask: .* Expect: .* \(\d+ min\)$", notes), cell.id
        if re.match(r"explore_\w+\(\)$", cell.source):
            assert re.match(r"Do: .* (Ask|Expect)[^:]*: .* Expect: |Do: .* Expect: ", notes), (
                cell.id
            )


def test_the_minutes_are_those_that_the_lesson_promises(lesson):
    whole, exercises, game = promised(lesson)
    cells = lesson.cells
    exercise_cells = [cell for cell in cells if is_exercise(cell)] if exercises else []
    game_cells = [cell for cell in cells if "game" in cell.id or cell.id in GAMES]
    others = [cell for cell in cells if cell not in exercise_cells and cell not in game_cells]
    assert (minutes(others), minutes(exercise_cells), minutes(game_cells)) == (
        whole,
        exercises,
        game,
    )


def left_out(notebook, said):
    """Cells that a short way leaves out: exercises by number, the game, sections by their heading.

    A section ends with the next heading, so an exercise that follows is named by its number.
    """
    heading, out = "", []
    headings = re.findall(r"“([^”]+)”", said)
    exercises = re.findall(r"\d", re.sub(r"“[^”]+”", "", said))
    titles = [f"## {name}" for name in headings] + [f"### Exercise {n}:" for n in exercises]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (match := re.match(r"#+ .*", cell.source)):
            heading = match[0]
        game = "the game" in said and ("game" in cell.id or cell.id in GAMES)
        if game or heading.startswith(tuple(titles)):
            out.append(cell)
    for title in titles:
        assert any(cell.source.startswith(title) for cell in out), title
    return out


def test_a_deck_of_more_than_45_minutes_marks_a_short_way_that_fits(lesson):
    """The first slide's notes: Short way, 43 minutes: leave out exercise 2."""
    short = SHORT.search(lesson.cells[0].metadata["notes"])
    whole = minutes(lesson.cells)
    assert (short is not None) == (whole > 45)
    if short:
        left = whole - minutes(left_out(lesson, short[2]))
        assert left == int(short[1]) <= 45


SHORT = re.compile(r" Short way, (\d+) minutes: leave out (.+)\.(?= \(\d+ min\)$)")
GAMES = ("explore-draw-q", "explore-catch-the-modes")


def test_the_first_sitting_of_notebook_09_ends_with_exercise_1():
    cells = NOTEBOOKS["09-evidence"].cells
    first = next(i for i, cell in enumerate(cells) if is_exercise(cell))
    assert minutes(cells[:first]) == promised(NOTEBOOKS["09-evidence"])[0] / 2


def test_notebook_11_needs_30_minutes_for_its_first_three_parts():
    cells = NOTEBOOKS["11-in-the-wild"].cells
    fourth = next(i for i, cell in enumerate(cells) if cell.id == "drift")
    assert minutes([cell for cell in cells[:fourth] if not is_exercise(cell)]) == 30


def test_a_number_in_a_note_is_one_of_the_lesson(lesson):
    """What a teacher reads out stands in the lesson: in a text, a cell or an output."""
    texts = [cell.source for cell in lesson.cells]
    texts += [text for _, output in rules.outputs_of(lesson) for text in rules.texts_of(output)]
    known = set(NUMBER.findall("\n".join(texts)))
    for cell in lesson.cells:
        notes = SHORT.sub("", cell.metadata.get("notes", ""))
        notes = re.sub(r"notebook \d\d|exercise \d|\(\d+ min\)$", "", notes)
        assert set(NUMBER.findall(notes)) <= known, cell.id
