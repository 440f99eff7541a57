"""The monthly report: what a month's pictures found, as a PDF that can be forwarded.

Apart from the views because WeasyPrint takes a second to load. The same figures and the same instant give the same
bytes.
"""

import hashlib
import re
from datetime import datetime
from functools import cache

from django.conf import settings
from django.template.loader import render_to_string

from accounts.models import Provider
from contracts import markup
from contracts.rendering import print_pdf
from iys_portal.shared.chart import Svg
from iys_portal.shared.clock import ISTANBUL, istanbul_day
from reports.pictures.catalogue import QUESTIONS, Question
from reports.pictures.period import Period
from reports.pictures.report import Asked, Report

_LONGEST_TABLE = 14
_VARIABLE = re.compile(r"var\(--([\w-]+)\)")


def render_month(provider: Provider, month: Period, *, now: datetime) -> bytes:
    """Return the PDF of a month, up to `now` where it has not ended. Raises contracts.rendering.RenderingError."""
    today = istanbul_day(now)
    days = Period(month.first, min(month.last, today))
    asked = Asked(days, now, today, provider.pk)
    answers = [(question, question.answer(asked)) for question in QUESTIONS]
    created = now.astimezone(ISTANBUL).replace(microsecond=0)
    html = render_to_string(
        "pdf/report.html",
        {
            "provider": provider,
            "provider_title": markup.clean(provider.title),
            "first": month.first,
            "period": days,
            "unfinished": month.last >= today,
            "answers": answers,
            "sections": [_section(question, report) for question, report in answers if report.rows],
            "number": f"{provider.iys_code}-{month.first:%Y-%m}",
            "created_at": created,
            "created": created.isoformat(),
            "mark": "DENEME ORTAMI" if settings.DEMO_MODE else "",
        },
    )
    return print_pdf(html, styles=("contract.css", "report.css"), identifier=hashlib.sha256(html.encode()).digest())


def _section(question: Question[Asked], report: Report) -> tuple[Question[Asked], Report, list[tuple[str, Svg]], bool]:
    pictures = [(panel.heading, panel.picture.printed(picture_rules())) for panel in report.panels]
    return question, report, pictures, len(report.rows) <= _LONGEST_TABLE


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
