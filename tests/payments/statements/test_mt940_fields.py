"""Single MT940 fields: amounts, days, transactions, descriptions."""

from datetime import date
from decimal import Decimal

import pytest

from payments.statements.mt940_fields import (
    Balance,
    Entry,
    Information,
    nearest_day,
    parse_amount,
    parse_balance,
    parse_entry,
    parse_information,
)
from payments.statements.values import FieldError, short_day

DAY = date(2026, 11, 23)
PAYER = "TR330006100519786457841326"


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("5097,60", "5097.60"),
        ("000000108256,39", "108256.39"),
        ("5097,", "5097.00"),
        ("5097,6", "5097.60"),
        ("0,", "0.00"),
        ("00,01", "0.01"),
        ("12,3000", "12.30"),
        ("12,340", "12.34"),
        ("999999999999,99", "999999999999.99"),
    ],
)
def test_amounts(written: str, amount: str) -> None:
    read = parse_amount(written)
    assert str(read) == amount


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("5.097,60", "Tutar okunamadı: “5.097,60”."),
        ("5097.60", "Tutar okunamadı: “5097.60”."),
        ("5097", "Tutar okunamadı: “5097”."),
        ("", "Tutar okunamadı: “”."),
        (",50", "Tutar okunamadı: “,50”."),
        ("1,2,3", "Tutar okunamadı: “1,2,3”."),
        ("5'097,60", "Tutar okunamadı: “5'097,60”."),
        ("-5,00", "Tutar okunamadı: “-5,00”."),
        ("٥,00", "Tutar okunamadı: “٥,00”."),
        ("5097,601", "Tutar kuruştan küçük basamak içeriyor: “5097,601”."),
        ("1000000000000,00", "Tutar çok büyük: “1000000000000,00”."),
    ],
)
def test_amounts_that_would_have_to_be_guessed(written: str, message: str) -> None:
    with pytest.raises(FieldError) as error:
        parse_amount(written)
    assert str(error.value).startswith(message)


def test_days() -> None:
    assert short_day("261123") == DAY
    assert short_day("280229") == date(2028, 2, 29)


@pytest.mark.parametrize("written", ["260230", "270229", "261301", "260001", "260100"])
def test_impossible_days(written: str) -> None:
    with pytest.raises(FieldError) as error:
        short_day(written)
    assert str(error.value) == f"Böyle bir tarih yok: “{written}” (yıl, ay, gün)."


@pytest.mark.parametrize(
    ("month_day", "value_on", "booked_on"),
    [
        ("1123", DAY, DAY),
        ("0102", date(2026, 12, 31), date(2027, 1, 2)),
        ("1231", date(2027, 1, 2), date(2026, 12, 31)),
        ("0229", date(2028, 3, 1), date(2028, 2, 29)),
        ("0229", date(2027, 12, 31), date(2028, 2, 29)),
    ],
)
def test_the_booking_day_is_the_nearest_one(month_day: str, value_on: date, booked_on: date) -> None:
    assert nearest_day(month_day, value_on) == booked_on


@pytest.mark.parametrize("month_day", ["0230", "1301", "0000"])
def test_impossible_booking_days(month_day: str) -> None:
    with pytest.raises(FieldError) as error:
        nearest_day(month_day, DAY)
    assert str(error.value) == f"Böyle bir kayıt tarihi yok: “{month_day}” (ay, gün)."


def test_29_february_near_no_leap_year_does_not_exist() -> None:
    with pytest.raises(FieldError):
        nearest_day("0229", date(2026, 3, 1))


def test_balances() -> None:
    assert parse_balance("C261123TRY000000013273,56") == Balance(DAY, "TRY", Decimal("13273.56"))
    assert parse_balance("D261123USD5,") == Balance(DAY, "USD", Decimal("-5.00"))


@pytest.mark.parametrize("written", ["", "261123TRY5,00", "C2611TRY5,00", "C261123tl5,00", "X261123TRY5,00"])
def test_balances_that_cannot_be_read(written: str) -> None:
    with pytest.raises(FieldError) as error:
        parse_balance(written)
    assert str(error.value) == f"Bakiye satırı okunamadı: “{written}”."


@pytest.mark.parametrize(
    ("mark", "amount", "reversal"),
    [("C", "5.00", False), ("D", "-5.00", False), ("RC", "-5.00", True), ("RD", "5.00", True)],
)
@pytest.mark.parametrize("funds_code", ["", "Y"])
def test_signs(mark: str, amount: str, reversal: bool, funds_code: str) -> None:
    entry = parse_entry(f"2611231123{mark}{funds_code}5,00NTRFNONREF")
    assert entry == Entry(DAY, DAY, Decimal(amount), reversal, "NONREF")


@pytest.mark.parametrize(
    ("written", "entry"),
    [
        (
            "2407170717CY000000108256,39NDDBTR450005902140130214002137//",
            Entry(
                date(2024, 7, 17),
                date(2024, 7, 17),
                Decimal("108256.39"),
                reversal=False,
                reference="TR450005902140130214002137//",
            ),
        ),
        ("261123C5,NMSC", Entry(DAY, DAY, Decimal("5.00"), reversal=False, reference="")),
        ("261123C5,00", Entry(DAY, DAY, Decimal("5.00"), reversal=False, reference="")),
        ("261123C5,00S   X ", Entry(DAY, DAY, Decimal("5.00"), reversal=False, reference="X")),
        ("261123CC5,00NTRFA//B", Entry(DAY, DAY, Decimal("5.00"), reversal=False, reference="A//B")),
        (
            "2612310102D7,00NCHG",
            Entry(date(2026, 12, 31), date(2027, 1, 2), Decimal("-7.00"), reversal=False, reference=""),
        ),
    ],
)
def test_entries(written: str, entry: Entry) -> None:
    assert parse_entry(written) == entry


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "Hareket satırı okunamadı: “”."),
        ("2611231123X5,00NTRF", "Hareket satırı okunamadı: “2611231123X5,00NTRF”."),
        ("26112C5,00NTRF", "Hareket satırı okunamadı: “26112C5,00NTRF”."),
        ("261123EC5,00NTRF", "Hareket satırı okunamadı: “261123EC5,00NTRF”."),
        ("261123C5,00-NTRF", "Tutardan sonrası okunamadı: “261123C5,00-NTRF”."),
        ("261123C5,00NT", "Tutardan sonrası okunamadı: “261123C5,00NT”."),
        ("260230C5,00NTRF", "Böyle bir tarih yok: “260230” (yıl, ay, gün)."),
        ("2611231332C5,00NTRF", "Böyle bir kayıt tarihi yok: “1332” (ay, gün)."),
    ],
)
def test_entries_that_cannot_be_read(written: str, message: str) -> None:
    with pytest.raises(FieldError) as error:
        parse_entry(written)
    assert str(error.value) == message


def test_a_long_reference_is_cut() -> None:
    assert parse_entry(f"261123C5,00NTRF{'7' * 100}").reference == "7" * 64


def test_free_text_keeps_its_lines() -> None:
    assert parse_information([" - text", " KM7-T3R- ", "AWC"], own_iban=None) == Information(
        "- text\nKM7-T3R-\nAWC", None, None
    )


def test_no_description() -> None:
    assert parse_information([], own_iban=None) == Information("", None, None)


def test_free_text_names_the_payer_s_iban_but_not_ours() -> None:
    own = "TR820001000760123456785001"
    assert parse_information([f"{own} <- {PAYER} FAST"], own_iban=own).payer_iban == PAYER
    assert parse_information([f"{own} FAST"], own_iban=own).payer_iban is None


@pytest.mark.parametrize("prefix", ["166", ""])
def test_structured_text_is_put_together(prefix: str) -> None:
    lines = [
        f"{prefix}?00GELEN EFT?109310?20KM7T3RA?21WC yıllık",
        f" ödeme?3000061?31{PAYER}?32HİZMET SAĞLA?33YICI A.Ş.?60 son",
    ]
    assert parse_information(lines, own_iban=None) == Information(
        text="GELEN EFT\nKM7T3RAWC yıllık ödeme son", payer_name="HİZMET SAĞLAYICI A.Ş.", payer_iban=PAYER
    )


def test_only_text_subfields_are_joined_without_a_break() -> None:
    pieces = "".join(f"?{number:02}{number}" for number in (19, 20, 29, 30, 34, 59, 60, 63, 64))
    assert parse_information([pieces], own_iban=None).text == "19\n59\n64\n20296063"


def test_a_question_mark_alone_makes_no_structure() -> None:
    assert parse_information(["ödendi mi?20 gün oldu"], own_iban=None).text == "ödendi mi?20 gün oldu"


def test_a_name_and_an_account_may_be_missing() -> None:
    assert parse_information(["166?20KM7?31123456"], own_iban=None) == Information("KM7", None, None)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (
            ["/TRTP/FAST/IBAN/TR330006100519786457841326", "/NAME/Şule Ça", "ğlayan A.Ş./REMI/KM7-T3R-AWC"],
            "Şule Çağlayan A.Ş.",
        ),
        (["/ORDP//NAME/Şule A.Ş./REMI/x"], "Şule A.Ş."),
        (["/ORDP/Şule A.Ş.", "/REMI/x"], "Şule A.Ş."),
        (["/EREF/NOTPROVIDED/REMI/KM7 /NAME/BAŞKASI"], None),
        (["KM7 /NAME/BAŞKASI"], None),
    ],
)
def test_names_in_code_words(lines: list[str], name: str | None) -> None:
    information = parse_information(lines, own_iban=None)
    assert (information.payer_name, information.text) == (name, "\n".join(lines))
