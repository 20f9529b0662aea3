"""An explorer in other programs that show widgets, before a release: `make test-hosts`.

Each program is installed beside the course, into a Python of its own, and starts with a file that
shows `explore_two_normals()` as one writes it there. Chromium then has the picture, a key and a
hand move it, buttons work, two pages of one kernel agree, and once the server has ended, the page
says so. At the end stand the rows of the table in docs/teaching.md.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from tools.driver import (
    COURSE,
    RUN_ALL,
    SCREEN,
    WIDTH_WHEN_DECODED,
    ExplorerView,
    LabServer,
    chromium,
)
from web import npm

UV = COURSE / "build/uv/bin/uv"
WAIT = 60_000  # ms, until a page has its explorer
SLIDER = "μ of p"
SILENCE = 15  # seconds within which a page says that nobody answers

IMPORT = "from kl_course.explorers.start_here import explore_two_normals"
NOTEBOOK = f"{IMPORT}\n\nexplore_two_normals()"
MARIMO = f"""import marimo

app = marimo.App()


@app.cell
def _():
    {IMPORT}

    explore_two_normals()
"""
SHINY = f"""from shiny.express import ui
from shinywidgets import render_widget

{IMPORT}

ui.page_opts(title="Two normals")


@render_widget
def explorer():
    return explore_two_normals().view
"""
SOLARA = f"""import solara

{IMPORT}


@solara.component
def Page():
    solara.display(explore_two_normals())
"""
JUPYTER = (
    "--no-browser",
    "--ServerApp.port={port}",
    "--ServerApp.allow_root=True",
    "--IdentityProvider.token=",
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
)
KERNEL_IS_THERE = """() => [...(window.jupyterapp?.shell.widgets('main') ?? [])]
    .some(panel => panel.sessionContext?.session?.kernel?.status === 'idle')"""


def run_all(page):
    """Run every cell of the notebook; without a kernel the command would wait for ever."""
    page.wait_for_function(KERNEL_IS_THERE)
    page.evaluate(RUN_ALL)


@dataclass(frozen=True)
class Host:
    """A program that shows explorers: what to install, what to start, what one writes there."""

    name: str
    packages: tuple[str, ...]  # pinned; the first one's version is the program's
    write: str  # what to write, as docs/teaching.md says it
    start: tuple[str, ...]  # a module and its options
    source: str | None = None  # of app.py; None: a notebook
    path: str = "/"
    once_open: Callable = lambda page: None
    npm: tuple[str, ...] = ()  # what its page would else get from another host
    shared: bool = False  # whether a second page shows the same kernel

    @property
    def title(self):
        """Its name and version, and those of what it needs besides."""
        names = [self.name, *(package.split("==")[0] for package in self.packages[1:])]
        versions = [package.split("==")[1] for package in self.packages]
        return ", ".join(f"{name} {version}" for name, version in zip(names, versions, strict=True))


HOSTS = [
    Host(
        "marimo",
        ("marimo==0.25.2",),
        "`explore_two_normals()` as the last line of a cell",
        ("marimo", "run", "app.py", "--headless", "--no-token", "--port={port}"),
        MARIMO,
    ),
    Host(
        "Notebook",
        ("notebook==7.6.5",),
        "`explore_two_normals()` as the last line of a cell",
        ("notebook", *JUPYTER),
        path="/notebooks/explorer.ipynb",
        once_open=run_all,
    ),
    Host(
        "JupyterLab",
        ("jupyterlab==4.6.6", "jupyter-collaboration==5.0.4"),
        "`explore_two_normals()` as the last line of a cell",
        ("jupyterlab", *JUPYTER),
        path="/lab/tree/explorer.ipynb",
        once_open=run_all,
        shared=True,
    ),
    Host(
        "Shiny",
        ("shiny==1.8.0", "shinywidgets==0.8.2"),
        "`return explore_two_normals().view`, under `@render_widget`",
        ("shiny", "run", "app.py", "--port={port}"),
        SHINY,
    ),
    Host(
        "Solara",
        ("solara==1.64.1",),
        "`solara.display(explore_two_normals())`",
        ("solara", "run", "app.py", "--no-open", "--host=127.0.0.1", "--port={port}"),
        SOLARA,
        npm=(
            "@widgetti/solara-vuetify3-app@5.2.0",
            "font-awesome@4.5.0",
            "requirejs@2.3.6",
        ),
    ),
]


# --- install and start


def install(host, home):
    """Put the program and the course into a Python of their own."""
    run(UV, "venv", "--quiet", "--python", sys.executable, home / "python")
    python = home / "python/bin/python"
    course = f"{COURSE}[course]"
    run(UV, "pip", "install", "--quiet", "--python", python, course, *host.packages)
    for package in host.npm:
        bring(package, home / "python/share/solara/cdn")


def bring(package, folder):
    """A package of npm, where Solara keeps what it got from another host."""
    if shutil.which("npm") is None:
        raise RuntimeError(npm.MISSING)
    target = folder / package
    target.mkdir(parents=True)
    packed = run("npm", "pack", "--silent", package, cwd=target).strip().splitlines()[-1]
    run("tar", "xzf", packed, "--strip-components=1", cwd=target)


def run(*command, cwd=COURSE):
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


def write_file(host, folder):
    folder.mkdir()
    if host.source is not None:
        (folder / "app.py").write_text(host.source, encoding="utf-8")
        return
    cell = new_code_cell(NOTEBOOK, id="explore")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = new_notebook(cells=[cell], metadata=kernel)
    nbformat.write(notebook, folder / "explorer.ipynb")


class HostServer(LabServer):
    """A program's server, in the folder of its file."""

    page_of_answer = "/"

    def __init__(self, host, home):
        super().__init__(home / "work", home)
        self.host = host

    @property
    def command(self):
        options = (option.format(port=self.port) for option in self.host.start)
        return [str(self.home / "python/bin/python"), "-m", *options]

    @property
    def environment(self):
        return super().environment | {"HOME": str(self.home)}


# --- look and touch


class AnyPage:
    """A page with one explorer, as `ExplorerView` asks for it."""

    def __init__(self, page):
        self.page = page

    def outputs(self, _):
        return self.page

    def settle(self):
        self.page.wait_for_timeout(200)
        busy = self.page.locator(".kl-readout[aria-busy=true]")
        busy.wait_for(state="detached", timeout=10_000)


def open_page(host, server, browser, once_open):
    page = browser.new_context(viewport=SCREEN).new_page()
    page.set_default_timeout(WAIT)
    page.on("pageerror", lambda error: print(f"  {host.name}'s page: {str(error)[:150]}"))
    page.goto(server.url + host.path)
    once_open(page)
    view = ExplorerView(AnyPage(page), None)
    view.moving.wait_for()
    view.box.scroll_into_view_if_needed()
    return view


def is_shown(view):
    return view.still.evaluate(WIDTH_WHEN_DECODED) > 0 and view.moving.is_visible()


def follows_a_key(view):
    before = view.state
    view.key(SLIDER, "ArrowRight")
    return all(new != old for new, old in zip(view.state, before, strict=True))


def follows_a_hand(view):
    before = view.summary
    pictures = view.drag(SLIDER, 0.9)
    return pictures >= 4 and view.summary != before


def has_buttons(view):
    first = view.controls, view.summary
    view.press("Swap p ↔ q")
    swapped = view.controls, view.summary
    view.press("Swap p ↔ q")
    return swapped != first and (view.controls, view.summary) == first


def agree(one, other):
    """Each in turn is moved, and the other one follows."""
    for mover, follower in ((one, other), (other, one)):
        for key in ("ArrowLeft", "ArrowLeft", "ArrowRight"):
            mover.key(SLIDER, key)
        if not within(5, lambda a=mover, b=follower: a.state == b.state):
            return False
    return True


def what_a_lost_server_leaves(view):
    """What the page says once the server has ended; a program may take the explorer away, too."""
    page = view.box.page
    dialog = page.locator(".jp-Dialog-button")  # JupyterLab's, which takes the keys

    def touch():
        if view.box.count():
            view.handle(SLIDER).focus()
            page.keyboard.press("ArrowRight")

    def says():
        if dialog.count():
            dialog.first.click()
            touch()
        if not view.box.count():
            return "the explorer is gone"
        return view.said.text_content() or (view.gone.is_visible() and view.gone.text_content())

    touch()
    return within(SILENCE, says)


def within(seconds, happens):
    end = time.monotonic() + seconds
    while not (found := happens()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def try_it(host, home, browser):
    """Yield what was tried, and whether it works."""
    install(host, home)
    write_file(host, home / "work")
    with HostServer(host, home) as server:
        view = open_page(host, server, browser, host.once_open)
        yield "picture", is_shown(view)
        yield "keys", follows_a_key(view)
        yield "drag", follows_a_hand(view)
        yield "buttons", has_buttons(view)
        if host.shared:
            other = open_page(host, server, browser, lambda page: None)
            yield "two pages", agree(view, other)
    yield "a word once the server has ended", what_a_lost_server_leaves(view)


def try_all(hosts, browser, problems):
    """Print what works as it comes; return the rows, and the names of those with a fault."""
    rows, faulty = [], []
    for host in hosts:
        found = {}
        with tempfile.TemporaryDirectory(prefix="kl-host-") as folder:
            home = Path(folder)
            try:
                found.update(try_it(host, home, browser))
            except problems as problem:
                print(f"  {host.name}: {problem}\n{log_of(home)}")
                found["to the end"] = False
        print(host.title, found, flush=True)
        rows.append(row(host, found, date.today()))
        if not all(found.values()):
            faulty.append(host.name)
    return rows, faulty


def log_of(home):
    log = home / "server.log"
    return log.read_text(errors="replace")[-2000:] if log.exists() else ""


def row(host, found, day):
    failed = [name for name, works in found.items() if not works]
    works = "yes" if not failed else f"not {', '.join(failed)}"
    return f"| {host.title} | {works} | {host.write} | {day.day} {day:%B %Y} |"


def main():
    from playwright.sync_api import Error, sync_playwright  # the tests of the list lack it

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [host.name for host in HOSTS]
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names)}; or all")
    chosen = parser.parse_args().names or names
    if unknown := set(chosen) - set(names):
        parser.error(f"{', '.join(unknown)} is not tried; there are {', '.join(names)}")
    hosts = [host for host in HOSTS if host.name in chosen]
    with sync_playwright() as playwright, chromium(playwright) as context:
        rows, faulty = try_all(hosts, context.browser, (Error, RuntimeError))
    print("", *rows, sep="\n")
    sys.exit(f"Not as it should be: {', '.join(faulty)}" if faulty else 0)


if __name__ == "__main__":
    main()
