"""A portal and its bank as a browser without script sees them, for journeys that look at everything that is sent."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser

from simulators.bank import cards
from tests.journeys.company import company
from tests.journeys.conftest import PATIENCE, Portal, log_in
from tests.simulators.bank import auto_form

# A code of its own for each card, of a kind that no page, sum, year or end of a card shows.
_ENDS = {card.number[-4:] for card in cards.TEST_CARDS}
_FREE = [code for code in map(str, range(7919, 6000, -23)) if code not in _ENDS]
CODES = {card.number: code for card, code in zip(cards.TEST_CARDS, _FREE, strict=False)}
PAID = ("completed", "paid")
"""How a paid order stands: its package may have to wait for another one."""


@dataclass
class Shop:
    """A company at a portal, through one web server; keeps every page of the portal.

    `awaited` are the orders that somebody else brings to an end, and the states that they may end in.
    """

    portal: Portal
    http: httpx.Client
    database: psycopg.Connection
    company: int
    pages: list[bytes] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    awaited: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def go(self, address: str, data: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """Open an address, or post to it, and follow where it leads."""
        answer = self.http.request("GET" if data is None else "POST", address, data=data, **more)
        self._keep(answer)
        while answer.is_redirect:
            answer = self.http.get(urljoin(str(answer.url), answer.headers["Location"]))
            self._keep(answer)
        return answer

    def _keep(self, answer: httpx.Response) -> None:
        if not str(answer.url).startswith(self.portal.bank):
            self.pages.append(f"{answer.headers}\n".encode() + answer.content)

    def send(self, page: httpx.Response, **typed: str) -> httpx.Response:
        """Fill in the form of a page of the portal."""
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        return self.go(str(page.url), {**hidden, **typed}, headers={"Referer": str(page.url)})

    def order(self) -> str:
        """Choose a package and approve its contract; return the order's code.

        What was paid before may arrive meanwhile, and its package be the active one: then another one is chosen.
        """
        for _ in range(5):
            contract = self.send(self.go(f"{self.portal.url}/paket/{self._other_package()}/"))
            method = self.send(contract, approve="on") if contract.url.path.endswith("/sozlesme/") else contract
            if found := re.fullmatch(r"/siparis/([^/]+)/odeme/", method.url.path):
                self.orders.append(found[1])
                return found[1]
        pytest.fail(f"no order: {method.url}")

    def _other_package(self) -> str:
        """Return a package that is not active, as that could not be bought."""
        query = (
            "SELECT k.slug FROM packages_subscription s JOIN packages_package k ON k.id = s.package_id"
            " JOIN accounts_provider p ON p.id = s.provider_id WHERE p.iys_code = %s AND s.state = 'active'"
        )
        active = self.database.execute(query, [self.company]).fetchone()
        return "ileti-250" if active == ("ileti-150",) else "ileti-150"

    def to_the_bank(self, code: str, *, instalments: int = 1, bin_number: str = "") -> httpx.Response:
        """Press “Ödemeyi Tamamla”; return the bank's card page, whichever way it is reached."""
        address = f"{self.portal.url}/siparis/{code}/odeme/kart/onay/?taksit={instalments}&kart={bin_number}"
        page = self.send(self.go(address))
        if str(page.url).startswith(self.portal.url):
            page = self.go(*auto_form(page.text))
        assert str(page.url).startswith(self.portal.bank), page.url
        return page

    def type(self, page: httpx.Response, card: cards.TestCard, *, count: int = 1) -> httpx.Response:
        """Fill in the bank's card page."""
        typed = {"holder": "DEFNE IŞIKGİL", "number": card.number, "expiry": "12/30", "installment": str(count)}
        return self.go(str(page.url), typed | {"code": CODES[card.number]})

    def confirm(self, page: httpx.Response, *, right: bool = True) -> httpx.Response:
        """Type the one-time code that the 3-D page shows, or another."""
        shown = re.search(r'data-testid="deneme-kodu">(\d{6})<', page.text)
        assert shown, page.url
        return self.go(str(page.url), {"code": shown[1] if right else f"{(int(shown[1]) + 1) % 1_000_000:06}"})

    def give_up(self, page: httpx.Response) -> httpx.Response:
        """Press the bank's “Vazgeç” on its card page or its 3-D page."""
        return self.go(re.sub("/(odeme-sayfasi|3d)/", "/vazgec/", str(page.url)), {})

    def back(self, page: httpx.Response, **more: str) -> httpx.Response:
        """Come back from the bank: a POST without the portal's session."""
        address, fields = auto_form(page.text)
        kept, self.http.cookies = self.http.cookies, httpx.Cookies()
        try:
            answer = self.http.post(address, data=fields | more)
        finally:
            self.http.cookies = kept
        self._keep(answer)
        return answer

    def fault(self, kind: str, name: str) -> None:
        """Let the bank's next call of this kind go wrong."""
        assert self.http.post(f"{self.portal.bank}/anahtar/", json={"kind": kind, "fault": name}).status_code == 200

    def state(self, code: str, *awaited: str) -> str:
        """Return an order's state, once it is one of these."""
        return self.until("SELECT state FROM payments_order WHERE code = %s", [code.replace("-", "")], *awaited)

    def until(self, query: str, values: Sequence[object], *awaited: str) -> str:
        """Return the only value of a query, once it is one of these."""
        for _ in range(720):
            row = self.database.execute(query, values).fetchone()
            if row and str(row[0]) in awaited:
                return str(row[0])
            time.sleep(0.25)
        pytest.fail(f"{query} {values}: {row}, not {awaited}")

    def pay(self, card: cards.TestCard, *, instalments: int = 1, bin_number: str = "") -> tuple[str, httpx.Response]:
        """Pay a new order with a card up to the page that leads back from the bank."""
        code = self.order()
        page = self.to_the_bank(code, instalments=instalments, bin_number=bin_number)
        return code, self.confirm(self.type(page, card, count=instalments))


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
