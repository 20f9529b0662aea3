"""The programs that `make test-hosts` tries: what teachers read of them, and what it starts."""

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from tools import hosts

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/teaching.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (\d+ [A-Z][a-z]+ \d{4}) \|$", PAGE, re.MULTILINE)
BY_NAME = {host.name: host for host in hosts.HOSTS}


def test_what_was_tried_on_a_day_is_what_the_check_tries():
    assert [title for title, *_ in ROWS] == [host.title for host in hosts.HOSTS]


@pytest.mark.parametrize("name", BY_NAME)
def test_a_row_says_what_the_check_wrote_and_that_it_works(name):
    host = BY_NAME[name]
    (found,) = [rest for title, *rest in ROWS if title == host.title]
    assert found[:2] == ["yes", host.write]
    source = host.source or hosts.NOTEBOOK
    lines = re.findall("`(.+?)`", host.write)
    assert lines
    assert all(line in source for line in lines)
    ast.parse(source)


def test_every_package_has_its_version():
    for host in hosts.HOSTS:
        assert all(re.fullmatch(r"[\w-]+==[\d.]+", package) for package in host.packages)
        assert all(re.fullmatch(r"[\w@/-]+@[\d.]+", package) for package in host.npm)


def test_a_row_names_what_does_not_work():
    found = {"picture": True, "keys": False, "drag": True, "buttons": ""}
    made = hosts.row(BY_NAME["marimo"], found, date(2026, 12, 1))
    assert re.fullmatch(r"\| marimo [\d.]+ \| not keys, buttons \| .+ \| 1 December 2026 \|", made)
