"""What every public docstring has, the examples in it, and errors that are said once for all."""

import doctest
import inspect
import pydoc
import re
from collections import Counter

import pytest

import kl_helpers

FUNCTIONS = {name: getattr(kl_helpers, name) for name in kl_helpers.__all__}
WITHOUT_UNIT = {"total_variation", "deviance", "histogram_frequencies", "kde"}


def sections(name):
    """Title -> lines of a numpydoc docstring; the summary has the title ""."""
    parts = re.split(r"^(\w+)\n-+\n", inspect.getdoc(FUNCTIONS[name]), flags=re.MULTILINE)
    return dict(zip(["", *parts[1::2]], map(str.splitlines, parts[::2]), strict=True))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_has_what_contributing_promises(name):
    found = sections(name)
    summary = found[""][0]
    assert summary.endswith(".")
    assert ("in nats" in summary) == (name not in WITHOUT_UNIT)
    assert "Errors: see `help(kl_helpers)`." in found[""]  # an editor shows no more than this
    assert {"Parameters", "Returns", "Examples"} <= found.keys()
    assert any(line.startswith(">>> ") for line in found["Examples"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_describes_every_parameter(name):
    heads = [line for line in sections(name)["Parameters"] if line[:1].strip()]
    described = [one for head in heads for one in head.split(" : ")[0].split(", ")]
    assert sorted(described) == sorted(inspect.signature(FUNCTIONS[name]).parameters)
    assert all(" : " in head for head in heads)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_run(name):
    runner = doctest.DocTestRunner()
    for examples in doctest.DocTestFinder().find(inspect.unwrap(FUNCTIONS[name]), name):
        runner.run(examples)
    assert runner.tries > 0
    assert runner.failures == 0


def test_the_contract_of_errors_is_in_help():
    text = pydoc.plain(pydoc.render_doc(kl_helpers))
    for words in ("TypeError\n", "ValueError\n", "names the argument", "way out"):
        assert words in text


def test_a_docstring_speaks_of_errors_only_beyond_the_contract():
    raises = [sections(name).get("Raises", []) for name in FUNCTIONS]
    for lines in raises:
        assert len([line for line in lines if line]) <= 3  # the error, and two lines
    said = Counter(line for lines in raises for line in lines if line.startswith("    "))
    assert not [line for line, times in said.items() if times > 1]
