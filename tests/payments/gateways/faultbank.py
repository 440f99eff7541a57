"""The smallest bank there is: payments in memory behind a real socket, and one fault for one call where it is asked.

It signs with code of its own, so that a mistake of the portal's signing is not made twice.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TIMEOUT = 1.5
SLOW_SECONDS = 2.5


@dataclass
class Payment:
    """One payment; `state` is open, paid or declined. `refunds` are (key, kind, amount)."""

    id: str
    conversation_id: str
    order_code: str
    price: Decimal
    paid_price: Decimal
    count: int
    return_url: str
    token: str = ""
    state: str = "open"
    code: str = ""
    group: str = ""
    fraud: int = 1
    md_status: int = 1
    refunds: list[tuple[str, str, Decimal]] = field(default_factory=list)

    @property
    def given_back(self) -> Decimal:
        return sum((amount for _, _, amount in self.refunds), Decimal())


@dataclass
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


# A call's kind, and what does it: gets the request and the name of its fault, returns the answer's body.
Route = tuple[str, Callable[[Request, str], bytes]]


class Bank:
    """Base of both banks: payments, faults and the count of calls that reached it."""

    def __init__(self) -> None:
        self.payments: list[Payment] = []
        self.faults: list[tuple[str, str]] = []
        self.calls: Counter[str] = Counter()
        self.numbers = itertools.count(22_480_001)

    def order(self, kind: str, name: str) -> None:
        """Let the next call of this kind go wrong."""
        self.faults.append((kind, name))

    def take(self, kind: str) -> str:
        for fault in self.faults:
            if fault[0] == kind:
                self.faults.remove(fault)
                return fault[1]
        return ""

    def route(self, request: Request) -> Route | None:
        raise NotImplementedError

    def find(self, **wanted: Any) -> Payment | None:
        return next(
            (each for each in self.payments if all(getattr(each, name) == value for name, value in wanted.items())),
            None,
        )


class Handler(BaseHTTPRequestHandler):
    """One call: its fault strikes before the bank has acted, or after."""

    protocol_version = "HTTP/1.1"
    bank: Bank

    def handle_call(self) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(method=self.command, path=path, query=query, headers=headers, body=body)
        route = self.bank.route(request)
        if route is None:
            self.send_error(404)
            return
        self.close_connection = True
        kind, act = route
        self.bank.calls[kind] += 1
        fault = self.bank.take(kind)
        if fault == "http-500":
            self.reply(500, b"<h1>500</h1>")
        elif fault != "drop-before":
            self.after(act(request, fault), fault)

    def after(self, body: bytes, fault: str) -> None:
        if fault == "drop-after":
            return
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        status, spoiled, headers = {
            "http-500-after": (500, b"<h1>500</h1>", {}),
            "http-503-whole": (503, body, {}),
            "redirect": (302, b"", {"Location": "https://127.0.0.1/"}),
            "huge": (200, b" " * 1_100_000 + body, {}),
            "malformed": (200, body[: len(body) // 2], {}),
            "no-object": (200, b"[]", {}),
            "encoded": (200, body, {"Content-Encoding": "gzip"}),
        }.get(fault, (200, body, {}))
        self.reply(status, spoiled, **headers)

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        try:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:  # the caller has given up, as it should
            pass

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serving(bank: Bank) -> Iterator[str]:
    """Serve a bank on a free port; give its address."""
    calls = {"bank": bank, "do_POST": Handler.handle_call, "do_GET": Handler.handle_call}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("BankHandler", (Handler,), calls))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
