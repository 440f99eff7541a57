"""A receiver on loopback that speaks TLS: it wants Basic credentials, keeps what it got, and fails when told to."""

import json
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "Api123", "3Kn.ls76412"


@dataclass
class Receiver:
    """What it got, and how it answers next: a status, `silent` (no answer until the end), `noise` or `redirect`."""

    url: str = ""
    asks: bool = True
    answers: list[int | str] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def lists(self) -> list[list[dict[str, object]]]:
        """The movements of every request with credentials that was read."""
        return [json.loads(body)["list"] for headers, body in self.got if "Authorization" in headers]


def make_certificate(folder: Path) -> Path:
    """Write a certificate of this machine with its key into `folder` and return the file; it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "receiver.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        receiver = self.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.got.append((dict(self.headers), body))
        pair = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if receiver.asks and self.headers.get("Authorization") != f"Basic {pair}":
            self._answer(401)
            return
        answer = receiver.answers.pop(0) if receiver.answers else 200
        if answer == "silent":
            receiver.over.wait(30)
        elif answer == "noise":
            self.wfile.write(b"\x00\x01 no protocol\r\n")
        elif answer == "redirect":
            self._answer(302, {"Location": "https://127.0.0.1:1/"})
        else:
            self._answer(int(answer))
        self.close_connection = True

    def _answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """A caller that hung up is what some tests are about."""


@contextmanager
def receiving(certificate: Path) -> Iterator[Receiver]:
    """Run a receiver until the caller is done with it."""
    receiver = Receiver()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": receiver}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.url = f"https://127.0.0.1:{server.server_port}/push?kanal=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
