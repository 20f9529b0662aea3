"""Measurements; what they found stands in RESULTS.md."""
