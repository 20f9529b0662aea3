"""What the app shows of the course, and what it lets a visitor say."""

import json
import socket
import subprocess
import sys

import nbformat
import pytest

from tools import lessons
from web import app

PAGES = app.find_pages()


def test_every_explorer_has_a_page_in_the_order_of_the_lessons():
    assert {page.function for page in PAGES} == set(lessons.explorers())
    assert len({page.address for page in PAGES}) == len(PAGES)
    order = list(dict.fromkeys(page.lesson for page in PAGES))
    numbers = [int(lesson.split(".")[0]) for lesson in order]
    assert numbers == sorted(numbers)
    assert len(order) == len(set(numbers))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.address)
def test_a_page_says_in_plain_words_what_it_shows(page):
    assert page.title != page.lesson
    for text in (page.lesson, page.title, page.line):
        assert len(text) > 5
        assert not set("$\\*`_\n") & set(text)
    assert page.line.endswith(".")


def test_a_page_is_a_notebook_of_two_cells_and_the_folder_holds_no_other(tmp_path):
    (tmp_path / "an-explorer-that-was.ipynb").write_text("{}")
    app.write_notebooks(PAGES, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {page.file for page in PAGES}
    for page in PAGES:
        notebook = nbformat.read(tmp_path / page.file, as_version=4)
        nbformat.validate(notebook)
        words, explorer = notebook.cells
        assert words.source.split("\n\n") == [f"# {page.title}", page.line]
        assert explorer.source.splitlines()[-1] == f"{page.function}()"
        assert not explorer.outputs


def said(kind, **content):
    return "shell", {"msg_type": kind}, content


def comm(**data):
    return said("comm_msg", comm_id="a", data=data)


def explorer(**content):
    return comm(method="custom", content={"page": "a", "count": 1, "narrow": False} | content)


@pytest.mark.parametrize(
    "message",
    [
        said("kernel_info_request"),
        said("comm_open", comm_id="a", target_name="jupyter.widget.control", data={}),
        said("comm_close", comm_id="a", data={}),
        comm(method="request_states"),
        explorer(ask={"mu_p": 0.5, "n": 3}),
        explorer(ask={"mu_p": 0.5}, narrow=True),
        explorer(still=True, narrow=True),
        explorer(drag=["p peak", 0.1, 0], at={"mu_p": 0.5}),
        explorer(ahead=[0.6, 1], along="mu_p", at={"mu_p": 0.5}),
        explorer(moved={"mu_p": 0.5}, visited=[{"mu_p": 0.4}], press=["Reset"]),
    ],
)
def test_what_a_page_says_is_let_through(message):
    assert app.may_be_said(*message)


EXECUTE = {"code": "1 + 1", "silent": False}
MAKE = {"comm_id": "a", "target_name": "jupyter.widget", "data": {"state": {}}}


@pytest.mark.parametrize(
    "message",
    [
        said("execute_request", **EXECUTE),
        said("complete_request", code="", cursor_pos=0),
        said("inspect_request", code="", cursor_pos=0),
        said("shutdown_request", restart=False),
        said("comm_info_request"),
        said("comm_open", **MAKE),
        said("comm_open", comm_id="a", target_name="jupyter.widget.control", data={"state": {}}),
        ("control", *said("kernel_info_request")[1:]),
        ("stdin", {"msg_type": "input_reply"}, {"value": ""}),
        comm(method="update", state={"scene": {}}),
        comm(method="update", state={"_esm": "", "setting": {}}),
        comm(method="update", state={"setting": {"mu_p": 0.5}}),
        explorer(ask=1),
        explorer(ask={"mu_p": [1]}),
        explorer(ask={"mu_p": {"a": 1}}),
        explorer(ask={"mu_p": 0.5}, more=1),
        explorer(drag=["p peak", 0.1], at={}),
        explorer(drag=["p peak", 0.1, "0"], at={}),
        explorer(ahead=["1"], along="mu_p", at={}),
        explorer(ahead=[1], along=["mu_p"], at={}),
        explorer(moved={}, visited=[1], press=[]),
        explorer(moved={}, visited=[], press=[["Reset"]]),
        explorer(moved={}, visited=[], press=[], still=""),
        explorer(page=1, ask={}),
        explorer(narrow=1, ask={}),
        explorer(still="picture"),
        explorer(),
        comm(method="custom", content={"code": "1"}),
        comm(method="request_state"),
        comm(),
    ],
)
def test_nothing_else_is_let_through(message):
    assert not app.may_be_said(*message)


def test_messages_do_not_wait_for_each_other():
    chosen = app.SETTINGS["Voila"]["kernel_websocket_connection_class"]
    assert issubclass(chosen, app.ExplorerConnection)
    assert chosen.connect.__module__ == "kl_lab"  # held by tests/test_lab.py


def run_app(*arguments, before="pass"):
    """What the app says when it cannot start, and its exit code."""
    code = f"import runpy, sys; {before}; sys.argv[1:] = {[*arguments]!r}; "
    code += "runpy.run_module('web.app', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_taken_port_is_said_in_one_line():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        code, words = run_app("--port", str(port))
    assert code == 1
    assert words.startswith(f"Port {port} cannot be used (")
    assert words.strip().endswith("try make app PORT=8868")
    assert words.count("\n") == 1


def test_a_package_that_is_missing_is_said_in_one_line():
    code, words = run_app(before="sys.modules['voila'] = None")
    assert code == 1
    assert words == "voila is not installed: `make app` installs what the app needs.\n"


def test_no_page_names_another_host():
    for path in app.TEMPLATES.iterdir():
        assert "://" not in path.read_text(encoding="utf-8"), path.name


def test_the_front_end_is_told_to_typeset_nothing():
    told = app.tell_front_end({"fullMathjaxUrl": "https://elsewhere.example", "a": 1})
    assert json.dumps(told)
    assert told["disabledExtensions"] == ["@jupyterlab/mathjax-extension"]
    assert told["a"] == 1
