"""What is recorded: one consent, a thousand recipients, a history, what changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Provider
from brands.models import Brand
from consents.api_selectors import TRANSACTION_ID, _number_before
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.models import CitizenName, ConsentEvent
from consents.selectors import id_of
from consents.services import record_citizens_movement
from consents.services.recording import forget_citizens
from tests import factories
from tests.consents.api.conftest import Consents, consent, errors
from tests.consents.conftest import Recording
from tests.consents.scene import MAILS, PHONES, give

pytestmark = pytest.mark.django_db

KEY = {"recipient": PHONES[0], "recipientType": "BIREYSEL", "type": "MESAJ"}


# --- One consent ------------------------------------------------------------------------------------------------------
def test_a_consent_as_it_is_recorded(program: Consents, brand: Brand) -> None:
    dealer = factories.RetailerFactory.create(brand=brand, title="XYZ TİCARET")
    other = factories.RetailerFactory.create(brand=brand)
    added = program.add(retailerCode=dealer.code, retailerAccess=[other.code]).json()
    answer = program.ask("status", KEY)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            **consent(),
            "creationDate": added["creationDate"],
            "transactionId": added["transactionId"],
            "retailerCode": dealer.code,
            "retailerTitle": "XYZ TİCARET",
            "retailerAccessCount": 2,
        },
    )


def test_a_merchants_first_record_lacks_source_and_date(program: Consents) -> None:
    program.add(recipient=MAILS[0], recipientType="TACIR", without=("source", "consentDate"))
    answer = program.ask("status", {"recipient": "ALICI1@ornek.example", "recipientType": "TACIR", "type": "EPOSTA"})
    found = answer.json()
    assert {"source", "consentDate", "retailerCode", "retailerTitle"}.isdisjoint(found)
    assert (found["recipient"], found["status"], found["retailerAccessCount"]) == (MAILS[0], "ONAY", 0)


def test_what_is_not_recorded_is_said(program: Consents, brand: Brand, recording: Recording) -> None:
    """Neither what a sister brand recorded nor what another provider did is there."""
    recording(brand=factories.BrandFactory.create(provider=brand.provider))
    rival = factories.BrandFactory.create()
    recording(brand=rival, provider=rival.provider)
    recording(channel=Channel.ARAMA)
    answer = program.ask("status", KEY)
    assert errors(answer) == (404, [("P001",)])
    assert answer.json()["errors"][0]["message"] == "Bu alıcı için izin kaydı bulunamadı."
    assert program.ask("history", KEY).json() == {
        "list": [],
        "pagination": {"totalCount": 0, "pageSize": 0, "offset": 0},
    }


@pytest.mark.parametrize("rest", ["status", "history"])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "ARAMAA"}, [("H117", ["type"], "ARAMAA")]),
        ({"type": None}, [("H111", ["type"])]),
        ({"recipientType": None}, [("H170", ["recipientType"])]),
        ({"recipientType": "TACIRR"}, [("H116", ["recipientType"], "TACIRR")]),
        ({"recipient": ""}, [("H114", ["recipient"])]),
        ({"recipient": "ornekmail.com", "type": "EPOSTA"}, [("H120", ["recipient"], "ornekmail.com")]),
        ({"recipient": "+05543213232"}, [("H121", ["recipient"], "+05543213232")]),
        ({"recipient": "+0554321323223333333333"}, [("H166", ["recipient"], "+0554321323223333333333")]),
        (
            {"recipient": 7, "type": 7, "recipientType": 7},
            [("H122", ["recipient"], 7), ("H117", ["type"], 7), ("H116", ["recipientType"], 7)],
        ),
    ],
)
def test_questions_that_name_no_consent(
    program: Consents, rest: str, changes: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    assert errors(program.ask(rest, KEY | changes)) == (422, expected)


def test_questions_that_are_none(program: Consents) -> None:
    for rest in ("status", "history"):
        assert errors(program.ask(rest, b"{")) == (400, [("H014",)])
        assert errors(program.ask(rest, [])) == (400, [("H097",)])


# --- Many recipients --------------------------------------------------------------------------------------------------
def test_those_who_approved_are_listed_in_the_order_asked(program: Consents, provider: Provider, brand: Brand) -> None:
    numbers = [f"+90599200{number:04d}" for number in range(1000)]
    for number in (999, 0, 500):
        give(provider.pk, numbers[number], brand=brand.pk)
    give(provider.pk, numbers[1], brand=brand.pk, status=2)
    give(provider.pk, numbers[2], brand=brand.pk, kind=2)
    give(provider.pk, numbers[3], brand=brand.pk, channel=1)
    give(provider.pk, numbers[4], brand=brand.pk + 1)
    give(provider.pk + 1, numbers[5], brand=brand.pk)
    with CaptureQueriesContext(connection) as queries:
        answer = program.ask("BIREYSEL/status/MESAJ", {"recipients": numbers[::-1]})
    assert (answer.status_code, answer.json()["list"]) == (200, [numbers[999], numbers[500], numbers[0]])
    assert answer.json()["requestId"] == answer.headers["X-Request-Id"]
    assert len([query for query in queries if "FROM consent " in query["sql"]]) == 1
    assert program.ask("TACIR/status/MESAJ", {"recipients": numbers[:5]}).json()["list"] == [numbers[2]]


def test_addresses_are_asked_for_in_any_letters(program: Consents) -> None:
    program.add(recipient=MAILS[0])
    asked = {"recipients": ["ALICI1@ornek.example", "nobody@ornek.example"]}
    assert program.ask("BIREYSEL/status/EPOSTA", asked).json()["list"] == [MAILS[0]]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("BIREYSEL/status/MESAJ", {}, (422, [("H168", ["recipients"])])),
        ("BIREYSEL/status/MESAJ", {"recipients": None}, (422, [("H168", ["recipients"])])),
        ("BIREYSEL/status/MESAJ", {"recipients": {}}, (422, [("H478", ["recipients"], {})])),
        ("BIREYSEL/status/MESAJ", {"recipients": []}, (422, [("H164", ["recipients"], [])])),
        ("BIREYSEL/status/MESAJ", [], (400, [("H403",)])),
        (
            "BIREYSEL/status/MESAJ",
            {"recipients": [f"+90599{n:07d}" for n in range(1001)]},
            (422, [("H127", ["recipients"])]),
        ),
        (
            "BIREYSEL/status/MESAJ",
            {"recipients": [PHONES[0], "test@gmail.com", None, PHONES[0]]},
            (
                422,
                [
                    ("H464", ["recipient"], "test@gmail.com"),
                    ("H464", ["recipient"], None),
                    ("H193", ["recipients", 3], PHONES[0]),
                ],
            ),
        ),
        ("BIREYSEL/status/EPOSTA", {"recipients": [PHONES[0]]}, (422, [("H464", ["recipient"], PHONES[0])])),
        (
            "BIREYSEL/status/EPOSTA",
            {"recipients": ["a@bb.cc", "A@bb.cc"]},
            (422, [("H193", ["recipients", 1], "A@bb.cc")]),
        ),
        (
            "KURUMSAL/status/FAKS",
            {"recipients": [PHONES[0]]},
            (422, [("H116", ["recipientType"], "KURUMSAL"), ("H117", ["type"], "FAKS")]),
        ),
    ],
)
def test_lists_that_cannot_be_asked_for(program: Consents, path: str, body: Any, expected: Any) -> None:
    assert errors(program.ask(path, body)) == expected


# --- History ----------------------------------------------------------------------------------------------------------
def test_a_history_by_date_newest_first(program: Consents, brand: Brand, recording: Recording, now: datetime) -> None:
    program.add(recipientType="BIREYSEL", ago=50)
    program.add(ago=40, status="RET")
    record_citizens_movement(**citizens(brand, ago=20))
    program.add(ago=10, status="RET")
    program.add(type="ARAMA")
    found = program.ask("history", KEY).json()
    assert [(row["consentDate"][11:], row["status"], row["source"]) for row in found["list"]] == [
        ("11:50:00", "RET", "HS_WEB"),
        ("11:40:00", "ONAY", "IYS_WEB"),
        ("11:20:00", "RET", "HS_WEB"),
        ("11:10:00", "ONAY", "HS_WEB"),
    ]
    assert found["pagination"] == {"totalCount": 4, "pageSize": 4, "offset": 0}
    events = ConsentEvent.objects.filter(recipient=PHONES[0], channel=Channel.MESAJ).order_by("-seq")
    assert [row["transactionId"] for row in found["list"]] == [id_of(e, brand.provider, brand.code) for e in events]
    part = program.ask("history?limit=2&offset=1", KEY).json()
    assert part["list"] == found["list"][1:3]
    assert part["pagination"] == {"totalCount": 4, "pageSize": 2, "offset": 1}
    assert program.ask("history?offset=9", KEY).json()["list"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=-1", [("H183", ["limit"], "-1")]),
        ("limit=0", [("H187", ["limit"], 0)]),
        ("limit=1000", [("H186", ["limit"], 1000)]),
        ("offset=-1", [("H182", ["offset"], "-1")]),
        ("offset=x&limit=x", [("H182", ["offset"], "x"), ("H183", ["limit"], "x")]),
    ],
)
def test_pages_that_are_none(program: Consents, query: str, expected: list[tuple[Any, ...]]) -> None:
    assert errors(program.ask(f"history?{query}", KEY)) == (422, expected)


# --- Changes ----------------------------------------------------------------------------------------------------------
def citizens(brand: Brand, *, recipient: str = PHONES[0], ago: int = 5, **values: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "provider": brand.provider,
        "brand": brand,
        "recipient": recipient,
        "channel": Channel.EPOSTA if "@" in recipient else Channel.MESAJ,
        "recipient_type": RecipientType.BIREYSEL,
        "status": ConsentStatus.ONAY,
        "source": Source.IYS_WEB,
        "consent_at": now - timedelta(minutes=ago),
        "now": now,
        **values,
    }


def test_changes_come_in_the_order_of_their_recording_and_each_once(
    program: Consents, brand: Brand, clock: Any
) -> None:
    numbers = [f"+90599200{number:04d}" for number in (7, 3, 5)]
    sent = []
    for number in numbers:
        sent.append(program.add(recipient=number).json()["transactionId"])
        record_citizens_movement(**citizens(brand, recipient=MAILS[0], ago=60 - len(sent)))
        clock.shift(60)
    sister = factories.BrandFactory.create(provider=brand.provider)
    record_citizens_movement(**citizens(sister))
    assert program.changes(source="HS").status_code == 204
    clock.shift(3600)
    answer = program.changes(source="HS", limit=2)
    assert (answer.status_code, list(answer.json())) == (200, ["after", "list"])
    first = answer.json()
    assert [row["transactionId"] for row in first["list"]] == sent[:2]
    assert first["list"][0] == {
        **consent(recipient=numbers[0]),
        "consentDate": "2026-11-23 11:00:00",
        "creationDate": "2026-11-23 12:00:00",
        "transactionId": sent[0],
    }
    second = int(factories.instant("2026-11-23 09:01:00").timestamp())
    assert first["after"] == f"{second}_{sent[1]}"
    rest = program.changes(source="HS", after=first["after"]).json()
    assert [row["transactionId"] for row in rest["list"]] == sent[2:]
    last = program.changes(source="HS", after=rest["after"])
    assert (last.status_code, last.content) == (204, b"")
    own = program.changes().json()
    assert [(row["source"], row["status"], row["recipient"]) for row in own["list"]] == [
        ("IYS_WEB", "ONAY", MAILS[0])
    ] * 3
    assert program.changes(source="IYS").json() == own


def test_a_citizen_who_added_the_brand_is_named_as_long_as_the_feed_tells_it(
    program: Consents, brand: Brand, clock: Any
) -> None:
    new = citizens(brand, source=Source.IYS_WEB_YENI, citizen_name="Ahmet Tuna Yılmaz")
    record_citizens_movement(**new)
    record_citizens_movement(**citizens(brand, recipient=PHONES[1], source=Source.IYS_WEB_YENI))
    with pytest.raises(ValueError, match="IYS_MOBIL"):
        record_citizens_movement(**(new | {"source": Source.IYS_MOBIL}))
    assert b"Ahmet" not in bytes(CitizenName.objects.get().name_encrypted)
    clock.shift(3601)
    assert [row.get("citizenName") for row in program.changes().json()["list"]] == ["Ahmet Tuna Yılmaz", None]
    assert "citizenName" not in program.ask("status", KEY | {"recipient": PHONES[0], "type": "MESAJ"}).json()
    assert errors(program.add(citizenName="Ahmet")) == (422, [("H118", ["citizenName"], "Ahmet")])
    assert forget_citizens(now=timezone.now() + timedelta(days=6)) == 0
    assert forget_citizens(now=timezone.now() + timedelta(days=7)) == 1


def test_the_window_is_a_week_without_the_last_hour(program: Consents, clock: Any, settings: Any) -> None:
    program.add()
    clock.shift(3599)
    assert program.changes(source="HS").status_code == 204
    settings.CHANGES_WITHHELD_MINUTES = 0
    assert program.changes(source="HS").status_code == 200
    settings.CHANGES_WITHHELD_MINUTES = 60
    clock.shift(2)
    after = program.changes(source="HS").json()["after"]
    clock.shift(timedelta(days=7) - timedelta(seconds=3602))
    program.client.log_in()
    assert program.changes(source="HS").status_code == 200
    clock.shift(2)
    assert program.changes(source="HS").status_code == 204
    program.add(recipient=PHONES[1])
    clock.shift(3601)
    # What was seen last is older than the window: the list begins with the window.
    assert [row["recipient"] for row in program.changes(source="HS", after=after).json()["list"]] == [PHONES[1]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"source": "SH"}, ("H506", ["source"], "SH")),
        ({"limit": "1500"}, ("H507", ["limit"], "1500")),
        ({"limit": "0"}, ("H507", ["limit"], "0")),
        ({"limit": "x"}, ("H507", ["limit"], "x")),
        ({"after": "x"}, ("H093", ["after"], "x")),
        ({"after": f"1_{'a' * 64}"}, ("H093", ["after"], f"1_{'a' * 64}")),
        ({"after": f"99999999999_{'a' * 64}"}, ("H093", ["after"], f"99999999999_{'a' * 64}")),
    ],
)
def test_feeds_that_cannot_be_asked_for(program: Consents, query: dict[str, str], expected: tuple[Any, ...]) -> None:
    assert errors(program.changes(**query)) == (422, [expected])


def test_nobody_goes_on_where_another_brand_stopped(program: Consents, brand: Brand, clock: Any) -> None:
    program.add()
    clock.shift(3601)
    after = program.changes(source="HS").json()["after"]
    sister = Consents(program.client, factories.BrandFactory.create(provider=brand.provider))
    assert errors(sister.changes(source="HS", after=after)) == (422, [("H093", ["after"], after)])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps=st.lists(st.integers(0, 3), max_size=12), offset=st.integers(-1, 40))
def test_the_number_before_an_instant(brand: Brand, now: datetime, gaps: list[int], offset: int) -> None:
    """As counting finds it, whatever numbers other providers took between."""
    provider, other = factories.BrandFactory.create().provider_id, factories.BrandFactory.create().provider_id
    at, rows = now, []
    for gap in gaps:
        at += timedelta(seconds=gap)
        insert(other, at)
        rows.append((insert(provider, at), at))
    instant = now + timedelta(seconds=offset)
    assert _number_before(provider, instant) == max((seq for seq, when in rows if when < instant), default=0)


def insert(provider_id: int, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO consent_event (provider_id, created_at, consent_at, brand_id, channel, recipient_type, status,"
            " source, way, recipient) VALUES (%s, %s, %s, 1, 2, 1, 1, 8, %s, 'x') RETURNING seq",
            [provider_id, at, at, Way.API],
        )
        return int(cursor.fetchone()[0])


_INSTANTS = st.integers(1_430_427_600_000, 1_900_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, tz=UTC))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    consent_at=st.none() | _INSTANTS,
    created_at=_INSTANTS,
    channel=st.sampled_from(Channel),
    kind=st.sampled_from(RecipientType),
    status=st.sampled_from(ConsentStatus),
)
def test_the_database_derives_the_same_numbers(
    brand: Brand,
    consent_at: datetime | None,
    created_at: datetime,
    channel: Channel,
    kind: RecipientType,
    status: ConsentStatus,
) -> None:
    event = ConsentEvent(
        provider_id=brand.provider_id,
        seq=1,
        consent_at=consent_at,
        created_at=created_at,
        brand_id=brand.pk,
        channel=channel,
        recipient_type=kind,
        status=status,
        recipient="a.b+c_d-e@ornek.example",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {TRANSACTION_ID} FROM (SELECT %(consent_at)s::timestamptz AS consent_at,"
            " %(created_at)s::timestamptz AS created_at, %(channel)s AS channel, %(kind)s AS recipient_type,"
            " %(status)s AS status, %(recipient)s AS recipient) AS e",
            {
                "iys_code": str(brand.provider.iys_code),
                "brand_code": str(brand.code),
                "consent_at": consent_at,
                "created_at": created_at,
                "channel": channel.value,
                "kind": kind.value,
                "status": status.value,
                "recipient": event.recipient,
            },
        )
        assert cursor.fetchone()[0] == id_of(event, brand.provider, brand.code)
