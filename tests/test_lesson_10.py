"""Notebook 10: KL close up, balls, relatives, and the theorems that it states by name."""

import itertools
import math
from pathlib import Path

import mpmath as mp
import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kl_course.checks.geometry import (
    check_bregman_poisson,
    check_exchange,
    check_fisher_poisson,
    check_information,
)
from kl_course.explorers import geometry as explorers
from kl_course.models import geometry
from kl_course.models.geometry import (
    GENERATORS,
    RELATIVES,
    ball,
    bregman,
    ellipse,
    f_divergence,
    heads,
    log_partition,
    negative_entropy,
    quadratic_normal,
    textbook_kl_normal,
    widths_of_ball,
)
from kl_helpers import (
    js_divergence,
    kl_bernoulli,
    kl_divergence,
    kl_mvn,
    kl_normal,
    kl_poisson,
    kl_quad,
    total_variation,
)

MAKERS = {name: getattr(explorers, name) for name in vars(explorers) if name.startswith("explore_")}
SMOOTH = [name for name in RELATIVES if name != "TV"]
shares = st.floats(0.01, 0.99)


def coin(share):
    return np.stack([share, 1 - np.asarray(share)], axis=-1)


# --- Close up


@pytest.mark.parametrize("sigma", [0.5, 0.7, 1.0, 2.0])
@pytest.mark.parametrize("exponent", [-1, -4, -8, -10])
def test_kl_and_its_quadratic_keep_their_digits(sigma, exponent):
    sigma_q, mu_q = sigma + 10.0**exponent, 0.3 * 10.0**exponent
    with mp.workdps(60):
        s, t, m = mp.mpf(sigma), mp.mpf(sigma_q), mp.mpf(mu_q)
        exact = mp.log(t / s) + (s * s + m * m) / (2 * t * t) - mp.mpf(1) / 2
        square = (m * m / 2 + (t - s) ** 2) / s**2
        gap = float(exact / square - 1)
    # 2e-15 is the package's aim for closed forms; the quadratic is four roundings.
    assert kl_normal(0, sigma, mu_q, sigma_q) == pytest.approx(float(exact), rel=2e-15, abs=0)
    step = quadratic_normal(sigma, mu_q, sigma_q - sigma)
    assert step == pytest.approx(float(square), rel=1e-15, abs=0)
    # The next term is −(5/3 u³ + v² u) over u² + v²/2, with v = 0.3u; then the square of u. The
    # step from σ is rounded at 1e-16 of σ: at 1e-10 to a few millionths of it.
    u = (sigma_q - sigma) / sigma
    assert gap == pytest.approx(-(5 / 3 + 0.09) / 1.045 * u, abs=4 * u * u + 5e-6 * u)


def test_the_textbook_formula_drowns_at_the_root_of_the_precision(rng):
    sigma = rng.uniform(0.5, 2, 2000)
    sigma_q = sigma + 10 ** rng.uniform(-12, -9.2, 2000)
    exact, noise = kl_normal(0, sigma, 0, sigma_q), textbook_kl_normal(0, sigma, 0, sigma_q)
    # It is a multiple of 2⁻⁵⁴, and the exact value is below a tenth of that.
    assert (np.abs(noise / exact - 1) >= 0.99).all()
    assert (noise < 0).mean() > 0.05
    assert (noise == 0).mean() > 0.05
    good = kl_normal(0, 1, 0, 1 + 1e-6), textbook_kl_normal(0, 1, 0, 1 + 1e-6)
    assert good[1] == pytest.approx(good[0], rel=1e-2, abs=0)
    assert abs(textbook_kl_normal(0, 1, 0, 1 + 1e-8) / kl_normal(0, 1, 0, 1 + 1e-8) - 1) > 0.01


def test_fisher_information_is_the_mean_of_products_of_scores():
    for sigma in (0.5, 1, 2):
        information = np.diag([1.0, 2.0]) / sigma**2  # in μ and σ
        z = np.arange(-12, 12, 0.01)
        p = stats.norm.pdf(z) * 0.01
        scores = np.array([z / sigma, (z * z - 1) / sigma])
        found = np.sum(p * scores[:, np.newaxis] * scores, axis=-1)
        # The sum of a smooth integrand that dies out is exact to rounding.
        assert found == pytest.approx(information, rel=1e-12, abs=1e-12)
        delta = np.array([0.3, -0.2])
        half = np.sum(delta * np.sum(information * delta, axis=1)) / 2
        assert quadratic_normal(sigma, *delta) == pytest.approx(half, rel=1e-14, abs=0)


@pytest.mark.parametrize("radius", [1e-3, 0.01, 0.1, 0.3, 1.0])
def test_every_normal_on_the_rim_is_at_the_radius(radius):
    mu, sigma = ball(0.3, 1.2, radius)
    # Near the top and bottom the half-width is the root of a difference: 1e-13 at 0.001 nats.
    assert kl_normal(0.3, 1.2, mu, sigma) == pytest.approx(radius, rel=1e-11, abs=0)
    mu, sigma = ball(0.3, 1.2, radius, "reverse")
    assert kl_normal(mu, sigma, 0.3, 1.2) == pytest.approx(radius, rel=1e-11, abs=0)
    for low, high in widths_of_ball(radius).values():
        assert low < 1 < high
    mu, sigma = ellipse(0.3, 1.2, radius)
    square = quadratic_normal(1.2, mu - 0.3, sigma - 1.2)
    assert square == pytest.approx(radius, rel=1e-14, abs=0)


def test_a_ball_scales_with_sigma_and_its_ends_are_as_said():
    small, large = ball(0, 0.7, 0.1), ball(0, 1.4, 0.1)
    assert np.array(large) == pytest.approx(2 * np.array(small), rel=1e-14, abs=0)
    mu, _ = ball(0, 1, 0.1, corners=4001)
    assert mu.max() == pytest.approx(math.sqrt(math.expm1(0.2)), rel=1e-5)
    # The ellipse resembles the ball of D(q‖p) more: next terms −u³/3 and −5u³/3.
    u = 1e-3
    assert kl_normal(0, 1 + u, 0, 1) - u * u == pytest.approx(-(u**3) / 3, rel=1e-2)
    assert kl_normal(0, 1, 0, 1 + u) - u * u == pytest.approx(-5 * u**3 / 3, rel=1e-2)


# --- Relatives


@given(shares, shares)
def test_each_relative_is_the_average_of_its_generator(p, q):
    p, q = coin(p), coin(q)
    for name, measure in RELATIVES.items():
        by_f = f_divergence(GENERATORS[name], p, q)
        # Generators cancel near t = 1: a few roundings of terms below 100.
        assert by_f == pytest.approx(measure(p, q), rel=1e-12, abs=1e-14), name


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_generators_touch_zero_and_bend_by_one(name):
    f, h = GENERATORS[name], 1e-4
    assert f(1.0) == 0
    assert (f(1 + h) - f(1 - h)) / (2 * h) == pytest.approx(0, abs=1e-8)
    assert (f(1 + h) + f(1 - h)) / h**2 == pytest.approx(1, abs=1e-7)  # rounding 1e-16 over h²


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("p", [0.05, 0.3, 0.5])
def test_close_up_smooth_relatives_are_one(name, p):
    delta = 1e-4
    square = delta**2 / (2 * p * (1 - p))
    assert RELATIVES[name](coin(p), coin(p + delta)) == pytest.approx(square, rel=50 * delta)
    assert total_variation(coin(p), coin(p + delta)) == pytest.approx(delta, rel=1e-11)


@pytest.mark.parametrize("delta", [0.02, 0.05, 0.1, 0.2, 0.3])
def test_relatives_are_closest_where_a_fair_coin_lies_between(delta):
    p = np.arange(0.05, 0.66, 0.001)
    found = [RELATIVES[name](coin(p), coin(p + delta)) for name in SMOOTH]
    spread = np.ptp(np.divide(found, delta**2 / (2 * p * (1 - p))), axis=0)
    best = p[np.argmin(spread)]
    assert best < 0.5 < best + delta


def test_far_out_the_reverse_divergence_charges_most_for_a_ratio_near_zero():
    f = {name: generator(np.array([0.1, 4.0])) for name, generator in GENERATORS.items()}
    assert max(f, key=lambda name: f[name][0]) == "D(q‖p)"
    assert max(f, key=lambda name: f[name][1]) == "χ²/2"
    far = explorers.explore_f_divergences()
    far.press("Far")
    values = far.values()
    assert max(values, key=values.get) == "D(q‖p)"


@given(shares, shares, shares, shares)
def test_all_six_obey_data_processing_and_joint_convexity(a, b, c, d):
    for name, measure in RELATIVES.items():
        pair, other = measure(coin(a), coin(b)), measure(coin(c), coin(d))
        mixed = measure((coin(a) + coin(c)) / 2, (coin(b) + coin(d)) / 2)
        assert mixed <= (pair + other) / 2 * (1 + 1e-12) + 1e-15, name
        noisy = [0.8 * coin(x) + 0.1 for x in (a, b)]  # one throw in five is lost to chance
        assert measure(*noisy) <= pair * (1 + 1e-12) + 1e-15, name


@given(st.floats(0, 1), st.floats(0, 1))
def test_js_is_a_sum_of_squared_differences(a, b):
    # ∫((e^(−as) − e^(−bs))/2s)² ds; where it is large the integrand is smooth.
    def square(s):
        return ((np.exp(-a * s) - np.exp(-b * s)) / (2 * s)) ** 2

    u = np.linspace(-30, 30, 6001)  # s = e^u: smooth, and it dies out at both ends
    integral = np.sum(square(np.exp(u)) * np.exp(u)) * 0.01
    term = js_divergence([a, 1 - a], [b, 1 - b])
    other = np.sum(
        ((np.exp(-(1 - a) * np.exp(u)) - np.exp(-(1 - b) * np.exp(u))) / 2) ** 2 * np.exp(-u)
    )
    # The tail above e³⁰ and the part below e⁻³⁰ are at most 1e-13.
    assert integral + other * 0.01 == pytest.approx(term, rel=1e-7, abs=1e-12)


# --- Exponential families


@given(st.floats(-6, 6), st.floats(-6, 6))
def test_the_gap_under_either_curve_is_the_divergence(eta_p, eta_q):
    p, q = float(heads(eta_p)), float(heads(eta_q))
    exact = kl_bernoulli(p, q)
    # Differences of numbers up to 12: a few of their roundings.
    assert bregman(log_partition, heads, eta_q, eta_p) == pytest.approx(exact, rel=1e-12, abs=1e-14)
    under_h = bregman(negative_entropy, lambda m: math.log(m / (1 - m)), p, q)
    assert under_h == pytest.approx(exact, rel=1e-11, abs=1e-13)
    rates = math.exp(eta_p), math.exp(eta_q)
    gap = bregman(np.exp, np.exp, eta_q, eta_p)
    assert gap == pytest.approx(kl_poisson(*rates), rel=1e-12, abs=1e-12)


# --- The rules by name, and what the notebook says of them


def test_a_bijection_changes_nothing_and_noise_loses():
    p, q = stats.norm(0, 1), stats.norm(1, 1)
    assert kl_quad(stats.lognorm(1), stats.lognorm(1, scale=math.e)) == pytest.approx(0.5, rel=1e-9)
    assert stats.lognorm(1, scale=math.e).entropy() != pytest.approx(q.entropy(), abs=0.1)
    assert kl_bernoulli(p.sf(0.5), q.sf(0.5)) < 0.5
    assert kl_quad(stats.halfnorm(), stats.foldnorm(1)) < 0.5


def test_a_mean_has_all_that_ten_readings_tell():
    ten = kl_mvn(np.zeros(10), np.eye(10), np.ones(10), np.eye(10))
    assert ten == pytest.approx(kl_normal(0, 0.1**0.5, 1, 0.1**0.5), rel=1e-14)


@pytest.mark.parametrize("rho", [0, 0.1, 0.6, 0.8, 0.99])
def test_an_independent_belief_misses_the_information(rho):
    joint = [[1, rho], [rho, 1]]
    information = kl_mvn([0, 0], joint, [0, 0], np.eye(2))
    assert information == pytest.approx(-math.log1p(-rho * rho) / 2, rel=1e-12, abs=1e-15)
    q = [1, -0.5], np.diag([4, 0.25])
    parts = kl_normal(0, 1, 1, 2) + kl_normal(0, 1, -0.5, 0.5)
    assert kl_mvn([0, 0], joint, *q) == pytest.approx(information + parts, rel=1e-12)


def one_in_a_thousand(last):
    n = np.arange(1.0, last + 1)
    log_q = -n * math.log(2)
    log_p = np.logaddexp(math.log(0.999) + log_q, math.log(0.001) - np.log(n) - np.log1p(n))
    return np.exp(log_p), np.exp(log_q), log_p - log_q


def test_one_part_in_a_thousand_makes_it_infinite():
    sums = [np.sum(p * lead) for p, _, lead in map(one_in_a_thousand, (10**4, 10**5, 10**6))]
    for less, more in itertools.pairwise(sums):
        # What is left out is about 2 log(n)/n of the terms: 0.002 at ten thousand.
        assert more - less == pytest.approx(0.001 * math.log(2) * math.log(10), rel=2e-3)
    assert f"{sums[2] - sums[1]:.4f}" == "0.0016"
    terms = (1 - sums[2]) / (0.001 * math.log(2)) / math.log(10) + 6
    assert f"{terms:.0f}" == "628"
    p, q, lead = one_in_a_thousand(10**6)
    assert np.sum(np.abs(p - q)) / 2 < 0.001
    assert 0 < np.sum(-q * lead) <= -math.log(0.999)


def test_mixtures_meet_at_a_third():
    weight = 1 / 3
    p = weight * coin(0.5) + (1 - weight) * coin(0.2)
    assert p == pytest.approx(weight * coin(0.1) + (1 - weight) * coin(0.4), rel=1e-15)
    assert r"$\lambda = \frac13$" in prose_of("convexity-read")


def prose_of(cell_id, *, output=False):
    (path,) = Path(__file__).parents[1].glob("notebooks/10-*.ipynb")
    (cell,) = (c for c in nbformat.read(path, as_version=4).cells if c.id == cell_id)
    return cell.outputs[0].text if output else cell.source


def test_numbers_in_the_prose(says):
    says("10", "information-read", f"{-math.log1p(-0.64) / 2:.4f}", "0.5")
    off = [abs(kl_normal(0, 1, 0, 1 + step) / 0.01 - 1) for step in (0.1, -0.1)]
    assert "{:.0%} {:.0%}".format(*off) == "15% 19%"
    says("10", "ball-read", "0.01", "15", "19%", "0.0001", "2%")
    off = [abs(kl_normal(0, 1, 0, 1 + step) / 1e-4 - 1) for step in (0.01, -0.01)]
    assert "{:.0%} {:.0%}".format(*off) == "2% 2%"
    says("10", "reveal-slip", "1 or 2%")
    there, back = kl_normal(0, 1, 0, 1.01), kl_normal(0, 1.01, 0, 1)
    assert 0.01 < back / there - 1 < 0.02
    assert kl_normal(0, 1, 0.01, 1) == kl_normal(0.01, 1, 0, 1)
    assert there / kl_normal(0, 1, 0.01, 1) == pytest.approx(2, rel=0.02)
    says("10", "title", f"{kl_normal(0, 1, 0, 1.01):.4f}")
    says("10", "ball-read", r"-\frac13", r"-\frac53")
    says("10", "digits-moral", r"-\frac53")
    says("10", "infinite-read", "0.0016", "10^{628}")


def test_a_year_of_weather_adds_a_step_a_day():
    step, *days = prose_of("chain-days", output=True).splitlines()
    numbers = [float(line.split("=")[1].split()[0]) for line in days]
    each = float(step.split()[3])
    assert np.diff(numbers) == pytest.approx(3 * [each], abs=1.01e-4)  # four decimals
    stay = np.array([[0.9, 0.1], [0.4, 0.6]])
    assert np.sum(coin(0.8)[:, np.newaxis] * stay, axis=0) == pytest.approx(coin(0.8), rel=1e-15)


def test_the_convexity_table_adds_up():
    for line in prose_of("convexity", output=True).splitlines()[1:]:
        _, mixed, _, lost, _, average = line.split()
        assert float(mixed) + float(lost) == pytest.approx(float(average), abs=1e-9)
        assert float(mixed) <= float(average)


# --- The explorers


@pytest.fixture(params=MAKERS, scope="module")
def explorer(request):
    return MAKERS[request.param]()


def test_every_stop_of_every_slider_is_quiet_and_finite(explorer):
    scene = explorer.scene
    assert len(MAKERS) == 4
    with np.errstate(all="raise", under="ignore"):
        for slider, rest in itertools.product(scene.sliders, ("low", "high", "start")):
            ends = {"low": 0, "high": 1}
            setting = {
                s.name: s.start if rest == "start" else s.ends[ends[rest]] for s in scene.sliders
            }
            for stop in slider.stops[:: max(1, len(slider.stops) // 12)]:
                frame = scene.frame(**setting | {slider.name: stop})
                assert np.isfinite([*frame.values.values()]).all(), (slider.name, stop, rest)
                assert "nan" not in scene.svg(frame)


def test_close_up_reads_what_the_package_says():
    explorer = explorers.explore_close_up()
    explorer.set(log_step=-2, direction=90, sigma=1)
    assert explorer.values()["D(p‖q)"] == kl_normal(0, 1, 0, 1 + 10**-2.0)
    explorer.set(direction=0)
    assert explorer.values()["D / ½δᵀIδ − 1"] == pytest.approx(0, abs=1e-15)
    assert "the quadratic is exact" in explorer.summary
    explorer.set(log_step=-10, direction=90)
    assert explorer.values()["D(p‖q)"] == pytest.approx(1e-20, rel=1e-6)
    assert explorer.values()["D / ½δᵀIδ − 1"] == pytest.approx(-5e-10 / 3, rel=1e-4)
    textbook = explorer.values()["textbook formula"]
    assert ("The textbook formula" in explorer.summary) == (textbook <= 0)


def test_balls_say_where_they_end():
    explorer = explorers.explore_balls()
    values = explorer.values()
    assert values["D(p‖q), side"] == pytest.approx(0.1, rel=1e-14)
    assert values["D(p‖q), top"] < 0.1 < values["D(p‖q), bottom"]
    for row in ("top", "bottom"):
        far, near = values[f"D(p‖q), {row}"], values[f"D(q‖p), {row}"]
        assert abs(near - 0.1) < abs(far - 0.1)
    assert "σ from 0.751 to 1.424, μ from −0.471 to 0.471" in explorer.summary
    explorer.set(sigma=0.4, radius=0.3)
    assert "The narrowest q leaves the picture" in explorer.summary
    explorer.set(radius=0.003)
    assert "hardly larger than the dot" in explorer.summary
    for mu, sigma, radius in itertools.product((-1, 1), (0.4, 1.5), (0.003, 0.3)):
        explorer.set(mu=mu, sigma=sigma, radius=radius)
        for mus, sigmas in explorer.frame.data["rims"]:
            assert np.abs(mus).max() < 2.6
            assert 0 < sigmas.min() < sigmas.max() < 3.0


def test_dragging_the_centre_moves_it(hand):
    explorer = explorers.explore_balls()
    left, top = explorer.view.places["centre"]
    hand(explorer).drag("centre", left + 0.05, top - 0.1)
    assert explorer.view.setting["mu"] > 0
    assert explorer.view.setting["sigma"] > 1


def test_bregman_reads_one_number_three_times():
    explorer = explorers.explore_bregman()
    for eta_p, eta_q in itertools.product((-3, 0, 1.2, 3), (-3, 0.5, 3)):
        explorer.set(eta_p=eta_p, eta_q=eta_q)
        d, under_a, under_h, *_ = explorer.values().values()
        assert [under_a, under_h] == pytest.approx([d, d], rel=1e-12, abs=1e-14)


def test_relatives_near_are_one_and_tv_leaves_the_picture():
    explorer = explorers.explore_f_divergences()
    explorer.press("Near")
    values = explorer.values()
    tv = values.pop("TV")
    assert np.ptp([*values.values()]) < 0.01 * values["D(p‖q)"]
    assert tv == pytest.approx(1e-3)
    assert "TV leaves the picture" in explorer.summary


# --- The checks


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((0.25, 5e-5), "right", "0.0000498"),
        ((4, 5e-5), "wrong", "variance of the counts"),
        ((1 / 16, 5e-5), "wrong", "1/λ²"),
        ((0.5, 5e-5), "wrong", "not its root"),
        ((0, 5e-5), "wrong", "mean of the score"),
        ((0.25, 1e-4), "wrong", "½ is missing"),
        ((0.25, 0.0025), "wrong", "squared"),
        ((0.25, 8e-4), "wrong", "do not divide"),
        ((0.25, 2e-4), "wrong", "information is missing"),
        ((0.25, 5e-5 / math.log(2)), "wrong", "in nats"),
        ((0.25, 4.983e-5), "wrong", "exact"),
        ((None, None), "not attempted", ""),
        (("1/4", 1), "wrong", "text"),
    ],
)
def test_fisher_poisson(answer, status, words):
    verdict = check_fisher_poisson(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message
    assert f"{kl_poisson(4, 4.02):.7f}" == "0.0000498"


def gap(eta_p, eta_q):
    return np.exp(eta_q) - np.exp(eta_p) - (eta_q - eta_p) * np.exp(eta_p)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (gap, "right", "gap of a curve"),
        (lambda p, q: kl_poisson(np.exp(p), np.exp(q)), "right", ""),
        (lambda p, q: gap(q, p), "wrong", "swapped"),
        (lambda p, q: gap(p, q) / math.log(2), "wrong", "bits"),
        (lambda p, q: np.exp(q) - np.exp(p), "wrong", "tangent's rise"),
        (lambda p, q: np.exp(q) - np.exp(p) - (q - p), "wrong", "slope A′"),
        (lambda p, q: np.exp(q) - np.exp(p) - (q - p) * np.exp(q), "wrong", "that at p"),
        (lambda p, q: -gap(p, q), "wrong", "above its tangent"),
        (kl_poisson, "wrong", "log-rates"),
        (lambda p, q: None, "not attempted", ""),
        (lambda p, q: 1 / 0, "wrong", "ZeroDivisionError"),
        (None, "not attempted", ""),
        (1.0, "wrong", "not a function"),
    ],
)
def test_bregman_poisson(answer, status, words):
    verdict = check_bregman_poisson(answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((0.002, 0.004), "right", "one"),
        ((0.0005, 0.004), "wrong", "¼"),
        ((0.000125, 0.004), "wrong", "other way round"),
        ((0.001, 0.004), "wrong", "not 2"),
        ((0.004, 0.004), "wrong", "half of it"),
        ((0.008, 0.004), "wrong", "not 16"),
        ((0.002, 0.002), "wrong", "twice D"),
        ((0.002, 0.001), "wrong", "not twice"),
        ((0.002, 0.0005), "wrong", "bends by ¼"),
        ((None, None), "not attempted", ""),
    ],
)
def test_exchange(answer, status, words):
    verdict = check_exchange(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((0.223, 0.723), "right", "whatever else"),
        ((kl_mvn([0, 0], [[1, 0.6], [0.6, 1]], [0, 0], np.eye(2)), 0.7231), "right", ""),
        ((0.3219, 0.723), "wrong", "bits"),
        ((0.4463, 0.723), "wrong", "½ is missing"),
        ((-0.2231, 0.723), "wrong", "sign"),
        ((0.4581, 0.723), "wrong", "Square"),
        ((0.18, 0.723), "wrong", "small ρ"),
        ((0.6, 0.723), "wrong", "itself"),
        ((0.2231, 0.2231), "wrong", "moved by 1"),
        ((0.2231, 0.5), "wrong", "correlation"),
        ((0.2231, 1.2231), "wrong", "½ nat"),
        ((0.2231, 1.00439), "wrong", "σ of q"),
        ((0.2231, 0.7231 / math.log(2)), "wrong", "bits"),
        ((None, None), "not attempted", ""),
    ],
)
def test_information(answer, status, words):
    verdict = check_information(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


def test_the_total_by_the_multivariate_formula():
    total = kl_mvn([0, 0], [[1, 0.6], [0.6, 1]], [1, 0], np.eye(2))
    assert check_information(total - 0.5, total).status == "right"
    assert kl_divergence(coin(0.3), coin(0.3)) == 0
    assert geometry.chi_squared(coin(0.5), coin(0.25)) == pytest.approx(1 / 3)
    assert geometry.hellinger_squared([1, 0], [0, 1]) == 1
