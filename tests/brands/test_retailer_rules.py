"""What a dealer must be, in the register's codes: one row of the table at a time."""

from typing import Any

import pytest

from brands.places import town_with
from brands.rules import (
    MOBILE_INVALID,
    NOT_ALPHANUMERIC,
    PASSIVE_WITH_MERSIS,
    Details,
    Fault,
    examine,
)
from tests.brands.dealers import GIVEN, TCKN, VKN, broken


def test_the_registers_own_example_is_a_dealer() -> None:
    found, faults = examine(GIVEN)
    assert faults == []
    assert found == Details(
        title="XYZ Ticaret",
        alias="Şişli Mağazası",
        name="Adım Soyadım",
        tckn=TCKN,
        tin=VKN,
        mersis="0462000001600019",
        town=town_with(434),  # type: ignore[arg-type]
        mobile="+905325001111",
    )


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "", "H214"),
        ("title", "  \t ", "H214"),
        ("title", "Örnek Ltd. Şti.", "H229"),
        ("title", "Bayi_1", "H229"),
        ("title", "İ" * 256, "H017"),
        ("alias", "A&B", "H229"),
        ("name", None, "H215"),
        ("name", "Ad-Soyad", "H229"),
        ("tckn", "", "H216"),
        ("tckn", "1000000014", "H226"),
        ("tckn", "10000000147", "H225"),
        ("tckn", "1000000014x", "H225"),
        ("tckn", "１００００００0146", "H225"),
        ("tin", None, "H288"),
        ("tin", "462000001", "H244"),
        ("tin", "462000001600", "H244"),
        ("tin", "4620000017", "H243"),
        ("tin", "10000000147", "H243"),
        ("mersis", "046200000160001", "H228"),
        ("mersis", "04620000016000199", "H228"),
        ("mersis", "0462000001700019", "H227"),
        ("mersis", "O462000001600019", "H227"),
        ("city", None, "H217"),
        ("city", {}, "H217"),
        ("city", "İstanbul", "H217"),
        ("city", {"name": "İstanbul"}, "H218"),
        ("city", {"code": "34"}, "H219"),
        ("city", {"code": "82", "name": "Gotham"}, "H218"),
        ("town", None, "H220"),
        ("town", {"name": "Şişli"}, "H221"),
        ("town", {"code": 434, "name": " "}, "H222"),
        ("town", {"code": 63, "name": "Çankaya"}, "H221"),
        ("town", {"code": "x", "name": "Şişli"}, "H221"),
        ("mobile", "05325001111", "H224"),
        ("mobile", "+90532500111", "H224"),
        ("mobile", "+1", "H224"),
        ("status", "closed", "H201"),
    ],
)
def test_each_rule(field: str, value: Any, code: str) -> None:
    assert broken(**{field: value}) == [(code, field)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "ÇĞİÖŞÜ çğıöşü 1923"),
        ("title", "İ" * 255),
        ("alias", None),
        ("tin", TCKN),
        ("mersis", ""),
        ("mersis", "5651855672000001"),
        ("mobile", None),
        ("mobile", "+905992000000"),
        ("status", None),
        ("status", "suspended"),
        ("city", {"code": "34", "name": "ISTANBUL"}),
    ],
)
def test_what_is_allowed(field: str, value: Any) -> None:
    assert broken(**{field: value}) == []


def test_every_fault_is_told_at_once_in_the_order_of_the_fields() -> None:
    assert [fault.code for fault in examine({})[1]] == ["H214", "H215", "H216", "H288", "H217", "H220"]


def test_the_api_hears_the_registers_words_and_people_hear_what_to_do() -> None:
    fault = Fault(NOT_ALPHANUMERIC, "title")
    assert fault.message == "title alfanümerik olmalıdır."
    assert fault.sentence == (
        "Bayi Unvanı alfanümerik olmalıdır. Yalnızca harf, rakam ve boşluk kullanın; örneğin “Ltd. Şti.” yerine"
        " “Limited Şirketi” yazın."
    )
    assert Fault(PASSIVE_WITH_MERSIS, "mersis").sentence == (
        "Hizmet sağlayıcınızda aynı MERSİS numarası ile kaydedilen pasif bir bayi hâlihazırda mevcuttur."
        " Yeni bayi eklemek yerine pasif bayiyi yeniden aktif yapın."
    )
    assert Fault(MOBILE_INVALID, "mobile").sentence.endswith("(örn. +905992000000) Numarayı ülke koduyla yazın.")
