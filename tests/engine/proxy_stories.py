"""A proxy in front of PostgreSQL that breaks connections at a COMMIT, as a network may at the worst moment."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import psycopg

BEFORE, AFTER, MEANWHILE = "before", "after", "meanwhile"


class Proxy:
    """A socket beside which the server stands; `address` leads through it.

    Once armed, it breaks the connection of the next COMMIT, once: BEFORE the server hears of it, AFTER it has answered
    (and nobody hears the answer), or MEANWHILE, while it is at it. With `is_last`, nobody gets through any more.
    """

    def __init__(self, address: str, folder: str) -> None:
        with psycopg.connect(address) as connection:
            self._host, self._port = connection.info.host, connection.info.port
        parts = urlsplit(address)
        user = f"{parts.username}@" if parts.username else ""
        self.address = f"postgresql://{user}{parts.path}?host={quote(folder, safe='')}&port=5432"
        self.armed, self.is_last, self.broken = "", False, 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(f"{folder}/.s.PGSQL.5432")
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.is_last and self.broken:
                    client.close()
                else:
                    _Link(self, client, self._connected())

    def _connected(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, self._port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self._host}/.s.PGSQL.{self._port}")
        return server


class _Link:
    """A client and the server, and what each says to the other."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._how = ""
        for way in (self._forth, self._back):
            threading.Thread(target=way, daemon=True).start()

    def _forth(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._client.recv(65_536):
                if self._proxy.armed and b"COMMIT\0" in data:
                    self._how, self._proxy.armed = self._proxy.armed, ""
                    self._proxy.broken += 1
                    if self._how == BEFORE:
                        break
                    self._server.sendall(data)
                    if self._how == MEANWHILE:
                        _end(self._client)
                    return
                self._server.sendall(data)
        _end(self._client, self._server)

    def _back(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._server.recv(65_536):
                if self._how:  # the answer to COMMIT, which nobody hears
                    break
                self._client.sendall(data)
        _end(self._client, self._server)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@contextmanager
def proxied(address: str) -> Iterator[Proxy]:
    """A proxy in front of the server of an address."""
    with tempfile.TemporaryDirectory() as folder:  # short: the path of a socket has at most 107 characters
        proxy = Proxy(address, folder)
        try:
            yield proxy
        finally:
            proxy.close()
