"""The lessons' own mathematics, a module a lesson: no widget, no picture."""
