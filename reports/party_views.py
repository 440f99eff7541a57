"""A partner's Mutabakat Yönetimi: the daily files of a brand that gave the right, compared with the partner's own."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import PartyRequest, partner_view
from iys_portal.paging import page_of
from partners.enums import Right
from partners.models import Partner
from partners.selectors.standing import brand_for_party, why_refused
from reports import day_pages
from reports.day_pages import PAGE_SIZE, Side
from reports.selectors import files as selectors

_View = Callable[..., HttpResponseBase]


def _of_brand(view: Callable[..., HttpResponseBase]) -> _View:
    """Give the view the brand's side if its grant opens Mutabakat Yönetimi now; say why it does not.

    Brands that authorise the partner in nothing do not exist, and an AHS has no such pages.
    """

    @wraps(view)
    def shown(request: PartyRequest, code: int, **rest: Any) -> HttpResponseBase:
        party = request.party
        brand = brand_for_party(party, code) if isinstance(party, Partner) else None
        if brand is None or not isinstance(party, Partner):
            raise Http404
        refusal = why_refused(party=party, brand=brand, channel=None, right=Right.READ, now=timezone.now())
        if refusal is not None:
            context = {"party": party, "brand": brand, "refusal": refusal}
            return render(request, "reports/party/refused.html", context, status=403)
        return view(request, Side(brand, "party_reports", party), **rest)

    return partner_view(shown)


@require_safe
@_of_brand
def overview(request: PartyRequest, side: Side) -> HttpResponse:
    """The daily files of a brand, newest first."""
    found = selectors.daily_files(side.brand.provider_id, brand_id=side.brand.pk)
    page = page_of(request, found, size=PAGE_SIZE)
    return render(request, "reports/party/days.html", {"side": side, "brand": side.brand, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@_of_brand
def day(request: PartyRequest, side: Side, day: str) -> HttpResponse:
    """One day: figures, file, hash, stamp. POST names a hash or sends a file to compare."""
    return day_pages.day(request, side, day)


@require_safe
@_of_brand
def file(request: PartyRequest, side: Side, day: str) -> StreamingHttpResponse:
    """The bytes of a daily file, the newest or, with ?surum=, another revision."""
    return day_pages.file(request, side, day)


@require_safe
@_of_brand
def stamp(request: PartyRequest, side: Side, day: str) -> HttpResponse:
    """The RFC 3161 time stamp of a daily file."""
    return day_pages.stamp(request, side, day)


@require_safe
@_of_brand
def comparison(request: PartyRequest, side: Side, day: str, pk: int) -> HttpResponse:
    """What differs between the partner's file and ours, a page at a time."""
    return day_pages.comparison(request, side, day, pk)


@require_safe
@_of_brand
def comparison_rows(request: PartyRequest, side: Side, day: str, pk: int) -> StreamingHttpResponse:
    """The rows that differ, as a file (CSV)."""
    return day_pages.comparison_rows(request, side, day, pk)
