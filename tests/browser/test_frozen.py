"""Every frozen explorer in Chromium, from a server that only hands out files: no kernel answers."""

import base64
import io
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from kl_course.scene import Drawing
from tools import lessons
from tools.driver import static_host
from web import freeze

SCENES = lessons.scene_names()
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="picture.css">
<script type="module" src="explorers.js"></script>
<style>body {{ font-family: sans-serif; margin: 16px }}
body[data-theme=dark] {{ background: #131416; color: #cfd0d0 }}</style></head>
<body data-theme="light"><main><h1>{name}</h1><div style="height: {gap}px"></div>{box}</main></body>
</html>"""
# What Scene itself says of a setting, in place of what the page shows.
REPLACE = """async ([still, moving], box = document.querySelector('.kl-live .kl-picture')) => {
    const image = box.querySelector('img');
    image.src = still;
    await image.decode();
    box.querySelector('.kl-live .kl-moving').innerHTML = moving;
}"""
ROUNDING = 0.051  # of a point: outlines have at least one decimal in a file
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# What is shown: numbers beside the controls, the readout, and the markup of what moves beside that
# of another picture, both as the browser writes them.
SEEN = """exact => {
    const box = document.querySelector('.kl-frozen'), other = document.createElement('div');
    const texts = (query, get) => [...box.querySelectorAll(query)].map(get);
    other.innerHTML = exact;
    const moving = box.querySelector('.kl-live .kl-moving')?.cloneNode(true);
    // To the dots of a trail the page adds those of before.
    for (const picture of [moving, other])
        for (const dots of picture?.querySelectorAll('.kl-trail') ?? []) dots.remove();
    return {
        numbers: texts('.kl-number', node => node.value),
        summary: texts('[role=status] .kl-lines > *, [role=status] .kl-notes > *',
            node => node.textContent).join('\\n'),
        moving: moving?.innerHTML,
        exact: other.innerHTML,
    };
}"""
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.fixture(scope="session")
def frozen(built_once):
    """Folder with every explorer's frames and a page for each."""

    def build(folder):
        shutil.copytree(freeze.kept(), folder, dirs_exist_ok=True)
        for name in SCENES:
            for suffix, gap in (("", 0), ("-far", 5000)):
                box = freeze.placeholder(name, ".", "live.html")
                page = PAGE.format(name=name, box=box, gap=gap)
                (folder / f"{name}{suffix}.html").write_text(page, encoding="utf-8")

    return built_once("frozen", build)


@pytest.fixture(scope="session")
def site(frozen):
    """Address of a server of that folder."""
    with static_host(frozen) as url:
        yield url


def numbers_apart(text):
    """A markup without its ids, and with 0 for every number; and the numbers."""
    text = re.sub(r'(\bid="|url\(#|href="#)[\w-]+', r"\1", text)
    return NUMBER.sub("0", text), np.array(NUMBER.findall(text), dtype=float)


class FrozenPage:
    """One frozen explorer in a page of its own."""

    def __init__(self, page, site, name, suffix=""):
        self.page, self.site, self.name, self.scene = page, site, name, lessons.scene(name)
        self.asked, self.errors, self.still = [], [], None
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.page.goto(f"{site}/{name}{suffix}.html")
        self.box = self.page.locator(".kl-frozen")
        self.said = self.box.locator(".kl-live .kl-said")
        self.picture = self.box.locator(".kl-live .kl-picture")

    def ready(self):
        self.box.locator(".kl-live .kl-explorer").wait_for()
        return self

    def settle(self):
        self.page.evaluate(TWO_FRAMES)

    @property
    def labels(self):
        return self.box.locator(".kl-label").all_text_contents()

    @property
    def setting(self):
        """What the controls say, as values of the shown sliders."""
        return self._as_setting(self.page.evaluate(SEEN, "")["numbers"])

    def _as_setting(self, numbers):
        sliders = [slider for slider in self.scene.sliders if slider.shown]
        return {
            slider.name: slider.nearest(float(text.replace("−", "-")))
            for slider, text in zip(sliders, numbers, strict=True)
        }

    @property
    def summary(self):
        return self.page.evaluate(SEEN, "")["summary"]

    def slider(self, label):
        return self.box.get_by_role("slider", name=label, exact=True)

    def press(self, label):
        self.box.get_by_role("button", name=label, exact=True).click()
        self.settle()

    def says_its_setting(self):
        """The readout is the scene's of this setting, which is returned."""
        seen = self.page.evaluate(SEEN, "")
        setting = self._as_setting(seen["numbers"])
        assert seen["summary"] == self.scene.summary(self.scene.frame(**setting)), setting
        return setting

    def shows_its_setting(self):
        """What moves is the scene's picture of this setting, too, and nothing else has moved."""
        setting = self.says_its_setting()
        drawing = Drawing(self.scene)
        drawing.show(self.scene.frame(**setting))
        seen = self.page.evaluate(SEEN, drawing.svg("exact"))
        (shape, numbers), (exact_shape, exact) = map(numbers_apart, (seen["moving"], seen["exact"]))
        assert shape == exact_shape, setting
        assert np.abs(numbers - exact).max(initial=0) < ROUNDING, setting
        drawing.figure.canvas.draw()
        pixels = np.array(drawing.figure.canvas.buffer_rgba())
        self.still = pixels if self.still is None else self.still
        assert (pixels == self.still).all(), setting
        return drawing

    def looks_as_it_should(self):
        """So are the pixels on the screen: what the page says of the picture is drawn."""
        drawing = self.shows_its_setting()
        seen = self._pixels()
        still = base64.b64encode(drawing.png(moving=False)).decode()
        before = self.picture.locator(".kl-moving").inner_html()
        data = [f"data:image/png;base64,{still}", drawing.svg("exact")]
        self.page.evaluate(REPLACE, data)
        off = np.abs(seen - self._pixels())
        # A tenth of a point is 0.14 pixels: the edge of a line may be a shade lighter or darker.
        assert (off > 60).mean() < 2e-3, (off > 60).mean()
        assert off.mean() < 0.5
        self.page.evaluate(REPLACE, [data[0], before])

    def _pixels(self):
        self.settle()
        picture = Image.open(io.BytesIO(self.picture.screenshot()))
        return np.asarray(picture.convert("L")).astype(int)

    def finish(self):
        assert self.errors == []
        own = (self.site, "data:", "blob:")
        assert [url for url in self.asked if not url.startswith(own)] == []


@pytest.fixture
def show(new_page, site):
    """Function: name -> `FrozenPage`, which has to end without an error or a foreign request."""
    shown = []

    def open_page(name, suffix="", **options):
        shown.append(FrozenPage(new_page(**options), site, name, suffix))
        return shown[-1] if suffix else shown[-1].ready()

    yield open_page
    for each in shown:
        each.finish()


def test_the_sizes_are_within_the_budget(frozen):
    sizes = {}
    for name in SCENES:
        for end in ("", "-narrow"):  # a page fetches one of the two
            files = (frozen / f"{name}{end}.json.gz", frozen / f"{name}{end}.webp")
            sizes[name, end] = sum(path.stat().st_size for path in files)
    assert max(sizes.values()) <= 500_000, sizes
    assert sum(sizes.values()) <= 6.5e6, sizes


@pytest.mark.parametrize("name", SCENES)
def test_every_slider_goes_to_both_ends_by_key_and_by_mouse(show, name):
    shown = show(name)
    sliders = [slider for slider in shown.scene.sliders if slider.shown and slider.handle]
    shown.looks_as_it_should()
    for slider in sliders:
        for key, end in (("End", slider.ends[1]), ("Home", slider.ends[0])):
            shown.slider(slider.label).focus()
            shown.page.keyboard.press(key)
            shown.settle()
            assert shown.setting[slider.name] == pytest.approx(end)
            shown.shows_its_setting()
        rail = shown.slider(slider.label).bounding_box()
        y = rail["y"] + rail["height"] / 2
        shown.page.mouse.move(rail["x"] + 4, y)
        shown.page.mouse.down()
        for part in (0.4, 0.8, 1):
            shown.page.mouse.move(rail["x"] + part * rail["width"], y)
            shown.settle()
        shown.page.mouse.up()
        assert shown.setting[slider.name] == pytest.approx(slider.ends[1])
        shown.says_its_setting()


@pytest.mark.parametrize("name", SCENES)
def test_presets_reset_swap_and_resample(show, name):
    shown = show(name)
    start = shown.setting
    for label, preset in shown.scene.presets.items():
        shown.press("Reset")
        assert shown.setting == start
        shown.press(label)
        assert shown.setting == pytest.approx(start | preset)
        shown.shows_its_setting()
        if shown.scene.swap:
            shown.press("Swap p ↔ q")
            assert shown.setting == pytest.approx(freeze.swapped(shown.scene, start | preset))
            assert shown.said.text_content() == ""
            shown.shows_its_setting()
    shown.press("Reset")
    if "seed" in start:
        for count in range(1, 11):
            shown.press("Resample")
            assert shown.setting["seed"] == start["seed"] + count
        shown.shows_its_setting()


@pytest.mark.parametrize("name", [name for name in SCENES if lessons.scene(name).handles])
def test_a_hand_drags_the_picture(show, name):
    shown = show(name)
    moved = 0
    for grip in shown.box.locator(".kl-grip").all():
        shown.press("Reset")
        before, box, picture = shown.setting, grip.bounding_box(), shown.picture.bounding_box()
        for dx, dy in ((0.06, -0.1), (-0.06, 0.1)):
            shown.page.mouse.move(box["x"] + 13, box["y"] + 13)
            shown.page.mouse.down()
            shown.page.mouse.move(
                box["x"] + 13 + dx * picture["width"],
                box["y"] + 13 + dy * picture["height"],
                steps=4,
            )
            shown.settle()
            shown.page.mouse.up()
            moved += shown.says_its_setting() != before
    assert moved > 0


def test_what_is_snapped_or_goes_back_is_said(show):
    shown = show("two_normals")
    field = shown.box.get_by_role("textbox", name="μ of q, number")
    field.fill("1.99")
    field.press("Enter")
    shown.settle()
    assert "nearest that there is a picture of" in shown.said.text_content()
    assert shown.setting["mu_q"] == pytest.approx(2)
    field.fill("99")
    field.press("Enter")
    shown.settle()
    assert shown.setting["mu_q"] == pytest.approx(3)
    shown.slider("μ of p").focus()
    shown.page.keyboard.press("End")
    shown.settle()
    assert "One slider at a time here" in shown.said.text_content()
    about = shown.box.locator(".kl-about")
    assert "μ of q and σ of q slide together" in about.text_content()
    assert about.get_by_role("link").get_attribute("href") == "live.html"


def test_a_try_is_said_when_it_is_pressed_and_not_before(show):
    shown = show("draw_q")
    assert "Try 1" not in shown.summary
    shown.press("Try")
    scene = shown.scene
    assert shown.summary == scene.summary(scene.frame(**scene.act(scene.start, "Try")))
    shown.press("Try")
    assert "live version" in shown.said.text_content()
    shown.press("Other direction")
    after = scene.act(scene.start, "Other direction")
    assert shown.summary == scene.summary(scene.frame(**after))


def test_a_game_without_frames_says_where_it_can_be_played(show):
    shown = show("catch_the_modes")
    assert shown.box.locator(".kl-live button:not(.kl-fold)").all_text_contents() == [
        "Reset",
        "Copy link",
    ]
    assert "Commit guess" in shown.box.locator(".kl-about").text_content()


def test_nothing_is_fetched_before_it_is_near(show):
    shown = show("two_normals", "-far")
    shown.page.wait_for_timeout(500)
    assert not any(url.endswith(".gz") for url in shown.asked)
    shown.box.scroll_into_view_if_needed()
    shown.ready()
    assert sum(url.endswith(".gz") for url in shown.asked) == 1


def test_without_frames_the_picture_stays_and_says_so(new_page, site):
    page = new_page()
    page.route("**/*.json.gz", lambda route: route.abort())
    page.goto(f"{site}/two_normals.html")
    page.get_by_text("its picture stands still").wait_for()
    assert page.locator(".kl-committed").is_visible()


def test_the_readout_lasts(show):
    shown = show("two_normals")
    status = shown.box.get_by_role("status")
    status.evaluate("node => { window.marked = node; }")
    before = shown.summary
    shown.slider("μ of q").press("End")
    assert shown.summary != before
    assert status.evaluate("node => node === window.marked && node.isConnected")


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
@pytest.mark.parametrize("name", ["two_normals", "samples", "code_book", "estimators"])
def test_every_theme_is_legible(show, serious, name, theme):
    shown = show(name)
    shown.page.emulate_media(color_scheme="dark" if theme == "auto" else "light")
    shown.page.evaluate("theme => { document.body.dataset.theme = theme; }", theme)
    if theme == "auto":
        shown.page.add_style_tag(content="body { background: #131416; color: #cfd0d0 }")
    shown.settle()
    mean = shown._pixels().mean()
    assert mean > 200 if theme == "light" else mean < 80
    assert serious(shown.page, shown.page.locator("main"), colours=theme != "light") == []


@pytest.mark.parametrize("name", SCENES)
def test_a_page_of_400_pixels_holds_it(show, name):
    shown = show(name, viewport={"width": 400, "height": 720})
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 400


def test_in_print_the_committed_picture_stands(show):
    shown = show("two_normals")
    assert not shown.box.locator(".kl-committed").is_visible()
    shown.page.emulate_media(media="print")
    assert shown.box.locator(".kl-committed").is_visible()
    assert not shown.box.locator(".kl-live .kl-explorer").is_visible()
