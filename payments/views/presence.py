"""Who else is on the page of a movement or an order: asked for again by the page while it is open."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import accountant_view
from accounts.models import Person
from iys_portal.shared import codes
from payments.models import Order, StatementLine
from payments.selectors.accounting import line_with
from payments.selectors.order_file import order_of_any_provider
from payments.services.presence import arrive, place_of


@require_safe
@accountant_view
def line(request: HttpRequest, pk: int) -> HttpResponse:
    """The colleagues on a movement's page."""
    found = line_with(pk).first()
    if found is None:
        raise Http404
    return render(request, "accounting/presence.html", here(request, found))


@require_safe
@accountant_view
def order(request: HttpRequest, code: str) -> HttpResponse:
    """The colleagues on an order's page."""
    parsed = codes.parse(code)
    found = order_of_any_provider(parsed) if parsed else None
    if found is None:
        raise Http404
    return render(request, "accounting/presence.html", here(request, found))


def here(request: HttpRequest, subject: StatementLine | Order) -> dict[str, object]:
    """Note that the reader is on the subject's page; return what the page shows of the others there."""
    is_line = isinstance(subject, StatementLine)
    address = (
        reverse("accounting:line_presence", args=[subject.pk])
        if isinstance(subject, StatementLine)
        else reverse("accounting:order_presence", args=[subject.code_display])
    )
    others = arrive(place=place_of(subject), person=cast("Person", request.user), now=timezone.now())
    return {"others": others, "presence_address": address, "what": "harekete" if is_line else "siparişe"}
