"""The pages of an authorised company's own people: its brands, and whether a call would be let through."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import PartyRequest, partner_view
from iys_portal.paging import QUERY_LENGTH, page_of, query_of
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.tables import Cell, csv_rows
from partners.enums import Channel, Right
from partners.models import Partner
from partners.rules import NOT_AUTHORISED, Refusal, Standing
from partners.selectors.standing import (
    RESTS,
    WORKS,
    Party,
    all_authorised_brands,
    authorised_brands,
    brand_for_party,
    grants_to,
    standing_of,
)

_LONGEST_CODE = 10
_STATES = [(WORKS, "Çalışanlar"), (RESTS, "Çalışmayanlar")]


@require_safe
@partner_view
def overview(request: PartyRequest) -> HttpResponse:
    """The brands that authorised the company: ?ara=, ?durum=, paged by ?sayfa= and ?adet=."""
    now = timezone.now()
    query, state = _filter(request)
    grants = grants_to(request.party, query, state, now=now)
    page = page_of(request, grants)
    context = {
        "party": request.party,
        "page": page,
        "rows": authorised_brands(request.party, list(page), now=now),
        "query": query,
        "state": state,
        "states": _STATES,
    }
    return render(request, "partners/party/brands.html", context)


@require_safe
@partner_view
def export(request: PartyRequest) -> StreamingHttpResponse:
    """The same brands, all that the filter lets through, as CSV."""
    now = timezone.now()
    query, state = _filter(request)
    rows = _lines(request.party, query, state)
    answer = StreamingHttpResponse(csv_rows(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="yetkili-markalar-{istanbul_day(now):%Y%m%d}.csv"'
    return answer


def _filter(request: PartyRequest) -> tuple[str, str]:
    query = query_of(request)
    state = request.GET.get("durum", "")
    return query, state if state in {WORKS, RESTS} else ""


def _lines(party: Party, query: str, state: str) -> Iterator[Sequence[Cell]]:
    now = timezone.now()
    yield ["Marka kodu", "Marka", "Hizmet sağlayıcı", "Yetkiler", "Veriliş", "Bitiş", "Durum"]
    for row in all_authorised_brands(party, grants_to(party, query, state, now=now), now=now):
        yield [
            row.brand.code,
            row.brand.name,
            row.provider_title,
            ", ".join(row.rights),
            istanbul_day(row.granted_at),
            row.ends_on,
            row.refusal.words if row.refusal else "Çalışıyor",
        ]


@dataclass(frozen=True)
class Verdict:
    """Whether one kind of call would be let through now, and if not, why."""

    name: str
    refusal: Refusal | None


@require_safe
@partner_view
def check(request: PartyRequest) -> HttpResponse:
    """“Çalışıyor mu?” for a brand, ?marka=<code>: each right, and in words why a call would be refused."""
    code = request.GET.get("marka", "").strip().replace(" ", "")
    number = int(code) if code.isascii() and code.isdecimal() and len(code) <= _LONGEST_CODE else None
    brand = brand_for_party(request.party, number) if number is not None else None
    standing = standing_of(party=request.party, brand=brand, now=timezone.now()) if brand else None
    context = {
        "party": request.party,
        "code": code[:QUERY_LENGTH],
        "malformed": bool(code) and number is None,
        "brand": brand,
        "standing": standing,
        "verdicts": _verdicts(standing) if standing else [],
        "unknown": NOT_AUTHORISED if number is not None and brand is None else None,
    }
    return render(request, "partners/party/check.html", context)


def _verdicts(standing: Standing) -> list[Verdict]:
    """Return a verdict for each kind of call that this kind of company can make."""
    verdicts = []
    rights = [(Right.READ, "okuma")]
    if isinstance(standing.party, Partner):
        verdicts.append(Verdict("Mutabakat Yönetimi", standing.why_refused(None, Right.READ)))
        rights.append((Right.WRITE, "yazma"))
    for channel in Channel:
        for right, word in rights:
            verdicts.append(Verdict(f"{channel.label}: {word}", standing.why_refused(channel, right)))
    return verdicts
