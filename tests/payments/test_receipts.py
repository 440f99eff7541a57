"""Receipts: issued once with the payment, the same figures for ever, on a page, as a PDF and in the e-mail."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.db.models import F
from django.test import Client

from accounts.models import Person, Provider
from contracts import rendering
from contracts.rendering import RenderingError
from iys_portal import ledger
from iys_portal.mail.models import Mail
from iys_portal.mail.sending import MailDelayed, send
from payments import receipt_pdf
from payments.enums import DecisionKind, RefundState
from payments.gateways.base import Capture, Outcome, Result
from payments.models import (
    BankRefund,
    CardAttempt,
    Order,
    Receipt,
    ReceiptVoid,
    Refund,
    RefundFile,
    Statement,
    StatementLine,
)
from payments.selectors.lines import seen_of
from payments.selectors.receipts import payments_of
from payments.services import card_results, decisions, receipts, statements
from tests.architecture.test_constraints import refused
from tests.contracts.poppler import pages, run
from tests.payments.mt940 import Transfer, mt940

pytestmark = pytest.mark.django_db

Make = Callable[..., Order]
Import = Callable[..., Statement]
Enter = Callable[[Person], Client]
NO_INVOICE = "Bu belge fatura değildir ve fatura yerine geçmez."


def by_card(order: Order, person: Person, now: datetime, *, instalments: int = 3, family: str = "Paraf") -> CardAttempt:
    """Pay an order with a card that ends in 0008; in instalments it is charged with 132,54 ₺ more."""
    paid = order.gross if instalments == 1 else order.gross + Decimal("132.54")
    attempt = CardAttempt.objects.create(
        provider_id=order.provider_id,
        order=order,
        person=person,
        gateway="iyzico",
        conversation_id="a" * 32,
        form_nonce="a" * 64,
        amount=order.gross,
        paid_amount=paid,
        instalments=instalments,
    )
    capture = Capture(
        payment_id="22480001",
        transaction_id="1",
        conversation_id=attempt.conversation_id,
        order_code=order.code,
        amount=order.gross,
        paid_amount=paid,
        currency="TRY",
        instalments=instalments,
        bin="552879",
        last4="0008",
        family=family,
    )
    return card_results.apply(attempt_id=attempt.pk, outcome=Outcome(result=Result.SUCCEEDED, capture=capture), now=now)


_VOID = (
    "INSERT INTO payments_receiptvoid (receipt_id, order_id, reason, person_id)"
    " SELECT %s, person_id FROM payments_receiptvoid"
)


@pytest.fixture
def by_transfer(awaiting: Make, imported: Import) -> Order:
    """An order that one transfer paid."""
    order = awaiting("ileti-150")
    imported(Transfer(order.code_display))
    order.refresh_from_db()
    return order


def words(answer_or_text: object) -> str:
    content = getattr(answer_or_text, "content", None)
    return " ".join((content.decode() if content is not None else str(answer_or_text)).split())


def test_a_transfer_is_receipted_with_the_orders_figures(by_transfer: Order, now: datetime) -> None:
    receipt = Receipt.objects.get()
    code, line = by_transfer.code, StatementLine.objects.get()
    assert (receipt.number, receipt.issued_at) == (f"MKB-2026-{code}", by_transfer.paid_at)
    assert (receipt.net, receipt.kdv_rate, receipt.kdv, receipt.gross) == (
        Decimal("4320.00"),
        Decimal("18.00"),
        Decimal("777.60"),
        Decimal("5097.60"),
    )
    assert (receipt.term_start, receipt.term_end) == (date(2026, 11, 23), date(2027, 11, 22))
    assert receipt.customer["title"] == by_transfer.provider.title
    assert receipt.payments == [
        {
            "kind": "transfer",
            "amount": "5097.60",
            "paid_on": "2026-11-23",
            "bank": line.account.bank_name,
            "reference": line.bank_reference,
        }
    ]
    assert receipts.issue(order=by_transfer, now=now + timedelta(days=400)) == receipt
    assert Receipt.objects.count() == 1
    assert ledger.verify()["receipts_say_what_orders_say"] == {"ok": True, "rows": 1, "detail": ""}


def test_a_card_is_receipted_with_what_it_was_charged(accepted: Make, alice: Person, now: datetime) -> None:
    by_card(accepted("ileti-150"), alice, now)
    receipt = Receipt.objects.get()
    assert receipt.payments == [
        {
            "kind": "card",
            "amount": "5097.60",
            "paid_on": "2026-11-23",
            "family": "Paraf",
            "last4": "0008",
            "instalments": 3,
            "charged": "5230.14",
            "difference": "132.54",
            "reference": "22480001",
        }
    ]
    assert receipt.gross == sum(payment.amount for payment in payments_of(receipt))


def test_a_free_package_has_none(accepted: Make, client_of: Enter, alice: Person) -> None:
    order = accepted("ileti-75")
    client = client_of(alice)
    for page in ("makbuz/", "makbuz.pdf"):
        assert client.get(f"/siparis/{order.code_display}/{page}").status_code == 404
    assert "Makbuz" not in client.get(f"/siparis/{order.code_display}/").content.decode()


def test_a_payment_whose_package_cannot_begin_is_receipted_all_the_same(
    awaiting: Make, imported: Import, provider: Provider, client_of: Enter, alice: Person
) -> None:
    order = awaiting("ileti-150")
    Provider.objects.filter(pk=provider.pk).update(state="closed")
    imported(Transfer(order.code_display))
    receipt = Receipt.objects.get()
    assert (receipt.order, receipt.term_start, receipt.term_end) == (order, None, None)
    Provider.objects.filter(pk=provider.pk).update(state="active")
    client = client_of(alice)
    assert "Makbuzu indir (PDF)" in client.get(f"/siparis/{order.code_display}/").content.decode()
    page = words(client.get(f"/siparis/{order.code_display}/makbuz/"))
    assert "Paketin tanımlandığı günden başlayarak 1 yıl" in page


def test_the_page_says_who_paid_what_and_how(accepted: Make, client_of: Enter, alice: Person, now: datetime) -> None:
    order = accepted("ileti-150")
    by_card(order, alice, now)
    client = client_of(alice)
    links = client.get(f"/siparis/{order.code_display}/").content.decode()
    assert f'href="/siparis/{order.code_display}/makbuz/"' in links
    assert f'href="/siparis/{order.code_display}/makbuz.pdf"' in links
    page = words(client.get(f"/siparis/{order.code_display}/makbuz/"))
    for said in (
        f"MKB-2026-{order.code}",
        "İleti Yönetim Sistemi Anonim Şirketi",
        "MERSİS No: 0845052547000001",
        order.provider.title,
        f"VKN: {order.provider.tax_number}",
        order.provider.address,
        "23.11.2026 – 22.11.2027",
        "<dt>Net tutar</dt><dd>4.320,00 ₺</dd>",
        "<dt>KDV (%18)</dt><dd>777,60 ₺</dd>",
        "5.097,60 ₺",
        "Paraf, son dört hanesi 0008",
        "3 taksit",
        "132,54 ₺ (bankanın taksit farkıdır; paketin bedeline dahil değildir)",
        "<dt>Karttan çekilen toplam</dt><dd>5.230,14 ₺</dd>",
        NO_INVOICE,
    ):
        assert said in page
    assert "iade" not in page


def test_a_paid_order_is_receipted_as_it_was_then(by_transfer: Order, client_of: Enter, alice: Person) -> None:
    title = by_transfer.provider.title
    Provider.objects.update(title="Başka Unvan A.Ş.", address="Başka adres")
    page = words(client_of(alice).get(f"/siparis/{by_transfer.code_display}/makbuz/"))
    assert f"<dt>Ödeyen</dt><dd><strong>{title}</strong>" in page


def test_a_rivals_receipt_does_not_exist(by_transfer: Order, client_of: Enter, bob: Person) -> None:
    for page in ("makbuz/", "makbuz.pdf"):
        assert client_of(bob).get(f"/siparis/{by_transfer.code_display}/{page}").status_code == 404


def test_what_goes_back_is_added_and_the_receipt_stays(
    accepted: Make, client_of: Enter, alice: Person, now: datetime, tmp_path: Path
) -> None:
    order = accepted("ileti-150")
    attempt = by_card(order, alice, now)
    before = Receipt.objects.values().get()
    first_pdf = receipt_pdf.render_receipt(Receipt.objects.get())
    values = {"provider_id": order.provider_id, "order": order, "attempt": attempt, "reason": "Cayma"}
    Refund.objects.create(key="1", amount=Decimal("1000.00"), **values)  # only asked for
    address = f"/siparis/{order.code_display}/makbuz/"
    assert "iade edildi" not in words(client_of(alice).get(address))
    done = {"state": RefundState.CONFIRMED, "sent_at": now, "confirmed_at": now + timedelta(days=4)}
    Refund.objects.create(key="2", amount=Decimal("97.60"), **values, **done)
    Refund.objects.create(key="3", amount=Decimal("500.00"), **values, **done)
    page = words(client_of(alice).get(address))
    assert "Bu ödemenin 597,60 ₺ tutarı iade edildi." in page
    assert "<dt>27.11.2026</dt><dd>97,60 ₺ iade edildi (ödemenin yapıldığı karta)</dd>" in page
    assert Receipt.objects.values().get() == before
    pdf = receipt_pdf.render_receipt(Receipt.objects.get())
    assert pdf != first_pdf
    assert "597,60 ₺" in " ".join(pages(pdf, tmp_path))


def test_the_pdf_is_one_page_of_the_same_words_and_always_the_same_bytes(
    accepted: Make, client_of: Enter, alice: Person, now: datetime, tmp_path: Path
) -> None:
    order = accepted("ileti-150")
    by_card(order, alice, now)
    client = client_of(alice)
    answer = client.get(f"/siparis/{order.code_display}/makbuz.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="makbuz-MKB-2026-{order.code}.pdf"'
    assert client.get(f"/siparis/{order.code_display}/makbuz.pdf").content == answer.content
    (page,) = pages(answer.content, tmp_path)
    text = words(page)
    for said in (
        "Makbuz",
        f"MKB-2026-{order.code}",
        "Mustafa Kemal Mah. Dumlupınar Blv.",
        order.provider.title,
        "4.320,00 ₺",
        "KDV (%18) 777,60 ₺",
        "Toplam (KDV dahil) 5.097,60 ₺",
        "Paraf, son dört hanesi 0008",
        "5.230,14 ₺",
        NO_INVOICE,
    ):
        assert said in text
    fonts = run("pdffonts", pdf=answer.content, folder=tmp_path).splitlines()[2:]
    assert fonts
    assert all("Inter" in font for font in fonts)


def test_it_goes_out_with_the_e_mail(
    by_transfer: Order, now: datetime, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    mail = Mail.objects.get(kind="order-paid")
    send(mail_id=mail.pk, now=now)
    (message,) = mailoutbox
    ((name, content, kind),) = message.attachments
    assert (name, kind) == (f"makbuz-MKB-2026-{by_transfer.code}.pdf", "application/pdf")
    assert content == receipt_pdf.render_receipt(Receipt.objects.get())


def test_the_e_mail_waits_when_it_cannot_be_drawn(
    by_transfer: Order, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "_TYPEFACE", tmp_path / "none.ttf")
    rendering._style.cache_clear()
    try:
        with pytest.raises(RenderingError):
            receipt_pdf.render_receipt(Receipt.objects.get())
        mail = Mail.objects.get(kind="order-paid")
        with pytest.raises(MailDelayed):
            send(mail_id=mail.pk, now=now)
    finally:
        rendering._style.cache_clear()
    mail.refresh_from_db()
    assert (mail.state, mail.problem) == ("queued", "Eki henüz hazır değil.")


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("receipt_adds_up", "gross + 0.01, payments, term_end, number"),
        ("receipt_has_payment", "gross, '[]', term_end, number"),
        ("receipt_whole_term", "gross, payments, NULL, number"),
        ("receipt_whole_term", "gross, payments, term_start - 1, number"),
        ("payments_receipt_number", "gross, payments, term_end, number"),
    ],
)
def test_constraints(by_transfer: Order, awaiting: Make, constraint: str, change: str) -> None:
    other = awaiting("ileti-250")
    number = "number" if constraint == "payments_receipt_number" else "'MKB-2'"
    refused(constraint, _INSERT % change.replace("number", number), other.pk)


_INSERT = (
    "INSERT INTO payments_receipt (provider_id, order_id, issued_at, company, customer, product_label, term_start, net,"
    " kdv_rate, kdv, demo, gross, payments, term_end, number) SELECT provider_id, %%s, issued_at, company, customer,"
    " product_label, term_start, net, kdv_rate, kdv, demo, %s FROM payments_receipt"
)


def test_an_order_has_one_first(by_transfer: Order) -> None:
    refused(
        "receipt_one_first",
        _INSERT % "gross, payments, term_end, 'MKB-2'",
        by_transfer.pk,
    )


@pytest.fixture
def resting(awaiting: Make, imported: Import, provider: Provider) -> Order:
    """An order that one transfer of 23.11.2026 paid, and whose package cannot begin."""
    order = awaiting("ileti-150")
    Provider.objects.filter(pk=provider.pk).update(state="closed")
    imported(Transfer(order.code_display))
    Provider.objects.filter(pk=provider.pk).update(state="active")
    return order


def decided(line: StatementLine, kind: DecisionKind, person: Person, now: datetime, **wanted: object) -> None:
    values = {"line_id": line.pk, "kind": kind, "reason": "Yanlış sipariş", "person": person, "now": now}
    line.refresh_from_db()
    decisions.decide(**values, seen=seen_of(line), **wanted)  # type: ignore[arg-type]


def undone(order: Order, accountant: Person, now: datetime) -> StatementLine:
    line = StatementLine.objects.get()
    decided(line, DecisionKind.UNDO, accountant, now + timedelta(hours=1))
    order.refresh_from_db()
    return line


def test_an_undone_payment_voids_its_receipt_and_the_next_one_has_its_own(
    resting: Order,
    accountant: Person,
    client_of: Enter,
    alice: Person,
    now: datetime,
    tmp_path: Path,
) -> None:
    undone(resting, accountant, now)
    first, client = Receipt.objects.get(), client_of(alice)
    order_page, page = f"/siparis/{resting.code_display}/", f"/siparis/{resting.code_display}/makbuz/"
    assert (first.void.reason, first.void.person, resting.state) == ("Yanlış sipariş", accountant, "transfer_pending")
    assert "Makbuzu aç" not in client.get(order_page).content.decode()
    assert "<strong>Geçersiz.</strong> Bu makbuzun ödemesi 23.11.2026 günü geri alındı" in words(client.get(page))

    later = now + timedelta(hours=2)
    content = mt940(
        StatementLine.objects.get().account.iban,
        Transfer(resting.code_display, day=date(2026, 11, 24)),
        reference="IKINCI",
    )
    account = StatementLine.objects.get().account
    statement, _ = statements.receive(
        account=account, format="mt940", filename="2.sta", content=content, person=None, now=later
    )
    statements.process(statement_id=statement.pk, now=later)
    first, second = Receipt.objects.order_by("pk")
    assert (first.number, second.number) == (f"MKB-2026-{resting.code}", f"MKB-2026-{resting.code}-2")
    assert [payment.paid_on for payment in payments_of(second)] == [date(2026, 11, 24)]
    assert [mail.attachment_id for mail in Mail.objects.filter(kind="order-paid").order_by("pk")] == [
        first.pk,
        second.pk,
    ]
    shown = words(client.get(order_page))
    assert "Makbuzu aç" in shown
    assert f'<a href="{page}?no={first.number}">{first.number}</a> no’lu makbuz geçersiz' in shown
    assert "Geçersiz" not in words(client.get(page))
    assert f'Siparişin geçerli makbuzu: <a href="{page}">{second.number}</a>' in words(
        client.get(f"{page}?no={first.number}")
    )
    paper = " ".join(
        pages(client.get(f"/siparis/{resting.code_display}/makbuz.pdf?no={first.number}").content, tmp_path)
    )
    assert "GEÇERSİZ" in paper
    assert f"Siparişin geçerli makbuzu {second.number} numaralıdır." in words(paper)
    assert client.get(f"{page}?no=MKB-2026-YOK").status_code == 404
    assert [name for name, check in ledger.verify().items() if not check["ok"]] == []


def test_the_ledger_sees_a_receipt_from_before_an_undo(resting: Order, accountant: Person, now: datetime) -> None:
    undone(resting, accountant, now)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payments_receiptvoid DISABLE TRIGGER payments_receiptvoid_append_only")
        cursor.execute("DELETE FROM payments_receiptvoid")
        cursor.execute("UPDATE payments_order SET pay_by = pay_by + interval '1 day'")
    line = StatementLine.objects.get()
    decided(
        line, DecisionKind.ALLOCATE, accountant, now + timedelta(hours=2), shares=[(resting.code, Decimal("5097.60"))]
    )
    assert Receipt.objects.count() == 1
    assert ledger.verify()["payments_have_a_receipt"]["ok"] is False


def test_a_transfer_that_goes_back_is_on_the_receipt(
    awaiting: Make, imported: Import, accountant: Person, client_of: Enter, alice: Person, now: datetime
) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(order.code_display, Decimal("5200.00")))
    line = StatementLine.objects.get()
    shares = [(order.code, order.gross)]
    decided(line, DecisionKind.ALLOCATE, accountant, now, shares=shares, refund_amount=Decimal("102.40"))
    refund = BankRefund.objects.get()
    address = f"/siparis/{order.code_display}/makbuz/"
    assert "iade edildi" not in words(client_of(alice).get(address))
    leave(refund, accountant)
    page = words(client_of(alice).get(address))
    assert "<dt>25.11.2026</dt><dd>Sipariş tutarından fazla gelen 102,40 ₺ iade edildi (banka hesabına)</dd>" in page
    assert "Bu ödemenin" not in page


def test_a_payment_that_was_undone_and_went_back_is_on_its_void_receipt(
    resting: Order, accountant: Person, client_of: Enter, alice: Person, now: datetime
) -> None:
    line = undone(resting, accountant, now)
    decided(line, DecisionKind.REFUND, accountant, now + timedelta(hours=2))
    leave(BankRefund.objects.get(), accountant)
    page = words(client_of(alice).get(f"/siparis/{resting.code_display}/makbuz/"))
    assert "Bu ödemenin 5.097,60 ₺ tutarı iade edildi." in page
    assert "<dt>25.11.2026</dt><dd>5.097,60 ₺ iade edildi (banka hesabına)</dd>" in page


def leave(refund: BankRefund, person: Person) -> None:
    """Let a refund leave the account on 25.11.2026 and be confirmed, past the steps that are tested elsewhere."""
    line = refund.line
    debit = StatementLine.objects.create(
        account=line.account,
        statement=line.statement,
        position=line.position + 1000,
        digest="d" * 64,
        occurrence=1,
        booked_on=date(2026, 11, 25),
        value_on=date(2026, 11, 25),
        amount=-refund.amount,
        currency="TRY",
        text="IADE",
        state="ignored",
        verdict="İade çıkışı",
    )
    iban = "TR140006400000142011234567"
    file = RefundFile.objects.create(account=line.account, created_by=person, count=1, total=refund.amount, sha256="a")
    BankRefund.objects.filter(pk=refund.pk).update(
        state="confirmed",
        iban=iban,
        name="GÖNDEREN",
        file=file,
        debit_line=debit,
        confirmed_at=debit.statement.received_at,
    )


def test_a_receipt_replaces_a_void_one_of_its_own_order(
    resting: Order, awaiting: Make, accountant: Person, now: datetime
) -> None:
    undone(resting, accountant, now)
    void = ReceiptVoid.objects.get()
    columns = _INSERT.replace("(provider_id,", "(replaces_id, provider_id,").replace("SELECT", f"SELECT {void.pk},")
    sql = columns % "gross, payments, term_end, number || '-2'"
    refused("payments_receipt_replaces_id_same_order", sql, awaiting("ileti-250").pk)


@pytest.mark.parametrize(
    ("constraint", "sql"),
    [
        ("append-only", "UPDATE payments_receiptvoid SET reason = reason"),
        ("append-only", "DELETE FROM payments_receiptvoid"),
        ("payments_receiptvoid_receipt_id", _VOID % "receipt_id, order_id, 'x'"),
        ("receipt_void_has_reason", _VOID % "receipt_id + 1000000, order_id, ''"),
        ("payments_receiptvoid_receipt_id_same_order", _VOID % "receipt_id + 1000000, order_id, 'x'"),
    ],
)
def test_constraints_of_void_receipts(
    resting: Order, accountant: Person, now: datetime, constraint: str, sql: str
) -> None:
    undone(resting, accountant, now)
    refused(constraint, sql)


def test_amounts_are_not_negative(by_transfer: Order, awaiting: Make) -> None:
    change = _INSERT.replace("net, kdv_rate, kdv, demo, %s", "-1, kdv_rate, gross + 1, demo, %s")
    refused("receipt_not_negative", change % "gross, payments, term_end, 'MKB-2'", awaiting("ileti-250").pk)


@pytest.mark.parametrize("statement", ["UPDATE payments_receipt SET gross = gross", "DELETE FROM payments_receipt"])
def test_append_only(by_transfer: Order, statement: str) -> None:
    refused("append-only", statement)


def test_a_receipt_belongs_to_the_orders_provider(by_transfer: Order, awaiting: Make, bob: Person) -> None:
    rival = bob.membership_set.get().provider_id
    sql = _INSERT.replace("SELECT provider_id", "SELECT %%s")
    refused(
        "payments_receipt_order_id_same_provider",
        (sql % "gross, payments, term_end, 'MKB-2'").replace("INSERT", "SET CONSTRAINTS ALL IMMEDIATE; INSERT", 1),
        rival,
        awaiting("ileti-250").pk,
    )


def test_the_ledger_sees_another_figure(by_transfer: Order) -> None:
    Order.objects.update(net=F("net") - 1, kdv=F("kdv") + 1)
    assert ledger.verify()["receipts_say_what_orders_say"]["ok"] is False


def test_the_ledger_sees_a_payment_without_one(accepted: Make, alice: Person, now: datetime) -> None:
    by_card(accepted("ileti-150"), alice, now, instalments=1)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payments_receipt DISABLE TRIGGER payments_receipt_append_only")
        cursor.execute("DELETE FROM payments_receipt")
    assert ledger.verify()["payments_have_a_receipt"]["ok"] is False


def test_an_upgrade_issues_what_was_never_issued(
    awaiting: Make, imported: Import, accepted: Make, alice: Person, now: datetime
) -> None:
    order, second = awaiting("ileti-150"), accepted("ileti-250")
    imported(Transfer(order.code_display))
    by_card(second, alice, now + timedelta(hours=1))
    before = list(Receipt.objects.order_by("order_id").values())
    assert len(before) == 2
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payments_receipt DISABLE TRIGGER payments_receipt_append_only")
        cursor.execute("DELETE FROM payments_receipt")
    migration = import_module("payments.migrations.0016_receipts_again")
    for _ in range(2):
        with connection.schema_editor() as editor:
            migration.issue_missing(apps, editor)
    after = list(Receipt.objects.order_by("order_id").values())
    assert [{**row, "id": 0} for row in after] == [{**row, "id": 0} for row in before]
    assert ledger.verify()["payments_have_a_receipt"] == {"ok": True, "rows": 2, "detail": ""}
