"""What a cell is, as the site, the slides, the app and the rules are told: planted cells."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import cells

RECOGNISERS = {
    "explorer": cells.explorer_of,
    "check": cells.check_of,
    "prediction": cells.prediction_of,
    "reveal": cells.reveal_of,
}
SOURCES = {
    "explore_bits()": {"explorer": "explore_bits"},
    "from course import explore_bits\n\nexplore_bits()  # slide": {"explorer": "explore_bits"},
    "explore_bits(3)": {"explorer": "explore_bits"},
    "explore_bits": {},
    "explore_bits()\n1": {},
    "one = explore_bits()": {},
    "print(explore_bits())": {},
    "lab.explore_bits()": {},
    "answer = 1\ncheck_bits(answer)": {"check": "check_bits"},
    "check_bits(answer).status": {},
    'price = predict("a", "b")': {"prediction": "price"},
    'price = predict("a", "b")\nprice': {"prediction": "price"},
    'limit = round(2.5)\nprice = predict_number(\n    "bits"\n)\nprice': {"prediction": "price"},
    "price = predicted(1)": {},
    'predict("a", "b")': {},
    'price.reveal("a")': {"reveal": "price"},
    'far = 3\nprice.reveal(\n    "a", "b"\n)': {"reveal": "price"},
    "price.reveal": {},
    'price.hide("a")': {},
    'ask().reveal("a")': {},
    "import math": {},
    "%matplotlib inline\nexplore_bits()": {},
    "": {},
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_cell_is_what_its_code_does(source):
    for cell in (new_code_cell(source), {"cell_type": "code", "source": source.splitlines(True)}):
        found = {what: name for what, of in RECOGNISERS.items() if (name := of(cell))}
        assert found == SOURCES[source]


@pytest.mark.parametrize("source", SOURCES)
def test_a_text_about_code_is_none_of_these(source):
    assert not any(of(new_markdown_cell(source)) for of in RECOGNISERS.values())


@pytest.mark.parametrize(
    ("source", "only"),
    [
        ("import math\nfrom os import path", True),
        ("import math\nmath.pi", False),
        ("", False),
        ("%load this", False),
    ],
)
def test_which_cells_only_import(source, only):
    assert cells.only_imports(new_code_cell(source)) == only


def test_an_exercise_and_the_frames_of_an_explorer_are_told_by_metadata():
    exercise = new_code_cell(metadata={"tags": ["exercise", "raises-exception"]})
    explorer = new_code_cell(metadata={"frames": [{"mu": 1}]})
    assert cells.is_exercise(exercise)
    assert not cells.is_exercise(explorer)
    assert cells.frames_of(explorer) == [{"mu": 1}]
    assert cells.frames_of(exercise) == []


def solution(*blocks):
    code = "\n\n".join(f"```python\n{block}\n```" for block in blocks)
    return f"<details><summary>Solution</summary>\n\n{code}\n</details>"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<details><summary>Hint</summary>\n```python\n0\n```\n</details>" + solution("1"), "1\n"),
        (solution("1\n2"), "1\n2\n"),
        (solution(), None),
        (solution("1", "2"), None),
        (solution("1") + solution("2"), None),
        (solution("1") + solution(), None),
        ("```python\n1\n```", None),
        ("", None),
    ],
)
def test_a_solution_is_the_only_code_of_the_only_solution(text, code):
    assert cells.solution_of(new_markdown_cell(text)) == code


def test_what_a_cell_shows():
    outputs = [
        new_output("stream", text="said"),
        new_output("execute_result", {"text/plain": "Your prediction:\n  ○ a\n  ○ b ○\nRun"}),
        new_output("display_data", {"text/html": ["<b>", "</b>"]}),
    ]
    cell = new_code_cell(outputs=outputs)
    assert cells.options_of(cell) == ["a", "b ○"]
    assert cells.data_of(cell, "text/html") == "<b></b>"
    assert cells.data_of(cell, "image/png") == cells.data_of(new_markdown_cell(), "text/html") == ""


def test_a_notebook_is_read_once_and_raw_json_is_as_good(tmp_path):
    path = tmp_path / "one.ipynb"
    book = new_notebook(cells=[new_markdown_cell("# One\ntwo"), new_code_cell("1\n2", id="two")])
    nbformat.write(book, path)
    assert cells.read(path) is cells.read(path)
    raw = json.loads(Path(path).read_text(encoding="utf-8"))
    for notebook in (cells.read(path), raw):
        (cell,) = cells.code_cells(notebook)
        assert (cell["id"], cells.source_of(cell)) == ("two", "1\n2")
