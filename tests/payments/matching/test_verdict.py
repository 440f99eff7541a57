"""The verdict on one line: what may move money, what is shown and why."""

from dataclasses import replace

import pytest

from payments.matching import Candidate, Kind, LineView, OrderBook, OrderView, Proof, Rule, Verdict, decide
from payments.matching.reasons import STATE_CLAUSES
from payments.matching.views import AWAITING_MONEY
from tests.payments.matching.examples import DIGITS, LETTERS, ORDER, OTHER, line

BOOK = OrderBook([ORDER, OTHER, LETTERS, DIGITS])
TITLE = (Proof.TITLE,)


def automatic(rule: Rule, order: OrderView = ORDER) -> Verdict:
    code = f"{order.code[:3]}-{order.code[3:6]}-{order.code[6:]}"
    return Verdict(Kind.AUTO, rule, f"{code} kodu ve 5.097,60 ₺ tutarı siparişle aynı.", order.code)


def shown(kind: Kind, rule: Rule, reason: str, *, amount_equal: bool = True, proofs: tuple[Proof, ...] = ()) -> Verdict:
    return Verdict(kind, rule, reason, candidates=(Candidate(ORDER.code, reason, amount_equal, proofs),))


class TestAutomatic:
    @pytest.mark.parametrize("text", ["KM7-T3R-AWC", "KM7T3RAWC", "FAST KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş."])
    def test_the_exact_code(self, text: str) -> None:
        assert decide(line(text), BOOK) == automatic(Rule.EXACT_CODE)

    @pytest.mark.parametrize(
        "text",
        [
            "km7-t3r-awc",
            "KM7 T3R AWC",
            "SİPARİŞ KODU:KM7T3R-\nAWC",
            "SIPARISKODUKM7T3RAWCHIZMET",
            "sipariş no km7.t3r.awc ılık",
            "KM7T3RAWC KM7T3RAWCX",
        ],
    )
    def test_the_code_after_normalising(self, text: str) -> None:
        verdict = decide(line(text), BOOK)
        assert verdict.kind == Kind.AUTO
        assert verdict.order == ORDER.code

    def test_the_rule_tells_exact_from_normalised(self) -> None:
        assert decide(line("km7t3rawc"), BOOK).rule == Rule.NORMALISED_CODE
        assert decide(line("KODUKM7T3RAWC"), BOOK).rule == Rule.NORMALISED_CODE

    def test_a_file_without_balances_may_pay(self) -> None:
        assert decide(line("KM7-T3R-AWC", balance_ok=None), BOOK) == automatic(Rule.EXACT_CODE)

    def test_the_same_code_twice_is_one_order(self) -> None:
        assert decide(line("KM7-T3R-AWC / KM7-T3R-AWC"), BOOK) == automatic(Rule.EXACT_CODE)

    def test_a_code_of_nobody_beside_it_does_not_matter(self) -> None:
        assert decide(line("KM7-T3R-AWC 467-9AC-D7P"), BOOK) == automatic(Rule.EXACT_CODE)

    @pytest.mark.parametrize("text", ["2026KM7T3RAWC5097 HİZMET SAĞLAYICI", "0KM7T3RAWC VKN 1234567890"])
    def test_a_code_in_a_longer_number_with_amount_and_proof(self, text: str) -> None:
        assert decide(line(text), BOOK) == automatic(Rule.EMBEDDED_CODE)

    def test_a_code_glued_to_its_owner_s_title(self) -> None:
        verdict = decide(line("ACDEFHRNTBIENTEKNOLOJI"), BOOK)
        assert verdict == automatic(Rule.EMBEDDED_CODE, LETTERS)


class TestObjections:
    def test_one_kurus_short(self) -> None:
        assert decide(line("KM7-T3R-AWC", "5097.59"), BOOK) == shown(
            Kind.SUGGEST,
            Rule.AMOUNT_SHORT,
            "KM7-T3R-AWC kodu bulundu, ancak gelen tutar 5.097,59 ₺, beklenen 5.097,60 ₺: 0,01 ₺ eksik.",
            amount_equal=False,
        )

    def test_one_kurus_over(self) -> None:
        assert decide(line("KM7-T3R-AWC", "5097.61"), BOOK) == shown(
            Kind.SUGGEST,
            Rule.AMOUNT_OVER,
            "KM7-T3R-AWC kodu bulundu, ancak gelen tutar 5.097,61 ₺, beklenen 5.097,60 ₺: 0,01 ₺ fazla.",
            amount_equal=False,
        )

    @pytest.mark.parametrize("state", sorted(STATE_CLAUSES.keys() - AWAITING_MONEY))
    def test_an_order_that_money_cannot_settle(self, state: str) -> None:
        reason = f"KM7-T3R-AWC kodu bulundu, ancak {STATE_CLAUSES[state]}; gelen tutar 5.097,60 ₺."
        verdict = decide(line("KM7-T3R-AWC"), OrderBook([replace(ORDER, state=state)]))
        assert verdict == shown(Kind.UNMATCHED, Rule.ORDER_STATE, reason)

    @pytest.mark.parametrize("state", sorted(AWAITING_MONEY - {"transfer_pending"}))
    def test_an_open_order_that_awaits_no_transfer(self, state: str) -> None:
        verdict = decide(line("KM7-T3R-AWC"), OrderBook([replace(ORDER, state=state)]))
        reason = f"KM7-T3R-AWC kodu ve tutar aynı, ancak {STATE_CLAUSES[state]}."
        assert verdict == shown(Kind.SUGGEST, Rule.ORDER_STATE, reason)

    def test_a_statement_that_does_not_add_up(self) -> None:
        assert decide(line("KM7-T3R-AWC", balance_ok=False), BOOK) == shown(
            Kind.SUGGEST,
            Rule.BALANCE_MISMATCH,
            "KM7-T3R-AWC kodu ve tutar aynı, ancak ekstrenin bakiyesi tutmuyor ya da ekstre eksik.",
        )

    @pytest.mark.parametrize("text", ["EFT İADE KM7-T3R-AWC", "KM7T3RAWC iadesi"])
    def test_money_that_came_back(self, text: str) -> None:
        assert decide(line(text), BOOK) == shown(
            Kind.SUGGEST,
            Rule.RETURNED_MONEY,
            "KM7-T3R-AWC kodu ve tutar aynı, ancak açıklamada “iade” geçiyor.",
        )

    @pytest.mark.parametrize(
        "text",
        [
            "KM7-T3R-AWC ve 4H9-WX6-DRJ",
            "KM7T3RAWC4H9WX6DRJ",
            "4H9WX6DRJKM7T3RAWC",
            "KM7-T3R-AWC REF14H9WX6DRJ77",
        ],
    )
    def test_codes_of_two_orders(self, text: str) -> None:
        verdict = decide(line(text), BOOK)
        reason = "Kodu açıklamada geçen siparişlerden biri; tutar tutuyor."
        assert verdict == Verdict(
            Kind.SUGGEST,
            Rule.SEVERAL_CODES,
            "Açıklamada birden çok sipariş kodu var: 4H9-WX6-DRJ, KM7-T3R-AWC.",
            candidates=(Candidate("4H9WX6DRJ", reason, True), Candidate("KM7T3RAWC", reason, True)),
        )

    def test_the_open_order_comes_first_among_several(self) -> None:
        book = OrderBook([ORDER, replace(OTHER, state="completed")])
        verdict = decide(line("4H9-WX6-DRJ KM7-T3R-AWC"), book)
        assert (verdict.kind, [found.code for found in verdict.candidates]) == (
            Kind.SUGGEST,
            ["KM7T3RAWC", "4H9WX6DRJ"],
        )
        assert verdict.candidates[1].reason == (
            "Kodu açıklamada geçen siparişlerden biri; sipariş daha önce ödenmiş ve tamamlanmış."
        )

    def test_codes_of_two_closed_orders(self) -> None:
        book = OrderBook([replace(ORDER, state="paid"), replace(OTHER, state="completed")])
        verdict = decide(line("4H9-WX6-DRJ KM7-T3R-AWC"), book)
        assert (verdict.kind, verdict.rule) == (Kind.UNMATCHED, Rule.SEVERAL_CODES)

    @pytest.mark.parametrize(
        ("text", "order"),
        [("REF24H9WX6DRJ77", OTHER), ("XACDEFHRNTX", LETTERS), ("IBAN TR336997996", DIGITS)],
    )
    def test_a_code_in_a_longer_number_or_word_without_proof(self, text: str, order: OrderView) -> None:
        verdict = decide(line(text), BOOK)
        code = f"{order.code[:3]}-{order.code[3:6]}-{order.code[6:]}"
        reason = f"{code} kodu daha uzun bir sayının ya da kelimenin içinde geçiyor; tutar tutuyor."
        assert verdict == Verdict(
            Kind.SUGGEST, Rule.EMBEDDED_CODE, reason, candidates=(Candidate(order.code, reason, True),)
        )

    def test_a_code_in_a_longer_number_with_another_amount_is_chance(self) -> None:
        verdict = decide(line("REF24H9WX6DRJ77", "750.00"), BOOK)
        assert (verdict.kind, verdict.rule, verdict.candidates) == (Kind.UNMATCHED, Rule.NOTHING, ())


class TestNearCodes:
    @pytest.mark.parametrize(
        ("written", "clause"),
        [
            ("KM7-T3R-AWD", "Kod bir karakter farklı"),
            ("KM7-T3R-WAC", "Kodun yan yana iki karakteri yer değiştirmiş"),
            ("KM7-T3R-A0C", "Kodda sipariş kodlarında bulunmayan karakter var"),
            ("KM1-T3R-A0C", "Kodda sipariş kodlarında bulunmayan karakter var"),
        ],
    )
    def test_a_code_with_one_fault_is_shown_even_with_amount_and_proof(self, written: str, clause: str) -> None:
        verdict = decide(line(f"{written} HİZMET SAĞLAYICI A.Ş."), BOOK)
        reason = f"{clause}: açıklamada {written}, siparişte KM7-T3R-AWC; tutar tutuyor."
        assert verdict == shown(Kind.SUGGEST, Rule.NEAR_CODE, reason, proofs=TITLE)

    def test_with_another_amount(self) -> None:
        reason = (
            "Kod bir karakter farklı: açıklamada KM7-T3R-AWD, siparişte KM7-T3R-AWC; "
            "gelen tutar 5.000,00 ₺, beklenen 5.097,60 ₺: 97,60 ₺ eksik."
        )
        verdict = decide(line("KM7-T3R-AWD", "5000.00"), BOOK)
        assert verdict == shown(Kind.SUGGEST, Rule.NEAR_CODE, reason, amount_equal=False)

    def test_of_a_paid_order(self) -> None:
        reason = (
            "Kod bir karakter farklı: açıklamada KM7-T3R-AWD, siparişte KM7-T3R-AWC; ancak sipariş daha önce ödenmiş."
        )
        verdict = decide(line("KM7-T3R-AWD"), OrderBook([replace(ORDER, state="paid")]))
        assert verdict == shown(Kind.UNMATCHED, Rule.NEAR_CODE, reason)

    def test_the_better_one_comes_first(self) -> None:
        """The amount outweighs nothing to show; a proof outweighs none."""
        cheaper = replace(OTHER, amount_due=line("", "5805.60").amount)
        text = "KM7-T3R-AWD 4H9-WX6-DRK"
        assert [found.code for found in decide(line(text), OrderBook([ORDER, cheaper])).candidates] == [
            "KM7T3RAWC",
            "4H9WX6DRJ",
        ]
        proven = f"{text} deneme ticaret 9876543210"
        assert [found.code for found in decide(line(proven), BOOK).candidates] == ["4H9WX6DRJ", "KM7T3RAWC"]

    def test_at_most_three_are_shown(self) -> None:
        """Swapping the last glyphs back may give several codes; a text may hold more."""
        codes = ["KM7T3RAWC", "4H9WX6DRJ", "4679ACD7P", "333333333"]
        book = OrderBook(replace(ORDER, code=code) for code in codes)
        text = "KM7T3RAWD, 4H9WX6DRK, 4679ACD7R, 333333334"
        verdict = decide(line(text), book)
        assert [found.code for found in verdict.candidates] == sorted(codes)[:3]

    def test_an_exact_code_outweighs_a_near_one(self) -> None:
        assert decide(line("4H9-WX6-DRK KM7-T3R-AWC"), BOOK) == automatic(Rule.EXACT_CODE)

    def test_part_of_a_longer_number_with_another_amount_is_chance(self) -> None:
        assert decide(line("1KM7T3RAWD9", "750.00"), BOOK).rule == Rule.NOTHING


class TestWithoutCode:
    def test_the_tax_number_and_the_amount(self) -> None:
        reason = "Açıklamada sipariş kodu yok; vergi numarası ve tutar KM7-T3R-AWC kodlu siparişle aynı."
        expected = shown(Kind.SUGGEST, Rule.TAX_NUMBER, reason, proofs=(Proof.TAX_NUMBER,))
        assert decide(line("yıllık ödeme VKN 1234567890"), BOOK) == expected
        assert decide(line("yıllık ödeme", payer_tax_number="1234567890"), BOOK) == expected

    def test_the_title_and_the_amount(self) -> None:
        reason = "Açıklamada sipariş kodu yok; tutar KM7-T3R-AWC kodlu siparişle aynı, firma adı aynı."
        expected = shown(Kind.SUGGEST, Rule.TITLE, reason, proofs=TITLE)
        assert decide(line("hizmet sağlayıcı aş ödemesi"), BOOK) == expected
        assert decide(line("paket", payer_name="HİZMET SAĞLAYICI A.Ş"), BOOK) == expected

    def test_a_title_that_is_only_alike(self) -> None:
        order = replace(ORDER, title="ASİST BİLGİ TEKNOLOJİLERİ VE HABERLEŞME LTD. ŞTİ.")
        reason = "Açıklamada sipariş kodu yok; tutar KM7-T3R-AWC kodlu siparişle aynı, firma adı benzer."
        verdict = decide(line("ASİST BİLGİ TEKNOLOJİLERİ"), OrderBook([order]))
        assert verdict == shown(Kind.SUGGEST, Rule.TITLE, reason)

    def test_a_tax_number_outweighs_a_title(self) -> None:
        verdict = decide(line("Deneme Ticaret adına hizmet sağlayıcı 1234567890 deneme ltd"), BOOK)
        assert verdict.rule == Rule.TAX_NUMBER
        assert verdict.candidates[0].code == ORDER.code

    def test_two_orders_of_one_company_are_both_shown(self) -> None:
        second = replace(ORDER, code="4679ACD7P")
        verdict = decide(line("VKN 1234567890"), OrderBook([ORDER, second]))
        assert (verdict.kind, [found.code for found in verdict.candidates]) == (
            Kind.SUGGEST,
            ["4679ACD7P", "KM7T3RAWC"],
        )

    def test_a_paid_order_is_not_suggested(self) -> None:
        book = OrderBook([replace(ORDER, state="paid")])
        assert decide(line("hizmet sağlayıcı 1234567890"), book).rule == Rule.NOTHING

    def test_a_code_of_nobody_is_named(self) -> None:
        assert decide(line("467-9AC-D7P"), BOOK) == Verdict(
            Kind.UNMATCHED, Rule.NOTHING, "Açıklamadaki 467-9AC-D7P kodu hiçbir siparişe ait değil."
        )
        assert decide(line("467-9AC-D7P VKN 1234567890"), BOOK).reason == (
            "Açıklamadaki 467-9AC-D7P kodu bilinmiyor; vergi numarası ve tutar KM7-T3R-AWC kodlu siparişle aynı."
        )

    @pytest.mark.parametrize("text", ["", "kira ödemesi", "X4679ACD7P"])
    def test_nothing_known(self, text: str) -> None:
        assert decide(line(text), BOOK) == Verdict(
            Kind.UNMATCHED,
            Rule.NOTHING,
            "Açıklamada bilinen bir sipariş kodu, vergi numarası ya da firma adı yok.",
        )


class TestIgnored:
    @pytest.mark.parametrize(
        ("view", "rule", "reason"),
        [
            (line("KM7-T3R-AWC", "-5097.60"), Rule.OUTGOING, "Hesaptan çıkan para; ödeme değil."),
            (line("KM7-T3R-AWC", "0.00"), Rule.ZERO, "Tutarı sıfır olan hareket."),
            (
                line("KM7-T3R-AWC", currency="USD"),
                Rule.CURRENCY,
                "Para birimi USD; siparişler yalnızca TRY ile ödenir.",
            ),
            (
                line("KM7-T3R-AWC", reversal=True),
                Rule.REVERSAL,
                "Ters kayıt: bankanın geri aldığı bir hareket, ödeme değil.",
            ),
            (
                line("KM7-T3R-AWC", "-5097.60", reversal=True),
                Rule.REVERSAL,
                "Ters kayıt: bankanın geri aldığı bir hareket, ödeme değil.",
            ),
        ],
    )
    def test_lines_that_can_pay_nothing(self, view: LineView, rule: Rule, reason: str) -> None:
        assert decide(view, BOOK) == Verdict(Kind.IGNORED, rule, reason)

    def test_a_single_kurus_is_money(self) -> None:
        assert decide(line("merhaba", "0.01"), BOOK).kind == Kind.UNMATCHED
