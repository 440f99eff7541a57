"""The rules, one by one: what moves money without a person, and what everything else is called."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from iys_portal.shared import codes
from payments.matching import (
    AWAITING_MONEY,
    Candidate,
    Kind,
    LineView,
    OrderBook,
    OrderView,
    Proof,
    Rule,
    Share,
    Verdict,
)
from payments.matching.reasons import STATE_CLAUSES
from tests.payments.matching.examples import (
    DIGITS,
    DUE,
    IBAN,
    LETTERS,
    ORDER,
    OTHER,
    automatic,
    judged,
    line,
    outline,
    with_order,
)

NONE = Decimal("0.00")
DAY = date(2026, 11, 23)


class TestExactCode:
    @pytest.mark.parametrize("text", ["KM7-T3R-AWC", "KM7T3RAWC", "FAST KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş."])
    def test_as_it_is_shown(self, text: str) -> None:
        assert judged(line(text)) == automatic(Rule.EXACT_CODE)

    @pytest.mark.parametrize(
        "text",
        [
            "km7-t3r-awc",
            "KM7 T3R AWC",
            "SİPARİŞ KODU:KM7T3R-\nAWC",
            "SIPARISKODUKM7T3RAWCHIZMET",
            "sipariş no km7.t3r.awc ılık",
            "ILETI NO KM7T3RAWÇ",
            "KM7T3RAWCX",
        ],
    )
    def test_after_normalising(self, text: str) -> None:
        assert judged(line(text)) == automatic(Rule.NORMALISED_CODE)

    def test_a_file_without_balances_or_with_a_wrong_one_may_pay(self) -> None:
        """Only a corrected code needs a statement that adds up."""
        assert judged(line("KM7-T3R-AWC", balance_ok=None)) == automatic(Rule.EXACT_CODE)
        assert judged(line("KM7-T3R-AWC", balance_ok=False)) == automatic(Rule.EXACT_CODE)

    def test_the_same_code_twice_is_one_order(self) -> None:
        assert judged(line("KM7-T3R-AWC / KM7-T3R-AWC")) == automatic(Rule.EXACT_CODE)

    def test_a_code_of_nobody_beside_it_does_not_matter(self) -> None:
        assert judged(line("KM7-T3R-AWC 467-9AC-D7P")) == automatic(Rule.EXACT_CODE)

    def test_it_outweighs_a_near_one(self) -> None:
        assert judged(line("4H9-WX6-DRK KM7-T3R-AWC")) == automatic(Rule.EXACT_CODE)

    def test_the_rest_of_an_order_paid_in_parts(self) -> None:
        rest = Decimal("97.60")
        verdict = judged(line("KM7-T3R-AWC", "97.60"), with_order(state="partially_paid", amount_due=rest))
        assert (verdict.kind, verdict.shares) == (Kind.AUTO, (Share(ORDER.code, rest),))

    def test_somebody_else_may_pay(self) -> None:
        """An accountant pays for a client: no order of the same amount is the payer's own."""
        view = line("KM7-T3R-AWC", payer_tax_number="9999999999", payer_name="MALİ MÜŞAVİR", payer_iban=IBAN)
        assert judged(view) == automatic(Rule.EXACT_CODE)

    @pytest.mark.parametrize(
        "changes", [{"payer_tax_number": OTHER.tax_number}, {"text": f"KM7-T3R-AWC VKN {OTHER.tax_number}"}]
    )
    def test_the_payer_has_an_order_of_the_same_amount(self, changes: dict[str, str]) -> None:
        verdict = judged(line("KM7-T3R-AWC")._replace(**changes))
        assert outline(verdict) == (Kind.SUGGEST, Rule.OTHER_PAYER, [ORDER.code, OTHER.code])
        assert (verdict.shares, verdict.suggested) == ((), ())
        assert verdict.reason == (
            "KM7-T3R-AWC kodu ve tutar aynı, ancak gönderen, aynı tutarda ödeme beklenen 4H9-WX6-DRJ kodlu siparişin "
            "sahibi görünüyor."
        )

    def test_the_payer_is_known_by_the_account_alone(self) -> None:
        book = OrderBook([ORDER, OTHER._replace(known_ibans=frozenset({IBAN}))])
        assert judged(line("KM7-T3R-AWC", payer_iban=IBAN), book).rule == Rule.OTHER_PAYER

    def test_the_payer_s_own_order_costs_something_else(self) -> None:
        book = OrderBook([ORDER, OTHER._replace(amount_due=Decimal("5805.60"))])
        assert judged(line("KM7-T3R-AWC", payer_tax_number=OTHER.tax_number), book) == automatic(Rule.EXACT_CODE)

    def test_the_bank_s_field_outweighs_numbers_in_the_text(self) -> None:
        view = line(f"KM7-T3R-AWC {OTHER.tax_number}", payer_tax_number=ORDER.tax_number)
        assert judged(view) == automatic(Rule.EXACT_CODE)


class TestEmbeddedCode:
    @pytest.mark.parametrize("text", ["2026KM7T3RAWC5097 HİZMET SAĞLAYICI", "0KM7T3RAWC VKN 1234567890"])
    def test_with_amount_and_proof(self, text: str) -> None:
        assert judged(line(text)) == automatic(Rule.EMBEDDED_CODE)
        assert judged(line(text, balance_ok=False)).kind == Kind.SUGGEST
        assert judged(line(text, "5097.59")).kind == Kind.SUGGEST

    def test_glued_to_its_owner_s_title(self) -> None:
        assert judged(line("ACDEFHRNTBIENTEKNOLOJI")) == automatic(Rule.EMBEDDED_CODE, LETTERS)

    @pytest.mark.parametrize(
        ("text", "order"),
        [("REF24H9WX6DRJ77", OTHER), ("XACDEFHRNTX", LETTERS), ("IBAN TR336997996", DIGITS)],
    )
    def test_without_a_proof(self, text: str, order: OrderView) -> None:
        verdict = judged(line(text))
        reason = (
            f"{codes.display(order.code)} kodu daha uzun bir sayının ya da kelimenin içinde geçiyor; tutar tutuyor."
        )
        assert verdict == Verdict(
            Kind.SUGGEST,
            Rule.EMBEDDED_CODE,
            reason,
            suggested=(Share(order.code, DUE),),
            candidates=(Candidate(order.code, reason, True, score=0.55),),
        )

    def test_of_another_order_with_the_payer_s_own_number(self) -> None:
        verdict = judged(line("REF24H9WX6DRJ77", payer_tax_number=ORDER.tax_number))
        assert outline(verdict) == (Kind.SUGGEST, Rule.EMBEDDED_CODE, [OTHER.code, ORDER.code])
        assert verdict.suggested == ()

    def test_with_another_amount_it_is_chance(self) -> None:
        assert outline(judged(line("REF24H9WX6DRJ77", "750.00"))) == (Kind.UNMATCHED, Rule.NOTHING, [])


class TestOtherAmounts:
    def test_one_kurus_short(self) -> None:
        reason = (
            "KM7-T3R-AWC kodu bulundu, ancak gelen tutar 5.097,59 ₺, beklenen 5.097,60 ₺: 0,01 ₺ eksik. "
            "Onaylarsanız kısmi ödeme sayılır."
        )
        assert judged(line("KM7-T3R-AWC", "5097.59")) == Verdict(
            Kind.SUGGEST,
            Rule.AMOUNT_SHORT,
            reason,
            suggested=(Share(ORDER.code, Decimal("5097.59")),),
            candidates=(Candidate(ORDER.code, reason, False, score=0.5),),
        )

    def test_one_kurus_over(self) -> None:
        reason = (
            "KM7-T3R-AWC kodu bulundu, ancak gelen tutar 5.097,61 ₺, beklenen 5.097,60 ₺: 0,01 ₺ fazla. "
            "Fazlası iade listesine girer."
        )
        assert judged(line("KM7-T3R-AWC", "5097.61")) == Verdict(
            Kind.SUGGEST,
            Rule.AMOUNT_OVER,
            reason,
            suggested=(Share(ORDER.code, DUE),),
            excess=Decimal("0.01"),
            candidates=(Candidate(ORDER.code, reason, False, score=0.5),),
        )

    @pytest.mark.parametrize("amount", ["5097.59", "5097.61", "0.01", "10195.20"])
    def test_a_corrected_code_with_every_proof_does_not_move_it(self, amount: str) -> None:
        view = line("KM7-T3R-AWD HİZMET SAĞLAYICI", amount, payer_tax_number=ORDER.tax_number)
        assert outline(judged(view)) == (Kind.SUGGEST, Rule.NEAR_CODE, [ORDER.code])


class TestOtherStates:
    @pytest.mark.parametrize("state", sorted(STATE_CLAUSES.keys() - AWAITING_MONEY))
    def test_an_order_that_money_cannot_settle(self, state: str) -> None:
        rules = {
            "paid": Rule.ORDER_PAID,
            "completed": Rule.ORDER_PAID,
            "expired": Rule.ORDER_EXPIRED,
            "cancelled": Rule.ORDER_CANCELLED,
            "refund_due": Rule.ORDER_REFUNDED,
            "refunded": Rule.ORDER_REFUNDED,
        }
        reason = f"KM7-T3R-AWC kodu bulundu, ancak {STATE_CLAUSES[state]}; gelen tutar 5.097,60 ₺."
        assert judged(line("KM7-T3R-AWC"), with_order(state=state)) == Verdict(
            Kind.UNMATCHED,
            rules.get(state, Rule.ORDER_STATE),
            reason,
            candidates=(Candidate(ORDER.code, reason, True, score=0.375),),
        )

    def test_an_order_whose_customer_has_not_chosen_to_transfer(self) -> None:
        verdict = judged(line("KM7-T3R-AWC"), with_order(state="contract_accepted"))
        assert outline(verdict) == (Kind.SUGGEST, Rule.ORDER_STATE, [ORDER.code])
        assert verdict.reason == "KM7-T3R-AWC kodu ve tutar aynı, ancak siparişte havale/EFT ile ödeme seçilmemiş."
        assert verdict.suggested == (Share(ORDER.code, DUE),)

    def test_late_money_is_judged_by_its_value_date(self) -> None:
        book = with_order(state="expired", late_until=DAY)
        assert judged(line("KM7-T3R-AWC", value_on=DAY), book) == Verdict(
            Kind.AUTO,
            Rule.LATE_PAYMENT,
            "KM7-T3R-AWC kodu ve 5.097,60 ₺ tutarı siparişle aynı; süresi dolmuş, ancak para 23.11.2026 valörüyle "
            "zamanında geldi.",
            shares=(Share(ORDER.code, DUE),),
        )
        too_late = judged(line("KM7-T3R-AWC", value_on=DAY + timedelta(days=1)), book)
        assert outline(too_late) == (Kind.UNMATCHED, Rule.ORDER_EXPIRED, [ORDER.code])
        assert outline(judged(line("KM7-T3R-AWC", "5097.59", value_on=DAY), book))[1] == Rule.ORDER_EXPIRED
        near = judged(line("KM7-T3R-AWD", payer_tax_number=ORDER.tax_number, value_on=DAY), book)
        assert outline(near) == (Kind.UNMATCHED, Rule.NEAR_CODE, [ORDER.code])


class TestSeveralCodes:
    TEXTS = ("KM7-T3R-AWC ve 4H9-WX6-DRJ", "KM7T3RAWC4H9WX6DRJ X", "4h9wx6drj km7t3rawc")

    @pytest.mark.parametrize("text", [TEXTS[0], TEXTS[2], "KM7-T3R-AWC, 4H9-WX6-DRJ, KM7-T3R-AWC"])
    def test_that_add_up_to_the_line(self, text: str) -> None:
        book = OrderBook([ORDER, OTHER._replace(amount_due=Decimal("708.00"), state="partially_paid")])
        assert judged(line(text, "5805.60"), book) == Verdict(
            Kind.AUTO,
            Rule.SEVERAL_CODES_ADD_UP,
            "4H9-WX6-DRJ, KM7-T3R-AWC kodlarının açık tutarları toplamı, gelen tutarla aynı.",
            shares=(Share(OTHER.code, Decimal("708.00")), Share(ORDER.code, DUE)),
        )

    @pytest.mark.parametrize("amount", ["5097.60", "10195.19"])
    def test_that_come_to_more_than_the_line(self, amount: str) -> None:
        verdict = judged(line(self.TEXTS[0], amount))
        assert outline(verdict) == (Kind.SUGGEST, Rule.SEVERAL_CODES, [OTHER.code, ORDER.code])
        assert (verdict.shares, verdict.suggested) == ((), ())

    def test_that_come_to_less_than_the_line(self) -> None:
        verdict = judged(line(self.TEXTS[0], "10195.21"))
        assert verdict.reason == (
            "Açıklamada birden çok sipariş kodu var: 4H9-WX6-DRJ, KM7-T3R-AWC; bekleyen toplam 10.195,20 ₺, "
            "gelen 10.195,21 ₺."
        )
        assert verdict.suggested == (Share(OTHER.code, DUE), Share(ORDER.code, DUE))
        assert (verdict.shares, verdict.excess) == ((), Decimal("0.01"))

    @pytest.mark.parametrize("text", ["KM7-T3R-AWC REF14H9WX6DRJ77", "KM7-T3R-AWC 4H9-WX6-DRK"])
    def test_that_are_not_all_typed_move_nothing_together(self, text: str) -> None:
        verdict = judged(line(text, "10195.20", payer_tax_number=ORDER.tax_number))
        assert verdict.kind == Kind.SUGGEST

    def test_the_open_order_comes_first_and_takes_its_part(self) -> None:
        verdict = judged(line("4H9-WX6-DRJ KM7-T3R-AWC"), OrderBook([ORDER, OTHER._replace(state="completed")]))
        assert outline(verdict) == (Kind.SUGGEST, Rule.SEVERAL_CODES, [ORDER.code, OTHER.code])
        assert (verdict.suggested, verdict.excess) == ((Share(ORDER.code, DUE),), NONE)
        assert verdict.candidates[1].reason == (
            "Kodu açıklamada geçen siparişlerden biri; sipariş daha önce ödenmiş ve tamamlanmış."
        )

    def test_of_closed_orders_only(self) -> None:
        book = OrderBook([ORDER._replace(state="paid"), OTHER._replace(state="completed")])
        verdict = judged(line("4H9-WX6-DRJ KM7-T3R-AWC", "10195.20"), book)
        assert outline(verdict)[:2] == (Kind.UNMATCHED, Rule.SEVERAL_CODES)
        assert verdict.suggested == ()


class TestWithoutCode:
    def test_the_tax_number_and_the_amount(self) -> None:
        reason = "Açıklamada sipariş kodu yok; vergi numarası ve tutar KM7-T3R-AWC kodlu siparişle aynı."
        expected = Verdict(
            Kind.SUGGEST,
            Rule.TAX_NUMBER,
            reason,
            suggested=(Share(ORDER.code, DUE),),
            candidates=(Candidate(ORDER.code, reason, True, (Proof.TAX_NUMBER,), 0.5),),
        )
        assert judged(line("yıllık ödeme VKN 1234567890")) == expected
        assert judged(line("yıllık ödeme", payer_tax_number="1234567890")) == expected

    def test_the_tax_number_with_another_amount(self) -> None:
        verdict = judged(line("VKN 1234567890", "6000.00"))
        assert outline(verdict) == (Kind.SUGGEST, Rule.TAX_NUMBER_OTHER_AMOUNT, [ORDER.code])
        assert (verdict.suggested, verdict.excess) == ((Share(ORDER.code, DUE),), Decimal("902.40"))
        assert verdict.reason == (
            "Açıklamada sipariş kodu yok; vergi numarası KM7-T3R-AWC kodlu siparişle aynı, ancak gelen tutar "
            "6.000,00 ₺, beklenen 5.097,60 ₺: 902,40 ₺ fazla."
        )

    def test_a_known_account(self) -> None:
        verdict = judged(line("paket", payer_iban=IBAN), with_order(known_ibans=frozenset({IBAN})))
        assert outline(verdict) == (Kind.SUGGEST, Rule.KNOWN_IBAN, [ORDER.code])

    def test_the_title_and_the_amount(self) -> None:
        reason = "Açıklamada sipariş kodu yok; tutar KM7-T3R-AWC kodlu siparişle aynı, firma adı aynı."
        expected = Verdict(
            Kind.SUGGEST,
            Rule.TITLE,
            reason,
            suggested=(Share(ORDER.code, DUE),),
            candidates=(Candidate(ORDER.code, reason, True, (Proof.TITLE,), 0.45),),
        )
        assert judged(line("hizmet sağlayıcı aş ödemesi")) == expected
        assert judged(line("paket", payer_name="HİZMET SAĞLAYICI A.Ş")) == expected

    @pytest.mark.parametrize(
        "written", ["hizmet sağlyıcı", "HİZMET SAĞLAYCII A.Ş.", "hizmetsağlayıcı", "HIZMET SAGLAYI"]
    )
    def test_a_title_with_a_slip(self, written: str) -> None:
        assert outline(judged(line(f"{written} ödemesi"))) == (Kind.SUGGEST, Rule.TITLE, [ORDER.code])

    def test_a_title_with_another_amount_is_nobody_s(self) -> None:
        assert judged(line("hizmet sağlayıcı", "5000.00")).rule == Rule.NOTHING

    def test_a_tax_number_outweighs_a_title(self) -> None:
        verdict = judged(line("Deneme Ticaret adına hizmet sağlayıcı 1234567890 deneme ltd"))
        assert (verdict.rule, verdict.candidates[0].code) == (Rule.TAX_NUMBER, ORDER.code)

    def test_two_orders_of_one_company_are_both_shown_and_none_is_preferred(self) -> None:
        verdict = judged(line("VKN 1234567890"), OrderBook([ORDER, ORDER._replace(code="4679ACD7P")]))
        assert outline(verdict) == (Kind.SUGGEST, Rule.TAX_NUMBER, ["4679ACD7P", "KM7T3RAWC"])
        assert (verdict.suggested, verdict.features["margin"]) == ((), 0.0)

    def test_a_paid_order_is_not_suggested(self) -> None:
        assert judged(line("hizmet sağlayıcı 1234567890"), with_order(state="paid")).rule == Rule.NOTHING

    def test_a_code_of_nobody_is_named(self) -> None:
        assert judged(line("467-9AC-D7P")) == Verdict(
            Kind.UNMATCHED, Rule.NOTHING, "Açıklamadaki 467-9AC-D7P kodu hiçbir siparişe ait değil."
        )
        assert judged(line("467-9AC-D7P VKN 1234567890")).reason == (
            "Açıklamadaki 467-9AC-D7P kodu bilinmiyor; vergi numarası ve tutar KM7-T3R-AWC kodlu siparişle aynı."
        )

    @pytest.mark.parametrize("text", ["", "kira ödemesi", "X4679ACD7P"])
    def test_nothing_known(self, text: str) -> None:
        reason = "Açıklamada bilinen bir sipariş kodu, vergi numarası ya da firma adı yok."
        assert judged(line(text)) == Verdict(Kind.UNMATCHED, Rule.NOTHING, reason)


class TestNoPayment:
    @pytest.mark.parametrize(
        ("view", "rule", "reason"),
        [
            (line("KM7-T3R-AWC", "-5097.60"), Rule.OUTGOING, "Hesaptan çıkan para; ödeme değil."),
            (line("EFT İADE KM7-T3R-AWC", "-5097.60"), Rule.OUTGOING, "Hesaptan çıkan para; ödeme değil."),
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
        assert judged(view) == Verdict(Kind.IGNORED, rule, reason)

    @pytest.mark.parametrize("text", ["EFT İADE KM7-T3R-AWC", "KM7T3RAWC iadesi", "EFTİADE KM7-T3R-AWC"])
    def test_money_that_came_back_pays_no_order(self, text: str) -> None:
        verdict = judged(line(text))
        assert outline(verdict) == (Kind.UNMATCHED, Rule.RETURNED_MONEY, [ORDER.code])
        assert verdict.suggested == ()
        assert verdict.reason == "Açıklamada “iade” geçiyor: geri dönen bir transfer olabilir; siparişe sayılmadı."

    def test_money_that_came_back_without_a_code(self) -> None:
        assert outline(judged(line("EFT İADE hesap kapalı VKN 1234567890"))) == (
            Kind.UNMATCHED,
            Rule.RETURNED_MONEY,
            [],
        )

    def test_a_single_kurus_is_money(self) -> None:
        assert judged(line("merhaba", "0.01")).kind == Kind.UNMATCHED


def test_what_is_kept_on_record() -> None:
    features = judged(line("KM7-T3R-AWD VKN 1234567890")).features
    assert features == {
        "score": 0.85,
        "margin": 1.0,
        "fault": "substitution",
        "written": "KM7T3RAWD",
        "embedded": False,
        "amount_equal": True,
        "proofs": ["tax-number"],
        "title_similarity": 0.0,
    }
