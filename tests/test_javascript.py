"""The JavaScript's checks, and what npm brings: once, from a list without addresses."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kl_course.engine import for_the_page, readout
from kl_course.scene import Drawing
from tools import javascript, lessons
from web import npm

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "kl_course" / "picture.js"
PACKAGES = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))
LOCK = (ROOT / "web" / "package-lock.json").read_text(encoding="utf-8")


# --- what Python writes is what the types say


def properties(name):
    """Those of a `@typedef {object}` in picture.js, and which of them may be missing."""
    text = PICTURE.read_text(encoding="utf-8")
    lines = re.search(rf"@typedef {{object}} {name}\n((?: \* @property .*\n)+)", text)[1]
    found = re.findall(r"@property {.*?} (\[?)(\w+)\]?(?= |$)", lines, re.MULTILINE)
    assert len(found) == lines.count("@property")
    return {name: bool(optional) for optional, name in found}


def test_a_scene_has_what_its_type_says():
    page = for_the_page(Drawing(lessons.scene("two_normals")), ())
    for kind, written in (
        ("Scene", [page]),
        ("Slider", page["sliders"]),
        ("Handle", page["handles"]),
    ):
        needed = [name for name, optional in properties(kind).items() if not optional]
        for one in written:
            assert list(one) == needed


def test_a_readout_has_what_its_type_says():
    scene = lessons.scene("two_normals")
    (kind,) = re.findall(r"@typedef {{error\?: undefined, (.*)}} Lines", PICTURE.read_text("utf-8"))
    assert list(readout(scene, scene.frame())) == re.findall(r"(\w+): (?!string[,\]])", kind)


# --- the packages


def test_the_lock_has_the_same_packages_and_no_address():
    lock = json.loads(LOCK)["packages"]
    for kind in ("dependencies", "devDependencies"):
        assert lock[""][kind] == PACKAGES[kind]
    assert all("integrity" in package for name, package in lock.items() if name)
    assert not any("resolved" in package for package in lock.values())


def test_katex_is_the_version_that_sets_the_formulas():
    katex = pytest.importorskip("sphinxcontrib.katex")
    assert PACKAGES["dependencies"]["katex"] == katex.katex_version


@pytest.fixture
def fake_npm(tmp_path, monkeypatch):
    """An npm that makes the folders of two packages; a function that says what it was asked."""
    asked = tmp_path / "asked"
    script = tmp_path / "bin" / "npm"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {asked}\nmkdir -p node_modules/katex\n'
        'case "$*" in *--omit=dev*) ;; *) mkdir node_modules/axe-core ;; esac\n'
    )
    script.chmod(0o755)
    web = tmp_path / "web"
    web.mkdir()
    for name in npm.LISTS:
        shutil.copy(npm.WEB / name, web)
    monkeypatch.setattr(npm, "WEB", web)
    monkeypatch.setattr(npm, "HOME", tmp_path / "build" / "npm")
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    return lambda: asked.read_text().splitlines()


def test_packages_are_fetched_once_and_anew_when_the_list_has_changed(fake_npm):
    for _ in range(2):
        assert npm.package("katex").is_dir()
    (only,) = fake_npm()
    assert only.startswith("ci ")
    assert only.endswith("--omit=dev")
    for name in ("axe-core", "katex"):  # the whole has a page's packages, too
        assert npm.package(name).is_dir()
    assert len(fake_npm()) == 2
    (npm.WEB / "package-lock.json").write_text(LOCK + "\n")
    npm.package("katex")
    npm.package("katex")
    assert len(fake_npm()) == 3
    assert [path.name for path in npm.HOME.parent.iterdir()] == ["npm"]


def without_npm(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    return "npm is missing: install it"


def without_network(monkeypatch, tmp_path):
    script = tmp_path / "npm"
    script.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return "npm could not fetch web/package.json's packages: npm error code ENOTFOUND"


@pytest.mark.parametrize(
    ("trouble", "options", "status"),
    [
        (without_npm, [], 0),
        (without_npm, ["--must"], 0),
        (without_network, [], 0),
        (without_network, ["--must"], 1),
    ],
)
def test_what_cannot_be_checked_is_said_in_one_line(
    trouble, options, status, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(npm, "HOME", tmp_path / "build" / "npm")
    words = trouble(monkeypatch, tmp_path)
    assert javascript.main(options) == status
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith(f"JavaScript is not checked: {words}")


# --- the checks see what they are for

SLIPS = {
    "a word that nobody says": (
        "kl_course/picture.js",
        'model.get("readout")',
        'model.get("radeout")',
    ),
    "a field that no scene has": ("kl_course/picture.js", "scene.style", "scene.styles"),
    "a slider as its stops": (
        "kl_course/picture.js",
        "nearestStop(this.stops[name],",
        "nearestStop(this.stops,",
    ),
    "a source without its method": ("web/frozen.js", "    press(label) {", "    push(label) {"),
    "half of JupyterLab's name": (
        "kl_lab/labextension/remoteEntry.js",
        "activeCellIndex;",
        "cellIndex;",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_seen(slip, tmp_path):
    if shutil.which("npm") is None or not all(map(npm.is_installed, npm.LISTS)):
        pytest.skip("`make lint` installs tsc, where npm is")
    for path in ("tsconfig.json", "web/*.js", "web/*.d.ts", "kl_course/*.js", "kl_lab/*/*.js"):
        for source in ROOT.glob(path):
            target = tmp_path / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    name, right, wrong = SLIPS[slip]
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert right in text
    (tmp_path / name).write_text(text.replace(right, wrong), encoding="utf-8")
    tsc = npm.package("typescript").parent / ".bin" / "tsc"
    checked = subprocess.run(
        [tsc, "--project", tmp_path], capture_output=True, text=True, check=False
    )
    assert checked.returncode, checked.stdout
    assert f"{Path(name).name}(" in checked.stdout
