"""Notebook 07: its explorers against the public estimators, what its prose says, its checks."""

import io
import itertools
import math

import numpy as np
import pytest
from PIL import Image
from scipy import integrate, optimize, special, stats

from kl_course.checks import estimators as checks
from kl_course.explorers import estimators as explorers
from kl_course.models import estimators as models
from kl_helpers import (
    kl_divergence,
    kl_histogram,
    kl_kde,
    kl_knn,
    kl_monte_carlo,
    kl_normal,
    kl_normal_fit,
)
from tools import lessons

# Tolerances of 1e-12 and 1e-9 are the rounding of sums over the draws, of 1e-7 and 1e-5 the judge's
# quadrature; then half a digit that the prose says, or the spread of five seeds.
PAIRS = [(0, 1), (1, 1), (5, 1), (0, 0.5), (5, 0.5), (5, 3)]


def samples(shift, sigma, n, seed=0):
    """The hundred pairs of samples that the explorer draws, in its order."""
    z_p, z_q = np.random.default_rng(seed).standard_normal((n, 2, models.TIMES)).transpose(1, 2, 0)
    return list(zip(z_p, shift + sigma * z_q, strict=True))


def pseudo_counts(x, y, bins=99):
    edges = np.linspace(min(x.min(), y.min()), max(x.max(), y.max()), bins + 1)
    p, q = (np.histogram(draws, edges)[0] + 0.5 for draws in (x, y))
    p, q = p / p.sum(), q / q.sum()
    return np.sum(p * np.log(p / q))


# --- a hundred at once are a hundred times one


@pytest.mark.parametrize("n", [30, 300])
@pytest.mark.parametrize(("shift", "sigma"), PAIRS)
def test_the_hundred_estimates_are_those_of_the_public_estimators(shift, sigma, n):
    results = models.estimates_from_samples(shift, sigma, n, seed=3)
    some = samples(shift, sigma, n, seed=3)[:6]

    def by(estimate):
        return [estimate(x, y) for x, y in some]

    assert results["histogram, ε"][:6] == pytest.approx(by(kl_histogram), rel=1e-9, abs=0)
    assert results["histogram, +½"][:6] == pytest.approx(by(pseudo_counts), rel=1e-9, abs=0)
    assert results["k-NN"][:6] == pytest.approx(by(kl_knn), rel=1e-9, abs=1e-12)
    assert results["normal fit"][:6] == pytest.approx(by(kl_normal_fit), rel=1e-9, abs=0)
    # the table of log-densities is read by interpolation between nodes
    assert results["KDE"][:6] == pytest.approx(by(kl_kde), rel=0.01, abs=0.002)


@pytest.mark.parametrize(("shift", "sigma"), PAIRS)
def test_the_hundred_averages_are_those_of_the_public_estimators(shift, sigma):
    results = models.estimates_with_densities(shift, sigma, 100, seed=3)
    k1 = models.estimates_from_samples(shift, sigma, 100, seed=3)["k1"]
    log_p, log_q = stats.norm(0, 1).logpdf, stats.norm(shift, sigma).logpdf
    pairs = samples(shift, sigma, 100, seed=3)
    for name in ("k1", "k2"):
        by_one = [kl_monte_carlo(log_p, log_q, x, name)[0] for x, _ in pairs]
        assert results[name] == pytest.approx(by_one, rel=1e-9, abs=1e-12)
    k3 = [np.mean(np.expm1(log_q(x) - log_p(x)) - (log_q(x) - log_p(x))) for x, _ in pairs]
    assert results["k3"] == pytest.approx(k3, rel=1e-9, abs=1e-12)
    assert k1 == pytest.approx(results["k1"], rel=1e-9, abs=1e-12)


def test_a_larger_n_only_adds_draws():
    few, many = models.dice(30, 5), models.dice(100, 5)
    assert np.isin(few, many).all()


# --- exact moments


@pytest.mark.parametrize(
    ("shift", "sigma"), [(0.1, 1), (1, 1), (2, 1), (1, 0.5), (0.5, 1.2), (0, 1.4)]
)
def test_exact_moments_by_quadrature(shift, sigma, integral):
    p, q = stats.norm(0, 1), stats.norm(shift, sigma)
    terms = {
        "k1": lambda v: -v,
        "k2": lambda v: v * v / 2,
        "k3": lambda v: np.expm1(v) - v,
    }

    def mean(term):
        def height(x):
            return p.pdf(x) * term(q.logpdf(x) - p.logpdf(x))

        return integral(height, np.arange(-36, 37, 2))

    for name, (expected, sd) in models.exact_moments(shift, sigma).items():
        first, second = mean(terms[name]), mean(lambda v, t=terms[name]: t(v) ** 2)
        assert expected == pytest.approx(first, rel=1e-7)
        assert sd**2 == pytest.approx(second - first**2, rel=1e-5)
    square = mean(lambda v: np.exp(2 * v))
    assert models.mean_square_ratio(shift, sigma) == pytest.approx(square, rel=1e-5)


def test_a_mean_square_that_no_float_holds_is_infinite_and_said():
    room = 2 - 1.4**2
    by_hand = math.exp(25 / room) / (1.4 * math.sqrt(room))
    # 625 in the exponent makes 625 roundings of it.
    assert models.mean_square_ratio(5, 1.4) == pytest.approx(by_hand, rel=1e-12)
    assert models.mean_square_ratio(5, 1.4108) == math.inf
    frame = lessons.scene("monte_carlo").frame(shift=5, sigma=1.4108)
    assert "Eₚ[r²] is finite here, but larger than 1e304: the numbers say ∞." in frame.notes


@pytest.mark.parametrize("shift", [0, 1, 5])
def test_the_variance_of_k3_is_infinite_from_root_two_on(shift):
    root = math.sqrt(2)
    assert models.mean_square_ratio(shift, root * 1.0001) == math.inf
    assert models.mean_square_ratio(0, root * 0.9999) < math.inf
    for sigma, finite in ((1.4, True), (1.45, False)):
        assert math.isfinite(models.exact_moments(0, sigma)["k3"][1]) == finite
    # the area under q²/p has arrived at a reach of 50, or has not
    for sigma, arrived in ((1.2, True), (1.43, False)):

        def height(x, sigma=sigma):
            return math.exp(2 * stats.norm.logpdf(x, shift, sigma) - stats.norm.logpdf(x))

        inner = sum(integrate.quad(height, a, a + 5)[0] for a in range(-50, 50, 5))
        beyond = integrate.quad(height, 50, 100)[0] + integrate.quad(height, -100, -50)[0]
        assert (beyond < 1e-6 * inner) == arrived
        assert math.isfinite(models.mean_square_ratio(shift, sigma)) == arrived


def test_k3_wins_up_to_063_nats_for_equal_widths(says):
    for s in (0.1, 1, 2):
        k3 = math.exp(s * s) - 1 - s * s
        moments = models.exact_moments(s, 1)
        assert moments["k1"][1] == pytest.approx(s)
        assert moments["k3"][1] ** 2 == pytest.approx(k3, rel=1e-9, abs=0)
    even = optimize.brentq(lambda s: math.exp(s * s) - 1 - 2 * s * s, 0.5, 2)
    assert even == pytest.approx(1.12, abs=0.005)
    says("07", "lead", f"{even:.2f}", f"{even**2 / 2:.2f}")
    says("07", "recap", f"{even**2 / 2:.2f}")
    says("07", "decide", f"{int(even**2 / 2 * 10) / 10}")


# --- what the prose says and no cell prints


def means(shift, sigma, seed):
    found = models.estimates_from_samples(shift, sigma, 300, seed)
    return {name: values.mean() for name, values in found.items()}


@pytest.mark.parametrize("seed", range(5))
def test_whose_mean_comes_closest_to_125_nats(seed):
    found = means(5, 1, seed)
    assert found["normal fit"] == pytest.approx(12.7, abs=0.35)
    assert found["histogram, ε"] == pytest.approx(7.9, abs=0.1)
    assert found["k-NN"] == pytest.approx(4.5, abs=0.1)
    assert found["KDE"] == pytest.approx(32, abs=4)
    k3 = models.estimates_with_densities(5, 1, 300, seed)["k3"]
    k1 = models.estimates_with_densities(5, 1, 300, seed)["k1"]
    assert np.count_nonzero(k3 - k1 < -0.9) > 60  # the mean of r is below 0.1 and not 1


@pytest.mark.parametrize("seed", range(5))
def test_about_half_of_the_knn_estimates_are_negative(seed):
    negative = np.count_nonzero(models.estimates_from_samples(0, 1, 300, seed)["k-NN"] < 0)
    assert 35 <= negative <= 65


@pytest.mark.parametrize("seed", range(5))
def test_what_the_slides_point_at(seed):
    bias = {name: mean - 2 for name, mean in means(2, 1, seed).items()}
    assert bias["histogram, +½"] < -0.6
    assert abs(means(1, 1, seed)["histogram, +½"] - 0.5) < 0.06
    exact = kl_normal(0, 1, 0, 0.5), kl_normal(0, 1, 0, 2)
    narrow, wide = means(0, 0.5, seed), means(0, 2, seed)
    for name in set(models.SAMPLES_ONLY) - {"normal fit"}:
        assert abs(narrow[name] - exact[0]) > abs(wide[name] - exact[1])
    wide_k3 = models.estimates_with_densities(0, 3, 300, seed)["k3"]
    assert np.count_nonzero(wide_k3 < kl_normal(0, 1, 0, 3)) > 80
    near = models.estimates_with_densities(0.1, 1, 300, seed)
    assert near["k1"].std() > 9 * near["k3"].std()


def test_small_numbers_of_the_prose(says):
    h = 300**-0.2
    assert h == pytest.approx(0.32, abs=0.005)
    assert 1 / h**2 == pytest.approx(10, abs=0.5)
    furthest = np.random.default_rng(0).standard_normal((1000, 300)).max(axis=1)
    assert furthest.mean() == pytest.approx(3, abs=0.2)
    exact = models.exact_moments(2, 1)
    assert exact["k1"][1] / math.sqrt(300) == pytest.approx(0.12, abs=0.005)
    assert exact["k3"][1] / math.sqrt(300) == pytest.approx(0.41, abs=0.005)
    says(
        "07",
        "reveal-steadier",
        f"{exact['k1'][1] / 300**0.5:.2f}",
        f"{exact['k3'][1] / 300**0.5:.2f}",
    )
    above_50 = stats.norm.sf((math.log(50) + 2) / 2)  # log r = 2x − 2
    says("07", "reveal-steadier", "50", f"{round(1 / above_50, -1):.0f}")
    assert 1 / above_50 == pytest.approx(640, abs=10)
    width = (5 + 2 * furthest.mean()) / 99  # of a bin, when q is 5 away
    says("07", "why-fail", f"{300 * stats.norm.pdf(0) * width:.0f}", "ten times")
    # a report of −0.003 nats: one run in four is negative
    assert stats.norm.cdf(-0.005 / (0.1 / math.sqrt(200))) == pytest.approx(0.25, abs=0.02)
    assert (math.exp(4) - 5) / 4 == pytest.approx(12, abs=0.5)


def repeat(estimate, shift, n, seeds=100):
    dice = [np.random.default_rng(seed).standard_normal((2, n)) for seed in range(seeds)]
    return np.array([estimate(x, shift + y) for x, y in dice])


def test_where_the_kdes_20_nats_come_from(says):
    """At 12.5 nats: slopes, gaps and estimates of 100 samples; deviations from sample to sample
    are 1.0 for the ratio of slopes and 0.22 nats for what one draw in 300 adds."""
    ratios, halves, estimates = [], [], []
    for seed in range(100):
        x, y = np.random.default_rng(seed).standard_normal((2, 300))
        y += 5
        h = y.std(ddof=1) * 300**-0.2
        low, high = (special.logsumexp(-(((at - y) / h) ** 2) / 2) for at in (-1e-4, 1e-4))
        ratios.append((high - low) / 2e-4 / 5)  # log q has the slope 5 there
        halves.append(np.mean(((y.min() - x) / h) ** 2 / 2))
        estimates.append(kl_kde(x, y))
    assert round(np.mean(ratios)) == 4
    says("07", "why-fail", "four times")
    says("07", "why-fail", f"{np.mean(halves):.0f}", "4")
    assert np.subtract(estimates, halves).mean() == pytest.approx(4.3, abs=0.1)
    says("07", "reveal-far", f"{np.mean(estimates):.0f}")


def test_twice_the_shift_adds_a_nat_to_the_knn_estimate(says):
    near, far = repeat(kl_knn, 5, 300), repeat(kl_knn, 10, 300)
    assert near.mean() == pytest.approx(4.5, abs=0.05)
    assert far.mean() == pytest.approx(5.5, abs=0.06)
    says("07", "why-fail", "4.5", "5.5")
    assert near.max() < 12.5  # too low every time
    fits, reports = repeat(kl_normal_fit, 5, 300), repeat(kl_histogram, 5, 300)
    rest = f"{reports.mean():.1f}", f"{near.mean():.1f}"
    says("07", "reveal-far", f"{fits.mean():.1f}", f"{fits.std(ddof=1):.1f}", *rest)


def test_a_normal_fit_is_blind_for_any_number_of_draws():
    draws = np.random.default_rng(0)
    x, y = draws.exponential(1, (200, 30_000)), draws.normal(1, 1, (200, 30_000))
    fits = kl_normal(x.mean(axis=1), x.std(axis=1), y.mean(axis=1), y.std(axis=1))
    assert fits.max() < 0.005  # it prints 0.00
    assert kl_normal_fit(x[0], y[0]) == pytest.approx(fits[0], rel=1e-3)


@pytest.mark.parametrize("block", range(3))
def test_rounding_moves_a_single_knn_estimate_and_not_the_mean(block):
    """A hundred other seeds a block; of the mean difference the standard error is 0.006 nats."""
    dice = [np.random.default_rng(100 * block + s).standard_normal((2, 300)) for s in range(100)]
    moves = [kl_knn(x.round(1), (1 + y).round(1)) - kl_knn(x, 1 + y) for x, y in dice]
    assert abs(np.mean(moves)) < 0.02
    assert np.mean(np.abs(moves)) == pytest.approx(0.045, abs=0.01)


def test_a_report_that_stands_still_is_wrong_all_the_same():
    full, half = repeat(kl_histogram, 5, 1000), repeat(kl_histogram, 5, 500)
    assert full.mean() == pytest.approx(7.84, abs=0.03)
    assert half.mean() == pytest.approx(7.87, abs=0.03)


def test_where_k3_is_the_steadier_one(says):
    def lead(sigma):
        moments = models.exact_moments(0, sigma)
        return moments["k3"][1] - moments["k1"][1]

    even = optimize.brentq(lead, 1.05, 1.4)
    says("07", "recap", f"{even:.2f}")
    says("07", "lead", f"{even:.2f}", f"{kl_normal(0, 1, 0, even):.2f}")
    for shift, sigma in itertools.product(np.linspace(0.05, 1.1, 22), np.linspace(0.3, 1, 15)):
        if kl_normal(0, 1, shift, sigma) < 0.6:
            moments = models.exact_moments(shift, sigma)
            assert moments["k3"][1] < moments["k1"][1]


def test_how_seldom_k3s_own_error_catches_a_wide_q():
    """The shares of 1000 samples have standard errors of 0.015 and 0.011."""
    p, q, exact = stats.norm(0, 1), stats.norm(0, 3), kl_normal(0, 1, 0, 3)
    draws = [np.random.default_rng(seed).standard_normal(300) for seed in range(1000)]
    runs = np.array([kl_monte_carlo(p.logpdf, q.logpdf, x, "k3") for x in draws])
    caught = np.abs(runs[:, 0] - exact) < 2 * runs[:, 1]
    assert caught.mean() == pytest.approx(1 / 3, abs=0.07)
    assert np.mean(runs[:, 0] < exact) > 0.83
    assert runs[:, 0].max() > 4 * exact


def test_how_many_of_a_hundred_samples_hold_the_rare_draws(says):
    rare = stats.binom(300, stats.norm.sf((math.log(50) + 2) / 2))
    none, one, more = (round(100 * x) for x in (rare.pmf(0), rare.pmf(1), rare.sf(1)))
    says("07", "reveal-steadier", f"{none}", f"{one}", f"{more}")


def test_sorted_lists_look_alike_only_when_they_are_narrow_and_far_from_0():
    z = np.random.default_rng(2).standard_normal((2, 300))
    rods = np.sort(5 + 0.1 * z[0]), np.sort(5.5 + 0.1 * z[1])
    assert kl_divergence(*rods, normalize=True) < 1e-5
    wide = np.sort(np.exp(3 * z[0])), np.sort(np.exp(0.1 * z[1]))
    assert kl_divergence(*wide, normalize=True) > 2


# --- the explorers


def test_presets_have_the_values_of_their_names():
    for make in (explorers.explore_estimators, explorers.explore_monte_carlo):
        explorer = make()
        for label in set(explorer.buttons) & {"0.005 nats", "½ nat", "2 nats", "12.5 nats"}:
            explorer.press(label)
            exact = float(label.split()[0].replace("½", "0.5"))
            assert explorer.values()["D(p‖q), exact"] == pytest.approx(exact)


def test_infinite_variance_is_said():
    explorer = explorers.explore_monte_carlo()
    explorer.set(shift=0, sigma=1.4)
    assert "k3: exact sd = ∞" not in explorer.summary
    explorer.set(sigma=1.45)
    assert "k3: exact sd = ∞ nats" in explorer.summary
    assert "Eₚ[r²] = ∞" in explorer.summary
    assert math.isfinite(explorer.values()["k3: sd"])


def test_what_leaves_the_picture_is_said():
    explorer = explorers.explore_estimators()
    assert "Outside" not in explorer.summary
    explorer.set(shift=5, sigma=0.5)
    assert "Outside the picture: the exact value, 100 of KDE" in explorer.summary
    explorer.set(shift=4.5, sigma=1)
    kde = models.estimates_from_samples(4.5, 1, 300, 0)["KDE"]
    count = np.count_nonzero(kde > 25)
    assert 0 < count < 100
    assert f"Outside the picture: {count} of KDE." in explorer.summary
    many = explorers.explore_monte_carlo()
    many.set(shift=5, sigma=1)
    assert "q²/p leaves the picture" in many.summary


def test_dots_bars_and_line_are_the_numbers():
    explorer = explorers.explore_estimators()
    explorer.set(shift=1, n=100)
    lines = {line.get_gid(): line for line in explorer.drawing.axes.lines}
    values = explorer.values()
    assert set(lines["exact"].get_xdata()) == {0.5}
    for i, name in enumerate((*models.SAMPLES_ONLY, "k1")):
        dots = lines["gain dots" if name == "k1" else "p dots"]
        row = dots.get_xdata()[np.round(dots.get_ydata()) == i]
        assert len(row) == 100
        assert row.mean() - 0.5 == pytest.approx(values[f"{name}: bias"])
        assert row.std(ddof=1) == pytest.approx(values[f"{name}: sd"])
        assert lines["means"].get_xdata()[i] == pytest.approx(row.mean())
    picture = Image.open(io.BytesIO(explorer.scene.png(explorer.frame)))
    assert picture.size == (1680, 680)


# --- the checks


def by_mean(term):
    return lambda log_p, log_q: np.mean(term(log_q - log_p))


def distances(x, y):
    within = np.abs(x[:, np.newaxis] - x)
    np.fill_diagonal(within, np.inf)
    return within.min(axis=1), np.abs(x[:, np.newaxis] - y).min(axis=1)


def mean_log(x, y):
    rho, nu = distances(x, y)
    return np.mean(np.log(nu / rho))


def size(x, y):
    return math.log(len(y) / (len(x) - 1))


def with_itself(x, y):
    with np.errstate(divide="ignore"):
        return np.mean(np.log(distances(x, y)[1] / np.abs(x[:, np.newaxis] - x).min(axis=1)))


SLIPS = {
    "check_k3": [
        (by_mean(lambda v: np.exp(-v) - 1 + v), "upside down"),
        (by_mean(lambda v: -v), "That is k1"),
        (by_mean(lambda v: v * v / 2), "That is k2"),
        (by_mean(lambda v: v + 1 - np.exp(v)), "never negative"),
        (by_mean(lambda v: np.exp(v) - v), "Subtract 1"),
        (by_mean(lambda v: np.exp(v) - 1 + v), "not added"),
        (lambda p, q: np.sum(np.exp(q - p) - 1 - (q - p)), "take the mean"),
        (lambda p, q: np.mean(np.exp(q - p) - 1 - (q - p)) / math.log(2), "in bits"),
        (lambda p, q: np.exp(q - p) - 1 - (q - p), "give one number"),
    ],
    "check_nearest": [
        (mean_log, "log(m/(n − 1)) is missing"),
        (lambda x, y: mean_log(x, y) + math.log(len(y) / len(x)), "n − 1 other draws"),
        (lambda x, y: mean_log(x, y) - size(x, y), "the other way up"),
        (lambda x, y: mean_log(x, y) + math.log(len(x) / (len(y) - 1)), "sizes are exchanged"),
        (lambda x, y: mean_log(x, y) + math.log((len(y) - 1) / (len(x) - 1)), "m, not m − 1"),
        (with_itself, "its own nearest neighbour"),
        (lambda x, y: size(x, y) - mean_log(x, y), "ν over ρ"),
        (lambda x, y: len(x) * mean_log(x, y) + size(x, y), "take the mean"),
        (lambda x, y: mean_log(y, x) + size(y, x), "swapped"),
        (lambda x, y: (mean_log(x, y) + size(x, y)) / math.log(2), "in bits"),
    ],
    "check_draws": [
        ((200, 496_000), "`n_k1`: The standard deviation of a mean falls with √n"),
        ((20_000, 496_000), "`n_k1`: s² is the variance"),
        ((400, 496_000), "`n_k1`: The variance is to be divided by 0.01²"),
        ((40_000, 704), "`n_k3`: The standard deviation of a mean falls with √n"),
        ((40_000, 70_400), "`n_k3`: Take the variance"),
        ((40_000, 4960), "`n_k3`: The variance is to be divided"),
        ((40_000, 7183), "`n_k3`: That is for a shift of 1"),
        ((40_000, 23_890), "`n_k3`: The exponent"),
        ((40_000, 545_982), "`n_k3`: −1 − s²"),
    ],
    "check_report": [("A", "one run in four"), ("b", "below 0"), ("D", "infinite")],
}


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [(name, *slip) for name, slips in SLIPS.items() for slip in slips],
)
def test_wrong_answers_that_people_give(name, answer, words):
    answers = answer if isinstance(answer, tuple) else (answer,)
    verdict = getattr(checks, name)(*answers)
    assert verdict.status == "wrong"
    assert words in verdict.message
