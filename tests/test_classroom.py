"""The class's parts that need no hub: what is compared, what is counted, what is said."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_output

from benchmarks import classroom
from kl_course.explorers.gaussian_samples import explore_samples

OLD_NODE = "commander requires Node.js 22"


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def shown(text, **others):
    return new_output("execute_result", data={"text/plain": text} | others)


def message(kind, **content):
    return {"msg_type": kind, "header": {"msg_type": kind}, "content": content, "at": 0.0}


def test_a_stream_is_compared_whole_and_a_picture_by_its_text():
    live = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    committed = [stream("a\nb\n"), shown("D = 2 nats", **{"image/png": "old"})]
    came = [stream("a\n"), stream("b\n"), shown("D = 2 nats", **{"image/png": "new"}, **live)]
    assert classroom.difference(committed, came) is None
    assert classroom.difference([], []) is None


@pytest.mark.parametrize(
    ("came", "words"),
    [
        ([stream("a\n")], "showed 'a\\n', not 'a\\nb\\n'"),
        ([], "showed None, not 'a\\nb\\n'"),
        ([stream("a\nb\n"), stream("slow\n", "stderr")], "showed ('stderr', 'slow\\n'), not None"),
        (
            [new_output("error", ename="ValueError", evalue="no", traceback=[])],
            "showed ('error', 'no'), not 'a\\nb\\n'",
        ),
    ],
)
def test_what_differs_is_named(came, words):
    assert classroom.difference([stream("a\nb\n")], came) == words


def test_only_what_is_shown_becomes_an_output():
    answer = [
        message("status", execution_state="busy"),
        message("execute_input", code="1", execution_count=1),
        message("stream", name="stdout", text="a\n"),
        message("execute_result", data={"text/plain": "1"}, metadata={}, execution_count=1),
        message("comm_open", comm_id="1", data={}),
        message("status", execution_state="idle"),
    ]
    assert classroom.texts(classroom.outputs_of(answer)) == ["a\n", ("execute_result", "1")]


def test_the_explorer_is_the_first_of_its_scene():
    def opened(comm, state):
        return message("comm_open", comm_id=comm, data={"state": state})

    answer = [
        message("stream", name="stdout", text="a\n"),
        opened("layout", {"width": "100%"}),
        opened("other", {"scene": {"name": "integrand"}}),
        opened("wanted", {"scene": {"name": "samples"}}),
        opened("second", {"scene": {"name": "samples"}}),
    ]
    assert classroom.explorer_of(answer, "samples") == "wanted"
    assert classroom.explorer_of(answer[:3], "samples") is None


@pytest.fixture(scope="module")
def explorer():
    return explore_samples()


def test_the_readout_is_held_against_the_scene(explorer):
    view, scene = explorer.view, explorer.scene
    state = {"readout": view.readout, "moving": view.moving}
    lines = scene.lines(scene.frame(**scene.start))
    assert classroom.wrong_readout(state, lines) is None
    other = scene.lines(scene.frame(**scene.start | {"mu_p": 0.21}))
    assert "the readout said [('D(p‖q), exact" in classroom.wrong_readout(state, other)
    assert classroom.wrong_readout(state | {"moving": ""}, lines) == "no picture came"
    broken = state | {"readout": {"error": "no"}}
    assert classroom.wrong_readout(broken, lines) == "the readout said 'no'"


LESSON = {
    "learners": 2,
    "failures": [],
    "arrived": 12.3,
    "ran": 4.56,
    "effort": [6.0, 3.0, 0.14],
    "steps": [10.0] * 19 + [100.0],
    "rates": [20.0, 10.0, 20.0],
    "memory": {
        "server": (260e6, 280e6, 300e6),
        "kernel": (240e6, 300e6, 320e6),
        "proxy": (60e6, 70e6, 80e6),
        "hub": (90e6, 95e6, 95e6),
    },
    "cores": {
        "server": 0.1,
        "kernel": 0.25,
        "proxy": 0.05,
        "hub": 0.0,
        "learners' side": 0.04,
        "others": 0.5,
    },
}


def test_memory_is_a_learners_and_the_whole_class():
    row = classroom.memory_row(classroom.Lesson(**LESSON))
    assert row == [2, 0, "12", "3.0", "4.6", "1.5", "130", "120", "250", "310", "0.65"]
    assert len(row) == len(classroom.MEMORY_HEADER)


def test_a_step_is_a_median_and_a_95th_percentile():
    row = classroom.slider_row(classroom.Lesson(**LESSON))
    assert row == [2, "10", "96", "20", "7", "0.25", "0.10", "0.05", "0.00", "0.04", "0.50"]
    assert len(row) == len(classroom.SLIDER_HEADER)
    row = classroom.slider_row(classroom.Lesson(**LESSON | {"steps": [], "rates": []}))
    assert row == [2, *["–"] * 10]


def test_a_failure_is_counted_with_its_reason():
    well = classroom.Lesson(**LESSON)
    ill = classroom.Lesson(**LESSON | {"failures": ["could not arrive: it was late"] * 2})
    assert classroom.verdict([well]) == ["- no learner failed: held"]
    assert classroom.verdict([well, ill]) == [
        "- no learner failed: **missed**",
        "  - 2 of 2 could not arrive: it was late",
    ]
    assert classroom.memory_row(ill)[1] == 2


def test_a_machine_that_was_not_quiet_is_said():
    busy = classroom.Lesson(**LESSON)
    alone = classroom.Lesson(**LESSON | {"cores": LESSON["cores"] | {"others": 0.05}})
    assert classroom.disturbances([alone]) == []
    (said,) = classroom.disturbances([alone, busy])
    assert said.startswith("- the machine was not quiet: others took up to 0.5 processors")


def test_a_class_that_does_not_fit_is_left_out_in_one_line(monkeypatch, capsys):
    free = SimpleNamespace(available=2 * classroom.NEEDED)
    monkeypatch.setattr(classroom.psutil, "virtual_memory", lambda: free)
    assert [count for count in (1, 2, 3) if classroom.room_for(count)] == [1, 2]
    (said,) = capsys.readouterr().out.splitlines()
    assert said.startswith("3 learners are left out: they need about 1 GB of memory, and 0.7 GB")


def test_a_proxy_is_asked_what_it_is(monkeypatch, tmp_path):
    package = tmp_path / "node_modules" / classroom.PROXY
    script = tmp_path / "node_modules" / ".bin" / classroom.PROXY
    script.parent.mkdir(parents=True)
    monkeypatch.setattr(classroom.npm, "package", {classroom.PROXY: package}.__getitem__)

    def says(text):
        script.write_text(f"#!/bin/sh\necho '{text}'\n")
        script.chmod(0o755)

    says("5.3.0")
    assert classroom.find_proxy() == (script, "5.3.0")
    says(OLD_NODE)
    with pytest.raises(RuntimeError, match=f"5 does not run .{OLD_NODE}.: it needs Node.js 20"):
        classroom.find_proxy()


@pytest.mark.slow
def test_without_jupyterhub_the_script_ends_with_one_line(tmp_path):
    missing = "raise ModuleNotFoundError(name='jupyterhub')"
    tmp_path.joinpath("jupyterhub.py").write_text(missing)
    tmp_path.joinpath("aiohttp.py").write_text("")
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.classroom"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout + ended.stderr == (
        "jupyterhub is not installed: `make bench` installs what this script needs\n"
    )


def test_an_image_brings_the_list_of_fonts(tmp_path):
    hub = classroom.Hub(tmp_path, "proxy")
    (found,) = (hub.image / ".cache" / "matplotlib").glob("fontlist-*.json")
    assert "DejaVu Sans" in found.read_text()
    assert (hub.image / classroom.NOTEBOOK).exists()


def test_a_process_that_has_just_ended_is_no_trouble():
    ended = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    ended.stdout.read()  # it has ended, or is about to
    process = classroom.psutil.Process(ended.pid)
    while process.status() != classroom.psutil.STATUS_ZOMBIE:
        pass
    assert classroom.command_of(process) == ""
    ended.wait()
    ended.stdout.close()
