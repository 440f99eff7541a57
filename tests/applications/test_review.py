"""Review and decision: one by one, one reviewer wins, approval makes everything in one transaction."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import Membership, Person, Provider
from applications.enums import ApplicationState, CheckKind, CheckState, RejectReason
from applications.models import Application, Document
from applications.rules import ApplicationRefused
from applications.selectors import checks_of
from applications.services import drafts, review
from applications.services.approval import approve
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.models import Mail
from iys_portal.shared.crypto import lookup_hash
from iys_portal.shared.tin import tin_columns
from packages.models import Subscription
from packages.selectors import active_package
from tests import factories
from tests.applications import samples
from tests.applications.samples import confirm_all, fresh, judge

A = ApplicationState


def test_an_approval_makes_provider_brands_person_and_temel_hizmetler(reviewer: Person, now: datetime) -> None:
    application = samples.taken(reviewer, now=now, brands=("Çiçek Işığı", "Gül Bahçesi"))
    confirm_all(application, reviewer, now=now)
    approve(application_id=application.pk, reviewer=reviewer, now=now)
    provider = Provider.objects.get()
    assert (provider.title, provider.tax_number, provider.email) == (
        samples.COMPANY["title"],
        samples.COMPANY["tax_number"],
        samples.COMPANY["email"],
    )
    assert 1_000_000 <= provider.iys_code <= 9_999_999
    brands = Brand.objects.order_by("pk")
    assert [(brand.name, brand.is_master, brand.code == provider.iys_code) for brand in brands] == [
        (provider.title, True, True),
        ("Çiçek Işığı", False, False),
        ("Gül Bahçesi", False, False),
    ]
    membership = Membership.objects.get()
    assert (membership.role, membership.person.tckn_hash, membership.person.email) == (
        Role.OWNER,
        lookup_hash(samples.TCKN),
        samples.PERSON["person_email"],
    )
    assert (Subscription.objects.count(), active_package(provider.pk, now=now).heading) == (0, "Temel Hizmetler")
    done = fresh(application)
    assert (done.state, done.provider, done.reviewer, done.decided_at) == (A.APPROVED, provider, reviewer, now)
    mail = Mail.objects.latest("pk")
    assert (mail.kind, mail.to, str(provider.iys_code) in mail.text) == (
        "application-approved",
        samples.PERSON["person_email"],
        True,
    )


def test_nothing_is_half_made_when_the_approval_fails(
    reviewer: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person is shut out: the last step fails, and with it the provider and its brands."""
    factories.PersonFactory.create(tckn=samples.TCKN, is_active=False)
    application = samples.taken(reviewer, now=now)
    confirm_all(application, reviewer, now=now)
    with pytest.raises(ApplicationRefused, match="kapatılmış"):
        approve(application_id=application.pk, reviewer=reviewer, now=now)
    made = (Provider.objects.count(), Brand.objects.count(), fresh(application).state)
    assert made == (0, 0, A.IN_CHECK)


def test_every_part_must_be_confirmed(reviewer: Person, now: datetime) -> None:
    application = samples.taken(reviewer, now=now)
    checks = list(application.checks.all())
    assert [check.kind for check in checks] == [CheckKind.TAX_NUMBER, CheckKind.UNDERTAKING, CheckKind.CERTIFICATE]
    for left in (3, 2, 1):
        with pytest.raises(ApplicationRefused, match=f"{left} tanesi"):
            approve(application_id=application.pk, reviewer=reviewer, now=now)
        judge(checks[left - 1], reviewer, now=now)
    approve(application_id=application.pk, reviewer=reviewer, now=now)
    assert fresh(application).state == A.APPROVED


def test_a_company_that_is_registered_is_not_registered_again(reviewer: Person, now: datetime) -> None:
    known = factories.ProviderFactory.create(tax_number=samples.COMPANY["tax_number"])
    application = samples.taken(reviewer, now=now)
    confirm_all(application, reviewer, now=now)
    with pytest.raises(ApplicationRefused, match="kayıtlı"):
        approve(application_id=application.pk, reviewer=reviewer, now=now)
    assert list(Provider.objects.all()) == [known]


def test_two_reviewers_at_once_one_wins_and_the_other_reads_who(
    reviewer: Person, second: Person, now: datetime
) -> None:
    application = samples.sent(now=now)
    review.take(application_id=application.pk, reviewer=second)
    with pytest.raises(ApplicationRefused, match="Zeki Demir incelemeye aldı"):
        review.take(application_id=application.pk, reviewer=reviewer)
    check = application.checks.get(kind=CheckKind.TAX_NUMBER)
    seen = check.stamp
    judge(check, second, now=now, refuse=True)
    with pytest.raises(ApplicationRefused, match="Zeki Demir tarafından değiştirildi"):
        judge(check, reviewer, now=now, seen=seen)
    confirm_all(application, second, now=now)
    approve(application_id=application.pk, reviewer=second, now=now)
    for late in (
        lambda: approve(application_id=application.pk, reviewer=reviewer, now=now),
        lambda: review.reject(
            application_id=application.pk, reason=RejectReason.OTHER, note="x", reviewer=reviewer, now=now
        ),
        lambda: judge(check, reviewer, now=now),
    ):
        with pytest.raises(ApplicationRefused, match="Zeki Demir tarafından onaylandı"):
            late()
    assert (Provider.objects.count(), Mail.objects.count()) == (1, 2)


def test_only_what_was_refused_is_asked_for_and_taken(reviewer: Person, now: datetime) -> None:
    application = samples.taken(reviewer, now=now)
    tax, paper, certificate = application.checks.all()
    with pytest.raises(ApplicationRefused, match="Önce eksik"):
        review.ask_for_documents(application_id=application.pk, note="", reviewer=reviewer, now=now)
    judge(tax, reviewer, now=now)
    judge(paper, reviewer, now=now, refuse=True)
    judge(certificate, reviewer, now=now)
    old_hash = fresh(application).token_hash
    review.ask_for_documents(application_id=application.pk, note="Birlikte temsil", reviewer=reviewer, now=now)
    asked = fresh(application)
    assert (asked.state, asked.token_hash == old_hash) == (A.MISSING, False)
    mail = Mail.objects.latest("pk")
    assert ("İmza eksik: İkinci imza yok" in mail.text, "Marka tescil belgesi" in mail.text) == (True, False)
    link = next(word for word in mail.text.split() if "/basvuru/devam/" in word)
    browser = Client()
    assert browser.get(link[link.index("/basvuru") :])["Location"] == "/basvuru/eksik/company/"
    page = browser.get("/basvuru/eksik/company/").content.decode()
    assert (page.count('type="file"'), "Gül" in page) == (1, False)
    for check, may in ((tax, False), (certificate, False), (paper, True)):
        if may:
            drafts.put_document(application_id=application.pk, check_id=check.pk, file=samples.received(), now=now)
            continue
        with pytest.raises(ApplicationRefused):
            drafts.put_document(application_id=application.pk, check_id=check.pk, file=samples.received(), now=now)
    assert browser.post("/basvuru/eksik/company/", {"gonder": "1"})["Location"] == "/basvuru/durum/"
    assert (fresh(application).state, paper.documents.count()) == (A.IN_CHECK, 2)
    confirm_all(application, reviewer, now=now)
    approve(application_id=application.pk, reviewer=reviewer, now=now)


def test_a_refused_tax_number_is_no_missing_document(reviewer: Person, now: datetime) -> None:
    application = samples.taken(reviewer, now=now)
    judge(application.checks.get(kind=CheckKind.TAX_NUMBER), reviewer, now=now, refuse=True)
    with pytest.raises(ApplicationRefused, match="Başvuruyu reddedin"):
        review.ask_for_documents(application_id=application.pk, note="", reviewer=reviewer, now=now)
    review.reject(
        application_id=application.pk,
        reason=RejectReason.TAX_NUMBER,
        note="Sicilde yok",
        reviewer=reviewer,
        now=now,
    )
    done, mail = fresh(application), Mail.objects.latest("pk")
    words = "Vergi kimlik numarası doğrulanamadı: Sicilde yok"
    assert (done.state, done.note, done.token_hash, words in mail.text) == (A.REJECTED, words, None, True)


def test_the_audit_trail_names_no_personal_data(reviewer: Person, now: datetime) -> None:
    application = samples.taken(reviewer, now=now)
    confirm_all(application, reviewer, now=now)
    approve(application_id=application.pk, reviewer=reviewer, now=now)
    written = str(list(AuditEvent.objects.values_list("detail", "reason")))
    secrets = [samples.TCKN, samples.PERSON["mobile"], samples.PERSON["person_email"]]
    assert [secret for secret in secrets if secret in written] == []


def test_documents_are_kept_encrypted(now: datetime, db: None) -> None:
    samples.sent(now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM applications_document WHERE position('PNG' in content_encrypted) > 0")
        assert cursor.fetchone() == (0,)


# --- The screens of reviewers -----------------------------------------------------------------------------------

PAGE = "/yonetim/applications/application"


def test_a_reviewer_works_through_the_page(
    reviewer: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    application = samples.sent(now=now)
    browser, page = client_of(reviewer), f"{PAGE}/{application.pk}"
    shown = browser.get(f"{page}/change/").content.decode()
    assert ("İncelemeye al" in shown, "Doğrula" in shown, samples.TCKN in shown) == (True, False, False)
    browser.post(f"{page}/incele/")
    tax, paper, certificate = application.checks.all()
    wrong = browser.post(f"{page}/kalem/{paper.pk}/", {"seen": paper.stamp, "verdict": "refused", "note": "Kaşe yok"})
    text = wrong.content.decode()
    assert (wrong.status_code, "Neden kabul edilmediğini seçin." in text, 'value="Kaşe yok"' in text) == (
        200,
        True,
        True,
    )
    for check in (tax, paper, certificate):
        browser.post(f"{page}/kalem/{check.pk}/", {"seen": check.stamp, "verdict": "confirmed"})
    question = browser.get(f"{page}/onayla/").content.decode()
    assert ("Işık Çiçekçilik" in question, "Geri alınamaz" in question) == (True, True)
    told = browser.post(f"{page}/onayla/", {"reason": ""}, follow=True).content.decode()
    assert f"İYS No {Provider.objects.get().iys_code}" in told
    again = browser.post(f"{page}/onayla/", {"reason": ""}, follow=True).content.decode()
    assert (Provider.objects.count(), "tarafından onaylandı" in again) == (1, True)


def test_a_sole_traders_number_is_whole_after_a_click_that_is_audited(
    reviewer: Person, accountant: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    application, company = samples.sent(now=now, **tin_columns(samples.TCKN)), samples.sent(now=now)
    browser, page = client_of(reviewer), f"{PAGE}/{application.pk}"
    shown = browser.get(f"{page}/change/").content.decode()
    assert ("Numarayı göster" in shown, samples.TCKN in shown) == (True, False)
    assert browser.get(f"{page}/kimlik/")["Location"] == f"{page}/change/"
    assert client_of(accountant).post(f"{page}/kimlik/").status_code == 403
    assert browser.post(f"{PAGE}/{company.pk}/kimlik/").status_code == 404
    assert not AuditEvent.objects.filter(action="tin_shown").exists()
    answer = browser.post(f"{page}/kimlik/")
    assert f'<strong data-testid="tin">{samples.TCKN}</strong>' in answer.content.decode()
    assert answer.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    event = AuditEvent.objects.get(action="tin_shown")
    assert (event.actor_id, event.object_id, event.detail) == (reviewer.pk, str(application.pk), {})
    assert samples.TCKN not in browser.get(f"{page}/change/").content.decode()
    assert "Numarayı göster" not in browser.get(f"{PAGE}/{company.pk}/change/").content.decode()


def test_the_pages_own_links_and_forms_lead_where_they_should(
    reviewer: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    application = samples.taken(reviewer, now=now)
    browser, page = client_of(reviewer), f"{PAGE}/{application.pk}/change/"
    html = browser.get(page).content.decode()
    own = html.index('id="application_form"')
    assert html.index("</form>", own) < html.index("Denetlenenler")  # a form in a form is none
    here = f"{PAGE}/{application.pk}"
    links = re.findall(rf'href="({here}/(?:belge|reddet)[^"]*)"', html)
    assert ([browser.get(link).status_code for link in links], len(links)) == ([200] * 3, 3)
    forms = re.findall(rf'action="({here}/kalem/[^"]+)".*?name="seen" value="([^"]+)"', html, re.DOTALL)
    answers = [browser.post(form, {"verdict": "confirmed", "seen": seen}) for form, seen in forms]
    assert [answer.status_code for answer in answers] == [302] * 3
    assert f'href="{here}/onayla/"' in browser.get(page).content.decode()


def test_a_new_login_leads_back_to_the_page(
    reviewer: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    application = samples.sent(now=now)
    browser, here = client_of(reviewer), f"{PAGE}/{application.pk}"
    check = application.checks.first()
    assert check is not None
    for form in (f"{here}/incele/", f"{here}/kalem/{check.pk}/"):
        answer = browser.get(form)
        assert (answer.status_code, answer["Location"]) == (302, f"{here}/change/")
    assert fresh(application).state == A.NEW


def test_a_page_from_before_a_new_document_confirms_nothing(reviewer: Person, now: datetime) -> None:
    application = samples.taken(reviewer, now=now)
    paper = application.checks.get(kind=CheckKind.UNDERTAKING)
    seen = paper.stamp
    assert seen in {each.stamp for each in checks_of(application)}
    judge(paper, reviewer, now=now, refuse=True)
    review.ask_for_documents(application_id=application.pk, note="", reviewer=reviewer, now=now)
    samples.put_paper(application, now=now)
    drafts.submit(application_id=application.pk, now=now)
    paper.refresh_from_db()
    assert paper.state == CheckState.WAITING
    with pytest.raises(ApplicationRefused, match="bu arada başvuru sahibi tarafından değiştirildi"):
        judge(paper, reviewer, now=now, seen=seen)


def test_the_review_costs_the_same_for_one_brand_and_for_three(
    reviewer: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    browser, costs = client_of(reviewer), []
    for brands in (("A",), ("A", "B", "C")):
        page = f"{PAGE}/{samples.taken(reviewer, now=now, brands=brands).pk}/change/"
        browser.get(page)
        with CaptureQueriesContext(connection) as queries:
            browser.get(page)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_rejection_needs_words(reviewer: Person, client_of: Callable[[Person], Client], now: datetime) -> None:
    application = samples.taken(reviewer, now=now)
    browser, page = client_of(reviewer), f"{PAGE}/{application.pk}/reddet/"
    assert browser.post(page, {"cause": "withdrawn", "reason": ""}).status_code == 200
    assert browser.post(page, {"cause": "withdrawn", "reason": "Telefonda söyledi"}).status_code == 302
    assert fresh(application).note == "Başvuru sahibi vazgeçti: Telefonda söyledi"


def test_a_document_is_a_file_to_save_and_never_a_page(
    reviewer: Person, alice: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    application, other = samples.sent(now=now), samples.sent(now=now)
    document = Document.objects.filter(check_of__application=application).latest("pk")
    answer = client_of(reviewer).get(f"{PAGE}/{application.pk}/belge/{document.pk}/")
    assert (answer.content, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        samples.received().content,
        "image/png",
        "nosniff",
    )
    read = AuditEvent.objects.get(action="document_read")
    assert (read.object_id, read.actor_id) == (str(application.pk), reviewer.pk)
    assert read.detail == {"document": document.pk, "kind": document.check_of.kind}
    name = f"{application.reference}-{document.check_of.kind}-{document.pk}.png"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert client_of(reviewer).get(f"{PAGE}/{other.pk}/belge/{document.pk}/").status_code == 404
    assert client_of(alice).get(f"{PAGE}/{application.pk}/belge/{document.pk}/").status_code == 302


def test_accountants_decide_nothing(accountant: Person, client_of: Callable[[Person], Client], now: datetime) -> None:
    application = samples.sent(now=now)
    browser, page = client_of(accountant), f"{PAGE}/{application.pk}"
    check = application.checks.first()
    assert check is not None
    statuses = [
        browser.post(f"{page}/incele/").status_code,
        browser.post(f"{page}/kalem/{check.pk}/", {"seen": check.stamp, "verdict": "confirmed"}).status_code,
        browser.post(f"{page}/onayla/", {"reason": ""}).status_code,
        browser.get(f"{page}/change/").status_code,
    ]
    assert statuses == [403, 403, 403, 403]


def test_the_queue_finds_a_reference_as_it_is_printed_and_shows_no_draft(
    reviewer: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    samples.draft(now=now)
    application = samples.sent(now=now)
    samples.sent(now=now, title="Başka Şirket A.Ş.")
    browser = client_of(reviewer)
    for query in (application.reference_display.lower(), "isik cicekcilik"):
        answer = browser.get(f"{PAGE}/", {"q": query})
        assert list(answer.context["cl"].queryset) == [application], query
    found = browser.get(f"{PAGE}/", {"state__exact": "new"}).context["cl"].queryset
    assert (found.count(), Application.objects.count()) == (2, 3)


def test_states_of_checks_are_told_to_nobody_else(now: datetime, reviewer: Person) -> None:
    application = samples.taken(reviewer, now=now)
    assert {check.state for check in application.checks.all()} == {CheckState.WAITING}
    browser = Client()
    assert browser.get("/basvuru/eksik/company/")["Location"] == "/basvuru/durum/"
