"""Imports point one way, down the list; only the interactive layers know ipywidgets."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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
# Python in a browser can start neither a thread nor a process, and has no server.
NOT_IN_A_BROWSER = {"_thread", "concurrent", "multiprocessing", "subprocess", "threading"}
SERVER = {"jupyter_client", "jupyter_server", "jupyterlab", "jupyterlab_server", "tornado", "zmq"}
PACKAGE = Path(kl_helpers.__file__).parent
ROOT = Path(__file__).resolve().parents[1]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
MODULES = sorted(
    path.relative_to(PACKAGE).with_suffix("").as_posix()
    for path in PACKAGE.rglob("*.py")
    if path != PACKAGE / "__init__.py"
)


def imported(module):
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    return imported_by(ast.walk(tree), module)


def imported_at_the_top(module):
    """What is imported as soon as the module is: all but what stands in a function."""
    nodes = [ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))]
    for node in nodes:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            nodes += ast.iter_child_nodes(node)
    return imported_by(nodes, module)


def imported_by(nodes, module):
    for node in nodes:
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


@pytest.mark.parametrize("module", ["__init__", *MODULES])
def test_nothing_at_the_top_starts_threads_or_processes(module):
    found = {name.split(".")[0] for name in imported_at_the_top(module)}
    assert found.isdisjoint(NOT_IN_A_BROWSER)


def test_what_is_imported_is_among_the_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    found = {name.split(".")[0] for module in MODULES for name in imported(module)}
    packages = packages_distributions()
    others = found - sys.stdlib_module_names - {"kl_helpers"}
    assert {canonicalize_name(name) for each in others for name in packages[each]} == declared


def test_every_explorer_works_without_a_server():
    code = f"""
import sys
sys.modules.update(dict.fromkeys({SERVER}))
sys.path.append({str(ROOT / "tools")!r})
import kl_helpers, lessons
for explore in lessons.explorers().values():
    assert "image/png" in explore()._repr_mimebundle_()[0]
print(len(lessons.explorers()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 24
