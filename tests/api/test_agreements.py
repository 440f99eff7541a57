"""Reconciliation over the API: hash, agreement, time stamp and file of a day that is over; nothing of other days."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from asn1crypto import tsp

from accounts.models import Person
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from partners.enums import Channel as PartnerChannel
from partners.enums import Right
from partners.services import authorise_partner
from reports.enums import AGREED
from reports.models import DailyFile
from tests import factories
from tests.api.conftest import Api, codes
from tests.api.test_iys_document_beside_consents import BRAND, DOCUMENT, document, judge  # noqa: F401  (fixtures)
from tests.reports.conftest import DAY, brand, keys, made, moved  # noqa: F401  (fixtures)

Make = Callable[..., Api]


@pytest.fixture
def client(api: Make, made: Brand, now: datetime) -> Api:
    """A program of the provider on the day after; the clock stands still for it."""
    factories.subscription(made.provider, now=now)
    return api(made.provider, now=now)


@pytest.fixture(autouse=True)
def _clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


def path(brand: Brand, rest: str = "", day: object = DAY) -> str:
    return f"/sps/{brand.provider.iys_code}/brands/{brand.code}/agreements/{day}{rest}"


def file_path(brand: Brand, day: object = DAY) -> str:
    return f"/sps/{brand.provider.iys_code}/brands/{brand.code}/changes/{day}/file"


def test_a_day_is_agreed_on(client: Api, made: Brand) -> None:
    content = client.get(file_path(made))
    assert (content.status_code, content.headers["Content-Type"].partition(";")[0]) == (200, "text/csv")
    assert content.streaming is True
    sent = content.getvalue()
    assert (sent.count(b"\n"), content.headers["Content-Length"]) == (1 + 5, str(len(sent)))
    digest = hashlib.sha384(sent).hexdigest()
    head = client.send("HEAD", file_path(made))
    assert (head.status_code, head.content, head.streaming) == (200, b"", False)
    same = ("Content-Type", "Content-Length", "Content-Disposition")
    assert [head.headers[name] for name in same] == [content.headers[name] for name in same]
    before = {
        "processStatus": "completed",
        "hashMethod": "SHA-384",
        "agreementStatus": False,
        "hashValue": digest,
    }
    assert client.get(path(made)).json() == before
    assert codes(client.send("PUT", path(made), {"agreementStatus": False})) == (422, ["H512"])
    assert codes(client.send("PUT", path(made), {})) == (422, ["H512"])
    assert codes(client.send("PUT", path(made), [])) == (400, ["H014"])
    for _ in range(2):
        answer = client.send("PUT", path(made), {"agreementStatus": True})
        assert (answer.status_code, answer.json()) == (200, {"agreementCaptured": True})
    assert client.get(path(made)).json() == before | {"agreementStatus": True}
    event = AuditEvent.objects.get(action=AGREED)
    assert (event.actor_id, event.actor_name) == (None, f"API: Deneme ({client.account.username})")
    assert DailyFile.objects.get(sha384=digest).agreed_by is None


def test_the_time_stamp_is_over_the_files_hash(client: Api, made: Brand) -> None:
    answer = client.get(path(made, "/timestamp"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain")
    response = tsp.TimeStampResp.load(answer.content)
    info = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native.hex() == client.get(path(made)).json()["hashValue"]
    DailyFile.objects.update(stamp=None, stamped_at=None)
    assert client.get(path(made, "/timestamp")).status_code == 204


@pytest.mark.skipif(not DOCUMENT.exists(), reason="İYS's document is not beside the repository")
def test_answers_are_as_iyss_document_says(client: Api, made: Brand, judge: Callable[..., None]) -> None:
    day, file = f"{BRAND}/agreements/{{reportDate}}", f"{BRAND}/changes/{{reportDate}}/file"
    for at in (DAY, "2026-11-21", "22.11.2026"):
        judge("GET", day, client.get(path(made, "", at)))
        judge("PUT", day, client.send("PUT", path(made, "", at), {"agreementStatus": True}))
        judge("PUT", day, client.send("PUT", path(made, "", at), {}))
        judge("GET", file, client.get(file_path(made, at)))
    for at in (DAY, "22.11.2026"):
        judge("GET", f"{day}/timestamp", client.get(path(made, "/timestamp", at)))


def test_days_without_a_file(client: Api, made: Brand) -> None:
    for day in ("2026-11-21", "2026-11-23"):
        for address in (path(made, "", day), path(made, "/timestamp", day), file_path(made, day)):
            answer = client.get(address)
            assert (answer.status_code, answer.content) == (204, b"")
        assert client.send("PUT", path(made, "", day), {"agreementStatus": True}).status_code == 204
    for day, code in (("2026-11-15", "H502"), ("2026-11-24", "H502"), ("22.11.2026", "H501")):
        for address in (path(made, "", day), path(made, "/timestamp", day), file_path(made, day)):
            assert codes(client.get(address)) == (422, [code])
        assert codes(client.send("PUT", path(made, "", day), {"agreementStatus": True})) == (422, [code])


def test_a_file_that_is_not_made_yet(client: Api, made: Brand) -> None:
    DailyFile.objects.update(state="queued", made_at=None, sha384="", stamp=None, stamped_at=None)
    assert client.get(path(made)).json() == {
        "processStatus": "queued",
        "hashMethod": "SHA-384",
        "agreementStatus": False,
    }
    assert client.send("PUT", path(made), {"agreementStatus": True}).status_code == 204
    assert client.get(file_path(made)).status_code == 204


def test_who_may(api: Make, client: Api, made: Brand, alice: Person, now: datetime) -> None:
    partners = {agreement: factories.PartnerFactory.create() for agreement in (True, False)}
    for agreement, partner in partners.items():
        authorise_partner(
            brand=made,
            partner=partner,
            agreement=agreement,
            rights={PartnerChannel.MESAJ: Right.WRITE},
            ends_on=None,
            person=alice,
            now=now,
        )
    for address in (path(made), path(made, "/timestamp"), file_path(made)):
        assert api(partners[True], now=now).get(address).status_code == 200
        assert codes(api(partners[False], now=now).get(address)) == (403, ["P008"])
    other = factories.BrandFactory.create(provider=made.provider)
    assert client.get(file_path(other)).status_code == 204
    rival = factories.ProviderFactory.create()
    factories.subscription(rival, now=now)
    assert codes(api(rival, now=now).get(file_path(made))) == (403, ["H353"])
