"""What all tests share: a seeded generator, and property tests that always try the same cases."""

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
