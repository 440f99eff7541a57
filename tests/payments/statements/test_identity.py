"""Line identity: overlapping imports add nothing, equal payments stay apart."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.statements import BankLine
from payments.statements.identity import Identity, identities

OURS = "TR820001000760123456785001"
OTHER = "TR140006400000142011234567"
DAY = date(2026, 11, 23)
LINE = BankLine(1, 5, DAY, DAY, Decimal("5097.60"), "TRY", "KM7-T3R-AWC Hizmet Sağlayıcı")


def keys(lines: Iterable[BankLine], account: str = OURS) -> list[Identity]:
    return list(identities(account, lines))


def test_equal_payments_are_numbered() -> None:
    first, second, third = keys([LINE, LINE._replace(position=2), LINE._replace(position=3)])
    assert first.digest == second.digest == third.digest
    assert [first.occurrence, second.occurrence, third.occurrence] == [1, 2, 3]
    assert len(first.digest) == 64


@pytest.mark.parametrize(
    "same",
    [
        LINE._replace(position=9, source_line=99),
        LINE._replace(text="km7-t3r-awc\nHİZMET  SAĞLAYICI"),
        LINE._replace(text="KM7T3RAWC HIZMET SAGLAYICI"),
        LINE._replace(reference="OTHER"),
    ],
)
def test_what_banks_write_differently_each_time_does_not_matter(same: BankLine) -> None:
    assert keys([same]) == keys([LINE])


@pytest.mark.parametrize(
    "other",
    [
        LINE._replace(booked_on=date(2026, 11, 24)),
        LINE._replace(value_on=date(2026, 11, 24)),
        LINE._replace(amount=Decimal("-5097.60")),
        LINE._replace(amount=Decimal("5097.61")),
        LINE._replace(currency="USD"),
        LINE._replace(text="KM7-T3R-AWD Hizmet Sağlayıcı"),
        LINE._replace(running_balance=Decimal("0.00")),
        LINE._replace(bank_id="202612211572FNCC636"),
    ],
)
def test_other_content_is_another_line(other: BankLine) -> None:
    digests = [identity.digest for identity in keys([LINE, other])]
    assert len(set(digests)) == 2
    assert [identity.occurrence for identity in keys([LINE, other])] == [1, 1]


def test_running_balances_tell_equal_payments_apart() -> None:
    one, two = (LINE._replace(running_balance=Decimal(balance)) for balance in ("100.00", "5197.60"))
    assert [identity.occurrence for identity in keys([one, two])] == [1, 1]


def test_the_bank_s_own_id_outweighs_the_content() -> None:
    line = LINE._replace(bank_id="1572FNCC636")
    assert keys([line]) == keys([line._replace(text="changed", booked_on=date(2026, 11, 24))])


def test_the_same_line_of_another_account_is_another_line() -> None:
    assert keys([LINE], OURS) != keys([LINE], OTHER)


lines = st.builds(
    LINE._replace,
    amount=st.sampled_from([Decimal("5097.60"), Decimal("5805.60")]),
    text=st.sampled_from(["KM7-T3R-AWC", "4H9-WX6-DRJ"]),
    booked_on=st.sampled_from([DAY, date(2026, 11, 24)]),
)


@given(st.lists(lines), st.randoms())
def test_the_order_of_lines_does_not_matter(imported: list[BankLine], chosen: object) -> None:
    shuffled = list(imported)
    chosen.shuffle(shuffled)  # type: ignore[attr-defined]
    assert set(keys(shuffled)) == set(keys(imported))
    assert len(set(keys(imported))) == len(imported)


@given(st.lists(lines), st.data())
def test_an_overlapping_file_of_whole_days_adds_only_what_is_new(ledger: list[BankLine], data: st.DataObject) -> None:
    covered = data.draw(st.sets(st.sampled_from([DAY, date(2026, 11, 24)])))
    first = [line for line in ledger if line.booked_on in covered]
    assert set(keys(first)) | set(keys(ledger)) == set(keys(ledger))
