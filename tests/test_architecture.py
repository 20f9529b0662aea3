"""Imports point one way, down the list; only the interactive layers know ipywidgets."""

import ast
from pathlib import Path

import pytest

import kl_helpers

LAYERS = [  # the list of CONTRIBUTING.md, top to bottom
    "explorers",
    "engine",
    "scene",
    "overlay",
    "plots",
    "checks",
    "memory",
    "estimators",
    "quadrature",
    "distributions",
    "divergences",
    "_validation",
]
INTERACTIVE = {"engine", "checks"}
PACKAGE = Path(kl_helpers.__file__).parent
MODULES = sorted(
    path.relative_to(PACKAGE).with_suffix("").as_posix()
    for path in PACKAGE.rglob("*.py")
    if path != PACKAGE / "__init__.py"
)


def imported(module):
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively; name kl_helpers in full"
            yield node.module


def layers_of(modules):
    return {name.split(".")[1] for name in modules if name.startswith("kl_helpers.")}


def test_every_module_has_its_place_in_the_list():
    assert {module.split("/")[0] for module in MODULES} == set(LAYERS)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_below(module):
    layer = module.split("/")[0]
    own = {layer} if "/" in module else set()
    assert layers_of(imported(module)) <= own | set(LAYERS[LAYERS.index(layer) + 1 :])


@pytest.mark.parametrize("module", [m for m in MODULES if "/" in m and "__init__" not in m])
def test_a_notebook_has_its_own_module(module):
    package = "kl_helpers." + module.split("/")[0]
    siblings = {name for name in imported(module) if name.startswith(package)}
    assert siblings <= {f"{package}._shared"}


@pytest.mark.parametrize("module", MODULES)
def test_only_interactive_layers_know_widgets(module):
    widgets = {"ipywidgets", "anywidget", "traitlets"}
    assert module.split("/")[0] in INTERACTIVE or not widgets & set(imported(module))
