"""The camt.053 reader: versions, batches, what is not booked, sums, and everything that may be wrong with a file."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from payments.statements import BankLine, ReadResult, StatementRefused, read
from payments.statements.account import require_account
from payments.statements.camt053 import READER
from tests.payments.statements.xml_writer import OUR_IBAN, Detail, Entry, camt

SAMPLES = Path(__file__).parents[2] / "samples" / "statements"
DAY = date(2026, 11, 23)
PAYER = "TR330006100519786457841326"
PAID = Entry((Detail(Decimal("5097.60"), "KM7-T3R-AWC", "Şule A.Ş.", PAYER, "FAST261123007"),))
FEE = Entry(amount=Decimal("-12.50"), text="EFT ücreti")
BATCH = Entry((Detail(Decimal("5805.60"), "4H9-WX6-DRJ"), Detail(Decimal("4998.00"), "kira")))


def read_text(text: str) -> ReadResult:
    return read("camt053", text.encode())


def messages_of(result: ReadResult) -> list[str]:
    return [problem.message for problem in result.problems]


def refusal_of(data: bytes) -> str:
    with pytest.raises(StatementRefused) as refusal:
        read("camt053", data)
    return refusal.value.message


class TestVersions:
    def test_version_2_with_parties_batch_and_pending(self) -> None:
        result = read("camt053", (SAMPLES / "camt053-v02.xml").read_bytes())
        first, fee, code, rent = result.lines
        assert first == BankLine(
            position=1,
            source_line=21,
            booked_on=date(2026, 11, 24),  # half past nine at night in London is the next day in Istanbul
            value_on=DAY,
            amount=Decimal("5097.60"),
            currency="TRY",
            text="KM7-T3R-AWC HİZMET SAĞLAYICI\nA.Ş. yıllık paket\nGELEN FAST",
            reference="FAST2611230007",
            payer_name="HİZMET SAĞLAYICI ANONİM ŞİRKETİ",
            payer_iban=PAYER,
            payer_tax_number="4540536920",
            bank_id="FAST2611230007",
        )
        assert (fee.amount, fee.text, fee.bank_id) == (Decimal("-12.50"), "EFT ücreti", None)
        assert (code.text, code.bank_id) == ("RF18539007547034\nileti-450\n4H9-WX6-DRJ", "TX26112400001")
        assert (rent.text, rent.amount) == ("Kira ödemesi", Decimal("4998.00"))
        (pending,) = result.problems
        assert (pending.position, pending.ignored, pending.line) == (5, True, 66)
        assert pending.message.startswith("Bekleyen (PDNG) hareket işlenmedi: 750.00 TRY.")
        assert (result.opening, result.closing, result.balance_ok) == (Decimal("1000.00"), Decimal("16888.70"), True)
        assert (result.reader, result.last_day) == (READER, date(2026, 11, 24))

    def test_version_8_in_iso_8859_9_with_a_prefix_and_two_statements(self) -> None:
        result = read("camt053", (SAMPLES / "camt053-v08.xml").read_bytes())
        paid, taken_back = result.lines
        assert (paid.payer_name, paid.payer_tax_number, paid.payer_iban) == ("Şule Çağlayan", "10000000146", PAYER)
        assert (paid.booked_on, paid.value_on) == (date(2026, 12, 31), date(2027, 1, 2))
        assert (taken_back.amount, taken_back.reversal) == (Decimal("-100.00"), True)
        assert [len(statement.lines) for statement in result.statements] == [2, 0]
        assert (result.opening, result.closing, result.balance_ok) == (Decimal("-100.00"), Decimal("4897.60"), True)
        require_account(result, own_iban=OUR_IBAN)

    @pytest.mark.parametrize("version", range(2, 9))
    def test_all_versions_say_the_same(self, version: int) -> None:
        result = read_text(camt(PAID, FEE, BATCH, version=version, prefix="n" if version % 2 else ""))
        assert [(line.amount, line.text, line.payer_name, line.bank_id) for line in result.lines] == [
            (Decimal("5097.60"), "KM7-T3R-AWC", "Şule A.Ş.", "FAST261123007"),
            (Decimal("-12.50"), "EFT ücreti", None, None),
            (Decimal("5805.60"), "4H9-WX6-DRJ", None, None),
            (Decimal("4998.00"), "kira", None, None),
        ]
        assert (result.problems, result.balance_ok) == ([], True)

    def test_bytes_and_files_are_read_alike(self) -> None:
        data = camt(PAID, FEE, BATCH).encode()
        file = io.BytesIO(data)
        file.seek(100)
        assert read("camt053", file) == read("camt053", data)
        assert not file.closed


class TestEntries:
    def test_a_batch_that_does_not_add_up_is_not_read(self) -> None:
        result = read_text(camt(PAID, replace(BATCH, amount=Decimal("10803.61"))))
        assert [line.position for line in result.lines] == [1]
        assert [problem.position for problem in result.problems] == [2, 3]
        assert messages_of(result)[0] == (
            "Kaydın tutarı 10.803,61 TRY, ayrıntılarının toplamı 10.803,60 TRY; "
            "hangisinin doğru olduğu bilinemediği için okunmadı."
        )
        assert result.balance_ok is False

    def test_a_batch_may_hold_both_directions(self) -> None:
        result = read_text(camt(Entry((Detail(Decimal("100.00")), Detail(Decimal("-30.00"))))))
        assert [line.amount for line in result.lines] == [Decimal("100.00"), Decimal("-30.00")]
        assert result.balance_ok is True

    def test_a_detail_in_another_currency_is_the_entry_s_amount_where_it_stands_alone(self) -> None:
        text = camt(PAID).replace(
            '<Amt Ccy="TRY">5097.60</Amt><CdtDbtInd>CRDT</CdtDbtInd>\n<Rltd', '<Amt Ccy="USD">120.00</Amt><Rltd'
        )
        assert 'Ccy="USD"' in text
        assert [line.amount for line in read_text(text).lines] == [Decimal("5097.60")]
        batch = camt(BATCH).replace('<Amt Ccy="TRY">4998.00', '<Amt Ccy="USD">4998.00')
        assert (
            messages_of(read_text(batch))[:2]
            == ["Toplu kaydın ayrıntılarından birinin hesap para biriminde tutarı yok; kayıt bölünemedi."] * 2
        )

    def test_an_entry_in_another_currency_than_the_account(self) -> None:
        text = camt(PAID).replace('Ccy="TRY">5097.60', 'Ccy="USD">5097.60')
        assert messages_of(read_text(text)) == ["Hareketin para birimi USD, hesabınki TRY."]

    @pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
    def test_what_is_not_booked_is_listed_and_not_read(self, status: str) -> None:
        result = read_text(camt(PAID, replace(BATCH, status=status)))
        assert [(p.position, p.ignored) for p in result.problems] == [(2, True), (3, True)]
        assert ([line.position for line in result.lines], result.balance_ok) == ([1], True)

    def test_a_returned_payment_pays_nothing(self) -> None:
        text = camt(PAID).replace("<RmtInf>", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf><RmtInf>")
        assert [line.reversal for line in read_text(text).lines] == [True]

    @pytest.mark.parametrize("noughts", ["", "0", "000"])
    def test_more_decimals_if_they_are_noughts(self, noughts: str) -> None:
        text = camt(PAID).replace("5097.60", f"5097.60{noughts}")
        assert [line.amount for line in read_text(text).lines] == [Decimal("5097.60")]

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("5097.60<", "5097.601<", "Tutar kuruştan küçük basamak içeriyor: “5097.601”."),
            ("5097.60<", "5.097,60<", "Tutar okunamadı: “5.097,60”. Beklenen biçim: 5097.60."),
            ("5097.60<", "-5097.60<", "Tutar okunamadı: “-5097.60”. Beklenen biçim: 5097.60."),
            ("<BookgDt><Dt>2026-11-23", "<BookgDt><Dt>2026-02-30", "Böyle bir tarih yok: “2026-02-30” (yıl, ay, gün)."),
            ("BOOK", "XXXX", "Hareketin durumu (Sts) okunamadı: “XXXX”."),
            ("KM7", "K" * 4001, "Hareketin açıklaması 4.000 karakterden uzun."),
            ("<Sts>", "<RvslInd>evet</RvslInd><Sts>", "Ters kayıt işareti (RvslInd) okunamadı: “evet”."),
        ],
    )
    def test_what_cannot_be_read_is_a_problem(self, old: str, new: str, message: str) -> None:
        text = camt(PAID, FEE)
        assert old in text
        result = read_text(text.replace(old, new, 1 if old == "BOOK" else -1))
        assert [line.amount for line in result.lines] == [Decimal("-12.50")] or len(result.lines) == 0
        assert messages_of(result)[0] == message
        assert result.balance_ok is False

    @pytest.mark.parametrize("reference", ["NOTPROVIDED", "0000000000", "12345", "AAAAAAAA11", "X" * 70 + "1"])
    def test_what_is_no_id_is_not_taken_for_one(self, reference: str) -> None:
        entry = Entry((Detail(Decimal("1.00"), id=reference),))
        assert [line.bank_id for line in read_text(camt(entry)).lines] == [None]

    def test_nothing_worth_is_a_line(self) -> None:
        result = read_text(camt(Entry(amount=Decimal("0.00"))))
        assert ([line.amount for line in result.lines], result.balance_ok) == ([Decimal("0.00")], True)


class TestSums:
    def test_a_wrong_closing_balance(self) -> None:
        result = read_text(camt(PAID, closing=Decimal("6097.61")))
        assert messages_of(result) == [
            "Bakiye tutmuyor: açılış 1.000,00, hareketler toplamı 5.097,60, kapanış 6.097,61; fark 0,01 TRY."
        ]
        assert (len(result.lines), result.balance_ok) == (1, False)

    @pytest.mark.parametrize(
        ("kind", "message"),
        [
            ("OPBD", "Açılış bakiyesi (OPBD) yok; ekstrenin toplamı denetlenemedi."),
            ("CLBD", "Kapanış bakiyesi (CLBD) yok; ekstrenin sonu eksik olabilir."),
        ],
    )
    def test_a_missing_balance(self, kind: str, message: str) -> None:
        result = read_text(camt(PAID).replace(kind, "CLAV"))
        assert (messages_of(result), result.balance_ok) == ([message], False)

    def test_interim_balances_of_a_page_stand_for_the_missing_ones(self) -> None:
        result = read_text(camt(PAID).replace("OPBD", "ITBD").replace("CLBD", "ITBD"))
        assert (result.opening, result.closing, result.balance_ok) == (Decimal("1000.00"), Decimal("6097.60"), True)

    def test_two_opening_balances(self) -> None:
        text = camt(PAID)
        line = next(row for row in text.split("\n") if "OPBD" in row)
        assert read_text(text.replace(line, line * 2)).balance_ok is True
        other = text.replace(line, line + line.replace("1000.00", "1.00"))
        assert messages_of(read_text(other)) == ["Ekstrede birbirinden farklı iki OPBD bakiyesi var."]


class TestBrokenFiles:
    def test_a_file_cut_off_in_an_entry(self) -> None:
        text = camt(PAID, BATCH)
        result = read_text(text[: text.index("kira")])
        assert [line.position for line in result.lines] == [1]
        cut, open_entry, *_ = result.problems
        assert cut.message == "Dosya yarıda kesilmiş; ekstreyi bankadan yeniden indirip yükleyin."
        assert (open_entry.position, open_entry.message) == (2, "Dosya bu harekette bitiyor; hareket okunmadı.")
        assert result.balance_ok is False

    @pytest.mark.parametrize("share", range(1, 50))
    def test_a_file_cut_anywhere_is_refused_or_does_not_add_up(self, share: int) -> None:
        whole = camt(PAID, FEE, BATCH).encode()
        data = whole[: len(whole) * share // 50]
        try:
            result = read("camt053", data)
        except StatementRefused:
            return
        assert result.balance_ok is False
        assert result.lines == read("camt053", whole).lines[: len(result.lines)]

    def test_a_broken_letter_ends_the_reading_and_is_told(self) -> None:
        result = read_text(camt(PAID, FEE).replace("EFT ücreti", "A & B"))
        assert [line.position for line in result.lines] == [1]
        assert messages_of(result)[0].startswith("XML 31. satırda bozuk; buradan sonrası okunamadı.")

    @pytest.mark.parametrize(
        "declaration",
        [
            '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
            '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
            '<!DOCTYPE d SYSTEM "http://ornek.invalid/x.dtd">',
            "<!DOCTYPE d>",
        ],
    )
    def test_a_document_type_is_refused(self, declaration: str) -> None:
        text = camt(PAID).replace('<?xml version="1.0"?>', f'<?xml version="1.0"?>{declaration}')
        assert refusal_of(text.encode()).startswith("Dosyanın içinde XML belge türü tanımı (DOCTYPE) var;")

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b" \n", "Dosya boş. İndirdiğiniz ya da kaydettiğiniz dosyayı yeniden seçin."),
            (b"<a/>", "Dosya camt.053 biçiminde değil: hesap ekstresi (BkToCstmrStmt) bulunamadı."),
            (b":20:X", "Dosya camt.053 biçiminde değil: hesap ekstresi (BkToCstmrStmt) bulunamadı."),
            (
                b"<Document><BkToCstmrAcctRpt/></Document>",
                "Dosya bir gün içi hesap raporu (camt.052); kesinleşmiş hesap ekstresi (camt.053) yükleyin.",
            ),
            (b'<?xml version="1.0" encoding="shift_jis"?><a/>', "XML dosyasının karakter kodlaması tanınmadı."),
            (b"<a>" * 70, "XML dosyası 64 kattan derin; okunmadı."),
            (
                b"<a>" + b"".join(b"<e%d/>" % n for n in range(6000)),
                "Dosyada olağandışı sayıda farklı alan var; okunmadı.",
            ),
            (
                b"<a>" + b"x" * 3_000_000,
                "Dosyada 1 MB'tan uzun bir alan var; okunmadı.",
            ),
            (b'<a b="' + b"x" * 3_000_000, "Dosyada 1 MB'tan uzun bir alan var; okunmadı."),
        ],
    )
    def test_what_is_refused(self, data: bytes, message: str) -> None:
        assert refusal_of(data) == message

    def test_values_without_end_are_refused(self) -> None:
        entry = Entry((Detail(Decimal("1.00"), "x"),))
        many = camt(entry).replace("<Ustrd>x</Ustrd>", "<Ustrd>x</Ustrd>" * 150_000)
        assert refusal_of(many.encode()).startswith("Dosyada 100.000 alandan uzun tek bir kayıt var")

    def test_another_account_is_refused(self) -> None:
        with pytest.raises(StatementRefused):
            require_account(read_text(camt(PAID, iban=PAYER)), own_iban=OUR_IBAN)


@pytest.mark.parametrize("name", ["camt053-v02.xml", "camt053-v08.xml"])
def test_lines_and_problems_count_what_another_parser_counts(name: str) -> None:
    tree = etree.parse(SAMPLES / name)
    entries = tree.findall(".//{*}Ntry")
    count = sum(max(len(entry.findall(".//{*}TxDtls")), 1) for entry in entries)
    result = read("camt053", (SAMPLES / name).read_bytes())
    positions = [line.position for line in result.lines] + [p.position for p in result.problems if p.position]
    assert sorted(positions) == list(range(1, count + 1))
