"""Whose account a statement is about."""

from datetime import date

import pytest

from payments.statements.account import compact, find_iban, iban_of, require_account, same_account
from payments.statements.base import BankLine, ReadResult, Statement, StatementRefused

ZIRAAT = "TR820001000760123456785001"
IS_BANKASI = "TR140006400000142011234567"
PAYER = "TR330006100519786457841326"


@pytest.mark.parametrize(
    "written",
    [
        "TR820001000760123456785001",
        "TR82 0001 0007 6012 3456 7850 01   ",
        "tr820001000760123456785001",
        "/TR820001000760123456785001",
        "TR820001000760123456785001TRY",
        "TR820001000760123456785001/TRY",
        "0010-00760/123456785001",
        "00010/0760123456785001",
        "760-12345678-5001",
        "760/12345678-5001",
        "123456785001",
    ],
)
def test_our_account_is_known_however_the_bank_writes_it(written: str) -> None:
    assert same_account(compact(written), ZIRAAT)


def test_a_number_of_the_other_bank() -> None:
    assert same_account("00064/4201-1234567", IS_BANKASI)
    assert same_account("4201-1234567", IS_BANKASI)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "TR140006400000142011234567",
        "TR820001000760123456785002",
        "0064-00760/123456785001",
        "761/12345678-5001",
        "999912345678-5001",
        "785001",
        "TRY",
        "ABC",
    ],
)
def test_other_accounts_are_not_ours(written: str) -> None:
    assert not same_account(compact(written), ZIRAAT)


@pytest.mark.parametrize("written", ["TR820001000760123456785002", "123456785001", "", "/"])
def test_only_valid_ibans_are_ibans(written: str) -> None:
    assert iban_of(written) is None


def test_the_iban_within_an_account_field() -> None:
    assert iban_of("/TR820001000760123456785001/TRY") == ZIRAAT


@pytest.mark.parametrize(
    "text",
    [
        f"gönderen {PAYER} açıklama",
        "TR33 0006 1005 1978 6457 8413 26",
        "TR330006100519786457\n841326",
        f"{ZIRAAT} hesabına {PAYER} hesabından",
    ],
)
def test_the_payer_s_iban_is_found(text: str) -> None:
    assert find_iban(text, ZIRAAT) == PAYER


@pytest.mark.parametrize("text", ["", "TR", ZIRAAT, "TR330006100519786457841327", "XX330006100519786457841326"])
def test_no_iban_of_a_payer(text: str) -> None:
    assert find_iban(text, ZIRAAT) is None


def statement(account: str, currency: str = "TRY", lines: tuple[BankLine, ...] = ()) -> Statement:
    return Statement(
        reference="1",
        account=account,
        iban=None,
        currency=currency,
        opening=None,
        closing=None,
        balance_ok=None,
        first_day=date(2026, 11, 23),
        last_day=date(2026, 11, 23),
        lines=lines,
        problems=(),
    )


def test_a_file_of_our_account_passes() -> None:
    require_account(ReadResult("test", (statement(ZIRAAT), statement("760-12345678-5001"))), own_iban=ZIRAAT)


def test_a_file_that_was_cut_before_its_last_account_passes() -> None:
    require_account(ReadResult("test", (statement(ZIRAAT), statement(""))), own_iban=ZIRAAT)


def test_a_file_with_another_account_is_refused_as_a_whole() -> None:
    with pytest.raises(StatementRefused) as refusal:
        require_account(ReadResult("test", (statement(ZIRAAT), statement(IS_BANKASI))), own_iban=ZIRAAT)
    assert refusal.value.message == (f"Dosya başka bir hesaba ait: “{IS_BANKASI}”. Seçilen hesap: {ZIRAAT}.")


def test_a_file_in_another_currency_is_refused() -> None:
    with pytest.raises(StatementRefused) as refusal:
        require_account(ReadResult("test", (statement(ZIRAAT, "USD"),)), own_iban=ZIRAAT)
    assert refusal.value.message == "Dosyanın para birimi USD; seçilen hesap TRY hesabıdır."
