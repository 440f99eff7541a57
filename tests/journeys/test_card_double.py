"""Fifty clicks at once, from two tabs and from nowhere: one attempt, one start at the bank, one authorisation."""

from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Browser, Page

from simulators.bank.cards import TEST_CARDS
from tests.journeys.conftest import Portal
from tests.journeys.shop import Shop, in_the_shop_of
from tests.simulators.bank import auto_form

_CLICK = """count => {
    const form = [...document.forms].find(form => form.elements.nonce)
    const click = () => fetch(form.action, {method: "POST", body: new URLSearchParams(new FormData(form)),
                                            redirect: "manual"})
    window.clicks = Promise.all(Array.from({length: count}, click)).then(all => all.map(one => one.type))
}"""


def opened(shop: Shop, code: str) -> list[dict[str, object]]:
    """Return what was opened at the bank for an order."""
    found = shop.http.get(f"{shop.portal.bank}/islemler/?bicim=json").json()["payments"]
    return [each for each in found if str(each["basket_id"]).replace("-", "") == code.replace("-", "")]


def clicked(page: Page, second: Page, address: str, *, each: int) -> list[str]:
    """Send the check page's form from both tabs, `each` times at once; return what came back."""
    for tab in (page, second):
        tab.goto(address)
    for tab in (page, second):
        tab.evaluate(_CLICK, each)
    return [kind for tab in (page, second) for kind in tab.evaluate("window.clicks")]


def rows(shop: Shop, query: str, code: str) -> list[tuple[object, ...]]:
    """Return the rows of an order: the query ends where its code is compared."""
    ends = " JOIN payments_order o ON o.id = t.order_id WHERE o.code = %s"
    return shop.database.execute(query + ends, [code.replace("-", "")]).fetchall()


def test_fifty_clicks_and_fifty_returns_charge_once(portal: Portal, chromium: Browser) -> None:
    with in_the_shop_of(portal, chromium, code=880011, title="Aceleci Ticaret A.Ş.") as (shop, page):
        code = shop.order()
        address = f"{portal.url}/siparis/{code}/odeme/kart/onay/?taksit=1&kart="
        assert clicked(page, page.context.new_page(), address, each=25) == ["opaqueredirect"] * 50
        assert [payment["state"] for payment in opened(shop, code)] == ["open"]
        assert rows(shop, "SELECT t.state FROM payments_cardattempt t", code) == [("needs_3ds",)]

        page.goto(f"{portal.url}/siparis/{code}/odeme/kart/devam/")
        back = shop.confirm(shop.type(shop.go(page.url), TEST_CARDS[0]))
        where, fields = auto_form(back.text)
        with ThreadPoolExecutor(50) as pool:
            posts = list(pool.map(lambda _: shop.http.post(where, data=fields), range(50)))
        answers = {(post.status_code, post.headers["Location"]) for post in posts}
        assert answers == {(303, f"/siparis/{code}/")}
        assert shop.state(code, "completed") == "completed"
        assert rows(shop, "SELECT t.state FROM payments_cardattempt t", code) == [("succeeded",)]
        assert [(each["state"], each["paid_price"]) for each in opened(shop, code)] == [("captured", 509760)]
        assert rows(shop, "SELECT t.amount::text FROM payments_allocation t", code) == [("5097.60",)]
        assert rows(shop, "SELECT t.gross::text FROM payments_receipt t", code) == [("5097.60",)]
