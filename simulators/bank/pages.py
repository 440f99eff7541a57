"""The payer's pages: card, 3-D Secure, and the way back to the merchant."""

import json
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from simulators.bank import cards, faults, ledger, signing, store, webhooks
from simulators.bank.config import HERE, MERCHANT, origin_of, running
from simulators.bank.forms import CardForm, CodeForm
from simulators.bank.nestpay import answers
from simulators.bank.store import Channel, Payment, State

_ASSETS = {
    "banka.css": "text/css; charset=utf-8",
    "banka.js": "text/javascript; charset=utf-8",
    "simge.svg": "image/svg+xml",
}
_SEE_OTHER = 303


def _payment(token: str) -> Payment:
    with store.transaction() as database:
        found = store.find(database, "token", token)
    if found is None:
        raise Http404
    return ledger.expire(found)


def _go(name: str, payment: Payment) -> HttpResponse:
    return HttpResponseRedirect(reverse(name, args=[payment.token]), status=_SEE_OTHER)


# The token in the address is secret and of one payment: no cookie gives a right here, so none has to be guarded.
@csrf_exempt
@sensitive_post_parameters()
def card(request: HttpRequest, token: str) -> HttpResponse:
    """The card page; the card's number and code are seen by this view alone."""
    payment = _payment(token)
    if payment.finished:
        return _go("return", payment)
    if payment.channel not in {Channel.FORM, Channel.NESTPAY}:
        raise Http404
    if request.method != "POST":
        return _card_page(request, payment, CardForm(counts=payment.allowed))
    form = CardForm(request.POST, counts=payment.allowed)
    if not form.is_valid():
        return _card_page(request, payment, form)
    number, count = form.cleaned_data["number"], form.cleaned_data["installment"]
    if not cards.behaviour_of(number).initialises:
        return _card_page(
            request, payment, form, "Kartınızın bankası 3-D Secure sayfasını açamadı. Başka kart deneyiniz."
        )
    fault = faults.take("3d")
    try:
        payment = ledger.enter_card(payment, number, count, md_status=int(fault.number) if fault else None)
    except ledger.Refusal as refusal:
        return _card_page(request, payment, form, refusal.message)
    return _go("threeds", payment)


def _card_page(request: HttpRequest, payment: Payment, form: CardForm, problem: str = "") -> HttpResponse:
    context = {"form": form, "payment": payment, "merchant": MERCHANT, "problem": problem}
    return render(request, "bank/card.html", context)


@csrf_exempt
def threeds(request: HttpRequest, token: str) -> HttpResponse:
    """The page of the card's bank: one-time code, three tries."""
    payment = _payment(token)
    if payment.state == State.OPEN:
        return _go("card", payment)
    if payment.state != State.CODE:
        return _go("return", payment)
    # “Continue” of a page that a merchant shows is posted, too, and has no code.
    if request.method != "POST" or "code" not in request.POST:
        return _code_page(request, payment, CodeForm())
    return _code_typed(request, payment, CodeForm(request.POST))


def _code_typed(request: HttpRequest, payment: Payment, form: CodeForm) -> HttpResponse:
    if not form.is_valid():
        return _code_page(request, payment, form)
    if payment.md_status != 1:
        return _not_recognised(request, payment)
    if not ledger.try_code(payment, form.cleaned_data["code"]):
        payment = _payment(payment.token)
        if payment.finished:
            return _ended(payment)
        form.add_error("code", f"Kod hatalı. {ledger.MAX_TRIES - payment.tries} deneme hakkınız kaldı.")
        return _code_page(request, payment, form)
    if payment.channel == Channel.THREEDS:
        return _go("return", ledger.verify(payment))
    return _charge(request, payment)


def _code_page(request: HttpRequest, payment: Payment, form: CodeForm) -> HttpResponse:
    return render(request, "bank/threeds.html", {"form": form, "payment": payment, "merchant": MERCHANT})


def _not_recognised(request: HttpRequest, payment: Payment) -> HttpResponse:
    """Go on as this card's bank answers: NestPay takes the money of half-secured cards (mdStatus 2–4), too."""
    if payment.channel == Channel.NESTPAY and payment.md_status in answers.HALF_SECURE:
        return _charge(request, payment)
    return _ended(ledger.fail_authentication(payment))


def _charge(request: HttpRequest, payment: Payment) -> HttpResponse:
    """Take the money, with the fault that was ordered for it."""
    fault = faults.take("charge")
    name = faults.name_of(fault)
    faults.sleep(fault)
    if name in {"drop-before", "http-500"}:
        if name == "drop-before":
            faults.drop(request)
        return HttpResponse(status=500)
    payment = ledger.charge(payment, wrong_amount=name == "wrong-amount")
    response = _ended(payment)
    if name in {"drop-after", "http-500-after"}:
        if name == "drop-after":
            faults.drop(request)
        return HttpResponse(status=500)
    return response


def _ended(payment: Payment) -> HttpResponse:
    webhooks.disturb(payment)
    return _go("return", payment)


@csrf_exempt
@require_POST
def give_up(_request: HttpRequest, token: str) -> HttpResponse:
    """End the payment without money, and lead back to the merchant."""
    payment = _payment(token)
    if payment.finished:
        return _go("return", payment)
    return _ended(ledger.abandon(payment))


@require_safe
def go_back(request: HttpRequest, token: str) -> HttpResponse:
    """The way back: a form that is posted to the merchant, by a script where there is one."""
    payment = _payment(token)
    if payment.state == State.OPEN:
        return _go("card", payment)
    if payment.state == State.CODE:
        return _go("threeds", payment)
    url, fields = _return_form(payment)
    context = {"payment": payment, "merchant": MERCHANT, "url": url, "fields": fields}
    response = render(request, "bank/return.html", context)
    # The merchant may lead on to wherever it likes, such as its login, and a browser counts that as the form's target.
    response.form_targets = [origin_of(url), "http:", "https:"]  # type: ignore[attr-defined]  # read by browser.rules
    return response


def _return_form(payment: Payment) -> tuple[str, dict[str, str]]:
    if payment.channel == Channel.NESTPAY:
        return answers.return_form(payment)
    if payment.channel == Channel.FORM:
        return payment.return_url, {"token": payment.token}
    recognised = payment.state != State.DECLINED
    fields = {
        "status": "success" if recognised else "failure",
        "paymentId": str(payment.id),
        "conversationData": "",
        "conversationId": payment.conversation_id,
        "mdStatus": str(max(payment.md_status, 0)),
    }
    return payment.return_url, fields | {"signature": signing.callback_signature(running().iyzico_secret_key, fields)}


# --- The rest ---------------------------------------------------------------------------------------------------------
@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Say that the database can be written to."""
    with store.transaction():
        pass
    return HttpResponse(json.dumps({"ok": True}), content_type="application/json")


@require_safe
def asset(_request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve the style sheet, the script or the icon."""
    if name not in _ASSETS:
        raise Http404
    response = FileResponse((HERE / "assets" / name).open("rb"), content_type=_ASSETS[name])
    response.headers["Cache-Control"] = "max-age=300"
    return response


def csrf_failure(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Answer a form whose secret is missing or old."""
    text = "Form doğrulanamadı. Tarayıcınızda çerezlerin açık olduğundan emin olup yeniden deneyiniz."
    return error(request, 403, text)


def bad_request(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Answer a request that cannot be read."""
    return error(request, 400, "İstek anlaşılamadı.")


def not_found(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Answer an unknown address."""
    return error(request, 404, "Aradığınız sayfa ya da ödeme bulunamadı.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an unexpected fault."""
    return error(request, 500, "Beklenmeyen bir hata oluştu. Lütfen biraz sonra yeniden deneyiniz.")


def error(request: HttpRequest, status: int, text: str) -> HttpResponse:
    """Show one sentence and the way home."""
    return render(request, "bank/error.html", {"text": text, "status": status}, status=status)
