#!/usr/bin/env bash
# NumPy 2.4.6's type ArrayLike, judged by mypy 2.4.1, seen 2026-11-30.
#
# A function that takes numbers and annotates them as ArrayLike accepts the text "0", which
# np.asarray turns into an array of text; and it refuses a list of Fractions, which np.asarray
# turns into numbers on request: error: Argument 1 to "total" has incompatible type "list[Fraction]".
# Expected of a type for "what np.asarray(…, dtype=float) takes": the other way round. Whoever wants
# an editor to find a number in quotes needs a type of their own.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet numpy==2.4.6 mypy==2.4.1
cat >program.py <<'PROGRAM'
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike


def total(x: ArrayLike) -> float:
    return float(np.asarray(x, dtype=float).sum())


total("0")
total([Fraction(1, 3)])
PROGRAM
venv/bin/python -c 'import program; print(program.total([program.Fraction(1, 3)]))'
venv/bin/mypy program.py | tee said || true
grep -q 'program.py:12: error: .*incompatible type "list\[Fraction\]"' said
! grep -q 'program.py:11' said
