"""A time-stamp authority of ours behind a real socket, well-behaved or not, that checks who asks as Kamu SM does."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import core, tsp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from contracts.timestamp import DevelopmentTimeStamper

Answer = Callable[[BaseHTTPRequestHandler, tsp.TimeStampReq], None]


@dataclass
class Authority:
    """Where it listens, what was asked of it, and how it answers now."""

    address: str
    stamper: DevelopmentTimeStamper
    answer: Answer
    asked: list[tuple[dict[str, str], tsp.TimeStampReq]] = field(default_factory=list)


def respond(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/timestamp-reply")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def honest(stamper: DevelopmentTimeStamper) -> Answer:
    """Answer every question with a good time stamp."""

    def answer(handler: BaseHTTPRequestHandler, request: tsp.TimeStampReq) -> None:
        respond(handler, granted(stamper, request).dump())

    return answer


def granted(stamper: DevelopmentTimeStamper, request: tsp.TimeStampReq) -> tsp.TimeStampResp:
    return asyncio.run(stamper.async_request_tsa_response(request))


def refusal(words: str) -> bytes:
    return core.SequenceOf([tsp.PKIStatusInfo({"status": "rejection", "status_string": [words]})], spec=core.Any).dump()


def drip(handler: BaseHTTPRequestHandler, _request: tsp.TimeStampReq) -> None:
    """Send a byte now and then, for ever: each step is quick, the whole never ends."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"\x30")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


def for_customers(customers: dict[int, str], stamper: DevelopmentTimeStamper) -> Answer:
    """Answer those who prove themselves in the header ``identity``; refuse others with HTTP 200, as Kamu SM does."""

    def answer(handler: BaseHTTPRequestHandler, request: tsp.TimeStampReq) -> None:
        user, salt, iterations, iv, secret = (
            value.native for value in core.SequenceOf.load(bytes.fromhex(handler.headers["identity"]), spec=core.Any)
        )
        key = hashlib.pbkdf2_hmac("sha256", customers.get(user, "").encode(), salt, iterations, dklen=32)
        decryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).decryptor()
        plain = decryptor.update(secret) + decryptor.finalize()
        padding = plain[-1]
        imprint = request["message_imprint"]["hashed_message"].native
        if (len(salt), len(iv), iterations) == (16, 16, 100) and plain == imprint + bytes([padding]) * padding:
            respond(handler, granted(stamper, request).dump())
        else:
            respond(handler, refusal("Account could not be authenticated"))

    return answer


@contextmanager
def listening(stamper: DevelopmentTimeStamper) -> Iterator[Authority]:
    """Listen on a free port of the loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            authority.asked.append(({name.lower(): value for name, value in self.headers.items()}, request))
            authority.answer(self, request)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    authority = Authority(f"http://127.0.0.1:{server.server_port}/", stamper, honest(stamper))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
