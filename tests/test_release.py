"""What a release says of itself in several places is the same in each."""

import ast
import json
import re
import sys
from pathlib import Path

import pytest
import yaml

import kl_helpers

ROOT = Path(__file__).resolve().parents[1]
JOBS = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"]
# What tests of the mathematics may import; nbformat is conftest.py's, for the notebooks' numbers.
TOOLS = {"hypothesis", "ipython", "matplotlib", "mpmath", "mypy", "nbformat", "pytest"}
SMALL = {"kl_helpers", "numpy", "scipy", *TOOLS}


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    extension = json.loads((ROOT / "kl_lab/labextension/package.json").read_text(encoding="utf-8"))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    last = re.search(r"^## \[(\d[^]]*)\]", changes, re.MULTILINE)[1]
    assert {citation["version"], extension["version"], last} == {kl_helpers.__version__}


def imports(path):
    """Names of the packages, in small letters as they are installed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0].lower() for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0].lower()


def test_other_systems_run_the_tests_that_need_the_mathematics_alone():
    needed = {path: set(imports(path)) for path in (ROOT / "tests").glob("test_*.py")}
    alone = {
        f"tests/{path.name}"
        for path, names in needed.items()
        if "kl_helpers" in names and names - sys.stdlib_module_names <= SMALL
    }
    run = " ".join(step.get("run", "") for step in JOBS["mathematics"]["steps"])
    assert set(re.findall(r"tests/\w+\.py", run)) == alone
    (installed,) = re.findall(r"pip install (\w.+?) python", run)
    assert set(installed.split()) == TOOLS


@pytest.mark.parametrize("job", JOBS)
def test_a_job_ends_by_itself(job):
    assert JOBS[job]["timeout-minutes"] <= 90
