"""Card numbers and codes are typed at the bank and stay there: pay on every path, then search all that is ours."""

import html
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser

from simulators.bank import cards
from tests.journeys import canary
from tests.journeys.canary import Canary
from tests.journeys.company import company
from tests.journeys.conftest import PATIENCE, Portal, log_in
from tests.journeys.test_card import go_back

CODE, TITLE = 880010, "Kanaryalı Ticaret A.Ş."
PAID = [card for card in cards.TEST_CARDS if not card.decline and card.md_status == 1 and card.initialises]
REFUSED = [card for card in cards.TEST_CARDS if card not in PAID]
# A code of its own for each card, of a kind that no page, sum, year or end of a card shows.
_ENDS = {card.number[-4:] for card in cards.TEST_CARDS}
_FREE = [code for code in map(str, range(7919, 6000, -23)) if code not in _ENDS]
CODES = {card.number: code for card, code in zip(cards.TEST_CARDS, _FREE, strict=False)}
# What a person types by mistake, or a thief to see it again: searched for as it is.
WRONG_CODE, WRONG_NUMBER = "KNRY7X", "5528790000000009"
CANARY = Canary(
    numbers=(*(card.number for card in cards.TEST_CARDS), WRONG_NUMBER),
    codes=tuple(CODES.values()),
    words=(WRONG_CODE,),
)


@dataclass
class Shop:
    """The portal and the bank as a browser without script sees them; keeps every page of the portal."""

    portal: Portal
    http: httpx.Client
    database: psycopg.Connection
    company: int
    pages: list[bytes] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    @property
    def bank(self) -> str:
        address = urlsplit(self.portal.url)
        return f"{address.scheme}://{address.hostname}:{(address.port or 0) + 2}"

    def go(self, address: str, data: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """Open an address, or post to it, and follow where it leads."""
        answer = self.http.request("GET" if data is None else "POST", address, data=data, **more)
        self._keep(answer)
        while answer.is_redirect:
            answer = self.http.get(urljoin(str(answer.url), answer.headers["Location"]))
            self._keep(answer)
        return answer

    def _keep(self, answer: httpx.Response) -> None:
        if str(answer.url).startswith(self.portal.url):
            self.pages.append(f"{answer.headers}\n".encode() + answer.content)

    def send(self, page: httpx.Response, **typed: str) -> httpx.Response:
        """Fill in the form of a page of the portal."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        return self.go(str(page.url), {**hidden, **typed}, headers={"Referer": str(page.url)})

    def order(self) -> str:
        """Choose a package and approve its contract; return the order's code."""
        contract = self.send(self.go(f"{self.portal.url}/paket/{self._other_package()}/"))
        method = self.send(contract, approve="on")
        found = re.fullmatch(r"/siparis/([^/]+)/odeme/", method.url.path)
        assert found, method.url
        self.orders.append(found[1])
        return found[1]

    def _other_package(self) -> str:
        """Return a package that is not active, as that could not be bought."""
        query = (
            "SELECT k.slug FROM packages_subscription s JOIN packages_package k ON k.id = s.package_id"
            " JOIN accounts_provider p ON p.id = s.provider_id WHERE p.iys_code = %s AND s.state = 'active'"
        )
        active = self.database.execute(query, [self.company]).fetchone()
        return "ileti-250" if active == ("ileti-150",) else "ileti-150"

    def to_the_bank(self, code: str, *, instalments: int = 1, bin_number: str = "") -> httpx.Response:
        """Press “Ödemeyi Tamamla”; return the bank's card page."""
        address = f"{self.portal.url}/siparis/{code}/odeme/kart/onay/?taksit={instalments}&kart={bin_number}"
        page = self.send(self.go(address))
        assert str(page.url).startswith(self.bank), page.url
        return page

    def type(self, page: httpx.Response, card: cards.TestCard, *, code: str = "", count: int = 1) -> httpx.Response:
        """Fill in the bank's card page."""
        typed = {"holder": "DEFNE IŞIKGİL", "number": card.number, "expiry": "12/30", "installment": str(count)}
        return self.go(str(page.url), typed | {"code": code or CODES[card.number]})

    def confirm(self, page: httpx.Response, code: str = "") -> httpx.Response:
        """Type the one-time code that the 3-D page shows, or another."""
        shown = re.search(r'data-testid="deneme-kodu">(\d{6})<', page.text)
        assert shown, page.url
        return self.go(str(page.url), {"code": code or shown[1]})

    def back(self, page: httpx.Response, **more: str) -> httpx.Response:
        """Come back from the bank: a POST without the portal's session."""
        action = re.search(r'action="([^"]+)" data-auto', page.text)
        assert action, page.url
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        address = html.unescape(action[1])
        fields = {name: html.unescape(value) for name, value in fields.items()}
        kept, self.http.cookies = self.http.cookies, httpx.Cookies()
        try:
            answer = self.http.post(address, data=fields | more)
        finally:
            self.http.cookies = kept
        self._keep(answer)
        return answer

    def fault(self, kind: str, name: str, **more: Any) -> None:
        data = {"kind": kind, "fault": name, **more}
        assert self.http.post(f"{self.bank}/anahtar/", json=data).status_code == 200

    def state(self, code: str, *awaited: str) -> str:
        """Return an order's state, once it is one of these."""
        query = "SELECT state FROM payments_order WHERE code = %s"
        for _ in range(720):
            row = self.database.execute(query, [code.replace("-", "")]).fetchone()
            if row and (not awaited or row[0] in awaited):
                return str(row[0])
            time.sleep(0.25)
        pytest.fail(f"{code}: {row}")

    def pay(self, card: cards.TestCard, **how: Any) -> tuple[str, httpx.Response]:
        """Pay a new order with a card up to the page that leads back from the bank."""
        code = self.order()
        return code, self.confirm(self.type(self.to_the_bank(code, **how), card, count=how.get("instalments", 1)))


DONE = ("completed", "paid")


# --- Ways to pay: each gets a card that is good -----------------------------------------------------------------------
def at_once(shop: Shop, card: cards.TestCard) -> None:
    code, page = shop.pay(card)
    shop.back(page)
    shop.state(code, *DONE)


def in_instalments(shop: Shop, card: cards.TestCard) -> None:
    code, page = shop.pay(card, instalments=3, bin_number=card.number[:6])
    shop.back(page)
    shop.state(code, *DONE)


def wrong_code_first(shop: Shop, card: cards.TestCard) -> None:
    code = shop.order()
    page = shop.type(shop.to_the_bank(code), card)
    page = shop.confirm(page, "000000" if "000000" not in page.text else "000001")
    shop.back(shop.confirm(page))
    shop.state(code, *DONE)


def wrong_codes_only(shop: Shop, card: cards.TestCard) -> None:
    code = shop.order()
    page = shop.type(shop.to_the_bank(code), card)
    for _ in range(2):
        page = shop.confirm(page, "000000" if "000000" not in page.text else "000001")
    shop.back(shop.confirm(page, "000000" if "000000" not in page.text else "000001"))
    shop.state(code, "contract_accepted")


def nothing_but_mistakes_at_the_bank(shop: Shop, card: cards.TestCard) -> None:
    page = shop.to_the_bank(shop.order())
    for number, code in ((card.number, WRONG_CODE), (WRONG_NUMBER, CODES[card.number]), (card.number, "")):
        typed = {"holder": "", "number": number, "expiry": "13/99", "code": code}
        assert 'data-testid="error-summary"' in shop.go(str(page.url), typed).text


def given_up(shop: Shop, card: cards.TestCard) -> None:
    code = shop.order()
    page = shop.type(shop.to_the_bank(code), card)
    shop.back(shop.go(str(page.url).replace("/3d/", "/vazgec/"), {}))
    shop.state(code, "contract_accepted")


def left_at_the_3d_page(shop: Shop, card: cards.TestCard) -> None:
    shop.type(shop.to_the_bank(shop.order()), card)


def at_the_bank(fault: str) -> Callable[[Shop, cards.TestCard], None]:
    """The bank fails while it takes the money; the payer goes on as far as the pages let them."""

    def way(shop: Shop, card: cards.TestCard) -> None:
        code = shop.order()
        page = shop.type(shop.to_the_bank(code), card)
        shop.fault("charge", fault)
        with suppress(httpx.TransportError):
            shop.confirm(page)
        if fault in {"drop-before", "http-500"}:
            shop.confirm(shop.go(str(page.url)))
        shop.back(shop.go(str(page.url).replace("/3d/", "/donus/")))
        shop.state(code, "in_review" if fault == "wrong-amount" else "completed", "paid")

    way.__name__ = f"{fault} at the bank"
    return way


def afterwards(fault: str) -> Callable[[Shop, cards.TestCard], None]:
    """The bank fails when it is asked what happened; worker and beat find out."""

    def way(shop: Shop, card: cards.TestCard) -> None:
        code, page = shop.pay(card)
        shop.fault("detail", fault)
        shop.back(page)
        shop.state(code, "in_review" if fault == "wrong-amount" else "completed", "paid")

    way.__name__ = f"{fault} afterwards"
    return way


def by_webhook(fault: str) -> Callable[[Shop, cards.TestCard], None]:
    """The browser never comes back: a message tells, twice, early or signed wrongly (then beat finds out)."""

    def way(shop: Shop, card: cards.TestCard) -> None:
        code = shop.order()
        page = shop.type(shop.to_the_bank(code), card)
        shop.fault("webhook", fault)
        back = shop.confirm(page)
        if fault in {"lost", "wrong-signature"}:
            shop.back(back)
        shop.state(code, *DONE)

    way.__name__ = f"{fault} webhook"
    return way


def the_portal_breaks(shop: Shop, card: cards.TestCard) -> None:
    """The table of allocations is away for a moment: the return and the worker fail with all that was posted."""
    code, page = shop.pay(card)
    shop.database.execute("ALTER TABLE payments_allocation RENAME TO away")
    try:
        more = {"number": card.number, "cvc": CODES[card.number], "pan": card.number}
        answer = shop.back(page, **more)
        assert answer.status_code == 500
        time.sleep(4)  # the webhook comes, and the worker fails as well
    finally:
        shop.database.execute("ALTER TABLE away RENAME TO payments_allocation")
    shop.back(page)
    shop.state(code, *DONE)


def typed_into_the_portal(shop: Shop, card: cards.TestCard) -> None:
    """Where only the first digits are asked for, somebody types them all, and the code behind them."""
    code = shop.order()
    page = shop.go(f"{shop.portal.url}/siparis/{code}/odeme/kart/")
    for spelling in (card.number, " ".join(re.findall("....?", card.number)), f"{card.number[:4]}-{card.number[4:]}"):
        for button in ("quote", "pay"):
            answer = shop.send(page, bin_number=spelling, instalments="1", **{button: "1"})
            assert "Kartınızın yalnızca ilk 6, 7 ya da 8 rakamını yazın." in answer.text
    query = {"taksit": "1", "kart": card.number, "cvc": CODES[card.number]}
    check = f"{shop.portal.url}/siparis/{code}/odeme/kart/onay/"
    assert shop.go(check, params=query).url.path == f"/siparis/{code}/odeme/kart/"
    shop.send(shop.go(f"{check}?taksit=1&kart="), kart=card.number, cvc=CODES[card.number])


def posted_to_the_portal(shop: Shop, card: cards.TestCard) -> None:
    """Addresses that anybody may post to get a card number: forged returns and messages."""
    stolen = {"number": card.number, "cvc": CODES[card.number], "token": card.number}
    for path in ("/odeme/donus/forged/", "/odeme/bildirim/iyzico/", "/odeme/bildirim/yok/"):
        assert shop.http.post(shop.portal.url + path, data=stolen).status_code in {400, 404}
        assert shop.http.post(shop.portal.url + path, json=stolen).status_code in {400, 404}
    code, page = shop.pay(card)
    assert shop.back(page, **stolen).status_code == 400
    shop.back(page)
    shop.state(code, *DONE)


WAYS = (
    at_once,
    in_instalments,
    wrong_code_first,
    wrong_codes_only,
    nothing_but_mistakes_at_the_bank,
    given_up,
    left_at_the_3d_page,
    *map(at_the_bank, ("drop-before", "drop-after", "http-500", "http-500-after", "wrong-amount")),
    *map(afterwards, ("drop-before", "drop-after", "http-500", "malformed", "wrong-signature", "wrong-amount")),
    *map(by_webhook, ("duplicate", "early", "lost", "wrong-signature")),
    the_portal_breaks,
    typed_into_the_portal,
    posted_to_the_portal,
)


@contextmanager
def in_the_shop_of(portal: Portal, chromium: Browser, *, code: int, title: str) -> Iterator[tuple[Shop, Any]]:
    """A company's person, logged in, with Chromium and without."""
    context = chromium.new_context(locale="tr-TR", timezone_id="Europe/Istanbul")
    context.set_default_timeout(PATIENCE)
    with company(portal, code=code, title=title, email="kart@kartli.example") as database:
        page = context.new_page()
        log_in(page, portal, "10000000214")
        page.get_by_role("button", name=re.compile(title)).click()
        with httpx.Client(trust_env=False, timeout=120) as http:
            for cookie in context.cookies(portal.url):
                http.cookies.set(cookie["name"], cookie["value"], domain="127.0.0.1")
            yield Shop(portal, http, database, code), page
    context.close()


def in_chromium(shop: Shop, page: Any, card: cards.TestCard) -> list[canary.Place]:
    """Pay, or try to, in a browser; return what it keeps of the portal on the way."""
    code = shop.order()
    page.goto(f"{shop.portal.url}/siparis/{code}/odeme/kart/onay/?taksit=1&kart=")
    page.get_by_role("button", name="Ödemeyi Tamamla").click()
    page.get_by_label("Kart sahibinin adı").fill("DEFNE IŞIKGİL")
    page.get_by_label("Kart numarası").fill(" ".join(re.findall("....?", card.number)))
    page.get_by_label("Son kullanma tarihi").fill("12/30")
    page.get_by_label("Güvenlik kodu").fill(CODES[card.number])
    page.get_by_role("button", name="Öde", exact=True).click()
    page.locator("[name=code]").fill(page.get_by_test_id("deneme-kodu").inner_text())
    page.get_by_role("button", name="Onayla", exact=True).click()
    go_back(page, shop.portal)
    page.wait_for_url(shop.portal.url + "/siparis/**")
    kept = list(canary.storage(page))
    page.go_back()
    page.goto(f"{shop.portal.url}/siparis/{code}/")
    return [*kept, *canary.storage(page)]


def test_no_card_number_and_no_code_anywhere(portal: Portal, chromium: Browser) -> None:
    url, broker = portal.environment["DATABASE_URL"], os.environ["REDIS_URL"]
    since, begun = canary.wal_position(url), time.time()
    with canary.overheard(broker) as heard, in_the_shop_of(portal, chromium, code=CODE, title=TITLE) as (shop, page):
        for way, card in zip(WAYS, PAID, strict=False):
            way(shop, card)
        last = shop.order()
        for card in REFUSED:
            answer = shop.type(shop.to_the_bank(last), card)
            if card.initialises:
                shop.back(shop.confirm(answer))
                shop.state(last, "contract_accepted")
            else:
                shop.back(shop.go(str(answer.url).replace("/odeme-sayfasi/", "/vazgec/"), {}))
        kept = [*in_chromium(shop, page, PAID[0]), *in_chromium(shop, page, REFUSED[0])]
        paid = shop.orders[0]
        for path in ("", "makbuz/"):
            shop.go(f"{portal.url}/siparis/{paid}/{path}")
        receipt = canary.pdf_text(shop.http.get(f"{portal.url}/siparis/{paid}/makbuz.pdf").content)
        time.sleep(3)  # what was promised is done: e-mails are out
    places = {
        "database": list(canary.database(url)),
        "wal": list(canary.wal(url, since=since)),
        "files": list(canary.files(portal.data, since=begun)),
        "broker": [*heard, *canary.broker(broker)],
        "pages": [("page", content) for content in shop.pages],
        "browser": kept,
        "receipt": [("receipt", receipt)],
    }
    assert CANARY.hits(chain.from_iterable(places.values())) == []
    # It was looked where something can be: what is no secret is found in each of these.
    known = Canary(numbers=(), words=(paid, paid.replace("-", "")))
    readable = ["wal"] if canary.wal_is_readable(url) else []
    for name in ("database", "files", "pages", "receipt", *readable):
        assert known.hits(iter(places[name])), name
    assert any(place.startswith("e-mail") for place in known.hits(iter(places["files"])))
    assert any(place.startswith("PDF") for place in known.hits(iter(places["database"])))
    assert Canary(numbers=(), words=("run_outbox_message",)).hits(iter(heard))
    assert portal.broken_rules() == {}
