"""The lines of a statement, each stored once whatever files it comes in (payments.statements.identity)."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import structlog
from django.db import connection, transaction
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from iys_portal.audit.bulk import insert_rows
from iys_portal.shared.ahead import one_ahead
from payments.enums import LineState
from payments.models import Statement, StatementLine
from payments.services.faults import is_away, may_pass
from payments.statements.base import BankLine, Problem
from payments.statements.identity import Identity, identities

_BATCH = 1000
_NOT_STORED = "Hareket kaydedilemedi; bir kişinin bakması gerekiyor."
_ACCOUNT_LOCK = 0xBA7C

T = TypeVar("T")

logger = structlog.get_logger(__name__)


def lock_account(account_id: int) -> None:
    """Let one transaction at a time take in files of an account; held until its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ACCOUNT_LOCK, account_id % 2**31])


def lock_account_of(statement_id: int) -> None:
    """Let one transaction at a time take in files of a statement's account; the same lock, found by the statement."""
    of_its_account = "SELECT pg_advisory_xact_lock(%s, (account_id %% %s)::int) FROM payments_statement WHERE id = %s"
    with connection.cursor() as cursor:
        cursor.execute(of_its_account, [_ACCOUNT_LOCK, 2**31, statement_id])


def store_new(statement: Statement, lines: Sequence[BankLine]) -> tuple[int, list[Problem]]:
    """Insert the lines that no earlier file brought, in file order; the account is locked.

    Return how many, and a problem for each that could not be stored.
    """
    count = 0
    problems: list[Problem] = []
    identified = zip(lines, identities(statement.account.iban, lines), strict=True)
    with one_ahead(_batches(identified)) as batches:  # identities are made while the server stores
        for batch in batches:
            known = stored_among(statement.account_id, [identity for _, identity in batch])
            fresh = [(line, identity) for line, identity in batch if identity not in known]
            refused = insert_lines(statement, fresh)
            count += len(fresh) - len(refused)
            problems += refused
    return count, problems


def stored_among(account_id: int, wanted: Sequence[Identity]) -> set[Identity]:
    """Return which of these identities an account's lines have already; one query a thousand."""
    found: set[Identity] = set()
    for batch in _batches(wanted):
        digests = " ".join({identity.digest for identity in batch})
        # As an array the index looks them up one by one; a list of rows is joined with whatever the account has.
        among = RawSQL("digest = ANY(string_to_array(%s, ' '))", [digests], BooleanField())
        rows = StatementLine.objects.filter(among, account_id=account_id)
        found.update(Identity(*row) for row in rows.order_by().values_list("digest", "occurrence"))
    return found


def insert_lines(statement: Statement, lines: Sequence[tuple[BankLine, Identity]]) -> list[Problem]:
    """Insert lines with their identities, none of which is there yet; return a problem for each that cannot be.

    The lines are cut in halves until the one is found that the database does not take. Raises what the database says
    when it is away, or when the same may well succeed another time.
    """
    if not lines:
        return []
    try:
        with transaction.atomic():
            insert_rows(StatementLine, _COLUMNS, (_values(statement, line, identity) for line, identity in lines))
    except Exception as error:
        if is_away(error) or may_pass(error):
            raise
        if len(lines) > 1:
            half = len(lines) // 2
            return insert_lines(statement, lines[:half]) + insert_lines(statement, lines[half:])
        line = lines[0][0]
        logger.exception("line_not_stored", statement_id=statement.pk, position=line.position)
        return [Problem(line.source_line, _NOT_STORED, line.position, raw=line.text[:200])]
    return []


_COLUMNS = (
    *("account", "statement", "position", "digest", "occurrence", "booked_on", "value_on", "amount", "currency"),
    *("text", "payer_name", "payer_iban", "payer_tax_number", "bank_reference", "is_reversal"),
    *("state", "rule", "verdict", "candidates", "features", "matching_version"),
)
_UNDECIDED: tuple[object, ...] = (LineState.NEW.value, "", "", [], {}, "")


def _values(statement: Statement, line: BankLine, identity: Identity) -> tuple[object, ...]:
    """Return the values of a line in the order of `_COLUMNS`."""
    return (
        statement.account_id,
        statement.pk,
        line.position,
        identity.digest,
        identity.occurrence,
        line.booked_on,
        line.value_on,
        line.amount,
        line.currency,
        plain(line.text),
        plain(line.payer_name or "")[:255],
        plain(line.payer_iban or "")[:34],
        plain(line.payer_tax_number or "")[:11],
        plain(line.bank_id or line.reference)[:64],
        line.reversal,
        *_UNDECIDED,
    )


def plain(text: str) -> str:
    """Return the text with a mark for each NUL, which PostgreSQL takes in no text."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}") if "\x00" in text else text


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
