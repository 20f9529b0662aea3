"""Notebook 06: rolls without samples, the five steps, and what its prose says of them."""

import math

import numpy as np
import pytest
from scipy import stats

from kl_course.checks.estimate_on_trial import (
    check_ceiling,
    check_price_per_decade,
    check_rods,
    check_smaller_epsilon,
)
from kl_course.explorers.estimate_on_trial import explore_trial
from kl_course.explorers.gaussian_samples import explore_samples
from kl_course.models.estimate_on_trial import (
    bin_shares,
    kl_in_range,
    levels,
    reports,
    roll,
    waterfall,
)
from kl_helpers import kl_divergence, kl_histogram, kl_quad
from kl_helpers.estimators import histogram_frequencies

# Tolerances of 1e-12 and 1e-9 are the rounding of sums, 0.005 and 0.01 half a digit that is said.
STEPS = ["exact", "range", "bins", "ε", "draws of p", "draws of q"]


def raw_rolls(shift, n, bins, epsilon, repeats, rng):
    draws = rng.standard_normal((repeats, 2, n))
    return np.array([kl_histogram(shift + x, y, bins, epsilon) for x, y in draws])


# --- rolls without samples


@pytest.mark.parametrize(("n", "bins"), [(2, 3), (10, 7), (200, 30)])
@pytest.mark.parametrize("shift", [0.0, -2.0])
def test_counted_rolls_have_the_mean_and_spread_of_raw_ones(shift, n, bins, rng):
    raw = raw_rolls(shift, n, bins, 1e-3, 1000, rng)
    counted = reports(shift, n, bins, 1e-3, repeats=4000)
    standard_error = math.hypot(raw.std() / 1000**0.5, counted.std() / 4000**0.5)
    assert abs(raw.mean() - counted.mean()) < 4 * standard_error
    assert stats.ks_2samp(raw, counted).pvalue > 1e-3


@pytest.mark.parametrize("n", [2, 100])
def test_the_range_is_that_of_the_draws(n, rng):
    x, y = 1 + rng.standard_normal((4000, n)), rng.standard_normal((4000, n))
    edges, _, _ = roll(1.0, n, bins=5, repeats=4000)
    low, high = np.minimum(x.min(1), y.min(1)), np.maximum(x.max(1), y.max(1))
    for counted, raw in ((edges[:, 0], low), (edges[:, -1], high)):
        assert stats.ks_2samp(counted, raw).pvalue > 1e-3
    wide = edges[:, -1] - edges[:, 0]
    assert stats.ks_2samp(wide, high - low).pvalue > 1e-3  # the two ends belong together


@pytest.mark.parametrize("n", [2, 1000, 10**6])
def test_every_draw_is_counted_and_the_outermost_bins_hold_one(n):
    _, p_hat, q_hat = roll(-5, n, bins=99, repeats=200)
    for frequencies in (p_hat, q_hat):
        np.testing.assert_array_equal(np.rint(frequencies * n).sum(axis=1), n)
    assert (p_hat[:, 0] > 0).all()
    assert (q_hat[:, -1] > 0).all()


def test_rolls_are_those_of_every_version_of_numpy():
    # Drawn with 2.0, 2.4 and 2.5; a Generator's multinomial has other counts in 2.5.
    _, p_hat, q_hat = roll(0.0, n=10_000, bins=99, repeats=500)
    found = [int((np.rint(hat * 10_000) * np.arange(99)).sum()) for hat in (p_hat, q_hat)]
    assert found == [244385216, 244356084]


def test_rolls_repeat_with_their_seed():
    np.testing.assert_array_equal(reports(2, repeats=3, seed=1), reports(2, repeats=3, seed=1))
    assert (reports(2, repeats=3, seed=1) != reports(2, repeats=3, seed=2)).any()


# --- the five steps


@pytest.mark.parametrize(("low", "high"), [(-3.25, 5.5), (-0.5, 0.75), (1.0, 9.0), (-9.0, 3.0)])
@pytest.mark.parametrize("shift", [0.0, 2.0, -5.0])
def test_divergence_in_a_range_by_quadrature(shift, low, high):
    p = stats.truncnorm(low - shift, high - shift, loc=shift)
    q = stats.truncnorm(low, high)
    assert kl_in_range(shift, low, high) == pytest.approx(kl_quad(p, q), rel=1e-9, abs=1e-12)


def test_shares_keep_their_digits_in_both_tails():
    edges = np.array([-12.0, -9.0, -1.0, 2.0, 9.0, 12.0])
    shares = bin_shares(edges, 0.0)
    assert shares.sum() == pytest.approx(1, rel=1e-14, abs=0)  # five roundings and some room
    # the tail beyond 9 σ, from mpmath; what lies beyond 12 σ is 1e-14 of it
    assert shares[0] == pytest.approx(1.12858840595382288e-19, rel=1e-12, abs=0)
    assert shares[-1] == pytest.approx(shares[0], rel=1e-12, abs=0)


def test_the_steps_lead_from_the_exact_value_to_the_report():
    trial = waterfall(2, n=300, bins=40, epsilon=1e-4, repeats=50, seed=3)
    assert list(trial) == STEPS
    assert (trial["exact"] == 2).all()
    np.testing.assert_array_equal(trial["draws of q"], reports(2, 300, 40, 1e-4, 50, seed=3))
    assert (trial["bins"] < trial["range"]).all()  # the log-sum inequality


def test_without_epsilon_only_the_last_step_is_infinite():
    trial = levels(*roll(2, repeats=5), 2, 0.0)
    assert all(np.isfinite(trial[step]).all() for step in STEPS[:-1])
    np.testing.assert_array_equal(trial["ε"], trial["bins"])
    assert np.isinf(trial["draws of q"]).all()


# --- what the prose says


def test_numbers_of_the_prose(says):
    """Means of 1000 rolls are known to 0.007 nats."""
    near, far = (reports(shift, repeats=1000, seed=1).mean() for shift in (2, -5))
    says("06", "title", f"{near:.1f}", f"{near:.1f}", f"{far:.1f}")
    says("06", "charge", f"{near - 2:.1f}", f"{12.5 - far:.1f}")
    says("06", "ask-epsilon", f"{far:.1f}", f"{12.5 - far:.1f}")
    says("06", "ex-epsilon-prompt", f"{far:.1f}")
    says("06", "ceiling", f"{far:.1f}")
    says("06", "ceiling-read", f"{far:.1f}", "6", f"{6**2 / 2:.0f}", f"{10**2 / 2:.0f}")
    smaller = reports(-5, epsilon=1e-8, repeats=1000, seed=1).mean()
    decade = (smaller - far) / 3
    slope = f"{decade / math.log(10):.2f}"
    says(
        "06", "reveal-epsilon", slope, f"{decade:.2f}", f"{12.5 - far:.1f}", f"{smaller - 12.5:.0f}"
    )
    says("06", "epsilon-read", slope)
    says("06", "null", f"{reports(0, repeats=1000, seed=1).mean():.2f}", f"{98 / 1000}")
    says("06", "null-read", f"{math.log(1 / (100 * 1e-5)):.1f}")
    says("06", "waterfall-read", f"{reports(2, repeats=4000, seed=1).std():.2f}", "0.63")
    says("06", "reveal-bins", f"{1 + 1 / (1000 * 1e-5):.0f}", f"{math.log(101):.2f}")
    says("06", "bins-limit", f"{math.log(101):.2f}")
    says("06", "ex-rods-help", f"{next(n for n in range(1900, 1920) if even_mean(n) < 0.01)}")
    many = reports(2, n=100_000, repeats=300, seed=1).mean()
    says("06", "million-read", "100,000", f"{2 - many:.2f}")


def test_the_verdict_in_nats():
    shares = {
        shift: np.diff([level.mean() for level in waterfall(shift, repeats=1000, seed=1).values()])
        for shift in (0, 2, -5)
    }
    standard_errors = 0.03  # four of them: 4 · 0.23/√1000
    assert shares[0] == pytest.approx([0, 0, 0, 0.05, 0.07], abs=0.01)
    assert shares[2] == pytest.approx([-0.01, 0, -0.06, 0.04, 0.63], abs=standard_errors)
    assert shares[-5] == pytest.approx([-0.02, -0.01, -5, 0.02, 0.33], abs=standard_errors)


@pytest.mark.parametrize(("shift", "slope"), [(2, 0.22), (-5, 0.97)])
def test_slope_is_the_share_of_p_where_q_has_none(shift, slope):
    _, p_hat, q_hat = roll(shift, repeats=500)
    five, six = (kl_divergence(p_hat, q_hat, epsilon=e) for e in (1e-5, 1e-6))
    share = np.sum(p_hat * (q_hat == 0), axis=1)
    np.testing.assert_allclose((six - five) / math.log(10), share, atol=0.005)
    assert share.mean() == pytest.approx(slope, abs=0.01)


def test_every_draw_alone_in_its_bin():
    n, epsilon = 1000, 1e-5
    p_hat = np.repeat([1 / n, 0.0], n)
    limit = math.log(1 + 1 / (n * epsilon))
    assert kl_divergence(p_hat, p_hat[::-1], epsilon=epsilon) == pytest.approx(limit, rel=1e-12)
    assert limit == pytest.approx(4.62, abs=0.005)


def test_below_ten_bins_the_report_of_different_jumps_about():
    four, five, six = (reports(-5, bins=k, repeats=300).mean() for k in (4, 5, 6))
    assert four < 7.2 < 9 < five
    assert six < five - 0.3


def test_at_a_million_draws_epsilon_makes_the_null_report_small(says):
    """Standard errors of the means are 4e-7 at 1e-5 and 7e-7 at 1e-9."""
    edges, p_hat, q_hat = roll(0, n=10**6, repeats=1000)
    report = {e: kl_divergence(p_hat, q_hat, epsilon=e).mean() for e in (1e-5, 1e-7, 1e-9)}
    assert report[1e-5] == pytest.approx(8e-5, abs=2e-6)
    assert report[1e-7] == pytest.approx(1.00e-4, abs=3e-6)
    assert report[1e-9] == pytest.approx(1.19e-4, abs=5e-6)
    shares = bin_shares(edges, 0)
    damped = (shares * (1 - shares) / (shares + 1e-5)).sum(axis=1).mean() / 1e6
    assert damped == pytest.approx(report[1e-5], rel=0.03)
    small = (shares < 1e-5).sum(axis=1).mean()
    empty = ((p_hat == 0) & (q_hat == 0)).sum(axis=1).mean()
    says("06", "null-recipe", f"{small:.0f}", "99", f"{empty:.0f}")
    says("06", "null-recipe", "10^{-7}", f"{report[1e-7]:.5f}", "10^{-9}", f"{report[1e-9]:.5f}")


def test_bins_that_q_left_empty_have_nearly_all_less_than_a_draws_share():
    for shift in (2, -5):
        edges, p_hat, q_hat = roll(shift, repeats=500)
        empty = (q_hat == 0) & (p_hat > 0)
        assert (bin_shares(edges, 0)[empty] < 1e-3).mean() > 0.94


def test_the_null_formula_lies_on_both_sides_of_the_recipe():
    ratio = {n: reports(0, n, repeats=500).mean() / (98 / n) for n in (100, 1000, 10**5, 10**6)}
    assert 2.0 < ratio[100] < 2.4
    assert 1.2 < ratio[1000] < 1.3
    assert 0.85 < ratio[10**5] < 0.95
    assert 0.78 < ratio[10**6] < 0.85


def test_the_null_formula_in_even_bins_by_the_exact_mean(says):
    def mean(n, k=99, epsilon=1e-5):
        counts = np.arange(n + 1)
        chance, x = stats.binom.pmf(counts, n, 1 / k), counts / n + epsilon
        return k * np.sum(chance * x * (np.log(x) - np.sum(chance * np.log(x))))

    # Halves of the last digit that the prose says.
    assert mean(100) / (98 / 100) == pytest.approx(3, abs=0.5)
    assert mean(1000) / (98 / 1000) == pytest.approx(1.06, abs=0.005)
    assert mean(10_000) / (98 / 10_000) == pytest.approx(1, abs=0.005)
    says("06", "null-read", f"{1 - 98 / 1000 / mean(1000):.0%}", f"{mean(100) / (98 / 100):.0f}")
    p_hat, q_hat = np.random.default_rng(0).multinomial(1000, np.full(99, 1 / 99), (2, 4000)) / 1000
    draws = kl_divergence(p_hat, q_hat, epsilon=1e-5)
    assert abs(draws.mean() - mean(1000)) < 4 * draws.std() / 4000**0.5


# --- the explorer


@pytest.mark.parametrize("preset", ["Similar", "Different"])
def test_the_trial_is_about_the_rolls_of_the_demo(preset):
    trial, demo = explore_trial(), explore_samples()
    for explorer in (trial, demo):
        explorer.press(preset)
        explorer.set(seed=16)
    demo, trial = demo.values(), trial.values()
    assert trial["reported"] == pytest.approx(demo["D(p‖q), from the histogram"], rel=1e-9)
    assert trial["D(p‖q), exact"] == pytest.approx(demo["D(p‖q), exact"], rel=1e-9)


def test_the_trial_by_an_independent_computation():
    trial = explore_trial()
    for shift, n, bins, epsilon in [(-5, 10, 1000, 1e-8), (3.3, 3000, 20, 1e-4), (0, 100, 99, 0.0)]:
        trial.set(shift=shift, n=n, bins=bins, epsilon=epsilon, seed=5)
        shown = trial.values()
        z = np.random.default_rng(5).standard_normal((n, 2)).T
        edges, p_hat, q_hat = histogram_frequencies(shift + z[0], z[1], bins)
        p, q = (np.diff(stats.norm.cdf(edges, mu)) for mu in (shift, 0))
        p, q = p / p.sum() + epsilon, q / q.sum() + epsilon
        assert shown["with ε"] == pytest.approx(stats.entropy(p, q) * p.sum(), rel=1e-6, abs=1e-9)
        assert shown["reported"] == kl_divergence(p_hat, q_hat, epsilon=epsilon)
        empty = np.count_nonzero((shift + z[0])[q_hat[_places(shift + z[0], edges)] == 0]) / n
        assert shown["share of p's draws where q has none"] == pytest.approx(empty, abs=1e-12)


def _places(x, edges):
    return np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)


def test_what_leaves_the_picture_is_said():
    trial = explore_trial()
    trial.set(epsilon=0.0)
    assert "reported = ∞ nats" in trial.summary
    assert "The report is infinite" in trial.summary
    trial.set(shift=-5, n=30, bins=1000, epsilon=1e-8)
    assert "The report leaves the picture: it reaches 15.1 nats." in trial.summary
    trial.reset()
    assert "The report" not in trial.summary


# --- the exercises


def says(verdict, status, words=""):
    return verdict.status == status and words in verdict.message


@pytest.mark.parametrize(
    ("check", "answer", "words"),
    [
        (check_smaller_epsilon, 7.8 + math.log(100), "weight ln 100 by 90 %"),
        (check_smaller_epsilon, 3.66, "makes the report larger"),
        (check_smaller_epsilon, 9.6, "natural here"),
        (check_smaller_epsilon, 9.87, "it is 100"),
        (check_smaller_epsilon, 4.14, "add the 7.8"),
        (check_smaller_epsilon, 8.26, "*without*"),
        (check_smaller_epsilon, 7.8, "wherever p has"),
        (check_smaller_epsilon, 7.8 * 7 / 5, "It is a sum and no factor"),
        (check_smaller_epsilon, 780, "It is a sum and no factor"),
        (check_ceiling, 13.8, "every share is 1/8"),
        (check_ceiling, 15.9, "taken off"),
        (check_ceiling, 2.08, "price of ε"),
        (check_ceiling, 1.47, "eight of them"),
        (check_ceiling, math.inf, "adds ε"),
        (check_ceiling, 5.10, "log₁₀"),
        (check_ceiling, 16.9, "in bits"),
        (check_rods, 2000, "k − 1"),
        (check_rods, 950, "both are counted"),
        (check_rods, 3800, "from each"),
        (check_rods, 190, "0.1 nats"),
        (check_rods, 0.19, "Multiply"),
        (check_rods, 1880, "close"),
        (check_rods, 1920, "close"),
        (check_rods, (1, 900), "in Python write 1900"),
    ],
)
def test_a_wrong_number_gets_the_useful_word(check, answer, words):
    assert says(check(answer), "wrong", words)


def even_mean(n, bins=20, epsilon=1e-5):
    """The exact mean report of two samples of n in bins of even shares."""
    chance, share = stats.binom.pmf(range(n + 1), n, 1 / bins), np.arange(n + 1) / n + epsilon
    return bins * np.sum(chance * share * (np.log(share) - np.sum(chance * np.log(share))))


def test_rods_by_the_formula_and_by_the_exact_mean():
    assert even_mean(1909) > 0.01 > even_mean(1910)
    for rods in (1900, 1906, 1910, 1911):
        assert says(check_rods(rods), "right", "1900" if rods > 1905 else "95 rods a bin")


def test_the_ceiling_is_what_the_recipe_reports():
    p_hat = np.repeat([1 / 8, 0.0], 8)
    assert says(check_ceiling(kl_divergence(p_hat, p_hat[::-1], epsilon=1e-6)), "right")


def price(x, y, bins=99):
    _, p_hat, q_hat = histogram_frequencies(x, y, bins)
    return p_hat[q_hat == 0].sum() * math.log(10)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x, y: price(x, y) / math.log(10), "That is the share itself"),
        (lambda x, y: price(y, x), "swapped"),
        (lambda x, y: price(x, y, 98), "98 bins"),
        (lambda x, y: len(x) * price(x, y), "divide by how many"),
        (lambda x, y: price(x, y) / math.log(2), "in bits"),
        (lambda x, y: -price(x, y), "The sign"),
        (lambda x, y: 1 - price(x, y) / math.log(10), "q *has* draws"),
        (kl_histogram, "its rise"),
        (lambda x, y: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_warning_light_gets_the_useful_word(function, words):
    assert says(check_price_per_decade(function), "wrong", words)


def test_a_warning_light_by_the_formula_or_by_trying_it():
    def tried(x, y):
        return kl_histogram(x, y, epsilon=1e-6) - kl_histogram(x, y, epsilon=1e-5)

    assert says(check_price_per_decade(price), "right")
    assert says(check_price_per_decade(tried), "right")
