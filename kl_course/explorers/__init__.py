"""The explorers, a module a notebook: which sliders, which numbers, which picture."""
