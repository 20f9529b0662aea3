"""What the prose concludes from its numbers, computed: over many seeds, or exactly."""

import csv
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats
from scipy.optimize import minimize
from scipy.spatial.distance import jensenshannon

from kl_course.models import codes, evidence
from kl_course.models import estimate_on_trial as trial
from kl_course.models import in_the_wild as wild
from kl_course.models.geometry import RELATIVES, f_divergence
from kl_course.models.two_directions import Mixture, reverse_kl
from kl_helpers import (
    cross_entropy,
    kl_bernoulli,
    kl_divergence,
    kl_histogram,
    kl_knn,
    kl_normal,
    kl_quad,
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


def test_a_part_of_p_costs_about_the_log_of_its_share(says):
    _, tall = sorted(
        Mixture([-2.7, 1.4, 2.0], [0.4, 1.0, 1.0], [9, 4, 6]).reverse_minima(), key=lambda e: e[2]
    )[:2]
    assert tall[2] <= -math.log(9 / 19)
    assert f"{-math.log(9 / 19):.4f}" == "0.7472"
    says("05", "game-modes-question", "0.7447", "0.7472")


# --- 06 and 07


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


@pytest.mark.parametrize(("d", "low", "high"), [(1, 1.6, 1.8), (10, 1.2, 1.4)])
def test_neighbours_see_less_in_more_dimensions(d, low, high, says):
    found = []
    for seed in range(20):
        x, y = np.random.default_rng(seed).normal(size=(2, 500, d))
        y[:, 0] += 2  # exactly 2 nats
        found.append(kl_knn(x, y))
    assert low < np.mean(found) < high
    says("07", "knn", "1.7", "1.3")


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
