"""Muhasebe: statements are uploaded here, and what did not settle by itself is looked at (screen 17)."""

from typing import cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import accountant_view
from accounts.models import Person
from iys_portal.paging import page_of as _page
from iys_portal.paging import query_of as _query
from iys_portal.shared.clock import istanbul_day
from payments.enums import LineState, StatementState
from payments.forms.accounting import StatementUploadForm
from payments.selectors import accounting as selectors
from payments.selectors.refunds import open_refunds
from payments.selectors.statements import days_of, failing_sources, line_counts
from payments.selectors.today import ages, matched_by_itself, tasks
from payments.services.statement_files import open_content
from payments.services.statements import Reread, receive, reread
from reports.pictures.accounting import ageing_picture

RESTING_SHOWN = 50
PROBLEMS_SHOWN = 100


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
    now, query, person = timezone.now(), _query(request), cast("Person", request.user)
    figures = selectors.figures(now=now)
    waiting = ages(now=now) if figures.line_count else []
    context = {
        "form": form,
        "figures": figures,
        "failing_sources": failing_sources(),
        "today": matched_by_itself(now=now, days=1),
        "month": matched_by_itself(now=now, days=30),
        "tasks": tasks(figures, person=person),
        "ages": waiting,
        "ageing": ageing_picture(waiting) if waiting else None,
        "pending_orders": _page(request, selectors.pending_orders(now=now, query=query), "siparis_sayfasi"),
        "refunds": open_refunds()[:RESTING_SHOWN],
        "resting_orders": selectors.resting_orders()[:RESTING_SHOWN],
        "query": query,
    }
    return render(request, "accounting/dashboard.html", context)


def _upload(request: HttpRequest, form: StatementUploadForm) -> HttpResponse:
    """Keep the file and go to its page, which shows how its reading comes along."""
    file = form.cleaned_data["file"]
    kept, is_new = receive(
        account=form.cleaned_data["account"],
        format=form.cleaned_data["bicim"],
        filename=file.name,
        content=file,
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


@require_http_methods(["GET", "HEAD", "POST"])
@accountant_view
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """One statement: how far it is, what does not add up, and its movements. POST reads the kept file again."""
    found = selectors.statement_with(pk).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        _tell(request, reread(statement_id=pk, person=cast("Person", request.user), now=timezone.now()))
        return redirect("accounting:statement", pk=pk)
    query, state = _query(request), request.GET.get("durum", "")
    counts = line_counts(found)
    context = {
        "statement": found,
        "counts": counts,
        "percent": 100 - 100 * counts["new"] // max(sum(counts.values()), 1),
        "days": days_of(found),
        "problems": found.problems[:PROBLEMS_SHOWN],
        "more_problems": max(len(found.problems) - PROBLEMS_SHOWN, 0),
        "is_running": found.state in {StatementState.RECEIVED, StatementState.READ},
        "lines": _page(request, selectors.lines_of(found, state=state, query=query)),
        "states": LineState.choices,
        "state": state,
        "query": query,
    }
    return render(request, "accounting/statement.html", context)


def _tell(request: HttpRequest, result: Reread) -> None:
    """Say what came of reading a file again."""
    if result.is_queued:
        messages.info(request, "Dosya sıraya alındı; birazdan yeniden okunacak.")
    elif result.refusal:
        messages.error(request, f"Dosya güncel okuyucuyla okunamadı, hareketler değişmedi: {result.refusal}")
    elif result.added:
        messages.success(request, f"{result.added} hareket daha bulundu.")
    else:
        messages.success(request, "Dosya güncel okuyucuyla okundu; yeni hareket yok.")


@require_safe
@accountant_view
def statement_file(_request: HttpRequest, pk: int) -> FileResponse:
    """The statement's file as it came from the bank."""
    found = selectors.statement_with(pk).first()
    if found is None:
        raise Http404
    # Never shown by the browser, whatever the file is.
    return FileResponse(
        open_content(found), as_attachment=True, filename=found.filename, content_type="application/octet-stream"
    )
