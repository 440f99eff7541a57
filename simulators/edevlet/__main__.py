"""Command line of the simulator: prepare the folder, then serve until SIGTERM or Ctrl-C."""

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from simulators.edevlet import store
from simulators.edevlet.config import Config, django_settings


class _Handler(WSGIRequestHandler):
    """Logs path and status only: query strings carry codes and ID tokens."""

    def log_request(self, code: int | str = "-", _size: int | str = "-") -> None:
        path = urlsplit(getattr(self, "path", "")).path
        print(f"edevlet {self.command or '-'} {path} {code}", file=sys.stderr, flush=True)


def _portal_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"not an http address: {text}")
    return text.rstrip("/")


def _config(arguments: list[str]) -> Config:
    parser = argparse.ArgumentParser(prog="python -m simulators.edevlet", description="e-Devlet simulator")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--portal-url", type=_portal_url, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder for the key and the database")
    options = parser.parse_args(arguments)
    secret = os.environ.get("EDEVLET_CLIENT_SECRET", "")
    if not secret:
        parser.error("EDEVLET_CLIENT_SECRET is not set")
    data: Path = options.data.resolve()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Config(
        port=options.port,
        portal_url=options.portal_url,
        data=data,
        client_id=os.environ.get("EDEVLET_CLIENT_ID") or "portal",
        client_secret=secret,
        private_key=store.private_key(data),
    )


def _stop(_signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(arguments: list[str]) -> int:
    """Serve on 127.0.0.1 until stopped; return the exit code."""
    signal.signal(signal.SIGTERM, _stop)
    os.umask(0o077)
    config = _config(arguments)
    settings.configure(**django_settings(config))
    django.setup()
    store.prepare(config)
    try:
        server = ThreadedWSGIServer(("127.0.0.1", config.port), _Handler)
    except OSError as error:
        print(f"edevlet: port {config.port} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    server.set_app(get_wsgi_application())
    print(f"edevlet: {config.issuer} for {config.portal_url}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
