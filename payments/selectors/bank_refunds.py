"""Read transferred money that goes back, and the files of it."""

from typing import Any

from django.db.models import QuerySet, Sum

from iys_portal.shared.money import ZERO
from payments.enums import OPEN_BANK_REFUNDS, BankRefundState
from payments.models import BankRefund, RefundFile, StatementLine

OPEN_WORD = "acik"


def refunds(state: str = "") -> QuerySet[BankRefund]:
    """Return refunds, oldest first, of one state; the open ones without a state, all for "hepsi"."""
    found = BankRefund.objects.select_related("line__account", "order", "requested_by", "approved_by", "file")
    if state in BankRefundState.values:
        found = found.filter(state=state)
    elif state != "hepsi":
        found = found.filter(state__in=OPEN_BANK_REFUNDS)
    return found.order_by("pk")


def refund_with(pk: int) -> QuerySet[BankRefund]:
    """Return the refund with this number (at most one), with what its page shows."""
    found = BankRefund.objects.select_related(
        "line__account",
        "order__provider",
        "requested_by",
        "changed_by",
        "owed_again_by",
        "approved_by",
        "file",
        "debit_line",
    )
    return found.filter(pk=pk)


def owed_total() -> Any:
    """Return what is owed to senders and not yet seen leaving, in TRY."""
    return BankRefund.objects.filter(state__in=OPEN_BANK_REFUNDS).aggregate(total=Sum("amount"))["total"] or ZERO


def debits_for(refund: BankRefund) -> QuerySet[StatementLine]:
    """Return the movements by which a refund may have left, nearest first: its account, its amount, after it came."""
    found = StatementLine.objects.filter(
        account=refund.line.account_id,
        amount=-refund.amount,
        currency="TRY",
        is_reversal=False,
        refund_paid=None,
        booked_on__gte=refund.line.booked_on,
    )
    return found.order_by("booked_on", "pk")


def files() -> QuerySet[RefundFile]:
    """Return the files for the bank, newest first."""
    return RefundFile.objects.select_related("account", "created_by").order_by("-pk")


def file_with(pk: int) -> QuerySet[RefundFile]:
    """Return the file with this number (at most one)."""
    return files().filter(pk=pk)


def likely_for(line: StatementLine) -> QuerySet[BankRefund]:
    """Return the open refunds that an outgoing movement may have paid, as its verdict names them."""
    numbers = line.features.get("refunds", []) if line.amount < 0 and line.rule == "refund-likely" else []
    return BankRefund.objects.filter(pk__in=numbers, state__in=OPEN_BANK_REFUNDS).order_by("pk")
