"""One JupyterLab, one browser and one page for all; one Run All for each notebook."""

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

from tools.driver import (
    COURSE,
    LabServer,
    NotebookPage,
    chromium,
    find_chromium,
    free_port,
    static_host,
)
from web import npm


def pytest_sessionstart():
    try:
        find_chromium()
    except FileNotFoundError as missing:
        pytest.exit(f"browser tests: {missing}", returncode=2)


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
        yield context


@pytest.fixture(scope="session")
def open_notebook(server, browser):
    """Context manager: path within the course -> `NotebookPage`; one at a time."""
    page = browser.new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{server.url}/lab?reset")
    page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)

    @contextmanager
    def open_in_lab(path):
        notebook = NotebookPage(page, path)
        try:
            yield notebook
        finally:
            notebook.close()

    return open_in_lab


@pytest.fixture
def run_planted(course, open_notebook):
    """Context manager: sources of code cells, by cell id -> `NotebookPage` before Run All."""

    def write(sources):
        tags = {"tags": ["raises-exception"]}
        notebook = new_notebook(
            cells=[new_code_cell(text, id=name, metadata=tags) for name, text in sources.items()],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, course / "notebooks" / "planted.ipynb")
        return open_notebook("notebooks/planted.ipynb")

    return write


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site, built once and served: its ``folder``, ``url``, and the ``seconds`` it took."""
    folder = tmp_path_factory.mktemp("site") / "site"
    start = time.monotonic()
    command = [sys.executable, "-m", "web.site", str(folder)]
    built = subprocess.run(command, cwd=COURSE, check=False, capture_output=True, text=True)
    seconds = time.monotonic() - start
    if npm.MISSING in built.stderr:
        pytest.skip(npm.MISSING)
    assert built.returncode == 0, built.stdout + built.stderr
    with static_host(folder) as url:
        yield SimpleNamespace(folder=folder, url=url, seconds=seconds)


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core, which no Python package holds."""
    try:
        return (npm.package("axe-core") / "axe.min.js").read_text(encoding="utf-8")
    except RuntimeError as missing:
        pytest.skip(str(missing))
