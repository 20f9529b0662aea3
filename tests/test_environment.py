"""pyproject.toml, constraints.txt and environment.yml ask for the same packages."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
CONSTRAINTS = (ROOT / "constraints.txt").read_text()

VENV = (ROOT / "tools" / "venv.sh").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()

EXTRAS = PROJECT["optional-dependencies"]
PIP_NAMES = {"matplotlib-base": "matplotlib"}  # conda-forge's name for Matplotlib without Qt
LEVEL = re.compile(r"^    (\w+)\) extras='(?:\[(.+)\])?' satisfied='(.+)'", re.MULTILINE)
PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.]+)( ; .+)?")


def requirements(lines):
    """Canonical name -> what is asked for, without the extras of the package itself."""
    parsed = {canonicalize_name(each.name): each for each in map(Requirement, lines)}
    return {name: each for name, each in parsed.items() if name != "kl-helpers"}


def environment_problems(environment, project):
    """Say where environment.yml asks for something else than pyproject.toml with its extra lab."""
    lines = [line for line in environment["dependencies"] if isinstance(line, str)]
    conda = {PIP_NAMES.get(line, line): spec for line, spec in map(split_conda, lines)}
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["course"], *extras["lab"]]
    wanted = {name: str(req.specifier) for name, req in requirements(lines).items()}
    python = conda.pop("python", "").removeprefix("=")
    conda.pop("pip", None)
    for name in sorted(conda.keys() | wanted.keys()):
        here, there = conda.get(name), wanted.get(name)
        if here is None or there is None or bounds(here) != bounds(there):
            yield f"{name}: environment.yml says {here}, pyproject.toml says {there}"
    if not Requirement(f"python{project['requires-python']}").specifier.contains(python):
        yield f"python: environment.yml says {python}, which pyproject.toml does not allow"


def split_conda(line):
    name, spec = re.fullmatch(r"([\w.-]+)(.*)", line).groups()
    return name, spec


def bounds(spec):
    return set(spec.split(","))


def pins_of(constraints):
    """Read constraints.txt: canonical name -> version; only lines 'name==version' are allowed."""
    lines = [line for line in constraints.splitlines() if not line.startswith("#")]
    matches = [PIN.fullmatch(line) for line in lines]
    assert None not in matches, f"not a plain pin: {lines[matches.index(None)]}"
    return {canonicalize_name(match["name"]): match["version"] for match in matches}


def pin_problems(constraints, lines):
    """Say which requirement has no pin, or one that it does not allow."""
    pins = pins_of(constraints)
    for name, requirement in requirements(lines).items():
        if name not in pins:
            yield f"{name}: not in constraints.txt"
        elif not requirement.specifier.contains(pins[name]):
            yield f"{name}: constraints.txt says {pins[name]}, pyproject.toml says {requirement}"


def installed_closure(name, extras, found):
    """Collect, as name -> installed version, all that a package needs in this environment."""
    for line in distribution(name).requires or []:
        need = Requirement(line)
        if need.marker and not any(need.marker.evaluate({"extra": each}) for each in ("", *extras)):
            continue
        key = canonicalize_name(need.name)
        if key in found or key == "kl-helpers":  # its own extras are asked for by name
            continue
        try:
            found[key] = distribution(key).version
        except PackageNotFoundError:  # an extra that is not installed here
            continue
        installed_closure(key, need.extras, found)
    return found


in_the_tested_set = pytest.mark.skipif(
    Path(sys.prefix) != ROOT / ".venv", reason="only make's .venv is held to constraints.txt"
)
ALL_REQUIREMENTS = [
    *PROJECT["dependencies"],
    *(line for extra in EXTRAS.values() for line in extra),
]


def test_conda_gets_the_packages_of_pyproject():
    assert list(environment_problems(ENVIRONMENT, PROJECT)) == []
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    assert ENVIRONMENT["dependencies"][-1] == {"pip": ["-e ."]}


def test_every_requirement_is_pinned_within_its_bounds():
    assert list(pin_problems(CONSTRAINTS, ALL_REQUIREMENTS)) == []


def test_every_level_of_the_environment_holds_the_one_before():
    names, extras, satisfied = zip(*LEVEL.findall(VENV), strict=True)
    assert [level.split() for level in satisfied] == [
        list(names[: i + 1]) for i in range(len(names))
    ]
    held = [set(filter(None, level.split(","))) for level in extras]
    assert all(fewer < more for fewer, more in pairwise(held))
    assert held[-1] == EXTRAS.keys()
    assert set(re.findall(r"tools/venv\.sh (\w+)", MAKEFILE)) == set(names)


@in_the_tested_set
def test_everything_that_the_course_pulls_in_is_pinned():
    installed = installed_closure("kl_helpers", EXTRAS, {})
    assert requirements(PROJECT["dependencies"]).keys() <= installed.keys()
    assert installed.keys() - pins_of(CONSTRAINTS).keys() == set()


@in_the_tested_set
def test_what_is_installed_is_the_tested_set():
    pins = pins_of(CONSTRAINTS)
    installed = installed_closure("kl_helpers", EXTRAS, {})
    assert {name: version for name, version in installed.items() if pins.get(name) != version} == {}


def test_a_planted_difference_is_named():
    project = {
        "dependencies": ["numpy>=1.26"],
        "optional-dependencies": {
            "course": ["scipy>=1.12"],
            "lab": ["kl_helpers[course]"],
            "test": ["pytest"],
        },
        "requires-python": ">=3.11",
    }

    def problems(*lines):
        return list(environment_problems({"dependencies": [*lines, {"pip": ["-e ."]}]}, project))

    good = ("python=3.12", "pip", "numpy>=1.26", "scipy>=1.12")
    assert problems(*good) == []
    assert "numpy" in problems("python=3.12", "numpy>=2", "scipy>=1.12")[0]
    assert "scipy" in problems("python=3.12", "numpy>=1.26")[0]
    assert "torch" in problems(*good, "torch")[0]
    assert "python" in problems("python=3.10", *good[1:])[0]
    assert list(pin_problems("numpy==2.4.6\n", ["numpy>=1.26", "scipy>=1.12"])) == [
        "scipy: not in constraints.txt"
    ]
    assert "numpy" in next(pin_problems("numpy==1.25.0", ["numpy>=1.26"]))
    with pytest.raises(AssertionError, match="not a plain pin: numpy @ file"):
        pins_of("# made by\nnumpy @ file:///numpy.whl")


def handed_on(environ):
    """The environment that make's commands run in."""
    if shutil.which("make") is None:
        pytest.skip("conda's way needs no make")
    shown = subprocess.run(
        ["make", "-s", "-f", "-", "show"],
        input="include Makefile\nshow:\n\t@env\n",
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


def test_make_hands_on_nothing_of_another_environment():
    foreign = dict.fromkeys(("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"), "/elsewhere")
    environ = handed_on(foreign)
    assert "PATH" in environ
    assert "/elsewhere" not in environ.values()


@pytest.mark.parametrize("home", ["", "/nowhere", "/dev/null", "/dev/null/home"])
def test_make_finds_another_home_where_this_one_cannot_be_written(home):
    other = Path(handed_on({"HOME": home})["HOME"])
    assert other.is_absolute()
    assert other.is_dir()
    assert os.access(other, os.W_OK)


def test_make_keeps_a_home_that_can_be_written(tmp_path):
    assert handed_on({"HOME": str(tmp_path)})["HOME"] == str(tmp_path)
