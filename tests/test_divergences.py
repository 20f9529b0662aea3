import math
import subprocess
import sys
from functools import partial

import mpmath
import numpy as np
import pytest
from mpmath import mp
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

from kl_helpers import (
    cross_entropy,
    deviance,
    entropy,
    jeffreys_divergence,
    js_divergence,
    kl_divergence,
    total_variation,
)

# The target of the package: nine units in the last place, for every function and every input.
# Logarithms are known to one unit, and another C library or vector width has another last bit.
TARGET = 2e-15
PAIR_FUNCTIONS = [
    kl_divergence,
    js_divergence,
    jeffreys_divergence,
    cross_entropy,
    total_variation,
]


@pytest.fixture(autouse=True)
def _sixty_digits():
    with mpmath.workdps(60):
        yield


def relative_error(got, exact):
    return float(abs(mp.mpf(float(got)) - exact) / exact)


def exactly(p):
    return [mp.mpf(float(x)) for x in p]


def normalized(p):
    total = mp.fsum(p)
    return [x / total for x in p]


def exact_kl(p, q):
    """D(p‖q) of the vectors rescaled to sum to exactly 1: stored numbers never quite do."""
    p, q = normalized(p), normalized(q)
    return mp.fsum(a * mp.log(a / b) for a, b in zip(p, q, strict=True) if a)


def exact_js(p, q):
    p, q = normalized(p), normalized(q)
    m = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    return (exact_kl(p, m) + exact_kl(q, m)) / 2


def random_pairs(rng, count):
    """Pairs of probability vectors, unrelated, nearly equal, or with very small entries."""
    for i in range(count):
        k = int(rng.integers(2, 9))
        concentration = np.full(k, 10 ** rng.uniform(-1.5, 1.5))
        p = rng.dirichlet(concentration) + 1e-300
        kind = i % 4
        if kind == 0:
            q = rng.dirichlet(concentration) + 1e-300
        elif kind == 1:
            q = p * (1 + 10 ** rng.uniform(-12, -0.5) * rng.uniform(-1, 1, k))
        elif kind == 2:
            p, q = 10 ** rng.uniform(-290, 0, k), 10 ** rng.uniform(-290, 0, k)
        else:  # some ratios on either side of the place where the series begins
            q = p * rng.choice([1, 0.45, 0.48, 0.5, 2.05, 2.1, 3], k)
        yield p / p.sum(), q / q.sum()


# --- known values


def test_dyadic_entropies_by_hand():
    # −log2 of p is 1, 2, 3, 3: H = ½·1 + ¼·2 + ⅛·3 + ⅛·3 = 1.75 bits.
    p = [1 / 2, 1 / 4, 1 / 8, 1 / 8]
    assert entropy(p, base=2) == pytest.approx(1.75, rel=TARGET, abs=0)
    # −log2 of q is 3, 3, 2, 1: H(p, q) = ½·3 + ¼·3 + ⅛·2 + ⅛·1 = 2.625 bits.
    q = [1 / 8, 1 / 8, 1 / 4, 1 / 2]
    assert cross_entropy(p, q, base=2) == pytest.approx(2.625, rel=TARGET, abs=0)
    # D = H(p, q) − H(p) = 0.875 bits.
    assert kl_divergence(p, q, base=2) == pytest.approx(0.875, rel=TARGET, abs=0)


def test_two_coins_by_hand():
    p, q = [1 / 2, 1 / 2], [1 / 4, 3 / 4]
    # D(p‖q) = ½ log 2 + ½ log(2/3) = ½ log(4/3); D(q‖p) = ¼ log(1/2) + ¾ log(3/2).
    assert kl_divergence(p, q) == pytest.approx(math.log(4 / 3) / 2, rel=TARGET, abs=0)
    backward = 0.75 * math.log(1.5) - 0.25 * math.log(2)
    assert kl_divergence(q, p) == pytest.approx(backward, rel=TARGET, abs=0)
    # Σ (p − q) log(p/q) = ¼ log 2 − ¼ log(2/3) = ¼ log 3; ½ (¼ + ¼) = ¼.
    assert jeffreys_divergence(p, q) == pytest.approx(math.log(3) / 4, rel=TARGET, abs=0)
    assert total_variation(p, q) == 0.25


def test_js_of_a_certain_and_a_fair_coin_by_hand():
    # m = (¾, ¼): ½ log(4/3) + ½ (½ log(2/3) + ½ log 2) = ¾ log(4/3).
    assert js_divergence([1, 0], [0.5, 0.5]) == pytest.approx(
        0.75 * math.log(4 / 3), rel=TARGET, abs=0
    )


def test_deviance_by_hand():
    assert deviance(2, 1) == pytest.approx(2 * math.log(2) - 1, rel=TARGET, abs=0)
    assert deviance(1, 2) == pytest.approx(1 - math.log(2), rel=TARGET, abs=0)
    assert deviance(0, 3) == 3
    assert deviance(0, 0) == 0
    assert deviance(3, 0) == math.inf
    assert deviance(0.1, 0.1) == 0


def test_zero_probabilities():
    assert entropy([1, 0]) == 0
    assert math.copysign(1, entropy([1, 0])) == 1  # not −0.0
    assert kl_divergence([1, 0], [0.5, 0.5], base=2) == pytest.approx(1, rel=TARGET, abs=0)
    assert kl_divergence([1, 0], [1, 0]) == 0
    assert kl_divergence([0.5, 0.5], [1, 0]) == math.inf
    assert cross_entropy([0.5, 0.5], [1, 0]) == math.inf
    assert cross_entropy([1, 0], [1, 0]) == 0
    assert jeffreys_divergence([1, 0], [0.5, 0.5]) == math.inf


def test_infinity_comes_without_a_warning_even_if_numpy_is_told_to_raise():
    with np.errstate(all="raise"):
        assert kl_divergence([0.5, 0.5, 0], [1, 0, 0]) == math.inf
        assert cross_entropy([0.5, 0.5], [1, 0]) == math.inf
        assert js_divergence([1, 0], [0, 1]) == math.log(2)
        assert deviance(1e10, 1e-320) > 0


@pytest.mark.parametrize("function", PAIR_FUNCTIONS)
def test_scalars_are_plain_floats(function):
    assert type(function([0.5, 0.5], [0.25, 0.75])) is float


# --- second judge: SciPy


def test_agrees_with_scipy(rng):
    p, q = rng.dirichlet(np.ones(6), (2, 50))
    np.testing.assert_allclose(entropy(p), stats.entropy(p, axis=-1), rtol=1e-13)
    np.testing.assert_allclose(kl_divergence(p, q), stats.entropy(p, q, axis=-1), rtol=1e-12)
    np.testing.assert_allclose(js_divergence(p, q), jensenshannon(p, q, axis=-1) ** 2, rtol=1e-12)
    np.testing.assert_allclose(deviance(p, q), special.kl_div(p, q), rtol=1e-11, atol=1e-16)
    assert kl_divergence(p[0], q[0], base=2) == pytest.approx(
        stats.entropy(p[0], q[0], base=2), rel=1e-12, abs=0
    )


# --- third judge: mpmath


def test_accuracy_over_many_random_pairs(rng):
    smallest = 1.0
    for p, q in random_pairs(rng, 2500):
        a, b = exactly(p), exactly(q)
        forward = exact_kl(a, b)
        if forward < 1e-25:  # within the rounding of the vectors themselves
            assert 0 <= kl_divergence(p, q) < 2e-25
            continue
        smallest = min(smallest, forward)
        assert relative_error(kl_divergence(p, q), forward) <= TARGET
        assert relative_error(jeffreys_divergence(p, q), forward + exact_kl(b, a)) <= TARGET
        assert relative_error(js_divergence(p, q), exact_js(a, b)) <= TARGET
    assert smallest < 1e-24


def test_accuracy_of_single_deviances(rng):
    x = 10 ** rng.uniform(-12, 12, 20_000)
    y = x * (1 + 10 ** rng.uniform(-15, 0.5, x.size) * rng.choice([-0.3, 1], x.size))
    v = np.abs(x - y) / (x + y)
    for largest in (1, 0.35, 0.01):  # the way of computing depends on it
        got = deviance(x[v < largest], y[v < largest])
        for a, b, d in zip(x[v < largest], y[v < largest], got, strict=True):
            if a != b:
                exact = mp.mpf(a) * mp.log(mp.mpf(a) / mp.mpf(b)) - mp.mpf(a) + mp.mpf(b)
                assert relative_error(d, exact) <= TARGET


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (1e10, 1e-320),  # the ratio overflows
        (1e-320, 1e10),  # the ratio underflows to 0
        (1e-200, 1e200),
        (1.7e308, 1.6e308),  # the sum overflows
        (1e308, 1.7e308),
        (1e-300, 1.5e-300),
        (1.0, np.nextafter(1.0, 2.0)),
    ],
)
def test_deviance_at_the_ends_of_the_number_range(x, y):
    exact = mp.mpf(x) * mp.log(mp.mpf(x) / mp.mpf(y)) - mp.mpf(x) + mp.mpf(y)
    assert relative_error(deviance(x, y), exact) <= TARGET
    assert deviance([x, 1.0], [y, 1.0])[1] == 0


def test_deviance_of_subnormal_numbers_is_right_to_their_last_bit():
    tiny = 5e-324
    x, y = 300 * tiny, 100 * tiny
    # In units of the smallest number: 300 log 3 − 300 + 100 = 129.58.
    assert deviance(x, y) == pytest.approx(130 * tiny, abs=2 * tiny)
    assert deviance(tiny, tiny) == 0


def test_entropies_with_high_precision(rng):
    for p, q in random_pairs(rng, 1000):
        a, b = exactly(p), exactly(q)
        exact_entropy = -mp.fsum(x * mp.log(x) for x in a if x)
        assert relative_error(entropy(p), exact_entropy) <= TARGET
        if (q > 0)[p > 0].all():
            exact = -mp.fsum(x * mp.log(y) for x, y in zip(a, b, strict=True) if x)
            assert relative_error(cross_entropy(p, q), exact) <= TARGET


def test_long_vectors_lose_nothing(rng):
    p = rng.dirichlet(np.ones(40_000))  # more than one block
    q = p * (1 + 1e-6 * rng.standard_normal(p.size))
    q /= q.sum()
    assert relative_error(kl_divergence(p, q), exact_kl(exactly(p), exactly(q))) <= TARGET


def test_nearly_equal_pairs_never_give_less_than_zero(rng):
    p = rng.dirichlet(np.ones(5), 20_000)
    q = p * (1 + 10 ** rng.uniform(-17, -12, p.shape[:1])[:, None] * rng.uniform(-1, 1, p.shape))
    q /= q.sum(axis=-1, keepdims=True)
    for function in PAIR_FUNCTIONS:
        assert (function(p, q) >= 0).all()


@pytest.mark.parametrize("function", [kl_divergence, js_divergence, jeffreys_divergence])
def test_identical_vectors_give_exactly_zero(function, rng):
    for p in rng.dirichlet(np.full(7, 0.3), 200):
        assert function(p, p) == 0.0
        assert function(p, p, normalize=True) == 0.0
    counts = [3, 1, 4, 1, 5]
    assert function(counts, counts, normalize=True) == 0.0
    assert total_variation(p, p) == 0.0


def test_disjoint_supports_are_log_2_apart(rng):
    for _ in range(500):
        weights = rng.dirichlet(np.ones(8))
        split = int(rng.integers(1, 8))
        p = np.where(np.arange(8) < split, weights, 0)
        q = weights - p
        p, q = p / p.sum(), q / q.sum()
        assert js_divergence(p, q) == math.log(2)
        assert js_divergence(p, q, base=2) == 1
        assert total_variation(p, q) <= 1
        assert js_divergence(np.maximum(p, 1e-200), np.maximum(q, 1e-200)) <= math.log(2)


def test_subnormal_probabilities_are_no_exception():
    p, q = [0, 1], [5e-324, 1]
    assert js_divergence(p, q) < 1e-323
    assert kl_divergence(p, q) < 1e-323
    assert kl_divergence(q, p) == math.inf


# --- options


def test_base_divides_by_its_logarithm():
    p, q = [0.5, 0.5], [0.25, 0.75]
    for function in (kl_divergence, js_divergence, jeffreys_divergence, cross_entropy):
        assert function(p, q, base=2) == pytest.approx(
            function(p, q) / math.log(2), rel=TARGET, abs=0
        )
    assert entropy([0.1] * 10, base=10) == pytest.approx(1, rel=TARGET, abs=0)


def test_normalize_rescales_counts():
    expected = kl_divergence([0.5] * 2, [0.25, 0.75])
    assert kl_divergence([2, 2], [1, 3], normalize=True) == pytest.approx(
        expected, rel=TARGET, abs=0
    )
    bits = entropy([4, 2, 1, 1], base=2, normalize=True)
    assert bits == pytest.approx(1.75, rel=TARGET, abs=0)
    bits = cross_entropy([4, 2, 1, 1], [10, 10, 20, 40], base=2, normalize=True)
    assert bits == pytest.approx(2.625, rel=TARGET, abs=0)
    assert total_variation([2, 2], [10, 30], normalize=True) == 0.25
    assert js_divergence([7, 0], [3, 3], normalize=True) == pytest.approx(
        0.75 * math.log(4 / 3), rel=TARGET, abs=0
    )


def test_normalize_keeps_the_digits_of_large_counts():
    p, q = [100_000_001, 99_999_999], [100_000_000, 100_000_000]
    assert relative_error(kl_divergence(p, q, normalize=True), exact_kl(exactly(p), exactly(q))) < (
        TARGET
    )


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e300])
def test_normalize_takes_any_scale(scale):
    p = np.array([1.0, 3.0]) * scale
    expected = exact_kl(exactly(p), [mp.mpf(1), mp.mpf(1)])
    assert relative_error(kl_divergence(p, [5, 5], normalize=True), expected) <= TARGET
    assert js_divergence(p, p, normalize=True) == 0


def unscaled_pairs(rng, count):
    """Masses of any total: unrelated, far apart in size, or nearly multiples of each other."""
    for i in range(count):
        k = int(rng.integers(2, 9))
        kind = i % 5
        p, q = rng.random(k), 7 * rng.random(k)
        if kind == 1:
            p, q = 10 ** rng.uniform(-20, 0, (2, k))
        elif kind == 2:
            p, q = 10 ** rng.uniform(-250, 250, (2, k))
        elif kind == 3:
            q = 3.7 * p * (1 + 10 ** rng.uniform(-14, -1) * rng.standard_normal(k))
        elif kind == 4:  # counts
            p = np.floor(1e9 * (0.1 + p))
            q = 3 * p + rng.integers(-2, 3, k)
        yield p, q


@pytest.mark.slow
def test_normalize_loses_nothing(rng):
    for p, q in unscaled_pairs(rng, 1500):
        a, b = exactly(p), exactly(q)
        forward = exact_kl(a, b)
        if forward > 1e-28:  # below, a rounding of the last digit of q is all there is
            got = kl_divergence(p, q, normalize=True)
            assert relative_error(got, forward) <= TARGET
            got = jeffreys_divergence(p, q, normalize=True)
            assert relative_error(got, forward + exact_kl(b, a)) <= TARGET
            assert relative_error(js_divergence(p, q, normalize=True), exact_js(a, b)) <= TARGET
        a, b = normalized(a), normalized(b)
        variation = mp.fsum(abs(x - y) for x, y in zip(a, b, strict=True)) / 2
        if variation > 1e-40:  # 60 digits do not show less
            assert relative_error(total_variation(p, q, normalize=True), variation) <= TARGET
        exact = -mp.fsum(x * mp.log(x) for x in a)
        if exact > 1e-40:
            assert relative_error(entropy(p, normalize=True), exact) <= TARGET
        exact = -mp.fsum(x * mp.log(y) for x, y in zip(a, b, strict=True))
        if exact > 1e-40:
            assert relative_error(cross_entropy(p, q, normalize=True), exact) <= TARGET


def test_normalize_with_an_outcome_that_is_nearly_all_or_nearly_nothing():
    exact = 1e-17 * (1 + 17 * math.log(10))  # −x log x − (1 − x) log(1 − x), to first order in x
    assert entropy([1, 1e-17], normalize=True) == pytest.approx(exact, rel=TARGET, abs=0)
    assert cross_entropy([1, 0], [1, 1e-17], normalize=True) == pytest.approx(
        1e-17, rel=TARGET, abs=0
    )
    p, q = [1, 1], [1e300, 3.3e-20]
    exact = exact_kl(exactly(p), exactly(q))
    assert relative_error(kl_divergence(p, q, normalize=True), exact) <= TARGET
    assert kl_divergence([1, 1], [1e308, 5e-324], normalize=True) < math.inf
    # A share of 1e-608 is no float, but its logarithm is.
    assert cross_entropy([1, 1], [1e308, 1e-300], normalize=True) == pytest.approx(
        304 * math.log(10), rel=TARGET, abs=0
    )


def test_multiples_are_the_same_distribution(rng):
    for _ in range(300):
        counts = rng.integers(1, 1000, int(rng.integers(2, 9)))
        multiple = int(rng.integers(2, 1000)) * counts
        for function in (total_variation, kl_divergence, jeffreys_divergence, js_divergence):
            assert function(counts, multiple, normalize=True) == 0
            assert function(multiple, counts, normalize=True) == 0
    # Where the sums are rounded, their rounding is taken out to the second order.
    for _ in range(300):
        k = int(rng.integers(2, 9))
        p = rng.integers(1, 1000, k) * 2.0 ** rng.integers(0, 70, k)
        assert total_variation(p, 49 * p, normalize=True) < 1e-30


def test_cross_entropy_takes_epsilon_at_its_word():
    # −2 · 1.5 log 1.5: entries above 1 have a negative surprise.
    got = cross_entropy([0.5, 0.5], [0.5, 0.5], epsilon=1)
    assert got == pytest.approx(-3 * math.log(1.5), rel=TARGET, abs=0)
    assert cross_entropy([0.5, 0.5], [0.5, 0.5], epsilon=1, normalize=True) == pytest.approx(
        math.log(2), rel=TARGET, abs=0
    )


def test_epsilon_is_added_and_not_rescaled():
    # (1.5, ½) against (½, 1.5): 1.5 log 3 − ½ log 3 = log 3.
    p, q = [1, 0], [0, 1]
    assert kl_divergence(p, q, epsilon=0.5) == pytest.approx(math.log(3), rel=TARGET, abs=0)
    # Rescaled, they are (¾, ¼) and (¼, ¾): half as much.
    half = kl_divergence(p, q, epsilon=0.5, normalize=True)
    assert half == pytest.approx(math.log(3) / 2, rel=TARGET, abs=0)
    # −1.5 log ½ − ½ log 1.5
    expected = 1.5 * math.log(2) - 0.5 * math.log(1.5)
    assert cross_entropy(p, q, epsilon=0.5) == pytest.approx(expected, rel=TARGET, abs=0)
    assert jeffreys_divergence(p, q, epsilon=0.5) == pytest.approx(
        2 * math.log(3), rel=TARGET, abs=0
    )


def test_epsilon_and_normalize_smooth_counts():
    # Laplace's rule: one more of everything.
    smoothed = kl_divergence([2, 0], [0, 0], epsilon=1, normalize=True)
    assert smoothed == kl_divergence([3, 1], [1, 1], normalize=True)


def test_sums_may_be_off_by_rounding_only():
    assert kl_divergence([1 / 3] * 3, [0.3333333333, 0.3333333333, 0.3333333334]) >= 0
    single = np.exp(np.linspace(0, 5, 1000, dtype=np.float32))
    single /= single.sum()
    assert entropy(single) > 0
    assert abs(single.astype(float).sum() - 1) > 1e-9
    with pytest.raises(ValueError, match="must sum to 1"):
        entropy(np.array([0.333, 0.333, 0.333]))
    for k in (3, 7, 1000, 20_000):
        half = np.full(k, 1 / k, np.float16)
        assert 0.99 * math.log(k) < entropy(half) <= math.log(k)
    with pytest.raises(ValueError, match=r"sums to 1.01\d+ \(.*float16 keeps 3 digits"):
        entropy(np.full(1_000_000, 1e-6, np.float16))


# --- axes


def test_axes_and_broadcasting(rng):
    # NumPy's logarithm may take another path for numbers that do not lie side by side.
    same = partial(np.testing.assert_allclose, rtol=TARGET, atol=0)
    p, q = rng.dirichlet(np.ones(4), (3, 5)), rng.dirichlet(np.ones(4))
    assert kl_divergence(p, q).shape == (3, 5)
    same(kl_divergence(p, q)[1, 2], kl_divergence(p[1, 2], q))
    same(kl_divergence(q, p)[1, 2], kl_divergence(q, p[1, 2]))
    across = kl_divergence(p[:, np.newaxis], p[np.newaxis])
    assert across.shape == (3, 3, 5)
    same(across[2, 0, 1], kl_divergence(p[2, 1], p[0, 1]))
    for function in PAIR_FUNCTIONS:
        whole = function(p, q)
        first, middle = np.moveaxis(p, -1, 0), np.moveaxis(p, -1, 1)
        same(function(first, q, axis=0), whole)
        same(function(middle, q[:, np.newaxis], axis=-2), whole)
    same(entropy(np.moveaxis(p, -1, 1), axis=1), entropy(p))


def test_inputs_are_left_alone(rng):
    p, q = rng.dirichlet(np.ones(4), 2)
    before = p.copy(), q.copy()
    for function in PAIR_FUNCTIONS:
        function(p, q, normalize=True)
    np.testing.assert_array_equal((p, q), before)


# --- the package


def test_importing_the_package_stays_light():
    code = """
import sys
import kl_helpers
heavy = {"scipy.stats", "scipy.spatial", "matplotlib", "ipywidgets", "IPython"} & set(sys.modules)
assert not heavy, heavy
from kl_helpers import *
assert round(kl_divergence([1, 0], [0.5, 0.5], base=2), 12) == 1
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
