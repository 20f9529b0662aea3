"""What the prose concludes from its numbers, computed: over many seeds, or exactly."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize

from kl_course.models import codes
from kl_course.models import estimate_on_trial as trial
from kl_course.models import in_the_wild as wild
from kl_course.models.two_directions import Mixture, reverse_kl, reverse_minima
from kl_helpers import (
    jeffreys_divergence,
    kl_bernoulli,
    kl_divergence,
    kl_histogram,
    kl_kde,
    kl_knn,
    kl_normal,
    kl_normal_fit,
    total_variation,
)

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


# --- 02 and 03


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


# --- 05


def uneven(m):
    """The two streams, with 70 % of the cars on the right."""
    return Mixture([-m, m], [0.6, 0.6], [0.3, 0.7])


@pytest.mark.parametrize(("m", "covers"), [(1.38, True), (1.44, False), (2.4, False)])
def test_with_seventy_percent_on_a_side_the_covering_minimum_ends(m, covers, says):
    mus = [mu for mu, _, _ in uneven(m).reverse_minima()]
    assert any(mu < 0.8 * m for mu in mus if mu > 0) == covers
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


def test_a_part_of_p_costs_about_the_log_of_its_share(says):
    _, tall = sorted(
        Mixture([-2.7, 1.4, 2.0], [0.4, 1.0, 1.0], [9, 4, 6]).reverse_minima(), key=lambda e: e[2]
    )[:2]
    assert tall[2] <= -math.log(9 / 19)
    assert f"{-math.log(9 / 19):.4f}" == "0.7472"
    says("05", "game-modes-question", "0.7447", "0.7472")


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
    mean, spread = np.mean(wrong_draws), np.std(wrong_draws)
    assert round(mean / spread) in (-8, -9)
    says("07", "chance-or-mistake", f"{mean:.2f}", f"{spread:.2f}")


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


def test_k3_with_sigma_1_5_catches_the_exact_value_three_times_in_four(rng):
    sigma, runs = 1.5, 4000
    x = rng.normal(size=(runs, 300))
    log_r = stats.norm.logpdf(x, 0, sigma) - stats.norm.logpdf(x)
    k3 = np.expm1(log_r) - log_r
    error = k3.std(axis=1, ddof=1) / math.sqrt(300)
    caught = np.abs(k3.mean(axis=1) - kl_normal(0, 1, 0, sigma)) < 2 * error
    assert abs(caught.mean() - 0.74) < 0.03  # its standard error is 0.007


def test_k3_is_biased_where_p_cannot_draw_what_q_can():
    p, q = np.array([0.5, 0.5]), np.array([0.3, 0.3])
    assert (p * (q / p - 1 - np.log(q / p))).sum() < kl_divergence([0.5, 0.5, 0], [0.3, 0.3, 0.4])


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


# --- 10 and 11


def test_mirror_pairs_of_shares_agree_in_both_directions():
    assert math.isclose(kl_bernoulli(0.3, 0.7), kl_bernoulli(0.7, 0.3), rel_tol=1e-14)


@pytest.mark.parametrize(("bins", "empty", "above"), [(10, 1 / 18, 0.12), (20, 7 / 8, 0.87)])
def test_what_chance_gives_at_fifty_birds(bins, empty, above, rng, says):
    edges = np.quantile(wild.BILLS["Adelie"], np.arange(1, bins) / bins)
    old = wild._shares(wild.BILLS["Adelie"], edges)
    counts = rng.multinomial(50, old, size=20_000)
    assert abs((counts == 0).any(axis=1).mean() - empty) < 0.012
    new = np.where(counts > 0, counts / 50, 1)
    psi = np.where((counts == 0).any(axis=1), np.inf, ((new - old) * np.log(new / old)).sum(axis=1))
    assert abs((psi > wild.psi_thresholds(bins, 50)[1]).mean() - above) < 0.012
    says("11", "psi-chance", "18", "12%")


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
