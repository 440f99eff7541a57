"""One exchange with a bank: what was not sent, what may have been, and how long it may take."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from payments.gateways.transport import AnswerLostError, Call, NotSentError, exchange
from tests.payments.gateways.benches import NOWHERE, IyzicoBench
from tests.payments.gateways.conformance import paid, started
from tests.payments.gateways.faultbank import serving
from tests.payments.gateways.faultbank_iyzico import IyzicoBank

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve one connection with raw bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer, suppress(OSError):  # the caller may give up
                peer.recv(65536)
                answer(peer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def drip(peer: socket.socket) -> None:
    """Send a letter at a time: no single wait is long, all of them are."""
    peer.sendall(HEAD)
    for _ in range(1000):
        peer.sendall(b" ")
        time.sleep(0.05)


def test_a_dripping_answer_ends_with_the_time_out() -> None:
    with answering(drip) as url:
        began = time.monotonic()
        with pytest.raises(AnswerLostError, match="too slow"):
            exchange(Call(method="POST", url=url, body=b"{}"), timeout=0.5)
        assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\n", HEAD + b"{}", b"220 smtp\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
def test_half_an_answer_is_lost(answer: bytes) -> None:
    with answering(lambda peer: peer.sendall(answer)) as url, pytest.raises(AnswerLostError):
        exchange(Call(method="POST", url=url), timeout=30)


@pytest.mark.parametrize("url", [NOWHERE, "ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/"])
def test_what_cannot_have_been_sent(url: str) -> None:
    with pytest.raises(NotSentError):
        exchange(Call(method="POST", url=url, body=b"{}"), timeout=1)


def test_many_threads_share_one_gateway() -> None:
    bank = IyzicoBank()
    with serving(bank) as url:
        bench = IyzicoBench(bank, url)
        charges = [paid(bench)[0] for _ in range(8)]
        charges += [started(bench)[0] for _ in range(2)]
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(bench.gateway.query, charges * 3))
    found = [outcome.capture.conversation_id if outcome.capture else None for outcome in outcomes]
    assert found == [charge.conversation_id if place < 8 else None for place, charge in enumerate(charges)] * 3
