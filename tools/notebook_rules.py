"""The rules that a committed notebook keeps; each rule yields one sentence for each breach."""

import ast
import base64
import json
import re
from urllib.parse import unquote

import nbformat

from tools import cells
from tools.cells import code_cells, source_of

# For PYTHONWARNINGS: a warning is an error, but for two that the kernel has about itself, which
# would keep it from ending, and from Python 3.12 on from starting.
KERNEL_WARNINGS = (
    "error"
    ",ignore::PendingDeprecationWarning:ipykernel.kernelbase"
    ",ignore:There is no current event loop:DeprecationWarning:tornado.ioloop"
)
LIVE_WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "kl_course": True,  # the mark by which kl_lab knows a notebook of the course
    "language_info": {"name": "python"},
}
CELL_METADATA = {"alt", "frames", "jupyter", "notes", "slideshow", "tags"}
FOLDED = ({"source_hidden": True}, {"outputs_hidden": True})
TAGS = {"exercise", "raises-exception"}
SLIDE_TYPES = ("slide", "subslide", "fragment", "skip", "-")
MAX_CODE_LINES = 15
MAX_PNG_BYTES = 300_000

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
FILE_NAME = re.compile(r"\d\d(-[a-z0-9]+)+\.ipynb")
RANDOM_ID = re.compile(r"(?=[a-f]*\d)[0-9a-f]{8,}")
MINUTES = re.compile(r" \([1-9]\d* min\)$")
LINK = re.compile(r"\]\(<?([^)>\s]+)|\b(?:src|href)=[\"']([^\"']+)")
MACHINE_PATH = re.compile(r"(?<![\w./])/(?:home|root|tmp|work|Users|mnt|var)/|[A-Z]:\\+Users\\")
MEMORY_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


def breaches(path):
    """List what keeps the notebook in this file from being committed."""
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    found = [*check_name(path), *check_links(notebook, path.parent)]
    for rule in RULES:
        found += rule(notebook)
    return found or list(check_form(text))


def outputs_of(notebook):
    """Yield (cell id, output) for everything that is stored below a code cell."""
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            yield cell["id"], output


def texts_of(output):
    """Yield the texts of one output; pictures are left out."""
    yield "".join(output.get("text", ""))
    for kind, content in output.get("data", {}).items():
        if kind.startswith("text/"):
            yield "".join(content)


def check_name(path):
    if not FILE_NAME.fullmatch(path.name):
        yield f"the file name {path.name} is not of the form NN-slug.ipynb"


def check_form(text):
    """Hold the file against what nbformat writes, so that a diff shows only what changed."""
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    if text != nbformat.writes(notebook) + "\n":
        yield "the JSON is not laid out as nbformat writes it"


def check_metadata(notebook):
    if "widgets" in notebook["metadata"]:
        yield "widget state is stored in the notebook's metadata"
    elif notebook["metadata"] != METADATA:
        yield f"the notebook's metadata is not the minimal one: {notebook['metadata']}"
    for cell in notebook["cells"]:
        if extra := set(cell["metadata"]) - CELL_METADATA:
            yield f"cell {cell.get('id')}: metadata nobody needs: {sorted(extra)}"
        if cell["metadata"].get("jupyter", FOLDED[0]) not in FOLDED:
            yield f"cell {cell.get('id')}: metadata other than a hidden source or output: jupyter"
        if unknown := cells.tags_of(cell) - TAGS:
            yield f"cell {cell.get('id')}: unknown tags {sorted(unknown)}"


def check_commit_first(notebook):
    """Ask for folded outputs between a question and its answer, and nowhere else.

    An explorer is there to be looked into before the answer: its author folds it only where its
    first numbers are the answer.
    """
    for cell, questions in cells.asked_before(notebook):
        is_question = cells.prediction_of(cell) or cells.reveal_of(cell)
        between = questions and cell["outputs"] and not is_question
        hidden = cells.hides_outputs(cell)
        if between and not hidden and not cells.explorer_of(cell) and says_something(cell):
            yield (
                f"cell {cell['id']}: shown before {questions[-1]} is answered: give it the metadata"
                ' "jupyter": {"outputs_hidden": true}'
            )
        if hidden and not between:
            yield f"cell {cell['id']}: it folds what gives no open question's answer away"


def says_something(cell):
    """Whether text stands below a code cell; the text of a picture only names it."""
    return any(
        any(texts_of(output)) and "image/png" not in output.get("data", {})
        for output in cell["outputs"]
    )


def has_slides(notebook):
    return any("slideshow" in cell["metadata"] for cell in notebook["cells"])


def check_slides(notebook):
    """Ask predictions and explorers for a teacher's notes, and all notes for their minutes."""
    for cell in notebook["cells"] if has_slides(notebook) else ():
        slide, notes = cell["metadata"].get("slideshow", {}), cell["metadata"].get("notes")
        if set(slide) - {"slide_type"} or slide.get("slide_type", "-") not in SLIDE_TYPES:
            yield f"cell {cell['id']}: a slide_type is one of {', '.join(SLIDE_TYPES)}, not {slide}"
        if notes is None and (cells.explorer_of(cell) or cells.prediction_of(cell)):
            yield f"cell {cell['id']}: no notes for the teacher: what to ask, what to expect"
        if notes is not None and not MINUTES.search(notes):
            yield f"cell {cell['id']}: the notes do not end in their minutes, such as (3 min)"
        if notes is not None and slide.get("slide_type") == "skip":
            yield f"cell {cell['id']}: notes that no slide shows"


def check_frames(notebook):
    """Ask frames for settings, below an explorer; tests/test_freeze.py asks for its sliders."""
    for cell in notebook["cells"]:
        frames = cells.frames_of(cell)
        if frames and not cells.explorer_of(cell):
            yield f"cell {cell['id']}: frames where no explorer is"
        if not all(isinstance(setting, dict) and setting for setting in frames):
            yield f'cell {cell["id"]}: frames are a list of settings, such as {{"mu_q": 2}}'


def check_ids(notebook):
    ids = [cell.get("id") for cell in notebook["cells"]]
    for name in ids:
        if not name or not SLUG.fullmatch(name) or RANDOM_ID.search(name):
            yield f"cell {name}: give it a readable id, such as ex-bits"
        elif ids.count(name) > 1:
            yield f"cell {name}: the id is used more than once"


def check_title(notebook):
    first = notebook["cells"][0]
    title = source_of(first).splitlines()[0]
    if first["cell_type"] != "markdown" or not re.fullmatch(r"# .*\?", title):
        yield f"the first line is not a title that asks a question: {title}"


def check_code(notebook):
    for cell in code_cells(notebook):
        lines = len(source_of(cell).splitlines())
        if lines == 0:
            yield f"cell {cell['id']}: it is empty"
        if lines > MAX_CODE_LINES:
            yield f"cell {cell['id']}: {lines} lines of code, more than {MAX_CODE_LINES}"


def check_counts(notebook):
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"the execution counts are not 1, 2, 3, …: {counts}"


def check_outputs_are_there(notebook):
    """Ask for an output where a cell ends in an expression: strict nbval passes over none."""
    for cell in code_cells(notebook):
        try:
            statements = ast.parse(source_of(cell)).body
        except SyntaxError as error:
            yield f"cell {cell['id']}: not plain Python: {error}"
            continue
        if statements and isinstance(statements[-1], ast.Expr) and not cell["outputs"]:
            yield f"cell {cell['id']}: no output is stored of its last line (or assign it to _)"


def check_outputs(notebook):
    for name, output in outputs_of(notebook):
        if output["output_type"] == "error":
            yield f"cell {name}: an error is stored: {output['ename']}"
        if output.get("name") == "stderr":
            yield f"cell {name}: it wrote to stderr"
        if LIVE_WIDGET in output.get("data", {}):
            yield f"cell {name}: a live widget is stored as output"
        if any(MEMORY_ADDRESS.search(text) for text in texts_of(output)):
            yield f"cell {name}: the output holds a memory address, which no second run repeats"
        png = base64.b64decode("".join(output.get("data", {}).get("image/png", "")))
        if len(png) > MAX_PNG_BYTES:
            yield f"cell {name}: a picture of {len(png):,} bytes, more than {MAX_PNG_BYTES:,}"


def check_pictures(notebook):
    """Ask a picture for a text that says what it shows, in its cell or, of an explorer, with it."""
    for cell in code_cells(notebook):
        shown = [o for o in cell["outputs"] if "image/png" in o.get("data", {})]
        texts = [cell["metadata"], *(o["metadata"].get("image/png", {}) for o in shown)]
        if shown and not any(text.get("alt", "").strip() for text in texts):
            yield f'cell {cell["id"]}: no "alt" in its metadata says what its picture shows'


def check_paths(notebook):
    texts = [(cell["id"], source_of(cell)) for cell in notebook["cells"]]
    texts += [(name, text) for name, output in outputs_of(notebook) for text in texts_of(output)]
    for name, text in texts:
        if found := MACHINE_PATH.search(text):
            yield f"cell {name}: a path of one machine: {text[found.start() :][:40]}"


def check_links(notebook, folder):
    for cell in notebook["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        for groups in LINK.findall(source_of(cell)):
            target = unquote("".join(groups)).split("#")[0]
            is_file = target and not re.match(r"[a-z]+:", target)
            if is_file and not (folder / target).exists():
                yield f"cell {cell['id']}: the link to {target} leads nowhere"


def check_exercises(notebook):
    """Ask every exercise for its heading, its check, a hint and one solution."""
    every = [None, *notebook["cells"], None]
    for before, cell, after in zip(every, every[1:], every[2:], strict=False):
        tags = cells.tags_of(cell)
        if cell["cell_type"] != "code" or not (tags or cell["id"].startswith("ex-")):
            continue
        name = cell["id"]
        if tags != TAGS or not name.startswith("ex-"):
            yield f"cell {name}: an exercise has the tags {sorted(TAGS)} and an id such as ex-bits"
        if not cells.check_of(cell):
            yield f"cell {name}: the last line of an exercise is its check"
        if not before or not source_of(before).startswith("#"):
            yield f"cell {name}: the cell before an exercise has its heading and its question"
        if not after or "<summary>Hint</summary>" not in source_of(after):
            yield f"cell {name}: no hint in the cell that follows"
        if not after or cells.solution_of(after) is None:
            yield f"cell {name}: no solution with one python block in the cell that follows"
    text = "\n".join(map(source_of, notebook["cells"]))
    headings = re.findall(r"^#+ Exercise (.+?):", text, re.MULTILINE)
    if headings != [str(i + 1) for i in range(len(headings))]:
        yield f"the exercises are not numbered 1, 2, 3, …: {headings}"


RULES = (
    check_metadata,
    check_commit_first,
    check_slides,
    check_frames,
    check_ids,
    check_title,
    check_code,
    check_counts,
    check_outputs_are_there,
    check_outputs,
    check_pictures,
    check_paths,
    check_exercises,
)
