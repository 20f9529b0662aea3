"""The benchmarks compare with what can be imported, and say in one line what is left out."""

import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import contestants
import helpers
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

SECTIONS = {
    "kl": (helpers.KL, helpers.probability_vectors(10), helpers.right_kl),
    "kde": (helpers.KDE, helpers.draws_and_grid(1000), helpers.right_kde),
    "knn": (helpers.KNN, helpers.two_samples(1000, 1), helpers.right_knn),
}
LIBRARIES = sorted({one.package for way, *_ in SECTIONS.values() for one in way if one.package})
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
            (tmp_path / f"{package}.py").write_text("import a_package_that_nobody_has")
            monkeypatch.delitem(sys.modules, package)
        monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("no_libraries")
@pytest.mark.parametrize("section", SECTIONS)
def test_a_library_that_cannot_be_imported_is_said_in_one_line(section, monkeypatch, capsys):
    monkeypatch.setattr(helpers, "ROUNDS", 1)
    contenders, data, right = SECTIONS[section]
    text, ratios = helpers.section("", contenders, {"n": (1, data)}, right)
    left_out = [one.label for one in contenders if one.package]
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" is left out: ")[0] for line in said] == left_out
    assert list(ratios) == [one.label for one in contenders if not one.package]
    assert len(text.splitlines()) == 2 + len(ratios)
    assert ratios[helpers.OURS] == {"n": 1}


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


@pytest.mark.parametrize("script", ["slider_latency.py", "cold_start.py"])
def test_without_playwright_a_script_ends_with_one_line(script, tmp_path):
    missing = "raise ModuleNotFoundError(name='playwright')"
    tmp_path.joinpath("playwright.py").write_text(missing)
    ended = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script)],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode
    assert ended.stdout + ended.stderr == (
        "playwright is not installed: `make bench` installs what this script needs\n"
    )
