"""A notebook that was run, saved and closed, when it is opened again."""

import re
import shutil

import nbformat
import pytest

from tools.driver import COURSE

LIVE_WIDGET = "application/vnd.jupyter.widget-view+json"
LESSON = COURSE / "notebooks" / "01-definitions.ipynb"


@pytest.fixture
def own_copy(course):
    """A notebook that no other test runs, and its path within the course."""
    path = course / "notebooks" / "91-own-copy.ipynb"
    shutil.copy(LESSON, path)
    return path, f"notebooks/{path.name}"


def ids(cells, pattern):
    return [i for i, cell in cells.items() if re.search(pattern, cell["source"], re.MULTILINE)]


def without_pictures(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("image/png", None)
    return notebook


def test_its_file_is_as_it_was_and_shows_pictures_outlines_and_folded_answers(
    own_copy, open_notebook
):
    path, name = own_copy
    with open_notebook(name) as page:
        page.run_all()
        assert page.is_unsaved
        page.save()
    before, after = (without_pictures(nbformat.read(p, as_version=4)) for p in (LESSON, path))
    assert after == before
    with open_notebook(name) as page:
        assert page.problems() == []
        cells = page.cells
        explorers = ids(cells, r"\bexplore_\w+\(")
        questions = ids(cells, r"= predict(_number)?\(")
        reveals = ids(cells, r"\.reveal\(")
        assert explorers
        assert questions
        assert reveals
        for cell_id in explorers:
            assert page.pictures(cell_id) == [pytest.approx(1680)], cell_id  # two per CSS pixel
        for cell_id in questions:
            shown = page.output_text(cell_id)
            assert "Your prediction" in shown, cell_id
            assert "Run All Cells brings the buttons." in shown, cell_id
        for cell_id in reveals:
            answer = page.outputs(cell_id).locator("details")
            assert answer.get_attribute("open") is None
            assert "Answer: " in answer.text_content()
        assert page.page.get_by_text("Error displaying widget").count() == 0


def test_opened_and_untouched_it_is_saved_and_stays_as_it_was_byte_for_byte(
    own_copy, open_notebook
):
    path, name = own_copy
    with open_notebook(name) as page:
        assert not page.is_unsaved
        page.save()
        assert not page.is_unsaved
        page.activate(next(iter(page.cells)))
        page.keys("b")  # a new cell
        assert page.is_unsaved
    assert path.read_bytes() == LESSON.read_bytes()


def test_a_page_that_is_loaded_again_goes_on_with_the_same_kernel(own_copy, open_notebook):
    _, name = own_copy
    with open_notebook(name) as page:
        page.run_all()
        question, *_ = ids(page.cells, r"= predict\(")
        page.commit(question)
        page.save()
        page.close(end_kernel=False)
        page.__init__(page.page, name)
        assert "Run All Cells brings the buttons." in page.output_text(question)
        page.run_all()
        assert "You predicted" in page.output_text(question)
        assert page.problems() == []
