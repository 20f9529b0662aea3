"""The rules of tools/notebook_rules.py hold for the course, and each of them can fail."""

import base64
import copy
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import cells
from tools import notebook_rules as rules

COURSE = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
HELP = """<details><summary>Hint</summary>

Take the base-2 logarithm.

</details>
<details><summary>Solution</summary>

```python
answer = 1
```

</details>"""


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path):
    assert rules.breaches(path) == []


def test_no_two_notebooks_have_one_number():
    assert len({path.name[:2] for path in COURSE}) == len(COURSE)


GOOD = new_notebook(
    metadata=rules.METADATA,
    cells=[
        new_markdown_cell("# What is a bit?\n\n[Next](01-next.ipynb#top)", id="title"),
        new_code_cell("import math", id="imports", execution_count=1),
        new_code_cell(
            "math.log2(2)",
            id="log-two",
            execution_count=2,
            metadata={"alt": "One bar, of height 1"},
            outputs=[new_output("execute_result", data={"text/plain": "1.0"}, execution_count=2)],
        ),
        new_markdown_cell("### Exercise 1: bits\n\nHow many?", id="ex-bits-question"),
        new_code_cell(
            "answer = None\ncheck_bits(answer)",
            id="ex-bits",
            execution_count=3,
            metadata={"tags": ["exercise", "raises-exception"]},
            outputs=[new_output("stream", name="stdout", text="not attempted\n")],
        ),
        new_markdown_cell(HELP, id="ex-bits-help"),
    ],
)


def breaches_of(notebook, folder, name="00-bits.ipynb"):
    (folder / "01-next.ipynb").touch()
    path = folder / name
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return rules.breaches(path)


def test_a_good_notebook_breaks_no_rule(tmp_path):
    assert breaches_of(GOOD, tmp_path) == []


def add_output(**output):
    def plant(notebook):
        notebook.cells[2].outputs.append(nbformat.from_dict(output))

    return plant


def add_data(kind, content):
    return add_output(output_type="display_data", data={kind: content}, metadata={})


def set_source(i, source):
    def plant(notebook):
        notebook.cells[i].source = source

    return plant


def set_cell(i, **values):
    def plant(notebook):
        notebook.cells[i].update(nbformat.from_dict(values))

    return plant


def slide(source, notes=None, slide_type="slide"):
    def plant(notebook):
        notebook.cells[1].source = source
        notebook.cells[1].metadata = {"slideshow": {"slide_type": slide_type}}
        notebook.cells[1].metadata |= {"notes": notes} if notes else {}

    return plant


def explore(*frames):
    def plant(notebook):
        notebook.cells[1].source = "explore_bits()"
        notebook.cells[1].metadata = {"frames": [*frames]}
        notebook.cells[1].outputs = notebook.cells[2].outputs

    return plant


def store_widget_state(notebook):
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}


def store_editor(notebook):
    notebook.metadata["language_info"]["version"] = "3.11.7"


def show_picture_without_a_text(notebook):
    add_data("image/png", "iVBORw0KGgo=")(notebook)
    notebook.cells[2].metadata = {}


BIG_PICTURE = base64.b64encode(bytes(rules.MAX_PNG_BYTES + 1)).decode()
DEFECTS = {
    "widget state": (store_widget_state, "widget state is stored"),
    "metadata": (store_editor, "not the minimal one"),
    "cell metadata": (set_cell(1, metadata={"collapsed": True}), "nobody needs: ['collapsed']"),
    "folded output": (
        set_cell(2, metadata={"alt": "A bar", "jupyter": {"outputs_hidden": True}}),
        "log-two: it folds what gives no open question's answer away",
    ),
    "folded otherwise": (
        set_cell(1, metadata={"jupyter": {"source_hidden": False}}),
        "hidden source or output",
    ),
    "unknown tag": (set_cell(0, metadata={"tags": ["nbval-skip"]}), "unknown tags ['nbval-skip']"),
    "slide type": (
        set_cell(1, metadata={"slideshow": {"slide_type": "page"}}),
        "slide_type is one of slide, subslide, fragment, skip, -",
    ),
    "slide metadata": (
        set_cell(1, metadata={"slideshow": {"slide_type": "slide", "id": "a"}}),
        "slide_type is one of",
    ),
    "no notes": (slide("answer = predict('a', 'b')"), "no notes for the teacher"),
    "no minutes": (slide("four = 4", "Ask: how many?"), "do not end in their minutes"),
    "notes on no slide": (
        slide("four = 4", "Ask: how many? (1 min)", "skip"),
        "no slide shows",
    ),
    "frames of nothing": (set_cell(1, metadata={"frames": [{"mu": 1}]}), "no explorer is"),
    "frames of no sliders": (explore({}), "a list of settings"),
    "frames without a list": (explore("mu"), "a list of settings"),
    "random id": (set_cell(1, id="3f2a1b7c"), "readable id"),
    "random long id": (set_cell(1, id="b5d8c3f2-1a2b-4c3d-8e4f-5a6b7c8d9e0f"), "readable id"),
    "title": (set_source(0, "# Bits"), "asks a question"),
    "no heading": (set_source(0, "What is a bit?"), "asks a question"),
    "long cell": (set_source(1, "import math\n" * 16), "16 lines of code"),
    "magic": (set_source(1, "%matplotlib inline"), "not plain Python"),
    "counts": (set_cell(1, execution_count=5), "[5, 2, 3]"),
    "no count": (set_cell(1, execution_count=None), "[None, 2, 3]"),
    "stripped": (set_cell(2, outputs=[]), "no output is stored"),
    "error": (
        add_output(output_type="error", ename="ValueError", evalue="", traceback=[]),
        "an error is stored: ValueError",
    ),
    "stderr": (add_output(output_type="stream", name="stderr", text="oh"), "wrote to stderr"),
    "live widget": (
        add_data("application/vnd.jupyter.widget-view+json", {"model_id": "a"}),
        "live widget",
    ),
    "address": (add_data("text/plain", "<object at 0x7f293ab1b950>"), "memory address"),
    "big picture": (add_data("image/png", BIG_PICTURE), "picture of 300,001 bytes"),
    "silent picture": (show_picture_without_a_text, "says what its picture shows"),
    "path in output": (add_data("text/html", "in /home/ada/kl"), "path of one machine: /home/ada"),
    "path in source": (set_source(1, "x = '/Users/ada/x'"), "path of one machine: /Users/ada"),
    "dead link": (set_source(0, "# Why?\n[a](02-no.ipynb)"), "02-no.ipynb leads nowhere"),
    "dead picture": (set_source(0, '# Why?\n<img src="no.png">'), "no.png leads nowhere"),
    "one tag": (set_cell(4, metadata={"tags": ["exercise"]}), "has the tags"),
    "untagged": (set_cell(4, metadata={}), "has the tags"),
    "no check": (set_source(4, "answer = None\nanswer"), "last line of an exercise is its check"),
    "no hint": (set_source(5, HELP.replace("Hint", "Help")), "no hint"),
    "no solution": (set_source(5, HELP.replace("Solution", "Answer")), "no solution"),
    "two solutions": (set_source(5, HELP + HELP), "one python block"),
    "two blocks": (set_source(5, HELP.replace("1\n", "1\n```\n\n```python\n")), "one python block"),
    "exercise number": (set_source(3, "### Exercise 2: bits"), "['2']"),
    "no question": (set_source(3, "How many?"), "its heading and its question"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_named(defect, tmp_path):
    plant, words = DEFECTS[defect]
    notebook = copy.deepcopy(GOOD)
    plant(notebook)
    found = breaches_of(notebook, tmp_path)
    assert len(found) == 1
    assert words in found[0]


def test_an_explorer_may_name_the_frames_that_a_page_needs(tmp_path):
    notebook = copy.deepcopy(GOOD)
    explore({"mu": 1}, {"mu": -0.5, "n": 100})(notebook)
    assert breaches_of(notebook, tmp_path) == []


def test_an_id_used_twice_is_named():
    notebook = copy.deepcopy(GOOD)
    notebook.cells[1]["id"] = "log-two"
    assert list(rules.check_ids(notebook)) == ["cell log-two: the id is used more than once"] * 2


def test_a_file_name_without_a_number_is_named(tmp_path):
    assert "NN-slug.ipynb" in breaches_of(GOOD, tmp_path, "bits.ipynb")[0]


def test_json_that_nbformat_would_write_otherwise_is_named(tmp_path):
    text = nbformat.writes(GOOD)
    path = tmp_path / "00-bits.ipynb"
    (tmp_path / "01-next.ipynb").touch()
    for other in (text, text.replace("\n ", "\n  ") + "\n"):
        path.write_text(other, encoding="utf-8")
        assert rules.breaches(path) == ["the JSON is not laid out as nbformat writes it"]


# --- ask first


def asking(shown="1.0\n", **metadata):
    """A question, a cell between that shows something, and the answer."""
    between = new_code_cell("print(1.0)", id="between", metadata=metadata)
    between.outputs = [new_output("stream", name="stdout", text=shown)] if shown else []
    return new_notebook(
        cells=[
            new_code_cell("bits = predict('one', 'two')\nbits", id="ask"),
            new_markdown_cell("**Slide.**", id="try"),
            between,
            new_code_cell("bits.reveal('one', 'Because.')", id="reveal"),
            new_code_cell("print(1.0)", id="below"),
        ]
    )


HIDDEN = {"jupyter": {"outputs_hidden": True}}


def test_between_a_question_and_its_answer_nothing_is_printed_in_plain_sight():
    (found,) = rules.check_commit_first(asking())
    assert found == (
        "cell between: shown before ask is answered: give it the metadata"
        ' "jupyter": {"outputs_hidden": true}'
    )
    assert list(rules.check_commit_first(asking(**HIDDEN))) == []
    assert list(rules.check_commit_first(asking(shown=""))) == []


def test_a_value_is_text_and_a_picture_is_none():
    notebook = asking()
    data = {"text/plain": "1.0"}
    notebook.cells[2].outputs = [new_output("execute_result", data=data)]
    assert len(list(rules.check_commit_first(notebook))) == 1
    notebook.cells[2].outputs = [new_output("display_data", data=data | {"image/png": "iVBORw0="})]
    assert list(rules.check_commit_first(notebook)) == []


def test_a_question_that_is_never_answered_folds_nothing():
    notebook = asking()
    del notebook.cells[3]
    assert list(rules.check_commit_first(notebook)) == []


@pytest.mark.parametrize("cell_id", ["ask", "reveal", "below"])
def test_nothing_else_is_folded(cell_id):
    notebook = asking(**HIDDEN)
    for cell in notebook.cells:
        if cell.id == cell_id:
            cell.metadata |= nbformat.from_dict(HIDDEN)
            cell.outputs = notebook.cells[2].outputs
    (found,) = rules.check_commit_first(notebook)
    assert found.startswith(f"cell {cell_id}: it folds")


def test_the_outputs_that_were_in_plain_sight_are_folded():
    hidden = [
        (path.stem[:2], cell.id)
        for path in COURSE
        for cell in cells.code_cells(cells.read(path))
        if cells.hides_outputs(cell)
    ]
    assert len(hidden) >= 22
    assert {("09", "hundred-measured"), ("08", "both-directions")} <= {*hidden}
