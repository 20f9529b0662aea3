"""A cell that is run again finds what it showed; nothing else does."""

from types import SimpleNamespace

import pytest

from kl_course import recall


@pytest.fixture
def run(monkeypatch):
    """Call it with a cell's id and a message's id: from then on, that run is under way."""
    monkeypatch.setattr(recall, "_kept", {})

    def begin(cell, message):
        metadata = {"cellId": cell} if cell else {}
        request = {"metadata": metadata, "header": {"msg_id": message}}
        shell = SimpleNamespace(get_parent=lambda: request)
        monkeypatch.setattr(recall, "get_ipython", lambda: shell)

    return begin


def test_the_same_cell_recalls(run):
    run("a", "first run")
    recall.recall("sliders")["mu"] = 2
    run("a", "second run")
    assert recall.recall("sliders") == {"mu": 2}


def test_another_cell_another_kind_and_the_second_of_a_kind_do_not(run):
    run("a", "first run")
    recall.recall("sliders")["mu"] = 2
    assert recall.recall("sliders") == {}
    assert recall.recall("predictions") == {}
    run("b", "second run")
    assert recall.recall("sliders") == {}


def test_without_a_cell_id_or_a_kernel_nothing_is_remembered(run, monkeypatch):
    run(None, "a run")
    recall.recall("sliders")["mu"] = 2
    assert recall.recall("sliders") == {}
    monkeypatch.setattr(recall, "get_ipython", lambda: None)
    assert recall.recall("sliders") == {}
