"""The games of notebooks 01 and 05: each can be won, counts what it says, and shows true optima."""

import itertools
import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import optimize
from scipy.special import rel_entr
from scipy.stats import norm

from kl_course.explorers.definitions import explore_draw_q
from kl_course.explorers.two_directions import explore_catch_the_modes
from kl_course.models import definitions as draw_q
from kl_course.models import two_directions as catch
from kl_course.models.definitions import summer_days
from kl_course.models.two_directions import (
    Mixture,
    dealt_modes,
    forward_kl,
    reverse_kl,
    reverse_minima,
)
from kl_helpers import kl_divergence

TARGETS, SEEDS = (0.1, 1, 10), range(20)
Q = ("q_sun", "q_rain", "q_snow")


# --- draw q


def a_round(**more):
    """A setting of the game at its beginning: D(p‖q) of the first summer's p is to be 1 nat."""
    state = {"seed": 1, "target": 1, "direction": 0, "round": 0, "tries": 0}
    return dict.fromkeys(Q, -0.5) | state | more


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("direction", "moved", "rest"),
    [(0, "q_sun", {"q_rain": -0.5, "q_snow": -6}), (1, "q_snow", {"q_sun": -2, "q_rain": -2})],
)
def test_a_try_within_two_per_cent_hits_and_ends_the_round(target, direction, moved, rest):
    setting, p = a_round(direction=direction, target=target) | rest, summer_days(1)

    def ratio(power):
        q = 10.0 ** np.array([(setting | {moved: power})[name] for name in Q])
        return kl_divergence(*((p, q), (q, p))[direction], normalize=True) / target

    for wanted, won in ((0.979, False), (0.981, True), (1.019, True), (1.021, False)):
        power = optimize.brentq(lambda power, wanted=wanted: ratio(power) - wanted, -12, -0.5)
        setting[moved] = power
        after = setting | draw_q.attempt(setting)
        assert draw_q.tried(after)[1] == pytest.approx(wanted, abs=1e-9)  # brentq ends at 2e-12
        assert draw_q.hit(after) is won
        assert draw_q.hit(after | {"q_rain": -9}) is won  # what is only drawn is no try
        assert not draw_q.hit(setting)
        assert (draw_q.attempt(after) == {}) is won


def test_tries_count_up_within_a_round_and_from_none_in_the_next():
    setting = a_round()
    for count in (1, 2, 3):
        setting |= draw_q.attempt(setting)
        assert draw_q.tries(setting) == count
    for change in ({"seed": 2}, {"target": 10}, draw_q.turn_round(setting)):
        assert draw_q.tries(setting | change) == 0
        assert draw_q.attempt(setting | change)["tries"] == 1
    assert setting | draw_q.turn_round(setting | draw_q.turn_round(setting)) == setting
    assert draw_q.attempt(setting | {"tries": 999})["tries"] == 1  # the counter's slider ends there


def test_no_two_rounds_have_the_same_number():
    sliders = {slider.name: slider for slider in explore_draw_q().scene.sliders}
    seeds = [0, 1, 2, 19, sliders["seed"].high - 1, sliders["seed"].high]
    numbers = [
        draw_q.this_round({"seed": seed, "target": target, "direction": direction})
        for seed, target, direction in itertools.product(seeds, TARGETS, (0, 1))
    ]
    assert len(set(numbers)) == len(numbers)
    assert 0 <= min(numbers) <= max(numbers) <= sliders["round"].high


@pytest.mark.parametrize(
    ("asked", "given"), [(0.3, 0.3), (1e-9, 1e-9), (-1, 1e-12), (2, 1 - 1e-12)]
)
def test_a_dragged_share_leaves_the_ratio_of_the_others(asked, given):
    pmf = np.array([0.5, 0.2, 0.3])
    for i in range(3):
        new = draw_q.with_share(pmf, i, asked)
        assert new[i] == pytest.approx(given, rel=1e-15, abs=0)
        others, before = np.delete(new, i), np.delete(pmf, i)
        # Near a share of 1 the rest is 1e-12, of which rounding is 1e-4.
        assert others.sum() == pytest.approx(1 - given, rel=1e-3, abs=1e-15)
        assert others[0] / others[1] == pytest.approx(before[0] / before[1], rel=1e-14)


def nearest_to_each_target(settings):
    """(seed, direction, target) -> the setting whose divergence is the nearest, relative to it."""
    weights = 10.0 ** np.array([[setting[name] for name in Q] for setting in settings])
    q = weights / weights.sum(axis=1, keepdims=True)
    found = {}
    for seed in SEEDS:
        p = summer_days(seed)
        both = rel_entr(p, q).sum(axis=1), rel_entr(q, p).sum(axis=1)
        for (direction, nats), target in itertools.product(enumerate(both), TARGETS):
            best = settings[np.abs(nats / target - 1).argmin()]
            found[seed, direction, target] = best
    return found


def assert_all_win(found):
    assert len(found) == 2 * len(TARGETS) * len(SEEDS)
    for (seed, direction, target), best in found.items():
        setting = best | {"seed": seed, "direction": direction, "target": target}
        assert draw_q.hit(setting | draw_q.attempt(setting)), setting


def test_every_target_can_be_hit_by_keyboard():
    scene = explore_draw_q().scene
    stops = {slider.name: slider.stops for slider in scene.sliders}
    pairs = itertools.combinations(Q, 2)  # the third stays where it is
    assert_all_win(
        nearest_to_each_target(
            [
                scene.start | {one: a, other: b}
                for one, other in pairs
                for a, b in itertools.product(stops[one][::50], stops[other][::6])
            ]
        )
    )


@pytest.mark.slow
def test_every_target_can_be_hit_by_hand_in_two_drags():
    explorer = explore_draw_q()
    scene, drawing = explorer.scene, explorer.drawing

    def dragged(setting, handle, pixel):
        left, _ = drawing.places(setting)[handle]
        there = drawing.data_at(handle, left, pixel / scene.height)
        return scene.drag(setting, handle, *there)

    rare = [dragged(scene.start, "q_snow powers", pixel) for pixel in (80, 95, 110, 140)]
    reached = [
        dragged(first, handle.name, pixel)
        for first in (scene.start, *rare)
        for handle in scene.handles
        for pixel in range(int(scene.height) + 1)  # whole pixels, as a mouse has them
    ]
    assert_all_win(nearest_to_each_target(reached))


def test_the_weather_is_a_distribution_with_a_rare_outcome():
    for seed in range(300):
        sun, rain, snow = p = summer_days(seed)
        assert p.sum() == pytest.approx(1, rel=1e-15, abs=0)
        assert 0.2 <= sun <= 0.8
        assert 0.19 < rain < 0.81
        assert snow == pytest.approx(10 ** round(math.log10(snow)), rel=1e-15, abs=0)
        assert 1e-7 <= snow < 1.1e-5
        assert -math.log(snow) > 10  # else no q would reach 10 nats in the other direction


def test_nothing_is_said_before_a_try_and_the_exact_numbers_after_it():
    explorer = explore_draw_q()
    before = explorer.values()
    explorer.set(q_sun=-3, q_snow=0)
    assert explorer.values() == before == {"D(p‖q), to reach": 1}
    explorer.press("Try")
    q = 10.0 ** np.array([-3, -0.19, 0])
    p, q = summer_days(1), q / q.sum()
    assert explorer.values()["D(p‖q)"] == pytest.approx(kl_divergence(p, q), rel=1e-13, abs=0)
    assert explorer.values()["D(q‖p)"] == pytest.approx(kl_divergence(q, p), rel=1e-13, abs=0)
    said = explorer.values()
    explorer.set(q_sun=-1)
    assert explorer.values() == said


def test_tries_are_counted_until_the_target_is_hit():
    explorer = explore_draw_q()

    def marks():
        lines = explorer.drawing.axes["scale"].lines
        return [len(line.get_xdata()) for line in lines if "tr" in line.get_gid()]

    explorer.press("Try")
    assert "Try 1: D(p‖q) is 30.9% of the target" in explorer.summary
    assert "too small" in explorer.summary
    explorer.set(q_sun=-8)
    explorer.press("Try")
    assert "Try 2: D(p‖q) is " in explorer.summary
    assert "too large" in explorer.summary
    assert sorted(marks()) == [1, 1]
    p = summer_days(1)

    def gap(power):
        q = np.array([10.0**power, 1, 1e-6])
        return kl_divergence(p, q, normalize=True) - 1

    explorer.set(q_sun=optimize.brentq(gap, -6, -0.5), q_rain=0, q_snow=-6)
    explorer.press("Try")
    assert "Try 3 is within 2 %" in explorer.summary
    explorer.set(q_sun=-3)
    explorer.press("Try")
    assert "Try 3 is within 2 %" in explorer.summary  # the round is over


@pytest.mark.parametrize("press_or_set", ["Resample", "Other direction", {"target": 10}])
def test_a_new_round_begins_at_no_try(press_or_set):
    explorer = explore_draw_q()
    before = explorer.summary.splitlines()[-1]
    explorer.press("Try")
    explorer.press(press_or_set) if isinstance(press_or_set, str) else explorer.set(**press_or_set)
    assert "Try 1" not in explorer.summary
    assert "then press Try" in explorer.summary
    (last,) = (a for a in explorer.drawing.axes["scale"].lines if a.get_gid() == "last try")
    assert len(last.get_xdata()) == 0
    explorer.press("Try")
    assert "Try 1" in explorer.summary
    assert before not in explorer.summary


def test_a_round_that_is_begun_anew_shows_no_try_of_before():
    """The last try follows from the setting; those before it are what the live view remembers."""
    explorer = explore_draw_q()

    def shown():
        lines = {line.get_gid(): line for line in explorer.drawing.axes["scale"].lines}
        return [lines[gid].get_xdata().tolist() for gid in ("tries before", "last try")]

    explorer.press("Try")
    explorer.set(q_sun=-2)
    explorer.press("Try")
    first, second = (nats for (nats,) in shown())
    explorer.set(target=10)
    explorer.press("Try")
    explorer.set(target=1)  # a round of the same number, without a try
    assert shown() == [[], []]
    explorer.press("Try")
    assert shown() == [[], [second]]
    explorer.set(q_sun=-0.7)
    explorer.press("Try")
    assert shown() == [[second], [first]]


def test_what_notebook_01_says_of_the_first_round(says):
    p = summer_days(explore_draw_q().controls["seed"].value)
    assert p == pytest.approx([0.48, 0.52, 1e-6], abs=1.1e-6)

    def without_sun(share):
        return np.array([share, 1 - share - p[2], p[2]])

    def with_snow(share):
        return np.append(p[:2] / p[:2].sum() * (1 - share), share)

    power = optimize.brentq(lambda k: kl_divergence(p, without_sun(10**k)) - 10, -12, -1)
    snow = optimize.brentq(lambda s: kl_divergence(with_snow(s), p) - 10, 0.1, 0.9)
    turned = kl_divergence(without_sun(10**power), p), kl_divergence(p, with_snow(snow))
    cell = "01", "game-draw-q-question"
    says(*cell, f"{10**power * 1e10:.1f}", "10^{-10}", f"{turned[0]:.2f}")
    says(*cell, f"{snow:.0%}", f"{turned[1]:.2f}")
    says(*cell, f"{-math.log(p[0]):.2f}")
    assert -math.log(p[0]) > -math.log(p[1])  # the larger of the two ends of a convex function
    says(*cell, f"{-math.log(p[2]):.1f}")


# --- catch the modes


def any_mixture(rng):
    k = int(rng.integers(2, 5))
    return rng.uniform(-5, 5, k), rng.choice([0.4, 0.5, 1, 1.5], k), rng.integers(1, 11, k)


def by_quadrature(modes, mu, sigma, integral):
    """D(p‖q), D(q‖p) and H(p), an interval at a time, from log-densities."""
    mus, sigmas, weights = map(np.asarray, modes)
    shares = weights / weights.sum()
    steps = np.arange(-10, 11)
    ends = zip([*mus, mu], [*sigmas, sigma], strict=True)
    cuts = np.unique(np.concatenate([c + s * steps for c, s in ends]))
    # Where one mode takes over from another, far out, log p bends within a short way.
    cuts = np.interp(np.arange(0, len(cuts) - 0.95, 0.1), np.arange(len(cuts)), cuts)

    def log_p(x):
        return np.logaddexp.reduce(np.log(shares) + norm.logpdf(x[:, None], mus, sigmas), axis=1)

    def log_q(x):
        return norm.logpdf(x, mu, sigma)

    def mean(log_weight, of):
        return integral(lambda x: np.exp(log_weight(x)) * of(x), cuts)

    return (
        mean(log_p, lambda x: log_p(x) - log_q(x)),
        mean(log_q, lambda x: log_q(x) - log_p(x)),
        mean(log_p, lambda x: -log_p(x)),
    )


@pytest.mark.parametrize("case", range(6))
def test_both_divergences_and_the_entropy_by_quadrature(case, integral):
    rng = np.random.default_rng(case)
    modes, mu, sigma = any_mixture(rng), rng.uniform(-5, 5), rng.uniform(0.4, 5.2)
    p = Mixture(*modes)
    # Ten standard deviations of the widest leave out less than 1e-20.
    forward, reverse, entropy = by_quadrature(modes, mu, sigma, integral)
    assert p.forward_kl(mu, sigma) == pytest.approx(forward, rel=1e-9, abs=1e-9)
    assert p.reverse_kl(mu, sigma) == pytest.approx(reverse, rel=1e-9, abs=1e-9)
    assert p.entropy == pytest.approx(entropy, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("m", [0.9, 1.5, 1.7, 2.4, 3])
def test_two_equal_modes_are_those_of_the_lesson(m):
    p = Mixture([-m, m], [0.6, 0.6], [3, 3])
    assert p.forward_kl(0.5, 1) == pytest.approx(forward_kl(0.5, 1, m), rel=1e-11, abs=1e-12)
    assert p.reverse_kl(0.5, 1) == pytest.approx(reverse_kl(0.5, 1, m), rel=1e-11, abs=1e-12)
    found = sorted(place for place in p.reverse_minima() if place[0] > -1e-6)
    # Where both slopes are 1e-13, a place is as near to the minimum, over a curvature of 0.05.
    for mine, known in zip(found, sorted(reverse_minima(m)), strict=True):
        assert mine == pytest.approx(known, abs=1e-11)


def test_slopes_and_curvatures_are_those_of_the_divergence(rng):
    for _ in range(10):
        p, h = Mixture(*any_mixture(rng)), 1e-4
        mu, log_sigma = rng.uniform(-4, 4), rng.uniform(-0.5, 1.2)
        at, sigma = np.array([mu, log_sigma]), math.exp(log_sigma)

        def nats(steps, at=at, sigma=sigma, p=p):
            there = at + np.array(steps) * [sigma, 1]  # of σ, and of log σ
            return float(p._reverse(there[np.newaxis])[0][0])

        _, slope, curvature = (part[0] for part in p._reverse(at[np.newaxis]))
        size = 1 + np.abs(curvature).max()
        ends = np.eye(2) * h
        # Differences err by h² = 1e-8 times higher derivatives, which are as large as `size` here.
        slopes = [(nats(d) - nats(-d)) / (2 * h) for d in ends]
        assert slope == pytest.approx(slopes, abs=1e-6 * size)
        for i, j in ((0, 0), (0, 1), (1, 1)):
            a, b = ends[i], ends[j]
            second = nats(a + b) - nats(a - b) - nats(b - a) + nats(-a - b)
            # Rounding of 1e-14 over 4h² adds 1e-6.
            assert curvature[i, j] == pytest.approx(second / (4 * h * h), abs=1e-4 * size)


def test_optima_are_optima_and_no_other_start_finds_a_lower_one(rng):
    deals = [tuple(zip(*dealt_modes(number), strict=True)) for number in range(1, 21)]
    for modes in deals + [any_mixture(rng) for _ in range(30)]:
        p = Mixture(*modes)
        minima = p.reverse_minima()
        for mu, sigma, nats in minima:
            place = np.array([[mu, math.log(sigma)]])
            _, slope, curvature = p._reverse(place)
            # A sum of terms of up to a hundred, at 1e-16 each.
            assert np.abs(slope).max() < 2e-13, modes
            assert np.linalg.eigvalsh(curvature[0]).min() > 0, modes
            assert nats == pytest.approx(p.reverse_kl(mu, sigma), rel=1e-12, abs=1e-13)
        places = np.column_stack([rng.uniform(-5, 5, 30), np.log(rng.uniform(0.4, 5, 30))])
        ends = p._reverse(p._descend(places, steps=60, every=1, flat=1e-9))[0]
        assert ends.min() > minima[0][2] - 1e-10, modes
        best = p.forward_kl(*p.moments)
        assert all(p.forward_kl(mu, math.exp(s)) >= best for mu, s in places), modes


@pytest.mark.parametrize("number", [1, 6, 10, 11, 19])
def test_an_optimiser_of_scipys_finds_the_same(number):
    p = Mixture(*zip(*dealt_modes(number), strict=True))
    best = p.reverse_minima()[0]
    ends = [
        optimize.minimize(
            lambda at: p.reverse_kl(at[0], math.exp(at[1])), (mu, math.log(s)), method="Nelder-Mead"
        )
        for mu, s in p.starts()
    ]
    lowest = min(ends, key=lambda end: end.fun)
    assert lowest.fun == pytest.approx(best[2], abs=1e-6)  # its steps end at 1e-4, squared
    assert [lowest.x[0], math.exp(lowest.x[1])] == pytest.approx(best[:2], abs=1e-3)


def test_rounds_have_two_to_four_modes_of_unequal_weights_and_widths():
    explorer = explore_catch_the_modes()
    stops = {slider.name: slider.stops for slider in explorer.scene.sliders}
    counts = set()
    for number in range(1, 21):
        modes = dealt_modes(number)
        counts.add(len(modes))
        assert explorer.view.setting["round"] == number
        for k, mode in enumerate(modes, 1):
            names = (f"mu_{k}", f"sigma_{k}", f"w_{k}")
            assert tuple(explorer.view.setting[name] for name in names) == mode
            assert all(value in stops[name] for name, value in zip(names, mode, strict=True))
        assert all(explorer.view.setting[f"w_{k}"] == 0 for k in range(len(modes) + 1, 5))
        for part in list(zip(*modes, strict=True))[1:]:
            assert len(set(part)) == len(modes)
        explorer.press("Next round")
    assert counts == {2, 3, 4}
    assert explorer.view.setting["round"] == 1


def test_two_guesses_are_kept_and_a_third_changes_nothing():
    setting = catch.dealt(1) | {"round": 1, "guesses": 0}
    assert catch.guesses_of(setting) == []
    for count, at in enumerate([(1.5, 2.0), (-2.0, 0.5), (4.0, 1.0)], 1):
        setting |= dict(zip(("mu_q", "sigma_q"), at, strict=True))
        setting |= catch.commit(setting)
        assert setting["guesses"] == min(count, 2)
    assert catch.guesses_of(setting) == [(1.5, 2.0), (-2.0, 0.5)]
    assert catch.commit(setting) == {}
    assert catch.guesses_of(setting | catch.next_round(setting)) == []


def test_after_the_last_round_comes_the_first():
    setting, seen = {"round": 1}, []
    for _ in range(catch.ROUNDS):
        seen.append(setting["round"])
        setting |= catch.next_round(setting)
        modes = dealt_modes(setting["round"])
        there = [setting[f"w_{k}"] > 0 for k in catch.MODES]
        assert there == [k <= len(modes) for k in catch.MODES]
        assert catch.mixture(setting).moments == Mixture(*zip(*modes, strict=True)).moments
    assert seen == list(range(1, 21))
    assert setting["round"] == 1


def test_a_guess_at_the_optimum_costs_nothing():
    p = catch.mixture(catch.dealt(1))
    lowest = p.reverse_minima()[0]
    best, lost = catch.score(p, [p.moments, lowest[:2]], lowest)
    assert best == (p.forward_kl(*p.moments), lowest[2])
    assert lost == pytest.approx([0, 0], abs=1e-13)  # a sum of terms of up to a hundred
    _, lost = catch.score(p, [(1.5, 2.0), (1.0, 1.5)], lowest)
    dearer = p.forward_kl(1.5, 2) - best[0], p.reverse_kl(1, 1.5) - best[1]
    assert lost == pytest.approx(dearer, rel=1e-12)
    assert min(lost) > 0.01


def test_a_weight_for_every_height_below_that_of_the_mode_alone():
    setting = catch.dealt(1)
    for k, x, weight in itertools.product(catch.MODES, (-3.0, 0.0, 2.5), (0.5, 3, 10)):
        there = setting | {f"mu_{k}": x, f"w_{k}": weight}
        (y,) = catch.mixture(there).pdf(np.array([x]))
        (none, most) = (catch.mixture(there | {f"w_{k}": w}).pdf(np.array([x])) for w in (0, 10))
        steered = most - none > catch.LEAST_RISE
        alone = norm.pdf(0, 0, setting[f"sigma_{k}"])
        expected = setting[f"w_{k}"] if not steered else weight if y < alone else 10
        # Solving divides by alone − y, a tenth of alone or more here: two digits are lost at most.
        found = catch.weight_for_height(setting, k, x, y)
        assert found == pytest.approx(expected, rel=1e-13)


def test_a_hand_that_hardly_moves_changes_a_weight_by_three_at_most(rng):
    """As low as the peak of a wide mode lies, below a taller one it does not jump to 10."""
    scene = explore_catch_the_modes().scene
    for _ in range(150):
        there = dict(scene.start)
        for k in catch.MODES:
            there[f"mu_{k}"] = round(rng.uniform(-5, 5), 1)
            there[f"sigma_{k}"] = round(0.05 * rng.integers(8, 31), 2)
            there[f"w_{k}"] = int(rng.integers(1, 11))
        for handle in scene.handles[: len(catch.MODES)]:
            weight = f"w_{handle.name[5]}"
            x, y = handle.place(there)
            for pixel in (-0.005, 0, 0.005):
                moved = scene.drag(there, handle.name, x, y + pixel)[weight]
                assert abs(moved - there[weight]) <= (3 if pixel else 0), (there, handle.name)


def test_the_optima_come_after_two_guesses_and_follow_then():
    explorer = explore_catch_the_modes()
    words = "forward", "reverse"
    for who in words:
        assert f"{who}: put q" in explorer.summary
        assert "best" not in explorer.summary
        assert explorer.frame.data["optima"] == []
        explorer.set(mu_q=1.5, sigma_q=2)
        assert "best" not in explorer.summary
        explorer.press("Commit guess")
    p = Mixture(*zip(*dealt_modes(1), strict=True))
    best = p.forward_kl(*p.moments), p.reverse_minima()[0][2]
    lost = p.forward_kl(1.5, 2) - best[0], p.reverse_kl(1.5, 2) - best[1]
    exact = {
        "D(p‖q), best": best[0],
        "D(q‖p), best": best[1],
        "lost by your guesses": sum(lost),
    }
    # A difference of numbers near 1 that it may be a tenth of.
    assert explorer.values() == pytest.approx(exact, rel=1e-13, abs=0)
    assert f"cost {lost[0]:.4f} and {lost[1]:.4f} nats more" in explorer.summary
    explorer.set(mu_q=0)
    explorer.press("Commit guess")  # no third one
    assert explorer.values() == pytest.approx(exact, rel=1e-13, abs=0)
    before = explorer.frame.data["optima"]
    explorer.set(mu_3=5)
    assert explorer.frame.data["optima"] != before
    explorer.press("Guess again")
    assert "best" not in explorer.summary
    assert explorer.view.setting["mu_3"] == 5


def test_the_next_round_asks_anew():
    explorer = explore_catch_the_modes()
    for label in ("Commit guess", "Commit guess", "Next round"):
        explorer.press(label)
    assert "Round 2. Guess 1 of 2, forward" in explorer.summary
    assert "best" not in explorer.summary


def test_the_height_of_p_over_a_mode_is_its_weight():
    explorer = explore_catch_the_modes()
    scene = explorer.scene
    handle = next(h for h in scene.handles if h.name == "mode 3, peak")
    for weight in range(11):
        there = explorer.view.setting | {"w_3": weight, "mu_3": 0.9}
        x, y = handle.place(there)
        assert scene.drag(explorer.view.setting, "mode 3, peak", x, y) == there
    # 4 and -4 is where a round keeps the modes that it does without
    assert explorer.view.setting["w_4"] == 0
    assert scene.drag(explorer.view.setting, "mode 4, peak", -4, 0.2)["w_4"] > 0


def test_what_notebook_05_says_of_the_first_round(says):
    setting = explore_catch_the_modes().scene.start
    assert [setting[f"w_{k}"] for k in (1, 2, 3, 4)] == [9, 4, 6, 0]
    assert setting["sigma_1"] == min(setting[f"sigma_{k}"] for k in (1, 2, 3))
    mus, sigmas, weights = zip(*dealt_modes(1), strict=True)

    def with_weight(first):
        return Mixture(mus, sigmas, (first, *weights[1:]))

    nine, ten = with_weight(9), with_weight(10)
    (cover, lock), (there, back) = nine.reverse_minima(), ten.reverse_minima()
    assert cover[0] > 0 > lock[0]
    assert there[0] < 0 < back[0]
    assert all(with_weight(w).reverse_minima()[0][0] > 0 for w in range(1, 10))
    cell = "05", "game-modes-question"
    says(*cell, f"{cover[0]:.3f}", f"{cover[1]:.3f}", f"{cover[2]:.4f}")
    says(*cell, f"{-math.log(10 / 19):.4f}")
    says(*cell, f"{lock[2]:.4f}")
    says(*cell, f"{there[2]:.4f}", f"{back[2]:.4f}")
    says(*cell, f"{back[0]:.2f}", f"{there[0]:.2f}")
    for p in (nine, ten):
        mu, sigma = p.moments
        says(*cell, f"{mu:.3f}", f"{sigma:.3f}")


def names_in_the_picture(frame):
    """Place and text of each number beside a mode."""
    scene = explore_catch_the_modes().scene
    axes = scene.layout(Figure())
    scene.draw(axes, **frame.data)
    shown = (text for text in axes[1].texts if (text.get_gid() or "").startswith("number"))
    return [(*text.get_position(), text.get_text()) for text in shown if text.get_text()]


@pytest.mark.slow
@pytest.mark.parametrize("apart", [0, 0.1, 0.5, 0.6, 1, 2])
def test_numbers_of_modes_that_meet_do_not_lie_on_each_other(apart):
    scene = explore_catch_the_modes().scene
    setting = {f"mu_{k}": -1 + apart * (k - 1) / 2 for k in range(1, 5)}
    setting |= {f"sigma_{k}": 0.7 for k in range(1, 5)}
    found = names_in_the_picture(scene.frame(**(scene.start | setting)))
    for (x, y, one), (u, v, other) in itertools.combinations(found, 2):
        room = 0.35 * len((one + other).replace(" ", ""))  # a digit and its space are 0.65 wide
        assert abs(x - u) >= room or abs(y - v) >= 0.4
    assert sorted("".join(text for *_, text in found).replace(" ", "")) == list("1234")
