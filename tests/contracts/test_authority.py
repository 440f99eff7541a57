"""Time stamps over a socket: what is asked, which answers count, how long a bad authority is waited for."""

import asyncio
import base64
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from contracts.authority import HttpTimeStamper, KamuSmTimeStamper
from contracts.development_pki import make_development_pki
from contracts.keys import Seal, load_seal
from tests.contracts.authority import Authority, drip, for_customers, granted, listening, refusal, respond

DIGEST = bytes(range(32))
DIGESTS = [DIGEST, bytes(32)]
PASSWORD = "çok gizli 42"
SILENCE = 15.0
"""How long an authority keeps silent that would answer in the end."""


@pytest.fixture
def authority(company: Seal) -> Iterator[Authority]:
    with listening(company.timestamper) as server:  # type: ignore[arg-type]
        yield server


@pytest.fixture
def client(authority: Authority, company: Seal) -> HttpTimeStamper:
    return HttpTimeStamper(authority.address, trust=company.trust, deadline=60)


def token_of(stamper: HttpTimeStamper, digest: bytes = DIGEST) -> Any:
    return asyncio.run(stamper.async_timestamp(digest, "sha256"))


def info_of(token: Any) -> Any:
    return token["content"]["encap_content_info"]["content"].parsed


def test_a_stamp_is_over_the_imprint_that_was_sent(authority: Authority, client: HttpTimeStamper) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    info = info_of(token_of(client))
    ((headers, request),) = authority.asked
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    assert info["nonce"].native == request["nonce"].native
    assert before <= info["gen_time"].native <= datetime.now(UTC)
    assert (headers["content-type"], headers["accept"], request["cert_req"].native) == (
        "application/timestamp-query",
        "application/timestamp-reply",
        True,
    )
    assert ("authorization" in headers, "identity" in headers) == (False, False)


def test_user_and_password_go_by_basic_authentication(authority: Authority, company: Seal) -> None:
    token_of(HttpTimeStamper(authority.address, trust=company.trust, user="iys", password=PASSWORD))
    scheme, value = authority.asked[0][0]["authorization"].split()
    assert (scheme, base64.b64decode(value).decode()) == ("Basic", f"iys:{PASSWORD}")


def body(content: bytes, **options: Any) -> Callable[..., None]:
    return lambda handler, _request: respond(handler, content, **options)


def silent(*_: object) -> None:
    time.sleep(SILENCE)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (body(b""), "no answer from the time-stamp authority (ValueError)"),
        (body(b"<html>Bakim</html>"), "no answer from the time-stamp authority (ValueError)"),
        (body(b"\x30\x00"), "the answer is no time stamp"),
        (body(b"\x30" * 70_000), "the time-stamp authority's answer is too long"),
        (body(b"", status=503), "the time-stamp authority answers 503"),
        (body(b"", status=302), "the time-stamp authority answers 302"),
        (body(refusal("User 999 is not known")), "the time-stamp authority refuses: rejection User 999 is not known"),
        (drip, "no answer from the time-stamp authority (TimeoutError)"),
        (lambda handler, _: handler.connection.close(), "no answer from the time-stamp authority"),
        (silent, "no answer from the time-stamp authority"),
    ],
    ids=["empty", "html", "no token", "too long", "503", "redirect", "refused", "drip", "closed", "silent"],
)
def test_a_bad_answer_is_an_error_in_time(
    answer: Callable[..., None], reason: str, authority: Authority, company: Seal
) -> None:
    authority.answer = answer
    deadline = 1.0 if answer in (drip, silent) else 60
    start = time.monotonic()
    with pytest.raises(TimestampRequestError) as error:
        token_of(HttpTimeStamper(authority.address, trust=company.trust, deadline=deadline))
    assert time.monotonic() - start < SILENCE
    assert str(error.value)[: len(reason)] == reason


def test_nobody_there_is_an_error_without_the_address(company: Seal) -> None:
    with pytest.raises(TimestampRequestError) as error:
        token_of(HttpTimeStamper("http://127.0.0.1:1/?gizli", trust=company.trust, user="u", password=PASSWORD))
    assert str(error.value) == "no answer from the time-stamp authority (ConnectError)"


def replay(authority: Authority) -> None:
    """Answer every question with the answer to the first one."""
    first: list[bytes] = []

    def answer(handler: BaseHTTPRequestHandler, request: tsp.TimeStampReq) -> None:
        first.append(granted(authority.stamper, request).dump())
        respond(handler, first[0])

    authority.answer = answer


def test_a_replayed_stamp_is_refused(authority: Authority, client: HttpTimeStamper) -> None:
    replay(authority)
    token_of(client)
    with pytest.raises(TimestampRequestError, match="answers another request"):
        token_of(client)


def test_a_stamp_over_something_else_is_refused(authority: Authority, client: HttpTimeStamper) -> None:
    replay(authority)
    token_of(client)
    with pytest.raises(TimestampRequestError, match="over something else"):
        token_of(client, bytes(32))


def test_a_strangers_stamp_is_refused(company: Seal, tmp_path: Path) -> None:
    make_development_pki(tmp_path / "stranger", now=datetime.now(UTC))
    stranger = load_seal(tmp_path / "stranger").timestamper
    refused = pytest.raises(TimestampRequestError, match="not signed by a trusted authority")
    with listening(stranger) as server, refused:  # type: ignore[arg-type]
        token_of(HttpTimeStamper(server.address, trust=company.trust))


def test_a_forged_signature_is_refused(authority: Authority, client: HttpTimeStamper) -> None:
    def answer(handler: BaseHTTPRequestHandler, request: tsp.TimeStampReq) -> None:
        good = granted(authority.stamper, request)
        value = good["time_stamp_token"]["content"]["signer_infos"][0]["signature"].native
        respond(handler, good.dump().replace(value, value[:-1] + bytes([value[-1] ^ 1])))

    authority.answer = answer
    with pytest.raises(TimestampRequestError, match="not signed by a trusted authority"):
        token_of(client)


# --- Kamu SM ------------------------------------------------------------------------------------------------
def test_kamu_sm_knows_its_customer_by_the_header(authority: Authority, company: Seal) -> None:
    authority.answer = for_customers({4711: PASSWORD}, authority.stamper)
    stamper = KamuSmTimeStamper(authority.address, trust=company.trust, user="4711", password=PASSWORD)
    imprints = [info_of(token_of(stamper, digest))["message_imprint"]["hashed_message"].native for digest in DIGESTS]
    assert imprints == DIGESTS
    sent = [headers for headers, _ in authority.asked]
    assert ["authorization" in headers for headers in sent] == [False, False]
    assert [PASSWORD.encode().hex() in headers["identity"] for headers in sent] == [False, False]
    assert len({headers["identity"] for headers in sent}) == 2


@pytest.mark.parametrize(("user", "password"), [("4711", "yanlış"), ("4712", PASSWORD)])
def test_kamu_sm_refuses_others(user: str, password: str, authority: Authority, company: Seal) -> None:
    authority.answer = for_customers({4711: PASSWORD}, authority.stamper)
    with pytest.raises(TimestampRequestError, match="Account could not be authenticated"):
        token_of(KamuSmTimeStamper(authority.address, trust=company.trust, user=user, password=password))
    assert len(authority.asked) == 1


def test_a_password_stands_in_no_representation(company: Seal) -> None:
    stamper = KamuSmTimeStamper("http://127.0.0.1/", trust=company.trust, user="4711", password=PASSWORD)
    assert PASSWORD not in repr(stamper) + str(stamper)
