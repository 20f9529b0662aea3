"""The legs of `make test-machines`: what each changes, when that is not so, and which files."""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import other_machines as machines

PATHS = ["X86_V3", "X86_V4", "AVX512_ICL"]
HERE = {"openblas": [["SkylakeX", 2], ["SkylakeX", 2]], "paths": PATHS, "libm": 1}
PRESCOTT, HASWELL, SKYLAKE = machines.LEGS


def test_a_leg_says_what_openblas_and_numpy_are_to_do():
    asked = machines.environment(PRESCOTT, HERE)
    assert asked["OPENBLAS_CORETYPE"] == "Prescott"
    assert asked["OPENBLAS_NUM_THREADS"] == "1"
    assert asked["NPY_DISABLE_CPU_FEATURES"] == "X86_V3 X86_V4 AVX512_ICL"
    assert asked["LC_ALL"] == "C"
    assert machines.environment(HASWELL, HERE)["NPY_DISABLE_CPU_FEATURES"] == "X86_V4 AVX512_ICL"
    assert machines.environment(SKYLAKE, HERE)["NPY_DISABLE_CPU_FEATURES"] == ""


@pytest.mark.parametrize(
    ("leg", "paths", "machine", "reason"),
    [
        (SKYLAKE, ["X86_V3"], "x86_64", "lacks X86_V4"),
        (HASWELL, [], "x86_64", "lacks X86_V3"),
        (PRESCOTT, [], "x86_64", None),
        (SKYLAKE, PATHS, "x86_64", None),
        (PRESCOTT, ["NEON"], "arm64", "for x86-64"),
    ],
)
def test_what_this_machine_cannot_do_is_said(leg, paths, machine, reason):
    said = machines.cannot(leg, HERE | {"paths": paths}, machine)
    assert said is None if reason is None else reason in said
    assert "wheels" in machines.cannot(leg, HERE | {"openblas": []}, machine)


@pytest.mark.parametrize(
    ("there", "problem"),
    [
        ({"openblas": [["Katmai", 1]] * 2, "paths": []}, None),
        ({"openblas": [["Prescott", 1], ["SkylakeX", 1]], "paths": []}, "the kernel SkylakeX"),
        ({"openblas": [["Katmai", 2]] * 2, "paths": []}, "and 2 threads"),
        ({"openblas": [["Katmai", 1]] * 2, "paths": PATHS[:2]}, "still takes X86_V3, X86_V4"),
    ],
)
def test_a_leg_that_did_not_take_effect_is_noticed(there, problem):
    said = machines.untrue(PRESCOTT, HERE, there)
    assert said is None if problem is None else problem in said


@pytest.mark.parametrize(
    ("source", "numbers", "system"),
    [
        ("import numpy as np", True, False),
        ("def test_late():\n    from scipy import stats", True, False),
        ("import doctest", True, False),
        ("import os, numpy.testing", True, False),
        ("from tools import lab, lessons", False, True),
        ("from tools.run_notebooks import main", False, True),
        ("from IPython.core import interactiveshell", False, True),
        ("import json\nfrom pathlib import Path", False, False),
        ("from . import numpy", False, False),
        ("# import numpy", False, False),
    ],
)
def test_files_are_chosen_by_what_they_import(source, numbers, system):
    found = machines.imports(source)
    assert bool(found & machines.NUMBERS) == numbers
    assert bool(found & machines.SYSTEM) == system


def test_kernels_and_servers_are_tried_and_pages_are_not():
    tried = [Path(name).stem for name in machines.tests_with(machines.SYSTEM)]
    assert {"test_lab", "test_run_notebooks"} <= set(tried)
    assert "test_divergences" not in tried
    tried = [Path(name).stem for name in machines.tests_with(machines.NUMBERS | machines.SYSTEM)]
    assert {"test_lab", "test_divergences", "test_docstrings", "test_exercises"} <= set(tried)
    assert not {"test_notebooks", "test_site", "test_slides"} & set(tried)


@pytest.mark.parametrize("file", [".ci/run", "tools/other_versions.sh"])
def test_slow_tests_are_run_once_in_ci_and_before_a_release(file):
    (line,) = re.findall(r"^make .*\btest\b .*", (machines.ROOT / file).read_text(), re.MULTILINE)
    assert re.search(r" WITHOUT=( |$)", line)
    left_out = re.findall(
        r"^WITHOUT := (.*)", (machines.ROOT / "Makefile").read_text(), re.MULTILINE
    )
    assert left_out == ['-m "not slow"']


@pytest.fixture
def outcomes(monkeypatch):
    """Let legs be tried without a test being run: each takes the next return code."""
    codes, files = [], []
    monkeypatch.setattr("sys.argv", ["other_machines.py"])
    monkeypatch.setattr(machines, "measure", lambda: HERE)
    monkeypatch.setattr(machines.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    def measure_in(environ):
        off = environ["NPY_DISABLE_CPU_FEATURES"].split()
        blas = [environ["OPENBLAS_CORETYPE"], int(environ["OPENBLAS_NUM_THREADS"])]
        libm = 2 if "GLIBC_TUNABLES" in environ else 1
        paths = [path for path in PATHS if path not in off]
        return {"openblas": [blas] * 2, "paths": paths, "libm": libm}

    def run(command, **_):
        assert command[:3] == ["make", "--no-print-directory", "unlinted"]
        assert len(command) == 4  # the slow tests are left out
        files.append(command[3].removeprefix("TESTS=").split())
        return SimpleNamespace(returncode=codes.pop(0), stdout="== 3 passed in 1 s ==\noh\n")

    monkeypatch.setattr(machines, "measure_in", measure_in)
    monkeypatch.setattr(machines.subprocess, "run", run)
    return codes, files


def test_every_leg_is_run_and_has_its_line(outcomes, capsys):
    outcomes[0].extend([0, 0, 0])
    assert machines.main() == 0
    said = capsys.readouterr().out
    kernels = re.findall(r"^(\w+): ", said, re.MULTILINE)
    assert kernels == ["Prescott", "Haswell", "SkylakeX"]
    assert said.count("passed in 0 s: 3 passed in 1 s") == 3
    assert "oh" not in said


def test_numbers_are_tried_where_they_may_differ(outcomes, capsys):
    codes, files = outcomes
    codes += [0, 0, 0]
    machines.main()
    numbers = ["tests/test_divergences.py" in leg for leg in files]
    assert numbers == [True, True, False]  # this machine computes like the last leg
    assert all("tests/test_lab.py" in leg for leg in files)
    assert capsys.readouterr().out.count("which computes as make test does") == 1


@pytest.mark.slow
def test_one_leg_that_fails_is_shown_whole_and_fails_them_all(outcomes, capsys):
    outcomes[0].extend([0, 2, 0])
    assert machines.main() == 1
    assert capsys.readouterr().out.count("oh") == 1


def test_where_no_leg_can_be_run_nothing_has_passed(outcomes, monkeypatch, capsys):
    monkeypatch.setattr(machines.platform, "machine", lambda: "arm64")
    assert machines.main() == 1
    said = capsys.readouterr().out
    assert said.count("skipped, ") == 3
    assert "nothing was tried" in said
