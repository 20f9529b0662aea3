"""Running a notebook fills it with clean outputs, and refuses one that misbehaves."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import run_notebooks
from tools.notebook_rules import METADATA, breaches

TITLE = new_markdown_cell("# Does it run?", id="title")


def write(path, *sources, metadata=METADATA, tags=()):
    cells = [
        new_code_cell(source, id=f"cell-{i}", metadata={"tags": list(tags)} if tags else {})
        for i, source in enumerate(sources)
    ]
    notebook = new_notebook(metadata=metadata, cells=[TITLE, *cells])
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return path


def test_outputs_are_clean_and_sources_stay(tmp_path, capsys):
    sources = (
        "import ipywidgets\nimport matplotlib.pyplot as plt",
        "print('one')\nprint('μ')",
        "_ = plt.plot([1, 2])",
        "ipywidgets.IntSlider(description='μ')",
        "ipywidgets.HTML('<b>two</b>')",
    )
    path = write(tmp_path / "00-clean.ipynb", *sources, metadata={"widgets": {}, **METADATA})
    plotted = nbformat.read(path, as_version=4)
    plotted.cells[3].metadata["alt"] = "A line that rises from 1 to 2."
    plotted.cells[3].metadata["collapsed"] = False  # JupyterLab's
    path.write_text(nbformat.writes(plotted), encoding="utf-8")
    assert run_notebooks.main([str(path)]) == 0
    assert "00-clean.ipynb" in capsys.readouterr().out
    assert breaches(path) == []

    first_run = path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    code = notebook.cells[1:]
    assert [cell.source for cell in code] == list(sources)
    assert [cell.id for cell in code] == [f"cell-{i}" for i in range(5)]
    assert [output.text for output in code[1].outputs] == ["one\nμ\n"]
    assert "image/png" in code[2].outputs[0].data
    assert code[3].outputs[0].data == {"text/plain": "IntSlider(value=0, description='μ')"}

    assert run_notebooks.main([str(path)]) == 0
    assert path.read_bytes() == first_run


SWALLOWED = """import ipywidgets
slider = ipywidgets.IntSlider()
_ = ipywidgets.interactive(lambda x: 1 / (x - 3), x=slider)
slider.value = 3"""
MISBEHAVIOUR = {
    "raises": ("1 / 0", (), ("cell cell-1", "ZeroDivisionError")),
    "raises in an exercise": ("1 / 0", ("exercise", "raises-exception"), ("ZeroDivisionError",)),
    "warns": ("import warnings\nwarnings.warn('beware')", (), ("UserWarning: beware",)),
    "stderr": ("import sys\n_ = sys.stderr.write('oh')", (), ("cell cell-1 wrote to stderr: oh",)),
    "swallowed": (SWALLOWED, (), ("a widget's callback raised ZeroDivisionError",)),
    "dies": ("import os\nos._exit(1)", (), ("Kernel died",)),
}


@pytest.mark.slow
@pytest.mark.parametrize("misbehaviour", MISBEHAVIOUR)
def test_a_notebook_that_misbehaves_is_reported_and_left_alone(misbehaviour, tmp_path, capsys):
    source, tags, words = MISBEHAVIOUR[misbehaviour]
    path = write(tmp_path / "00-bad.ipynb", "first = 1", source, tags=tags)
    before = path.read_bytes()
    assert run_notebooks.main([str(path)]) == 1
    assert path.read_bytes() == before
    printed = capsys.readouterr().out
    for word in ("00-bad.ipynb", *words):
        assert word in printed


def test_check_judges_without_running(tmp_path, capsys):
    path = write(tmp_path / "00-unrun.ipynb", "1 + 1")
    before = path.read_bytes()
    assert run_notebooks.main(["--check", str(path)]) == 1
    assert "the execution counts are not 1, 2, 3" in capsys.readouterr().out
    assert path.read_bytes() == before
