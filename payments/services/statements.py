"""Statements: received whole, read once, their lines stored once. What lines settle is in settlement."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

import structlog
from django.db import connection, transaction

from accounts.models import Person
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import move, record
from iys_portal.shared.crypto import decrypt, encrypt
from payments import statements as readers
from payments.enums import STATEMENT_TRANSITIONS, StatementState
from payments.models import BankAccount, Statement, StatementLine
from payments.services.settlement import settle_lines
from payments.statements.account import require_account
from payments.statements.base import BankLine, ReadResult, StatementRefused
from payments.statements.identity import identities

logger = structlog.get_logger(__name__)

_ACCOUNT_LOCK = 0xBA7C
_BATCH = 1000


@transaction.atomic
def receive(
    *,
    account: BankAccount,
    format: str,  # noqa: A002  (the word of the field and of the command line)
    filename: str,
    content: bytes,
    person: Person | None,
    now: datetime,
) -> tuple[Statement, bool]:
    """Keep a statement file (encrypted) and promise its reading; return (statement, whether it is new).

    The same bytes for the same account give the statement that was received first. Serialised per account by an
    advisory transaction lock.
    """
    _lock_account(account.pk)
    sha256 = hashlib.sha256(content).hexdigest()
    known = Statement.objects.filter(account=account, sha256=sha256).first()
    if known is not None:
        return known, False
    statement = Statement.objects.create(
        account=account,
        format=format,
        filename=PurePath(filename).name[:200],
        sha256=sha256,
        content_encrypted=encrypt(content),
        uploaded_by=person,
        received_at=now,
    )
    record(action="receive", subject=statement, actor=person, sha256=sha256, size=len(content))
    promise("statement.process", statement_id=statement.pk)
    return statement, True


def process(*, statement_id: int, now: datetime) -> None:
    """Read a statement and settle its lines; safe to repeat at any point, and by two workers at once."""
    read(statement_id=statement_id)
    settle_lines(statement_id=statement_id, now=now)
    _finish(statement_id)


@transaction.atomic
def read(*, statement_id: int) -> None:
    """Store the lines of a received statement, or why it is refused; does nothing when that was done before.

    Locks the statement, then the account's imports, so that overlapping files add each movement once.
    """
    statement = (
        Statement.objects.select_for_update(of=("self",), no_key=True).select_related("account").get(pk=statement_id)
    )
    if statement.state != StatementState.RECEIVED:
        return
    _lock_account(statement.account_id)
    try:
        result = readers.read(statement.format, decrypt(statement.content_encrypted))
        require_account(result, own_iban=statement.account.iban, currency=statement.account.currency)
    except StatementRefused as refusal:
        _refuse(statement, refusal)
        return
    _store(statement, result)


def _lock_account(account_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ACCOUNT_LOCK, account_id % 2**31])


def _refuse(statement: Statement, refusal: StatementRefused) -> None:
    move(
        statement,
        StatementState.REFUSED,
        table=STATEMENT_TRANSITIONS,
        actor=None,
        reason=refusal.message,
        problems=[{"line": 0, "message": refusal.message}],
    )


def _store(statement: Statement, result: ReadResult) -> None:
    fresh = _not_yet_stored(statement, result.lines)
    StatementLine.objects.bulk_create(fresh, batch_size=_BATCH)
    move(
        statement,
        StatementState.READ,
        table=STATEMENT_TRANSITIONS,
        actor=None,
        reason=f"{len(result.lines)} hareket okundu, {len(result.lines) - len(fresh)} tanesi daha önce alınmıştı.",
        reader_version=result.reader,
        opening_balance=result.opening,
        closing_balance=result.closing,
        balance_ok=result.balance_ok,
        line_count=len(result.lines),
        duplicate_count=len(result.lines) - len(fresh),
        problems=[
            {
                "line": problem.line,
                "message": problem.message,
                "position": problem.position,
                "raw": problem.raw,
            }
            for problem in result.problems
        ],
    )


def _not_yet_stored(statement: Statement, lines: Sequence[BankLine]) -> list[StatementLine]:
    keys = [(identity.digest, identity.occurrence) for identity in identities(statement.account.iban, lines)]
    stored = set(
        StatementLine.objects.filter(
            account_id=statement.account_id, digest__in={digest for digest, _ in keys}
        ).values_list("digest", "occurrence")
    )
    return [
        _row(statement, line, digest, occurrence)
        for line, (digest, occurrence) in zip(lines, keys, strict=True)
        if (digest, occurrence) not in stored
    ]


def _row(statement: Statement, line: BankLine, digest: str, occurrence: int) -> StatementLine:
    return StatementLine(
        account_id=statement.account_id,
        statement=statement,
        position=line.position,
        digest=digest,
        occurrence=occurrence,
        booked_on=line.booked_on,
        value_on=line.value_on,
        amount=line.amount,
        currency=line.currency,
        text=line.text,
        payer_name=(line.payer_name or "")[:255],
        payer_iban=line.payer_iban or "",
        payer_tax_number=line.payer_tax_number or "",
        bank_reference=(line.bank_id or line.reference)[:64],
        is_reversal=line.reversal,
    )


@transaction.atomic
def _finish(statement_id: int) -> None:
    statement = Statement.objects.select_for_update(of=("self",), no_key=True).get(pk=statement_id)
    if statement.state == StatementState.READ:
        move(
            statement,
            StatementState.MATCHED,
            table=STATEMENT_TRANSITIONS,
            actor=None,
            reason="Hareketler siparişlerle karşılaştırıldı.",
        )
