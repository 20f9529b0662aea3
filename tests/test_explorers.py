"""Every explorer, driven through its controls to every corner and the middle."""

import dataclasses
import io
import itertools
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from ipywidgets import Widget
from matplotlib.text import Text
from PIL import Image

from kl_course import engine
from kl_course.explorers.cross_entropy import explore_cross_entropy
from kl_course.explorers.definitions import explore_integrand, explore_pmf_pair
from kl_course.explorers.gaussian_samples import EPSILONS, explore_samples
from kl_course.explorers.start_here import explore_two_normals
from kl_helpers import kl_quad
from tools import cells, lessons

# Tolerances of 1e-14 and 1e-15 are a few roundings; 2e-5 is half the last digit that is shown.
EXPLORERS = lessons.explorers()


def corners(explorer):
    """All of up to seven sliders; of more, so many that any three come in every way."""
    ends = {s.name: s.ends for s in explorer.scene.sliders if s.shown and s.name != "seed"}
    if len(ends) <= 7:
        places = itertools.product(*ends.values())
    else:
        low_or_high = np.random.default_rng(0).integers(2, size=(128, len(ends)))
        places = (
            [pair[i] for pair, i in zip(ends.values(), row, strict=True)] for row in low_or_high
        )
    for values in places:
        yield dict(zip(ends, values, strict=True))


@pytest.fixture(params=EXPLORERS, scope="module")
def built(request):
    return EXPLORERS[request.param]()


def restart(explorer):
    """Back to the start, in the same picture: a new one, by reset, takes fifty times as long."""
    explorer.set(**explorer.scene.start)


@pytest.fixture
def explorer(built):
    restart(built)
    return built


def test_every_corner_has_a_picture_and_honest_numbers(explorer):
    first = explorer.summary
    for corner in corners(explorer):
        explorer.set(**corner)
        for label in explorer.scene.actions:
            explorer.press(label)
        numbers, lines = explorer.values(), explorer.summary.splitlines()
        dashes = [name for name, number in numbers.items() if math.isnan(number)]
        untold = []
        if explorer.scene.name == "leads" and numbers["D(p‖q)"] == math.inf:
            untold = ["sd of the lead", "n·D is 100 : 1 after"]
        if explorer.view.setting.get("directions") == 1:
            untold = [name for name in numbers if name.endswith("reverse q")]
        assert dashes == untold, corner
        assert sum(map(bool, explorer.frame.notes)) <= explorer.scene.note_lines, corner
        for name, number in numbers.items():
            assert number >= 0 or name in untold or not name.startswith("D("), corner
            assert any(line.startswith(f"{name} = ") for line in lines)
        assert "<path" in explorer.view.moving, corner
        assert "nan" not in explorer.view.moving, corner
    restart(explorer)
    assert explorer.summary == first


@pytest.mark.parametrize(
    ("name", "setting", "lines"),
    [
        ("leads", {"p": 0.91, "q": 0.51, "n": 107, "seed": 0}, 3),
        ("two_normals", {"mu_p": 3, "sigma_p": 3, "mu_q": -3, "sigma_q": 0.5}, 3),
        ("samples", {"mu_p": -0.6, "sigma_p": 0.25, "mu_q": 0.6, "sigma_q": 0.05}, 2),
        ("triangle", {"a": 0.99, "b": 0.5, "c": 0.01}, 2),
        ("integrand", {"mu_p": 2, "sigma_p": 2, "mu_q": -2, "sigma_q": 0.5}, 2),
        ("close_up", {"log_step": -10, "direction": 0}, 2),
        ("cross_entropy", {"mu_q": 3, "sigma_q": 3}, 2),
    ],
)
def test_a_line_is_kept_for_every_note_of_the_settings_with_most(name, setting, lines):
    scene = lessons.scene(name)
    assert sum(map(bool, scene.frame(**setting).notes)) == lines == scene.note_lines


def test_what_is_kept_is_what_would_be_drawn_anew(explorer):
    for corner in itertools.islice(corners(explorer), 0, 8, 3):
        for name, value in corner.items():
            explorer.controls[name].value = value
        if explorer.scene.trail is None:
            anew = dataclasses.replace(explorer.scene)  # with a drawing of its own
            assert explorer.view.moving == anew.svg(explorer.frame), corner


@pytest.mark.slow
def test_what_is_drawn_ahead_at_every_stop_is_what_would_be_shown_there(explorer, hand):
    page = hand(explorer)
    anew = dataclasses.replace(explorer.scene)
    for name in explorer.scene.pair_of_sliders:
        restart(explorer)
        for stop in explorer.controls[name].slider.stops:
            setting = explorer.view.setting | {name: stop}
            ahead, frame = page.ask(ask=setting), anew.frame(**setting)
            assert ahead["readout"] == engine.readout(anew, frame), setting
            if anew.trail is None:
                assert ahead["moving"] == anew.svg(frame), setting


def test_a_moved_slider_costs_one_message(explorer, monkeypatch, hand):
    sent = []
    for name, control in explorer.controls.items():
        if name == "seed" or not control.slider.shown:  # a field, which nobody drags
            continue
        restart(explorer)
        monkeypatch.setattr(Widget, "_send", lambda widget, *_, **__: sent.append(widget))
        low, high = control.slider.ends
        other = low if control.value == high else high
        hand(explorer).slide(**{name: other})
        assert sent == [explorer.view], name
        monkeypatch.undo()
        sent.clear()


@pytest.mark.slow
def test_the_still_picture_holds_what_moves_too(explorer):
    whole, still = (
        np.asarray(Image.open(io.BytesIO(png)).convert("L")).astype(int)
        for png in (explorer.scene.png(explorer.frame), explorer.view.still)
    )
    assert whole.shape == still.shape
    assert whole.min() < 100 < 250 < whole.max()
    assert (np.abs(whole - still) > 20).mean() > 0.001


def test_every_button_works_and_the_last_one_reset_comes_back(explorer):
    first = explorer.summary
    labels = [slider.label for slider in explorer.scene.sliders if slider.shown]
    for button in explorer.buttons:
        explorer.press(button)
        texts = [text.get_text() for text in explorer.drawing.figure.findobj(Text)]
        plain = [re.sub(r"\$.*?\$", "", text) for text in texts]  # without Matplotlib's formulas
        shown = [*labels, explorer.summary, *plain]
        assert not [each for each in shown if "_" in each], f"{button}: an index with a line"
    assert button == "Reset"
    assert explorer.summary == first


def test_every_control_changes_what_is_shown(explorer):
    for name, control in explorer.controls.items():
        if not control.slider.shown:  # the state of a game, which buttons set
            continue
        before, now = explorer.view.moving, control.value
        low, high = control.slider.ends
        control.value = high if now != high else low
        assert explorer.view.moving != before, name
        control.value = now


def test_every_control_and_every_picture_says_what_it_is(explorer):
    labels = [slider.label for slider in explorer.scene.sliders]
    assert all(labels)
    assert len(set(labels)) == len(labels)
    assert all(explorer.buttons)
    assert explorer.scene.alt.endswith(".")


def test_a_start_and_every_preset_is_a_stop_of_its_slider(explorer):
    for setting in (explorer.scene.start, *explorer.scene.presets.values()):
        for name, value in setting.items():
            slider = explorer.controls[name].slider
            assert not slider.handle or slider.check(value) in slider.stops, name


def test_a_table_has_a_place_for_every_quantity(explorer):
    assert not explorer.scene.rows or sum(explorer.scene.rows) == len(explorer.values())


def test_a_scene_has_the_name_of_its_function(explorer, request):
    assert request.node.callspec.params["built"] == f"explore_{explorer.scene.name}"


@pytest.mark.parametrize("count", [7, 9, 16])
def test_any_three_of_many_sliders_come_in_every_way(count):
    sliders = [SimpleNamespace(name=f"{i}", ends=(0, 1), shown=True) for i in range(count)]
    explorer = SimpleNamespace(scene=SimpleNamespace(sliders=sliders))
    found = np.array([list(corner.values()) for corner in corners(explorer)])
    for three in itertools.combinations(range(count), 3):
        assert len(np.unique(found[:, three], axis=0)) == 8


def test_no_term_of_three_outcomes_reaches_the_ceiling():
    weights = np.stack(np.meshgrid(range(1, 11), range(11), range(11)), -1).reshape(-1, 3)
    masses = weights / weights.sum(axis=1, keepdims=True)
    # p and q are free of each other, and a term grows with p where p > q.
    (sun, *others) = ((mass.max(), mass[mass > 0].min()) for mass in masses.T)
    terms = [p * math.log(p / q) for p, q in (sun, *others)]
    assert max(terms) == pytest.approx(math.log(21), rel=1e-15)
    top = explore_pmf_pair().drawing.axes[1].get_ylim()[1]
    assert max(terms) + 0.3 < top  # its number has room above it


def test_swap_exchanges_p_and_q():
    explorer = explore_two_normals()
    explorer.set(mu_p=0.5, sigma_p=0.7, mu_q=-1, sigma_q=2)
    before = explorer.values()
    explorer.press("Swap p ↔ q")
    after = explorer.values()
    assert after["D(p‖q)"] == before["D(q‖p)"] != before["D(p‖q)"]
    assert explorer.controls["sigma_p"].value == 2


def test_two_normals_by_hand():
    explorer = explore_two_normals()
    explorer.set(mu_p=0, sigma_p=1, mu_q=1, sigma_q=2)
    # ln 2 + (1 + 1)/8 - 1/2
    assert explorer.values()["D(p‖q)"] == pytest.approx(math.log(2) - 0.25, rel=1e-15, abs=0)


def test_pmf_pair_infinite_one_way_and_finite_the_other():
    explorer = explore_pmf_pair()
    explorer.press("q never rains")
    values = explorer.values()
    assert values["D(p‖q)"] == math.inf
    assert 0 < values["D(q‖p)"] < 1
    assert "D(p‖q) = ∞ nats" in explorer.summary
    explorer.press("p never rains")
    assert explorer.values()["D(p‖q)"] < math.inf


def test_integrand_areas_differ_by_the_divergence(integral):
    # Quadrature as the judge of the two areas, to the four digits shown.
    from scipy import stats

    explorer = explore_integrand()
    for corner in corners(explorer):
        explorer.set(**corner)
        values = explorer.values()
        p = stats.norm(corner["mu_p"], corner["sigma_p"])
        q = stats.norm(corner["mu_q"], corner["sigma_q"])
        assert values["D(p‖q)"] == pytest.approx(kl_quad(p, q), abs=1e-9)
        low, high = p.ppf([1e-15, 1 - 1e-15])

        def depth(x, p=p, q=q):  # has kinks: hence short pieces
            return np.maximum(-p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), 0)

        below = integral(depth, np.linspace(low, high, 401))
        assert values["area below 0"] == pytest.approx(below, abs=2e-5)
        assert values["area above 0"] - below == pytest.approx(values["D(p‖q)"], abs=2e-5)


def test_samples_move_without_rolling_the_dice():
    explorer = explore_samples()
    edges = explorer.frame.data["edges"]
    explorer.set(mu_p=0.3, mu_q=0.1)  # both moved by 0.1: the same samples, 0.1 to the right
    assert explorer.frame.data["edges"] == pytest.approx(edges + 0.1)
    assert explorer.values()["D(p‖q), exact"] == pytest.approx(2)
    explorer.controls["n"].value = 10
    few = explorer.frame.data["edges"]
    explorer.controls["n"].value = 3000  # adds draws to those that were there
    assert explorer.frame.data["edges"][0] <= few[0]
    assert explorer.frame.data["edges"][-1] >= few[-1]
    before = explorer.summary
    explorer.press("Resample")
    assert explorer.controls["seed"].value == 17
    assert explorer.summary != before


def test_samples_presets_have_the_exact_values_of_the_demo():
    explorer = explore_samples()
    explorer.set(n=30, bins=5)
    for label, exact in (("Similar", 2), ("Different", 12.5)):
        explorer.press(label)
        assert explorer.values()["D(p‖q), exact"] == pytest.approx(exact, rel=1e-12, abs=0)
        assert explorer.controls["n"].value == 1000
        assert explorer.controls["bins"].value == 99
        assert explorer.controls["epsilon"].value == 1e-5


def test_every_epsilon_that_notebook_02_names_is_on_the_slider():
    (path,) = lessons.FOLDER.glob("02-*.ipynb")
    code = " ".join(cell.source for cell in cells.read(path).cells if cell.cell_type == "code")
    named = {float(number) for number in re.findall(r"\"?epsilon\"?[:=] ?([\d.e-]+)", code)}
    assert named >= {1e-4, 1e-7}
    assert named <= set(EPSILONS)


def test_one_draw_lies_and_two_lie_outside_the_picture():
    explorer = explore_samples()
    explorer.set(seed=0, mu_p=0.5, sigma_p=0.25)
    assert "1 of the 2000 draws lies outside the picture." in explorer.summary
    explorer.set(mu_p=0.6)
    assert "draws lie outside the picture." in explorer.summary


def test_the_seed_starts_again_after_the_last_one():
    explorer = explore_samples()
    explorer.controls["seed"].value = 9999
    explorer.press("Resample")
    assert explorer.controls["seed"].value == 0


def test_cross_entropy_is_entropy_plus_divergence_and_lowest_at_p():
    explorer = explore_cross_entropy()
    explorer.press("q = p")
    lowest = explorer.values()
    assert lowest["D(p‖q)"] == 0
    assert lowest["H(p, q)"] == lowest["H(p)"]
    for corner in corners(explorer):
        explorer.set(**corner)
        values = explorer.values()
        assert values["H(p, q)"] == pytest.approx(
            values["H(p)"] + values["D(p‖q)"], rel=1e-14, abs=0
        )
        assert values["H(p, q)"] > lowest["H(p, q)"]


def test_cross_entropy_says_where_the_lowest_point_beyond_the_slider_is():
    explorer = explore_cross_entropy()
    assert "beyond the slider" not in explorer.summary
    explorer.press("Far")
    assert "Over σ both are lowest at 3.16, beyond the slider." in explorer.summary
    explorer.set(mu_q=-2.8)  # √(1 + 2.8²) = 2.97
    assert "beyond the slider" not in explorer.summary


def test_cross_entropy_keeps_a_trail_until_reset():
    explorer = explore_cross_entropy()

    def trail():
        (line,) = (a for a in explorer.drawing.axes["mu"].lines if a.get_gid() == "trail")
        return line.get_xdata()

    explorer.controls["mu_q"].value = -1
    explorer.controls["mu_q"].value = 0.5
    assert list(trail()) == [2, -1, 0.5]
    explorer.press("Reset")
    assert list(trail()) == [2]


def handles_of(explorer):
    return [handle.name for handle in explorer.scene.handles]


def test_a_handle_that_is_dragged_where_it_is_moves_nothing(explorer, hand):
    for name in handles_of(explorer):
        setting = explorer.view.setting
        left, top = explorer.drawing.places(setting)[name]
        hand(explorer).drag(name, left, top)
        assert explorer.view.setting == setting, name


def test_a_dragged_handle_follows_the_hand(explorer, hand):
    for name in handles_of(explorer):
        restart(explorer)
        before = explorer.view.setting
        left, top = explorer.view.places[name]
        gaps = []
        for up in (0.08, -0.08):  # a bar near 1 goes no higher, one at its least no lower
            restart(explorer)
            there = left + 0.08, top - up
            hand(explorer).drag(name, *there)
            if explorer.view.setting != before:
                gap = np.subtract(explorer.view.places[name], there)
                gaps += np.abs(gap).tolist()
        assert gaps, f"{name} does not move"
        # It stays on its curve, so it can follow in one direction only, from stop to stop.
        assert min(gaps) < 0.04, name


def test_a_handle_dragged_far_out_stays_within_its_sliders_and_the_picture(explorer, hand):
    for name in handles_of(explorer):
        for left, top in itertools.product((-1, 0, 1, 2), repeat=2):
            hand(explorer).drag(name, left, top)
            for place in explorer.view.places.values():
                assert all(0 <= part <= 1 for part in place), (name, left, top)


def test_a_drag_is_one_message_back(explorer, monkeypatch, hand):
    if not explorer.scene.handles:
        return
    name = explorer.scene.handles[0].name
    left, top = explorer.view.places[name]
    sent = []
    monkeypatch.setattr(Widget, "_send", lambda widget, message, **__: sent.append(message))
    page = hand(explorer)
    asked = page.ask(drag=[name, left + 0.05, top - 0.05], at=explorer.view.setting)
    assert len(page.answers) == 1
    assert sent == []
    moved = {
        n: asked["setting"][n]
        for n in explorer.scene.handles[0].move(
            explorer.view.setting, *explorer.drawing.data_at(name, left + 0.05, top - 0.05)
        )
    }
    page.slide(**moved)
    (message,) = sent
    assert set(message["state"]) == {"setting", "heard", "moving", "places", "readout"}
    assert message["state"]["moving"] == asked["moving"]
    monkeypatch.undo()
