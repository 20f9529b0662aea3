"""The mathematics of the lessons, a module a notebook: no widget, no picture."""
