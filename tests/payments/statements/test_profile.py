"""Profiles as JSON: what is wrong is named; and drafts for new banks, which guess nothing about money and days."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from payments.statements import BUILT_IN, BankProfile, ProfileError, detect, preview, suggest_profile
from payments.statements.profile import Sign
from tests.payments.statements.mt940_writer import Message, file_of
from tests.payments.statements.workbook import workbook
from tests.payments.statements.xml_writer import camt, ziraat

ZIRAAT = BUILT_IN["csv:ziraat"]


def changed(**settings: Any) -> dict[str, Any]:
    columns = settings.pop("columns", {})
    data = {**ZIRAAT.to_json(), **settings}
    return {**data, "columns": {**data["columns"], **columns}} if isinstance(columns, dict) else data


@pytest.mark.parametrize(
    ("given", "key", "message"),
    [
        ({"nonsense": 1}, "nonsense", "Böyle bir ayar yok."),
        ({"columns": {"nonsense": "x"}}, "columns.nonsense", "Böyle bir ayar yok."),
        ({"name": "Ziraat Bankası"}, "name", "Küçük harf, rakam ve tireden oluşmalı; örnek: ziraat."),
        ({"kind": "ods"}, "kind", "csv ya da xlsx olmalı."),
        ({"sign": "plus"}, "sign", "Şunlardan biri olmalı: signed, two_columns, direction."),
        ({"encoding": "cp852"}, "encoding", "Şunlardan biri olmalı: auto, utf-8, cp1254, iso-8859-9, utf-16."),
        ({"separator": ";;"}, "separator", "Tek bir karakter olmalı; örnek: “;”."),
        ({"quote": ";"}, "quote", "Tek bir karakter olmalı ya da boş bırakılmalı."),
        ({"header_row": "4"}, "header_row", "Bir sayı olmalı ya da boş bırakılmalı."),
        ({"header_row": 0}, "header_row", "1 ile 1000 arasında olmalı."),
        ({"decimal_mark": ""}, "decimal_mark", "Ondalık ayırıcı “,” ya da “.” olarak seçilmeli."),
        ({"thousands_mark": ","}, "thousands_mark", "Binlik ayırıcı ondalık ayırıcıyla aynı olamaz."),
        ({"thousands_mark": "x"}, "thousands_mark", "Binlik ayırıcı “.”, “,”, boşluk, “'” ya da hiçbiri olmalı."),
        ({"date_formats": []}, "date_formats", "Tarih biçimi seçilmeli; örnek: dd.mm.yyyy."),
        ({"date_formats": "dd.mm.yyyy"}, "date_formats", "Metinlerden oluşan bir liste olmalı."),
        ({"date_formats": ["dd.mm"]}, "date_formats", "“dd.mm” bir tarih biçimi değil; örnek: dd.mm.yyyy."),
        (
            {"date_formats": ["dd.mm.yyyy", "mm.dd.yyyy"]},
            "date_formats",
            "Aynı tarih iki biçimde farklı okunabilir; yalnızca birini seçin.",
        ),
        ({"bank_id_trusted": "evet"}, "bank_id_trusted", "true ya da false olmalı."),
        ({"currency": "TL"}, "currency", "Üç harfli para birimi kodu olmalı; örnek: TRY."),
        ({"columns": {"date": ""}}, "columns.date", "Tarih sütunu seçilmeli."),
        ({"columns": {"texts": []}}, "columns.texts", "En az bir açıklama sütunu seçilmeli."),
        (
            {"columns": {"amount": ""}},
            "columns.amount",
            "“Tek tutar sütunu, çıkan para eksi” seçildiğinde bu sütun gerekir.",
        ),
        (
            {"columns": {"debit": "Borç"}},
            "columns.debit",
            "“Tek tutar sütunu, çıkan para eksi” seçildiğinde bu sütun boş bırakılmalı.",
        ),
        ({"columns": {"amount": "#ZZ"}}, "columns.amount", "Sütun harfi #A ile #IV arasında olmalı."),
        ({"opening": "#3"}, "opening", "Bir hücre (#B3) ya da solundaki yazı olmalı."),
        ({"footer_words": [" "]}, "footer_words", "Boş bir sözcük içeremez."),
        ({"columns": []}, "columns", "Ayarlar bir nesne (anahtar ve değerleri) olmalı."),
        ({"title": "x" * 201}, "title", "En çok 200 karakterlik bir metin olmalı."),
    ],
)
def test_what_is_wrong_with_a_profile_is_named(given: dict[str, Any], key: str, message: str) -> None:
    data = {**ZIRAAT.to_json(), **given} if given.get("columns") == [] else changed(**given)
    with pytest.raises(ProfileError) as error:
        BankProfile.from_json(data)
    assert (error.value.key, error.value.message) == (key, message)


@pytest.mark.parametrize(("data", "key"), [("{", "profil"), ("[]", "profil"), ({}, "name"), ({"name": "x"}, "kind")])
def test_what_is_no_profile(data: Any, key: str) -> None:
    with pytest.raises(ProfileError) as error:
        BankProfile.from_json(data)
    assert error.value.key == key


def test_words_of_direction_must_differ() -> None:
    data = changed(sign="direction", columns={"direction": "B/A"}, incoming_words=["A"], outgoing_words=["A"])
    with pytest.raises(ProfileError) as error:
        BankProfile.from_json(json.dumps(data))
    assert error.value.key == "outgoing_words"


def csv_of(*rows: str) -> bytes:
    return ("\n".join(rows) + "\n").encode("cp1254")


class TestSuggestions:
    def test_a_table_that_leaves_one_way_to_read_it(self) -> None:
        rows = (
            "Banka;;;",
            "Tarih;Açıklama;Tutar;Bakiye",
            "23.11.2026;a;1.000,50;1.000,50",
            "24.11.2026;b;-1,00;999,50",
        )
        draft, seen = suggest_profile(csv_of(*rows))
        assert draft is not None
        assert (draft.separator, draft.date_formats, draft.decimal_mark, draft.thousands_mark, draft.sign) == (
            *(";", ("dd.mm.yyyy",), ",", "."),
            Sign.SIGNED,
        )
        assert (seen.header_row, seen.unsure, seen.refusal, len(seen.lines)) == (2, (), "", 2)
        assert BankProfile.from_json(draft.to_json()) == draft

    def test_a_day_that_may_be_a_month_is_left_to_the_person(self) -> None:
        draft, seen = suggest_profile(csv_of("Tarih,Açıklama,Tutar", "03/04/2026,a,-10.50", "05/06/2026,b,1.00"))
        assert draft is not None
        assert (draft.separator, draft.date_formats, draft.decimal_mark) == (",", (), ".")
        assert seen.unsure == ("Tarih biçimini seçin. Dosya dd/mm/yyyy ya da mm/dd/yyyy olarak okunabilir.",)
        assert seen.refusal == "“date_formats”: Tarih biçimi seçilmeli; örnek: dd.mm.yyyy."

    @pytest.mark.parametrize("amounts", [("1.500", "-2.000"), ("5.097", "-1.234"), ("100", "-20"), ("1.000.000", "-1")])
    def test_a_mark_that_may_mean_two_things_is_left_to_the_person(self, amounts: tuple[str, str]) -> None:
        draft, seen = suggest_profile(csv_of("Tarih;Açıklama;Tutar", *(f"23.11.2026;x;{a}" for a in amounts)))
        assert draft is not None
        assert draft.decimal_mark == ""
        assert seen.unsure == ("Ondalık ve binlik ayırıcıyı seçin; dosyadaki tutarlardan anlaşılmıyor.",)

    def test_debit_and_credit(self) -> None:
        rows = ("Tarih;Açıklama;Borç;Alacak", "23.11.2026;a;;1,00", "24.11.2026;b;2,50;")
        draft, seen = suggest_profile(csv_of(*rows))
        assert draft is not None
        assert (draft.sign, [str(line.amount) for line in seen.lines]) == (Sign.TWO_COLUMNS, ["1.00", "-2.50"])

    def test_direction_words_that_are_not_known_are_left_to_the_person(self) -> None:
        heading = "Tarih;Açıklama;Tutar;B/A"
        draft, seen = suggest_profile(csv_of(heading, "23.11.2026;a;1,00;A", "23.11.2026;a;1,00;B"))
        assert draft is not None
        assert (draft.incoming_words, draft.outgoing_words, seen.unsure) == (("A",), ("B",), ())
        draft, seen = suggest_profile(csv_of(heading, "23.11.2026;a;1,00;X", "23.11.2026;a;1,00;B"))
        assert draft is not None
        assert (draft.incoming_words, len(seen.unsure)) == ((), 1)

    def test_amounts_that_are_never_negative_are_doubted(self) -> None:
        _, seen = suggest_profile(csv_of("Tarih;Açıklama;Tutar", "23.11.2026;a;1,00"))
        assert seen.unsure == ("Tutarların hiçbiri eksi değil; çıkan paranın nasıl gösterildiğini doğrulayın.",)

    def test_a_workbook_with_real_cells(self) -> None:
        rows = [["Rapor"], ["Tarih", "Açıklama", "Tutar"], [date(2026, 3, 4), "a", -1.5]]
        draft, seen = suggest_profile(workbook(rows), name="yapi")
        assert draft is not None
        assert (draft.format, draft.date_formats, draft.decimal_mark, seen.unsure) == ("xlsx:yapi", (), "", ())
        assert [line.booked_on for line in seen.lines] == [date(2026, 3, 4)]

    @pytest.mark.parametrize("content", [b"", b"abc", b"\x00\xff", b"PK\x03\x04xx", file_of(Message()).encode()])
    def test_what_is_no_table(self, content: bytes) -> None:
        draft, seen = suggest_profile(content)
        assert (draft, bool(seen.refusal)) == (None, True)


class TestPreview:
    def test_rows_lines_and_problems(self) -> None:
        seen = preview(csv_of("Tarih;Valör;Fiş No;Açıklama;Tutar;Bakiye", "x;;;a;1,00;1,00"), ZIRAAT, rows=5)
        assert seen.rows == (
            ("Tarih", "Valör", "Fiş No", "Açıklama", "Tutar", "Bakiye"),
            ("x", "", "", "a", "1,00", "1,00"),
        )
        assert (seen.header_row, seen.lines, len(seen.problems), seen.refusal) == (1, (), 1, "")

    def test_a_table_of_another_bank_shows_its_rows_and_why_not(self) -> None:
        seen = preview(csv_of("a;b", "1;2"), ZIRAAT)
        assert (seen.rows, seen.header_row) == ((("a", "b"), ("1", "2")), None)
        assert seen.refusal.startswith(
            "Başlık satırı ilk 200 satırda bulunamadı; beklenen: “Tarih”, “Açıklama”, “Tutar”."
        )


@pytest.mark.parametrize(
    ("content", "filename", "formats"),
    [
        (file_of(Message()).encode(), "a.txt", ["mt940"]),
        (b"nothing", "a.STA", ["mt940"]),
        (camt().encode(), "a.xml", ["camt053"]),
        (camt().encode("utf-16"), "a.xml", ["camt053"]),
        (ziraat().encode(), "a.xml", ["ziraat"]),
        (workbook([["a"]]), "a.xlsx", ["xlsx:isbank"]),
        ("Tarih;Valör;Fiş No;Açıklama;Tutar;Bakiye".encode("cp1254"), "a", ["csv:ziraat"]),
        (b"a;b", "a.csv", ["csv:ziraat"]),
        (b"a;b", "a.pdf", []),
        (b"", "", []),
    ],
)
def test_formats_that_a_file_may_have(content: bytes, filename: str, formats: list[str]) -> None:
    assert detect(content[:4096], filename) == formats


def test_a_profile_in_letters_needs_a_heading() -> None:
    columns = replace(
        ZIRAAT.columns, date="#A", value_date="#B", amount="#E", texts=("#D",), bank_id="", running_balance=""
    )
    with pytest.raises(ProfileError) as error:
        replace(ZIRAAT, columns=columns, header_words=()).require_complete()
    assert error.value.key == "header_row"


def test_a_file_of_line_ends_is_looked_at_once() -> None:
    """Each line end would otherwise be the beginning of a walk to the end: minutes for 64 KB."""
    assert detect(b"\n" * 65_536, "e.dat") == []
    assert detect(b"\n" * 65_000 + b"  :20:X\n", "e.dat") == ["mt940"]
