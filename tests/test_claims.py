"""Numbers that the prose of notebooks 00 to 03 says and no cell prints."""

import math

import numpy as np
import pytest
from scipy import stats

from kl_helpers import kl_divergence, kl_histogram, kl_normal, kl_quad

# --- the numbers of a text


@pytest.mark.parametrize(
    ("text", "numbers", "missing"),
    [
        ("a loss of −0.29 nats, 15 % more", ("-0.29", "15%"), None),
        ("a loss of $-0.29$ nats, 15%", ("-0.29", "15%"), None),
        ("a loss of −0.29 nats", ("0.29",), "0.29"),  # another sign
        ("a loss of −0.29 nats", ("-0.2",), "-0.2"),  # fewer digits
        ("10.5, 0.55 or 0.5e3", ("0.5",), "0.5"),
        ("1,024 nats", ("024",), "024"),
        ("from 0.11 to 0.83.", ("0.11", "0.83"), None),
        ("from 0.11 to 0.83", ("0.83", "0.11"), "0.11"),  # the other way round
        ("once in 18", ("18", "18"), "18"),
    ],
)
def test_a_number_that_a_text_does_not_say_is_found(text, numbers, missing, unsaid):
    assert unsaid(text, *numbers) == missing


# --- 00


@pytest.mark.parametrize("factor", [1.01, 1.5, 2, 10])
@pytest.mark.parametrize("shift", [0, 1])
def test_too_narrow_costs_more_than_too_wide_by_the_same_factor(factor, shift):
    assert kl_normal(0, 1, shift, 1 / factor) > kl_normal(0, 1, shift, factor)


# --- 01: a negative sum


def bare(p, q):
    return np.sum(p * np.log(p / q))


def test_a_negative_sum_of_two_distributions_is_rounding():
    p = np.array([0.25, 0.75])
    q = p + 2.0**-40 * np.array([1, -1])
    assert p.sum() == 1  # both exact: the smallest bit is 2⁻⁴⁰
    assert q.sum() == 1
    assert -1e-16 < bare(p, q) < 0  # p/q is rounded by up to 1e-16, and its logarithm with it
    assert kl_divergence(p, q) == pytest.approx(2.2058e-24, rel=1e-4, abs=0)


def test_a_grid_that_misses_the_peaks_gives_a_negative_sum_with_its_dx(says):
    x = np.arange(-38, 39, 4)
    assert {2, -2, 6, -6} <= set(x.tolist())
    p, q = stats.norm.pdf(x[abs(x) < 37]), stats.norm.pdf(x[abs(x) < 37], 0, 3)
    says("01", "sign-meaning", f"{4 * bare(p, q):.2f}")
    assert 4 * p.sum() == pytest.approx(0.43, abs=0.005)  # far from 1
    fine = np.arange(-38, 38, 0.5)
    fine = fine[abs(fine) < 37]
    sum_ = 0.5 * bare(stats.norm.pdf(fine), stats.norm.pdf(fine, 0, 3))
    assert sum_ == pytest.approx(kl_normal(0, 1, 0, 3), rel=1e-7)


def test_the_lost_row_is_no_rounding_and_scipys_number_is_a_divergence_of_others():
    p, q = np.array([0.3, 0.2]), np.array([0.3, 0.6])
    assert bare(p, q) < -0.2
    assert kl_divergence(p / 0.5, q / 0.9) == pytest.approx(stats.entropy(p, q), rel=1e-12)


# --- 01: logarithms, and infinity without a zero


def test_a_thousand_days_are_less_probable_than_the_smallest_number(says):
    log_p = 500 * math.log(0.5) + 300 * math.log(0.3) + 200 * math.log(0.2)
    says("01", "log-difference", f"{log_p:.0f}", f"{math.log(5e-324):.0f}")
    assert math.exp(log_p) == 0


def test_a_cauchys_tail_outweighs_every_normal():
    x = np.array([1e3, 1e5])
    height = stats.cauchy.pdf(x) * (stats.cauchy.logpdf(x) - stats.norm.logpdf(x))
    assert height == pytest.approx(1 / (2 * math.pi), rel=1e-4)
    assert kl_quad(stats.cauchy(), stats.norm(0, 1)) == math.inf
    assert kl_quad(stats.norm(0, 1), stats.uniform(-3, 6)) == math.inf


# --- 02


def test_no_one_correction_serves_both_pairs(says):
    """A quarter off the first pair is right, and makes the second worse."""
    dice = [np.random.default_rng(seed).standard_normal((1000, 2)).T for seed in range(20)]
    near, far = (
        np.mean([kl_histogram(p + 0.1 * x, q + 0.1 * y) for x, y in dice])
        for p, q in ((0.2, 0), (0, 0.5))
    )
    x, y = np.random.default_rng(16).standard_normal((1000, 2)).T
    assert 1 - 2 / kl_histogram(0.2 + 0.1 * x, 0.1 * y) == pytest.approx(0.24, abs=0.005)
    says("02", "reveal-far", "quarter")
    assert abs(0.75 * near - 2) < 0.1 < near - 2
    assert 12.5 - 0.75 * far > 12.5 - far > 4
