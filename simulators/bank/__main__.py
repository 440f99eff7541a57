"""Command line of the simulator: prepare the folder, then serve until SIGTERM or Ctrl-C."""

import argparse
import contextlib
import os
import signal
import socket
import ssl
import sys
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from simulators.bank import logs, store, webhooks
from simulators.bank.config import Config, django_settings


class _Handler(WSGIRequestHandler):
    """Logs path and status only, and lets a view close the connection without an answer."""

    # Headers and body are two small writes: held back, the second would wait 40 ms for the first's receipt.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", _size: int | str = "-") -> None:
        path = logs.without_token(urlsplit(getattr(self, "path", "")).path)
        print(f"bank {self.command or '-'} {path} {code}", file=sys.stderr, flush=True)

    def log_message(self, _format: str, *_arguments: Any) -> None:
        """Nothing else: what a client sent is not written down."""

    def get_environ(self) -> dict[str, Any]:
        """Give the view a way to drop the connection."""
        return {**super().get_environ(), "bank.drop": self._drop}

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            connection: Any = self.connection
            connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadedWSGIServer):
    """One thread for each connection; a client that breaks off is no news."""

    request_queue_size = 128

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        error = sys.exc_info()[1]
        print(f"bank: {type(error).__name__} in a connection", file=sys.stderr, flush=True)


def _portal_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"not an http address: {text}")
    return text.rstrip("/")


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.bank", description="bank simulator")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--portal-url", type=_portal_url, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder for the database")
    parser.add_argument("--tls-cert", type=Path, help="serve TLS with this certificate")
    parser.add_argument("--tls-key", type=Path, help="its private key")
    parser.add_argument("--webhook-seconds", type=float, default=3.0, help="from a payment to its webhook")
    parser.add_argument("--retry-seconds", type=float, default=5.0, help="from a webhook to its repetition")
    options = parser.parse_args(arguments)
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key belong together")
    for name in ("IYZICO_API_KEY", "IYZICO_SECRET_KEY"):
        if not os.environ.get(name):
            parser.error(f"{name} is not set")
    return options


def _config(options: argparse.Namespace) -> Config:
    data: Path = options.data.resolve()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    given = os.environ.get
    return Config(
        port=options.port,
        portal_url=options.portal_url,
        data=data,
        iyzico_api_key=given("IYZICO_API_KEY", ""),
        iyzico_secret_key=given("IYZICO_SECRET_KEY", ""),
        nestpay_client_id=given("NESTPAY_CLIENT_ID", ""),
        nestpay_store_key=given("NESTPAY_STORE_KEY", ""),
        nestpay_api_user=given("NESTPAY_API_USER", ""),
        nestpay_api_password=given("NESTPAY_API_PASSWORD", ""),
        statement_user=given("ZIRAAT_USER", ""),
        statement_password=given("ZIRAAT_PASSWORD", ""),
        webhook_seconds=options.webhook_seconds,
        retry_seconds=options.retry_seconds,
        certificate=options.tls_cert,
    )


def _server(options: argparse.Namespace) -> _Server:
    server = _Server(("127.0.0.1", options.port), _Handler)
    if options.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls_cert, options.tls_key)
        # The handshake belongs to the connection's own thread: a silent client must not stop the others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


def _stop(_signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(arguments: list[str]) -> int:
    """Serve on 127.0.0.1 until stopped; return the exit code."""
    signal.signal(signal.SIGTERM, _stop)
    os.umask(0o077)
    options = _arguments(arguments)
    config = _config(options)
    settings.configure(**django_settings(config))
    django.setup()
    logs.configure()
    store.prepare(config.data)
    try:
        server = _server(options)
    except OSError as error:
        print(f"bank: port {config.port} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    server.set_app(get_wsgi_application())
    webhooks.start()
    print(f"bank: {config.origin} for {config.portal_url}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
