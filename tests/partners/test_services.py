"""Authorising, changing and revoking, and the audit of each."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Person, Provider
from brands.models import Brand
from packages.models import Subscription
from partners.enums import Channel, Right
from partners.models import Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.rules import (
    BRAND_PASSIVE,
    ENDS_IN_THE_PAST,
    NOT_LISTED,
    NOTHING_TICKED,
    PACKAGE_OVER,
    PACKAGE_REQUIRED,
    GrantRefused,
)
from partners.services import authorise_intermediary, authorise_partner, revoke
from tests import factories
from tests.partners import scene

RIGHTS = {Channel.MESAJ: Right.WRITE, Channel.ARAMA: Right.NONE, Channel.EPOSTA: Right.READ}


def grant_columns(grant: PartnerGrant) -> dict[str, object]:
    grant.refresh_from_db()
    names = ["provider_id", "brand_id", "partner_id", "granted_by_id", "granted_at", "ends_on", "revoked_at"]
    return {name: getattr(grant, name) for name in [*names, "agreement", "mesaj", "arama", "eposta"]}


def test_a_grant_holds_what_was_given_and_by_whom(
    brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    grant = authorise_partner(
        brand=brand,
        partner=partner,
        agreement=True,
        rights=RIGHTS,
        ends_on=date(2027, 1, 31),
        person=alice,
        now=now,
    )
    assert grant_columns(grant) == {
        "provider_id": brand.provider_id,
        "brand_id": brand.pk,
        "partner_id": partner.pk,
        "granted_by_id": alice.pk,
        "granted_at": now,
        "ends_on": date(2027, 1, 31),
        "revoked_at": None,
        "agreement": True,
        "mesaj": "write",
        "arama": "none",
        "eposta": "read",
    }
    after = {
        "brand_id": brand.pk,
        "partner_id": partner.pk,
        "agreement": True,
        "mesaj": "write",
        "arama": "none",
        "eposta": "read",
        "ends_on": "2027-01-31",
    }
    assert scene.events(grant) == [("grant", alice.pk, {"before": None, "after": after})]


def test_the_same_partner_again_changes_its_grant(
    brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    first = scene.authorise(brand, partner, person=alice, now=now)
    later = now + timedelta(hours=1)
    colleague = factories.PersonFactory.create()
    second = scene.authorise(brand, partner, person=colleague, now=later, agreement=True, eposta=Right.WRITE)
    assert second.pk == first.pk
    assert grant_columns(first) == {
        "provider_id": brand.provider_id,
        "brand_id": brand.pk,
        "partner_id": partner.pk,
        "granted_by_id": alice.pk,
        "granted_at": now,
        "ends_on": None,
        "revoked_at": None,
        "agreement": True,
        "mesaj": "none",
        "arama": "none",
        "eposta": "write",
    }
    before = {
        "brand_id": brand.pk,
        "partner_id": partner.pk,
        "agreement": False,
        "mesaj": "read",
        "arama": "none",
        "eposta": "none",
        "ends_on": None,
    }
    after = before | {"agreement": True, "mesaj": "none", "eposta": "write"}
    assert scene.events(first)[1:] == [("change", colleague.pk, {"before": before, "after": after})]


def test_the_same_rights_again_change_nothing(
    brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    scene.authorise(brand, partner, person=alice, now=now + timedelta(hours=1))
    assert PartnerGrant.objects.count() == 1
    assert [action for action, _, _ in scene.events(grant)] == ["grant"]


def test_partners_are_per_brand_and_a_brand_has_many(
    brand: Brand, provider: Provider, package: Subscription, alice: Person, now: datetime
) -> None:
    other = factories.BrandFactory.create(provider=provider)
    for partner in factories.PartnerFactory.create_batch(2):
        for one in (brand, other):
            scene.authorise(one, partner, person=alice, now=now)
    assert sorted(PartnerGrant.objects.values_list("brand_id").distinct()) == [(brand.pk,), (other.pk,)]
    assert PartnerGrant.objects.count() == 4


def refused(
    brand: Brand,
    partner: Partner,
    alice: Person,
    now: datetime,
    *,
    agreement: bool = True,
    rights: dict[Channel, Right] = RIGHTS,
    ends_on: date | None = None,
) -> str:
    with pytest.raises(GrantRefused) as caught:
        authorise_partner(
            brand=brand,
            partner=partner,
            agreement=agreement,
            rights=rights,
            ends_on=ends_on,
            person=alice,
            now=now,
        )
    assert PartnerGrant.objects.count() == 0
    return str(caught.value)


def test_a_partner_needs_a_package(brand: Brand, partner: Partner, alice: Person, now: datetime) -> None:
    assert refused(brand, partner, alice, now) == PACKAGE_REQUIRED


def test_a_partner_needs_a_package_whose_term_is_not_over(
    brand: Brand, partner: Partner, package: Subscription, alice: Person
) -> None:
    assert refused(brand, partner, alice, package.ends_at) == PACKAGE_OVER


def test_a_package_that_starts_later_does_not_count_yet(
    brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    assert refused(brand, partner, alice, now - timedelta(seconds=1)) == PACKAGE_REQUIRED


def test_something_must_be_granted(
    brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    assert refused(brand, partner, alice, now, agreement=False, rights=scene.NO_RIGHTS) == NOTHING_TICKED


def test_the_last_day_is_today_at_the_earliest(
    brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    assert refused(brand, partner, alice, now, ends_on=date(2026, 11, 22)) == ENDS_IN_THE_PAST
    assert scene.authorise(brand, partner, person=alice, now=now, ends_on=date(2026, 11, 23)).ends_on == date(
        2026, 11, 23
    )


def test_the_last_day_is_a_day_in_istanbul(
    brand: Brand, partner: Partner, package: Subscription, alice: Person
) -> None:
    one_at_night = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    assert refused(brand, partner, alice, one_at_night, ends_on=date(2026, 11, 23)) == ENDS_IN_THE_PAST


def test_who_left_the_directory_gets_no_rights(
    brand: Brand, package: Subscription, alice: Person, now: datetime
) -> None:
    gone = factories.PartnerFactory.create(is_listed=False)
    assert refused(brand, gone, alice, now) == NOT_LISTED


def test_a_brand_that_became_passive_meanwhile_gives_no_rights(
    brand: Brand,
    partner: Partner,
    intermediary: Intermediary,
    package: Subscription,
    alice: Person,
    now: datetime,
) -> None:
    Brand.objects.filter(pk=brand.pk).update(state="passive")
    assert refused(brand, partner, alice, now) == BRAND_PASSIVE
    with pytest.raises(GrantRefused, match=BRAND_PASSIVE):
        scene.let_read(brand, intermediary, person=alice, now=now)


def test_an_intermediary_needs_no_package(
    brand: Brand, intermediary: Intermediary, alice: Person, now: datetime
) -> None:
    grant = scene.let_read(brand, intermediary, Channel.MESAJ, Channel.EPOSTA, person=alice, now=now)
    grant.refresh_from_db()
    assert (grant.provider_id, grant.mesaj_read, grant.arama_read, grant.eposta_read) == (
        brand.provider_id,
        True,
        False,
        True,
    )
    after = {
        "brand_id": brand.pk,
        "intermediary_id": intermediary.pk,
        "mesaj_read": True,
        "arama_read": False,
        "eposta_read": True,
        "ends_on": None,
    }
    assert scene.events(grant) == [("grant", alice.pk, {"before": None, "after": after})]


def test_the_same_intermediary_again_changes_its_grant(
    brand: Brand, intermediary: Intermediary, alice: Person, now: datetime
) -> None:
    first = scene.let_read(brand, intermediary, Channel.MESAJ, person=alice, now=now)
    second = scene.let_read(brand, intermediary, Channel.ARAMA, person=alice, now=now, ends_on=date(2026, 12, 1))
    assert second.pk == first.pk
    before = {
        "brand_id": brand.pk,
        "intermediary_id": intermediary.pk,
        "mesaj_read": True,
        "arama_read": False,
        "eposta_read": False,
        "ends_on": None,
    }
    after = before | {"mesaj_read": False, "arama_read": True, "ends_on": "2026-12-01"}
    assert scene.events(first)[1:] == [("change", alice.pk, {"before": before, "after": after})]


@pytest.mark.parametrize(
    ("channels", "ends_on", "listed", "reason"),
    [
        (frozenset(), None, True, NOTHING_TICKED),
        (frozenset(Channel), date(2026, 11, 22), True, ENDS_IN_THE_PAST),
        (frozenset(Channel), None, False, NOT_LISTED),
    ],
)
def test_what_an_intermediary_is_refused(
    brand: Brand,
    alice: Person,
    now: datetime,
    channels: frozenset[Channel],
    ends_on: date | None,
    listed: bool,
    reason: str,
) -> None:
    intermediary = factories.IntermediaryFactory.create(is_listed=listed)
    with pytest.raises(GrantRefused) as caught:
        authorise_intermediary(
            brand=brand, intermediary=intermediary, channels=channels, ends_on=ends_on, person=alice, now=now
        )
    assert str(caught.value) == reason
    assert IntermediaryGrant.objects.count() == 0


def test_revoking_ends_a_grant_once(
    brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    later = now + timedelta(hours=1)
    revoke(grant=grant, person=alice, now=later)
    revoke(grant=grant, person=alice, now=later + timedelta(hours=1))
    grant.refresh_from_db()
    assert grant.revoked_at == later
    before = {
        "brand_id": brand.pk,
        "partner_id": partner.pk,
        "agreement": False,
        "mesaj": "read",
        "arama": "none",
        "eposta": "none",
        "ends_on": None,
    }
    assert scene.events(grant)[1:] == [("revoke", alice.pk, {"before": before, "after": None})]


def test_authorising_after_a_revocation_makes_a_new_grant(
    brand: Brand, intermediary: Intermediary, alice: Person, now: datetime
) -> None:
    old = scene.let_read(brand, intermediary, person=alice, now=now)
    revoke(grant=old, person=alice, now=now)
    new = scene.let_read(brand, intermediary, person=alice, now=now + timedelta(hours=1))
    assert new.pk != old.pk
    assert list(IntermediaryGrant.objects.order_by("pk").values_list("revoked_at", flat=True)) == [now, None]
