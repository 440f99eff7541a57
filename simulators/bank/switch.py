"""Pages for whoever tries the demo: what this is, what was paid, which fault comes next."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from simulators.bank import faults, store
from simulators.bank.cards import DECLINES, TEST_CARDS
from simulators.bank.config import running
from simulators.bank.store import Payment, State

_SHOWN = 200


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, and where to go."""
    return render(request, "bank/home.html", {"portal_url": running().portal_url})


@require_safe
def transactions(request: HttpRequest) -> HttpResponse:
    """List the latest payments with what was given back, and the test cards. `?bicim=json` is for programs."""
    with store.transaction() as database:
        query = "SELECT * FROM payment ORDER BY id DESC LIMIT ?"
        payments = [Payment(**dict(row)) for row in database.execute(query, [_SHOWN])]
        lines = [_line(database, payment) for payment in payments]
    if request.GET.get("bicim") == "json":
        return JsonResponse({"payments": [_as_json(line) for line in lines]})
    return render(request, "bank/transactions.html", {"lines": lines, "cards": TEST_CARDS, "declines": DECLINES})


def _line(database: Any, payment: Payment) -> dict[str, Any]:
    hooks = database.execute("SELECT * FROM webhook WHERE payment_id = ? ORDER BY id", [payment.id]).fetchall()
    given = store.refunds(database, payment.id)
    return {
        "payment": payment,
        "why": DECLINES[payment.error].message if payment.error else "",
        "refunded": sum(refund.amount for refund in given),
        "refunds": given,
        "delivered": sum(1 for hook in hooks if hook["delivered"]),
        "hooks": len(hooks),
        "hook_status": hooks[-1]["status"] if hooks else 0,
        "waits_for_code": payment.state == State.CODE,
    }


def _as_json(line: dict[str, Any]) -> dict[str, object]:
    payment: Payment = line["payment"]
    names = ("id", "channel", "state", "token", "conversation_id", "basket_id", "price", "paid_price", "installment")
    fields: dict[str, object] = {name: getattr(payment, name) for name in (*names, "bin", "last4", "error", "code")}
    return fields | {name: line[name] for name in ("refunded", "hooks", "delivered", "hook_status")}


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Choose the next fault: on the page, or as JSON ``{"kind", "fault", "number", "count"}`` (fault “none”: all off).

    A page of another site cannot send JSON here, so only the form needs its secret.
    """
    if request.content_type == "application/json":
        return _ordered(request)
    return _page(request)


def _ordered(request: HttpRequest) -> HttpResponse:
    try:
        data: dict[str, Any] = json.loads(request.body)
        if data.get("fault") == "none":
            faults.clear()
        else:
            faults.order(data["kind"], data["fault"], number=data.get("number"), count=data.get("count", 1))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"active": [vars(fault) for fault in faults.waiting()]})


@csrf_protect
def _page(request: HttpRequest) -> HttpResponse:
    problem = ""
    if request.method == "POST":
        try:
            if request.POST.get("action") == "clear":
                faults.clear()
            else:
                number = request.POST.get("number", "").strip().replace(",", ".")
                faults.order(
                    request.POST.get("kind", ""),
                    request.POST.get("fault", ""),
                    number=float(number) if number else None,
                    count=int(request.POST.get("count") or 1),
                )
            return HttpResponseRedirect(reverse("switch"), status=303)
        except ValueError:
            problem = "Bu hata bu çağrı türünde yok ya da sayı geçersiz. Başka bir seçim yapınız."
    context = {"kinds": faults.KINDS, "names": faults.NAMES, "waiting": faults.waiting(), "problem": problem}
    return render(request, "bank/switch.html", context | {"chosen": request.POST}, status=400 if problem else 200)
