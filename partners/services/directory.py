"""Suspend and restore companies of the directories, and bring many in at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from accounts.models import Person
from iys_portal.audit.bulk import update_each
from iys_portal.audit.services import Happening, move, record_many
from iys_portal.shared.turkish import search_key
from partners.enums import PARTY_TRANSITIONS, PartyState
from partners.models import Intermediary, Partner

LARGEST_CODE = 2_147_483_647
LONGEST_TITLE = 255

Party = Partner | Intermediary


@transaction.atomic
def suspend(*, party: Party, actor: Person, reason: str, now: datetime) -> None:
    """Stop all rights of a company at once; asked twice, the second call changes nothing. Locks the company."""
    party = _locked(party)
    if not party.is_suspended:
        changes = {"suspended_at": now, "suspension_reason": reason}
        move(party, PartyState.SUSPENDED, table=PARTY_TRANSITIONS, actor=actor, reason=reason, **changes)


@transaction.atomic
def restore(*, party: Party, actor: Person, reason: str) -> None:
    """Let a suspended company use its rights again; asked twice, the second call changes nothing."""
    party = _locked(party)
    if party.is_suspended:
        changes: dict[str, Any] = {"suspended_at": None, "suspension_reason": ""}
        move(party, PartyState.ACTIVE, table=PARTY_TRANSITIONS, actor=actor, reason=reason, **changes)


def _locked(party: Party) -> Party:
    locked: Party = type(party)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=party.pk)
    return locked


class Outcome(models.TextChoices):
    """What became of a row of an imported list."""

    ADDED = "added", "Eklendi"
    RENAMED = "renamed", "Unvanı güncellendi"
    SAME = "same", "Zaten var"
    REFUSED = "refused", "Alınmadı"


@dataclass(frozen=True)
class ListedRow:
    """A row of a list as it was read: its number in the file, the code and the title as texts."""

    number: int
    code: str
    title: str


@dataclass(frozen=True)
class RowResult:
    """What became of a row, and why."""

    row: ListedRow
    outcome: Outcome
    note: str = ""


@transaction.atomic
def import_directory(
    *, model: type[Party], rows: Iterable[ListedRow], actor: Person | None, dry: bool = False
) -> list[RowResult]:
    """Bring in the companies of a list: new codes are added, known codes get the list's title; tell of each row.

    A row is refused, and the others go on, for a code that is no number, a title that is missing, too long, or
    another company's in any Turkish spelling, and for a code that came before. Locks the table against a second
    import. With `dry` nothing is written.
    """
    with connection.cursor() as cursor:
        # Two lists with the same new code come one after the other; readers and grants are not held up.
        cursor.execute(f"LOCK TABLE {connection.ops.quote_name(model._meta.db_table)} IN SHARE ROW EXCLUSIVE MODE")
    known: dict[int, Party] = {entry.code: entry for entry in model._default_manager.all()}
    owners = {entry.search_key: entry.code for entry in known.values()}
    seen: set[int] = set()
    added: list[Party] = []
    renamed: list[tuple[Party, str]] = []
    results = []
    for row in rows:
        code, title, problem = _checked(row)
        owner = owners.get(search_key(title))
        if not problem and code in seen:
            problem = "Bu kod listede daha önce geçti."
        if not problem and owner is not None and owner != code:
            problem = f"Bu unvan {owner} kodlu kuruluşa ait."
        if problem:
            results.append(RowResult(row, Outcome.REFUSED, problem))
            continue
        seen.add(code)
        entry = known.get(code)
        if entry is None:
            added.append(model(code=code, title=title, search_key=search_key(title)))
            results.append(RowResult(row, Outcome.ADDED))
        elif entry.title == title:
            results.append(RowResult(row, Outcome.SAME))
        else:
            renamed.append((entry, title))
            results.append(RowResult(row, Outcome.RENAMED, f"Önceki unvan: {entry.title}"))
            owners.pop(entry.search_key, None)
        owners[search_key(title)] = code
    if not dry:
        _store(model, added, renamed, actor)
    return results


def _checked(row: ListedRow) -> tuple[int, str, str]:
    """Return (code, title, what is wrong with the row)."""
    title = " ".join(row.title.split())
    digits = row.code.strip().replace(" ", "").replace(".", "")
    if not (digits.isascii() and digits.isdigit()) or not 0 < int(digits[:12]) <= LARGEST_CODE or len(digits) > 10:
        return 0, title, "Kod bir sayı değil." if row.code.strip() else "Kod boş."
    if not title:
        return int(digits), title, "Unvan boş."
    if len(title) > LONGEST_TITLE or len(search_key(title)) > 300:
        return int(digits), title, f"Unvan {LONGEST_TITLE} karakterden uzun."
    return int(digits), title, ""


def _store(model: type[Party], added: list[Party], renamed: list[tuple[Party, str]], actor: Person | None) -> None:
    """Write the new companies and titles, each with its audit event."""
    manager: Any = model._default_manager
    happenings = []
    before = {entry.pk: entry.title for entry, _ in renamed}
    for entry, title in renamed:
        # Titles may have changed hands within the list: none may stand twice, not even for an instant.
        entry.title = f"{entry.code} {title}"[:LONGEST_TITLE]
    update_each([entry for entry, _ in renamed], ["title"])
    for entry, title in renamed:
        entry.title, entry.search_key = title, search_key(title)
        detail = {"before": {"title": before[entry.pk]}, "after": {"title": title}}
        happenings.append(Happening(entry, "directory:rename", detail=detail))
    update_each([entry for entry, _ in renamed], ["title", "search_key"])
    manager.bulk_create(added)
    happenings += [
        Happening(entry, "directory:add", detail={"after": {"code": entry.code, "title": entry.title}})
        for entry in added
    ]
    record_many(happenings, actor=actor)
