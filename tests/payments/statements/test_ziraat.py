"""The reader of Ziraat's web service: its answer in SOAP and bare, running balances, the bank's own errors."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from payments.statements import BankLine, ReadResult, StatementRefused, read
from payments.statements.account import require_account
from payments.statements.ziraat import READER
from tests.payments.statements.xml_writer import OUR_IBAN, ziraat

SAMPLES = Path(__file__).parents[2] / "samples" / "statements"
DAY = date(2026, 11, 23)
PAID = (DAY, Decimal("5097.60"), "Gönd: KM7-T3R-AWC")
FEE = (DAY, Decimal("-12.50"), "masraf & vergi")


def read_text(text: str) -> ReadResult:
    return read("ziraat", text.encode())


def messages_of(result: ReadResult) -> list[str]:
    return [problem.message for problem in result.problems]


def test_an_answer_in_soap() -> None:
    result = read("ziraat", (SAMPLES / "ziraat-soap.xml").read_bytes())
    paid, back = result.lines
    assert paid == BankLine(
        position=1,
        source_line=18,
        booked_on=DAY,
        value_on=date(2026, 11, 24),
        amount=Decimal("5097.60"),
        currency="TRY",
        text="Gönd: HİZMET SAĞLAYICI A.Ş. KM7-T3R-AWC",
        reference="202611231572FNCC636",
        payer_tax_number="4540536920",
        bank_id="202611231572FNCC636",
        running_balance=Decimal("6097.60"),
    )
    assert (back.amount, back.running_balance, back.text) == (
        Decimal("-7000.00"),
        Decimal("-902.40"),
        "İade & düzeltme",
    )
    assert (back.booked_on, back.value_on, back.payer_tax_number) == (date(2026, 12, 31), date(2027, 1, 2), None)
    assert (result.opening, result.closing, result.balance_ok) == (Decimal("1000.00"), Decimal("-902.40"), True)
    assert (result.reader, result.problems) == (READER, [])
    require_account(result, own_iban=OUR_IBAN)


def test_an_error_of_the_bank_is_refused_in_its_words() -> None:
    with pytest.raises(StatementRefused) as refusal:
        read("ziraat", (SAMPLES / "ziraat-error.xml").read_bytes())
    assert refusal.value.message == "Banka ekstre yerine hata bildirdi (05): Kullanıcı yetkili değil."


def test_newest_first_is_checked_as_well() -> None:
    text = ziraat(PAID, FEE)
    first, second = (row for row in text.split("\n") if row.startswith("<HareketlerDetay>"))
    turned = text.replace(first, "x").replace(second, first).replace("x", second, 1)
    result = read_text(turned)
    assert [line.amount for line in result.lines] == [FEE[1], PAID[1]]
    assert (result.opening, result.closing, result.balance_ok) == (Decimal("1000.00"), Decimal("6085.10"), True)


def test_a_running_balance_that_breaks_is_shown_where_it_breaks() -> None:
    result = read_text(ziraat(PAID, FEE, PAID, spoil={1: "6085.00"}))
    assert messages_of(result) == [
        "Yürüyen bakiye tutmuyor: önceki 6.097,60, hareket -12,50, yazılan bakiye 6.085,00 TRY.",
        "Yürüyen bakiye 2 yerde tutmuyor; yalnızca ilki gösterildi.",
    ]
    assert (len(result.lines), result.balance_ok) == (3, False)


def test_a_missing_movement_breaks_the_running_balance() -> None:
    text = ziraat(PAID, FEE, PAID)
    row = next(row for row in text.split("\n") if "masraf" in row)
    result = read_text(text.replace(row, ""))
    assert (len(result.lines), result.balance_ok) == (2, False)


def test_a_missing_running_balance() -> None:
    result = read_text(ziraat(PAID, FEE, spoil={1: ""}))
    assert messages_of(result) == ["Hareketin yürüyen bakiyesi yok; ekstrenin toplamı denetlenemedi."]
    assert result.balance_ok is False


def test_an_account_without_movements() -> None:
    result = read_text(ziraat())
    assert (result.lines, result.problems, result.balance_ok) == ([], [], True)
    assert (result.opening, result.closing) == (Decimal("1000.00"), Decimal("1000.00"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<Tutar>5097.60", "<Tutar>5.097,60", "Tutar okunamadı: “5.097,60”. Beklenen biçim: 5097.60."),
        ("<BorcAlacak>A", "<BorcAlacak>X", "Hareketin yönü (BorcAlacak) okunamadı: “X”."),
        ("<IslemTarihi>261123", "<IslemTarihi>261323", "Böyle bir tarih yok: “261323” (yıl, ay, gün)."),
        ("<IslemTarihi>261123", "<IslemTarihi>23.11.2026", "Tarih okunamadı: “23.11.2026”. Beklenen biçim: yyaagg."),
    ],
)
def test_what_cannot_be_read_is_a_problem(old: str, new: str, message: str) -> None:
    text = ziraat(PAID, FEE)
    assert old in text
    result = read_text(text.replace(old, new, 1))
    assert [(line.position, line.amount) for line in result.lines] == [(2, FEE[1])]
    assert [(problem.position, problem.message) for problem in result.problems] == [(1, message)]
    assert result.balance_ok is False


@pytest.mark.parametrize("share", range(1, 30))
def test_an_answer_cut_anywhere_is_refused_or_does_not_add_up(share: int) -> None:
    whole = ziraat(PAID, FEE, PAID).encode()
    try:
        result = read("ziraat", whole[: len(whole) * share // 30])
    except StatementRefused:
        return
    assert result.balance_ok is False
    assert result.lines == read("ziraat", whole).lines[: len(result.lines)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<a/>", "Dosya Ziraat Bankası hesap ekstresi (HesapEkstre) değil: Bakiye alanı bulunamadı."),
        (
            b"<a><Bakiye/></a>",
            "Dosyada hesap numarası (HesapNo) yok; hangi hesabın ekstresi olduğu anlaşılamadı.",
        ),
        (
            b"<!DOCTYPE a><a/>",
            "Dosyanın içinde XML belge türü tanımı (DOCTYPE) var; güvenlik nedeniyle okunmadı.",
        ),
    ],
)
def test_what_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(StatementRefused) as refusal:
        read("ziraat", data)
    assert refusal.value.message == message


def test_another_account_is_refused() -> None:
    text = ziraat(PAID).replace("12345678-5001", "12345678-5002")
    with pytest.raises(StatementRefused):
        require_account(read_text(text), own_iban=OUR_IBAN)
