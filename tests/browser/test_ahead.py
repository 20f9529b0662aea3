"""An explorer is ahead of the hand: near or far, and where two views show the same one."""

import re
import shutil

import pytest

from benchmarks.delay import far_away
from tools.driver import ExplorerView, NotebookPage, agrees_to_the_printed_digits
from tools.driver import kl_of_two_normals as kl

FAR = 1.0  # seconds each way
SOURCES = {
    "make": "from kl_course.explorers.start_here import explore_two_normals\n"
    "normals = explore_two_normals()\nnormals",
    "again": "normals",
    "ask": "print(normals.controls['mu_p'].value, normals.values()['D(p‖q)'])",
}
# How long until the readout says something else, in ms.
CHANGED = """status => {
    const [start, before] = [performance.now(), status.textContent];
    window.changed = new Promise(done => new MutationObserver(() => {
        if (status.textContent !== before) done(performance.now() - start);
    }).observe(status, {subtree: true, childList: true, characterData: true}));
}"""


def texts(view):
    """Numbers of the sliders and lines of the readout."""
    return view.controls, view.summary


def forward(view):
    """What D(p‖q) is for the sliders, beside what is said."""
    now = {label: float(number) for label, number in view.controls.items()}
    return kl(*(now[f"{s} of {who}"] for who in "pq" for s in "μσ")), view.quantity("D(p‖q)")


@pytest.fixture
def page(run_planted):
    with run_planted(SOURCES) as page:
        page.run_all()
        yield page


def test_python_knows_where_a_hand_has_rested(page):
    normals = ExplorerView(page, "make")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        normals.handle("μ of p").press(key)
    page.settle()
    page.type_into("ask", SOURCES["ask"])
    value, divergence = page.output_text("ask").split()
    assert f"{float(value):.2f}" == normals.controls["μ of p"]
    assert agrees_to_the_printed_digits(normals.quantity("D(p‖q)"), float(divergence))
    assert page.problems() == []


def test_two_views_of_one_explorer_agree_whoever_moves(page):
    one, other = ExplorerView(page, "make"), ExplorerView(page, "again")
    one.key("σ of p", "ArrowRight")
    assert texts(other) == texts(one)
    other.key("μ of p", "ArrowLeft")
    other.key("μ of p", "ArrowLeft")
    assert texts(other) == texts(one)
    exact, said = forward(one)
    assert agrees_to_the_printed_digits(said, exact)
    one.press("Swap p ↔ q")
    assert texts(other) == texts(one)
    assert other.picture == one.picture
    assert page.problems() == []


def test_a_button_acts_on_what_is_shown_and_not_on_what_the_kernel_was_told(page):
    normals = ExplorerView(page, "make")
    normals.handle("μ of p").focus()
    page.page.keyboard.press("ArrowRight")
    before = normals.controls
    normals.press("Swap p ↔ q")  # well before the hand has rested
    assert normals.controls["μ of q"] == before["μ of p"]
    assert normals.controls["μ of p"] == before["μ of q"]
    exact, said = forward(normals)
    assert agrees_to_the_printed_digits(said, exact)


@pytest.fixture
def far_page(page, course, server, new_page):
    """Such a notebook over a way that is short until it is told otherwise; the way, too."""
    shutil.copy(course / "notebooks" / "planted.ipynb", course / "notebooks" / "far.ipynb")
    with far_away(server.port, 0) as way:
        tab = new_page()
        tab.goto(f"http://127.0.0.1:{way.port}/lab?reset")
        tab.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
        notebook = NotebookPage(tab, "notebooks/far.ipynb")
        notebook.run_all()
        yield notebook, way
        way.seconds = 0
        notebook.close()


def test_what_is_far_away_is_shown_before_it_could_have_been_asked_for(far_page):
    page, way = far_page
    normals = ExplorerView(page, "make")
    normals.handle("μ of p").hover()
    page.page.wait_for_timeout(4000)  # the frames around the handle come, unasked
    way.seconds = FAR
    normals.handle("μ of p").focus()
    for _ in range(3):
        before = texts(normals)
        normals.status.evaluate(CHANGED)
        page.page.keyboard.press("ArrowRight")
        assert page.page.evaluate("window.changed") < 1000 * FAR
        exact, said = forward(normals)
        assert agrees_to_the_printed_digits(said, exact)
        assert texts(normals) != before
    page.settle()
    exact, said = forward(normals)
    assert agrees_to_the_printed_digits(said, exact)
    assert page.problems() == []


def test_a_kernel_that_does_not_answer_is_said_and_nothing_is_lost(far_page):
    page, way = far_page
    normals = ExplorerView(page, "make")
    way.seconds = 4
    normals.handle("σ of p").press("ArrowRight")
    normals.said.get_by_text("No answer yet").wait_for()
    page.settle()
    assert normals.said.text_content() == ""
    exact, said = forward(normals)
    assert agrees_to_the_printed_digits(said, exact)
    assert page.problems() == []


def test_a_drag_far_away_ends_where_the_hand_does(far_page):
    page, way = far_page
    normals = ExplorerView(page, "make")
    way.seconds = 0.3
    normals.drag("σ of q", 0.9, steps=30)
    exact, said = forward(normals)
    assert agrees_to_the_printed_digits(said, exact)
    fresh = re.sub(r"\s", "", normals.picture)
    page.type_into("again", "normals")  # a new view shows what the kernel has
    assert re.sub(r"\s", "", ExplorerView(page, "again").picture) == fresh
    assert page.problems() == []
