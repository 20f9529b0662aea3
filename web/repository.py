"""Where a page's reader gets the course: the public address of the folder's git remote."""

import re
import subprocess

HOST, PATH = r"(?:[\w-]+\.)+[a-z]{2,}", r"(?P<path>[\w~][\w.~/-]*)"
REMOTES = (
    rf"https://(?:[^/\s]*@)?(?P<host>{HOST}(?::\d+)?)/{PATH}",
    rf"ssh://(?:[^/\s]*@)?(?P<host>{HOST})(?::\d+)?/{PATH}",
    rf"[\w.-]+@(?P<host>{HOST}):{PATH}",
)


def https_address(remote):
    """The public address of a git remote, without credentials; an empty text for another one."""
    for form in REMOTES:
        if found := re.fullmatch(form, remote.strip()):
            return f"https://{found['host']}/{found['path']}"
    return ""


def address(folder):
    """The public address that a folder was cloned from, or an empty text."""
    if not (folder / ".git").exists():  # git would ask the folders above it
        return ""
    ask = ["git", "-C", str(folder), "config", "--get", "remote.origin.url"]
    try:
        remote = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    except OSError:  # there is no git
        return ""
    return https_address(remote)
