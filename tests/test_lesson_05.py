"""Notebook 05: the objectives against their definition, the threshold, the theorems it states."""

import itertools
import math

import mpmath as mp
import numpy as np
import pytest
from scipy import optimize
from scipy.stats import norm

from kl_course.checks.two_directions import (
    check_directions,
    check_far_limits,
    check_moments,
    check_reverse_kl,
)
from kl_course.explorers.two_directions import explore_two_directions
from kl_course.models import two_directions
from kl_course.models.two_directions import (
    SIGMA,
    forward_kl,
    landscapes,
    reverse_kl,
    reverse_minima,
)

SLIDER = [round(0.02 * k, 2) for k in range(151)]
THRESHOLD, SIDES_APPEAR = 1.680049330550, 1.447337831


def normal(x, mu, sigma):
    return mp.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * mp.sqrt(2 * mp.pi))


def by_definition(mu, sigma, m, direction):
    """The integral of either divergence as it is defined, in 25-digit arithmetic."""
    mu, sigma, m, width = (mp.mpf(repr(float(v))) for v in (mu, sigma, m, SIGMA))

    def p(x):
        return (normal(x, -m, width) + normal(x, m, width)) / 2

    def q(x):
        return normal(x, mu, sigma)

    a, b = (p, q) if direction == "forward" else (q, p)
    ends = [(-m, width), (m, width)] if direction == "forward" else [(mu, sigma)]
    cuts = sorted({c + k * s for c, s in ends for k in range(-12, 13, 2)} | {mp.mpf(0), m, -m})
    with mp.workdps(25):
        return mp.quad(lambda x: a(x) * mp.log(a(x) / b(x)), cuts)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mu", "sigma", "m"),
    [(0, 1, 0), (0.5, 1, 1.5), (3, 0.1, 3), (3, 3.5, 3), (0, 3.5, 3), (1.66, 0.63, 1.68)],
)
def test_objectives_are_the_integrals_of_their_definition(mu, sigma, m):
    # Corners of the sliders among them: the plain sum is exact to 1e-12 there, as its note says.
    forward, reverse = (by_definition(mu, sigma, m, d) for d in ("forward", "reverse"))
    assert forward_kl(mu, sigma, m) == pytest.approx(float(forward), rel=1e-13, abs=1e-12)
    assert reverse_kl(mu, sigma, m) == pytest.approx(float(reverse), rel=1e-13, abs=1e-12)


def test_objectives_broadcast_and_are_never_negative():
    mu, sigma = np.linspace(-1, 1, 5), np.array([[0.3], [0.6], [2.0]])
    for objective in (forward_kl, reverse_kl):
        table = objective(mu, sigma, 0.7)
        assert table.shape == (3, 5)
        # The same operations; but the vector and the scalar path of exp may differ in its last bit.
        assert table[2, 4] == pytest.approx(objective(1.0, 2.0, 0.7), rel=1e-14, abs=0)
        # NumPy's log1p(1) and Python's log(2) may differ in their last bit.
        assert objective(0, SIGMA, 0) == pytest.approx(0, abs=1e-15)
        assert (table > 0).all()


@pytest.mark.parametrize("m", [0, 0.6, 1.5, 3])
def test_forward_optimum_has_the_moments_of_p(m, rng):
    best = forward_kl(0, math.hypot(SIGMA, m), m)
    mu, log_sigma = rng.normal(0, 1, (2, 300))
    assert (forward_kl(mu, np.exp(log_sigma), m) > best).all()
    found = optimize.minimize(lambda at: forward_kl(at[0], np.exp(at[1]), m), (1, 0)).x
    assert [found[0], np.exp(found[1])] == pytest.approx([0, math.hypot(0.6, m)], abs=1e-4)


def test_slopes_and_curvatures_are_those_of_the_objective(rng):
    for _ in range(20):
        at, a, h = rng.normal(size=2), rng.uniform(0, 5), 1e-5
        steps = [(at + d, at - d) for d in h * np.eye(2)]
        value, slope = two_directions._objective(at, a), two_directions._slopes(at, a)
        here = reverse_kl(at[0] * SIGMA, math.exp(at[1]) * SIGMA, a * SIGMA)
        assert value == pytest.approx(here, rel=1e-12, abs=0)

        def differences(function, a=a, steps=steps, h=h):
            ends = [[function(end, a) for end in pair] for pair in steps]
            return np.array([(after - before) / (2 * h) for after, before in ends])

        # Central differences err by h² = 1e-10 times the third derivative, and by rounding over h.
        slopes, curvatures = map(differences, (two_directions._objective, two_directions._slopes))
        assert slope == pytest.approx(slopes, abs=1e-6)
        assert two_directions._curvature(at, a) == pytest.approx(curvatures, abs=1e-6)


def test_at_every_slider_value_the_minima_are_minima():
    for m in [*SLIDER, 1.4473, 1.4474]:
        found = reverse_minima(m)
        assert len(found) == (2 if m > SIDES_APPEAR else 1), m
        for mu, sigma, nats in found:
            at = np.array([mu / SIGMA, math.log(sigma / SIGMA)])
            # Its terms are at most 20, and the rounding of their sum a few units of 1e-15.
            assert np.abs(two_directions._slopes(at, m / SIGMA)).max() < 1e-13, m
            assert np.linalg.eigvalsh(two_directions._curvature(at, m / SIGMA)).min() > 0, m
            assert nats == pytest.approx(reverse_kl(mu, sigma, m), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("m", [0.9, 1.44, 1.46, 1.68, 2.4, 3])
def test_no_start_finds_another_minimum(m, rng):
    known = [end for mu, sigma, _ in reverse_minima(m) for end in ((mu, sigma), (-mu, sigma))]
    for _ in range(25):
        start = rng.uniform((-3.5, math.log(0.3)), (3.5, math.log(3.5)))
        end = optimize.minimize(
            lambda at: reverse_kl(at[0], np.exp(at[1]), m), start, method="Nelder-Mead"
        ).x
        away = [math.hypot(end[0] - mu, math.exp(end[1]) - sigma) for mu, sigma in known]
        assert min(away) < 5e-3, start


def test_threshold_to_the_digits_stated():
    # Both values are stationary, so places to 1e-8 give them to 1e-15; mpmath is the judge.
    def lead(m):
        centre, side = (
            by_definition(mu, sigma, m, "reverse") for mu, sigma, _ in reverse_minima(m)
        )
        return centre - side

    below, above = 1.6800493305, 1.6800493306
    assert lead(below) < 0 < lead(above)
    assert below < THRESHOLD < above
    centre, side = reverse_minima(THRESHOLD)
    assert centre[2] == pytest.approx(side[2], abs=1e-11)
    assert f"{THRESHOLD:.6f} {THRESHOLD / SIGMA:.5f}" == "1.680049 2.80008"


def test_side_minima_appear_where_a_stationary_point_is_flat():
    def flat(at):
        mu, log_s, a = at
        value = two_directions._curvature((mu, log_s), a)
        return [*two_directions._slopes((mu, log_s), a), np.linalg.det(value)]

    mu, _, a = optimize.fsolve(flat, (2.1, 0.25, 2.4), xtol=1e-13)
    assert a * SIGMA == pytest.approx(SIDES_APPEAR, abs=1e-9)
    assert mu * SIGMA == pytest.approx(1.29, abs=0.005)  # away from the centre
    assert [len(reverse_minima(m)) for m in (1.4473, 1.4474)] == [1, 2]


def test_far_apart_locking_on_is_far_cheaper_as_the_question_says():
    centre, side = reverse_minima(2.4)
    assert side[2] < 0.5 * centre[2]


def test_the_centre_stays_a_local_minimum_with_curvature_one_over_sigma_squared():
    for m in (0.3, 1, 1.68, 2.4, 3, 4):
        mu, sigma, _ = reverse_minima(m)[0]
        assert mu == 0
        curvature = two_directions._curvature((0, math.log(sigma / SIGMA)), m / SIGMA)
        assert curvature[0, 0] / SIGMA**2 == pytest.approx(1 / sigma**2, rel=1e-6)
        assert curvature[0, 1] == pytest.approx(0, abs=1e-12)
        assert curvature[1, 1] > 0


def test_what_the_notebook_says_of_the_reverse_optimum():
    lowest = [min(nats for _, _, nats in reverse_minima(m)) for m in SLIDER]
    assert max(lowest) <= math.log(2)
    assert lowest[-1] == pytest.approx(math.log(2), abs=1e-5)
    assert all(a <= b for a, b in itertools.pairwise(lowest))
    assert min(sigma for m in SLIDER for _, sigma, _ in reverse_minima(m)) >= SIGMA - 1e-9
    x = np.linspace(-4, 4, 8001)
    for m, peaks in ((0.59, 1), (0.61, 2), (0.9, 2)):
        p = norm.pdf(x, -m, SIGMA) + norm.pdf(x, m, SIGMA)
        assert np.count_nonzero((p[1:-1] > p[:-2]) & (p[1:-1] > p[2:])) == peaks
    assert (
        forward_kl(0, math.hypot(SIGMA, 40), 40) > forward_kl(0, math.hypot(SIGMA, 20), 20) + 0.69
    )


# --- The explorer


@pytest.fixture(scope="module")
def explorer():
    explorer = explore_two_directions()
    explorer.set(directions=2)
    return explorer


def test_the_reverse_optimum_is_not_told_before_it_is_asked_for():
    explorer = explore_two_directions()
    for m in (0.9, 1.5, 3):
        explorer.set(m=m)
        assert "reverse μ" not in explorer.summary
        assert "local minimum" not in explorer.summary
        told = [value for name, value in explorer.values().items() if "reverse q" in name]
        assert np.isnan(told).all()
        forward, reverse, _, valley = explorer.frame.data["surfaces"]
        assert reverse.min() == reverse.max() > forward.min()
        assert np.isnan(valley).all()
    explorer.press("Close")
    assert "reverse μ = 0" in explorer.summary


def test_nobody_beats_the_optima(explorer):
    for m, mu_q, sigma_q in itertools.product((0, 0.9, 1.68, 3), (-3, 0, 1.5), (0.1, 0.6, 2)):
        explorer.set(m=m, mu_q=mu_q, sigma_q=sigma_q)
        values = explorer.values()
        for direction, who in (("D(p‖q)", "forward"), ("D(q‖p)", "reverse")):
            best = values[f"{direction}, {who} q"]
            assert best <= values[f"{direction}, your q"] + 1e-12
            assert best <= min(v for k, v in values.items() if k.startswith(direction)) + 1e-12


def test_the_readout_tells_the_three_stages(explorer):
    explorer.press("Close")
    assert "reverse μ = 0, σ = 1.028" in explorer.summary
    assert "local minimum" not in explorer.summary
    explorer.set(m=1.68)
    assert "reverse μ = 0, σ = 1.561" in explorer.summary
    assert "local minimum at μ = ±1.661, σ = 0.627 too: 0.6843 nats" in explorer.summary
    explorer.press("Far")
    assert "reverse μ = ±2.400, σ = 0.600" in explorer.summary
    assert "local minimum at μ = 0, σ = 2.084 too: 1.8712 nats" in explorer.summary


def test_what_leaves_the_picture_is_said(explorer):
    explorer.set(m=1.5, mu_q=0, sigma_q=0.1)
    assert "Your q leaves the picture: it reaches 4.0 in density." in explorer.summary
    explorer.set(mu_q=3, sigma_q=3.5)
    assert "35% of your q lies outside the picture." in explorer.summary


@pytest.mark.parametrize("m", [0, 0.9, 1.5, 1.68, 3])
def test_drawn_surfaces_are_the_objectives(explorer, m):
    # The drawn ones are coarse: to a hundredth of a nat where the darkest bands are.
    explorer.set(m=m)
    forward, reverse, forward_valley, reverse_valley = explorer.frame.data["surfaces"]
    some = slice(None, None, 6)
    mu, sigma = np.linspace(-4.5, 4.5, 73)[some], np.geomspace(0.1, 3.6, 44)[some, np.newaxis]
    assert forward[some, some] == pytest.approx(forward_kl(mu, sigma, m))
    assert reverse[some, some] == pytest.approx(reverse_kl(mu, sigma, m), rel=0.01, abs=0.01)
    for valley, objective in ((forward_valley, forward_kl), (reverse_valley, reverse_kl)):
        lowest = objective(mu, np.geomspace(0.5, 6, 200)[:, np.newaxis], m).min(axis=0)
        assert valley[some] == pytest.approx(lowest, rel=0.01, abs=0.01)


# --- The checks


def reverse(mu, sigma, m):
    x = np.linspace(-30, 30, 12001)
    log_q = norm.logpdf(x, mu, sigma)
    log_p = np.logaddexp(norm.logpdf(x, -m, 0.6), norm.logpdf(x, m, 0.6)) - math.log(2)
    return np.sum(np.exp(log_q) * (log_q - log_p)) * 0.005


def careless(mu, sigma, m):
    x = mu + sigma * np.linspace(-9, 9, 1801)
    p, q = (norm.pdf(x, -m, 0.6) + norm.pdf(x, m, 0.6)) / 2, norm.pdf(x, mu, sigma)
    return np.sum(q * np.log(q / p)) * sigma * 0.01


def narrow(mu, sigma, m):
    x = np.linspace(-30, 30, 12001)
    log_q = norm.logpdf(x, mu, sigma)
    log_p = np.logaddexp(norm.logpdf(x, -m, 0.36), norm.logpdf(x, m, 0.36)) - math.log(2)
    return np.sum(np.exp(log_q) * (log_q - log_p)) * 0.005


REVERSE = {
    "right": (reverse, "right", "charges only"),
    "the library's": (reverse_kl, "right", ""),
    "the other direction": (forward_kl, "wrong", "average over q, not over p"),
    "sign": (lambda *at: -reverse(*at), "wrong", "log q − log p"),
    "bits": (lambda *at: reverse(*at) / math.log(2), "wrong", "bits"),
    "half": (lambda *at: reverse(*at) - math.log(2), "wrong", "lacks its ½"),
    "no entropy": (
        lambda mu, sigma, m: reverse(mu, sigma, m) + norm(mu, sigma).entropy(),
        "wrong",
        "the average of log q is missing",
    ),
    "no spacing": (lambda mu, s, m: reverse(mu, s, m) / (0.01 * s), "wrong", "the plain sum"),
    "spacing of z": (lambda mu, s, m: reverse(mu, s, m) / s, "wrong", "σ times that of the z"),
    "variance for σ": (narrow, "wrong", "0.36 its variance"),
    "underflow": (careless, "wrong", "logaddexp"),
    "nothing": (lambda mu, sigma, m: None, "not attempted", ""),
    "raises": (lambda mu, sigma, m: 1 / 0, "wrong", "ZeroDivisionError"),
    "no function": (3.0, "wrong", "not a function"),
    "blank": (None, "not attempted", ""),
}


@pytest.mark.parametrize("case", REVERSE)
def test_reverse_objective(case):
    answer, status, words = REVERSE[case]
    verdict = check_reverse_kl(answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((-0.6, 1.5), "right", "Mean and variance"),
        ((0, 1.5), "wrong", "equal weights"),
        ((0.6, 1.5), "wrong", "sign"),
        ((-1.5, 0.6), "wrong", "heavier stream alone"),
        ((-0.6, 2.25), "wrong", "variance: take its root"),
        ((-0.6, 0.6), "wrong", "width of one stream"),
        ((-0.6, 1.375), "wrong", "0.6²"),
        ((-0.6, 1.616), "wrong", "square of the mean"),
        ((-0.6, 1.975), "wrong", "not standard deviations"),
        ((None, None), "not attempted", "mu"),
        (("left", object()), "wrong", "text"),
    ],
)
def test_moments(answer, status, words):
    verdict = check_moments(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


def test_moments_by_integration():
    x = np.linspace(-8, 8, 16001)
    p = 0.7 * norm.pdf(x, -1.5, 0.6) + 0.3 * norm.pdf(x, 1.5, 0.6)
    mean = np.sum(x * p) * 0.001
    assert check_moments(mean, math.sqrt(np.sum((x - mean) ** 2 * p) * 0.001)).status == "right"


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (("F", "R", "R", "F"), "right", "over whose draws"),
        (("forward", " Reverse ", "r", "f"), "right", ""),
        (("forward KL", "rev", "reverse kl", "fwd"), "right", ""),
        (("F", "review", "reverse?", "F"), "wrong", "none of the letters"),
        (("R", "R", "R", "F"), "wrong", "`likelihood`"),
        (("F", "F", "R", "F"), "wrong", "`elbo`"),
        (("F", "R", "F", "F"), "wrong", "tilted by the reward"),
        (("F", "R", "R", "R"), "wrong", "Letters do not matter"),
        (("F", "X", "R", "F"), "wrong", "none of the letters F, R"),
        ((None, None, None, None), "not attempted", ""),
        (("F", 3, [], {}), "wrong", "none of the letters"),
    ],
)
def test_directions(answer, status, words):
    verdict = check_directions(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((math.log(3), -math.log(0.7)), "right", "−log of the share"),
        ((1.10, 0.357), "right", ""),
        ((math.log2(3), 0.357), "wrong", "bits"),
        ((math.log(2), 0.357), "wrong", "two modes"),
        ((1 / 3, 0.357), "wrong", "weight of a mode"),
        ((0, 0.357), "wrong", "⅓"),
        ((1.0986, 1.204), "wrong", "the other mode costs less"),
        ((1.0986, 0.5146), "wrong", "bits"),
        ((1.0986, 0.6109), "wrong", "entropy of the weights"),
        ((1.0986, 0.6931), "wrong", "equal weights"),
        ((None, 1), "not attempted", ""),
        (("ln 3", 1), "wrong", "text"),
    ],
)
def test_far_limits(answer, status, words):
    verdict = check_far_limits(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


@pytest.mark.parametrize("weights", [(1 / 3, 1 / 3, 1 / 3), (0.7, 0.3)])
def test_far_limits_by_computation(weights):
    places = 30.0 * np.arange(len(weights))
    x = np.linspace(-6, 6, 12001) * SIGMA

    def price(mu):
        q = norm.pdf(x, 0, SIGMA)
        logs = [
            math.log(w) + norm.logpdf(x + mu, c, SIGMA)
            for w, c in zip(weights, places, strict=True)
        ]
        return np.sum(q * (norm.logpdf(x, 0, SIGMA) - np.logaddexp.reduce(logs))) * (x[1] - x[0])

    lowest = min(price(place) for place in places)
    assert lowest == pytest.approx(-math.log(max(weights)), abs=1e-6)


@pytest.mark.parametrize("m", [0.0, 0.02, 1.5, 3.0])
def test_the_landscapes_are_the_divergences(m):
    mus, sigmas = np.linspace(0, 4.5, 10), np.geomspace(0.1, 3.6, 44)
    forward, reverse, *_ = landscapes(mus, sigmas, m)
    np.testing.assert_allclose(forward, forward_kl(mus, sigmas[:, np.newaxis], m), rtol=1e-12)
    # Its nodes are 0.1 apart, which at the kink between far modes is off by 3.1e-3 nats.
    np.testing.assert_allclose(reverse, reverse_kl(mus, sigmas[:, np.newaxis], m), atol=4e-3)
