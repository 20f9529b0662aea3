"""How Sphinx makes pages of what `site.py` has laid out in build/pages."""

import re
import socket
import time
from pathlib import Path
from subprocess import PIPE, Popen

import sphinxcontrib.katex as katex

PAGES = Path(__file__).resolve().parents[1] / "build" / "pages"

project = "KL divergence"
author = "the authors of the course"
project_copyright = "Code: MIT. Text and pictures: CC BY 4.0."
extensions = ["myst_nb", "sphinxcontrib.katex"]
exclude_patterns = ["_static"]

nb_execution_mode = "off"
nb_code_prompt_show = "Show the imports"
nb_code_prompt_hide = "Hide the imports"
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_heading_slug_func = "web.pages.anchor"  # Sphinx has the notebooks' own links to follow

# Formulas are set while the site is built. One that cannot be set stops the build.
katex_prerender = True
katex_css_path = "katex.min.css"
katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True


def start_katex(rundir, timeout):
    """Start KaTeX, and wait until it listens; its own way of waiting can be a moment too short."""
    address, end = str(rundir / "katex.sock"), time.monotonic() + timeout
    command = katex.KaTeXServer.build_command(socket=address)
    process = Popen(command, stdin=PIPE, stdout=PIPE, cwd=rundir)
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return process, connection


katex.KaTeXServer.start_server_process = start_katex
katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0  # seconds; a busy machine

# Each formula has its source in its MathML, which nobody reads: a thirtieth of the pages.
SOURCE = re.compile(r'<annotation encoding="application/x-tex">.*?</annotation>', re.DOTALL)


def leave_out_sources(_app, _page, _template, context, _doctree):
    if "body" in context:
        context["body"] = SOURCE.sub("", context["body"])


def setup(app):
    app.connect("html-page-context", leave_out_sources)


html_theme = "furo"
html_title = "KL divergence, an interactive course"
html_static_path = [str(PAGES / "_static")]
html_favicon = "favicon.svg"
html_css_files = ["page.css"]
html_js_files = [("page.js", {"type": "module"})]
html_use_index = False
html_copy_source = html_show_sourcelink = False
html_permalinks_icon = "#"
