"""On a phone and on a low screen: the narrow picture, in view while a thumb slides; nothing cut."""

import pytest

from kl_course.scene import INCH, POINTS
from tools.driver import ExplorerView

PORTRAIT = {"width": 400, "height": 800}
VIEWS = {
    "portrait": PORTRAIT,
    "landscape": {"width": 800, "height": 400},
    "small": {"width": 320, "height": 640},
    "large text": PORTRAIT,
}
LARGE_TEXT = "html { font-size: 200% !important }"
SMALLEST = 11  # CSS pixels
ROUNDING = 1  # CSS pixel
WAKE = """async box => {
    const asleep = box.offsetHeight;
    box.scrollIntoView({block: 'center', behavior: 'instant'});
    for (let i = 0; i < 200 && !box.querySelector('.kl-live'); i++)
        await new Promise(done => setTimeout(done, 50));
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return [asleep, box.offsetHeight];
}"""
# What reaches beyond the screen, and neither scrolls by itself nor is hidden on purpose.
CUT = """() => {
    const width = document.documentElement.clientWidth;
    const scrolls = node => {
        for (; node; node = node.parentElement)
            if (/auto|scroll|hidden|clip/.test(getComputedStyle(node).overflowX)) return true;
        return false;
    };
    return [...document.querySelectorAll('article *')].filter(node => {
        const {left, right, width: wide, height} = node.getBoundingClientRect();
        return wide > 1 && height > 1 && (right > width + 1 || left < -1) && !scrolls(node);
    }).map(node => node.outerHTML.slice(0, 120));
}"""
# Where picture and numbers are while a slider's row is on the screen.
IN_VIEW = """box => [...box.querySelectorAll('.kl-live .kl-row')].map(row => {
    box.querySelector('.kl-live').scrollIntoView({block: 'start', behavior: 'instant'});
    const block = innerHeight < 480 ? 'nearest' : 'end';
    row.scrollIntoView({block, behavior: 'instant'});
    const rect = query => box.querySelector(`.kl-live ${query}`).getBoundingClientRect();
    const [picture, lines, slider] = [rect('.kl-picture'), rect('.kl-lines'),
        row.getBoundingClientRect()];
    const above = parseFloat(getComputedStyle(document.body).getPropertyValue('--kl-top')) || 0;
    const beside = box.querySelector('.kl-live .kl-beside') !== null;
    return {shown: row.offsetHeight > 0, top: picture.top, bottom: picture.bottom,
        lines: lines.top, end: lines.bottom, slider: slider.top, foot: slider.bottom, beside,
        height: innerHeight, target: row.offsetHeight};
})"""
LETTERING = """box => {
    const svg = box.querySelector('.kl-live .kl-moving > svg');
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    return [scale, ...[...svg.querySelectorAll('text')].map(
        text => parseFloat(text.getAttribute('font-size')) * scale)];
}"""


def pages(site):
    return [path.stem for path in sorted(site.folder.glob("*.html"))]


@pytest.mark.parametrize("view", VIEWS)
def test_no_page_scrolls_sideways_and_nothing_is_cut(site, new_page, view):
    page = new_page(viewport=VIEWS[view], has_touch=True, is_mobile=True)
    for name in pages(site):
        page.goto(f"{site.url}/{name}.html")
        if view == "large text":
            page.add_style_tag(content=LARGE_TEXT)
        page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= VIEWS[view]["width"], name
        assert page.evaluate(CUT) == [], name


@pytest.mark.parametrize("view", ["portrait", "landscape"])
def test_an_explorer_stays_in_view_while_its_sliders_move(site, new_page, view):
    page = new_page(viewport=VIEWS[view], has_touch=True, is_mobile=True)
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    for name in pages(site):
        page.goto(f"{site.url}/{name}.html")
        page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
        for box in page.locator(".kl-frozen").all():
            asleep, awake = box.evaluate(WAKE)
            what = (name, box.get_attribute("data-src"))
            assert abs(asleep - awake) <= ROUNDING, what
            rows = [row for row in box.evaluate(IN_VIEW) if row["shown"]]
            assert rows, what
            for row in rows:
                assert row["target"] >= 44, what
                assert row["top"] >= -ROUNDING, (what, row)
                assert row["lines"] >= -ROUNDING, (what, row)
                assert row["end"] <= row["height"], (what, row)
                if row["beside"]:
                    assert row["bottom"] <= row["height"] + ROUNDING, (what, row)
                else:
                    assert row["end"] <= row["slider"] + ROUNDING, (what, row)
            if view == "portrait":
                scale, *sizes = box.evaluate(LETTERING)
                assert scale * 8.5 >= SMALLEST * (1 - 0.01), what
                assert min(sizes, default=SMALLEST) >= SMALLEST * (1 - 0.01), what
    frames = {url.rpartition("/")[2] for url in fetched if url.endswith(".json.gz")}
    assert len(frames) == 26
    assert all(name.endswith("-narrow.json.gz") for name in frames)
    assert 8.5 * INCH / POINTS >= SMALLEST  # of what stays in the picture


def touch(page, places):
    """A finger goes from place to place."""
    session = page.context.new_cdp_session(page)
    for kind, place in zip(["Start"] + ["Move"] * (len(places) - 1), places, strict=True):
        point = dict(zip("xy", place, strict=True))
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [point]})
        page.wait_for_timeout(30)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(200)


@pytest.fixture
def two_normals(site, new_page):
    page = new_page(viewport=PORTRAIT, has_touch=True, is_mobile=True)
    page.goto(f"{site.url}/00-start-here.html")
    box = page.locator(".kl-frozen").first
    box.evaluate(WAKE)
    return page, box


def number(box, label):
    return box.get_by_role("textbox", name=f"{label}, number").input_value()


def test_a_thumb_drags_a_handle_and_scrolls_the_page_elsewhere(two_normals):
    page, box = two_normals
    grips = box.locator(".kl-grip")
    assert min(grip.bounding_box()["width"] for grip in grips.all()) >= 40
    at = grips.last.bounding_box()
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    before, numbers = page.evaluate("scrollY"), box.locator(".kl-live .kl-lines").inner_text()
    touch(page, [(x + 10 * i, y - 12 * i) for i in range(6)])
    assert page.evaluate("scrollY") == before
    assert box.locator(".kl-live .kl-lines").inner_text() != numbers
    picture = box.locator(".kl-live .kl-picture").bounding_box()
    touch(page, [(picture["x"] + 60, picture["y"] + 120 - 15 * i) for i in range(6)])
    assert page.evaluate("scrollY") > before


def test_of_two_handles_under_a_finger_the_nearer_one_moves(two_normals):
    _, box = two_normals
    before = number(box, "μ of p"), number(box, "μ of q")
    first, last = (box.locator(".kl-grip").nth(i).bounding_box() for i in (0, 2))
    assert abs(first["x"] - last["x"]) < 40  # the two peaks: one area lies over the other
    x, y = first["x"] + 16, first["y"] + 20
    touch(box.page, [(x - 12 * i, y) for i in range(6)])
    assert number(box, "μ of p") != before[0]
    assert number(box, "μ of q") == before[1]


def test_turned_round_it_shows_the_other_picture_of_the_same_setting(two_normals):
    page, box = two_normals
    box.get_by_role("button", name="Shifted").click()
    said = box.locator(".kl-live .kl-lines").inner_text()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_function(
        "box => box.querySelector('.kl-live .kl-moving > svg').viewBox.baseVal.width > 500",
        arg=box.element_handle(),
    )
    assert box.locator(".kl-live").count() == 1
    assert box.locator(".kl-live .kl-lines").inner_text().split() == said.split()


def test_sliders_beyond_four_are_folded_away(site, new_page):
    page = new_page(viewport=PORTRAIT, has_touch=True, is_mobile=True)
    page.goto(f"{site.url}/01-definitions.html")
    box = page.locator(".kl-frozen[data-src$=pmf_pair]")
    box.evaluate(WAKE)
    live = box.locator(".kl-live")
    assert live.locator("input[type=range]:visible").count() == 4
    more = live.get_by_role("button", name="More sliders")
    assert more.get_attribute("aria-expanded") == "false"
    more.click()
    assert live.locator("input[type=range]:visible").count() == 6
    page.set_viewport_size({"width": 1280, "height": 900})
    assert live.locator("input[type=range]:visible").count() == 6
    assert live.get_by_role("button", name="sliders").count() == 0


@pytest.mark.parametrize("again", ["the network is back", "you touch it"])
def test_frames_that_did_not_come_are_fetched_again(site, new_page, again):
    page = new_page()
    page.route("**/*.json.gz", lambda route: route.abort())
    page.goto(f"{site.url}/00-start-here.html")
    box = page.locator(".kl-frozen").first
    box.scroll_into_view_if_needed()
    said = box.get_by_text(f"when {again}")
    said.wait_for()
    page.unroute("**/*.json.gz")
    if again == "you touch it":
        box.locator("img:visible").first.click()
    else:
        page.evaluate("dispatchEvent(new Event('online'))")
    box.locator(".kl-live").wait_for()
    assert not said.is_visible()


def test_a_live_explorer_is_narrow_where_its_page_is(show_explorers):
    with show_explorers("two_normals") as page:
        normals = ExplorerView(page, "two_normals")
        normals.key("μ of q", "ArrowRight")
        wide = normals.quantity("D(p‖q)")
        page.page.set_viewport_size({"width": 540, "height": 800})
        try:
            box = page.outputs("two_normals")
            shape = "box => box.querySelector('.kl-moving > svg')?.viewBox.baseVal.width < 300"
            page.page.wait_for_function(shape, arg=box.element_handle())
            assert normals.quantity("D(p‖q)") == wide
            for _ in range(5):
                normals.key("μ of q", "ArrowRight")
            assert float(normals.quantity("D(p‖q)")) > float(wide)
            normals.press("Reset")
            assert normals.quantity("D(p‖q)") == "0.5000"
            assert box.evaluate(shape)
            still = box.locator(".kl-still")
            assert still.evaluate("image => image.naturalWidth / image.naturalHeight") < 1.5
        finally:
            page.page.set_viewport_size({"width": 1280, "height": 900})
        assert page.problems() == []
