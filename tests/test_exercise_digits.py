"""Every exercise that wants a number says how many digits, and its check takes just those."""

import ast
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

import kl_helpers
from kl_course import checks
from tools import lessons
from tools.cells import SOLUTION

NOTEBOOKS = sorted(Path(__file__).resolve().parents[1].glob("notebooks/*.ipynb"))
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
WANTED = re.compile(r"\b([Tt]wo|[Tt]hree) (digits|decimals)\b")
MANY_RIGHT_ANSWERS = {"ex-triangle"}


def names():
    modules = {name: getattr(m, name) for m in (kl_helpers, checks) for name in m.__all__}
    return modules | lessons.checks() | {"np": np}


def with_numbers():
    """Yield (exercise's id, its question, its check, its solved answers, by name)."""
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        for before, cell, after in zip(cells, cells[1:], cells[2:], strict=False):
            if "exercise" not in cell.metadata.get("tags", []):
                continue
            *stub, check = ast.parse(cell.source).body
            asked = [
                line.targets[0].id
                for line in stub
                if isinstance(line, ast.Assign) and ast.unparse(line.value) == "None"
            ]
            space = names()
            (code,) = PYTHON.findall("".join(SOLUTION.findall(after.source)))
            exec(code, space)
            answers = {name: space[name] for name in asked}
            if any(np.isscalar(x) and not isinstance(x, str) for x in answers.values()):
                yield cell.id, before.source, ast.unparse(check), answers


EXERCISES = {id_: rest for id_, *rest in with_numbers() if id_ not in MANY_RIGHT_ANSWERS}


def rounded(x, digits, kind):
    if not isinstance(x, str):
        return round(x, digits) if kind == "decimals" else float(f"{x:.{digits - 1}e}")
    return x


def test_the_exercises_are_found():
    assert len(EXERCISES) >= 14


@pytest.mark.parametrize("id_", EXERCISES)
def test_the_digits_that_the_question_names_are_enough_and_fewer_are_not(id_):
    question, check, answers = EXERCISES[id_]
    wanted = WANTED.search(question)
    assert wanted, "the question names no digits"
    digits, kind = {"two": 2, "three": 3}[wanted[1].lower()], wanted[2]

    def status(answers):
        return eval(check, names() | answers).status

    enough = {name: rounded(x, digits, kind) for name, x in answers.items()}
    assert status(enough) == "right"
    for name, x in answers.items():
        fewer = rounded(x, digits - 1, kind)
        if fewer != enough[name]:
            assert status(enough | {name: fewer}) == "wrong", (name, fewer)
