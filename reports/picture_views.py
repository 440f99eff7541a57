"""Pictures of a provider's figures: a page for each question, and the drawn rows as a file."""

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import ProviderRequest, provider_view
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.tables import csv_bytes, xlsx_bytes
from reports.forms import PictureForm
from reports.pictures.catalogue import BY_SLUG, QUESTIONS, Question
from reports.pictures.period import last_days
from reports.pictures.report import Asked, Report

_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_RANGES = ((7, "Son 7 gün"), (30, "Son 30 gün"), (90, "Son 90 gün"), (365, "Son 365 gün"))


@require_safe
@provider_view
def pictures(request: ProviderRequest) -> HttpResponse:
    """The questions that pictures answer."""
    return render(request, "reports/pictures.html", {"questions": QUESTIONS})


@require_safe
@provider_view
def picture(request: ProviderRequest, slug: str) -> HttpResponse:
    """One question with its answer; days and brand stand in the address."""
    question, now = _question(slug), timezone.now()
    form = _form(request, question, today=istanbul_day(now))
    report = _answer(request, question, form) if form.is_valid() else None
    context = {
        "question": question,
        "form": form,
        "report": report,
        "period": form.period if report else None,
        "ranges": _ranges(form, today=istanbul_day(now)) if question.days else [],
        "printed_at": now,
    }
    return render(request, "reports/picture.html", context)


@require_safe
@provider_view
def export(request: ProviderRequest, slug: str, kind: str) -> HttpResponse:
    """Exactly what the page draws, as CSV (`;`, UTF-8 with its mark) or XLSX; a wrong range has no file."""
    question = _question(slug)
    form = _form(request, question, today=istanbul_day(timezone.now()))
    if not form.is_valid():
        raise Http404
    rows = _answer(request, question, form).file_rows()
    content = csv_bytes(rows) if kind == "csv" else xlsx_bytes(rows, sheet=question.slug)
    answer = HttpResponse(content, content_type=_KINDS[kind])
    days = form.period
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{days.first}-{days.last}.{kind}"'
    return answer


def _question(slug: str) -> Question:
    question = BY_SLUG.get(slug)
    if question is None:
        raise Http404
    return question


def _form(request: ProviderRequest, question: Question, *, today: date) -> PictureForm:
    return PictureForm(
        request.GET, provider_id=request.provider.pk, today=today, days=question.days, by_brand=question.by_brand
    )


def _answer(request: ProviderRequest, question: Question, form: PictureForm) -> Report:
    now = timezone.now()
    asked = Asked(request.provider.pk, form.period, now, istanbul_day(now), form.brand)
    return question.answer(asked)


def _ranges(form: PictureForm, *, today: date) -> list[tuple[str, str, str, bool]]:
    """Return the usual ranges: words, first day, last day, whether it is the one shown."""
    shown = form.period if form.is_valid() else None
    return [
        (words, f"{days.first}", f"{days.last}", days == shown)
        for words, days in ((words, last_days(number, today=today)) for number, words in _RANGES)
    ]
