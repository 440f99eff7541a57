"""The accountants' working places: the queue of movements, and the page on which one of them is decided."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import accountant_view
from accounts.models import Person
from iys_portal.paging import PAGE_SIZES, query_of, size_of
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.money import format_lira
from iys_portal.shared.tables import csv_rows, xlsx_bytes
from payments.enums import DecisionKind, DecisionState
from payments.forms.decisions import (
    ConfirmForm,
    DecisionForm,
    IgnoreForm,
    MatchForm,
    NoteForm,
    RefundForm,
    RejectForm,
    SplitForm,
    UndoForm,
)
from payments.forms.queue import QueueForm
from payments.models import LineDecision, StatementLine
from payments.rules import AllocationRefused, may_pay, needs_second_person, turkish_iban
from payments.selectors import accounting as selectors
from payments.selectors import lines as queue_lines
from payments.selectors.bank_refunds import likely_for
from payments.selectors.export import rows_of
from payments.selectors.lines import AWAITING_A_PERSON, DECIDED, Filters
from payments.selectors.workbench import Workplace
from payments.services import decisions
from payments.services.decisions import AlreadyDecided
from payments.views.presence import here

FORMS: dict[str, type[DecisionForm]] = {
    form.name: form
    for form in (
        MatchForm,
        SplitForm,
        RefundForm,
        IgnoreForm,
        UndoForm,
        ConfirmForm,
        RejectForm,
        NoteForm,
    )
}
_REASONS = {
    "bol": "Birden çok siparişin ödemesi; tutarlar gönderenle doğrulandı.",
    "iade": "Bir siparişin ödemesi değil; gönderene iade edilecek.",
    "yoksay": "Sipariş ödemesi değil.",
    "geri": "Yanlış karar verildi.",
    "ret": "Kararın dayanağı yeterli değil.",
}
_DONE = {
    DecisionKind.ALLOCATE: "eşleştirildi",
    DecisionKind.REFUND: "iade listesine alındı",
    DecisionKind.IGNORE: "kapsam dışı bırakıldı",
}


@require_safe
@accountant_view
def queue(request: HttpRequest) -> HttpResponse:
    """The movements that wait, or those the filters name, a page at a time."""
    form = QueueForm(request.GET)
    filters, person = form.filters, cast("Person", request.user)
    size = size_of(request)
    found = queue_lines.lines(filters, person=person)
    shown = queue_lines.page_of(
        found,
        sort=filters.sort,
        size=size,
        after=_number(request.GET.get("sonra")),
        before=_number(request.GET.get("geri")),
    )
    total, more = queue_lines.counted(found, filters)
    context = {
        "form": form,
        "filters": filters,
        "slice": shown,
        "total": total,
        "more": more,
        "size": size,
        "sizes": list(PAGE_SIZES.values()),
        "address": form.address,
    }
    return render(request, "accounting/queue.html", context)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


@require_safe
@accountant_view
def export(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """The filtered movements as a file: all pages of them, CSV (`;`, UTF-8 with its mark) or XLSX."""
    found = queue_lines.lines(QueueForm(request.GET).filters, person=cast("Person", request.user))
    name = f"hareketler-{istanbul_day(timezone.now()):%Y-%m-%d}.{kind}"
    rows = rows_of(found)
    answer: HttpResponse | StreamingHttpResponse
    if kind == "csv":
        answer = StreamingHttpResponse(csv_rows(rows), content_type="text/csv; charset=utf-8")
    else:
        content = xlsx_bytes(rows, sheet="Hareketler")
        kind_of = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        answer = HttpResponse(content, content_type=kind_of)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def line(request: HttpRequest, pk: int) -> HttpResponse:
    """One movement: what the bank says, which orders may be meant, and every decision there is. POST decides.

    The filters of the queue stay in the address; after a decision its next movement opens.
    """
    found = selectors.line_with(pk).first()
    if found is None:
        raise Http404
    queue_form = QueueForm(request.GET)
    place = Workplace(found, search=query_of(request, "siparis"))
    bound: DecisionForm | None = None
    if request.method == "POST":
        bound = _bound(request, found)
        if bound.is_valid():
            try:
                return _ACTS[bound.name](request, place, bound, queue_form)
            except (AllocationRefused, AlreadyDecided) as refusal:
                bound.add_error(None, str(refusal))
        found = selectors.line_with(pk).get()
        place = Workplace(found, search=place.search)
    return render(request, "accounting/line.html", _context(request, place, queue_form, bound))


def _bound(request: HttpRequest, found: StatementLine) -> DecisionForm:
    form = FORMS.get(request.POST.get("islem", ""))
    if form is None:
        raise Http404
    return form(found, request.POST)


def _context(
    request: HttpRequest, place: Workplace, queue_form: QueueForm, bound: DecisionForm | None
) -> dict[str, Any]:
    found, person = place.line, cast("Person", request.user)
    filters = queue_form.filters
    history = list(queue_lines.decisions_of(found))
    shown = {name: _form(name, form, place, bound) for name, form in FORMS.items()}
    if "geri" in request.GET:
        shown["geri"].fields["gerekce"].widget.attrs["autofocus"] = True
    awaiting = next((decision for decision in history if decision.state == DecisionState.AWAITING), None)
    return {
        "form": bound if bound is not None and bound.errors else None,
        "line": found,
        "place": place,
        "seen": queue_lines.seen_of(found),
        "forms": shown,
        "open_form": bound.name if bound is not None else "geri" if "geri" in request.GET else "",
        "allocations": selectors.allocations_of(found),
        "refunds": found.bank_refunds.order_by("pk"),
        "likely_refunds": likely_for(found),
        "history": history,
        "comments": queue_lines.comments_of(found),
        "awaiting": awaiting,
        "is_own": awaiting is not None and awaiting.requested_by_id == person.pk,
        "is_waiting": found.state in AWAITING_A_PERSON,
        "can_pay": may_pay(found),
        "can_undo": found.state in DECIDED and may_pay(found) and awaiting is None,
        "needs_second": needs_second_person(found.amount),
        "previous": queue_lines.neighbour(found, filters, person=person, backwards=True),
        "next": queue_lines.neighbour(found, filters, person=person),
        "address": queue_form.address,
        "search": place.search,
        **here(request, found),
    }


def _form(name: str, form: type[DecisionForm], place: Workplace, bound: DecisionForm | None) -> DecisionForm:
    if bound is not None and bound.name == name:
        return bound
    initial: dict[str, object] = {"gerekce": _REASONS.get(name, "")}
    if name in {"iade", "bol"}:
        initial |= {"iban": turkish_iban(place.line.payer_iban), "ad": place.line.payer_name[:140]}
    if name == "bol":
        for number, candidate in enumerate((c for c in place.candidates[:2] if not c.refusal), start=1):
            initial[f"kod{number}"] = candidate.order.code_display
    if name == "esle" and place.options:
        initial |= {"aday": place.options[0].value, "gerekce": place.options[0].reason}
    return form(place.line, initial=initial)


Act = Callable[[HttpRequest, Workplace, Any, QueueForm], HttpResponse]


def _match(request: HttpRequest, place: Workplace, form: MatchForm, queue_form: QueueForm) -> HttpResponse:
    option = place.option(form.cleaned_data["aday"])
    if option is None:
        raise AllocationRefused("Seçtiğiniz sipariş artık bu parayı alamıyor; sayfa güncel durumu gösteriyor.")
    is_part = request.POST.get("eksik") == "1"
    if option.fit == "eksik" and not is_part:
        raise AllocationRefused("Gelen tutar eksik. Yine de yazmak için “Eksik ödeme olarak yaz”ı seçin.")
    typed = form.cleaned_data["gerekce"].strip()
    # The sentence that was filled in belongs to the option that was shown first.
    reason = option.reason if not typed or typed == form.cleaned_data["hazir"].strip() else typed
    return _decided(
        request,
        place,
        queue_form,
        kind=DecisionKind.ALLOCATE,
        form=form,
        reason=reason,
        shares=option.shares,
        refund_amount=option.excess or None,
    )


def _split(request: HttpRequest, place: Workplace, form: SplitForm, queue_form: QueueForm) -> HttpResponse:
    values = form.cleaned_data
    return _decided(
        request,
        place,
        queue_form,
        kind=DecisionKind.ALLOCATE,
        form=form,
        reason=values["gerekce"],
        shares=form.shares,
        refund_amount=form.rest or None,
        refund_iban=values["iban"] if form.rest else "",
        refund_name=values["ad"] if form.rest else "",
    )


def _refund(request: HttpRequest, place: Workplace, form: RefundForm, queue_form: QueueForm) -> HttpResponse:
    values = form.cleaned_data
    return _decided(
        request,
        place,
        queue_form,
        kind=DecisionKind.REFUND,
        form=form,
        reason=values["gerekce"],
        refund_iban=values["iban"],
        refund_name=values["ad"],
    )


def _ignore(request: HttpRequest, place: Workplace, form: IgnoreForm, queue_form: QueueForm) -> HttpResponse:
    return _decided(
        request, place, queue_form, kind=DecisionKind.IGNORE, form=form, reason=form.cleaned_data["gerekce"]
    )


def _decided(
    request: HttpRequest,
    place: Workplace,
    queue_form: QueueForm,
    *,
    kind: DecisionKind,
    form: forms.Form,
    **wanted: Any,
) -> HttpResponse:
    found = place.line
    decision = decisions.decide(
        line_id=found.pk,
        kind=kind,
        person=cast("Person", request.user),
        now=timezone.now(),
        seen=form.cleaned_data["gorulen"],
        **wanted,
    )
    messages.success(request, _told(found, decision, queue_form))
    return _next(request, found, queue_form)


def _told(found: StatementLine, decision: LineDecision, queue_form: QueueForm) -> SafeString:
    what = f"{found.booked_on:%d.%m.%Y} tarihli {format_lira(found.amount)}"
    address = _address(found.pk, queue_form.address)
    if decision.state == DecisionState.AWAITING:
        return format_html('{} için kararınız ikinci onay bekliyor. <a href="{}">Harekete git</a>', what, address)
    undo = _address(found.pk, "&".join(part for part in ("geri=1", queue_form.address) if part))
    text = f"{what} {_DONE[DecisionKind(decision.kind)]}."
    return format_html('{} <a href="{}" data-key="g" aria-keyshortcuts="g">Geri al</a>', text, undo)


def _undo(request: HttpRequest, place: Workplace, form: UndoForm, queue_form: QueueForm) -> HttpResponse:
    decision = decisions.decide(
        line_id=place.line.pk,
        kind=DecisionKind.UNDO,
        person=cast("Person", request.user),
        now=timezone.now(),
        seen=form.cleaned_data["gorulen"],
        reason=form.cleaned_data["gerekce"],
    )
    if decision.state == DecisionState.AWAITING:
        messages.info(request, "Geri alma ikinci onay bekliyor; onaylanana kadar hiçbir şey değişmez.")
    else:
        messages.success(request, "Karar geri alındı; hareket yeniden bekliyor.")
    return redirect(_address(place.line.pk, queue_form.address))


def _confirm(request: HttpRequest, place: Workplace, form: ConfirmForm, queue_form: QueueForm) -> HttpResponse:
    decision = _awaiting(place.line)
    person = cast("Person", request.user)
    decisions.confirm(decision_id=decision.pk, person=person, now=timezone.now(), seen=form.cleaned_data["gorulen"])
    messages.success(request, f"{format_lira(place.line.amount)} için verilen karar onaylandı ve uygulandı.")
    return _next(request, place.line, queue_form)


def _reject(request: HttpRequest, place: Workplace, form: RejectForm, queue_form: QueueForm) -> HttpResponse:
    decision = _awaiting(place.line)
    decisions.reject(
        decision_id=decision.pk,
        person=cast("Person", request.user),
        reason=form.cleaned_data["gerekce"],
        now=timezone.now(),
        seen=form.cleaned_data["gorulen"],
    )
    messages.success(request, "Karar uygulanmadı; hareket beklemeye devam ediyor.")
    return redirect(_address(place.line.pk, queue_form.address))


def _awaiting(found: StatementLine) -> LineDecision:
    decision = queue_lines.decisions_of(found).filter(state=DecisionState.AWAITING).first()
    if decision is None:
        raise AllocationRefused("Bu hareketin onay bekleyen bir kararı yok; az önce sonuçlanmış olabilir.")
    return decision


def _note(request: HttpRequest, place: Workplace, form: NoteForm, queue_form: QueueForm) -> HttpResponse:
    decisions.comment(
        line_id=place.line.pk,
        text=form.cleaned_data["metin"],
        person=cast("Person", request.user),
        now=timezone.now(),
    )
    messages.success(request, "Not eklendi.")
    return redirect(_address(place.line.pk, queue_form.address))


_ACTS: dict[str, Act] = {
    "esle": _match,
    "bol": _split,
    "iade": _refund,
    "yoksay": _ignore,
    "geri": _undo,
    "onay": _confirm,
    "ret": _reject,
    "not": _note,
}


def _next(request: HttpRequest, found: StatementLine, queue_form: QueueForm) -> HttpResponse:
    """Open the next movement of the queue, or the queue itself when nothing is left in it."""
    following = queue_lines.next_waiting(found, _working(queue_form.filters), person=cast("Person", request.user))
    if following is None:
        messages.info(request, "Kuyrukta bu süzgece uyan, sizi bekleyen hareket kalmadı.")
        return redirect(_with(reverse("accounting:queue"), queue_form.address))
    return redirect(_address(following, queue_form.address))


def _working(filters: Filters) -> Filters:
    """A list of decided movements is looked at, not worked through: what follows there is the queue itself."""
    return filters if filters.state in {"", *AWAITING_A_PERSON} or filters.second else Filters(sort=filters.sort)


def _address(pk: int, query: str) -> str:
    return _with(reverse("accounting:line", args=[pk]), query)


def _with(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
