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
from payments.models import Allocation, BankAccount, Order, Statement, StatementLine, validate_iban


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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Statement]:
        return super().get_queryset(request).defer("content_encrypted")


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

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        return super().get_queryset(request).defer("statement__content_encrypted")


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    list_display = ("order", _ALLOCATED, "line", "rule", "actor", "created_at")
    list_select_related = ("order", "line", "actor")
    search_fields = ("order__code",)
    fields = ("line", "order", _ALLOCATED, "reverses", "rule", "reason", "actor", "created_at")
    readonly_fields = (_ALLOCATED,)
    ordering = ("-pk",)
