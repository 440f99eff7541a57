"""Beni Haberdar Et: double opt-in, the same answer for every address, a way out, the list as CSV."""

from collections.abc import Callable
from datetime import datetime, timedelta

import time_machine
from django.test import Client

from accounts.models import Person
from applications.models import NewsSubscriber
from applications.services.news import ask, token_of
from iys_portal.mail.models import Mail

ANSWER = "Teşekkürler, adresinize bir doğrulama iletisi gönderdik."


def links() -> tuple[str, str]:
    """Return the paths of the newest e-mail: confirm, leave."""
    words = [word for word in Mail.objects.latest("pk").text.split() if "/haber/" in word]
    confirm, leave = (word[word.index("/haber/") :] for word in words)
    return confirm, leave


def test_an_address_is_in_the_list_once_its_owner_says_so(now: datetime, db: None) -> None:
    browser = Client()
    assert ANSWER in browser.post("/haber/", {"eposta": "Ayse@ornek.com"}, follow=True).content.decode()
    subscriber = NewsSubscriber.objects.get()
    assert (subscriber.email, subscriber.confirmed_at) == ("ayse@ornek.com", None)
    confirm, leave = links()
    assert browser.get(confirm).status_code == 200
    subscriber.refresh_from_db()
    assert subscriber.confirmed_at is None
    for _ in range(2):
        assert browser.post(confirm)["Location"] == "/"
    subscriber.refresh_from_db()
    assert (subscriber.confirmed_at, subscriber.ended_at) == (now, None)
    browser.post(leave)
    subscriber.refresh_from_db()
    assert subscriber.ended_at == now


def test_a_known_address_reads_the_same_and_is_written_to_once_in_ten_minutes(now: datetime, db: None) -> None:
    browser = Client()
    answers = [browser.post("/haber/", {"eposta": "ayse@ornek.com"}, follow=True).content for _ in range(2)]
    assert (ANSWER in answers[0].decode(), Mail.objects.count()) == (True, 1)
    browser.post(links()[0])
    with time_machine.travel(now + timedelta(minutes=10), tick=False):
        answers.append(browser.post("/haber/", {"eposta": "ayse@ornek.com"}, follow=True).content)
    assert Mail.objects.count() == 2
    assert [ANSWER in answer.decode() for answer in answers] == [True, True, True]
    first, last = Mail.objects.order_by("pk")
    assert first.text == last.text


def test_who_never_confirmed_is_forgotten_on_leaving(now: datetime, db: None) -> None:
    ask(email="ayse@ornek.com", now=now)
    Client().post(links()[1])
    assert NewsSubscriber.objects.count() == 0


def test_a_forged_link_leads_nowhere(now: datetime, db: None) -> None:
    ask(email="ayse@ornek.com", now=now)
    token = token_of(NewsSubscriber.objects.get())
    for forged in (token[:-1] + "x", "1~abc", "yok", token.replace("~", "0~")):
        assert Client().post(f"/haber/{forged}/onay/").status_code == 404, forged


def test_an_address_in_turkish_letters_is_told_and_not_kept(db: None) -> None:
    answer = Client().post("/haber/", {"eposta": "BİLGİ@FIRMA.COM.TR"})
    assert "E-posta adresinde “İ” olamaz" in answer.content.decode()
    assert NewsSubscriber.objects.count() == 0


def test_a_bad_address_is_told(db: None) -> None:
    answer = Client().post("/haber/", {"eposta": "yok"})
    assert (answer.status_code, 'data-testid="error-summary"' in answer.content.decode()) == (200, True)


def test_one_visitor_may_not_fill_the_list(db: None) -> None:
    browser = Client(REMOTE_ADDR="192.0.2.77")
    statuses = [browser.post("/haber/", {"eposta": f"a{number}@ornek.com"}).status_code for number in range(11)]
    assert (statuses[9], statuses[10]) == (302, 429)


def test_the_filtered_list_is_a_file(reviewer: Person, client_of: Callable[[Person], Client], now: datetime) -> None:
    for name in ("ayse", "=fatma"):
        NewsSubscriber.objects.create(email=f"{name}@ornek.com", asked_at=now, confirmed_at=now)
    NewsSubscriber.objects.create(email="bekleyen@ornek.com", asked_at=now)
    query = {"confirmed_at__isempty": "0"}
    answer = client_of(reviewer).get("/yonetim/applications/newssubscriber/liste.csv", query)
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in lines] == ["E-posta", "'=fatma@ornek.com", "ayse@ornek.com"]
    page = client_of(reviewer).get("/yonetim/applications/newssubscriber/", query).content.decode()
    assert "liste.csv?confirmed_at__isempty=0" in page
