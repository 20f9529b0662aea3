"""How long each leg of `.ci/run` takes, in two checkouts: before a change and after it.

    python -m benchmarks.ci_time FOLDER --name before
    python -m benchmarks.ci_time FOLDER --name after
    python -m benchmarks.ci_time --write

A leg is one make target, in an environment that is there already. Processor seconds are those of
all that it started, and say more than the clock where other work takes the processors meanwhile.
What was measured is kept in build/ci_time.json until the next measurement of that name.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.results import machine, table, write_section

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "build" / "ci_time.json"
LEGS = ("test", "test-machines", "test-browser")
HEADER = ("make …", "before, s", "after, s", "ratio", "processor before", "after", "ratio")


def measure(folder, leg):
    """Seconds on the clock, and of processors, for one leg that passes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environ = {**os.environ, "CI": "true"}
    done = subprocess.run(
        ["make", leg], cwd=folder, env=environ, stdin=subprocess.DEVNULL, check=False
    )
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"make {leg} failed in {folder}: a leg that fails is not measured")
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"seconds": round(seconds, 1), "processor": round(processor, 1)}


def rows(before, after):
    """A row a leg that was measured twice: `before` and `after` are leg -> what `measure` returned.

    Where all legs were, the last row is all of them.
    """
    kinds = ("seconds", "processor")
    legs = [leg for leg in LEGS if leg in before and leg in after]
    both = [{leg: found[leg] for leg in legs} for found in (before, after)]
    for found in both if len(legs) == len(LEGS) else ():
        found["all of them"] = {kind: sum(one[kind] for one in found.values()) for kind in kinds}
    for leg in both[0]:
        cells = []
        for kind in kinds:
            old, new = (found[leg][kind] for found in both)
            cells += [f"{old:.0f}", f"{new:.0f}", f"{new / old:.2f}"]
        yield [leg, *cells]


def report(kept):
    """The table, and what it was made of."""
    text = table(HEADER, rows(kept["before"], kept["after"]))
    names = {name: kept[name]["commit"] for name in ("before", "after")}
    return f"{names['before']} before, {names['after']} after, on {machine()}.\n\n{text}"


def commit(folder):
    """The short name of what is checked out there."""
    command = ["git", "-C", str(folder), "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main():
    """Measure one checkout, or write the table of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="a checkout with its .venv")
    parser.add_argument("--name", choices=["before", "after"], default="after")
    parser.add_argument("--legs", nargs="+", choices=LEGS, default=LEGS)
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    options = parser.parse_args()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    if options.folder:
        found = kept.setdefault(options.name, {})
        found["commit"] = commit(options.folder)
        for leg in options.legs:
            found[leg] = measure(options.folder, leg)
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps(kept, indent=1))
    if options.write:
        write_section("ci time", report(kept))


if __name__ == "__main__":
    main()
