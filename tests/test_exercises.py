"""Every exercise of every notebook: the stub is "not attempted", and its solution is "right"."""

import ast
import re

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tools import lessons
from tools.cells import SOLUTION

NOTEBOOKS = [*lessons.notebooks(), *lessons.appendices()]
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
A_GOOD_ONE = ("not attempted", "right")


@pytest.fixture
def shell():
    """A fresh in-process IPython that keeps no history."""
    InteractiveShell.clear_instance()
    config = Config(
        {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
    )
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()


def run(shell, source):
    """The value of a cell's last line."""
    outcome = shell.run_cell(source)
    outcome.raise_error()
    return outcome.result


def solved(stub, help_text):
    """The stub's last line under its solution instead of its own lines."""
    blocks = PYTHON.findall("".join(SOLUTION.findall(help_text)))
    assert len(blocks) == 1, f"{len(blocks)} solutions"
    return f"{blocks[0]}\n{stub.rstrip().splitlines()[-1]}"


def statuses(shell, path):
    """Exercise id to (status of the untouched stub, status of the solution), by running it all."""
    cells = nbformat.read(path, as_version=4).cells
    found = {}
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        if cell.cell_type != "code":
            continue
        value = run(shell, cell.source)
        if "exercise" in cell.metadata.get("tags", []):
            names = dict(shell.user_ns)
            solution = solved(cell.source, after.source if after else "")
            found[cell.id] = (value.status, run(shell, solution).status)
            shell.user_ns.clear()
            shell.user_ns.update(names)
    return found


def predictions(path):
    """The names bound to predictions, and the names revealed, in the notebook's order."""
    asked, revealed = [], []
    for cell in nbformat.read(path, as_version=4).cells:
        for node in ast.walk(ast.parse(cell.source if cell.cell_type == "code" else "")):
            match node:
                case ast.Assign([ast.Name(name)], ast.Call(ast.Name("predict" | "predict_number"))):
                    asked.append(name)
                case ast.Call(ast.Attribute(ast.Name(name), "reveal")):
                    revealed.append(name)
    return asked, revealed


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stubs_are_not_attempted_and_solutions_are_right(path, shell, monkeypatch):
    monkeypatch.chdir(path.parent)
    found = statuses(shell, path)
    assert found == dict.fromkeys(found, A_GOOD_ONE)
    if path in lessons.appendices():
        assert not found
        assert predictions(path) == ([], [])
    elif not path.name.startswith("00"):
        assert 2 <= len(found) <= 4


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_prediction_has_a_name_of_its_own_and_a_reveal(path):
    asked, revealed = predictions(path)
    assert len(set(asked)) == len(asked)
    assert set(revealed) == set(asked)


STUB = "answer = None\ncheck_coin_bits(answer)"
RIGHT = "answer = 0.7370"


def write(path, help_text):
    cell, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell(help_text)
    stub = cell(STUB, id="ex-bits", metadata={"tags": ["exercise"]})
    cells = [cell("from kl_course.checks.definitions import check_coin_bits"), stub, text]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def solution(code):
    hint = "<details><summary>Hint</summary>\n\n```python\nwrong\n```\n</details>\n"
    return f"{hint}<details>\n<summary>Solution</summary>\n\n```python\n{code}\n```\n</details>"


@pytest.mark.parametrize(
    ("code", "status"), [(RIGHT, "right"), ("answer = 0.5108", "wrong"), ("", "not attempted")]
)
def test_a_broken_solution_is_seen(code, status, tmp_path, shell):
    path = write(tmp_path / "one.ipynb", solution(code))
    assert statuses(shell, path) == {"ex-bits": ("not attempted", status)}


@pytest.mark.parametrize("help_text", ["", "<summary>Solution</summary> 0.737", solution("") * 2])
def test_a_missing_or_second_solution_is_seen(help_text, tmp_path, shell):
    with pytest.raises(AssertionError, match="solutions"):
        statuses(shell, write(tmp_path / "one.ipynb", help_text))


def test_a_solution_leaves_the_names_of_the_notebook_alone(tmp_path, shell):
    statuses(shell, write(tmp_path / "one.ipynb", solution(f"other = 1\n{RIGHT}")))
    assert shell.user_ns["answer"] is None
    assert "other" not in shell.user_ns
