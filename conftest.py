"""Under --nbval a warning in a notebook is an error, as it is in every other test."""

import os


def pytest_configure(config):
    if getattr(config.option, "nbval", False):  # the tests of the mathematics do without nbval
        from tools.notebook_rules import KERNEL_WARNINGS

        os.environ["PYTHONWARNINGS"] = KERNEL_WARNINGS
