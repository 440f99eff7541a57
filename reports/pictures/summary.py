"""What a report of a week, a month or chosen days says: the answers to a company's questions."""

from datetime import date, datetime

from iys_portal.shared.clock import istanbul_day
from reports.pictures.catalogue import QUESTIONS, Question
from reports.pictures.period import Period
from reports.pictures.report import Asked, Report
from reports.pictures.scope import Scope

Answer = tuple[Question[Asked], Report]


def answers_of(provider_id: int, scope: Scope, *, now: datetime) -> list[Answer]:
    """Return the answers to a company's questions for the days that have come; of a brand those of its own."""
    today = istanbul_day(now)
    asked = Asked(up_to(scope.period, today), now, today, provider_id, scope.brand)
    return [(each, each.answer(asked)) for each in QUESTIONS if each.by_brand or scope.brand is None]


def said(question: Question[Asked], report: Report, *, today: date) -> str:
    """Return an answer's finding as a report of a period says it: with its day, where it is none of the period's."""
    return report.finding if question.days or not report.rows else f"{today:%d.%m.%Y} itibarıyla: {report.finding}"


def up_to(period: Period, today: date) -> Period:
    """Return the days of a period that have come."""
    return Period(period.first, min(period.last, today))
