"""What a person decides and sees for themselves: notifications, and the data held about them."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.enums import Role
from accounts.models import Person, Provider
from accounts.notifying import queue_for
from accounts.personal_data import SHOWN_ROWS
from applications.models import Application
from iys_portal.audit.services import record
from iys_portal.mail.enums import MailKind
from partners.models import IntermediaryMembership, PartnerMembership
from tests import factories
from tests.accounts.company import TCKN, actions, invite, mails, member, membership_of, text_of
from tests.admin.world import buy
from tests.applications import samples as applications
from tests.mail.conftest import EXPIRED

PREFERENCES = "/isyerim/bildirimler/"
USAGE = {
    "title": "A",
    "package": "İLETİ-150",
    "count": "1",
    "limit": "2",
    "last_day": "1",
    "share": "%80'i",
    "almost": False,
    "full": False,
    "link": "/",
}


@pytest.fixture(autouse=True)
def clock(now: datetime, settings: Settings) -> Iterator[None]:
    settings.DEMO_MODE = False
    with time_machine.travel(now, tick=False):
        yield


def tell(provider: Provider, kind: MailKind = MailKind.ADDRESS_USAGE) -> list[str]:
    """Return to whom an e-mail of the kind goes; told twice, it goes once."""
    context = USAGE if kind == MailKind.ADDRESS_USAGE else EXPIRED
    for _ in range(2):
        queue_for(provider, kind=kind, context=context, key=f"test:{kind}")
    return [to for to, _ in mails()]


def test_preferences_are_kept_for_one_company(alice: Person, client_of: Callable[[Person], Client]) -> None:
    other = factories.MembershipFactory.create(person=alice)
    browser = client_of(alice)
    browser.post("/saglayici/", {"provider": str(alice.membership_set.first().provider_id)})
    browser.post(PREFERENCES, {"email": "ben@ornek.com.tr", "topics": ["renewal"]})
    mine = alice.membership_set.exclude(pk=other.pk).get()
    assert (mine.email, sorted(mine.muted)) == ("ben@ornek.com.tr", ["payments", "usage"])
    other.refresh_from_db()
    assert (other.email, other.muted) == ("", [])
    assert actions() == [
        ("notifications", {"before": {"muted": []}, "after": {"muted": ["payments", "usage"]}}),
    ]
    page = browser.get(PREFERENCES)
    assert page.context["form"].initial == {"email": "ben@ornek.com.tr", "topics": ["renewal"]}
    browser.post(PREFERENCES, {"email": "ben@ornek.com.tr", "topics": ["renewal"]})
    assert len(actions()) == 1


@pytest.mark.parametrize(
    "page", ["/isyerim/bildirimler/", "/isyerim/yetkililer/davet/", "/isyerim/degisiklik/", "/markalar/ekle/"]
)
def test_a_form_that_was_drawn_for_another_company_does_nothing(
    page: str, provider: Provider, alice: Person, client_of: Callable[[Person], Client]
) -> None:
    other = factories.MembershipFactory.create(person=alice, role=Role.OWNER).provider
    browser = client_of(alice)
    browser.post("/saglayici/", {"provider": provider.pk})
    drawn = re.search(r'name="saglayici" value="(\d+)"', browser.get(page).content.decode())
    assert drawn is not None
    assert drawn[1] == str(provider.pk)
    for chosen, is_refused in ((other, True), (provider, False)):
        browser.post("/saglayici/", {"provider": chosen.pk})
        answer = browser.post(page, {"saglayici": drawn[1], "email": "ben@", "topics": []}, follow=True)
        said = "Bu arada başka bir hizmet sağlayıcıya geçtiniz; işlem yapılmadı." in answer.content.decode()
        assert (said, [url for url, _ in answer.redirect_chain]) == (is_refused, [page] if is_refused else [])
    assert actions() == []


def test_a_wrong_address_comes_back(alice: Person, client_of: Callable[[Person], Client]) -> None:
    answer = client_of(alice).post(PREFERENCES, {"email": "ben@", "topics": []})
    assert "Geçerli bir e-posta adresi yazın." in text_of(answer)
    assert membership_of(alice).muted == []


def test_without_choices_the_company_is_written(provider: Provider, alice: Person) -> None:
    member(provider, Role.VIEWER)
    assert tell(provider) == [provider.email]


def test_everybody_reads_where_they_want(provider: Provider, alice: Person) -> None:
    member(provider, Role.ACCOUNTING, email="muhasebe@ornek.com.tr")
    member(provider, Role.VIEWER, email="muhasebe@ornek.com.tr")
    member(provider, Role.VIEWER, email=provider.email)
    member(provider, Role.VIEWER, email="sessiz@ornek.com.tr", muted=["usage"])
    assert tell(provider) == [provider.email, "muhasebe@ornek.com.tr"]


def test_what_all_have_switched_off_is_not_sent(provider: Provider) -> None:
    member(provider, Role.OWNER, muted=["usage"])
    assert tell(provider) == []


def test_a_company_without_people_is_written_all_the_same(provider: Provider) -> None:
    assert tell(provider) == [provider.email]


def test_who_can_log_in_no_more_reads_nothing(provider: Provider) -> None:
    member(provider, Role.ACCOUNTING, email="eski@ornek.com.tr", person__is_active=False)
    assert tell(provider) == [provider.email]
    member(provider, Role.OWNER, email="kapali@ornek.com.tr", person__is_active=False)
    assert tell(provider, MailKind.SUBSCRIPTION_EXPIRED) == [provider.email] * 2


def test_what_must_be_known_cannot_be_switched_off(provider: Provider) -> None:
    member(provider, Role.OWNER, email="sahip@ornek.com.tr", muted=["usage", "renewal", "payments"])
    member(provider, Role.MANAGER, email="yonetici@ornek.com.tr")
    assert tell(provider, MailKind.SUBSCRIPTION_EXPIRED) == [provider.email, "sahip@ornek.com.tr"]


def test_a_person_sees_and_takes_along_what_is_held(
    provider: Provider, client_of: Callable[[Person], Client], now: datetime
) -> None:
    alice = member(provider, Role.OWNER, person__tckn=TCKN, email="sahip@ornek.com.tr")
    order = buy(provider, alice, now=now)
    bob = factories.MembershipFactory.create().person
    invite(membership_of(bob).provider, bob, now=now)
    PartnerMembership.objects.create(partner=factories.PartnerFactory.create(), person=alice)
    IntermediaryMembership.objects.create(intermediary=factories.IntermediaryFactory.create(), person=alice)
    applied = applications.sent(now=now)
    Application.objects.filter(pk=applied.pk).update(tckn_hash=alice.tckn_hash)
    Application.objects.filter(pk=applications.draft(now=now).pk).update(tckn_hash=alice.tckn_hash)
    asked = applications.brand(provider, alice, now=now)
    browser = client_of(alice)
    said = text_of(browser.get("/isyerim/kisisel-verilerim/"))
    assert [words in said for words in ("100******82", order.code_display, "Sözleşme onaylandı")] == [True] * 3
    answer = browser.get("/isyerim/kisisel-verilerim/indir/")
    assert answer["Content-Disposition"] == 'attachment; filename="kisisel-verilerim.json"'
    data = json.loads(answer.content)
    assert TCKN not in answer.content.decode()
    assert data["kisi"]["T.C. Kimlik No"] == "100******82"
    kept = {name: len(section["kayitlar"]) for name, section in data.items() if name not in {"kisi", "olusturma"}}
    assert kept.pop("islemler") > 0
    assert kept == {
        "yetkiler": 1,
        "kurulus_yetkileri": 2,
        "basvurular": 2,
        "davetler": 1,
        "oturumlar": 1,
        "siparisler": 1,
        "sozlesme_onaylari": 1,
        "kart_odemeleri": 0,
        "verilen_yetkiler": 0,
    }
    brand, company = data["basvurular"]["kayitlar"]
    assert (brand["Başvuru no"], brand["E-posta"]) == (asked.reference_display, "")
    assert (company["Doğum tarihi"], company["Cep telefonu"], company["E-posta"]) == (
        "27.03.1985",
        "+905320000000",
        "inci@isikcicek.com.tr",
    )
    assert data["sozlesme_onaylari"]["kayitlar"][0]["Ağ adresi"] == "192.0.2.7"


def test_the_page_reads_the_newest_and_the_file_all(alice: Person, client_of: Callable[[Person], Client]) -> None:
    for _ in range(SHOWN_ROWS + 2):
        record(action="login", subject=alice, actor=alice)
    browser = client_of(alice)
    with CaptureQueriesContext(connection) as queries:
        said = text_of(browser.get("/isyerim/kisisel-verilerim/"))
    assert "12 kayıt, en yeni 10 kayıt gösteriliyor; tümü indirilen dosyadadır" in said
    read = [each["sql"] for each in queries if 'FROM "audit_auditevent"' in each["sql"] and "COUNT(" not in each["sql"]]
    assert [sql.endswith("LIMIT 10") for sql in read] == [True]
    data = json.loads(browser.get("/isyerim/kisisel-verilerim/indir/").content)
    assert len(data["islemler"]["kayitlar"]) == SHOWN_ROWS + 2


def test_others_data_is_not_in_it(provider: Provider, alice: Person, client_of: Callable[[Person], Client]) -> None:
    stranger = factories.PersonFactory.create(family_name="Yabancı")
    data = json.loads(client_of(stranger).get("/isyerim/kisisel-verilerim/indir/").content)
    assert [name for name, part in data.items() if isinstance(part, dict) and part.get("kayitlar")] == ["oturumlar"]
