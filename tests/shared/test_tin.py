"""Tax numbers: which are right, and that a person's own is never kept or shown in full."""

from iys_portal.shared.tin import HasTin, is_tin, tin_columns
from tests.factories import make_tckn, make_vkn


class Row(HasTin):
    def __init__(self, tin: str) -> None:
        vars(self).update(tin_columns(tin))


def test_a_companys_number_is_kept_as_it_is() -> None:
    number = make_vkn(7)
    row = Row(number)
    assert (row.tin, row.shown_tin, row.tin_label, row.tax_tckn_encrypted) == (number, number, "VKN", None)


def test_a_persons_number_is_kept_encrypted_and_shown_masked() -> None:
    number = make_tckn(7)
    row = Row(number)
    assert (row.tin, row.shown_tin, row.tin_label) == (number, f"{number[:3]}******{number[-2:]}", "TCKN")
    kept = tin_columns(number)
    assert [number in str(value) for value in kept.values()] == [False] * 3
    assert kept["tax_tckn_hash"] == tin_columns(number)["tax_tckn_hash"] != tin_columns(make_tckn(8))["tax_tckn_hash"]


def test_only_numbers_with_right_check_digits_are_tax_numbers() -> None:
    right = [make_vkn(7), make_tckn(7)]
    wrong = [number[:-1] + str((int(number[-1]) + 1) % 10) for number in right]
    assert [is_tin(number) for number in [*right, *wrong, "", "123", "\u0661" * 10]] == [True] * 2 + [False] * 5
