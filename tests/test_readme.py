"""What the README says is so: its examples, its links, its table of notebooks."""

import doctest
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_examples_run():
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False, encoding="utf-8")
    assert results.attempted >= 3
    assert results.failed == 0


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_table_lists_every_notebook_with_its_question():
    rows = re.findall(r"^\| \[(\d+)\]\(notebooks/(\S+)\) \| (.+?) \|", README, re.MULTILINE)
    titles = [json.loads(path.read_text())["cells"][0]["source"][0].strip() for path in NOTEBOOKS]
    assert [f"# {number}. {question}" for number, _, question in rows] == titles
    assert [name for _, name, _ in rows] == [path.name for path in NOTEBOOKS]


def test_named_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in ("README.md", "CONTRIBUTING.md"):
        commands = re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / page).read_text(), re.MULTILINE)
        assert commands
        assert set(commands) <= targets
