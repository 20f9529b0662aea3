"""The contract of errors in `help(kl_helpers)`: each function, each argument, each bad value.

A wrong type is a TypeError, a wrong value a ValueError; both name the argument and what is wrong.
"""

import math
import re
import warnings
from decimal import Decimal
from fractions import Fraction
from itertools import product

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
    "report": {"x": [*X, 5, 6, 7, 8, 9], "y": [*Y, 7, 8, 9, 10]},
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
    [np.ma.masked_array([0.5, 0.5], mask=[False, True])] * 2,
    [[(0.5, np.ma.masked)]],
    [Decimal("sNaN"), 1],
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
@pytest.mark.parametrize("value", [[10**400, 1], [0.5, 10**400], [Fraction(10**400), 0]], ids=str)
def test_a_number_too_large_for_a_float(name, argument, value):
    refuses(ValueError, name, argument, value, "too large")


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
    for axis in (0.0, None, "0", True, np.array([0]), np.array([0, 1]), [0]):
        refuses(TypeError, name, "axis", axis, "axis must be an integer")
    for axis in (2**70, -(10**5000)):
        refuses(ValueError, name, "axis", axis)
    for normalize in ("False", [0], 1, None, np.array([True, False]), 0.0):
        refuses(TypeError, name, "normalize", normalize, "True or False")
    if name != "total_variation":
        for base in (1, 0, -2, 0.5, math.nan, math.inf, [2, 3]):
            refuses(ValueError, name, "base", base)
        for base in ("2", True, 2j):
            refuses(TypeError, name, "base", base)
    if name in ("kl_divergence", "cross_entropy", "jeffreys_divergence"):
        for epsilon in (-1e-9, math.nan, math.inf, [0, 1], 1e308, 10**400):
            refuses(ValueError, name, "epsilon", epsilon)
        for epsilon in ("0", None, True):
            refuses(TypeError, name, "epsilon", epsilon)


LOGARITHMS = {"np.exp": np.log, "np.exp2": np.log2}


@pytest.mark.parametrize(("name", "argument"), PMF)
def test_what_is_no_probability_vector_but_can_be_made_one(name, argument):
    for undo, logarithm in LOGARITHMS.items():
        with np.errstate(divide="ignore"):
            for value in (logarithm(P), logarithm([0.5, 0.5, 0]), logarithm([P, Q])):
                refuses(ValueError, name, argument, value, f"pass {undo}({argument})")
    joint = np.outer(P, [0.25, 0.75])
    refuses(ValueError, name, argument, joint, f"axis 1, but sums to 0.2. Its shape is {(3, 2)}")
    refuses(ValueError, name, argument, joint, f"np.asarray({argument}).ravel()")
    column = np.array(P)[:, np.newaxis]
    refuses(ValueError, name, argument, column, "Its shape is (3, 1), one outcome a row")
    refuses(ValueError, name, argument, column, f"np.asarray({argument}).ravel(), or axis=0")
    refuses(ValueError, name, argument, np.transpose([P, Q]), "pass axis=0")
    for value in (joint, column, logarithm(P)):
        with pytest.raises(ValueError, match=argument) as caught:
            call(name, **{argument: value})
        assert "normalize" not in str(caught.value)  # which would make it worse


@pytest.mark.parametrize(("name", "argument"), PMF)
def test_half_precision_is_no_excuse(name, argument):
    # 8·√n·eps is 1.1 here: nothing would have been refused.
    for value in (np.zeros(20_000), np.full(20_000, 1e-5), np.full(20_000, 4e-4)):
        words = "float16 keeps 3 digits, and nothing below 6e-08" if value[0] < 1e-4 else "sums to"
        refuses(ValueError, name, argument, value.astype(np.float16), words)


class Labelled:
    """As much of a pandas object as matters: an array and its labels."""

    def __init__(self, values, index, columns=None):
        self.values, self.index = np.array(values), index
        if columns is not None:
            self.columns = columns

    def __array__(self, dtype=None, copy=None):
        return self.values


LABELLED = [
    *((name, "p", "q", P, Q) for name, argument in PMF if argument == "q"),
    ("deviance", "x", "y", [1, 2, 3], [2, 3, 4]),
    ("kl_exponential", "rate_p", "rate_q", [1, 2, 3], [2, 3, 4]),
    ("kl_poisson", "rate_p", "rate_q", [1, 2, 3], [2, 3, 4]),
    ("kl_bernoulli", "p", "q", P, Q),
    ("kl_normal", "mu_p", "sigma_q", [1, 2, 3], [2, 3, 4]),
    ("cross_entropy_normal", "sigma_p", "mu_q", [1, 2, 3], [2, 3, 4]),
]


@pytest.mark.parametrize(("name", "first", "second", "a", "b"), LABELLED)
def test_labels_that_differ(name, first, second, a, b):
    expected = call(name, **{first: a, second: b})
    sun = Labelled(a, ["sun", "rain", "snow"])
    for other in (["sun", "rain", "snow"], ("sun", "rain", "snow")):
        np.testing.assert_array_equal(
            call(name, **{first: sun, second: Labelled(b, other)}), expected
        )
    np.testing.assert_array_equal(call(name, **{first: sun, second: b}), expected)
    with pytest.raises(ValueError, match=f"{first} and {second} have different labels") as caught:
        call(name, **{first: sun, second: Labelled(b, ["rain", "sun", "snow"])})
    assert f"{first}.align({second}" in str(caught.value)
    assert f"{second}.reindex({first}.index" in str(caught.value)


def test_labels_of_tables():
    days = [1, 2]
    p = Labelled([P, Q], days, ["a", "b", "c"])
    q = Labelled([Q, P], days, ["a", "b", "c"])
    assert kl_helpers.kl_divergence(p, q).shape == (2,)
    assert kl_helpers.kl_divergence(p, Labelled(Q, ["a", "b", "c"])).shape == (2,)
    down = Labelled(np.transpose([P, Q]), ["a", "b", "c"], days)
    assert kl_helpers.kl_divergence(down, Labelled(Q, ["a", "b", "c"]), axis=0).shape == (2,)
    for other in (
        Labelled([Q, P], days, ["a", "c", "b"]),
        Labelled([Q, P], [2, 1], ["a", "b", "c"]),
        Labelled(Q, ["c", "b", "a"]),
        Labelled([0.5, 0.5], ["a", "b"]),
    ):
        with pytest.raises(ValueError, match="p and q have different labels"):
            kl_helpers.kl_divergence(p, other)
    with pytest.raises(ValueError, match="mu_p and cov_q have different labels"):
        call("kl_mvn", mu_p=Labelled([0, 0], "ab"), cov_q=Labelled(MATRIX, "ba", "ba"))


def test_labels_of_pandas():
    pd = pytest.importorskip("pandas")
    p = pd.Series(["a"] * 5 + ["b"] * 3 + ["c"] * 2).value_counts(normalize=True)
    q = pd.Series(["b"] * 5 + ["a"] * 3 + ["d"] * 2).value_counts(normalize=True)
    with pytest.raises(ValueError, match=re.escape("p.align(q, fill_value=0)")):
        kl_helpers.kl_divergence(p, q)
    p, q = p.align(q, fill_value=0)
    assert kl_helpers.kl_divergence(p, q) == math.inf
    assert kl_helpers.kl_divergence(p, p.rename("other")) == 0
    frame = pd.DataFrame([P, Q], columns=["a", "b", "c"])
    assert kl_helpers.kl_divergence(frame, frame.copy()).tolist() == [0, 0]
    with pytest.raises(ValueError, match="different labels"):
        kl_helpers.kl_divergence(frame, frame[["c", "b", "a"]])


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
        ("cov_p", [[1, 1], [1, 1 + 1e-15]], "one coordinate depends on the others"),
        ("cov_q", [[1e-300, 1e300], [1e300, 1e-300]], "positive definite"),
        ("cov_p", np.float32([[1, 0.5], [0.5001, 1]]), "symmetric"),
    ],
)
def test_multivariate_normal(argument, value, words):
    refuses(ValueError, "kl_mvn", argument, value, words)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_covariances_of_collinear_data_are_refused(dtype):
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.normal(rng.choice([0, 10]), 1, (rng.integers(10, 100), rng.integers(2, 7)))
        x[:, -1] = 2 * x[:, 0] + 1 if seed % 2 else x[:, :-1].sum(axis=1)
        cov, mu = np.cov(x.T).astype(dtype), np.zeros(x.shape[1])
        with pytest.raises(ValueError, match="cov_p must be positive definite"):
            kl_helpers.kl_mvn(mu, cov, mu, np.eye(len(mu)))


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
        (np.ones((6, 0)), "(6, 0)"),
    ],
)
def test_not_a_sample(name, argument, value, words):
    refuses(ValueError, name, argument, value, words)


@pytest.mark.parametrize(
    ("name", "argument"), [pair for pair in SAMPLE if pair[0] != "kl_monte_carlo"]
)
def test_a_constant_sample(name, argument):
    refuses(ValueError, name, argument, [2.0] * 6, "constant: all 6 draws are 2.0")
    refuses(ValueError, name, argument, np.ones((6, 2)), "constant")


@pytest.mark.parametrize(
    ("name", "argument"), [pair for pair in SAMPLE if pair[0] not in ("kl_knn", "kl_monte_carlo")]
)
def test_a_sample_with_two_axes(name, argument):
    refuses(ValueError, name, argument, [[1, 2], [3, 4]], "shape (2, 2)")


@pytest.mark.parametrize("name", ["histogram_frequencies", "kl_histogram"])
def test_bins(name):
    for bins in (0, -5):
        refuses(ValueError, name, "bins", bins, f"at least 1, but is {bins}")
    for bins in (10**7 + 1, 2**70, 10**5000):
        refuses(ValueError, name, "bins", bins, "at most 10000000")
    for bins in (9.5, "99", None, True, [1, 2]):
        refuses(TypeError, name, "bins", bins)
    with pytest.raises(ValueError, match="bins=99 do not fit"):
        call(name, x=[1e16, 1e16 + 2], y=[1e16, 1e16 + 2])
    with pytest.raises(ValueError, match="bins=99 do not fit"):
        call(name, x=[-1e308, 1e308], y=[0, 1])


def test_epsilon_of_the_histogram():
    for epsilon in (-1e-9, math.nan, math.inf, [0, 1], 1e308):
        refuses(ValueError, "kl_histogram", "epsilon", epsilon)
    for epsilon in ("0", None, True):
        refuses(TypeError, "kl_histogram", "epsilon", epsilon)


@pytest.mark.parametrize("name", ["kde", "kl_kde", "kl_normal_fit"])
def test_a_spread_out_of_range(name):
    refuses(ValueError, name, "x", [-1e308, 1e308], "rescale")
    refuses(ValueError, name, "x", [0, 1e-200], "rescale")
    refuses(ValueError, name, "x", [0.5, 1.0, 1e170, 2.0], "1e+170, at index 2 (drop it")


def test_neighbours():
    for k in (0, -1):
        refuses(ValueError, "kl_knn", "k", k, f"at least 1, but is {k}")
    for k in (1.0, "5", None, True):
        refuses(TypeError, "kl_knn", "k", k)
    for k in (2**70, 10**5000):
        refuses(ValueError, "kl_knn", "k", k)
    plane = {"x": np.arange(20.0).reshape(10, 2), "y": np.arange(3.0, 23).reshape(10, 2)}
    plane["x"][3, 1] = 1e170
    with pytest.raises(ValueError, match=re.escape("beside the largest, 1e+170")):
        call("kl_knn", **plane)
    refuses(ValueError, "kl_knn", "k", 7, "x must hold at least k=7 draws")
    with pytest.raises(ValueError, match="y must hold at least k=5 draws"):
        call("kl_knn", y=[1, 2, 3, 4])
    with pytest.raises(ValueError, match="x and y must have one dimension, but have 2 and 1"):
        call("kl_knn", x=np.arange(20.0).reshape(10, 2))
    refuses(ValueError, "kl_knn", "x", np.arange(8.0).reshape(2, 2, 2), "(2, 2, 2)")


def test_monte_carlo():
    refuses(ValueError, "kl_monte_carlo", "estimator", "k4", '"k1", "k2" or "k3"')
    refuses(ValueError, "kl_monte_carlo", "estimator", None)
    for estimator in (["k1"], np.array(["k1", "k2"]), 1, {}):
        refuses(ValueError, "kl_monte_carlo", "estimator", estimator)
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
            lambda x: [[1.0], [1.0, 2.0]],
            lambda x: np.ma.masked_array(x, x > 1),
        ):
            refuses(ValueError, "kl_monte_carlo", argument, value)
        # A pole at one of the draws.
        refuses(
            ValueError, "kl_monte_carlo", argument, lambda x: np.where(x == x[1], np.inf, 0), "x[1]"
        )
    # A draw that p cannot give.
    refuses(ValueError, "kl_monte_carlo", "log_p", stats.uniform(0, 1).logpdf, "at x[3]")


def test_a_table_that_sums_to_1_nowhere_is_sent_to_no_other_axis():
    table = [[0.2, 0.1, 0.1], [0.2, 0.1, 0.1]]  # its rows and its whole sum to less than 1
    refuses(ValueError, "entropy", "p", table, "sums to 0.4 (pass normalize=True to rescale)")


def test_a_joint_distribution_is_not_taken_for_a_column():
    with pytest.raises(ValueError, match="pass a joint distribution as") as caught:
        kl_helpers.entropy([[0.1, 0.2], [0.3, 0.4]])
    assert "axis=" not in str(caught.value)
    refuses(ValueError, "entropy", "p", [[0.4], [0.6]], "one outcome a row")


def test_many_outcomes_in_single_precision_may_be_off_by_their_roundings_only():
    p = np.full(10_000, np.float32(1.001e-4))  # 8 √10000 roundings are 1e-4, 8 · 10000 were 1e-2
    refuses(ValueError, "entropy", "p", p, "must sum to 1, but sums to 1.00")


def test_the_first_of_several_wrong_numbers_is_named():
    refuses(ValueError, "kl_normal", "sigma_q", [1, -2, 3, -4], "-2.0 at index 1")
    refuses(ValueError, "entropy", "p", [[1.5, -0.5], [1.25, -0.25]], "-0.5 at index (0, 1)")


def test_the_largest_draw_may_be_negative():
    words = "largest draw is -1e+200, at index 0"
    refuses(ValueError, "kl_normal_fit", "x", [-1e200, 1, 2], words)


@pytest.mark.parametrize("swap", [False, True])
def test_draws_of_several_columns_may_be_too_close_to_each_other_within_a_sample_or_across(swap):
    """Squares of such distances lose digits, wherever there is one."""
    apart = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0], [0.0, 2.0]])
    close = apart + np.array([1e-150, 0.0])
    x, y = (close, apart) if swap else (apart, close)
    with pytest.raises(ValueError, match=re.escape("too different size: beside the largest, 2.0")):
        kl_helpers.kl_knn(x, y, k=1)
    pair = np.vstack([apart, [1e-150, 0]])
    with pytest.raises(ValueError, match=re.escape("too different size: beside the largest, 2.5")):
        kl_helpers.kl_knn(pair, apart + 0.5, k=1)


# --- what is right


INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
FLOATS = [np.float16, np.float32, np.float64, np.longdouble]
REAL = [*FLOATS, *INTEGERS]
PAIRS = sorted({name for name, argument in PMF if argument == "q"})
SCALARS = [
    *product([*PAIRS, "entropy"], ["axis"], [0], INTEGERS),
    *product([*PAIRS, "entropy"], ["normalize"], [True], [np.bool_]),
    *product(
        [name for name in [*PAIRS, "entropy"] if name != "total_variation"], ["base"], [2], REAL
    ),
    # In 8 bits, 3 · 50 overflows.
    *product(["kl_divergence", "cross_entropy", "jeffreys_divergence"], ["epsilon"], [50], REAL),
    *product(["kl_histogram"], ["epsilon"], [50], REAL),
    *product(["kl_histogram"], ["bins"], [99], INTEGERS),
    *product(["kl_knn"], ["k"], [3], INTEGERS),
    *product(["kl_monte_carlo"], ["estimator"], ["k3"], [np.str_]),
    *product(["kde"], ["grid"], [1], REAL),
    *(
        (name, argument, 1, kind)
        for name, argument in PARAMETER
        if name != "kl_mvn"
        for kind in REAL
    ),
]


@pytest.mark.parametrize(("name", "argument", "value", "kind"), SCALARS)
def test_a_numpy_scalar_is_as_good_as_a_number(name, argument, value, kind):
    """The same operations follow, so that the results are the same bit for bit."""
    expected, got = call(name, **{argument: value}), call(name, **{argument: kind(value)})
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("kind", INTEGERS)
def test_a_numpy_scalar_for_the_number_of_bins(kind):
    for got, expected in zip(
        call("histogram_frequencies", bins=kind(99)), call("histogram_frequencies"), strict=True
    ):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("kind", REAL)
def test_numpy_scalars_for_a_multivariate_normal(kind):
    expected = kl_helpers.kl_mvn(1, 2, 3, 4)
    assert kl_helpers.kl_mvn(*map(kind, (1, 2, 3, 4))) == expected


@pytest.mark.parametrize(("name", "argument"), NUMERIC)
def test_python_numbers_in_an_object_array_are_numbers(name, argument):
    value = np.asarray(VALID[name][argument], float)
    expected = call(name, **{argument: value})
    for kind in (float, Fraction, Decimal):
        numbers = np.array([kind(x) for x in value.ravel().tolist()] + [None])[:-1]
        got = call(name, **{argument: numbers.reshape(value.shape)})
        np.testing.assert_equal(got, expected)


def test_large_and_exact_numbers():
    assert kl_helpers.entropy([2**70, 2**70], base=2, normalize=True) == 1
    thirds = [Fraction(1, 3)] * 3
    assert kl_helpers.kl_divergence(thirds, thirds) == 0
    assert kl_helpers.kl_poisson(2**70, 2**70) == 0
    with pytest.raises(TypeError, match="p must hold real numbers"):
        kl_helpers.entropy(np.array([0.5, True], dtype=object))


# --- a small fuzz, the same in each run


HOSTILE = [
    *(0, 1, -1, 0.5, 1e-300, 5e-324, 1e308, -1e308, math.nan, math.inf, 2**70, 10**400, 10**5000),
    *(None, "0.5", True, [], [1], (), {}, 1j, b"x", ..., np.array(3), np.array([1, 2]), object()),
    *(Fraction(1, 3), Decimal("0.3"), Decimal("NaN"), np.ma.masked, np.float16(0.1), np.int8(50)),
]
OPTIONS = {
    "axis": [0, -1, 1, 2**70],
    "base": [2, 1.0000001, 1e308],
    "normalize": [True, False],
    "epsilon": [1e-5, 1, 1e299, 1e308],
    "bins": [1, 99, 2**70],
    "k": [1, 3, 2**70],
    "estimator": ["k1", "k2", "k3"],
}
TYPES = [*FLOATS, np.int8, np.uint64, object, bool, complex, "U4"]
MAY_BE_NEGATIVE = {
    *("entropy_normal", "cross_entropy_normal", "kl_knn", "kl_monte_carlo"),
    "histogram_frequencies",  # its edges
}


def hostile_array(rng):
    shape = [(), (0,), (1,), (3,), (9,), (2, 3), (3, 2), (3, 1), (2, 2), (0, 3), (2, 3, 3)]
    shape = shape[rng.integers(len(shape))]
    kind = rng.integers(5)
    if kind == 0:
        values = np.asarray(10 ** rng.uniform(-320, 308, shape))
    elif kind == 1:
        values = np.asarray(rng.normal(0, 10, shape))
    elif kind == 2:
        values = np.asarray(rng.choice([0, 1, 2, 1e308, -1e308, 1e170, 5e-324], shape))
    elif kind == 3:
        values = np.asarray(rng.choice([math.nan, math.inf, 1, 0], shape))
    else:
        values = np.asarray(rng.random(shape) + 1e-9)
        values = values / values.sum(axis=-1, keepdims=True) if values.ndim else values
    if rng.random() < 0.4:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = values.astype(TYPES[rng.integers(len(TYPES))])
    if rng.random() < 0.1:
        values = np.ma.masked_array(values, rng.random(shape) < 0.3)
    if rng.random() < 0.1:
        return [values, values]
    return values.tolist() if rng.random() < 0.1 else values


def hostile_distribution(rng):
    """A frozen distribution, with parameters that it may not have."""
    family = [stats.norm, stats.uniform, stats.t, stats.beta, stats.gamma][rng.integers(5)]
    parameters = 10 ** rng.uniform(-2, 2, family.numargs + 2)
    if rng.random() < 0.5:
        place, numbers = rng.integers(len(parameters)), [0, -1, 1e-300, 1e300, math.inf, math.nan]
        parameters[place] = numbers[rng.integers(6)]
    return family(*(parameters if rng.random() < 0.9 else parameters[:, np.newaxis]))


def hostile(rng, name):
    """Arguments, some of them replaced."""
    arguments = dict(VALID[name])
    if name in {name for name, _ in PMF}:
        arguments |= {"axis": -1, "normalize": bool(rng.integers(2))}
    if name in ("kl_divergence", "cross_entropy", "jeffreys_divergence", "kl_histogram"):
        arguments["epsilon"] = 0
    arguments |= {"kl_knn": {"k": 3}, "kl_monte_carlo": {"estimator": "k1"}}.get(name, {})
    arguments |= {"histogram_frequencies": {"bins": 99}}.get(name, {})
    names = list(arguments)
    for argument in rng.choice(names, min(len(names), int(rng.integers(1, 4))), replace=False):
        options = OPTIONS.get(argument)
        if options and rng.random() < 0.5:
            arguments[argument] = options[rng.integers(len(options))]
        elif options or argument.startswith("log") or rng.random() < 0.2:
            arguments[argument] = HOSTILE[rng.integers(len(HOSTILE))]
        elif name == "kl_quad":
            arguments[argument] = hostile_distribution(rng)
        else:
            arguments[argument] = hostile_array(rng)
    return arguments


def judge(name, arguments):
    """What is wrong with this call, or None."""
    try:
        result = getattr(kl_helpers, name)(**arguments)
    except (TypeError, ValueError) as error:
        named = any(re.search(rf"\b{argument}\b", str(error)) for argument in arguments)
        return None if named and type(error) in (TypeError, ValueError) else repr(error)
    except Exception as error:
        return repr(error)
    values = (
        np.concatenate([np.ravel(part) for part in result]) if isinstance(result, tuple) else result
    )
    if np.isnan(values).any():
        return "NaN"
    formula = name == "cross_entropy" and arguments["epsilon"]
    if name not in MAY_BE_NEGATIVE and not formula and np.less(values, 0).any():
        return "negative"
    return None


@pytest.mark.parametrize("numpy_raises", [False, True])
@pytest.mark.parametrize("name", sorted(VALID))
def test_hostile_input_gets_a_number_or_a_named_error(name, numpy_raises):
    rng = np.random.default_rng(13)
    for _ in range(150):
        arguments = hostile(rng, name)
        with np.errstate(all="raise" if numpy_raises else "warn"):
            assert judge(name, arguments) is None, arguments
