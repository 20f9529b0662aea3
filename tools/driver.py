"""Drive the course in a real JupyterLab: the server, the browser, a notebook, an explorer."""

import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COURSE = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((COURSE / "notebooks").glob("*.ipynb"))

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREEN = {"width": 1280, "height": 720}  # a projector's
ANSI_COLOUR = re.compile(r"\x1b\[[\d;]*m")


# --- the browser


def find_chromium():
    """Path of the browser: ``$CHROMIUM``, else the first known name on the PATH."""
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else CHROMIUM_NAMES
    for name in names:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(
        f"no Chromium found (looked for {', '.join(names)}): install your system's "
        "chromium package, or set CHROMIUM to the path of a browser"
    )


@contextmanager
def chromium(playwright, *flags):
    """A headless browser with an empty profile.

    As root Chromium cannot build its sandbox, so there it goes without.
    """
    flags = [*CHROMIUM_FLAGS, *flags, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
    try:
        yield browser.new_context(viewport=SCREEN)
    finally:
        browser.close()


# --- the server


def free_port():
    """A port of this machine that nothing listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class LabServer:
    """JupyterLab as `make lab` starts it, for the course in the folder `root`.

    Settings, workspaces and log go to the folder `home`, so that nothing of the person who runs
    the tests decides how they end. Further `options` go to JupyterLab.
    """

    page_of_answer = "/api"  # what it answers as soon as it has started

    def __init__(self, root, home, *options):
        self.root, self.home, self.options = Path(root), Path(home), options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def command(self):
        return [
            sys.executable,
            "-m",
            "tools.lab",
            f"--port={self.port}",
            "--no-browser",
            "--IdentityProvider.token=",
            "--LabApp.expose_app_in_browser=True",
            # Should the tests be killed, the server ends by itself: after an hour, as for minutes
            # nothing may ask it, while other files of tests have their turn.
            "--MappingKernelManager.cull_idle_timeout=300",
            "--ServerApp.shutdown_no_activity_timeout=3600",
            *self.options,
        ]

    @property
    def environment(self):
        own = {"JUPYTER_CONFIG_DIR": "config", "IPYTHONDIR": "ipython"}
        return os.environ | {name: str(self.home / folder) for name, folder in own.items()}

    def __enter__(self):
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "server.log").open("w") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_it_answers(self, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(self.url + self.page_of_answer, timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"the server did not start:\n{self.log()}")

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)  # the server then ends its kernels
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def log(self):
        return (self.home / "server.log").read_text(errors="replace")


class AppServer(LabServer):
    """The explorers alone, as `make app` starts them."""

    page_of_answer = "/"

    @property
    def command(self):
        return [
            sys.executable,
            "-m",
            "web.app",
            f"--port={self.port}",
            "--no-browser",
            *self.options,
        ]


# --- a static host


class QuietHandler(SimpleHTTPRequestHandler):
    """A static host: files and nothing else."""

    def log_message(self, *_):
        pass


class OpenHandler(QuietHandler):
    """One that lets pages of other hosts take its modules and data."""

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


@contextmanager
def static_host(folder, handler=QuietHandler):
    """Serve a folder on this machine; the address."""
    handler = partial(handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as host:
        threading.Thread(target=host.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{host.server_port}"
        host.shutdown()


# --- the notebook

# What a kernel says outside any cell (the traceback of a callback, for one) reaches no output of
# the notebook, so it is collected from the kernel's messages.
OPEN = """async path => {
    const app = window.jupyterapp;
    await app.restored;
    const panel = await app.commands.execute('docmanager:open', {path});
    await panel.context.ready;
    await panel.revealed;
    await panel.sessionContext.ready;
    const {kernel} = panel.sessionContext.session;
    await kernel.info;
    window.panel = panel;
    window.underway = new Set();
    window.kernelSaid = [];
    kernel.anyMessage.connect((_, {direction, msg}) => {
        const {channel, header, parent_header, content} = msg;
        if (direction === 'send') {
            if (channel === 'shell') window.underway.add(header.msg_id);
            return;
        }
        if (content.execution_state === 'idle') window.underway.delete(parent_header.msg_id);
        if (parent_header.msg_type === 'execute_request') return;
        if (header.msg_type === 'error') window.kernelSaid.push(content.traceback.join('\\n'));
        // The page asks for widgets before ipywidgets is imported: the kernel says 'No such comm'.
        if (header.msg_type === 'stream' && content.name === 'stderr'
            && !content.text.startsWith('No such comm')) window.kernelSaid.push(content.text);
    });
}"""

# Notebooks that links or a failed test have opened beside it go, too.
CLOSE = """async endKernel => {
    const panels = [...window.jupyterapp.shell.widgets('main')].filter(each => each.sessionContext);
    for (const panel of panels) {
        if (endKernel) await panel.sessionContext.shutdown();
        panel.dispose();  // closing it would ask whether to save
    }
}"""

# What JupyterLab says, in time or in the next test, of a notebook whose kernel was just starting.
CLOSED_EARLY = "Canceled future for create_subshell_request message"

SAVE = "() => window.panel.context.save()"

RESTART = """async () => {
    const {kernel} = window.panel.sessionContext.session;
    await kernel.restart();
    await kernel.info;
    window.underway.clear();
}"""

# What is selected, and where on the screen the first cell that is wholly seen begins.
PLACE = """() => {
    const {activeCellIndex, outerNode, widgets} = window.panel.content;
    const top = node => Math.round(node.getBoundingClientRect().top);
    const first = widgets.findIndex(cell => top(cell.node) >= top(outerNode));
    return [activeCellIndex, first, top(widgets[first].node) - top(outerNode)];
}"""

# For a moment after Run All the view is held where it was, until a person scrolls.
LET_GO = "() => document.dispatchEvent(new Event('wheel'))"

CHANGE_THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"

RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"

# Nothing that was sent to the kernel waits for its end, and no explorer has something to tell it. A
# widget holds messages back while one of its own is under way, and what arrived takes a moment to
# be drawn: hence the frames.
SETTLED = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const telling = '.kl-readout[aria-busy=true]';
    const busy = () => window.underway.size || document.querySelector(telling);
    for (let quiet = 0; quiet < 3; quiet = busy() ? 0 : quiet + 1) await frame();
}"""

NO_WIDGET_PENDING = """() => ![...document.querySelectorAll('.jp-OutputArea-output')]
    .some(node => node.textContent.trim() === 'Loading widget...')"""

# JupyterLab draws the cells off the screen when the browser is idle, which may be late.
DRAW_EVERY_CELL = """async () => {
    const {content} = window.panel;
    while (content.widgets.some(cell => cell.isPlaceholder())) {
        content.update();
        await new Promise(requestAnimationFrame);
    }
}"""

WIDTH_WHEN_DECODED = "image => image.decode().then(() => image.naturalWidth, () => 0)"

INDEX = """id => {
    const at = [...window.panel.context.model.cells].findIndex(cell => cell.id === id);
    if (at < 0) throw new Error(`no cell ${id}`);
    return at;
}"""

ACTIVATE = """index => {
    const {content} = window.panel;
    content.activeCellIndex = index;
    content.mode = 'command';
    content.activeCell.node.focus();
}"""


class NotebookPage:
    """The one notebook that is open in a page of JupyterLab."""

    def __init__(self, page, path):
        self.page = page
        self._console_errors = []
        page.on("console", self._on_console)
        page.on("pageerror", self._on_page_error)
        self._await(OPEN, path)
        self.settle()

    def close(self, end_kernel=True):
        self._await(CLOSE, end_kernel)
        self.page.remove_listener("console", self._on_console)
        self.page.remove_listener("pageerror", self._on_page_error)

    def _on_page_error(self, error):
        self._add_error(str(error))

    def _on_console(self, message):
        if message.type == "error":
            self._add_error(f"{message.text} ({message.location.get('url')})")

    def _add_error(self, text):
        if CLOSED_EARLY not in text:
            self._console_errors.append(text)

    def _await(self, script, argument=None, seconds=120):
        """Result of an async function in the page; `page.evaluate` would wait for it forever."""
        late = f"setTimeout(() => reject(new Error('no answer in {seconds} s')), {seconds * 1000})"
        return self.page.evaluate(
            f"arg => Promise.race([({script})(arg), new Promise((_, reject) => {late})])", argument
        )

    def settle(self):
        """Wait until the kernel has answered everything, and the browser has drawn it."""
        self._await(SETTLED)

    def run_all(self, seconds=300):
        """Run every cell; return how long it took."""
        start = time.monotonic()
        self._await(RUN_ALL, seconds=seconds)
        self.settle()
        self.page.wait_for_function(NO_WIDGET_PENDING)
        self.page.evaluate(LET_GO)
        return time.monotonic() - start

    def unfold(self):
        """Show all outputs, those too that are folded until a question is answered."""
        self._await("() => window.jupyterapp.commands.execute('notebook:show-all-cell-outputs')")
        self.settle()

    def save(self):
        self._await(SAVE)

    def restart(self):
        """Restart the kernel, as the menu does once one has said yes."""
        self._await(RESTART)
        self.settle()

    @contextmanager
    def whole_on_screen(self):
        """The notebook on a screen so high that nothing of it is out of sight."""
        notebook = self.page.locator(".jp-WindowedPanel-outer:visible")
        height = notebook.evaluate("node => node.scrollHeight")
        self.page.set_viewport_size(SCREEN | {"height": height + SCREEN["height"]})
        self.settle()
        try:
            yield
        finally:
            self.page.set_viewport_size(SCREEN)

    @contextmanager
    def theme(self, name):
        """JupyterLab in that theme, and then in its own again."""

        def change(name):
            self._await(CHANGE_THEME, name)
            body = self.page.locator(f'body[data-jp-theme-name="{name}"]')
            body.wait_for(state="attached")
            # A theme that comes for the first time hides the page for a moment.
            self.page.locator("#jupyterlab-splash").wait_for(state="detached")

        change(name)
        try:
            yield
        finally:
            change("JupyterLab Light")

    @property
    def is_unsaved(self):
        return self.page.evaluate("window.panel.context.model.dirty")

    @property
    def place(self):
        """Selected cell, first cell in view, and how far below the notebook's top it begins."""
        return self.page.evaluate(PLACE)

    @property
    def cells(self):
        """The notebook's cells as nbformat has them, with their present outputs, by id."""
        cells = self.page.evaluate("window.panel.context.model.toJSON().cells")
        return {cell["id"]: cell for cell in cells}

    def index(self, cell_id):
        """Where a cell stands; `cells` would send all outputs, pictures too, for it."""
        return self.page.evaluate(INDEX, cell_id)

    def never_run(self):
        """Ids of the code cells that hold something and have not been run."""
        return [
            cell_id
            for cell_id, cell in self.cells.items()
            if cell["cell_type"] == "code" and cell["source"] and not cell["execution_count"]
        ]

    def cell(self, cell_id):
        index = self.index(cell_id)
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')

    def outputs(self, cell_id):
        return self.cell(cell_id).locator(".jp-Cell-outputArea")

    def output_text(self, cell_id):
        return self.outputs(cell_id).text_content()  # the inner text is empty off the screen

    def activate(self, cell_id):
        """Select a cell, as the arrow keys do."""
        self.page.evaluate(ACTIVATE, self.index(cell_id))

    def keys(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def tab_to(self, target, most=40):
        """Press Tab until `target`, a locator of one element, has the focus."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if target.evaluate("node => node === document.activeElement"):
                return
        raise AssertionError(f"Tab does not reach {target}")

    def type_into(self, cell_id, source):
        """Put `source` into a cell and press Shift+Enter."""
        self.cell(cell_id).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Shift+Enter")
        self.settle()

    def commit(self, cell_id):
        """Predict the first option with the mouse."""
        question = self.outputs(cell_id)
        question.get_by_role("radio").first.check()
        question.get_by_role("button", name="Commit").click()
        self.settle()

    def reveal(self, cell_id):
        self.outputs(cell_id).get_by_role("button", name="Reveal").click()
        self.settle()

    def pictures(self, cell_id):
        """Natural width of each picture in a cell's outputs; 0 for one that cannot be seen."""
        self._await(DRAW_EVERY_CELL)
        widths = []
        for image in self.outputs(cell_id).locator("img").all():
            image.scroll_into_view_if_needed()
            self.settle()
            widths.append(image.is_visible() and image.evaluate(WIDTH_WHEN_DECODED))
        return widths

    def scroll_to(self, target):
        """Scroll the notebook until `target` begins at its top; return the box of what is seen."""
        target.evaluate("node => node.scrollIntoView({block: 'start'})")
        return self.page.locator(".jp-WindowedPanel-outer:visible").bounding_box()

    def interruptions(self):
        """Texts of the dialogs and notifications on the screen."""
        return self.page.locator(".jp-Dialog, .Toastify__toast").all_text_contents()

    def problems(self):
        """Everything that went wrong so far, one text each; empty when all is well."""
        found = []
        for cell_id, cell in self.cells.items():
            for output in cell.get("outputs", ()):
                if output["output_type"] == "error":
                    found.append(f"cell {cell_id}: {output['ename']}: {output['evalue']}")
                elif output.get("name") == "stderr":
                    found.append(f"cell {cell_id}: stderr: {''.join(output['text'])}")
        said = self.page.evaluate("window.kernelSaid")
        found += [f"kernel: {ANSI_COLOUR.sub('', text)}" for text in said]
        notebook = self.page.locator(".jp-Notebook")
        found += [f"alert: {text}" for text in notebook.get_by_role("alert").all_text_contents()]
        failed = notebook.get_by_text(re.compile("Error (displaying|creating) widget"))
        found += [f"page: {text}" for text in failed.all_text_contents()]
        return found + [f"console: {text}" for text in self._console_errors]


# --- an explorer

COUNT_PICTURES = """picture => {
    window.pictures = 0;
    window.counter?.disconnect();
    window.counter = new MutationObserver(seen => window.pictures += seen.length);
    window.counter.observe(picture.parentElement, {childList: true});
}"""

THUMB = 16  # width of the handle of a range input in Chromium, in CSS pixels


class ExplorerView:
    """A live explorer, as a person at the screen has it."""

    def __init__(self, notebook, cell_id):
        self._notebook = notebook
        self.box = notebook.outputs(cell_id).locator(".kl-explorer")
        self.still = self.box.locator("img")
        self.moving = self.box.locator("svg[viewBox]")  # lies over the still image
        self.status = self.box.get_by_role("status")
        self.gone = self.box.locator(".kl-gone")
        self.said = self.box.locator(".kl-said")
        self._rows = self.box.locator(".kl-row")

    @property
    def labels(self):
        return self._rows.locator(".kl-label").all_text_contents()

    @property
    def slider_labels(self):
        sliders = self._rows.filter(has=self._notebook.page.get_by_role("slider"))
        return sliders.locator(".kl-label").all_text_contents()

    @property
    def buttons(self):
        """Those of the scene: to copy or to unfold is no setting."""
        return self.box.locator("button:not(.kl-copy, .kl-fold)").all_text_contents()

    def _row(self, label):
        return self._rows.nth(self.labels.index(label))

    def handle(self, label):
        return self._row(label).get_by_role("slider")

    def number(self, label):
        """The field beside a slider, or the one that stands for it."""
        return self._row(label).locator("input.kl-number")

    def type_number(self, label, text, *keys):
        """Type into the field of a control, without confirming it but by `keys`."""
        self.number(label).click()
        self._notebook.page.keyboard.press("Control+A")
        self._notebook.page.keyboard.insert_text(text)
        self._notebook.keys(*keys)

    @property
    def controls(self):
        """Label -> what stands beside the control."""
        boxes = self._rows.locator(".kl-number")
        texts = boxes.evaluate_all("all => all.map(node => node.value)")
        return {
            label: text.replace("−", "-") for label, text in zip(self.labels, texts, strict=True)
        }

    @property
    def summary(self):
        lines = self.status.locator(".kl-lines > *, .kl-notes > *")
        return "\n".join(lines.all_text_contents())

    def quantity(self, name):
        """Text of the number of a line ``name = number unit``."""
        found = re.search(rf"^{re.escape(name)} = (\S+)", self.summary, re.MULTILINE)
        return found[1].replace("−", "-")

    @property
    def picture(self):
        """What moves in the picture, as markup without its random ids."""
        return re.sub(r'(id="|#)[\w-]+', r"\1", self.moving.inner_html())

    def photograph(self):
        """The picture's pixels on the screen, as PNG."""
        return self.still.screenshot()

    @property
    def state(self):
        return self.controls, self.summary, self.picture

    def press(self, label):
        self.box.get_by_role("button", name=label, exact=True).click()
        self._notebook.settle()

    def key(self, label, key):
        self.handle(label).focus()
        self._notebook.page.keyboard.press(key)
        self._notebook.settle()

    def stops(self, label):
        """How many places a slider's handle has."""
        return 1 + self.handle(label).evaluate("node => (node.max - node.min) / (node.step || 1)")

    def drag(self, label, to, steps=12):
        """Drag a slider's handle to a fraction of its length; return how many pictures came."""
        rail = self.handle(label)
        rail.scroll_into_view_if_needed()
        box = rail.bounding_box()
        at = rail.evaluate("node => (node.valueAsNumber - node.min) / (node.max - node.min)")
        x, end = (box["x"] + THUMB / 2 + part * (box["width"] - THUMB) for part in (at, to))
        y = box["y"] + box["height"] / 2
        self.moving.evaluate(COUNT_PICTURES)
        mouse = self._notebook.page.mouse
        mouse.move(x, y)
        mouse.down()
        for i in range(1, steps + 1):
            mouse.move(x + (end - x) * i / steps, y)
            self._notebook.page.evaluate("new Promise(requestAnimationFrame)")
        mouse.up()
        self._notebook.settle()
        return self._notebook.page.evaluate("window.pictures")


# --- what must be said


def solutions(cells):
    """Exercise's cell id -> code of the solution, which stands in a markdown cell after it."""
    found, exercise = {}, None
    for cell in cells:
        if "exercise" in cell["metadata"].get("tags", ()):
            exercise = cell["id"]
        elif exercise and (code := re.search(r"```python\n(.*?)```", cell["source"], re.DOTALL)):
            found[exercise], exercise = code[1].rstrip(), None
    return found


def kl_of_two_normals(mu_p, sigma_p, mu_q, sigma_q):
    """The textbook formula, written here once more: the judge must not be the code on trial."""
    spread = sigma_p**2 + (mu_p - mu_q) ** 2
    return math.log(sigma_q / sigma_p) + spread / (2 * sigma_q**2) - 1 / 2


def agrees_to_the_printed_digits(text, value):
    decimals = len(text.partition(".")[2])
    return abs(float(text) - value) <= 0.5 * 10**-decimals + 1e-12
