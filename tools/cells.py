"""What the cells of a notebook are: explorers, predictions, their answers, exercises.

The one place that knows. The site, the slides, the app, the rules and the tests ask here. A cell
is nbformat's, or the dict of its JSON; what a question is asked of that does not fit (a text cell,
code that is not plain Python) is answered by None or by nothing.
"""

import ast
import re
from functools import cache

import nbformat

SOLUTION = re.compile(r"<summary>Solution</summary>.*?</details>", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
OPTION = "  ○ "  # begins an option in the outline that a prediction leaves in a file


@cache
def read(path):
    """The notebook in a file, read once: everybody gets the same one, so nobody changes it."""
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source_of(cell):
    return "".join(cell["source"])


def tags_of(cell):
    return set(cell["metadata"].get("tags", ()))


def data_of(cell, kind):
    """What a cell shows in that MIME type, or an empty text."""
    for output in cell.get("outputs", ()):
        if content := output.get("data", {}).get(kind):
            return "".join(content)
    return ""


# --- what its code does


def statements(cell):
    """The statements of a code cell, as `ast` nodes."""
    if cell["cell_type"] != "code":
        return []
    try:
        return ast.parse(source_of(cell)).body
    except SyntaxError:
        return []


def last_call(cell):
    """What the last line calls, as an `ast.Name` or `ast.Attribute`, or None."""
    match statements(cell):
        case [*_, ast.Expr(ast.Call(function))]:
            return function
    return None


def called(cell, prefix):
    """The name of the function with this prefix that the last line calls, or None."""
    match last_call(cell):
        case ast.Name(name) if name.startswith(prefix):
            return name
    return None


def explorer_of(cell):
    """The name of the ``explore_...`` function that a cell ends in, or None."""
    return called(cell, "explore_")


def check_of(cell):
    """The name of the ``check_...`` function that a cell ends in, or None."""
    return called(cell, "check_")


def predict_call(cell):
    """The name that a cell gives to its prediction, and the call that makes it; or None, None."""
    for statement in statements(cell):
        match statement:
            case ast.Assign(
                [ast.Name(name)], ast.Call(ast.Name("predict" | "predict_number")) as call
            ):
                return name, call
    return None, None


def prediction_of(cell):
    """The name of the prediction that a cell asks for, or None."""
    return predict_call(cell)[0]


def reveal_of(cell):
    """The name of the prediction whose answer a cell reveals, or None."""
    match last_call(cell):
        case ast.Attribute(ast.Name(name), "reveal"):
            return name
    return None


def hides_outputs(cell):
    """Whether JupyterLab shows "…" in place of its outputs until somebody clicks on it."""
    return cell["metadata"].get("jupyter", {}).get("outputs_hidden", False)


def only_imports(cell):
    found = statements(cell)
    return bool(found) and all(isinstance(one, ast.Import | ast.ImportFrom) for one in found)


def asked_before(notebook):
    """Yield each code cell with the ids of the questions above it whose answer stands below it.

    A question itself and its answer do not stand between the two.
    """
    asked, answered = {}, {reveal_of(cell) for cell in code_cells(notebook)} - {None}
    for cell in code_cells(notebook):
        asked.pop(reveal_of(cell), None)
        yield cell, list(asked.values())
        if (name := prediction_of(cell)) in answered:
            asked[name] = cell["id"]


# --- what its author and its outputs say


def frames_of(cell):
    """Settings that a page without a kernel must have ready, each a dict of slider to value."""
    return cell["metadata"].get("frames", [])


def options_of(cell):
    """The options of a prediction, from its outline; none where a number is asked for."""
    lines = data_of(cell, "text/plain").splitlines()
    return [line.removeprefix(OPTION) for line in lines if line.startswith(OPTION)]


def is_exercise(cell):
    return "exercise" in tags_of(cell)


def solution_of(cell):
    """The code of the only solution in the text cell below an exercise, or None."""
    solutions = SOLUTION.findall(source_of(cell))
    blocks = PYTHON.findall("".join(solutions))
    return blocks[0] if len(solutions) == len(blocks) == 1 else None
