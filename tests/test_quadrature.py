import itertools
import math
import re
import warnings

import mpmath
import numpy as np
import pytest
from mpmath import mp
from scipy import integrate, special, stats
from scipy.stats._distr_params import distcont

from kl_helpers import (
    entropy_normal,
    kl_divergence,
    kl_exponential,
    kl_normal,
    kl_quad,
    quadrature,
)


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
    for gap in (1e-7, 3e-7, 1e-6):  # 1e-15/√D
        got = kl_quad(stats.norm(0.1, 1.3), stats.norm(0.1 + gap, 1.3))
        expected = kl_normal(0.1, 1.3, 0.1 + gap, 1.3)
        assert got == pytest.approx(expected, rel=1e-15 / math.sqrt(expected), abs=0)
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


# --- what the docstring says of the error, over many families

RELATIVE = 2e-12  # "about 1e-12"


def scales(log_ratio):
    """log r + 1/r − 1 for r = e^log_ratio: two exponentials, and what can be turned into them."""
    return log_ratio + math.expm1(-log_ratio)


CLOSED_FORMS = {
    # two gammas of one shape: shape × the exponentials' value; the others are powers of gammas
    "gamma": (stats.gamma(2.5), stats.gamma(2.5, scale=2), 2.5 * scales(math.log(2))),
    "chi2": (stats.chi2(5), stats.gamma(2.5, scale=4), 2.5 * scales(math.log(2))),
    "erlang": (stats.erlang(3, scale=5), stats.erlang(3), 3 * (4 - math.log(5))),
    "invgamma": (stats.invgamma(3), stats.invgamma(3, scale=2), 3 * (1 - math.log(2))),
    "levy": (stats.levy(), stats.levy(scale=3), 0.5 * (2 - math.log(3))),
    "levy_l": (stats.levy_l(), stats.levy_l(scale=3), 0.5 * (2 - math.log(3))),
    "maxwell": (stats.maxwell(), stats.maxwell(scale=2), 1.5 * scales(math.log(4))),
    "chi": (stats.chi(3), stats.chi(3, scale=2), 1.5 * scales(math.log(4))),
    "halfnorm": (stats.halfnorm(), stats.halfnorm(scale=3), 0.5 * scales(math.log(9))),
    "nakagami": (stats.nakagami(2), stats.nakagami(2, scale=2), 2 * scales(math.log(4))),
    "rayleigh": (stats.rayleigh(), stats.rayleigh(scale=2), scales(math.log(4))),
    "weibull_min": (stats.weibull_min(3), stats.weibull_min(3, scale=2), scales(math.log(8))),
    "weibull_max": (stats.weibull_max(3), stats.weibull_max(3, scale=2), scales(math.log(8))),
    "invweibull": (stats.invweibull(3, scale=2), stats.invweibull(3), scales(math.log(8))),
    "pareto": (stats.pareto(3), stats.pareto(2), scales(math.log(1.5))),
    "lomax": (stats.lomax(3), stats.lomax(2), scales(math.log(1.5))),
    "powerlaw": (stats.powerlaw(3), stats.powerlaw(2), scales(math.log(1.5))),
    "gumbel_r": (stats.gumbel_r(), stats.gumbel_r(-1), scales(1)),
    # a monotone map changes both alike: normal and Laplace distributions in log x
    "lognorm": (stats.lognorm(1, scale=math.e), stats.lognorm(1), 0.5),
    "loglaplace": (stats.loglaplace(2), stats.loglaplace(1), math.log(2) - 0.5),
    # log(((γ_p + γ_q)² + Δ²)/(4 γ_p γ_q))
    "cauchy": (stats.cauchy(), stats.cauchy(3, 2), math.log(18 / 8)),
    # on [−1, 1] or [0, 1] against the uniform distribution: −H(p) + log of the width
    "semicircular": (stats.semicircular(), stats.uniform(-1, 2), math.log(2 / math.pi) + 0.5),
    "triang": (stats.triang(0.3), stats.uniform(), math.log(2) - 0.5),
    "arcsine": (stats.arcsine(), stats.uniform(), math.log(4 / math.pi)),
    "loguniform": (
        stats.loguniform(1, math.e),
        stats.uniform(1, math.e - 1),
        math.log(math.e - 1) - 0.5,
    ),
}


@pytest.mark.parametrize("family", CLOSED_FORMS)
def test_quad_keeps_its_error_where_there_is_a_closed_form(family):
    p, q, expected = CLOSED_FORMS[family]
    relative = 1e-10 if family == "arcsine" else RELATIVE  # its pole at 1
    assert kl_quad(p, q) == pytest.approx(expected, rel=relative, abs=0)


@pytest.mark.slow
def test_quad_of_many_laplace_distributions(rng):
    # SciPy takes laplace's log-density as log(pdf), which underflows: what lies beyond was added
    # as a power law (5e-8 off), and must be a number that is right, or an error.
    refused = 0
    for mu_p, mu_q, log_p, log_q in zip(
        *rng.normal(0, 1, (2, 80)), *rng.uniform(-1, 1, (2, 80)), strict=True
    ):
        parameters = mu_p, 10**log_p, mu_q, 10**log_q
        try:
            got = kl_quad(stats.laplace(*parameters[:2]), stats.laplace(*parameters[2:]))
        except ValueError:
            refused += 1
            assert log_p - log_q > 1  # p's tail is more than 10 times as long
        else:
            assert got == pytest.approx(laplace_kl(*parameters), rel=RELATIVE, abs=0)
    assert refused < 8


def exact(density, loc, scale, points):
    """∫ f log(f/g) in mpmath, g the density f moved by loc and stretched by scale."""

    def terms(x):
        f, g = density(x), density((x - loc) / scale) / scale
        return f * mp.log(f / g)

    with mpmath.workdps(20):
        assert abs(mp.quad(density, points) - 1) < 1e-15
        return float(mp.quad(terms, points))


@pytest.mark.parametrize(
    ("family", "density", "points"),
    [
        ("logistic", lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2, [-60, -10, 0, 10, 60]),
        ("hypsecant", lambda x: mp.sech(x) / mp.pi, [-60, -8, 0, 8, 60]),
        (
            "moyal",
            lambda x: mp.exp(-(x + mp.exp(-x)) / 2) / mp.sqrt(2 * mp.pi),
            [-5.5, -2, 0, 5, 20, 130],
        ),
        ("gumbel_l", lambda x: mp.exp(x - mp.exp(x)), [-70, -10, -3, 0, 2, 5]),
    ],
)
def test_quad_keeps_its_error_where_mpmath_integrates(family, density, points):
    distribution = getattr(stats, family)
    got = kl_quad(distribution(), distribution(0.3, 1.25))
    assert got == pytest.approx(exact(density, 0.3, 1.25, points), rel=RELATIVE, abs=0)


@pytest.mark.skipif(not hasattr(stats, "landau"), reason="SciPy before 1.15")
def test_quad_of_a_tail_that_falls_like_a_double_exponential():
    # Octaves of its left tail reach into the bulk; extrapolated from them, it was 8.5e-7 off.
    p, q = stats.landau(), stats.landau(1, 1.25)

    def terms(x):
        return p.pdf(x) * (p.logpdf(x) - q.logpdf(x)) if x > -3.9 else 0.0  # p(−3.9) = e^−101

    edges = [-3.9, -3, -2, -1, 0, 1, 2, 4, 8, *10.0 ** np.arange(1, 20)]
    expected = math.fsum(
        integrate.quad(terms, *pair, epsabs=0, epsrel=1e-12)[0]
        for pair in itertools.pairwise(edges)
    )
    assert kl_quad(p, q) == pytest.approx(expected, rel=RELATIVE, abs=0)


# --- SciPy's own numbers, held against each other


def skew_t(a, b):
    """The density of jf_skew_t, without the difference 1 − x/√(a + b + x²) that cancels."""

    def density(x):
        root = mp.sqrt(a + b + x * x)
        if x < 0:
            return skew_t(b, a)(-x)
        parts = (1 + x / root) ** (a + mp.mpf(1) / 2) * ((a + b) / root / (root + x)) ** (
            b + mp.mpf(1) / 2
        )
        return parts / (mp.mpf(2) ** (a + b - 1) * mp.beta(a, b) * mp.sqrt(a + b))

    return density


@pytest.mark.slow
@pytest.mark.parametrize(("a", "b"), [(2, 2), (3, 1.5), (10, 10)])
def test_quad_of_jf_skew_t(a, b):
    # its isf is inf from 1e-19 on, its density is lost to rounding at x = 1e8
    far = 10.0 ** np.arange(1, 8)
    points = [*-far[::-1], -3, 0, 0.5, 3, *far]
    got = kl_quad(stats.jf_skew_t(a, b), stats.jf_skew_t(a, b, loc=0.5))
    expected = exact(skew_t(a, b), 0.5, 1, points)
    assert got == pytest.approx(expected, rel=RELATIVE, abs=0)


def test_quad_of_jf_skew_t_and_student_t():
    # for equal parameters it is Student's t with 2a degrees of freedom
    t, skew = stats.t(4), stats.jf_skew_t(2, 2, loc=0.5)
    expected = kl_quad(t, stats.t(4, 0.5))
    assert kl_quad(t, skew) == pytest.approx(expected, rel=1e-12, abs=0)
    assert kl_quad(skew, t) == pytest.approx(expected, rel=1e-12, abs=0)
    with pytest.raises(ValueError, match=r"density of q is lost to rounding .* kl_monte_carlo"):
        kl_quad(stats.cauchy(), skew)


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters", [(3.9, 0.47, -0.84, 0.011), (0.12, 0.2, 1.7, 0.87), (2.7, 0.64, 1.4, 0.1)]
)
def test_quad_of_gausshyper_whose_quantiles_are_wrong(parameters):
    a, b, c, z = parameters
    p = stats.gausshyper(*parameters)
    with warnings.catch_warnings():  # SciPy's integral does not settle
        warnings.simplefilter("ignore")
        assert abs(p.sf(p.isf(1e-10)) / 1e-10 - 1) > 0.01
    a, b, c, z = map(mp.mpf, parameters)

    def terms(x, y):  # y = 1 − x
        f = x ** (a - 1) * y ** (b - 1) * (1 + z * x) ** -c / weight
        return f * mp.log(f)

    with mpmath.workdps(20):  # from either pole in the logarithm of the distance
        weight = mp.beta(a, b) * mp.hyp2f1(c, a, a + b, -z)
        steps = [mp.log(2), 5, 20, 100, 500]
        expected = mp.quad(lambda t: mp.exp(-t) * terms(mp.exp(-t), 1 - mp.exp(-t)), steps)
        expected += mp.quad(lambda t: mp.exp(-t) * terms(1 - mp.exp(-t), mp.exp(-t)), steps)
    assert kl_quad(p, stats.uniform()) == pytest.approx(float(expected), rel=1e-8, abs=0)


def test_quad_where_scipy_raises():
    p, q = stats.ncf(27, 27, 0.4), stats.ncf(27, 27, 0.5)
    with pytest.raises(OverflowError):
        p.isf(1e-300)
    # by the trapezoidal rule in log x, which is exact to rounding for a smooth peak
    log_x, step = np.linspace(-5, 6, 20_001, retstep=True)
    x = np.exp(log_x)
    expected = step * math.fsum(p.pdf(x) * x * (p.logpdf(x) - q.logpdf(x)))
    assert kl_quad(p, q) == pytest.approx(expected, rel=1e-8, abs=0)


def test_quad_of_pearson3_that_has_an_end_but_does_not_tell():
    # skew −2 is 1 − x for an exponential x: −1 + ½ log 2π + ½ Var
    p = stats.pearson3(-2)
    expected = -1 + 0.5 * math.log(2 * math.pi) + 0.5
    assert kl_quad(p, stats.norm()) == pytest.approx(expected, rel=1e-9, abs=0)
    assert kl_quad(stats.norm(), p) == math.inf
    assert kl_quad(p, stats.weibull_max(1, 1)) < 1e-15
    assert kl_quad(stats.pearson3(-2, 0.5), stats.weibull_max(1, 1)) == math.inf


class Odd(type(stats.norm)):
    """A normal distribution, one of whose functions is wrong."""

    def __init__(self, **functions):
        super().__init__(name="odd")
        for name, function in functions.items():
            setattr(self, name, function)


class Step(stats.rv_continuous):
    """On [0, 1], of the height ¾/c up to c and ¼/(1 − c) beyond, and SciPy does not know."""

    def _pdf(self, x, c):
        return np.where(x < c, 0.75 / c, 0.25 / (1 - c))

    def _cdf(self, x, c):
        return np.where(x < c, 0.75 * x / c, 1 - 0.25 * (1 - x) / (1 - c))


@pytest.mark.parametrize("gap", [1e-3, 1e-4, 1e-6, -1e-5, -1e-7])
def test_quad_sees_a_jump_next_to_the_end_of_a_piece(gap):
    # ½ and 0.9 are quantiles of the uniform distribution, between which no node is so near to them
    for c in (0.5 + gap, 0.9 - gap):
        expected = -c * math.log(0.75 / c) - (1 - c) * math.log(0.25 / (1 - c))
        got = kl_quad(stats.uniform(), Step(a=0, b=1, name="step")(c))
        assert got == pytest.approx(expected, rel=1e-11, abs=0)


class Noisy:
    """A distribution whose log-density trembles, as an integral of SciPy does; it counts points."""

    def __init__(self, law, noise):
        self.law, self.noise, self.points = law, noise, 0

    def __getattr__(self, name):
        return getattr(self.law, name)

    def logpdf(self, x):
        self.points += np.size(x)
        return self.law.logpdf(x) + self.noise * np.sin(1e6 * np.asarray(x))


def test_quad_does_not_refine_noise():
    """To the last digit it would take 77,000 points of each; studentized_range took 104 s."""
    p, q = (Noisy(stats.norm(mu, 1), 3e-10) for mu in (0, 0.3))
    assert kl_quad(p, q) == pytest.approx(0.045, rel=1e-10, abs=0)
    assert max(p.points, q.points) < 20_000


def test_quad_can_be_interrupted():
    def logpdf(x):
        raise KeyboardInterrupt

    p = Noisy(stats.norm(), 0)
    p.logpdf = logpdf
    for pair in ((p, stats.norm()), (stats.norm(), p)):
        with pytest.raises(KeyboardInterrupt):
            kl_quad(*pair)


def test_quad_finds_quantiles_of_its_own():
    wrong = Odd(_isf=lambda t: stats.norm.isf(t) / 3, _ppf=lambda t: np.full_like(t, -0.1))
    assert kl_quad(wrong, stats.norm(1, 1)) == pytest.approx(0.5, rel=1e-12, abs=0)
    assert kl_quad(stats.norm(1, 1), wrong) == pytest.approx(0.5, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("functions", "words"),
    [
        ({"_logpdf": lambda x: stats.norm.logpdf(x) + 1e-8}, "hold a mass of 1.00000001 instead"),
        ({"_logpdf": lambda x: stats.norm.logpdf(x, 0, 2)}, "holds? a mass of"),
        ({"_logpdf": lambda x: np.where(x > 5, -40.0, stats.norm.logpdf(x))}, "hold a mass of"),
        ({"_logpdf": lambda x: stats.norm.logpdf(x) + 5 * (x > 7)}, "but its sf says"),
        ({"_logpdf": lambda x: stats.norm.logpdf(x) + 5 * (x < -7)}, "but its cdf says"),
        ({"_logpdf": lambda x: x * math.nan}, "nan|lost"),
        ({"_logpdf": lambda x: x * 0 + math.inf}, "inf"),
        ({"_logpdf": lambda x: {}["no"]}, "nan|lost"),
    ],
)
@pytest.mark.parametrize("argument", ["p", "q"])
def test_quad_refuses_what_contradicts_itself(functions, words, argument):
    wide = stats.norm(0, 3)
    pair = {"p": wide, "q": wide, argument: Odd(**functions)}
    with pytest.raises(ValueError, match=rf"\b{argument}\b.*kl_monte_carlo") as caught:
        kl_quad(**pair)
    assert re.search(words, str(caught.value))


def test_quad_needs_no_exact_cdf_of_q():
    blurred = Odd(_cdf=lambda x: stats.norm.cdf(x) + 4e-10, _sf=lambda x: stats.norm.sf(x) + 4e-10)
    expected = kl_normal(0, 0.1, 0, 1)
    assert kl_quad(stats.norm(0, 0.1), blurred) == pytest.approx(expected, rel=RELATIVE, abs=0)


def test_quad_needs_cdf_and_sf_of_p():
    lost = Odd(_cdf=lambda x: x * math.nan, _sf=lambda x: x * math.nan, _ppf=stats.norm.ppf)
    with pytest.raises(ValueError, match="no quantile of p can be found"):
        kl_quad(lost, stats.norm())


def test_quad_takes_a_wrong_tail_that_does_not_matter():
    wrong = Odd(_logpdf=lambda x: np.where(x > 9, -math.inf, stats.norm.logpdf(x)))
    assert kl_quad(wrong, stats.norm(1, 1)) == pytest.approx(0.5, rel=1e-9, abs=0)


def test_quad_refuses_a_circle_and_what_is_too_large():
    with pytest.raises(ValueError, match=r"p .*contradict"):
        kl_quad(stats.vonmises(4), stats.norm())
    with pytest.raises(ValueError, match="rescale p and q"):
        kl_quad(stats.norm(0, 1e200), stats.norm())
    got = kl_quad(stats.vonmises_line(4), stats.vonmises_line(1))
    assert got == pytest.approx(circle(4, 1), rel=RELATIVE, abs=0)


def circle(kappa_p, kappa_q):
    """D of two von Mises distributions around one mean: log(I₀(κ_q)/I₀(κ_p)) + (κ_p − κ_q) A."""
    mean = special.i1(kappa_p) / special.i0(kappa_p)
    return math.log(special.i0(kappa_q) / special.i0(kappa_p)) + (kappa_p - kappa_q) * mean


# --- histograms


def histogram(rng, bins, loc=0.0, scale=1.0):
    shares, edges = np.histogram(rng.normal(size=100_000), bins)
    return stats.rv_histogram((shares, edges), density=False)(loc=loc, scale=scale), shares, edges


@pytest.mark.parametrize("bins", [8, 800, 20_000])
@pytest.mark.parametrize(("loc", "scale"), [(0.0, 1.0), (0.3, 7.0)])
def test_quad_cuts_a_histogram_at_its_edges(bins, loc, scale, rng):
    p, shares, edges = histogram(rng, bins, loc, scale)
    density = shares / shares.sum() / np.diff(edges)
    # ∫ p log p + ½ log 2π + ½ E[x²], piece by piece
    expected = special.xlogy(density, density) * np.diff(edges) + density * np.diff(edges**3) / 6
    expected = math.fsum(expected) + 0.5 * math.log(2 * math.pi)
    got = kl_quad(p, stats.norm(loc, scale))
    assert got == pytest.approx(expected, rel=1e-11, abs=0)


def test_quad_of_two_histograms(rng):
    (p, _, edges_p), (_, shares_q, edges_q) = histogram(rng, 300), histogram(rng, 70)
    edges_q[[0, -1]] = min(edges_p[0], edges_q[0]), max(edges_p[-1], edges_q[-1])
    q = stats.rv_histogram((shares_q + 1, edges_q), density=False)
    edges = np.union1d(edges_p, edges_q)
    middles = (edges[1:] + edges[:-1]) / 2
    expected = kl_divergence(
        p.pdf(middles) * np.diff(edges), q.pdf(middles) * np.diff(edges), normalize=True
    )
    assert kl_quad(p, q) == pytest.approx(expected, rel=1e-11, abs=0)


@pytest.mark.parametrize("width", [1e-2, 1e-6, 1e-12])
def test_quad_sees_an_empty_bin_of_q_however_narrow(width):
    edges = [0, 0.3, 0.3 + width, 1]
    q = stats.rv_histogram(([1, 0, 1], edges), density=True)
    assert kl_quad(stats.uniform(), q) == math.inf
    assert kl_quad(stats.uniform(0.31, 0.1), q) < math.inf


# --- the distributions that came with SciPy 1.15

recent = pytest.mark.skipif(not hasattr(stats, "Normal"), reason="SciPy before 1.15")


@recent
def test_quad_of_recent_distributions():
    normal, wide = stats.Normal(mu=1.0, sigma=1.0), stats.Normal(mu=0.0, sigma=2.0)
    assert kl_quad(normal, wide) == pytest.approx(kl_normal(1, 1, 0, 2), rel=RELATIVE, abs=0)
    assert kl_quad(normal, stats.norm(0, 2)) == kl_quad(stats.norm(1, 1), wide)
    assert kl_quad(normal, normal) == 0.0
    cut = stats.truncate(stats.Normal(mu=0.0, sigma=1.0), lb=0.0, ub=3.0)
    expected = kl_quad(stats.truncnorm(0, 3), stats.uniform(0, 3))
    assert kl_quad(cut, stats.uniform(0, 3)) == pytest.approx(expected, rel=RELATIVE, abs=0)
    assert kl_quad(stats.Normal(), cut) == math.inf
    gamma = stats.make_distribution(stats.gamma)
    got = kl_quad(gamma(a=2.5), 2 * gamma(a=2.5))
    assert got == pytest.approx(2.5 * scales(math.log(2)), rel=RELATIVE, abs=0)


@recent
def test_quad_of_mixtures():
    narrow, near = stats.Normal(mu=50.0, sigma=1e-3), stats.Normal(mu=0.0, sigma=1.0)
    for share in (0.5, 1e-4, 1e-8):  # far apart: −H(share) of the choice, plus the parts' own
        mixture = stats.Mixture([near, narrow], weights=[1 - share, share])
        expected = (1 - share) * math.log(1 - share) + share * math.log(share)
        expected += (1 - share) * kl_normal(0, 1, 0, 9) + share * kl_normal(50, 1e-3, 0, 9)
        got = kl_quad(mixture, stats.norm(0, 9))
        assert got == pytest.approx(expected, rel=1e-11, abs=0)
        got = kl_quad(near, mixture)
        assert got == pytest.approx(-math.log1p(-share), rel=1e-6, abs=0)


@recent
def test_quad_refuses_recent_distributions_that_are_discrete_or_many():
    for argument in ("p", "q"):
        pair = {"p": stats.norm(), "q": stats.norm()}
        poisson = stats.make_distribution(stats.poisson)(mu=3.0)
        with pytest.raises(TypeError, match=f"{argument} must be a frozen continuous"):
            kl_quad(**pair | {argument: poisson})
        for two in (stats.Normal(mu=np.array([0.0, 1.0]), sigma=1.0), stats.Normal(sigma=-1.0)):
            with pytest.raises(ValueError, match=f"{argument} must be one distribution"):
                kl_quad(**pair | {argument: two})


# --- hostile input


class Raising:
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise RuntimeError(name)


@pytest.mark.parametrize("argument", ["p", "q"])
@pytest.mark.parametrize(
    ("value", "error"),
    [
        *(
            (value, TypeError)
            for value in (None, "norm", b"norm", 0.5, 1j, True, math.nan, {}, abs)
        ),
        ([0.5, 0.5], TypeError),
        (np.zeros((2, 2)), TypeError),
        (np.array(stats.norm()), TypeError),
        ([stats.norm()], TypeError),
        (stats.gamma, TypeError),
        (stats.poisson(3), TypeError),
        (stats.multivariate_normal(), TypeError),
        (stats.gaussian_kde([1, 2, 3]), TypeError),
        (stats.norm("0", 1), TypeError),
        (stats.norm(math.nan, 1), ValueError),
        (stats.norm(math.inf, 1), ValueError),
        (stats.norm(0, math.inf), ValueError),
        (stats.norm([0], [1]), ValueError),
        (stats.norm(10**400, 1), ValueError),
        (Raising(), ValueError),
    ],
)
def test_quad_names_the_argument_that_is_no_distribution(argument, value, error):
    with pytest.raises(error, match=rf"^{argument} must "):
        kl_quad(**{"p": stats.norm(), "q": stats.norm(), argument: value})


def test_what_takes_long_says_how_far_it_is(monkeypatch, capsys):
    pair = stats.norm(), stats.t(3)
    assert math.isfinite(kl_quad(*pair))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(quadrature, "_PATIENCE", -1)
    kl_quad(*pair)
    said = capsys.readouterr().err.splitlines()
    assert said
    pattern = r"kl_quad: after 0 s \d+ pieces of the integral are not exact enough; Ctrl-C.*"
    assert all(re.fullmatch(pattern, line) for line in said)


def test_quad_of_discrete_distributions_shows_the_way_out():
    """The sum that the error shows is D(Poisson of mean 3 ‖ geometric from 0) = 0.3425."""
    p, q = stats.poisson(3), stats.geom(0.3, loc=-1)
    with pytest.raises(TypeError, match="p must be a frozen continuous") as caught:
        kl_quad(p, q)
    terms, places = re.search(r"sum scipy\.(.*) over k = (.*)$", str(caught.value)).groups()
    names = {"p": p, "q": q, "np": np, "special": special}
    names["k"] = eval(places, names)
    got = eval(terms, names).sum()
    assert round(got, 4) == 0.3425
    # E log p − E log q: the entropy of the Poisson distribution, and a mean that is known
    expected = -p.entropy() - math.log(0.3) - 3 * math.log(0.7)
    assert got == pytest.approx(float(expected), rel=1e-9, abs=0)


# --- every family of SciPy

SLOW = {  # seconds each: SciPy integrates or sums for every point of their densities
    *("dpareto_lognorm", "gausshyper", "genhyperbolic", "geninvgauss", "irwinhall", "ksone"),
    *("kstwo", "levy_stable", "norminvgauss", "recipinvgauss", "studentized_range", "exponnorm"),
}
ELSEWHERE = {"arcsine", "beta", "hypsecant", "levy", "levy_l", "ncf", "vonmises"}  # see above
FAMILIES = [
    pytest.param(*case, id=f"{case[0]}{i}")
    for i, case in enumerate(distcont)
    if case[0] not in SLOW | ELSEWHERE
]
KINKS = {"crystalball": -2, "loglaplace": 1, "triang": 0.15785029824528218, "pearson3": 1}


def double_exponential(p, q):
    """∫ p log(p/q) and ∫ p, from the log-densities alone, between the centres and the kinks."""

    def logs(x):
        log_p, log_q = (np.asarray(law.logpdf(x), dtype=float) for law in (p, q))
        log_p = np.where(np.isnan(log_p), -math.inf, log_p)
        return log_p, np.where((log_q == -math.inf) & (log_p < -40), log_p, log_q)

    def terms(x):
        log_p, log_q = logs(x)
        return np.where(log_p > -600, np.exp(log_p) * (log_p - log_q), 0.0)

    kinks = [
        law.kwds.get("loc", 0) + law.kwds.get("scale", 1) * place
        for law in (p, q)
        for place in (0, *([KINKS[law.dist.name]] if law.dist.name in KINKS else law.args[:2]))
    ]
    low, high = p.support()
    centres = [p.median(), q.median(), *p.ppf([1e-6, 0.001, 0.01, 0.2, 0.8, 0.99, 0.999])]
    edges = np.unique(np.clip([low, *kinks, *centres, high], low, high))
    return [
        integrate.tanhsinh(f, edges[:-1], edges[1:], rtol=1e-12).integral.sum()
        for f in (terms, lambda x: np.exp(logs(x)[0]))
    ]


def infinite_variance(p):
    """Whether p(x) x³ does not vanish."""
    far = np.array([-1e100, 1e100])
    return (p.logpdf(far) + 3 * np.log(1e100) > -1e-6 * np.log(1e100) - 10).any()


@pytest.mark.skipif(not hasattr(integrate, "tanhsinh"), reason="SciPy before 1.15")
@pytest.mark.parametrize(("family", "parameters"), FAMILIES)
def test_quad_of_every_family(family, parameters):
    make = getattr(stats, family)
    p = make(*parameters)
    low, high = p.support()
    width = p.isf(0.25) - p.ppf(0.25)
    if math.isfinite(low):  # q has all of p's support
        loc = low - 1.25 * low - (0.1 * (high - low) if math.isfinite(high) else 0)
    else:
        loc = high - 1.25 * high if math.isfinite(high) else 0.3 * width
    normal = stats.norm(p.median(), width)
    for q in (make(*parameters, loc=loc, scale=1.25), normal):
        got = kl_quad(p, q)
        with np.errstate(all="ignore"):
            expected, mass = double_exponential(p, q)
            diverges = q is normal and infinite_variance(p)
        if diverges:
            assert got == math.inf
            continue
        assert mass == pytest.approx(1, rel=2e-9, abs=0)  # kstwobign is 9e-10 off
        assert got == pytest.approx(expected, rel=1e-8, abs=0)
