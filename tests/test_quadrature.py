import doctest
import math

import pytest
from mpmath import mp
from scipy import special, stats

from kl_helpers import entropy_normal, kl_exponential, kl_normal, kl_quad, quadrature


@pytest.mark.parametrize(
    "parameters",
    [
        (1, 1, 0, 1),
        (0.2, 0.1, 0, 0.1),
        (0, 1, 1000, 1),  # far apart: p log(p/q) underflows where quad would look
        (0, 1e-6, 0, 1),  # a peak that quad on ±∞ misses
        (0, 1, 0, 1e-6),
        (0, 1, 0.37, 1e-3),  # a peak of q that is easy to miss
        (5, 1e-8, 5, 1),
        (0, 1, 1e8, 3),
        (1e8, 1, 1e8, 2),
    ],
)
def test_quad_of_normals(parameters):
    mu_p, sigma_p, mu_q, sigma_q = parameters
    got = kl_quad(stats.norm(mu_p, sigma_p), stats.norm(mu_q, sigma_q))
    assert got == pytest.approx(kl_normal(*parameters), rel=2e-11, abs=0)


def test_quad_of_nearly_equal_normals():
    got = kl_quad(stats.norm(0, 1), stats.norm(1e-5, 1))
    assert got == pytest.approx(5e-11, rel=1e-9, abs=0)
    assert kl_quad(stats.norm(0.3, 2), stats.norm(0.3, 2)) == 0.0


def laplace_kl(mu_p, b_p, mu_q, b_q):
    gap = abs(mu_p - mu_q)
    return math.log(b_q / b_p) + (b_p * math.exp(-gap / b_p) + gap) / b_q - 1


@pytest.mark.parametrize("parameters", [(0, 1, 0, 2), (0, 1, 3, 0.1), (2, 3, 0, 1), (0, 1, 700, 1)])
def test_quad_of_laplace_with_its_kink(parameters):
    mu_p, b_p, mu_q, b_q = parameters
    got = kl_quad(stats.laplace(mu_p, b_p), stats.laplace(mu_q, b_q))
    assert got == pytest.approx(laplace_kl(*parameters), rel=1e-11, abs=0)


def beta_kl(a, b, c, d):
    return float(
        mp.log(mp.beta(c, d) / mp.beta(a, b))
        + (a - c) * mp.digamma(a)
        + (b - d) * mp.digamma(b)
        + (c - a + d - b) * mp.digamma(a + b)
    )


@pytest.mark.parametrize(
    ("parameters", "rtol"),
    [
        ((2, 3, 3, 2), 1e-12),
        ((1, 1, 3, 1.2), 1e-12),
        ((50, 70, 1, 1), 1e-11),
        ((0.5, 0.5, 1, 1), 1e-10),
        ((0.1, 0.2, 1, 1), 1e-8),  # poles: cutting 1e-5 off the ends leaves 1.00 of 4.98
        ((0.1, 0.1, 2, 2), 1e-8),
        ((0.01, 1, 1, 1), 1e-10),
        ((2, 3, 0.01, 0.01), 1e-10),
    ],
)
def test_quad_of_beta_with_its_poles(parameters, rtol):
    a, b, c, d = parameters
    got = kl_quad(stats.beta(a, b), stats.beta(c, d))
    assert got == pytest.approx(beta_kl(*parameters), rel=rtol, abs=0)


def test_quad_of_shifted_beta():
    # The numbers near 5 and 6 are 1e-15 apart, which blurs the poles.
    got = kl_quad(stats.beta(0.1, 0.2, 5), stats.beta(1, 1, 5))
    assert got == pytest.approx(beta_kl(0.1, 0.2, 1, 1), rel=1e-7, abs=0)
    # Uniform on [−1, 0] against 6 (1 + x)(−x): 2 − log 6.
    got = kl_quad(stats.uniform(-1, 1), stats.beta(2, 2, -1, 1))
    assert got == pytest.approx(2 - math.log(6), rel=1e-11, abs=0)


@pytest.mark.parametrize("df", [2.01, 2.1, 3, 5, 30])
def test_quad_of_student_t_against_normal(df):
    # −H(t) + ½ log 2π + ½ Var(t)
    entropy = (df + 1) / 2 * (special.digamma((1 + df) / 2) - special.digamma(df / 2))
    entropy += math.log(math.sqrt(df)) + special.betaln(df / 2, 0.5)
    expected = -entropy + 0.5 * math.log(2 * math.pi) + 0.5 * df / (df - 2)
    assert kl_quad(stats.t(df), stats.norm()) == pytest.approx(expected, rel=1e-10, abs=0)


@pytest.mark.parametrize("df", [0.5, 1, 1.5, 2])
def test_quad_is_infinite_where_the_tail_integral_diverges(df):
    assert kl_quad(stats.t(df), stats.norm()) == math.inf


def test_quad_of_other_families():
    assert kl_quad(stats.expon(scale=0.5), stats.expon()) == pytest.approx(
        kl_exponential(2, 1), rel=1e-12, abs=0
    )
    assert kl_quad(stats.uniform(0, 1), stats.uniform(-1, 3)) == pytest.approx(math.log(3))
    # Uniform on [0, 1] against normal: ½ log 2π + ½ E[x²] = ½ log 2π + 1/6.
    expected = 0.5 * math.log(2 * math.pi) + 1 / 6
    assert kl_quad(stats.uniform(0, 1), stats.norm()) == pytest.approx(expected, rel=1e-12, abs=0)
    # Two Cauchy distributions: log(((γ_p + γ_q)² + Δ²)/(4 γ_p γ_q)).
    got = kl_quad(stats.cauchy(0, 1), stats.cauchy(3, 2))
    assert got == pytest.approx(math.log((9 + 9) / 8), rel=1e-12, abs=0)
    # Triangular on [0, 1] against uniform: log 2 − ½, wherever its peak.
    assert kl_quad(stats.triang(0.3), stats.uniform()) == pytest.approx(math.log(2) - 0.5)
    # Shares ¾, 0, ¼ of three equal bins against uniform: ¾ log ¾ + ¼ log ¼ + log 3.
    bars = stats.rv_histogram(([3, 0, 1], [0, 1, 2, 3]), density=False)
    expected = 0.75 * math.log(0.75) + 0.25 * math.log(0.25) + math.log(3)
    assert kl_quad(bars, stats.uniform(0, 3)) == pytest.approx(expected, rel=1e-6)
    # Log-normal against normal: −H(p) + ½ log 2π + ½ E[x²], all of it in the far tail.
    got = kl_quad(stats.lognorm(10), stats.norm())
    assert got == pytest.approx(0.5 * math.exp(200), rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (stats.uniform(0, 2), stats.uniform(0, 1)),
        (stats.uniform(0, 1 + 1e-9), stats.uniform(0, 1)),
        (stats.uniform(-1, 2), stats.expon()),
        (stats.norm(), stats.expon()),
        (stats.pareto(1), stats.expon()),  # ∫ x · x⁻² dx
        (stats.expon(), stats.invgamma(2)),  # ∫ x⁻¹ dx at 0
        (stats.uniform(), stats.rv_histogram(([3, 0, 1], [0, 0.3, 0.6, 1]), density=False)),
        (stats.uniform(), stats.rv_histogram(([3, 1, 0], [0, 0.3, 0.6, 1]), density=False)),
    ],
)
def test_quad_is_infinite(p, q):
    assert kl_quad(p, q) == math.inf


def test_quad_says_when_scipy_lets_the_log_density_underflow():
    with pytest.raises(ValueError, match="log-density of q underflows at 74"):
        kl_quad(stats.norm(1000, 1), stats.laplace())
    # Where p has no mass to speak of, that does not matter.
    expected = math.log(0.08) + math.sqrt(2 / math.pi) / 0.04 - entropy_normal(1)
    assert kl_quad(stats.norm(), stats.laplace(0, 0.04)) == pytest.approx(
        expected, rel=1e-12, abs=0
    )


def test_examples_in_the_docstring_run():
    results = doctest.testmod(quadrature)
    assert results.attempted > 2
    assert results.failed == 0
