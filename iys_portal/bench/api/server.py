"""A server of the portal for one bench, and a client that keeps one connection to it."""

import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
import redis
from django.conf import settings

from iys_portal.bench.base import BenchError

_PATIENCE = 60.0


class Client:
    """Asks one question after the other."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        self._headers = {"Content-Type": "application/json"}

    def log_in(self, username: str, password: str) -> None:
        """Get a token, which goes with every later question."""
        body = {"username": username, "password": password, "grant_type": "password"}
        token = self.post("/oauth2/token", body, expected=200)["access_token"]
        self._headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, body: Any, *, expected: int) -> Any:
        """Return the answer's JSON. Raises BenchError for any other status."""
        self._connection.request("POST", path, msgspec.json.encode(body), self._headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status != expected:
            raise BenchError(f"{path} answered {response.status}: {content[:300].decode(errors='replace')}")
        return msgspec.json.decode(content)

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
    client = Client(port)
    try:
        _wait_for(process, port)
        yield client
    finally:
        client.close()
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
