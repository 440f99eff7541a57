"""Web sessions: their two limits, the way back, the list, and ending them elsewhere."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.test import Client

from accounts.browsers import UNKNOWN, browser_name
from accounts.models import Person, WebSession
from accounts.sessions import shortened
from accounts.tasks import clear_sessions
from iys_portal.audit.models import AuditEvent
from tests.accounts.company import text_of
from tests.accounts.visitor import Visitor

ENDED = "/oturum-bitti/?next=%2Fpaket%2F%3Fsayfa%3D2"
PAGE = "/paket/?sayfa=2"


@pytest.fixture
def traveller(now: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now, tick=False) as clock:
        yield clock


@pytest.fixture
def browser(traveller: time_machine.Traveller, alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


def test_idle_for_twenty_minutes_it_is_over(traveller: time_machine.Traveller, browser: Client) -> None:
    traveller.shift(timedelta(minutes=19, seconds=59))
    assert browser.get(PAGE).status_code == 200
    traveller.shift(timedelta(minutes=20))
    answer = browser.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, ENDED)
    page = browser.get(answer["Location"]).content.decode()
    assert 'href="/giris/?next=%2Fpaket%2F%3Fsayfa%3D2"' in page


def test_used_all_the_time_it_is_over_after_eight_hours(traveller: time_machine.Traveller, browser: Client) -> None:
    for _ in range(32):
        assert browser.get("/oturum/").status_code == 200
        traveller.shift(timedelta(minutes=15))
    assert browser.get(PAGE)["Location"] == ENDED


def test_a_page_that_asks_by_itself_does_not_keep_it_alive(traveller: time_machine.Traveller, browser: Client) -> None:
    browser.get(PAGE)
    before = WebSession.objects.values_list("seen_at", "expire_date").get()
    traveller.shift(timedelta(minutes=19))
    assert browser.get(PAGE, headers={"X-Poll": "1"}).status_code == 200
    assert WebSession.objects.values_list("seen_at", "expire_date").get() == before
    traveller.shift(timedelta(minutes=1))
    assert browser.get(PAGE, headers={"X-Poll": "1"}).status_code == 302


def test_a_page_whose_session_is_over_moves_as_a_whole(traveller: time_machine.Traveller, browser: Client) -> None:
    piece = {"HX-Request": "true", "X-Poll": "1", "HX-Current-URL": f"http://testserver{PAGE}"}
    assert browser.get("/isyerim/", headers=piece).status_code == 200
    traveller.shift(timedelta(minutes=21))
    answer = browser.get("/isyerim/", headers=piece)
    assert (answer.status_code, answer.content, answer.has_header("Location")) == (204, b"", False)
    assert answer["HX-Redirect"] == "/oturum-bitti/?next=%2Fpaket%2F%3Fsayfa%3D2"
    elsewhere = piece | {"HX-Current-URL": "https://kotu.example/paket/"}
    assert browser.get("/isyerim/", headers=elsewhere)["HX-Redirect"] == "/oturum-bitti/?next=%2Fisyerim%2F"
    plain = browser.get("/isyerim/")
    assert (plain.status_code, plain["Location"]) == (302, "/oturum-bitti/?next=%2Fisyerim%2F")


def test_every_page_that_asks_by_itself_says_so() -> None:
    written = [path.read_text() for path in (django_settings.BASE_DIR / "templates").rglob("*.html")]
    polls = [tag for text in written for tag in re.findall(r"<[^>]*hx-trigger=\"[^\"]*every [^>]*>", text)]
    assert polls
    assert [tag for tag in polls if '"X-Poll"' not in tag] == []


def test_a_page_says_how_long_the_session_lasts(traveller: time_machine.Traveller, browser: Client) -> None:
    traveller.shift(timedelta(minutes=18))
    answer = browser.get("/oturum/")
    assert answer.headers["X-Session-Seconds"] == "1200"
    assert 'data-seconds="1200" data-warning="120"' in answer.content.decode()
    traveller.shift(timedelta(seconds=30))  # noted once a minute, so that a page costs no write
    assert browser.get("/oturum/").headers["X-Session-Seconds"] == "1170"


def test_who_never_logged_in_is_sent_to_the_login(db: None) -> None:
    answer = Client().get(PAGE)
    assert answer["Location"] == "/giris/?next=/paket/%3Fsayfa%3D2"


def test_staff_are_led_back_to_their_own_login(db: None) -> None:
    page = Client().get("/oturum-bitti/?next=/muhasebe/kuyruk/").content.decode()
    assert 'href="/yonetim/login/?next=%2Fmuhasebe%2Fkuyruk%2F"' in page


@pytest.mark.parametrize("target", ["https://kotu.example/", "//kotu.example/", "javascript:alert(1)"])
def test_the_way_back_stays_on_this_host(db: None, target: str) -> None:
    assert 'href="/giris/?next=%2F"' in Client().get("/oturum-bitti/", {"next": target}).content.decode()


def test_logged_in_again_the_visitor_is_where_they_were(db: None, visitor: Visitor) -> None:
    visitor.log_in()
    WebSession.objects.all().delete()
    address = visitor.browser.get("/isyerim/oturumlar/")["Location"]
    assert address == "/oturum-bitti/?next=%2Fisyerim%2Foturumlar%2F"
    assert visitor.log_in(next="/isyerim/oturumlar/")["Location"] == "/isyerim/oturumlar/"


def logged_in(person: Person, client_of: Callable[[Person], Client], agent: str, address: str) -> Client:
    """Return a browser of its own kind and address."""
    client = client_of(person)
    session = client.session
    session["browser"], session["address"] = browser_name(agent), shortened(address)
    session.save()
    return client


def is_logged_in(client: Client) -> bool:
    request = HttpRequest()
    request.session = client.session
    return bool(get_user(request).is_authenticated)


def test_the_list_names_browsers_and_no_session_key(
    browser: Client, alice: Person, bob: Person, client_of: Callable[[Person], Client]
) -> None:
    other = logged_in(alice, client_of, "Mozilla/5.0 (iPhone) Version/17 Safari/604.1", "192.0.2.77")
    logged_in(bob, client_of, "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0", "198.51.100.4")
    answer = browser.get("/isyerim/oturumlar/")
    said = text_of(answer)
    assert [words in said for words in ("2 açık oturum", "Safari, iPhone", "192.0.2.***", "Bu oturum")] == [True] * 4
    assert [words in said for words in ("192.0.2.77", "Firefox", "198.51.100")] == [False] * 3
    keys = [client.session.session_key for client in (browser, other)]
    assert [key in answer.content.decode() for key in keys] == [False, False]


def test_one_is_ended_and_only_ones_own(
    browser: Client, alice: Person, bob: Person, client_of: Callable[[Person], Client]
) -> None:
    others = [client_of(alice), client_of(alice), client_of(bob)]
    rows = browser.get("/isyerim/oturumlar/").context["rows"]
    marks = {row.session_key: mark for row, mark, _ in rows}
    assert len(marks) == 3
    browser.post("/isyerim/oturumlar/", {"session": marks[others[0].session.session_key]})
    browser.post("/isyerim/oturumlar/", {"session": marks[browser.session.session_key]})
    browser.post("/isyerim/oturumlar/", {"session": "forged"})
    assert [is_logged_in(client) for client in (browser, *others)] == [True, False, True, True]
    browser.post("/isyerim/oturumlar/", {"others": "1"})
    assert [is_logged_in(client) for client in (browser, *others)] == [True, False, False, True]
    ended = AuditEvent.objects.filter(action="sessions_ended").order_by("pk")
    assert list(ended.values_list("detail__count", "actor_id")) == [(1, alice.pk), (1, alice.pk)]


def test_what_is_over_is_cleared_away(traveller: time_machine.Traveller, browser: Client) -> None:
    clear_sessions()
    assert WebSession.objects.count() == 1
    traveller.shift(timedelta(minutes=21))
    clear_sessions()
    assert WebSession.objects.count() == 0


def test_the_cookie_outlives_the_session_so_that_its_end_can_be_told() -> None:
    assert django_settings.SESSION_COOKIE_AGE == 8 * 60 * 60


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130",
            "Microsoft Edge, Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15", "Safari, macOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox, Linux"),
        ("curl/8", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_browsers_in_words(header: str, name: str) -> None:
    assert browser_name(header) == name


@pytest.mark.parametrize(
    ("address", "shown"),
    [("192.0.2.77", "192.0.2.***"), ("2001:db8:1:2::/64", "2001:db8:1::***"), ("unknown", "")],
)
def test_addresses_lose_their_end(address: str, shown: str) -> None:
    assert shortened(address) == shown
