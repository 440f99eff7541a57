"""The bank's side of the conformance suite, played by the bank simulator: a process, its pages, and a plain browser."""

import re
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urljoin

import httpx

from payments.gateways.base import ActionKind, Charge, DeclineGroup, Gateway, Outcome
from payments.gateways.iyzico import Iyzico
from payments.gateways.nestpay import NestPay
from tests.payments.gateways.benches import NOWHERE
from tests.simulators.bank import (
    API_KEY,
    API_PASSWORD,
    API_USER,
    CLIENT_ID,
    PARAF,
    SECRET_KEY,
    STORE_KEY,
    Bank,
    return_form,
)

_G = DeclineGroup
TIMEOUT = 3.0
CARDS = {
    "ok": PARAF,
    _G.INSUFFICIENT_FUNDS: "4111111111111129",
    _G.DO_NOT_HONOUR: "4129111111111111",
    _G.INVALID_TRANSACTION: "4128111111111112",
    _G.LOST_OR_STOLEN: "4127111111111113",
    _G.EXPIRED_CARD: "4125111111111115",
    _G.INVALID_CODE: "4124111111111116",
    _G.NOT_PERMITTED: "4123111111111117",
    _G.FRAUD: "4121111111111119",
    _G.RESTRICTED_BY_LAW: "4151111111111393",
    _G.OTHER: "4130111111111118",
    _G.AUTHENTICATION: "4131111111111117",
}


class Browser:
    """What a payer does: open the page, type the card, type the code, be led back."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def open(self, opened: Outcome) -> httpx.Response:
        """Go where a started attempt sends the browser."""
        assert opened.action
        if opened.action.kind == ActionKind.REDIRECT:
            return self.arrive(self.http.get(opened.action.url))
        return self.arrive(self.http.post(opened.action.url, data=dict(opened.action.fields)))

    def arrive(self, page: httpx.Response) -> httpx.Response:
        """Follow redirects to a page."""
        while page.is_redirect:
            page = self.http.get(urljoin(str(page.url), page.headers["location"]))
        assert page.status_code == 200, page.text
        return page

    def send(self, page: httpx.Response, **typed: str) -> httpx.Response:
        """Fill in a page's form; it is posted to where the page came from."""
        return self.arrive(self.http.post(page.url, data=typed))

    def pay(self, page: httpx.Response, number: str, count: int) -> dict[str, str]:
        """Pay from the card page on; return what is posted to the merchant."""
        typed = {"holder": "DEFNE IŞIKGİL", "number": number, "expiry": "12/30", "code": "123"}
        return self.confirm(self.send(page, installment=str(count), **typed))

    def confirm(self, page: httpx.Response) -> dict[str, str]:
        """Type the one-time code where the bank asks for one; return what is posted to the merchant."""
        shown = re.search(r'data-testid="deneme-kodu">(\d{6})<', page.text)
        if shown:
            page = self.send(page, code=shown[1])
        return return_form(page)[1]


@dataclass
class SimulatorBench:
    """What both protocols have in common."""

    bank: Bank

    def __post_init__(self) -> None:
        self.browser = Browser(self.bank.http)

    def pay(self, charge: Charge, opened: Outcome, card: str = "ok") -> dict[str, str]:
        return self.browser.pay(self.browser.open(opened), CARDS[card], charge.instalments)

    def leave(self, _charge: Charge, opened: Outcome) -> None:
        self.browser.open(opened)

    def order(self, kind: str, fault: str) -> None:
        self.bank.order(kind, fault, **({"number": TIMEOUT + 1} if fault == "slow" else {}))

    def payments(self, charge: Charge) -> list[dict[str, object]]:
        return [each for each in self.bank.payments() if each["conversation_id"] == charge.conversation_id]

    def given_back(self, charge: Charge) -> Decimal:
        return sum((Decimal(str(each["refunded"])) / 100 for each in self.payments(charge)), Decimal())

    def takings(self, charge: Charge) -> int:
        return sum(1 for each in self.payments(charge) if each["state"] in {"captured", "cancelled"})


class IyzicoSimulator(SimulatorBench):
    """The checkout form."""

    declines = frozenset(CARDS.keys() - {"ok"})
    knows_open = True
    secrets = (API_KEY, SECRET_KEY, "IYZWSv2", PARAF)

    def at(self, url: str) -> Iyzico:
        return Iyzico(url=url, api_key=API_KEY, secret_key=SECRET_KEY, timeout=TIMEOUT)

    @property
    def gateway(self) -> Iyzico:
        return self.at(self.bank.url)

    def unreachable(self) -> Gateway:
        return self.at(NOWHERE)


class NestPaySimulator(SimulatorBench):
    """The hosted page of a NestPay bank."""

    declines = frozenset(CARDS.keys() - {"ok"})
    knows_open = False
    secrets = (STORE_KEY, API_USER, API_PASSWORD, PARAF)

    def at(self, url: str) -> NestPay:
        return NestPay(
            url=url,
            client_id=CLIENT_ID,
            store_key=STORE_KEY,
            api_user=API_USER,
            api_password=API_PASSWORD,
            timeout=TIMEOUT,
        )

    @property
    def gateway(self) -> NestPay:
        return self.at(self.bank.url)

    def unreachable(self) -> Gateway:
        return self.at(NOWHERE)
