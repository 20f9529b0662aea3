"""What a page of the site shows of a notebook: pure functions from its cells to other cells.

Everything comes from the committed outputs; nothing is run. A question becomes one that
`questions.js` makes answerable, an explorer a picture that moves without a kernel, and an exercise
keeps its task and loses the verdict on an answer that nobody gave.
"""

import ast
import html
import re

from nbformat.v4 import new_markdown_cell

from tools import cells

BLANKS = "______"
TOLERANCE = 0.05  # of `predict_number`; tests/test_site.py holds them together
ANSWER = re.compile(r"<p><b>Answer: (.*?)\.</b>\s*(.*)</p></details>$", re.DOTALL)
PIECES = re.compile(r"(\$[^$]+\$|</?(?:em|code)>)")
READ_HERE = (
    "On this page the pictures move and the questions take your answers, with nothing installed."
    " To change the code and have exercises checked, [run it yourself](#Run-it-yourself)."
)
EXERCISE = (
    "Write your answer into this cell of the notebook, which says at once whether it is right:"
    " [run it yourself](#Run-it-yourself)."
)


# --- questions


def tolerance_of(call):
    """How close to the answer a number must come, as its ``predict_number`` asks for it."""
    given = call.args[1:2] or [k.value for k in call.keywords if k.arg == "tolerance"]
    return ast.literal_eval(given[0]) if given else TOLERANCE


def question_of(cell, page):
    """The HTML of a prediction, from the outline that is committed; None for another cell.

    It reads as it stands. `questions.js` makes buttons of it.
    """
    _, call = cells.predict_call(cell)
    if call is None:
        return None
    first = cells.data_of(cell, "text/plain").partition("\n")[0]
    name = f'id="{cell["id"]}" data-page="{page}"'
    if BLANKS in first:
        unit = first.partition(BLANKS)[2].strip()
        named = f", in {html.escape(unit)}" if unit else ""
        return (
            f'<div class="kl-question" {name} data-unit="{html.escape(unit)}"'
            f' data-tolerance="{tolerance_of(call)}">'
            f"<p>Your prediction{named}: {BLANKS}</p></div>"
        )
    options = cells.options_of(cell)
    if len(options) < 2:
        raise ValueError(f"cell {cell['id']}: no options in the outline of its prediction")
    items = "".join(f"<li>{html.escape(option)}</li>" for option in options)
    return f'<div class="kl-question" {name}><p>Your prediction:</p><ul>{items}</ul></div>'


def reveal_of(cell, question):
    """An answer as Markdown, so that its formulas are set like all others.

    Parameters
    ----------
    cell : NotebookNode
    question : str
        The id of the cell that asks.
    """
    found = ANSWER.search(cells.data_of(cell, "text/html"))
    if not found:
        raise ValueError(f"cell {cell['id']}: no answer in what it shows")
    answer, because = found.groups()
    head = f'<details class="kl-reveal" data-question="{question}" data-answer="{answer}">'
    return (
        f"{head}<summary>Reveal the answer</summary>\n\n"
        f"**Answer: {markdown_of(answer)}.** {markdown_of(because)}\n\n</details>"
    )


def markdown_of(text):
    """HTML with no other tags than em and code as Markdown, in which nothing else is a mark."""
    pieces = PIECES.split(text)
    return "".join(
        html.unescape(piece)
        if piece.startswith("$") and piece.endswith("$")
        else piece
        if PIECES.fullmatch(piece)
        else re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", html.unescape(piece))
        for piece in pieces
    )


# --- the page


def raw(text):
    """HTML that goes into the page as it is."""
    return new_markdown_cell(f"````{{raw}} html\n{text}\n````")


def alt_of(cell):
    """What the picture of an ordinary cell shows: the text that its author gave it."""
    alt = cell["metadata"].get("alt", "").strip()
    if not alt:
        raise ValueError(
            f"cell {cell['id']}: its picture has no text that says what it shows: write one as"
            ' "alt" into the cell\'s metadata'
        )
    return alt


def picture_of(cell):
    """The picture of an ordinary cell, with its text."""
    pixels = "".join(cells.data_of(cell, "image/png").split())
    alt = html.escape(alt_of(cell))
    return f'<img class="kl-plot" alt="{alt}" src="data:image/png;base64,{pixels}">'


def page_of(notebook, name, explorer, run):
    """The cells of a page.

    Parameters
    ----------
    notebook : NotebookNode
    name : str
        ``NN-slug``, of the notebook and of the page.
    explorer : callable
        ``explorer("explore_...") -> str``: the HTML of that explorer.
    run : str
        The section that says how to run the notebook, in Markdown.

    Returns
    -------
    list of NotebookNode
    """
    page, asked, before = [], {}, {c.id: q for c, q in cells.asked_before(notebook)}
    for cell in notebook.cells:
        asked[cells.prediction_of(cell)] = cell.id
        if cell.cell_type != "code":
            page.append(cell)
        elif cells.hides_outputs(cell):
            page += folded(cell, before[cell.id][-1], explorer)
        else:
            page += shown(cell, name, asked, explorer)
    page.insert(1, new_markdown_cell(f":::{{container}} kl-read-here\n{READ_HERE}\n:::"))
    return [*page, new_markdown_cell(run)]


def shown(cell, page, asked, explorer):
    """What the page has in place of a code cell."""
    cell = cell.copy()
    cell.metadata = cell.metadata.copy()
    if name := cells.explorer_of(cell):
        return [raw(explorer(name))]
    if question := question_of(cell, page):
        return [raw(question)]
    if name := cells.reveal_of(cell):
        return [new_markdown_cell(reveal_of(cell, asked[name]))]
    if cells.is_exercise(cell):
        cell.outputs = []
        cell.metadata["tags"] = []
        return [cell, new_markdown_cell(f":::{{container}} kl-where\n{EXERCISE}\n:::")]
    if cells.only_imports(cell):
        cell.metadata["tags"] = [*cells.tags_of(cell), "hide-input"]
    if cells.data_of(cell, "image/png"):
        picture = raw(picture_of(cell))
        cell.outputs = [o for o in cell.outputs if "image/png" not in o.get("data", {})]
        return [cell, picture]
    return [cell]


def folded(cell, question, explorer):
    """A cell that has the answer to a question: what it shows is closed until one has committed.

    `questions.js` opens it at Commit. Whoever has no script, or no patience, opens it by hand.
    """
    if name := cells.explorer_of(cell):
        return [raw(closed(question, "picture", explorer(name)))]
    texts = [
        output.text if output.output_type == "stream" else output.data["text/plain"]
        for output in cell.outputs
    ]
    cell = cell.copy()
    cell.outputs = []
    said = (
        '<div class="cell_output"><div class="output stream highlight-myst-ansi">'
        f'<div class="highlight"><pre>{html.escape("".join(texts))}</pre></div></div></div>'
    )
    return [cell, raw(closed(question, "output", said))]


def closed(question, what, content):
    return (
        f'<details class="kl-folded" data-until="{question}" data-open="The {what}">'
        f"<summary>Commit first, or show the {what}</summary>\n{content}\n</details>"
    )


def anchor(title):
    """The end of a link to a heading, as JupyterLab makes it."""
    return title.replace(" ", "-")


def lite_address(name):
    return f"lite/lab/index.html?path={name}.ipynb"


def run_section(name, with_lite, address=""):
    """How to run a notebook: in the browser, where the site can, and on one's own machine.

    Parameters
    ----------
    name : str
    with_lite : bool
    address : str
        Of the course's repository; without one, nothing is said about how to get the course.
    """
    link = f'<a href="{lite_address(name)}">open {name}</a>'
    here = f"- **In this browser**, with nothing to install: {link}.\n" if with_lite else ""
    get = ", in the folder of the course:\n  ```"
    if address:
        get = f":\n  ```\n  git clone {address} kl-divergence && cd kl-divergence"
    return f"""## Run it yourself

{here}- **On your own machine**, with Python 3.11 or newer{get}
  make lab
  ```
  Then open `notebooks/{name}.ipynb`, and choose **Run → Run All Cells**.
- **Elsewhere**: <a href="notebooks/{name}.ipynb" download>the notebook as a file</a>. It needs the
  course's packages, `kl_helpers` and `kl_course`, which come with the folder of the course.
"""


# --- the start page


def start_page(readme, series, explorer, names):
    """The page that leads to all others, in Markdown.

    Parameters
    ----------
    readme : str
        README.md, whose first paragraph says what the course is.
    series : str
        The map in notebook 0: a table of the notebooks, and the routes.
    explorer : str
        The HTML of an explorer to begin with.
    names : list of str
        Of the pages, in order.
    """
    title, what, *_ = readme.split("\n\n")
    here = re.compile(r"^\| 00 \| (.+?) \*You are here\.\* \|$", re.MULTILINE)
    table, found = here.subn(r"| [00 Start here](00-start-here.ipynb) | \1 |", series)
    if found != 1:
        raise ValueError("the map in notebook 0 has no row that says where one is")
    return (
        f"{title}\n\n{what}\n\n{TRY}\n\n```{{raw}} html\n{explorer}\n```\n\n"
        f"{AFTER}\n\n## The notebooks\n\n{table.partition(chr(10))[2].strip()}\n\n"
        "```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"
    )


TRY = (
    "Here is the first picture. p is the truth, q what somebody believes; the number says what"
    " that belief costs. Move μ of q to 2: is the price twice as high?"
)
AFTER = (
    "[Begin with notebook 00](00-start-here.ipynb). These pages need nothing but a browser: the"
    " pictures move, and a question shows its answer once you have committed to yours. What you"
    " answer stays in your browser. Each page says how to run its notebook, in which you can change"
    " the code, and in which the exercises check what you write.\n\n"
    'All explorers, each alone, and for a page of yours too: <a href="explorers/index.html">choose'
    " one</a>."
)
