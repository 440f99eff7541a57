"""Transfers and the statement service of the bank simulator."""

import re
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.simulators.bank import IBAN, STATEMENT_PASSWORD, STATEMENT_USER, Bank, errors

SERVICE = "/HEK_NKYWS/HesapHareketleri.asmx/HesapEkstre"


def ask(bank: Bank, **changes: Any) -> httpx.Response:
    """Ask for the movements of yesterday and today."""
    today = date.today()  # noqa: DTZ011  (the simulator's own day; a day on either side makes no difference)
    form = {
        "KurumKod": STATEMENT_USER,
        "Sifre": STATEMENT_PASSWORD,
        "HesapNo": "760-12345678-5001",
        "BaslangicTarihi": (today - timedelta(days=1)).isoformat(),
        "BitisTarihi": (today + timedelta(days=1)).isoformat(),
    }
    return bank.http.post(bank.url + SERVICE, data=form | changes)


def statement(bank: Bank, **changes: Any) -> ET.Element:
    """Return the answer's document."""
    return ET.fromstring(ask(bank, **changes).content)  # noqa: S314  (the simulator's own words)


def test_a_transfer_stands_in_the_statement(bank: Bank) -> None:
    before = len(statement(bank).findall(".//HareketlerDetay"))
    assert bank.transfer(text="KM7-T3R-AWC A&B <LTD>", tax_number="4620000016").status_code == 201
    assert bank.transfer(amount="100").status_code == 201
    document = statement(bank)
    first, second = document.findall(".//HareketlerDetay")[before:]
    assert (document.findtext("hataKodu"), document.findtext(".//DovizTipi")) == ("00", "TRY")
    assert first.findtext("Aciklama") == "Gönd: DENEME A.Ş. KM7-T3R-AWC A&B <LTD>"
    assert (first.findtext("Tutar"), first.findtext("BorcAlacak")) == ("5097.60", "A")
    assert (first.findtext("musteriVergiNumarasi"), second.findtext("musteriVergiNumarasi")) == (
        "4620000016",
        "0000000000",
    )
    balances = [float(each.findtext("Bakiye") or 0) for each in (first, second)]
    assert round(balances[1] - balances[0], 2) == 100.00
    assert document.findtext(".//CariBakiye") == second.findtext("Bakiye")
    assert re.fullmatch(r"\d{8}1572F\d{6}", first.findtext("TimeStamp") or "")
    assert first.findtext("TimeStamp") != second.findtext("TimeStamp")


def test_another_account_has_no_part_in_it(bank: Bank) -> None:
    bank.transfer()
    assert statement(bank, HesapNo="760-12345678-5002").findall(".//HareketlerDetay") == []
    assert statement(bank, HesapNo="").findall(".//HareketlerDetay") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Sifre": "yanlış"}, "10"),
        ({"KurumKod": ""}, "10"),
        ({"BaslangicTarihi": "25.11.2026"}, "20"),
        ({"BaslangicTarihi": "2020-01-01"}, "21"),
        ({"BaslangicTarihi": "2099-01-02", "BitisTarihi": "2099-01-01"}, "21"),
    ],
)
def test_what_the_service_refuses(bank: Bank, changes: dict[str, str], code: str) -> None:
    assert statement(bank, **changes).findtext("hataKodu") == code


def test_the_page_sends_and_shows(bank: Bank) -> None:
    page = bank.http.get(f"{bank.url}/havale/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "iban": IBAN, "amount": "1.234,50 ₺", "text": "SAYFADAN", "sender": "BEN"}
    sent = bank.http.post(f"{bank.url}/havale/", data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, "/havale/")
    assert "1.234,50 ₺" in bank.http.get(f"{bank.url}/havale/").text
    bad = bank.http.post(f"{bank.url}/havale/", data=form | {"iban": "TR82", "amount": "5.09", "tax_number": "12"})
    assert errors(bad) == [
        "IBAN geçersiz: TR ile başlayan 26 karakter olmalıdır.",
        "VKN 10, TCKN 11 hanelidir.",
    ]
    assert 'value="SAYFADAN"' in bad.text


def test_other_sites_cannot_send(bank: Bank) -> None:
    with httpx.Client(trust_env=False) as stranger:
        assert stranger.post(f"{bank.url}/havale/", data={"iban": IBAN, "amount": "1"}).status_code == 403
    assert bank.http.post(f"{bank.url}/havale/", json=[]).status_code == 400
    assert bank.transfer(amount="çok").status_code == 400


@pytest.mark.parametrize("fault", ["http-500", "malformed"])
def test_ordered_faults_strike_once(bank: Bank, fault: str) -> None:
    bank.order("statement", fault)
    broken = ask(bank)
    assert (broken.status_code, broken.text.endswith("</HesapEkstre>")) == (500 if fault == "http-500" else 200, False)
    assert statement(bank).findtext("hataKodu") == "00"
