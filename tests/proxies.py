"""A proxy between client and server, for tests: it loses the connection around a COMMIT."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from sqlalchemy.engine import URL, make_url

ANSWERED = b"COMMIT\0"
"""How the server says that it has committed."""


class LossyProxy:
    """Stands between psycopg and the server while it is used in ``with``; connect to ``url``.

    :param server: the URL of the server, by TCP or by the folder of its socket.
    """

    def __init__(self, server: str) -> None:
        self.lose = ""
        """``sent``: the next COMMIT reaches the server, whose answer is lost; ``unsent``: it does not reach the server either."""
        self.lost = 0
        """How many connections were lost so."""
        self._server = make_url(server)
        self._folder = tempfile.TemporaryDirectory(prefix="bo-proxy-")
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(Path(self._folder.name) / ".s.PGSQL.5432"))
        self._listening.listen()

    @property
    def url(self) -> URL:
        """Where to connect."""
        where, query = self._server, {"host": self._folder.name}
        return URL.create(where.drivername, where.username, where.password, database=where.database, query=query)

    def __enter__(self) -> LossyProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._folder.cleanup()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _connect(self) -> socket.socket:
        folder = self._server.query.get("host", self._server.host or "")
        if isinstance(folder, str) and folder.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(Path(folder) / f".s.PGSQL.{self._server.port or 5432}"))
            return server
        return socket.create_connection((self._server.host or "127.0.0.1", self._server.port or 5432))

    def _serve(self, client: socket.socket) -> None:
        server, swallow = self._connect(), threading.Event()
        answers = threading.Thread(target=self._answer, args=(server, client, swallow), daemon=True)
        with client, server:
            answers.start()
            with contextlib.suppress(OSError):
                while said := client.recv(65536):
                    if self.lose and b"COMMIT" in said:
                        how, self.lose = self.lose, ""
                        self.lost += 1
                        if how == "unsent":
                            break
                        swallow.set()
                    server.sendall(said)
            _shut(server)
            _shut(client)
            answers.join()

    def _answer(self, server: socket.socket, client: socket.socket, swallow: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while said := server.recv(65536):
                if swallow.is_set() and ANSWERED in said:
                    break
                client.sendall(said)
        _shut(client)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
