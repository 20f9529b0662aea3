"""The site in Chromium: links, pictures, weight, search, questions, keyboard, themes, print."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import pytest

from kl_course.checks._prediction import _number
from kl_course.checks._shared import NotRightError, read_number

NARROW = {"width": 400, "height": 800}
ZOOMED = {"width": 640, "height": 360}  # CSS pixels of a projector's screen at 200 %
MEGABYTE = 1_000_000
FIELDS = {"href", "src", "data-src"}


class Page(HTMLParser):
    """The links, pictures and ids of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.images, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids |= {given[key] for key in ("id", "name", "data-name") if given.get(key)}
        self.links += [(tag, key, given[key]) for key in FIELDS & given.keys()]
        if tag == "img":
            self.images.append(given)


@pytest.fixture(scope="module")
def files(site):
    """Path within the site -> what is in each HTML page of ours."""
    found = {
        path.relative_to(site.folder).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in (
            *sorted(site.folder.glob("*.html")),
            *sorted(site.folder.glob("data/*.html")),
            *sorted(site.folder.glob("explorers/*.html")),
        )
    }
    assert len(found) > 13
    return found


@pytest.fixture
def lesson(site, new_page):
    """Open a page: name -> the page, with its questions started."""
    tab = new_page()

    def open_page(name):
        tab.goto(f"{site.url}/{name}.html")
        tab.wait_for_function("document.documentElement.dataset.jpThemeLight")
        return tab

    return open_page


def names(site):
    return [path.stem for path in sorted(site.folder.glob("*.html"))]


# --- the folder


def test_it_was_built_in_time_and_is_small(site):
    assert site.seconds < 1200  # frames included, beside the other tests
    own = [path for path in site.folder.rglob("*") if "lite" not in path.parts and path.is_file()]
    # With two pictures of every explorer: a page fetches one of them.
    assert sum(path.stat().st_size for path in own) < 13 * MEGABYTE


def broken(site, files):
    """The links of all pages that lead nowhere, or outside where no reader asked for it."""
    for name, page in files.items():
        for tag, key, target in page.links:
            if urlparse(target).scheme in ("http", "https"):
                if tag != "a":
                    yield f"{name}: {tag} {key}={target} asks another host"
                continue
            if target.startswith("data:"):
                continue
            ending = ".json.gz" if key == "data-src" else ""
            address, anchor = urldefrag(urljoin(f"/{name}", target + ending))
            path = unquote(urlparse(address).path).lstrip("/") or "index.html"
            if not (site.folder / path).is_file():
                yield f"{name}: {target} leads nowhere"
            elif anchor and path in files and unquote(anchor) not in files[path].ids:
                yield f"{name}: {target} has no such place"


def test_every_link_leads_somewhere(site, files):
    assert list(broken(site, files)) == []
    assert sum(len(page.links) for page in files.values()) > 500


def test_a_broken_link_is_seen(site, files):
    planted = Page('<a href="gone.html">a</a><a href="index.html#gone">b</a><script src="//x.y/z">')
    assert len(list(broken(site, files | {"planted.html": planted}))) == 3


def test_what_a_style_asks_for_is_there(site):
    for style in site.folder.glob("_static/*.css"):
        for target in re.findall(r"url\(['\"]?([^)'\"]+)", style.read_text(encoding="utf-8")):
            if not target.startswith("data:"):
                assert (style.parent / urlparse(target).path).is_file(), (style.name, target)


def says_nothing(alt):
    return len((alt or "").split()) < 4 or re.search(r"\.(png|svg|jpg)\b|/_", alt) is not None


def test_every_picture_says_what_it_shows(files):
    images = [(name, image) for name, page in files.items() for image in page.images]
    assert len(images) > 30
    assert [(name, i.get("alt")) for name, i in images if says_nothing(i.get("alt"))] == []


def test_no_verdict_on_what_nobody_answered(site):
    for path in site.folder.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "Not attempted" not in text
        assert "Run All Cells brings" not in text


# --- in the browser


SCROLL_DOWN = """async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 600) {
        scrollTo(0, y);
        await new Promise(requestAnimationFrame);
    }
}"""


def test_no_page_asks_another_host_and_none_is_heavy(site, new_page):
    for name in names(site):
        page = new_page()  # that has seen nothing before
        answers, errors = [], []
        page.on("response", lambda answer, answers=answers: answers.append(answer))
        page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
        page.on("console", lambda m, errors=errors: m.type == "error" and errors.append(m.text))
        page.goto(f"{site.url}/{name}.html", wait_until="networkidle")
        weight = sum(len(a.body()) for a in answers if not a.url.endswith(".json.gz"))
        assert 10_000 < weight < MEGABYTE, (name, weight)
        page.evaluate(SCROLL_DOWN)
        page.wait_for_load_state("networkidle")
        asked = {a.url for a in answers if not a.url.startswith(("data:", "blob:"))}
        assert [url for url in asked if not url.startswith(site.url)] == []
        assert errors == []
        page.close()


def test_search_finds_a_page_by_what_it_says(lesson):
    page = lesson("index")
    box = page.locator("input[name=q]").first
    box.fill("Huffman")
    box.press("Enter")
    first = page.locator("#search-results li a").first
    first.wait_for()
    assert (
        "8. What does a wrong belief cost in bits?" in page.locator("#search-results").inner_text()
    )
    first.click()
    page.wait_for_load_state()
    assert "08-codes" in page.url


def test_no_page_scrolls_sideways(site, lesson):
    for name in names(site):
        page = lesson(name)
        for screen in (NARROW, ZOOMED):
            page.set_viewport_size(screen)
            page.evaluate("document.fonts.ready.then(() => 0)")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= screen["width"], name


def test_what_is_wider_than_the_screen_is_reached_by_keyboard(lesson):
    page = lesson("11-in-the-wild")
    page.set_viewport_size(NARROW)
    page.evaluate("new Promise(requestAnimationFrame)")
    wide = page.evaluate(
        """() => [...document.querySelectorAll('article *')].filter(node =>
            ['auto', 'scroll'].includes(getComputedStyle(node).overflowX)
            && node.scrollWidth > node.clientWidth).map(node => node.tabIndex)"""
    )
    assert len(wide) > 3
    assert set(wide) == {0}


def test_a_page_follows_furos_theme(lesson):
    page = lesson("00-start-here")
    light = "document.documentElement.dataset.jpThemeLight"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{light} === 'false'")
    seen = set()
    for _ in range(3):
        page.locator(".theme-toggle:visible").first.click()
        page.evaluate("new Promise(requestAnimationFrame)")
        theme = page.evaluate("document.body.dataset.theme")
        seen.add((theme, page.evaluate(light)))
    assert seen == {("light", "true"), ("dark", "false"), ("auto", "false")}


# --- questions


def test_a_prediction_by_keyboard_alone(lesson):
    page = lesson("00-start-here")
    question = page.locator("#predict-shift")
    reveal = page.locator("div.kl-reveal").first
    assert "Commit to a prediction first, further up." in reveal.inner_text()
    assert not page.locator("details.kl-reveal").first.is_visible()
    assert not reveal.get_by_role("button").is_visible()
    commit = question.get_by_role("button", name="Commit")
    assert commit.is_disabled()
    question.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    assert question.get_by_role("radio").nth(1).is_checked()
    outline = "node => getComputedStyle(node).outlineWidth"
    assert question.get_by_role("radio").nth(1).evaluate(outline) == "3px"
    page.keyboard.press("Tab")
    assert commit.evaluate("node => node === document.activeElement")
    assert commit.evaluate(outline) == "3px"
    page.keyboard.press("Enter")
    status = question.get_by_role("status")
    assert status.inner_text() == "You predicted: Four times as much. Now explore."
    button = reveal.get_by_role("button", name="Reveal")
    for _ in range(40):
        if button.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said = reveal.get_by_role("status").inner_text()
    assert said.startswith("✓ Right. You predicted: Four times as much.")
    assert "Answer: Four times as much." in said
    assert "half the square of the shift" in said
    assert reveal.locator(".katex").count() > 0
    assert status.inner_text() == "You predicted: Four times as much."


def test_a_wrong_prediction_a_change_of_mind_and_the_next_day(lesson):
    page = lesson("00-start-here")

    def parts():
        return page.locator("#predict-direction"), page.locator("div.kl-reveal").nth(1)

    question, reveal = parts()
    question.get_by_role("radio").first.press("Space")
    question.get_by_role("button", name="Commit").click()
    assert question.get_by_role("radio").first.is_disabled()
    question.get_by_role("button", name="Change my mind").click()
    assert "Commit to a prediction first" in reveal.inner_text()
    question.get_by_role("radio").nth(1).press("Space")
    question.get_by_role("button", name="Commit").click()
    page.reload()
    question, reveal = parts()
    assert question.get_by_role("radio").nth(1).is_checked()
    assert "You predicted: Line A: punctual trains, a vague belief." in reveal.inner_text()
    reveal.get_by_role("button", name="Reveal").click()
    said = reveal.get_by_role("status").inner_text()
    assert said.startswith("✗ Not this time. You predicted: Line A")
    assert "Answer: Line B: erratic trains, a belief that is too sure." in said
    assert not question.get_by_role("button", name="Change my mind").is_visible()
    page.reload()
    assert parts()[1].get_by_role("status").inner_text() == said


@pytest.mark.parametrize(("typed", "verdict"), [("1,65", "✓ Right."), ("2", "✗ Not this time.")])
def test_a_number_is_right_within_its_tolerance(lesson, typed, verdict):
    page = lesson("05-two-directions")
    page.evaluate("localStorage.clear()")
    page.reload()
    question = page.locator("#predict-threshold")
    reveal = page.locator("details[data-question=predict-threshold]").locator(
        "xpath=preceding::div[1]"
    )
    reveal = page.locator("div.kl-reveal:has(+ details[data-question=predict-threshold])")
    field = question.get_by_role("textbox", name="Your prediction, in metres")
    commit = question.get_by_role("button", name="Commit")
    field.fill("two")
    assert commit.is_disabled()
    assert "two is no number: type one such as 0.5, −2 or 1/2." in question.inner_text()
    field.fill(typed)
    commit.click()
    reveal.get_by_role("button", name="Reveal").click()
    assert reveal.get_by_role("status").inner_text().startswith(verdict)
    assert "Answer: 1.68 metres." in reveal.inner_text()


def test_a_browser_that_keeps_nothing_still_takes_answers(site, new_page):
    tab = new_page()
    tab.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied'); }})"
    )
    tab.goto(f"{site.url}/01-definitions.html")
    question = tab.locator("#predict-zero")
    question.get_by_role("radio").first.press("Space")
    question.get_by_role("button", name="Commit").click()
    assert "You predicted: Both become infinite." in question.inner_text()


NUMBERS = ("", " ", "0.5", "0,5", "1/2", "−2", "∞", "-∞", "inf", "1e400", "1/0", "two", "1/2/3")
NUMBERS += ("1e-5", "12345678", "0.00012345", ".5", "5.", "nan", "a`b", "x" * 40, "1 000", "0")
NUMBERS += (
    "√2",
    "sqrt(2)",
    "1/√2",
    "−sqrt(3)/2",
    "√",
    "√-1",
    "40,000",
    "1,234",
    "1,000,000",
    "0,417",
)
NUMBERS += ("1.7 m", "14.5nats", "14.5 nats", "2e3 m", "√2 m", "5 bits", "50 %", "m", "1e-5 metres")
UNITS = ("", "metres", "nats")


def in_python(text, unit):
    """What the lab says to a typed number: as shown, or the complaint, or nothing."""
    try:
        number = read_number(text, unit)
    except NotRightError as words:
        return str(words)
    return None if number is None else _number("", 0.05).show(number)


IN_THE_PAGE = """async typed => {
    const {readNumber, show} = await import(`${location.origin}/_static/questions.js`);
    return typed.map(([text, unit]) => {
        const {value, complaint} = readNumber(text, unit);
        return complaint ?? (value === undefined ? null : show(value));
    });
}"""


def test_numbers_are_read_and_shown_as_in_the_lab(lesson):
    page = lesson("00-start-here")
    typed = [(text, unit) for text in NUMBERS for unit in UNITS]
    read = page.evaluate(IN_THE_PAGE, typed)
    assert dict(zip(typed, read, strict=True)) == {one: in_python(*one) for one in typed}


def test_without_javascript_everything_can_be_read(site, new_page):
    page = new_page(java_script_enabled=False)
    page.goto(f"{site.url}/00-start-here.html")
    question = page.locator("#predict-shift")
    assert "Four times as much" in question.inner_text()
    answer = page.locator("details.kl-reveal").first
    assert not answer.get_by_text("half the square").is_visible()
    answer.locator("summary").click()
    assert answer.get_by_text("half the square").is_visible()
    assert page.locator(".kl-frozen img").first.is_visible()


# --- print, and everybody


def test_print_opens_what_is_folded_and_drops_what_is_pressed(lesson):
    page = lesson("01-definitions")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for hint in page.locator("details").all():
        assert hint.evaluate("node => node.open && node.lastElementChild.clientHeight > 0")
    assert page.locator("button:visible").count() == 0
    assert page.locator(".kl-frozen input:visible").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.locator("article details[open]").count() == 0


# The boxes of which a formula is made count by the thousand, and so do the words of code: a letter
# stands for each formula, and one word for all of its kind in the same kind of box.
EASE = """() => {
    for (const node of document.querySelectorAll('details')) node.open = true;
    for (const node of document.querySelectorAll('.katex-html')) node.textContent = 'x';
    const seen = new Set();
    for (const word of document.querySelectorAll('pre span')) {
        const kind = `${word.className} in ${word.closest('pre').parentElement.className}`;
        if (!word.className || seen.has(kind)) word.replaceWith(...word.childNodes);
        seen.add(kind);
    }
    document.body.normalize();
}"""
AT_REST = """async () => {
    await new Promise(requestAnimationFrame);
    await Promise.all(document.getAnimations().map(each => each.finished));
}"""  # what was opened fades in, and is pale until then


def test_axe_finds_nothing_serious_on_any_page(site, lesson, serious):
    found = {}
    for name in names(site):
        page = lesson(name)
        page.evaluate(EASE)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.evaluate(AT_REST)
            found[name, theme] = serious(page, colours=theme == "dark")
    assert {where: what for where, what in found.items() if what} == {}


def test_an_explorer_takes_the_place_of_its_picture(lesson):
    page = lesson("00-start-here")
    box = page.locator(".kl-frozen").first
    box.scroll_into_view_if_needed()
    box.locator(".kl-live .kl-explorer").wait_for()
    assert not box.locator(".kl-committed").is_visible()
    number = box.get_by_role("status").text_content()
    box.get_by_role("slider", name="μ of q").press("End")
    assert box.get_by_role("status").text_content() != number
    page.emulate_media(media="print")
    assert box.locator(".kl-committed").is_visible()
    assert not box.locator(".kl-live .kl-explorer").is_visible()


def box_of(page, place):
    return page.locator(".kl-frozen").nth(place)


def numbers(box):
    return box.locator(".kl-live .kl-number").evaluate_all("all => all.map(node => node.value)")


IN_VIEW = "node => { const {top} = node.getBoundingClientRect(); return top > -1 && top < 200; }"


def test_a_link_opens_an_explorer_where_it_stands(site, new_page):
    page = new_page()
    page.goto(f"{site.url}/00-start-here.html#two_normals-2?mu_q=2&sigma_q=2")
    second = box_of(page, 1)
    second.locator(".kl-live").wait_for()
    page.wait_for_function(IN_VIEW, arg=second.element_handle())
    assert numbers(second) == ["0.00", "2.00", "1.00", "2.00"]
    page.evaluate("location.hash = 'two_normals?mu_q=-3&mu_p=nine'")
    first = box_of(page, 0)
    first.locator(".kl-live").wait_for()
    page.wait_for_function(IN_VIEW, arg=first.element_handle())
    assert numbers(first) == ["0.00", "−3.00", "1.00", "1.00"]
    assert "“nine” is not a number" in first.locator(".kl-live .kl-said").text_content()
    assert numbers(second) == ["0.00", "2.00", "1.00", "2.00"]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    second.get_by_role("button", name="Copy link").click()
    second.get_by_text("Link copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{site.url}/00-start-here.html#two_normals-2?mu_q=2&sigma_q=2"


def test_a_link_to_what_is_folded_opens_it(site, new_page):
    page = new_page()
    for path in sorted(site.folder.glob("*.html")):
        text = path.read_text(encoding="utf-8")
        if found := re.search(
            r'<details class="kl-folded"(?:(?!</details>).)*kl-frozen', text, re.DOTALL
        ):
            name = re.search(r'data-name="(\w+)"', text[found.end() :])[1]
            break
    place = text[: found.end()].count(f'data-name="{name}"') + 1
    page.goto(f"{site.url}/{path.name}#{name}-{place}")
    page.locator(f'details[open] .kl-frozen[data-name="{name}"] .kl-live').wait_for()
