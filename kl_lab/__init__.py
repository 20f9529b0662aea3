"""A Jupyter server extension: what a kernel says reaches the browser at once.

A slider's step makes the kernel send four small messages. TCP holds a small one back until the one
before is acknowledged (Nagle's algorithm), the other side may take 40 ms to do so, and Jupyter
Server leaves both as they are: while a slider was dragged, every picture waited for that.
"""


def _jupyter_server_extension_points():
    return [{"module": "kl_lab"}]


def _load_jupyter_server_extension(app):
    settings = app.web_app.settings
    settings["kernel_websocket_connection_class"] = without_delay(
        settings["kernel_websocket_connection_class"]
    )


def without_delay(connection_class):
    """Derive a connection between browser and kernel whose messages do not wait for each other."""

    class ConnectionWithoutDelay(connection_class):
        def connect(self):
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return ConnectionWithoutDelay
