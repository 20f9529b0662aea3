import doctest
import math
import time

import numpy as np
import pytest
from scipy import special, stats
from scipy.integrate import trapezoid
from scipy.special import digamma

from kl_helpers import (
    estimators,
    histogram_frequencies,
    kde,
    kl_divergence,
    kl_histogram,
    kl_kde,
    kl_knn,
    kl_monte_carlo,
    kl_mvn,
    kl_normal,
    kl_normal_fit,
)

# Tolerances of 1e-12 and 1e-9 are the rounding of sums over the draws, in whatever order; 4e-5 to
# 1e-4 of the peak is the error of `kde`'s binning; the rest is chance, over fixed seeds.


def normal_samples(rng, n, m, mu_p=1.0, sigma_p=1.0):
    return rng.normal(mu_p, sigma_p, n), rng.normal(0, 1, m)


def mean_and_standard_error(values):
    values = np.asarray(values)
    return values.mean(axis=0), values.std(axis=0, ddof=1) / math.sqrt(len(values))


def least_work(function, *args):
    """Seconds of the processor's, which other programs do not add to; the least of five runs."""
    times = []
    for _ in range(5):
        start = time.process_time()
        function(*args)
        times.append(time.process_time() - start)
    return min(times)


# --- histogram


def test_histogram_by_hand():
    # Range 0 to 4, two bins, of which the second holds 2 and 4.
    edges, p_hat, q_hat = histogram_frequencies([0, 1, 1, 2], [1, 4], bins=2)
    assert edges.tolist() == [0, 2, 4]
    assert p_hat.tolist() == [0.75, 0.25]
    assert q_hat.tolist() == [0.5, 0.5]
    # ¾ log 1.5 − ¼ log 2
    expected = 0.75 * math.log(1.5) - 0.25 * math.log(2)
    assert kl_histogram([0, 1, 1, 2], [1, 4], bins=2, epsilon=0) == pytest.approx(expected)
    # With ε = ¼ the frequencies are (1, ½) and (¾, ¾): log(4/3) + ½ log(2/3).
    expected = math.log(4 / 3) + 0.5 * math.log(2 / 3)
    assert kl_histogram([0, 1, 1, 2], [1, 4], bins=2, epsilon=0.25) == pytest.approx(expected)


def test_histogram_is_the_usual_demo(rng):
    x, y = rng.normal(0.2, 0.1, 1000), rng.normal(0, 0.1, 1000)
    pooled = np.concatenate([x, y])
    edges = np.linspace(pooled.min(), pooled.max(), 100)
    p = np.histogram(x, edges)[0] / len(x)
    q = np.histogram(y, edges)[0] / len(y)
    expected = np.sum((p + 1e-5) * np.log((p + 1e-5) / (q + 1e-5)))
    assert kl_histogram(x, y) == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize("bins", [1, 2, 7, 99, 1000])
def test_frequencies_are_those_of_numpy(bins, rng):
    samples = [
        (rng.normal(0, 1, 500), rng.normal(3, 0.01, 700)),
        (rng.integers(0, 20, 500), rng.integers(5, 30, 300)),  # draws on the edges
        (rng.integers(0, 100, 500) / 10, rng.integers(0, 100, 300) / 10),
        (np.linspace(0, 1, bins + 1), np.linspace(0, 1, 3)),
        (rng.standard_cauchy(500), rng.standard_cauchy(500)),
        (1e9 + rng.random(300), 1e9 + rng.random(300)),
        (1e-300 * rng.random(300), -1e-300 * rng.random(300)),
    ]
    for x, y in samples:
        edges, p_hat, q_hat = histogram_frequencies(x, y, bins)
        np.testing.assert_array_equal(p_hat, np.histogram(x, edges)[0] / len(x))
        np.testing.assert_array_equal(q_hat, np.histogram(y, edges)[0] / len(y))
        assert edges[0] == min(x.min(), y.min())
        assert edges[-1] == max(x.max(), y.max())
        assert p_hat.sum() == pytest.approx(1, abs=1e-12)
        assert q_hat.sum() == pytest.approx(1, abs=1e-12)


def test_an_empty_bin_is_infinite_without_epsilon():
    assert kl_histogram([0, 1], [0, 0.1], epsilon=0) == math.inf
    assert 0 < kl_histogram([0, 1], [0, 0.1]) < math.inf


def test_identical_samples_give_exactly_zero(rng):
    x = rng.normal(0, 1, 200)
    for estimate in (kl_histogram, kl_kde, kl_knn, kl_normal_fit):
        assert estimate(x, x) == 0.0
        assert type(estimate(x, x[::-1] + 0.5)) is float


# --- kernel density


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.normal(0, 0.1, 1000),
        lambda rng: np.concatenate([rng.normal(-4, 0.3, 300), rng.normal(50, 3, 200)]),
        lambda rng: rng.standard_cauchy(1000),
        lambda rng: rng.exponential(1, 20) * 1e9,
        lambda rng: np.array([0.0, 1.0]),  # the worst for a grid: single kernels
        lambda rng: np.array([0.0, 0.0, 0.0, 7.123]),
    ],
)
def test_kde_is_that_of_scipy(draw, rng):
    x = draw(rng)
    reference = stats.gaussian_kde(x)
    h = math.sqrt(reference.covariance[0, 0])
    grid = np.linspace(x.min() - 7 * h, x.max() + 7 * h, 4001)
    expected = reference(grid)
    assert np.abs(kde(x, grid) - expected).max() <= 1e-4 * expected.max()


def test_kde_takes_any_grid(rng):
    x = rng.normal(0, 1, 300)
    reference = stats.gaussian_kde(x)
    scattered = rng.uniform(-3, 3, (4, 5))
    np.testing.assert_allclose(kde(x, scattered).ravel(), reference(scattered.ravel()), atol=4e-5)
    assert kde(x, 0.1) == pytest.approx(reference(0.1)[0], abs=4e-5)
    assert kde(x, [-1e9, 1e9]).tolist() == [0, 0]


def test_kde_is_a_density(rng):
    for x in (rng.normal(0, 1, 500), rng.standard_t(2, 500)):
        grid = np.linspace(x.min() - 10, x.max() + 10, 200_001)
        density = kde(x, grid)
        assert (density >= 0).all()
        assert trapezoid(density, grid) == pytest.approx(1, abs=1e-4)


def test_kl_kde_is_the_integral(rng):
    x, y = normal_samples(rng, 300, 500)
    p, q = stats.gaussian_kde(x), stats.gaussian_kde(y)
    grid = np.linspace(-8, 8, 8001)
    expected = trapezoid(p(grid) * (p.logpdf(grid) - q.logpdf(grid)), grid)
    assert kl_kde(x, y) == pytest.approx(expected, rel=1e-6, abs=0)


def test_kl_kde_far_apart_does_not_underflow(rng):
    x, y = rng.normal(0, 1, 200), rng.normal(0, 1, 200)
    near, far = kl_kde(x, y + 100), kl_kde(x, y + 1000)
    # Quadratic in the distance, over 2h².
    h = y.std(ddof=1) * 200**-0.2
    assert far == pytest.approx(1000**2 / (2 * h * h), rel=0.01)
    assert near < far < math.inf


def finer(x, y):
    """∫ p̂ log(p̂/q̂) on a grid of a twentieth of the smaller bandwidth around each draw of x."""
    h_x, h_y = (z.std(ddof=1) * len(z) ** -0.2 for z in (x, y))
    step = min(h_x, h_y) / 20
    reach = math.ceil(9 * h_x / step)
    cells = np.unique((np.rint(x / step)[:, np.newaxis] + np.arange(-reach, reach + 1)).ravel())
    grid = cells * step
    with np.errstate(under="ignore"):
        log_p, log_q = (
            special.logsumexp(-0.5 * ((grid[:, np.newaxis] - z) / h) ** 2, axis=1)
            - math.log(len(z) * h * math.sqrt(2 * math.pi))
            for z, h in ((x, h_x), (y, h_y))
        )
        return step * (np.exp(log_p) * (log_p - log_q)).sum()


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (lambda rng: rng.normal(1, 1, 60), lambda rng: rng.normal(0, 1, 90)),
        (lambda rng: np.append(rng.normal(0, 1, 60), 1e3), lambda rng: rng.normal(0, 1, 90)),
        (lambda rng: rng.normal(0, 1, 60), lambda rng: np.append(rng.normal(0, 1, 90), 1e3)),
        (lambda rng: rng.normal(0, 3, 60), lambda rng: rng.normal(0, 0.1, 90)),
        (
            lambda rng: rng.normal(0, 8, 200),
            lambda rng: rng.normal([[-8], [8]], 0.1, (2, 200)).ravel(),
        ),
        (lambda rng: rng.standard_cauchy(60), lambda rng: rng.standard_cauchy(90)),
    ],
)
def test_kl_kde_is_right_to_six_digits(x, y, rng):
    x, y = x(rng), y(rng)
    assert kl_kde(x, y) == pytest.approx(finer(x, y), rel=1e-6, abs=0)


def test_a_far_draw_does_not_slow_kl_kde(rng):
    x, y = normal_samples(rng, 1000, 1000)
    near = least_work(kl_kde, x, y)
    for far in (1e2, 1e4, 1e6):
        outlying = np.append(x, far)
        # 2 to 4 times as long, because q's structure is narrow beside p's bandwidth; it was 200.
        assert least_work(kl_kde, outlying, y) < 12 * near
        assert least_work(kl_kde, x, np.append(y, far)) < 12 * near


def test_kl_kde_of_numbers_of_any_size():
    assert kl_kde([0, 1e150], [0, 1e-150]) == math.inf  # (distance/bandwidth)² overflows
    assert kl_kde([1e16, 1e16 + 4], [1e16, 1e16 + 8]) > 0
    assert kl_kde([0, 1, 2], [1e100, 2e100]) < math.inf
    assert kl_kde([1e100, 1.01e100], [0, 1, 2]) < math.inf


# --- nearest neighbours


def wang(x, y, k):
    """Equation 5 of the paper, from all distances."""
    (n, d), m = x.shape, len(y)
    within = np.linalg.norm(x[:, np.newaxis] - x, axis=-1)
    across = np.linalg.norm(x[:, np.newaxis] - y, axis=-1)
    rho = np.sort(within, axis=1)[:, k]  # column 0 is the point itself
    nu = np.sort(across, axis=1)[:, k - 1]
    return d * np.mean(np.log(nu / rho)) + math.log(m / (n - 1))


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize(("n", "m", "d"), [(50, 50, 1), (30, 90, 1), (90, 30, 2), (40, 60, 5)])
def test_knn_is_the_published_formula(k, n, m, d, rng):
    x, y = rng.normal(0, 1, (n, d)), rng.normal(0.5, 2, (m, d))
    assert kl_knn(x, y, k=k) == pytest.approx(wang(x, y, k), rel=1e-12, abs=0)
    if d == 1:
        assert kl_knn(x[:, 0], y[:, 0], k=k) == kl_knn(x, y, k=k)


def test_knn_by_hand():
    x, y = [1.0, 2.0, 5.0], [1.0, 3.0, 4.0]
    # x = 1: ρ = 1 (to 2), ν = 2 (to 3), 2 draws of y count: log 2 + log(2/2)
    # x = 2: ρ = 1 (to 1), ν = 1 (to 1 and to 3): log 1 + ψ(1) − ψ(2) + log(3/2)
    # x = 5: ρ = 3 (to 2), ν = 1 (to 4): log(1/3) + log(3/2)
    expected = (math.log(2) + (math.log(3 / 2) - 1) + math.log(1 / 2)) / 3
    assert kl_knn(x, y, k=1) == pytest.approx(expected, rel=1e-12, abs=0)
    assert expected < 0  # an estimate may be


def knn_by_its_notes(x, y, k):
    """The estimate with its rules for ties, draw by draw."""
    terms = []
    for x_i in x:
        ranks, distances, others = [], [], []
        for z in (x, y):
            away = np.linalg.norm(z - x_i, axis=1)
            away = np.sort(away[away > 0])
            distances.append(away[k - 1])
            ranks.append((away <= away[k - 1] * (1 + 1e-9)).sum())  # rounded data lie farther apart
            others.append(len(away))
        (rho, nu), (within, across), (n, m) = distances, ranks, others
        correction = digamma(within) - digamma(across)
        terms.append(x.shape[1] * math.log(nu / rho) + math.log(m / n) + correction)
    return np.mean(terms)


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("rounded", [0, 20, 150])  # that many of the draws
@pytest.mark.parametrize("d", [1, 2, 3])
def test_knn_with_ties_is_what_its_notes_say(d, rounded, k, rng):
    x, y = rng.normal(0, 1, (150, d)), rng.normal(0.5, 1, (200, d))
    x[:rounded], y[:rounded] = x[:rounded].round(1), y[:rounded].round(1)
    x[-1], y[-1] = x[0], x[1]  # within x, and across
    assert kl_knn(x, y, k=k) == pytest.approx(knn_by_its_notes(x, y, k), rel=1e-9, abs=1e-12)


def test_knn_does_not_mind_scale_and_place(rng):
    x, y = normal_samples(rng, 200, 300)
    expected = kl_knn(x, y)
    for scale in (1e-250, 1e-10, 1e250):
        assert kl_knn(scale * x, scale * y) == pytest.approx(expected, rel=1e-12, abs=0)
    assert kl_knn(x + 1e6, y + 1e6) == pytest.approx(expected, rel=1e-3, abs=0)


@pytest.mark.parametrize("decimals", [3, 2, 1])
def test_knn_of_rounded_data_is_near_that_of_the_unrounded(decimals, rng):
    differences = []
    for _ in range(20):
        x, y = normal_samples(rng, 1000, 1500)
        differences.append(kl_knn(x.round(decimals), y.round(decimals)) - kl_knn(x, y))
    assert abs(np.mean(differences)) < 0.05
    assert np.isfinite(differences).all()


def test_knn_of_few_values_points_to_shares(rng):
    values, p = [0, 1, 2], [0.7, 0.2, 0.1]
    few = rng.choice(values, 1000, p=p), rng.choice(values, 1000, p=p[::-1])
    counts = rng.poisson(5, 1000), rng.poisson(4, 1000)
    mixed = rng.normal(0, 1, 1000) * (rng.random(1000) < 0.7), rng.normal(0, 1, 1000)
    plane = [np.stack([z, z], axis=1) for z in few]
    for x, y in (few, counts, mixed, plane, ([1, 1, 1, 2, 2, 3], [1, 2, 2, 3, 3, 3])):
        with pytest.raises(ValueError, match=r"x is no sample of a density.*shares with kl_div"):
            kl_knn(x, y, k=1)
    with pytest.raises(ValueError, match=r"y is no sample of a density: \d+ of its 1000"):
        kl_knn(rng.normal(0, 1, 1000), few[1])
    # The way out: the shares, whose divergence has a standard deviation of 0.076 here.
    shares = (np.bincount(z) / 1000 for z in few)
    assert kl_divergence(*shares) == pytest.approx(0.6 * math.log(7), abs=0.23)


@pytest.mark.parametrize("n", [20, 100, 300, 3000])
def test_knn_takes_data_rounded_to_a_tenth_of_sigma(n):
    for seed in range(30):
        x, y = normal_samples(np.random.default_rng(seed), n, n)
        assert math.isfinite(kl_knn(x.round(1), y.round(1), k=3))


def test_knn_takes_one_value_of_another_size(rng):
    x, y = normal_samples(rng, 300, 300)
    expected = kl_knn(np.append(x, 1e6), y)
    for far in (1e170, -1e300, 1.7e308):
        # One term of 301 changes, by less than log(10⁶/σ) and the sign.
        assert kl_knn(np.append(x, far), y) == pytest.approx(expected, abs=0.1)


def test_knn_with_few_values_is_finite_or_says_why():
    with pytest.raises(ValueError, match=r"x must hold at least k=5 draws different from x\[0\]"):
        kl_knn([1, 1, 1, 2, 2, 3], [1, 2, 2, 3, 3, 3])
    with pytest.raises(ValueError, match=r"y must hold at least k=2 draws different from x\[0\]"):
        kl_knn([1, 2, 3], [1, 1, 2], k=2)
    with pytest.raises(ValueError, match=r"k=3 draws different from x\[2\], but holds 2"):
        kl_knn([9, 3, 2, 1, 2], [1, 2, 2, 4], k=3)


# --- within their standard errors of the truth


def test_estimates_of_two_normals_tend_to_the_closed_form(rng):
    truth = kl_normal(1, 1, 0, 1)
    estimates = []
    for _ in range(60):
        x, y = normal_samples(rng, 1000, 1500)
        estimates.append([kl_normal_fit(x, y), kl_kde(x, y), kl_knn(x, y), kl_knn(x, y, k=1)])
    mean, error = mean_and_standard_error(estimates)
    # Three standard errors, at most 0.033, and the bias that each method has at this size.
    bias = np.array([0.002, 0.02, 0.03, 0.02])
    assert (np.abs(mean - truth) <= 3 * error + bias).all()
    assert (error < 0.011).all()


def test_knn_in_two_dimensions_with_unequal_sizes(rng):
    cov = np.array([[1, 0.5], [0.5, 1]])
    truth = kl_mvn([0, 0], cov, [0.5, 0], np.eye(2))
    estimates = []
    for _ in range(40):
        x = rng.multivariate_normal([0, 0], cov, 800)
        y = rng.multivariate_normal([0.5, 0], np.eye(2), 2400)
        estimates.append(kl_knn(x, y, k=3))
    mean, error = mean_and_standard_error(estimates)
    assert abs(mean - truth) <= 3 * error + 0.02
    assert error < 0.01


def test_normal_fit_by_hand():
    # Means 2 and 1, and both standard deviations 1 (divided by n): ½.
    assert kl_normal_fit([1, 3], [0, 2]) == 0.5


# --- Monte Carlo


def monte_carlo(mu_q, estimator, n=1_000_000, sigma_q=1.0):
    x = np.random.default_rng(7).standard_normal(n)
    return kl_monte_carlo(stats.norm().logpdf, stats.norm(mu_q, sigma_q).logpdf, x, estimator)


def test_monte_carlo_by_hand():
    log_p, log_q = np.array([-1.0, -2.0]), np.array([-2.0, -2.5])

    def at(values):
        return lambda x: values[x.astype(int)]

    def estimate(name):
        return kl_monte_carlo(at(log_p), at(log_q), [0, 1], name)

    # −log r = 1, ½; ½ (log r)² = ½, ⅛; r − 1 − log r = e⁻¹, e^(−½) − ½.
    assert estimate("k1") == pytest.approx((0.75, 0.25))
    assert estimate("k2") == pytest.approx((0.3125, 0.1875))
    k3 = [math.exp(-1), math.exp(-0.5) - 0.5]
    assert estimate("k3") == pytest.approx((np.mean(k3), abs(k3[0] - k3[1]) / 2))
    assert estimate("k1").estimate == estimate("k1")[0]
    assert estimate("k1").standard_error == estimate("k1")[1]


@pytest.mark.parametrize(
    ("mu_q", "estimator", "bias", "spread"),
    [  # Schulman's table: bias and standard deviation over the true value
        (0.1, "k1", 0, 20),
        (0.1, "k2", 0.002, 1.42),
        (0.1, "k3", 0, 1.42),
        (1, "k1", 0, 2),
        (1, "k2", 0.25, 1.73),
        (1, "k3", 0, 1.7),
    ],
)
def test_monte_carlo_has_the_published_bias_and_spread(mu_q, estimator, bias, spread):
    n = 1_000_000
    truth = kl_normal(0, 1, mu_q, 1)
    assert truth == pytest.approx(0.005 if mu_q == 0.1 else 0.5)
    estimate, error = monte_carlo(mu_q, estimator, n)
    # The published digits stop at 0.001, and ours are known to three standard errors.
    assert abs(estimate / truth - 1 - bias) <= 3 * error / truth + 0.0006
    assert error * math.sqrt(n) / truth == pytest.approx(spread, rel=0.02)


def test_monte_carlo_takes_constant_draws_and_whole_log_probabilities():
    # A discrete p may well give the same outcome each time.
    log_p, log_q = np.log([0.9, 0.1]), np.log([0.5, 0.5])
    estimate, error = kl_monte_carlo(lambda x: log_p[x.astype(int)], lambda x: log_q[0] + x, [0, 0])
    assert estimate == pytest.approx(math.log(0.9 / 0.5))
    assert error == 0
    certain = kl_monte_carlo(
        lambda x: np.zeros(len(x), int), lambda x: np.zeros(len(x), int), [1, 1]
    )
    assert certain == (0, 0)


def test_monte_carlo_of_enormous_terms():
    k1 = kl_monte_carlo(np.zeros_like, lambda x: np.full(x.shape, -1e308), np.arange(10.0))
    assert k1.estimate == pytest.approx(1e308)


def test_k3_is_never_negative_and_keeps_its_digits():
    tiny = 1e-9
    x = np.arange(5.0)
    k3 = kl_monte_carlo(np.zeros_like, lambda x: np.full(x.shape, tiny), x, "k3")
    assert k3.estimate == pytest.approx(tiny**2 / 2 * (1 + tiny / 3), rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("log_ratio", "term"),
    [(-800, 799), (-40, 39), (-37, 36), (-1, math.exp(-1)), (1, math.e - 2), (800, math.inf)],
)
def test_k3_of_whole_sequences_whose_log_ratios_are_large(log_ratio, term):
    x = np.arange(4.0)
    k3 = kl_monte_carlo(np.zeros_like, lambda x: np.full(x.shape, float(log_ratio)), x, "k3")
    # e − 2 and the like lose two bits, and exp has a last bit of its own on each machine.
    assert k3.estimate == pytest.approx(term, rel=1e-14, abs=0)


def test_k3_with_infinite_variance_does_not_settle():
    # E_p[(q/p)²] is finite for two normals if σ_q² < 2σ_p²: then four times the draws halve the
    # standard error, else single draws keep throwing it up.
    settled = [monte_carlo(0, "k3", n, sigma_q=1.2).standard_error for n in (10**4, 10**6)]
    assert settled[0] / settled[1] == pytest.approx(10, rel=0.1)
    unsettled = [monte_carlo(0, "k3", n, sigma_q=3.0).standard_error for n in (10**4, 10**6)]
    assert unsettled[0] / unsettled[1] < 5
    k1 = [monte_carlo(0, "k1", n, sigma_q=3.0).standard_error for n in (10**4, 10**6)]
    assert k1[0] / k1[1] == pytest.approx(10, rel=0.1)


def test_monte_carlo_where_q_has_no_mass():
    p, q = stats.uniform(0, 2), stats.uniform(0, 1)
    for name in ("k1", "k2", "k3"):
        assert kl_monte_carlo(p.logpdf, q.logpdf, [0.5, 1.5], name) == (math.inf, math.inf)


def test_monte_carlo_takes_vectors(rng):
    p = stats.multivariate_normal([0, 0])
    q = stats.multivariate_normal([1, 0])
    estimate, error = kl_monte_carlo(p.logpdf, q.logpdf, rng.normal(0, 1, (5000, 2)))
    assert abs(estimate - 0.5) < 3 * error


def test_examples_in_the_docstrings_run():
    results = doctest.testmod(estimators)
    assert results.attempted > 5
    assert results.failed == 0
