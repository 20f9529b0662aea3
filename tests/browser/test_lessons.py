"""Every notebook in JupyterLab as a learner meets it: read, run, slide, predict, answer."""

import re
from dataclasses import dataclass, field
from functools import cached_property

import pytest

from tools.driver import (
    NOTEBOOKS,
    SCREEN,
    ExplorerView,
    NotebookPage,
    agrees_to_the_printed_digits,
    kl_of_two_normals,
    solutions,
)

# Explorers whose readout must be the closed form for the normals that their sliders say.
TWO_NORMALS = (
    "explore_two_normals",
    "explore_integrand",
    "explore_samples",
    "explore_cross_entropy",
)
EXACT = ("D(p‖q), exact", "D(p‖q)")


@dataclass
class Lesson:
    """A notebook after Run All, and what was seen before it."""

    page: NotebookPage
    committed: dict
    pictures_before: dict = field(default_factory=dict)
    problems_before: list = field(default_factory=list)
    first: dict = field(default_factory=dict)  # what explorers showed at first
    seconds: float = 0.0

    def code_cells(self, pattern):
        """Ids of the code cells whose source matches."""
        return [
            cell_id
            for cell_id, cell in self.committed.items()
            if cell["cell_type"] == "code" and re.search(pattern, cell["source"], re.MULTILINE)
        ]

    @cached_property
    def explorers(self):
        cells = self.code_cells(r"\bexplore_\w+\(")
        return {cell_id: ExplorerView(self.page, cell_id) for cell_id in cells}

    def committed_summary(self, cell_id):
        return self.committed[cell_id]["outputs"][0]["data"]["text/plain"]


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def lesson(request, open_notebook):
    with open_notebook(f"notebooks/{request.param.name}") as page:
        lesson = Lesson(page, page.cells)
        page.unfold()
        lesson.pictures_before = {i: page.pictures(i) for i in lesson.explorers}
        lesson.problems_before = page.problems() + page.interruptions()
        lesson.seconds = page.run_all()
        page.unfold()
        yield lesson


@pytest.fixture
def explorers(lesson):
    """The explorers of a notebook by cell id, as they were first shown."""
    if not lesson.explorers:
        pytest.skip("no explorer in this notebook")
    for cell_id, explorer in lesson.explorers.items():
        shown = explorer.controls, explorer.summary
        if shown != lesson.first.setdefault(cell_id, shown):  # a new still picture takes its time
            explorer.press("Reset")
    return lesson.explorers


def test_the_course_opens_on_its_first_notebook(server, new_page):
    page = new_page()
    page.goto(server.url)
    # In a workspace of its own where another page has the default one.
    page.wait_for_url("**/tree/notebooks/00-start-here.ipynb", wait_until="commit")
    page.locator(".jp-Notebook h1").wait_for()


def test_before_running_each_explorer_is_a_picture(lesson):
    assert lesson.problems_before == []
    for cell_id, widths in lesson.pictures_before.items():
        assert widths, f"{cell_id}: no picture"
        assert all(width > 0 for width in widths), f"{cell_id}: a picture that cannot be seen"


def test_run_all_ends_well(lesson, record_property):
    record_property("run_all_seconds", round(lesson.seconds, 1))
    assert lesson.page.never_run() == []
    assert lesson.page.problems() == []
    assert lesson.page.interruptions() == []


def test_the_readout_starts_as_committed(lesson, explorers):
    for cell_id, explorer in explorers.items():
        assert explorer.summary == lesson.committed_summary(cell_id)


def test_an_explorer_fits_on_the_screen(lesson, explorers):
    for cell_id, explorer in explorers.items():
        room = lesson.page.scroll_to(explorer.box)
        box = explorer.box.bounding_box()
        assert box["height"] <= room["height"], f"{cell_id} at {SCREEN}"
        assert explorer.box.evaluate("node => node.scrollWidth <= node.clientWidth"), cell_id


def test_every_control_can_be_reached_and_has_a_name(explorers):
    for explorer in explorers.values():
        assert explorer.slider_labels
        for label in explorer.labels:
            named = explorer.box.get_by_role("slider", name=label, exact=True)
            fields = explorer.box.get_by_role("textbox", name=label)
            assert named.count() + fields.count() >= 1, label
        for label, shown in explorer.controls.items():
            if label in explorer.slider_labels:
                handle = explorer.handle(label)
                assert handle.get_attribute("aria-valuetext").replace("−", "-") == shown
                assert handle.evaluate("node => node.tabIndex") == 0
        assert all(text.strip() for text in explorer.buttons)
        assert explorer.still.get_attribute("alt").strip()


def test_every_slider_moves_by_keyboard(lesson, explorers):
    for cell_id, explorer in explorers.items():
        for label in explorer.slider_labels:
            controls, summary, picture = explorer.state
            explorer.key(label, "ArrowRight")
            if explorer.controls == controls:  # it stood at its right end
                explorer.key(label, "ArrowLeft")
            where = f"{cell_id}, {label}"
            assert explorer.controls != controls, where
            assert explorer.summary != summary, where
            assert explorer.picture != picture, where
    assert lesson.page.problems() == []


def test_what_moves_lies_exactly_over_the_still_image(explorers):
    for cell_id, explorer in explorers.items():
        explorer.still.scroll_into_view_if_needed()
        still, moving = explorer.still.bounding_box(), explorer.moving.bounding_box()
        assert moving == pytest.approx(still, abs=1), cell_id


def test_a_slider_follows_the_mouse(lesson, explorers):
    for cell_id, explorer in explorers.items():
        stops = {label: explorer.stops(label) for label in explorer.slider_labels}
        label = next(name for name in reversed(stops) if stops[name] > 2)
        _, summary, picture = explorer.state
        photograph = explorer.photograph()
        explorer.drag(label, to=0)
        assert explorer.drag(label, to=1) >= 2, "the picture moves only when the mouse is let go"
        ended = explorer.state
        assert ended[1] != summary, cell_id
        assert ended[2] != picture, cell_id
        assert explorer.photograph() != photograph, cell_id
        explorer.key(label, "Home")
        explorer.key(label, "End")
        assert explorer.state[:2] == ended[:2], "the last position of a drag was not shown"
    assert lesson.page.problems() == []


def normal(controls, who):
    """(μ, σ) that the sliders of p or q say; a distribution without sliders is N(0, 1)."""
    return float(controls.get(f"μ of {who}", 0)), float(controls.get(f"σ of {who}", 1))


def test_the_readout_is_the_closed_form(lesson, explorers):
    cells = lesson.code_cells(rf"\b({'|'.join(TWO_NORMALS)})\(")
    if not cells:
        pytest.skip("no explorer of two normal distributions")
    for cell_id in cells:
        explorer = explorers[cell_id]
        name = next(n for n in EXACT if f"{n} = " in explorer.summary)
        places = {"μ of q": 0.8, "σ of q": 0.3, "μ of p": 0.35, "σ of p": 0.6}
        for label in explorer.slider_labels:
            if label not in places:
                continue
            before = explorer.controls
            explorer.drag(label, places[label])
            controls = explorer.controls
            assert controls[label] != before[label]
            exact = kl_of_two_normals(*normal(controls, "p"), *normal(controls, "q"))
            shown = explorer.quantity(name)
            assert agrees_to_the_printed_digits(shown, exact), f"{cell_id}: {controls}"
    assert lesson.page.problems() == []


def swap_p_and_q(controls):
    exchanged = str.maketrans("pq", "qp")
    return {
        re.sub(r"\b[pq]\b", lambda m: m[0].translate(exchanged), k): v for k, v in controls.items()
    }


def test_the_buttons_work(lesson, explorers):
    for cell_id, explorer in explorers.items():
        first, shown = explorer.state, {}
        for button in explorer.buttons:
            explorer.press(button)
            shown[button] = explorer.state
            explorer.press("Reset")
            assert explorer.state[:2] == first[:2], f"{cell_id}: Reset after {button}"
        if swapped := shown.pop("Swap p ↔ q", None):
            assert swapped[0] == swap_p_and_q(first[0]), cell_id
        if resampled := shown.pop("Resample", None):
            assert resampled[1] != first[1], cell_id
            assert resampled[2] != first[2], cell_id
        del shown["Reset"]
        assert len({picture for *_, picture in shown.values()}) == len(shown), f"{cell_id}: presets"
    assert lesson.page.problems() == []


def test_a_prediction_by_keyboard_alone(lesson):
    page = lesson.page
    asked = lesson.code_cells(r"^(\w+) = predict(_number)?\(")
    if not asked:
        pytest.skip("no prediction in this notebook")
    for cell_id in asked:
        name = re.match(r"(?:.*\n)*?(\w+) = predict", lesson.committed[cell_id]["source"])[1]
        reveal_id, *_ = lesson.code_cells(rf"^{name}\.reveal\(")
        question, answer = page.outputs(cell_id), page.outputs(reveal_id)
        assert "Commit to a prediction first" in page.output_text(reveal_id)
        assert answer.locator("button:visible:enabled").count() == 0

        page.activate(cell_id)
        if question.locator("input[type=radio]").count():
            page.tab_to(question.locator("input[type=radio]").first)
            page.keys("Space")
        else:
            page.tab_to(question.locator("input[type=text]"))
            page.keys("3", "Tab")
        page.activate(cell_id)
        page.tab_to(question.get_by_role("button", name="Commit"))
        page.keys("Enter")
        assert "You predicted" in page.output_text(cell_id)

        page.activate(reveal_id)
        page.tab_to(answer.get_by_role("button", name="Reveal"))
        page.keys("Enter")
        assert re.search("Right|Not this time", page.output_text(reveal_id))
    assert page.problems() == []


def test_each_solution_typed_in_is_right(lesson):
    for cell_id, solution in solutions(lesson.committed.values()).items():
        assert "Not attempted" in lesson.page.output_text(cell_id)
        *_, check = lesson.committed[cell_id]["source"].splitlines()
        lesson.page.type_into(cell_id, f"{solution}\n{check}")
        assert "✓" in lesson.page.output_text(cell_id), cell_id
    assert lesson.page.problems() == []
