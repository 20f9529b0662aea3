"""Imports point one way, down the list; only the interactive modules know ipywidgets."""

import ast
from pathlib import Path

import pytest

import kl_helpers

LAYERS = [  # the list of CONTRIBUTING.md, top to bottom
    "explorers",
    "explorer",
    "plots",
    "checks",
    "estimators",
    "distributions",
    "divergences",
    "_validation",
]
INTERACTIVE = {"explorers", "explorer", "checks"}
PACKAGE = Path(kl_helpers.__file__).parent


def imported(name):
    for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"kl_helpers.{node.module}" if node.level else node.module


def test_every_module_has_its_place_in_the_list():
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", *LAYERS}


@pytest.mark.parametrize("name", LAYERS)
def test_a_module_imports_only_from_below(name):
    below = {f"kl_helpers.{layer}" for layer in LAYERS[LAYERS.index(name) + 1 :]}
    assert {module for module in imported(name) if module.startswith("kl_helpers")} <= below


@pytest.mark.parametrize("name", LAYERS)
def test_only_interactive_modules_import_ipywidgets(name):
    assert name in INTERACTIVE or "ipywidgets" not in set(imported(name))
