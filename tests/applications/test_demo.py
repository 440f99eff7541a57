"""The demo has an application for its administrator to review."""

from datetime import datetime

from applications.enums import ApplicationState
from applications.models import Application, Document
from iys_portal import demo_application


def test_one_application_waits_with_a_form_that_an_applicant_could_have_sent(now: datetime, db: None) -> None:
    for _ in range(2):
        demo_application.install(now=now)
    application = Application.objects.get()
    assert (application.state, application.tin, application.tin_label) == (
        ApplicationState.NEW,
        application.tckn,
        "TCKN",
    )
    document = Document.objects.get()
    assert (document.mimetype, document.pages) == ("application/pdf", 2)
