"""Administrators' screens: our bank accounts to manage; orders, statements and money only to be read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from iys_portal.admin_base import AuditedAdmin, ConstrainedForm, ReadOnlyAdmin, TabularInline, lira_column
from iys_portal.shared import codes
from iys_portal.shared.money import format_lira
from iys_portal.ui import iban as grouped
from payments.banks import bank_of, is_named
from payments.decline_words import label_of
from payments.models import (
    Allocation,
    BankAccount,
    CardAttempt,
    CardDay,
    CardDifference,
    GatewayEvent,
    Order,
    Refund,
    Statement,
    StatementLine,
    validate_iban,
)


class BankAccountForm(ConstrainedForm):
    """Takes the IBAN as it is printed, in groups of four, and stores it without spaces."""

    iban = forms.CharField(label="IBAN", max_length=42, widget=AdminTextInputWidget)

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        initial = super().get_initial_for_field(field, field_name)
        return grouped(initial) if field_name == "iban" and initial else initial

    def clean_iban(self) -> str:
        value = "".join(self.cleaned_data["iban"].split()).upper()
        validate_iban(value)
        return value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        bank = bank_of(cleaned.get("iban", ""))
        if bank and not is_named(bank, cleaned.get("bank_name", "")):
            self.add_error("bank_name", f"Bu IBAN'ın bankası {bank}; yazılan banka adı onunla aynı değil.")
        return cleaned


@admin.register(BankAccount)
class BankAccountAdmin(AuditedAdmin):
    form = BankAccountForm
    list_display = ("bank_name", "printed_iban", "account_number", "branch", "is_active", "position")
    list_filter = ("is_active",)
    search_fields = ("iban", "account_number")
    folded_search = ("bank_name",)
    fields = ("bank_name", "iban", "account_number", "branch", "is_active", "position")

    @admin.display(description="IBAN", ordering="iban")
    def printed_iban(self, account: BankAccount) -> str:
        return grouped(account.iban)


_NET, _KDV, _GROSS = (lira_column(Order, name) for name in ("net", "kdv", "gross"))
_OPENING, _CLOSING = (lira_column(Statement, name) for name in ("opening_balance", "closing_balance"))
_ALLOCATED = lira_column(Allocation, "amount")


class AllocationInline(TabularInline):
    """The money that settled an order."""

    model = Allocation
    fields = ("line", _ALLOCATED, "rule", "reason", "actor", "created_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Allocation]:
        return super().get_queryset(request).select_related("line", "actor")

    def has_add_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_change_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("shown_code", "provider", _GROSS, "state", "created_at", "pay_by")
    list_filter = ("state", "created_at")
    list_select_related = ("provider",)
    search_fields = ("code", "=provider__iys_code", "=provider__tax_number")
    folded_search = ("provider__title",)
    inlines = (AllocationInline,)
    fields = (
        "shown_code",
        "provider",
        "person",
        "package",
        "tariff",
        "product_label",
        _NET,
        "kdv_rate",
        _KDV,
        _GROSS,
        "state",
        "approval",
        "subscription",
        "created_at",
        "accepted_at",
        "pay_by",
        "paid_at",
        "completed_at",
    )
    readonly_fields = ("shown_code", _NET, _KDV, _GROSS)

    @admin.display(description="sipariş kodu", ordering="code")
    def shown_code(self, order: Order) -> SafeString:
        return format_html('<span class="nowrap">{}</span>', order.code_display)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find a code as customers write it, with dashes."""
        return super().get_search_results(request, queryset, codes.parse(search_term) or search_term)


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    list_display = ("filename", "account", "state", "received_at", "line_count", "balance_ok")
    list_filter = ("state", "account", "balance_ok")
    list_select_related = ("account",)
    search_fields = ("filename", "=sha256")
    fields = (
        "account",
        "format",
        "filename",
        "sha256",
        "state",
        "uploaded_by",
        "received_at",
        "reader_version",
        _OPENING,
        _CLOSING,
        "balance_ok",
        "line_count",
        "duplicate_count",
        "problems",
    )

    readonly_fields = (_OPENING, _CLOSING)


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    list_display = ("booked_on", "shown_amount", "payer_name", "state", "account", "statement")
    list_filter = ("state", "account")
    list_select_related = ("account", "statement")
    search_fields = ("=bank_reference",)
    folded_search = ("payer_name", "text")
    ordering = ("-pk",)
    fields = (
        "account",
        "statement",
        "position",
        "booked_on",
        "value_on",
        "shown_amount",
        "text",
        "payer_name",
        "payer_iban",
        "payer_tax_number",
        "bank_reference",
        "is_reversal",
        "state",
        "rule",
        "verdict",
        "candidates",
    )

    readonly_fields = ("shown_amount",)

    @admin.display(description="tutar", ordering="amount")
    def shown_amount(self, line: StatementLine) -> str:
        shown = format_lira(line.amount)
        return shown if line.currency == "TRY" else shown.replace("₺", line.currency)


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    list_display = ("order", _ALLOCATED, "line", "rule", "actor", "created_at")
    list_select_related = ("order", "line", "actor")
    search_fields = ("order__code",)
    fields = ("line", "order", _ALLOCATED, "reverses", "rule", "reason", "actor", "created_at")
    readonly_fields = (_ALLOCATED,)
    ordering = ("-pk",)


_AMOUNT, _PAID = (lira_column(CardAttempt, name) for name in ("amount", "paid_amount"))
_REFUNDED = lira_column(Refund, "amount")
_OURS, _THEIRS = (lira_column(CardDifference, name) for name in ("ours", "theirs"))


@admin.register(CardAttempt)
class CardAttemptAdmin(ReadOnlyAdmin):
    list_display = ("order", "provider", _PAID, "instalments", "state", "surplus", "gateway", "created_at")
    list_filter = ("state", "surplus", "gateway", "created_at")
    list_select_related = ("order", "provider")
    search_fields = ("order__code", "=payment_id", "=conversation_id", "=reference")
    folded_search = ("provider__title",)
    fields = (
        "order",
        "provider",
        "person",
        "gateway",
        "conversation_id",
        "state",
        _AMOUNT,
        _PAID,
        "instalments",
        "payment_id",
        "transaction_id",
        "bin",
        "last4",
        "card_family",
        "shown_decline",
        "reference",
        "ip",
        "surplus",
        "created_at",
        "returned_at",
        "queried_at",
        "settled_at",
    )
    readonly_fields = (_AMOUNT, _PAID, "shown_decline")

    @admin.display(description="ret nedeni")
    def shown_decline(self, attempt: CardAttempt) -> str:
        return label_of(attempt.decline_group) or "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find a code as customers write it, with dashes."""
        return super().get_search_results(request, queryset, codes.parse(search_term) or search_term)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ("order", "provider", _REFUNDED, "state", "needs_second", "created_at", "confirmed_at")
    list_filter = ("state", "needs_second", "consequence", "created_at")
    list_select_related = ("order", "provider")
    search_fields = ("order__code", "=key", "=attempt__payment_id", "=reference")
    folded_search = ("provider__title",)
    fields = (
        "order",
        "provider",
        "attempt",
        "key",
        _REFUNDED,
        "reason",
        "consequence",
        "state",
        "requested_by",
        "approved_by",
        "needs_second",
        "reference",
        "problem",
        "created_at",
        "confirmed_at",
    )
    readonly_fields = (_REFUNDED,)


@admin.register(GatewayEvent)
class GatewayEventAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "gateway", "payment_id", "kind", "status")
    list_filter = ("gateway", "kind", "status", "received_at")
    search_fields = ("=payment_id", "=conversation_id")
    fields = ("gateway", "payment_id", "conversation_id", "kind", "status", "received_at")


@admin.register(CardDifference)
class CardDifferenceAdmin(ReadOnlyAdmin):
    list_display = ("day", "gateway", "kind", "event", "payment_id", _OURS, _THEIRS, "closed_at", "closed_by")
    list_filter = ("kind", "event", "gateway", ("closed_at", admin.EmptyFieldListFilter), "vanished", "day")
    list_select_related = ("closed_by",)
    search_fields = ("=payment_id", "=conversation_id", "attempt__order__code")
    fields = (
        "day",
        "gateway",
        "kind",
        "event",
        "payment_id",
        "conversation_id",
        "attempt",
        _OURS,
        _THEIRS,
        "currency",
        "found_at",
        "closed_at",
        "closed_by",
        "vanished",
        "note",
    )
    readonly_fields = (_OURS, _THEIRS)


_SIDES = ("ours", "theirs", "ours_back", "theirs_back")
_DAY_SUMS = tuple(lira_column(CardDay, f"{side}_sum") for side in _SIDES)


@admin.register(CardDay)
class CardDayAdmin(ReadOnlyAdmin):
    list_display = ("day", "gateway", "compared_at", "ours_count", "theirs_count", "problem")
    list_filter = ("gateway", ("compared_at", admin.EmptyFieldListFilter), "day")
    fields = (
        "day",
        "gateway",
        "asked_at",
        "compared_at",
        "problem",
        *(f"{side}_count" for side in _SIDES),
        *_DAY_SUMS,
    )
    readonly_fields = _DAY_SUMS
