"""Change people: log in by e-Devlet, enter companies, let people act for them."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction

from accounts.enums import Role
from accounts.models import Membership, Person, Provider
from iys_portal.audit.services import Actor, record
from iys_portal.shared.crypto import encrypt, lookup_hash


class PersonClosed(Exception):
    """The person is known and no longer admitted."""


@transaction.atomic
def login_person(*, tckn: str, given_name: str, family_name: str, now: datetime) -> Person:
    """Return the person whom e-Devlet vouched for, made at the first login, and audit the login.

    `tckn` must have passed its checksum. The name follows e-Devlet's. Raises PersonClosed for a person who was shut
    out.
    """
    person = known_person(tckn=tckn, given_name=given_name, family_name=family_name)
    if not person.is_active:
        raise PersonClosed
    person.given_name, person.family_name, person.last_login = given_name, family_name, now
    person.save(update_fields=["given_name", "family_name", "last_login"])
    record(action="login", subject=person, actor=person)
    return person


def known_person(*, tckn: str, given_name: str, family_name: str) -> Person:
    """Return the person with this TCKN, made where there is none; two calls at once make one person."""
    person, _ = Person.objects.get_or_create(
        tckn_hash=lookup_hash(tckn),
        defaults={
            "username": f"edevlet-{secrets.token_hex(8)}",
            "given_name": given_name,
            "family_name": family_name,
            "tckn_encrypted": encrypt(tckn.encode()),
            "password": UNUSABLE_PASSWORD_PREFIX,
        },
    )
    return person


@transaction.atomic
def register_provider(*, iys_code: int, values: Mapping[str, object], actor: Actor) -> Provider:
    """Enter a company in the register and return it; `values` are its columns by their names."""
    provider = Provider.objects.create(iys_code=iys_code, **values)
    record(action="provider_registered", subject=provider, actor=actor, provider_id=provider.pk, iys_code=iys_code)
    return provider


@transaction.atomic
def authorise_person(*, provider: Provider, person: Person, role: Role, actor: Actor) -> Membership | None:
    """Let a person act for a provider and return the membership, or None where the person already may."""
    membership, is_new = Membership.objects.get_or_create(
        provider=provider, person=person, ended_at=None, defaults={"role": role}
    )
    if not is_new:
        return None
    record(action="member_added", subject=membership, actor=actor, person_id=person.pk, role=role)
    return membership
