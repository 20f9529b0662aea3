"""A class of one: all that benchmarks/classroom.py measures, and that nothing of it stays."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import psutil
import pytest

from benchmarks import classroom


@pytest.fixture(scope="module")
def proxy(building):
    try:
        with building():
            return classroom.find_proxy()[0]
    except RuntimeError as why:
        pytest.skip(str(why))


@pytest.fixture
def teach(proxy, tmp_path, monkeypatch):
    monkeypatch.setattr(classroom, "DRAGS", 2)

    def one_lesson():
        # Playwright, in whose session this may run, has an event loop in the main thread.
        with classroom.Hub(tmp_path, proxy) as hub, ThreadPoolExecutor() as pool:
            lesson = pool.submit(asyncio.run, classroom.teach(hub, 1)).result()
        assert hub.left() == []
        return lesson

    return one_lesson


def test_a_learner_runs_the_notebook_and_slides(teach):
    lesson = teach()
    assert lesson.failures == []
    # A busy machine shows fewer pictures than there were stops, but always the first and the last.
    assert 4 <= len(lesson.steps) <= 2 * classroom.EVENTS
    assert len(lesson.rates) == 2
    for kind in ("server", "kernel", "proxy", "hub"):
        share, resident, most = lesson.memory[kind]
        assert 10e6 < share <= resident <= most < 1e9
        assert lesson.cores[kind] >= 0
    assert lesson.cores["kernel"] > 0
    assert min(lesson.effort) > 0.3  # imports alone take longer on any machine
    assert len(classroom.memory_row(lesson)) == len(classroom.MEMORY_HEADER)
    assert len(classroom.slider_row(lesson)) == len(classroom.SLIDER_HEADER)


def test_a_learner_who_sees_something_else_is_counted(teach, tmp_path, monkeypatch):
    other = tmp_path / "other"
    shutil.copytree(classroom.ROOT / "notebooks", other / "notebooks")
    notebook = nbformat.read(other / classroom.NOTEBOOK, as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == "infinity")
    cell.outputs[0].text = "D from the frequencies = 7.0 nats\n"
    nbformat.write(notebook, other / classroom.NOTEBOOK)
    monkeypatch.setattr(classroom, "ROOT", other)  # where the learners' notebooks come from
    lesson = teach()
    (failure,) = lesson.failures
    assert failure.startswith("could not run all: RuntimeError: cell infinity showed 'D ")
    assert failure.endswith("not 'D from the frequencies = 7.0 nats\\n'")
    assert lesson.steps == []
    assert classroom.slider_row(lesson)[1] == "–"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_when_the_class_is_stopped(proxy, how, tmp_path):
    script = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.classroom", "--learners", "1"],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = []
    deadline = time.monotonic() + 120
    while not any("ipykernel_launcher" in classroom.command_of(each) for each in started):
        assert time.monotonic() < deadline
        assert script.poll() is None
        time.sleep(0.2)
        started = psutil.Process(script.pid).children(recursive=True)
    script.send_signal(how)
    _, said = script.communicate(timeout=90)
    _, alive = psutil.wait_procs(started, timeout=60)
    for process in alive:
        process.kill()
    assert alive == []
    if how != signal.SIGKILL:
        assert not list(tmp_path.iterdir())
        assert said.splitlines()[1:] == [classroom.STOPPED]
        assert script.returncode == 1
