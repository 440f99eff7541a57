"""İzin Yönetimi: counters, the list with its file, one recipient with its history, and one movement of a consent."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from brands.enums import BrandState
from brands.selectors import brands_of, retailer_with_code
from consents import selectors
from consents.counters import lately_counted
from consents.enums import Way
from consents.export import rows_of
from consents.forms import ConsentForm, FilterForm, SearchForm
from consents.rules.calendar import earliest_allowed
from consents.rules.fields import Movement, Policy
from consents.services import ConsentRefused, Origin, record_consent
from consents.services.exports import note_list
from consents.timeline import entries_of
from consents.tokens import place_in, place_token, recipient_of, token_of
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.tables import csv_rows
from packages.meter import meter_of

PAGE_SIZE = 50
HISTORY = 200
"""Movements of a recipient on one page."""
LOCK_TIMEOUT = "55P03"
"""PostgreSQL's code for a wait that took longer than `lock_timeout`: only bulk jobs hold a provider's lock so long."""


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The search, the brands with their counters and the provider's address count."""
    provider = request.provider
    brands = list(brands_of(provider.pk))
    counts = lately_counted(provider.pk, [brand.pk for brand in brands])
    context = {
        "search": SearchForm(),
        "rows": [(brand, counts.get(brand.pk, selectors.BrandCounts())) for brand in brands],
        "meter": meter_of(provider.pk, now=timezone.now()),
    }
    return render(request, "consents/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view
def search(request: ProviderRequest) -> HttpResponse:
    """Lead from a recipient, sent by POST, to its page, whose address does not tell who it is."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return redirect("consents:recipient", token=token_of(request.provider.pk, form.cleaned_data["alici"]))
    return render(request, "consents/search.html", {"form": form})


@require_safe
@provider_view
def listing(request: ProviderRequest) -> HttpResponse:
    """The consents that the filters name, a page at a time in the order of their addresses."""
    provider_id = request.provider.pk
    brands = {brand.pk: brand for brand in brands_of(provider_id)}
    form = FilterForm(request.GET, brands=brands.values())
    filters = form.filters
    after = place_in(provider_id, request.GET.get("sonra", ""))
    shown = selectors.page_of(provider_id, filters, size=PAGE_SIZE, after=after)
    total, more = selectors.counted(provider_id, filters)
    context = {
        "form": form,
        "search": SearchForm(),
        "filters": filters,
        "address": form.address,
        "rows": [(row, brands.get(row.brand_id), token_of(provider_id, row.recipient)) for row in shown.rows],
        "next": place_token(provider_id, shown.after) if shown.after else "",
        "stopped": shown.stopped,
        "is_first": after is None,
        "total": total,
        "more": more,
    }
    return render(request, "consents/list.html", context)


@require_safe
@provider_view(Capability.CONSENTS)
def export(request: ProviderRequest) -> StreamingHttpResponse:
    """The filtered list as a file: all pages of it, CSV (`;`, UTF-8 with its mark)."""
    provider_id = request.provider.pk
    brands = {brand.pk: brand for brand in brands_of(provider_id)}
    filters = FilterForm(request.GET, brands=brands.values()).filters
    note_list(provider=request.provider, person=request.user, filters=filters, brand=brands.get(filters.brand_id or 0))
    rows = rows_of(selectors.all_of(provider_id, filters), brands)
    answer = StreamingHttpResponse(csv_rows(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="izinler-{istanbul_day(timezone.now()):%Y-%m-%d}.csv"'
    patch_cache_control(answer, no_store=True)
    return answer


@require_safe
@provider_view
def recipient(request: ProviderRequest, token: str) -> HttpResponse:
    """One recipient: how its consents stand, and every movement with where it came from, the newest HISTORY first.

    ?once= names the movement before which the older ones are shown.
    """
    provider_id = request.provider.pk
    address = recipient_of(provider_id, token)
    if address is None:
        raise Http404
    brands = {brand.pk: brand for brand in brands_of(provider_id)}
    found = selectors.address_rows(provider_id, address)
    calendar = selectors.calendar()
    written = request.GET.get("once", "")
    before = {"before": int(written)} if written.isdecimal() and len(written) < 19 else {}
    events = selectors.history_of(provider_id, found.rows, limit=HISTORY + 1, **before)
    shown = events[:HISTORY]
    context = {
        "recipient": address,
        "token": token,
        "rows": [(row, brands.get(row.brand_id)) for row in found.rows],
        "timeline": entries_of(shown, brands, calendar=calendar),
        "shown": len(shown),
        "older": shown[-1].seq if len(events) > HISTORY else None,
        "is_newest": not before,
        "earliest": earliest_allowed(timezone.now(), calendar),
    }
    return render(request, "consents/recipient.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.CONSENTS)
def add(request: ProviderRequest) -> HttpResponse:
    """One movement: the form (?alici= with a token, ?marka= and ?kanal= fill it in), what follows, and the record."""
    now, provider = timezone.now(), request.provider
    policy = selectors.policy()
    brands = list(brands_of(provider.pk).filter(state=BrandState.ACTIVE))
    if request.method != "POST":
        form = ConsentForm(brands=brands, policy=policy, now=now, initial=_initial(request, provider.pk))
        return render(request, "consents/add.html", {"form": form})
    form = ConsentForm(request.POST, brands=brands, policy=policy, now=now)
    movement = form.movement if form.is_valid() else None
    if movement is None or "duzelt" in request.POST:
        return render(request, "consents/add.html", {"form": form})
    retailer_code = form.cleaned_data["bayi"]
    if request.POST.get("onay") != "1":
        outlook = selectors.outlook_of(form.brand, movement, retailer_code=retailer_code, policy=policy, now=now)
        if not outlook.faults:
            context = {
                "form": form,
                "movement": movement,
                "brand": form.brand,
                "retailer": None if retailer_code is None else retailer_with_code(form.brand, retailer_code).first(),
                "outlook": outlook,
            }
            return render(request, "consents/confirm.html", context)
        form.refuse(outlook.faults)
        return render(request, "consents/add.html", {"form": form})
    return _recorded(request, form, movement, policy=policy, now=now)


def _recorded(
    request: ProviderRequest, form: ConsentForm, movement: Movement, *, policy: Policy, now: datetime
) -> HttpResponse:
    """Record the movement and lead to its recipient; else show the form with what is wrong."""
    provider = request.provider
    try:
        recorded = record_consent(
            provider=provider,
            brand=form.brand,
            movement=movement,
            origin=Origin(Way.SCREEN, request.user),
            policy=policy,
            now=now,
            retailer_code=form.cleaned_data["bayi"],
            repeats=True,
        )
    except ConsentRefused as refusal:
        form.refuse(refusal.faults)
        return render(request, "consents/add.html", {"form": form})
    except OperationalError as trouble:
        if getattr(trouble.__cause__, "sqlstate", "") != LOCK_TIMEOUT:
            raise
        form.add_error(None, "Şu anda toplu yükleme sürüyor; izin kaydedilmedi. Birazdan yeniden deneyin.")
        return render(request, "consents/add.html", {"form": form})
    if recorded.is_new:
        messages.success(
            request, f"İzin kaydedildi: {movement.status.label}. İşlem no: {recorded.transaction_id[:12]}…"
        )
    else:
        messages.info(request, "Bu izin az önce kaydedilmişti; ikinci kez kaydedilmedi.")
    return redirect("consents:recipient", token=token_of(provider.pk, movement.recipient))


def _initial(request: HttpRequest, provider_id: int) -> dict[str, object]:
    """Return what the address fills in."""
    known: dict[str, Any] = {name: request.GET.get(name, "") for name in ("marka", "kanal", "alici_tipi", "durum")}
    known["alici"] = recipient_of(provider_id, request.GET.get("alici", ""))
    return {name: value for name, value in known.items() if value}
