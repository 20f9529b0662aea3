"""Notebook 04: what its prose says, what its explorers show, and what its checks answer."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from kl_course.checks import properties as checks
from kl_course.explorers import properties as explorers
from kl_helpers import (
    deviance,
    jeffreys_divergence,
    js_divergence,
    kl_bernoulli,
    kl_divergence,
    kl_exponential,
    kl_normal,
    total_variation,
)

# Tolerances of 1e-15 to 1e-12 are some roundings of numbers up to 3; a root of what may be rounding
# alone, such as √JS of equal coins, is known to √1e-16; the others are half a digit that is said.
SIDES = ("heads", "tails")
ODDS = (0.05, 0.3, 0.5, 0.95)
heads = st.floats(0.01, 0.99)


def coin(p):
    return [p, 1 - p]


def kl_coins(p, q):
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


def root_js_coins(p, q):
    m = (p + q) / 2
    return math.sqrt(max(kl_coins(p, m) + kl_coins(q, m), 0) / 2)


# --- Explorers --------------------------------------------------------------------------------


def test_gibbs_shows_terms_and_areas_with_one_sum():
    explorer = explorers.explore_gibbs()
    for p_heads, q_heads in itertools.product(ODDS, ODDS):
        explorer.set(p_heads=p_heads, q_heads=q_heads)
        p, q = (explorer.controls[f"{who}_heads"].value for who in "pq")
        values = explorer.values()
        terms = [values[f"{side}: p·log(p/q)"] for side in SIDES]
        areas = [values[f"{side}: d(p, q)"] for side in SIDES]
        assert sum(terms) == pytest.approx(kl_coins(p, q), abs=1e-14)
        assert sum(areas) == pytest.approx(values["D(p‖q)"], abs=1e-14)
        assert min(areas) >= 0
        assert min(terms) < 0 < max(terms) or p == q
        for term, area, x, y in zip(terms, areas, coin(p), coin(q), strict=True):
            assert term == pytest.approx(x * math.log(x / y), abs=1e-14)
            drawn, _ = integrate.quad(lambda t, y=y: math.log(t / y), y, x)
            assert area == pytest.approx(drawn, abs=1e-12)
            assert area == pytest.approx(x * (y / x - 1 - math.log(y / x)), abs=1e-14)


def test_gibbs_says_which_ratio_leaves_the_picture():
    explorer = explorers.explore_gibbs()
    explorer.set(p_heads=0.05, q_heads=0.95)
    assert "The ratio q/p of heads leaves the picture: it reaches 19.0" in explorer.summary
    assert "of tails leaves" not in explorer.summary


def artist(explorer, gid):
    (found,) = (a for ax in explorer.drawing.axes for a in ax.get_children() if a.get_gid() == gid)
    return found


def test_gibbs_draws_the_gap_from_the_curve_to_the_tangent_and_two_ladders_of_one_height(boxes):
    explorer = explorers.explore_gibbs()  # p = (0.5, 0.5), q = (0.1, 0.9)
    for side, r in (("heads", 0.2), ("tails", 1.8)):
        gap = artist(explorer, f"{side} gap")
        assert gap.get_xdata() == pytest.approx([r, r])
        assert gap.get_ydata() == pytest.approx([math.log(r), r - 1])
    divergence = explorer.values()["D(p‖q)"]
    *_, ladder = explorer.drawing.axes
    (fall,), (*_, climb) = boxes(ladder, "loss"), boxes(ladder, "gain")
    assert fall[3] == pytest.approx(divergence)  # a bar of negative height ends at y1
    assert climb[3] == pytest.approx(divergence)


def test_gibbs_words_in_the_area_touch_nothing():
    explorer = explorers.explore_gibbs()
    _, area, _ = explorer.drawing.axes
    for p, q in itertools.product(np.linspace(0.05, 0.95, 19), repeat=2):
        explorer.set(p_heads=p, q_heads=q)
        words = [a for a in area.texts if a.get_gid() in ("heads", "tails")]
        boxes = [word.get_window_extent() for word in words]
        assert not boxes[0].overlaps(boxes[1]), (p, q)
        for box in boxes:
            assert area.bbox.x0 <= box.x0, (p, q)
            assert box.x1 <= area.bbox.x1, (p, q)
            (left, low), (right, high) = area.transData.inverted().transform(box)
            assert math.log(left) > high or math.log(right) < low, (p, q)


def test_triangle_sums_and_verdict():
    explorer = explorers.explore_triangle()
    places = (0.01, 0.1, 0.25, 0.9)
    for a, b, c in itertools.product(places, repeat=3):
        explorer.set(a=a, b=b, c=c)
        straight, detour, straight_js, detour_js = explorer.values().values()
        assert straight == pytest.approx(kl_coins(a, c), rel=1e-13, abs=1e-15)
        assert detour == pytest.approx(kl_coins(a, b) + kl_coins(b, c), rel=1e-13, abs=1e-15)
        assert straight_js == pytest.approx(root_js_coins(a, c), rel=1e-7, abs=1e-8)
        assert detour_js == pytest.approx(
            root_js_coins(a, b) + root_js_coins(b, c), rel=1e-7, abs=1e-8
        )
        assert ("the triangle fails" in explorer.summary) == (straight > detour)


def test_triangle_presets_hold_and_fail():
    explorer = explorers.explore_triangle()
    explorer.press("b beyond")
    assert "fails" not in explorer.summary
    explorer.press("b on the way")
    assert "By D the detour saves 0.2747 nats: the triangle fails." in explorer.summary
    explorer.set(a=0.99, b=0.01)
    assert "A bar leaves the picture" in explorer.summary


def test_relatives_by_hand():
    explorer = explorers.explore_relatives()
    for p, q in itertools.product((0.01, 0.3, 0.99), repeat=2):
        explorer.set(p_heads=p, q_heads=q)
        forward, backward, jeffreys, js, tv, bound = explorer.values().values()
        assert forward == pytest.approx(kl_coins(p, q), rel=1e-13, abs=1e-15)
        assert backward == pytest.approx(kl_coins(q, p), rel=1e-13, abs=1e-15)
        assert jeffreys == pytest.approx((p - q) * special.logit(p) - (p - q) * special.logit(q))
        assert js == pytest.approx(root_js_coins(p, q) ** 2, abs=1e-15)
        assert tv == pytest.approx(abs(p - q), abs=1e-15)
        assert bound == pytest.approx(math.sqrt(forward / 2))
        assert ("leaves the picture" in explorer.summary) == (jeffreys > 3)


def test_relatives_far_is_no_mirror_pair():
    explorer = explorers.explore_relatives()
    explorer.press("Far")
    before = explorer.values()
    curves = explorer.frame.data["curves"]
    assert [name for name, curve in curves.items() if max(curve) > 3] == ["D(p‖q)", "Jeffreys"]
    assert max(curves["JS"]) < math.log(2) < max(curves["D(q‖p)"])
    explorer.press("Swap p ↔ q")
    after = explorer.values()
    changed = [name for name in before if abs(after[name] - before[name]) > 1e-9]
    assert changed == ["D(p‖q)", "D(q‖p)", "√(D(p‖q)/2)"]


def test_relatives_dots_lie_on_their_curves():
    explorer = explorers.explore_relatives()
    explorer.set(p_heads=0.2, q_heads=0.6)
    for name, value in explorer.values().items():
        curve, dot = artist(explorer, name), artist(explorer, f"{name} dot")
        assert np.interp(0.6, *curve.get_data()) == pytest.approx(value, abs=1e-12)
        assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (0.6, value)


# --- Theorems of the notebook -----------------------------------------------------------------


@given(st.floats(-3, 3), st.floats(0.2, 5), st.floats(0.2, 5))
def test_normals_are_symmetric_exactly_for_equal_widths(shift, sigma_p, sigma_q):
    """D(p‖q) − D(q‖p) = (sinh 2u − 2u) + δ²/2·(1/σ_q² − 1/σ_p²), of the sign of u."""
    difference = kl_normal(shift, sigma_p, 0, sigma_q) - kl_normal(0, sigma_q, shift, sigma_p)
    u = math.log(sigma_p / sigma_q)
    by_hand = math.sinh(2 * u) - 2 * u + shift**2 / 2 * (1 / sigma_q**2 - 1 / sigma_p**2)
    assert difference == pytest.approx(by_hand, rel=1e-9, abs=1e-9)
    if abs(u) > 0.01:
        assert difference * u > 0
    assert kl_normal(shift, sigma_p, 0, sigma_p) == kl_normal(0, sigma_p, shift, sigma_p)


def test_far_apart_the_directions_differ_by_the_ratio_of_the_variances():
    assert kl_normal(1e4, 2, 0, 1) / kl_normal(0, 1, 1e4, 2) == pytest.approx(4, rel=1e-6)


@given(heads, heads, heads)
def test_root_js_and_total_variation_keep_the_triangle(a, b, c):
    for measure in (lambda p, q: math.sqrt(js_divergence(p, q)), total_variation):
        ac, ab, bc = (measure(coin(x), coin(y)) for x, y in ((a, c), (a, b), (b, c)))
        assert ac <= ab + bc + 1e-9


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.data())
def test_the_bare_formula_is_deviances_plus_the_difference_of_the_sums(p, data):
    q = data.draw(st.lists(st.floats(0.01, 1), min_size=len(p), max_size=len(p)))
    bare = special.rel_entr(p, q).sum()
    assert bare == pytest.approx(deviance(p, q).sum() + sum(p) - sum(q), abs=1e-13)


@given(heads, heads)
def test_pinsker_with_its_constant_in_nats(p, q):
    assert kl_bernoulli(p, q) >= 2 * (p - q) ** 2 * (1 - 1e-9)


def test_pinskers_constant_cannot_be_improved():
    assert 1e-3 / math.sqrt(kl_bernoulli(0.5, 0.501) / 2) == pytest.approx(1, abs=1e-5)


# --- Numbers that the prose says --------------------------------------------------------------


def test_the_relatives_of_two_normals_are_exact_to_the_digits_shown():
    x = np.arange(-10, 18, 0.01)
    for shift in (0.5, 1, 2, 4, 8):
        p, q = stats.norm.pdf(x, 0, 1), stats.norm.pdf(x, shift, 1)
        exact = {
            kl_divergence: shift**2 / 2,
            jeffreys_divergence: shift**2,
            js_divergence: js_of_normals(shift),
            total_variation: 2 * stats.norm.cdf(shift / 2) - 1,
        }
        for measure, value in exact.items():
            assert measure(p, q, normalize=True) == pytest.approx(value, abs=1e-5)


def js_of_normals(shift):
    def depth(x):
        p, q = stats.norm.pdf(x), stats.norm.pdf(x - shift)
        m = (p + q) / 2
        return (special.rel_entr(p, m) + special.rel_entr(q, m)) / 2

    return integrate.quad(depth, -12, shift + 12, points=(0, shift / 2, shift), limit=200)[0]


@pytest.mark.parametrize(
    ("p", "step", "shown"),
    [((0.2, 0.3, 0.5), 1e-10, "1.267e-19"), ((0.2, 0.3, 0.5), 1e-8, "1.267e-15")],
)
def test_kl_divergence_of_near_equals_against_sixty_digits(p, step, shown):
    q = np.array(p) + step * np.array([-2, 1, 1])
    with mpmath.workdps(60):
        exact_p, exact_q = ([mpmath.mpf(float(x)) for x in v] for v in (p, q))
        total_p, total_q = mpmath.fsum(exact_p), mpmath.fsum(exact_q)
        exact = mpmath.fsum(
            a / total_p * mpmath.log(a / total_p * total_q / b)
            for a, b in zip(exact_p, exact_q, strict=True)
        )
    assert f"{float(exact):.3e}" == f"{kl_divergence(p, q):.3e}" == shown


def test_the_numbers_that_explain_the_lost_digits(says):
    """The sum with exact logarithms is the divergence and what the three are short of 1."""
    p = [0.2, 0.3, 0.5]
    q = (np.array(p) + 1e-10 * np.array([-2, 1, 1])).tolist()
    with mpmath.workdps(60):
        pairs = [(mpmath.mpf(a), mpmath.mpf(b)) for a, b in zip(p, q, strict=True)]
        exact = mpmath.fsum(a * mpmath.log(a / b) for a, b in pairs)
        short = mpmath.fsum(a - b for a, b in pairs)
        errors = [
            abs(a * math.log(float(a) / float(b)) / (a * mpmath.log(a / b)) - 1) for a, b in pairs
        ]
    p, q = np.array(p), np.array(q)
    printed = np.sum(p * np.log1p((p - q) / q))
    bare = np.sum(p * np.log(p / q))
    assert printed == pytest.approx(float(exact), rel=1e-4, abs=0)  # a term's last digit is 1e-26
    for number in (exact, short, bare):
        says("04", "reveal-digits", f"{float(number) * 1e17:.3f}", "10^{-17}")
    says("04", "digits-cure", f"{float(exact) * 1e17:.3f}", "10^{-17}")
    assert float(exact - short) == pytest.approx(kl_divergence(p, q), rel=1e-3, abs=0)
    assert 1e-8 < max(errors) < 1e-7  # of the bare formula's terms: seven digits


def test_exponentials_agree_in_both_directions_only_when_they_are_the_same():
    for u in np.linspace(-3, 3, 61):
        difference = kl_exponential(math.exp(u), 1) - kl_exponential(1, math.exp(u))
        assert difference == pytest.approx(2 * (u - math.sinh(u)), abs=1e-12)
        assert difference * u < 0 or abs(u) < 1e-9


probabilities = st.lists(st.floats(0.01, 1), min_size=6, max_size=6).map(
    lambda weights: np.array(weights).reshape(2, 3) / sum(weights)
)


@given(probabilities, probabilities, st.floats(0, 1))
def test_the_rules_that_go_by_a_name(p, q, share):
    """Chain rule, data processing, additivity and joint convexity; 1e-12 is for rounding."""
    both = kl_divergence(p.ravel(), q.ravel(), normalize=True)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    today = kl_divergence(rows, q.sum(axis=1), normalize=True)
    tomorrow = kl_divergence(p, q, axis=1, normalize=True)
    assert both == pytest.approx(today + rows @ tomorrow, abs=1e-12)
    noise = np.array([[0.9, 0.1], [0.4, 0.6]])
    blurred = kl_divergence(rows @ noise, q.sum(axis=1) @ noise, normalize=True)
    assert blurred <= today + 1e-12 <= both + 2e-12
    apart = [np.outer(t.sum(axis=1), t.sum(axis=0)).ravel() for t in (p, q)]
    part = kl_divergence(columns, q.sum(axis=0), normalize=True)
    assert kl_divergence(*apart, normalize=True) == pytest.approx(today + part, abs=1e-12)
    pairs = [(p[0] / rows[0], q[0] / q[0].sum()), (p[1] / rows[1], q[1] / q[1].sum())]
    mixed = [share * first + (1 - share) * second for first, second in zip(*pairs, strict=True)]
    bound = share * tomorrow[0] + (1 - share) * tomorrow[1]
    assert kl_divergence(*mixed, normalize=True) <= bound + 1e-12


def test_both_ways_of_writing_a_term_are_negative_for_near_equals():
    p = np.array([0.2, 0.3, 0.5])  # so that the printed line holds for every version of SciPy
    q = p + 1e-10 * np.array([-2, 1, 1])
    assert q.sum() == 1
    for logs in (np.log(p / q), np.log1p((p - q) / q), -np.log1p((q - p) / p)):
        assert np.sum(p * logs) < -1e-17
    assert -np.sum(p - q) / kl_divergence(p, q) == pytest.approx(200, rel=0.15)


def test_what_the_solution_says_of_the_second_report():
    assert kl_normal(0, 1, 0.1, 1) == pytest.approx(0.005)
    z = np.random.default_rng(0).standard_normal((2000, 200))
    averages = (0.005 - 0.1 * z).mean(axis=1)  # the log-ratio of the two normals
    assert averages.std() == pytest.approx(0.007, abs=4e-4)


@pytest.mark.parametrize("seed", range(3))
def test_sorted_samples_are_as_the_audit_says(seed):
    def tutorial(n):
        rng = np.random.default_rng(seed)
        p, q = np.sort(rng.normal(0, 1, n)), np.sort(rng.normal(1, 1, n))
        with np.errstate(invalid="ignore"):
            return p, q, np.nansum(p * np.log2(p / q)), np.nansum(q * np.log2(q / p))

    p, q, forward, backward = tutorial(10_000)
    assert forward < 0 < backward
    assert backward / -forward == pytest.approx(1.5, abs=0.1)  # half as large again
    assert np.mean(p / q < 0) == pytest.approx(1 / 3, abs=0.02)  # C
    assert tutorial(20_000)[2] / forward == pytest.approx(2, abs=0.1)  # D
    assert kl_normal(0, 1, 1, 1) == kl_normal(1, 1, 0, 1) == 0.5  # E


def test_small_steps_make_a_detour_at_most_half_as_long():
    """The best b makes the factor 2, wherever the two coins are."""
    for a in np.linspace(0.1, 0.9, 200):
        b = a + np.linspace(0.001, 0.009, 81)
        detours = kl_bernoulli(a, b) + kl_bernoulli(b, a + 0.01)
        assert kl_bernoulli(a, a + 0.01) / detours.min() == pytest.approx(2, abs=0.02)


# --- Checks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answers", "words"),
    [
        ("check_negative_reports", "BCDB", "`report_1`: More than one bin"),
        ("check_negative_reports", "CCDB", "`report_1`: Nothing was drawn"),
        ("check_negative_reports", "DCDB", "`report_1`: Look at the size"),
        ("check_negative_reports", "AADB", "`report_2`: Both are normal densities"),
        ("check_negative_reports", "ABDB", "`report_2`: It is an average"),
        ("check_negative_reports", "ADDB", "`report_2`: Look at the size"),
        ("check_negative_reports", "ACAB", "`report_3`: Both sum to 1 as nearly"),
        ("check_negative_reports", "ACDA", "`report_4`: Add them up"),
        ("check_negative_reports", "EEEE", "no exceptions"),
        ("check_negative_reports", "ACDX", "`report_4`: `'X'` is none of the letters"),
        ("check_sorted_audit", ("AC", 0.721), "a finding is missing. What are the two exact"),
        ("check_sorted_audit", ("AE", 0.721), "a finding is missing. What becomes of a pair"),
        ("check_sorted_audit", ("CE", 0.721), "a finding is missing. What goes in?"),
        ("check_sorted_audit", ("ABCE", 0.721), "B is not a fault"),
        ("check_sorted_audit", ("ACDE", 0.721), "D would make it worse"),
        ("check_sorted_audit", ("ACEX", 0.721), "letters from A to E"),
        ("check_sorted_audit", (3, 0.721), "letters from A to E"),
        ("check_sorted_audit", (["A", 3], 0.721), "letters from A to E"),
        ("check_sorted_audit", (["A", "B"], 0.721), "B is not a fault"),
        ("check_sorted_audit", ("ACE", 0.5), "`exact`: That is in nats"),
        ("check_sorted_audit", ("ACE", 0.347), "divide by ln 2"),
        ("check_sorted_audit", ("ACE", 1.443), "lacks the ½"),
        ("check_sorted_audit", ("ACE", 1), "lacks the ½ of the closed form, and is in nats"),
        ("check_sorted_audit", ("ACE", 0), "not 0"),
        ("check_triangle", (0.5, 0.25, 0.1), "fails, by a factor of 2.16; 2.5 is wanted"),
        ("check_triangle", (0.5, 0.9, 0.1), "here the triangle inequality holds"),
        ("check_triangle", (0.01, 0.13, 0.44), "Swap a and c"),
        ("check_triangle", (0.5, 0.5, 0.1), "three different coins"),
        ("check_triangle", (0.5, 0.2, 0), "`c` is a probability between 0 and 1"),
        ("check_triangle", (50, 14, 1), "`a` is a probability"),
        ("check_triangle", ("0.5", 0.2, 0.1), "`a`: `'0.5'` is text"),
        ("check_pinsker", (0.2, 0.0833), "`nats`: √(2D) bounds Σ|p − q|"),
        ("check_pinsker", (0.1414, 0.0833), "`nats`: That lacks the ½"),
        ("check_pinsker", (0.01, 0.0833), "`nats`: That lacks the root"),
        ("check_pinsker", (0.02, 0.0833), "`nats`: That is D itself"),
        ("check_pinsker", (0.0833, 0.1), "`nats`: Here D is in nats already"),
        ("check_pinsker", (0.1, 0.1), "`bits`: The bound wants nats"),
        ("check_pinsker", (0.1, 0.1201), "`bits`: Times ln 2, not divided"),
        ("check_pinsker", (0.1, 0.08), "`bits`: 0.08 is close, but not right to 2"),
        ("check_pinsker", (10, 8.3), "`nats`: In percentage points that is right"),
        ("check_pinsker", (0.1, 8.3), "`bits`: In percentage points that is right"),
        ("check_pinsker", (0.1, 0.1177), "`bits`: That lacks the ½ under the root, beside"),
        ("check_pinsker", (0.1, 0.1665), "`bits`: √(2D) bounds Σ|p − q|: take half"),
        ("check_pinsker", (0.1, 0.0693), "`bits`: The ln 2 belongs under the root"),
    ],
)
def test_wrong_answers_that_people_give(name, answers, words):
    verdict = getattr(checks, name)(*answers)
    assert verdict.status == "wrong"
    assert words in verdict.message


@pytest.mark.parametrize(
    "findings",
    ["ACE", "e, c, a", "A and C and E", "A C E", "ACE.", ["A", "C", "E"], ("e", "c", "a"), {"ACE"}],
)
def test_the_findings_in_any_order(findings):
    assert checks.check_sorted_audit(findings, 0.7213).status == "right"


def test_the_slider_grid_has_triangles_that_are_wide_enough():
    grid = np.arange(1, 100) / 100
    d = kl_bernoulli(grid[:, None], grid)
    i, j, k = (d[:, None, :] >= 2.5 * (d[:, :, None] + d[None])).nonzero()
    distinct = (i != j) & (j != k)
    assert distinct.sum() > 500
    for a, b, c in grid[np.c_[i, j, k][distinct][::50]]:
        verdict = checks.check_triangle(a, b, c)
        assert verdict.status == "right", (a, b, c)
