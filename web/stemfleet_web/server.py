"""Serving: waitress, with a thread for every live wall and enough others for the pages."""

import socket
import threading

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from stemfleet.errors import Unavailable
from stemfleet_web.door import door_of
from stemfleet_web.feed import MOST_WALLS

PAGE_THREADS = 8
_LOOK_AROUND_S = 1.0


def _listen(host: str, port: int) -> socket.socket:
    """Before any thread is started: most often it is here that serving fails."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=256)
    except (OSError, OverflowError) as error:
        raise Unavailable(
            "{host}:{port} cannot be served: {why}. Choose another port with --port.",
            host=host,
            port=port,
            why=getattr(error, "strerror", None) or error,
        ) from error


class Server:
    """Listens as soon as it is made; port 0 takes a free one, which `port` then tells."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        self._feed = door_of(app).feed
        self._work = door_of(app).work
        self._map: dict[int, object] = {}
        self._stop = threading.Event()
        threads = PAGE_THREADS + (MOST_WALLS if self._feed else 0)
        listening = _listen(host, port)
        self.port = int(listening.getsockname()[1])
        self._server = create_server(
            app,
            map=self._map,
            sockets=[listening],
            threads=threads,
            ident=None,
            connection_limit=500,
            channel_request_lookahead=1,  # so that it notices a wall that was closed
        )

    def run(self) -> None:
        """Until `stop()` from another thread, or whatever is raised in this one."""
        while not self._stop.is_set():
            wasyncore.loop(timeout=_LOOK_AROUND_S, map=self._map, count=1)

    def stop(self) -> None:
        self._stop.set()

    def close(self) -> None:
        """Live walls first: their threads would not end by themselves."""
        if self._feed:
            self._feed.close()
        self._work.close()
        self._server.task_dispatcher.shutdown(timeout=2)
        wasyncore.close_all(self._map)
