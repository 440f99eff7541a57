"""Pictures: a page for each question, and the drawn rows as a file; a company's, accountants', administrators'."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import ProviderRequest, accountant_view, administrator_view, provider_view
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.tables import csv_bytes, xlsx_bytes
from reports.document_views import offered
from reports.enums import Rhythm
from reports.picture_forms import PictureForm
from reports.pictures.catalogue import ACCOUNTING, ADMINISTRATION, QUESTIONS, Question
from reports.pictures.period import last_days
from reports.pictures.report import Asked, Report, Span
from reports.selectors.documents import rhythms_of

_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WEEKS = 4
_RANGES = ((7, "Son 7 gün"), (30, "Son 30 gün"), (90, "Son 90 gün"), (365, "Son 365 gün"))
A = TypeVar("A", bound=Span)


# --- A company's ------------------------------------------------------------------------------------------------------
@require_safe
@provider_view
def pictures(request: ProviderRequest) -> HttpResponse:
    """The questions that pictures answer, and the months and weeks that are summed up."""
    today = istanbul_day(timezone.now())
    context = {
        "questions": QUESTIONS,
        "months": offered(Rhythm.MONTHLY, today=today),
        "weeks": offered(Rhythm.WEEKLY, today=today)[:_WEEKS],
        "by_mail": [Rhythm(rhythm).label.lower() for rhythm in rhythms_of(request.membership)],
    }
    return render(request, "reports/pictures.html", context)


@require_safe
@provider_view
def picture(request: ProviderRequest, slug: str) -> HttpResponse:
    """One question with its answer; days and brand stand in the address."""
    question = _question(QUESTIONS, slug)
    form = _form(request, question, provider_id=request.provider.pk)
    report = _answer(request, question, form) if form.is_valid() else None
    return _page(request, question, form, report, names="reports:picture")


@require_safe
@provider_view
def export(request: ProviderRequest, slug: str, kind: str) -> HttpResponse:
    """Exactly what the page draws, as CSV (`;`, UTF-8 with its mark) or XLSX; a wrong range has no file."""
    question = _question(QUESTIONS, slug)
    form = _form(request, question, provider_id=request.provider.pk)
    if not form.is_valid():
        raise Http404
    return _file(question, form, _answer(request, question, form), kind)


def _answer(request: ProviderRequest, question: Question[Asked], form: PictureForm) -> Report:
    now = timezone.now()
    return question.answer(Asked(form.period, now, istanbul_day(now), request.provider.pk, form.brand))


# --- The accountants' -------------------------------------------------------------------------------------------------
@require_safe
@accountant_view
def accounting_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the accountants' questions."""
    return _staff_page(request, _question(ACCOUNTING, slug), names="accounting:picture")


@require_safe
@accountant_view
def accounting_export(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Its drawn rows as a file."""
    return _staff_file(request, _question(ACCOUNTING, slug), kind)


# --- The administrators' ----------------------------------------------------------------------------------------------
@require_safe
@administrator_view
def administration_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the administrators' questions."""
    return _staff_page(request, _question(ADMINISTRATION, slug), names="administration:picture")


@require_safe
@administrator_view
def administration_export(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Its drawn rows as a file."""
    return _staff_file(request, _question(ADMINISTRATION, slug), kind)


# --- Both staffs' -----------------------------------------------------------------------------------------------------
def _staff_page(request: HttpRequest, question: Question[Span], *, names: str) -> HttpResponse:
    form = _form(request, question)
    report = _staff_answer(question, form) if form.is_valid() else None
    return _page(request, question, form, report, names=names)


def _staff_file(request: HttpRequest, question: Question[Span], kind: str) -> HttpResponse:
    form = _form(request, question)
    if not form.is_valid():
        raise Http404
    return _file(question, form, _staff_answer(question, form), kind)


def _staff_answer(question: Question[Span], form: PictureForm) -> Report:
    now = timezone.now()
    return question.answer(Span(form.period, now, istanbul_day(now)))


# --- All -------------------------------------------------------------------------------------------------------------
def _question(questions: Sequence[Question[A]], slug: str) -> Question[A]:
    found = next((question for question in questions if question.slug == slug), None)
    if found is None:
        raise Http404
    return found


def _form(request: HttpRequest, question: Question[Any], *, provider_id: int | None = None) -> PictureForm:
    return PictureForm(
        request.GET,
        provider_id=provider_id,
        today=istanbul_day(timezone.now()),
        days=question.days,
        by_brand=question.by_brand,
    )


def _page(
    request: HttpRequest, question: Question[Any], form: PictureForm, report: Report | None, *, names: str
) -> HttpResponse:
    now = timezone.now()
    context = {
        "question": question,
        "form": form,
        "report": report,
        "period": form.period if report else None,
        "ranges": _ranges(form, today=istanbul_day(now)) if question.days else [],
        "printed_at": now,
        "csv": f"{names}_csv",
        "xlsx": f"{names}_xlsx",
        "area": names.partition(":")[0],
    }
    return render(request, "reports/picture.html", context)


def _ranges(form: PictureForm, *, today: date) -> list[tuple[str, str, str, bool]]:
    """Return the usual ranges: words, first day, last day, whether it is the one shown."""
    shown = form.period if form.is_valid() else None
    return [
        (words, f"{days.first}", f"{days.last}", days == shown)
        for words, days in ((words, last_days(number, today=today)) for number, words in _RANGES)
    ]


def _file(question: Question[Any], form: PictureForm, report: Report, kind: str) -> HttpResponse:
    rows, days = report.file_rows(), form.period
    content = csv_bytes(rows) if kind == "csv" else xlsx_bytes(rows, sheet=question.slug)
    answer = HttpResponse(content, content_type=_KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{question.slug}-{days.first}-{days.last}.{kind}"'
    return answer
