"""A lesson registers itself: what its modules hold is found, shown and told of without a list."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

from tools import lessons

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = {path.name: path for path in lessons.notebooks()}
APPENDICES = [path.name for path in lessons.appendices()]
AIMS = {"goals", "aims"}  # ids of the cell that says how long a lesson takes
PUBLIC = {**lessons.explorers(), **lessons.checks()}


def title(name):
    return json.loads((lessons.FOLDER / name).read_text(encoding="utf-8"))["cells"][0]["source"][
        0
    ].strip()


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
    (path,) = (path for path in NOTEBOOKS.values() if lessons.slug(path.name) == lesson)
    assert name in calls(path)


def test_the_packages_name_no_lesson():
    words = {*map(lessons.slug, NOTEBOOKS), *PUBLIC}
    for package in ("explorers", "checks", "models"):
        source = (ROOT / "kl_course" / package / "__init__.py").read_text(encoding="utf-8")
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


def test_there_are_twelve_lessons_and_an_appendix_that_the_maps_and_the_last_lesson_lead_to(series):
    assert len(NOTEBOOKS) == 12
    assert [name[:2] for name in [*NOTEBOOKS, *APPENDICES]] == [f"{i:02}" for i in range(13)]
    last = nbformat.read(list(NOTEBOOKS.values())[-1], as_version=4).cells[-1].source
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in APPENDICES:
        assert f"]({name})" in series
        assert f"]({name})" in last[last.index("**Next:**") : last.index("**References**")]
        assert f"](notebooks/{name})" in readme
        assert title(name).startswith("# Appendix: ")
    assert "Twelve notebooks." in series
    assert "Each of the twelve" in readme


# --- the routes


def aims(number):
    """What a lesson says of its minutes, and what it says that one needs first."""
    (path,) = (path for name, path in NOTEBOOKS.items() if name.startswith(number))
    (cell,) = (cell.source for cell in nbformat.read(path, as_version=4).cells if cell.id in AIMS)
    return cell[cell.rindex("\n**") :].split("You need")


def minutes(number):
    """Minutes of a lesson without its exercises and its game, and with them."""
    said = aims(number)[0]
    more = sum(map(int, re.findall(r"(\d+) (?:more )?for (?:the four exercises|a game)", said)))
    if sittings := re.search(r"Two sittings of (\d+) minutes", said):
        return 2 * int(sittings[1]), 2 * int(sittings[1]) + more
    total = sum(map(int, re.findall(r"\d+", said)))
    return total - more, total


def needed(number):
    """Numbers of the lessons that a lesson asks for."""
    return re.findall(r"\]\((\d\d)-", re.split(r"; (?:one|the) |\. ", aims(number)[1])[0])


def routes(text):
    """Who -> numbers of the lessons, minutes: the rows of the tables of routes."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| (\d+) \|$", text, re.MULTILINE)
    everything = [name[:2] for name in NOTEBOOKS]
    return {who: (re.findall(r"\d\d", take) or everything, int(said)) for who, take, said in rows}


def test_the_minutes_of_a_lesson_are_read_off_its_second_cell():
    assert [minutes(n) for n in ("00", "01", "09", "11")] == [
        (15, 15),
        (30, 55),
        (50, 70),
        (50, 75),
    ]
    assert needed("11") == ["05", "07"]
    assert needed("00") == []


def test_the_routes_sum_to_their_minutes_and_lack_nothing(series):
    found = routes(series)
    assert list(found)[:3] == ["one lesson", "two hours", "the time to know it well"]
    for who, (numbers, said) in found.items():
        assert sum(minutes(number)[0] for number in numbers) == said, who
        for i, number in enumerate(numbers):
            assert set(needed(number)) <= set(numbers[:i]), f"{who}: {number}"
    assert found["one lesson"][1] == 15
    assert 90 <= found["two hours"][1] <= 120
    assert found["the time to know it well"][0] == [name[:2] for name in NOTEBOOKS]


def test_every_lesson_is_on_a_route_of_the_interests(series):
    by_interest = [numbers for numbers, _ in list(routes(series).values())[3:]]
    assert len(by_interest) == 3
    assert set().union(*by_interest) == {name[:2] for name in NOTEBOOKS}


def test_the_readme_has_the_routes_of_notebook_0(series):
    assert routes((ROOT / "README.md").read_text(encoding="utf-8")) == routes(series)


def test_what_is_said_of_all_lessons_together(series):
    lengths = {name[:2]: minutes(name[:2]) for name in NOTEBOOKS}
    two_sittings = {n for n in lengths if "sitting" in aims(n)[0]}
    assert two_sittings == {"09", "11"}
    assert "09 and 11 take two sittings" in series
    one = [short for n, (short, _) in lengths.items() if n not in two_sittings]
    assert f"{min(one)} to {max(one)} minutes" in series
    with_exercises = [
        int(re.search(r"(\d+) (?:more )?for the four exercises", aims(n)[0])[1])
        for n in lengths
        if n != "00"
    ]
    assert f"{min(with_exercises)} to {max(with_exercises)} more a notebook" in series
