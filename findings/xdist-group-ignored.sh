#!/usr/bin/env bash
# pytest-xdist 3.8.0 with pytest 9.2.0, seen 2026-11-30.
#
# --dist loadgroup sends tests that are marked with the same xdist_group to the same worker. With
# pytest 9.2.0 it does not, and says nothing: pytest-xdist writes the group into item._nodeid, and
# pytest now makes item.nodeid of another attribute, so that every test is a group of its own. What
# the tests of a group share is then set up in each worker.
# Expected, and seen with pytest 9.1.1: four tests of one group run in one worker. Seen: in two.
# (--dist loadscope still keeps a file together.)
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
cat >test_group.py <<'PROGRAM'
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("i", range(4))
def test_of_one_group(i, worker_id):
    time.sleep(1)
    with open(f"ran_in_{worker_id}", "a") as file:
        file.write(f"{i}\n")
PROGRAM
workers() {
    venv/bin/python -m pip install --quiet pytest-xdist==3.8.0 "pytest==$1"
    rm -f ran_in_*
    venv/bin/python -m pytest -q -n 2 --dist loadgroup test_group.py >/dev/null
    find . -maxdepth 1 -name 'ran_in_*' | wc -l
}
before=$(workers 9.1.1)
now=$(workers 9.2.0)
echo "four tests of one group ran in $before worker(s) with pytest 9.1.1, in $now with 9.2.0"
[ "$before" -eq 1 ] && [ "$now" -eq 2 ]
