"""Muhasebe, card money: the daily comparison with the bank, all attempts, and one page of everything of an order."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import accountant_view
from accounts.models import Person
from iys_portal.paging import page_of, query_of
from iys_portal.shared import codes
from iys_portal.shared.tables import Cell, csv_bytes
from iys_portal.ui import tarih_saat
from payments.decline_words import label_of
from payments.enums import AttemptState, DifferenceKind
from payments.forms.card_accounting import AgainForm, NoteForm
from payments.models import CardDifference
from payments.selectors import card_days as selectors
from payments.selectors.order_file import order_file, order_of_any_provider
from payments.services import card_day
from payments.views.presence import here

DAYS_SHOWN = 14
_CSV_HEADER = (
    "Gün",
    "Ödeme kuruluşu",
    "Tür",
    "İşlem",
    "Ödeme no",
    "İzleme no",
    "Sipariş kodu",
    "Hizmet sağlayıcı",
    "Bizde (TL)",
    "Bankada",
    "Bankadaki para birimi",
    "Saptama",
    "Kapatma",
    "Kapatan",
    "Açıklama",
)


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def comparison(request: HttpRequest) -> HttpResponse:
    """Differences and days of the card comparison. POST asks for a day once more."""
    if request.method == "POST":
        return _compare_again(request)
    now = timezone.now()
    expected = selectors.expected_days(now=now)
    days = page_of(request, expected, "gun_sayfasi", size=DAYS_SHOWN)
    state, kind, query = request.GET.get("durum", selectors.OPEN), request.GET.get("tur", ""), query_of(request)
    context = {
        "differences": page_of(request, selectors.differences(state=state, kind=kind, query=query)),
        "is_filtered": bool(query or kind) or state != selectors.OPEN,
        "states": selectors.DIFFERENCE_STATES,
        "kinds": DifferenceKind.choices,
        "state": state,
        "kind": kind,
        "query": query,
        "day_page": days,
        "days": selectors.days_with_figures(list(days)),
        "without_report": selectors.gateways_without_report(),
    }
    return render(request, "accounting/card_days.html", context)


def _compare_again(request: HttpRequest) -> HttpResponse:
    form = AgainForm(request.POST)
    asked = form.is_valid() and card_day.compare_again(
        gateway_name=form.cleaned_data["gateway"],
        day=form.cleaned_data["day"],
        person=cast("Person", request.user),
        now=timezone.now(),
    )
    if asked:
        day = f"{form.cleaned_data['day']:%d.%m.%Y}"
        messages.success(request, f"{day} gününün karşılaştırması sıraya alındı; sonucu birazdan burada görünür.")
    else:
        messages.error(request, "Bu gün karşılaştırılamaz. Günü listeden seçin.")
    return redirect("accounting:card_days")


@require_safe
@accountant_view
def differences_csv(request: HttpRequest) -> HttpResponse:
    """The filtered differences as a file for spreadsheets."""
    rows = selectors.differences(
        state=request.GET.get("durum", selectors.OPEN), kind=request.GET.get("tur", ""), query=query_of(request)
    )
    content = csv_bytes([_CSV_HEADER, *map(_csv_row, rows)])
    headers = {"Content-Disposition": 'attachment; filename="kart-farklari.csv"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _csv_row(row: CardDifference) -> list[Cell]:
    order = row.attempt.order if row.attempt else None
    return [
        row.day,
        row.gateway,
        row.get_kind_display(),
        row.get_event_display(),
        row.payment_id,
        row.conversation_id,
        order.code_display if order else "",
        order.provider.title if order else "",
        row.ours,
        row.theirs,
        row.currency,
        tarih_saat(row.found_at),
        tarih_saat(row.closed_at),
        row.closed_by.get_full_name() if row.closed_by else ("Sistem" if row.vanished else ""),
        row.note,
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def difference(request: HttpRequest, pk: int) -> HttpResponse:
    """One difference: both sides' figures, the attempt and order. POST closes it with a note."""
    found = selectors.difference_with(pk)
    if found is None:
        raise Http404
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            card_day.close(
                difference_id=found.pk,
                person=cast("Person", request.user),
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
        except card_day.AlreadyClosed as refusal:
            messages.warning(request, f"{refusal} Yazdığınız açıklama: «{form.cleaned_data['note']}»")
            return redirect("accounting:card_difference", pk=found.pk)
        messages.success(request, "Fark kapatıldı.")
        return redirect("accounting:card_days")
    decline = label_of(found.attempt.decline_group) if found.attempt else ""
    return render(request, "accounting/card_difference.html", {"difference": found, "form": form, "decline": decline})


@require_safe
@accountant_view
def attempts(request: HttpRequest) -> HttpResponse:
    """All card attempts, those whose result is not known first."""
    state, query = request.GET.get("durum", ""), query_of(request)
    page = page_of(request, selectors.attempts(state=state, query=query))
    for attempt in page:
        attempt.decline = label_of(attempt.decline_group)
    context = {"page": page, "states": AttemptState.choices, "state": state, "query": query}
    return render(request, "accounting/card_attempts.html", context)


@require_safe
@accountant_view
def order(request: HttpRequest, code: str) -> HttpResponse:
    """Everything of one order: money of both kinds, attempts, the bank's messages, documents, one timeline."""
    parsed = codes.parse(code)
    found = order_of_any_provider(parsed) if parsed else None
    if found is None:
        raise Http404
    file = order_file(found)
    context = {"order": found, "file": file, "timeline": file.timeline, **here(request, found)}
    return render(request, "accounting/order.html", context)
