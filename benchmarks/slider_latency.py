"""How long from a key press on a slider to changed pixels: every explorer, its floor, its peers.

    python -m benchmarks.slider_latency [--rounds 3] [--only NAME ...] [--write]
        [--delay MILLISECONDS] [--before FOLDER]

All of it runs in headless Chromium on a real JupyterLab, each contestant in a fresh page and
kernel, round after round in shuffled order. ``--delay`` puts a network in between that takes
so long each way; ``--before`` is a checkout whose explorers take part as they were. ``--write``
puts the tables into RESULTS.md, those of a delay below those without.
"""

import argparse
import ast
import json
import os
import random
import shutil
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from types import SimpleNamespace

import nbformat

try:
    import websocket
    from playwright.sync_api import Error as PlaywrightError
    from playwright.sync_api import sync_playwright
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed: `make bench` installs what this script needs")

from benchmarks import contestants
from benchmarks.delay import far_away
from benchmarks.results import installed, machine, table, write_section
from tools.driver import (
    SCREEN,
    SETTLED,
    LabServer,
    NotebookPage,
    chromium,
    find_chromium,
    free_port,
)

ROOT = Path(__file__).resolve().parents[1]

STEPS, DRAGS, EVENTS, WARM_UP = 30, 5, 60, 3
EVENT_TIME = 1 / 60  # between two events of the drag, in seconds
DENSITY = 2  # screen pixels per CSS pixel: what the explorers' pictures are made for
CLOCKS = 0.03  # seconds by which the browser's clock and the kernel's may differ
KERNEL_PARTS = ("compute", "draw", "encode", "rest of the kernel")
PARTS = (*KERNEL_PARTS, "messages", "browser", "whole step")
LATENCY_HEADER = (
    "",
    "step, ms",
    "× floor",
    "95th percentile",
    "× floor",
    "pictures/s in a drag",
    "× floor",
    "last event to last picture, ms",
    "× floor",
    "in steps",
)

# Records when an event came in and when what it changed was on the screen: every new image decoded,
# and the next animation frame drawn. (To decode an old one again would cost a frame more.) The
# sliders change as well, and are left out.
METER = """box => {
    const handle = window.handle = box.querySelector('[role=slider], [type=range]');
    handle.scrollIntoView({block: 'nearest'});
    const meter = window.meter = {events: [], changes: [], pending: 0};
    for (const type of ['keydown', 'pointermove'])
        window.addEventListener(type, event => meter.events.push(event.timeStamp), true);
    const afterRendering = () => new Promise(done => {  // a task, which waits for its turn
        const {port1, port2} = new MessageChannel();
        port1.onmessage = done;
        port2.postMessage(null);
    });
    const shown = new WeakMap();
    const isNew = image => shown.get(image) !== image.src && shown.set(image, image.src);
    box.querySelectorAll('img').forEach(isNew);
    const record = async () => {
        const change = {at: performance.now()};
        meter.pending += 1;
        try {
            const images = [...box.querySelectorAll('img')].filter(isNew);
            await Promise.all(images.map(image => image.decode()));
            await new Promise(requestAnimationFrame);
            await afterRendering();
            change.painted = performance.now();
            meter.changes.push(change);
        } catch {  // another picture came before this one was decoded: it was never seen
        } finally {
            meter.pending -= 1;
        }
    };
    const apart = '.kl-controls, .widget-hslider, .jupyter-matplotlib-toolbar';
    const counts = node => !(node.nodeType === 1 ? node : node.parentElement)?.closest(apart);
    new MutationObserver(seen => seen.some(({target, attributeName: name}) =>
            name !== 'aria-busy' && counts(target)) && record())
        .observe(box, {subtree: true, childList: true, attributes: true, characterData: true});
    const {drawImage} = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.drawImage = function (...args) {
        drawImage.apply(this, args);
        if (box.contains(this.canvas)) record();
    };
}"""

START = "() => void Object.assign(window.meter, {events: [], changes: []})"

# All changes since START, once there is one and nothing more came for a while.
READ = """async () => {
    const pause = () => new Promise(done => setTimeout(done, window.quiet ?? 100));
    const late = performance.now() + 20000;
    let before;
    do {
        if (performance.now() > late) throw new Error('no picture within 20 s');
        before = meter.changes.length;
        await pause();
    } while (!before || meter.pending || meter.changes.length !== before);
    return {events: meter.events, changes: meter.changes, origin: performance.timeOrigin};
}"""

ASK_KERNEL = """async () => {
    const {kernel} = window.panel.sessionContext.session;
    const taken = '__import__("benchmarks.contestants").contestants.probe.take()';
    const user_expressions = {taken};
    const reply = await kernel.requestExecute({code: '', user_expressions}).done;
    return reply.content.user_expressions.taken.data['text/plain'];
}"""

BOUNDS = """() => handle.type === 'range'
    ? [handle.min, handle.value, handle.max]
    : [handle.ariaValueMin, handle.ariaValueNow, handle.ariaValueMax]"""

# Where the handle's middle is; where its rail begins, and how long that is.
PLACES = """() => {
    const grip = handle.getBoundingClientRect();
    if (handle.type === 'range') {
        const half = 8;  // of the grip, in Chromium
        const [left, width] = [grip.x + half, grip.width - 2 * half];
        const part = (handle.value - handle.min) / (handle.max - handle.min);
        return [left + part * width, grip.y + grip.height / 2, left, width];
    }
    const rail = handle.closest('.noUi-base').getBoundingClientRect();
    return [grip.x + grip.width / 2, grip.y + grip.height / 2, rail.x, rail.width];
}"""

FAILED = """() => [...window.kernelSaid, ...Array.from(
    document.querySelectorAll('.jp-Notebook [role=alert]'), node => node.textContent)]"""

FRAME = 1000 / 60  # ms
ARROWS = {"ArrowLeft": 37, "ArrowRight": 39}  # the keys' codes


FLOORS = {
    "floor": "floor: a line of text",
    "course's floor": "the same, with the course's settings",
}
BEFORE = "before"
WITHOUT_EXTENSION = "--ServerApp.jpserver_extensions=kl_lab=False"
WITH_BUSY_ICON = {"disabledExtensions": {"@jupyterlab/application-extension:faviconbusy": False}}


@dataclass(frozen=True)
class Contestant:
    """One way to draw one explorer's picture."""

    way: str
    explorer: str = contestants.FIRST

    @property
    def label(self):
        name = self.explorer.removeprefix("explore_")
        if self.way in FLOORS:
            return FLOORS[self.way]
        return name if self.way == "explorer" else f"{name}, {self.way}"


FLOOR, COURSE_FLOOR = map(Contestant, FLOORS)


@dataclass(frozen=True)
class Round:
    """What one round measured of one contestant."""

    steps: list  # of each key press, the time to the pixels and its parts, in ms
    first: float  # ms of the very first step
    rate: float  # pictures a second in a drag
    tail: float  # ms from the last event of a drag to the last picture

    @property
    def step(self):
        return median(whole(self.steps))

    @property
    def slow_step(self):
        return percentile_95(whole(self.steps))

    @property
    def backlog(self):
        return self.tail / self.step


class PlainLab(LabServer):
    """JupyterLab as it comes: without the settings of the course that make sliders quicker."""

    def __init__(self, root, home):
        super().__init__(root, home, WITHOUT_EXTENSION)
        self.settings = home / "as-it-comes"
        self.settings.joinpath("labconfig").mkdir(parents=True, exist_ok=True)
        page_config = self.settings / "labconfig" / "page_config.json"
        page_config.write_text(json.dumps(WITH_BUSY_ICON))

    @property
    def environment(self):
        return super().environment | {"JUPYTER_CONFIG_PATH": str(self.settings)}


class EarlierLab(LabServer):
    """The course as another checkout has it."""

    @property
    def environment(self):
        # Once its tools were scripts that import each other.
        folders = os.pathsep.join(map(str, (self.checkout, self.checkout / "tools")))
        return super().environment | {"PYTHONPATH": folders}

    def __init__(self, root, home, checkout):
        super().__init__(root, home)
        self.checkout = checkout.resolve()


def all_contestants(ways):
    """The floors, explorers, and the same pictures drawn by the peers that are installed."""
    found = [FLOOR, COURSE_FLOOR]
    for way in ways:
        found += [Contestant(way, name) for name in contestants.explorer_names()]
    if "interact" not in ways:
        found.append(Contestant("interact"))
    for peer in contestants.PEERS:
        if missing := contestants.missing_packages(peer):
            print(f"{peer} is left out: {', '.join(missing)} not installed", flush=True)
        else:
            found.append(Contestant(peer))
    return found


# --- one measurement


class Tab:
    """A page of Chromium, driven by Chromium's own commands.

    Playwright has every message to a page copied to itself, which makes the way of a picture
    longer, and its mouse waits for the page at every move.

    Parameters
    ----------
    port : int
        Where Chromium takes commands.
    address : str
        What the page opens.
    """

    def __init__(self, port, address):
        self._targets = f"http://127.0.0.1:{port}/json"
        self._target = json.loads(self._ask("new"))
        address_of_commands = self._target["webSocketDebuggerUrl"]
        self._commands = websocket.create_connection(
            address_of_commands, timeout=30, suppress_origin=True
        )
        self._sent = self._answered = 0
        self._place = None
        screen = SCREEN | {"deviceScaleFactor": DENSITY, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", screen)
        self._call("Page.navigate", {"url": address})

    def close(self):
        """Close the page, whether or not it has something to save."""
        self._commands.close()
        self._ask(f"close/{self._target['id']}")

    def evaluate(self, script):
        """Result of a JavaScript function without arguments; of an async one, once it is there."""
        command = {"expression": f"({script})()", "awaitPromise": True, "returnByValue": True}
        answer = self._call("Runtime.evaluate", command)
        if problem := answer.get("exceptionDetails"):
            raise RuntimeError(problem["exception"].get("description", problem["text"]))
        return answer["result"].get("value")

    def key(self, name):
        """Press an arrow key and let go of it."""
        key = {"key": name, "code": name, "windowsVirtualKeyCode": ARROWS[name]}
        for kind in ("rawKeyDown", "keyUp"):
            self._send("Input.dispatchKeyEvent", key | {"type": kind})
        self._wait()

    def press(self, place):
        """Press the mouse's button there."""
        self._place = place
        self._mouse("mouseMoved", buttons=0)
        self._mouse("mousePressed", clickCount=1)
        self._wait()

    def move(self, places):
        """Go to each of the places in turn, 60 a second."""
        start = time.monotonic()
        for i, self._place in enumerate(places):
            self._mouse("mouseMoved")
            time.sleep(max(0, start + (i + 1) * EVENT_TIME - time.monotonic()))
        self._wait()

    def release(self):
        """Let go of the button."""
        self._mouse("mouseReleased", buttons=0, clickCount=1)
        self._wait()

    def _ask(self, what):
        request = urllib.request.Request(f"{self._targets}/{what}", method="PUT")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read()

    def _mouse(self, kind, **event):
        x, y = self._place
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1} | event
        self._send("Input.dispatchMouseEvent", event)

    def _call(self, method, parameters):
        self._send(method, parameters)
        return self._wait()

    def _send(self, method, parameters):
        self._sent += 1
        command = {"id": self._sent, "method": method, "params": parameters}
        self._commands.send(json.dumps(command))

    def _wait(self):
        """Wait for the answers to all commands; return the last one."""
        while self._answered < self._sent:
            answer = json.loads(self._commands.recv())
            self._answered += "id" in answer
            if "error" in answer:
                raise RuntimeError(f"Chromium refused a command: {answer['error']['message']}")
        return answer["result"]


@contextmanager
def seen_by_playwright(browser_type, port, server):
    """The tab that shows a server's JupyterLab, as a page of Playwright's, which then lets go."""
    browser = browser_type.connect_over_cdp(f"http://127.0.0.1:{port}")
    try:
        pages = [page for context in browser.contexts for page in context.pages]
        (page,) = (page for page in pages if page.url.startswith(server.url))
        page.set_default_timeout(10_000)
        yield page
    finally:
        browser.close()


def measure(browser_type, port, server, who, delay):
    """One round of one contestant, in a page and a kernel of its own."""
    way = "explorer" if who.way == BEFORE else who.way
    source = f"from benchmarks.contestants import show\nshow({way!r}, {who.explorer!r})"
    write_notebook(server.root / "notebooks" / "bench.ipynb", source)
    with closing(Tab(port, f"{server.url}/lab?reset")) as tab:
        try:
            with seen_by_playwright(browser_type, port, server) as page:
                page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
                notebook = NotebookPage(page, "notebooks/bench.ipynb")
                notebook.run_all()
                refuse(notebook.problems())
                notebook.outputs("cell-0").evaluate(METER)
                page.evaluate(f"window.quiet = {100 + 4000 * delay}")
            return measure_open(tab)
        finally:
            tab.evaluate("() => window.panel?.sessionContext.shutdown().catch(() => {})")


def measure_open(tab):
    """One round of what the open notebook shows."""
    steps = single_steps(tab, WARM_UP + STEPS)
    tab.evaluate(SETTLED)  # the kernel answers in another thread than the one that draws
    asked = ask_kernel(tab)
    first, *split = [parts_of(step, asked["updates"]) for step in steps]
    drags = [drag(tab, asked["stops"]) for _ in range(DRAGS)]
    refuse(tab.evaluate(FAILED))
    rate, tail = map(median, zip(*drags, strict=True))
    return Round(split[WARM_UP - 1 :], first["whole step"], rate, tail)


def refuse(problems):
    if problems:
        raise RuntimeError("; ".join(problems))


def write_notebook(path, *sources):
    """Write a notebook of code cells; their ids are "cell-0", "cell-1" and so on."""
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)


def ask_kernel(tab):
    """What the kernel measured since it was asked last."""
    return json.loads(ast.literal_eval(tab.evaluate(ASK_KERNEL)))


def single_steps(tab, count):
    """Press an arrow key, wait for the picture, again; turn round at the slider's ends."""
    tab.evaluate("() => handle.focus()")
    key, turn = "ArrowRight", {"ArrowRight": "ArrowLeft", "ArrowLeft": "ArrowRight"}
    steps = []
    for _ in range(count):
        low, now, high = tab.evaluate(BOUNDS)
        if now == (high if key == "ArrowRight" else low):
            key = turn[key]
        tab.evaluate(START)
        tab.key(key)
        steps.append(tab.evaluate(READ))
    return steps


def parts_of(step, updates):
    """Time from the key to the pixels in ms, and its parts: kernel, browser, messages."""
    key, last = step["events"][0], step["changes"][-1]
    begin, end = ((step["origin"] + moment) / 1000 for moment in (key, last["painted"]))
    kernel = kernel_parts([u for u in updates if begin - CLOCKS <= u["at"] <= end + CLOCKS])
    whole, browser = last["painted"] - key, last["painted"] - last["at"]
    messages = whole - browser - sum(kernel.values())
    return kernel | {"messages": messages, "browser": browser, "whole step": whole}


def kernel_parts(updates):
    """The kernel's parts of one step in ms: computing, moving the artists, writing them as text."""
    whole, *parts = (
        1000 * sum(update.get(part, 0) for update in updates)
        for part in ("total", "compute", "draw", "encode")
    )
    return dict(zip(KERNEL_PARTS, [*parts, whole - sum(parts)], strict=True))


def drag(tab, stops):
    """Pictures a second in a drag, and ms from its last event to the last picture."""
    x, y, left, width = tab.evaluate(PLACES)
    tab.press((x, y))
    tab.evaluate(START)
    tab.move([(left + place * width, y) for place in there_and_back(stops, EVENTS)])
    tab.evaluate(READ)  # before the kernel is asked anything, which would delay the last picture
    tab.release()
    tab.evaluate(SETTLED)
    seen = tab.evaluate(READ)
    pictures = len({round(change["painted"] / FRAME) for change in seen["changes"]})
    last = seen["changes"][-1]["painted"]
    return 1000 * pictures / (last - seen["events"][0]), last - seen["events"][-1]


def there_and_back(stops, events):
    """Places on a rail, 0 to 1, such that every event means another of the slider's values."""
    stride = max(1, 2 * (stops - 1) // events)
    values = [*range(0, stops, stride)]
    way = values + values[-2:0:-1]
    return [way[i % len(way)] / (stops - 1) for i in range(events)]


# --- the tables


def report(results, delay):
    """The tables, and a line for every target; `results` maps contestants to their rounds."""
    return "\n\n".join(
        [
            table(LATENCY_HEADER, [latency_row(who, results) for who in results]),
            "Where the time of a step goes, medians in ms:",
            table(
                ("", *PARTS),
                [parts_row(who.label, all_steps(rounds), PARTS) for who, rounds in results.items()],
            ),
            "\n".join(target_lines(results, delay)),
        ]
    )


def latency_row(who, results):
    rounds = results[who]
    times = whole(all_steps(rounds))
    measured = sum(one is not None for one in rounds)
    missing = f" ({measured} of {len(rounds)} rounds)" if measured < len(rounds) else ""
    return [
        who.label + missing,
        f"{median(times):.0f}",
        number(compare("step", who, FLOOR, results)),
        f"{percentile_95(times):.0f}",
        number(compare("slow_step", who, FLOOR, results)),
        f"{over_rounds('rate', rounds):.1f}",
        number(compare("rate", who, FLOOR, results)),
        f"{over_rounds('tail', rounds):.0f}",
        number(compare("tail", who, FLOOR, results)),
        f"{over_rounds('backlog', rounds):.1f}",
    ]


def parts_row(label, steps, parts):
    return [label, *(f"{median(step[part] for step in steps):.1f}" for part in parts)]


def target_lines(results, delay):
    """For every target a line: held or missed, and by whom."""
    explorers = [who for who in results if who.way == "explorer"]

    def against(floor, what):
        return {who: compare(what, who, floor, results) for who in explorers}

    def against_before(what):
        return {e: compare(what, e, replace(e, way=BEFORE), results) for e in explorers}

    slower = {e: compare("step", replace(e, way="interact"), e, results) for e in explorers}
    ours = "the floor's with the course's settings"
    near = [
        verdict("a step ≤ 0.5 × as before", against_before("step"), most=0.5),
        verdict(f"a step ≤ 0.8 × {ours}", against(COURSE_FLOOR, "step"), most=0.8),
        verdict(f"pictures/s ≥ 0.9 × {ours}", against(COURSE_FLOOR, "rate"), least=0.9),
    ]
    steps = {who: over_rounds("step", results[who]) for who in explorers}
    far = [
        verdict("a step ≤ 1/12 × as before", against_before("step"), most=1 / 12),
        verdict("a step within two animation frames, in ms", steps, most=2 * FRAME),
        verdict("pictures/s ≥ 5 × as before", against_before("rate"), least=5),
    ]
    return [
        *(far if delay else near),
        verdict("the first step ≤ 1.05 × as before", against_before("first"), most=1.05),
        verdict("`interact` ≥ 5 × slower", slower, least=5),
    ]


def verdict(target, figures, most=float("inf"), least=0.0):
    figures = {who.label: figure for who, figure in figures.items() if figure is not None}
    if not figures:
        return f"- {target}: not measured"
    missed = [f"{who} ({x:.2f})" for who, x in figures.items() if not least <= x <= most]
    worst = min(figures.values()) if least else max(figures.values())
    return f"- {target}: " + (
        f"**missed** by {', '.join(missed)}" if missed else f"held, worst {worst:.2f}"
    )


def compare(what, a, b, results):
    """Median over the rounds of the ratio of `a` to `b`; None where no round has both."""
    both = zip(results.get(a, []), results.get(b, []), strict=False)
    ratios = [getattr(x, what) / getattr(y, what) for x, y in both if x and y]
    return median(ratios) if ratios else None


def over_rounds(what, rounds):
    return median(getattr(one, what) for one in rounds if one)


def all_steps(rounds):
    return [step for one in rounds if one for step in one.steps]


def whole(steps):
    return [step["whole step"] for step in steps]


def percentile_95(times):
    return quantiles(times, n=20)[-1]


def number(ratio):
    return "–" if ratio is None else f"{ratio:.2f}"


# --- the run


def measure_all(found, rounds, delay, earlier):
    """Contestant -> its rounds; a round that failed is None, and was said in one line.

    Each server is `delay` seconds away, each way; `earlier` is the checkout of those "before".
    """
    results = {who: [] for who in found}
    rng = random.Random(0)
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as scratch,
        LabServer(course(Path(scratch) / "now"), Path(scratch) / "home") as server,
        sync_playwright() as playwright,
        chromium(playwright, f"--remote-debugging-port={port}"),
    ):
        folder, browser_type = Path(scratch), playwright.chromium

        @contextmanager
        def server_of(who):
            with ExitStack() as stack:
                lab = server
                if who == FLOOR:
                    lab = PlainLab(server.root, folder / "plain")
                elif who.way == BEFORE:
                    lab = EarlierLab(course(folder / BEFORE, earlier), folder / "earlier", earlier)
                if lab is not server:
                    stack.enter_context(lab)
                way = stack.enter_context(far_away(lab.port, delay)) if delay else lab
                yield SimpleNamespace(root=lab.root, url=f"http://127.0.0.1:{way.port}")

        for i in range(rounds):
            for who in rng.sample(found, len(found)):
                print(f"round {i + 1} of {rounds}: {who.label}", file=sys.stderr, flush=True)
                with server_of(who) as its_server:
                    results[who].append(try_to_measure(browser_type, port, its_server, who, delay))
    return {who: rounds for who, rounds in results.items() if any(rounds)}


def try_to_measure(browser_type, port, server, who, delay):
    try:
        return measure(browser_type, port, server, who, delay)
    except (PlaywrightError, RuntimeError, OSError, websocket.WebSocketException) as error:
        print(f"{who.label} was not measured in this round: {one_line(error)}", flush=True)
        return None


def one_line(error):
    """What went wrong, and the last word on why: what lies between is a log."""
    lines = [line.strip(" -") for line in str(error).splitlines() if line.strip(" -")]
    return " ".join([lines[0], *lines[1:][-1:]])


def course(folder, checkout=ROOT):
    """What the server needs of the course, and the kernel's side of this benchmark."""
    if not (folder / "notebooks").exists():
        (folder / "notebooks").mkdir(parents=True)
        for package in ("tools", "notebooks/tools", "notebooks/benchmarks"):
            shutil.copytree(checkout / Path(package).name, folder / package)
            (folder / package / "__init__.py").touch()  # or that of another checkout comes first
    return folder


def kernel_only(found):
    """The kernel's parts of a step, for a machine that cannot measure the rest."""
    rows = []
    for who in found:
        if who.way == "explorer":
            measured = contestants.update_without_browser(who.explorer, WARM_UP + STEPS)
            updates = json.loads(measured)["updates"][WARM_UP:]
            rows.append(
                parts_row(who.label, [kernel_parts([one]) for one in updates], KERNEL_PARTS)
            )
    return table(("in the kernel alone, ms", *KERNEL_PARTS), rows)


def setup(rounds, delay):
    peers = installed("jupyterlab", "ipywidgets", "ipykernel", "matplotlib", *contestants.PEERS)
    return (
        f"Medians over {rounds} rounds in shuffled order, each of {STEPS} single steps and "
        f"{DRAGS} drags of {EVENTS} events at {1 / EVENT_TIME:.0f} a second, on {machine()}; "
        f"headless Chromium, {DENSITY} pixels per CSS pixel; {peers}."
        + f" Every byte takes {1000 * delay:.0f} ms each way."
        * bool(delay)
    )


def main():
    """Measure, print, and write RESULTS.md where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", nargs="+", help="the floors, and those whose name holds one of these"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into RESULTS.md")
    parser.add_argument("--delay", type=float, default=0, help="of every byte, ms each way")
    parser.add_argument("--before", type=Path, help="a checkout to compare with")
    parser.add_argument("--ways", nargs="+", default=["explorer", "interact"], help="to draw")
    options = parser.parse_args()
    delay = options.delay / 1000
    found = all_contestants(options.ways + [BEFORE] * (options.before is not None))
    if options.only:
        found = [
            w for w in found if w.way in FLOORS or any(part in w.label for part in options.only)
        ]
    try:
        find_chromium()
        results = measure_all(found, options.rounds, delay, options.before)
    except (FileNotFoundError, RuntimeError, PlaywrightError) as problem:
        print(f"Nothing was measured in a browser: {one_line(problem)}\n\n{kernel_only(found)}")
        return
    text = f"{setup(options.rounds, delay)}\n\n{report(results, delay)}"
    print(text)
    if options.write:
        write_section("sliders far away" if delay else "sliders", text)


if __name__ == "__main__":
    main()
