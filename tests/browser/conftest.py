"""A browser and a JupyterLab a worker, a page of it a file; what is built is built once for all.

That page may ask its server for something at any time: whoever listens, counts or measures does
it in a page of their own (`new_page`).
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import sync_playwright

from tools import lessons
from tools.driver import (
    COURSE,
    SCREEN,
    LabServer,
    NotebookPage,
    chromium,
    find_chromium,
    free_port,
    static_host,
)
from web import npm

SERIOUS = ("serious", "critical")
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# Of what is in a body without height axe judges no colour.
GIVE_HEIGHT = "body { height: 100vh }"
# Axe walks the whole page, and the formulas of a notebook's texts are thousands of boxes.
EASE = """() => {
    const texts = document.querySelectorAll('.jp-MarkdownCell .jp-RenderedMarkdown');
    for (const text of texts) text.replaceChildren();
}"""
JUDGE = """async ([parts, options]) => {
    const {violations, passes} = await axe.run(parts.length ? {include: parts} : document, options);
    return {
        found: violations.map(({impact, id, nodes: [{html, failureSummary}]}) =>
            [impact, id, html.slice(0, 200), failureSummary]),
        passed: passes.map(rule => rule.id),
    };
}"""
WAIT = 30_000  # ms, for what takes one on a machine that has nothing else to do


def pytest_sessionstart():
    try:
        find_chromium()
    except FileNotFoundError as missing:
        pytest.exit(f"browser tests: {missing}", returncode=2)


# A file is one worker's, so that its page is opened once. What builds the site for all comes first,
# then what takes longest: nobody waits long for the other worker's last file.
FIRST = ("site", "lessons", "app", "frozen", "lite", "every_explorer", "classroom", "slides")


def pytest_collection_modifyitems(items):
    places = {f"test_{name}": place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A copy of the course, because JupyterLab saves what it shows."""
    copy = tmp_path_factory.mktemp("course")
    for folder in ("notebooks", "tools"):
        shutil.copytree(COURSE / folder, copy / folder)
    return copy


@pytest.fixture(scope="session")
def server(course, tmp_path_factory):
    with LabServer(course, tmp_path_factory.mktemp("jupyter")) as lab:
        yield lab


@pytest.fixture(scope="session")
def debugging_port():
    """Where Chromium takes commands of others than Playwright."""
    return free_port()


@pytest.fixture(scope="session")
def browser(debugging_port):
    flag = f"--remote-debugging-port={debugging_port}"
    with sync_playwright() as playwright, chromium(playwright, flag) as context:
        yield context.browser


@pytest.fixture
def new_page(browser):
    """Function: options -> a page in a browser context of its own, which hears no other page."""
    contexts = []

    def open_page(**options):
        contexts.append(browser.new_context(**{"viewport": SCREEN} | options))
        page = contexts[-1].new_page()
        page.set_default_timeout(WAIT)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def open_notebook(server, browser):
    """Context manager: path within the course -> `NotebookPage`; one at a time.

    Each file of tests has a page of its own: what JupyterLab says late meets no other test.
    """
    context = browser.new_context(viewport=SCREEN)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(f"{server.url}/lab?reset")
    page.wait_for_function("window.jupyterapp !== undefined", timeout=2 * WAIT)

    @contextmanager
    def open_in_lab(path):
        notebook = NotebookPage(page, path)
        try:
            yield notebook
        finally:
            notebook.close()

    yield open_in_lab
    context.close()


@pytest.fixture(scope="module")
def run_planted(course, open_notebook):
    """Context manager: sources of code cells, by cell id -> `NotebookPage` before Run All.

    Where outputs are `folded`, by cell id, it is a notebook of the course.
    """

    def write(sources, folded=()):
        tags = {"tags": ["raises-exception"]}
        mark = {"kl_course": True} if folded else {}
        notebook = new_notebook(
            cells=[new_code_cell(text, id=name, metadata=tags) for name, text in sources.items()],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}} | mark,
        )
        for cell in notebook.cells:
            if cell.id in folded:
                cell.metadata["jupyter"] = {"outputs_hidden": True}
        nbformat.write(notebook, course / "notebooks" / "planted.ipynb")
        return open_notebook("notebooks/planted.ipynb")

    return write


@pytest.fixture(scope="module")
def show_explorers(run_planted):
    """Context manager: names of scenes -> `NotebookPage` after Run All, with a cell for each.

    A cell has the name of its scene, and its explorer too. Sources of further cells may follow.
    """
    makes = lessons.explorers()

    def source(name):
        call = f"explore_{name}"
        return f"from {makes[call].__module__} import {call}\n{name} = {call}()\n{name}"

    @contextmanager
    def show(*names, **others):
        with run_planted({name: source(name) for name in names} | others) as page:
            page.run_all()
            yield page

    return show


# --- what is built


@pytest.fixture(scope="session")
def for_all(tmp_path_factory):
    """The folder that all workers have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def building(for_all):
    """Context manager: only one worker at a time builds, as there is one folder build/."""

    @contextmanager
    def alone():
        with (for_all / "building").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
            yield

    return alone


@pytest.fixture(scope="session")
def built_once(for_all, building):
    """Function: name, function that builds into a folder -> that folder, the same for all."""

    def build_or_take(name, build):
        folder, unfinished = for_all / name, for_all / f"{name}.unfinished"
        with building():
            if not folder.exists():
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                build(unfinished)
                unfinished.rename(folder)
        return folder

    return build_or_take


@pytest.fixture(scope="session")
def site(built_once):
    """The site, built once and served: its ``folder``, ``url``, and the ``seconds`` it took."""

    def build(folder):
        start = time.monotonic()
        command = [sys.executable, "-m", "web.site", str(folder / "site")]
        built = subprocess.run(command, cwd=COURSE, capture_output=True, text=True, check=False)
        if npm.MISSING in built.stderr:
            pytest.skip(npm.MISSING)
        assert built.returncode == 0, built.stdout + built.stderr
        assert "No JupyterLite" not in built.stdout, built.stdout
        (folder / "seconds").write_text(f"{time.monotonic() - start:.1f}")

    folder = built_once("site", build)
    with static_host(folder / "site") as url:
        seconds = float((folder / "seconds").read_text())
        yield SimpleNamespace(folder=folder / "site", url=url, seconds=seconds)


# --- axe


@pytest.fixture(scope="session")
def axe(building):
    """The source of axe-core, which no Python package holds."""
    try:
        with building():
            home = npm.package("axe-core")
    except RuntimeError as missing:
        pytest.skip(str(missing))
    return (home / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def serious(axe):
    """Function: a page, locators within it that are on the screen (all) -> what axe finds serious.

    Another theme changes colours and nothing else: ``colours=True`` asks only what looks at them.
    """

    def judge(page, *parts, colours=False):
        if not page.evaluate("'axe' in window"):
            page.evaluate(axe)
        options = {"resultTypes": ["violations"]} | ({"runOnly": COLOUR_RULES} if colours else {})
        verdict = page.evaluate(JUDGE, [[part.element_handle() for part in parts], options])
        assert "color-contrast" in verdict["passed"]
        return [found for found in verdict["found"] if found[0] in SERIOUS]

    return judge


@pytest.fixture(scope="session")
def find_serious(serious):
    """Function: `NotebookPage`, ids of cells -> what is serious in them, in both themes."""

    def find(notebook, cell_ids):
        page = notebook.page
        page.add_style_tag(content=GIVE_HEIGHT)
        parts = [notebook.outputs(cell_id) for cell_id in cell_ids]
        with notebook.whole_on_screen():
            page.evaluate(EASE)
            found = serious(page, *parts)
            with notebook.theme("JupyterLab Dark"):
                return found + serious(page, *parts, colours=True)

    return find
