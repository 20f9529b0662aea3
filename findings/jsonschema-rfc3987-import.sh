#!/usr/bin/env bash
# jsonschema 4.26.0 with rfc3987-syntax 1.1.0 and lark 1.3.1, seen 2026-11-30.
#
# Once rfc3987-syntax is installed, as the extra jsonschema[format-nongpl] does, `import jsonschema`
# takes more than ten times as long, in every process and without a schema being read: it imports
# rfc3987_syntax, which builds the tables of its grammar with lark at each import. jupyter-events
# asks for that extra, so each start of Jupyter Server, and each process that imports nbformat beside
# it, waits for more than a second on an ordinary machine.
# Expected: the parser of a format is built when a value of that format is checked for the first time.
# Seen on a machine with other work: 0.25 s without it, 3.9 s with it (medians of five imports).
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet jsonschema==4.26.0
cat >median.py <<'PROGRAM'
import statistics
import subprocess
import sys
import time


def seconds():
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import jsonschema"], check=True)
    return time.perf_counter() - start


seconds()  # writes the bytecode
print(statistics.median(seconds() for _ in range(5)))
PROGRAM
without=$(venv/bin/python median.py)
venv/bin/python -m pip install --quiet rfc3987-syntax==1.1.0 lark==1.3.1
with=$(venv/bin/python median.py)
echo "import jsonschema: $without s without, $with s with rfc3987-syntax"
venv/bin/python -c "import sys; sys.exit(not $with > 4 * $without)"
