"""How long from `make lab`, all installed, to the first live explorer; what an import costs.

python -m benchmarks.cold_start [--rounds 5] [--write]
"""

import argparse
import ast
import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.results import installed, machine, table, write_section
from benchmarks.slider_latency import (
    DENSITY,
    ROOT,
    SCREEN,
    LabServer,
    NotebookPage,
    PlaywrightError,
    chromium,
    course,
    find_chromium,
    one_line,
    sync_playwright,
    write_notebook,
)
from tools import lessons

START = "notebooks/start.ipynb"
OURS = ("kl_helpers", "kl_course")
IMPORTS = 10
IMPORT = "from kl_course.explorers.start_here import explore_two_normals"
SHOW = "explore_two_normals()"
HEAVY = (
    "matplotlib",
    "ipywidgets",
    "IPython",
    "PIL",
    "scipy.stats",
    "scipy.spatial",
    "scipy.signal",
)
UNUSED = ("matplotlib.pyplot", "scipy.stats", "pandas")

# When the page and then the kernel were ready, in ms since the page was asked for.
WATCH = """(async () => {
    const soon = () => new Promise(done => setTimeout(done, 5));
    const when = window.when = {};
    while (!window.jupyterapp) await soon();
    await window.jupyterapp.restored;
    let panel;
    while (!(panel = window.jupyterapp.shell.currentWidget)?.sessionContext) await soon();
    await panel.context.ready;
    await panel.revealed;
    when.page = performance.now();
    await panel.sessionContext.ready;
    when.kernel = performance.now();
})()"""

# Runs the active cell and moves on; returns how long it took, in ms, until the next frame.
RUN_CELL = """async pictured => {
    const start = performance.now();
    await window.jupyterapp.commands.execute('notebook:run-cell-and-select-next');
    const drawn = () => document.querySelector('.jp-OutputArea-output [role=status]');
    while (pictured && !drawn()) await new Promise(requestAnimationFrame);
    await Promise.all([...document.querySelectorAll('.jp-OutputArea img')].map(i => i.decode()));
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""


# --- from the command to the explorer


def cold_starts(rounds):
    """Parts of every start; one that failed is said in one line and left out."""
    try:
        find_chromium()
    except FileNotFoundError as problem:
        print(f"No start was measured: {problem}\n", flush=True)
        return []
    starts = [try_to_start() for _ in range(rounds)]
    return [parts for parts in starts if parts]


def try_to_start():
    try:
        return cold_start()
    except (RuntimeError, PlaywrightError) as problem:
        print(f"A start was not measured: {one_line(problem)}\n", flush=True)
        return None


def cold_start():
    """Seconds of every part of one cold start: a new server, browser, page and kernel."""
    parts = {"make: is all installed?": seconds_of(["tools/venv.sh", "lab"])}
    with tempfile.TemporaryDirectory() as folder:
        root = course(Path(folder))
        write_notebook(root / START, IMPORT, SHOW)
        start = time.monotonic()
        with (
            LabServer(root, root / "home") as server,
            sync_playwright() as playwright,
        ):
            parts["server"] = time.monotonic() - start
            with chromium(playwright) as context:
                screen = context.browser.new_context(viewport=SCREEN, device_scale_factor=DENSITY)
                screen.add_init_script(WATCH)
                page = screen.new_page()
                page.goto(f"{server.url}/lab/tree/{START}")
                page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
                parts |= run_cells(NotebookPage(page, START))
    return parts


def run_cells(notebook):
    when = notebook.page.evaluate("window.when")
    notebook.activate("cell-0")
    imports, draw = (notebook.page.evaluate(RUN_CELL, pictured) for pictured in (False, True))
    if problems := notebook.problems():
        raise RuntimeError("; ".join(problems))
    return {
        "page": when["page"] / 1000,
        "kernel": (when["kernel"] - when["page"]) / 1000,
        "imports": imports / 1000,
        "first draw": draw / 1000,
    }


def seconds_of(command):
    start = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - start


# --- what the packages bring in


def own_dependencies(module):
    """The import statements of third-party packages that importing `module` runs itself."""
    found = set()
    for path in loaded_sources(module):
        for statement in ast.parse(Path(path).read_text(encoding="utf-8")).body:
            found |= set(third_party(statement))
    return "\n".join(sorted(found))


def loaded_sources(module):
    """Files of our own modules that importing `module` loads."""
    loaded = python(f"import sys, {module}; print(*sys.modules)").split()
    ours = [name for name in loaded if name.split(".")[0] in OURS]
    return [importlib.util.find_spec(name).origin for name in ours]


def third_party(statement):
    """An import statement, anew, without what is ours or the standard library's."""
    own = {*sys.stdlib_module_names, *OURS}
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.name.split(".")[0] not in own:
                yield f"import {alias.name}"
    elif isinstance(statement, ast.ImportFrom) and statement.module.split(".")[0] not in own:
        yield f"from {statement.module} import {', '.join(a.name for a in statement.names)}"


def import_times(module):
    """Least processor seconds to import `module`, and its own dependencies alone, in turns."""
    codes = f"import {module}", own_dependencies(module)
    times = [[import_time(code) for code in codes] for _ in range(IMPORTS)]
    return [min(column) for column in zip(*times, strict=True)]


def import_time(code):
    timed = f"start = process_time()\n{code}\nprint(process_time() - start)"
    return float(python(f"from time import process_time\n{timed}"))


def loaded_heavy(module, heavy):
    """Which of the heavy modules importing `module` loads."""
    loaded = python(f"import sys, {module}; print(*sys.modules)").split()
    return [name for name in heavy if name in loaded]


def python(code):
    """What a fresh interpreter prints."""
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return ran.stdout


# --- the tables


def imports_report():
    rows, lines = [], []
    modules = dict.fromkeys(make.__module__ for make in lessons.explorers().values())
    for label, module, heavy in (
        ("kl_helpers", "kl_helpers", HEAVY),
        ("every explorer", ", ".join(modules), UNUSED),
    ):
        ours, others = import_times(module)
        rows.append([f"import {label}", f"{ours:.2f}", f"{others:.2f}", f"{ours / others:.2f}"])
        lines.append(held(f"import {label} ≤ 1.2 × its dependencies", ours <= 1.2 * others))
        loaded = loaded_heavy(module, heavy)
        lines.append(held(f"import {label} loads no {', '.join(heavy)}", not loaded, loaded))
    header = ["", "processor s", "its dependencies alone", "ratio"]
    return f"{table(header, rows)}\n\n" + "\n".join(lines)


def held(target, is_held, why=()):
    return f"- {target}: {'held' if is_held else '**missed** ' + ', '.join(why)}".rstrip()


def start_report(starts):
    if not starts:
        return "The start was not measured."
    medians = {part: median(one[part] for one in starts) for part in starts[0]}
    rows = [[part, f"{seconds:.2f}"] for part, seconds in medians.items()]
    rows.append(["whole", f"{median(sum(one.values()) for one in starts):.2f}"])
    return table(["from `make lab` to the first live explorer", "s"], rows)


def main():
    """Measure, print, and write RESULTS.md where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the tables into RESULTS.md")
    options = parser.parse_args()
    starts = cold_starts(options.rounds)
    libraries = installed("jupyterlab", "ipywidgets", "ipykernel", "matplotlib", "numpy", "scipy")
    how = (
        f"Medians of {len(starts)} starts, each with a new server and browser, and the best of "
        f"{IMPORTS} imports in turns, on {machine()}; {libraries}."
    )
    text = "\n\n".join([how, start_report(starts), imports_report()])
    print(text)
    if options.write:
        write_section("cold start", text)


if __name__ == "__main__":
    main()
