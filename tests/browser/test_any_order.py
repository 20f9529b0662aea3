"""A page and its kernel agree at rest, whatever a hand did and however the answers came."""

import shutil
from pathlib import Path

import pytest

from kl_course import engine
from tools.driver import static_host

WALKS = "async ([seeds, lost]) => (await import('./any_order.js')).walks(seeds, lost)"


@pytest.mark.parametrize("lost", [0.0, 0.05])
def test_nothing_is_awaited_for_ever_and_both_show_the_same(new_page, tmp_path, lost):
    for file in (
        Path(engine.__file__).with_name("picture.js"),
        Path(__file__).with_name("any_order.js"),
    ):
        shutil.copy(file, tmp_path)
    (tmp_path / "index.html").write_text("<!doctype html><title>any order</title>")
    with static_host(tmp_path) as address:
        page = new_page()
        page.goto(f"{address}/index.html")
        assert page.evaluate(WALKS, [200, lost]) == []
