"""Muhasebe: statements are uploaded here, and what did not settle by itself is looked at (screen 17)."""

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import accountant_view
from accounts.models import Person
from iys_portal.shared.clock import istanbul_day
from payments.enums import LineState, StatementState
from payments.forms.accounting import StatementUploadForm
from payments.selectors import accounting as selectors
from payments.selectors.statements import line_counts
from payments.services.statements import receive

PAGE_SIZES = {"25": 25, "50": 50, "100": 100}
QUERY_LENGTH = 100
FORMAT = "mt940"


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def dashboard(request: HttpRequest) -> HttpResponse:
    """What waits now: orders for money, movements for a person. POST uploads a statement."""
    if request.method == "POST":
        form = StatementUploadForm(request.POST, request.FILES)
        if form.is_valid():
            return _upload(request, form)
    else:
        form = StatementUploadForm()
    now, query, state = timezone.now(), _query(request), request.GET.get("durum", "")
    context = {
        "form": form,
        "figures": selectors.figures(now=now),
        "pending_orders": _page(request, selectors.pending_orders(now=now, query=query), "siparis_sayfasi"),
        "lines": _page(request, selectors.waiting_lines(state=state, query=query)),
        "states": [(choice.value, choice.label) for choice in selectors.AWAITING_A_PERSON],
        "state": state,
        "query": query,
    }
    return render(request, "accounting/dashboard.html", context)


def _upload(request: HttpRequest, form: StatementUploadForm) -> HttpResponse:
    """Keep the file and go to its page, which shows how its reading comes along."""
    file = form.cleaned_data["file"]
    kept, is_new = receive(
        account=form.cleaned_data["account"],
        format=FORMAT,
        filename=file.name,
        content=file.read(),
        person=cast("Person", request.user),
        now=timezone.now(),
    )
    if is_new:
        messages.success(request, "Ekstre alındı.")
    else:
        day = f"{istanbul_day(kept.received_at):%d.%m.%Y}"
        messages.info(request, f"Bu dosya {day} tarihinde zaten yüklenmiş; hiçbir hareket yeniden alınmadı.")
    return redirect("accounting:statement", pk=kept.pk)


@require_safe
@accountant_view
def statements(request: HttpRequest) -> HttpResponse:
    """All statements, newest first, with how many of their movements still wait."""
    page = _page(request, selectors.statements())
    waiting = selectors.waiting_counts([statement.pk for statement in page])
    for statement in page:
        statement.waiting = waiting.get(statement.pk, 0)
    return render(request, "accounting/statements.html", {"page": page})


@require_safe
@accountant_view
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """One statement: how far it is, what does not add up, and its movements."""
    found = selectors.statement_with(pk).first()
    if found is None:
        raise Http404
    query, state = _query(request), request.GET.get("durum", "")
    context = {
        "statement": found,
        "counts": line_counts(found),
        "is_running": found.state in {StatementState.RECEIVED, StatementState.READ},
        "lines": _page(request, selectors.lines_of(found, state=state, query=query)),
        "states": LineState.choices,
        "state": state,
        "query": query,
    }
    return render(request, "accounting/statement.html", context)


@require_safe
@accountant_view
def line(request: HttpRequest, pk: int) -> HttpResponse:
    """One movement: what the bank says, what was decided and why, and the orders that may be meant."""
    found = selectors.line_with(pk).first()
    if found is None:
        raise Http404
    context = {
        "line": found,
        "candidates": selectors.candidates_of(found),
        "allocations": selectors.allocations_of(found),
        "is_waiting": found.state in selectors.AWAITING_A_PERSON,
    }
    return render(request, "accounting/line.html", context)


def _query(request: HttpRequest) -> str:
    return request.GET.get("ara", "").strip()[:QUERY_LENGTH]


def _page(request: HttpRequest, rows: QuerySet[Any], parameter: str = "sayfa") -> Page[Any]:
    size = PAGE_SIZES.get(request.GET.get("adet", ""), 25)
    return Paginator(rows, size).get_page(request.GET.get(parameter))
