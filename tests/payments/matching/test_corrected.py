"""Codes with a fault: what proves them, and what proves nothing."""

import pytest

from iys_portal.shared import codes
from payments.matching import (
    Kind,
    LineView,
    OrderBook,
    OrderView,
    Ours,
    Rule,
    Share,
    Verdict,
)
from tests.payments.matching.examples import (
    DUE,
    IBAN,
    ORDER,
    OTHER,
    judged,
    line,
    outline,
    with_order,
)


def corrected(clause: str, written: str, proof: str, order: OrderView = ORDER) -> Verdict:
    shown = codes.display(order.code)
    agreed = f"5.097,60 ₺ tutarı ve {proof} siparişle aynı"
    reason = f"{clause}: açıklamada {written}, siparişte {shown}; {agreed}."
    return Verdict(Kind.AUTO, Rule.CORRECTED_CODE, reason, shares=(Share(order.code, DUE),))


class TestCorrectedCode:
    @pytest.mark.parametrize(
        ("written", "clause"),
        [
            ("KM7-T3R-AWD", "Kod bir karakter farklı"),
            ("KM7-T3R-WAC", "Kodun yan yana iki karakteri yer değiştirmiş"),
            ("KM7-T3R-A0C", "Kodda sipariş kodlarında bulunmayan karakter var"),
            ("KM1-T3R-A0C", "Kodda sipariş kodlarında bulunmayan karakter var"),
            ("KM7-T3R-AW", "Kodda bir karakter eksik"),
            ("KM7-TT3-RAWC", "Kodda bir karakter fazla"),
        ],
    )
    @pytest.mark.parametrize(
        ("changes", "proof"),
        [
            ({"payer_tax_number": ORDER.tax_number}, "vergi numarası"),
            ({"payer_iban": IBAN}, "gönderen IBAN"),
            ({"payer_name": "HİZMET SAĞLAYICI A.Ş."}, "firma adı"),
        ],
    )
    def test_with_amount_and_proof(self, written: str, clause: str, changes: dict[str, str], proof: str) -> None:
        book = with_order(known_ibans=frozenset({IBAN}))
        assert judged(line(f"{written} ödemesi", **changes), book) == corrected(clause, written, proof)

    @pytest.mark.parametrize("written", ["KM7-T3R-AWD", "KM7-T3R-AW", "KM7-TT3-RAWC", "KM1-T3R-A0C"])
    def test_without_a_proof(self, written: str) -> None:
        verdict = judged(line(written))
        assert outline(verdict) == (Kind.SUGGEST, Rule.NEAR_CODE, [ORDER.code])
        assert verdict.suggested == (Share(ORDER.code, DUE),)

    def test_in_a_statement_that_does_not_add_up(self) -> None:
        verdict = judged(line("KM7-T3R-AWD", payer_tax_number=ORDER.tax_number, balance_ok=False))
        assert outline(verdict) == (Kind.SUGGEST, Rule.BALANCE_MISMATCH, [ORDER.code])
        assert verdict.reason == "KM7-T3R-AWC kodu ve tutar aynı, ancak ekstrenin bakiyesi tutmuyor ya da ekstre eksik."

    def test_of_a_paid_order(self) -> None:
        reason = (
            "Kod bir karakter farklı: açıklamada KM7-T3R-AWD, siparişte KM7-T3R-AWC; ancak sipariş daha önce ödenmiş."
        )
        verdict = judged(line("KM7-T3R-AWD", payer_tax_number=ORDER.tax_number), with_order(state="paid"))
        assert (outline(verdict), verdict.reason) == ((Kind.UNMATCHED, Rule.NEAR_CODE, [ORDER.code]), reason)

    def test_two_candidates_are_for_a_person(self) -> None:
        text = "KM7-T3R-AWD 4H9-WX6-DRK hizmet sağlayıcı"
        verdict = judged(line(text))
        assert outline(verdict) == (Kind.SUGGEST, Rule.AMBIGUOUS_CODE, [ORDER.code, OTHER.code])
        assert verdict.suggested == ()

    def test_at_most_three_are_shown(self) -> None:
        names = ["KM7T3RAWC", "4H9WX6DRJ", "4679ACD7P", "333333333"]
        book = OrderBook(ORDER._replace(code=code) for code in names)
        verdict = judged(line("KM7T3RAWD, 4H9WX6DRK, 4679ACD7R, 333333334"), book)
        assert [found.code for found in verdict.candidates] == sorted(names)[:3]

    def test_within_a_longer_number_with_amount_and_proof(self) -> None:
        view = line("REF1KM7T3RAWD9", payer_tax_number=ORDER.tax_number)
        assert judged(view).shares == (Share(ORDER.code, DUE),)
        assert judged(line("REF1KM7T3RAWD9")).kind == Kind.SUGGEST
        assert judged(line("REF1KM7T3RAWD9", "750.00")).rule == Rule.NOTHING


class TestProofsThatProveNothing:
    WRITTEN = "KM7-T3R-AWD"

    def suggested(self, view: LineView, book: OrderBook, ours: Ours = Ours()) -> None:  # noqa: B008
        verdict = judged(view, book, ours)
        assert (verdict.kind, verdict.rule, verdict.candidates[0].code) == (Kind.SUGGEST, Rule.NEAR_CODE, ORDER.code)

    @pytest.mark.parametrize("title", [ORDER.title, "Hizmet Sağlayıcı Ltd. Şti.", "HİZMET SAĞLAYICI GIDA A.Ş."])
    def test_a_title_that_another_live_order_has(self, title: str) -> None:
        book = OrderBook([ORDER, OTHER._replace(title=title)])
        self.suggested(line(f"{self.WRITTEN} {title}"), book)

    def test_a_title_of_which_another_s_is_only_a_part(self) -> None:
        book = OrderBook([ORDER._replace(title="GÜNEŞ TEKSTİL GIDA A.Ş."), OTHER._replace(title="GÜNEŞ TEKSTİL LTD.")])
        assert judged(line(f"{self.WRITTEN} güneş tekstil gıda"), book).order == ORDER.code
        self.suggested(line(f"{self.WRITTEN} güneş tekstil ltd"), book)

    def test_another_order_of_the_same_company_is_no_rival(self) -> None:
        book = OrderBook([ORDER, ORDER._replace(code="4679ACD7P")])
        assert judged(line(f"{self.WRITTEN} hizmet sağlayıcı"), book).order == ORDER.code

    def test_a_title_beside_another_payer_s_number(self) -> None:
        verdict = judged(line(f"{self.WRITTEN} hizmet sağlayıcı", payer_tax_number=OTHER.tax_number))
        assert outline(verdict) == (Kind.SUGGEST, Rule.OTHER_PAYER, [ORDER.code, OTHER.code])
        assert verdict.suggested == ()

    def test_an_account_that_paid_for_two(self) -> None:
        shared = frozenset({IBAN})
        book = OrderBook([ORDER._replace(known_ibans=shared), OTHER._replace(known_ibans=shared)])
        self.suggested(line(self.WRITTEN, payer_iban=IBAN), book)

    def test_what_is_our_own(self) -> None:
        book = OrderBook([ORDER._replace(known_ibans=frozenset({IBAN})), OTHER])
        ours = Ours(frozenset({ORDER.tax_number}), frozenset({IBAN}), (ORDER.title,))
        text = f"{self.WRITTEN} ALICI {ORDER.title} {IBAN} VKN {ORDER.tax_number}"
        self.suggested(line(text, payer_iban=IBAN, payer_tax_number=ORDER.tax_number), book, ours)
        assert judged(line(text), book).order == ORDER.code

    def test_what_banks_print(self) -> None:
        book = with_order(title="FAST ÖDEME HİZMETLERİ A.Ş.")
        self.suggested(line(f"{self.WRITTEN} GELEN FAST ODEME HIZMETLERI"), book)
