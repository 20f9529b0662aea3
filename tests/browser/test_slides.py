"""The decks in a browser: what fits, what is set, what answers, and that no other host is asked."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.driver import static_host
from web import slides

NAMES = list(slides.lessons_with_slides())

# What is over an edge, too small to read, or not typeset, with every fragment shown.
FAULTS = r"""() => {
    const hidden = "aside, .MJX_Assistive_MathML, details:not([open]) > :not(summary)";
    const size = node => parseFloat(getComputedStyle(node).fontSize);
    const found = [];
    for (const slide of Reveal.getSlides()) {
        const {h, v} = Reveal.getIndices(slide);
        Reveal.slide(h, v);
        const name = `${h}.${v} ${slide.querySelector(".cell").dataset.cell}`;
        for (const node of slide.querySelectorAll("*")) {
            const {left, top, right, bottom, width, height} = node.getBoundingClientRect();
            if (!width || !height || node.closest(hidden)) continue;
            if (node.ownerSVGElement) continue;  // a picture cuts what leaves it, and says so
            if (bottom > 720 || right > 1280 || top < 0 || left < 0)
                found.push(`${name}: ${node.tagName}.${node.className} to ${right}, ${bottom}`);
            if (node.matches("pre") && node.scrollWidth > node.clientWidth)
                found.push(`${name}: code is cut at the right`);
            const text = [...node.childNodes].filter(child => child.nodeType === 3)
                .map(child => child.data.trim()).join(" ");
            if (text && size(node) < 16 && !node.closest(".mjx-math, svg"))
                found.push(`${name}: text of ${size(node)} px: ${text}`);
            if (text.includes("$") && !node.closest("pre, code, script, .mjx-chtml"))
                found.push(`${name}: not typeset: ${text}`);
        }
        for (const formula of slide.querySelectorAll(".mjx-chtml"))
            if (!formula.closest("aside") && size(formula) < 16)
                found.push(`${name}: a formula of ${size(formula)} px`);
    }
    return found;
}"""
ALL_SHOWN = ".reveal .fragment { opacity: 1 !important; visibility: visible !important; }"
# Of the explorer's picture, whose smallest letters on its still part have 8.5 points. Three of the
# pictures are too high for a slide to make their letters as large as the others'.
TALL = {"draw_q", "cross_entropy", "two_directions"}
LETTERING = """() => {
    const svg = Reveal.getCurrentSlide().querySelector('.kl-live .kl-moving > svg');
    const scale = svg.parentElement.clientWidth / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll('text')];
    return [8.5, ...texts.map(text => parseFloat(text.getAttribute('font-size')))].map(
        points => points * scale);
}"""
FORMULA = "script[type^='math/tex']"  # what MathJax makes of a pair of $ signs
GO = """name => {
    const slide = document.querySelector(`[data-cell="${name}"]`).closest("section");
    const {h, v} = Reveal.getIndices(slide);
    Reveal.slide(h, v);
}"""


@pytest.fixture(scope="module")
def address(built_once):
    """Where a plain static server has the decks."""
    folder = built_once("decks", lambda folder: slides.build(folder / "slides"))
    with static_host(folder / "slides") as url:
        yield url


@pytest.fixture
def page(new_page, address):
    """A page that notes what goes wrong and who else is asked; both fail the test."""
    page, wrong = new_page(), []
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda answer: answer.status >= 400 and wrong.append(answer.url))
    page.on(
        "request",
        lambda asked: (
            asked.url.startswith("http") and wrong.append(asked.url)
            if not asked.url.startswith((address, "data:", "blob:"))
            else None
        ),
    )
    yield page
    assert wrong == []


def open_deck(page, address, name):
    page.goto(f"{address}/{name}.html")
    page.wait_for_function("() => window.Reveal?.isReady?.()", timeout=60_000)


def test_the_first_page_leads_to_every_deck(page, address):
    page.goto(f"{address}/index.html")
    links = page.get_by_role("listitem").get_by_role("link")
    assert links.evaluate_all("all => all.map(a => a.getAttribute('href'))") == [
        f"{name}.html" for name in NAMES
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_slide_fits_and_every_formula_is_set(page, address, name):
    open_deck(page, address, name)
    page.add_style_tag(content=ALL_SHOWN)
    for cell in page.locator(".cell:has(.kl-frozen)").all():
        page.evaluate(GO, cell.get_attribute("data-cell"))
        page.wait_for_function("() => Reveal.getCurrentSlide().querySelector('[data-placed]')")
        sizes = page.evaluate(LETTERING)
        what = cell.locator(".kl-frozen").get_attribute("data-src").rpartition("/")[2]
        assert min(sizes) >= (14 if what in TALL else 16) * (1 - 0.01), (what, min(sizes))
    assert page.evaluate(FAULTS) == []
    assert page.locator(".merror, .mjx-merror, .MathJax_Error").count() == 0
    assert page.locator(f"{FORMULA}").count() > 10
    assert page.locator(f"{FORMULA}:not(.mjx-chtml + {FORMULA})").count() == 0
    assert "Not attempted" not in page.content()


def test_a_derivation_and_an_answer_come_step_by_step(page, address):
    open_deck(page, address, "03-cross-entropy")
    page.evaluate(GO, "reveal-floor")
    answer = page.locator("section.present .answer")
    expect(answer).to_have_css("visibility", "hidden")
    page.keyboard.press("Space")
    expect(answer).to_have_css("visibility", "visible")
    page.evaluate(GO, "split")
    lines = page.locator("section.present .mjx-table > .fragment")
    expect(lines).to_have_count(3)
    for shown in range(3):
        expect(lines.nth(shown)).to_have_css("visibility", "hidden")
        page.keyboard.press("Space")
        expect(lines.nth(shown)).to_have_css("visibility", "visible")


def test_s_opens_what_a_teacher_asks(page, address):
    open_deck(page, address, "00-start-here")
    page.evaluate(GO, "predict-shift")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    expect(notes).to_contain_text("Ask: hands up for A, B, C")
    expect(notes).to_contain_text("Expect: most say “twice as much”")
    expect(notes).to_contain_text("(1 min)")
    popup.value.close()


def test_a_slider_moves_the_picture_and_its_keys_turn_no_slide(page, address):
    open_deck(page, address, "00-start-here")
    page.evaluate(GO, "explore-shift")
    page.wait_for_function("() => Reveal.getCurrentSlide().querySelector('[data-placed]')")
    slider = page.locator("section.present").get_by_role("slider", name="μ of q", exact=True)
    slider.focus()
    moving = page.locator("section.present .kl-moving")
    before, place = moving.inner_html(), page.evaluate("Reveal.getIndices()")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "before => document.querySelector('section.present .kl-moving').innerHTML !== before",
        arg=before,
    )
    page.locator("section.present").get_by_role("button", name="Same").focus()
    for key in ("ArrowRight", "Space", "ArrowDown", "n"):
        page.keyboard.press(key)
    assert page.evaluate("Reveal.getIndices()") == place


def opened_at(page):
    """The values of the explorer on the present slide, once it is there."""
    box = page.locator("section.present section.present .kl-live")
    box.wait_for()
    page.evaluate("new Promise(done => setTimeout(done, 100))")
    return box.locator(".kl-number").evaluate_all("all => all.map(node => node.value)")


def test_a_link_turns_to_an_explorer_and_sets_it(page, address):
    open_deck(page, address, "00-start-here")
    page.evaluate(GO, "explore-shift")
    there = page.evaluate("Reveal.getIndices()")
    deck = f"{address}/00-start-here.html"
    page.goto("about:blank")
    page.goto(f"{deck}#two_normals?mu_q=2&sigma_q=2")
    assert opened_at(page) == ["0.00", "2.00", "1.00", "2.00"]
    assert page.evaluate("Reveal.getIndices()") == there
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("section.present").get_by_role("button", name="Copy link").click()
    page.get_by_text("Link copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{deck}#two_normals?mu_q=2&sigma_q=2"
    page.evaluate("Reveal.slide(0, 0)")
    page.evaluate("location.hash = 'two_normals?mu_q=-3'")
    page.wait_for_function("there => Reveal.getIndices().h === there.h", arg=there)
    assert opened_at(page) == ["0.00", "−3.00", "1.00", "1.00"]


def test_without_npm_one_line_names_the_command_and_nothing_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr(slides.npm.shutil, "which", lambda name: None)
    monkeypatch.setattr(slides.npm, "HOME", tmp_path / "npm")
    said = slides.main(["--out", str(tmp_path / "slides")])
    assert "apt install npm" in said
    assert "\n" not in said
    assert [path.name for path in Path(tmp_path).iterdir()] == []
