"""Explorers alone: one module of several, and what each page and module of an explorer holds."""

import re

import pytest

from tools import lessons
from web import alone, catalogue

ENTRIES = catalogue.entries()
MODULES = {
    "top": """// What it is.
import {
    one,
    two,
} from "./low.js";
import {Three, unused} from "./mid.js";

/** @param {Three} three */
export function all(three) {
    return [one, two(), three instanceof Three, `${one} // no comment`];
}
""",
    "mid": """import {four, one} from "./low.js";

/** A class. */
export class Three {
    one = one; // is kept
}

export const unused = four;

window.loaded = true;
""",
    "low": """const [hidden, ...others] = [1, 2];
const alone = hidden;
export const one = hidden;
export async function two() {
    return /** @type {any} */ (2);
}
export const four = alone;
export default {render};
""",
}
BUNDLE = """const low_js = (() => {
const [hidden, ...others] = [1, 2];
const one = hidden;
async function two() {
return (2);
}
return {one, two};
})();
const mid_js = (() => {
const {one} = low_js;
class Three {
one = one; // is kept
}
window.loaded = true;
return {Three};
})();
const top_js = (() => {
const {one, two} = low_js;
const {Three} = mid_js;
function all(three) {
return [one, two(), three instanceof Three, `${one} // no comment`];
}
return {all};
})();
"""


def test_modules_become_one_without_comments_and_without_what_nobody_needs():
    assert alone.bundle("top", MODULES.get) == BUNDLE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('import * as low from "./low.js";\n', "top.js: no way to put “import "),
        ("export {one};\n", "top.js: no way to put “export {one};”"),
        ("const text = `one\n    two`;\n", "top.js: a text of several lines"),
    ],
)
def test_what_cannot_be_put_into_one_file_is_refused(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        alone.bundle("top", {**MODULES, "top": text}.get)


def test_every_explorer_is_in_the_catalogue_once():
    assert sorted(entry.name for entry in ENTRIES) == sorted(lessons.scene_names())


def test_a_module_asks_for_nothing_but_its_frames():
    bundled = alone.bundle("alone")
    (entry,) = (entry for entry in ENTRIES if entry.name == "two_normals")
    text = alone.module(entry, bundled, "lite/lab/index.html?path=a.ipynb")
    assert "class Frozen" in text
    assert "class Live" not in text  # beside it in picture.js, and for a kernel
    assert not re.search(r"^import\b|\bimport\(|^export (?!default)", text, re.MULTILINE)
    assert text.count("\nexport default ") == 1
    assert re.findall(r"https?://", text) == []
    assert r"{folder}/two_normals" in text
    assert r"{folder}/../lite/lab/index.html?path=a.ipynb" in text
    assert r"{folder}/../00-start-here.html#two_normals" in text
    assert ".kl-explorer {" in text


def test_pages_and_modules_are_written_beside_the_frames(tmp_path, monkeypatch):
    few = ENTRIES[:2]
    monkeypatch.setattr(catalogue, "entries", lambda: few)
    alone.write(tmp_path)
    own = {f"{entry.name}.{kind}" for entry in few for kind in ("html", "mjs")}
    beside = {path.name for path in alone.BESIDE}
    assert {path.name for path in tmp_path.iterdir()} == own | beside | {"index.html"}
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    for entry in few:
        page = (tmp_path / f"{entry.name}.html").read_text(encoding="utf-8")
        assert f"<h1>{entry.title}</h1>" in page
        assert entry.line in page
        assert f'href="../{entry.page}.html#{entry.name}"' in page
        for target in re.findall(r' (?:src|href)="([\w-]+\.(?:js|css))"', page):
            assert (tmp_path / target).exists()
        assert f'<a href="{entry.name}.html">' in index
        assert lessons.scene(entry.name).alt in index
