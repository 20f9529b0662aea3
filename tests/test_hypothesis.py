"""Theorems of information theory, each as a property test with its tight constant, in nats."""

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kl_helpers import (
    cross_entropy,
    deviance,
    entropy,
    jeffreys_divergence,
    js_divergence,
    kl_bernoulli,
    kl_divergence,
    kl_exponential,
    kl_histogram,
    kl_normal,
    kl_poisson,
    total_variation,
)

# Both sides of an inequality are rounded: a few units in the last place, relative to their size.
SLACK = 1e-14


NORMAL = 1e-100  # the smallest weight where a test computes with probabilities: no underflow


def weights(smallest):
    return st.sampled_from([0.0, smallest, 1e-12, 0.5, 1.0]) | st.floats(smallest, 1)


@st.composite
def distributions(draw, count, least=2, most=6, smallest=5e-324):
    """`count` probability vectors over the same outcomes, zeros among them."""
    k = draw(st.integers(least, most))
    vectors = [draw(arrays(float, k, elements=weights(smallest))) for _ in range(count)]
    assume(all(vector.sum() > 1e-200 for vector in vectors))
    return [vector / vector.sum() for vector in vectors]


def at_most(left, right):
    return left <= right + SLACK * (1 + abs(right))


def equal(left, right):
    return left == right or abs(left - right) <= SLACK * (1 + abs(left) + abs(right))


@given(distributions(2))
def test_gibbs_inequality(pair):
    """D(p‖q) ≥ 0, with equality only for p = q."""
    p, q = pair
    divergence = kl_divergence(p, q)
    assert divergence >= 0
    if total_variation(p, q) > 1e-15:
        assert divergence > 0


@given(st.floats(0, 1e308), st.floats(0, 1e308))
def test_the_deviance_is_never_negative(x, y):
    """x log(x/y) − x + y ≥ 0: the terms of Gibbs' inequality."""
    d = deviance(x, y)
    assert d >= 0
    assert deviance(x, x) == 0
    if x > 0 and abs(x - y) > 1e-8 * (x + y) and min(x, y) > 1e-290:
        assert d > 0


@given(distributions(2))
def test_cross_entropy_is_entropy_plus_divergence(pair):
    """H(p, q) = H(p) + D(p‖q)."""
    p, q = pair
    assert equal(cross_entropy(p, q), entropy(p) + kl_divergence(p, q))


@given(distributions(1))
def test_entropy_lies_between_0_and_log_k(single):
    """0 ≤ H(p) ≤ log k, and the gap is D(p‖uniform)."""
    (p,) = single
    k = p.size
    assert entropy(p) >= 0
    assert equal(entropy(p) + kl_divergence(p, np.full(k, 1 / k)), math.log(k))


@given(distributions(2))
def test_js_is_symmetric_and_at_most_log_2(pair):
    """JS(p, q) = JS(q, p) ≤ log 2, exactly."""
    p, q = pair
    assert 0 <= js_divergence(p, q) <= math.log(2)
    assert js_divergence(p, q, base=2) <= 1
    assert equal(js_divergence(p, q), js_divergence(q, p))


@given(distributions(2, smallest=NORMAL))
def test_js_is_the_mean_divergence_from_the_middle(pair):
    """JS(p, q) = ½ D(p‖m) + ½ D(q‖m) = H(m) − ½ H(p) − ½ H(q)."""
    p, q = pair
    m = (p + q) / 2
    assert equal(js_divergence(p, q), (kl_divergence(p, m) + kl_divergence(q, m)) / 2)
    assert equal(js_divergence(p, q), entropy(m) - (entropy(p) + entropy(q)) / 2)


@given(distributions(3))
def test_the_root_of_js_obeys_the_triangle_inequality(triple):
    """√JS(p, r) ≤ √JS(p, q) + √JS(q, r) (Endres & Schindelin 2003)."""
    p, q, r = triple
    root = [math.sqrt(js_divergence(*pair)) for pair in ((p, r), (p, q), (q, r))]
    assert root[0] <= (root[1] + root[2]) * (1 + SLACK) + 1e-15


@given(distributions(2))
def test_pinsker(pair):
    """D(p‖q) ≥ 2 TV(p, q)², in nats."""
    p, q = pair
    assert at_most(2 * total_variation(p, q) ** 2, kl_divergence(p, q))


def test_the_constant_in_pinsker_is_tight():
    p, q = [0.5 + 1e-4, 0.5 - 1e-4], [0.5, 0.5]
    assert kl_divergence(p, q) <= 2 * (1 + 1e-7) * total_variation(p, q) ** 2


@given(distributions(2))
def test_bretagnolle_huber(pair):
    """TV(p, q)² ≤ 1 − exp(−D(p‖q))."""
    p, q = pair
    assert at_most(total_variation(p, q) ** 2, -math.expm1(-kl_divergence(p, q)))


@given(distributions(2))
def test_lin(pair):
    """JS(p, q) ≤ log 2 · TV(p, q), and JS ≤ ¼ Jeffreys (Lin 1991)."""
    p, q = pair
    assert at_most(js_divergence(p, q), math.log(2) * total_variation(p, q))
    assert at_most(js_divergence(p, q), jeffreys_divergence(p, q) / 4)


@given(distributions(2), st.randoms(use_true_random=False))
def test_outcomes_have_no_order(pair, random):
    """A permutation of the outcomes changes nothing."""
    p, q = pair
    order = list(range(p.size))
    random.shuffle(order)
    for function in (kl_divergence, js_divergence, jeffreys_divergence, cross_entropy):
        assert equal(function(p[order], q[order]), function(p, q))
    assert equal(total_variation(p[order], q[order]), total_variation(p, q))
    assert equal(entropy(p[order]), entropy(p))


@given(distributions(2))
def test_an_impossible_outcome_changes_nothing(pair):
    p, q = (np.append(vector, 0.0) for vector in pair)
    for function in (kl_divergence, js_divergence, jeffreys_divergence, cross_entropy):
        assert equal(function(p, q), function(p[:-1], q[:-1]))


@given(distributions(4, smallest=NORMAL), st.floats(0.001, 0.999))
def test_joint_convexity(vectors, t):
    """D(mixture‖mixture) ≤ mixture of the D (Cover & Thomas, theorem 2.7.2)."""
    p, p2, q, q2 = vectors
    for function in (kl_divergence, js_divergence, total_variation):
        parts = (t, function(p, q)), (1 - t, function(p2, q2))
        bound = sum(weight * value for weight, value in parts)
        assert at_most(function(t * p + (1 - t) * p2, t * q + (1 - t) * q2), bound)


@given(distributions(2, least=3, smallest=NORMAL), st.data())
def test_data_processing(pair, data):
    """Merging outcomes cannot tell p from q better than before."""
    p, q = pair
    groups = data.draw(arrays(int, p.size, elements=st.integers(0, 2)))
    merged_p, merged_q = (np.bincount(groups, vector, 3) for vector in (p, q))
    for function in (kl_divergence, js_divergence, jeffreys_divergence, total_variation):
        assert at_most(function(merged_p, merged_q), function(p, q))


@given(distributions(2, smallest=NORMAL), st.data())
def test_noise_is_data_processing_too(pair, data):
    """The same for a random map, given by a stochastic matrix."""
    p, q = pair
    rows = data.draw(arrays(float, (p.size, 3), elements=st.floats(0.01, 1)))
    rows /= rows.sum(axis=1, keepdims=True)
    for function in (kl_divergence, js_divergence, total_variation):
        assert at_most(function(p @ rows, q @ rows, normalize=True), function(p, q))


factors = distributions(2, most=4, smallest=NORMAL)


@given(factors, factors)
def test_divergences_of_independent_parts_add_up(first, second):
    """D(p₁×p₂ ‖ q₁×q₂) = D(p₁‖q₁) + D(p₂‖q₂), and so do entropies."""
    (p1, q1), (p2, q2) = first, second
    p, q = np.outer(p1, p2).ravel(), np.outer(q1, q2).ravel()
    assert equal(kl_divergence(p, q), kl_divergence(p1, q1) + kl_divergence(p2, q2))
    assert equal(entropy(p), entropy(p1) + entropy(p2))


@given(distributions(2, least=4, most=4, smallest=NORMAL))
def test_chain_rule(pair):
    """D of a joint distribution = D of the first coordinate + mean D of the second given it."""
    p, q = (vector.reshape(2, 2) for vector in pair)
    assume((p.sum(axis=1) > 1e-200).all() and (q.sum(axis=1) > 1e-200).all())
    first = kl_divergence(p.sum(axis=1), q.sum(axis=1))
    second = kl_divergence(p, q, normalize=True)
    weights = p.sum(axis=1)
    assert equal(kl_divergence(p.ravel(), q.ravel()), first + weights @ second)


@given(distributions(2))
def test_two_outcomes_are_a_coin(pair):
    p, q = (np.array([vector[0], 1 - vector[0]]) for vector in pair)
    assert equal(kl_bernoulli(p[0], q[0]), kl_divergence(p, q))


@given(st.floats(-100, 100), st.floats(1e-3, 1e3), st.floats(-100, 100), st.floats(1e-3, 1e3))
def test_closed_forms_obey_gibbs(mu_p, scale_p, mu_q, scale_q):
    for divergence, distance in (
        (kl_normal(mu_p, scale_p, mu_q, scale_q), max(abs(mu_p - mu_q), abs(scale_p - scale_q))),
        (kl_exponential(scale_p, scale_q), abs(scale_p - scale_q)),
        (kl_poisson(scale_p, scale_q), abs(scale_p - scale_q)),
    ):
        assert divergence >= 0
        if distance == 0:
            assert divergence == 0
        if distance > 1e-100:
            assert divergence > 0


@given(
    st.floats(-100, 100),
    st.floats(1e-3, 1e3),
    st.floats(-100, 100),
    st.floats(1e-3, 1e3),
    st.floats(0.01, 100),
)
def test_normals_do_not_mind_the_unit_of_length(mu_p, sigma_p, mu_q, sigma_q, c):
    """D is invariant under x → c·x."""
    scaled = kl_normal(c * mu_p, c * sigma_p, c * mu_q, c * sigma_q)
    original = kl_normal(mu_p, sigma_p, mu_q, sigma_q)
    noise = ((abs(mu_p) + abs(mu_q)) * abs(mu_p - mu_q) / sigma_q**2) + 1
    assert abs(scaled - original) <= 1e-14 * (original + noise)


samples = arrays(float, st.integers(2, 30), elements=st.floats(-1e6, 1e6))


@given(samples, samples, st.integers(1, 50), st.floats(0, 1))
def test_histogram_estimates_obey_gibbs(x, y, bins, epsilon):
    assume(np.ptp(x) > 1e-3 and np.ptp(y) > 1e-3)
    estimate = kl_histogram(x, y, bins=bins, epsilon=epsilon)
    assert estimate >= 0
    assert kl_histogram(x, x, bins=bins, epsilon=epsilon) == 0
    if bins == 1:
        assert estimate == 0
    if epsilon > 0:
        assert estimate < math.inf
