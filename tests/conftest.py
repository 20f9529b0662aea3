"""What all tests share: a seeded generator, and property tests that always try the same cases."""

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
def boxes():
    """The bars that `plot_bars` drew for one: boxes(axes, who), shape (k, 4): x0, y0, x1, y1."""

    def drawn(ax, who):
        (bars,) = (patch for patch in ax.patches if patch.get_gid() == f"{who} bars")
        corners = bars.get_path().vertices.reshape(-1, 5, 2)
        assert bars.get_visible() == bool(len(corners))
        return np.hstack([corners[:, 0], corners[:, 2]])

    return drawn


@pytest.fixture
def prose():
    """What a cell says, lines and string literals joined: prose("01", "sign-meaning")."""

    def said(number, cell_id):
        (path,) = Path(__file__).parents[1].glob(f"notebooks/{number}-*.ipynb")
        (cell,) = (c for c in nbformat.read(path, as_version=4).cells if c.id == cell_id)
        lines = " ".join(line.strip() for line in cell.source.splitlines())
        return lines.replace('" r"', "").replace('" "', "")

    return said
