"""The explorers and the checks of the course, found by walking the modules of the package."""

import pkgutil
from importlib import import_module


def explorers():
    """Name -> function of every explorer, module by module."""
    return _functions("kl_helpers.explorers", "explore_")


def checks():
    """Name -> function of every exercise's check, module by module."""
    return _functions("kl_helpers.checks", "check_")


def _functions(package, prefix):
    found = {}
    for lesson in pkgutil.iter_modules(import_module(package).__path__):
        if not lesson.name.startswith("_"):
            module = import_module(f"{package}.{lesson.name}")
            found |= {
                name: function
                for name, function in vars(module).items()
                if name.startswith(prefix) and function.__module__ == module.__name__
            }
    return found
