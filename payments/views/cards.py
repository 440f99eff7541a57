"""Paying by card: instalments, the check page, the way to the bank and back (screens 9, 9b, 9c).

The card's number and code are typed on the gateway's own pages; this side sees its first and last digits.
"""

from urllib.parse import urlencode

import structlog
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import ProviderRequest, provider_view, public
from accounts.enums import Capability
from payments.enums import OrderState
from payments.forms.cards import CardForm, ChosenForm
from payments.forms.fields import written
from payments.gateways.base import (
    ActionKind,
    GatewayUnavailableError,
    Instalment,
    InstalmentTable,
    InvalidSignatureError,
)
from payments.gateways.registry import cards_are_open, gateway, gateway_names
from payments.models import CardAttempt, Order
from payments.rules import OrderRefused
from payments.selectors.cards import attempt_nonce, live_attempt
from payments.services import cards, webhooks
from payments.services.cards import Chosen, TotalChanged
from payments.views.steps import order_with, wrong_step

logger = structlog.get_logger(__name__)

UNAVAILABLE = "Taksit seçeneklerine şu anda ulaşılamıyor; peşin ödeyebilir ya da biraz sonra yeniden deneyebilirsiniz."


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PURCHASE)
def card(request: ProviderRequest, code: str) -> HttpResponse:
    """Kredi Kartı: the amount, and the instalments of the card's family or of all of them where there are any."""
    order = order_with(request, code)
    if order.state != OrderState.CONTRACT_ACCEPTED:
        return wrong_step(order)
    if not cards_are_open():
        return redirect("payments:method", code=order.code_display)
    has_instalments = gateway().capabilities().instalments
    bin_number = _bin_of(request) if has_instalments else ""
    tables, problem = _quote(order, bin_number) if bin_number else ((), "")
    rows = tables[0].rows if tables else (Instalment(count=1, total=order.gross, monthly=order.gross),)
    paying = request.method == "POST" and "pay" in request.POST
    form = CardForm(request.POST if request.method == "POST" else None, rows=rows, has_instalments=has_instalments)
    if paying and form.is_valid():
        chosen = urlencode({"taksit": form.cleaned_data["instalments"], "kart": bin_number})
        return redirect(f"{reverse('payments:card_confirm', args=[order.code_display])}?{chosen}")
    if request.method == "POST" and not paying:  # only asked for instalments: nothing is missing yet
        form.errors.pop("instalments", None)
    everything, all_problem = _quote(order, "") if has_instalments and "taksitler" in request.GET else ((), "")
    context = {
        "order": order,
        "form": form,
        "has_instalments": has_instalments,
        "table": tables[0] if tables else None,
        "all_tables": everything,
        "counts": sorted({row.count for table in everything for row in table.rows}),
        "problem": problem or all_problem,
    }
    return render(request, "payments/card.html", context)


def _bin_of(request: ProviderRequest) -> str:
    """Return the digits that the form asks about, or an empty text when there are none or wrong ones."""
    form = CardForm(request.POST if request.method == "POST" else {}, rows=(), has_instalments=True)
    form.is_valid()
    return str(form.cleaned_data.get("bin_number", ""))


def _quote(order: Order, bin_number: str) -> tuple[tuple[InstalmentTable, ...], str]:
    try:
        return gateway().quote_instalments(bin_number=bin_number, amount=order.gross), ""
    except GatewayUnavailableError:
        return (), UNAVAILABLE


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PURCHASE)
def confirm(request: ProviderRequest, code: str) -> HttpResponse:
    """“Ödemeyi onaylıyor musunuz?”: POST begins the attempt and leads to the bank."""
    order = order_with(request, code)
    if order.state != OrderState.CONTRACT_ACCEPTED and request.method != "POST":
        return wrong_step(order)
    given = request.POST.dict() if request.method == "POST" else _opened(request, order)
    form = ChosenForm(given)
    if not form.is_valid():
        return redirect("payments:card", code=order.code_display)
    values, shown = form.cleaned_data, None
    chosen = Chosen(instalments=values["taksit"], bin_number=values["kart"], total=values["toplam"])
    try:
        if request.method == "POST":
            return _pay(request, order, chosen, nonce=values["nonce"])
        total = cards.quoted(order, chosen)
    except OrderRefused as refusal:
        messages.error(request, str(refusal))
        step = "card" if order.state == OrderState.CONTRACT_ACCEPTED else "order"
        return redirect(f"payments:{step}", code=order.code_display)
    except TotalChanged as changed:
        total, shown = changed.total, chosen.total
    form = ChosenForm({**given, "toplam": written(total)})
    context = {"order": order, "form": form, "instalments": chosen.instalments, "total": total, "shown": shown}
    return render(request, "payments/card_confirm.html", context, status=409 if shown else 200)


def _opened(request: ProviderRequest, order: Order) -> dict[str, str]:
    """Return what the check page is opened with; the total is not known before the gateway was asked."""
    return {**request.GET.dict(), "nonce": attempt_nonce(order), "toplam": written(order.gross)}


def _pay(request: ProviderRequest, order: Order, chosen: Chosen, *, nonce: str) -> HttpResponse:
    attempt = cards.start(
        order=order,
        person=request.user,
        chosen=chosen,
        nonce=nonce,
        ip=request.META.get("REMOTE_ADDR") or None,
        now=timezone.now(),
    )
    return _to_the_bank(request, attempt)


@require_safe
@provider_view(Capability.PURCHASE)
def resume(request: ProviderRequest, code: str) -> HttpResponse:
    """Go back to the bank's page of the attempt that is still open there."""
    order = order_with(request, code)
    attempt = live_attempt(order)
    if attempt is None:
        return wrong_step(order)
    return _to_the_bank(request, attempt)


def _to_the_bank(request: ProviderRequest, attempt: CardAttempt) -> HttpResponse:
    """Lead the browser on: to the bank while the attempt is open there, else to the order."""
    if not attempt.is_open_at_bank or attempt.action is None:
        return _result(attempt)
    if attempt.action["kind"] == ActionKind.REDIRECT:
        return redirect(attempt.action["url"])
    return render(request, "payments/card_go.html", {"order": attempt.order, "action": attempt.action})


@csrf_exempt
@require_http_methods(["GET", "POST"])
@public
def card_return(request: HttpRequest, token: str) -> HttpResponse:
    """The browser's way back from the bank: a cross-site POST without our session, found by its signed token.

    A GET (the address typed again) only leads to the order.
    """
    attempt = cards.attempt_of_token(token)
    if attempt is None:
        raise Http404
    if request.method != "POST":
        return _result(attempt)
    try:
        attempt = cards.finish(attempt=attempt, callback=request.POST.dict(), now=timezone.now())
    except InvalidSignatureError as error:
        logger.warning("card_return_forged", attempt_id=attempt.pk)
        raise BadRequest from error
    return _result(attempt)


def _result(attempt: CardAttempt) -> HttpResponse:
    """303 to where the order stands: the way of paying after a refusal, its own page else."""
    step = "method" if attempt.order.state == OrderState.CONTRACT_ACCEPTED else "order"
    response = redirect(f"payments:{step}", code=attempt.order.code_display)
    response.status_code = 303
    return response


@csrf_exempt
@require_POST
@public
def webhook(request: HttpRequest, name: str) -> HttpResponse:
    """A gateway's own message: a hint to ask it again, answered before anything is done."""
    if name not in gateway_names():
        raise Http404
    try:
        event = gateway(name).verify_webhook(body=request.body, headers=dict(request.headers))
    except InvalidSignatureError:
        logger.warning("card_webhook_forged", gateway=name)
        return HttpResponse(status=400, content_type="text/plain")
    webhooks.receive(gateway_name=name, event=event, now=timezone.now())
    return HttpResponse(status=200, content_type="text/plain")
