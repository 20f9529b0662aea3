"""What the prose concludes from its numbers, computed: over many seeds, or exactly."""

import csv
import inspect
import itertools
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats
from scipy.optimize import minimize
from scipy.spatial.distance import jensenshannon

import kl_helpers
from kl_course.checks.gaussian_samples import check_kl_from_samples
from kl_course.explorers.cross_entropy import explore_cross_entropy
from kl_course.explorers.gaussian_samples import EPSILONS
from kl_course.models import codes, evidence, two_directions
from kl_course.models import estimate_on_trial as trial
from kl_course.models import in_the_wild as wild
from kl_course.models.geometry import RELATIVES, f_divergence, textbook_kl_normal
from kl_course.models.two_directions import (
    Mixture,
    dealt_modes,
    forward_kl,
    reverse_kl,
    reverse_minima,
)
from kl_helpers import (
    cross_entropy,
    jeffreys_divergence,
    kl_bernoulli,
    kl_divergence,
    kl_exponential,
    kl_histogram,
    kl_kde,
    kl_knn,
    kl_normal,
    kl_normal_fit,
    kl_quad,
    total_variation,
)
from kl_helpers.estimators import histogram_frequencies

DATA = Path(__file__).parents[1] / "notebooks" / "data"


# --- 00 and 01


def test_normals_of_unequal_sigma_never_agree_in_both_directions(rng):
    """D(wide‖narrow) is the larger one, whatever the means: 10,000 random pairs."""
    mu, narrow = rng.normal(0, 3, 10_000), rng.uniform(0.1, 5, 10_000)
    wide = narrow * rng.uniform(1.001, 10, 10_000)
    assert (kl_normal(0, wide, mu, narrow) > kl_normal(0, narrow, mu, wide)).all()


def test_the_q_of_ten_nats_in_the_first_round(says):
    p, sun, snow = [0.48, 0.52 - 1e-6, 1e-6], 2.1e-10, 1e-6
    q = [sun, 1 - sun - snow, snow]
    assert round(kl_divergence(p, q), 1) == 10.0
    assert round(kl_divergence(q, p), 2) == 0.65
    says("01", "game-draw-q-question", "0.65")
    assert kl_divergence(p, [sun, 1 - sun, 0]) == math.inf
    high = [0.48 * 4.5e-5, (0.52 - 1e-6) * 4.5e-5]  # snow at all but 1 is another way
    assert kl_divergence(p, [*high, 1 - sum(high)]) > 10


def test_heights_times_widths_may_exceed_the_integral_and_exact_strips_may_not(rng, says):
    edges = np.arange(-10, 10.1, 4)
    middles = (edges[:-1] + edges[1:]) / 2
    p, q = (stats.norm.pdf(middles, mu) for mu in (0, 1))
    assert f"{4 * np.sum(p * np.log(p / q)):.3f}" == "0.798"
    says("01", "strips-meaning", "0.798")
    for _ in range(200):
        edges = np.sort(rng.uniform(-10, 11, 12))
        p, q = (np.diff(stats.norm.cdf([-40, *edges, 40], mu)) for mu in (0, 1))
        assert kl_divergence(p, q, normalize=True) <= 0.5 + 1e-12  # sums of 13 shares round


def test_what_one_narrow_belief_costs_beside_a_wide_one_and_when_it_costs_nothing(rng):
    """Recap of 00: by the same factor too narrow costs more than too wide; 0 only for q = p."""
    mu, factor = rng.normal(0, 3, 10_000), rng.uniform(1.001, 10, 10_000)
    assert (kl_normal(0, 1, mu, 1 / factor) > kl_normal(0, 1, mu, factor)).all()
    assert (kl_normal(0, 1, mu, 1) > 0).all()
    assert np.allclose(kl_normal(0, factor, mu, factor), kl_normal(mu, factor, 0, factor))
    assert (kl_normal(0, 1, 0, factor) > 0).all()


def test_the_log_ratio_of_the_two_apps_is_a_half_less_x(rng, says):
    x = rng.normal(size=1000)
    assert np.allclose(stats.norm.logpdf(x) - stats.norm.logpdf(x, 1), 0.5 - x, rtol=0, atol=1e-12)
    says("00", "nat", "0")
    first = np.random.default_rng(0).normal(0, 1, 100_000)[:3]
    assert first[2] > 0.5 > first[:2].max()  # the third alone spoke for the app


def test_without_snow_d_of_q_stays_below_the_log_of_a_share(says):
    """D(q‖p) is an average of log q/p ≤ −log p; with q(snow) ≈ 0 the largest is that of sun."""
    sun = np.linspace(1e-9, 1 - 1e-9, 1001)
    back = sun * np.log(sun / 0.48) + (1 - sun) * np.log((1 - sun) / 0.52)
    assert back.max() <= math.log(1 / 0.48)
    assert f"{math.log(1 / 0.48):.2f}" == "0.73"
    assert f"{math.log(1e6):.1f}" == "13.8"
    says("01", "game-draw-q-question", "0.73", "13.8")


def test_points_against_a_curve_are_infinitely_far():
    """Ever narrower bells around three whole minutes: D from a normal has no bound."""
    grows = []
    for width in (1e-1, 1e-2, 1e-3):
        at_each = [kl_normal(minute, width, 0, 1) for minute in (-1, 0, 1)]
        grows.append(np.mean(at_each) - math.log(3))  # at least that: three bells that do not meet
    assert np.all(np.diff(grows) > 2.2)


def test_a_cauchys_tail_outweighs_any_normal(rng):
    """Far out p·log(p/q) x² is 1/(2πσ²)·x²/x²: an area without end, for 200 normals."""
    for mu, sigma in zip(rng.normal(0, 5, 200), rng.uniform(0.1, 10, 200), strict=True):
        x = 1e5 * sigma
        height = stats.cauchy.pdf(x) * (stats.cauchy.logpdf(x) - stats.norm.logpdf(x, mu, sigma))
        assert height == pytest.approx(1 / (2 * math.pi * sigma**2), rel=0.02)


def test_a_grid_must_be_wide_as_well(says):
    for end, sum_ in ((1, "-0.15"), (8, "0.85")):
        x = np.arange(-end, end + 0.002, 0.004)
        p, q = stats.norm.pdf(x, math.sqrt(1.7)), stats.norm.pdf(x)
        assert f"{0.004 * np.sum(p * np.log(p / q)):.2f}" == sum_
    says("12", "mistakes-own", "0.85", "-0.15")


def test_what_line_b_meets_day_after_day_and_line_a_hardly_ever():
    """A train of B is four σ of the belief late on one day in three; what A's belief wastes."""
    assert 2 * stats.norm.sf(2, 0, 2) == pytest.approx(0.32, abs=0.005)
    assert 2 * stats.norm.sf(2 / 0.5) < 1e-4
    assert 2 * stats.norm.sf(1.5, 0, 2) > 0.45  # of the belief lies where 0.3 % of A's trains do
    assert 2 * stats.norm.sf(1.5, 0, 0.5) < 0.003


def test_148_is_a_typical_factor_after_ten_trains(rng):
    """The median; single trains take from the lead in three cases of ten."""
    ratios = 0.5 - rng.normal(size=(20_000, 10))
    assert math.exp(np.median(ratios.sum(axis=1))) == pytest.approx(148, rel=0.1)
    assert abs((ratios < 0).mean() - 0.31) < 0.01
    assert abs(ratios.mean() - 0.5) < 0.01  # "by so much, on average"


def test_a_thousand_such_days_are_0_in_a_computer_and_a_thousand_likely_ones_are_not(rng):
    days = rng.choice([0.5, 0.3, 0.2], (200, 1000), p=[0.5, 0.3, 0.2])
    assert (np.prod(days, axis=1) == 0).all()
    assert np.isfinite(np.log(days).sum(axis=1)).all()
    assert 0.9**1000 > 0


def test_infinite_just_where_q_is_0_and_p_is_not(rng):
    for _ in range(200):
        p, q = rng.dirichlet(np.ones(4), 2) * (rng.random((2, 4)) < 0.7) + [[0, 0, 0, 1e-9]] * 2
        d = kl_divergence(p, q, normalize=True)
        assert math.isinf(d) == np.any((p > 0) & (q == 0))


def test_a_sum_without_dx_doubles_each_time_the_spacing_is_halved():
    for spacing in (0.004, 0.002, 0.001):
        x = np.arange(-8, 10, spacing)
        p, q = stats.norm.pdf(x, math.sqrt(1.7)), stats.norm.pdf(x)
        assert np.sum(p * np.log(p / q)) == pytest.approx(0.85 / spacing, rel=1e-9)


def test_a_wide_q_is_ahead_over_most_of_the_axis_and_close_curves_have_two_small_areas():
    x = np.linspace(-6, 6, 12_001)
    p = stats.norm.pdf(x)
    assert (stats.norm.pdf(x, 0, 2) > p).mean() > 0.7
    below = []
    for shift in (1, 0.1, 0.01):
        integrand = p * np.log(p / stats.norm.pdf(x, shift))
        below.append(-integrand[integrand < 0].sum() * 0.001)
        assert integrand[integrand > 0].sum() * 0.001 > below[-1]
    assert below[0] > 4 * below[1] > 16 * below[2]


def test_scipys_manual_says_that_it_divides_by_the_sums():
    assert "normalize" in stats.entropy.__doc__


# --- 02 and 03


def two_samples(seed, mu_p, mu_q, n=1000):
    z, w = np.random.default_rng(seed).standard_normal((n, 2)).T
    return mu_p + 0.1 * z, mu_q + 0.1 * w


PAIRS = {"same": (0, 0), "similar": (0.2, 0), "different": (0, 0.5)}


def test_two_samples_of_one_machine_never_come_out_at_0():
    """Both tables have one sum, so the number is at least 0, and 0 only for equal tables."""
    assert min(kl_histogram(*two_samples(seed, 0, 0)) for seed in range(200)) > 0.03


def test_luck_moves_a_mean_of_twenty_rolls_by_at_most_twelve_hundredths(says):
    largest = 0
    for pair in PAIRS.values():
        for setting in ({"bins": 10}, {"bins": 200}, {"epsilon": 1e-7}, {"n": 100}, {}):
            n = setting.get("n", 1000)
            rest = {key: value for key, value in setting.items() if key != "n"}
            rolls = [kl_histogram(*two_samples(s, *pair, n), **rest) for s in range(200)]
            largest = max(largest, np.std(rolls, ddof=1) / math.sqrt(20))
    assert largest == pytest.approx(0.12, abs=0.012)  # of 200 rolls a spread is known to 5 %
    says("02", "symptoms", "0.12")


def test_a_tenth_of_epsilon_adds_about_two_nats_and_a_quarter_to_a_pair_far_apart():
    """Claim C, on every step of the slider: by about ln 10 = 2.3 nats."""
    options = sorted(EPSILONS, reverse=True)[:-1]  # without 0
    assert np.allclose(np.divide(options[:-1], options[1:]), 10)
    found = [
        [kl_histogram(*two_samples(seed, 0, 0.5), epsilon=epsilon) for epsilon in options]
        for seed in range(200)
    ]
    steps = np.diff(np.mean(found, axis=0))
    assert np.all(abs(steps[1:] - math.log(10)) < 0.1)
    assert 1.9 < steps[0] < math.log(10)  # at 0.01 a filled bin is no fuller than ε


def test_more_bins_move_a_close_pair_up_and_a_far_one_down():
    """ "From 10 to 200 the estimate follows": means over 200 rolls."""
    means = [
        [
            np.mean([kl_histogram(*two_samples(s, *PAIRS[name]), bins=bins) for s in range(200)])
            for bins in (10, 40, 99, 150, 200)
        ]
        for name in ("similar", "different")
    ]
    assert np.all(np.diff(means[0]) > 0)
    assert np.all(np.diff(means[1]) < 0)


def test_no_single_epsilon_serves_both_pairs():
    for epsilon in np.logspace(-10, -2, 33):
        near, far = (
            np.mean(
                [kl_histogram(*two_samples(s, *PAIRS[name]), epsilon=epsilon) for s in range(9)]
            )
            for name in ("similar", "different")
        )
        assert max(abs(near - 2), abs(far - 12.5)) > 1, epsilon


def test_epsilon_makes_both_tables_sum_to_more_than_1(says):
    for epsilon, factor in ((1e-5, 1.001), (1e-2, 1.99)):
        _, p, q = histogram_frequencies(*two_samples(16, 0.2, 0), bins=99)
        p, q = p + epsilon, q + epsilon
        bare = np.sum(p * np.log(p / q))
        assert bare / kl_divergence(p, q, normalize=True) == pytest.approx(1 + 99 * epsilon)
        assert 1 + 99 * epsilon == pytest.approx(factor, abs=1e-5)
    says("02", "recipe-epsilon", "0.1", "0.01")


def test_the_luck_of_a_thousand_draws(says):
    spread = np.std([np.mean(2 + 2 * two_samples(s, 0, 0)[0] / 0.1) for s in range(400)])
    assert f"{2 / math.sqrt(1000):.2f}" == f"{spread:.2f}" == "0.06"
    says("02", "mean-log-ratio-moral", "0.03", "0.06")


def test_the_recipe_by_hand_is_the_librarys_and_does_not_know_the_unit():
    for seed in range(200):
        x, y = two_samples(seed, 0.2, 0)
        p, q = (np.histogram(s, np.linspace(*_ends(x, y), 100))[0] / 1000 + 1e-5 for s in (x, y))
        estimate = kl_histogram(x, y)
        assert np.sum(p * np.log(p / q)) == pytest.approx(estimate, rel=1e-12)
        assert kl_histogram(100 * x, 100 * y) == pytest.approx(estimate, rel=1e-9)


def _ends(x, y):
    return min(x.min(), y.min()), max(x.max(), y.max())


def test_a_stopped_clock_and_an_estimate_that_stands_still(says):
    """The dice that a reader sees cross once; of 200, all but one or two cross."""
    at = np.arange(30, 51, 5) / 100
    crossings = []
    for seed in range(200):
        x, y = two_samples(seed, 0, 0)
        errors = [kl_histogram(x, y + m) - kl_normal(0, 0.1, m, 0.1) for m in at]
        crossings.append(np.count_nonzero(np.diff(np.sign(errors))))
        at_5, at_6, at_10 = (kl_histogram(x, y + m) for m in (0.5, 0.6, 1))
        assert 7.4 < at_5 < 8.2  # exact: 12.5, 18 and 50
        assert 0 < at_6 - at_5 < 0.5
        assert 0 < at_10 - at_5 < 1
    assert crossings[16:22] == [1] * 6
    assert np.mean(np.array(crossings) > 0) > 0.98
    says("02", "reveal-far", "7.8", "4.7", "0.5")


def test_neither_drift_of_the_bins_stops_at_the_exact_value():
    for seed in range(200):
        for pair, exact in ((PAIRS["similar"], 2), (PAIRS["different"], 12.5)):
            few, many = (kl_histogram(*two_samples(seed, *pair), bins=b) for b in (99, 1000))
            assert abs(many - exact) > abs(few - exact)


def test_half_a_sample_errs_more_than_a_whole_one():
    for seed in range(200):
        x, y = two_samples(seed, 0, 0)
        assert kl_histogram(x[:500], x[500:]) > kl_histogram(x, y)


def test_almost_all_of_a_far_p_lies_in_bins_that_q_left_empty():
    shares = []
    for seed in range(200):
        _, p, q = histogram_frequencies(*two_samples(seed, 0, 0.5), bins=99)
        shares.append(p[q == 0].sum())
    assert min(shares) > 0.9
    assert np.mean(shares) > 0.96


def test_what_an_empty_bin_adds():
    """About p·log(p/ε), and a tenth of ε about p·ln 10 more: for every share of 1000 draws."""
    p = np.arange(1, 1001) / 1000

    def term(epsilon):
        return (p + epsilon) * np.log((p + epsilon) / epsilon)

    assert np.allclose(term(1e-5), p * np.log(p / 1e-5), rtol=0.02)
    assert np.allclose(term(1e-6) - term(1e-5), p * math.log(10), rtol=0.03)


def test_a_normal_fit_of_two_exponentials_says_twice_too_much():
    exact, fitted = kl_exponential(1, 1 / 3), kl_normal(1, 1, 3, 3)
    words = check_kl_from_samples(
        lambda x, y: kl_normal(np.mean(x), np.std(x), np.mean(y), np.std(y))
    ).message
    assert f"{exact:.2f} nats" in words
    assert f"says {fitted:.2f}" in words


def test_what_a_model_is_fed_can_only_lower_the_floor(rng):
    """H(label | input) ≤ H(label), for 200 tables of 4 inputs and 3 labels."""
    for _ in range(200):
        joint = rng.dirichlet(np.full(12, 0.3)).reshape(4, 3)
        shares = joint.sum(axis=1)
        given = sum(w * stats.entropy(row) for w, row in zip(shares, joint, strict=True) if w > 0)
        assert given <= stats.entropy(joint.sum(axis=0)) + 1e-12


@pytest.mark.parametrize(
    ("charge", "honest"),
    [
        (lambda q: -np.log(q), True),
        (lambda q: 2 - 3 * np.log(q), True),
        (lambda q: 1 - q, False),
        (lambda q: (1 - q) ** 2, False),
        (lambda q: -np.sqrt(q), False),
        (lambda q: 1 / q, False),
    ],
)
def test_the_logarithm_makes_the_true_forecast_the_cheapest(charge, honest, rng):
    """The others look at q(x) alone as well, and there some other forecast is cheaper."""
    aside = np.array([[1, -1, 0], [0, 1, -1], [-1, 0, 1]])
    for _ in range(200):
        p, q = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3), 500)
        q = np.vstack([q, np.eye(3) * (1 - 3e-9) + 1e-9])  # the certain ones, nearly
        for step in (1e-1, -1e-1, 1e-2, -1e-2, 1e-4, -1e-4):
            q = np.vstack([q, p + step * p.min() * aside])
        assert (np.min(charge(q) @ p) >= charge(p) @ p) == honest


def test_finer_bins_move_the_estimate_up_nine_times_in_ten():
    up, same = 0, []
    for seed in range(200):
        z, w = np.random.default_rng(seed).normal(size=(2, 1000))
        x, y = 0.2 + 0.1 * z, 0.1 * w
        up += kl_histogram(x, y, bins=200) > kl_histogram(x, y, bins=99)
        same.append(kl_histogram(z[:100], w[:100], bins=99))
    assert 0.87 <= up / 200 <= 0.98  # 9 in 10, and two standard errors
    # 100 draws of one machine twice: 2.1 ± 0.4, to a standard error of 0.03
    assert abs(np.mean(same) - 2.1) < 0.1
    assert abs(np.std(same) - 0.4) < 0.05


def test_ten_days_may_have_a_lower_floor_than_the_world():
    """H(p̂) < H(p) in more than a third of samples: the truth loses on the days of the fit."""
    chances = stats.binom.pmf(range(11), 10, 0.8)
    entropies = stats.bernoulli.entropy(np.arange(11) / 10)
    assert 0.3 < chances[entropies < stats.bernoulli.entropy(0.8) - 1e-9].sum() < 0.4


def test_the_gap_between_training_and_new_days_says_nothing_of_the_floor():
    """One parameter fitted to n days has a gap of 1/n, whether the floor is 0.69 or 0.33."""
    n, k = 100, np.arange(101)
    q = (k + 0.5) / (n + 1)

    def loss(p):
        return -p * np.log(q) - (1 - p) * np.log(1 - q)

    for p in np.linspace(0.1, 0.9, 200):
        gap = stats.binom.pmf(k, n, p) @ (loss(p) - loss(k / n))
        assert gap == pytest.approx(1 / n, rel=0.002)


def test_a_gradient_is_0_just_where_q_is_p_and_what_one_class_gains_the_others_lose(rng):
    for z, p in zip(rng.normal(size=(200, 4)), rng.dirichlet(np.ones(4), 200), strict=True):
        gradient = special.softmax(z) - p
        assert abs(gradient.sum()) < 1e-15
        assert np.abs(gradient).max() > 1e-3
        assert np.abs(special.softmax(np.log(p)) - p).max() < 1e-15


def test_a_one_hot_label_pushes_the_logits_apart_for_ever_and_a_smoothed_one_does_not(rng):
    z = rng.normal(size=(200, 4))
    for smooth, ends in ((0, False), (0.1, True)):
        label, at = np.eye(4)[0] * (1 - smooth) + smooth / 4, z.copy()
        for _ in range(400):
            before, at = at, at - (special.softmax(at, axis=1) - label)
        apart, more = (t[:, :1] - t[:, 1:] for t in (before, at))
        assert (more > apart + 1e-4).all() != ends
        assert (np.abs(more - math.log(0.925 / 0.025)) < 1e-3).all() == ends


def test_a_loss_of_0_needs_certainty_and_cross_entropy_is_d_only_there(rng):
    for _ in range(200):
        p, q = rng.dirichlet(np.full(3, 0.3), 2) + 1e-9
        p, q = p / p.sum(), q / q.sum()
        assert cross_entropy(p, q) > cross_entropy(p, p) > 0
        assert cross_entropy(p, q) > kl_divergence(p, q)
        assert cross_entropy([0, 1, 0], q) == pytest.approx(kl_divergence([0, 1, 0], q), rel=1e-12)
    assert cross_entropy([0, 1, 0], [0, 1, 0]) == 0


def test_the_last_sixty_dots_stay():
    explorer = explore_cross_entropy()
    for k in range(70):
        explorer.set(mu_q=2, sigma_q=1 + 0.01 * k)
    (dots,) = (a for a in explorer.drawing.axes["sigma"].lines if a.get_gid() == "trail")
    assert dots.get_xdata() == pytest.approx([1 + 0.01 * k for k in range(10, 70)], rel=1e-15)


# --- 05


def uneven(m):
    """The two streams, with 70 % of the cars on the right."""
    return Mixture([-m, m], [0.6, 0.6], [0.3, 0.7])


def test_with_seventy_percent_on_a_side_the_covering_minimum_ends(says):
    for m in np.concatenate([np.linspace(0.7, 1.41, 100), np.linspace(1.415, 3, 100)]):
        mus = [mu for mu, _, _ in uneven(m).reverse_minima()]
        assert any(0 < mu < 0.8 * m for mu in mus) == (m <= 1.41)
    says("05", "never-ends", "70%", "1.41")


@pytest.mark.parametrize(
    ("start", "end"), [((1, 2), 0), ((1, 1), 2.4), ((1.5, 2), 2.4), ((0, 2), 0)]
)
def test_farther_out_a_wide_start_locks_on_as_well(start, end):
    def cost(place):
        return reverse_kl(place[0], math.exp(place[1]), 2.4)

    found = minimize(cost, [start[0], math.log(start[1])], method="BFGS")
    assert abs(found.x[0] - end) < 0.05


def test_covering_two_equal_streams_is_ever_dearer():
    """So in the end no q can cost less than one that sits on a side."""
    costs = [reverse_minima(m)[0][2] for m in np.linspace(0, 6, 200)]
    assert (np.diff(costs) > 0).all()


def test_a_part_of_p_costs_about_the_log_of_its_share(rng, says):
    """In the first round, and on one mode of 200 mixtures, whose spill is 2.5 σ away or farther."""
    (_, _, two), (_, _, tall) = Mixture(*zip(*dealt_modes(1), strict=True)).reverse_minima()[:2]
    says("05", "game-modes-question", f"{two:.4f}", f"{-math.log(10 / 19):.4f}")
    says("05", "game-modes-question", f"{tall:.4f}", f"{-math.log(9 / 19):.4f}")
    assert -math.log(10 / 19) < two < -math.log(10 / 19) + 0.01  # a dip within
    assert -math.log(9 / 19) - 0.01 < tall < -math.log(9 / 19)
    for sigmas, weights in zip(
        rng.uniform(0.4, 0.8, (200, 3)), rng.integers(1, 11, (200, 3)), strict=True
    ):
        cost = Mixture([-4, 0, 4], sigmas, weights).reverse_kl(-4, sigmas[0])
        price = -math.log(weights[0] / weights.sum())
        assert price - 0.06 < cost <= price + 1e-9


def test_below_the_threshold_the_centre_is_best_and_above_it_a_side_is(says):
    for m in np.linspace(1.45, 4, 200):
        (_, _, centre), (mu, _, side) = reverse_minima(m)
        assert (centre < side) == (m < 1.680049)
        assert mu > 1
    says("05", "recap", "1.680", "2.800")


def test_every_step_from_the_hollow_triangle_costs():
    """On the explorer's own stops, 0.02 apart."""
    here = reverse_kl(0, 2.08, 2.4)
    for mu in (-0.04, -0.02, 0, 0.02, 0.04):
        for sigma in (2.04, 2.06, 2.08, 2.1, 2.12):
            assert reverse_kl(mu, sigma, 2.4) > here or (mu, sigma) == (0, 2.08)


def test_minus_log_p_bends_nowhere_more_than_one_stream_alone():
    x, h = np.linspace(-6, 6, 601), 1e-3
    for m in np.linspace(0, 4, 200):
        log_p = [
            np.logaddexp(*(stats.norm.logpdf(x + step, c, 0.6) for c in (-m, m)))
            for step in (-h, 0, h)
        ]
        bend = -(log_p[0] - 2 * log_p[1] + log_p[2]) / h**2
        assert bend.max() < 1 / 0.36 + 1e-6  # a difference of numbers below 200, over 1e-6


def test_the_best_normal_has_the_mean_and_the_variance_of_any_p(rng):
    for _ in range(200):
        x, weights = rng.normal(0, 3, 6), rng.dirichlet(np.ones(6))
        mean = weights @ x
        best = math.sqrt(weights @ (x - mean) ** 2)
        mu, sigma = mean + best * rng.normal(size=50), best * np.exp(rng.normal(size=50))

        def loss(mu, sigma, x=x, weights=weights):
            return -stats.norm.logpdf(x, np.c_[mu], np.c_[sigma]) @ weights

        assert (loss(mu, sigma) > loss(mean, best)).all()


def test_the_forward_valley_has_one_dip_for_every_m():
    mu = np.linspace(-3, 3, 301)
    for m in np.linspace(0, 3, 200):
        valley = forward_kl(mu, np.sqrt(0.36 + m**2 + mu**2), m)  # at the best σ for each μ
        assert (np.diff(valley[:151]) < 0).all()
        assert (np.diff(valley[150:]) > 0).all()


def test_the_elbo_and_the_reward_are_reverse(rng):
    """log Z − D(q‖posterior), and β log Z − β·D(π‖tilted): 200 of either, over 5 outcomes."""
    for _ in range(200):
        q, reference = rng.dirichlet(np.ones(5), 2)
        joint, beta = rng.uniform(0, 1, 5), rng.uniform(0.1, 3)
        elbo = q @ (np.log(joint) - np.log(q))
        z = joint.sum()
        assert elbo == pytest.approx(math.log(z) - kl_divergence(q, joint / z), abs=1e-12)
        tilted = reference * joint  # the reward is β log(joint)
        gain = q @ (beta * np.log(joint)) - beta * kl_divergence(q, reference)
        share = tilted.sum()
        d = kl_divergence(q, tilted / share)
        assert gain == pytest.approx(beta * (math.log(share) - d), abs=1e-12)


def test_wide_starts_near_the_middle_cover_and_narrow_ones_near_a_mode_lock_on():
    def end(mu, sigma, m=2.4):
        start = mu / two_directions.SIGMA, math.log(sigma / two_directions.SIGMA)
        found = minimize(
            two_directions._objective,
            start,
            args=(m / two_directions.SIGMA,),
            jac=two_directions._slopes,
        )
        return found.x[0] * two_directions.SIGMA

    for mu, sigma in itertools.product(np.linspace(-0.3, 0.3, 10), np.linspace(1.5, 3.5, 10)):
        assert abs(end(mu, sigma)) < 0.01
    for mu, sigma in itertools.product(np.linspace(2, 2.8, 10), np.linspace(0.3, 1, 10)):
        assert abs(end(mu, sigma) - 2.4) < 0.01


def test_near_the_border_the_coordinates_decide():
    """One optimiser over log σ and over σ: from some starts it ends in different valleys."""
    ends = []
    for mu, sigma in ((1.1, 2.5), (1.2, 2.5), (1.3, 2.5), (1.4, 2.5), (1.4, 3), (1.5, 3)):
        by_log = minimize(lambda at: reverse_kl(at[0], math.exp(at[1]), 2.4), [mu, math.log(sigma)])
        by_sigma = minimize(lambda at: reverse_kl(at[0], abs(at[1]) + 1e-9, 2.4), [mu, sigma])
        ends.append(sorted([abs(by_log.x[0]), abs(by_sigma.x[0])]))
    assert any(low < 0.01 and high == pytest.approx(2.4, abs=0.01) for low, high in ends)


# --- 04


def test_why_the_detour_of_the_three_coins_costs_less_than_half(says):
    def price(a, b):
        return kl_bernoulli(a, b) / (2 * (a - b) ** 2)

    assert price(0.5, 0.25) < price(0.5, 0.1) < price(0.25, 0.1)
    assert kl_bernoulli(0.5, 0.25) + kl_bernoulli(0.25, 0.1) < kl_bernoulli(0.5, 0.1) / 2
    ways = {b: kl_bernoulli(0.5, b) + kl_bernoulli(b, 0.1) for b in np.arange(11, 50) / 100}
    says("04", "why-triangle", f"{min(ways, key=ways.get):.2f}")


@pytest.mark.parametrize(("c", "factor"), [(1e-6, "4.7"), (1e-30, "15")])
def test_the_short_cut_has_no_end(c, factor, says):
    b = np.geomspace(c, 0.5, 10_001)[1:-1]
    ratio = kl_bernoulli(0.5, c) / (kl_bernoulli(0.5, b) + kl_bernoulli(b, c)).min()
    assert float(f"{ratio:.2g}") == float(factor)
    says("04", "ex-triangle-help", factor)


def test_a_squared_step_costs_more_the_closer_the_belief_is_to_0_below_a_half():
    for a in np.linspace(0.02, 0.5, 200):
        b = np.linspace(0.01, a - 0.005, 50)
        assert (np.diff(kl_bernoulli(a, b) / (a - b) ** 2) < 0).all()
    above = [kl_bernoulli(0.9, b) / (0.9 - b) ** 2 for b in (0.8, 0.5)]
    assert above[0] > above[1]  # there the price falls towards the middle


def test_the_short_cut_grows_without_end():
    best = []
    for c in np.geomspace(1e-2, 1e-300, 200):
        b = np.geomspace(c, 0.5, 1001)[1:-1]
        best.append(kl_bernoulli(0.5, c) / (kl_bernoulli(0.5, b) + kl_bernoulli(b, c)).min())
    assert np.all(np.diff(best) > 0)
    assert best[-1] > 100


def test_total_variation_is_the_largest_error_over_all_events(rng):
    events = (np.arange(64)[:, np.newaxis] >> np.arange(6)) & 1
    for _ in range(200):
        p, q = rng.dirichlet(np.ones(6), 2)
        worst = np.abs(events @ p - events @ q).max()
        assert total_variation(p, q) == pytest.approx(worst, abs=1e-14)
        assert worst <= math.sqrt(kl_divergence(p, q) / 2)


def test_a_coin_and_its_mirror_image_agree_both_ways():
    a = np.linspace(0.001, 0.999, 333)
    assert np.allclose(kl_bernoulli(a, 1 - a), kl_bernoulli(1 - a, a), rtol=1e-12, atol=0)


def test_what_the_audit_finds_without_any_draw():
    """Sorted samples of N(0, 1) and N(1, 1) are x and x + 1 as n grows: sums over n, in bits."""
    x = np.linspace(-9, 9, 180_000)  # neither 0 nor −1 is on it
    alike = (x > 0) | (x < -1)
    weight, ratio = stats.norm.pdf(x) * (x[1] - x[0]), np.log2(np.abs((x + 1) / x))
    assert weight[~alike].sum() == pytest.approx(1 / 3, abs=0.01)
    there, back = -(weight * x * ratio)[alike].sum(), (weight * (x + 1) * ratio)[alike].sum()
    assert there < 0 < back
    assert -back / there == pytest.approx(1.5, abs=0.1)


def test_the_root_of_jeffreys_breaks_the_triangle_for_every_coin_in_between(rng, says):
    def root(a, b):
        return math.sqrt(jeffreys_divergence([a, 1 - a], [b, 1 - b]))

    for _ in range(200):
        a, b, c = np.sort(rng.uniform(0.001, 0.999, 3))
        assert root(a, b) + root(b, c) < root(a, c)
    over_b = root(0.5, 0.25) + root(0.25, 0.1)
    says("04", "rules", f"{root(0.5, 0.1):.3f}", f"{over_b:.3f}")


def test_what_pinskers_inequality_does_not_promise(says):
    p, q = [1 - 1e-6, 1e-6], [1, 0]
    assert total_variation(p, q) == pytest.approx(1e-6)
    assert kl_divergence(p, q) == math.inf
    bounds = [math.sqrt(kl_normal(0, 1, shift, 1) / 2) for shift in (2, 4, 8)]
    assert bounds == [1, 2, 4]  # 1 at 2 nats
    says("04", "pinsker-limits", *(f"{bound:.1f}" for bound in bounds[1:]))


def test_the_same_noise_adds_nothing_and_forgetting_takes(rng):
    for _ in range(200):
        p, q = rng.dirichlet(np.ones(4), 2)
        noise = rng.dirichlet(np.ones(3), 4)  # a row for each outcome
        both = kl_divergence((p[:, None] * noise).ravel(), (q[:, None] * noise).ravel())
        assert both == pytest.approx(kl_divergence(p, q), abs=1e-12)
        assert kl_divergence(noise.T @ p, noise.T @ q, normalize=True) <= both + 1e-12


# --- 12


def test_the_truth_comes_first_in_every_function_of_two():
    """`(p, q)`, or all that belongs to p before all that belongs to q; draws x of p before y."""
    pairs = 0
    for name in kl_helpers.__all__:
        names = list(inspect.signature(getattr(kl_helpers, name)).parameters)
        of_p = [i for i, each in enumerate(names) if each in ("p", "x") or each.endswith("_p")]
        of_q = [i for i, each in enumerate(names) if each in ("q", "y") or each.endswith("_q")]
        if of_p and of_q and name != "kl_monte_carlo":  # there x is what both are asked at
            assert max(of_p) < min(of_q), name
            pairs += 1
    assert pairs >= 15
    assert list(inspect.signature(kl_helpers.kl_monte_carlo).parameters)[:2] == ["log_p", "log_q"]


def test_the_determinant_of_a_column_too_many_is_rounding_of_either_sign():
    signs = Counter()
    for seed in range(200):
        x = np.random.default_rng(seed).normal(size=(100, 2))
        det = np.linalg.det(np.cov(np.c_[x, x.sum(axis=1)].T))
        assert abs(det) < 1e-13
        signs[det > 0] += 1
    assert min(signs[True], signs[False]) > 20


# --- 06 and 07


def test_the_recipe_never_agrees_with_the_truth():
    for seed in range(200):
        x, y = np.random.default_rng(seed).normal(size=(2, 1000))
        assert kl_histogram(2 + x, y) > 2
        assert kl_histogram(x - 5, y) < 8.2 < 12.5


@pytest.mark.parametrize("shift", [2, -5])
def test_which_draws_come_first_makes_no_difference(shift, says):
    edges, p_hat, q_hat = trial.roll(shift, repeats=500)

    def exact(mean):
        shares = np.diff(stats.norm.cdf(edges, mean), axis=1)
        return shares / shares.sum(axis=1, keepdims=True)

    def level(p, q):
        return kl_divergence(p, q, epsilon=1e-5, axis=1).mean()

    p, q = exact(shift), exact(0)
    first = level(p_hat, q) - level(p, q), level(p_hat, q_hat) - level(p, q_hat)
    assert abs(first[0] - first[1]) < 0.005
    says("06", "waterfall-read", "0.63", "0.04")


def test_an_epsilon_that_shrinks_helps_slowly(says):
    found = [
        trial.reports(-5, n=n, epsilon=0.1 / n, repeats=200).mean()
        for n in (1000, 10_000, 1_000_000, 1_000_000_000)
    ]
    says("06", "million-read", *(f"{report:.1f}" for report in found))


def test_the_light_goes_out_too_early_at_a_million(says):
    table = {}
    for epsilon in (1e-5, 1e-6):
        found = trial.reports(5, n=1_000_000, bins=99, epsilon=epsilon, repeats=100)
        table[epsilon] = np.mean(found)
    _, p_hat, q_hat = trial.roll(5, n=1_000_000, bins=99, repeats=100)
    m = np.where(q_hat == 0, p_hat, 0).sum(axis=-1).mean()
    assert f"{m * math.log(10):.1f}" == "1.3"
    assert f"{table[1e-6] - table[1e-5]:.2f}" in ("1.64", "1.65", "1.66")
    says("06", "without-truth", "1.32", "1.65")


def test_neither_bins_nor_range_blur_and_finer_bins_stand_emptier(says):
    for shift in (0, 2, -5):
        steps = {name: level.mean() for name, level in trial.waterfall(shift, repeats=200).items()}
        of_range, of_bins, *_ = np.abs(np.diff([*steps.values()]))
        assert of_range < 0.02
        assert of_bins < 0.02
        empty = []
        for bins in (10, 20, 50, 99, 200, 1000):
            _, _, q_hat = trial.roll(shift, bins=bins, repeats=200)
            empty.append((q_hat == 0).sum(axis=1).mean())
        assert (np.diff(empty) > 0.5).all()
    says("06", "verdict-read", "0.02", "5.0", "0.06", "0.63", "0.04")


def test_where_more_bins_report_more_and_where_less():
    """Means over 200 rolls."""
    lines = (2, 4, 5, 10, 20, 50, 99, 200, 1000)
    for shift, way, first in ((0, 1, 0), (2, 1, 0), (-5, -1, 3)):
        found = [trial.reports(shift, bins=bins, repeats=200).mean() for bins in lines[first:]]
        assert (way * np.diff(found) > 0).all(), shift


def test_each_bin_adds_one_nth_whatever_the_distribution(rng):
    """200 distributions, 40 pairs of samples each, 200 draws in the emptiest bin."""
    ratios = []
    for _ in range(200):
        k = int(rng.integers(2, 30))
        p = 0.8 * rng.dirichlet(np.full(k, 2.0)) + 0.2 / k
        n = math.ceil(200 / p.min())
        found = kl_divergence(*rng.multinomial(n, p, (2, 40)) / n)
        ratios.append(found.mean() * n / (k - 1))
    assert np.mean(ratios) == pytest.approx(1, abs=0.02)  # its standard error is 0.005
    assert 0.2 < min(ratios) < max(ratios) < 2.2  # of one free number: χ² with 40 degrees, over 40


def test_what_is_left_where_the_samples_part(says):
    fills, entropies = [], []
    for shift in (6, 8, 10):
        _, p_hat, q_hat = trial.roll(shift, repeats=200)
        ceiling = math.log(1e5) - stats.entropy(p_hat, axis=1)
        assert np.abs(kl_divergence(p_hat, q_hat, epsilon=1e-5) - ceiling).mean() < 0.015
        assert (p_hat * (q_hat == 0)).sum(axis=1).mean() > 0.99  # m tends to 1
        fills.append((p_hat > 0).sum(axis=1).mean())
        entropies.append(stats.entropy(p_hat, axis=1).mean())
    assert (np.diff(fills) < 0).all()  # wider bins, fewer of them filled, and so it creeps up
    assert (np.diff(entropies) < 0).all()
    _, p_hat, _ = trial.roll(5, repeats=200)
    assert 0.45 < (p_hat > 0).mean() < 0.55
    left = stats.entropy(p_hat, axis=1).mean()
    says("06", "ceiling-read", f"{math.log(1e5):.1f}", f"{left:.1f}", "half")


@pytest.mark.parametrize("shift", [2, -5])
def test_a_sample_has_no_draw_for_most_bins_of_less_than_a_draws_share(shift):
    edges, _, q_hat = trial.roll(shift, repeats=200)
    small = trial.bin_shares(edges, 0) < 1e-3
    assert (((q_hat == 0) & small).sum(axis=1) > small.sum(axis=1) / 2).all()


def test_the_ceiling_does_not_know_the_shape_of_q(rng):
    p = np.r_[np.full(8, 1 / 8), np.zeros(91)]
    ceiling = math.log(1e6) - math.log(8)
    for _ in range(200):
        q = np.r_[np.zeros(8), rng.dirichlet(np.full(91, rng.uniform(0.02, 5)))]
        assert abs(kl_divergence(p, q, epsilon=1e-6) - ceiling) < 0.005  # three digits


def test_neighbours_read_low_far_apart_and_lower_in_more_dimensions(says):
    means = {}
    for d in (1, 2, 5, 10):
        found = []
        for seed in range(200):
            x, y = np.random.default_rng(seed).normal(size=(2, 200, d))
            y[:, 0] += 2  # exactly 2 nats
            found.append(kl_knn(x, y))
        means[d] = np.mean(found)
    assert means[1] > means[2] > means[5] > means[10]
    says("07", "knn", f"{means[1]:.1f}", f"{means[10]:.1f}")
    for seed in range(200):  # "Far apart it is too low every time"
        x, y = np.random.default_rng(seed).normal(size=(2, 300))
        assert kl_knn(x, 5 + y) < 5


def test_which_estimates_may_be_below_zero(says):
    same, wrong_draws = [], []
    for seed in range(200):
        x, y = np.random.default_rng(seed).normal(size=(2, 300))
        for estimate in (kl_histogram, kl_kde, kl_normal_fit):
            assert estimate(x, y) >= 0
        same.append(kl_knn(x, y))
        log_ratio = stats.norm.logpdf(1 + y) - stats.norm.logpdf(1 + y, 1)
        wrong_draws.append(log_ratio.mean())
    assert np.mean(same < -2 * np.std(same)) < 0.04
    assert abs(np.mean(same)) < 0.01  # "next to no bias": its standard error is 0.003
    mean, spread = np.mean(wrong_draws), np.std(wrong_draws)
    assert round(mean / spread) in (-8, -9)
    says("07", "chance-or-mistake", f"{mean:.2f}", f"{spread:.2f}")


def test_an_estimator_that_is_never_negative_is_biased_where_p_is_q():
    """Cut off below, k-NN is right for half of the samples, and too high in the mean."""
    pairs = np.random.default_rng(0).normal(size=(200, 2, 300))
    cut = [max(kl_knn(x, y), 0) for x, y in pairs]
    assert 0.3 < np.mean(np.equal(cut, 0)) < 0.7
    assert np.mean(cut) > 4 * np.std(cut) / math.sqrt(200)


def test_rounding_to_a_tenth_leaves_the_formula_without_most_draws():
    """ρ is 0 where six of the sample are alike, ν where five of the other are."""
    for seed in range(200):
        x, y = np.random.default_rng(seed).normal(size=(2, 300))
        tenths = [(10 * z).round().astype(int) + 100 for z in (x, 1 + y)]
        own, other = (np.bincount(z, minlength=200)[tenths[0]] for z in tenths)
        assert np.mean((own >= 6) | (other >= 5)) > 0.75


def test_a_pseudo_count_errs_upward_near_and_downward_far_apart(rng):
    """20 draws each of 2 to 5 categories; exact value below 0.1, or above 1.5."""
    near = far = 0
    while near < 100 or far < 100:
        p, q = rng.dirichlet(np.ones(int(rng.integers(2, 6))), 2)
        exact = kl_divergence(p, q)
        if 0.1 < exact < 1.5:
            continue
        counts = [rng.multinomial(20, share, 300) + 0.5 for share in (p, q)]
        error = kl_divergence(*counts, normalize=True).mean() - exact
        assert (error > 0) == (exact < 0.1), (p, q)
        near, far = near + (exact < 0.1), far + (exact > 1.5)


def test_at_twelve_and_a_half_nats_r_is_close_to_0_in_nearly_every_draw():
    assert stats.norm.cdf((12.5 + math.log(0.1)) / 5) > 0.97  # log r = 5x − 12.5 < log 0.1


def test_the_dots_hardly_show_where_the_variance_ends(rng):
    """Of k3, in 200 times a hundred estimates: √2 lies between the two widths."""
    z = rng.normal(size=(20_000, 100))
    seen = []
    for sigma in (1.38, 1.45):
        log_r = -math.log(sigma) - z**2 * (1 / sigma**2 - 1) / 2
        means = (np.expm1(log_r) - log_r).mean(axis=1).reshape(200, 100)
        seen.append(np.median(means.std(axis=1)))
    assert 1 < seen[1] / seen[0] < 1.7


def test_rods_rounded_to_half_a_sigma_are_refused(says):
    refused = 0
    for seed in range(200):
        x, y = np.random.default_rng(seed).normal(size=(2, 300))
        try:
            kl_knn((2 * x).round() / 2, (2 * (1 + y)).round() / 2)
        except ValueError:
            refused += 1
    assert refused == 200
    says("07", "ties-few", "300")


@pytest.mark.parametrize(("shift", "share"), [(1, "93"), (2, "80"), (3, "56"), (5, "19")])
def test_a_finite_variance_alone_does_not_save_the_interval_of_k3(shift, share, rng, says):
    log_r = shift * rng.normal(size=(10_000, 300)) - shift**2 / 2
    k3 = np.expm1(log_r) - log_r
    error = k3.std(axis=1, ddof=1) / math.sqrt(300)
    caught = np.abs(k3.mean(axis=1) - shift**2 / 2) < 2 * error
    assert abs(100 * caught.mean() - int(share)) < 2  # its standard error is half of 1 at most
    says("07", "coverage-moral", share)


def test_with_a_narrower_q_k3_never_loses_its_lead(says):
    """Exactly: r and x² are joint in closed form for two normals of one mean, σ of p being 1."""

    def spreads(sigma):
        b = (1 / sigma**2 - 1) / 2  # k1 = log σ + b·x²
        square = 1 / (sigma**2 * math.sqrt(1 + 4 * b))  # E[r²]
        k1 = 2 * b * b
        return math.sqrt(k1), math.sqrt(square - 1 + k1 + 2 * b * (sigma**2 - 1))

    for sigma in np.linspace(0.005, 0.995, 200):
        k1, k3 = spreads(sigma)
        assert k3 < k1
    says("07", "lead", f"{spreads(0.5)[1]:.2f}", f"{spreads(0.5)[0]:.2f}")
    assert spreads(1.24)[0] > spreads(1.24)[1]
    assert spreads(1.25)[0] < spreads(1.25)[1]


def test_the_mean_slope_of_k1_over_fixed_draws_is_zero(rng):
    """In the mean of p = N(μ, 1), against q = N(0, 1), where that of D = μ²/2 is μ."""
    x, h = rng.normal(1, 1, (200, 300)), 1e-4

    def k1(mu):
        return (stats.norm.logpdf(x, mu) - stats.norm.logpdf(x)).mean()

    assert (kl_normal(1 + h, 1, 0, 1) - kl_normal(1 - h, 1, 0, 1)) / (2 * h) == pytest.approx(1)
    assert abs(k1(1 + h) - k1(1 - h)) / (2 * h) < 4 / math.sqrt(x.size)


def test_k3_with_sigma_1_5_catches_the_exact_value_three_times_in_four(rng, says):
    sigma, runs = 1.5, 4000
    x = rng.normal(size=(runs, 300))
    log_r = stats.norm.logpdf(x, 0, sigma) - stats.norm.logpdf(x)
    k3 = np.expm1(log_r) - log_r
    error = k3.std(axis=1, ddof=1) / math.sqrt(300)
    caught = np.abs(k3.mean(axis=1) - kl_normal(0, 1, 0, sigma)) < 2 * error
    assert abs(caught.mean() - 0.74) < 0.03  # its standard error is 0.007
    says("07", "coverage-moral", "1.5", "three times in four")


def test_k3_is_too_low_where_p_cannot_draw_what_q_can(rng):
    """By q's share of what p cannot draw, for 200 pairs."""
    for _ in range(200):
        q, p = rng.dirichlet(np.ones(5)), np.append(rng.dirichlet(np.ones(4)), 0)
        r = q[:4] / p[:4]
        k3 = (p[:4] * (r - 1 - np.log(r))).sum()
        assert k3 == pytest.approx(kl_divergence(p, q) - q[4], abs=1e-12)
        assert k3 < kl_divergence(p, q)


# --- 08 and 09


def test_the_second_half_from_the_first(says):
    texts = {
        name: codes.telegram((DATA / f"alice-{name}.txt").read_text(encoding="utf-8"))
        for name in ("german", "english")
    }
    german = texts["german"]
    half = len(german) // 2
    first, second, english = map(
        codes.letter_shares, (german[:half], german[half:], texts["english"])
    )
    promised, counted = (
        (len(german) - half) * kl_divergence(p, english, base=2) for p in (first, second)
    )
    assert (round(promised), round(counted)) == (992, 998)
    says("08", "promise", "992", "998")


def test_no_word_grows_by_more_than_the_toll_and_rare_letters_gain():
    german = codes.letter_shares(
        codes.telegram((DATA / "alice-german.txt").read_text(encoding="utf-8"))
    )
    german = german[german > 0]
    growth = np.log2(german) - np.log2(0.99 * german + 0.01 / 27)
    assert growth.max() < -math.log2(0.99)
    assert (growth > 0).tolist() == (german > 1 / 27).tolist()


def test_why_the_leaflet_is_slower():
    late, on_time = math.log(3), math.log(0.7 / 0.9)
    assert round(0.9 * -on_time - 0.1 * late, 3) == round(kl_bernoulli(0.1, 0.3), 3) == 0.116
    assert round(0.3 * late + 0.7 * on_time, 3) == round(kl_bernoulli(0.3, 0.1), 3) == 0.154


def test_dry_days_of_another_number_are_sent_alike(says):
    book = {"dry": 8, "wet": 2}
    assert {tuple(codes.arithmetic_encode(n * ["dry"], book)) for n in (1, 2, 3)} == {("0",)}
    says("08", "dry-days-read", "0")


def test_a_word_may_be_shorter_with_the_wrong_book(says):
    texts = [
        codes.telegram((DATA / f"alice-{name}.txt").read_text(encoding="utf-8"))
        for name in ("english", "german")
    ]
    assert "todtenkopf" in texts[1].split()
    english, german = (len(codes.arithmetic_encode("todtenkopf", Counter(text))) for text in texts)
    assert (english, german) == (47, 53)
    says("08", "decoded-meaning", "47", "53")


def test_with_two_ends_the_verdict_is_wrong_less_than_once_in_a_hundred(says):
    means = {}
    for truth in (0.3, 0.1, 0.2):
        ends = evidence.verdict_times(0.3, 0.1, truth=truth)
        assert ends.sum() == pytest.approx(1, abs=1e-9)  # also where neither claim is right
        means[truth] = np.sum(ends * np.arange(ends.shape[1]))
        if truth != 0.2:
            assert ends.sum(axis=1).min() < 0.01
    one = evidence.passage_times(0.3, 0.1)
    says("09", "both-ways-read", f"{means[0.3]:.2f}", f"{np.sum(one * np.arange(one.size)):.2f}")
    says("09", "both-ways-read", f"{means[0.2]:.0f}")
    says("09", "chernoff-read", f"{means[0.3]:.0f}", f"{means[0.1]:.0f}")


def test_nobody_is_misled_more_often_than_once_in_the_factor(rng):
    for p, q, factor in zip(
        *rng.uniform(0.02, 0.98, (2, 200)), rng.uniform(2, 100, 200), strict=True
    ):
        ever = evidence.passage_times(p, q, factor, truth=q, longest=200).sum()
        assert ever <= 1 / factor + 1e-12


def test_a_book_of_lengths_rounded_up_costs_d_and_less_than_a_bit_more(rng):
    more = []
    for _ in range(300):
        p, q = rng.dirichlet(np.ones(6), size=2)
        floor = cross_entropy(p, q, base=2)
        assert floor - 1e-12 <= np.sum(p * np.ceil(-np.log2(q))) < floor + 1
        more.append(np.sum(p * codes.huffman_lengths(q)) > floor)
    assert 0.2 < np.mean(more) < 0.8  # Huffman's book may waste more than D(p‖q), or less


def test_the_less_is_kept_the_less_german_pays():
    german = codes.letter_shares(
        codes.telegram((DATA / "alice-german.txt").read_text(encoding="utf-8"))
    )
    spare = np.linspace(0, 1, 300)[:, np.newaxis]
    assert (np.diff(kl_divergence(german, (1 - spare) * german + spare / 27)) > 0).all()


@pytest.mark.slow
def test_both_errors_are_below_their_bounds_at_every_threshold(rng):
    for _ in range(200):
        q, p = np.sort(rng.uniform(0.02, 0.98, 2))
        n = int(rng.integers(1, 200))
        for least in range(math.ceil(n * q), math.ceil(n * p)):
            t = least / n
            miss, alarm = evidence.log_errors(n, least, p, q)
            assert alarm <= -n * kl_bernoulli(t, q) + 1e-9
            assert miss <= -n * kl_bernoulli(max(t - 1 / n, 0), p) + 1e-9  # fewer than `least`


def test_from_87_trains_on_both_errors_are_below_one_percent():
    t, information = evidence.chernoff(0.3, 0.1)
    worst = {
        n: math.exp(max(evidence.log_errors(n, math.ceil(t * n), 0.3, 0.1))) for n in range(80, 138)
    }
    assert max(n for n, error in worst.items() if error >= 0.01) == 86
    assert math.exp(-137 * information) < 0.01  # and from there on by the bound


def test_steins_factor_shrinks_at_half_and_grows_at_five_percent(says):
    """The logarithm of false alarms times e^{nD}, over n from 20 to 5,000."""
    factor = {}
    for misses in (0.5, 0.05):
        factor[misses] = [
            evidence.log_errors(n, evidence.stein_count(n, 0.3, misses), 0.3, 0.1)[1]
            + n * kl_bernoulli(0.3, 0.1)
            for n in np.geomspace(20, 5000, 200).astype(int).tolist()
        ]
    assert max(factor[0.5]) < 0
    assert factor[0.5][-1] < factor[0.5][0] - 2
    assert min(factor[0.05]) > 0
    spread = evidence.moments_of_lead(0.3, 0.1)[1]
    says("09", "stein-proof", f"{stats.norm.isf(0.05):.2f}", f"{spread:.2f}", "5%", "1.64")
    first_order = stats.norm.isf(0.05) * spread * math.sqrt(5000)
    assert factor[0.05][-1] == pytest.approx(first_order, rel=0.1)


def test_chernoffs_exponents_are_the_true_rates(rng):
    for _ in range(200):
        q, t, p = np.sort(rng.uniform(0.02, 0.98, 3))
        if min(t - q, p - t) < 0.02:
            continue
        n = 20_000
        least = math.ceil(n * t)
        miss, alarm = evidence.log_errors(n, least, p, q)
        for log_error, claim in ((miss, p), (alarm, q)):
            assert -log_error / n == pytest.approx(
                kl_bernoulli(least / n, claim), abs=6e-4
            )  # ln n / 2n and more


def test_a_fair_die_hardly_ever_shows_each_face_equally_often():
    for each in range(1, 200):
        n = 6 * each
        log_chance = math.lgamma(n + 1) - 6 * math.lgamma(each + 1) - n * math.log(6)
        assert log_chance < math.log(0.016)


@pytest.mark.parametrize("n", [60, 100, 200, 1000])
def test_ten_or_more_on_each_face_accuse_a_fair_die_once_in_twenty_times(n, rng):
    counts = rng.multinomial(n, np.full(6, 1 / 6), size=20_000)
    accused = 2 * n * kl_divergence(counts / n, np.full(6, 1 / 6)) > stats.chi2.ppf(0.95, 5)
    assert 0.045 < accused.mean() < 0.06  # its standard error is 0.0015


def test_the_truth_is_the_best_bet_whatever_the_prices(rng):
    for _ in range(200):
        truth, pays = rng.dirichlet(np.ones(4)), rng.uniform(0.5, 20, 4)
        bets = np.vstack([truth, rng.dirichlet(np.ones(4), 200)])
        growth = (truth * np.log(bets * pays)).sum(axis=1)
        assert growth.argmax() == 0


def test_a_list_needs_ln_of_the_factor_over_d_at_the_least_and_one_step_more_at_most(rng):
    tried = 0
    while tried < 200:
        p, q = rng.uniform(0.02, 0.98, 2)
        factor, d = rng.uniform(2, 30), kl_bernoulli(p, q)
        if d < 0.3:
            continue
        tried += 1
        chance = evidence.passage_times(p, q, factor, longest=150)
        lead = np.sum(chance * np.arange(chance.size)) * d
        assert chance.sum() > 0.999
        room = 150 * d * (1 - chance.sum())  # of the lists that wait longer
        assert math.log(factor) - room - 1e-9 < lead
        assert lead < math.log(factor) + max(evidence.log_ratios(p, q)) + 1e-9


# --- 10 and 11


def test_mirror_pairs_of_shares_agree_in_both_directions_and_no_others():
    share = np.linspace(0.01, 0.49, 200)
    assert np.allclose(kl_bernoulli(share, 1 - share), kl_bernoulli(1 - share, share), rtol=1e-13)
    for other in np.linspace(0.02, 0.98, 49):
        apart = (np.abs(share - other) > 0.01) & (np.abs(1 - share - other) > 0.01)
        gap = np.abs(kl_bernoulli(share, other) / kl_bernoulli(other, share) - 1)
        assert (gap[apart] > 1e-5).all()


def test_with_log_sigma_for_sigma_the_information_is_2_for_every_sigma(rng):
    sigma, step = rng.uniform(0.01, 100, 200), 1e-6
    assert np.allclose(2 * kl_normal(0, sigma, 0, sigma * math.exp(step)) / step**2, 2, rtol=1e-5)


def test_nothing_is_lost_just_where_the_ratio_is_kept(rng):
    """Two of four outcomes become one: with equal ratios p/q it costs nothing, else something."""
    for _ in range(200):
        p, q = rng.dirichlet(np.ones(4), 2)
        merged = [np.append(share[:2], share[2:].sum()) for share in (p, q)]
        assert kl_divergence(*merged, normalize=True) < kl_divergence(p, q)
        part = p[2:] / p[2:].sum()
        q = np.append(q[:2], q[2:].sum() * part)
        alike = kl_divergence(*merged, normalize=True)
        assert alike == pytest.approx(kl_divergence(p, q, normalize=True), abs=1e-14)


def test_the_textbook_formula_prints_the_number_of_the_title(says, rng):
    sigma = rng.uniform(0.5, 2, 2000)  # at σ = 1 itself nothing below 0 comes out
    prints = textbook_kl_normal(0, sigma, 0, sigma * (1 + 1e-10))
    assert np.mean([f"{value:.16f}" == "-0.0000000000000001" for value in prints]) > 0.1
    says("10", "title", "-0.0000000000000001")


def test_a_reading_never_makes_the_room_less_known():
    assert all(wild.posterior(s)[1] < 1 for s in np.geomspace(0.01, 100, 200))


def test_nothing_costs_more_than_the_rarest_word_and_a_looser_leash_costs_more(rng):
    for _ in range(200):
        reference, reward = rng.dirichlet(np.ones(5)), rng.normal(size=5)
        nats, gets = wild.budget(reference, reward, np.geomspace(4, 0.02, 40))
        assert (np.diff(nats) > -1e-12).all()
        assert (np.diff(gets) > -1e-12).all()
        assert nats.max() <= -math.log(reference.min()) + 1e-12
        assert wild.tilt(reference, reward + 1, 0.5) == pytest.approx(
            wild.tilt(reference, reward, 0.5), rel=1e-12
        )


def test_close_to_the_reference_both_gradients_nearly_cancel(rng):
    for _ in range(200):
        reference = rng.dirichlet(np.ones(5))
        grads = wild.loss_gradients(wild.tilt(reference, rng.normal(size=5), 1000), reference)
        left = np.linalg.norm(grads["k2"] - grads["k3"])
        assert left < 0.01 * np.linalg.norm(grads["k2"])


def test_what_chance_gives_the_psi_on_average(rng, says):
    edges = np.quantile(wild.BILLS["Adelie"], np.arange(1, 10) / 10)
    old = wild._shares(wild.BILLS["Adelie"], edges)
    for n, near in ((50, 0.1), (2000, 0.02)):
        new = rng.multinomial(n, old, size=10_000) / n
        new = new[(new > 0).all(axis=1)]  # "as long as no bin is empty"
        psi = ((new - old) * np.log(new / old)).sum(axis=1)
        assert psi.mean() == pytest.approx(9 / n, rel=near)
        says("11", "reveal-psi", f"{9 / n:.2g}")


def test_a_foreign_bird_in_five_is_slept_through_nearly_always():
    psi = [wild.drift(0.2, 2000, 10, seed).psi for seed in range(1000, 1200)]
    assert np.mean(np.greater(psi, 0.25)) < 0.12  # 6 %, and four standard errors


def test_the_kl_term_grows_with_every_step_away_from_the_prior(rng):
    for _ in range(200):
        way, log_sigma = rng.normal(size=2)
        steps = np.linspace(0, 3, 50)
        assert (np.diff(kl_normal(way * steps, np.exp(log_sigma * steps), 0, 1)) > 0).all()


def test_both_functions_of_scipy_special_have_one_sum_and_one_is_never_negative(rng):
    for _ in range(200):
        p, q = rng.dirichlet(np.ones(4), 2)
        assert special.kl_div(p, q).sum() == pytest.approx(special.rel_entr(p, q).sum(), abs=1e-14)
        assert (special.kl_div(p, q) >= 0).all()
        assert (special.rel_entr(p, q) < 0).any()


@pytest.mark.parametrize(("bins", "empty", "above"), [(10, 1 / 18, 0.12), (20, 7 / 8, 0.87)])
def test_what_chance_gives_at_fifty_birds(bins, empty, above, rng, says):
    edges = np.quantile(wild.BILLS["Adelie"], np.arange(1, bins) / bins)
    old = wild._shares(wild.BILLS["Adelie"], edges)
    counts = rng.multinomial(50, old, size=20_000)
    assert abs((counts == 0).any(axis=1).mean() - empty) < 0.012
    new = np.where(counts > 0, counts / 50, 1)
    psi = np.where((counts == 0).any(axis=1), np.inf, ((new - old) * np.log(new / old)).sum(axis=1))
    assert abs((psi > stats.chi2.ppf(0.95, bins - 1) / 50).mean() - above) < 0.012
    says("11", "psi-chance", "5.5%", "7.5%", "12%", "18")


def test_k2_letter_by_letter_misses_the_gradient(rng, says):
    """Two words of three, all logits normal: the gradient of D of the pair, by enumeration."""
    missed = []
    for _ in range(200):
        first, then = rng.normal(size=(2, 3)), rng.normal(size=(2, 3, 3))
        p1, r1 = np.exp(first) / np.exp(first).sum(axis=1, keepdims=True)
        p2, r2 = np.exp(then) / np.exp(then).sum(axis=2, keepdims=True)
        log1, log2 = np.log(p1 / r1), np.log(p2 / r2)
        d2 = (p2 * log2).sum(axis=1)  # of the second word, for each first
        score1 = np.eye(3) - p1
        local1 = (p1 * log1) @ score1
        local2 = p1[:, np.newaxis] * (p2 * (log2 - d2[:, np.newaxis]))
        whole1 = (p1 * (log1 + d2)) @ score1
        miss = np.linalg.norm(whole1 - local1)
        missed.append(miss / math.hypot(np.linalg.norm(whole1), np.linalg.norm(local2)))
    assert 0.2 < np.median(missed) < 0.26  # 0.227 to 0.244 over five seeds
    says("11", "what-was-trained", "23%")


def test_minus_log_of_the_affinity_adds_up_and_the_six_but_two_do_not(rng):
    for _ in range(200):
        p, q = rng.dirichlet(np.ones(4), size=2)
        once, twice = (
            1 - RELATIVES["4·H²"](a, b) / 4
            for a, b in ((p, q), (np.outer(p, p).ravel(), np.outer(q, q).ravel()))
        )
        assert -math.log(twice) == pytest.approx(-2 * math.log(once), rel=1e-9)
        for name, measure in RELATIVES.items():
            twice = measure(np.outer(p, p).ravel(), np.outer(q, q).ravel())
            adds = math.isclose(twice, 2 * measure(p, q), rel_tol=1e-9)
            assert adds == name.startswith("D("), name


def test_a_smooth_f_without_a_bend_is_not_one_of_them():
    """(t − 1)⁴ is smooth and convex: its divergence shrinks like δ⁴."""
    p, ratios = np.array([0.3, 0.7]), []
    for delta in (1e-2, 1e-3):
        q = p + np.array([delta, -delta])
        ratios.append(f_divergence(lambda t: (t - 1) ** 4, p, q) / kl_divergence(p, q))
    assert ratios[1] < 0.02 * ratios[0]


def test_too_narrow_costs_more_than_too_wide_by_as_much():
    step = np.linspace(0.001, 0.999, 500)
    assert (kl_normal(0, 1, 0, 1 - step) > kl_normal(0, 1, 0, 1 + step)).all()


def test_a_moving_end_makes_no_square():
    for delta in (0.1, 0.01):
        p, q = stats.uniform(0, 1), stats.uniform(0, 1 + delta)
        assert kl_quad(p, q) == pytest.approx(math.log1p(delta), rel=1e-9)
        assert kl_quad(q, p) == math.inf


def test_k3_in_the_reward_is_no_leash(rng):
    """E[k3·score] is one gradient less the other; with β = 4 the commonest word is driven out."""
    for _ in range(200):
        pi, ref = rng.dirichlet(np.ones(5), size=2)
        grads = wild.loss_gradients(pi, ref)
        assert _in_reward(pi, ref) == pytest.approx(grads["k2"] - grads["k3"], abs=1e-12)
    for beta in (0.5, 1, 2, 4):
        logits = np.log(wild.REFERENCE)
        for _ in range(2000):
            pi = special.softmax(logits)
            if pi.min() < 1e-6:
                break
            push = pi * (wild.REWARD - (pi * wild.REWARD).sum())
            logits = logits + 0.1 * (push - beta * _in_reward(pi, wild.REFERENCE))
        assert pi.argmin() == 0  # good, which has 0.40 in the reference
        assert pi[0] < 1e-6


def _in_reward(pi, ref):
    k3 = ref / pi - 1 - np.log(ref / pi)
    return (pi * k3) @ (np.eye(len(pi)) - pi)


def test_no_line_holds_for_draws_of_an_older_policy(rng):
    for _ in range(200):
        pi, ref, old = rng.dirichlet(np.ones(5), size=3)
        score, w = np.eye(5) - pi, ref / pi
        for name, slope in (("k1", np.ones(5)), ("k2", -np.log(w)), ("k3", 1 - w)):
            true = wild.loss_gradients(pi, ref)[name]
            assert np.abs((old * slope) @ score - true).max() > 1e-3, name


def adelies(year, *features, **group):
    """Those features of the Adelies of a year that have both and are of that island or sex."""
    with (DATA / "penguins.csv").open(encoding="utf-8") as file:
        return np.array(
            [
                [float(bird[feature]) for feature in features]
                for bird in csv.DictReader(file)
                if (bird["species"], bird["year"]) == ("Adelie", year)
                and bird["flipper_length_mm"] != "NA"
                and all(bird[column] == name for column, name in group.items())
            ]
        )


@pytest.mark.parametrize(
    "group",
    [{"island": name} for name in ("Biscoe", "Dream", "Torgersen")]
    + [{"sex": name} for name in ("female", "male")],
)
def test_the_flippers_moved_on_each_island_and_for_both_sexes(group):
    old, new = (adelies(year, "flipper_length_mm", **group) for year in ("2007", "2009"))
    assert new.mean() - old.mean() > 3.6


def test_what_a_sample_of_49_without_one_leaves_possible(says):
    says("11", "report-read", f"{1 - 0.05 ** (1 / 49):.0%}")


def test_two_of_scipys_functions_rescale_in_silence():
    p, q = np.array([0.5, 0.3]), np.array([0.25, 0.25])
    assert jensenshannon(p, q) == pytest.approx(jensenshannon(p / 0.8, q / 0.5), rel=1e-12)
    assert stats.entropy(p, q) == pytest.approx(stats.entropy(p / 0.8, q / 0.5), rel=1e-12)


def test_along_the_grain_the_shift_would_cost_less_than_the_features_alone():
    """The same steps of depth and flipper, but both up."""
    old, new = (adelies(year, "bill_depth_mm", "flipper_length_mm") for year in ("2007", "2009"))
    step = new.mean(axis=0) - old.mean(axis=0)
    assert step[0] < 0 < step[1]
    alone = sum(wild.fitted_kl(new[:, i], old[:, i]) for i in (0, 1))
    assert wild.fitted_kl(new, old) > alone > wild.fitted_kl(new - [2 * step[0], 0], old)
