"""A new bank's table is declared: the sample it is declared by, and the definition with all its changes."""

import hashlib
import json
from datetime import datetime
from pathlib import PurePath

from django.db import IntegrityError, transaction

from accounts.models import Person
from iys_portal.audit.services import record
from iys_portal.shared.crypto import decrypt, encrypt
from payments.models import StatementProfile, StatementSample
from payments.selectors.profiles import SAMPLE_LIFETIME
from payments.statements import BankProfile

SAMPLE_MAX_BYTES = 4 * 1024 * 1024
RESERVED = frozenset({"yeni"})
"""Short names that would hide a page of the portal."""


class ProfileRefused(Exception):
    """A definition cannot be saved; the text is a Turkish sentence, `field` the setting it is about, or empty."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def keep_sample(*, person: Person, filename: str, content: bytes, now: datetime) -> StatementSample:
    """Keep the file that a person declares a table by, encrypted, instead of the one they brought before.

    Raises ProfileRefused for a file that is empty or larger than SAMPLE_MAX_BYTES.
    """
    if not content.strip():
        raise ProfileRefused("Seçtiğiniz dosya boş. Ekstreyi bankadan yeniden indirin.")
    if len(content) > SAMPLE_MAX_BYTES:
        raise ProfileRefused("Örnek dosya en çok 4 MB olabilir. Daha kısa bir dönem seçin.")
    values = {
        "filename": PurePath(filename).name[:200],
        "content_encrypted": encrypt(content),
        "created_at": now,
    }
    sample, _ = StatementSample.objects.update_or_create(person=person, defaults=values)
    return sample


def content_of_sample(sample: StatementSample) -> bytes:
    """Return the sample as it was brought."""
    return decrypt(sample.content_encrypted)


def drop_sample(*, person: Person) -> None:
    """Delete the sample that a person brought, if there is one."""
    StatementSample.objects.filter(person=person).delete()


def drop_samples(*, now: datetime) -> int:
    """Delete the samples that are older than SAMPLE_LIFETIME; return how many were."""
    return StatementSample.objects.filter(created_at__lte=now - SAMPLE_LIFETIME).delete()[0]


def seen_of(profile: StatementProfile) -> str:
    """Return what tells one standing of a definition from another."""
    standing = json.dumps([profile.name, profile.is_active, profile.definition], sort_keys=True)
    return hashlib.sha256(standing.encode()).hexdigest()[:16]


@transaction.atomic
def declare(*, name: str, layout: BankProfile, person: Person, now: datetime) -> StatementProfile:
    """Store a new definition under its layout's name, audited; the person's sample is gone with it.

    Raises ProfileRefused when the short name is taken, ProfileError when the layout is not whole.
    """
    layout.require_complete()
    if layout.name in RESERVED:
        raise ProfileRefused("Bu kısa ad kullanılamaz; başka bir ad yazın.", "name")
    try:
        with transaction.atomic():
            profile = StatementProfile.objects.create(
                slug=layout.name,
                name=name,
                kind=layout.kind,
                definition=layout.to_json(),
                created_by=person,
                created_at=now,
            )
    except IntegrityError:
        raise ProfileRefused("Bu kısa adla bir tanım var; başka bir ad yazın.", "name") from None
    record(action="declare", subject=profile, actor=person, after=profile.definition)
    StatementSample.objects.filter(person=person).delete()
    return profile


@transaction.atomic
def change(*, profile_id: int, name: str, layout: BankProfile, seen: str, person: Person) -> StatementProfile:
    """Change a definition; statements that are there keep theirs. Locks it, audits what it was and what it is.

    Raises ProfileRefused when it is not as the person saw it any more, ProfileError when the layout is not whole.
    """
    layout.require_complete()
    profile = _locked(profile_id, seen)
    before = {"name": profile.name, "definition": profile.definition}
    after = {"name": name, "definition": layout.to_json()}
    if (layout.name, layout.kind) != (profile.slug, profile.kind):
        raise ProfileRefused("Kısa ad ve dosya türü değiştirilemez.", "name")
    if before != after:
        profile.name, profile.definition = name, after["definition"]
        profile.save(update_fields=["name", "definition"])
        record(action="change", subject=profile, actor=person, before=before, after=after)
    StatementSample.objects.filter(person=person).delete()
    return profile


@transaction.atomic
def set_active(*, profile_id: int, is_active: bool, seen: str, person: Person) -> StatementProfile:
    """Offer a definition for new files, or do not any more. Locks it, audits it.

    Raises ProfileRefused when it is not as the person saw it any more.
    """
    profile = _locked(profile_id, seen)
    if profile.is_active != is_active:
        profile.is_active = is_active
        profile.save(update_fields=["is_active"])
        record(action="activate" if is_active else "deactivate", subject=profile, actor=person)
    return profile


def _locked(profile_id: int, seen: str) -> StatementProfile:
    profile = StatementProfile.objects.select_for_update(no_key=True).get(pk=profile_id)
    if seen_of(profile) != seen:
        raise ProfileRefused("Bu tanım az önce başka biri tarafından değiştirildi. Sayfayı yenileyip yeniden deneyin.")
    return profile
