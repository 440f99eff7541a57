"""The forms that an applicant signs, printed from what was typed. Apart because WeasyPrint takes a second to load."""

import hashlib
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string

from applications.enums import ApplicationKind
from applications.models import Application
from applications.rules import form_number, printed_sha256
from contracts import markup
from contracts.rendering import print_pdf
from iys_portal.shared.clock import ISTANBUL

_DEMO_MARK = "ÖRNEK METİN · TEST"
_TEMPLATES = {ApplicationKind.COMPANY: "pdf/undertaking.html", ApplicationKind.PERSON: "pdf/authority.html"}
FILENAMES = {ApplicationKind.COMPANY: "taahhutname.pdf", ApplicationKind.PERSON: "yetkilendirme-talep-formu.pdf"}


def render_paper(application: Application, *, now: datetime) -> bytes:
    """Return the form of an application as a PDF; raises contracts.rendering.RenderingError."""
    number = form_number(application)
    created = now.astimezone(ISTANBUL).replace(microsecond=0)
    texts = ("title", "address", "kep", "phone", "email", "person_name", "mobile", "person_email", "subject_name")
    context = {
        "application": application,
        **{name: markup.clean(getattr(application, name)) for name in texts},
        "number": number,
        "created_at": created,
        "created": created.isoformat(),
        "mark": _DEMO_MARK if settings.DEMO_MODE else "",
    }
    html = render_to_string(_TEMPLATES[ApplicationKind(application.kind)], context)
    identity = f"{printed_sha256(application)}{created:%Y-%m-%d}"
    return print_pdf(
        html, styles=("contract.css", "receipt.css", "paper.css"), identifier=hashlib.sha256(identity.encode()).digest()
    )
