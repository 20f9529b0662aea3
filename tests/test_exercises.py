"""Each exercise: its stub is "not attempted", its solution "right", the digits it asks for enough.

Only cells that an exercise depends on are run for it, found backwards by the names that are read;
all of them run under nbval.
"""

import ast
import re
from functools import cache
from symtable import symtable
from typing import NamedTuple

import nbformat
import numpy as np
import pytest

from tools import lessons
from tools.cells import SOLUTION

NOTEBOOKS = [*lessons.notebooks(), *lessons.appendices()]
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
WANTED = re.compile(r"\b([Tt]wo|[Tt]hree) (?:significant )?(digits|decimals)\b")
MANY_RIGHT_ANSWERS = {"ex-triangle"}
WHOLE_TRAINS = {("ex-trains", "leaflet"), ("ex-apps", "trains")}  # right as well


class Exercise(NamedTuple):
    """What a learner has: the question, the cell to fill in, its solution, code before it."""

    id: str
    question: str
    stub: str
    solution: str
    before: tuple[str, ...]


def exercises(path):
    """Read the exercises of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    for i, cell in enumerate(cells):
        if "exercise" in cell.metadata.get("tags", []):
            help_text = "".join(after.source for after in cells[i + 1 : i + 2])
            blocks = PYTHON.findall("".join(SOLUTION.findall(help_text)))
            assert len(blocks) == 1, f"{len(blocks)} solutions"
            before = tuple(c.source for c in cells[:i] if c.cell_type == "code")
            yield Exercise(cell.id, cells[i - 1].source, cell.source, blocks[0], before)


def root(node):
    """The name that a chain of attributes and indices begins with, or None."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def read_from_outside(table):
    """The names of the notebook that a piece of code reads: no local ones of its functions."""
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (table.get_name() == "top" or symbol.is_global()):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from read_from_outside(inner)


def names(source):
    """The names that code reads, imports, and binds or may change: x of x[0] = 1 and x.pop()."""
    read, imported, changed, bound = set(), set(), set(), set()
    for statement in ast.parse(source).body:
        again, own = set(), set()
        for node in ast.walk(statement):
            match node:
                case ast.AugAssign(ast.Name(name)):
                    again.add(name)
                case ast.Name(name, ast.Store()) | ast.FunctionDef(name) | ast.ClassDef(name):
                    own.add(name)
                case ast.alias(name, other):
                    imported.add((other or name).split(".")[0])
                case ast.Call(ast.Attribute() as thing):
                    changed.add(root(thing))
                case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                    changed.add(root(node))
        found = set(read_from_outside(symtable(ast.unparse(statement), "cell", "exec"))) | again
        loop = isinstance(statement, ast.For | ast.While | ast.With | ast.FunctionDef)
        read |= found - bound - (own - again if loop else set())
        bound |= own
    return read, imported, changed | bound


def needed(before, code):
    """The cells that code depends on, in their order: all that touch a name that is read.

    A call of np.sum does not change np.
    """
    parts = {cell: names(cell) for cell in before}
    modules = set().union(*(imported for _, imported, _ in parts.values()))
    wanted, chosen, grows = names(code)[0], set(), True
    while grows:  # a function reads its names when it is called, so the order does not matter
        touching = {
            cell
            for cell, (_, imported, changed) in parts.items()
            if wanted & (imported | (changed - modules))
        }
        grows, chosen = touching > chosen, touching
        wanted = wanted.union(*(parts[cell][0] for cell in chosen))
    return [cell for cell in before if cell in chosen]


def run(code, space):
    """The value of a cell's last line."""
    *lines, last = ast.parse(code).body
    exec(compile(ast.Module(lines, []), "cell", "exec"), space)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), space)


def check(exercise):
    """The last line of the stub."""
    return exercise.stub.rstrip().splitlines()[-1]


@cache
def solved(exercise):
    """Run an exercise: the statuses of the untouched stub and of the solution, and all names."""
    code = f"{exercise.solution}\n{check(exercise)}"
    space = {}
    for cell in needed(exercise.before, f"{exercise.stub}\n{code}"):
        exec(cell, space)
    return (run(exercise.stub, space).status, run(code, space).status), space


def numbers(exercise):
    """The solution's answers where the stub has None, by name, if one of them is a number."""
    space = solved(exercise)[1]
    answers = {
        line.targets[0].id: space[line.targets[0].id]
        for line in ast.parse(exercise.stub).body
        if isinstance(line, ast.Assign) and ast.unparse(line.value) == "None"
    }
    is_number = [np.isscalar(x) and not isinstance(x, str) for x in answers.values()]
    return answers if any(is_number) else {}


EXERCISES = {exercise.id: exercise for path in NOTEBOOKS for exercise in exercises(path)}
WITH_DIGITS = [
    id_
    for id_, exercise in EXERCISES.items()
    if id_ not in MANY_RIGHT_ANSWERS and WANTED.search(exercise.question)
]


@pytest.fixture(autouse=True)
def _in_their_folder(monkeypatch):
    monkeypatch.chdir(lessons.FOLDER)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_has_two_to_four_exercises(path):
    found = [exercise.id for exercise in exercises(path)]
    assert all(EXERCISES[id_].before for id_ in found)
    if path in lessons.appendices():
        assert not found
    elif not path.name.startswith("00"):
        assert 2 <= len(found) <= 4


@pytest.mark.parametrize("id_", EXERCISES)
def test_the_stub_is_not_attempted_and_the_solution_is_right(id_):
    assert solved(EXERCISES[id_])[0] == ("not attempted", "right")


@pytest.mark.parametrize("id_", [id_ for id_ in EXERCISES if id_ not in MANY_RIGHT_ANSWERS])
def test_who_wants_a_number_says_how_many_digits(id_):
    assert not numbers(EXERCISES[id_]) or id_ in WITH_DIGITS


def rounded(x, digits, kind):
    if not isinstance(x, str):
        return round(x, digits) if kind == "decimals" else float(f"{x:.{digits - 1}e}")
    return x


def test_the_exercises_with_digits_are_found():
    assert len(WITH_DIGITS) >= 14


@pytest.mark.parametrize("id_", WITH_DIGITS)
def test_the_digits_that_the_question_names_are_enough_and_fewer_are_not(id_):
    exercise = EXERCISES[id_]
    answers, space = numbers(exercise), solved(exercise)[1]
    assert answers
    number, kind = WANTED.search(exercise.question).groups()
    digits = {"two": 2, "three": 3}[number.lower()]

    def status(answers):
        return eval(check(exercise), space | answers).status

    enough = {name: rounded(x, digits, kind) for name, x in answers.items()}
    assert status(enough) == "right"
    for name, x in answers.items():
        fewer = rounded(x, digits - 1, kind)
        if fewer != enough[name] and not ((id_, name) in WHOLE_TRAINS and fewer == np.ceil(x)):
            assert status(enough | {name: fewer}) == "wrong", (name, fewer)


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
def test_each_prediction_has_a_name_of_its_own_and_a_reveal(path):
    asked, revealed = predictions(path)
    assert len(set(asked)) == len(asked)
    assert set(revealed) == set(asked)
    assert not asked or path not in lessons.appendices()


# --- a fault is seen

STUB = "answer = None\ncheck_coin_bits(answer)"
RIGHT = "answer = 0.7370"
IMPORT = "from kl_course.checks.definitions import check_coin_bits"


def write(path, help_text):
    cell, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell(help_text)
    stub = cell(STUB, id="ex-bits", metadata={"tags": ["exercise"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell(IMPORT), stub, text]), path)
    return path


def solution(code):
    hint = "<details><summary>Hint</summary>\n\n```python\nwrong\n```\n</details>\n"
    return f"{hint}<details>\n<summary>Solution</summary>\n\n```python\n{code}\n```\n</details>"


@pytest.mark.parametrize(
    ("code", "status"), [(RIGHT, "right"), ("answer = 0.5108", "wrong"), ("", "not attempted")]
)
def test_a_broken_solution_is_seen(code, status, tmp_path):
    (exercise,) = exercises(write(tmp_path / "one.ipynb", solution(code)))
    assert solved(exercise)[0] == ("not attempted", status)


@pytest.mark.parametrize("help_text", ["", "<summary>Solution</summary> 0.737", solution("") * 2])
def test_a_missing_or_second_solution_is_seen(help_text, tmp_path):
    with pytest.raises(AssertionError, match="solutions"):
        list(exercises(write(tmp_path / "one.ipynb", help_text)))


def test_a_solution_that_reads_what_no_cell_binds_is_seen():
    exercise = Exercise("ex-bits", "", STUB, "answer = coin", (IMPORT, "cone = 0.7370"))
    with pytest.raises(NameError, match="coin"):
        solved(exercise)


def test_what_an_exercise_depends_on_is_run_and_nothing_else():
    cells = [
        "import numpy as np\nfrom fractions import Fraction as F",
        "rng = np.random.default_rng(0)",
        "rng.random()",  # moves the draws that follow
        "np.random.rand(3)",  # no name that is read below
        "shares = [0]",
        "def total():\n    return sum(shares)",
        "shares[0] = rng.random()",
        "1 / 0",
        "other = shares",
    ]
    assert needed(cells, "answer = total()") == [*cells[:3], *cells[4:7]]
    assert needed(cells, "answer = F(1)") == cells[:1]
    assert needed(cells, "answer = 1") == []
