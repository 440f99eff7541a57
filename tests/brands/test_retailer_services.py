"""Adding, changing and removing dealers: what is kept, what is audited, what is refused."""

from datetime import datetime
from typing import Any

import pytest

from accounts.models import Person, Provider
from brands.enums import BrandState, RetailerState
from brands.models import Brand, Retailer
from brands.rules import BrandRefused, RetailerRefused
from brands.services import brands, retailers
from iys_portal.audit.models import AuditEvent
from iys_portal.shared.crypto import lookup_hash
from tests import factories
from tests.brands.dealers import TCKN, VKN, codes, details, other_tckn


@pytest.fixture
def brand(provider: Provider) -> Brand:
    return factories.BrandFactory.create(provider=provider)


@pytest.fixture
def retailer(brand: Brand, alice: Person, now: datetime) -> Retailer:
    return retailers.add(brand=brand, details=details(), person=alice, now=now)


def events(retailer_id: int) -> list[tuple[str, dict[str, Any]]]:
    found = AuditEvent.objects.filter(object_type="brands.retailer", object_id=str(retailer_id)).order_by("pk")
    return [(event.action, event.detail) for event in found]


def refusal(brand: Brand, person: Person, now: datetime, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(RetailerRefused) as refused:
        retailers.add(brand=brand, details=details(**changes), person=person, now=now)
    return codes(list(refused.value.faults))


def test_a_dealer_is_kept_whole_and_its_tckn_encrypted(retailer: Retailer, alice: Person) -> None:
    kept = Retailer.objects.get()
    assert (kept.tckn, kept.tckn_hash, kept.masked_tckn) == (TCKN, lookup_hash(TCKN), "100******46")
    assert (kept.tin, kept.tax_number, kept.shown_tin) == (VKN, VKN, VKN)
    assert (kept.state, str(kept.code).isdecimal(), len(str(kept.code))) == ("active", True, 8)
    assert kept.town is not None
    assert (kept.town.short, kept.town.city.name) == ("Şişli", "İstanbul")
    assert TCKN.encode() not in bytes(kept.tckn_encrypted or b"")
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_name) == ("dealer_added", alice.get_full_name())
    assert event.detail == {
        "before": None,
        "after": {
            "title": "XYZ Ticaret",
            "alias": "Şişli Mağazası",
            "name": "Adım Soyadım",
            "tax_number": VKN,
            "mersis": "0462000001600019",
            "town_code": 434,
        },
    }


def test_a_sole_traders_tax_number_is_encrypted_too(brand: Brand, alice: Person, now: datetime) -> None:
    kept = retailers.add(brand=brand, details=details(tin=TCKN, mersis=""), person=alice, now=now)
    kept.refresh_from_db()
    assert (kept.tax_number, kept.tin, kept.shown_tin) == ("", TCKN, "100******46")
    assert TCKN not in str(events(kept.pk))


def test_numbers_are_unique_among_the_providers_dealers(
    retailer: Retailer, brand: Brand, alice: Person, now: datetime
) -> None:
    second = factories.BrandFactory.create(provider=brand.provider)
    assert refusal(second, alice, now) == [("H231", "tckn"), ("H230", "mersis")]
    retailers.set_state(retailer=retailer, to=RetailerState.PASSIVE, person=alice)
    assert refusal(second, alice, now) == [("H253", "tckn"), ("H253", "mersis")]
    elsewhere = factories.BrandFactory.create()
    assert retailers.add(brand=elsewhere, details=details(), person=alice, now=now).provider_id != brand.provider_id


def test_codes_run_out(brand: Brand, alice: Person, now: datetime) -> None:
    few = range(20_000_000, 20_000_002)
    given = [
        retailers.add(
            brand=brand, details=details(tckn=other_tckn(seed), mersis=""), person=alice, now=now, codes=few
        ).code
        for seed in few
    ]
    assert sorted(given) == list(few)
    with pytest.raises(RetailerRefused) as refused:
        retailers.add(brand=brand, details=details(), person=alice, now=now, codes=few)
    assert codes(list(refused.value.faults)) == [("H067", "")]


def test_a_change_tells_what_changed_but_no_personal_number(retailer: Retailer, alice: Person) -> None:
    changed = details(title="Yeni Unvan", tckn=other_tckn(), mobile="+905325002222")
    kept = retailers.change(retailer=retailer, details=changed, person=alice)
    kept.refresh_from_db()
    assert (kept.title, kept.tckn, kept.mobile, kept.code) == (
        *("Yeni Unvan", other_tckn(), "+905325002222", retailer.code),
    )
    assert events(kept.pk)[1:] == [
        (
            "dealer_changed",
            {"before": {"title": "XYZ Ticaret"}, "after": {"title": "Yeni Unvan"}, "hidden": ["tckn", "mobile"]},
        )
    ]


def test_nothing_changed_is_nothing_written(retailer: Retailer, alice: Person) -> None:
    retailers.change(retailer=retailer, details=details(), person=alice)
    assert [action for action, _ in events(retailer.pk)] == ["dealer_added"]


def test_a_change_cannot_take_anothers_number(retailer: Retailer, brand: Brand, alice: Person, now: datetime) -> None:
    other = retailers.add(brand=brand, details=details(tckn=other_tckn(), mersis=""), person=alice, now=now)
    with pytest.raises(RetailerRefused) as refused:
        retailers.change(retailer=other, details=details(mersis=""), person=alice)
    assert codes(list(refused.value.faults)) == [("H231", "tckn")]


def test_states_are_moved_once(retailer: Retailer, alice: Person) -> None:
    for to in (RetailerState.SUSPENDED, RetailerState.SUSPENDED, RetailerState.PASSIVE, RetailerState.ACTIVE):
        retailers.set_state(retailer=retailer, to=to, person=alice)
    assert [action for action, _ in events(retailer.pk)][1:] == ["state:suspended", "state:passive", "state:active"]


def test_a_dealer_without_details_stays_suspended(brand: Brand, alice: Person) -> None:
    old = factories.RetailerFactory.create(
        brand=brand, state="suspended", name="", tckn_hash=None, tckn_encrypted=None, town_code=None
    )
    with pytest.raises(BrandRefused, match="bilgileri eksik"):
        retailers.set_state(retailer=old, to=RetailerState.ACTIVE, person=alice)
    retailers.change(retailer=old, details=details(), person=alice)
    assert retailers.set_state(retailer=old, to=RetailerState.ACTIVE, person=alice).state == "active"


def test_a_dealer_with_consents_is_not_removed(retailer: Retailer, alice: Person) -> None:
    with pytest.raises(BrandRefused, match="bağlı izinler"):
        retailers.remove(retailer=retailer, person=alice, linked=lambda _: True)
    assert list(Retailer.objects.all()) == [retailer]


def test_a_dealer_is_removed_once(retailer: Retailer, alice: Person) -> None:
    pk, code = retailer.pk, retailer.code
    for _ in range(2):
        retailers.remove(retailer=retailer, person=alice, linked=lambda _: False)
    assert Retailer.objects.count() == 0
    action, detail = events(pk)[-1]
    assert (action, detail["before"]["code"], detail["after"], len(events(pk))) == ("dealer_removed", code, None, 2)


def test_a_passive_brand_takes_no_dealers(brand: Brand, alice: Person, now: datetime) -> None:
    brands.set_state(brand=brand, to=BrandState.PASSIVE, person=alice)
    with pytest.raises(BrandRefused, match="pasif"):
        retailers.add(brand=brand, details=details(), person=alice, now=now)


def test_the_spelling_of_a_brand_is_changed_and_audited_once(brand: Brand, alice: Person) -> None:
    before = brand.name
    for name in (f"  {before.upper()} ", before.upper()):
        assert brands.respell(brand=brand, name=name, person=alice).name == before.upper()
    event = AuditEvent.objects.get()
    assert (event.action, event.detail) == ("rename", {"before": before, "after": before.upper()})
    for name, why in [("  ", "yazın"), ("x" * 256, "en çok"), ("Yeni Marka", "tescil belgesini")]:
        with pytest.raises(BrandRefused, match=why):
            brands.respell(brand=brand, name=name, person=alice)
    factories.BrandFactory.create(provider=brand.provider, name=before.title())
    with pytest.raises(BrandRefused, match="zaten var"):
        brands.respell(brand=brand, name=before, person=alice)


def test_the_master_brand_follows_the_registered_title(provider: Provider, alice: Person) -> None:
    master = factories.BrandFactory.create(provider=provider, is_master=True)
    assert brands.respell(brand=master, name=provider.title, person=alice).name == provider.title


def test_the_master_brand_stays_active(provider: Provider, alice: Person) -> None:
    master = factories.BrandFactory.create(provider=provider, is_master=True)
    with pytest.raises(BrandRefused, match="Ana marka"):
        brands.set_state(brand=master, to=BrandState.PASSIVE, person=alice)


def test_a_brand_rests_and_wakes(brand: Brand, alice: Person) -> None:
    for to in (BrandState.PASSIVE, BrandState.PASSIVE, BrandState.ACTIVE):
        brands.set_state(brand=brand, to=to, person=alice)
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == ["state:passive", "state:active"]
