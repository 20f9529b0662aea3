"""The app as its visitors have it: explorers that live, and a kernel that takes no orders."""

import json
import re
import time
import urllib.error
import urllib.request
import uuid

import pytest
import websocket
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)

from tools.driver import COURSE, SCREEN, AppServer
from web import app

PAGES = app.find_pages()
ADDRESSES = [page.address for page in PAGES]
NARROW = {"width": 400, "height": 800}
ZOOMED = {"width": SCREEN["width"] // 2, "height": SCREEN["height"] // 2}  # at 200 %
OVERFLOWS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
SECONDS = 1000  # Playwright's unit is the millisecond
SHOWN = """box => [
    box.querySelector('[role=status]').innerText, box.querySelector('.kl-moving').innerHTML,
]"""


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with AppServer(COURSE, tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture(scope="module")
def small_server(tmp_path_factory):
    """Kernels rest for no longer than fifteen seconds, and there is room for one."""
    options = ("cull_idle_timeout=15", "cull_interval=1", "most=1")
    options = (f"--Kernels.{option}" for option in options)
    with AppServer(COURSE, tmp_path_factory.mktemp("small"), *options) as running:
        yield running


class Visitor:
    """A person with a browser of their own."""

    def __init__(self, page, server):
        self.page, self.server = page, server
        self.asked, self.complaints = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._on_console)

    def _on_console(self, message):
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, address="", query=""):
        answer = self.page.goto(f"{self.server.url}/{address}{query}")
        if address:
            self.page.locator(".kl-explorer .kl-moving svg").wait_for()
        return answer

    @property
    def kernel_id(self):
        return json.loads(self.page.locator("#jupyter-config-data").text_content())["kernelId"]

    @property
    def shown(self):
        """What the explorer says and shows at one moment, without its random ids."""
        said, moving = self.page.locator(".kl-explorer").evaluate(SHOWN)
        return said, re.sub(r'(id="|#)[\w-]+', r"\1", moving)

    def touch(self):
        """Take a step by the keyboard; fail if nothing answers."""
        before = self.shown
        slider = self.page.get_by_role("slider").first
        slider.focus()
        low, now = slider.evaluate("node => [node.min, node.value]")
        self.page.keyboard.press("ArrowRight" if low == now else "ArrowLeft")
        return self.changed_from(before)

    def changed_from(self, before):
        """What is shown as soon as it is something else, and rests."""
        deadline = time.monotonic() + 30
        last, now = before, self.shown
        while now == before or now != last:
            assert time.monotonic() < deadline, "nothing changes"
            self.page.wait_for_timeout(50)
            last, now = now, self.shown
        return now

    def foreign(self):
        """Addresses of other hosts that were asked for something."""
        own = (self.server.url, "blob:", "data:")
        return [address for address in self.asked if not address.startswith(own)]


@pytest.fixture
def new_visitor(new_page, server):
    """Function: server -> a visitor with a new profile."""
    return lambda server=server: Visitor(new_page(), server)


@pytest.fixture
def visitor(new_visitor):
    return new_visitor()


# --- what a visitor sees


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_explorer_lives_and_shuts_nobody_out(visitor, serious, address):
    visitor.open(address)
    visitor.touch()
    assert not visitor.page.get_by_text("The sliders come").is_visible()
    for screen in (SCREEN, ZOOMED, NARROW):
        visitor.page.set_viewport_size(screen)
        assert not visitor.page.evaluate(OVERFLOWS), screen
    for theme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme=theme)
        assert serious(visitor.page, colours=theme == "dark") == []
    assert visitor.page.locator("code, pre, .jp-InputArea, .cm-editor").count() == 0
    assert visitor.foreign() == []
    assert visitor.complaints == []


@pytest.mark.parametrize("screen", [SCREEN, ZOOMED, NARROW])
def test_the_page_to_choose_from(visitor, serious, screen):
    visitor.page.set_viewport_size(screen)
    visitor.open()
    links = visitor.page.get_by_role("link")
    assert [link.get_attribute("href") for link in links.all()] == ADDRESSES
    assert links.all_text_contents() == [page.title for page in PAGES]
    headings = visitor.page.get_by_role("heading", level=2).all_text_contents()
    assert headings == list(dict.fromkeys(page.lesson for page in PAGES))
    for page in PAGES:
        assert visitor.page.get_by_text(page.line, exact=True).is_visible()
    for theme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme=theme)
        assert not visitor.page.evaluate(OVERFLOWS)
        assert serious(visitor.page, colours=theme == "dark") == []
    assert visitor.foreign() == []
    assert visitor.complaints == []


def test_the_keyboard_alone_leads_to_an_explorer_moves_it_and_leads_back(visitor):
    visitor.open()
    keys = visitor.page.keyboard
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    visitor.page.wait_for_url(f"**/{ADDRESSES[1]}")
    visitor.page.locator(".kl-explorer .kl-moving svg").wait_for()
    reached = set()
    for _ in range(40):
        keys.press("Tab")
        reached.add(visitor.page.evaluate("document.activeElement.outerHTML"))
        if visitor.page.evaluate("document.activeElement.type") == "range":
            break
    before = visitor.shown
    keys.press("End")
    visitor.page.wait_for_function(
        "() => document.activeElement.value === document.activeElement.max"
    )
    visitor.changed_from(before)
    visitor.page.reload()
    visitor.page.locator(".kl-explorer").wait_for()
    keys.press("Tab")
    keys.press("Enter")
    visitor.page.get_by_role("heading", name="KL divergence, to explore").wait_for()


@pytest.mark.parametrize(
    ("asked", "system", "is_dark"),
    [("", "light", False), ("", "dark", True), ("dark", "light", True), ("light", "dark", False)],
)
def test_the_theme_is_the_addresss_or_else_the_systems(visitor, asked, system, is_dark):
    visitor.page.emulate_media(color_scheme=system)
    query = f"?theme={asked}" if asked else ""
    visitor.open(query=query)
    visitor.page.get_by_role("link").first.click()
    picture = visitor.page.locator(".kl-picture")
    picture.wait_for()
    assert visitor.page.url.endswith(ADDRESSES[0] + query)
    background = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(17, 17, 17)") == is_dark
    assert ("invert" in picture.evaluate("node => getComputedStyle(node).filter")) == is_dark


def test_visitors_do_not_move_each_others_sliders(new_visitor):
    one, other = new_visitor(), new_visitor()
    for visitor in (one, other):
        visitor.open("two-normals")
    assert one.kernel_id != other.kernel_id
    before = other.shown
    assert one.shown == before
    moved = one.touch()
    other.page.wait_for_timeout(500)
    assert other.shown == before
    other.touch()
    assert other.shown == moved
    one.page.get_by_role("button", name="Narrow p, wide q").click()
    one.changed_from(moved)
    other.page.wait_for_timeout(500)
    assert other.shown == moved


def test_a_template_that_is_asked_for_is_not_given(visitor):
    visitor.open("two-normals", "?template=reveal&theme=reveal")
    visitor.touch()
    assert visitor.page.locator(".reveal").count() == 0
    assert visitor.complaints == []


# --- how a kernel ends


def kernel_state(server, kernel_id):
    with urllib.request.urlopen(f"{server.url}/api/kernels/{kernel_id}", timeout=10) as answer:
        return json.load(answer)["execution_state"]


def test_a_culled_kernel_is_said_with_the_way_on(new_visitor, small_server, serious):
    visitor = new_visitor(small_server)
    visitor.open("two-normals")
    gone = visitor.page.locator(".kl-gone")
    assert not gone.is_visible()
    gone.wait_for(state="visible", timeout=120 * SECONDS)
    assert "the sliders rest" in gone.text_content()
    assert visitor.page.get_by_role("slider").first.is_disabled()
    assert serious(visitor.page) == []
    culled = visitor.kernel_id
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("link", name="Reload the page").press("Enter")
    visitor.page.locator(".kl-explorer .kl-moving svg").wait_for()
    assert visitor.kernel_id != culled
    visitor.touch()
    assert visitor.complaints == []


def test_a_kernel_that_was_culled_while_the_network_was_away_is_said_too(server):
    assert kernel_state(server, str(uuid.uuid4())) == "dead"


def test_a_page_that_is_closed_ends_its_kernel(visitor, server):
    visitor.open("two-normals")
    kernel_id = visitor.kernel_id
    assert kernel_state(server, kernel_id) != "dead"
    visitor.open()
    deadline = time.monotonic() + 60
    while kernel_state(server, kernel_id) != "dead":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert visitor.complaints == []


def test_when_all_places_are_taken_the_page_says_so(new_visitor, small_server):
    first, second = new_visitor(small_server), new_visitor(small_server)
    deadline = time.monotonic() + 60
    while first.page.goto(f"{small_server.url}/two-normals").status == 503:
        assert time.monotonic() < deadline, "the place of the one before is not given back"
        time.sleep(1)
    first.page.locator(".kl-explorer .kl-moving svg").wait_for()
    answer = second.page.goto(f"{small_server.url}/samples")
    assert answer.status == 503
    assert second.page.get_by_role("heading", name="All places are taken").is_visible()
    assert second.foreign() == []


# --- what a visitor cannot do


class Attacker:
    """Somebody who opened a page and talks to its kernel without it."""

    def __init__(self, visitor):
        self.address = visitor.server.url.replace("http", "ws")
        self.address += f"/api/kernels/{visitor.kernel_id}/channels?session_id="
        self.socket = self.connect(app.PROTOCOL)

    def connect(self, *protocols):
        return websocket.create_connection(
            self.address + uuid.uuid4().hex, subprotocols=protocols, timeout=10
        )

    def send(self, channel, kind, content, metadata=None):
        """Send a message as the page would; return its id."""
        header = message_header(kind)
        parts = [json.dumps(part).encode() for part in (header, {}, metadata or {}, content)]
        self.socket.send_binary(serialize_msg_to_ws_v1(parts, channel))
        return header["msg_id"]

    def answers_to(self, asked):
        """Kinds of the messages that answer one; all that come before the answer to a later one."""
        time.sleep(0.3)  # the channels do not wait for each other
        last = self.send("shell", "kernel_info_request", {})
        kinds, self.heard = [], []
        while True:
            channel, parts = deserialize_msg_from_ws_v1(self.socket.recv())
            header, parent, _, content = map(json.loads, parts[:4])
            self.heard.append(content)
            if parent.get("msg_id") == asked:
                kinds.append(header["msg_type"])
            if channel == "shell" and parent.get("msg_id") == last:
                return kinds


def message_header(kind):
    return {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "session": "s",
        "username": "",
        "version": "5.4",
        "date": "2026-01-01T00:00:00Z",
    }


@pytest.fixture(scope="module")
def attacked(browser, server):
    context = browser.new_context(viewport=SCREEN)
    visitor = Visitor(context.new_page(), server)
    visitor.open("two-normals")
    yield visitor
    context.close()


@pytest.fixture
def attacker(attacked):
    attacker = Attacker(attacked)
    yield attacker
    attacker.socket.close()
    attacked.touch()  # whatever was tried, the slider goes on working
    assert attacked.complaints == []


SLIDER = {
    "_model_module": "@jupyter-widgets/controls",
    "_model_module_version": "2.0.0",
    "_model_name": "IntSliderModel",
    "_view_module": "@jupyter-widgets/controls",
    "_view_module_version": "2.0.0",
    "_view_name": "IntSliderView",
}
CODE = {"code": "open", "cursor_pos": 4, "detail_level": 0, "silent": False}
ATTACKS = {
    "complete_request": CODE,
    "inspect_request": CODE,
    "is_complete_request": CODE,
    "history_request": {"output": False, "raw": True, "hist_access_type": "tail", "n": 9},
    "comm_info_request": {},
    "debug_request": {"type": "request", "seq": 1, "command": "initialize", "arguments": {}},
    "create_subshell_request": {},
    "interrupt_request": {},
    "shutdown_request": {"restart": False},
    "comm_open": {
        "comm_id": "mine",
        "target_name": "jupyter.widget",
        "data": {"state": SLIDER, "buffer_paths": []},
    },
    "comm_msg": {"comm_id": "mine", "data": {"method": "update", "state": {"_esm": ""}}},
}


def code_that_leaves(trace):
    code = f"open({str(trace)!r}, 'w').close()"
    return {"code": code, "silent": False, "store_history": False, "user_expressions": {}}


@pytest.mark.parametrize("channel", ["shell", "control", "stdin", "iopub"])
def test_no_code_of_a_visitors_is_run(attacker, tmp_path, channel):
    trace = tmp_path / "trace"
    asked = attacker.send(channel, "execute_request", code_that_leaves(trace))
    assert attacker.answers_to(asked) == []
    assert not trace.exists()


def test_no_code_is_run_in_the_older_protocol_either(attacker, tmp_path):
    trace = tmp_path / "trace"
    older = attacker.connect()
    message = {
        "header": message_header("execute_request"),
        "parent_header": {},
        "metadata": {},
        "content": code_that_leaves(trace),
        "buffers": [],
        "channel": "shell",
    }
    older.send(json.dumps(message))
    assert attacker.answers_to(message["header"]["msg_id"]) == []
    assert not trace.exists()
    older.close()


@pytest.mark.parametrize("channel", ["shell", "control"])
@pytest.mark.parametrize("kind", ATTACKS)
def test_a_kernel_answers_nothing_that_no_page_asks(attacker, kind, channel):
    asked = attacker.send(channel, kind, ATTACKS[kind], {"version": "2.1.0"})
    assert attacker.answers_to(asked) == []


@pytest.mark.parametrize("message", [b"\xff" * 16, b"", b"\x06", b"\x06" + bytes(200), "{}"])
def test_what_is_no_message_hurts_nobody(attacker, message):
    send = attacker.socket.send_binary if isinstance(message, bytes) else attacker.socket.send
    send(message)
    assert attacker.answers_to("none") == []


@pytest.mark.parametrize(
    "what", [{"ask": {"mu_p": 99}}, {"moved": {"mu_p": 99}, "visited": [], "press": []}]
)
def test_an_impossible_setting_brings_no_traceback_to_the_page(attacker, what):
    control = {"comm_id": uuid.uuid4().hex, "target_name": "jupyter.widget.control", "data": {}}
    attacker.answers_to(attacker.send("shell", "comm_open", control, {"version": "1.0.0"}))
    control["data"] = {"method": "request_states"}
    attacker.answers_to(attacker.send("shell", "comm_msg", control))
    states = next(m["data"]["states"] for m in attacker.heard if "states" in m.get("data", {}))
    (explorer,) = (name for name, model in states.items() if "setting" in model["state"])
    said = {"method": "custom", "content": {"page": "a", "count": 1, "narrow": False} | what}
    asked = attacker.send("shell", "comm_msg", {"comm_id": explorer, "data": said})
    answers = attacker.answers_to(asked)
    assert "status" in answers
    assert not {"error", "stream"} & set(answers)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api"),
        ("GET", "/api/kernels"),
        ("POST", "/api/kernels"),
        ("DELETE", "/api/kernels/{kernel}"),
        ("POST", "/api/kernels/{kernel}/interrupt"),
        ("POST", "/api/kernels/{kernel}/restart"),
        ("GET", "/api/sessions"),
        ("GET", "/api/contents"),
        ("GET", "/api/terminals"),
        ("GET", "/api/kernelspecs"),
        ("GET", "/login"),
        ("GET", "/tree"),
        ("GET", "/two-normals.ipynb"),
        ("GET", "/voila"),
        ("GET", "/voila/tree"),
        ("GET", "/voila/render/two-normals.ipynb"),
        ("GET", "/voila/api/contents"),
        ("GET", "/voila/files/two-normals.ipynb"),
        ("GET", "/voila/templates/lab/static/voila.js"),
        ("GET", "/voila/static/../../../../../pyvenv.cfg"),
        ("GET", "/voila/labextensions/..%2f..%2f..%2f..%2fpyvenv.cfg"),
        ("GET", "/voila/execution/{kernel}"),
    ],
)
def test_the_server_shows_no_file_no_list_and_takes_no_order(attacked, server, method, path):
    address = server.url + path.format(kernel=attacked.kernel_id)
    body = b"{}" if method == "POST" else None
    request = urllib.request.Request(address, method=method, data=body)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    refused.value.close()
    assert refused.value.code in (403, 404, 405)
    attacked.touch()


def test_a_page_that_is_not_there_leads_to_those_that_are(visitor):
    assert visitor.open().status == 200
    answer = visitor.page.goto(f"{visitor.server.url}/no-such-page")
    assert answer.status == 404
    visitor.page.get_by_role("link", name="All explorers").click()
    assert visitor.page.get_by_role("link").count() == len(PAGES)
    assert visitor.foreign() == []
