"""A class on one machine: JupyterHub, its proxy, learners who all run notebook 02 and slide.

    python -m benchmarks.classroom [--learners 1 3 10 30] [--write]

Every learner logs in, has a server started, opens a copy of the notebook, runs all its cells over
the kernel's websocket and drags a slider of its explorer, all learners at once. What comes back is
held against the committed outputs and against the explorer's own numbers.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from statistics import median, quantiles

import nbformat
import psutil
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)

try:
    import aiohttp
    import jupyterhub  # noqa: F401
    from yarl import URL
except ModuleNotFoundError as missing:
    MISSING = f"{missing.name} is not installed: `make bench` installs what this script needs"
else:
    MISSING = None

from benchmarks.results import installed, machine, table, write_section
from kl_course.explorers.gaussian_samples import explore_samples
from tools.driver import free_port
from web import npm

ROOT = Path(__file__).resolve().parents[1]

NOTEBOOK = "notebooks/02-gaussian-samples.ipynb"
POST_BUILD = ROOT / "postBuild"
PROXY = "configurable-http-proxy"

# A hand on a slider: a second's drag over twenty stops, then a look at the picture.
DRAGS, EVENTS, EVENT_TIME, LOOK = 8, 20, 0.05, (1.0, 3.0)
SLIDER = "mu_p"
# When a page wishes for frames ahead of the hand, and for how many: as in picture.js.
FEW, MANY, AGAIN, CLOSE, GRID = 20, 60, 0.12, 4, 8
PATIENCE = 300  # seconds for a server, and for a message
NEEDED = 350e6  # bytes of memory a learner, a little more than was measured

KINDS = {
    "server": "jupyterhub.singleuser",
    "kernel": "ipykernel_launcher",
    "proxy": PROXY,
}
QUIET = 0.2  # processors that a machine with nothing to do may use

MARK = "KL_CLASSROOM"
STOPPED = "Stopped: the hub and all its servers have ended, and nothing was written."
FAST = "kl_lab | extension was successfully loaded"

# Whatever ends the benchmark closes the pipe, and the hub then ends its servers and its proxy.
WATCH = """
import os, signal, threading

def end_with_the_benchmark():
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=end_with_the_benchmark, daemon=True).start()
"""


# --- the hub


def find_proxy():
    """Path and version of the hub's proxy, which npm brings."""
    proxy = npm.package(PROXY).parent / ".bin" / PROXY
    version = run([proxy, "--version"])[-1]
    if not version.startswith("5."):
        raise RuntimeError(f"{PROXY} 5 does not run ({version}): it needs Node.js 20 or newer")
    return proxy, version


def run(command):
    """All lines that a command said."""
    ran = subprocess.run(
        command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return (ran.stderr + ran.stdout).strip().splitlines() or ["it said nothing"]


class Hub:
    """A JupyterHub on loopback, in a folder of its own; nothing of it is left afterwards."""

    def __init__(self, folder, proxy):
        self.folder, self.proxy, self.mark = folder, proxy, uuid.uuid4().hex
        ports = set()
        while len(ports) < 3:
            ports.add(free_port())
        self.port, self.hub_port, self.api_port = ports
        self.url = f"http://127.0.0.1:{self.port}"

    @cached_property
    def image(self):
        """The home that a learner finds: what repo2docker puts there, or its `postBuild`."""
        home = self.folder / "image"
        shutil.copytree(ROOT / "notebooks", home / "notebooks")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        subprocess.run([POST_BUILD], env={"HOME": str(home), "PATH": path}, check=True)
        return home

    def config(self):
        # The learners' JupyterLab as `make lab` starts it; patience, for all of them come at once.
        root = ["--allow-root"] if os.geteuid() == 0 else []
        settings = {
            "JupyterHub.bind_url": self.url,
            "JupyterHub.hub_port": self.hub_port,
            "JupyterHub.authenticator_class": "dummy",
            "JupyterHub.spawner_class": "simple",
            "Authenticator.allow_all": True,
            "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{self.api_port}",
            "ConfigurableHTTPProxy.command": [str(self.proxy)],
            "SimpleLocalProcessSpawner.home_dir_template": str(self.folder / "{username}"),
            "Spawner.cmd": [sys.executable, "-m", "jupyterhub.singleuser"],
            "Spawner.args": ["--KernelManager.transport_encryption=auto", *root],
            "Spawner.default_url": f"/lab/tree/{NOTEBOOK}",
            "Spawner.environment": {"JUPYTER_PREFER_ENV_PATH": "1", MARK: self.mark},
            "Spawner.start_timeout": PATIENCE,
            "Spawner.http_timeout": PATIENCE,
        }
        return WATCH + "".join(f"c.{name} = {value!r}\n" for name, value in settings.items())

    def __enter__(self):
        (self.folder / "config.py").write_text(self.config(), encoding="utf-8")
        with (self.folder / "hub.log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", "config.py"],
                cwd=self.folder,
                env=os.environ | {MARK: self.mark},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for this script, which then ends the hub
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_it_answers(self, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/hub/health", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"JupyterHub did not start: {self.last_words()}")

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            pass
        finally:
            left = self.left()
            for process in left:
                process.kill()
            psutil.wait_procs(left, timeout=10)
            self._process.wait()

    def left(self):
        """Processes of this class that still run, whoever their parent is now."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def log(self):
        return (self.folder / "hub.log").read_text(errors="replace")

    def last_words(self):
        return next(reversed(self.log().strip().splitlines()), "it said nothing")

    def processes(self):
        """Kind -> processes."""
        found = {kind: [] for kind in KINDS} | {"hub": [psutil.Process(self._process.pid)]}
        for process in found["hub"][0].children(recursive=True):
            command = command_of(process)
            for kind, part in KINDS.items():
                if part in command:
                    found[kind].append(process)
        return found


def command_of(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return ""


# --- a learner


class Kernel:
    """A learner's kernel, over the websocket that JupyterLab's page would open."""

    def __init__(self, socket, session):
        self._socket, self._session = socket, session
        self.frames = {}  # setting, as a tuple -> what is shown for it, and when it came
        self._replies = defaultdict(asyncio.Queue)
        self._reader = asyncio.create_task(self._read())

    async def close(self):
        self._reader.cancel()
        await self._socket.close()

    async def _read(self):
        async for packet in self._socket:
            _, parts = deserialize_msg_from_ws_v1(packet.data)
            header, parent, _, content = map(json.loads, parts[:4])
            reply = {"msg_type": header["msg_type"], "header": header, "content": content}
            reply["at"] = time.perf_counter()
            if content.get("data", {}).get("method") == "custom":
                for frame in content["data"]["content"]["frames"]:
                    self.frames[tuple(frame["setting"].values())] = frame, reply["at"]
            self._replies[parent.get("msg_id")].put_nowait(reply)
        for waiting in self._replies.values():
            waiting.put_nowait(None)

    async def ask(self, kind, **content):
        """All messages that answer this one, until the kernel is idle again."""
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": self._session,
            "username": "",
            "date": datetime.now(UTC).isoformat(),
            "version": "5.3",
        }
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        pack = serialize_msg_to_ws_v1(message, "shell", pack=lambda part: json.dumps(part).encode())
        replies = self._replies[header["msg_id"]]
        await self._socket.send_bytes(pack)
        answer = []
        while not answer or answer[-1]["content"].get("execution_state") != "idle":
            answer.append(await asyncio.wait_for(replies.get(), PATIENCE))
            if answer[-1] is None:
                raise RuntimeError("the connection to the kernel was lost")
        del self._replies[header["msg_id"]]
        return answer


class Learner:
    """One who logs in, runs the notebook and slides, and says so when something is not right."""

    def __init__(self, hub, name):
        self.name, self._hub, self._base = name, hub, f"/user/{name}"
        self._rng = random.Random(name)
        self.steps, self.rates, self._count = [], [], 0

    async def __aenter__(self):
        shutil.copytree(self._hub.image, self._hub.folder / self.name)
        self._kernel = None
        self._web = aiohttp.ClientSession(
            self._hub.url,
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # unsafe: an address without a name
            raise_for_status=True,
            timeout=aiohttp.ClientTimeout(PATIENCE),
        )
        return self

    async def __aexit__(self, *_):
        if self._kernel:
            await self._kernel.close()
        await self._web.close()

    def _xsrf(self, path):
        return self._web.cookie_jar.filter_cookies(URL(f"{self._hub.url}{path}"))["_xsrf"].value

    async def _get(self, path):
        async with self._web.get(path) as answer:
            return str(answer.url), await answer.read()

    async def arrive(self):
        """Log in, wait for a server, load the page, open the notebook, connect to its kernel."""
        await self._get("/hub/login")
        words = {"username": self.name, "password": "", "_xsrf": self._xsrf("/hub/")}
        async with self._web.post("/hub/login?next=/hub/spawn", data=words) as answer:
            address = str(answer.url)
        while f"{self._base}/lab" not in address:
            await asyncio.sleep(1)
            address, page = await self._get(f"/hub/spawn-pending/{self.name}")
        await self._load(page.decode())
        await self._open()

    async def _load(self, page):
        """What the page asks for before the notebook is seen: scripts, settings, the notebook."""
        scripts = [part.split('"')[0] for part in page.split('src="')[1:]]
        own = [f"{self._base}/{path}" for path in ("lab/api/settings", f"api/contents/{NOTEBOOK}")]
        for path in [*scripts, *own]:
            await self._get(path)

    async def _open(self):
        # Both are of the learner's own copy.
        path = self._hub.folder / self.name / NOTEBOOK
        self._notebook = nbformat.read(path, as_version=4)
        wish = {"path": NOTEBOOK, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
        token = {"X-XSRFToken": self._xsrf(f"{self._base}/")}
        async with self._web.post(f"{self._base}/api/sessions", json=wish, headers=token) as answer:
            kernel = (await answer.json())["kernel"]["id"]
        session = uuid.uuid4().hex
        socket = await self._web.ws_connect(
            f"{self._base}/api/kernels/{kernel}/channels?session_id={session}",
            protocols=["v1.kernel.websocket.jupyter.org"],
            max_msg_size=0,
        )
        self._kernel = Kernel(socket, session)
        await self._kernel.ask("kernel_info_request")

    async def run_all(self):
        """Run every cell; each must show what the notebook shows."""
        self._explorer = None
        for cell in self._notebook.cells:
            if cell.cell_type != "code":
                continue
            answer = await self._kernel.ask(
                "execute_request",
                code=cell.source,
                silent=False,
                store_history=True,
                user_expressions={},
                allow_stdin=False,
                stop_on_error=False,
            )
            if problem := difference(cell.outputs, outputs_of(answer)):
                raise RuntimeError(f"cell {cell.id} {problem}")
            self._explorer = self._explorer or explorer_of(answer, "samples")
        if self._explorer is None:
            raise RuntimeError("the notebook showed no explorer")

    async def slide(self):
        """Drag the slider to and fro, each time after a look at the picture."""
        scene = explore_samples().scene
        (slider,) = (one for one in scene.sliders if one.name == SLIDER)
        first = slider.stops.index(scene.start[SLIDER])
        there = slider.stops[first : first + EVENTS + 1]
        for values in itertools.islice(itertools.cycle([there[1:], there[-2::-1]]), DRAGS):
            await asyncio.sleep(self._rng.uniform(*LOOK))
            await self._drag(scene, values)

    async def _drag(self, scene, values):
        """One drag; the newest value waits while a frame is on its way; others are wished for."""
        first, *_ = values
        wishes = [asyncio.create_task(self._wish(scene, first, FEW))]
        start, shown, i, wished = time.perf_counter(), 0, 0, 0.0
        while i < len(values):
            await asyncio.sleep(max(0, start + i * EVENT_TIME - time.perf_counter()))
            await self._step(scene, scene.start | {SLIDER: values[i]})
            shown += 1
            if time.perf_counter() - wished > AGAIN:
                wished = time.perf_counter()
                wishes.append(asyncio.create_task(self._wish(scene, values[i], MANY)))
            due = int((time.perf_counter() - start) / EVENT_TIME)
            i = max(i + 1, min(due, len(values) - 1))
        self.rates.append(shown / (time.perf_counter() - start))
        await asyncio.gather(*wishes)
        await self._say(moved={SLIDER: values[-1]}, visited=[], press=[])

    async def _say(self, **content):
        self._count += 1
        said = {"page": self.name, "count": self._count, "narrow": False} | content
        data = {"method": "custom", "content": said}
        return await self._kernel.ask("comm_msg", comm_id=self._explorer, data=data)

    async def _wish(self, scene, value, most):
        (slider,) = (one for one in scene.sliders if one.name == SLIDER)
        kept = {key[[*scene.start].index(SLIDER)] for key in self._kernel.frames}
        ahead = [stop for stop in stops_ahead(slider.stops, value) if stop not in kept][:most]
        await self._say(ahead=ahead, along=SLIDER, at=scene.start)

    async def _step(self, scene, setting):
        sent, key = time.perf_counter(), tuple(setting.values())
        if key in self._kernel.frames:
            self.steps.append(0.0)  # it is there
        else:
            await self._say(ask=setting)
        if key not in self._kernel.frames:
            raise RuntimeError(f"at {SLIDER} = {setting[SLIDER]} no picture came")
        frame, came = self._kernel.frames[key]
        if came > sent:
            self.steps.append(1000 * (came - sent))
        if problem := wrong_readout(frame, scene.lines(scene.frame(**setting))):
            raise RuntimeError(f"at {SLIDER} = {setting[SLIDER]} {problem}")


def stops_ahead(stops, value):
    """The stops that a hand may come to next: those around it, then a grid that grows finer."""
    here = stops.index(value)
    near = [here + sign * off for off in range(1, CLOSE + 1) for sign in (-1, 1)]
    step, grid = GRID, []
    while step >= 1:
        middle = here - here % step
        grid += [middle + sign * off for off in range(step, len(stops), step) for sign in (-1, 1)]
        step //= 2
    return [stops[i] for i in dict.fromkeys(near + grid) if 0 <= i < len(stops) and i != here]


def outputs_of(answer):
    shown = ("stream", "display_data", "execute_result", "error")
    return [nbformat.v4.output_from_msg(each) for each in answer if each["msg_type"] in shown]


def texts(outputs):
    """What a cell shows as text: a stream whole, of a picture or a widget its text/plain."""
    shown = []
    for output in outputs:
        kind = output.get("name", output["output_type"])
        text = output.get("text", output.get("evalue", output.get("data", {}).get("text/plain")))
        if shown and shown[-1][0] == kind and "text" in output:
            text = shown.pop()[1] + text
        shown.append((kind, text))
    return [text if kind == "stdout" else (kind, text) for kind, text in shown]


def difference(committed, came):
    """Say where a cell does not show what it showed when it was committed, or None."""
    for now, before in itertools.zip_longest(texts(came), texts(committed)):
        if now != before:
            return f"showed {now!r}, not {before!r}"
    return None


def explorer_of(answer, name):
    """The comm of the first explorer of that scene among the messages, or None."""
    for message in answer:
        if message["msg_type"] == "comm_open":
            scene = message["content"]["data"].get("state", {}).get("scene", {})
            if scene.get("name") == name:
                return message["content"]["comm_id"]
    return None


def wrong_readout(state, lines):
    """Say what is wrong with the explorer's answer, or None."""
    if "error" in state["readout"]:
        return f"the readout said {state['readout']['error']!r}"
    came = [tuple(line) for row in state["readout"]["rows"] for line in row]
    if came != [tuple(line) for line in lines]:
        return f"the readout said {came}, not {lines}"
    return None if state.get("moving") else "no picture came"


# --- the class


@dataclass
class Lesson:
    """What was measured of a class."""

    learners: int
    failures: list  # what one of them could not do, and why
    arrived: float  # s, until the last one's kernel answered
    ran: float  # s, from Run All until the last one was through
    effort: list  # processor seconds of hub, proxy, servers, kernels for these two and the sliding
    steps: list  # ms
    rates: list  # pictures a second, of each drag
    memory: dict  # kind -> (proportional share, resident, most resident), bytes of all of that kind
    cores: dict  # kind -> processors used while all were sliding; "others": by who is not ours


async def teach(hub, count):
    """One lesson of `count` learners, who do everything at once."""
    async with AsyncExitStack() as stack:
        learners = [Learner(hub, f"learner-{i + 1}") for i in range(count)]
        well = [await stack.enter_async_context(learner) for learner in learners]
        failures = []

        async def together(do):
            start = time.monotonic()
            ends = await asyncio.gather(*map(do, well), return_exceptions=True)
            failures.extend(
                f"could not {do.__name__.replace('_', ' ')}: {one_line(end)}"
                for end in ends
                if end is not None
            )
            well[:] = [one for one, end in zip(well, ends, strict=True) if end is None]
            return time.monotonic() - start

        efforts = [processor_seconds(hub)]
        arrived = await together(Learner.arrive)
        efforts.append(processor_seconds(hub))
        if hub.log().count(FAST) < len(well):
            failures.append("had a server that does not let slider messages through at once")
        ran = await together(Learner.run_all)
        efforts.append(before := processor_seconds(hub))
        seconds = await together(Learner.slide)
        efforts.append(after := processor_seconds(hub))
        return Lesson(
            learners=count,
            failures=failures,
            arrived=arrived,
            ran=ran,
            effort=[b - a for a, b in itertools.pairwise(map(of_the_class, efforts))],
            steps=[step for learner in learners for step in learner.steps],
            rates=[rate for learner in learners for rate in learner.rates],
            memory={kind: weigh(found) for kind, found in hub.processes().items()},
            cores={kind: (after[kind] - before[kind]) / seconds for kind in before},
        )


def one_line(error):
    return " ".join(f"{type(error).__name__}: {error}".split())


def processor_seconds(hub):
    """Kind -> processor seconds used so far; "others": by all that is neither class nor script."""
    used = {
        kind: sum(sum(process.cpu_times()[:2]) for process in found)
        for kind, found in hub.processes().items()
    }
    used["learners' side"] = time.process_time()
    whole = psutil.cpu_times()
    idle = whole.idle + getattr(whole, "iowait", 0) + getattr(whole, "steal", 0)
    guests = getattr(whole, "guest", 0) + getattr(whole, "guest_nice", 0)  # counted twice
    return used | {"others": sum(whole) - idle - guests - sum(used.values())}


def of_the_class(used):
    return used["hub"] + sum(used[kind] for kind in KINDS)


def weigh(processes):
    """(Proportional share, resident, most resident) memory in bytes; nothing where not Linux."""
    return tuple(map(sum, zip(*map(memory_of, processes), strict=True))) if processes else (0, 0, 0)


def memory_of(process):
    whole = process.memory_full_info()
    status = Path(f"/proc/{process.pid}/status").read_text()
    (most,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return whole.pss, whole.rss, 1024 * int(most)


def measure(count, proxy):
    with (
        tempfile.TemporaryDirectory(prefix="class-", ignore_cleanup_errors=True) as folder,
        Hub(Path(folder), proxy) as hub,
    ):
        return asyncio.run(teach(hub, count))


# --- the tables


def megabytes(count):
    return f"{count / 1e6:.0f}"


def memory_row(lesson):
    server, kernel = (lesson.memory[kind] for kind in ("server", "kernel"))
    shares = [kind[0] / lesson.learners for kind in (server, kernel)]
    whole = sum(kind[0] for kind in lesson.memory.values())
    return [
        lesson.learners,
        len(lesson.failures),
        f"{lesson.arrived:.0f}",
        f"{lesson.effort[0] / lesson.learners:.1f}",
        f"{lesson.ran:.1f}",
        f"{lesson.effort[1] / lesson.learners:.1f}",
        *map(megabytes, [*shares, sum(shares), (server[2] + kernel[2]) / lesson.learners]),
        f"{whole / 1e9:.2f}",
    ]


def slider_row(lesson):
    kinds = ("kernel", "server", "proxy", "hub", "learners' side", "others")
    used = [f"{lesson.cores[kind]:.2f}" for kind in kinds]
    if not lesson.steps:
        return [lesson.learners, *["–"] * (len(SLIDER_HEADER) - 1)]
    slow = quantiles(lesson.steps, n=20)[-1]
    each = 1000 * lesson.effort[2] / len(lesson.steps)
    figures = median(lesson.steps), slow, median(lesson.rates), each
    return [lesson.learners, *(f"{figure:.0f}" for figure in figures), *used]


MEMORY_HEADER = (
    "learners",
    "failures",
    "all servers up, s",
    "processor s a server",
    "all have run 02, s",
    "processor s a run",
    "a server, MB",
    "a kernel, MB",
    "a learner, MB",
    "at most resident, MB",
    "the class, GB",
)
SLIDER_HEADER = (
    "learners",
    "step, ms",
    "95th percentile",
    "pictures/s in a drag",
    "processor ms a step",
    "kernels",
    "servers",
    "proxy",
    "hub",
    "learners' side",
    "others",
)


def verdict(lessons):
    lines = [
        f"  - {count} of {lesson.learners} {reason}"
        for lesson in lessons
        for reason, count in Counter(lesson.failures).items()
    ]
    return ["- no learner failed: **missed**", *lines] if lines else ["- no learner failed: held"]


def report(lessons):
    memory = table(MEMORY_HEADER, map(memory_row, lessons))
    sliders = table(SLIDER_HEADER, map(slider_row, lessons))
    words = (
        f"The slider, from a message to the answer with readout and picture, while all drag at "
        f"once: {DRAGS} drags each of a second and {EVENTS} stops, with looks of {LOOK[0]:.0f} to "
        f"{LOOK[1]:.0f} s in between. Beside it the processors in use meanwhile; *others* is what "
        "the machine did besides."
    )
    verdicts = "\n".join([*verdict(lessons), *disturbances(lessons)])
    return f"{memory}\n\n{words}\n\n{sliders}\n\n{verdicts}"


def disturbances(lessons):
    """Say so where the machine had something else to do."""
    most = max(lesson.cores["others"] for lesson in lessons)
    if most < QUIET:
        return []
    return [
        f"- the machine was not quiet: others took up to {most:.1f} processors, so all times are "
        "too long; processor seconds and memory hardly suffer from it"
    ]


def setup(version):
    packages = installed("jupyterhub", "jupyterlab", "ipykernel", "ipywidgets", "matplotlib")
    return (
        "Memory is each process's proportional share (PSS), which counts a page of thirty once; "
        "*at most resident* is the most that server and kernel ever held, each by itself. "
        f"Learners are a script on the same machine, {machine()}; {packages}, {PROXY} {version}."
    )


def room_for(count):
    """Whether the machine has the memory; if not, that is said in one line."""
    free = psutil.virtual_memory().available
    if enough := count * NEEDED <= free:
        return enough
    print(
        f"{count} learners are left out: they need about {count * NEEDED / 1e9:.0f} GB of memory, "
        f"and {free / 1e9:.1f} GB are free",
        flush=True,
    )
    return enough


def main():
    """Measure, print, and write RESULTS.md where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, nargs="+", default=[1, 3, 10, 30])
    parser.add_argument("--write", action="store_true", help="put the tables into RESULTS.md")
    options = parser.parse_args()
    if MISSING:
        sys.exit(MISSING)
    for asked_to_end in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # jobs ignore SIGINT
        signal.signal(asked_to_end, signal.default_int_handler)
    try:
        proxy, version = find_proxy()
        lessons = []
        for count in filter(room_for, options.learners):
            print(f"a class of {count}", file=sys.stderr, flush=True)
            lessons.append(lesson := measure(count, proxy))
            print(*memory_row(lesson), "|", *slider_row(lesson), file=sys.stderr, flush=True)
    except RuntimeError as problem:
        print(f"No class was measured: {problem}")
        return
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    text = f"{setup(version)}\n\n{report(lessons)}"
    print(text)
    if options.write:
        write_section("classroom", text)


if __name__ == "__main__":
    main()
