"""Packages from npm, kept in build/npm: once a package is there, no network is needed."""

import shutil
import subprocess
import tarfile
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1] / "build"
MISSING = (
    "npm is missing: install it (Debian, Ubuntu: sudo apt install npm; others: https://nodejs.org),"
    " then run make again."
)


def package(name, version, folder=BUILD / "npm"):
    """The folder of a package, fetched if it is not there yet; else a RuntimeError in one line."""
    home = folder / f"{name}-{version}"
    if home.exists():
        return home
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(MISSING)
    fresh = folder / f".{name}-{version}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    packed = subprocess.run(
        [npm, "pack", "--silent", f"{name}@{version}"], cwd=fresh, capture_output=True, text=True
    )
    if packed.returncode:
        reason = (packed.stderr or packed.stdout).strip()[-300:]
        raise RuntimeError(f"npm could not fetch {name}@{version}: {reason}")
    with tarfile.open(next(fresh.glob("*.tgz"))) as archive:
        archive.extractall(fresh, filter="data")
    (fresh / "package").rename(home)
    shutil.rmtree(fresh)
    return home
