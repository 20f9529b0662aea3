"""A lesson registers itself: what its modules hold is found, shown and told of without a list."""

import ast
import json
import re
from pathlib import Path

import lessons
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = {path.name: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
PUBLIC = {**lessons.explorers(), **lessons.checks()}


def title(name):
    return json.loads(NOTEBOOKS[name].read_text(encoding="utf-8"))["cells"][0]["source"][0].strip()


def slug(name):
    """The name of a lesson's modules: 02-gaussian-samples.ipynb has gaussian_samples."""
    return re.sub(r"^\d+-|\.ipynb$", "", name).replace("-", "_")


def calls(path):
    """Names that the code of a notebook calls."""
    cells = nbformat.read(path, as_version=4).cells
    trees = (ast.parse(cell.source) for cell in cells if cell.cell_type == "code")
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}


@pytest.fixture(scope="module")
def series():
    """The map of the series in notebook 0."""
    cells = nbformat.read(NOTEBOOKS["00-start-here.ipynb"], as_version=4).cells
    (cell,) = (cell for cell in cells if cell.id == "series")
    return cell.source


@pytest.mark.parametrize("name", PUBLIC)
def test_the_notebook_of_its_module_calls_it(name):
    lesson = PUBLIC[name].__module__.rpartition(".")[2]
    (path,) = (path for path in NOTEBOOKS.values() if slug(path.name) == lesson)
    assert name in calls(path)


def test_the_packages_name_no_lesson():
    words = {*map(slug, NOTEBOOKS), *PUBLIC}
    for package in ("explorers", "checks", "models"):
        source = (ROOT / "kl_helpers" / package / "__init__.py").read_text(encoding="utf-8")
        assert not words & set(re.findall(r"\w+", source))


def test_the_readme_has_a_row_for_every_notebook():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\d+)\]\(notebooks/(\S+)\) \| (.+?) \|(.*)\|$", readme, re.MULTILINE)
    assert [name for _, name, _, _ in rows] == list(NOTEBOOKS)
    assert {name: f"# {number}. {question}" for number, name, question, _ in rows} == {
        name: title(name) for name in NOTEBOOKS
    }
    assert all(explored.strip() for *_, explored in rows)


def test_notebook_0_has_a_row_for_every_notebook(series):
    rows = re.findall(r"^\| \[(\d\d) (.+?)\]\((\S+)\) \| (.+?) \|$", series, re.MULTILINE)
    (first,) = re.findall(r"^\| 00 \| (.+?) \*You are here.\* \|$", series, re.MULTILINE)
    assert ["00-start-here.ipynb", *(name for _, _, name, _ in rows)] == list(NOTEBOOKS)
    assert f"# 0. {first}" == title("00-start-here.ipynb")
    for number, lesson, name, question in rows:
        assert title(name) == f"# {int(number)}. {question}"
        assert name == f"{number}-{lesson.lower().replace(' ', '-')}.ipynb"


def test_what_is_still_to_be_written_follows_what_is_there(series):
    planned = re.findall(r"^- (\d\d) .+\?$", series, re.MULTILINE)
    assert planned == [f"{len(NOTEBOOKS) + i:02}" for i in range(len(planned))]
