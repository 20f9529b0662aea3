"""Run notebooks and write clean outputs into them: python -m tools.run_notebooks [--check] [paths].

Without paths it takes every notebook of the course. A notebook that raises, warns or writes to
stderr is reported and left as it was. With --check nothing is run: it says what is not clean.
"""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from traitlets.config import Config

from tools.notebook_rules import KERNEL_WARNINGS, LIVE_WIDGET, METADATA, breaches

COURSE = Path(__file__).resolve().parents[1] / "notebooks"
AT_ONCE = 2


class RunError(Exception):
    """A notebook did not run as it should; the message names the cell."""


def complaint(notebook):
    """Say what the first cell that went wrong did, or None."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                trace = "\n".join(output.traceback)
                return f"cell {cell.id}: {output.ename}: {output.evalue}\n{trace}"
            if output.get("name") == "stderr":
                return f"cell {cell.id} wrote to stderr: {output.text}"
    return None


def callback_error(widget_state):
    """Say which error an Output widget swallowed, or None."""
    for widget in widget_state.values():
        for output in widget.get("outputs", []):
            if output["output_type"] == "error":
                return f"a widget's callback raised {output['ename']}: {output['evalue']}"
    return None


def clean(notebook):
    """Take out what only a running kernel can use; sources and ids stay as they are."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata.pop("collapsed", None)  # what JupyterLab writes beside "outputs_hidden"
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(LIVE_WIDGET, None)
            output.get("metadata", {}).pop(LIVE_WIDGET, None)


async def execute(notebook, folder):
    """Fill a notebook's outputs from a fresh kernel; a warning there is an error."""
    client = NotebookClient(
        notebook,
        kernel_name=METADATA["kernelspec"]["name"],
        resources={"metadata": {"path": str(folder)}},
        timeout=120,
        force_raise_errors=True,
        coalesce_streams=True,
        record_timing=False,
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    )
    try:
        await client.async_execute(env={**os.environ, "PYTHONWARNINGS": KERNEL_WARNINGS})
    except (CellControlSignal, DeadKernelError) as error:
        raise RunError(complaint(notebook) or str(error)) from error
    if problem := complaint(notebook) or callback_error(client.widget_state):
        raise RunError(problem)


async def refresh(path, gate):
    """Run one notebook, write it back when it ran cleanly, print a line; True when all is well."""
    notebook = nbformat.read(path, as_version=4)
    async with gate:
        start = time.perf_counter()
        try:
            await execute(notebook, path.parent)
        except RunError as error:
            print(f"{path.name:<28} failed: {error}", flush=True)
            return False
        seconds = time.perf_counter() - start
    clean(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    print(f"{path.name:<28} {seconds:5.1f} s", flush=True)
    return report(path)


def report(path):
    """Print what keeps a notebook from being committed; True when nothing does."""
    found = breaches(path)
    for breach in found:
        print(f"{path.name}: {breach}")
    return not found


async def refresh_all(paths):
    gate = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(refresh(path, gate) for path in paths))


def main(arguments=None):
    """Run, or with --check only judge, the notebooks; 0 when all are clean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="run nothing, say what is not clean")
    parser.add_argument("paths", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    paths = options.paths or sorted(COURSE.glob("*.ipynb"))
    if options.check:
        verdicts = [report(path) for path in paths]
    else:
        os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this environment, not another
        verdicts = asyncio.run(refresh_all(paths))
    if not all(verdicts):
        print("Not clean: mend the cells named above, then run make notebooks.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
