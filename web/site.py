"""Make the site: a folder in build/ that any static host serves, from the committed notebooks.

Nothing is run: pages come from the stored outputs, and explorers from frames that the package
renders beforehand. After the installs no network is asked for anything.
"""

import json
import os
import re
import shutil
import sys
import time
from functools import partial
from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook
from sphinx.cmd.build import build_main
from sphinxcontrib.katex import katex_version

from tools import cells
from web import alone, freeze, lite, npm, pages, repository

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
BUILD = ROOT / "build"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXPLORERS = "explorers"  # folder of the site
OWN = (
    *(WEB / name for name in ("page.css", "page.js", "questions.js")),
    *freeze.SHOWS,
)
MOVING = (
    '<link rel="stylesheet" href="_static/picture.css">'
    "<noscript><style>.kl-asleep .kl-controls, .kl-about {display: none}</style></noscript>"
    '<script type="module" src="_static/explorers.js"></script>'
)
OTHER_FONTS = re.compile(r",url\([^)]*\.(?:woff|ttf)\) format\(\"[a-z]+\"\)")


START = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - START:5.1f} s] {text}", flush=True)


def main(folder=BUILD / "site"):
    try:
        build(Path(folder))
    except (RuntimeError, ValueError) as error:
        sys.exit(f"make site: {error}")
    size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    say(f"{os.path.relpath(folder)} is done, {size / 1e6:.1f} MB. To look at it:")
    print(f"    {sys.executable} -m http.server --directory {os.path.relpath(folder)}")


def build(folder):
    """Build the site into that folder."""
    source = BUILD / "pages"
    for old in (source, folder):
        shutil.rmtree(old, ignore_errors=True)
    vendor(source / "_static")
    with_lite = add_lite(folder / "lite")
    explorer = add_explorers(folder / EXPLORERS, with_lite)
    write_sources(source, explorer, with_lite)
    run_sphinx(source, folder)
    add_downloads(folder / "notebooks")


def vendor(folder):
    """KaTeX's style and fonts, in the version that sets the formulas, and our own files."""
    package = npm.package("katex")
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    if version != katex_version:
        raise RuntimeError(
            f"web/package.json has KaTeX {version}, but Sphinx sets formulas with {katex_version}"
        )
    katex = package / "dist"
    folder.mkdir(parents=True)
    style = (katex / "katex.min.css").read_text(encoding="utf-8")
    (folder / "katex.min.css").write_text(OTHER_FONTS.sub("", style), encoding="utf-8")
    (folder / "fonts").mkdir()
    for font in (katex / "fonts").glob("*.woff2"):
        shutil.copy(font, folder / "fonts")
    for path in OWN:
        shutil.copy(path, folder)
    say(f"KaTeX {katex_version} and its fonts are there")


def add_lite(folder):
    """Tell whether the site has JupyterLite, after an attempt to build it."""
    try:
        lite.build(folder, say)
    except RuntimeError as missing:
        say(f"No JupyterLite, and no links to it: {missing}")
        shutil.rmtree(folder, ignore_errors=True)
        return False
    return True


def add_explorers(folder, with_lite):
    """Freeze every explorer, and write its own page; a function: name, lesson -> its HTML there."""
    shutil.copytree(freeze.kept(say), folder)
    alone.write(folder, with_lite=with_lite)

    def shown(explorer, page):
        live = pages.lite_address(page) if with_lite else ""
        return freeze.placeholder(explorer.removeprefix("explore_"), EXPLORERS, live)

    return shown


def write_sources(folder, explorer, with_lite):
    """Lay out what Sphinx reads: the start page, and a notebook of cells to show a lesson."""
    address = repository.address(ROOT)
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        run = pages.run_section(path.stem, with_lite, address)
        page = pages.page_of(notebook, path.stem, partial(explorer, page=path.stem), run)
        page.append(pages.raw(MOVING))
        nbformat.write(new_notebook(cells=page, metadata=notebook.metadata), folder / path.name)
        if path.name.startswith("00-"):
            (series,) = (cell.source for cell in notebook.cells if cell.id == "series")
            first = next(filter(None, map(cells.explorer_of, notebook.cells)))
    names = [path.stem for path in NOTEBOOKS]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    picture = explorer(first, page=names[0]) + MOVING
    start = pages.start_page(readme, series, picture, names)
    (folder / "index.md").write_text(start, encoding="utf-8")
    about = (ROOT / "notebooks" / "data" / "README.md").read_text(encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "README.md").write_text(f"---\norphan: true\n---\n{about}", encoding="utf-8")
    say(f"{len(NOTEBOOKS)} notebooks are laid out")


def add_downloads(folder):
    """The notebooks as files, without outputs, which the pages have; and their data."""
    shutil.copytree(ROOT / "notebooks" / "data", folder / "data")
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        for cell in cells.code_cells(notebook):
            cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, folder / path.name)


def run_sphinx(source, folder):
    """Make the pages; the first warning ends it."""
    say("Sphinx makes the pages, and sets the formulas")
    options = ["--quiet", "--fail-on-warning", "--fresh-env", "--doctree-dir", BUILD / "doctrees"]
    if build_main([*map(str, options), "-c", str(WEB), str(source), str(folder)]):
        raise RuntimeError("Sphinx stopped: it says why above")
    for source_map in (folder / "_static").rglob("*.map"):
        source_map.unlink()  # for whoever changes the theme


if __name__ == "__main__":
    main(*sys.argv[1:])
