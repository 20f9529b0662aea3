"""Imports point one way, down the list; only the interactive layers know ipywidgets."""

import ast
import re
import subprocess
import sys
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
    "models",
    "report",
    "estimators",
    "quadrature",
    "distributions",
    "divergences",
    "_validation",
]
INTERACTIVE = {"engine", "checks"}
MATHEMATICS = LAYERS[LAYERS.index("models") :]
NOTEBOOK_LIBRARIES = {"IPython", "anywidget", "ipywidgets", "matplotlib", "traitlets"}
PACKAGE = Path(kl_helpers.__file__).parent
CONTRIBUTING = Path(__file__).resolve().parents[1] / "CONTRIBUTING.md"
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


def test_contributing_draws_the_same_picture():
    page = " ".join(CONTRIBUTING.read_text(encoding="utf-8").split())
    (layers,) = re.findall(r"imports of `kl_helpers` point one way: ([^.]+)\.", page)
    (interactive,) = re.findall(r"Only ([^.]+) know widgets", page)
    assert layers.split(" → ") == LAYERS
    assert set(re.findall(r"`(\w+)`", interactive)) == INTERACTIVE


@pytest.mark.parametrize("module", [m for m in MODULES if "/" in m and "__init__" not in m])
def test_a_lesson_knows_no_other(module):
    known = {name.split(".")[2] for name in imported(module) if name.count(".") == 2}
    assert known <= {module.split("/")[1], "_shared"}


@pytest.mark.parametrize("module", MODULES)
def test_only_interactive_layers_know_widgets(module):
    widgets = {"ipywidgets", "anywidget", "traitlets"}
    assert module.split("/")[0] in INTERACTIVE or not widgets & set(imported(module))


def test_the_mathematics_needs_no_notebook():
    modules = [module for module in MODULES if module.split("/")[0] in MATHEMATICS]
    assert any(module.startswith("models/") for module in modules)
    names = [f"kl_helpers.{module.replace('/', '.')}" for module in modules]
    blocked = f"import sys; sys.modules.update(dict.fromkeys({NOTEBOOK_LIBRARIES}))"
    subprocess.run(
        [sys.executable, "-c", f"{blocked}; import kl_helpers, {', '.join(names)}"], check=True
    )
