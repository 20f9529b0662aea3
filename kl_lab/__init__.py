"""A Jupyter server extension: messages come at once, and a notebook is saved as it will be seen.

A slider's step makes the kernel send four small messages. TCP holds a small one back until the one
before is acknowledged (Nagle's algorithm), the other side may take 40 ms to do so, and Jupyter
Server leaves both as they are: while a slider was dragged, every picture waited for that.

A live widget is of no use in a file: its kernel is gone when the file is next opened, and yet every
front end prefers it to the still picture beside it. `labextension/` is the browser's part.
"""

LIVE_WIDGET = "application/vnd.jupyter.widget-view+json"
MARK = "kl_course"  # in the metadata of a notebook of the course, and of what it shows live


def _jupyter_server_extension_points():
    return [{"module": "kl_lab"}]


def _load_jupyter_server_extension(app):
    settings = app.web_app.settings
    settings["kernel_websocket_connection_class"] = without_delay(
        settings["kernel_websocket_connection_class"]
    )
    app.contents_manager.register_pre_save_hook(keep_what_lasts)


def without_delay(connection_class):
    """Derive a connection between browser and kernel whose messages do not wait for each other."""

    class ConnectionWithoutDelay(connection_class):
        def connect(self):
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return ConnectionWithoutDelay


def keep_what_lasts(model, **_):
    """Take out of a notebook of the course what only its running kernel can use.

    What stays is what `make notebooks` writes: a notebook that was only run is saved as it was.
    Other notebooks, and what a learner's own widgets show in this one, are saved as they are.
    """
    if model["type"] != "notebook" or MARK not in model["content"].get("metadata", {}):
        return
    notebook, metadata = model["content"], model["content"]["metadata"]
    if "name" in metadata.get("language_info", {}):
        metadata["language_info"] = {"name": metadata["language_info"]["name"]}
    for told in (cell.get("metadata", {}) for cell in notebook["cells"]):
        if told.get("collapsed") == told.get("jupyter", {}).get("outputs_hidden"):
            told.pop("collapsed", None)  # JupyterLab says it twice
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    for output in outputs:
        if MARK in output.get("metadata", {}).get(LIVE_WIDGET, {}):
            output["data"].pop(LIVE_WIDGET, None)
            del output["metadata"][LIVE_WIDGET]
    if not any(LIVE_WIDGET in output.get("data", {}) for output in outputs):
        metadata.pop("widgets", None)  # the state of views, of which none is left
