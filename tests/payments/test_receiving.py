"""Files are kept piece by piece, refused ones read another way, kept ones read again; identity survives all of it."""

import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from threading import Thread

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iys_portal.audit.models import AuditEvent, OutboxMessage
from payments.enums import StatementState
from payments.models import BankAccount, Statement, StatementLine, StatementProfile
from payments.services import statements
from payments.services.statement_files import CHUNK, content_of, open_content
from payments.services.statement_lines import lock_account
from payments.statements.base import Problem
from tests import factories
from tests.locks import wait_until_blocked
from tests.payments.mt940 import Transfer, mt940

Import = Callable[..., Statement]


class Dribble(io.BytesIO):
    """A file that gives little at a time, as a socket does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 300_001) if size and size > 0 else size)


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7])
@pytest.mark.parametrize("kind", [bytes, Dribble], ids=["bytes", "a file"])
def test_any_size_comes_back_as_it_was(
    account: BankAccount, now: datetime, size: int, kind: Callable[[bytes], object]
) -> None:
    content = bytes(number % 251 for number in range(1000)) * (size // 1000 + 1)
    content = content[:size]
    kept, is_new = statements.receive(
        account=account,
        format="mt940",
        filename="e.sta",
        content=kind(content),  # type: ignore[arg-type]
        person=None,
        now=now,
    )
    assert (is_new, kept.size, kept.chunks.count()) == (True, size, -(-size // CHUNK))
    assert content_of(kept) == content
    with open_content(kept) as file:
        file.seek(size - 1)
        assert file.read() == content[-1:]


def test_a_refused_file_is_read_in_the_format_that_is_chosen_next(
    account: BankAccount, imported: Import, now: datetime
) -> None:
    content = mt940(account.iban, Transfer("KIRA", Decimal("30.00")))

    def receive(name: str) -> tuple[Statement, bool]:
        kept, is_new = statements.receive(
            account=account, format=name, filename="e.sta", content=content, person=None, now=now
        )
        statements.process(statement_id=kept.pk, now=now)
        kept.refresh_from_db()
        return kept, is_new

    refused, _ = receive("camt053")
    assert refused.state == StatementState.REFUSED
    assert receive("camt053") == (refused, False)
    again, is_new = receive("mt940")
    assert (again.pk, is_new, again.state, again.format) == (refused.pk, True, StatementState.MATCHED, "mt940")
    assert (again.problems, StatementLine.objects.count(), again.chunks.count()) == ([], 1, 1)
    actions = (
        AuditEvent.objects.filter(object_type="payments.statement").order_by("pk").values_list("action", flat=True)
    )
    assert list(actions) == ["receive", "state:refused", "state:received", "state:read", "state:matched"]
    assert receive("camt053") == (again, False)


def test_a_layout_may_have_the_longest_name(account: BankAccount, now: datetime) -> None:
    StatementProfile.objects.create(slug="a" * 30, name="A", kind="xlsx", definition={})
    kept, is_new = statements.receive(
        account=account, format="xlsx:" + "a" * 30, filename="e.xlsx", content=b"PK", person=None, now=now
    )
    assert (is_new, kept.format) == (True, "xlsx:" + "a" * 30)


def test_a_kept_file_read_again_adds_what_could_not_be_read_and_changes_nothing(
    imported: Import, now: datetime
) -> None:
    statement = imported(Transfer("KIRA", Decimal("30.00")), Transfer("AIDAT", Decimal("10.00")))
    first = StatementLine.objects.get(position=1)
    assert statements.reread(statement_id=statement.pk, person=None, now=now).added == 0
    # As an older reader would have left it: one line read otherwise, the other not at all.
    StatementLine.objects.filter(pk=first.pk).update(text="KİRA", digest="0" * 64)
    StatementLine.objects.filter(position=2).delete()
    statement.problems = [{"line": 7, "message": "Okunamadı.", "position": 2, "raw": ""}]
    statement.line_count = 1
    statement.save()
    assert statements.reread(statement_id=statement.pk, person=None, now=now).added == 1
    statement.refresh_from_db()
    assert (statement.state, statement.line_count) == (StatementState.READ, 2)
    assert [problem["message"] for problem in statement.problems] == [
        "1. hareket ilk okunduğundan farklı okunuyor; kayıtlı hareket değiştirilmedi."
    ]
    assert list(StatementLine.objects.order_by("position").values_list("text", flat=True)) == ["KİRA", "AIDAT"]
    statements.process(statement_id=statement.pk, now=now)
    assert set(StatementLine.objects.values_list("state", flat=True)) == {"unmatched"}
    assert OutboxMessage.objects.filter(topic="statement.process").count() == 2
    assert AuditEvent.objects.filter(action="reread").count() == 2


def test_a_third_equal_payment_of_a_later_file_is_new(imported: Import) -> None:
    twice, thrice = [Transfer("AYNI", Decimal("5.00"))] * 2, [Transfer("AYNI", Decimal("5.00"))] * 3
    imported(*twice)
    later = imported(*thrice, reference="EKSTRE2")
    assert (later.line_count, later.duplicate_count) == (3, 2)
    assert StatementLine.objects.count() == 3


_DAYS = st.dictionaries(
    st.integers(1, 5), st.lists(st.sampled_from(["A", "B", "C"]), min_size=1, max_size=4), min_size=1
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(days=_DAYS, draw=st.data())
def test_whole_days_in_any_overlap_and_order_are_stored_once(
    db: None, now: datetime, days: dict[int, list[str]], draw: st.DataObject
) -> None:
    """Files cover days as banks give them: whole. Whatever files come, each movement of each day is there once."""
    account = factories.BankAccountFactory.create()
    covers = draw.draw(st.lists(st.sets(st.sampled_from(sorted(days)), min_size=1), min_size=1, max_size=4))
    for number, covered in enumerate(covers):
        movements = [
            Transfer(text, Decimal("5.00"), day=date(2026, 11, day))
            for day in sorted(covered)
            for text in draw.draw(st.permutations(days[day]))
        ]
        content = mt940(account.iban, *movements, reference=f"EKSTRE{number}")
        kept, _ = statements.receive(
            account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
        )
        statements.read(statement_id=kept.pk)
    seen = set().union(*covers)
    stored = StatementLine.objects.filter(account=account).values_list("booked_on__day", "text")
    assert sorted(stored) == sorted((day, text) for day in seen for text in days[day])


@pytest.mark.django_db(transaction=True)
def test_a_file_comes_again_while_it_is_read(account: BankAccount, now: datetime) -> None:
    content = mt940(account.iban, Transfer("KIRA", Decimal("30.00")))

    def receive() -> tuple[Statement, bool]:
        return statements.receive(
            account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
        )

    def read() -> None:
        try:
            statements.read(statement_id=kept.pk)
        finally:
            connection.close()

    kept, _ = receive()
    reader = Thread(target=read)
    with transaction.atomic():
        lock_account(account.pk)  # as the upload has it
        reader.start()
        wait_until_blocked(1)
        assert receive() == (kept, False)
    reader.join(timeout=60)
    kept.refresh_from_db()
    assert (kept.state, kept.line_count) == (StatementState.READ, 1)


def test_what_is_left_aside_is_stored_up_to_a_limit() -> None:
    unread = [Problem(number, "Okunamadı.", position=number) for number in range(1, 2001)]
    pending = [Problem(number, "Bekliyor.", position=number, ignored=True) for number in range(2001, 4002)]
    kept = statements._kept([*unread, *pending])
    assert kept[:3000] == [*unread, *pending[:1000]]
    assert kept[3000:] == [Problem(0, "1001 kayıt daha var; ilk 1000 tanesi listelendi.", ignored=True)]
