"""The explorers in the order of the lessons, and what a page says of each."""

import re
from dataclasses import dataclass
from pathlib import Path

from tools import cells, lessons

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Entry:
    """An explorer, where it stands, and what it shows."""

    lesson: str  # title of the notebook that it belongs to
    page: str  # that notebook's name, NN-slug
    title: str
    line: str
    module: str
    function: str

    @property
    def name(self):
        return self.function.removeprefix("explore_")


def entries():
    """All explorers, with the headings under which they stand first in their own lesson."""
    explorers = lessons.explorers()
    found = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        lesson = heading = None
        for cell in cells.read(path).cells:
            if cell.cell_type == "markdown":
                headings = re.findall(r"^#+ (.+)$", cell.source, re.MULTILINE)
                heading = headings[-1] if headings else heading
                lesson = lesson or heading
                continue
            name = cells.explorer_of(cell)
            if name is None or name in found:
                continue
            module, line = explorers[name].__module__, explorers[name].__doc__.splitlines()[0]
            if module.endswith(f".{lessons.slug(path.name)}"):
                title = heading.replace("$", "")
                found[name] = Entry(lesson, path.stem, title, line, module, name)
    return list(found.values())
