"""The client's tokens and its other tries, against a server that answers what it is told to."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from iys_client import ApiError, Client, LoginFailed, Unreachable
from iys_client import transport as client_transport


class Portal:
    """Answers with what is in `answers` (status, headers, body), else 200 []; tokens count up."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        self.token_answers: list[int] = []
        self.asked: list[tuple[str, str]] = []
        self.grants: list[str] = []
        self.lives = 7200
        self.lock = threading.Lock()

    def token(self, body: dict[str, Any]) -> tuple[int, Any]:
        with self.lock:
            self.grants.append(body["grant_type"])
            status = self.token_answers.pop(0) if self.token_answers else 200
            number = len(self.grants)
        if status != 200:
            return status, {"error": "invalid_grant"}
        return 200, {
            "access_token": f"a{number}",
            "refresh_token": f"r{number}",
            "expires_in": self.lives,
            "refresh_expires_in": 14400,
        }


@pytest.fixture
def portal() -> Iterator[Portal]:
    found = Portal()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            headers: dict[str, str] = {}
            if self.path == "/oauth2/token":
                status, content = found.token(body)
            else:
                with found.lock:
                    found.asked.append((f"{self.command} {self.path}", self.headers.get("Authorization", "")))
                    status, headers, content = found.answers.pop(0) if found.answers else (200, {}, [])
            raw = json.dumps(content).encode() if content is not None else b""
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Client:
    slept: list[float] = []
    monkeypatch.setattr(client_transport.time, "sleep", slept.append)
    found = Client(portal.url, username="u", password="p", timeout=10)  # type: ignore[attr-defined]
    found.slept = slept  # type: ignore[attr-defined]
    return found


def test_one_token_serves_many_calls_and_threads(portal: Portal, client: Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(client.brands, range(16))) == [[]] * 16
    assert portal.grants == ["password"]
    assert {token for _, token in portal.asked} == {"Bearer a1"}


def test_a_token_is_refreshed_before_it_ends_and_after_it_was_lost(portal: Portal, client: Client) -> None:
    portal.lives = 0
    client.brands(1)
    portal.lives = 7200
    client.brands(1)
    portal.answers.append((401, {}, {"errors": [{"code": "H351", "message": "x"}]}))
    client.brands(1)
    assert portal.grants == ["password", "refresh_token", "refresh_token"]
    assert [token for _, token in portal.asked] == ["Bearer a1", "Bearer a2", "Bearer a2", "Bearer a3"]


def test_a_refresh_token_that_is_refused_leads_back_to_the_password(portal: Portal, client: Client) -> None:
    portal.lives = 0
    client.brands(1)
    portal.token_answers.append(400)
    client.brands(1)
    assert portal.grants == ["password", "refresh_token", "password"]


def test_a_call_that_is_never_let_in_ends(portal: Portal, client: Client) -> None:
    portal.answers += [(401, {}, {"errors": [{"code": "H351", "message": "x"}]})] * 2
    with pytest.raises(ApiError) as error:
        client.brands(1)
    assert (error.value.status, error.value.codes) == (401, ["H351"])


def test_wrong_credentials(portal: Portal, client: Client) -> None:
    portal.token_answers.append(400)
    with pytest.raises(LoginFailed):
        client.brands(1)


def test_a_busy_portal_is_asked_again_after_the_pause_it_names(portal: Portal, client: Client) -> None:
    portal.answers += [(429, {"Retry-After": "7"}, {"errors": []}), (503, {}, {"errors": []})]
    assert client.brands(1) == []
    assert client.slept == [7.0, 2.0]  # type: ignore[attr-defined]


def test_it_gives_up_in_the_end(portal: Portal, client: Client) -> None:
    portal.answers += [(503, {"X-Request-Id": "n-1"}, {"errors": [{"code": "H192", "message": "x"}]})] * 4
    with pytest.raises(ApiError) as error:
        client.brands(1)
    assert (error.value.codes, error.value.request_id, len(portal.asked)) == (["H192"], "n-1", 4)


def test_what_must_not_be_done_twice_is_not_sent_again(portal: Portal, client: Client) -> None:
    portal.answers += [(429, {}, {"errors": []}), (503, {}, {"errors": []})]
    with pytest.raises(ApiError):
        client.brand(iys_code=1, brand_code=1).add_retailer(title="x")
    assert len(portal.asked) == 2


def test_nobody_answers() -> None:
    with pytest.raises(Unreachable):
        Client("http://127.0.0.1:1", username="u", password="p").brands(1)
    with pytest.raises(ValueError, match="https"):
        Client("portal.example", username="u", password="p")
