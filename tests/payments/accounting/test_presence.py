"""Two accountants on one page are told of each other; nobody is kept out, and what both decide stays safe."""

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client

from accounts.models import Person
from payments.models import LineDecision, Order, Presence, StatementLine
from tests.architecture.test_constraints import refused

ClientOf = Callable[[Person], Client]


@pytest.fixture
def people(accountant: Person, second: Person) -> tuple[Person, Person]:
    for person, given, family in ((accountant, "Ayşe", "Yılmaz"), (second, "Çağrı", "İpek")):
        person.given_name, person.family_name = given, family
        person.save()
    return accountant, second


@pytest.fixture
def line(waiting: Callable[..., StatementLine]) -> StatementLine:
    return waiting()


def told(page: bytes) -> list[str]:
    """Return the names that a page says are there."""
    text = page.decode()
    return [name for name in ("Ayşe Y.", "Çağrı İ.") if f"<strong>{name}</strong>" in text]


def test_each_is_told_of_the_other_and_not_of_themselves(
    client_of: ClientOf, people: tuple[Person, Person], line: StatementLine, now: datetime
) -> None:
    first, other = map(client_of, people)
    address = f"/muhasebe/hareketler/{line.pk}/"
    assert told(first.get(address).content) == []
    with time_machine.travel(now + timedelta(seconds=30), tick=False):
        page = other.get(address).content
        assert told(page) == ["Ayşe Y."]
        assert "12:00'den beri bu harekete bakıyor." in unescape(page.decode())
        assert told(first.get(f"{address}kimler/").content) == ["Çağrı İ."]


def test_who_gives_no_sign_is_gone_and_who_comes_again_came_anew(
    client_of: ClientOf, people: tuple[Person, Person], line: StatementLine, now: datetime
) -> None:
    first, other = map(client_of, people)
    address = f"/muhasebe/hareketler/{line.pk}/"
    first.get(address)
    for seconds in (20, 40, 60, 80, 100):  # the open page asks
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            first.get(f"{address}kimler/")
    with time_machine.travel(now + timedelta(seconds=175), tick=False):
        assert "12:00'den beri" in unescape(other.get(address).content.decode())
    with time_machine.travel(now + timedelta(seconds=176), tick=False):
        assert told(other.get(address).content) == []
        first.get(address)
        assert "12:02'den beri" in unescape(other.get(f"{address}kimler/").content.decode())
    assert Presence.objects.count() == 2


def test_on_an_order_and_not_on_another_page(
    client_of: ClientOf,
    people: tuple[Person, Person],
    line: StatementLine,
    order_of: Callable[..., Order],
) -> None:
    first, other = map(client_of, people)
    order = order_of()
    first.get(f"/muhasebe/siparisler/{order.code_display}/")
    page = other.get(f"/muhasebe/siparisler/{order.code_display}/kimler/").content
    assert (told(page), "bu siparişe bakıyor." in page.decode()) == (["Ayşe Y."], True)
    assert told(other.get(f"/muhasebe/siparisler/{order_of().code_display}/").content) == []
    assert told(other.get(f"/muhasebe/hareketler/{line.pk}/").content) == []


@pytest.mark.parametrize("address", ["hareketler/0/kimler/", "siparisler/XXX-XXX-XXX/kimler/", "siparisler/x/kimler/"])
def test_nobody_stands_before_nothing(browser: Client, address: str) -> None:
    assert browser.get(f"/muhasebe/{address}").status_code == 404
    assert not Presence.objects.exists()


def test_both_may_decide_and_one_counts(
    client_of: ClientOf, people: tuple[Person, Person], line: StatementLine
) -> None:
    first, other = map(client_of, people)
    address = f"/muhasebe/hareketler/{line.pk}/"
    first.get(address)
    seen = other.get(address).context["seen"]
    sent = {"islem": "yoksay", "gorulen": seen, "gerekce": "Sipariş ödemesi değil."}
    assert first.post(address, sent).status_code == 302
    late = other.post(address, sent)
    assert (late.status_code, LineDecision.objects.count()) == (200, 1)
    assert people[0].get_full_name() in late.content.decode()
    line.refresh_from_db()
    assert line.state == "ignored"


def test_the_database_knows_each_once(accountant: Person, now: datetime) -> None:
    Presence.objects.create(place="line:1", person=accountant, since=now, seen_at=now)
    refused(
        "presence_once",
        "INSERT INTO payments_presence (place, person_id, since, seen_at) SELECT place, person_id, since, seen_at"
        " FROM payments_presence",
    )
