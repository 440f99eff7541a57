"""The daily summary: what counts as approval, refusal, pending and total, of which day, and for whom."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.services import record_citizens_movement
from partners.enums import Channel as PartnerChannel
from partners.enums import Right
from partners.services import authorise_partner
from tests import factories
from tests.api.conftest import Api, codes
from tests.api.given import OTHER, PHONE, record

Make = Callable[..., Api]
NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ONAY, RET = ConsentStatus.ONAY, ConsentStatus.RET
NOTHING = {"approval": 0, "rejection": 0, "pending": 0, "total": 0}


@pytest.fixture
def brand(provider: Provider) -> Brand:
    factories.subscription(provider, now=NOON)
    return factories.BrandFactory.create(provider=provider)


def path(brand: Brand, day: str = "2026-11-23", kind: str = "BIREYSEL") -> str:
    return f"/sps/{brand.provider.iys_code}/brands/{brand.code}/changes/{day}/recipients/{kind}"


@time_machine.travel(NOON, tick=False)
def test_what_is_counted(api: Make, brand: Brand) -> None:
    record(brand, now=NOON - timedelta(days=1))
    record(brand, now=NOON, ago=timedelta(minutes=50))  # approved again: a movement, no new approval
    record(brand, status=RET, now=NOON, ago=timedelta(minutes=40))
    record(brand, now=NOON, ago=timedelta(minutes=30))  # approved anew
    record(brand, OTHER, now=NOON)
    record(brand, OTHER, now=NOON, kind=RecipientType.TACIR)
    record(brand, OTHER, now=NOON, channel=Channel.ARAMA)
    record(factories.BrandFactory.create(provider=brand.provider), now=NOON)
    record_citizens_movement(
        provider=brand.provider,
        brand=brand,
        recipient=PHONE,
        channel=Channel.MESAJ,
        recipient_type=RecipientType.BIREYSEL,
        status=RET,
        source=Source.IYS_MOBIL,
        consent_at=NOON,
        now=NOON,
    )
    client = api(brand.provider)
    assert client.get(path(brand)).json() == {
        "changeStats": [
            {
                "type": "ARAMA",
                "consents": [
                    {"source": "HS", **NOTHING, "approval": 1, "total": 1},
                    {"source": "IYS", **NOTHING},
                ],
            },
            {
                "type": "MESAJ",
                "consents": [
                    {"source": "HS", "approval": 2, "rejection": 1, "pending": 0, "total": 4},
                    {"source": "IYS", **NOTHING, "rejection": 1, "total": 1},
                ],
            },
            {"type": "EPOSTA", "consents": [{"source": "HS", **NOTHING}, {"source": "IYS", **NOTHING}]},
        ]
    }
    merchants = client.get(path(brand, kind="TACIR")).json()["changeStats"][1]
    assert merchants["consents"][0] == {"source": "HS", **NOTHING, "approval": 1, "total": 1}


def test_a_day_is_istanbuls(api: Make, brand: Brand) -> None:
    midnight = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    record(brand, PHONE, now=midnight - timedelta(microseconds=1))
    record(brand, OTHER, now=midnight)
    with time_machine.travel(NOON, tick=False):
        client = api(brand.provider)
        totals = [
            client.get(path(brand, day)).json()["changeStats"][1]["consents"][0]["total"]
            for day in ("2026-11-21", "2026-11-22", "2026-11-23")
        ]
    assert totals == [0, 1, 1]


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("day", "kind", "expected"),
    [
        ("23.11.2026", "BIREYSEL", "H501"),
        ("2026-13-01", "BIREYSEL", "H501"),
        ("20261123", "BIREYSEL", "H501"),
        ("2026-11-15", "BIREYSEL", "H502"),
        ("2026-11-24", "BIREYSEL", "H502"),
        ("2026-11-23", "TACIRR", "H116"),
    ],
)
def test_refusals(api: Make, brand: Brand, day: str, kind: str, expected: str) -> None:
    assert codes(api(brand.provider).get(path(brand, day, kind))) == (422, [expected])


@time_machine.travel(NOON, tick=False)
def test_a_partner_needs_mutabakat(api: Make, brand: Brand, alice: Person) -> None:
    assert api(brand.provider).get(path(brand, "2026-11-16")).status_code == 200
    for agreement, status in ((False, 403), (True, 200)):
        partner = factories.PartnerFactory.create()
        authorise_partner(
            brand=brand,
            partner=partner,
            agreement=agreement,
            rights={PartnerChannel.MESAJ: Right.WRITE},
            ends_on=None,
            person=alice,
            now=NOON,
        )
        assert api(partner).get(path(brand)).status_code == status
