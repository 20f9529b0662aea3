"""Under --nbval a warning in a notebook is an error, as it is in every other test."""

import os

from tools.notebook_rules import KERNEL_WARNINGS


def pytest_configure(config):
    if config.option.nbval:
        os.environ["PYTHONWARNINGS"] = KERNEL_WARNINGS
