"""The bank as a payer meets it: card page, 3-D page, refusals, and what is kept of a card."""

import html
import re
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulators.bank import BANNER, DEBIT, PARAF, RETURN, Bank, Form, errors, served
from tests.simulators.edevlet import stop

DECLINED = {
    "4111111111111129": ("10051", "NOT_SUFFICIENT_FUNDS"),
    "4129111111111111": ("10005", "DO_NOT_HONOUR"),
    "4128111111111112": ("10012", "INVALID_TRANSACTION"),
    "4127111111111113": ("10041", "LOST_CARD"),
    "4126111111111114": ("10043", "STOLEN_CARD"),
    "4125111111111115": ("10054", "EXPIRED_CARD"),
    "4124111111111116": ("10084", "INVALID_CVC2"),
    "4123111111111117": ("10057", "NOT_PERMITTED_TO_CARDHOLDER"),
    "4122111111111118": ("10058", "NOT_PERMITTED_TO_TERMINAL"),
    "4121111111111119": ("10034", "FRAUD_SUSPECT"),
    "4120111111111110": ("10004", "PICKUP_CARD"),
    "4151111111111393": ("10093", "RESTRICTED_BY_LAW"),
    "4130111111111118": ("10204", "UNKNOWN"),
}
PAID = [
    *("5890040000000016", "5526080000000006", "9792072000017956", "4766620000000001", "4603450000000000"),
    *("4729150000000005", "9792023757123604", "4987490000000002", "5311570000000005", "9792020000000001"),
    *("9792030000000000", "5170410000000004", "5400360000000003", "374427000000003", "4475050000000003"),
    *("5528790000000008", "4059030000000009", "5504720000000003", "5892830000000000", "4543590000000006"),
    *("4910050000000006", "4157920000000002", "6500528865390837", "6501700194147183", "5168880000000002"),
    *("5451030000000000", "4054180000000007", "5400010000000004", "4546711234567894", "4508034508034509"),
]


def words(page: httpx.Response) -> str:
    """Return a page's text."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


# --- Words and rules of the pages -------------------------------------------------------------------------------------
def test_card_page_has_the_words_of_the_screen(bank: Bank) -> None:
    form = Form.open(bank, enabledInstallments=[3], paidPrice="5230.14")
    text = words(bank.http.get(form.path("odeme-sayfasi")))
    wording = [
        "KART ÜZERİNDEKİ İSİM",
        "Kart sahibinin adı Lütfen ad ve soyadı kartın üzerinde yazıldığı şekilde giriniz.",
        "Kart numarası Lütfen kartın üzerinde yazıldığı şekilde giriniz.",
        "Son kullanma tarihi",
        "Güvenlik kodu",
        "Taksit Seçenekleri 3 taksit 5.230,14 ₺",
        "Öde Vazgeç",
        "Üye işyeri İleti Yönetim Sistemi",
        "Sipariş KM7-T3R-AWC",
        "Ürün İLETİ-150",
        "Ödenecek Tutar (KDV Dahil) 5.230,14 ₺",
    ]
    assert [part for part in wording if part not in text] == []


def test_the_browser_knows_what_each_field_is(bank: Bank) -> None:
    page = bank.http.get(Form.open(bank).path("odeme-sayfasi")).text
    fields = dict(re.findall(r'<input type="(?:text|password)" name="(\w+)"([^>]*)>', page))
    attributes = {name: re.findall(r'(autocomplete|inputmode)="([^"]*)"', text) for name, text in fields.items()}
    assert attributes == {
        "holder": [("autocomplete", "cc-name")],
        "number": [("autocomplete", "cc-number"), ("inputmode", "numeric")],
        "expiry": [("autocomplete", "cc-exp"), ("inputmode", "numeric")],
        "code": [("autocomplete", "cc-csc"), ("inputmode", "numeric")],
    }


@pytest.mark.parametrize("path", ["/", "/islemler/", "/anahtar/", "/yok/", "card", "3d", "back"])
def test_every_page_says_what_it_is_and_is_locked_down(bank: Bank, path: str) -> None:
    form = Form.open(bank)
    if path in {"3d", "back"}:
        form.type()
    if path == "back":
        form.confirm()
    own = {"card": form.path("odeme-sayfasi"), "3d": form.path("3d"), "back": form.path("donus")}
    page = bank.http.get(own.get(path, bank.url + path))
    assert BANNER in page.text
    assert "<style" not in page.text
    assert "style=" not in page.text
    assert not re.search(r"<script(?! src=\"/dosya/banka\.js\" defer></script>)", page.text)
    targets = sorted(
        [bank.merchant.url, "http://merchant.example", "http:", "https:"] if path == "back" else [bank.merchant.url]
    )
    assert page.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none';"
        f" frame-ancestors 'none'; form-action 'self' {' '.join(targets)}"
    )
    assert page.headers["cache-control"] == "no-store"
    assert (page.headers["referrer-policy"], page.headers["x-frame-options"]) == ("same-origin", "DENY")


def test_assets(bank: Bank) -> None:
    kinds = {
        name: bank.http.get(f"{bank.url}/dosya/{name}").headers["content-type"]
        for name in ("banka.css", "banka.js", "simge.svg")
    }
    assert kinds == {
        "banka.css": "text/css; charset=utf-8",
        "banka.js": "text/javascript; charset=utf-8",
        "simge.svg": "image/svg+xml",
    }
    assert bank.http.get(f"{bank.url}/dosya/config.py").status_code == 404


# --- What is typed ----------------------------------------------------------------------------------------------------
def test_an_empty_form_names_every_field(bank: Bank) -> None:
    form = Form.open(bank)
    page = form.type("", holder="", expiry="", code="")
    assert errors(page) == [
        "Kart sahibinin adını ve soyadını yazınız.",
        "Kart numarasını yazınız.",
        "Son kullanma tarihini yazınız.",
        "Güvenlik kodunu yazınız.",
    ]
    assert "<title>Hata: " in re.sub(r"\s+", " ", page.text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"holder": "1234"}, "Kart sahibinin adını ve soyadını yazınız."),
        ({"number": "5528 7900 0000 0009"}, "Kart numarası hatalı. Lütfen kartınızdaki numarayla karşılaştırınız."),
        ({"number": "4242 4242 4240"}, "Kart numarası 13 ile 19 hane arasında olmalıdır."),
        ({"number": "4" * 20}, "Kart numarası 13 ile 19 hane arasında olmalıdır."),
        ({"number": "5528x900"}, "Kart numarasında yalnızca rakam, boşluk ve tire olabilir."),
        ({"number": "٥٥٢٨٧٩٠٠٠٠٠٠٠٠٠٨"}, "Kart numarasında yalnızca rakam, boşluk ve tire olabilir."),
        ({"expiry": "13/30"}, "Son kullanma tarihini AA/YY biçiminde yazınız."),
        ({"expiry": "12/99"}, "Son kullanma tarihini AA/YY biçiminde yazınız."),
        ({"expiry": "2030"}, "Son kullanma tarihini AA/YY biçiminde yazınız."),
        ({"expiry": "01/20"}, "Kartın son kullanma tarihi geçmiş. Başka bir kart kullanınız."),
        ({"code": "12"}, "Güvenlik kodu 3 ya da 4 rakamdan oluşur."),
        ({"code": "12345"}, "Güvenlik kodu 3 ya da 4 rakamdan oluşur."),
        ({"code": "abc"}, "Güvenlik kodu 3 ya da 4 rakamdan oluşur."),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_charged(bank: Bank, changes: dict[str, str], message: str) -> None:
    form = Form.open(bank)
    page = form.type(**{"number": PARAF} | changes)
    assert errors(page) == [message]
    assert 'aria-invalid="true"' in page.text
    assert form.detail()["paymentStatus"] == "WAITING"


def test_the_security_code_is_never_written_into_a_page(bank: Bank) -> None:
    page = Form.open(bank).type(code="7391", holder="")
    assert "7391" not in page.text
    assert f'value="{PARAF}"' in page.text


@pytest.mark.parametrize("number", ["5528 7900 0000 0008", "5528-7900-0000-0008", " 5528790000000008 "])
def test_spaces_and_dashes_are_as_on_the_card(bank: Bank, number: str) -> None:
    assert Form.open(bank).pay(number)["lastFourDigits"] == "0008"


@pytest.mark.parametrize("expiry", ["1230", "12 / 30", "12/2030", "12.30", time.strftime("%m/%y")])
def test_a_card_is_good_until_the_end_of_its_month(bank: Bank, expiry: str) -> None:
    assert Form.open(bank).pay(expiry=expiry)["paymentStatus"] == "SUCCESS"


# --- Cards ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", PAID)
def test_documented_cards_are_paid(bank: Bank, number: str) -> None:
    answer = Form.open(bank).pay(number)
    assert [answer[name] for name in ("paymentStatus", "binNumber", "lastFourDigits")] == (
        ["SUCCESS", number[:6], number[-4:]]
    )


@pytest.mark.parametrize("number", DECLINED)
def test_documented_error_cards_are_declined(bank: Bank, number: str) -> None:
    answer = Form.open(bank).pay(number)
    assert (answer["errorCode"], answer["errorGroup"]) == DECLINED[number]
    assert [answer[name] for name in ("status", "paymentStatus", "fraudStatus")] == ["failure", "FAILURE", -1]


def test_every_card_of_the_list_is_tested(bank: Bank) -> None:
    page = bank.http.get(f"{bank.url}/islemler/").text
    shown = {found.replace(" ", "") for found in re.findall(r'<td class="nowrap"><code>([\d ]+)</code>', page)}
    special = {"5406670000000009", "4131111111111117", "4141111111111115", "4151111111111112"}
    assert shown == {*PAID, *DECLINED, *special}


def test_a_card_whose_3d_secure_cannot_start_leaves_the_form_open(bank: Bank) -> None:
    form = Form.open(bank)
    assert errors(form.type("4151111111111112")) == [
        "Kartınızın bankası 3-D Secure sayfasını açamadı. Başka kart deneyiniz."
    ]
    assert form.pay()["paymentStatus"] == "SUCCESS"


@pytest.mark.parametrize(("number", "status"), [("4131111111111117", 0), ("4141111111111115", 4)])
def test_cards_that_fail_at_3d_secure(bank: Bank, number: str, status: int) -> None:
    answer = Form.open(bank).pay(number)
    assert (answer["paymentStatus"], answer["mdStatus"], answer["errorCode"]) == ("FAILURE", status, "5152")


# --- 3-D Secure -------------------------------------------------------------------------------------------------------
def test_three_wrong_codes_end_the_payment(bank: Bank) -> None:
    form = Form.open(bank)
    form.type()
    wrong = "000000" if form.shown_code() != "000000" else "111111"
    first, second, third = (form.confirm(wrong) for _ in range(3))
    assert [errors(page) for page in (first, second)] == [
        ["Kod hatalı. 2 deneme hakkınız kaldı."],
        ["Kod hatalı. 1 deneme hakkınız kaldı."],
    ]
    assert third.headers["location"] == f"/donus/{form.token}/"
    answer = form.detail()
    assert (answer["paymentStatus"], answer["mdStatus"], answer["errorCode"]) == ("FAILURE", 0, "5152")


def test_a_code_may_hold_spaces_and_must_be_there(bank: Bank) -> None:
    form = Form.open(bank)
    form.type()
    empty = bank.http.post(form.path("3d"), data={"code": ""})
    assert errors(empty) == ["Doğrulama kodunu yazınız."]
    code = form.shown_code()
    assert form.confirm(f"{code[:3]} {code[3:]}").headers["location"] == f"/donus/{form.token}/"


def test_giving_up_at_3d_secure(bank: Bank) -> None:
    form = Form.open(bank)
    form.type()
    bank.http.post(form.path("vazgec"))
    assert form.detail()["errorCode"] == "5153"
    assert form.going_back() == (RETURN, {"token": form.token})


def test_parallel_confirmations_take_the_money_once(bank: Bank) -> None:
    form = Form.open(bank)
    form.type()
    code, results = form.shown_code(), []

    def confirm() -> None:
        response = httpx.post(form.path("3d"), data={"code": code}, trust_env=False, timeout=30)
        results.append(response.headers["location"])

    threads = [threading.Thread(target=confirm) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [f"/donus/{form.token}/"] * 10
    payment_id = int(form.detail()["paymentId"])
    assert len(bank.merchant.of(payment_id)) == 1


def test_pages_lead_to_where_the_payment_stands(bank: Bank) -> None:
    form = Form.open(bank)
    ahead = [bank.http.get(form.path(page)).headers["location"] for page in ("3d", "donus")]
    form.pay()
    behind = [bank.http.get(form.path(page)).headers["location"] for page in ("3d", "odeme-sayfasi")]
    assert (ahead, behind) == (
        [f"/odeme-sayfasi/{form.token}/"] * 2,
        [f"/donus/{form.token}/"] * 2,
    )


def test_another_card_may_be_typed_before_the_code(bank: Bank) -> None:
    form = Form.open(bank)
    form.type(DEBIT)
    assert form.pay(PARAF)["lastFourDigits"] == "0008"


def test_unknown_tokens_are_not_found(bank: Bank) -> None:
    pages = [bank.http.get(f"{bank.url}/{page}/{'0' * 32}/") for page in ("odeme-sayfasi", "3d", "donus")]
    assert [page.status_code for page in pages] == [404] * 3


def test_the_list_shows_payments_and_codes(bank: Bank) -> None:
    waiting = Form.open(bank, basketId="AAA-AAA-AAA")
    waiting.type()
    declined = Form.open(bank, basketId="CCC-CCC-CCC")
    declined.pay("4111111111111129")
    text = words(bank.http.get(f"{bank.url}/islemler/"))
    assert f"Deneme kodu: {waiting.shown_code()}" in text
    assert "CCC-CCC-CCC 411111…1129 Peşin 5.097,60 ₺ Alınamadı Kart limiti yetersiz, yetersiz bakiye" in text


# --- What is kept -----------------------------------------------------------------------------------------------------
def test_number_and_code_are_neither_stored_nor_logged(tmp_path: Path) -> None:
    canary, code = "4242424242424242", "7391"
    with served(tmp_path / "data") as bank:
        Form.open(bank).pay(canary, code=code)
        Form.open(bank).type(canary, holder="", code=code)
        Form.open(bank).type(canary + "1", code=code)
        card: dict[str, Any] = {"cardNumber": canary, "cvc": code, "expireMonth": "12", "expireYear": "2030"}
        bank.call("/payment/auth", price="1", paidPrice="1", basketItems=[{"id": "1", "price": "1"}], paymentCard=card)
        bank.http.get(f"{bank.url}/islemler/?kart={canary}")
        rows = sqlite3.connect(bank.folder / "bank.sqlite3")
        kept = rows.execute("SELECT bin, last4 FROM payment WHERE bin <> ''").fetchall()
        rows.close()
        assert stop_cleanly(bank) == 0
    assert kept == [("424242", "4242")] * 2
    everything = b"".join(path.read_bytes() for path in bank.folder.iterdir()) + bank.log.read_bytes()
    assert [word for word in (canary, code) if word.encode() in everything] == []
    assert b"POST /odeme-sayfasi/\xe2\x80\xa6/ 303" in bank.log.read_bytes()


def stop_cleanly(bank: Bank) -> int:
    """Send SIGTERM; return the exit code."""
    return stop(bank)  # type: ignore[arg-type]


def test_payments_survive_a_restart(tmp_path: Path) -> None:
    with served(tmp_path / "data") as first:
        paid = Form.open(first).pay()
    with served(tmp_path / "data") as second:
        assert second.call("/payment/detail", paymentId=paid["paymentId"])["paymentStatus"] == "SUCCESS"
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "bank.sqlite3").stat().st_mode & 0o777 == 0o600
