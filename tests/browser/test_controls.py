"""What a hand does to an explorer: type, press keys, drag, run the cell again."""

import re

import pytest

from tools.driver import ExplorerView, agrees_to_the_printed_digits

SHOWN = ("two_normals", "samples")
SAME_NODE = "node => window.marked === node"
FOCUS_RING = "node => getComputedStyle(node).outlineStyle + getComputedStyle(node).outlineWidth"


@pytest.fixture(scope="module")
def lasting(show_explorers):
    with show_explorers(*SHOWN) as page:
        yield page


@pytest.fixture
def page(lasting):
    """A notebook of two explorers, as they were first shown."""
    for name in SHOWN:
        ExplorerView(lasting, name).press("Reset")
    return lasting


@pytest.fixture
def normals(page):
    return ExplorerView(page, "two_normals")


@pytest.fixture
def samples(page):
    return ExplorerView(page, "samples")


@pytest.mark.parametrize(
    ("typed", "shown", "forward"),
    [
        ("2.5", "2.50", 4.5),  # ½(2.5 + 0.5)²
        ("1,5", "1.50", 2.0),
        ("−1", "-1.00", 0.125),
        ("-2.25", "-2.25", 1.53125),  # between two places of the handle, and taken as it is
        ("25e-1", "2.50", 4.5),
    ],
)
def test_a_typed_number_counts_when_the_field_is_left(page, normals, typed, shown, forward):
    normals.type_number("μ of q", "-0.5", "Enter")
    normals.type_number("μ of p", typed, "Tab")
    assert normals.controls["μ of p"] == shown
    assert agrees_to_the_printed_digits(normals.quantity("D(p‖q)"), forward)
    assert normals.said.text_content() == ""
    assert page.problems() == []


@pytest.mark.parametrize(
    ("typed", "shown", "words"),
    [
        ("7", "3.00", "μ of p goes from −3.00 to 3.00"),
        ("-40", "-3.00", "μ of p goes from −3.00 to 3.00"),
        ("abc", "0.00", "“abc” is not a number"),
        ("1,5,2", "0.00", "is not a number"),
        ("", "0.00", "is not a number"),
    ],
)
def test_what_cannot_be_taken_is_said(page, normals, typed, shown, words):
    normals.type_number("μ of p", typed, "Enter")
    assert normals.controls["μ of p"] == shown
    assert words in normals.said.text_content()
    normals.key("σ of p", "ArrowRight")
    assert normals.said.text_content() == ""
    assert page.problems() == []


def test_whole_numbers_stay_whole(page, samples):
    before = samples.summary
    for label, kept in (("seed", "16"), ("bins", "99")):
        samples.type_number(label, "2.7", "Tab")
        assert samples.controls[label] == kept
        assert f"{label} takes whole numbers" in samples.said.text_content()
    assert samples.summary == before
    samples.type_number("seed", "27", "Enter")
    assert samples.controls["seed"] == "27"
    assert samples.summary != before
    assert page.problems() == []


def test_escape_and_the_arrow_keys_in_a_field(normals):
    normals.type_number("μ of p", "2", "Escape")
    assert normals.controls["μ of p"] == "0.00"
    normals.type_number("μ of p", "2", "Enter", "ArrowUp", "ArrowUp", "ArrowDown")
    assert normals.controls["μ of p"] == "2.10"


def test_no_key_pressed_in_an_explorer_edits_the_notebook(page, normals):
    page.activate("two_normals")
    before = page.cells
    places = (
        normals.handle("μ of p"),
        normals.number("μ of p"),
        normals.box.get_by_role("button", name="Reset"),
    )
    for place in places:
        place.focus()
        page.keys("x", "m", "y", "d", "d", "a", "b", "z", "Escape", "0", "0")
    assert page.cells == before
    assert page.interruptions() == []


def test_the_focus_can_be_seen(page, normals):
    page.activate("two_normals")
    for target in (normals.handle("μ of p"), normals.number("μ of p")):
        page.tab_to(target)
        assert target.evaluate(FOCUS_RING) == "solid2px"


def test_the_readout_lasts_so_that_its_change_is_announced(normals):
    normals.status.evaluate("node => { window.marked = node; }")
    normals.still.evaluate("node => { window.image = node; }")
    before = normals.summary
    normals.key("μ of p", "End")
    assert normals.summary != before
    assert normals.status.evaluate(SAME_NODE)
    assert normals.still.evaluate("node => window.image === node")


def test_a_cell_that_is_run_again_keeps_its_sliders(page, normals):
    normals.type_number("μ of p", "-2.25", "Enter")
    kept = normals.state
    page.run_all()
    assert normals.state == kept
    normals.press("Reset")
    assert normals.controls["μ of p"] == "0.00"
    assert page.problems() == []


def test_labels_and_numbers_stay_within_the_explorer(page, normals, samples):
    for view in (normals, samples):
        cut = view.box.locator(".kl-label, .kl-number").evaluate_all(
            "all => all.filter(n => n.scrollWidth > n.clientWidth + 1).map(n => n.textContent)"
        )
        assert [text for text in cut if not re.fullmatch(r"\s*", text)] == []


def test_a_hand_drags_the_picture_and_the_slider_follows(page, normals):
    places = (("μ of p", 0, 0.1, 0), ("σ of q", 3, 0.05, 0))  # p's peak; q's flank
    for label, which, right, down in places:
        before = normals.state
        grip = normals.box.locator(".kl-grip").nth(which)
        grip.scroll_into_view_if_needed()
        assert grip.evaluate("node => getComputedStyle(node).cursor") == "grab"
        box, picture = grip.bounding_box(), normals.still.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = page.page.mouse
        mouse.move(x, y)
        mouse.down()
        for i in range(1, 9):
            mouse.move(x + i / 8 * right * picture["width"], y + i / 8 * down * picture["height"])
            page.page.evaluate("new Promise(requestAnimationFrame)")
        mouse.up()
        page.settle()
        after = normals.state
        assert float(after[0][label]) > float(before[0][label])
        assert {k for k in after[0] if after[0][k] != before[0][k]} == {label}
        assert after[1] != before[1]
        assert after[2] != before[2]
        now = grip.bounding_box()
        assert now["x"] - box["x"] == pytest.approx(right * picture["width"], abs=12)  # one stop
    assert page.problems() == []
