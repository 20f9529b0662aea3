"""How much 10,000 slider events add to a kernel that shows every explorer.

    python -m benchmarks.memory [--events 10000] [--write]

The events come in chunks of a few, as they do from a hand: a thousand in one cell would pile up
as unsent messages, and look like a leak that is not there.
"""

import argparse
import json
import subprocess
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from benchmarks.results import installed, machine, write_section

ROOT = Path(__file__).resolve().parents[1]

CHUNK = 20
MOST = 10  # MiB

SETUP = f"""
import gc, itertools, json, sys
import psutil
from matplotlib import pyplot
from ipywidgets.widgets.widget import _instances
sys.path.append({str(ROOT)!r})
from tests.test_leaks import move
from tools import lessons

shown = [make() for make in lessons.explorers().values()]
turns = itertools.cycle(shown)

def weigh():
    gc.collect()
    rss = psutil.Process().memory_info().rss / 2**20
    print(json.dumps([rss, len(_instances), len(pyplot.get_fignums())]))
"""


class Kernel:
    """A kernel of this Python that runs code and returns what it prints."""

    def __enter__(self):
        self._manager, self._client = start_new_kernel(
            kernel_name="python3", stderr=subprocess.DEVNULL
        )
        return self

    def __exit__(self, *_):
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, code):
        printed = []

        def keep(message):
            if message["msg_type"] == "error":
                raise RuntimeError(message["content"]["evalue"])
            printed.append(message["content"].get("text", ""))

        self._client.execute_interactive(code, output_hook=keep, timeout=300)
        return "".join(printed)


def measure(events):
    """(MiB, widgets, figures) before and after the events; the caches are filled first."""
    chunk = f"move(next(turns), {CHUNK})"
    with Kernel() as kernel:
        kernel.run(SETUP)
        for _ in range(2 * int(kernel.run("print(len(shown))"))):
            kernel.run(chunk)
        before = json.loads(kernel.run("weigh()"))
        for _ in range(events // CHUNK):
            kernel.run(chunk)
        return before, json.loads(kernel.run("weigh()"))


def main():
    """Measure, print, and write RESULTS.md where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--write", action="store_true", help="put the figures into RESULTS.md")
    options = parser.parse_args()
    before, after = measure(options.events)
    growth = after[0] - before[0]
    held = growth <= MOST and after[1] == before[1] and after[2] <= 1
    text = (
        f"{options.events:,} slider events over all explorers in one kernel, {CHUNK} at a time, on "
        f"{machine()}; {installed('ipykernel', 'ipywidgets', 'matplotlib')}.\n\n"
        f"- the kernel grew by {growth:.1f} MiB, from {before[0]:.0f}\n"
        f"- widgets: {before[1]} before, {after[1]} after; open figures: {after[2]}\n"
        f"- at most {MOST} MiB, a constant number of widgets, at most one open figure: "
        f"{'held' if held else '**missed**'}"
    )
    print(text)
    if options.write:
        write_section("memory", text)


if __name__ == "__main__":
    main()
