"""What the notebooks show: explorers, checks, and the lessons' own mathematics."""
