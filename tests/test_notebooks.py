"""The rules of tools/notebook_rules.py hold for the course, and each of them can fail."""

import base64
import copy
import re
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
    explorers = {("05", "explore-forward"), ("08", "explore-book"), ("09", "explore-leads")}
    assert explorers <= {*hidden}  # their first numbers are the answer


NUMBER = re.compile(r"(?<![\w.,^-])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\w|[.,]\d)")
FOLDED_TEXT = re.compile(r"<details>.*?</details>", re.DOTALL)
ANSWER = re.compile(r"^Answer: (.*?)\. ", re.DOTALL)
# Numbers that an answer has too, and that do not tell it: number, cell, and what they are there.
OTHER_NUMBERS = {
    ("06", "predict-epsilon", "14.51", "goals"): "15 minutes",
    ("06", "predict-million", "7.7", "ceiling-held"): "the ceiling of another pair",
    ("09", "predict-never", "10", "title"): "1 in 10, where the question has it from",
    ("09", "predict-never", "10", "ask-direction"): "the same",
    ("09", "predict-never", "10", "try-direction"): "the same",
    ("09", "predict-never", "10", "ask-never"): "the same",
    ("09", "predict-bet", "30", "spread-numbers"): "trains",
    ("09", "predict-bet", "30", "hundred-measured"): "29.97 trains, beside the three dots",
    ("09", "predict-bet", "30", "stein-coins"): "trains",
    ("09", "predict-bet", "30", "chance-exact"): "throws of a die",
}


def digits(number):
    """How many significant digits a printed number has."""
    return len(number.replace(",", "").replace(".", "").lstrip("0"))


def is_the_same(one, other):
    """Whether two printed numbers agree to the digits of the shorter, at least two."""
    count = min(digits(one), digits(other))
    values = [float(f"{float(each.replace(',', '')):.{count}g}") for each in (one, other)]
    return count >= 2 and values[0] == values[1]  # both read from decimals of as many digits


def seen(cell):
    """What a reader sees of a cell before answering anything; code is no text.

    JupyterLab puts the first line of what is printed beside the three dots.
    """
    if cell.cell_type == "markdown":
        return FOLDED_TEXT.sub("", cell.source)
    if cells.hides_outputs(cell):
        return cell.outputs[0].get("text", "").partition("\n")[0]
    if cells.reveal_of(cell):
        return ""
    return "\n".join(text for output in cell.get("outputs", ()) for text in rules.texts_of(output))


def numbers_that_answer(question, reveal):
    """The numbers that only the right answer has."""
    answer = ANSWER.match(cells.data_of(reveal, "text/plain"))[1]
    wrong = {n for o in cells.options_of(question) if o != answer for n in NUMBER.findall(o)}
    return set(NUMBER.findall(answer)) - wrong


def told_before(notebook):
    """Yield (question, number, cell) for an answer's number that stands above its reveal."""
    asked = {cells.prediction_of(cell): cell for cell in notebook.cells}
    for i, reveal in enumerate(notebook.cells):
        question = asked.get(cells.reveal_of(reveal)) if cells.reveal_of(reveal) else None
        for number in numbers_that_answer(question, reveal) if question else ():
            for cell in notebook.cells[:i]:
                said = NUMBER.findall(seen(cell)) if cell is not question else ()
                if any(is_the_same(number, each) for each in said):
                    yield question.id, number, cell.id


def test_no_answers_number_stands_above_its_question_or_below_it():
    found = {(path.stem[:2], *told) for path in COURSE for told in told_before(cells.read(path))}
    assert found == {*OTHER_NUMBERS}


def test_a_number_that_tells_an_answer_is_found():
    notebook = asking()
    reveal = notebook.cells[3]
    reveal.outputs = [
        new_output("execute_result", data={"text/plain": "Answer: 32.84 trains. So."})
    ]
    for text, told in {
        "It takes 32.838 trains.": True,
        "about 33": True,
        "32.8, no more": True,
        "30 or 32.9 or 132.84 or 3284": False,
        "<details>32.84</details>": False,
    }.items():
        notebook.cells[1].source = text
        expected = {("ask", "32.84", "try")} if told else set()
        assert {*told_before(notebook)} - {("ask", "32.84", "between")} == expected, text
    notebook = asking("trains:\n33", **HIDDEN)
    notebook.cells[3].outputs = reveal.outputs
    assert list(told_before(notebook)) == []
    del notebook.cells[2].metadata["jupyter"]
    assert list(told_before(notebook)) == [("ask", "32.84", "between")]
    notebook = asking("33 trains\nmore", **HIDDEN)  # the first line is in sight
    notebook.cells[3].outputs = reveal.outputs
    assert list(told_before(notebook)) == [("ask", "32.84", "between")]


def test_a_number_that_a_wrong_option_has_too_tells_nothing():
    notebook = asking()
    outline = "Your prediction:\n  ○ 35 %\n  ○ 17 % of 35"
    notebook.cells[0].outputs = [new_output("execute_result", data={"text/plain": outline})]
    said = {"text/plain": "Answer: 35 %. So."}
    notebook.cells[3].outputs = [new_output("execute_result", data=said)]
    notebook.cells[1].source = "35"
    assert list(told_before(notebook)) == []
    notebook.cells[0].outputs[0].data["text/plain"] = outline.replace("of 35", "")
    assert list(told_before(notebook)) == [("ask", "35", "try")]
