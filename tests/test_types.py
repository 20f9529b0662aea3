"""What an editor that checks types says: nothing of right calls, and the slip in wrong ones.

mypy judges, for it is Python alone. Pyright, which needs Node, was asked by hand: it says the same,
and besides that what `stats.norm()` returns has no `logpdf`, which is a matter of SciPy's.
"""

import doctest
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import kl_helpers

ROOT = Path(__file__).resolve().parents[1]

HABITS = """
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy import stats

from kl_helpers import (
    deviance,
    entropy,
    histogram_frequencies,
    kde,
    kl_divergence,
    kl_histogram,
    kl_knn,
    kl_monte_carlo,
    kl_mvn,
    kl_normal,
    kl_quad,
    report,
)


class Series:  # as much of a pandas object as NumPy asks for
    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.full(3, 1 / 3)


rng = np.random.default_rng(0)
p, q = [0.5, 0.25, 0.25], np.array([0.2, 0.3, 0.5])
x, y = rng.normal(0, 1, 300), rng.normal(1, 1, (200,))

kl_divergence(p, q, epsilon=1e-5)
kl_divergence(p, q, epsilon=0, base=2, axis=-1, normalize=True)
kl_divergence([3, 1], (1, 3), normalize=True)
kl_divergence([[0.5, 0.5], [1, 0]], [p, p])
kl_divergence([Fraction(1, 3), 0.5, Fraction(1, 6)], [[Fraction(1, 3)] * 3])
kl_divergence(Series(), [q, q], axis=0).sum()
entropy(range(5), normalize=True)
entropy(q.astype(np.float32))
round(kl_divergence(p, q), 4) + kl_divergence([p, p], q).shape[0]
"{:.3f}".format(kl_normal(0, 1, 1, np.float32(2)))
kl_normal(np.linspace(-1, 1, 9), 1, 0.5, [1, 2, 3]).max() - deviance(1, 2)
round(kl_mvn([0, 0], np.eye(2), [1, 0], [[2, 0.5], [0.5, 1]]), 3)
kl_quad(stats.norm(0, 1), stats.t(5)) + kl_knn(x, y, k=3) + kl_histogram(x, y, epsilon=0)
edges, p_hat, q_hat = histogram_frequencies(x, Series(), bins=30)
(p_hat - q_hat) * np.diff(edges) * kde(x, edges[:-1])
estimate, error = kl_monte_carlo(stats.norm().logpdf, lambda z: -0.5 * z**2, x)
estimate / error

found = report(x, y, rng=np.random.default_rng(0))
report([*x, None, float("nan")], Series(), rng=7, base=2)
report(Path("rods.csv"), "a", "b")
report("rods.csv", "a", "b")
report({"a": x, "b": y}, "a", "b")
low, high = found.interval
print(found.sentence, round(found.reverse.estimate - low, 2))
"""
WRONG = {  # what stands in the call, and the words for it
    'kl_normal("0", 1, 0, 1)': 'Argument 1 to "kl_normal" has incompatible type "str"',
    "kl_divergence([0.5, 0.5], None)": 'Argument 2 to "kl_divergence" has incompatible type "None"',
    'entropy([0.5, 0.5], base="bits")': 'Argument "base" to "entropy" has incompatible type "str"',
    "kl_divergence([0.5, 0.5], [1, 0], 1)": 'Too many positional arguments for "kl_divergence"',
    "kl_knn([1, 2], [3, 4], n=5)": 'Unexpected keyword argument "n" for "kl_knn"',
    "kl_kde([1, 2], [3, 4]).shape": '"float" has no attribute "shape"',
    "report([1, 2], [3, 4], rng=None)": 'Argument "rng" to "report" has incompatible type "None"',
    "report([1, 2], [3, 4]).estimates": '"Report" has no attribute "estimates"',
}


def readme():
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    return "".join(example.source for example in doctest.DocTestParser().get_examples(page))


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """Path -> what is said of it, a line each; one run for all, as mypy starts slowly."""
    folder = tmp_path_factory.mktemp("types")
    wrong = "".join(f"{call}\n" for call in WRONG)
    for name, text in {
        "readme": readme(),
        "habits": HABITS,
        "wrong": f"from kl_helpers import *\n{wrong}",
    }.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    # SciPy has no types. Of the package itself, only the signatures are looked at.
    options = ["--follow-imports=silent", "--disable-error-code=import-untyped"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", *options, "--cache-dir=cache", "."],
        cwd=folder,
        env=os.environ | {"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    *lines, total = done.stdout.splitlines()
    assert total.startswith("Found ")
    return [line.split(":", 2) for line in lines if ": error: " in line]


@pytest.mark.parametrize("page", ["readme", "habits"])
def test_a_right_call_gets_no_word(complaints, page):
    assert [each for each in complaints if each[0] == f"{page}.py"] == []


@pytest.mark.parametrize(("line", "call"), list(enumerate(WRONG, start=2)))
def test_a_slip_is_named(complaints, line, call):
    (said,) = [words for path, at, words in complaints if (path, at) == ("wrong.py", str(line))]
    assert WRONG[call] in said


def test_the_examples_are_there():
    assert "kl_divergence(" in readme()
    assert "report(" in readme()


def test_every_public_function_is_annotated():
    for name in kl_helpers.__all__:
        signature = inspect.signature(getattr(kl_helpers, name))
        assert signature.return_annotation is not inspect.Signature.empty, name
        for parameter in signature.parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, (name, parameter)


def test_the_package_says_that_it_has_types():
    assert (Path(kl_helpers.__file__).parent / "py.typed").read_bytes() == b""
