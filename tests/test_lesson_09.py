"""Notebook 09: its mathematics against second judges, the claims of its prose, its checks."""

import itertools
import math
import re
from fractions import Fraction

import numpy as np
import pytest
from scipy import linalg, optimize, stats

from kl_course.checks import predict_number
from kl_course.checks.evidence import check_apps, check_stake, check_statistic, check_trains
from kl_course.explorers.evidence import (
    BEYOND,
    _cut,
    explore_chance,
    explore_errors,
    explore_leads,
)
from kl_course.models import evidence
from kl_helpers import kl_bernoulli, kl_divergence

P, Q = 0.3, 0.1
D, BACK = float(kl_bernoulli(P, Q)), float(kl_bernoulli(Q, P))


# --- The lead


def test_lead_is_the_log_of_the_ratio_of_products():
    for late, on_time in itertools.product(range(4), repeat=2):
        ratio = (P**late * (1 - P) ** on_time) / (Q**late * (1 - Q) ** on_time)
        # A sum of six logarithms of size 1: a few units of 1e-16.
        assert evidence.lead(late, late + on_time, P, Q) == pytest.approx(
            math.log(ratio), rel=0, abs=1e-14
        )


@pytest.mark.parametrize(
    ("late", "n", "p", "q", "expected"),
    [
        (0, 5, 0.1, 0.0, 5 * math.log(0.9)),
        (1, 5, 0.1, 0.0, math.inf),
        (5, 5, 1.0, 0.5, 5 * math.log(2)),
        (4, 5, 1.0, 0.5, -math.inf),
        (0, 7, 0.0, 0.0, 0.0),
        (0, 0, 0.1, 0.0, 0.0),
        (3, 3, 1.0, 1.0, 0.0),
    ],
)
def test_lead_where_something_is_impossible(late, n, p, q, expected):
    assert evidence.lead(late, n, p, q) == pytest.approx(expected, rel=1e-15)


def test_moments_of_one_train_are_those_of_its_two_outcomes():
    mean, sd = evidence.moments_of_lead(P, Q)
    late, on_time = math.log(3), math.log(7 / 9)
    assert mean == pytest.approx(0.3 * late + 0.7 * on_time, rel=1e-14)
    assert sd**2 == pytest.approx(0.3 * late**2 + 0.7 * on_time**2 - mean**2, rel=1e-14)
    assert evidence.moments_of_lead(0.1, 0.0) == (math.inf, math.inf)
    assert evidence.moments_of_lead(0.0, 0.1) == (pytest.approx(-math.log(0.9)), 0.0)


def test_a_longer_list_begins_with_the_shorter_one():
    short, long = (evidence.count_late(P, n, seed=3) for n in (50, 90))
    assert short.shape == (20, 51)
    assert (long[:, :51] == short).all()
    assert (short[:, 0] == 0).all()
    assert set(np.diff(short).ravel()) == {0, 1}


def test_twenty_paths_scatter_as_they_should():
    # 200 seeds of 20 lists: the standard error of the mean is sd/√4000 = 0.076, that of the sd half
    # of it by √2; four of each.
    ends = np.concatenate([evidence.count_late(P, 60, seed)[:, -1] for seed in range(200)])
    leads = evidence.lead(ends, 60, P, Q)
    mean, sd = evidence.moments_of_lead(P, Q)
    assert leads.mean() == pytest.approx(60 * mean, abs=0.31)
    assert leads.std() == pytest.approx(math.sqrt(60) * sd, abs=0.22)


@pytest.mark.parametrize(("p", "q", "factor"), [(P, Q, 100), (Q, P, 10), (0.5, 0.05, 100)])
@pytest.mark.parametrize("two_sided", [False, True])
def test_passage_and_verdict_times_against_all_lists(p, q, factor, two_sided):
    """Every list of up to twelve trains, one by one, in exact arithmetic."""
    times = evidence.verdict_times if two_sided else evidence.passage_times
    exact = np.atleast_2d(times(p, q, factor, longest=12))
    a, b = Fraction(str(p)), Fraction(str(q))
    steps = [(a, a / b), (1 - a, (1 - a) / (1 - b))]
    lowest = Fraction(1, factor) if two_sided else Fraction(0)
    found = [[Fraction(0)] * 13, [Fraction(0)] * 13]
    waiting = [(Fraction(1), Fraction(1))]  # probability under p, ratio
    for n in range(1, 13):
        longer = [(w * s, r * t) for w, r in waiting for s, t in steps]
        found[0][n] = sum(w for w, r in longer if r >= factor)
        found[1][n] = sum(w for w, r in longer if r <= lowest)
        waiting = [(w, r) for w, r in longer if lowest < r < factor]
    # Sums of at most 4096 products of 12 roundings each.
    for ours, theirs in zip(exact, found, strict=False):
        assert ours == pytest.approx([float(f) for f in theirs], rel=1e-12, abs=1e-15)
    assert sum(found[0]) > 0
    assert len(exact) == 1 + two_sided


def test_walds_identity_and_the_overshoot():
    for p, q in ((P, Q), (Q, P), (0.5, 0.2)):
        chance = evidence.passage_times(p, q)
        assert chance.sum() == pytest.approx(1, abs=1e-9)  # nobody waits longer than 2000 trains
        mean = np.sum(chance * np.arange(chance.size))
        at_stop = mean * float(kl_bernoulli(p, q))
        assert math.log(100) <= at_stop <= math.log(100) + max(evidence.log_ratios(p, q))


def test_what_the_notebook_says_of_a_hundred_to_one(says):
    chance = evidence.passage_times(P, Q)
    by = np.cumsum(chance)
    mean = np.sum(chance * np.arange(chance.size))
    assert f"{mean:.3f}" == "32.838"
    says("09", "reveal-hundred", f"{mean:.3f}", f"{math.log(100) / D:.0f}")
    question = predict_number("trains")
    assert question.agrees(33, mean)
    assert not question.agrees(math.log(100) / D, mean)  # 30, which the reveal calls wrong
    assert 2.5 < mean - math.log(100) / D < 3  # "almost three more"
    says("09", "ask-hundred", "5%")
    right = [n for n in range(25, 40) if math.isclose(n, mean, rel_tol=0.05)]
    assert right == [32, 33, 34]  # 30, which forgets the step beyond, is not
    assert by[7] < 0.05 <= by[8]
    assert by[77] < 0.95 <= by[78]
    backward = evidence.passage_times(Q, P)
    assert np.sum(backward * np.arange(backward.size)) > mean + 5


def test_a_wrong_claim_is_ever_ahead_at_most_once_in_a_hundred(says):
    for p, q in ((P, Q), (Q, P), (0.5, 0.05), (0.9, 0.2), (0.31, 0.3)):
        assert 0 < evidence.passage_times(p, q, truth=q).sum() <= 0.01
    wrong = evidence.passage_times(P, Q, truth=Q).sum()
    says("09", "ville", f"{1 / wrong:.0f}")
    # 20,000 lists, 0.67 % of them: a standard error of 0.06 %.
    counts = evidence.count_late(Q, 400, seed=0, repeats=20_000)
    ever = (evidence.lead(counts, np.arange(401), P, Q) >= math.log(100)).any(axis=1)
    assert ever.mean() == pytest.approx(wrong, abs=0.0024)


def test_the_apps_of_notebook_0(says):
    says("09", "ask-behind", f"{math.exp(5):.0f}")
    says("09", "reveal-behind", f"{1 / stats.norm.cdf(0, 5, math.sqrt(10)):.0f}")
    says("09", "reveal-behind", f"{5 / math.sqrt(10):.2f}", f"{math.exp(5):.0f}")


def test_the_slopes_and_the_never(says):
    late, on_time = evidence.log_ratios(P, Q)
    says("09", "reveal-direction", f"{D:.3f}", f"{BACK:.3f}", f"+{late:.2f}", f"{on_time:.2f}")
    never = -math.log(0.9)
    assert 43 * never < math.log(100) < 44 * never
    says("09", "never-meaning", f"{never:.3f}", "44")
    says("09", "reveal-never", f"{never:.3f}")
    says("09", "reveal-hundred", f"{late:.2f}")


# --- Two errors


@pytest.mark.parametrize(("n", "least"), [(10, 1), (60, 12), (200, 37), (60, 0), (60, 61)])
def test_errors_are_binomial_tails(n, least):
    miss, alarm = evidence.log_errors(n, least, P, Q)
    # gammaln of 200 is 860, and its rounding 1e-13.
    assert math.exp(miss) == pytest.approx(stats.binom.cdf(least - 1, n, P), rel=1e-11)
    assert math.exp(alarm) == pytest.approx(stats.binom.sf(least - 1, n, Q), rel=1e-11)


def test_steins_count_is_the_largest_that_is_allowed():
    for n, misses in itertools.product((1, 10, 60, 100, 1000), (0.5, 0.05, 0.01)):
        least = evidence.stein_count(n, P, misses)
        assert stats.binom.cdf(least - 1, n, P) <= misses < stats.binom.cdf(least, n, P)


def test_false_alarms_fall_by_d_in_the_end_whatever_is_allowed():
    n = 1_000_000
    for misses in (0.5, 0.05, 0.01):
        _, alarm = evidence.log_errors(n, evidence.stein_count(n, P, misses), P, Q)
        sd = evidence.moments_of_lead(P, Q)[1]
        first_order = D - stats.norm.isf(misses) * sd / math.sqrt(n)
        # What is left is ln n / 2n and a constant over n: 1e-5.
        assert -alarm / n == pytest.approx(first_order, abs=1.5e-5)
        assert -alarm / n == pytest.approx(D, abs=0.0016)


def test_chernoff_is_the_general_formula_and_symmetric():
    for p, q in ((P, Q), (Q, P), (0.5, 0.2), (0.99, 0.01), (0.3, 0.29)):
        share, information = evidence.chernoff(p, q)
        a, b = np.array([p, 1 - p]), np.array([q, 1 - q])
        best = optimize.minimize_scalar(
            lambda lam, a=a, b=b: np.log(np.sum(a**lam * b ** (1 - lam))), (0, 1), tol=1e-12
        )
        assert information == pytest.approx(-best.fun, rel=1e-9)
        assert kl_bernoulli(share, p) == pytest.approx(kl_bernoulli(share, q), rel=1e-9)
        assert min(p, q) < share < max(p, q)
        assert evidence.chernoff(q, p) == pytest.approx((share, information), rel=1e-12)
    assert evidence.chernoff(0.3, 0.3) == (0.3, 0.0)


def test_what_the_notebook_says_of_the_threshold(says):
    share, information = evidence.chernoff(P, Q)
    says("09", "reveal-threshold", f"{share:.3f}")
    says("09", "chernoff-read", f"{information:.3f}", f"{D:.3f}", f"{D / information:.1f}")
    says("09", "chernoff-read", f"{math.log(100) / information:.1f}", "87")
    worst = {n: max(evidence.log_errors(n, math.ceil(share * n), P, Q)) for n in range(80, 500)}
    assert max(n for n, log in worst.items() if log > math.log(0.01)) == 86


def test_the_bounds_of_both_errors_hold():
    for n, t in itertools.product((1, 7, 60, 200), np.arange(0.1, 0.31, 0.02)):
        miss, alarm = evidence.log_errors(n, math.ceil(t * n - 1e-9), P, Q)
        assert miss <= -n * kl_bernoulli(min(t, P), P) + 1e-12
        assert alarm <= -n * kl_bernoulli(max(t, Q), Q) + 1e-12


# --- The die


def test_counts_of_a_die_are_those_of_all_its_sequences():
    for n in (1, 2, 4):
        totals = [sum(way) for way in itertools.product(range(1, 7), repeat=n)]
        assert evidence.roll_counts(n) == [totals.count(s) for s in range(n, 6 * n + 1)]
    assert sum(evidence.roll_counts(100)) == 6**100


def test_the_tilted_die_is_the_closest_one_with_its_mean(rng):
    faces, fair = np.arange(1, 7), np.full(6, 1 / 6)
    same_mean = linalg.null_space([np.ones(6), faces])  # ways to change a die and keep its mean
    for mean in (1.2, 3.5, 4.5, 5.9):
        die = evidence.tilted_die(mean)
        assert np.sum(die * faces) == pytest.approx(mean, rel=1e-12)
        for way in (same_mean @ rng.standard_normal((4, 50))).T:
            room = np.min(-die[way < 0] / way[way < 0])
            other = np.maximum(die + rng.uniform(0.01, 1) * room * way, 0)  # −1e-18 by rounding
            cost = kl_divergence(other, fair, normalize=True)
            assert cost > kl_divergence(die, fair)
            # the Pythagorean theorem of dice with the same mean (Csiszár 1975)
            farther = kl_divergence(other, die, normalize=True)
            assert cost == pytest.approx(kl_divergence(die, fair) + farther, rel=1e-13)


def test_sanovs_exponent_bounds_the_exact_probability_and_is_its_rate(says):
    exponent = kl_divergence(evidence.tilted_die(4.5), np.full(6, 1 / 6))
    rates = []
    for n in (2, 10, 50, 100, 400):
        there = sum(evidence.roll_counts(n)[round(4.5 * n) - n :])
        rates.append((n * math.log(6) - math.log(there)) / n)
    assert all(a > b > exponent for a, b in itertools.pairwise(rates))
    assert rates[-1] == pytest.approx(exponent, abs=0.01)  # ln n / 2n is 0.0075
    odds = 6**100 / sum(evidence.roll_counts(100)[350:])
    assert f"{odds / 1e6:.3g}" == "658"
    says("09", "ask-sixes", "660 million")
    ratios = evidence.tilted_die(4.5)[1:] / evidence.tilted_die(4.5)[:-1]
    assert ratios == pytest.approx(np.full(5, ratios[0]), rel=1e-9)
    says("09", "reveal-sixes", f"{ratios[0]:.2f}")


# --- Chance


@pytest.mark.parametrize(("n", "k"), [(1, 6), (5, 2), (6, 3), (5, 4)])
def test_the_fair_dies_distribution_against_all_sequences(n, k):
    values, probabilities = evidence.fair_die_distribution(n, k)
    fair = np.full(k, 1 / k)
    found = [
        2 * n * kl_divergence(np.bincount(way, minlength=k) / n, fair)
        for way in itertools.product(range(k), repeat=n)
    ]
    assert probabilities.sum() == pytest.approx(1, rel=1e-12)
    for bound in (0.1, 1.0, 3.0, 5.0):
        over = np.mean(np.array(found) > bound)
        assert probabilities[values > bound].sum() == pytest.approx(over, rel=1e-12)


def test_chance_goes_over_the_threshold_as_the_notebook_says(says):
    limit = 2 * evidence.chance_threshold(6, 1)
    assert limit == pytest.approx(stats.chi2.ppf(0.95, 5), rel=1e-12)
    over = {}
    for n in (6, 12, 20, 60):
        values, probabilities = evidence.fair_die_distribution(n)
        over[n] = probabilities[values > limit].sum()
    says("09", "chance-read", "60", f"{over[60]:.1%}")
    assert 0.08 < over[20] < over[12] < 0.1  # "nearly twice what it claims to be"


def test_the_threshold_for_two_samples_over_seeds():
    limit = evidence.chance_threshold(6, 500, 500)
    assert limit == pytest.approx(stats.chi2.ppf(0.95, 5) / 500, rel=1e-12)
    over, mean = [], []
    for seed in range(5):
        rolls = np.random.default_rng(seed).integers(6, size=(2000, 2, 500))
        shares = np.stack([(rolls == face).mean(axis=2) for face in range(6)], axis=-1)
        d = kl_divergence(shares[:, 0], shares[:, 1])
        over.append(np.mean(d > limit))
        mean.append(d.mean())
    # 10,000 pairs: standard errors of 0.22 % and of 0.00006 nats; the mean is 1 % above (k − 1)/n.
    assert np.mean(over) == pytest.approx(0.05, abs=0.009)
    assert np.mean(mean) == pytest.approx(5 / 500, abs=0.0003)


def test_unequal_samples_add_their_noise():
    rng = np.random.default_rng(1)
    rolls = rng.integers(4, size=(3000, 800)), rng.integers(4, size=(3000, 200))
    shares = [np.stack([(r == face).mean(axis=1) for face in range(4)], axis=-1) for r in rolls]
    over = np.mean(kl_divergence(*shares) > evidence.chance_threshold(4, 800, 200))
    assert over == pytest.approx(0.05, abs=0.016)  # four standard errors


def test_rolls_against_a_fair_die():
    found = evidence.rolls_against_fair(200, 6, 0.0, seed=0)
    # Mean 5, sd √10: a standard error of 0.1.
    assert found.mean() == pytest.approx(5, abs=0.4)
    loaded = np.full(6, 0.85 / 6) + 0.15 * (np.arange(6) == 5)
    noise = 2 * 200 * kl_divergence(loaded, np.full(6, 1 / 6)) + 5
    assert evidence.rolls_against_fair(200, 6, 0.15, seed=0).mean() == pytest.approx(noise, rel=0.1)
    assert (evidence.rolls_against_fair(6, 20, 0.3, seed=0) >= 0).all()


# --- Money


def test_the_growth_of_capital(says):
    def growth(b):
        return 0.3 * math.log(b / 0.1) + 0.7 * math.log((1 - b) / 0.9)

    for b in (0.2, 0.3, 0.5, 0.6):
        assert growth(b) == pytest.approx(D - kl_bernoulli(P, b), rel=1e-12)
    assert max(np.arange(0.01, 1, 0.01), key=growth) == pytest.approx(0.3)
    assert growth(0.6) < 0 < growth(0.5)
    assert f"{math.log10(0.3) * 100:.0f}" == "-52"
    says("09", "reveal-bet", "10⁵²")
    says("09", "ask-bet", f"{0.7 / 0.9:.2f}")
    for b in (0.0, 0.2, 0.7, 1.0):  # with the leaflet right, the average stays
        assert Q * b / Q + (1 - Q) * (1 - b) / (1 - Q) == pytest.approx(1)


@pytest.mark.parametrize("pays", [(10, 1 / 0.9), (3, 3), (8, 1.05)])
def test_who_bets_everything_bets_the_truth_whatever_the_prices(pays):
    def growth(bet):
        return P * np.log(bet * pays[0]) + (1 - P) * np.log((1 - bet) * pays[1])

    bets = np.linspace(0.01, 0.99, 99)
    assert bets[np.argmax(growth(bets))] == pytest.approx(P, abs=1e-12)  # P is on the grid


def test_with_unfair_prices_it_can_be_better_to_hold_money_back():
    pays, late = (8, 1.05), np.linspace(0, 0.5, 51)  # 1/8 + 1/1.05 > 1: a share is kept
    everything = P * np.log(P * pays[0]) + (1 - P) * np.log((1 - P) * pays[1])
    rest_held = P * np.log(1 + late * (pays[0] - 1)) + (1 - P) * np.log(1 - late)
    assert rest_held.max() > everything + 0.01


# --- The explorers


def corners(explorer):
    ends = {n: c.slider.ends for n, c in explorer.controls.items() if n != "seed"}
    for values in itertools.product(*ends.values()):
        yield dict(zip(ends, values, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("make", [explore_leads, explore_errors, explore_chance])
def test_every_corner_has_a_picture_and_numbers(make):
    explorer = make()
    for corner in corners(explorer):
        explorer.set(**corner)
        assert "<path" in explorer.view.moving, corner
        assert "nan" not in explorer.view.moving, corner
        for label in explorer.buttons[:-1]:  # all but Reset
            explorer.press(label)


def test_leads_at_the_start_and_after_the_presets():
    explorer = explore_leads()
    values = explorer.values()
    assert values["D(p‖q)"] == pytest.approx(D, rel=1e-14)
    assert values["mean lead, n·D"] == pytest.approx(60 * D, rel=1e-14)
    assert values["chance that p is behind"] == pytest.approx(stats.binom.cdf(11, 60, P), rel=1e-9)
    explorer.press("Swap p ↔ q")
    assert explorer.values()["D(p‖q)"] == pytest.approx(BACK, rel=1e-14)
    explorer.press("q: never late")
    assert explorer.values()["D(p‖q)"] == math.inf
    assert " of 20 are at ∞: they met what q calls impossible." in explorer.summary
    assert "sd of the lead = –\n" in explorer.summary
    assert "n·D is 100 : 1 after = –\n" in explorer.summary
    explorer.press("p: never late")
    assert explorer.values()["sd of the lead"] == 0
    assert "are at ∞" not in explorer.summary
    assert "If q is true the mean is −∞ nats" in explorer.summary
    explorer.press("p = q")
    assert explorer.values()["n·D is 100 : 1 after"] == math.inf
    assert "0 of 20 paths have been at 100 : 1." in explorer.summary


@pytest.mark.parametrize("setting", [{"p": 5e-324}, {"q": 5e-324}, {"q": 1e-12, "n": 120}])
def test_leads_draws_nothing_far_outside_of_its_picture(setting):
    scene = explore_leads().scene
    svg = scene.svg(scene.frame(**setting))
    corners = [
        float(number)
        for outline in re.findall(r' d="([^"]*)', svg)
        for number in re.findall(r"-?\d+\.\d+", outline)
    ]
    assert max(map(abs, corners)) < 2 * 605  # points; the picture is 605 wide


def test_a_curve_that_leaves_the_picture_is_the_same_within_it():
    x = np.arange(5.0)
    steep, flat = np.array([0, 700, -700, 20, 30.0]), np.array([1, 2, 3, 4, 5.0])
    at, cut, same = _cut(x, steep, flat)
    assert same == pytest.approx(at + 1)
    assert np.abs(cut).max() == BEYOND
    within = np.abs(np.interp(at, x, steep)) <= BEYOND * (1 + 1e-12)
    assert cut[within] == pytest.approx(np.interp(at, x, steep)[within])
    assert at.size == 5 + 4  # up, down through both, up
    unmoved = _cut(x, flat)
    assert [each.tolist() for each in unmoved] == [x.tolist(), flat.tolist()]


def test_drawn_paths_are_the_leads():
    explorer = explore_leads()
    explorer.set(n=90, seed=4)
    counts = evidence.count_late(P, 120, 4)[:, :91]
    leads = evidence.lead(counts, np.arange(91), P, Q)
    assert explorer.frame.data["leads"] == pytest.approx(leads, rel=1e-14)
    there = leads >= math.log(100)
    arrived = there.any(axis=1)
    assert f"{arrived.sum()} of 20 paths have been" in explorer.summary
    assert (explorer.frame.data["first"][0] == there.argmax(axis=1)[arrived]).all()


def test_errors_do_not_care_what_is_called_late():
    explorer = explore_errors()
    explorer.set(p=0.3, q=0.1, t=0.17, n=83)  # 0.17 · 83 is no whole number, nor is 0.83 · 83
    before = explorer.values()
    explorer.set(p=0.7, q=0.9, t=0.83)
    after = explorer.values()
    assert after == pytest.approx(before, rel=1e-9)
    assert "Says p if at most 68 of 83 trains are late." in explorer.summary
    assert before["misses"] == pytest.approx(stats.binom.cdf(14, 83, 0.3), rel=1e-9)


def test_errors_are_the_curves_at_n():
    explorer = explore_errors()
    for n, t in itertools.product((1, 60, 200), (0.12, 0.2, 0.28)):
        explorer.set(n=n, t=t)
        values, curves = explorer.values(), explorer.frame.data["curves"]
        assert curves["q"][n - 1] == pytest.approx(values["false alarms"], rel=1e-9)
        # 1 − betainc: what is far below 1e-9 is lost, and so below the picture
        assert curves["p"][n - 1] == pytest.approx(values["misses"], rel=1e-6, abs=1e-15)


def test_a_threshold_outside_is_said():
    explorer = explore_errors()
    explorer.set(t=0.4)
    assert "misses do not die out" in explorer.summary
    explorer.set(t=0.05)
    assert "false alarms do not die out" in explorer.summary
    explorer.set(p=0.1, q=0.1)
    assert "no threshold tells them apart" in explorer.summary


def test_chance_finds_a_loaded_die_more_often_with_more_rolls():
    explorer = explore_chance()
    explorer.press("Loaded")
    found = []
    for n in (20, 60, 200):
        explorer.set(n=n)
        found.append(explorer.values()["samples over it"])
    assert found[0] < found[1] < found[2]
    explorer.set(n=200, load=0.3)
    assert "% of the samples lie right of the picture." in explorer.summary
    explorer.set(n=6, k=2, load=0)
    assert "A bar leaves the picture: it reaches 0.8 per nat." in explorer.summary


def test_leads_that_leave_the_picture_are_said():
    explorer = explore_leads()
    explorer.set(p=0.9, q=0.1, n=120)
    assert "20 of 20 end above the picture." in explorer.summary
    assert "If q is true the mean is −210.9336 nats, below the picture." in explorer.summary


# --- The checks: answers that people give


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((30.96, 35.84), "right", "truth in front"),
        ((31.0, 35.8), "right", ""),
        ((31, 36), "right", ""),
        ((31, 36.2), "wrong", "close"),
        ((30, 36), "wrong", "too small"),
        ((35.84, 30.96), "wrong", "`regulars`: That is for the other truth"),
        ((30.96, 30.96), "wrong", "`leaflet`: That is for the other truth"),
        ((20.64, 35.84), "wrong", "100 : 1"),
        ((3 / 0.22314, 35.84), "wrong", "log₁₀"),
        ((math.log2(1000) / 0.22314, 35.84), "wrong", "odds are in bits"),
        ((math.log(1000) / 0.32193, 35.84), "wrong", "D is in bits"),
        ((1000 / 0.22314, 35.84), "wrong", "ln 1000 nats, not of 1000"),
        ((math.log(1000) / D, 35.84), "wrong", "here they are 0.5 and 0.2"),
        ((0.2231, 35.84), "wrong", "what one train brings"),
        ((math.log(1000) * 0.22314, 35.84), "wrong", "Divide"),
        ((None, None), "not attempted", "regulars"),
        (("31", 35.84), "wrong", "text"),
    ],
)
def test_trains(answer, status, words):
    verdict = check_trains(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((0.125, 36.84), "right", "a quarter"),
        ((1 / 8, 36.8), "right", ""),
        ((1 / 8, 37), "right", ""),
        ((1 / 8, 36), "wrong", "too small"),
        ((0.5, 9.21), "wrong", "threshold to either app"),
        ((0.25, 18.42), "wrong", "D is half of that"),
        ((0.125 / math.log(2), 36.84), "wrong", "bits"),
        ((0.125, 9.21), "wrong", "with D(p‖q) as the rate"),
        ((0.125, 18.42), "wrong", "half of D(p‖q)"),
        ((0.125, 16), "wrong", "log₁₀"),
        ((0.125, -36.84), "wrong", "sign"),
        ((0.125, None), "not attempted", "trains"),
        ((None, None), "not attempted", "rate"),
    ],
)
def test_apps(answer, status, words):
    verdict = check_apps(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


def test_the_apps_chernoff_information_by_the_general_formula():
    x = np.linspace(-12, 13, 25001)
    p, q = stats.norm.pdf(x, 0, 1), stats.norm.pdf(x, 1, 1)
    best = optimize.minimize_scalar(
        lambda lam: math.log(np.sum(p**lam * q ** (1 - lam)) * 0.001), (0, 1)
    )
    assert check_apps(-best.fun, math.log(100) / -best.fun).status == "right"


def statistic(counts):
    n = counts.sum()
    return 2 * n * kl_divergence(counts / n, np.full(len(counts), 1 / len(counts)))


def bare(counts):
    p = counts / counts.sum()
    return 2 * counts.sum() * np.sum(p * np.log(p * len(counts)))


STATISTIC = {
    "right": (statistic, "right", "11.07"),
    "half": (lambda c: statistic(c) / 2, "wrong", "the 2 is missing"),
    "divergence": (lambda c: statistic(c) / (2 * c.sum()), "wrong", "multiply by 2n"),
    "no n": (lambda c: statistic(c) / c.sum(), "wrong", "multiply by n"),
    "swapped": (
        lambda c: 2 * c.sum() * kl_divergence(np.full(len(c), 1 / len(c)), c / c.sum()),
        "wrong",
        "arguments are swapped",
    ),
    "bits": (lambda c: statistic(c) / math.log(2), "wrong", "bits"),
    "Pearson": (
        lambda c: np.sum((c - c.mean()) ** 2 / c.mean()),
        "wrong",
        "Pearson's",
    ),
    "nan": (bare, "wrong", "0·log 0"),
    "dropped face": (lambda c: statistic(c[c > 0]), "wrong", "never came is still a face"),
    "faces": (lambda c: statistic(c) * len(c) / c.sum(), "wrong", "number of rolls, not of faces"),
    "six": (
        lambda c: statistic(c) + 2 * c.sum() * math.log(6 / len(c)),
        "wrong",
        "not always 6",
    ),
    "counts": (lambda c: kl_divergence(c, np.full(len(c), 1 / len(c))), "wrong", "stops with"),
    "nothing": (lambda c: None, "not attempted", ""),
    "blank": (None, "not attempted", ""),
}


@pytest.mark.parametrize("case", STATISTIC)
def test_statistic(case):
    answer, status, words = STATISTIC[case]
    verdict = check_statistic(answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


def test_the_six_counts_of_the_question(says):
    counts = np.array([20, 10, 10, 5, 5, 10])
    says("09", "ex-statistic-help", f"{statistic(counts):.1f}", f"{stats.chi2.ppf(0.95, 5):.2f}")


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((0.2, -0.0845), "right", "edge"),
        ((1 / 5, 0.6 * math.log(1.6) + 0.4 * math.log(0.4)), "right", ""),
        ((0.6, -0.0845), "wrong", "takes back"),
        ((1, -0.0845), "wrong", "one loss ends"),
        ((0.1, -0.0845), "wrong", "0.6 − 0.4"),
        ((0, -0.0845), "wrong", "some stake pays"),
        ((0.2, 0.0201), "wrong", "at the best stake"),
        ((0.2, -0.1220), "wrong", "bits"),
        ((0.2, 0.1133), "wrong", "average capital"),
        ((0.2, 0.12), "wrong", "average gain"),
        ((0.2, 0.0845), "wrong", "shrinks"),
        ((None, None), "not attempted", "stake"),
    ],
)
def test_stake(answer, status, words):
    verdict = check_stake(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


def test_near_p_is_near_steins_rate():
    explorer = explore_errors()
    explorer.press("t near p")
    values = explorer.values()
    assert 0.9 * D < values["false alarms fall by"] < D
    assert values["misses fall by"] < 0.001


def test_the_exact_faces_of_the_rare_average_are_nearly_the_tilted_ones():
    rest, there = evidence.roll_counts(99), sum(evidence.roll_counts(100)[350:])
    given = np.array([sum(rest[351 - face :]) / there for face in range(1, 7)])
    assert given.sum() == pytest.approx(1, rel=1e-12)
    assert given == pytest.approx(evidence.tilted_die(4.5), abs=0.004)
    assert given[1:] / given[:-1] == pytest.approx(np.full(5, 1.46), abs=0.02)
