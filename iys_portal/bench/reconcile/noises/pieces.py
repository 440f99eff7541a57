"""Pieces that lines are written of, as banks and people write them."""

from iys_portal.bench.reconcile.corpus import DAY, Corpus
from iys_portal.bench.reconcile.noises.registry import Draft
from iys_portal.shared.turkish import fold, lower
from payments.matching import LineView, OrderView

_BANK = (
    "GELEN EFT SORGU NO {} GÖND: {}",
    "FAST {} {}",
    "GELEN HAVALE {} {}",
    "MOB-HVL-{} {} HESABINDAN",
    "INT-FAST ÖDEMESİ-{}-{}-",
    "EFT OTOMATİK/{}/{}",
    "GÖNDEREN {1} REF {0}",
)
_PURPOSES = (
    "DİĞER ÖDEMELER",
    "MAL/HİZMET BEDELİ",
    "E-TİCARET ÖDEMESİ",
    "FATURA ÖDEMESİ",
    "KONUT KİRASI",
    "İŞYERİ KİRASI",
    "PERSONEL ÖDEMESİ",
    "YATIRIM",
    "EĞİTİM ÖDEMESİ",
    "YURT İÇİ MAL BEDELİ FATURA KARŞILIĞI ÖDEME",
    "",
)
_PREFIXES = ("SİPARİŞ KODU: ", "sipariş kodu ", "İLETİ NO ", "ILETI NO:", "Sipariş No - ", "KOD=", "", "", "ref/")


def written(corpus: Corpus, order: OrderView, code: str, *, payer: OrderView | None = None) -> LineView:
    """A line with something in the place of the code, in the noise that banks and people make around it.

    Without a `payer` nothing in it says who paid.
    """
    chosen = corpus.chosen
    name = _bank_name(corpus, payer.title) if payer and chosen.random() < 0.5 else ""
    pieces = [
        chosen.choice(_BANK).format(corpus.digits(7), name),
        chosen.choice(_PURPOSES),
        f"{chosen.choice(_PREFIXES)}{code}",
        *([payer.title] if payer and not name and chosen.random() < 0.5 else []),
        *([f"TR{corpus.digits(24)}"] if chosen.random() < 0.3 else []),
        *([f"REF{corpus.digits(3)}{corpus.glyphs(8)}"] if chosen.random() < 0.3 else []),
    ]
    if chosen.random() < 0.3:
        pieces[1], pieces[2] = pieces[2], pieces[1]
    return LineView(order.amount_due, "TRY", " ".join(piece for piece in pieces if piece), DAY, balance_ok=True)


def _bank_name(corpus: Corpus, title: str) -> str:
    """Banks print capitals, often without Turkish letters, and cut names off."""
    printed = fold(title) if corpus.chosen.random() < 0.6 else title
    return printed[: corpus.chosen.choice((20, 25, 30, 35, 140))].strip()


def proven(corpus: Corpus, view: LineView, payer: OrderView) -> LineView:
    """Add one proof of who paid that holds: number, known account, or a title no other company has."""
    chosen = corpus.chosen
    ways = ["number-field", "number-text"]
    if payer.known_ibans:
        ways += ["account-field", "account-text"]
    if not corpus.has_twin(payer):
        ways += ["title-field", "title-text"]
    way = chosen.choice(ways)
    account = next(iter(payer.known_ibans), "")
    changes: dict[str, dict[str, str]] = {
        "number-field": {"payer_tax_number": payer.tax_number},
        "number-text": {"text": f"{view.text} VKN {payer.tax_number}"},
        "account-field": {"payer_iban": account},
        "account-text": {"text": f"{view.text} {account[:4]} {account[4:8]} {account[8:]}"},
        "title-field": {"payer_name": payer.title},
        "title-text": {"text": f"{view.text} {lower(payer.title)}"},
    }
    return view._replace(**changes[way])  # type: ignore[arg-type]  # fields of the view


def formatted(corpus: Corpus, order: OrderView, code: str) -> Draft:
    """The code is whole; who paid may be printed or not."""
    payer = order if corpus.chosen.random() < 0.7 else None
    return written(corpus, order, code, payer=payer), (order.code,)


def faulty(corpus: Corpus, order: OrderView, code: str, *, proof: bool) -> Draft:
    view = written(corpus, order, code)
    return (proven(corpus, view, order) if proof else view), (order.code,)
