"""Each explorer alone, for the pages of others, into the folder that holds their frames.

1. NAME.html is made to be framed: a title, the explorer, a sentence, a link to its lesson.
2. NAME.mjs is one file for anywidget's hosts (MyST, marimo) and for a script: all but the frames,
   which it fetches from a folder that it is told, or from the one that it lies in itself.
3. index.html is the page to choose from.

`bundle` makes one module of several: each becomes a function that is called once and returns what
the others take of it, without the statements that nobody needs (what only a kernel's view does).
"""

import html
import json
import re
import shutil
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from string import Template

from kl_course.scene import WIDTH
from tools import lessons
from web import catalogue, freeze, pages

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
SOURCES = {path.name: path for path in (*freeze.SHOWS, WEB / "alone.js")}
BESIDE = (*freeze.SHOWS, WEB / "alone.css", WEB / "framed.js")  # what the pages load
FOLDER = "{folder}"  # stands in a module for the address of the frames, as in alone.js

COMMENT = re.compile(r"^[ \t]*//.*\n|/\*\*(?s:.*?)\*/[ \t]*\n?", re.MULTILINE)
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
STATEMENT = re.compile(r"^(?=[^\s\])}])", re.MULTILINE)  # begins at the margin
DECLARED = re.compile(r"(export )?(?:async )?(?:function|class|const|let) (\w+|[\[{][^=]+)")
WORD = re.compile(r"\w+")
INDENT = re.compile(r"^ +|\n(?=\n)", re.MULTILINE)
WIDGET = "export default {render};\n"  # picture.js, for a kernel


# --- modules


@dataclass
class _Module:
    """The statements of a module, what it takes from others, and what others take from it."""

    statements: list[str]
    imports: dict[str, list[str]]  # name of a module -> names
    wanted: set[str]

    def kept(self):
        """The statements that are needed for what is wanted, in their order."""
        names = [
            set(WORD.findall(found[2])) if (found := DECLARED.match(s)) else None
            for s in self.statements
        ]
        kept, used = set(), set(self.wanted)
        while more := {i for i, own in enumerate(names) if own is None or own & used} - kept:
            kept |= more
            used |= {word for i in more for word in WORD.findall(self.statements[i])}
        return [self.statements[i] for i in sorted(kept)], used


def bundle(name, read=lambda name: SOURCES[f"{name}.js"].read_text(encoding="utf-8")):
    """A module and what it needs of all that it imports, as one text.

    In it ``NAME_js`` is what is exported by NAME.js, and nothing has a comment or an indentation.

    Parameters
    ----------
    name : str
        Of the module, without ``.js``.
    read : callable, optional
        ``read(name) -> str``: the text of a module.
    """
    modules = {}

    def add(name):
        if name not in modules:
            parsed = _parsed(name, read(name))
            for other in parsed.imports:
                add(other)
            modules[name] = parsed

    add(name)
    exports = [DECLARED.match(statement) for statement in modules[name].statements]
    modules[name].wanted = {found[2] for found in exports if found and found[1]}
    texts = []
    for name, parsed in reversed(modules.items()):  # who takes comes before who gives
        statements, used = parsed.kept()
        taken = {other: [n for n in names if n in used] for other, names in parsed.imports.items()}
        for other, names in taken.items():
            modules[other].wanted |= set(names)
        heads = [f"const {{{', '.join(names)}}} = {other}_js;\n" for other, names in taken.items()]
        body = "".join([*heads, *(statement.removeprefix("export ") for statement in statements)])
        given = ", ".join(sorted(parsed.wanted))
        texts.append(f"const {name}_js = (() => {{\n{body}return {{{given}}};\n}})();\n")
    return "".join(reversed(texts))


def _parsed(name, text):
    text = COMMENT.sub("", text).replace(WIDGET, "")
    imports = {other: WORD.findall(names) for names, other in IMPORT.findall(text)}
    statements = [
        INDENT.sub("", statement)
        for statement in STATEMENT.split(IMPORT.sub("", text))
        if statement.strip()
    ]
    for statement in statements:
        first = statement.splitlines()[0]
        if re.match(r"import\b|export\b", first) and not DECLARED.match(statement):
            raise ValueError(f"{name}.js: no way to put “{first}” into one file with the others")
        if any(line.count("`") % 2 for line in statement.splitlines()):
            raise ValueError(f"{name}.js: a text of several lines would lose its indentation")
    return _Module(statements, imports, set())


def module(entry, bundled, live=""):
    """The text of NAME.mjs; `bundled` is that of alone.js, the same for all explorers."""
    about = {
        "name": entry.name,
        "box": freeze.placeholder(entry.name, FOLDER, live and f"{FOLDER}/../{live}"),
        "from": f"{html.escape(entry.line)} From {lesson_link(entry, f'{FOLDER}/..')}",
        "style": INDENT.sub("", SOURCES["picture.css"].read_text(encoding="utf-8")),
    }
    words = f"// An explorer of a course on the KL divergence: {entry.line} MIT licence."
    shown = (
        f"export default alone_js.alone({json.dumps(about, ensure_ascii=False)}, import.meta.url);"
    )
    return f"{words}\n{bundled}\n{shown}\n"


# --- pages


def lesson_link(entry, base):
    """Its lesson, opened where it stands there: outside the frame in which it may be."""
    address = f"{base}/{entry.page}.html#{entry.name}"
    return f'<a href="{address}" target="_blank" rel="noopener">{html.escape(entry.lesson)}</a>'


def page(entry, live=""):
    """The text of NAME.html."""
    return Template((WEB / "alone.html").read_text(encoding="utf-8")).substitute(
        name=entry.name,
        title=html.escape(entry.title),
        line=html.escape(entry.line),
        lesson=lesson_link(entry, ".."),
        box=freeze.placeholder(entry.name, ".", live and f"../{live}"),
    )


def index(entries):
    """The text of index.html."""
    sections = (
        f'<h2><a href="../{stem}.html">{html.escape(lesson)}</a></h2>\n<ul>\n'
        + "\n".join(map(_choice, group))
        + "\n</ul>"
        for (lesson, stem), group in groupby(entries, lambda entry: (entry.lesson, entry.page))
    )
    text = (WEB / "alone-index.html").read_text(encoding="utf-8")
    return Template(text).substitute(lessons="\n".join(sections))


def _choice(entry):
    scene = lessons.scene(entry.name)
    return (
        f'<li><a href="{entry.name}.html"><img class="kl-committed" src="{entry.name}.webp" '
        f'alt="{html.escape(scene.alt)}" width="{WIDTH}" height="{scene.height:g}" loading="lazy">'
        f"{html.escape(entry.title)}</a><p>{html.escape(entry.line)}</p></li>"
    )


def write(folder, *, with_lite=False):
    """Write all of this beside the frames.

    Parameters
    ----------
    folder : path
        That `web.freeze` wrote.
    with_lite : bool
        Whether the site has JupyterLite, where an explorer is live.
    """
    entries, bundled = catalogue.entries(), bundle("alone")
    for path in BESIDE:
        shutil.copy(path, folder)
    for entry in entries:
        live = pages.lite_address(entry.page) if with_lite else ""
        (folder / f"{entry.name}.html").write_text(page(entry, live), encoding="utf-8")
        text = module(entry, bundled, live)
        (folder / f"{entry.name}.mjs").write_text(text, encoding="utf-8")
    (folder / "index.html").write_text(index(entries), encoding="utf-8")
