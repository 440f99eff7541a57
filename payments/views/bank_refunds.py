"""Refunds by transfer: who is owed what, the file for the bank, and what the bank says left; orders under review."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import accountant_view
from accounts.models import Person
from iys_portal.paging import page_of
from iys_portal.shared import codes
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.money import format_lira
from payments.enums import OPEN_BANK_REFUNDS, BankRefundState
from payments.forms.bank_refunds import ApproveForm, DebitForm, OweAgainForm, PayeeForm, ReviewForm
from payments.models import BankRefund, Order
from payments.rules import AllocationRefused, needs_second_person
from payments.selectors import accounting as selectors
from payments.selectors import bank_refunds as refund_rows
from payments.services import bank_refunds as services
from payments.services.bank_refunds import RefundRefused
from payments.services.card_keep import keep
from payments.services.reviews import Outcome, resolve

PAGE_SIZE = 100
_FORMS: dict[str, Any] = {form.name: form for form in (PayeeForm, ApproveForm, DebitForm, OweAgainForm)}


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def refunds(request: HttpRequest) -> HttpResponse:
    """What is owed to senders. POST puts the chosen ones into a file for the bank."""
    error = ""
    sent = request.POST.getlist("iade")
    chosen = [int(value) for value in sent if value.isascii() and value.isdecimal() and len(value) < 19]
    if request.method == "POST":
        try:
            file = services.export(refund_ids=chosen, person=cast("Person", request.user), now=timezone.now())
        except RefundRefused as refusal:
            error = str(refusal)
        else:
            messages.success(request, f"{file.count} iadelik dosya hazır; indirip bankaya yükleyin.")
            return redirect("accounting:refund_file", pk=file.pk)
    state = request.GET.get("durum", "")
    page = page_of(request, refund_rows.refunds(state), size=PAGE_SIZE)
    for refund in page:
        refund.obstacle = services.obstacle(refund)  # for the template
    context = {
        "page": page,
        "state": state,
        "states": [("", "Açık olanlar"), *BankRefundState.choices, ("hepsi", "Tümü")],
        "owed": refund_rows.owed_total(),
        "files": refund_rows.files()[:5],
        "error": error,
        "chosen": chosen,
    }
    return render(request, "accounting/bank_refunds.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """One refund: its payee, the second person's approval, the debit that confirms it."""
    found = refund_rows.refund_with(pk).first()
    if found is None:
        raise Http404
    bound = None
    if request.method == "POST":
        form = _FORMS.get(request.POST.get("islem", ""))
        if form is None:
            raise Http404
        bound = form(found, request.POST)
        if bound.is_valid():
            try:
                messages.success(request, _act(request, found, bound))
            except RefundRefused as refusal:
                bound.add_error(None, str(refusal))
            else:
                return redirect("accounting:bank_refund", pk=pk)
        found = refund_rows.refund_with(pk).get()
    context = {
        "form": bound,
        "refund": found,
        "forms": {
            name: bound if bound and bound.name == name else _fresh(found, form) for name, form in _FORMS.items()
        },
        "debits": refund_rows.debits_for(found)[:20],
        "obstacle": services.obstacle(found),
        "needs_second": needs_second_person(found.amount),
        "is_own": cast("Person", request.user).pk
        in {found.requested_by_id, found.changed_by_id, found.owed_again_by_id},
        "is_open": found.state in OPEN_BANK_REFUNDS,
    }
    return render(request, "accounting/bank_refund.html", context)


def _fresh(found: BankRefund, form: Any) -> forms.Form:
    return cast("forms.Form", form(found, initial={"iban": found.iban, "ad": found.name}))


def _act(request: HttpRequest, found: BankRefund, form: Any) -> str:
    """Do what a valid form asks for; return what to tell."""
    person, now, values = cast("Person", request.user), timezone.now(), form.cleaned_data
    if isinstance(form, PayeeForm):
        services.set_payee(refund_id=found.pk, iban=values["iban"], name=values["ad"], person=person)
        return "Alıcı kaydedildi."
    if isinstance(form, ApproveForm):
        services.approve(refund_id=found.pk, person=person, now=now)
        return "İade onaylandı; banka dosyasına girebilir."
    if isinstance(form, DebitForm):
        services.confirm_by_debit(refund_id=found.pk, debit_line_id=values["hareket"].pk, person=person, now=now)
        return "İade, çıkış hareketiyle tamamlandı."
    services.owe_again(refund_id=found.pk, reason=values["gerekce"], person=person)
    return "İade yeniden listeye alındı."


@require_safe
@accountant_view
def refund_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file for the bank: what is in it, and whether its rows are still what they were."""
    found = refund_rows.file_with(pk).first()
    if found is None:
        raise Http404
    context = {
        "file": found,
        "refunds": found.refunds.select_related("line").order_by("pk"),
        "is_whole": services.csv_of(found) is not None,
    }
    return render(request, "accounting/refund_file.html", context)


@require_safe
@accountant_view
def refund_download(_request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The file itself, made anew from its rows: the upload list, or ISO 20022 XML."""
    found = refund_rows.file_with(pk).first()
    content = None if found is None else services.csv_of(found) if kind == "csv" else services.pain001_of(found)
    if found is None or content is None:
        raise Http404
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8" if kind == "csv" else "application/xml")
    name = f"iade-{istanbul_day(found.created_at):%Y-%m-%d}-{found.pk}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def reviews(request: HttpRequest) -> HttpResponse:
    """Orders in `in_review`. POST ends the review of one of them."""
    form = ReviewForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        values = form.cleaned_data
        order = selectors.reviewed_orders().filter(code=codes.parse(values["siparis"]) or "").first()
        if order is None:
            form.add_error(None, "Bu sipariş artık incelemede değil; az önce sonuçlanmış olabilir.")
        else:
            try:
                order = _end_review(order, values["karar"], values["gerekce"], cast("Person", request.user))
            except AllocationRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, f"{order.code_display}: {order.get_state_display()}.")
                return redirect("accounting:reviews")
    page = page_of(request, selectors.reviewed_orders(), size=25)
    for row in page:
        row.arrived = format_lira(row.allocated)
    return render(request, "accounting/reviews.html", {"form": form, "page": page})


def _end_review(order: Order, outcome: str, reason: str, person: Person) -> Order:
    if outcome == "keep":
        return keep(order=order, reason=reason, person=person, now=timezone.now())
    return resolve(order=order, outcome=Outcome(outcome), reason=reason, person=person, now=timezone.now())
