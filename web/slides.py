"""Build the slides: python -m web.slides, a reveal.js deck of each notebook in build/slides.

Which cell begins a slide, and what a teacher says and asks there, stands in the notebooks' own
metadata. Nothing is executed, and no deck asks another host for anything.
"""

import argparse
import html
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

from tools import cells
from tools.notebook_rules import has_slides
from web import freeze, npm

ROOT = Path(__file__).resolve().parents[1]

COURSE = ROOT / "notebooks"
BUILD = ROOT / "build"
# What a deck fetches, of 80 MB in the packages.
VENDORED = {
    "reveal.js": (
        "dist/reveal.js",
        "dist/reveal.css",
        "plugin/notes/notes.js",
        "LICENSE",
    ),
    "mathjax": (
        "MathJax.js",
        "LICENSE",
        "config/TeX-AMS_CHTML-full.js",
        "fonts/HTML-CSS/TeX/woff",
        "jax/element/mml/optable",
        "jax/output/CommonHTML",
    ),
}
HEADING = re.compile(r"^#{1,3} (.*)$", re.MULTILINE)
REFERENCES = re.compile(r"^\*\*References\*\*.*", re.MULTILINE | re.DOTALL)
LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
ANSWER = re.compile(r"<details><summary>.*?</summary>(.*)</details>", re.DOTALL)
NOTE_PARTS = re.compile(r"\s+(?=(?:Ask|Expect|Say|Show|Do): )")


def main(arguments=None):
    """Build all decks, or say in one line what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=BUILD / "slides")
    out = parser.parse_args(arguments).out
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".slides-") as folder:
        built = Path(folder) / "slides"
        try:
            build(built)
        except RuntimeError as missing:
            return str(missing)
        shutil.rmtree(out, ignore_errors=True)
        built.rename(out)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{os.path.relpath(out)} is done, {size / 1e6:.1f} MB. To look at it:")
    print(f"    {sys.executable} -m http.server --directory {os.path.relpath(out)}")
    return 0


def build(out):
    """Write the decks, the page that lists them, and everything that they load, into `out`."""
    out.mkdir(parents=True)
    vendor(out / "vendor")
    shutil.copytree(freeze.kept(), out / "frozen")
    for name in ("slides.css", "slides.js"):
        shutil.copy(ROOT / "web" / name, out)
    highlighting = HtmlFormatter(style="default").get_style_defs(".highlight")
    (out / "highlight.css").write_text(highlighting, encoding="utf-8")
    titles = {}
    for name, notebook in lessons_with_slides().items():
        titles[name] = HEADING.search(notebook.cells[0].source)[1]
        (out / f"{name}.html").write_text(deck(notebook, titles[name]), encoding="utf-8")
    (out / "index.html").write_text(index(titles), encoding="utf-8")


def lessons_with_slides():
    """Name -> notebook of each lesson; a page that is only looked things up in has no slides."""
    read = {path.stem: nbformat.read(path, 4) for path in sorted(COURSE.glob("*.ipynb"))}
    return {name: notebook for name, notebook in read.items() if has_slides(notebook)}


def vendor(folder):
    """Bring reveal.js and MathJax, of each only the files that a deck loads."""
    for name, wanted in VENDORED.items():
        home = npm.package(name)
        for part in wanted:
            source, target = home / part, folder / name / part
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


def deck(notebook, title):
    """HTML of one lesson's deck."""
    exporter = SlidesExporter(raw_template=(ROOT / "web" / "slides.html.j2").read_text("utf-8"))
    notebook.metadata |= {"title": html.escape(title)}
    section, options = "", {}
    for cell in notebook.cells:
        # Where a slide begins without a heading of its own, that of its section stands small.
        cell.metadata.running = "" if HEADING.match(cell.source) else inline(section)
        if cell.cell_type == "markdown" and (found := HEADING.findall(cell.source)):
            section = found[-1]
        cell.metadata.says = [html.escape(part) for part in spoken(cell)]
        cell.metadata.html = shown(cell, options)
    notebook.cells = [cell for cell in notebook.cells if slide_type(cell) != "skip"]
    body, _ = exporter.from_notebook_node(notebook)
    return body


def slide_type(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def spoken(cell):
    """The paragraphs of a cell's speaker notes."""
    notes = cell.metadata.get("notes", "")
    return NOTE_PARTS.split(notes) if notes else []


def inline(text):
    return re.sub(r"</?p>", "", as_html(text)).strip()


def as_html(text):
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(text)


def shown(cell, options):
    """What a projector shows of a cell, as HTML."""
    if cell.cell_type == "markdown":
        return unlinked(as_html(REFERENCES.sub("", cell.source)))
    if name := cells.explorer_of(cell):
        return freeze.placeholder(name.removeprefix("explore_"), "frozen", narrow="all")
    if name := cells.prediction_of(cell):
        options[name] = choices(cell)
        return options[name]
    if name := cells.reveal_of(cell):
        answer = ANSWER.fullmatch(cells.data_of(cell, "text/html"))[1]
        return f'{options[name]}<div class="fragment answer">{answer}</div>'
    code = Highlight2HTML(pygments_lexer="python")(cell.source)
    return code + "".join(result(output) for output in cell.outputs)


def choices(cell):
    """A prediction's options, lettered so that a class can vote; or the unit of its number."""
    found = cells.options_of(cell)
    if not found:
        first = cells.data_of(cell, "text/plain").partition("\n")[0]
        return f'<p class="options">{html.escape(first)}</p>'
    items = "".join(f"<li>{html.escape(option)}</li>" for option in found)
    return f'<ol class="options" type="A">{items}</ol>'


def result(output):
    if picture := output.get("data", {}).get("image/png"):
        alt = html.escape(output.data["text/plain"])
        return f'<img class="output" src="data:image/png;base64,{picture}" alt="{alt}">'
    text = output.text if output.output_type == "stream" else output.data["text/plain"]
    return f'<pre class="output">{html.escape(text.rstrip())}</pre>'


def unlinked(text):
    """Links to other lessons lead to their decks; what a deck does not have is no link."""

    def link(match):
        target, words = match.groups()
        if re.match(r"https?:", target):
            return match[0]
        if re.fullmatch(r"\d\d-[\w-]+\.ipynb", target):
            return f'<a href="{target.removesuffix("ipynb")}html">{words}</a>'
        return words

    return LINK.sub(link, text)


def index(titles):
    page = (ROOT / "web" / "slides-index.html").read_text("utf-8")
    items = "".join(
        f'<li><a href="{stem}.html">{html.escape(title)}</a></li>\n'
        for stem, title in titles.items()
    )
    return page.replace("{{decks}}", items)


if __name__ == "__main__":
    sys.exit(main())
