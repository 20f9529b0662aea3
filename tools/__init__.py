"""What make calls, and what it shares with web/, benchmarks/ and the tests."""
