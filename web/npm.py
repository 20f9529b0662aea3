"""Packages from npm, as web/package-lock.json has them: installed once, then no network is needed.

A page needs the dependencies of web/package.json; the others are for tests, `make lint` and a hub.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

WEB = Path(__file__).resolve().parent
HOME = WEB.parent / "build" / "npm"
LISTS = "package.json", "package-lock.json"
QUIETLY = "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"
MISSING = (
    "npm is missing: install it (Debian, Ubuntu: sudo apt install npm; others: https://nodejs.org),"
    " then run make again."
)


def package(name):
    """The folder of a package, installed if it is not there; else a RuntimeError in one line."""
    folder = HOME / "node_modules" / name
    if not (folder.exists() and all(map(is_installed, LISTS))):
        of_a_page = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["dependencies"]
        install(whole=name not in of_a_page)
    return folder


def is_installed(path):
    """Whether what is in HOME was installed from this list."""
    return (HOME / path).exists() and (HOME / path).read_bytes() == (WEB / path).read_bytes()


def install(whole):
    """Bring all packages into HOME, or those alone that a page needs."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(MISSING)
    print("Fetching what npm has (once; a minute or so)", flush=True)
    HOME.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME.parent, prefix=".npm-") as folder:
        for name in LISTS:
            shutil.copy(WEB / name, folder)
        command = [npm, "ci", *QUIETLY, *([] if whole else ["--omit=dev"])]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode:
            said = (ended.stderr + ended.stdout).strip().splitlines() or ["it said nothing"]
            raise RuntimeError(f"npm could not fetch web/package.json's packages: {said[0]}")
        shutil.rmtree(HOME, ignore_errors=True)
        Path(folder).rename(HOME)
        Path(folder).mkdir()  # the temporary one, which is to end here
