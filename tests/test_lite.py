"""What the build for a browser without a server takes from the course, and what it puts to it."""

import json
import tomllib
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from web import lite

ROOT = Path(__file__).resolve().parents[1]
(LISTED,) = (ROOT / "tests").glob("pyodide-*.txt")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lite") / "files"
    lite.write_files(folder)
    return folder


def names_in(lines):
    return {canonicalize_name(Requirement(line).name) for line in lines}


def test_a_notebook_there_is_the_committed_one_with_a_cell_that_fetches_the_course(files):
    committed = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert [path.name for path in committed] == sorted(path.name for path in files.glob("*.ipynb"))
    for path in committed:
        ours, there = nbformat.read(path, 4), nbformat.read(files / path.name, 4)
        first = next(i for i, cell in enumerate(ours.cells) if cell.cell_type == "code")
        added = there.cells.pop(first)
        assert added.source == lite.FETCH
        assert there.cells == ours.cells
        assert there.metadata.kernelspec.name == "python"  # the name of the kernel in the page
        assert there.metadata.language_info == ours.metadata.language_info


def test_no_text_is_left_in_lines(files):
    # JupyterLite shows a list of lines with commas between them.
    for path in files.glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert isinstance(cell["source"], str)
            for output in cell.get("outputs", ()):
                shown = [*output.get("data", {}).values(), output.get("text", "")]
                assert all(isinstance(text, str) for text in shown)


def test_the_data_are_there(files):
    data = ROOT / "notebooks" / "data"
    names = sorted(path.name for path in data.iterdir())
    assert names == sorted(path.name for path in (files / "data").iterdir())
    assert (files / "data" / "penguins.csv").read_bytes() == (data / "penguins.csv").read_bytes()


def test_each_dependency_is_listed_by_the_runtime_or_comes_as_a_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = LISTED.read_text().splitlines()
    listed = names_in(line.split(" #")[0] for line in lines if not line.startswith("#"))
    needed = names_in(project["dependencies"])
    assert needed <= listed | set(lite.LACKING)
    assert listed.isdisjoint(lite.LACKING)


def test_the_cell_installs_the_course_and_what_comes_as_a_wheel():
    _, imports, install = lite.FETCH.splitlines()
    compile(imports, "fetch-course", "exec")
    installed = install.removeprefix("%pip install -q --no-deps ").split()
    # The kernel installs comm before any cell runs.
    assert {"kl_helpers", *lite.LACKING} == {"comm", *installed}


def test_the_page_for_teachers_names_this_runtime():
    page = (ROOT / "docs/teaching.md").read_text(encoding="utf-8")
    assert LISTED.stem.replace("-", " ").capitalize() in page


def test_what_fails_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(lite, "ROOT", tmp_path)
    monkeypatch.setattr(lite, "BUILD", tmp_path / "build")
    words = r"^no_such_module failed: .*No module named.* \(all of it: build/no_such_module.log\)$"
    with pytest.raises(RuntimeError, match=words):
        lite.run("no_such_module", cwd=tmp_path)
    assert "No module named" in (tmp_path / "build" / "no_such_module.log").read_text()


def test_without_a_network_it_says_what_to_do(tmp_path, monkeypatch):
    def no_network(*_):
        raise RuntimeError("pip failed")

    monkeypatch.setattr(lite, "run", no_network)
    with pytest.raises(RuntimeError, match=r"^pip failed: check the network, then run make again$"):
        lite.fetch_wheels(tmp_path)
    assert list(tmp_path.iterdir()) == []
