"""POST …/consents: the conflict matrix, the fields, the gates, the rights."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Person, Provider
from brands.models import Brand
from consents.access_selectors import Kind, access_of
from consents.enums import Channel, RecipientType, Way
from consents.models import Consent, ConsentEvent
from packages.models import Package, Subscription
from packages.services import pause
from partners.enums import Channel as GrantChannel
from partners.enums import Right
from partners.models import Partner
from partners.services import authorise_partner, revoke
from tests import factories
from tests.api.conftest import Api
from tests.consents.api.conftest import Consents, Make, consent, errors
from tests.consents.scene import MAILS, PHONES

pytestmark = pytest.mark.django_db


def test_a_consent_is_recorded_and_named(program: Consents, provider: Provider, brand: Brand) -> None:
    answer = program.add()
    assert answer.status_code == 200
    event = ConsentEvent.objects.get(provider_id=provider.pk)
    assert list(answer.json()) == ["transactionId", "creationDate"]
    assert (len(answer.json()["transactionId"]), answer.json()["creationDate"]) == (64, "2026-11-23 12:00:00")
    assert (event.way, event.person_id, event.recipient, event.brand_id) == (Way.API, None, PHONES[0], brand.pk)


def test_addresses_are_kept_in_small_letters(program: Consents, provider: Provider) -> None:
    assert program.add(recipient="Alici1@Ornek.EXAMPLE").status_code == 200
    assert Consent.objects.get(provider_id=provider.pk).recipient == MAILS[0]


def test_without_a_recipient_type_it_is_a_consumers(program: Consents, provider: Provider) -> None:
    assert program.add(without=("recipientType",)).status_code == 200
    assert Consent.objects.get(provider_id=provider.pk).recipient_type == RecipientType.BIREYSEL


# --- What is recorded -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["", "/v2"])
@pytest.mark.parametrize(
    ("before", "status", "ago", "code"),
    [
        (None, "ONAY", 60, None),
        (None, "RET", 60, "H175"),
        ("ONAY", "ONAY", 59, None),
        ("ONAY", "ONAY", 61, "H178"),
        ("ONAY", "RET", 59, None),
        ("ONAY", "RET", 60, "H178"),
        ("ONAY", "RET", 61, "H178"),
        ("RET", "ONAY", 59, None),
        ("RET", "ONAY", 60, "H178"),
        ("RET", "ONAY", 61, "H178"),
        ("RET", "RET", 59, "H174"),
        ("RET", "RET", 61, "H174"),
    ],
)
def test_the_matrix_of_conflicts(
    program: Consents, before: str | None, status: str, ago: int, code: str | None, version: str
) -> None:
    if before is not None:
        assert program.add(ago=70).status_code == 200
        if before == "ONAY":
            assert program.add(ago=60).status_code == 200
        else:
            assert program.add(ago=60, status="RET").status_code == 200
    answer = program.add(ago=ago, status=status, version=version)
    assert answer.status_code == (400 if code else 200)
    if code:
        (error,) = answer.json()["errors"]
        assert (error.pop("code"), list(error)) == (code, ["message"])
        if code == "H174":
            assert error["message"].endswith("İzin durumu: RET")


def test_sent_again_v2_answers_with_the_first_number(program: Consents, provider: Provider, clock: Any) -> None:
    first = program.add(consent(), version="/v2")
    body = consent()
    clock.shift(30)
    assert program.add(body, version="/v2").json() == first.json()
    assert errors(program.add(body)) == (400, [("H178",)])
    assert program.add(ago=5, status="RET").status_code == 200
    assert errors(program.add(body, version="/v2")) == (400, [("H178",)])
    assert ConsentEvent.objects.filter(provider_id=provider.pk).count() == 2


def test_a_refusal_sent_again_v2_is_the_same_refusal(program: Consents) -> None:
    program.add(ago=60)
    first = program.add(ago=30, status="RET", version="/v2")
    assert program.add(ago=30, status="RET", version="/v2").json() == first.json()
    assert errors(program.add(ago=20, status="RET", version="/v2")) == (400, [("H174",)])


def test_a_merchants_first_record_needs_neither_source_nor_date(program: Consents) -> None:
    bare = consent(recipientType="TACIR", without=("source", "consentDate"))
    assert program.add(bare).status_code == 200
    assert errors(program.add(bare)) == (400, [("H463",), ("H462",)])
    assert program.add(recipientType="TACIR").status_code == 200


# --- Fields -----------------------------------------------------------------------------------------------------------
LONG = "9055436100000000"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"without": ("recipient",)}, [("H114", ["recipient"])]),
        ({"recipient": ""}, [("H114", ["recipient"])]),
        ({"recipient": None}, [("H114", ["recipient"])]),
        ({"recipient": 905992000001}, [("H121", ["recipient"], 905992000001)]),
        ({"recipient": ["+905992000001"]}, [("H121", ["recipient"], ["+905992000001"])]),
        ({"recipient": "+9005992000001"}, [("H121", ["recipient"], "+9005992000001")]),
        ({"recipient": " +905992000001"}, [("H121", ["recipient"], " +905992000001")]),
        ({"recipient": LONG}, [("H160", ["recipient"], LONG), ("H121", ["recipient"], LONG)]),
        ({"recipient": "+9059920000011111"}, [("H166", ["recipient"], "+9059920000011111")]),
        ({"recipient": "örnek@mail.com"}, [("H120", ["recipient"], "örnek@mail.com")]),
        ({"recipient": "a@b.co"}, []),
        ({"recipient": "a@b.c"}, [("H120", ["recipient"], "a@b.c")]),
        ({"recipient": "x", "type": "FAKS"}, [("H122", ["recipient"], "x"), ("H117", ["type"], "FAKS")]),
        ({"without": ("type",)}, [("H111", ["type"])]),
        ({"type": None}, [("H111", ["type"])]),
        ({"type": "mesaj"}, [("H117", ["type"], "mesaj")]),
        ({"type": 2}, [("H117", ["type"], 2)]),
        ({"type": "EPOSTA"}, [("H120", ["recipient"], PHONES[0])]),
        ({"without": ("status",)}, [("H110", ["status"])]),
        ({"status": "ONAYY"}, [("H115", ["status"], "ONAYY")]),
        ({"status": "BEKLIYOR"}, [("H115", ["status"], "BEKLIYOR")]),
        ({"status": True}, [("H115", ["status"], True)]),
        ({"without": ("source",)}, [("H113", ["source"])]),
        ({"source": ""}, [("H113", ["source"])]),
        ({"source": "IYS_WEB"}, [("H119", ["source"], "IYS_WEB")]),
        ({"source": {"a": 1}}, [("H119", ["source"], {"a": 1})]),
        ({"source": "HS_KARAR"}, [("H408", ["status"], "ONAY")]),
        ({"without": ("consentDate",)}, [("H112", ["consentDate"])]),
        ({"consentDate": 20261123}, [("H158", ["consentDate"], 20261123)]),
        ({"consentDate": "2026-11-23 11:00:00 "}, [("H158", ["consentDate"], "2026-11-23 11:00:00 ")]),
        ({"consentDate": "2026-11-23T11:00:00"}, [("H158", ["consentDate"], "2026-11-23T11:00:00")]),
        ({"consentDate": "2026-15-01 13:35:00"}, [("H157", ["consentDate"], "2026-15-01 13:35:00")]),
        ({"consentDate": "2026-11-23 12:00:01"}, [("H162", ["consentDate"], "2026-11-23 12:00:01")]),
        ({"consentDate": "2015-04-30 23:59:00"}, [("H156", ["consentDate"], "2015-04-30 23:59:00")]),
        ({"consentDate": "2026-01-13 13:35:13"}, [("H467", ["consentDate"], "2026-01-13 13:35:13")]),
        ({"source": "HS_2015"}, [("H155", ["consentDate"], "2026-11-23 11:00:00")]),
        ({"recipientType": "TACIRR"}, [("H116", ["recipientType"], "TACIRR")]),
        ({"recipientType": ""}, [("H116", ["recipientType"], "")]),
        ({"recipientType": None}, [("H116", ["recipientType"], None)]),
        ({"retailerAccess": []}, [("H163", ["retailerAccess"], [])]),
        ({"retailerAccess": None}, [("H163", ["retailerAccess"], None)]),
        ({"retailerAccess": 10000001}, [("H163", ["retailerAccess"], 10000001)]),
        (
            {"retailerAccess": [10000001, 10000001]},
            [("H193", ["retailerAccess", 1], 10000001)],
        ),
        ({"unacceptable": "x"}, [("H118", ["unacceptable"], "x")]),
        ({"Status": "ONAY"}, [("H118", ["Status"], "ONAY")]),
        (
            {
                "recipient": "x",
                "type": "x",
                "status": "x",
                "source": "x",
                "consentDate": "x",
                "recipientType": "x",
                "x": 1,
            },
            [
                ("H122", ["recipient"], "x"),
                ("H117", ["type"], "x"),
                ("H115", ["status"], "x"),
                ("H119", ["source"], "x"),
                ("H158", ["consentDate"], "x"),
                ("H116", ["recipientType"], "x"),
                ("H118", ["x"], 1),
            ],
        ),
    ],
)
def test_everything_that_is_wrong_is_named_in_the_order_of_the_fields(
    program: Consents, provider: Provider, changes: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    answer = program.add(**changes)
    if not expected:
        assert answer.status_code == 200
        return
    assert errors(answer) == (422, expected)
    assert Consent.objects.filter(provider_id=provider.pk).count() == 0
    assert errors(program.send(consent(recipient=PHONES[1]), consent(**changes))) == (
        422,
        [(*error, 1) for error in expected],
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"retailerCode": ""}, "retailerCode"),
        ({"retailerCode": None}, "retailerCode"),
        ({"recipientType": "TACIR", "source": ""}, "source"),
        ({"recipientType": "TACIR", "consentDate": None}, "consentDate"),
    ],
)
def test_what_need_not_be_said_is_left_out(program: Consents, changes: dict[str, Any], field: str) -> None:
    answer = program.add(**changes)
    assert errors(answer) == (400, [("H267", [field])])
    assert answer.json()["errors"][0]["message"] == f"{field} değeri boş olmamalıdır."


def test_a_list_of_dealers_that_is_too_long(program: Consents) -> None:
    codes = list(range(10000000, 10000101))
    assert errors(program.add(retailerAccess=codes)) == (422, [("H126", ["retailerAccess"], codes)])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "H014"),
        (b"{", "H014"),
        (b'{"recipient": "\xff"}', "H014"),
        (b"[" * 5000, "H014"),
        (b'{"recipient": "\\u0000"}', "H014"),
        (b"[]", "H085"),
        (b"null", "H085"),
        (b'"x"', "H085"),
        (b"1e400", "H014"),
    ],
)
def test_what_is_no_consent_at_all(program: Consents, body: bytes, expected: str) -> None:
    assert errors(program.add(body)) == (400, [(expected,)])


# --- Dealers ----------------------------------------------------------------------------------------------------------
def test_dealers_are_kept(program: Consents, brand: Brand, provider: Provider) -> None:
    one, two = (factories.RetailerFactory.create(brand=brand).code for _ in range(2))
    assert program.add(retailerCode=one, retailerAccess=[two]).status_code == 200
    assert ConsentEvent.objects.get(provider_id=provider.pk).retailer_code == one
    kind = Kind(brand, Channel.MESAJ, RecipientType.BIREYSEL)
    assert set(access_of(kind, [PHONES[0]]).values_list("retailer_code", flat=True)) == {one, two}


def test_unknown_dealers_are_named(program: Consents, brand: Brand) -> None:
    ours = factories.RetailerFactory.create(brand=brand).code
    sisters = factories.RetailerFactory.create(brand=factories.BrandFactory.create(provider=brand.provider)).code
    resting = factories.RetailerFactory.create(brand=brand, state="suspended").code
    answer = program.add(retailerCode=sisters, retailerAccess=[ours, resting, 99999999])
    assert errors(answer) == (
        403,
        [
            ("H180", ["retailerCode"], sisters),
            ("H180", ["retailerAccess", 1], resting),
            ("H180", ["retailerAccess", 2], 99999999),
        ],
    )
    for strange in (5, True, 1.5, "bayi", 10**20, [ours]):
        assert errors(program.add(retailerCode=strange)) == (403, [("H180", ["retailerCode"], strange)])
    assert program.add(retailerCode=str(ours)).status_code == 200


# --- The package ------------------------------------------------------------------------------------------------------
def test_a_full_package_takes_no_new_address(program: Consents, subscription: Subscription) -> None:
    Package.objects.filter(pk=subscription.package_id).update(min_addresses=0, max_addresses=1)
    assert program.add().status_code == 200
    assert errors(program.add(recipient=PHONES[1])) == (422, [("H525",)])
    assert program.add(type="ARAMA").status_code == 200
    assert program.add(recipient=MAILS[0]).status_code == 200
    assert program.add(ago=5, status="RET").status_code == 200


def test_without_a_package_the_api_is_closed(api: Make, provider: Provider, brand: Brand) -> None:
    program = Consents(api(provider), brand)
    for answer in every_call(program):
        assert errors(answer) == (403, [("H586",)])


def test_a_package_that_rests_or_ended_closes_it(
    program: Consents, subscription: Subscription, alice: Person, now: datetime
) -> None:
    pause(subscription=subscription, actor=alice, reason="Deneme", now=now)
    assert [errors(answer) for answer in every_call(program)] == [(403, [("H520",)])] * 10
    assert program.add().json()["errors"][0]["message"].startswith("Abonelik durumu PAUSED iken sadece HS ")


def test_a_package_ends_at_midnight(api: Make, provider: Provider, brand: Brand, clock: Any) -> None:
    """At 23:59:59 of its last day a consent is recorded, a second later it is not."""
    term = factories.subscription(provider, now=timezone.now() - timedelta(days=200))
    clock.move_to(term.ends_at - timedelta(seconds=1))
    program = Consents(api(provider), brand)
    assert program.add().status_code == 200
    clock.move_to(term.ends_at)
    assert errors(program.add(ago=5)) == (403, [("H520",)])


def test_the_third_business_day_ends_at_midnight(api: Make, provider: Provider, brand: Brand, clock: Any) -> None:
    """Friday, 20 November: consents of Tuesday pass until midnight; those of Monday do not."""
    factories.subscription(provider, now=timezone.now() - timedelta(days=100))
    clock.move_to(factories.instant("2026-11-20 20:59:59"))  # 23:59:59 in Istanbul
    program = Consents(api(provider), brand)
    assert program.add(consentDate="2026-11-17 00:00:00").status_code == 200
    assert errors(program.add(consentDate="2026-11-16 23:59:59", recipient=PHONES[1]))[1][0][0] == "H467"
    clock.move_to(factories.instant("2026-11-22 21:00:00"))  # Monday, 00:00:00
    program.client.log_in()
    assert errors(program.add(consentDate="2026-11-17 23:59:59", recipient=PHONES[1]))[1][0][0] == "H467"
    assert program.add(consentDate="2026-11-18 00:00:00", recipient=PHONES[1]).status_code == 200


def every_call(program: Consents) -> list[Any]:
    """Call every endpoint of consents once."""
    key = {"recipient": PHONES[0], "type": "MESAJ", "recipientType": "BIREYSEL"}
    return [
        program.add(),
        program.add(version="/v2"),
        program.send(consent()),
        program.send(consent(), version="/v2"),
        program.results("5980a44b-06f3-43c2-9b1a-b61bfceb95fa"),
        program.results("5980a44b-06f3-43c2-9b1a-b61bfceb95fa", version="/v2"),
        program.ask("status", key),
        program.ask("BIREYSEL/status/MESAJ", {"recipients": [PHONES[0]]}),
        program.ask("history", key),
        program.changes(),
    ]


# --- Who may ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def partner() -> Partner:
    return factories.PartnerFactory.create()


@pytest.fixture
def granted(brand: Brand, partner: Partner, alice: Person, now: datetime) -> Callable[..., Any]:
    """Give the partner these rights on the brand, in place of those it has."""

    def grant(*, agreement: bool = False, **rights: str) -> Any:
        values = {each: Right(rights.get(each.value, "none")) for each in GrantChannel}
        return authorise_partner(
            brand=brand, partner=partner, agreement=agreement, rights=values, ends_on=None, person=alice, now=now
        )

    return grant


@pytest.mark.usefixtures("subscription")
def test_a_partner_does_what_the_brand_granted_on_each_channel(
    api: Make, brand: Brand, partner: Partner, granted: Callable[..., Any]
) -> None:
    granted(mesaj="write", arama="read", eposta="none", agreement=True)
    program = Consents(api(partner), brand)
    none = (403, [("P002",)])
    added = [program.add(type="MESAJ"), program.add(type="ARAMA"), program.add(recipient=MAILS[0])]
    assert [answer.status_code for answer in added] == [200, 403, 403]
    assert [errors(answer) for answer in added[1:]] == [none, none]
    bodies = [consent(recipient=PHONES[1]), consent(type="ARAMA"), consent(recipient=MAILS[0])]
    assert errors(program.send(*bodies)) == (403, [("P002", 1), ("P002", 2)])
    sent = program.send(bodies[0])
    assert (sent.status_code, program.results(sent.json()["requestId"]).status_code) == (202, 200)
    for rest in ("status", "history"):
        asked = [
            program.ask(rest, {"recipient": who, "type": type_, "recipientType": "BIREYSEL"})
            for who, type_ in ((PHONES[0], "MESAJ"), (PHONES[0], "ARAMA"), (MAILS[0], "EPOSTA"))
        ]
        assert [answer.status_code for answer in asked] == [200, 404 if rest == "status" else 200, 403]
        assert errors(asked[2]) == none
    many = [
        program.ask(f"BIREYSEL/status/{type_}", {"recipients": [who]})
        for who, type_ in ((PHONES[0], "MESAJ"), (PHONES[0], "ARAMA"), (MAILS[0], "EPOSTA"))
    ]
    assert [answer.status_code for answer in many] == [200, 200, 403]


@pytest.mark.usefixtures("subscription")
def test_a_partner_sees_changes_of_the_channels_it_may_read(
    api: Make, program: Consents, partner: Partner, granted: Callable[..., Any], clock: Any
) -> None:
    for changes in ({"type": "MESAJ"}, {"type": "ARAMA"}, {"recipient": MAILS[0]}):
        program.add(**changes)
    clock.shift(3601)
    granted(arama="read", eposta="write")
    theirs = Consents(api(partner), program.brand)
    assert [row["type"] for row in theirs.changes(source="HS").json()["list"]] == ["ARAMA", "EPOSTA"]
    granted(agreement=True)
    assert errors(theirs.changes(source="HS")) == (403, [("P002",)])


@pytest.mark.usefixtures("subscription")
def test_without_a_grant_a_partner_reaches_nothing(
    api: Make, brand: Brand, partner: Partner, granted: Callable[..., Any], alice: Person, now: datetime
) -> None:
    program = Consents(api(partner), brand)
    refusal = [(403, [("H353",)])] * 10
    assert [errors(answer) for answer in every_call(program)] == refusal
    grant = granted(mesaj="write")
    assert program.add().status_code == 200
    sister = factories.BrandFactory.create(provider=brand.provider)
    assert [errors(answer) for answer in every_call(Consents(program.client, sister))] == refusal
    revoke(grant=grant, person=alice, now=now)
    assert [errors(answer) for answer in every_call(program)] == refusal


def test_nobody_writes_to_another_providers_brand(api: Make, brand: Brand, subscription: Subscription) -> None:
    rival = factories.BrandFactory.create()
    factories.subscription(rival.provider)
    stranger = Consents(api(rival.provider), brand)
    assert {(answer.status_code, answer.json()["errors"][0]["code"]) for answer in every_call(stranger)} == {
        (403, "H353")
    }
    mixed = api(rival.provider).post(f"/sps/{rival.provider.iys_code}/brands/{brand.code}/consents", consent())
    assert errors(mixed) == (403, [("H353",)])
    assert Consent.objects.count() == 0


def test_an_intermediary_writes_nothing(api: Make, program: Consents) -> None:
    client: Api = api(factories.IntermediaryFactory.create())
    basic = f"{client.account.username}:{client.issued.secret}"
    for scheme in ("Bearer", "Basic"):
        answer = client.client.post(
            program.path("consents"),
            consent(),
            content_type="application/json",
            headers={"Authorization": f"{scheme} {basic}"},
        )
        assert errors(answer) == (401, [("H351",)])
    assert Consent.objects.count() == 0
