"""The explorers alone, for everybody who has the address: what `make app` starts.

Voilà shows one generated notebook an explorer, and each viewer has a kernel of their own. A page
may say to its kernel what sliders and buttons say and nothing else, and the server shows nothing
but these pages.
"""

import argparse
import logging
import os
import sys
import webbrowser
from contextlib import suppress
from itertools import groupby
from numbers import Real
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
try:
    import nbformat
    from jupyter_server.base.handlers import FileFindHandler
    from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
    from jupyter_server.services.kernels.handlers import KernelHandler
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
    from jupyter_server.utils import url_path_join
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
    from tornado.ioloop import IOLoop
    from tornado.web import HTTPError, RequestHandler
    from tornado.websocket import WebSocketClosedError
    from traitlets import Integer
    from traitlets.config import Config
    from voila.app import Voila
    from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
    from voila.static_file_handler import MultiStaticFileHandler
    from voila.tornado.handler import TornadoVoilaHandler
    from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

    import kl_lab
    from tools import lab
    from web import catalogue
except ModuleNotFoundError as missing:
    name = missing.name.partition(".")[0]
    sys.exit(f"{name} is not installed: `make app` installs what the app needs.")

FOLDER = ROOT / "build" / "app"
TEMPLATES = Path(__file__).with_name("app_pages")
DEFAULT_PORT = 8866
MINUTE = 60  # seconds
WORDS = """
The explorers are running. If your browser does not open them by itself, open this address there:

    {}

Ctrl-C here ends them.
"""


# --- the pages


class Page(catalogue.Entry):
    """An explorer and what the page to choose from says of it."""

    @property
    def address(self):
        return self.name.replace("_", "-")

    @property
    def file(self):
        return f"{self.address}.ipynb"

    def notebook(self):
        """What Voilà runs and shows: words, and the explorer."""
        cells = [
            new_markdown_cell(f"# {self.title}\n\n{self.line}", id="words"),
            new_code_cell(
                f"from {self.module} import {self.function}\n\n{self.function}()", id="explorer"
            ),
        ]
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}
        return new_notebook(cells=cells, metadata={"title": self.title, "kernelspec": kernel})


def find_pages():
    """All explorers in the order of the lessons."""
    return [Page(**vars(entry)) for entry in catalogue.entries()]


def write_notebooks(pages, folder=FOLDER):
    """Write a notebook a page into `folder`, and take those of pages that are no more out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {page.file: page.notebook() for page in pages}
    for old in {path.name for path in folder.glob("*.ipynb")} - files.keys():
        (folder / old).unlink()
    for name, notebook in files.items():
        nbformat.write(notebook, folder / name)


# --- what a page may say to its kernel

WIDGET_STATES = "jupyter.widget.control"
PROTOCOL = "v1.kernel.websocket.jupyter.org"
PARTS = 4  # header, parent's header, metadata, content: no page sends a buffer
OFFSETS = 2 + PARTS  # those, and the channel's beginning and end
LONGEST_MESSAGE = 1 << 16  # bytes; a setting has some hundred
PYTHON_SAYS = {"stream", "error"}


def may_be_said(channel, header, content):
    """Say whether an explorer's page says this: at its start, or when a person touches it."""
    if channel != "shell":
        return False
    match header["msg_type"]:
        case "kernel_info_request" | "comm_close":
            return True
        case "comm_open":
            return content["target_name"] == WIDGET_STATES and content["data"] == {}
        case "comm_msg":
            return _is_harmless(content["data"])
    return False


def _is_harmless(data):
    match data:
        case {"method": "request_states"}:
            return True
        case {"method": "custom", "content": dict(content)}:
            return _is_of_an_explorer(content)
    return False


def _is_of_an_explorer(content):
    """What `Explorer._on_message` takes, and nothing more."""
    match content:
        case {"page": str(), "count": int(), "narrow": bool(), **said}:
            return _is_said_by_a_hand(said)
    return False


def _is_said_by_a_hand(said):
    match said:
        case {"still": True, **rest}:
            settings = []
        case {"ask": setting, **rest}:
            settings = [setting]
        case {"drag": [str(), Real(), Real()], "at": at, **rest}:
            settings = [at]
        case {"ahead": list(ahead), "along": str(), "at": at, **rest}:
            settings = [at, dict(enumerate(ahead))]
        case {"moved": moved, "visited": list(visited), "press": list(press), **rest} if all(
            isinstance(label, str) for label in press
        ):
            settings = [moved, *visited]
        case _:
            return False
    return not rest and all(map(_is_setting, settings))


def _is_setting(setting):
    return isinstance(setting, dict) and all(isinstance(value, Real) for value in setting.values())


class ExplorerConnection(ZMQChannelsWebsocketConnection):
    """The socket between an explorer's page and its kernel.

    Jupyter's own runs any code that a page sends. Voilà refuses that, but makes any widget, tells
    tracebacks, and hangs at a message of sixteen bytes that are all ones.
    """

    def handle_incoming_message(self, incoming_msg):
        try:
            said = self.subprotocol == PROTOCOL and may_be_said(*self._read(incoming_msg))
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
            said = False  # it is no message at all
        if said:
            super().handle_incoming_message(incoming_msg)
        else:
            self.log.warning("A message that no page of the app sends was refused.")

    def handle_outgoing_message(self, stream, outgoing_msg):
        _, parts = self.session.feed_identities(outgoing_msg)
        kind = self.session.unpack(parts[1])["msg_type"]
        if kind not in PYTHON_SAYS:
            super().handle_outgoing_message(stream, outgoing_msg)
        elif kind == "error":  # for whoever runs the app, not for a visitor
            self.log.error("\n".join(self.session.unpack(parts[4])["traceback"]))

    def say_that_the_kernel_ended(self):
        with suppress(WebSocketClosedError):  # the page is gone as well
            self._send_status_message("dead")

    def _read(self, message):
        if int.from_bytes(message[:8], "little") != OFFSETS:
            raise ValueError("not as many parts as a message has")
        channel, parts = deserialize_msg_from_ws_v1(message)
        return channel, self.session.unpack(parts[0]), self.session.unpack(parts[3])


class Kernels(AsyncMappingKernelManager):
    """A kernel for each viewer, up to a number; when one ends, its page is told."""

    most = Integer(40, config=True, help="Kernels at a time; about 135 MB of memory each.")

    async def start_kernel(self, **kwargs):
        if len(self) >= self.most:
            raise HTTPError(503)
        return await super().start_kernel(**kwargs)

    async def _async_shutdown_kernel(self, kernel_id, now=False, restart=False):
        await super()._async_shutdown_kernel(kernel_id, now=now, restart=restart)
        for connection in tuple(ZMQChannelsWebsocketConnection._open_sockets):
            if connection.kernel_id == kernel_id:
                connection.say_that_the_kernel_ended()

    shutdown_kernel = _async_shutdown_kernel


# --- what the server answers

# No page asks another host for anything, and no page of another host can hold one of these.
POLICY = "default-src 'self' 'unsafe-inline' blob: data:; frame-ancestors 'self'"


class Rendered:
    """A handler that can show one of our templates."""

    def show(self, template, **values):
        template = self.settings["voila_jinja2_env"].get_template(template)
        self.set_header("Content-Security-Policy", POLICY)
        self.finish(template.render(base_url=self.settings["base_url"], **values))

    def write_error(self, status_code, **_):
        title, words = {
            404: ("There is no such page", "Was the address typed by hand?"),
            503: ("All places are taken", "Reload this page in some minutes."),
        }.get(status_code, ("This did not work", "Reload this page to try again."))
        self.show("trouble.html.j2", title=title, words=words)


class Choose(Rendered, RequestHandler):
    """The page to choose from."""

    def get(self):
        pages = self.settings["pages"]
        groups = groupby(pages, lambda page: page.lesson)
        self.show("choose.html.j2", lessons=[(name, list(group)) for name, group in groups])


class ExplorerPage(Rendered, TornadoVoilaHandler):
    """The page of one explorer."""


class NotFound(Rendered, RequestHandler):
    """Every other page."""

    def prepare(self):
        raise HTTPError(404)


class EndKernel(VoilaShutdownKernelHandler):
    """A page that is closed ends its kernel."""

    async def post(self, kernel_id):
        if kernel_id in self.kernel_manager:
            await self.kernel_manager.shutdown_kernel(kernel_id)
        self.set_status(204)

    def check_xsrf_cookie(self):
        """Ask for no cookie: the kernel's id is known to its page alone."""


class KernelState(KernelHandler):
    """Whether a kernel lives. One that is not there is dead, so that no page waits for it."""

    SUPPORTED_METHODS = ("GET",)

    async def get(self, kernel_id):
        if kernel_id in self.kernel_manager:
            return await super().get(kernel_id)
        return self.finish({"id": kernel_id, "name": "python3", "execution_state": "dead"})


def tell_front_end(config, **_):
    """Leave out what no explorer needs: the typesetting of formulas, and whatever is installed."""
    return config | {"disabledExtensions": ["@jupyterlab/mathjax-extension"]}


EXTENSIONS = [
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
]
SETTINGS = {
    "Voila": {
        "ip": "127.0.0.1",
        "log_level": "ERROR",
        "port_retries": 0,
        "kernel_websocket_connection_class": kl_lab.without_delay(ExplorerConnection),
        # Nothing that a person has configured for another Voilà counts here.
        "config_file_paths": [],
    },
    "VoilaConfiguration": {
        "allow_template_override": "NO",
        "allow_theme_override": "NO",  # the page sees to it
        "extension_allowlist": EXTENSIONS,
        "file_allowlist": [],
        "multi_kernel_manager_class": Kernels,
        "page_config_hook": tell_front_end,
    },
    # A page that is closed ends its kernel. This is for one that was left open, or lost its
    # network: half an hour is longer than a class talks about one picture.
    "MappingKernelManager": {
        "cull_idle_timeout": 30 * MINUTE,
        "cull_interval": MINUTE,
        "cull_connected": True,
        "transport_encryption": "auto",
    },
}
KEPT = (VoilaKernelWebsocketHandler, MultiStaticFileHandler, FileFindHandler)


class App(Voila):
    """Voilà with these pages and without any other: no file, no folder, no list of them."""

    name = "make app"
    aliases = Voila.aliases | {"ip": "Voila.ip"}
    classes = (*Voila.classes, Kernels)

    def setup_template_dirs(self):
        super().setup_template_dirs()
        self.template_paths.insert(0, str(TEMPLATES))

    def init_settings(self):
        return super().init_settings() | {
            "pages": find_pages(),
            "default_handler_class": NotFound,
            "headers": {"Content-Security-Policy": POLICY},
            "websocket_max_message_size": LONGEST_MESSAGE,
        }

    def init_handlers(self):
        own = [
            ("", Choose, {}),
            (r"api/kernels/(?P<kernel_id>[\w-]+)", KernelState, {}),
            (r"voila/api/shutdown/([\w-]+)", EndKernel, {}),
        ]
        for page in self.app.settings["pages"]:
            shown = {
                "notebook_path": page.file,
                "template_paths": self.template_paths,
                "config": self.config,
                "voila_configuration": self.voila_configuration,
            }
            own.append((page.address, ExplorerPage, shown))
        handlers = [handler for handler in super().init_handlers() if handler[1] in KEPT]
        return handlers + [
            (url_path_join(self.server_url, path), *handler) for path, *handler in own
        ]

    def listen(self):
        IOLoop.current().add_callback(print, WORDS.format(self.display_url), flush=True)
        super().listen()
        print("The explorers have ended.")

    def launch_browser(self):
        webbrowser.open(self.connection_url)


def main():
    """Choose a port, write the pages' notebooks, be Voilà, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port")
    known, others = parser.parse_known_args()
    port = lab.choose_port(known.port, DEFAULT_PORT, "the app", "make app")
    write_notebooks(find_pages())
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel that holds the course
    for name in ("tornado.access", "tornado.general"):
        logging.getLogger(name).setLevel(logging.ERROR)
    browser = [] if lab.has_screen(os.environ, sys.platform) else ["--no-browser"]
    options = [f"--port={port}", *browser, str(FOLDER), *others]
    App.launch_instance(options, config=Config(SETTINGS))


if __name__ == "__main__":
    main()
