"""POST …/consents/request and its results: accepted as a whole or not at all, each consent with what came of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Provider
from brands.models import Brand
from consents.api import reading
from consents.api.reading import batch_in, read_consent
from consents.enums import Channel
from consents.imports.judging import RowJudge, staged_of
from consents.models import Consent, ConsentBatch, ConsentEvent
from consents.rules.calendar import Calendar
from consents.rules.fields import Policy
from consents.services.batches import Item
from iys_portal.api.errors import Refused
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from tests import factories
from tests.consents.api.conftest import Consents, consent, errors
from tests.consents.scene import MAILS, PHONES

pytestmark = pytest.mark.django_db


def test_a_batch_is_accepted_and_its_results_can_be_asked_for(program: Consents, brand: Brand) -> None:
    bare = consent(recipient=PHONES[1], recipientType="TACIR", without=("source", "consentDate"))
    bodies = [consent(recipient="Alici1@ORNEK.example"), bare, consent(recipient=MAILS[1], status="RET")]
    answer = program.send(*bodies)
    assert answer.status_code == 202
    accepted = answer.json()
    request_id = accepted["requestId"]
    parts = [part.pop("subRequestId") for part in accepted["subRequests"]]
    assert str(UUID(request_id)) == request_id == answer.headers["X-Request-Id"]
    assert len({*parts, request_id}) == 4
    assert accepted["subRequests"] == [
        {**bodies[0], "recipient": MAILS[0], "creationDate": "2026-11-23 12:00:00"},
        {**bare, "creationDate": "2026-11-23 12:00:00"},
        {**bodies[2], "creationDate": "2026-11-23 12:00:00"},
    ]
    waiting = program.results(request_id)
    assert (waiting.status_code, waiting.json()) == (
        200,
        [
            {"index": index, "status": "enqueue", "subRequestId": part, "subrequestId": part}
            for index, part in enumerate(parts)
        ],
    )
    assert outbox.run(OutboxMessage.objects.get(topic="consents.batch").pk) is True
    first, second, third = program.results(request_id).json()
    recorded = {"status": "success", "requestId": request_id, "creationDate": "2026-11-23 12:00:00"}
    numbers = [first.pop("transactionId"), second.pop("transactionId")]
    assert [len(number) for number in numbers] == [64, 64]
    assert first == {"index": 0, "subRequestId": parts[0], "subrequestId": parts[0], **recorded}
    assert second == {"index": 1, "subRequestId": parts[1], "subrequestId": parts[1], **recorded}
    assert third == {
        "index": 2,
        "status": "failure",
        "subRequestId": parts[2],
        "subrequestId": parts[2],
        "error": {
            "code": "H175",
            "message": "İlk defa kaydedilen bir iznin durum (status) bilgisi RET olmamalıdır.",
        },
    }
    batch = ConsentBatch.objects.get()
    assert (batch.account_id, batch.brand_id, batch.repeats) == (program.client.account.pk, brand.pk, False)


def test_v2_names_the_request_that_recorded_it_before(program: Consents) -> None:
    single = program.add(recipient=MAILS[1]).json()
    old = program.send(consent(), consent(recipient=MAILS[0])).json()
    new = program.send(consent(recipient=MAILS[0]), consent(recipient=MAILS[1]), consent(ago=5), version="/v2").json()
    assert new["requestId"] != old["requestId"]
    program.work()
    before = program.results(old["requestId"], version="/v2").json()
    again, alone, changed = program.results(new["requestId"], version="/v2").json()
    assert [item["isAddConsentV2Service"] for item in (*before, again, alone, changed)] == [False] * 2 + [True] * 3
    assert again["transactionId"] == before[1]["transactionId"]
    assert again["requestId"] == new["requestId"]
    assert again["originalRequestInformation"] == {
        "requestId": old["requestId"],
        "subRequestId": old["subRequests"][1]["subRequestId"],
    }
    assert alone["transactionId"] == single["transactionId"]
    assert [item for item in (*before, alone, changed) if "originalRequestInformation" in item] == []
    assert "isAddConsentV2Service" not in program.results(new["requestId"]).json()[0]


def test_v1_says_of_what_was_recorded_that_it_is_not_newer(program: Consents) -> None:
    request_ids = [program.send(consent(), consent(recipient=MAILS[0])).json()["requestId"] for _ in range(2)]
    program.work()
    one, two = (program.results(request_id).json() for request_id in request_ids)
    assert [item["status"] for item in one + two] == ["success"] * 2 + ["failure"] * 2
    assert [item["error"]["code"] for item in two] == ["H178", "H178"]
    assert ConsentEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("a9817bd8-0642-4d8c-946b-cc47d5aac41ab-cc47d5aac41a", "H198"),
        ("abcde", "H199"),
        ("12345", "H400"),
        ("x1", None),
        ("5980a44b-06f3-43c2-9b1a-b61bfceb95fa", None),
    ],
)
def test_ids_that_name_no_batch(program: Consents, written: str, code: str | None) -> None:
    answer = program.results(written)
    if code is None:
        assert (answer.status_code, answer.json()) == (200, [])
        return
    assert errors(answer) == (422, [(code, ["requestId"], written)])


def test_an_id_is_known_in_every_spelling(program: Consents) -> None:
    request_id = program.send(consent()).json()["requestId"]
    spellings = [request_id, request_id.upper(), request_id.replace("-", ""), request_id.replace("-", "").upper()]
    assert [len(program.results(each).json()) for each in spellings] == [1] * 4
    sister = Consents(program.client, factories.BrandFactory.create(provider=program.brand.provider))
    assert sister.results(request_id).json() == []


def test_results_can_be_asked_for_during_sixty_days(program: Consents, clock: Any) -> None:
    request_id = program.send(consent()).json()["requestId"]
    program.work()
    for days, found in ((59, 1), (2, 0)):
        clock.shift(timedelta(days=days))
        program.client.log_in()
        assert len(program.results(request_id).json()) == found


# --- What is refused as a whole ---------------------------------------------------------------------------------------
def test_a_consent_stands_in_a_list_once(program: Consents) -> None:
    bodies = [
        consent(recipient=MAILS[0]),
        consent(),
        consent(recipient="ALICI1@ornek.example", status="RET", ago=5),
        consent(type="ARAMA"),
        consent(recipientType="TACIR"),
        consent(without=("recipientType",)),
    ]
    assert errors(program.send(*bodies)) == (422, [("H194", 2), ("H194", 5)])
    assert ConsentBatch.objects.count() == 0


def test_all_that_is_wrong_is_listed_with_its_place(program: Consents, provider: Provider) -> None:
    bodies = [
        consent(),
        consent(recipient="x", status="x"),
        7,
        consent(ago=60 * 24 * 30),
        consent(),
        consent(recipient=MAILS[0], color="x"),
    ]
    old = bodies[3]["consentDate"]  # type: ignore[index]
    assert errors(program.send(*bodies)) == (
        422,
        [
            ("H121", ["recipient"], "x", 1),
            ("H115", ["status"], "x", 1),
            ("H085", 2),
            ("H467", ["consentDate"], old, 3),
            ("H194", 4),
            ("H118", ["color"], "x", 5),
        ],
    )
    assert (Consent.objects.filter(provider_id=provider.pk).count(), OutboxMessage.objects.count()) == (0, 0)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b"7", b'"x"'])
def test_what_is_no_list(program: Consents, body: bytes) -> None:
    assert errors(program.send(raw=body)) == (400, [("H092",)])


def test_a_thousand_and_no_more(program: Consents) -> None:
    bodies = [consent(recipient=f"+90599{number:07d}") for number in range(1001)]
    assert errors(program.send(*bodies)) == (422, [("H091",)])
    answer = program.send(*bodies[:1000])
    assert answer.status_code == 202
    program.work()
    results = program.results(answer.json()["requestId"]).json()
    assert [item["index"] for item in results] == list(range(1000))
    assert {item["status"] for item in results} == {"success"}


def test_dealers_are_looked_up_before_a_list_is_accepted(program: Consents, brand: Brand) -> None:
    ours = factories.RetailerFactory.create(brand=brand).code
    bodies = [
        consent(retailerCode=ours, retailerAccess=[ours, 99999998]),
        consent(recipient=MAILS[0], retailerCode=99999999),
        consent(recipient=MAILS[1], retailerCode="bayi"),
    ]
    assert errors(program.send(*bodies[:2])) == (
        403,
        [("H180", ["retailerAccess", 1], 99999998, 0), ("H180", ["retailerCode"], 99999999, 1)],
    )
    assert errors(program.send(*bodies)) == (403, [("H180", ["retailerCode"], "bayi", 2)])
    good = consent(retailerCode=ours, retailerAccess=[ours])
    assert program.send(good).status_code == 202
    program.work()
    assert ConsentEvent.objects.get().retailer_code == ours


# --- At a glance and by the arbiter -----------------------------------------------------------------------------------
_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        ["", "ONAY", "RET", "MESAJ", "ARAMA", "EPOSTA", "HS_WEB", "HS_KARAR", "HS_2015", "BIREYSEL", "TACIR"]
    ),
    st.sampled_from([*PHONES, *MAILS, MAILS[0].upper(), "+902125550000", "+12025550123", "x"]),
    st.sampled_from(["2026-11-23 11:00:00", "2026-11-18 00:00:00", "2026-11-17 23:59:59", "2015-05-01 00:00:00"]),
    st.lists(st.integers(9_999_999, 10_000_001), max_size=3),
)
_BODY = st.fixed_dictionaries(
    {},
    optional={
        "recipient": _VALUES,
        "type": st.sampled_from(["MESAJ", "ARAMA", "EPOSTA"]) | _VALUES,
        "status": st.sampled_from(["ONAY", "RET"]) | _VALUES,
        "source": st.sampled_from(["HS_WEB", "HS_KARAR"]) | _VALUES,
        "consentDate": st.sampled_from(["2026-11-23 11:00:00", "2026-11-18 00:00:00"]) | _VALUES,
        "recipientType": st.sampled_from(["BIREYSEL", "TACIR"]) | _VALUES,
        "retailerCode": _VALUES,
        "retailerAccess": _VALUES,
        "other": _VALUES,
    },
)
_GOOD = st.fixed_dictionaries(
    {
        "recipient": st.sampled_from([*PHONES, *MAILS, MAILS[0].upper(), "+12025550123"]),
        "type": st.sampled_from(["MESAJ", "EPOSTA"]),
        "status": st.sampled_from(["ONAY", "RET"]),
    },
    optional={
        "source": st.sampled_from(["HS_WEB", "HS_KARAR", "HS_2015"]),
        "consentDate": st.sampled_from(["2026-11-23 11:00:00", "2026-11-18 00:00:00", "2026-11-17 23:59:59"]),
        "recipientType": st.sampled_from(["BIREYSEL", "TACIR"]),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_BODY | _GOOD)
def test_what_is_known_at_a_glance_is_what_the_arbiter_says(body: dict[str, Any]) -> None:
    policy, now = Policy(Calendar()), factories.instant("2026-11-23 09:00:00")
    arbited = read_consent(body, policy=policy, now=now, index=0)
    raw = msgspec.json.encode([body])
    glance = (reading._glances(raw, RowJudge(policy=policy, now=now)) or [None])[0]
    if isinstance(arbited, list):
        assert glance is None
        with pytest.raises(Refused) as refusal:
            batch_in(raw, policy=policy, now=now, read_json=lambda: [body])
        assert refusal.value.problems == arbited
        msgspec.json.encode(arbited)
        return
    expected = Item(*staged_of(arbited.movement, arbited.retailer_code), arbited.retailer_access)
    assert batch_in(raw, policy=policy, now=now, read_json=lambda: [body]) == [expected]
    assert glance in (None, expected)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(_GOOD, min_size=2, max_size=4))
def test_many_are_known_at_a_glance_as_each_is(bodies: list[dict[str, Any]]) -> None:
    policy, now = Policy(Calendar()), factories.instant("2026-11-23 09:00:00")
    judge = RowJudge(policy=policy, now=now)
    glances = reading._glances(msgspec.json.encode(bodies), judge)
    each = [reading._glances(msgspec.json.encode([body]), judge) for body in bodies]
    assert glances == [glance for (glance,) in each]


_JSON = st.recursive(
    _VALUES | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(body=_JSON | st.lists(_BODY, max_size=3) | _BODY)
def test_whatever_is_sent_is_understood_or_refused_in_words_that_can_be_written(body: Any) -> None:
    policy, now = Policy(Calendar()), factories.instant("2026-11-23 09:00:00")
    readers: list[Callable[[], object]] = [
        lambda: reading.consent_in(body, policy=policy, now=now),
        lambda: batch_in(msgspec.json.encode(body), policy=policy, now=now, read_json=lambda: body),
        lambda: reading.key_in(body),
        lambda: reading.recipients_in(body, Channel.EPOSTA),
        lambda: reading.recipients_in(body, Channel.MESAJ),
    ]
    refusals = [refusal for read in readers if (refusal := refusal_of(read)) is not None]
    assert {refusal.status for refusal in refusals} <= {400, 403, 422}
    assert all(msgspec.json.encode(refusal.problems) for refusal in refusals)


def refusal_of(read: Callable[[], object]) -> Refused | None:
    try:
        read()
    except Refused as refusal:
        return refusal
    return None


def test_nothing_is_read_that_the_clock_has_not_reached() -> None:
    """One instant judges a whole list."""
    now = timezone.now()
    good = [consent(recipient=f"+90599{number:07d}", ago=0) for number in range(3)]
    raw = msgspec.json.encode(good)
    assert len(batch_in(raw, policy=Policy(Calendar()), now=now, read_json=lambda: good)) == 3
