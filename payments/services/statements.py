"""Statements: received whole, read once, read again when a reader has learnt more (what they settle: settlement)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, NamedTuple

from django.db import transaction

from accounts.models import Person
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import move, record
from iys_portal.shared.collector import collector_at_rest
from payments import statements as readers
from payments.enums import STATEMENT_TRANSITIONS, StatementState
from payments.models import BankAccount, Statement
from payments.selectors.statements import profile_named
from payments.services.activation import activate_settled
from payments.services.settlement import settle_lines
from payments.services.statement_files import keep_content, open_content
from payments.services.statement_lines import (
    insert_lines,
    lock_account,
    lock_account_of,
    plain,
    store_new,
    stored_among,
)
from payments.statements import BankProfile, ProfileError, Source
from payments.statements.account import require_account
from payments.statements.base import BankLine, Problem, ReadResult, StatementRefused
from payments.statements.identity import identities


class _KnownFile(Exception):
    """The bytes that were just stored are those of an earlier statement: nothing of them stays."""

    def __init__(self, statement: Statement) -> None:
        super().__init__()
        self.statement = statement


def receive(
    *,
    account: BankAccount,
    format: str,  # noqa: A002  (the word of the field and of the command line)
    filename: str,
    content: Source,
    person: Person | None,
    now: datetime,
) -> tuple[Statement, bool]:
    """Keep a statement file (encrypted) and promise its reading; return (statement, whether it will be read).

    The same bytes for the same account are the statement that was received first. One that was refused is read
    once more when another format, or a layout that was mended since, is chosen. Serialised per account by an
    advisory transaction lock. The file is read once, from where it stands.
    """
    profile = profile_named(format)
    with transaction.atomic():
        lock_account(account.pk)
        try:
            with transaction.atomic():
                statement = _keep(account, format, profile, filename, content, person, now)
        except _KnownFile as known:
            return known.statement, _try_again(known.statement.pk, format, profile, person)
        record(action="receive", subject=statement, actor=person, sha256=statement.sha256, size=statement.size)
        promise("statement.process", statement_id=statement.pk)
    return statement, True


def _keep(
    account: BankAccount,
    statement_format: str,
    profile: dict[str, Any] | None,
    filename: str,
    content: Source,
    person: Person | None,
    now: datetime,
) -> Statement:
    """Store the file while its hash is made; raises _KnownFile when it turns out to be there already."""
    statement = Statement.objects.create(
        account=account,
        format=statement_format,
        profile=profile,
        filename=PurePath(filename).name[:200],
        size=0,
        uploaded_by=person,
        received_at=now,
    )
    statement.sha256, statement.size = keep_content(statement, content)
    known = Statement.objects.filter(account=account, sha256=statement.sha256).first()
    if known is not None:
        raise _KnownFile(known)
    statement.save(update_fields=["sha256", "size"])
    return statement


def _try_again(statement_id: int, statement_format: str, profile: dict[str, Any] | None, person: Person | None) -> bool:
    """Have a refused statement read in another way; return whether that is to be done."""
    statement = _locked(statement_id)
    if statement.state != StatementState.REFUSED or (statement.format, statement.profile) == (
        statement_format,
        profile,
    ):
        return False
    _receive_again(
        statement,
        f"Dosya “{statement_format}” biçimiyle yeniden okunacak; önceki biçim: “{statement.format}”.",
        person,
        format=statement_format,
        profile=profile,
    )
    return True


def _receive_again(statement: Statement, reason: str, person: Person | None, **changes: Any) -> None:
    move(
        statement,
        StatementState.RECEIVED,
        table=STATEMENT_TRANSITIONS,
        actor=person,
        reason=reason,
        problems=[],
        **changes,
    )
    promise("statement.process", statement_id=statement.pk)


def process(*, statement_id: int, now: datetime) -> None:
    """Read a statement, settle its lines, begin what they paid for; safe to repeat anywhere, and by two at once."""
    read(statement_id=statement_id)
    promised = settle_lines(statement_id=statement_id, now=now)
    activate_settled(statement_id=statement_id, promised=promised, now=now)
    _finish(statement_id)


@collector_at_rest()
@transaction.atomic
def read(*, statement_id: int) -> None:
    """Store the lines of a received statement, or why it is refused; does nothing when that was done before.

    Locks the account's imports, so that overlapping files add each movement once, then the statement.
    """
    statement = _locked_with_account(statement_id)
    if statement.state != StatementState.RECEIVED:
        return
    try:
        result = _read(statement)
    except StatementRefused as refusal:
        move(
            statement,
            StatementState.REFUSED,
            table=STATEMENT_TRANSITIONS,
            actor=None,
            reason=refusal.message,
            problems=[{"line": 0, "message": refusal.message}],
        )
        return
    lines = result.lines
    fresh, not_stored = store_new(statement, lines)
    known = len(lines) - fresh - len(not_stored)
    move(
        statement,
        StatementState.READ,
        table=STATEMENT_TRANSITIONS,
        actor=None,
        reason=f"{len(lines)} hareket okundu, {known} tanesi daha önce alınmıştı.",
        line_count=len(lines) - len(not_stored),
        duplicate_count=known,
        **_findings(result, [*result.problems, *not_stored]),
    )


def _read(statement: Statement) -> ReadResult:
    """Read the kept file with today's reader and the layout that was frozen with it; raises StatementRefused."""
    profiles: Mapping[str, BankProfile] = {}
    if statement.profile is not None:
        try:
            profiles = {statement.format: BankProfile.from_json(statement.profile)}
        except ProfileError as error:
            raise StatementRefused(f"Sütun tanımı kullanılamıyor: {error}") from None
    with open_content(statement) as file:
        result = readers.read(statement.format, file, profiles=profiles)
    require_account(result, own_iban=statement.account.iban, currency=statement.account.currency)
    return result


def _findings(result: ReadResult, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the fields of a statement that say what its reader found."""
    return {
        "reader_version": result.reader,
        "opening_balance": result.opening,
        "closing_balance": result.closing,
        "balance_ok": result.balance_ok,
        "problems": [
            {
                "line": problem.line,
                "message": plain(problem.message),
                "position": problem.position,
                "raw": plain(problem.raw),
                "ignored": problem.ignored,
            }
            for problem in _kept(problems)
        ],
    }


_LISTED = 1000


def _kept(problems: Sequence[Problem]) -> list[Problem]:
    """Return what is stored of a reader's problems: all movements that were not read, which a later reading looks for.

    Of what else there is to say, the first ones and how many more.
    """
    others = [problem for problem in problems if problem.position is None or problem.ignored]
    more = others[_LISTED:]
    if not more:
        return list(problems)
    left_out = {id(problem) for problem in more}
    rest = f"{len(more)} kayıt daha var; ilk {_LISTED} tanesi listelendi."
    is_ignored = all(problem.ignored for problem in more)
    return [*(each for each in problems if id(each) not in left_out), Problem(0, rest, ignored=is_ignored)]


class Reread(NamedTuple):
    """What came of reading a kept file again: lines that it added, or that the worker will read it, or its refusal."""

    added: int = 0
    is_queued: bool = False
    refusal: str = ""


@transaction.atomic
def reread(*, statement_id: int, person: Person | None, now: datetime) -> Reread:  # noqa: ARG001  (services take it)
    """Read a kept file with today's reader; return what came of it. Locks account, then statement.

    A refused statement is received again. Of one that was read, lines are added where nothing could be read before;
    what stands there already is never changed: a line that today's reader reads otherwise becomes a problem. Does
    nothing while the first reading is still to come.
    """
    statement = _locked_with_account(statement_id)
    if statement.state == StatementState.REFUSED:
        _receive_again(statement, "Dosya güncel okuyucuyla yeniden okunacak.", person)
    if statement.state == StatementState.RECEIVED:
        return Reread(is_queued=True)
    try:
        result = _read(statement)
    except StatementRefused as refusal:
        record(action="reread", subject=statement, actor=person, reason=refusal.message, added=0)
        return Reread(refusal=refusal.message)
    added, differences = _add_unread(statement, result.lines)
    before = statement.reader_version
    for name, value in _findings(result, [*result.problems, *differences]).items():
        setattr(statement, name, value)
    statement.line_count += added
    statement.save()
    record(
        action="reread",
        subject=statement,
        actor=person,
        reader_before=before,
        reader=result.reader,
        added=added,
        differences=len(differences),
    )
    if added:
        if statement.state == StatementState.MATCHED:
            reason = f"Yeniden okunan dosyada {added} hareket daha bulundu."
            move(statement, StatementState.READ, table=STATEMENT_TRANSITIONS, actor=person, reason=reason)
        promise("statement.process", statement_id=statement.pk)
    return Reread(added)


def _add_unread(statement: Statement, lines: Sequence[BankLine]) -> tuple[int, list[Problem]]:
    """Insert the lines at places of the file that gave none before; return how many, and what reads otherwise now."""
    keys = list(identities(statement.account.iban, lines))
    known = stored_among(statement.account_id, keys)
    unread = {problem["position"] for problem in statement.problems if problem.get("position")}
    unread -= set(statement.lines.values_list("position", flat=True))
    fresh, differences = [], []
    for line, key in zip(lines, keys, strict=True):
        if key in known:
            continue
        if line.position in unread:
            fresh.append((line, key))
        else:
            message = f"{line.position}. hareket ilk okunduğundan farklı okunuyor; kayıtlı hareket değiştirilmedi."
            differences.append(Problem(line.source_line, message, raw=line.text[:200]))
    not_stored = insert_lines(statement, fresh)
    return len(fresh) - len(not_stored), [*differences, *not_stored]


def _locked_with_account(statement_id: int) -> Statement:
    """Lock the imports of a statement's account, then the statement: in the order of `receive`, or both would wait."""
    lock_account_of(statement_id)
    return _locked(statement_id)


def _locked(statement_id: int) -> Statement:
    held = Statement.objects.select_for_update(of=("self",), no_key=True)
    return held.select_related("account").get(pk=statement_id)


@transaction.atomic
def _finish(statement_id: int) -> None:
    statement = _locked(statement_id)
    if statement.state == StatementState.READ:
        move(
            statement,
            StatementState.MATCHED,
            table=STATEMENT_TRANSITIONS,
            actor=None,
            reason="Hareketler siparişlerle karşılaştırıldı.",
        )
