"""NestPay as a merchant sees it: the gate, the signed return, the XML interface."""

import re
import secrets
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import httpx
import pytest
from defusedxml.ElementTree import fromstring

from simulators.bank.signing import nestpay_hash
from tests.simulators.bank import (
    API_PASSWORD,
    API_USER,
    CLIENT_ID,
    DEBIT,
    PARAF,
    STORE_KEY,
    Bank,
    Form,
    return_form,
)

OK, FAIL = "http://merchant.example/ok/", "http://merchant.example/fail/"
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


def fields(**changes: str) -> dict[str, str]:
    """Return a signed form."""
    form = {
        "clientid": CLIENT_ID,
        "storetype": "3d_pay_hosting",
        "amount": "5097.60",
        "currency": "949",
        "oid": secrets.token_hex(8),
        "okUrl": OK,
        "failUrl": FAIL,
        "rnd": secrets.token_hex(8),
        "lang": "tr",
        "islemtipi": "Auth",
        "taksit": "",
        "hashAlgorithm": "ver3",
        **changes,
    }
    return {"hash": nestpay_hash(form, STORE_KEY)} | form


def opened(bank: Bank, **changes: str) -> Form:
    """Post a form to the gate, as the payer's browser does."""
    form = fields(**changes)
    response = bank.http.post(f"{bank.url}/fim/est3Dgate", data=form)
    assert response.status_code == 303, response.text
    found = re.fullmatch("/odeme-sayfasi/([0-9a-f]{32})/", response.headers["location"])
    assert found
    return Form(bank, found[1], form["oid"])


def paid(bank: Bank, number: str = PARAF, **changes: str) -> tuple[Form, str, dict[str, str]]:
    """Pay; return the form, where the browser goes, and what it carries."""
    form = opened(bank, **changes)
    form.type(number)
    assert form.confirm().headers["location"] == f"/donus/{form.token}/"
    url, answer = form.going_back()
    assert answer["HASH"] == nestpay_hash(answer, STORE_KEY)
    return form, url, answer


def ask(bank: Bank, order: str, inner: str, *, password: str = API_PASSWORD) -> Element:
    """Send a CC5Request; return the answer."""
    xml = f"<?xml version='1.0' encoding='UTF-8'?><CC5Request><Name>{API_USER}</Name><Password>{password}</Password>"
    xml += f"<ClientId>{CLIENT_ID}</ClientId><OrderId>{order}</OrderId>{inner}</CC5Request>"
    answer: Element = fromstring(bank.http.post(f"{bank.url}/fim/api", data={"DATA": xml}).content)
    return answer


def texts(answer: Element, *names: str) -> list[str | None]:
    return [answer.findtext(name) for name in names]


STATUS = "<Extra><ORDERSTATUS>QUERY</ORDERSTATUS></Extra>"
HISTORY = "<Extra><ORDERHISTORY>QUERY</ORDERHISTORY></Extra>"
HEAD = ("Response", "ProcReturnCode", "ErrMsg")


def test_a_payment_comes_back_signed_with_everything_that_was_posted(bank: Bank) -> None:
    form, url, answer = paid(bank, description="İLETİ-150 | özel\\fiyat")
    assert url == OK
    expected = {
        "oid": form.conversation_id,
        "ReturnOid": form.conversation_id,
        "amount": "5097.60",
        "currency": "949",
        "description": "İLETİ-150 | özel\\fiyat",
        "mdStatus": "1",
        "ProcReturnCode": "00",
        "Response": "Approved",
        "MaskedPan": "552879***0008",
        "maskedCreditCard": "5528 79** **** 0008",
        "ErrMsg": "",
    }
    assert {name: answer[name] for name in expected} == expected
    assert "hash" not in answer


@pytest.mark.parametrize(
    ("number", "md_status", "code", "response"),
    [
        ("4111111111111129", "1", "51", "Declined"),
        ("4129111111111111", "1", "05", "Declined"),
        ("4120111111111110", "1", "04", "Declined"),
        ("4131111111111117", "0", "99", "Error"),
    ],
)
def test_declines(bank: Bank, number: str, md_status: str, code: str, response: str) -> None:
    form, url, answer = paid(bank, number)
    assert [url, answer["mdStatus"], answer["ProcReturnCode"], answer["Response"]] == [FAIL, md_status, code, response]
    status = ask(bank, form.conversation_id, STATUS)
    assert texts(status, "Extra/TRANS_STAT", "Extra/PROC_RET_CD", "Extra/CAPTURE_AMT") == ["D", code, ""]


def test_a_half_secured_card_is_charged(bank: Bank) -> None:
    _, url, answer = paid(bank, "4141111111111115")
    assert (url, answer["mdStatus"], answer["Response"]) == (OK, "4", "Approved")


def test_giving_up_leads_to_the_fail_address(bank: Bank) -> None:
    form = opened(bank)
    bank.http.post(form.path("vazgec"))
    url, answer = form.going_back()
    assert (url, answer["mdStatus"], answer["Response"]) == (FAIL, "0", "Error")
    assert answer["HASH"] == nestpay_hash(answer, STORE_KEY)


def test_instalments_need_a_credit_card(bank: Bank) -> None:
    form = opened(bank, taksit="3")
    assert "Bu kartla yalnızca peşin ödeme yapılabilir." in form.type(DEBIT).text
    form.type(PARAF)
    form.confirm()
    assert form.going_back()[1]["taksit"] == "3"


def test_an_order_is_paid_once(bank: Bank) -> None:
    form, _, _ = paid(bank)
    again = opened(bank, oid=form.conversation_id)
    again.type()
    again.confirm()
    url, answer = again.going_back()
    assert (url, answer["Response"]) == (FAIL, "Declined")
    assert ask(bank, form.conversation_id, STATUS).findtext("Extra/TRANS_STAT") == "C"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clientid": "1"}, "Üye işyeri tanınmıyor."),
        ({"hashAlgorithm": "ver2"}, "Güvenlik kodu (hash) hatalı."),
        ({"storetype": "3d"}, "Üye işyeri türü (storetype) desteklenmiyor."),
        ({"pan": PARAF}, "Kart bilgisi üye işyerinden gelemez."),
        ({"islemtipi": "PreAuth"}, "İşlem türü (islemtipi) desteklenmiyor."),
        ({"currency": "840"}, "Para birimi desteklenmiyor."),
        ({"amount": "1.001"}, "Tutar geçersiz."),
        ({"amount": "NaN"}, "Tutar geçersiz."),
        ({"oid": ""}, "Sipariş numarası (oid) geçersiz."),
        ({"taksit": "13"}, "Taksit sayısı geçersiz."),
        ({"taksit": "1"}, "Taksit sayısı geçersiz."),
        ({"okUrl": "javascript:alert(1)"}, "Dönüş adresi geçersiz."),
    ],
)
def test_a_wrong_form_is_refused_with_the_reason(bank: Bank, changes: dict[str, str], message: str) -> None:
    response = bank.http.post(f"{bank.url}/fim/est3Dgate", data=fields(**changes))
    assert response.status_code == 400
    assert message in response.text


def test_a_forged_form_is_refused(bank: Bank) -> None:
    form = fields() | {"amount": "1.00"}
    assert "Güvenlik kodu (hash) hatalı." in bank.http.post(f"{bank.url}/fim/est3Dgate", data=form).text


def test_an_order_nobody_paid_is_not_known(bank: Bank) -> None:
    form = opened(bank)
    for order in ("never", form.conversation_id):
        answer = ask(bank, order, STATUS)
        assert texts(answer, *HEAD) == ["Declined", "99", f"No record found for {order}"]


def test_status_credit_and_history(bank: Bank) -> None:
    form, _, sale = paid(bank)
    order = form.conversation_id
    status = ask(bank, order, STATUS)
    names = ("ORD_ID", "CHARGE_TYPE_CD", "ORIG_TRANS_AMT", "CAPTURE_AMT", "TRANS_STAT", "PAN")
    assert texts(status, *(f"Extra/{name}" for name in names)) == (
        [order, "S", "509760", "509760", "C", "5528 79** **** 0008"]
    )
    assert texts(status, "TransId", *HEAD) == [sale["TransId"], "Approved", "00", f"Record(s) found for {order}"]

    credit = "<Type>Credit</Type><Currency>949</Currency><Total>"
    assert texts(ask(bank, order, f"{credit}97.60</Total>"), *HEAD) == ["Approved", "00", ""]
    too_much = ask(bank, order, f"{credit}5000.01</Total>")
    assert texts(too_much, "Response", "Extra/ERRORCODE") == ["Error", "5092"]
    assert texts(ask(bank, order, STATUS), "Extra/CHARGE_TYPE_CD", "Extra/TRANS_STAT") == ["C", "C"]
    history = ask(bank, order, HISTORY)
    assert history.findtext("Extra/TRXCOUNT") == "2"
    lines = [(history.findtext(f"Extra/TRX{place}") or "").split("\t")[:3] for place in (1, 2)]
    assert lines == [["S", "C", "509760"], ["C", "C", "9760"]]


def test_void_once(bank: Bank) -> None:
    form, _, _ = paid(bank)
    answers = [ask(bank, form.conversation_id, "<Type>Void</Type>") for _ in range(2)]
    assert [answer.findtext("Response") for answer in answers] == ["Approved", "Error"]
    assert ask(bank, form.conversation_id, STATUS).findtext("Extra/TRANS_STAT") == "V"


def test_wrong_passwords_and_types_are_refused(bank: Bank) -> None:
    wrong = ask(bank, "x", STATUS, password="wrong")
    assert texts(wrong, "Response", "Extra/ERRORCODE") == ["Error", "CORE-2005"]
    assert ask(bank, "x", "<Type>Auth</Type>").findtext("Extra/ERRORCODE") == "CORE-2009"
    assert ask(bank, "x", "<Type>Void</Type>").findtext("Extra/ERRORCODE") == "CORE-2008"


@pytest.mark.parametrize(
    "body", ["", "<", "<a/>", f"{DOCTYPE}<CC5Request/>", "\x00", "<?xml version='1.0' encoding='x'?><a/>"]
)
def test_xml_that_is_none_or_holds_entities_is_refused(bank: Bank, body: str) -> None:
    response: httpx.Response = bank.http.post(f"{bank.url}/fim/api", content=body, headers={"Content-Type": "text/xml"})
    assert fromstring(response.content).findtext("Extra/ERRORCODE") == "CORE-2001"


@pytest.mark.parametrize(
    ("fault", "status"), [("http-500", 500), ("http-500-after", 500), ("malformed", 200), ("wrong-amount", 200)]
)
def test_faults_of_the_xml_interface(bank: Bank, fault: str, status: int) -> None:
    form, _, _ = paid(bank)
    bank.order("detail", fault)
    xml = f"<CC5Request><Name>{API_USER}</Name><Password>{API_PASSWORD}</Password><ClientId>{CLIENT_ID}</ClientId>"
    xml += f"<OrderId>{form.conversation_id}</OrderId>{STATUS}</CC5Request>"

    def query() -> httpx.Response:
        return bank.http.post(f"{bank.url}/fim/api", content=xml, headers={"Content-Type": "text/xml"})

    hit, after = query(), query()
    assert hit.status_code == status
    if fault == "malformed":
        with pytest.raises(ParseError):
            fromstring(hit.content)
    if fault == "wrong-amount":
        assert fromstring(hit.content).findtext("Extra/CAPTURE_AMT") == "509660"
    assert fromstring(after.content).findtext("Extra/CAPTURE_AMT") == "509760"


def test_the_way_back_survives_a_reload(bank: Bank) -> None:
    form, url, first = paid(bank)
    again_url, again = return_form(bank.http.get(form.path("donus")))
    unsigned: Any = {"rnd", "HASH"}
    assert url == again_url
    assert {name: again[name] for name in again.keys() - unsigned} == {
        name: first[name] for name in first.keys() - unsigned
    }
