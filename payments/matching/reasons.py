"""Every decision in one Turkish sentence, as an accountant reads it beside the line."""

from collections.abc import Iterable

from iys_portal.shared import codes
from iys_portal.shared.money import format_lira
from payments.matching.evidence import Evidence
from payments.matching.find import Finding
from payments.matching.views import CURRENCY, LineView, OrderView, Proof

REVERSAL = "Ters kayıt: bankanın geri aldığı bir hareket, ödeme değil."
ZERO = "Tutarı sıfır olan hareket."
OUTGOING = "Hesaptan çıkan para; ödeme değil."
NOTHING_KNOWN = "Açıklamada bilinen bir sipariş kodu, vergi numarası ya da firma adı yok."

STATE_CLAUSES = {
    "draft": "siparişin sözleşmesi onaylanmamış",
    "contract_accepted": "siparişte havale/EFT ile ödeme seçilmemiş",
    "card_pending": "siparişin kart onayı bekleniyor",
    "card_unknown": "siparişin kart ödemesinin sonucu bekleniyor",
    "transfer_pending": "sipariş havale/EFT bekliyor",
    "partially_paid": "siparişin bir kısmı daha önce ödenmiş",
    "in_review": "sipariş incelemede",
    "paid": "sipariş daha önce ödenmiş",
    "completed": "sipariş daha önce ödenmiş ve tamamlanmış",
    "expired": "siparişin ödeme süresi dolmuş",
    "cancelled": "sipariş iptal edilmiş",
    "refund_due": "siparişin parası iade edilecek",
    "refunded": "siparişin parası iade edilmiş",
}
"""What a state says about the order, for every state there is."""

_FAULT_CLAUSES = {
    codes.Fault.SUBSTITUTION: "Kod bir karakter farklı",
    codes.Fault.SWAP: "Kodun yan yana iki karakteri yer değiştirmiş",
    codes.Fault.ERASURE: "Kodda sipariş kodlarında bulunmayan karakter var",
}


def foreign_currency(line: LineView) -> str:
    """The line is not in lira."""
    return f"Para birimi {line.currency}; siparişler yalnızca {CURRENCY} ile ödenir."


def settled(line: LineView, order: OrderView) -> str:
    """Code and amount agree and nothing speaks against it."""
    return f"{codes.display(order.code)} kodu ve {format_lira(line.amount)} tutarı siparişle aynı."


def closed_order(line: LineView, order: OrderView) -> str:
    """The code belongs to an order that transferred money cannot settle any more, or not yet."""
    clause = STATE_CLAUSES[order.state]
    return f"{codes.display(order.code)} kodu bulundu, ancak {clause}; gelen tutar {format_lira(line.amount)}."


def other_amount(line: LineView, order: OrderView) -> str:
    """The code is right, the amount is not."""
    return f"{codes.display(order.code)} kodu bulundu, ancak {amounts(line, order)}"


def but(order: OrderView, clause: str) -> str:
    """Code and amount agree, and still a person must look."""
    return f"{codes.display(order.code)} kodu ve tutar aynı, ancak {clause}."


def several_codes(orders: Iterable[OrderView]) -> str:
    """More than one order is named."""
    return f"Açıklamada birden çok sipariş kodu var: {', '.join(codes.display(order.code) for order in orders)}."


def named_among_others(line: LineView, order: OrderView) -> str:
    """One of several orders that are named."""
    ending = f"{STATE_CLAUSES[order.state]}." if order.closed else amounts(line, order)
    return f"Kodu açıklamada geçen siparişlerden biri; {ending}"


def weak_code(line: LineView, finding: Finding, order: OrderView) -> str:
    """The code has a fault, or is part of something longer."""
    shown = codes.display(order.code)
    if finding.fault is None:
        clause = f"{shown} kodu daha uzun bir sayının ya da kelimenin içinde geçiyor"
    else:
        written = codes.display(finding.written)
        clause = f"{_FAULT_CLAUSES[finding.fault]}: açıklamada {written}, siparişte {shown}"
    if order.closed:
        return f"{clause}; ancak {STATE_CLAUSES[order.state]}."
    return f"{clause}; {amounts(line, order)}"


def payer_only(findings: Iterable[Finding], order: OrderView, evidence: Evidence) -> str:
    """No code of ours, but the payer and the amount point to an order."""
    unknown = _unknown_codes(findings)
    opening = f"Açıklamadaki {unknown} kodu bilinmiyor" if unknown else "Açıklamada sipariş kodu yok"
    shown = codes.display(order.code)
    if Proof.TAX_NUMBER in evidence.proofs:
        return f"{opening}; vergi numarası ve tutar {shown} kodlu siparişle aynı."
    likeness = "aynı" if Proof.TITLE in evidence.proofs else "benzer"
    return f"{opening}; tutar {shown} kodlu siparişle aynı, firma adı {likeness}."


def nothing(findings: Iterable[Finding]) -> str:
    """No order is meant, as far as can be seen."""
    unknown = _unknown_codes(findings)
    return f"Açıklamadaki {unknown} kodu hiçbir siparişe ait değil." if unknown else NOTHING_KNOWN


def amounts(line: LineView, order: OrderView) -> str:
    """How the money compares with what is due, as the end of a sentence."""
    if line.amount == order.amount_due:
        return "tutar tutuyor."
    difference = line.amount - order.amount_due
    word = "eksik" if difference < 0 else "fazla"
    return (
        f"gelen tutar {format_lira(line.amount)}, beklenen {format_lira(order.amount_due)}: "
        f"{format_lira(abs(difference))} {word}."
    )


def _unknown_codes(findings: Iterable[Finding]) -> str:
    """Only codes that stand alone are spoken of: one window in 529 is a code by chance."""
    return ", ".join(sorted({codes.display(finding.code) for finding in findings if finding.alone}))
