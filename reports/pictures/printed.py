"""The report of a week, a month or chosen days: what its pictures found, as a PDF that can be forwarded.

Only workers print: WeasyPrint takes a second to load and another to print. The same figures and the same instant give
the same bytes.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.conf import settings
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import render_to_string

from accounts.models import Provider
from contracts import markup
from contracts.rendering import RenderingError, print_pdf
from iys_portal.shared.chart import Svg
from iys_portal.shared.clock import ISTANBUL
from reports.enums import Rhythm
from reports.pictures.catalogue import Question
from reports.pictures.report import Asked, Report, Shown
from reports.pictures.scope import Scope
from reports.pictures.summary import Answer, said, up_to

_LONGEST_TABLE, _MOST_ROWS = 40, 500
"""Longer tables are left to the pages and files; of those that are printed in any case so many rows are."""
_SPANS: dict[str, str] = {Rhythm.WEEKLY: "Hafta", Rhythm.MONTHLY: "Ay"}
_VARIABLE = re.compile(r"var\(--([\w-]+)\)")


def print_report(provider: Provider, scope: Scope, answers: Sequence[Answer], *, now: datetime) -> bytes:
    """Return the PDF of the answers, up to `now` where the days have not ended.

    Raises contracts.rendering.RenderingError.
    """
    created = now.astimezone(ISTANBUL).replace(microsecond=0)
    today = created.date()
    try:
        html = render_to_string(
            "pdf/report.html",
            {
                "provider": provider,
                "provider_title": markup.clean(provider.title),
                "name": scope.title,
                "brand": scope.brand and f"{markup.clean(scope.brand.name)} ({scope.brand.code})",
                "period": up_to(scope.period, today),
                "span": _SPANS.get(scope.rhythm, "Son gün"),
                "unfinished": scope.period.last >= today,
                "findings": [said(question, report, today=today) for question, report in answers],
                "sections": [_section(question, report, today=today) for question, report in answers if report.rows],
                "number": f"{provider.iys_code}-{scope.name}",
                "created_at": created,
                "created": created.isoformat(),
                "mark": "DENEME ORTAMI" if settings.DEMO_MODE else "",
            },
        )
    except (TemplateDoesNotExist, TemplateSyntaxError, OSError) as error:
        raise RenderingError(f"{type(error).__name__}: {error}") from error
    return print_pdf(html, styles=("contract.css", "report.css"), identifier=hashlib.sha256(html.encode()).digest())


@dataclass(frozen=True)
class _Section:
    """An answer on paper: what it says, its pictures under their headings, and as much of the table as is printed."""

    title: str
    finding: str
    report: Report
    pictures: Sequence[tuple[str, Svg]]
    rows: Sequence[Sequence[Shown]]
    left_out: int


def _section(question: Question[Asked], report: Report, *, today: date) -> _Section:
    pictures = [(panel.heading, panel.picture.printed(picture_rules())) for panel in report.panels]
    rows = report.shown[:_MOST_ROWS] if report.in_full or len(report.rows) <= _LONGEST_TABLE else []
    left_out = len(report.rows) - len(rows)
    return _Section(question.title, said(question, report, today=today), report, pictures, rows, left_out)


@cache
def picture_rules() -> str:
    """Return the rules of the pictures' sheet with the light colours, without what belongs to pages."""
    folder = settings.BASE_DIR / "static" / "css"
    tokens = (folder / "tokens.css").read_text(encoding="utf-8").partition("@media")[0]
    colours = dict(re.findall(r"--([\w-]+):\s*([^;]+);", tokens))
    sheet = (folder / "chart.css").read_text(encoding="utf-8").partition("@media")[0]
    sheet = sheet.replace("font-family: inherit", "font-family: Inter")
    rules = re.findall(r"([^{}]+)\{([^{}]+)\}", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL))
    kept = [f"{names.strip()}{{{body.strip()}}}" for names, body in rules if "display" not in body]
    return _VARIABLE.sub(lambda found: colours[found[1]], "\n".join(kept))
