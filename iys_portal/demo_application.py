"""The demo's application: a sole trader who waits for a reviewer, with the portal's own form as the signed one."""

from datetime import date, datetime

from stdnum.tr import tckimlik

from applications.enums import ApplicationKind, CheckKind
from applications.files import receive
from applications.models import Application
from applications.papers import FILENAMES, render_paper
from applications.services import drafts

_HEAD = "100000006"
_TCKN = _HEAD + tckimlik.calc_check_digits(_HEAD)
_VALUES: dict[str, str | date] = {
    "title": "Gülbahar Yeşilçay – Yeşilçay Fidancılık",
    "mersis": "",
    "address": "Bahçelievler Mah. Fidan Sok. No: 6 Bornova, İzmir",
    "kep": "yesilcayfidan@ornek.kep.tr",
    "phone": "+902320000006",
    "email": "bilgi@yesilcayfidan.example",
    "given_name": "Gülbahar",
    "family_name": "Yeşilçay",
    "birth_date": date(1979, 5, 14),
    "mobile": "+905990000006",
    "person_email": "gulbahar@yesilcayfidan.example",
}


def install(*, now: datetime) -> None:
    """Send the application by the services that applicants use, unless it was sent before."""
    if Application.objects.filter(kind=ApplicationKind.COMPANY, title=_VALUES["title"]).exists():
        return
    application, _ = drafts.begin(kind=ApplicationKind.COMPANY, now=now)
    drafts.put_values(application_id=application.pk, values=_VALUES, tckn=_TCKN, tin=_TCKN, now=now)
    application.refresh_from_db()
    paper = render_paper(application, now=now)
    drafts.put_document(
        application_id=application.pk,
        check_id=application.checks.get(kind=CheckKind.UNDERTAKING).pk,
        file=receive(FILENAMES[ApplicationKind.COMPANY], paper),
        now=now,
    )
    drafts.submit(application_id=application.pk, now=now)
