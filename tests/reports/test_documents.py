"""Reports of weeks and months: made on a worker, once for the same figures, sent once to who may read them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

import pytest
import time_machine
from django.core.mail.message import EmailMultiAlternatives
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.enums import ProviderState, Role
from accounts.models import Membership, Person, Provider
from brands.models import Brand
from consents.models import ImportJob
from contracts import rendering
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.mail.models import Mail
from iys_portal.mail.sending import message_of
from iys_portal.shared.clock import ISTANBUL
from reports.enums import CHOSEN, DocumentState, Rhythm
from reports.models import ReportDocument, ReportSubscription
from reports.pictures.period import Period
from reports.pictures.scope import Scope, scope_of
from reports.pictures.summary import answers_of
from reports.selectors.documents import version_of
from reports.services import documents, making, subscriptions
from reports.services.roll_up import close_days, roll_up
from tests import factories
from tests.contracts import poppler
from tests.reports.conftest import work
from tests.reports.scene import events

pytestmark = pytest.mark.django_db

OCTOBER = datetime(2026, 10, 31, 20, 59, tzinfo=UTC)
PAGE = "/raporlar/grafikler/rapor/2026-10/"


@pytest.fixture(autouse=True)
def _monday(now: datetime) -> object:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def browser(client_of: Callable[[Person], Client], alice: Person) -> Client:
    return client_of(alice)


@pytest.fixture
def no_typeface(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The file without which nothing can be printed is gone; the fixture's `undo` brings it back."""
    monkeypatch.setattr(rendering, "_TYPEFACE", Path("/nonexistent/inter.ttf"))
    rendering._style.cache_clear()
    return monkeypatch


@pytest.fixture
def member(provider: Provider, alice: Person) -> Membership:
    return Membership.objects.get(provider=provider, person=alice)


def state(answer: HttpResponse) -> str:
    return answer.content.decode().partition('data-state="')[2].partition('"')[0]


def document(first: date = date(2026, 10, 1)) -> ReportDocument:
    return ReportDocument.objects.get(first=first)


# --- The document -----------------------------------------------------------------------------------------------------
def test_a_month_is_made_by_a_worker(browser: Client, provider: Provider, brand: Brand, tmp_path: Path) -> None:
    events(provider.pk, OCTOBER, brand=brand.pk, number=1_234)
    events(provider.pk, OCTOBER + timedelta(minutes=1), brand=brand.pk, number=9)
    assert state(browser.get(PAGE)) == "none"
    assert browser.get(f"{PAGE[:-1]}.pdf")["Location"] == PAGE
    assert browser.post(PAGE)["Location"] == PAGE
    assert browser.post(PAGE)["Location"] == PAGE
    waiting = browser.get(PAGE)
    assert (state(waiting), b'hx-trigger="click, every 2s"' in waiting.content) == ("waiting", True)
    assert OutboxMessage.objects.filter(topic="reports.document").count() == 1

    work()
    assert state(browser.get(PAGE)) == "ready"
    answer = browser.get(f"{PAGE[:-1]}.pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="rapor-2026-10.pdf"'
    text = " ".join("".join(poppler.pages(answer.content, tmp_path)).split())
    assert f"Ekim 2026 raporu {provider.title} · İYS No {provider.iys_code} · 01.10.2026 – 31.10.2026" in text
    assert "1.234 Onay, 0 Ret kaydedildi; onaylar 1.234 fazla." in text

    # Of the same figures it is not made again; late movements make a new one by themselves.
    browser.post(PAGE)
    assert OutboxMessage.objects.filter(topic="reports.document").count() == 1
    events(provider.pk, OCTOBER, brand=brand.pk, number=6)
    roll_up(provider_id=provider.pk, now=OCTOBER)
    assert b"bu d\xc3\xb6nemin kay\xc4\xb1tlar\xc4\xb1 de\xc4\x9fi\xc5\x9fti" in browser.get(PAGE).content
    assert browser.get(f"{PAGE[:-1]}.pdf").content == answer.content


def test_a_closed_days_correction_makes_the_month_anew(provider: Provider, brand: Brand, now: datetime) -> None:
    day = now - timedelta(days=1)
    close_days(now=now)
    december = now + timedelta(days=10)
    month = scope_of(Rhythm.MONTHLY, date(2026, 11, 1))
    made = documents.ask(provider_id=provider.pk, scope=month, now=december, actor=None)
    ReportDocument.objects.update(state=DocumentState.READY, content=b"%PDF-", version="older", made_at=now)
    events(provider.pk, day, brand=brand.pk, number=3)
    roll_up(provider_id=provider.pk, now=december)
    assert document(date(2026, 11, 1)).state == DocumentState.WAITING
    making.make(document_id=made.pk, clock=lambda: december)
    assert document(date(2026, 11, 1)).findings[0].startswith("3 Onay, 0 Ret kaydedildi")


def test_an_upload_that_ends_later_changes_the_month(provider: Provider, brand: Brand, alice: Person) -> None:
    month, today = Period(date(2026, 10, 1), date(2026, 10, 31)), date(2026, 11, 23)
    before = version_of(provider.pk, month, today=today)
    job = ImportJob.objects.create(
        provider=provider, brand=brand, person=alice, filename="a.csv", size=1, sha256="1", received_at=OCTOBER
    )
    assert version_of(provider.pk, month, today=today) == before
    ImportJob.objects.filter(pk=job.pk).update(state="done", finished_at=OCTOBER + timedelta(hours=1))
    assert version_of(provider.pk, month, today=today) != before


def test_a_running_month_is_made_every_ten_minutes_at_most(provider: Provider, now: datetime) -> None:
    key = {"provider_id": provider.pk, "scope": scope_of(Rhythm.MONTHLY, now.date()), "actor": None}
    documents.ask(**key, now=now)
    ReportDocument.objects.update(state=DocumentState.READY, content=b"%PDF-", version="older", made_at=now)
    assert documents.ask(**key, now=now + timedelta(minutes=9)).state == DocumentState.READY
    assert documents.ask(**key, now=now + timedelta(minutes=10)).state == DocumentState.WAITING


def test_what_cannot_be_printed_says_so(browser: Client, no_typeface: pytest.MonkeyPatch, now: datetime) -> None:
    browser.post(PAGE)
    work()
    page = browser.get(PAGE)
    assert state(page) == "failed"
    assert "Rapor belgesi şu anda oluşturulamıyor." in page.content.decode()
    browser.post(PAGE)
    assert document().state == DocumentState.FAILED  # not more than once a minute
    no_typeface.undo()
    rendering._style.cache_clear()
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        browser.post(PAGE)
        work()
        assert state(browser.get(PAGE)) == "ready"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("2026-12", 404),
        ("2025-11", 410),
        ("2025-12", 200),
        ("ekim", 404),
        ("2026-11-22", 404),
        ("2026-11-30", 404),
        ("2026-08-31", 410),
        ("2026-09-07", 200),
        ("9999-12", 404),
    ],
)
def test_only_the_last_twelve_months_and_weeks_have_a_document(browser: Client, name: str, status: int) -> None:
    answer = browser.get(f"/raporlar/grafikler/rapor/{name}/")
    assert answer.status_code == status
    assert ("Belge, son 12 dönem için hazırlanır" in answer.content.decode()) == (status == 410)
    if status != 200:
        assert browser.post(f"/raporlar/grafikler/rapor/{name}/").status_code == status
        assert not ReportDocument.objects.exists()


def test_the_link_of_an_e_mail_names_its_company(browser: Client, provider: Provider, alice: Person) -> None:
    other = factories.MembershipFactory.create(person=alice).provider
    browser.post(reverse("accounts:choose"), {"provider": str(other.pk)})
    link = f"{PAGE}?iys={provider.iys_code}"
    chooser = browser.get(link)["Location"]
    assert chooser == f"{reverse('accounts:choose')}?next={quote_plus(link)}"
    assert f"Açtığınız bağlantı {provider.title} içindir" in browser.get(chooser).content.decode()
    chosen = browser.post(reverse("accounts:choose"), {"provider": str(provider.pk), "next": link})
    assert (chosen["Location"], browser.get(link).status_code) == (link, 200)
    assert browser.get(f"{PAGE}?iys={factories.ProviderFactory.create().iys_code}").status_code == 404


def test_too_many_wishes(browser: Client) -> None:
    answers = [browser.post(PAGE, REMOTE_ADDR="203.0.113.9").status_code for _ in range(31)]
    assert answers == [302] * 30 + [429]


def test_titles() -> None:
    mondays = (date(2026, 11, 16), date(2026, 11, 30), date(2026, 12, 28))
    assert [scope_of(Rhythm.WEEKLY, monday).title for monday in mondays] == [
        "16–22 Kasım 2026 haftasının raporu",
        "30 Kasım–6 Aralık 2026 haftasının raporu",
        "28 Aralık 2026–3 Ocak 2027 haftasının raporu",
    ]
    first = date(2025, 11, 3)
    lasts = (first, date(2025, 11, 4), date(2026, 11, 3))
    assert [Scope(CHOSEN, Period(first, last)).title for last in lasts] == [
        "3 Kasım 2025 raporu",
        "3–4 Kasım 2025 raporu",
        "3 Kasım 2025–3 Kasım 2026 raporu",
    ]


# --- Chosen days ------------------------------------------------------------------------------------------------------
DAYS = "/raporlar/grafikler/rapor/"


def test_chosen_days_of_one_brand_are_made_by_a_worker(
    browser: Client, provider: Provider, brand: Brand, alice: Person, tmp_path: Path, now: datetime
) -> None:
    other = factories.BrandFactory.create(provider=provider)
    events(provider.pk, OCTOBER, brand=brand.pk, number=1_234)
    events(provider.pk, OCTOBER, brand=other.pk, number=777)
    query = f"ilk=2026-10-20&son=2026-11-02&marka={brand.code}"
    page, pdf = f"{DAYS}?{query}", f"{DAYS[:-1]}.pdf?{query}"
    assert (state(browser.get(page)), browser.get(pdf)["Location"]) == ("none", page)
    assert [browser.post(page)["Location"] for _ in range(2)] == [page, page]
    assert state(browser.get(page)) == "waiting"
    assert OutboxMessage.objects.filter(topic="reports.document").count() == 1
    (asked,) = AuditEvent.objects.filter(action="report_document_asked", provider_id=provider.pk)
    assert (asked.actor_id, asked.detail["name"]) == (alice.pk, f"2026-10-20-2026-11-02-{brand.code}")

    work()
    assert state(browser.get(page)) == "ready"
    answer = browser.get(pdf)
    assert answer["Content-Disposition"] == f'attachment; filename="rapor-2026-10-20-2026-11-02-{brand.code}.pdf"'
    text = " ".join("".join(poppler.pages(answer.content, tmp_path)).split())
    assert "20 Ekim–2 Kasım 2026 raporu" in text
    assert f"{brand.name} ({brand.code}) · 20.10.2026 – 02.11.2026" in text
    assert "1.234 Onay, 0 Ret kaydedildi" in text
    # All brands on the same days are another document, and late movements make neither anew by themselves.
    assert state(browser.get(f"{DAYS}?ilk=2026-10-20&son=2026-11-02")) == "none"
    events(provider.pk, OCTOBER, brand=brand.pk)
    roll_up(provider_id=provider.pk, now=now)
    assert documents.renew(provider_id=provider.pk, days=[date(2026, 10, 31)], now=now) == 0
    assert "bu dönemin kayıtları değişti" in browser.get(page).content.decode()


def test_a_brands_report_leaves_out_what_no_brand_has_alone(provider: Provider, brand: Brand, now: datetime) -> None:
    period = Period(date(2026, 10, 20), date(2026, 11, 2))
    asked = [
        {question.slug for question, _ in answers_of(provider.pk, Scope(CHOSEN, period, of), now=now)}
        for of in (None, brand)
    ]
    assert asked[0] - asked[1] == {"adres-sayisi", "marka-kanal"}


def test_a_wish_without_days_is_for_the_last_thirty(browser: Client) -> None:
    address = browser.post(DAYS)["Location"]
    assert address == f"{DAYS}?ilk=2026-10-25&son=2026-11-23"
    assert "Bu dönem sürüyor" in browser.get(address).content.decode()


def test_pictures_lead_to_the_report_of_their_days(browser: Client, brand: Brand) -> None:
    query = f"ilk=2026-10-01&son=2026-10-15&marka={brand.code}"
    page = browser.get(f"/raporlar/grafikler/onay-ret/?{query}").content.decode()
    assert f'href="{DAYS}?{query.replace("&", "&amp;")}"' in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("ilk=2026-11-03&son=2026-11-02", "İlk gün son günden sonra olamaz."),
        ("ilk=2016-11-03&son=2026-11-02", "En çok üç yıllık"),
        ("ilk=2026-11-03&son=2026-11-24", "Son gün bugünden sonra olamaz."),
        ("ilk=dün&son=2026-11-02", "İlk gün okunamadı"),
        ("marka=999", "Bu kodla bir markanız yok"),
        ("marka=their", "Bu kodla bir markanız yok"),
    ],
)
def test_days_and_brands_that_have_no_report(browser: Client, brand: Brand, query: str, words: str) -> None:
    """Another provider's brand is as unknown as one that does not exist."""
    query = query.replace("their", str(factories.BrandFactory.create().code))
    for answer in (browser.get(f"{DAYS}?{query}"), browser.post(f"{DAYS}?{query}")):
        assert [words in answer.content.decode(), "<title>Hata: " in answer.content.decode()] == [True, True]
        assert state(answer) == ""
    assert browser.get(f"{DAYS[:-1]}.pdf?{query}").status_code == 404
    assert not ReportDocument.objects.exists()


def test_the_oldest_chosen_days_make_room(provider: Provider, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_CHOSEN", 2)
    days = [date(2026, 10, number) for number in range(1, 5)]
    for number, day in enumerate(days):
        at, scope = now + timedelta(minutes=number), Scope(CHOSEN, Period(day, day))
        asked = documents.ask(provider_id=provider.pk, scope=scope, now=at, actor=None)
        if day != days[1]:  # which nobody has made yet
            made = {"state": DocumentState.READY, "content": b"%PDF-", "version": "1", "made_at": at}
            ReportDocument.objects.filter(pk=asked.pk).update(**made)
    documents.ask(provider_id=provider.pk, scope=scope_of(Rhythm.MONTHLY, now.date()), now=now, actor=None)
    assert list(ReportDocument.objects.filter(rhythm=CHOSEN).values_list("first", flat=True).order_by("pk")) == days[1:]


# --- By e-mail --------------------------------------------------------------------------------------------------------
SUNDAY = datetime(2026, 11, 29, 12, tzinfo=ISTANBUL)
MONDAY = datetime(2026, 11, 30, 7, tzinfo=ISTANBUL)


def mailed(at: datetime) -> list[Mail]:
    """Let beat and the workers do their part at an instant; return all e-mails there are."""
    with time_machine.travel(at, tick=False):
        close_days(now=at)
        making.plan_mailing(now=at)
        work()
    return list(Mail.objects.order_by("pk"))


@pytest.fixture
def weekly(member: Membership, alice: Person, now: datetime) -> Membership:
    """Alice wants the weekly report."""
    subscriptions.choose(membership=member, rhythms=["week"], person=alice, now=now)
    return member


def test_chosen_on_the_page_sent_once_and_left_by_the_link(
    browser: Client, member: Membership, provider: Provider, brand: Brand, now: datetime
) -> None:
    page = reverse("reports:by_mail")
    browser.post(page, {"raporlar": ["week", "month"]})
    assert ReportSubscription.objects.count() == 2
    browser.post(page, {"raporlar": ["week"]})
    assert browser.get(page).content.decode().count("checked") == 1
    events(provider.pk, now, brand=brand.pk, number=7)

    assert mailed(SUNDAY) == mailed(MONDAY - timedelta(seconds=1)) == []
    (mail,) = mailed(MONDAY)
    assert mailed(MONDAY) == mailed(MONDAY + timedelta(days=6)) == [mail]
    assert (mail.to, mail.subject) == (provider.email, f"{provider.title}: 23–29 Kasım 2026 haftasının raporu")
    assert "7 Onay, 0 Ret kaydedildi; onaylar 7 fazla." in mail.text
    assert f"/raporlar/grafikler/rapor/2026-11-23/?iys={provider.iys_code}" in mail.text
    message: EmailMultiAlternatives = message_of(mail)
    name, content, kind = message.attachments[0]
    assert (name, content[:5], kind) == ("rapor-2026-11-23.pdf", b"%PDF-", "application/pdf")

    address = message.extra_headers["List-Unsubscribe"][1:-1]
    assert (message.extra_headers["List-Unsubscribe-Post"], address in mail.text) == (
        "List-Unsubscribe=One-Click",
        True,
    )
    stranger, path = Client(enforce_csrf_checks=True), urlsplit(address).path
    assert stranger.get(path).status_code == 200
    assert ReportSubscription.objects.count() == 1  # a link that is only opened changes nothing
    assert stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert stranger.post(path)["Location"] == path
    assert "Rapor artık gönderilmiyor" in stranger.get(path).content.decode()
    assert ReportSubscription.objects.count() == 0
    assert stranger.post(f"{path[:-2]}x/").status_code == 404
    assert mailed(MONDAY + timedelta(days=7)) == [mail]
    told = AuditEvent.objects.filter(object_type="reports.reportsubscription").order_by("pk")
    assert [event.action for event in told] == ["report_subscribed"] * 2 + ["report_unsubscribed"] * 2


@pytest.mark.parametrize("why", ["removed", "inactive", "closed", "came later", "too late"])
def test_who_gets_none(why: str, weekly: Membership, provider: Provider) -> None:
    at = MONDAY + timedelta(days=3) if why == "too late" else MONDAY
    if why == "removed":
        Membership.objects.filter(pk=weekly.pk).update(ended_at=F("started_at"))
    elif why == "inactive":
        Person.objects.filter(pk=weekly.person_id).update(is_active=False)
    elif why == "closed":
        Provider.objects.filter(pk=provider.pk).update(state=ProviderState.CLOSED)
    elif why == "came later":
        ReportSubscription.objects.update(started_at=MONDAY - timedelta(hours=7))
    assert mailed(at) == []


def test_each_persons_own_address_once(
    weekly: Membership, provider: Provider, alice: Person, no_typeface: pytest.MonkeyPatch, now: datetime
) -> None:
    del no_typeface  # what cannot be printed is sent all the same, with its findings
    subscriptions.choose(membership=weekly, rhythms=["week", "month"], person=alice, now=now)
    Membership.objects.filter(pk=weekly.pk).update(email="alice@ornek.com.tr")
    viewer = factories.MembershipFactory.create(provider=provider, role=Role.VIEWER)
    subscriptions.choose(membership=viewer, rhythms=["week"], person=viewer.person, now=now)
    found = mailed(MONDAY)
    making.write_mailing(document_id=document(date(2026, 11, 23)).pk, clock=lambda: MONDAY)
    assert list(Mail.objects.order_by("pk")) == found
    assert {(mail.to, mail.is_personal) for mail in found} == {
        ("alice@ornek.com.tr", True),
        (viewer.person.email or provider.email, bool(viewer.person.email)),
    }
    assert {(mail.attachment_id, "Bu günlerde kaydedilmiş onay ya da ret yok." in mail.text) for mail in found} == {
        (None, True)
    }
    assert "belgesi bu kez oluşturulamadı" in " ".join(found[0].text.split())
    (*_, month) = mailed(datetime(2026, 12, 1, 7, tzinfo=ISTANBUL))
    assert (month.to, month.subject) == ("alice@ornek.com.tr", f"{provider.title}: Kasım 2026 raporu")


def test_an_open_day_is_waited_for(weekly: Membership) -> None:
    assert making.plan_mailing(now=MONDAY) == 0
    close_days(now=MONDAY)
    assert [making.plan_mailing(now=MONDAY) for _ in range(2)] == [1, 0]
