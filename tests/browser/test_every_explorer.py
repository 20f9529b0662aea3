"""All explorers in one notebook: nothing jumps, no id is another's, and axe-core is content."""

import itertools

import pytest

from tools import lessons
from tools.driver import ExplorerView

SCENES = lessons.scene_names()
EXECUTE = "code => window.panel.sessionContext.session.kernel.requestExecute({code}).done"
IDS = "all => all.map(node => node.id)"


@pytest.fixture(scope="module")
def page(show_explorers):
    with show_explorers(*SCENES, again="explore_samples()") as page:
        yield page


def test_axe_finds_nothing_serious(page, find_serious):
    assert find_serious(page, SCENES) == []


@pytest.mark.parametrize("name", SCENES)
def test_nothing_jumps_while_sliding(page, name):
    sliders = [slider for slider in lessons.scene(name).sliders if slider.handle]
    corners = list(itertools.product(*(slider.ends for slider in sliders)))
    box = ExplorerView(page, name).box
    box.scroll_into_view_if_needed()
    heights = {}
    for corner in corners[:: -(-len(corners) // 16)]:
        setting = dict(zip((slider.name for slider in sliders), corner, strict=True))
        page._await(EXECUTE, f"{name}.set(**{setting})")
        page.settle()
        heights[corner] = box.evaluate("node => node.offsetHeight")
    assert len(set(heights.values())) == 1, heights
    assert min(heights.values()) > 0
    assert page.problems() == []


def test_no_two_views_share_an_id(page):
    views = [ExplorerView(page, cell).moving for cell in (*SCENES, "again")]
    found = [set(view.locator("[id]").evaluate_all(IDS)) for view in views]
    assert found[-1]
    assert sum(map(len, found)) == len(set().union(*found))
    for view, ids in zip(views, found, strict=True):
        used = view.inner_html().split("url(#")[1:]
        assert {text.split(")")[0] for text in used} == ids
