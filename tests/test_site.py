"""What the site's pages take from the notebooks: questions, answers, exercises, pictures."""

import ast
import html
import inspect
import re
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from kl_course.checks import predict_number
from tools import cells, lessons
from web import pages, repository

ROOT = Path(__file__).resolve().parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTEBOOKS = {path.stem: cells.read(path) for path in PATHS}
CELLS = [(name, c) for name, book in NOTEBOOKS.items() for c in cells.code_cells(book)]
QUESTIONS = {(name, c.id): c for name, c in CELLS if cells.prediction_of(c)}
REVEALS = {(name, c.id): c for name, c in CELLS if cells.reveal_of(c)}
EXERCISES = {(name, c.id): c for name, c in CELLS if cells.is_exercise(c)}
PNG = "iVBORw0KGgo="


def page_of(name):
    return pages.page_of(NOTEBOOKS[name], name, "[{}]".format, "## Run it yourself")


def asked_by(cell):
    """What a question's cell asks, by running its call: the function's name, and the arguments."""
    calls = []
    names = {
        name: lambda *args, name=name, **kwargs: calls.append((name, args, kwargs))
        for name in ("predict", "predict_number")
    }
    exec(cell.source, names)
    ((name, args, kwargs),) = calls
    return name, args, kwargs


# --- questions


def test_there_are_questions_of_both_kinds_and_exercises():
    kinds = [asked_by(cell)[0] for cell in QUESTIONS.values()]
    assert kinds.count("predict") > 30
    assert kinds.count("predict_number") >= 5
    assert len(REVEALS) == len(QUESTIONS)
    assert len(EXERCISES) > 30


@pytest.mark.parametrize("key", QUESTIONS, ids="-".join)
def test_a_question_asks_what_its_cell_asks(key):
    name, args, kwargs = asked_by(QUESTIONS[key])
    shown = pages.question_of(QUESTIONS[key], key[0])
    assert f'id="{key[1]}" data-page="{key[0]}"' in shown
    assert "Run All" not in shown
    if name == "predict":
        items = re.findall(r"<li>(.*?)</li>", shown)
        assert tuple(map(html.unescape, items)) == args
    else:
        asked = inspect.signature(predict_number).bind(*args, **kwargs)
        asked.apply_defaults()
        (unit,) = re.findall(r'data-unit="(.*?)"', shown)
        (tolerance,) = re.findall(r'data-tolerance="(.*?)"', shown)
        assert html.unescape(unit) == asked.arguments["unit"]
        assert float(tolerance) == asked.arguments["tolerance"]


@pytest.mark.parametrize("key", REVEALS, ids="-".join)
def test_an_answer_belongs_to_a_question_above_it_and_answers_it(key):
    page, name = key
    ids = [cell.id for cell in NOTEBOOKS[page].cells]
    above = NOTEBOOKS[page].cells[: ids.index(name)]
    asked = cells.reveal_of(REVEALS[key])
    question = next(c for c in reversed(above) if cells.prediction_of(c) == asked)
    texts = [cell.source for cell in page_of(page)]
    (place,) = (i for i, text in enumerate(texts) if f'data-question="{question.id}"' in text)
    assert any(f'id="{question.id}"' in text for text in texts[:place])
    assert "<summary>Reveal the answer</summary>\n\n**Answer: " in texts[place]
    (answer,) = re.findall(r'^<details class="kl-reveal" .+ data-answer="(.*?)">', texts[place])
    asked, args, _ = asked_by(question)
    if asked == "predict":
        assert html.unescape(answer) in args
    else:
        number, *unit = answer.split(" ", 1)
        assert float(number) > 0
        assert unit == [each for each in args[:1] if each]


def test_the_words_of_an_answer_are_no_markdown():
    words = "2*3*4 and _x_, <em>p</em> &lt; q[1], `no`, <code>a_b</code>: $a_1 &lt; *b*$."
    assert pages.markdown_of(words) == (
        r"2\*3\*4 and \_x\_\, <em>p</em> \< q\[1\]\, \`no\`\, <code>a\_b</code>\: $a_1 < *b*$\."
    )


NUMBER = "Your prediction: ______"


def question(source, outline=NUMBER):
    cell = new_code_cell(source, id="asked")
    cell.outputs = [new_output("execute_result", {"text/plain": f"{outline}\nRun All Cells"})]
    return pages.question_of(cell, "page")


def test_a_number_is_asked_for_in_its_unit_or_in_none():
    shown = re.sub(r"<[^>]*>", "", question('m = predict_number("m")', f"{NUMBER} m"))
    assert shown == "Your prediction, in m: ______"
    assert re.sub(r"<[^>]*>", "", question("m = predict_number()")) == "Your prediction: ______"


@pytest.mark.parametrize(
    ("source", "tolerance"),
    [
        ("m = predict_number()", pages.TOLERANCE),
        ('m = predict_number("m", 0.1)', 0.1),
        ('m = predict_number("m", tolerance=0.2)', 0.2),
        ('n = round(1.5, 2)\nm = predict_number("m")', pages.TOLERANCE),
        ('n = round(1.5, 2)\nm = predict_number("m", 0.1)\nm', 0.1),
    ],
)
def test_how_close_a_number_must_come_is_read_off_its_call(source, tolerance):
    assert f'data-tolerance="{tolerance}"' in question(source)


def test_a_lone_dollar_begins_no_formula():
    assert pages.markdown_of("$5 a_b") == r"\$5 a\_b"


def test_a_question_without_options_or_an_answer_without_words_is_refused():
    bare = new_code_cell("choice = predict()", id="odd")
    bare.outputs = [new_output("execute_result", {"text/plain": "Your prediction:\nnothing"})]
    with pytest.raises(ValueError, match="odd: no options"):
        pages.question_of(bare, "page")
    with pytest.raises(ValueError, match="odd: no answer"):
        pages.reveal_of(bare, "question")


# --- exercises, explorers, and cells of imports


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_exercise_keeps_its_task_and_loses_its_verdict(name):
    page = page_of(name)
    tasks = {c.id: i for i, c in enumerate(page) if (name, c.id) in EXERCISES}
    assert tasks.keys() == {cell_id for book, cell_id in EXERCISES if book == name}
    for cell_id, i in tasks.items():
        assert page[i].source == EXERCISES[name, cell_id].source
        assert page[i].outputs == []
        assert "(#Run-it-yourself)" in page[i + 1].source
        assert "<summary>Hint</summary>" in page[i + 2].source
        assert "<summary>Solution</summary>" in page[i + 2].source
    assert "Not attempted" not in nbformat.writes(new_notebook(cells=page))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_page_keeps_everything_else(name):
    before, after = NOTEBOOKS[name].cells, page_of(name)
    assert [c for c in after if c.cell_type == "markdown" and c in before] == [
        c for c in before if c.cell_type == "markdown"
    ]
    replaced = {c.id for c in before if c.cell_type == "code"} - {c.id for c in after}
    explorers = {c.id for page, c in CELLS if page == name and cells.explorer_of(c)}
    of_page = {cell_id for page, cell_id in (*QUESTIONS, *REVEALS) if page == name}
    assert replaced == explorers | of_page
    kept = {c.id: c for c in after if c.cell_type == "code"}
    for cell in cells.code_cells(NOTEBOOKS[name]):
        if cell.id in kept and (name, cell.id) not in EXERCISES:
            pictureless = [o for o in cell.outputs if "image/png" not in o.get("data", {})]
            assert kept[cell.id].outputs == ([] if cells.hides_outputs(cell) else pictureless)


FOLD = re.compile(
    r'<details class="kl-folded" data-until="(.*?)" data-open="The (.*?)">'
    r"<summary>Commit first, or show the (.*?)</summary>\n(.*)\n</details>\n````",
    re.DOTALL,
)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_tells_an_answer_is_closed_until_one_has_committed(name):
    texts = [other.source for other in page_of(name)]
    hidden = [c for c in cells.code_cells(NOTEBOOKS[name]) if cells.hides_outputs(c)]
    folds = [(i, FOLD.search(text)) for i, text in enumerate(texts) if "kl-folded" in text]
    for cell, (i, fold) in zip(hidden, folds, strict=True):
        until, what, again, content = fold.groups()
        assert what == again
        if explorer := cells.explorer_of(cell):
            assert (what, content) == ("picture", f"[{explorer}]")
        else:
            assert texts[i - 1] == cell.source
            assert what == "output"
            assert f"<pre>{html.escape(cell.outputs[0].text)}</pre>" in content
        (question,) = (j for j, text in enumerate(texts) if f'id="{until}"' in text)
        (answer,) = (j for j, text in enumerate(texts) if f'data-question="{until}"' in text)
        assert question < i < answer


def test_every_explorer_has_its_place():
    shown = {cells.explorer_of(cell) for _, cell in CELLS} - {None}
    assert shown == lessons.explorers().keys()
    for name in NOTEBOOKS:
        text = "\n".join(cell.source for cell in page_of(name))
        for _, cell in ((page, cell) for page, cell in CELLS if page == name):
            if explorer := cells.explorer_of(cell):
                assert f"\n[{explorer}]\n" in text


def test_only_imports_are_folded_away():
    folded = {
        (name, cell.id)
        for name in NOTEBOOKS
        for cell in page_of(name)
        if "hide-input" in cell.metadata.get("tags", [])
    }
    assert len(folded) >= 12
    for name, cell in CELLS:
        statements = ast.parse(cell.source).body
        only = {type(one) for one in statements} <= {ast.Import, ast.ImportFrom}
        assert ((name, cell.id) in folded) == only


def test_a_page_does_not_change_the_notebook():
    before = nbformat.writes(NOTEBOOKS["00-start-here"])
    page_of("00-start-here")
    assert nbformat.writes(NOTEBOOKS["00-start-here"]) == before


# --- pictures


def plot(**metadata):
    cell = new_code_cell("plot_it()", id="plotted", metadata=metadata)
    cell.outputs = [new_output("display_data", {"image/png": PNG, "text/plain": "<Figure>"})]
    return cell


def test_a_picture_of_an_ordinary_cell_has_its_authors_text():
    notebook = new_notebook(cells=[new_code_cell("import math"), plot(alt='Two "curves" <')])
    text = "\n".join(c.source for c in pages.page_of(notebook, "page", str, ""))
    assert f'alt="Two &quot;curves&quot; &lt;" src="data:image/png;base64,{PNG}"' in text


@pytest.mark.parametrize("metadata", [{}, {"alt": "  "}])
def test_a_picture_without_a_text_is_refused(metadata):
    with pytest.raises(ValueError, match="cell plotted: its picture has no text"):
        pages.page_of(new_notebook(cells=[plot(**metadata)]), "page", str, "")


# --- the start page, and how to run a notebook


def test_the_start_page_leads_to_every_notebook():
    (series,) = (c.source for c in NOTEBOOKS["00-start-here"].cells if c.id == "series")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    start = pages.start_page(readme, series, "[explorer]", list(NOTEBOOKS))
    assert start.startswith("# KL divergence, an interactive course\n\nNotebooks that teach")
    assert "[explorer]" in start
    assert "You are here" not in start
    linked = re.findall(r"^\| \[\d\d .+?\]\((\S+)\.ipynb\) \|", start, re.MULTILINE)
    assert linked == [path.stem for path in lessons.notebooks()]
    assert all(f"({path.name}" in start for path in lessons.appendices())
    (tree,) = re.findall(r"```{toctree}\n:hidden:\n\n(.*?)\n```", start, re.DOTALL)
    assert tree.splitlines() == list(NOTEBOOKS)
    with pytest.raises(ValueError, match="no row"):
        pages.start_page(readme, "| a | table |", "", [])


def test_a_page_says_how_to_run_its_notebook():
    alone, with_lite = (pages.run_section("03-cross-entropy", lite) for lite in (False, True))
    for text in (alone, with_lite):
        assert text.startswith("## Run it yourself")
        assert "make lab" in text
        assert 'href="notebooks/03-cross-entropy.ipynb"' in text
    link = 'href="lite/lab/index.html?path=03-cross-entropy.ipynb"'
    assert link in with_lite
    assert link not in alone


@pytest.mark.parametrize("with_lite", [False, True])
def test_a_page_says_where_the_course_is_if_that_is_known(with_lite):
    known = pages.run_section("00-start-here", with_lite, "https://git.example.org/kl.git")
    assert "\n  ```\n  git clone https://git.example.org/kl.git kl-divergence && cd" in known
    unknown = pages.run_section("00-start-here", with_lite)
    assert "newer, in the folder of the course:\n  ```\n  make lab\n  ```\n" in unknown
    for word in ("git", "address", "<the"):
        assert word not in unknown


ADDRESS = "https://example.org/ada/kl.git"
REMOTES = {
    ADDRESS: ADDRESS,
    "https://example.org/ada/kl": "https://example.org/ada/kl",
    "https://example.org:8443/ada/kl": "https://example.org:8443/ada/kl",
    "https://ada:se@cret@example.org/ada/kl.git": ADDRESS,
    "https://token@example.org/ada/kl.git": ADDRESS,
    "git@example.org:ada/kl.git": ADDRESS,
    "ssh://git@example.org/ada/kl.git": ADDRESS,
    "ssh://git@example.org:2222/ada/kl.git": ADDRESS,
}
NO_PUBLIC_ADDRESSES = (
    "",
    "garbage",
    "/home/ada/kl",
    "../kl.git",
    "C:\\kl",
    "file:///home/ada/kl",
    "http://example.org/ada/kl",
    "https://localhost/ada/kl",
    "https://127.0.0.1:3000/ada/kl",
    "git@localhost:ada/kl",
    "https://example.org/ada/kl?token=secret",
    "https://example.org/<b>",
    "https://[::1",
)


@pytest.mark.parametrize(("remote", "expected"), [*REMOTES.items()])
def test_a_remote_is_told_as_https_without_credentials(remote, expected):
    assert repository.https_address(f"{remote}\n") == expected


@pytest.mark.parametrize("remote", NO_PUBLIC_ADDRESSES)
def test_what_no_reader_can_reach_is_not_told(remote):
    assert repository.https_address(remote) == ""


def git(folder, *arguments):
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def test_the_address_is_that_of_the_folders_own_remote(tmp_path):
    inner = tmp_path / "unpacked"
    inner.mkdir()
    git(tmp_path, "init")
    assert repository.address(tmp_path) == ""
    git(tmp_path, "remote", "add", "origin", "git@example.org:ada/kl.git")
    assert repository.address(tmp_path) == ADDRESS
    assert repository.address(inner) == ""  # an archive, unpacked within somebody's repository
    git(tmp_path, "remote", "set-url", "origin", "/srv/kl.git")
    assert repository.address(tmp_path) == ""


def test_without_git_no_address_is_told(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", "")
    assert repository.address(tmp_path) == ""
