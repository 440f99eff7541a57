"""Who gave, changed and took back which rights, of one brand, one company, or all."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import ProviderRequest, provider_view
from brands.selectors import brand_with_code
from iys_portal.paging import page_of, query_of
from partners.enums import PartyKind
from partners.selectors.directory import party_with_id
from partners.selectors.history import ACTIONS, Asked, happenings, history

_LONGEST_NUMBER = 18
_KINDS = {"is-ortagi": PartyKind.PARTNER, "ahs": PartyKind.INTERMEDIARY}


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The history (?ara=, ?islem=, ?tur=, ?marka=, ?kurulus= with ?tur=), paged by ?sayfa= and ?adet=."""
    code, party_id, kind = (
        _number(request, "marka"),
        _number(request, "kurulus"),
        _KINDS.get(request.GET.get("tur", "")),
    )
    party_id = party_id if kind is not None else None
    query = query_of(request)
    asked = Asked(code, kind, party_id, request.GET.get("islem", ""), query)
    page = page_of(request, history(request.provider.pk, asked))
    rows = happenings(page)
    context = {
        "page": page,
        "rows": rows,
        "query": query,
        "asked": asked,
        "actions": ACTIONS.items(),
        "kinds": [(slug, kind.label) for slug, kind in _KINDS.items()],
        "kind": request.GET.get("tur", "") if kind else "",
        "brand": brand_with_code(request.provider.pk, code).first() if code is not None else None,
        "party": party_with_id(kind, party_id) if kind is not None and party_id is not None and rows else None,
        "filtered": bool(query or asked.action in ACTIONS or kind or code is not None),
    }
    return render(request, "partners/history.html", context)


def _number(request: ProviderRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else None
