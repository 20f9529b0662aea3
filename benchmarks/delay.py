"""A network that is far away: a proxy on this machine that holds every byte back for a while."""

import asyncio
import threading
from contextlib import contextmanager


class Way:
    """The way to a server: the port that leads to it, and the seconds that each byte takes."""

    def __init__(self, seconds):
        self.port, self.seconds = None, seconds


async def _pipe(reader, writer, way):
    """Write what is read, in its order, each piece so many seconds after it came."""
    loop, pieces = asyncio.get_running_loop(), asyncio.Queue()

    async def write():
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(due - loop.time())
            if not piece:
                return
            writer.write(piece)
            await writer.drain()

    async def read():
        piece = b"-"
        while piece:
            try:
                piece = await reader.read(1 << 16)
            except ConnectionError:
                piece = b""
            pieces.put_nowait((loop.time() + way.seconds, piece))

    await asyncio.gather(read(), write(), return_exceptions=True)


async def _serve(port, way, started, ended):
    """Be the proxy until `ended`."""
    writers = []

    async def connect(reader, writer):
        writers.append(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        writers.append(far_writer)
        for pipe in ((reader, far_writer), (far_reader, writer)):
            piping.add(asyncio.create_task(_pipe_and_close(*pipe)))

    async def _pipe_and_close(reader, writer):
        await _pipe(reader, writer, way)
        writer.close()

    piping = set()
    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    started.set()
    while not ended.is_set():
        await asyncio.sleep(0.05)
    server.close()
    for task in piping:
        task.cancel()
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0.05)  # until they are closed


@contextmanager
def far_away(port, seconds):
    """A way to `port` of this machine that takes so long in each direction."""
    way, started, ended = Way(seconds), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(port, way, started, ended)))
    thread.start()
    started.wait(10)
    try:
        yield way
    finally:
        ended.set()
        thread.join(10)
