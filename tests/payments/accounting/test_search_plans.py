"""However many movements there are: a search in the queue, in every state, never reads all of them."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from payments.enums import LineState
from payments.models import Order, Statement, StatementLine
from payments.selectors import lines
from payments.selectors.lines import Filters
from tests.payments.mt940 import Transfer

ROWS = 6_000
_COPIES = """
    INSERT INTO payments_statementline (account_id, statement_id, position, digest, occurrence, booked_on, value_on,
           amount, currency, text, payer_name, payer_iban, payer_tax_number, bank_reference, is_reversal, state, rule,
           verdict, candidates, features, matching_version)
    SELECT account_id, statement_id, n, md5(n::text), 1, booked_on, value_on, n, currency,
           'GELEN FAST ' || md5((n * 7)::text) || ' ÖDEME', 'Şirket ' || md5((n * 11)::text), '', '', '', false,
           CASE WHEN n %% 100 = 0 THEN 'new' ELSE
           (ARRAY['matched', 'matched', 'ignored', 'refund', 'suggested', 'unmatched'])[n %% 6 + 1] END,
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
            cursor.execute("SET LOCAL enable_seqscan = off")  # a table this small is read whole where it may be
            cursor.execute(f"EXPLAIN {text}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    return plans


def test_no_search_reads_all_movements(movements: Order, accountant: Person) -> None:
    found: dict[str, set[int]] = {}
    word = "4a0"  # somewhere in the texts of a few
    for state in ("", "hepsi", *LineState.values):
        for query in ("ığdır ticaret", word, movements.code_display, "ığ ti"):
            filters = Filters(state=state, query=query)
            for plan in plans_of(filters, accountant):
                assert "Seq Scan on payments_statementline" not in plan, f"{state} {query}\n{plan}"
            numbers = set(lines.lines(filters, person=accountant).values_list("pk", flat=True))
            if query == word:
                found[state] = numbers
            else:
                assert len(numbers) == (state in {"hepsi", LineState.MATCHED}), f"{state} {query}"
    holding = StatementLine.objects.filter(Q(text__contains=word) | Q(payer_name__contains=word))
    assert found["hepsi"] == set(holding.values_list("pk", flat=True))
    assert found["hepsi"] == set.union(*(found[state] for state in LineState.values))
    assert found[""] == found[LineState.SUGGESTED] | found[LineState.UNMATCHED] != set()
