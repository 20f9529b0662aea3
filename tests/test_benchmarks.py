"""The benchmarks compare with what can be imported, and say in one line what is left out."""

import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks import ci_time, contestants, helpers, report_coverage

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

SECTIONS = {"kl": helpers.KL, "kde": helpers.KDE, "knn": helpers.KNN}
OWN = {"kl_helpers", "numpy", "scipy.special", "scipy.stats"}
LIBRARIES = sorted({way[0] for one in SECTIONS.values() for way in one.ways.values()} - OWN)
WIDGETS = sorted({name for packages in contestants.PEERS.values() for name in packages})


def without(monkeypatch, *packages):
    for package in packages:
        monkeypatch.setitem(sys.modules, package, None)


def test_the_extra_holds_every_peer_but_torch_and_the_courses_own():
    extra = {canonicalize_name(Requirement(line).name) for line in EXTRAS["bench"]}
    assert extra | {"torch", "anywidget"} == {
        canonicalize_name(name) for name in (*LIBRARIES, *WIDGETS)
    }


@pytest.fixture(params=["missing", "broken"])
def no_libraries(request, monkeypatch, tmp_path):
    without(monkeypatch, *LIBRARIES)
    if request.param == "broken":  # it is there, and what it needs is not
        for package in LIBRARIES:
            (tmp_path / f"{package}.py").write_text("from math import what_it_lacks")
            monkeypatch.delitem(sys.modules, package)
        monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("no_libraries")
@pytest.mark.parametrize("section", SECTIONS)
def test_a_library_that_cannot_be_imported_is_said_in_one_line(section, monkeypatch, capsys):
    monkeypatch.setattr(helpers, "ROUNDS", 1)
    section = SECTIONS[section]
    column, data = next(iter(section.timed.items()))
    _, text, _ = helpers.compare(section._replace(timed={column: data}, judged={}))
    left_out = [label for label, (package, _) in section.ways.items() if package in LIBRARIES]
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" is left out: ")[0] for line in said] == left_out
    labels = [line.split("|")[1].strip() for line in text.splitlines()[2:]]
    assert labels == [label for label in section.ways if label not in left_out]


def answer(section, data, way):
    """Judge what `way` says of the data, timed and not, and the section's verdicts."""
    theirs = section._replace(
        ways={helpers.OURS: section.ways[helpers.OURS], "theirs": ("math", lambda _, *data: way)},
        timed={"n": data},
        judged={"answer": data},
        targets=[("it is slower", "theirs", "n", 0)],
    )
    _, text, verdicts = helpers.compare(theirs)
    return [cell.strip() for cell in text.splitlines()[3].split("|")[2:4]], verdicts


@pytest.mark.parametrize("name", SECTIONS)
def test_a_wrong_answer_is_shown_as_wrong_and_holds_no_target(name, monkeypatch):
    monkeypatch.setattr(helpers, "ROUNDS", 1)
    section = SECTIONS[name]
    data = next(iter(section.timed.values()))
    exact, tolerance = section.exact(*data)
    (timed, judged), verdicts = answer(section, data, lambda: exact * (1 + 1.1 * tolerance))
    assert timed.endswith("×, wrong")
    assert ", not " in judged
    assert not verdicts
    (timed, judged), verdicts = answer(section, data, lambda: exact * (1 + 0.9 * tolerance))
    assert timed.endswith(" ×")
    assert judged == f"{0.9 * tolerance:.1g}"
    assert verdicts.startswith("- it is slower: held (at least ")


def test_an_own_answer_that_is_wrong_ends_the_benchmark(monkeypatch):
    monkeypatch.setattr(helpers, "ROUNDS", 1)
    wrong = helpers.KL._replace(
        exact=lambda p, q: (1.0, 1e-9), timed={"n": helpers.probability_vectors(10)}
    )
    with pytest.raises(AssertionError, match="kl_helpers is wrong itself: KL of two vectors"):
        list(helpers.compare(wrong))


def test_a_long_call_is_repeated_only_while_its_time_lasts(monkeypatch):
    monkeypatch.setattr(helpers, "PATIENCE", 0.05)
    naps = []

    def nap():
        time.sleep(0.01)
        naps.append(1)

    helpers.race({"nap": nap})
    assert len(naps) <= 5


@pytest.mark.parametrize("package", WIDGETS)
def test_a_way_to_draw_needs_all_its_packages(package, monkeypatch):
    without(monkeypatch, package)
    for peer, packages in contestants.PEERS.items():
        assert (package in contestants.missing_packages(peer)) == (package in packages)


@pytest.mark.slow
@pytest.mark.parametrize("script", ["slider_latency", "cold_start"])
def test_without_playwright_a_script_ends_with_one_line(script, tmp_path):
    missing = "raise ModuleNotFoundError(name='playwright')"
    tmp_path.joinpath("playwright.py").write_text(missing)
    ended = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{script}"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode
    assert ended.stdout + ended.stderr == (
        "playwright is not installed: `make bench` installs what this script needs\n"
    )


def test_the_table_of_legs_has_ratios_and_a_sum():
    before = {leg: {"seconds": 100.0, "processor": 150.0} for leg in ci_time.LEGS}
    after = {leg: {"seconds": 50.0, "processor": 30.0} for leg in ci_time.LEGS}
    *legs, whole = ci_time.rows(before, after)
    assert [row[0] for row in legs] == list(ci_time.LEGS)
    assert legs[0][1:] == ["100", "50", "0.50", "150", "30", "0.20"]
    assert whole == ["all of them", "300", "150", "0.50", "450", "90", "0.20"]
    del before["test-browser"]  # a leg that was measured once has no ratio, and then all have none
    assert [row[0] for row in ci_time.rows(before, after)] == ["test", "test-machines"]


def test_a_leg_that_fails_is_not_measured(tmp_path):
    tmp_path.joinpath("Makefile").write_text("test:\n\t@false\n")
    with pytest.raises(SystemExit, match="make test failed"):
        ci_time.measure(tmp_path, "test")
    tmp_path.joinpath("Makefile").write_text("test:\n\t@sleep 0.2\n")
    assert ci_time.measure(tmp_path, "test")["seconds"] >= 0.2


def test_report_coverage_counts():
    """Of four reports: right, silent and wrong, warned and wrong, refused."""
    name = "two equal normals"
    kept = {f"{name}, 30": [[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}
    (row,) = report_coverage.rows(kept)
    assert row == [name, 30, 4, "0", "67", "0", "33", "25", "25", "25"]
    assert len(row) == len(report_coverage.HEADER)


@pytest.mark.parametrize("name", [*report_coverage.FAULTS])
def test_report_coverage_knows_a_fault(name):
    """A report of 500 draws is right, or does not answer in silence."""
    make, truth = report_coverage.FAULTS[name]
    forward, reverse, warned, refused = report_coverage.one(make, truth, 500, seed=1)
    assert (forward and reverse) or warned or refused
