"""Run the tests that compute, and the notebooks, as other machines would: `make test-machines`.

A leg is an environment that makes this processor compute like another one. What a leg asks for is
measured in it first; what cannot be had is skipped, or fails. What can fail in a leg is run there:

- Numbers. All that ever failed were last bits of the C library (entropies in bits, a doctest) and
  the order of BLAS's sums (lesson 05: a table, the end of a search). They are those of `make test`
  where OpenBLAS, NumPy's paths and the C library are measured to be the same, so that the tests of
  numbers are run in a leg only where one of the three is another.
- Locale, time zone, home and hash seed matter to what starts a kernel or a server: in each leg.
- Notebooks hang on both, by the digits and by the order that they print: in each leg.

Texts, pages and pictures that need no NumPy are the same everywhere: `make test` has them. Tests
marked slow count over many seeds, or draw by hand; last bits do not reach what they hold.
"""

import ast
import ctypes
import json
import math
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.linalg  # noqa: F401  (it loads the OpenBLAS of SciPy)

ROOT = Path(__file__).resolve().parents[1]
# What a test imports that computes or shows numbers, and one that starts a kernel or a server.
NUMBERS = {"numpy", "scipy", "mpmath", "doctest"}
SYSTEM = {"IPython", "run_notebooks", "lab"}


class Leg(NamedTuple):
    """A machine to be like: OpenBLAS's kernel and threads, NumPy's paths, and the environment."""

    kernel: str
    also_called: str  # two processors share a kernel, and it has one of their names
    threads: int
    paths: str  # of NumPy: baseline, AVX2 or all
    environ: dict[str, str]


LEGS = [
    Leg(
        "Prescott",
        "Katmai",
        1,
        "baseline",
        {  # exp and log of the C library without fused multiply-add differ in their last bit
            "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F",
            "LC_ALL": "C",
            "PYTHONHASHSEED": "1",
        },
    ),
    Leg(  # OpenBLAS takes the same kernel for Zen
        "Haswell",
        "Haswell",
        2,
        "AVX2",
        {"HOME": os.devnull, "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "2"},
    ),
    Leg("SkylakeX", "SkylakeX", 2, "all", {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "3"}),
]
AVX2, AVX512 = "X86_V3", "X86_V4"  # NumPy's names for them
NEEDS = {"Haswell": AVX2, "SkylakeX": AVX512}


def measure():
    """Say how this process computes."""
    openblas = []
    for path in Path(np.__file__).parents[1].glob("*.libs/*openblas*"):
        library, end = ctypes.CDLL(str(path)), "64_" if "openblas64_" in path.name else ""
        corename = library[f"scipy_openblas_get_corename{end}"]
        corename.restype = ctypes.c_char_p
        threads = library[f"scipy_openblas_get_num_threads{end}"]()
        openblas.append([corename().decode(), threads])
    return {
        "openblas": openblas,
        "paths": np.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
        "libm": hash(tuple(math.exp(i / 1000) for i in range(20_000))),
    }


def measure_in(environ):
    command = [sys.executable, "-m", "tools.other_machines", "--measure"]
    return json.loads(
        subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True).stdout
    )


def disabled(leg, paths):
    """List which of NumPy's paths a leg does without."""
    kept = {"baseline": [], "AVX2": [AVX2], "all": paths}[leg.paths]
    return [path for path in paths if path not in kept]


def environment(leg, here):
    return {
        **os.environ,
        "OPENBLAS_CORETYPE": leg.kernel,
        "OPENBLAS_NUM_THREADS": str(leg.threads),
        "NPY_DISABLE_CPU_FEATURES": " ".join(disabled(leg, here["paths"])),
        **leg.environ,
    }


def cannot(leg, here, machine):
    """Say why this machine cannot run a leg, or None."""
    if machine not in ("x86_64", "AMD64") or not here["openblas"]:
        return "it is for x86-64 with the OpenBLAS of NumPy's and SciPy's wheels"
    if NEEDS.get(leg.kernel) not in [None, *here["paths"]]:
        return f"this processor lacks {NEEDS[leg.kernel]}"
    return None


def untrue(leg, here, there):
    """Say what of a leg did not take effect, or None."""
    threads = min(leg.threads, os.cpu_count())
    for kernel, count in there["openblas"]:
        if kernel not in (leg.kernel, leg.also_called) or count != threads:
            return f"OpenBLAS took the kernel {kernel} and {count} threads"
    if left := set(there["paths"]) & set(disabled(leg, here["paths"])):
        return f"NumPy still takes {', '.join(sorted(left))}"
    return None


def imports(source):
    """Every name in the absolute imports of a test, modules and what is taken from them."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "")]
            found |= {part for name in names for part in name.split(".")}
    return found


def tests_with(imported):
    """List the test files that import any of these."""
    paths = sorted((ROOT / "tests").glob("test_*.py"))
    chosen = [path for path in paths if imports(path.read_text("utf-8")) & imported]
    return [str(path.relative_to(ROOT)) for path in chosen]


def run(leg, here):
    """Run one leg and say what it did, and all that it wrote if it failed; True when it passed."""
    environ = environment(leg, here)
    there = measure_in(environ)
    threads = f"{leg.threads} BLAS thread{'s' * (leg.threads > 1)}"
    settings = [threads, f"NumPy's paths: {leg.paths}"]
    settings += [f"{name}={value}" for name, value in leg.environ.items()]
    settings += ["another libm"] * (there["libm"] != here["libm"])
    tests = tests_with(SYSTEM if there == here else NUMBERS | SYSTEM)
    settings += ["which computes as make test does"] * (there == here)
    print(f"{leg.kernel}: {', '.join(settings)}", flush=True)
    print(f"  {len(tests)} test files and all notebooks", flush=True)
    if problem := untrue(leg, here, there):
        print(f"  failed: {problem}")
        return False
    start = time.perf_counter()
    command = ["make", "--no-print-directory", "unlinted", f"TESTS={' '.join(tests)}"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environ,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    passed = done.returncode == 0
    counts = [
        line.strip("= ")
        for line in done.stdout.splitlines()
        if line.startswith("=") and " passed" in line
    ]
    print(done.stdout * (not passed), end="")
    print(f"  {'passed' if passed else 'failed'} in {time.perf_counter() - start:.0f} s:", *counts)
    return passed


def main():
    """Run every leg that this machine can; 0 when there was one, and none failed."""
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(measure()))
        return 0
    here, verdicts = measure(), []
    for leg in LEGS:
        if reason := cannot(leg, here, platform.machine()):
            print(f"{leg.kernel}: skipped, {reason}")
        else:
            verdicts.append(run(leg, here))
    if not verdicts:
        print("No leg could be run here, so nothing was tried.")
    return int(not verdicts or not all(verdicts))


if __name__ == "__main__":
    sys.exit(main())
