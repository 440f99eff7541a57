"""Muhasebe: card refunds, asked for by one person, approved by another where it is much, followed to the end."""

from decimal import Decimal
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import accountant_view
from accounts.models import Person
from iys_portal.paging import page_of
from payments.enums import Consequence, RefundState
from payments.forms.fields import written
from payments.forms.refunds import RefundDecisionForm, RefundForm
from payments.gateways.registry import gateway, is_set_up
from payments.models import CardAttempt, Refund
from payments.selectors import refunds as selectors
from payments.services import refunds, refunds_by_hand
from payments.services.refunds import RefundRefused

_DONE = {
    "approve": "İade onaylandı; bankaya iletiliyor.",
    "reject": "İadeden vazgeçildi; karttan alınan para yerinde kaldı.",
    "by_hand": "Elle ödendiği kaydedildi; ikinci bir kişinin onayını bekliyor.",
    "confirm_by_hand": "İade, elle ödendi olarak kapatıldı.",
    "not_by_hand": "Elle ödeme kaydı kaldırıldı; iade yeniden karar bekliyor.",
}


@require_safe
@accountant_view
def refund_list(request: HttpRequest) -> HttpResponse:
    """All card refunds, the open ones first; of one state where the address says so."""
    state = request.GET.get("durum", "")
    page = page_of(request, selectors.refunds(state=state))
    context = {"page": page, "states": RefundState.choices, "state": state if state in RefundState.values else ""}
    return render(request, "accounting/card_refunds.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """One refund with its timeline; POST approves it or gives it up."""
    found = selectors.refund_with(pk).first()
    if found is None:
        raise Http404
    form = RefundDecisionForm(request.POST) if request.method == "POST" else RefundDecisionForm()
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, found, form)
        except RefundRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("accounting:card_refund", pk=pk)
        found = selectors.refund_with(pk).get()
    return render(request, "accounting/card_refund.html", {"form": form, **_context(request, found)})


def _decide(request: HttpRequest, found: Refund, form: RefundDecisionForm) -> None:
    decision, reason = form.cleaned_data["decision"], form.cleaned_data["reason"]
    who: dict[str, Any] = {"refund_id": found.pk, "person": cast("Person", request.user), "now": timezone.now()}
    if decision == "approve":
        refunds.approve(**who)
    elif decision == "confirm_by_hand":
        refunds_by_hand.confirm(**who)
    elif decision == "by_hand":
        refunds_by_hand.say(**who, reason=reason)
    elif decision == "not_by_hand":
        refunds_by_hand.deny(**who, reason=reason)
    else:
        refunds.reject(**who, reason=reason)
    messages.success(request, _DONE[decision])


def _context(request: HttpRequest, found: Refund) -> dict[str, object]:
    waits = found.state in {RefundState.REQUESTED, RefundState.FAILED}
    return {
        "refund": found,
        "timeline": selectors.timeline_of_refund(found),
        "waits": waits,
        "needs_another": waits and found.needs_second and found.requested_by_id == request.user.pk,
        "may_reject": waits and not refunds.refusal_of_giving_up(found.attempt, found),
        "is_said_by_me": found.state == RefundState.BY_HAND and found.paid_by_id == request.user.pk,
        "is_running": found.state in {RefundState.APPROVED, RefundState.SENDING, RefundState.UNKNOWN},
    }


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def refund_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a refund of a card payment: the form, a check page that says what follows, then the deed."""
    attempt = selectors.attempt_with(pk).first()
    if attempt is None:
        raise Http404
    left = refunds.refundable(attempt)
    if request.method != "POST":
        form = _form(attempt, initial={"amount": written(left), "left": written(left), "consequence": Consequence.END})
        return _form_page(request, attempt, form, left)
    form = _form(attempt, data=request.POST)
    if not form.is_valid():
        return _form_page(request, attempt, form, left)
    if "onay" not in request.POST:
        problem = refunds.refusal_of_request(attempt, **_asked(form))
        if not problem:
            second = refunds.needs_second(attempt, amount=form.cleaned_data["amount"])
            context = {"attempt": attempt, "form": form, "left": left, "needs_second": second}
            return render(request, "accounting/card_refund_confirm.html", context)
        form.add_error(None, problem)
        return _form_page(request, attempt, form, left)
    try:
        made = refunds.request(
            attempt_id=attempt.pk,
            left=form.cleaned_data["left"],
            person=cast("Person", request.user),
            now=timezone.now(),
            **_asked(form),
        )
    except RefundRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("accounting:card_refunds")
    words = "İade kaydedildi; ikinci bir kişinin onayını bekliyor." if made.needs_second else "İade bankaya iletiliyor."
    messages.success(request, words)
    return redirect("accounting:card_refund", pk=made.pk)


def _form(attempt: CardAttempt, **kwargs: object) -> RefundForm:
    whole_only = not is_set_up(attempt.gateway) or not gateway(attempt.gateway).capabilities().partial_refund
    has_package = attempt.order.subscription is not None and not attempt.surplus
    return RefundForm(whole_only=whole_only, has_package=has_package, **kwargs)


def _asked(form: RefundForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {"amount": data["amount"], "reason": data["reason"], "consequence": Consequence(data["consequence"])}


def _form_page(request: HttpRequest, attempt: CardAttempt, form: RefundForm, left: Decimal) -> HttpResponse:
    context = {"attempt": attempt, "form": form, "left": left}
    return render(request, "accounting/card_refund_request.html", context)
