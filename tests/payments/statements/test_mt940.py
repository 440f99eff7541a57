"""The MT940 reader on whole files: banks' dialects, sums, and everything that may be wrong with a file."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from payments.statements import BankLine, Problem, ReadResult, StatementRefused, read
from payments.statements.mt940 import MAX_FIELD_CHARACTERS, READER
from tests.payments.statements.mt940_writer import OUR_IBAN, Message, Transaction, file_of

SAMPLES = Path(__file__).parents[2] / "samples" / "statements"
DAY = date(2026, 11, 23)
PAYER = "TR330006100519786457841326"

PAID = Transaction(Decimal("5097.60"), information=("KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş.",))
FEE = Transaction(Decimal("-12.50"), rest="NCHGNONREF", information=("EFT ücreti",))


def sample(name: str) -> ReadResult:
    return read("mt940", (SAMPLES / name).read_bytes())


def read_text(text: str) -> ReadResult:
    return read("mt940", text.encode())


def read_messages(*messages: Message) -> ReadResult:
    return read_text(file_of(*messages))


def messages_of(result: ReadResult) -> list[str]:
    return [problem.message for problem in result.problems]


class TestDialects:
    def test_free_text_padded_amounts_and_funds_codes(self) -> None:
        result = sample("free-text-utf8.sta")
        assert result.lines == [
            BankLine(
                position=1,
                source_line=5,
                booked_on=DAY,
                value_on=DAY,
                amount=Decimal("5097.60"),
                currency="TRY",
                text="- GELEN EFT - KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş.",
                reference=f"{PAYER}//",
                payer_iban=PAYER,
            ),
            BankLine(
                position=2,
                source_line=7,
                booked_on=DAY,
                value_on=DAY,
                amount=Decimal("5805.60"),
                currency="TRY",
                text="- GELEN FAST - sipariş kodu 4h9 wx6\ndrj deneme ticaret ltd şti",
                reference="NONREF//FAST2611230007",
            ),
            BankLine(
                position=3,
                source_line=10,
                booked_on=DAY,
                value_on=DAY,
                amount=Decimal("-12.50"),
                currency="TRY",
                text="- MASRAF - EFT ücreti",
                reference="NONREF",
            ),
            BankLine(
                position=4,
                source_line=12,
                booked_on=DAY,
                value_on=DAY,
                amount=Decimal("750.00"),
                currency="TRY",
                text="- HAVALE - Kira ödemesi",
                reference="NONREF",
            ),
        ]
        (statement,) = result.statements
        assert (statement.reference, statement.account, statement.iban) == (
            "TRY260001000-261123",
            OUR_IBAN,
            OUR_IBAN,
        )
        assert (statement.opening, statement.closing) == (Decimal("13273.56"), Decimal("24914.26"))
        assert (result.reader, result.balance_ok, result.problems) == (READER, True, [])

    def test_structured_descriptions_in_cp1254_with_block_headers(self) -> None:
        result = sample("structured-cp1254.sta")
        paid, reversed_ = result.lines
        assert paid.text == "GELEN EFT\nKM7T3RAWC İleti-150 yıllık ödeme"
        assert (paid.payer_name, paid.payer_iban) == ("HİZMET SAĞLAYICI ANONİM ŞİRKETİ", PAYER)
        assert reversed_.text == "EK BİLGİ SATIRI\nİADE DÜZELTME\nİptal edilen işlem"
        assert (reversed_.amount, reversed_.reversal) == (Decimal("-100.00"), True)
        assert (result.statements[0].account, result.statements[0].iban) == ("00064/42011234567", None)
        assert (result.balance_ok, result.problems) == (True, [])

    def test_pages_and_days_in_one_file(self) -> None:
        result = sample("pages-and-days.sta")
        assert [len(statement.lines) for statement in result.statements] == [1, 1, 1]
        assert [line.position for line in result.lines] == [1, 2, 3]
        assert (result.opening, result.closing) == (Decimal("0.00"), Decimal("10000.00"))
        assert (result.first_day, result.last_day) == (date(2026, 11, 20), date(2026, 11, 21))
        assert (result.balance_ok, result.problems) == (True, [])

    def test_a_statement_without_movements_speaks_for_its_day(self) -> None:
        result = read_messages(Message())
        assert (result.lines, result.problems, result.balance_ok) == ([], [], True)
        assert (result.first_day, result.last_day) == (DAY, DAY)

    def test_a_time_at_the_start_of_a_line_is_no_field(self) -> None:
        paid = replace(PAID, information=("12-09-2026T16", ":26:37 KM7-T3R-AWC"))
        assert read_messages(Message((paid,))).lines[0].text == "12-09-2026T16\n:26:37 KM7-T3R-AWC"

    def test_a_description_after_the_closing_balance_is_not_a_transaction_s(self) -> None:
        result = read_messages(Message((PAID,), tail=(":86:4H9-WX6-DRJ", "-")))
        assert [line.text for line in result.lines] == ["KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş."]

    def test_two_descriptions_of_one_transaction_are_both_kept(self) -> None:
        text = file_of(Message((PAID,))).replace(":62F:", ":86:ikinci\r\n:62F:")
        assert read_text(text).lines[0].text == "KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş.\nikinci"

    def test_indented_fields_are_fields(self) -> None:
        text = file_of(Message((PAID, FEE))).replace(":61:", "  :61:")
        assert [line.amount for line in read_text(text).lines] == [PAID.amount, FEE.amount]

    def test_fields_that_are_of_no_use_end_the_one_before(self) -> None:
        text = file_of(Message((PAID,))).replace(":62F:", ":13D:2611231200+0300\r\n:62F:")
        assert read_text(text).lines[0].text == "KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş."

    def test_lines_before_the_first_field_are_not_read(self) -> None:
        result = read_text("0000 01ISBKTRISAXXX00001\n940 00\n" + file_of(Message((PAID,))))
        assert (len(result.lines), result.problems) == (1, [])

    def test_statements_without_reference_begin_with_their_account(self) -> None:
        text = file_of(Message((PAID,)), Message((FEE,), page="232/1")).replace(":20:EKSTRE261123\r\n", "")
        result = read_text(text)
        assert [len(statement.lines) for statement in result.statements] == [1, 1]
        assert (result.balance_ok, result.problems) == (True, [])

    def test_the_year_of_the_booking_day_follows_the_value_day(self) -> None:
        late = replace(PAID, value_on=date(2026, 12, 31), booked_on=date(2027, 1, 2))
        early = replace(FEE, value_on=date(2027, 1, 2), booked_on=date(2026, 12, 31))
        lines = read_messages(Message((late, early))).lines
        assert [(line.value_on, line.booked_on) for line in lines] == [
            (date(2026, 12, 31), date(2027, 1, 2)),
            (date(2027, 1, 2), date(2026, 12, 31)),
        ]

    def test_the_currency_is_the_balances(self) -> None:
        result = read_messages(Message((PAID,), currency="USD"))
        assert [statement.currency for statement in result.statements] == ["USD"]
        assert [line.currency for line in result.lines] == ["USD"]

    def test_utf_16_with_a_mark(self) -> None:
        result = read("mt940", file_of(Message((PAID,))).encode("utf-16"))
        assert [line.text for line in result.lines] == ["KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş."]

    def test_a_very_long_name_is_cut(self) -> None:
        paid = replace(PAID, information=("166?20KM7-T3R-AWC?32" + "A" * 300,))
        assert read_messages(Message((paid,))).lines[0].payer_name == "A" * 140


class TestRefusedFiles:
    @pytest.mark.parametrize(
        "data",
        [
            b"%PDF-1.7\n%\xe2\xe3",
            b"PK\x03\x04\x00\x00",
            b"<?xml version='1.0'?><Document/>",
            b"Tarih;Tutar\n1;2\n",
        ],
    )
    def test_what_is_not_mt940(self, data: bytes) -> None:
        with pytest.raises(StatementRefused) as refusal:
            read("mt940", data)
        assert refusal.value.message == ("Dosya MT940 biçiminde değil: :20:, :25:, :61: gibi alanlar bulunamadı.")

    def test_an_empty_file(self) -> None:
        with pytest.raises(StatementRefused) as refusal:
            read("mt940", b"")
        assert refusal.value.message == "Dosya boş. İndirdiğiniz ya da kaydettiğiniz dosyayı yeniden seçin."

    def test_a_file_that_names_no_account(self) -> None:
        text = file_of(Message((PAID,))).replace(f":25:{OUR_IBAN}\r\n", "")
        with pytest.raises(StatementRefused) as refusal:
            read_text(text)
        assert refusal.value.message == (
            "Dosyada hesap numarası (:25:) yok; hangi hesabın ekstresi olduğu anlaşılamadı."
        )

    def test_an_unknown_format(self) -> None:
        with pytest.raises(StatementRefused) as refusal:
            read("ofx", b"OFXHEADER:100")
        assert refusal.value.message == "Bilinmeyen ekstre biçimi: “ofx”."

    def test_too_many_transactions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("payments.statements.mt940.MAX_TRANSACTIONS", 2)
        assert len(read_messages(Message((PAID, FEE))).lines) == 2
        with pytest.raises(StatementRefused) as refusal:
            read_messages(Message((PAID, FEE, FEE)))
        assert refusal.value.message == "Dosyada 250.000 hareketten fazlası var; bölerek yükleyin."


class TestProblems:
    def test_a_thousands_dot_is_a_problem_that_shows_what_is_there(self) -> None:
        result = sample("thousands-dot.sta")
        assert [line.amount for line in result.lines] == [Decimal("5805.60")]
        assert result.problems == [
            Problem(
                line=7,
                message=(
                    "Tutar okunamadı: “5.097,60”. "
                    "MT940 tutarında yalnızca ondalık virgülü bulunur, binlik ayırıcı olmaz."
                ),
                position=2,
                raw="2611231123C5.097,60NTRFNONREF\nKM7-T3R-AWC HİZMET SAĞLAYICI A.Ş.",
            )
        ]
        assert result.balance_ok is False

    def test_a_wrong_closing_balance(self) -> None:
        result = sample("wrong-closing-balance.sta")
        assert len(result.lines) == 2
        assert result.problems == [
            Problem(
                1,
                "Bakiye tutmuyor: açılış 1.000,00, hareketler toplamı 10.903,20, kapanış 11.903,21; fark 0,01 TRY.",
            )
        ]
        assert result.balance_ok is False

    def test_the_transaction_in_which_a_file_is_cut_is_not_read(self) -> None:
        result = sample("truncated.sta")
        assert [line.amount for line in result.lines] == [Decimal("5805.60")]
        assert [(problem.line, problem.position, problem.message) for problem in result.problems] == [
            (7, 2, "Dosya bu harekette kesilmiş; ekstreyi bankadan yeniden indirip yükleyin."),
            (8, None, "Kapanış bakiyesi (:62F:) yok; dosya yarıda kesilmiş olabilir."),
        ]
        assert result.problems[0].raw.splitlines()[-1] == "KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş."
        assert result.balance_ok is False

    def test_a_file_cut_within_a_letter(self) -> None:
        result = sample("truncated-in-a-letter.sta")
        assert [line.text for line in result.lines] == ["4H9-WX6-DRJ DENEME TİCARET LTD. ŞTİ."]
        assert result.balance_ok is False

    @pytest.mark.parametrize("length", range(len(file_of(Message((PAID, FEE))).encode()) - 6))
    def test_a_file_cut_anywhere_is_refused_or_does_not_add_up(self, length: int) -> None:
        """Only the last zero of the closing balance 6085,10 and the end mark may be missing unseen."""
        data = file_of(Message((PAID, FEE))).encode()[:length]
        try:
            result = read("mt940", data)
        except StatementRefused:
            assert b":25:T" not in data
        else:
            assert result.balance_ok is False
            assert result.problems != []

    def test_a_missing_closing_balance_before_another_statement(self) -> None:
        text = file_of(Message((PAID,)), Message((FEE,), page="2"))
        first, _, rest = text.partition(":62F:")
        result = read_text(first + rest.partition("\r\n")[2])
        assert messages_of(result) == ["Kapanış bakiyesi (:62F:) yok; ekstrenin sonu eksik olabilir."]
        assert [statement.balance_ok for statement in result.statements] == [False, True]
        assert result.balance_ok is False

    def test_a_missing_opening_balance(self) -> None:
        text = "\r\n".join(line for line in Message((PAID,)).written() if not line.startswith(":60F:"))
        result = read_text(text)
        assert messages_of(result) == ["Ekstrenin açılış bakiyesi (:60F:) yok; toplamı denetlenemedi."]
        assert (len(result.lines), result.balance_ok) == (1, False)

    def test_an_unreadable_balance(self) -> None:
        result = read_text(file_of(Message((PAID,))).replace("TRY1000,00", "TRY1.000,00"))
        message, *others = messages_of(result)
        assert (message.split(". ")[0], others) == ("Tutar okunamadı: “1.000,00”", [])
        assert (result.opening, result.balance_ok) == (None, False)

    def test_a_second_closing_balance(self) -> None:
        text = file_of(Message((PAID,), tail=(":62F:C261123TRY0,00",)))
        result = read_text(text)
        assert messages_of(result) == ["Ekstrede ikinci bir :62F: bakiyesi var."]
        assert (result.closing, result.balance_ok) == (Decimal("6097.60"), False)

    def test_balances_in_two_currencies(self) -> None:
        text = file_of(Message((PAID,))).replace(":60F:C261123TRY", ":60F:C261123USD")
        result = read_text(text)
        assert messages_of(result) == ["Ekstrede iki para birimi var: USD ve TRY."]
        assert result.balance_ok is False

    def test_an_impossible_day(self) -> None:
        text = file_of(Message((PAID, FEE))).replace(":61:261123C", ":61:260230C")
        result = read_text(text)
        assert [(problem.position, problem.message) for problem in result.problems] == [
            (1, "Böyle bir tarih yok: “260230” (yıl, ay, gün).")
        ]
        assert [line.position for line in result.lines] == [2]

    def test_a_description_that_no_bank_writes(self) -> None:
        flood = replace(PAID, information=("KM7-T3R-AWC",) + ("x" * 1000,) * 5)
        result = read_messages(Message((flood, FEE)))
        (problem,) = result.problems
        assert (problem.position, problem.message) == (1, "Hareketin açıklaması 4.000 karakterden uzun.")
        assert len(problem.raw) == 500
        assert [line.amount for line in result.lines] == [FEE.amount]

    def test_the_longest_description_is_kept_whole(self) -> None:
        longest = "x" * MAX_FIELD_CHARACTERS
        assert read_messages(Message((replace(PAID, information=(longest,)),))).lines[0].text == longest
        too_long = read_messages(Message((replace(PAID, information=(longest + "x",)),)))
        assert [problem.position for problem in too_long.problems] == [1]

    def test_a_missing_page(self) -> None:
        first = Message((PAID,), page="1/1", closing_tag="62M")
        third = Message((FEE,), page="1/3", opening_tag="60M", opening=Decimal("9000.00"))
        result = read_messages(first, third)
        assert messages_of(result) == ["Sayfa öncekinin devamı değil; arada sayfa eksik olabilir."]
        assert result.balance_ok is False

    def test_a_missing_first_page(self) -> None:
        result = read_messages(Message((PAID,), opening_tag="60M"))
        assert messages_of(result) == ["Sayfa öncekinin devamı değil; arada sayfa eksik olabilir."]

    def test_a_missing_last_page(self) -> None:
        result = read_messages(Message((PAID,), closing_tag="62M"), Message((FEE,), page="2"))
        assert messages_of(result) == ["Ekstrenin devam sayfası dosyada yok."]
        assert [statement.balance_ok for statement in result.statements] == [False, True]

    def test_a_file_that_ends_with_a_carried_balance(self) -> None:
        result = read_messages(Message((PAID,), closing_tag="62M"))
        assert messages_of(result) == ["Kapanış bakiyesi (:62F:) yok; dosya yarıda kesilmiş olabilir."]

    def test_the_same_statement_twice(self) -> None:
        message = Message((PAID,))
        result = read_messages(message, message)
        assert messages_of(result) == ["Aynı ekstre dosyada iki kez var; ilki 1. satırda."]
        assert [statement.balance_ok for statement in result.statements] == [False, False]

    def test_two_days_without_movements_are_not_the_same_statement(self) -> None:
        result = read_messages(Message(), Message())
        assert (result.problems, result.balance_ok) == ([], True)

    def test_letters_of_an_unknown_encoding(self) -> None:
        result = read("mt940", file_of(Message((PAID,))).encode("cp857"))
        assert messages_of(result) == ["Karakter kodlaması tanınmadı; açıklamalardaki Türkçe harfler bozuk olabilir."]
        assert (len(result.lines), result.balance_ok) == (1, True)

    def test_a_payer_cannot_write_a_transaction_of_his_own(self) -> None:
        """A description line that looks like a :61: makes a line, and the balance gives it away."""
        paid = replace(PAID, information=("merhaba", ":61:261123C5805,60NTRFNONREF", ":86:4H9-WX6-DRJ"))
        result = read_messages(Message((paid,)))
        assert len(result.lines) == 2
        assert result.balance_ok is False
