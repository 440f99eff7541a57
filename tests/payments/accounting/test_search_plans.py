"""However many movements there are: a search in the queue, in every state, never reads all of them."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from payments.enums import LineState
from payments.models import Order, Statement, StatementLine
from payments.selectors import lines
from payments.selectors.lines import Filters
from tests.payments.mt940 import Transfer

ROWS = 12_000
_COPIES = """
    INSERT INTO payments_statementline (account_id, statement_id, position, digest, occurrence, booked_on, value_on,
           amount, currency, text, payer_name, payer_iban, payer_tax_number, bank_reference, is_reversal, state, rule,
           verdict, candidates, features, matching_version)
    SELECT account_id, statement_id, n, md5(n::text), 1, booked_on, value_on, n, currency,
           'GELEN FAST ' || md5((n * 7)::text) || ' ÖDEME', 'Şirket ' || md5((n * 11)::text), '', '', '', false,
           (ARRAY['matched', 'matched', 'matched', 'ignored', 'refund', 'new', 'suggested', 'unmatched'])[n %% 8 + 1],
           'bench', 'Deneme', '[]', '{}', ''
      FROM payments_statementline, generate_series(1000, %s + 1000) n WHERE id = %s
"""


@pytest.fixture
def movements(imported: Callable[..., Statement], order_of: Callable[..., Order]) -> Order:
    """Many movements of every state, and one that paid an order; statistics are fresh."""
    order = order_of()
    line = imported(Transfer(f"{order.code_display} İĞDIR TİCARET", order.gross)).lines.get()
    assert line.state == LineState.MATCHED
    with connection.cursor() as cursor:
        cursor.execute(_COPIES, [ROWS, line.pk])
        cursor.execute("ANALYZE payments_statementline")
    return order


def plans_of(filters: Filters, person: Person) -> list[str]:
    """Return how the database would answer each query about the movements that a search makes."""
    with CaptureQueriesContext(connection) as queries:
        list(lines.lines(filters, person=person)[:51])
    texts = [query["sql"] for query in queries if 'FROM "payments_statementline"' in query["sql"]]
    assert texts
    plans = []
    for text in texts:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {text}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    return plans


@pytest.mark.parametrize("state", ["", "hepsi", *LineState.values])
def test_no_search_reads_all_movements(movements: Order, accountant: Person, state: str, now: datetime) -> None:
    for query in ("ığdır ticaret", "4a0f3b", movements.code_display, "ığ ti"):
        filters = Filters(state=state, query=query)
        for plan in plans_of(filters, accountant):
            assert "Seq Scan on payments_statementline" not in plan, f"{query}\n{plan}"
        found = set(lines.lines(filters, person=accountant).values_list("text", flat=True))
        expected = state in {"hepsi", LineState.MATCHED} and query != "4a0f3b"
        assert any("İĞDIR" in text for text in found) == expected, query


def test_a_search_over_all_finds_what_a_search_in_each_finds(movements: Order, accountant: Person) -> None:
    word = StatementLine.objects.filter(state=LineState.NEW).values_list("text", flat=True)[0].split()[2][:6]
    apart = {
        pk
        for state in LineState.values
        for pk in lines.lines(Filters(state=state, query=word), person=accountant).values_list("pk", flat=True)
    }
    together = set(lines.lines(Filters(state="hepsi", query=word), person=accountant).values_list("pk", flat=True))
    assert together == apart
    assert together == set(StatementLine.objects.filter(text__icontains=word).values_list("pk", flat=True))
