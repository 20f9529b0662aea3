"""What all tests share: a seeded generator, and property tests that always try the same cases."""

import itertools
import re
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import settings

settings.register_profile(
    "course", derandomize=True, database=None, deadline=None, max_examples=100
)
settings.load_profile("course")


@pytest.fixture
def rng():
    return np.random.default_rng(20090501)


@pytest.fixture
def integral():
    """integral(f, edges): that of f, a function of an array, by forty Gauss nodes in each piece.

    Its error is below 1e-12 of the largest |f| × length for what is smooth within the pieces.
    """
    nodes, weights = np.polynomial.legendre.leggauss(40)

    def of(f, edges):
        edges = np.asarray(edges, float)
        half = np.diff(edges)[:, None] / 2
        x = edges[:-1, None] + half * (1 + nodes)
        return float((f(x.ravel()).reshape(x.shape) * half * weights).sum())

    return of


class Hand:
    """What a page tells an explorer, by the message; `answers` are what the explorer sends."""

    pages = itertools.count()

    def __init__(self, explorer):
        self.explorer, self.answers = explorer, []
        self.page, self.count = f"page {next(self.pages)}", 0
        explorer.view.send = self.answers.append

    def say(self, **message):
        self.count += 1
        always = {"page": self.page, "count": self.count, "narrow": False}
        self.explorer._on_message(always | message)

    def ask(self, **what):
        """Frame of a setting (``ask``), or of a handle's new place (``drag``, ``at``)."""
        self.say(**what)
        (frame,) = self.answers[-1]["frames"]
        return frame

    def slide(self, visited=(), press=(), **moved):
        self.say(moved=moved, visited=list(visited), press=list(press))

    def drag(self, handle, left, top):
        """Ask where a handle can go, and let go of it there."""
        setting = self.explorer.view.setting
        after = self.ask(drag=[handle, left, top], at=setting)["setting"]
        self.slide(**{name: value for name, value in after.items() if value != setting[name]})


@pytest.fixture
def hand():
    """hand(explorer): a page's hand on it."""
    return Hand


@pytest.fixture
def boxes():
    """The bars that `plot_bars` drew for one: boxes(axes, who), shape (k, 4): x0, y0, x1, y1."""

    def drawn(ax, who):
        (bars,) = (patch for patch in ax.patches if patch.get_gid() == f"{who} bars")
        corners = bars.get_path().vertices.reshape(-1, 5, 2)
        assert bars.get_visible() == bool(len(corners))
        return np.hstack([corners[:, 0], corners[:, 2]])

    return drawn


@cache
def sources(number):
    """Cell's id -> its source, of the notebook of that number."""
    (path,) = Path(__file__).parents[1].glob(f"notebooks/{number}-*.ipynb")
    return {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}


@pytest.fixture
def unsaid():
    """The first number that a text does not say as printed, after those before it; or None.

    A minus may be a hyphen, and a % may stand off. 0.5 is not said by 10.5, 0.55, 0.5e or −0.5.
    """

    def missing(text, *numbers):
        text = re.sub(r"\s+", " ", text).replace("−", "-").replace(" %", "%")
        at = 0
        for number in numbers:
            found = re.compile(rf"(?<![\d-])(?<!\d[.,]){re.escape(number)}(?![\de]|[.,]\d)")
            if not (place := found.search(text, at)):
                return number
            at = place.end()
        return None

    return missing


@pytest.fixture
def says(unsaid):
    """Hold that a cell says these numbers, one after the other: says("01", "title", "0.24")."""

    def hold(number, cell_id, *numbers):
        missing = unsaid(sources(number)[cell_id], *numbers)
        assert missing is None, f"notebook {number}, {cell_id}: no {missing} among {numbers}"

    return hold
