"""Which dealers a consent is open to: the one that collected it, those of the list, replaced, closed, counted."""

from datetime import datetime

import pytest

from accounts.models import Person, Provider
from brands.enums import RetailerState
from brands.models import Brand, Retailer
from brands.rules import BrandRefused
from brands.services.retailers import remove
from consents.access_selectors import Kind, access_count, consents_seen_by, retailers_with_access
from consents.enums import Channel, RecipientType
from consents.models import RetailerAccess
from consents.selectors import has_consents
from consents.services import ConsentRefused
from consents.services.access import NoSuchConsent, RetailersUnknown, close, open_consent, replace
from iys_portal.audit.models import AuditEvent
from tests import factories
from tests.architecture.test_constraints import refused
from tests.consents.conftest import Recording
from tests.consents.scene import PHONES

FIRST, SECOND = PHONES


@pytest.fixture
def kind(brand: Brand) -> Kind:
    return Kind(brand, Channel.MESAJ, RecipientType.BIREYSEL)


@pytest.fixture
def dealers(brand: Brand) -> list[Retailer]:
    return [factories.RetailerFactory.create(brand=brand, title=title) for title in ("Zümrüt", "Çınar", "Ada")]


def codes_of(kind: Kind, recipient: str = FIRST) -> list[int]:
    """Return the codes of the dealers who see the consent, in the order of their titles."""
    return list(retailers_with_access(kind, recipient).values_list("code", flat=True))


def test_the_collecting_dealer_and_those_of_the_list_see_a_consent(
    kind: Kind, dealers: list[Retailer], recording: Recording
) -> None:
    zumrut, cinar, ada = dealers
    recording(retailer_code=zumrut.code, retailer_access=[ada.code, ada.code])
    assert codes_of(kind) == [ada.code, zumrut.code]
    recording(ago=30, retailer_code=cinar.code)
    assert codes_of(kind) == [ada.code, cinar.code, zumrut.code]
    assert access_count(kind, FIRST) == 3
    assert codes_of(kind, SECOND) == []
    other = Kind(kind.brand, Channel.ARAMA, RecipientType.BIREYSEL)
    assert codes_of(other) == []
    recording(recipient=SECOND, retailer_code=zumrut.code)
    seen = {zumrut.code: 2, ada.code: 1, cinar.code: 1}
    assert consents_seen_by(kind.brand.provider_id, [dealer.code for dealer in dealers]) == seen


def test_a_list_with_a_dealer_who_is_not_the_brands_or_not_active_is_refused_as_a_whole(
    provider: Provider, kind: Kind, dealers: list[Retailer], recording: Recording
) -> None:
    elsewhere = factories.RetailerFactory.create(brand=factories.BrandFactory.create(provider=provider))
    rival = factories.RetailerFactory.create()
    sleeping = factories.RetailerFactory.create(brand=kind.brand, state=RetailerState.SUSPENDED)
    for wrong in (elsewhere, rival, sleeping):
        with pytest.raises(ConsentRefused) as refusal:
            recording(retailer_access=[dealers[0].code, wrong.code])
        assert [(fault.code, fault.field) for fault in refusal.value.faults] == [("H180", "retailerAccess")]
    assert not RetailerAccess.objects.exists()


def test_a_movement_sent_again_opens_the_consent_to_who_is_new_in_the_list(
    kind: Kind, dealers: list[Retailer], recording: Recording
) -> None:
    zumrut, cinar, ada = (dealer.code for dealer in dealers)
    first = recording(retailer_access=[zumrut], repeats=True)
    Retailer.objects.filter(code=zumrut).update(state=RetailerState.PASSIVE)
    again = recording(retailer_access=[zumrut, ada], repeats=True)
    assert (again.is_new, again.seq, again.transaction_id) == (False, first.seq, first.transaction_id)
    assert codes_of(kind) == [ada, zumrut]
    recording(retailer_access=[ada, zumrut], repeats=True)
    event = AuditEvent.objects.get(action="access_opened")
    assert (event.detail["consents"], event.detail["dealers"], event.actor_id is None) == ([first.seq], [ada], False)
    Retailer.objects.filter(code=cinar).update(state=RetailerState.PASSIVE)
    with pytest.raises(ConsentRefused) as refusal:
        recording(retailer_access=[ada, cinar], repeats=True)
    assert [(fault.code, fault.field) for fault in refusal.value.faults] == [("H180", "retailerAccess")]
    assert codes_of(kind) == [ada, zumrut]


def test_opening_replacing_and_closing(
    kind: Kind, dealers: list[Retailer], recording: Recording, alice: Person, now: datetime
) -> None:
    zumrut, cinar, ada = (dealer.code for dealer in dealers)
    first, second = recording(retailer_code=zumrut).seq, recording(recipient=SECOND).seq
    done = open_consent(kind=kind, recipient=FIRST, codes=[ada, zumrut], actor=alice, now=now, reference="r-1")
    assert (done.opened, done.closed) == (1, 0)
    assert codes_of(kind) == [ada, zumrut]
    done = replace(kind=kind, recipients=[FIRST, SECOND, "+905992000009"], codes=[cinar], actor=alice, now=now)
    assert (done.opened, done.closed) == (2, 2)
    assert (codes_of(kind), codes_of(kind, SECOND), codes_of(kind, "+905992000009")) == ([cinar], [cinar], [])
    done = close(kind=kind, recipients=[SECOND], codes=[cinar, ada], actor=alice, now=now)
    assert (done.opened, done.closed) == (0, 1)
    replace(kind=kind, recipients=[FIRST, SECOND], codes=[ada, zumrut], actor=alice, now=now)
    done = close(kind=kind, recipients=[FIRST], codes=None, actor=alice, now=now)
    assert (codes_of(kind), codes_of(kind, SECOND), done.closed) == ([], [ada, zumrut], 2)
    nothing = close(kind=kind, recipients=[FIRST], codes=None, actor=alice, now=now)
    assert (nothing.opened, nothing.closed) == (0, 0)
    events = AuditEvent.objects.filter(object_type="brands.brand", action__startswith="access_").order_by("pk")
    assert [(event.action, event.detail["consents"], event.detail["reference"]) for event in events] == [
        ("access_opened", [first], "r-1"),
        ("access_replaced", [first, second], ""),
        ("access_closed", [second], ""),
        ("access_replaced", [first, second], ""),
        ("access_closed", [first], ""),
    ]
    assert FIRST not in str(list(events.values()))


def test_what_cannot_be_opened(
    kind: Kind, dealers: list[Retailer], recording: Recording, alice: Person, now: datetime
) -> None:
    with pytest.raises(NoSuchConsent):
        open_consent(kind=kind, recipient=FIRST, codes=[dealers[0].code], actor=alice, now=now)
    recording()
    asleep = factories.RetailerFactory.create(brand=kind.brand, state=RetailerState.PASSIVE).code
    for change in (open_consent, replace):
        subject = {"recipient": FIRST} if change is open_consent else {"recipients": [FIRST]}
        with pytest.raises(RetailersUnknown) as refusal:
            change(kind=kind, codes=[dealers[0].code, asleep], actor=alice, now=now, **subject)
        assert refusal.value.codes == {asleep}
    close(kind=kind, recipients=[FIRST], codes=[asleep], actor=alice, now=now)
    with pytest.raises(RetailersUnknown):
        close(kind=kind, recipients=[FIRST], codes=[99999999], actor=alice, now=now)
    assert not RetailerAccess.objects.exists()


def test_a_dealer_who_sees_a_consent_is_not_deleted(
    kind: Kind, dealers: list[Retailer], recording: Recording, alice: Person, now: datetime
) -> None:
    seeing, free = dealers[0], dealers[1]
    recording(retailer_access=[seeing.code])
    with pytest.raises(BrandRefused):
        remove(retailer=seeing, person=alice, linked=lambda one: has_consents(one.provider_id, one.code))
    remove(retailer=free, person=alice, linked=lambda one: has_consents(one.provider_id, one.code))
    close(kind=kind, recipients=[FIRST], codes=None, actor=alice, now=now)
    remove(retailer=seeing, person=alice, linked=lambda one: has_consents(one.provider_id, one.code))


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("consent_access_recipient", "1, '', 1, 1, 1, 10000000"),
        ("consent_access_channel", "1, 'a@bb.cc', 1, 4, 1, 10000000"),
        ("consent_access_recipient_type", "1, 'a@bb.cc', 1, 1, 3, 10000000"),
        ("consent_access_retailer", "1, 'a@bb.cc', 1, 1, 1, 9999999"),
    ],
)
def test_the_database_refuses(db: None, constraint: str, values: str) -> None:
    columns = "provider_id, recipient, brand_id, channel, recipient_type, retailer_code"
    refused(constraint, f"INSERT INTO consent_access ({columns}) VALUES ({values})")


def test_access_is_written_once(db: None) -> None:
    sql = (
        "INSERT INTO consent_access (provider_id, recipient, brand_id, channel, recipient_type, retailer_code)"
        " VALUES (1, 'a@bb.cc', 1, 3, 1, 10000000), (1, 'a@bb.cc', 1, 3, 1, 10000000)"
    )
    refused("consent_access_pkey", sql)
