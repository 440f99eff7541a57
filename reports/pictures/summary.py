"""What a report of a week or month says: the answers to all questions of a company."""

from datetime import date, datetime, timedelta

from django.utils.formats import date_format

from iys_portal.shared.clock import istanbul_day
from reports.enums import Rhythm
from reports.pictures.catalogue import QUESTIONS, Question
from reports.pictures.period import Period
from reports.pictures.report import Asked, Report

Answer = tuple[Question[Asked], Report]


def answers_of(provider_id: int, period: Period, *, now: datetime) -> list[Answer]:
    """Return the answers to a company's questions for the days of the period that have come."""
    today = istanbul_day(now)
    asked = Asked(up_to(period, today), now, today, provider_id)
    return [(question, question.answer(asked)) for question in QUESTIONS]


def said(question: Question[Asked], report: Report, *, today: date) -> str:
    """Return an answer's finding as a report of a period says it: with its day, where it is none of the period's."""
    return report.finding if question.days or not report.rows else f"{today:%d.%m.%Y} itibarıyla: {report.finding}"


def up_to(period: Period, today: date) -> Period:
    """Return the days of a period that have come."""
    return Period(period.first, min(period.last, today))


def title_of(rhythm: str, first: date) -> str:
    """Return what a report is called: Kasım 2026 raporu; 23–29 Kasım 2026 haftasının raporu."""
    return f"{words_of(rhythm, first)} {'raporu' if rhythm == Rhythm.MONTHLY else 'haftasının raporu'}"


def words_of(rhythm: str, first: date) -> str:
    """Return a month or a week in words: Kasım 2026; 23–29 Kasım 2026; 30 Kasım–6 Aralık 2026."""
    if rhythm == Rhythm.MONTHLY:
        return date_format(first, "F Y")
    last = first + timedelta(days=6)
    begins = "j" if first.month == last.month else "j F" if first.year == last.year else "j F Y"
    return f"{date_format(first, begins)}–{date_format(last, 'j F Y')}"
