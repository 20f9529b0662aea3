"""Open JupyterLab on the first notebook: what `make lab` does once the packages are there."""

import argparse
import logging
import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST_PAGE = "/lab/tree/notebooks/00-start-here.ipynb"
DEFAULT_PORT = 8888
EVERYWHERE = ("", "*", "localhost", "0.0.0.0", "::")  # 127.0.0.1 is among these
WORDS = """
The course is running. If your browser does not open it by itself, open this address there:

    {}

Ctrl-C here ends it. Save your notebooks first.
"""


def port_problem(port):
    """Say why a server cannot listen on this port, or None when it can."""
    try:
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", int(port)))
    except (OverflowError, ValueError):
        return "a port is a number from 1 to 65535"
    except OSError as error:
        return error.strerror
    return None


def choose_port(asked, default=None, who="JupyterLab", command="make lab"):
    """Return the port that was asked for, or else the first free one from 8888 or `default` on."""
    default = default or DEFAULT_PORT
    if asked is not None:
        if problem := port_problem(asked):
            sys.exit(f"Port {asked} cannot be used ({problem}): try {command} PORT={default + 2}")
        return asked
    port = next(port for port in range(default, 65536) if not port_problem(port))
    if port != default:
        print(f"Port {default} is in use, so {who} answers on port {port}.", flush=True)
    return port


def has_screen(environ, platform):
    """Say whether a browser can open here."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    return platform == "darwin" or any(environ.get(name) for name in names)


def lab_options(port, environ, platform, is_root):
    """List JupyterLab's options: no question on Ctrl-C, and no browser where none can open."""
    return [
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
        f"--LabApp.default_url={FIRST_PAGE}",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={ROOT}",
        "--ServerApp.answer_yes=True",
        "--KernelManager.transport_encryption=auto",
        # Installed for `make app`, which is another server; here it would only print a warning.
        "--ServerApp.jpserver_extensions=voila.server_extension=False",
        *(["--allow-root"] if is_root else []),
        *([] if has_screen(environ, platform) else ["--no-browser"]),
    ]


def is_news(record):
    """Drop the server's farewell and its list of addresses: `main` says both better."""
    return record.levelno != logging.CRITICAL


def main():
    """Choose a port, be JupyterLab, and say where it is and how it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port")
    known, others = parser.parse_known_args()
    options = lab_options(
        choose_port(known.port), os.environ, sys.platform, is_root=os.geteuid() == 0
    )
    # A kernel called python3 in the user's home must not win over the one that holds the course,
    # and a sandboxed browser may not read the page that JupyterLab leaves under ~/.local.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ["JUPYTER_RUNTIME_DIR"] = str(Path(sys.prefix) / "runtime")
    from jupyterlab.labapp import LabApp  # not before: it reads the environment

    server = LabApp.initialize_server([*options, *others])
    server.log.addFilter(is_news)
    address = server.local_url if server.ip in EVERYWHERE else server.public_url
    server.io_loop.add_callback(print, WORDS.format(address), flush=True)
    server.start()
    print("JupyterLab has ended.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("JupyterLab was stopped before it had begun.")
