"""What a cell showed before, for when it is run again in the same kernel."""

from collections import Counter

from IPython import get_ipython

# Metadata of what is live as long as the kernel runs. By it kl_lab tells the course's own outputs
# from a learner's widgets, which it saves as they are.
OURS = {"application/vnd.jupyter.widget-view+json": {"kl_course": True}}

_kept = {}  # (id of the cell, kind, how many of that kind the cell made before) -> dict
_made = {"run": None, "count": Counter()}  # what the present run of a cell has asked for


def recall(kind):
    """A dict that is the same one each time the same cell asks for the same kind.

    JupyterLab says with every run which cell it is. Where nobody says that (a script, nbval,
    another front end) each call gets a new dict, and nothing is remembered.

    Parameters
    ----------
    kind : hashable
        What the dict is for; a cell that asks for another kind gets another dict.

    Returns
    -------
    dict
        Empty at first; what the caller puts in stays as long as the kernel runs.
    """
    shell = get_ipython()
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = request.get("metadata", {}).get("cellId")
    if cell is None:
        return {}
    run = request["header"]["msg_id"]
    if run != _made["run"]:
        _made.update(run=run, count=Counter())
    key = cell, kind, _made["count"][cell, kind]
    _made["count"][cell, kind] += 1
    return _kept.setdefault(key, {})
