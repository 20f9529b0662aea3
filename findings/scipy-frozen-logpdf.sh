#!/usr/bin/env bash
# basedpyright 1.40.2 (pyright, as in many editors) on SciPy 1.17.1, seen 2026-11-30.
#
# SciPy has no types of its own for scipy.stats, so the checker reads them off the source, and takes
# what stats.norm() returns to be possibly a discrete frozen distribution: stats.norm().logpdf(0.0)
# is marked, error: Cannot access attribute "logpdf" for class "rv_discrete_frozen".
# Expected: no error, since norm is continuous. The line runs and gives -0.9189.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet scipy==1.17.1 basedpyright==1.40.2
cat >program.py <<'PROGRAM'
from scipy import stats

print(round(float(stats.norm().logpdf(0.0)), 4))
PROGRAM
[ "$(venv/bin/python program.py)" = -0.9189 ]
echo '{"typeCheckingMode": "basic"}' >pyrightconfig.json
venv/bin/basedpyright --pythonpath venv/bin/python program.py | tee said || true
grep -q 'Cannot access attribute "logpdf" for class "rv_discrete_frozen"' said
