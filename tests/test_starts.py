"""Starts that are given to an explorer: at the first run, at the next one, and at Reset."""

import inspect
import json
from types import SimpleNamespace

import pytest

from kl_course import recall
from kl_course.explorers.definitions import explore_draw_q
from kl_course.explorers.gaussian_samples import explore_samples
from kl_course.explorers.start_here import explore_two_normals
from tools import lessons


@pytest.fixture
def run(monkeypatch):
    """run(function): its explorer as the same cell makes it, each time anew."""
    monkeypatch.setattr(recall, "_kept", {})
    count = iter(range(100))

    def again(function, **start):
        request = {"metadata": {"cellId": "a"}, "header": {"msg_id": next(count)}}
        shell = SimpleNamespace(get_parent=lambda: request)
        monkeypatch.setattr(recall, "get_ipython", lambda: shell)
        return function(**start)

    return again


def setting(explorer):
    return {name: control.value for name, control in explorer.controls.items()}


def test_a_start_is_where_its_sliders_begin_and_where_reset_goes():
    explorer = explore_samples(mu_q=0.5, n=300)
    start = explorer.scene.start | {"mu_q": 0.5, "n": 300}
    assert setting(explorer) == explorer.start == start
    assert explorer.view.setting == start
    assert explorer.summary == explorer.scene.summary(explorer.scene.frame(**start))
    explorer.press("Different")
    assert setting(explorer) != start
    explorer.press("Reset")
    assert setting(explorer) == start


def test_a_page_knows_where_the_scene_itself_begins():
    page = json.loads(json.dumps(explore_samples(mu_q=0.5).view.scene))
    starts = {slider["name"]: slider["start"] for slider in page["sliders"]}
    assert starts == explore_samples().scene.start


@pytest.mark.parametrize(
    ("start", "error", "words"),
    [
        ({"mu_z": 1}, ValueError, r"no slider is called \['mu_z'\]; there are \['mu_p', "),
        ({"mu_q": 5}, ValueError, "mu_q must lie between -0.6 and 0.6, but is 5"),
        ({"n": 500}, ValueError, r"n must be one of \(10, 30, .*\), but is 500"),
        ({"bins": 2.5}, ValueError, "bins must be a whole number, but is 2.5"),
        ({"n": "300"}, TypeError, "n must be a number, but is '300'"),
    ],
)
def test_a_start_that_cannot_be_is_refused(start, error, words):
    with pytest.raises(error, match=words):
        explore_samples(**start)


def test_what_buttons_alone_set_is_no_start():
    with pytest.raises(ValueError, match=r"called \['tries'\]; there are \['q_sun', .*'seed'\]"):
        explore_draw_q(tries=3)


def test_a_cell_that_is_run_again_goes_on_unless_its_start_is_another(run):
    first = run(explore_two_normals, mu_q=2)
    first.set(mu_q=2.5, sigma_q=2)
    assert setting(run(explore_two_normals, mu_q=2)) == setting(first)
    other = run(explore_two_normals, mu_q=-1)
    assert setting(other) == other.start == other.scene.start | {"mu_q": -1}
    other.set(mu_q=0)
    assert setting(run(explore_two_normals, mu_q=-1))["mu_q"] == 0
    plain = run(explore_two_normals)
    assert setting(plain) == plain.scene.start
    plain.set(sigma_p=2)
    same = run(explore_two_normals, mu_q=plain.scene.start["mu_q"])  # says what is so anyway
    assert setting(same)["sigma_p"] == 2


@pytest.mark.parametrize("name", lessons.explorers())
def test_help_says_that_starts_can_be_given(name):
    explore = lessons.explorers()[name]
    assert str(inspect.signature(explore)) == "(**start)"
    text = inspect.getdoc(explore)
    before, after = text.split("\nParameters\n----------\n**start : float\n")
    assert before.splitlines()[0].endswith(".")
    assert "\nReturns\n-------\nExplorer\n    Controls ``" in after
