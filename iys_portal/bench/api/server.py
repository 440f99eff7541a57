"""A server of the portal for one bench, and a client that keeps one connection to it."""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
import redis
from django.conf import settings

from iys_portal.bench.base import BenchError

_PATIENCE = 60.0
_PIECE = 256 * 1024
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: ([0-9]+)")


class Client:
    """Asks one question after the other, at little cost of its own: what is measured is the server."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = f"Host: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"

    def log_in(self, username: str, password: str) -> None:
        """Get a token, which goes with every later question."""
        body = {"username": username, "password": password, "grant_type": "password"}
        token = self.post("/oauth2/token", body, expected=200)["access_token"]
        self._headers += f"Authorization: Bearer {token}\r\n"

    def post(self, path: str, body: Any, *, expected: int) -> Any:
        """Return the answer's JSON. Raises BenchError for any other status."""
        content = msgspec.json.encode(body)
        head = f"POST {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(content)}\r\n\r\n"
        self._connection.sendall(head.encode() + content)
        status, answer = self._answer()
        if status != expected:
            raise BenchError(f"{path} answered {status}: {answer[:300].decode(errors='replace')}")
        return msgspec.json.decode(answer)

    def _answer(self) -> tuple[int, bytes]:
        """Return the status and the body of an answer that says how long it is."""
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length is None:
            raise BenchError(f"An answer does not say how long it is: {head[:300].decode(errors='replace')}")
        parts = [body]
        missing = int(length[1]) - len(body)
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        return int(head[9:12]), b"".join(parts)

    def _more(self) -> bytes:
        if data := self._connection.recv(_PIECE):
            return data
        raise BenchError("The server hung up.")

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


@contextmanager
def serving(database: str, module: str = "iys_portal.wsgi") -> Iterator[Client]:
    """Serve the portal on a database of this server, by one worker with one thread, until the end.

    `module` has the WSGI application. What it writes into the broker and the cache is gone afterwards.
    """
    port, prefix = _free_port(), f"bench-{secrets.token_hex(4)}:"
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}")),
        "REDIS_PREFIX": prefix,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LOG_LEVEL": "WARNING",
    }
    command = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--no-ws", "--workers", "1", "--blocking-threads", "1", "--log-level", "error"]
    process = subprocess.Popen(  # noqa: S603  (our own server)
        [*command, f"{module}:application"], env=environment, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(process, port)
        with closing(Client(port)) as client:
            yield client
    finally:
        process.terminate()
        process.wait(_PATIENCE)
        _forget(prefix)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise BenchError("The server did not start.")


def _forget(prefix: str) -> None:
    cache = redis.Redis.from_url(settings.REDIS_URL)
    keys = list(cache.scan_iter(f"*{prefix}*"))
    if keys:
        cache.delete(*keys)
    cache.close()
