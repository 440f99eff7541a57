"""Tables as CSV: titles, quotes, footers, signs, marks, days, and what must not be guessed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from iys_portal.shared.sheets.csvrows import split
from payments.statements import BUILT_IN, BankProfile, ReadResult, StatementRefused, read
from payments.statements.account import require_account
from payments.statements.profile import Columns, Sign
from tests.payments.statements.xml_writer import OUR_IBAN

SAMPLES = Path(__file__).parents[2] / "samples" / "statements"
DAY = date(2026, 11, 23)
PLAIN = BankProfile(
    name="deneme",
    kind="csv",
    columns=Columns(date="Tarih", texts=("Açıklama",), amount="Tutar"),
    sign=Sign.SIGNED,
    decimal_mark=",",
    thousands_mark=".",
    date_formats=("dd.mm.yyyy",),
    footer_words=("Toplam",),
)
BALANCED = replace(PLAIN, columns=replace(PLAIN.columns, running_balance="Bakiye"))


def read_by(profile: BankProfile, *rows: str, end: str = "\n") -> ReadResult:
    return read("csv:deneme", ("\n".join(rows) + end).encode(), profiles={"csv:deneme": profile})


def plain(*rows: str, end: str = "\n") -> ReadResult:
    return read_by(PLAIN, "Tarih;Açıklama;Tutar", *rows, end=end)


def messages_of(result: ReadResult) -> list[str]:
    return [problem.message for problem in result.problems]


class TestWholeFiles:
    def test_titles_quotes_footers_and_newest_first_in_cp1254(self) -> None:
        result = read("csv:ziraat", (SAMPLES / "ziraat-cp1254.csv").read_bytes())
        assert [(line.position, line.source_line, line.amount) for line in result.lines] == [
            (1, 5, Decimal("5805.60")),
            (2, 7, Decimal("-12.50")),
            (3, 8, Decimal("5097.60")),
        ]
        assert [line.text for line in result.lines] == [
            'GELEN EFT; "4H9 WX6\nDRJ"',
            "EFT ücreti",
            "KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş. TR330006100519786457841326",
        ]
        assert result.lines[2].payer_iban == "TR330006100519786457841326"
        assert (result.opening, result.closing, result.balance_ok) == (Decimal("1000.00"), Decimal("11890.70"), True)
        assert (result.problems, result.reader) == ([], "csv-1:ziraat")
        require_account(result, own_iban=OUR_IBAN)

    def test_a_table_that_names_no_account_is_taken_for_the_chosen_one(self) -> None:
        result = plain("23.11.2026;KM7-T3R-AWC;5.097,60")
        assert result.balance_ok is None
        require_account(result, own_iban=OUR_IBAN)

    def test_a_table_of_another_account_is_refused(self) -> None:
        result = read_by(PLAIN, "Hesap: TR330006100519786457841326", "Tarih;Açıklama;Tutar", "23.11.2026;x;1,00")
        with pytest.raises(StatementRefused):
            require_account(result, own_iban=OUR_IBAN)

    def test_declared_places_of_account_and_balances(self) -> None:
        profile = replace(PLAIN, account="Hesap No", opening="#B2", closing="Son Bakiye")
        rows = ("Hesap No;760-12345678-5001", "Açılış;1.000,00", "Tarih;Açıklama;Tutar", "23.11.2026;x;5,00")
        result = read_by(profile, *rows, "Toplam;;5,00", "Toplam Son Bakiye: 1;;", "Son Bakiye: 1.005,00;;")
        assert messages_of(result) == [
            "Tarih okunamadı: “Son Bakiye: 1.005,00”. Profilde bildirilen biçime uymuyor.",
            "Bakiye bulunamadı (profilde: “Son Bakiye”).",
        ]
        profile = replace(profile, footer_words=("Toplam", "Son Bakiye"))
        result = read_by(profile, *rows, "Toplam;;5,00", "Son Bakiye: 1.005,00;;")
        assert (result.opening, result.closing, result.balance_ok) == (Decimal("1000.00"), Decimal("1005.00"), True)
        require_account(result, own_iban=OUR_IBAN)
        wrong = read_by(profile, *rows, "Son Bakiye: 1.005,01;;")
        assert (wrong.balance_ok, len(wrong.problems)) == (False, 1)

    def test_a_heading_repeated_on_each_page_is_no_movement(self) -> None:
        result = plain("23.11.2026;x;1,00", "Tarih;Açıklama;Tutar", ";;", "23.11.2026;y;2,00")
        assert ([line.text for line in result.lines], result.problems) == (["x", "y"], [])

    def test_a_movement_is_no_footer_whatever_its_text(self) -> None:
        profile = replace(PLAIN, columns=replace(PLAIN.columns, texts=("#A",), date="#B", amount="#C"))
        profile = replace(profile, header_words=("Tarih",))
        result = read_by(profile, "Açıklama;Tarih;Tutar", "Toplam Enerji A.Ş.;23.11.2026;1,00", "Toplam;;1,00")
        assert ([line.text for line in result.lines], result.problems) == (["Toplam Enerji A.Ş."], [])

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1254", "iso-8859-9", "utf-16"])
    def test_encodings(self, encoding: str) -> None:
        data = "Tarih;Açıklama;Tutar\n23.11.2026;ŞİĞÜÖÇ ışığı;1,00\n".encode(encoding)
        declared = encoding.removesuffix("-sig")
        for profile in (PLAIN, replace(PLAIN, encoding=declared)):
            result = read("csv:deneme", data, profiles={"csv:deneme": profile})
            assert [line.text for line in result.lines] == ["ŞİĞÜÖÇ ışığı"]

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            (("a;b", "1;2"), "Başlık satırı ilk 200 satırda bulunamadı; beklenen: “Tarih”, “Tutar”, “Açıklama”."),
            (
                ("Tarih;Tutar;Açıklama;Tutar",),
                "Başlık satırında iki “Tutar” sütunu var; profilde sütunu harfiyle seçin.",
            ),
            (("Tarih;Açıklama;Tutar", ";" * 300), "Dosyada 256'dan çok sütun var; okunmadı."),
            (("Tarih;Açıklama;Tutar", "x" * 10_001), "Dosyada 10.000 karakterden uzun bir satır var;"),
        ],
    )
    def test_what_is_refused(self, rows: tuple[str, ...], message: str) -> None:
        with pytest.raises(StatementRefused) as refusal:
            read_by(PLAIN, *rows)
        assert refusal.value.message.startswith(message)

    def test_a_declared_encoding_that_the_file_does_not_have(self) -> None:
        with pytest.raises(StatementRefused) as refusal:
            read_by(replace(PLAIN, encoding="utf-16"), "Tarih;Açıklama;Tutar")
        assert refusal.value.message == "Dosya bildirilen karakter kodlamasıyla (utf-16) okunamadı."

    def test_a_file_of_which_next_to_nothing_can_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("payments.statements.MAX_UNREAD", 2)
        assert len(plain("x;a;1,00", "x;b;1,00").problems) == 2
        with pytest.raises(StatementRefused) as refusal:
            plain("x;a;1,00", "x;b;1,00", "x;c;1,00")
        assert refusal.value.message == (
            "3 hareket okunamadı; biçim ya da banka profili bu dosyaya uymuyor. İlki 2. satırda: "
            "Tarih okunamadı: “x”. Profilde bildirilen biçime uymuyor."
        )

    def test_an_incomplete_profile_is_refused(self) -> None:
        with pytest.raises(StatementRefused) as refusal:
            read_by(replace(PLAIN, decimal_mark=""), "Tarih;Açıklama;Tutar")
        assert refusal.value.message == (
            "“deneme” banka profili kullanılamıyor: “decimal_mark”: Ondalık ayırıcı “,” ya da “.” olarak seçilmeli."
        )

    def test_a_workbook_under_a_profile_of_csv(self) -> None:
        with pytest.raises(StatementRefused) as refusal:
            read("csv:ziraat", b"PK\x03\x04" + b"x" * 100)
        assert refusal.value.message == "Dosya bir Excel çalışma kitabı (.xlsx); CSV biçimi seçilmiş."


class TestRows:
    @pytest.mark.parametrize(
        ("line", "fields", "is_open"),
        [
            ("a;b", ["a", "b"], False),
            ('"a;b";c', ["a;b", "c"], False),
            ('"a ""b""";', ['a "b"', ""], False),
            ('5" boru;x', ['5" boru', "x"], False),
            ('"a"b;c', ["ab", "c"], False),
            ('"a;b', ["a;b"], True),
            ('""', [""], False),
            ("", [""], False),
        ],
    )
    def test_fields_of_a_line(self, line: str, fields: list[str], is_open: bool) -> None:
        assert split(line, ";", '"') == (fields, is_open)

    def test_an_open_quote_swallows_no_row(self) -> None:
        result = plain('23.11.2026;"5 inç boru;1,00', "23.11.2026;y;2,00", "23.11.2026;z;3,00")
        assert [line.text for line in result.lines] == ["y", "z"]
        assert [(p.position, p.message) for p in result.problems] == [
            (1, "Satırda kapanmayan bir tırnak işareti var; hangi sütunun nerede bittiği bilinemedi.")
        ]

    def test_a_separator_in_a_text_moves_no_column(self) -> None:
        result = plain("23.11.2026;KM7;T3R;5,00", "23.11.2026;yarım", "23.11.2026;tam;1,00;;")
        assert messages_of(result) == [
            "Satırda başlıktan çok sütun var; açıklamadaki bir ayırıcı sütunları kaydırmış olabilir.",
            "Satırda 2 sütun var, başlıkta 3; satır yarım ya da bozuk.",
        ]
        assert [line.text for line in result.lines] == ["tam"]

    @pytest.mark.parametrize(
        ("last", "is_read"),
        [("23.11.2026;x;5,00", True), ("23.11.2026;x;5,0", False), ("23.11.2026;x;5", False)],
    )
    def test_a_file_that_ends_within_a_row(self, last: str, is_read: bool) -> None:
        result = plain("23.11.2026;a;1,00", last, end="")
        assert len(result.lines) == 1 + is_read
        assert result.balance_ok is (None if is_read else False)

    def test_a_cut_text_is_not_read_but_a_closed_quote_is(self) -> None:
        profile = replace(PLAIN, columns=replace(PLAIN.columns, texts=("#C",), amount="#B"), header_words=("Tarih",))
        cut = read_by(profile, "Tarih;Tutar;Açıklama", "23.11.2026;1,00;KM7-T3", end="")
        assert messages_of(cut) == [
            "Dosya bu satırın ortasında kesilmiş olabilir (satır sonu yok); yeniden indirip yükleyin."
        ]
        whole = read_by(profile, "Tarih;Tutar;Açıklama", '23.11.2026;1,00;"KM7-T3"', end="")
        assert [line.text for line in whole.lines] == ["KM7-T3"]


class TestMoneyAndDays:
    @pytest.mark.parametrize(
        ("written", "amount"),
        [
            ("5.097,60", "5097.60"),
            ("5097,60", "5097.60"),
            ("5097", "5097.00"),
            ("5.097", "5097.00"),
            ("-12,5", "-12.50"),
            ("−12,50", "-12.50"),
            ("12,50-", "-12.50"),
            ("+1,00", "1.00"),
            ("1.234.567,89 TL", "1234567.89"),
            ("₺", None),
            ("0,00", "0.00"),
            ("1,500", "1.50"),
            ("1,505", None),
            ("5.09", None),
            ("50.97,60", None),
            ("5,097.60", None),
            ("1e3", None),
            ("--1,00", None),
            ("-1,00-", None),
            ("(1,00)", None),
            ("", None),
            ("1.234.567.890.123,00", None),
        ],
    )
    def test_amounts(self, written: str, amount: str | None) -> None:
        result = plain(f"23.11.2026;x;{written}")
        assert [line.amount for line in result.lines] == ([] if amount is None else [Decimal(amount)])
        assert len(result.problems) == (amount is None)

    @pytest.mark.parametrize(
        ("day_format", "written", "day"),
        [
            ("dd.mm.yyyy", "23.11.2026", DAY),
            ("dd.mm.yyyy", "3.1.2026", date(2026, 1, 3)),
            ("dd.mm.yyyy", "23.11.2026 14:02:59", DAY),
            ("dd.mm.yyyy", "11.23.2026", None),
            ("dd.mm.yyyy", "23/11/2026", None),
            ("dd.mm.yyyy", "29.02.2027", None),
            ("dd/mm/yyyy", "23/11/2026-14:02", DAY),
            ("mm/dd/yyyy", "11/23/2026", DAY),
            ("yyyy-mm-dd", "2026-11-23T14:02:59.123", DAY),
            ("yyyymmdd", "20261123", DAY),
            ("dd.mm.yy", "23.11.26", DAY),
            ("dd.mm.yy", "23.11.2026", None),
            ("dd.mm.yyyy", "46349", None),
        ],
    )
    def test_days(self, day_format: str, written: str, day: date | None) -> None:
        result = read_by(replace(PLAIN, date_formats=(day_format,)), "Tarih;Açıklama;Tutar", f"{written};x;1,00")
        assert [line.booked_on for line in result.lines] == ([] if day is None else [day])
        assert len(result.problems) == (day is None)

    def test_debit_and_credit_columns(self) -> None:
        columns = Columns(date="Tarih", texts=("Açıklama",), debit="Borç", credit="Alacak")
        profile = replace(PLAIN, columns=columns, sign=Sign.TWO_COLUMNS)
        rows = ["1,00;", ";2,00", "0,00;2,00", "1,00;2,00", ";", "-1,00;"]
        result = read_by(profile, "Tarih;Açıklama;Borç;Alacak", *(f"23.11.2026;x;{row}" for row in rows))
        assert [line.amount for line in result.lines] == [Decimal("-1.00"), Decimal("2.00"), Decimal("2.00")]
        assert messages_of(result) == [
            "Borç ve alacak sütunlarının ikisinde de tutar var.",
            "Tutar yok: borç ve alacak sütunlarının ikisi de boş.",
            "Borç ya da alacak sütununda eksi tutar var; paranın yönü bilinemedi.",
        ]

    def test_a_column_of_direction(self) -> None:
        columns = replace(PLAIN.columns, direction="B/A")
        profile = replace(
            PLAIN, columns=columns, sign=Sign.DIRECTION, incoming_words=("A", "Alacak"), outgoing_words=("B",)
        )
        rows = ["1,00;A", "1,00;b", "-1,00;B", "1,00;ALACAK", "-1,00;A", "1,00;X", "1,00;"]
        result = read_by(profile, "Tarih;Açıklama;Tutar;B/A", *(f"23.11.2026;x;{row}" for row in rows))
        assert [line.amount for line in result.lines] == [Decimal(n) for n in ("1.00", "-1.00", "-1.00", "1.00")]
        assert messages_of(result) == [
            "Tutar eksi, yönü ise giriş; hangisinin doğru olduğu bilinemedi.",
            "Paranın yönü okunamadı: “X”.",
            "Paranın yönü okunamadı: “”.",
        ]

    def test_currencies(self) -> None:
        profile = replace(PLAIN, columns=replace(PLAIN.columns, currency="Döviz"))
        rows = ["23.11.2026;x;1,00;TL", "23.11.2026;x;1,00;USD", "23.11.2026;x;1,00;TRY"]
        result = read_by(profile, "Tarih;Açıklama;Tutar;Döviz", *rows)
        assert ([line.currency for line in result.lines], result.statements[0].currency) == (["TRY", "TRY"], "TRY")
        assert messages_of(result) == ["Hareketin para birimi USD, öncekilerinki TRY."]

    def test_a_running_balance_that_breaks(self) -> None:
        rows = ["23.11.2026;a;1,00;1,00", "23.11.2026;b;2,00;3,00", "23.11.2026;c;3,00;6,50"]
        result = read_by(BALANCED, "Tarih;Açıklama;Tutar;Bakiye", *rows)
        assert messages_of(result) == ["Yürüyen bakiye tutmuyor: önceki 3,00, hareket 3,00, yazılan bakiye 6,50 TRY."]
        assert result.balance_ok is False

    def test_the_bank_s_number_is_an_id_only_where_it_is_trusted(self) -> None:
        columns = replace(PLAIN.columns, bank_id="No")
        for trusted in (True, False):
            profile = replace(PLAIN, columns=columns, bank_id_trusted=trusted)
            result = read_by(profile, "Tarih;Açıklama;Tutar;No", '23.11.2026;x;1,00;="0012"')
            assert [(line.reference, line.bank_id) for line in result.lines] == [("0012", "0012" if trusted else None)]


def test_the_portal_s_own_profiles_are_complete_and_survive_json() -> None:
    assert list(BUILT_IN) == ["csv:ziraat", "xlsx:isbank"]
    for name, profile in BUILT_IN.items():
        assert (profile.format, profile.sample) == (name, True)
        assert BankProfile.from_json(profile.to_json()) == profile
