"""What `make lab` starts: a server that answers, asks nothing, and ends with one Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError
from urllib.request import urlopen

import ipywidgets
import pytest
from IPython.core.formatters import DisplayFormatter

import kl_course
import kl_lab
from kl_course import checks
from tools import lab, lessons
from tools.notebook_rules import METADATA


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_that_was_asked_for_and_is_taken_ends_in_one_sentence(taken_port):
    with pytest.raises(SystemExit, match=rf"^Port {taken_port} cannot be used \(.+\): try .+$"):
        lab.choose_port(str(taken_port))


@pytest.mark.parametrize("port", ["abc", "70000", "-1"])
def test_what_is_not_a_port_ends_in_one_sentence(port):
    with pytest.raises(SystemExit, match="a port is a number from 1 to 65535"):
        lab.choose_port(port)


def test_a_taken_default_port_is_said_and_another_one_found(taken_port, monkeypatch, capsys):
    monkeypatch.setattr(lab, "DEFAULT_PORT", taken_port)
    port = lab.choose_port(None)
    assert port > taken_port
    assert f"Port {taken_port} is in use" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environ", "platform", "is_root", "present", "absent"),
    [
        ({}, "linux", True, {"--allow-root", "--no-browser"}, set()),
        ({}, "linux", False, {"--no-browser"}, {"--allow-root"}),
        ({"DISPLAY": ":0"}, "linux", False, set(), {"--no-browser"}),
        ({"BROWSER": "open-here"}, "linux", False, set(), {"--no-browser"}),
        ({}, "darwin", False, set(), {"--no-browser"}),
    ],
)
def test_options_fit_the_machine(environ, platform, is_root, present, absent):
    options = set(lab.lab_options(8888, environ, platform, is_root))
    assert present <= options
    assert not absent & options


def fetch(url):
    """Read a page of a server that prints its address a moment before it answers."""
    for _ in range(100):
        try:
            with urlopen(url, timeout=30) as answer:
                return answer.read()
        except URLError:
            time.sleep(0.1)
    raise TimeoutError(url)


@pytest.fixture
def server(tmp_path):
    """JupyterLab as a person starts it: in a terminal, but without a screen."""
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    environ |= {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path)}
    leader, follower = os.openpty()
    command = [sys.executable, "-m", "tools.lab", "--no-browser"]
    process = subprocess.Popen(
        command,
        bufsize=0,  # else `communicate` misses what `readline` had read ahead
        env=environ,
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with process:
        yield process
        process.kill()
    os.close(leader)
    os.close(follower)


def test_the_server_opens_the_first_notebook_as_the_course_wants_it_and_ends_at_once(server):
    printed = ""
    while not (url := re.search(r"(http://127\S+)(/lab/tree/\S+)\?(token=\w+)", printed)):
        line = server.stdout.readline().decode()
        assert line, f"it ended early:\n{printed}"
        printed += line
    host, page, token = url.groups()
    assert page == "/lab/tree/notebooks/00-start-here.ipynb"

    notifications = "/lab/api/settings/@jupyterlab/apputils-extension:notification"
    settings = json.loads(fetch(f"{host}{notifications}?{token}"))["schema"]["properties"]
    assert settings["fetchNews"]["default"] == "false"
    assert settings["checkForUpdates"]["default"] is False

    page = fetch(f"{host}/lab?{token}").decode()
    page_config = re.search(r'id="jupyter-config-data".*?>(.*?)</script>', page, re.DOTALL)
    disabled = json.loads(page_config[1])["disabledExtensions"]
    assert "@jupyterlab/application-extension:faviconbusy" in disabled

    extensions = json.loads(page_config[1])["federated_extensions"]
    ours = next(e for e in extensions if e["name"] == "kl-lab")
    script = fetch(f"{host}/lab/extensions/kl-lab/{ours['load']}?{token}").decode()
    assert script == (Path(kl_lab.__file__).parent / "labextension/remoteEntry.js").read_text()
    picture = fetch(f"{host}/lab/extensions/kl-lab/static/picture.js?{token}").decode()
    assert picture == (Path(kl_course.__file__).parent / "picture.js").read_text()

    server.send_signal(signal.SIGINT)
    rest = server.communicate(timeout=30)[0].decode()
    assert server.returncode == 0
    everything = printed + rest
    assert everything.count("http") == 1, everything  # one address, so that none is the wrong one
    assert "Ctrl-C here ends it" in everything
    assert everything.strip().endswith("JupyterLab has ended.")
    assert "ServerApp" not in everything
    assert len(everything.split("\n")) < 12, everything


def test_the_servers_own_extension_is_found_and_enabled():
    command = [sys.executable, "-m", "jupyter", "server", "extension", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    said = listed.stdout + listed.stderr
    assert re.search(r"kl_lab.*enabled", said)
    assert re.search(r"kl_lab.*OK", said)


def test_messages_from_the_kernel_do_not_wait_for_each_other():
    calls = []

    class Connection:
        websocket_handler = SimpleNamespace(set_nodelay=calls.append)

        def connect(self):
            calls.append("connect")
            return "connected"

    app = SimpleNamespace(
        web_app=SimpleNamespace(settings={"kernel_websocket_connection_class": Connection}),
        contents_manager=SimpleNamespace(register_pre_save_hook=calls.append),
    )
    kl_lab._load_jupyter_server_extension(app)
    assert calls.pop() is kl_lab.keep_what_lasts
    connection = app.web_app.settings["kernel_websocket_connection_class"]()
    assert isinstance(connection, Connection)
    assert connection.connect() == "connected"
    assert calls == [True, "connect"]


LIVE = kl_lab.LIVE_WIDGET
STATE = {"application/vnd.jupyter.widget-state+json": {"state": {"a": {}}, "version_major": 2}}
MARKED = {kl_lab.MARK: True, "widgets": STATE}


def saved(*outputs, **metadata):
    """A notebook of one cell that imports kl_helpers, after the server's hook."""
    cell = {"cell_type": "code", "source": "import kl_helpers", "outputs": list(outputs)}
    cell["metadata"] = {"collapsed": True, "jupyter": {"outputs_hidden": True}}
    words = {"cell_type": "markdown", "source": "Words"}
    content = json.loads(json.dumps({"cells": [words, cell], "metadata": metadata}))
    kl_lab.keep_what_lasts(
        {"type": "notebook", "content": content}, path="a", contents_manager=None
    )
    return content


def as_output(shown):
    """What a kernel makes of a cell's last line."""
    data, metadata = DisplayFormatter().format(shown)
    return {"output_type": "execute_result", "data": data, "metadata": metadata}


@pytest.fixture
def own_slider():
    return as_output(ipywidgets.IntSlider())


@pytest.fixture(scope="module")
def of_the_course():
    """An explorer, a question and its answer."""
    question = checks.predict("more", "less")
    things = [lessons.explorers()["explore_two_normals"](), question, question.reveal("more")]
    return [as_output(thing) for thing in things]


def test_a_notebook_of_the_course_is_saved_without_what_only_its_kernel_can_use(of_the_course):
    assert all(LIVE in output["data"] for output in of_the_course)
    kernel = {"name": "other", "display_name": "Other", "language": "python"}
    stream = {"output_type": "stream", "name": "stdout", "text": "1"}
    content = saved(
        *of_the_course,
        stream,
        **MARKED,
        kernelspec=kernel,
        language_info={"name": "python", "version": "3.11.7"},
    )
    *ours, printed = content["cells"][1]["outputs"]
    assert [set(output["data"]) for output in ours] == [
        {"image/png", "text/plain"},
        {"text/plain"},
        {"text/html", "text/plain"},
    ]
    assert [set(output["metadata"]) for output in ours] == [{"image/png"}, set(), set()]
    assert printed == stream
    assert content["cells"][1]["metadata"] == {"jupyter": {"outputs_hidden": True}}
    mark = {kl_lab.MARK: True}
    assert content["metadata"] == {
        **mark,
        "kernelspec": kernel,
        "language_info": {"name": "python"},
    }


def test_a_learners_own_slider_is_kept_in_it_with_its_state(of_the_course, own_slider):
    content = saved(*of_the_course, own_slider, **MARKED)
    *ours, own = content["cells"][1]["outputs"]
    assert own == own_slider
    assert LIVE in own["data"]
    assert not any(LIVE in output["data"] for output in ours)
    assert content["metadata"] == MARKED


def test_a_notebook_without_the_mark_is_saved_as_it_is(of_the_course, own_slider):
    metadata = {"widgets": STATE, "language_info": {"name": "python", "version": "3.11.7"}}
    outputs = [*of_the_course, own_slider]
    content = saved(*outputs, **metadata)
    assert content["cells"][1]["outputs"] == outputs
    assert content["cells"][1]["metadata"]["collapsed"]
    assert content["metadata"] == metadata
    kl_lab.keep_what_lasts({"type": "file", "content": "import kl_helpers"}, path="a.py")


def test_every_notebook_of_the_course_has_the_mark():
    assert kl_lab.MARK in METADATA  # which tools/notebook_rules.py asks of each
