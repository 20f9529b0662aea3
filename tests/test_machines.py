"""The legs of `make test-machines`: what each changes, when that is not so, and which files."""

import os
from types import SimpleNamespace

import pytest

from tools import other_machines as machines

PATHS = ["X86_V3", "X86_V4", "AVX512_ICL"]
HERE = {"openblas": [["SkylakeX", 2], ["SkylakeX", 2]], "paths": PATHS, "libm": 1}
PRESCOTT, HASWELL, ZEN, SKYLAKE = machines.LEGS


def test_a_leg_says_what_openblas_and_numpy_are_to_do():
    asked = machines.environment(PRESCOTT, HERE)
    assert asked["OPENBLAS_CORETYPE"] == "Prescott"
    assert asked["OPENBLAS_NUM_THREADS"] == "1"
    assert asked["NPY_DISABLE_CPU_FEATURES"] == "X86_V3 X86_V4 AVX512_ICL"
    assert asked["LC_ALL"] == "C"
    assert machines.environment(ZEN, HERE)["NPY_DISABLE_CPU_FEATURES"] == "X86_V4 AVX512_ICL"
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
        ({"openblas": [["Haswell", 1]] * 2, "paths": ["X86_V3"]}, None),
        ({"openblas": [["Haswell", 1], ["SkylakeX", 1]], "paths": []}, "the kernel SkylakeX"),
        ({"openblas": [["Haswell", 2]] * 2, "paths": []}, "and 2 threads"),
        ({"openblas": [["Zen", 1]] * 2, "paths": PATHS}, "still takes AVX512_ICL, X86_V4"),
    ],
)
def test_a_leg_that_did_not_take_effect_is_noticed(there, problem):
    said = machines.untrue(ZEN, HERE, there)
    assert said is None if problem is None else problem in said


@pytest.mark.parametrize(
    ("source", "chosen"),
    [
        ("import numpy as np", True),
        ("def test_late():\n    from scipy import stats", True),
        ("import doctest", True),
        ("import os, numpy.testing", True),
        ("import json\nfrom pathlib import Path", False),
        ("from . import numpy", False),
        ("# import numpy", False),
    ],
)
def test_files_are_chosen_by_what_they_import(source, chosen):
    assert machines.is_tried(source) == chosen


@pytest.fixture
def outcomes(monkeypatch):
    """Let legs be tried without a test being run: each takes the next return code."""
    codes = []
    monkeypatch.setattr("sys.argv", ["other_machines.py"])
    monkeypatch.setattr(machines, "measure", lambda: HERE)
    monkeypatch.setattr(machines.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    def measure_in(environ):
        off = environ["NPY_DISABLE_CPU_FEATURES"].split()
        blas = [environ["OPENBLAS_CORETYPE"], int(environ["OPENBLAS_NUM_THREADS"])]
        return {"openblas": [blas], "paths": [path for path in PATHS if path not in off], "libm": 2}

    def run(command, **_):
        assert command[:2] == ["make", "--no-print-directory"]
        return SimpleNamespace(returncode=codes.pop(0), stdout="== 3 passed in 1 s ==\noh\n")

    monkeypatch.setattr(machines, "measure_in", measure_in)
    monkeypatch.setattr(machines.subprocess, "run", run)
    return codes


def test_every_leg_is_run_and_has_its_line(outcomes, capsys):
    outcomes += [0, 0, 0, 0]
    assert machines.main() == 0
    said = capsys.readouterr().out
    assert [leg.kernel for leg in machines.LEGS if f"\n{leg.kernel}: " in said] == [
        "Prescott",
        "Haswell",
        "Zen",
        "SkylakeX",
    ]
    assert said.count("passed in 0 s: 3 passed in 1 s") == 4
    assert "oh" not in said


def test_one_leg_that_fails_is_shown_whole_and_fails_them_all(outcomes, capsys):
    outcomes += [0, 2, 0, 0]
    assert machines.main() == 1
    assert capsys.readouterr().out.count("oh") == 1


def test_where_no_leg_can_be_run_nothing_has_passed(outcomes, monkeypatch, capsys):
    monkeypatch.setattr(machines.platform, "machine", lambda: "arm64")
    assert machines.main() == 1
    said = capsys.readouterr().out
    assert said.count("skipped, ") == 4
    assert "nothing was tried" in said
