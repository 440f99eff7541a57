"""From a statement to an active package: what moves money, and all that does not."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Person, Provider
from contracts.data import COMPANY
from contracts.enums import TextKind
from contracts.models import SignedDocument
from contracts.selectors import text_in_force
from iys_portal import ledger
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.shared.tin import tin_columns
from packages.models import Subscription, Tariff
from payments.enums import DecisionKind, LineState, OrderState, StatementState
from payments.matching import AWAITING_MONEY
from payments.matching.reasons import STATE_CLAUSES
from payments.models import Allocation, BankAccount, LineDecision, Order, Receipt, Statement, StatementLine
from payments.selectors.lines import seen_of
from payments.selectors.statements import matches_of, summary_of
from payments.services import decisions, orders, statements
from payments.services.statement_files import content_of
from tests import factories
from tests.payments.mt940 import Transfer, mt940

Make = Callable[..., Order]
Import = Callable[..., Statement]


@pytest.fixture(autouse=True)
def ledger_holds(db: None) -> object:
    """Whatever a test did, the books must balance afterwards."""
    yield
    broken = {name: result for name, result in ledger.verify().items() if not result["ok"]}
    assert broken == {}


def only_line(statement: Statement) -> StatementLine:
    (line,) = StatementLine.objects.filter(statement=statement)
    return line


def assert_nothing_moved(order: Order, statement: Statement, *, state: LineState) -> StatementLine:
    """The order waits, the line waits with a reason: nothing was activated and nothing was lost."""
    before = order.state
    order.refresh_from_db()
    line = only_line(statement)
    assert order.state == before
    assert Allocation.objects.filter(line=line).count() == 0
    assert (line.state, line.verdict != "") == (state, True)
    return line


def test_exact_code_and_amount_activate_the_package(awaiting: Make, imported: Import, now: datetime) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(f"{order.code_display} ÇAĞRI İLETİŞİM A.Ş."))
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED
    assert (order.paid_at, order.completed_at) == (now, now)
    assert order.subscription is not None
    assert order.subscription.ends_at == factories.instant("2027-11-22T21:00:00")
    allocation = Allocation.objects.get()
    assert (allocation.order, allocation.amount) == (order, Decimal("5097.60"))
    assert statement.state == StatementState.MATCHED
    document = SignedDocument.objects.get(approval=order.approval)
    assert OutboxMessage.objects.filter(topic="contract.issue").values_list("payload", flat=True).get() == {
        "document_id": document.pk
    }
    actions = AuditEvent.objects.filter(object_type="payments.order", object_id=str(order.pk)).order_by("pk")
    assert [event.action for event in actions][-2:] == ["state:paid", "state:completed"]


@pytest.mark.parametrize(
    "write",
    [
        lambda code: code.lower(),
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"SİPARİŞ KODU:{code}",
        lambda code: f"{code[:6]}\r\n{code[6:]} FİRMA",
    ],
    ids=["lower case", "no dashes", "spaces", "glued", "split over lines"],
)
def test_the_code_as_people_type_it(awaiting: Make, imported: Import, write: Callable[[str], str]) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(write(order.code_display)))
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED


def test_one_wrong_glyph_is_shown_with_the_order_it_may_mean(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    wrong = order.code_display[:-1] + ("A" if order.code[-1] != "A" else "C")
    statement = imported(Transfer(wrong))
    line = assert_nothing_moved(order, statement, state=LineState.SUGGESTED)
    assert [candidate["code"] for candidate in line.candidates] == [order.code]


def test_one_kurus_short(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(order.code_display, Decimal("5097.59")))
    line = assert_nothing_moved(order, statement, state=LineState.SUGGESTED)
    assert "5.097,59 ₺" in line.verdict
    assert "5.097,60 ₺" in line.verdict


def test_a_code_that_was_paid_before(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(order.code_display))
    order.refresh_from_db()
    again = imported(Transfer(order.code_display, day=date(2026, 11, 24)), reference="EKSTRE2")
    assert_nothing_moved(order, again, state=LineState.UNMATCHED)
    assert Allocation.objects.count() == 1


@pytest.mark.parametrize(("ending", "days"), [("cancel", 0), ("expire", 0), ("expire", 30)])
def test_money_with_the_code_of_an_order_that_is_over_is_looked_into(
    awaiting: Make, imported: Import, alice: Person, now: datetime, ending: str, days: int
) -> None:
    order = awaiting("ileti-150")
    if ending == "cancel":
        orders.cancel(order=order, person=alice)
    else:
        orders.expire_due(now=now + timedelta(days=15))
    short = Decimal("5097.59") if not days else Decimal("5097.60")
    statement = imported(Transfer(order.code_display, short, day=date(2026, 11, 23) + timedelta(days=days)))
    line = only_line(statement)
    order.refresh_from_db()
    assert (order.state, line.state, Allocation.objects.count()) == (OrderState.IN_REVIEW, LineState.UNMATCHED, 0)
    event = AuditEvent.objects.get(action="state:in_review", object_id=str(order.pk))
    assert line.verdict in event.reason


TWIN = "Siparişi aynı gün ve aynı tutarda başka bir hareket ödedi"


def test_one_movement_in_two_formats_pays_once_and_says_so(
    awaiting: Make, imported: Import, account: BankAccount, now: datetime
) -> None:
    order = awaiting("ileti-150")
    first = imported(Transfer(f"{order.code_display} FİRMA"))
    content = ZIRAAT.format(iban=account.iban, text=f"Gönd: FİRMA {order.code_display}").encode()
    second, _ = statements.receive(
        account=account, format="ziraat", filename="ziraat.xml", content=content, person=None, now=now
    )
    statements.process(statement_id=second.pk, now=now)
    order.refresh_from_db()
    line = only_line(second)
    assert (order.state, only_line(first).state, line.state) == ("completed", LineState.MATCHED, LineState.UNMATCHED)
    assert Allocation.objects.count() == 1
    assert line.verdict.startswith(f"{order.code_display} kodu bulundu, ancak sipariş daha önce ödenmiş ve tamamlanmış")
    assert TWIN in line.verdict


@pytest.mark.parametrize(("day", "amount"), [(24, "5097.60"), (23, "5097.61")])
def test_another_payment_of_a_paid_order_is_called_no_twin(
    awaiting: Make, imported: Import, day: int, amount: str
) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(order.code_display))
    again = imported(Transfer(order.code_display, Decimal(amount), day=date(2026, 11, day)), reference="EKSTRE2")
    line = only_line(again)
    assert (line.state, TWIN in line.verdict) == (LineState.UNMATCHED, False)


def test_a_twin_in_the_same_file_is_named_too(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(f"{order.code_display} A"), Transfer(f"{order.code_display} B"))
    _, second = StatementLine.objects.filter(statement=statement).order_by("position")
    assert (second.state, TWIN in second.verdict) == (LineState.UNMATCHED, True)


ZIRAAT = """<?xml version="1.0" encoding="utf-8"?>
<HesapEkstreResult><hataKodu>00</hataKodu><Bakiye><subeKodu>0760</subeKodu><HesapNo>12345678-5001</HesapNo>
<IBAN>{iban}</IBAN><DovizTipi>TRY</DovizTipi><AcilisBakiye>1000.00</AcilisBakiye><Detay><HareketlerDetay>
<IslemTarihi>261123</IslemTarihi><Valor>261123</Valor><Referans>00000000</Referans><Aciklama>{text}</Aciklama>
<Tutar>5097.60</Tutar><BorcAlacak>A</BorcAlacak><IslemTipi>211M</IslemTipi><TimeStamp>202611231572FNCC636</TimeStamp>
<musteriVergiNumarasi>0000000000</musteriVergiNumarasi><Bakiye>6097.60</Bakiye></HareketlerDetay></Detay></Bakiye>
</HesapEkstreResult>"""


@pytest.mark.parametrize(
    ("day", "changed", "state"),
    [
        # The 14th day is 7 December; a week later is the last one.
        (date(2026, 12, 14), "", OrderState.COMPLETED),
        (date(2026, 12, 15), "", OrderState.IN_REVIEW),
        (date(2026, 12, 14), "tariff", OrderState.IN_REVIEW),
        (date(2026, 12, 14), "text", OrderState.IN_REVIEW),
    ],
    ids=["the last day", "a day later", "sold by another tariff", "another contract text"],
)
def test_exact_money_within_a_week_settles_an_expired_order(
    awaiting: Make, account: BankAccount, now: datetime, day: date, changed: str, state: OrderState
) -> None:
    order = awaiting("ileti-150")
    arrived = now + timedelta(days=25)  # what counts is the value date, not the day on which the file comes
    orders.expire_due(now=now + timedelta(days=15))
    if changed == "tariff":
        Tariff.objects.filter(pk=order.tariff_id).update(valid_to=now.date() + timedelta(days=20))
    elif changed == "text":
        text = text_in_force(TextKind.SERVICES, day=now.date())
        text.pk, text.version, text.effective_from = None, text.version + 1, now.date() + timedelta(days=20)
        text.save(force_insert=True)
    content = mt940(account.iban, Transfer(order.code_display, day=day))
    statement, _ = statements.receive(
        account=account, format="mt940", filename="e.sta", content=content, person=None, now=arrived
    )
    statements.process(statement_id=statement.pk, now=arrived)
    order.refresh_from_db()
    line = only_line(statement)
    settled = state == OrderState.COMPLETED
    assert (order.state, line.state) == (state, LineState.MATCHED if settled else LineState.UNMATCHED)
    assert ("valörüyle zamanında geldi" in line.verdict) is settled
    assert Allocation.objects.count() == settled


def test_money_for_an_order_whose_transfer_was_not_chosen(accepted: Make, imported: Import) -> None:
    order = accepted("ileti-150")
    statement = imported(Transfer(order.code_display))
    assert_nothing_moved(order, statement, state=LineState.SUGGESTED)


def faulty(order: Order) -> str:
    """The code with another last glyph, and a proof of who paid."""
    glyph = "3" if order.code[-1] != "3" else "4"
    return f"{order.code[:-1]}{glyph} VKN {order.provider.tax_number}"


def test_a_whole_code_pays_in_a_statement_that_does_not_add_up(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(order.code_display), closing=Decimal("9.00"))
    order.refresh_from_db()
    assert (statement.balance_ok, order.state) == (False, OrderState.COMPLETED)


def test_a_code_with_a_fault_and_a_proof_pays(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(faulty(order)))
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED
    assert Allocation.objects.get().rule == "corrected-code"


def test_our_own_number_and_name_in_a_text_are_no_proof(awaiting: Make, imported: Import, provider: Provider) -> None:
    order = awaiting("ileti-150")
    Provider.objects.filter(pk=provider.pk).update(title=COMPANY.title, **tin_columns(COMPANY.tax_number))
    glyph = "3" if order.code[-1] != "3" else "4"
    text = f"{order.code[:-1]}{glyph} ALICI {COMPANY.title} VKN {COMPANY.tax_number}"
    assert_nothing_moved(order, imported(Transfer(text)), state=LineState.SUGGESTED)


def test_a_sole_traders_own_number_is_a_proof_and_is_stored_nowhere_whole(awaiting: Make, imported: Import) -> None:
    order, tckn = awaiting("ileti-150"), factories.make_tckn(9)
    Provider.objects.filter(pk=order.provider_id).update(**tin_columns(tckn))
    glyph = "3" if order.code[-1] != "3" else "4"
    imported(Transfer(f"{order.code[:-1]}{glyph} TCKN {tckn}"))
    order.refresh_from_db()
    assert (order.state, Allocation.objects.get().rule) == (OrderState.COMPLETED, "corrected-code")
    assert Receipt.objects.get().customer["tax_number"] == f"{tckn[:3]}******{tckn[-2:]}"


def test_a_code_with_a_fault_moves_nothing_where_the_closing_balance_is_wrong(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(faulty(order)), closing=Decimal("9.00"))
    assert statement.balance_ok is False
    assert statement.problems != []
    assert_nothing_moved(order, statement, state=LineState.SUGGESTED)


def test_a_code_with_a_fault_moves_nothing_where_the_file_was_cut_off(
    awaiting: Make, imported: Import, account: BankAccount
) -> None:
    order = awaiting("ileti-150")
    whole = mt940(account.iban, Transfer(faulty(order)), Transfer("KIRA", Decimal("30.00")))
    statement = imported(content=whole[: whole.index(b":62F:")])
    assert statement.balance_ok is False
    # The last movement may have been cut short: it is no line but a problem, with its place in the file.
    assert [problem["position"] for problem in statement.problems if problem["position"]] == [2]
    assert_nothing_moved(order, statement, state=LineState.SUGGESTED)


def test_an_amount_with_a_thousands_dot_is_a_problem_not_a_payment(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(order.code_display, raw_amount="5.097,60"))
    order.refresh_from_db()
    assert order.state == OrderState.TRANSFER_PENDING
    assert StatementLine.objects.filter(statement=statement).count() == 0
    problem = next(p for p in statement.problems if p.get("position") == 1)
    assert "5.097,60" in problem["message"] + problem["raw"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1254", "utf-8-sig"])
def test_turkish_letters_in_any_encoding(awaiting: Make, imported: Import, encoding: str) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(f"{order.code_display} ŞİŞLİ ÇİĞDEM İĞNE LTD. ŞTİ."), encoding=encoding)
    assert only_line(statement).text.endswith("ŞİŞLİ ÇİĞDEM İĞNE LTD. ŞTİ.")
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED


@pytest.mark.parametrize(
    "content",
    [b"", b"   \r\n", b"Tarih;Tutar\r\n23.11.2026;5097,60\r\n", b"\x00" * 64],
    ids=["empty", "blank", "csv", "nul"],
)
def test_what_is_no_statement_is_refused_with_a_reason(imported: Import, content: bytes) -> None:
    statement = imported(content=content)
    assert statement.state == StatementState.REFUSED
    assert len(statement.problems) == 1
    assert summary_of(statement)["lines"] == 0


def test_a_statement_of_another_account_is_refused(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    statement = imported(content=mt940(factories.make_iban(7), Transfer(order.code_display)))
    assert statement.state == StatementState.REFUSED
    order.refresh_from_db()
    assert order.state == OrderState.TRANSFER_PENDING


def test_the_same_file_again_is_the_same_statement(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    first = imported(Transfer(order.code_display))
    assert imported(Transfer(order.code_display)) == first
    assert (Statement.objects.count(), StatementLine.objects.count(), Allocation.objects.count()) == (1, 1, 1)


def test_overlapping_files_add_each_movement_once(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    first, second = Transfer("AIDAT", Decimal("10.00")), Transfer(order.code_display)
    imported(first, second)
    overlap = imported(second, Transfer("KIRA", Decimal("30.00"), day=date(2026, 11, 24)), reference="EKSTRE2")
    assert (overlap.line_count, overlap.duplicate_count) == (2, 1)
    assert [line.text for line in StatementLine.objects.filter(statement=overlap)] == ["KIRA"]
    assert Allocation.objects.count() == 1


def test_two_equal_payments_stay_two(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(order.code_display), Transfer(order.code_display))
    states = list(
        StatementLine.objects.filter(statement=statement).order_by("position").values_list("state", flat=True)
    )
    assert states == [LineState.MATCHED, LineState.UNMATCHED]
    assert Allocation.objects.count() == 1
    assert Subscription.objects.count() == 1


def test_outgoing_money_is_out_of_scope(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(order.code_display, Decimal("-5097.60")))
    assert_nothing_moved(order, statement, state=LineState.IGNORED)


def test_processing_again_changes_nothing(awaiting: Make, imported: Import, now: datetime) -> None:
    statement = imported(Transfer(awaiting("ileti-150").code_display))
    statements.process(statement_id=statement.pk, now=now)
    assert (Allocation.objects.count(), Subscription.objects.count()) == (1, 1)


def test_activation_refused_leaves_the_order_paid(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    order.provider.state = "closed"
    order.provider.save()
    imported(Transfer(order.code_display))
    order.refresh_from_db()
    assert (order.state, order.subscription) == (OrderState.PAID, None)
    event = AuditEvent.objects.get(action="activation_refused")
    assert event.reason == "Hizmet sağlayıcı kapalı."


def test_what_the_import_command_says(awaiting: Make, imported: Import) -> None:
    order = awaiting("ileti-150")
    statement = imported(Transfer(order.code_display), Transfer("KIRA", Decimal("30.00")))
    assert summary_of(statement) == {
        "statement_id": statement.pk,
        "lines": 2,
        "problems": [],
        "duplicates": 0,
        "matched": 1,
        "suggested": 0,
        "unmatched": 1,
        "ignored": 0,
        "balance_ok": True,
    }
    first, second = matches_of(statement)
    assert first == {
        "line": 1,
        "amount": "5097.60",
        "currency": "TRY",
        "text": order.code_display,
        "verdict": "matched",
        "order": order.code_display,
        "candidates": [],
    }
    assert (second["verdict"], second["order"]) == ("unmatched", None)


def test_exported_matches_are_what_settled_by_itself_and_still_holds(
    awaiting: Make, imported: Import, accountant: Person, now: datetime
) -> None:
    first, second = awaiting("ileti-150"), awaiting("ileti-250")
    statement = imported(Transfer(first.code_display), Transfer("HAVALE", Decimal("100.00")))
    alone, by_hand = StatementLine.objects.filter(statement=statement).order_by("position")

    def decide(line: StatementLine, kind: DecisionKind, **wanted: object) -> None:
        line.refresh_from_db()
        values = {"reason": "Deneme", "person": accountant, "now": now, "seen": seen_of(line), **wanted}
        decisions.decide(line_id=line.pk, kind=kind, **values)  # type: ignore[arg-type]

    decide(by_hand, DecisionKind.ALLOCATE, shares=[(second.code, Decimal("100.00"))])
    assert [(row["verdict"], row["order"]) for row in matches_of(statement)] == [
        ("matched", first.code_display),
        ("unmatched", second.code_display),
    ]
    decide(by_hand, DecisionKind.UNDO)
    decide(alone, DecisionKind.UNDO)
    second_person, waits = factories.accountant("muhasebe2"), LineDecision.objects.get(state="awaiting")
    decisions.confirm(decision_id=waits.pk, person=second_person, now=now, seen=seen_of(alone))
    assert [(row["verdict"], row["order"]) for row in matches_of(statement)] == [("unmatched", None)] * 2


def test_the_file_is_kept_encrypted(imported: Import) -> None:
    statement = imported(Transfer("GIZLI BIR ACIKLAMA"))
    assert [b"GIZLI" in bytes(chunk.content_encrypted) for chunk in statement.chunks.all()] == [False]
    assert b"GIZLI" in content_of(statement)


def test_the_matching_has_words_for_every_state_of_an_order() -> None:
    assert set(STATE_CLAUSES) == set(OrderState.values)
    assert set(OrderState.values) >= AWAITING_MONEY
