"""The purchase after the package page: contract, way of paying, transfer, result (screens 7, 8, 10, 11)."""

from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from contracts.selectors import document_of
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.turkish import upper
from packages.price_page import free_names
from payments.contract_terms import ShownContract, contract_for
from payments.decline_words import DECLINE_WORDS
from payments.enums import OrderState
from payments.forms.orders import CARD, ApprovalForm, MethodForm
from payments.gateways.base import DeclineGroup
from payments.models import BankAccount, Order
from payments.payment_qr import payment_qr
from payments.rules import OrderRefused, amount_due, refusal_of_other_method
from payments.selectors.arrivals import arrivals_of, bank_read_at
from payments.selectors.cards import live_attempt, newest_attempt
from payments.selectors.orders import (
    allocated_to,
    bank_refunds_shown,
    is_renewal,
    reason_of_rest,
    refunds_shown,
    shown_bank_accounts,
    timeline_of,
)
from payments.selectors.receipts import live_receipt_of, void_receipts_of
from payments.services import orders
from payments.services.orders import ContractChanged, Visitor
from payments.views.steps import order_with, wrong_step

_TRANSFER_AWAITED = frozenset({OrderState.TRANSFER_PENDING, OrderState.PARTIALLY_PAID})
CHANGED = "Sözleşme metni veya fiyat, sayfayı açtığınızdan beri değişti. Lütfen güncel sözleşmeyi yeniden okuyunuz."


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PURCHASE)
def contract(request: ProviderRequest, code: str) -> HttpResponse:
    """Sözleşme onayı: the text in full, the checkbox; free orders are complete after it, paid ones go to payment."""
    order = order_with(request, code)
    if request.method == "POST":
        return _approve(request, order)
    try:
        order, repriced = orders.bring_up_to_date(order=order, now=timezone.now())
    except OrderRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("packages:choose")
    if order.state != OrderState.DRAFT:
        return _next_page(order)
    if repriced:
        messages.warning(request, CHANGED)
    return _contract_page(request, order)


def _approve(request: ProviderRequest, order: Order) -> HttpResponse:
    form = ApprovalForm(request.POST)
    if not form.is_valid():
        return _contract_page(request, order, form) if order.state == OrderState.DRAFT else _next_page(order)
    try:
        order = orders.accept_contract(
            order=order,
            person=request.user,
            shown_sha256=form.cleaned_data["shown"],
            visitor=_visitor(request),
            now=timezone.now(),
        )
    except ContractChanged:
        messages.warning(request, CHANGED)
        return redirect("payments:contract", code=order.code_display)
    except OrderRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("packages:choose")
    return _next_page(order)


def _contract_page(request: ProviderRequest, order: Order, form: ApprovalForm | None = None) -> HttpResponse:
    shown = _contract(request, order)
    if form is None:
        form = ApprovalForm(initial={"shown": shown.sha256})
    context = {
        "order": order,
        "shown": shown,
        "form": form,
        "is_free": order.is_free,
        "free_names": free_names(day=istanbul_day(timezone.now())) if order.is_free else "",
    }
    return render(request, "payments/contract.html", context)


def _contract(request: ProviderRequest, order: Order) -> ShownContract:
    return contract_for(order, person=request.user, now=timezone.now())


def _visitor(request: ProviderRequest) -> Visitor:
    return Visitor(ip=request.META.get("REMOTE_ADDR") or None, user_agent=request.headers.get("User-Agent", ""))


def _next_page(order: Order) -> HttpResponse:
    """Send the person to the step at which the order stands."""
    step = "method" if order.state == OrderState.CONTRACT_ACCEPTED else "order"
    return redirect(f"payments:{step}", code=order.code_display)


@require_safe
@provider_view(Capability.PURCHASE)
def contract_draft(request: ProviderRequest, code: str) -> HttpResponse:
    """The contract as a PDF to read before approving: headed as a draft, unsealed."""
    order = order_with(request, code)
    if order.state != OrderState.DRAFT:
        raise Http404
    from contracts.rendering import render_draft  # noqa: PLC0415  (WeasyPrint takes a second to load)

    pdf = render_draft(_contract(request, order).data, created_at=timezone.now())
    return _pdf(pdf, f"sozlesme-taslagi-{order.code_display}.pdf")


@require_safe
@provider_view
def document(request: ProviderRequest, code: str) -> HttpResponse:
    """The sealed contract; 404 until it is issued."""
    order = order_with(request, code)
    issued = document_of(order.approval)
    if issued is None or issued.content is None:
        raise Http404
    return _pdf(bytes(issued.content), f"{issued.number}.pdf")


def _pdf(content: bytes, filename: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PURCHASE)
def method(request: ProviderRequest, code: str) -> HttpResponse:
    """Ödeme adımı: card or transfer."""
    order = order_with(request, code)
    if order.state != OrderState.CONTRACT_ACCEPTED:
        return wrong_step(order)
    form = MethodForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        step = "card" if form.cleaned_data["method"] == CARD else "transfer"
        return redirect(f"payments:{step}", code=order.code_display)
    refused = newest_attempt(order)
    context = {
        "order": order,
        "form": form,
        "decline": DECLINE_WORDS[DeclineGroup(refused.decline_group)] if refused and refused.decline_group else "",
    }
    return render(request, "payments/method.html", context)


@require_safe
@provider_view(Capability.PURCHASE)
def transfer(request: ProviderRequest, code: str) -> HttpResponse:
    """Banka Transferi: the accounts to pay into."""
    order = order_with(request, code)
    if order.state != OrderState.CONTRACT_ACCEPTED:
        return wrong_step(order)
    return render(request, "payments/transfer.html", {"order": order, "accounts": shown_bank_accounts()})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PURCHASE)
def transfer_confirm(request: ProviderRequest, code: str) -> HttpResponse:
    """“Siparişi onaylıyor musunuz?”: POST shows the order code."""
    order = order_with(request, code)
    if request.method == "POST":
        try:
            order = orders.choose_transfer(order=order, person=request.user, now=timezone.now())
        except OrderRefused as refusal:
            messages.error(request, str(refusal))
        return wrong_step(order)
    if order.state != OrderState.CONTRACT_ACCEPTED:
        return wrong_step(order)
    return render(request, "payments/transfer_confirm.html", {"order": order})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PURCHASE)
def change_method(request: ProviderRequest, code: str) -> HttpResponse:
    """“Ödeme yöntemini değiştir”: a check page, then POST leads from Havale/EFT back to the choice."""
    order = order_with(request, code)
    if request.method == "POST":
        try:
            order = orders.choose_again(order=order, person=request.user, now=timezone.now())
        except OrderRefused as refusal:
            messages.error(request, str(refusal))
        return _next_page(order)
    if order.state != OrderState.TRANSFER_PENDING:
        return wrong_step(order)
    return render(request, "payments/change_method.html", {"order": order})


@require_safe
@provider_view
def detail(request: ProviderRequest, code: str) -> HttpResponse:
    """Sipariş: the code, what is due, what happened, the contract. It stays reachable for ever."""
    found = order_with(request, code)
    if found.state == OrderState.DRAFT:
        return redirect("payments:contract", code=found.code_display)
    now, arrivals = timezone.now(), arrivals_of(found)
    due, description = amount_due(found, allocated_to(found)), f"{found.code_display} {upper(found.provider.title)}"
    context = {
        "order": found,
        "amount_due": due,
        "accounts": _accounts(due, description) if found.state in _TRANSFER_AWAITED else [],
        "arrivals": arrivals,
        "may_choose_again": refusal_of_other_method(found, has_arrived=bool(arrivals.rows), now=now) is None,
        "bank_read_at": bank_read_at(),
        "description_text": description,
        "document": document_of(found.approval),
        "receipt": live_receipt_of(found),
        "void_receipts": void_receipts_of(found),
        "timeline": timeline_of(found),
        "attempt": live_attempt(found),
        "is_renewal": is_renewal(found),
        "rest_reason": reason_of_rest(found),
        "refunds": refunds_shown(found),
        "bank_refunds": bank_refunds_shown(found),
    }
    return render(request, "payments/order.html", context)


def _accounts(due: Decimal, description: str) -> list[BankAccount]:
    accounts = list(shown_bank_accounts())
    for account in accounts:
        account.qr = payment_qr(account, amount=due, description=description)  # type: ignore[attr-defined]  # for the template
    return accounts


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PURCHASE)
def cancel(request: ProviderRequest, code: str) -> HttpResponse:
    """Give the order up: a check page, then POST."""
    order = order_with(request, code)
    if request.method == "POST":
        try:
            order = orders.cancel(order=order, person=request.user)
        except OrderRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{order.code_display} kodlu sipariş iptal edildi.")
        return redirect("payments:order", code=order.code_display)
    return render(request, "payments/cancel.html", {"order": order})
