"""Laws over all codes, texts and amounts."""

import random
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from iys_portal.shared import codes
from payments.matching import (
    Kind,
    OrderBook,
    OrderView,
    Share,
    decide,
    read_line,
)
from tests.payments.matching.examples import (
    DUE,
    ORDER,
    judged,
    line,
)


def _drawn_orders() -> list[OrderView]:
    chosen = random.Random(20261123)
    return [
        ORDER._replace(code=codes.generate(chosen.choice), tax_number=f"{number:010}", title=f"FİRMA{number:04} GIDA")
        for number in range(2_000)
    ]


LIVE = _drawn_orders()
LIVE_BOOK = OrderBook(LIVE)
live_orders = st.sampled_from(LIVE)
glyphs = st.sampled_from(codes.ALPHABET)


def damaged(code: str, kind: str, place: int, glyph: str) -> str:
    at = place % 8
    return {
        "substitution": code[:place] + glyph + code[place + 1 :],
        "swap": code[:at] + code[at + 1] + code[at] + code[at + 2 :],
        "erasure": code[:place] + "0" + code[place + 1 :],
        "missing": code[:place] + code[place + 1 :],
        "extra": code[:place] + glyph + code[place:],
    }[kind]


faults = st.sampled_from(["substitution", "swap", "erasure", "missing", "extra"])


@given(live_orders, faults, st.integers(0, 8), glyphs, st.sampled_from(["", "SİPARİŞ KODU: ", "FAST 1234567 "]))
def test_any_fault_of_a_live_code_with_amount_and_proof_settles_that_order(
    order: OrderView, kind: str, place: int, glyph: str, before: str
) -> None:
    text = f"{before}{damaged(order.code, kind, place, glyph)}"
    verdict = judged(line(text, payer_tax_number=order.tax_number), LIVE_BOOK)
    assert (verdict.kind, verdict.shares) == (Kind.AUTO, (Share(order.code, DUE),))


@given(live_orders, live_orders, faults, st.integers(0, 8), glyphs)
def test_with_somebody_else_s_proof_it_settles_nothing(
    order: OrderView, payer: OrderView, kind: str, place: int, glyph: str
) -> None:
    written = damaged(order.code, kind, place, glyph)
    if payer.code == order.code or order.code in written:
        return
    assert judged(line(written, payer_tax_number=payer.tax_number), LIVE_BOOK).shares == ()


@given(live_orders, st.integers(0, 8), st.integers(0, 8), glyphs, glyphs)
@example(next(order for order in LIVE if order.code == "9NE49RPYE"), 0, 1, "3", "9")
def test_two_wrong_glyphs_settle_nothing(order: OrderView, one: int, two: int, first: str, second: str) -> None:
    glyph_list = list(order.code)
    glyph_list[one], glyph_list[two] = first, second
    written = "".join(glyph_list)
    if sum(left != right for left, right in zip(written, order.code, strict=True)) < 2:
        return
    verdict = judged(line(written, payer_tax_number=order.tax_number), LIVE_BOOK)
    assert verdict.shares in {(), (Share(order.code, DUE),)}
    # Two glyphs that changed places are one fault, and so is one that is missing after something else.
    one_missing = [order.code[:at] + order.code[at + 1 :] for at in range(9)]
    is_one_fault = sorted(written) == sorted(order.code) or any(part in written for part in one_missing)
    assert verdict.order is None or is_one_fault


@given(st.text(max_size=60), st.decimals(min_value=-10, max_value=10_000, places=2), st.permutations(LIVE[:30]))
def test_a_verdict_depends_on_nothing_but_line_and_orders(text: str, amount: Decimal, orders: list[OrderView]) -> None:
    view = line(f"{text} {orders[0].code[:8]} {orders[1].title}", str(amount))
    reading = read_line(view)
    verdict = decide(reading, OrderBook(LIVE[:30]))
    again = decide(reading, OrderBook(orders))
    assert (verdict, dict(verdict.features)) == (again, dict(again.features))
    assert read_line(view) == reading


@given(st.text(max_size=80), live_orders, st.decimals(min_value=0, max_value=20_000, places=2))
def test_what_moves_or_is_suggested_adds_up(text: str, order: OrderView, amount: Decimal) -> None:
    verdict = judged(line(f"{order.code} {text}", str(amount)), LIVE_BOOK)
    assert (verdict.shares != ()) == (verdict.kind == Kind.AUTO)
    for shares in filter(None, (verdict.shares, verdict.suggested)):
        assert sum(share.amount for share in shares) + verdict.excess == amount
        assert all(share.amount > 0 for share in shares)
    assert not (verdict.shares and verdict.suggested)
    assert len(verdict.candidates) <= 3
