"""Transferred money that goes back: its payee, the second person, the bank's file, and the debit that confirms it.

Locks are taken in the house's order: lines by number, then the refund's order, then the refund.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import Person
from iys_portal.audit.services import move, record
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.money import ZERO, format_lira
from payments.enums import (
    BANK_REFUND_TRANSITIONS,
    LINE_TRANSITIONS,
    OPEN_BANK_REFUNDS,
    ORDER_TRANSITIONS,
    BankRefundState,
    LineState,
    OrderState,
)
from payments.models import BankRefund, Order, RefundFile, StatementLine
from payments.refund_files import Payment, as_csv, as_pain001, digest
from payments.rules import IBAN_FORM, needs_second_person, turkish_iban
from payments.selectors.lines import AWAITING_A_PERSON
from payments.selectors.refunds import goes_back_still


class RefundRefused(Exception):
    """Something about a refund is not allowed; `str()` says why, in Turkish. Nothing was changed."""


@transaction.atomic
def set_payee(*, refund_id: int, iban: str, name: str, person: Person) -> BankRefund:
    """Write to whom a refund goes; an approval of another payee is void. Locks line and refund.

    Raises RefundRefused for an IBAN that is no Turkish one, an empty name, or a refund on its way already.
    """
    (refund,) = _locked([refund_id])
    _require(refund, BankRefundState.OWED)
    right = turkish_iban(iban)
    if not right:
        raise RefundRefused(f"IBAN geçersiz: {IBAN_FORM}")
    if not name.strip():
        raise RefundRefused("Alıcının adını ya da unvanını yazın.")
    before = {"iban": refund.iban, "name": refund.name}
    after = {"iban": right, "name": name.strip()[:140]}
    if before == after:
        return refund
    refund.iban, refund.name, refund.changed_by = after["iban"], after["name"], person
    refund.approved_by = refund.approved_at = None
    refund.save(update_fields=["iban", "name", "changed_by", "approved_by", "approved_at"])
    record(action="refund_payee", subject=refund, actor=person, before=before, after=after)
    return refund


@transaction.atomic
def approve(*, refund_id: int, person: Person, now: datetime) -> BankRefund:
    """Let a large refund go out, as its second person. Locks line and refund.

    Raises RefundRefused for who asked for it, wrote its payee or owed it again, and where the payee is missing.
    """
    (refund,) = _locked([refund_id])
    _require(refund, BankRefundState.OWED)
    if not (refund.iban and refund.name):
        raise RefundRefused("Önce alıcının IBAN'ını ve adını yazın.")
    if person.pk in {refund.requested_by_id, refund.changed_by_id, refund.owed_again_by_id}:
        raise RefundRefused(
            "Kendi istediğiniz, alıcısını yazdığınız ya da yeniden listeye aldığınız iadeyi onaylayamazsınız."
        )
    if refund.approved_by_id is None:
        refund.approved_by, refund.approved_at = person, now
        refund.save(update_fields=["approved_by", "approved_at"])
        record(action="refund_approved", subject=refund, actor=person, amount=str(refund.amount))
    return refund


def obstacle(refund: BankRefund) -> str:
    """Return why a refund cannot go into a file yet, or an empty text."""
    if refund.state != BankRefundState.OWED:
        return f"Bu iade «{refund.get_state_display()}» durumunda."
    if not (refund.iban and refund.name):
        return "Alıcının IBAN'ı ya da adı eksik."
    if needs_second_person(refund.amount) and refund.approved_by_id is None:
        return "Tutarı nedeniyle ikinci kişinin onayı gerekiyor."
    return ""


@transaction.atomic
def export(*, refund_ids: Collection[int], person: Person, now: datetime) -> RefundFile:
    """Put refunds into one file for the bank of their account; all of them or none. Locks lines and refunds.

    Raises RefundRefused, naming the first refund that cannot go, or when they belong to several accounts.
    """
    if not refund_ids:
        raise RefundRefused("Dosyaya girecek iadeleri seçin.")
    refunds = _locked(refund_ids)
    for refund in refunds:
        if why := obstacle(refund):
            raise RefundRefused(f"{refund.name or 'Alıcısı yazılmamış iade'}, {format_lira(refund.amount)}: {why}")
    accounts = {refund.line.account_id for refund in refunds}
    if len(accounts) > 1:
        raise RefundRefused("Bir dosyada tek hesabın iadeleri olabilir; hesaba göre ayrı dosyalar hazırlayın.")
    file = RefundFile.objects.create(
        account_id=accounts.pop(),
        created_by=person,
        created_at=now,
        count=len(refunds),
        total=sum((refund.amount for refund in refunds), ZERO),
        sha256=digest(_csv(refunds, now)),
    )
    for refund in refunds:
        move(
            refund,
            BankRefundState.EXPORTED,
            table=BANK_REFUND_TRANSITIONS,
            actor=person,
            reason=f"Banka dosyasına kondu (dosya {file.pk}).",
            file=file,
        )
    return file


def csv_of(file: RefundFile) -> bytes | None:
    """Return the upload list of a file, made anew; None when its rows are no longer what they were."""
    content = _csv(_refunds_of(file), file.created_at)
    return content if digest(content) == file.sha256 else None


def pain001_of(file: RefundFile) -> bytes | None:
    """Return the file as ISO 20022 XML, made anew; None when its rows are no longer what they were."""
    if csv_of(file) is None:
        return None
    return as_pain001(
        _payments(_refunds_of(file)),
        message_id=f"IYS-IADE-{file.pk}",
        iban=file.account.iban,
        at=file.created_at,
        day=istanbul_day(file.created_at),
    )


def _refunds_of(file: RefundFile) -> list[BankRefund]:
    states = [BankRefundState.EXPORTED, BankRefundState.CONFIRMED]
    return list(file.refunds.filter(state__in=states).select_related("line").order_by("pk"))


def _csv(refunds: Sequence[BankRefund], at: datetime) -> bytes:
    return as_csv(_payments(refunds), day=istanbul_day(at))


def _payments(refunds: Sequence[BankRefund]) -> list[Payment]:
    return [
        Payment(
            reference=f"IADE-{refund.pk}",
            name=refund.name,
            iban=refund.iban,
            amount=refund.amount,
            text=f"IADE-{refund.pk} {refund.line.value_on:%d.%m.%Y} tarihli ödemenizin iadesi",
        )
        for refund in refunds
    ]


@transaction.atomic
def confirm_by_debit(*, refund_id: int, debit_line_id: int, person: Person | None, now: datetime) -> BankRefund:
    """Close a refund with the movement by which it left our account. Locks both lines, the order, the refund.

    An order whose last refund this was becomes `refunded`. Raises RefundRefused when the movement is another
    account's, of another amount, reversed, or pays another refund already.
    """
    refund = _locked([refund_id], also=[debit_line_id])[0]
    debit = StatementLine.objects.get(pk=debit_line_id)
    if refund.state not in OPEN_BANK_REFUNDS:
        raise RefundRefused(f"Bu iade «{refund.get_state_display()}» durumunda.")
    if debit.account_id != refund.line.account_id or debit.currency != "TRY" or debit.is_reversal:
        raise RefundRefused("Seçilen hareket bu hesaptan çıkan bir ödeme değil.")
    if debit.amount != -refund.amount:
        raise RefundRefused(f"Çıkan tutar {format_lira(-debit.amount)}, iade {format_lira(refund.amount)}; aynı değil.")
    if BankRefund.objects.filter(debit_line=debit).exists():
        raise RefundRefused("Bu çıkış başka bir iadenin karşılığı olarak seçilmiş.")
    move(
        refund,
        BankRefundState.CONFIRMED,
        table=BANK_REFUND_TRANSITIONS,
        actor=person,
        reason=f"{debit.booked_on:%d.%m.%Y} tarihli çıkış hareketi.",
        debit_line=debit,
        confirmed_at=now,
    )
    if debit.state in AWAITING_A_PERSON:
        reason = f"IADE-{refund.pk} numaralı iadenin hesaptan çıkışı."
        move(debit, LineState.IGNORED, table=LINE_TRANSITIONS, actor=person, reason=reason, verdict=reason)
    _close_order(refund, person)
    return refund


@transaction.atomic
def owe_again(*, refund_id: int, reason: str, person: Person | None) -> BankRefund:
    """Owe a refund again that the bank did not pay out, or that came back. Locks line, order and refund.

    An order that counted as refunded is due again. The approval was of the payment that failed: a large refund needs
    another one, and not by the person who says here that the bank did not pay.
    """
    (refund,) = _locked([refund_id])
    if refund.state not in {BankRefundState.EXPORTED, BankRefundState.CONFIRMED}:
        raise RefundRefused("Bu iade bankada değil.")
    if len(reason.strip()) < 3:
        raise RefundRefused("Gerekçeyi yazın (en az 3 karakter).")
    move(
        refund,
        BankRefundState.OWED,
        table=BANK_REFUND_TRANSITIONS,
        actor=person,
        reason=reason.strip(),
        debit_line=None,
        confirmed_at=None,
        owed_again_by=person,
        approved_by=None,
        approved_at=None,
    )
    if refund.order is not None and refund.order.state == OrderState.REFUNDED:
        again = f"İadesi müşteriye ulaşmadı: {reason.strip()}"
        move(refund.order, OrderState.REFUND_DUE, table=ORDER_TRANSITIONS, actor=person, reason=again)
    return refund


def _close_order(refund: BankRefund, person: Person | None) -> None:
    order = refund.order
    if order is None or order.state != OrderState.REFUND_DUE or goes_back_still(order):
        return
    move(order, OrderState.REFUNDED, table=ORDER_TRANSITIONS, actor=person, reason="Ödemesi iade edildi.")


def _locked(refund_ids: Collection[int], *, also: Collection[int] = ()) -> list[BankRefund]:
    """Lock and return refunds by number, after their lines and orders."""
    found = BankRefund.objects.filter(pk__in=refund_ids)
    lines = {*found.values_list("line_id", flat=True), *also}
    list(StatementLine.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=lines).order_by("pk"))
    orders = found.exclude(order=None).values_list("order_id", flat=True)
    locked = Order.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(orders)).order_by("pk")
    by_number = {order.pk: order for order in locked}
    rows = list(found.select_for_update(of=("self",), no_key=True).select_related("line").order_by("pk"))
    for refund in rows:
        if refund.order_id is not None:
            refund.order = by_number[refund.order_id]
    if len(rows) != len(set(refund_ids)):
        raise RefundRefused("Seçilen iadelerden biri artık yok.")
    return rows


def _require(refund: BankRefund, state: BankRefundState) -> None:
    if refund.state != state:
        raise RefundRefused(f"Bu iade «{refund.get_state_display()}» durumunda; değiştirilemez.")
