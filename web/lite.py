"""Build the course for a browser without a server: what `make lite` does.

JupyterLite is JupyterLab as static files, with a kernel that is Python in the page (Pyodide). Of
that the build has everything but Python itself and its compiled packages: the page gets those
from the address that the kernel's package names. What they lack lies in the build as wheels.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
NOTEBOOKS = ROOT / "notebooks"
LABEXTENSIONS = Path(sys.prefix) / "share/jupyter/labextensions"
# What the page of the course needs of what this environment may have: not a benchmark's extension.
EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@jupyterlite/pyodide-kernel-extension",
    "anywidget",
    "kl-lab",
)
# Pure Python that the runtime lacks. Its kernel asks for comm when it starts.
LACKING = ("anywidget", "comm", "ipywidgets", "psygnal")
KERNEL = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
# Without --no-deps ipywidgets would fetch what only a server needs. An import is all that the
# runtime's own packages need.
FETCH = """\
# Python runs in this page, and has to fetch the course first.
import matplotlib, scipy, typing_extensions
%pip install -q --no-deps kl_helpers anywidget ipywidgets psygnal"""


def build(folder, say=print):
    """Build into that folder; a RuntimeError says in one line what is missing."""
    folder, stage = Path(folder).resolve(), BUILD / "lite"
    for old in (folder, stage / "files", stage / "wheels"):
        shutil.rmtree(old, ignore_errors=True)
    (stage / ".jupyterlite.doit.db").unlink(missing_ok=True)  # what JupyterLite did before
    shutil.copytree(fetch_wheels(stage), stage / "wheels")
    run("hatchling", "build", "-t", "wheel", "-d", stage / "wheels")
    write_files(stage / "files")
    say(f"{len(list((stage / 'wheels').iterdir()))} wheels and the notebooks are there")
    run_jupyterlite(stage, folder)
    say("JupyterLite is built")


def fetch_wheels(stage):
    """The folder with wheels of what the runtime lacks, in the tested versions, fetched once."""
    pins = dict(line.split("==") for line in constraints() if " ;" not in line)
    wanted = [f"{name}=={pins[name]}" for name in LACKING]
    home = stage / "-".join(wanted)
    if not home.exists():
        fresh = stage / ".fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        for_any = ("--platform=any", "--implementation=py", "--abi=none", "--only-binary=:all:")
        options = ("--quiet", "--no-deps", "--disable-pip-version-check", f"--dest={fresh}")
        try:
            run("pip", "download", *options, *for_any, *wanted)
        except RuntimeError as error:
            raise RuntimeError(f"{error}: check the network, then run make again") from error
        fresh.rename(home)
    return home


def constraints():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def write_files(folder):
    """Put the notebooks, each with a cell that fetches the course, and their data into a folder."""
    shutil.copytree(NOTEBOOKS / "data", folder / "data")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        with_course(notebook)
        # JupyterLite does not put an output's lines together again, as a server does.
        text = nbformat.writes(notebook, split_lines=False)
        (folder / path.name).write_text(text + "\n", encoding="utf-8")


def with_course(notebook):
    """Give a notebook its kernel here, and before its first code cell the one that fetches."""
    notebook.metadata.kernelspec = KERNEL
    first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(first, new_code_cell(FETCH, id="fetch-course"))


def run_jupyterlite(stage, folder):
    run(
        "jupyterlite_core",
        "build",
        "--apps=lab",
        "--no-unused-shared-packages",
        "--no-sourcemaps",
        "--no-libarchive",
        "--ignore-sys-prefix",
        *(f"--LiteBuildConfig.federated_extensions={LABEXTENSIONS / name}" for name in EXTENSIONS),
        f"--lite-dir={stage}",
        f"--contents={stage / 'files'}",
        f"--piplite-wheels={stage / 'wheels'}",
        f"--settings-overrides={ROOT / 'tools' / 'jupyterlab-defaults.json'}",
        f"--output-dir={folder}",
        cwd=stage,
    )


def run(module, *arguments, cwd=ROOT):
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        log = BUILD / f"{module}.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text(done.stdout, encoding="utf-8")
        last = done.stdout.strip().splitlines()[-1:]
        raise RuntimeError(f"{module} failed: {''.join(last)} (all of it: {log.relative_to(ROOT)})")


def main(folder=BUILD / "site" / "lite"):
    try:
        build(folder)
    except RuntimeError as error:
        sys.exit(f"make lite: {error}")
    size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    print(f"{os.path.relpath(folder)} is done, {size / 1e6:.1f} MB. To look at it:")
    print(f"    {sys.executable} -m http.server --directory {os.path.relpath(folder)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
