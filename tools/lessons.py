"""The lessons of the course, their explorers and their checks, found by walking the package."""

import pkgutil
import re
from functools import cache
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"


def notebooks():
    """Paths of the lessons: the notebooks that have a module of explorers."""
    modules = {module.name for module in _modules("kl_course.explorers")}
    return [path for path in _all_notebooks() if slug(path.name) in modules]


def appendices():
    """Paths of the other notebooks, in which nothing is predicted or exercised."""
    return [path for path in _all_notebooks() if path not in notebooks()]


def slug(name):
    """The name of a lesson's modules: 02-gaussian-samples.ipynb has gaussian_samples."""
    return re.sub(r"^\d+-|\.ipynb$", "", name).replace("-", "_")


def explorers():
    """Name -> function of every explorer, module by module."""
    return _functions("kl_course.explorers", "explore_")


def scene_names():
    """Name of every explorer's scene: that of its function, without explore_."""
    return [name.removeprefix("explore_") for name in explorers()]


@cache
def scene(name):
    """The scene of that name. It never changes, and making one takes up to a second."""
    return explorers()[f"explore_{name}"]().scene


@cache
def frames():
    """Name of an explorer -> the settings that its cells name as "frames", in their order."""
    from tools import cells  # not before: it reads with nbformat, which a bare browser lacks

    found = {}
    for path in _all_notebooks():
        for cell in cells.read(path).cells:
            for setting in cells.frames_of(cell):
                found.setdefault(cells.explorer_of(cell), []).append(dict(setting))
    return found


def checks():
    """Name -> function of every exercise's check, module by module."""
    return _functions("kl_course.checks", "check_")


def _all_notebooks():
    return sorted(FOLDER.glob("*.ipynb"))


def _modules(package):
    found = pkgutil.iter_modules(import_module(package).__path__)
    return [module for module in found if not module.name.startswith("_")]


def _functions(package, prefix):
    found = {}
    for lesson in _modules(package):
        module = import_module(f"{package}.{lesson.name}")
        found |= {
            name: function
            for name, function in vars(module).items()
            if name.startswith(prefix) and function.__module__ == module.__name__
        }
    return found
