"""Card numbers and codes are typed at the bank and stay there: pay on every path, then search all that is ours.

One run for both gateways: whatever has to wait for beat or a worker waits beside the others, and everything is searched
once, at the end. The paths are those on which the portal does something of its own; how else a bank may fail makes no
difference to what it can know, and is tested beside the gateways.
"""

import io
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import Any

import httpx
from playwright.sync_api import Browser

from simulators.bank import cards
from tests.journeys import canary
from tests.journeys.canary import Canary
from tests.journeys.conftest import Portal
from tests.journeys.shop import CODES, PAID, Shop, in_the_shop_of
from tests.journeys.test_card import go_back

GOOD = [card for card in cards.TEST_CARDS if not card.decline and card.md_status == 1 and card.initialises]
REFUSED = [card for card in cards.TEST_CARDS if card not in GOOD]
# What a person types by mistake, or a thief to see it again: searched for as it is.
WRONG_CODE, WRONG_NUMBER = "KNRY7X", "5528790000000009"
CANARY = Canary(
    numbers=(*(card.number for card in cards.TEST_CARDS), WRONG_NUMBER),
    codes=tuple(CODES.values()),
    words=(WRONG_CODE,),
)
ACCOUNTING = (
    *("", "kart-denemeleri/", "kart-iadeleri/", "kart-mutabakati/", "kart-mutabakati/farklar.csv", "incelemedekiler/"),
    *("kuyruk/", "kuyruk/hareketler.csv", "kuyruk/hareketler.xlsx", "havale-iadeleri/", "ekstreler/"),
    *("grafikler/eslesme.csv", "grafikler/eslesme.xlsx"),
)


# --- Ways to pay at either gateway: each gets a card that is good -----------------------------------------------------
def at_once(shop: Shop, card: cards.TestCard) -> None:
    code, page = shop.pay(card)
    shop.back(page)
    shop.state(code, *PAID)


def in_instalments_after_mistakes(shop: Shop, card: cards.TestCard) -> None:
    code = shop.order()
    page = shop.to_the_bank(code, instalments=3, bin_number=card.number[:6])
    for number, typed in ((card.number, WRONG_CODE), (WRONG_NUMBER, CODES[card.number]), (card.number, "")):
        mistyped = {"holder": "", "number": number, "expiry": "13/99", "code": typed}
        assert 'data-testid="error-summary"' in shop.go(str(page.url), mistyped).text
    page = shop.confirm(shop.type(page, card, count=3), right=False)
    shop.back(shop.confirm(page))
    shop.state(code, *PAID)


def wrong_codes_then_given_up_then_left(shop: Shop, card: cards.TestCard) -> None:
    code = shop.order()
    page = shop.type(shop.to_the_bank(code), card)
    for _ in range(3):
        page = shop.confirm(page, right=False)
    shop.back(page)
    shop.state(code, "contract_accepted")
    shop.back(shop.give_up(shop.type(shop.to_the_bank(code), card)))
    shop.state(code, "contract_accepted")
    shop.type(shop.to_the_bank(code), card)


def another_amount(shop: Shop, card: cards.TestCard) -> None:
    code = shop.order()
    page = shop.type(shop.to_the_bank(code), card)
    shop.fault("charge", "wrong-amount")
    shop.back(shop.confirm(page))
    shop.state(code, "in_review")


def posted_to_the_portal(shop: Shop, card: cards.TestCard) -> None:
    """Addresses that anybody may post to get a card number: forged returns and messages."""
    stolen = {"number": card.number, "cvc": CODES[card.number], "token": card.number}
    for path in ("/odeme/donus/forged/", "/odeme/bildirim/iyzico/", "/odeme/bildirim/nestpay/", "/odeme/bildirim/yok/"):
        assert shop.http.post(shop.portal.url + path, data=stolen).status_code in {400, 404}
        assert shop.http.post(shop.portal.url + path, json=stolen).status_code in {400, 404}
    code, page = shop.pay(card)
    assert shop.back(page, **stolen).status_code == 400
    shop.back(page)
    shop.state(code, *PAID)


def answered_badly(fault: str) -> Callable[[Shop, cards.TestCard], None]:
    """The payer comes back, and the bank fails when it is asked what happened; beat finds out."""

    def way(shop: Shop, card: cards.TestCard) -> None:
        code, page = shop.pay(card)
        shop.fault("detail", fault)
        shop.back(page)
        shop.awaited[code] = PAID

    return way


def never_back(message: str = "") -> Callable[[Shop, cards.TestCard], None]:
    """The browser is closed at the bank; its message (or one with that fault) tells of it, or beat finds out."""

    def way(shop: Shop, card: cards.TestCard) -> None:
        code = shop.order()
        page = shop.type(shop.to_the_bank(code), card)
        if message:
            shop.fault("webhook", message)
        shop.confirm(page)
        shop.awaited[code] = PAID

    return way


def refused_and_answered_badly(shop: Shop, _card: cards.TestCard) -> None:
    """NestPay is asked only where its signed answer is not plain, or a refusal."""
    code = shop.order()
    page = shop.confirm(shop.type(shop.to_the_bank(code), REFUSED[0]))
    shop.fault("detail", "malformed")
    shop.back(page)
    shop.awaited[code] = ("contract_accepted",)


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


BOTH = (
    at_once,
    in_instalments_after_mistakes,
    wrong_codes_then_given_up_then_left,
    another_amount,
    posted_to_the_portal,
)
AT_NESTPAY = (*BOTH, refused_and_answered_badly, never_back())
AT_IYZICO = (
    *map(answered_badly, ("malformed", "wrong-signature", "drop-after")),
    *map(never_back, ("duplicate", "wrong-signature")),
    *BOTH,
    typed_into_the_portal,
)


def the_portal_breaks(shop: Shop, beside: Shop, card: cards.TestCard) -> None:
    """The table of allocations is away for a moment: the returns and the worker fail with all that was posted."""
    code, page = shop.pay(card)
    code_beside, page_beside = beside.pay(card)
    shop.database.execute("ALTER TABLE payments_allocation RENAME TO away")
    try:
        assert shop.back(page, number=card.number, cvc=CODES[card.number], pan=card.number).status_code == 500
        assert beside.back(page_beside).status_code == 500  # signed as a whole: nothing can be added
        time.sleep(4)  # the webhook comes, and the worker fails as well
    finally:
        shop.database.execute("ALTER TABLE away RENAME TO payments_allocation")
    shop.back(page)
    beside.back(page_beside)
    shop.state(code, *PAID)
    beside.state(code_beside, *PAID)


def refused(shop: Shop, refused_cards: list[cards.TestCard]) -> None:
    """One order, and every card that is refused."""
    code = shop.order()
    for card in refused_cards:
        page = shop.type(shop.to_the_bank(code), card)
        shop.back(shop.confirm(page) if card.initialises else shop.give_up(page))
        shop.state(code, "contract_accepted")


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


# --- Money back, and what accountants see -----------------------------------------------------------------------------
@contextmanager
def staff(shop: Shop, username: str) -> Iterator[Shop]:
    """An accountant at the same portal, whose pages are kept as well."""
    with httpx.Client(trust_env=False, timeout=120) as http:
        browser = replace(shop, http=http)
        login = browser.go(f"{shop.portal.url}/muhasebe/")
        assert browser.send(login, username=username, password="demo-demo").url.path == "/muhasebe/"
        yield browser


def gives_back(first: Shop, second: Shop, code: str, *awaited: str, amount: str = "", reason: str) -> None:
    """Ask for a refund of an order's capture, all or a part, and approve it; wait for what the bank says."""
    query = (
        "SELECT a.id, a.paid_amount::text FROM payments_cardattempt a JOIN payments_order o ON o.id = a.order_id"
        " WHERE o.code = %s AND a.state = 'succeeded'"
    )
    row = first.database.execute(query, [code.replace("-", "")]).fetchone()
    assert row
    page = first.go(f"{first.portal.url}/muhasebe/kart-denemeleri/{row[0]}/iade/")
    asked = {"amount": amount or row[1].replace(".", ","), "reason": reason, "consequence": "keep" if amount else "end"}
    made = first.send(first.send(page, **asked))
    assert re.fullmatch(r"/muhasebe/kart-iadeleri/\d+/", made.url.path), made.url
    if not amount:
        second.send(second.go(str(made.url)), decision="approve")
    first.until("SELECT state FROM payments_refund WHERE attempt_id = %s", [row[0]], *awaited)
    first.go(str(made.url))


def money_goes_back(shop: Shop, *, at_iyzico: list[str], at_nestpay: list[str]) -> None:
    """Part and whole, by cancellation, with an answer that is lost; then every page and file of the accountants."""
    with staff(shop, "muhasebe") as first, staff(shop, "muhasebe2") as second:
        gives_back(first, second, at_iyzico[0], "confirmed", amount="100,00", reason="Kısmi")
        gives_back(first, second, at_iyzico[1], "confirmed", reason="Hepsi")
        shop.fault("cancel", "malformed")
        gives_back(first, second, at_nestpay[0], "unknown", "confirmed", reason="Yanıtsız")
        gives_back(first, second, at_nestpay[1], "confirmed", reason="Hepsi")
        for card in (GOOD[0].number, CODES[GOOD[0].number]):  # in the address, and then in the field of the page alone
            assert first.http.get(f"{shop.portal.url}/muhasebe/kart-denemeleri/?ara={card}").status_code == 200
        orders = [f"siparisler/{code}/" for code in (*at_iyzico, *at_nestpay)]
        for path in (*ACCOUNTING, *orders):
            answer = first.go(f"{shop.portal.url}/muhasebe/{path}")
            assert answer.status_code == 200, path
            if path.endswith("xlsx"):
                workbook = zipfile.ZipFile(io.BytesIO(answer.content))
                shop.pages.extend(workbook.read(name) for name in workbook.namelist())


def test_no_card_number_and_no_code_anywhere(portal: Portal, nestpay: Portal, chromium: Browser) -> None:
    url, broker = portal.environment["DATABASE_URL"], os.environ["REDIS_URL"]
    since, begun = canary.wal_position(url), time.time()
    bought = in_the_shop_of(portal, chromium, code=880010, title="Kanaryalı Ticaret A.Ş.")
    with canary.overheard(broker) as heard, bought as (shop, page):
        beside = replace(shop, portal=nestpay, orders=[])
        good = iter(GOOD)
        for each, ways in ((beside, AT_NESTPAY), (shop, AT_IYZICO)):
            for way in ways:
                way(each, next(good))
        the_portal_breaks(shop, beside, next(good))
        refused(shop, REFUSED[::2])
        refused(beside, REFUSED[1::2])
        kept = [*in_chromium(beside, page, GOOD[0]), *in_chromium(shop, page, REFUSED[0])]
        for code, states in shop.awaited.items():
            shop.state(code, *states)
        asked = [shop.orders[AT_IYZICO.index(way)] for way in (at_once, in_instalments_after_mistakes)]
        asked_there = [beside.orders[AT_NESTPAY.index(way)] for way in (at_once, in_instalments_after_mistakes)]
        money_goes_back(shop, at_iyzico=asked, at_nestpay=asked_there)
        paid = asked_there[0]
        for path in ("", "makbuz/"):
            shop.go(f"{portal.url}/siparis/{paid}/{path}")
        receipt = canary.pdf_text(shop.http.get(f"{portal.url}/siparis/{paid}/makbuz.pdf").content)
        # Contracts are sealed and e-mails are out.
        due = "done_at IS NULL AND failed_at IS NULL AND attempts = 0 AND due_at <= now()"
        shop.until(f"SELECT count(*) FROM audit_outboxmessage WHERE {due}", [], "0")
    # The server keeps its log for a while only: what was written last is in it.
    codes = Canary(numbers=(), words=tuple(code.replace("-", "") for code in (*shop.orders, *beside.orders)))
    logged = [(CANARY.hits(iter([part])), codes.hits(iter([part]))) for part in canary.wal(url, since=since)]
    assert [hits for hits, _ in logged if hits] == []
    assert any(hits for _, hits in logged) == canary.wal_is_readable(url)
    known = Canary(numbers=(), words=(paid, paid.replace("-", "")))
    places = {
        "database": list(canary.database(url)),
        "files": list(canary.files(portal.data, since=begun)),
        "broker": [*heard, *canary.broker(broker)],
        "pages": [("page", content) for content in shop.pages],
        "browser": kept,
        "receipt": [("receipt", receipt)],
    }
    assert CANARY.hits(chain.from_iterable(places.values())) == []
    # It was looked where something can be: what is no secret is found in each of these.
    for name in ("database", "files", "pages", "receipt"):
        assert known.hits(iter(places[name])), name
    assert any(place.startswith("e-mail") for place in known.hits(iter(places["files"])))
    assert any(place.startswith("PDF") for place in known.hits(iter(places["database"])))
    traces = Canary(numbers=(), words=("payments_allocation",)).hits(iter(places["files"]))
    assert {place.partition(":")[0] for place in traces} >= {f"file log/{name}.log" for name in ("portal", "nestpay")}
    assert Canary(numbers=(), words=("run_outbox_message",)).hits(iter(heard))
    assert portal.broken_rules() == {}
