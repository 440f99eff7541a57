"""Every decision in one Turkish sentence, as an accountant reads it beside the line."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from iys_portal.shared import codes
from iys_portal.shared.money import format_lira
from payments.matching.evidence import Evidence
from payments.matching.find import Finding, finding_at
from payments.matching.reading import Reading
from payments.matching.views import CURRENCY, LineView, OrderView, Proof

REVERSAL = "Ters kayıt: bankanın geri aldığı bir hareket, ödeme değil."
ZERO = "Tutarı sıfır olan hareket."
OUTGOING = "Hesaptan çıkan para; ödeme değil."
RETURNED = "Açıklamada “iade” geçiyor: geri dönen bir transfer olabilir; siparişe sayılmadı."
NOTHING_KNOWN = "Açıklamada bilinen bir sipariş kodu, vergi numarası ya da firma adı yok."
BALANCE_CLAUSE = "ekstrenin bakiyesi tutmuyor ya da ekstre eksik"

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
    codes.Fault.MISSING: "Kodda bir karakter eksik",
    codes.Fault.EXTRA: "Kodda bir karakter fazla",
}

_PROOF_NAMES = {
    Proof.TAX_NUMBER: "vergi numarası",
    Proof.IBAN: "gönderen IBAN",
    Proof.TITLE: "firma adı",
}


def foreign_currency(line: LineView) -> str:
    """The line is not in lira."""
    return f"Para birimi {line.currency}; siparişler yalnızca {CURRENCY} ile ödenir."


def settled(line: LineView, order: OrderView) -> str:
    """Code and amount agree and nothing speaks against it."""
    return f"{codes.display(order.code)} kodu ve {format_lira(line.amount)} tutarı siparişle aynı."


def settled_late(line: LineView, order: OrderView) -> str:
    """The same, after the order's time was over."""
    agreed = settled(line, order).removesuffix(".")
    return f"{agreed}; süresi dolmuş, ancak para {line.value_on:%d.%m.%Y} valörüyle zamanında geldi."


def settled_corrected(line: LineView, finding: Finding, order: OrderView, proofs: Sequence[Proof]) -> str:
    """A code with one fault, made certain by the amount and a proof."""
    agreeing = " ve ".join(_PROOF_NAMES[proof] for proof in proofs)
    return f"{_fault(finding, order)}; {format_lira(line.amount)} tutarı ve {agreeing} siparişle aynı."


def several_settled(orders: Iterable[OrderView]) -> str:
    """The sums of several orders add up to the line."""
    return f"{_list(orders)} kodlarının açık tutarları toplamı, gelen tutarla aynı."


def closed_order(line: LineView, order: OrderView) -> str:
    """The code belongs to an order that transferred money cannot settle any more, or not yet."""
    clause = STATE_CLAUSES[order.state]
    return f"{codes.display(order.code)} kodu bulundu, ancak {clause}; gelen tutar {format_lira(line.amount)}."


def short(line: LineView, order: OrderView) -> str:
    """The code is right, the money is too little."""
    return f"{codes.display(order.code)} kodu bulundu, ancak {amounts(line, order)} Onaylarsanız kısmi ödeme sayılır."


def over(line: LineView, order: OrderView) -> str:
    """The code is right, the money is too much."""
    return f"{codes.display(order.code)} kodu bulundu, ancak {amounts(line, order)} Fazlası iade listesine girer."


def but(order: OrderView, clause: str) -> str:
    """Code and amount agree, and still a person must look."""
    return f"{codes.display(order.code)} kodu ve tutar aynı, ancak {clause}."


def other_payer(order: OrderView, rival: OrderView) -> str:
    """Code and amount agree, but somebody else seems to have paid who owes the same amount."""
    shown = codes.display(rival.code)
    return but(order, f"gönderen, aynı tutarda ödeme beklenen {shown} kodlu siparişin sahibi görünüyor")


def rival(order: OrderView) -> str:
    """The order of whoever seems to have paid."""
    return f"{codes.display(order.code)} kodlu siparişin sahibi gönderenle aynı, tutar tutuyor."


def returned(order: OrderView) -> str:
    """An order whose code stands in the text of returned money."""
    return f"{codes.display(order.code)} kodu, geri dönen bir transferin açıklamasında geçiyor."


def several_codes(line: LineView, orders: Iterable[OrderView], due: Decimal) -> str:
    """More than one order is named."""
    opening = f"Açıklamada birden çok sipariş kodu var: {_list(orders)}"
    if not due:
        return f"{opening}; ödeme bekleyen yok."
    return f"{opening}; bekleyen toplam {format_lira(due)}, gelen {format_lira(line.amount)}."


def named_among_others(line: LineView, order: OrderView) -> str:
    """One of several orders that are named."""
    ending = f"{STATE_CLAUSES[order.state]}." if order.closed else amounts(line, order)
    return f"Kodu açıklamada geçen siparişlerden biri; {ending}"


def weak_code(line: LineView, finding: Finding, order: OrderView) -> str:
    """The code has a fault, or is part of something longer."""
    clause = _fault(finding, order)
    if order.closed:
        return f"{clause}; ancak {STATE_CLAUSES[order.state]}."
    return f"{clause}; {amounts(line, order)}"


def payer_only(reading: Reading, order: OrderView, evidence: Evidence) -> str:
    """No code of ours, but the payer and the amount point to an order."""
    unknown = _unknown_codes(reading)
    opening = f"Açıklamadaki {unknown} kodu bilinmiyor" if unknown else "Açıklamada sipariş kodu yok"
    shown = codes.display(order.code)
    if Proof.TAX_NUMBER in evidence.proofs or Proof.IBAN in evidence.proofs:
        name = _PROOF_NAMES[Proof.TAX_NUMBER if Proof.TAX_NUMBER in evidence.proofs else Proof.IBAN]
        if reading.line.amount == order.amount_due:
            return f"{opening}; {name} ve tutar {shown} kodlu siparişle aynı."
        return f"{opening}; {name} {shown} kodlu siparişle aynı, ancak {amounts(reading.line, order)}"
    likeness = "aynı" if Proof.TITLE in evidence.proofs else "benzer"
    return f"{opening}; tutar {shown} kodlu siparişle aynı, firma adı {likeness}."


def nothing(reading: Reading) -> str:
    """No order is meant, as far as can be seen."""
    unknown = _unknown_codes(reading)
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


def _fault(finding: Finding, order: OrderView) -> str:
    shown = codes.display(order.code)
    if finding.fault is None:
        return f"{shown} kodu daha uzun bir sayının ya da kelimenin içinde geçiyor"
    return f"{_FAULT_CLAUSES[finding.fault]}: açıklamada {codes.display(finding.written)}, siparişte {shown}"


def _list(orders: Iterable[OrderView]) -> str:
    return ", ".join(codes.display(order.code) for order in orders)


def _unknown_codes(reading: Reading) -> str:
    """Only codes that stand alone are spoken of: one window in 529 is a code by chance."""
    exact = (finding_at(reading.text, window) for window in reading.windows if window.fault is None)
    return ", ".join(sorted({codes.display(finding.code) for finding in exact if finding.alone}))
