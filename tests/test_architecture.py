"""Imports point one way, down two lists; only the interactive layers know ipywidgets."""

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

ROOT = Path(__file__).resolve().parents[1]
LAYERS = {  # the lists of CONTRIBUTING.md, top to bottom
    "kl_helpers": [
        "_report",
        "_table",
        "estimators",
        "quadrature",
        "distributions",
        "divergences",
        "_validation",
        "style",
    ],
    "kl_course": [
        "explorers",
        "engine",
        "scene",
        "overlay",
        "plots",
        "checks",
        "recall",
        "models",
        "kl_helpers",
    ],
}
INTERACTIVE = {"engine", "checks"}
# Python in a browser can start neither a thread nor a process, and has no server.
NOT_IN_A_BROWSER = {"_thread", "concurrent", "multiprocessing", "subprocess", "threading"}
SERVER = {"jupyter_client", "jupyter_server", "jupyterlab", "jupyterlab_server", "tornado", "zmq"}
MODULES = sorted(  # "kl_course.explorers.codes"
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in LAYERS
    for path in (ROOT / package).rglob("*.py")
)
INNER = [module for module in MODULES if module.count(".") > 1 or "__init__" not in module]


def tree_of(module):
    return ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))


def imported(module):
    return imported_by(ast.walk(tree_of(module)), module)


def imported_at_the_top(module):
    """What is imported as soon as the module is: all but what stands in a function."""
    nodes = [tree_of(module)]
    for node in nodes:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            nodes += ast.iter_child_nodes(node)
    return imported_by(nodes, module)


def imported_by(nodes, module):
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively; name its package in full"
            submodules = node.module in LAYERS
            yield from (f"{node.module}.{alias.name}" for alias in node.names if submodules)
            yield node.module


def layer_of(name):
    """The layer that an import of `kl_course` or `kl_helpers` leads to, seen from kl_course."""
    package, _, rest = name.partition(".")
    return package if package == "kl_helpers" else rest.partition(".")[0]


def test_every_module_has_its_place_in_a_list():
    layers = {(*module.split(".")[:2],) for module in INNER}
    assert layers == {(p, layer) for p in LAYERS for layer in LAYERS[p] if layer != "kl_helpers"}


@pytest.mark.parametrize("module", [m for m in INNER if m.startswith("kl_helpers.")])
def test_the_mathematics_imports_only_from_below(module):
    layers = LAYERS["kl_helpers"]
    known = {name for name in imported(module) if name.split(".")[0].startswith("kl_")}
    layer = module.split(".")[1]
    below = {f"kl_helpers.{each}" for each in layers[layers.index(layer) + 1 :]}
    assert all(any(f"{name}.".startswith(f"{each}.") for each in below) for name in known)


@pytest.mark.parametrize("module", [m for m in INNER if m.startswith("kl_course.")])
def test_the_course_imports_only_from_below(module):
    layers = LAYERS["kl_course"]
    known = {layer_of(n) for n in imported(module) if n.split(".")[0].startswith("kl_")}
    layer = module.split(".")[1]
    own = {layer} if module.count(".") > 1 else set()
    assert known - {""} <= own | set(layers[layers.index(layer) + 1 :])


def test_the_mathematics_needs_numpy_and_scipy_only():
    """A picture of `report` asks for more, when it is drawn."""
    modules = [module for module in MODULES if module.startswith("kl_helpers.")]
    found = {name.split(".")[0] for module in modules for name in imported_at_the_top(module)}
    assert found - sys.stdlib_module_names == {"kl_helpers", "numpy", "scipy"}


def test_contributing_draws_the_same_picture():
    page = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    for package, layers in LAYERS.items():
        (said,) = re.findall(rf"imports of `{package}`,[^,]*, point one way: ([^.]+)\.", page)
        assert said.split(" → ") == layers
    (interactive,) = re.findall(r"Only ([^.]+) know widgets", page)
    assert set(re.findall(r"`(\w+)`", interactive)) == INTERACTIVE


LESSONS = [m for m in INNER if m.count(".") > 1 and not m.endswith("__init__")]


@pytest.mark.parametrize("module", LESSONS)
def test_a_lesson_knows_no_other(module):
    known = {n.split(".")[2] for n in imported(module) if re.match(r"kl_course(\.\w+){2}$", n)}
    assert known <= {module.split(".")[2], "_shared"}


@pytest.mark.parametrize("module", INNER)
def test_only_interactive_layers_know_widgets(module):
    widgets = {"ipywidgets", "anywidget", "traitlets"}
    assert module.split(".")[1] in INTERACTIVE or not widgets & set(imported(module))


@pytest.mark.parametrize("module", [m for m in INNER if m.startswith("kl_course.models.")])
def test_a_model_knows_no_picture(module):
    roots = {name.split(".")[0] for name in imported(module)}
    assert roots.isdisjoint({"IPython", "matplotlib", "PIL"})


@pytest.mark.parametrize("module", MODULES)
def test_nothing_at_the_top_starts_threads_or_processes(module):
    found = {name.split(".")[0] for name in imported_at_the_top(module)}
    assert found.isdisjoint(NOT_IN_A_BROWSER)


def lengths(folder):
    """(lines, name) of every function below a folder."""
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.end_lineno - node.lineno + 1, f"{path.name}: {node.name}"


@pytest.mark.parametrize(
    "folder", ["kl_helpers", "kl_course", "kl_lab", "web", "tools", "benchmarks"]
)
def test_a_function_fits_on_two_screens(folder):
    assert [name for lines, name in lengths(folder) if lines > 80] == []


def test_what_is_imported_is_asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["course"]]
    declared = {canonicalize_name(Requirement(line).name) for line in asked}
    found = {name.split(".")[0] for module in MODULES for name in imported(module)}
    packages = packages_distributions()
    others = found - sys.stdlib_module_names - LAYERS.keys()
    assert {canonicalize_name(name) for each in others for name in packages[each]} == declared


def test_every_explorer_works_without_a_server():
    """All modules are imported, one is shown: the rest of each is held by what it imports."""
    code = f"""
import sys
sys.modules.update(dict.fromkeys({SERVER}))
from tools import lessons
assert "image/png" in lessons.explorers()["explore_two_normals"]()._repr_mimebundle_()[0]
print(len(lessons.explorers()))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 24
