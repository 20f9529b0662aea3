"""One matrix over every public function: each argument, each kind of bad value.

A wrong type is a TypeError, a wrong value a ValueError; both name the argument and what is wrong.
"""

import math
import re

import numpy as np
import pytest
from scipy import stats

import kl_helpers

P, Q = [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]
X, Y = [0.1, 0.5, 0.9, 1.7, 2.2, 3.1, 4.0], [0.3, 0.4, 1.1, 1.2, 2.9, 3.0, 5.0, 6.5]
NORMALS = {"mu_p": 0, "sigma_p": 1, "mu_q": 0, "sigma_q": 1}
MATRIX = [[2.0, 0.5], [0.5, 1.0]]

VALID = {
    "entropy": {"p": P},
    "cross_entropy": {"p": P, "q": Q},
    "kl_divergence": {"p": P, "q": Q},
    "js_divergence": {"p": P, "q": Q},
    "jeffreys_divergence": {"p": P, "q": Q},
    "total_variation": {"p": P, "q": Q},
    "deviance": {"x": 1, "y": 2},
    "kl_normal": NORMALS,
    "cross_entropy_normal": NORMALS,
    "entropy_normal": {"sigma": 1},
    "kl_mvn": {"mu_p": [0, 0], "cov_p": MATRIX, "mu_q": [1, 0], "cov_q": np.eye(2)},
    "kl_exponential": {"rate_p": 1, "rate_q": 2},
    "kl_poisson": {"rate_p": 1, "rate_q": 2},
    "kl_bernoulli": {"p": 0.5, "q": 0.25},
    "kl_quad": {"p": stats.norm(), "q": stats.norm(1, 1)},
    "histogram_frequencies": {"x": X, "y": Y},
    "kl_histogram": {"x": X, "y": Y},
    "kde": {"x": X, "grid": [0, 1]},
    "kl_kde": {"x": X, "y": Y},
    "kl_knn": {"x": X, "y": Y},
    "kl_normal_fit": {"x": X, "y": Y},
    "kl_monte_carlo": {"log_p": stats.norm().logpdf, "log_q": stats.norm(1, 1).logpdf, "x": X},
}

PMF = [
    (name, argument)
    for name in (
        "entropy",
        "cross_entropy",
        "kl_divergence",
        "js_divergence",
        "jeffreys_divergence",
        "total_variation",
    )
    for argument in VALID[name]
]
SAMPLE = [
    (name, argument)
    for name in (
        "histogram_frequencies",
        "kl_histogram",
        "kde",
        "kl_kde",
        "kl_knn",
        "kl_normal_fit",
        "kl_monte_carlo",
    )
    for argument in VALID[name]
    if argument in ("x", "y")
]
PARAMETER = [
    (name, argument)
    for name in (
        "deviance",
        "kl_normal",
        "cross_entropy_normal",
        "entropy_normal",
        "kl_mvn",
        "kl_exponential",
        "kl_poisson",
        "kl_bernoulli",
    )
    for argument in VALID[name]
]
NUMERIC = [*PMF, *SAMPLE, *PARAMETER, ("kde", "grid")]
ARRAYS = [*PMF, *SAMPLE, ("kl_mvn", "mu_p"), ("kl_mvn", "cov_q"), ("kde", "grid")]

WRONG_TYPES = [
    None,
    "0.5",
    ["a", "b", "c"],
    True,
    [True, False],
    1j,
    [0.5 + 0j, 0.5],
    pytest.param(object(), id="object"),
    {"sun": 0.5, "rain": 0.5},
    {0.5, 0.25},
    [None, 1.0],
    np.array(["2020-01-01"], dtype="datetime64[D]"),
    np.ma.masked_array([0.5, 0.5, 0.5], mask=[False, False, True]),
]


def call(name, **changes):
    return getattr(kl_helpers, name)(**{**VALID[name], **changes})


def refuses(error, name, argument, value, words=""):
    with pytest.raises(error) as caught:
        call(name, **{argument: value})
    assert type(caught.value) is error  # not a subclass that some library happened to raise
    message = str(caught.value)
    assert re.search(rf"\b{argument}\b", message), message
    assert words in message, message
    assert len(message) < 300


def test_every_public_function_is_in_the_matrix():
    assert set(VALID) == set(kl_helpers.__all__)
    for name in VALID:
        call(name)


@pytest.mark.parametrize("value", WRONG_TYPES, ids=repr)
@pytest.mark.parametrize(("name", "argument"), NUMERIC)
def test_wrong_type(name, argument, value):
    refuses(TypeError, name, argument, value)


@pytest.mark.parametrize(("name", "argument"), NUMERIC)
def test_not_finite(name, argument):
    for value in (math.nan, math.inf, -math.inf):
        bad = [0.5, value, 0.5] if (name, argument) in ARRAYS else value
        if (name, argument) in (("kl_mvn", "cov_p"), ("kl_mvn", "cov_q")):
            bad = [[1, value], [value, 1]]
        refuses(ValueError, name, argument, bad, str(value))


@pytest.mark.parametrize(("name", "argument"), NUMERIC)
def test_long_input_makes_a_short_message(name, argument):
    refuses(TypeError, name, argument, ["0.5"] * 1000)


@pytest.mark.parametrize(("name", "argument"), ARRAYS)
def test_ragged(name, argument):
    refuses(ValueError, name, argument, [[0.5, 0.5], [1.0]], "regular")


@pytest.mark.parametrize(("name", "argument"), PMF)
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "empty"),
        (np.ones((3, 0)), "(3, 0)"),
        (np.ones((0, 3)), "(0, 3)"),
        (0.5, "0.5"),
        ([0.5, 0.7, -0.2], ">= 0, but holds -0.2 at index 2"),
        ([[0.5, 0.5, 0], [1.5, -0.5, 0]], "-0.5 at index (1, 1)"),
        ([0.5, 0.3, 0.1], "must sum to 1, but sums to 0.9 (pass normalize=True to rescale)"),
        ([[0.5, 0.3, 0.2], [0.5, 0.4, 0.2]], "sums to 1.1"),
        ([0.5, 0.3, 0.2 + 1e-8], "1.00000001"),
        ([2, 5, 3], "pass normalize=True"),
    ],
)
def test_not_a_probability_vector(name, argument, value, words):
    refuses(ValueError, name, argument, value, words)


@pytest.mark.parametrize(("name", "argument"), PMF)
@pytest.mark.parametrize("value", [[1.2, 0.3, 5.1], [-0.3, 0.4, 0.9]])
def test_a_sample_in_place_of_probabilities_is_pointed_elsewhere(name, argument, value):
    refuses(ValueError, name, argument, value, "draws belong in kl_histogram")


@pytest.mark.parametrize(("name", "argument"), PMF)
def test_what_cannot_be_normalized(name, argument):
    for value, words in (([0, 0, 0], "sums to 0"), ([1e308, 1e308, 0], "overflows")):
        with pytest.raises(ValueError, match=words) as caught:
            call(name, **{argument: value}, normalize=True)
        assert f"{argument} " in str(caught.value)
    with pytest.raises(ValueError, match="-1"):
        call(name, **{argument: [2, -1, 1]}, normalize=True)


@pytest.mark.parametrize("name", [name for name, argument in PMF if argument == "q"])
def test_shapes_that_do_not_match(name):
    with pytest.raises(ValueError, match="p has 3 outcomes, but q has 2"):
        call(name, q=[0.5, 0.5])
    with pytest.raises(ValueError, match=re.escape("p (2, 3), q (4, 3)")):
        call(name, p=[P] * 2, q=[Q] * 4)


@pytest.mark.parametrize("name", sorted({name for name, _ in PMF}))
def test_options_of_the_divergences(name):
    for axis in (1, -2, 7):
        with pytest.raises(ValueError, match=f"axis {axis} does not exist in p"):
            call(name, axis=axis)
    for axis in (0.0, None, "0", True):
        with pytest.raises(TypeError, match="axis must be an integer"):
            call(name, axis=axis)
    if name != "total_variation":
        for base in (1, 0, -2, 0.5, math.nan, math.inf, [2, 3]):
            refuses(ValueError, name, "base", base)
        for base in ("2", True, 2j):
            refuses(TypeError, name, "base", base)
    if name in ("kl_divergence", "cross_entropy", "jeffreys_divergence"):
        for epsilon in (-1e-9, math.nan, math.inf, [0, 1]):
            refuses(ValueError, name, "epsilon", epsilon)
        for epsilon in ("0", None, True):
            refuses(TypeError, name, "epsilon", epsilon)


@pytest.mark.parametrize(
    ("name", "argument"),
    [pair for pair in PARAMETER if pair[1].startswith("sigma") or pair[0] == "kl_exponential"],
)
@pytest.mark.parametrize("value", [0, -1, [1, -0.5]])
def test_not_positive(name, argument, value):
    refuses(ValueError, name, argument, value, "must be > 0, but holds")


@pytest.mark.parametrize(("name", "argument"), [("kl_poisson", "rate_p"), ("kl_poisson", "rate_q")])
def test_negative_rate(name, argument):
    refuses(ValueError, name, argument, -1, "must be >= 0, but holds -1")


@pytest.mark.parametrize("argument", ["p", "q"])
@pytest.mark.parametrize("value", [-0.1, 1.1, [0.5, 2]])
def test_not_a_probability_of_heads(argument, value):
    refuses(ValueError, "kl_bernoulli", argument, value, "[0, 1]")


@pytest.mark.parametrize("argument", ["x", "y"])
def test_negative_deviance_argument(argument):
    refuses(ValueError, "deviance", argument, [1, -2], "-2.0 at index 1")


@pytest.mark.parametrize(
    "name", ["deviance", "kl_normal", "cross_entropy_normal", "kl_exponential", "kl_poisson"]
)
def test_parameters_that_do_not_broadcast(name):
    first, *_, last = VALID[name]
    with pytest.raises(ValueError, match="do not broadcast"):
        call(name, **{first: [1, 2], last: [1, 2, 3]})


@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("mu_p", [[0, 0]], "(1, 2)"),
        ("mu_q", [], "(0,)"),
        ("mu_q", [0, 0, 0], "2 and 3"),
        ("cov_p", [[1, 0, 0]], "(1, 3)"),
        ("cov_q", np.eye(3), "(3, 3)"),
        ("cov_p", [[1, 2], [0, 1]], "symmetric"),
        ("cov_q", [[1, 2], [2, 1]], "eigenvalue -1"),
        ("cov_q", [[1, 1], [1, 1]], "positive definite"),
        ("cov_p", np.zeros((2, 2)), "positive definite"),
    ],
)
def test_multivariate_normal(argument, value, words):
    refuses(ValueError, "kl_mvn", argument, value, words)


@pytest.mark.parametrize("argument", ["p", "q"])
def test_quad_wants_frozen_distributions(argument):
    for value in (None, "norm", stats.gamma, 0.5, stats.poisson(3), [0.5] * 1000, abs):
        refuses(TypeError, "kl_quad", argument, value, "frozen continuous distribution")
    for value in (stats.norm(0, -1), stats.norm([0, 1], 1), stats.gamma(-1)):
        refuses(ValueError, "kl_quad", argument, value, "valid parameters")


@pytest.mark.parametrize(("name", "argument"), SAMPLE)
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "at least 2 draws"),
        (3.0, "at least 2 draws"),
        ([3.0], "at least 2 draws"),
        ([2.0] * 6, "constant: all 6 draws are 2.0"),
        (np.ones((6, 2)), "constant"),
        (np.ones((6, 0)), "(6, 0)"),
    ],
)
def test_not_a_sample(name, argument, value, words):
    refuses(ValueError, name, argument, value, words)


@pytest.mark.parametrize(
    ("name", "argument"), [pair for pair in SAMPLE if pair[0] not in ("kl_knn", "kl_monte_carlo")]
)
def test_a_sample_with_two_axes(name, argument):
    refuses(ValueError, name, argument, [[1, 2], [3, 4]], "shape (2, 2)")


@pytest.mark.parametrize("name", ["histogram_frequencies", "kl_histogram"])
def test_bins(name):
    for bins in (0, -5):
        refuses(ValueError, name, "bins", bins, f"at least 1, but is {bins}")
    for bins in (9.5, "99", None, True, [1, 2]):
        refuses(TypeError, name, "bins", bins)
    with pytest.raises(ValueError, match="bins=99 do not fit"):
        call(name, x=[1e16, 1e16 + 2], y=[1e16, 1e16 + 2])
    with pytest.raises(ValueError, match="bins=99 do not fit"):
        call(name, x=[-1e308, 1e308], y=[0, 1])


def test_epsilon_of_the_histogram():
    for epsilon in (-1e-9, math.nan, math.inf, [0, 1]):
        refuses(ValueError, "kl_histogram", "epsilon", epsilon)
    for epsilon in ("0", None, True):
        refuses(TypeError, "kl_histogram", "epsilon", epsilon)


@pytest.mark.parametrize("name", ["kde", "kl_kde", "kl_normal_fit"])
def test_a_spread_out_of_range(name):
    refuses(ValueError, name, "x", [-1e308, 1e308], "rescale")
    refuses(ValueError, name, "x", [0, 1e-200], "rescale")


def test_neighbours():
    for k in (0, -1):
        refuses(ValueError, "kl_knn", "k", k, f"at least 1, but is {k}")
    for k in (1.0, "5", None, True):
        refuses(TypeError, "kl_knn", "k", k)
    refuses(ValueError, "kl_knn", "k", 7, "x must hold at least k=7 draws")
    with pytest.raises(ValueError, match="y must hold at least k=5 draws"):
        call("kl_knn", y=[1, 2, 3, 4])
    with pytest.raises(ValueError, match="x and y must have one dimension, but have 2 and 1"):
        call("kl_knn", x=np.arange(20.0).reshape(10, 2))
    refuses(ValueError, "kl_knn", "x", np.arange(8.0).reshape(2, 2, 2), "(2, 2, 2)")


def test_monte_carlo():
    refuses(ValueError, "kl_monte_carlo", "estimator", "k4", '"k1", "k2" or "k3"')
    refuses(ValueError, "kl_monte_carlo", "estimator", None)
    refuses(ValueError, "kl_monte_carlo", "estimator", ["k1"])
    for argument in ("log_p", "log_q"):
        for value in (None, "norm", 0.5, [0.5, 0.5], stats.norm()):
            refuses(TypeError, "kl_monte_carlo", argument, value, "function of the draws")
        for value in (
            lambda x: 0.0,
            lambda x: x[:2],
            lambda x: "text",
            lambda x: None,
            lambda x: x + 0j,
            lambda x: x > 1,
            lambda x: np.full(x.shape, np.nan),
            lambda x: np.full(x.shape, np.inf),
        ):
            refuses(ValueError, "kl_monte_carlo", argument, value)
    # A draw that p cannot give.
    refuses(ValueError, "kl_monte_carlo", "log_p", stats.uniform(0, 1).logpdf, "at x[3]")
