"""Check the types, the style and the layout of the JavaScript, or mend the layout.

    python -m tools.javascript [--write] [--must]

Where npm is missing, or cannot fetch what checks, one line says so, and that is no failure: a
learner's tests do not hang on it. With --must, as CI has it, only a missing npm is none.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from web import npm

ROOT = Path(__file__).resolve().parents[1]


def main(arguments=None):
    """Run tsc and Biome; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="mend the layout instead")
    parser.add_argument(
        "--must", action="store_true", help="fail where npm is, and no check can run"
    )
    options = parser.parse_args(arguments)
    try:
        tsc, biome = programs()
    except RuntimeError as problem:
        print(f"JavaScript is not checked: {problem}")
        return int(options.must and shutil.which("npm") is not None)
    if options.write:
        return run(biome, "format", "--write")
    return run(tsc, "--project", ".") or run(biome, "check", "--error-on-warnings")


def programs():
    """Paths of tsc and Biome, which run; else a RuntimeError in one line."""
    folder = npm.package("typescript").parent / ".bin"
    for name in ("tsc", "biome"):
        if subprocess.run(
            [folder / name, "--version"], capture_output=True, check=False
        ).returncode:
            raise RuntimeError(f"{name} does not run here: it needs Node.js 18 or newer")
    return folder / "tsc", folder / "biome"


def run(*command):
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
