"""Başvuru durumu: only with the reference and a second proof; drafts that are old are gone."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Person
from applications.enums import ApplicationState, CheckKind
from applications.models import Application, Document
from applications.rules import ApplicationRefused
from applications.services import drafts, review
from applications.services.drafts import drop_old_drafts
from tests.applications import samples
from tests.applications.samples import judge


@pytest.mark.parametrize(
    ("proof", "found"),
    [
        (samples.TCKN[-4:], True),
        ("INCI@isikcicek.com.tr", True),
        (samples.TCKN[-3:], False),
        ("0000", False),
        ("bilgi@isikcicek.com.tr", False),
        ("", False),
    ],
)
def test_reference_and_proof_together(proof: str, found: bool, now: datetime, db: None) -> None:
    application = samples.sent(now=now)
    browser = Client()
    typed = {"basvuru_no": application.reference_display.lower(), "kanit": proof}
    answer = browser.post("/basvuru/durum/", typed)
    assert (answer.status_code == 302) is found
    shown = browser.get("/basvuru/durum/").content.decode()
    assert ("Işık Çiçekçilik" in shown, samples.TCKN in shown) == (found, False)


def test_a_wrong_reference_and_a_wrong_proof_read_the_same(now: datetime, db: None) -> None:
    application = samples.sent(now=now)
    wrong = [
        {"basvuru_no": application.reference, "kanit": "9999" if samples.TCKN[-4:] != "9999" else "8888"},
        {"basvuru_no": "KM7T-3RAW-C4H9", "kanit": samples.TCKN[-4:]},
    ]
    told = [Client().post("/basvuru/durum/", typed).context["form"].errors["basvuru_no"] for typed in wrong]
    assert told[0] == told[1]


def test_one_address_may_not_try_for_ever(now: datetime, db: None) -> None:
    browser = Client(REMOTE_ADDR="192.0.2.99")
    statuses = [browser.post("/basvuru/durum/", {"basvuru_no": "A", "kanit": "1"}).status_code for _ in range(21)]
    assert (set(statuses[:20]), statuses[20]) == ({200}, 429)


def test_a_months_old_draft_is_forgotten_and_nothing_that_was_sent(now: datetime, db: None) -> None:
    samples.draft(now=now - timedelta(days=31))
    kept = [samples.draft(now=now - timedelta(days=29)).pk, samples.sent(now=now - timedelta(days=90)).pk]
    assert drop_old_drafts(now=now) == 1
    assert sorted(Application.objects.values_list("pk", flat=True)) == sorted(kept)
    assert Document.objects.count() == 4


def test_a_wrong_file_is_replaced_until_it_is_sent(now: datetime, reviewer: Person) -> None:
    application = samples.taken(reviewer, now=now)
    paper, certificate = application.checks.exclude(kind=CheckKind.TAX_NUMBER)
    judge(paper, reviewer, now=now, refuse=True)
    review.ask_for_documents(application_id=application.pk, note="", reviewer=reviewer, now=now)
    browser = Client(REMOTE_ADDR="192.0.2.98")
    browser.post("/basvuru/durum/", {"basvuru_no": application.reference, "kanit": samples.TCKN[-4:]})
    page = "/basvuru/eksik/company/"
    with time_machine.travel(now + timedelta(minutes=5), tick=False):
        for name in ("yanlis.png", "dogru.png"):
            browser.post(page, {"kalem": paper.pk, "belge": SimpleUploadedFile(name, samples.png())})
            assert name in browser.get(page).content.decode()
        assert [each["check"] for each in browser.get(page).context["parts"]] == [paper]
        with pytest.raises(ApplicationRefused):  # nobody asked for it, judged or not
            drafts.put_document(
                application_id=application.pk, check_id=certificate.pk, file=samples.received(), now=timezone.now()
            )
        browser.post(page, {"gonder": "1"})
    assert samples.fresh(application).state == ApplicationState.IN_CHECK
    assert list(paper.documents.values_list("filename", flat=True)) == ["imzali.png", "dogru.png"]
