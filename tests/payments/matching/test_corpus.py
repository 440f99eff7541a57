"""Many noisy lines against many live orders: what is certain goes through, what is not never does."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from iys_portal.shared import codes
from payments.matching import Kind, OrderBook, OrderView, decide
from tests.payments.matching.examples import line

ORDERS = 5_000
LINES = 1_000

_WORDS = (
    *("ANADOLU", "BİLİŞİM", "ÇINAR", "DANIŞMANLIK", "DENİZ", "ELEKTRONİK"),
    *("GÜNEŞ", "GIDA", "ILGAZ", "İLETİŞİM", "KAYA", "LOJİSTİK"),
    *("MEDYA", "OTOMOTİV", "ÖZTÜRK", "PLASTİK", "REKLAM", "SAĞLIK"),
    *("ŞAHİN", "TEKNOLOJİ", "TURİZM", "ULUSLARARASI", "ÜÇLER", "YAZILIM"),
    *("ZİRVE",),
)
_NOISE = ("GELEN EFT", "FAST", "GELEN HAVALE", "MOB-İNT", "İLETİ ÖDEMESİ", "YAZILIM HİZMET BEDELİ", "")
_PREFIXES = ("SİPARİŞ KODU", "sipariş no:", "KOD ", "İLETİ-", "SIPARISKODU", "", "ref/")


Writer = Callable[[random.Random, str], str]


class Corpus:
    """Random orders and texts, the same in every run."""

    def __init__(self) -> None:
        self.chosen = random.Random(20261123)  # noqa: S311
        self.orders = [self._order() for _ in range(ORDERS)]
        self.book = OrderBook(self.orders)

    def _order(self) -> OrderView:
        return OrderView(
            code=codes.generate(self.chosen.choice),
            amount_due=Decimal(self.chosen.choice(["5097.60", "5805.60"])),
            state="transfer_pending",
            title=" ".join(self.chosen.sample(_WORDS, 3)) + " SAN. VE TİC. LTD. ŞTİ.",
            tax_number=str(self.chosen.randrange(10**9, 10**10)),
        )

    def lines(self, written: Writer) -> Iterator[tuple[OrderView, str]]:
        """Yield orders with a text that holds their code as `written` writes it."""
        self.chosen.seed(written.__name__)
        for _ in range(LINES):
            order = self.chosen.choice(self.orders)
            pieces = [
                self.chosen.choice(_NOISE),
                self.chosen.choice(_PREFIXES) + written(self.chosen, order.code),
                self.chosen.choice([order.title, order.title.lower(), ""]),
                f"TR{self.chosen.randrange(10**24):024}",
                str(self.chosen.randrange(10**11)),
            ]
            yield order, " ".join(pieces)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus()


def as_shown(_chosen: random.Random, code: str) -> str:
    return codes.display(code)


def lower_case(_chosen: random.Random, code: str) -> str:
    return codes.display(code).lower()


def spaced(chosen: random.Random, code: str) -> str:
    return "".join(glyph + chosen.choice(["", "", " ", "  "]) for glyph in code)


def cut_by_a_line(chosen: random.Random, code: str) -> str:
    place = chosen.randrange(1, 9)
    return code[:place] + "\n" + code[place:]


def glued(chosen: random.Random, code: str) -> str:
    return code + chosen.choice(["", "HİZMET", "İleti", "ltd"])


def punctuated(chosen: random.Random, code: str) -> str:
    return chosen.choice(["({})", "*{}*", "{}.", "#{}", "“{}”"]).format(code.replace("7", "7."))


@pytest.mark.parametrize("written", [as_shown, lower_case, spaced, cut_by_a_line, glued, punctuated])
def test_formatting_never_keeps_a_payment_from_its_order(corpus: Corpus, written: Writer) -> None:
    for order, text in corpus.lines(written):
        verdict = decide(line(text, str(order.amount_due)), corpus.book)
        assert (verdict.kind, verdict.order) == (Kind.AUTO, order.code), text


def one_wrong(chosen: random.Random, code: str) -> str:
    place = chosen.randrange(9)
    return code[:place] + chosen.choice(codes.ALPHABET.replace(code[place], "")) + code[place + 1 :]


def swapped(chosen: random.Random, code: str) -> str:
    place = chosen.choice([place for place in range(8) if code[place] != code[place + 1]])
    return code[:place] + code[place + 1] + code[place] + code[place + 2 :]


def confused(chosen: random.Random, code: str) -> str:
    place = chosen.randrange(9)
    return code[:place] + chosen.choice("0O1IL2Z5S8BGQ") + code[place + 1 :]


@pytest.mark.parametrize("written", [one_wrong, swapped, confused])
def test_one_fault_is_shown_with_the_right_order_first(corpus: Corpus, written: Writer) -> None:
    for order, text in corpus.lines(written):
        verdict = decide(line(text, str(order.amount_due)), corpus.book)
        assert (verdict.kind, verdict.candidates[0].code) == (Kind.SUGGEST, order.code), text


def two_wrong(chosen: random.Random, code: str) -> str:
    first, second = chosen.sample(range(9), 2)
    glyphs = list(code)
    for place in (first, second):
        glyphs[place] = chosen.choice(codes.ALPHABET.replace(code[place], ""))
    return "".join(glyphs)


def one_missing(chosen: random.Random, code: str) -> str:
    place = chosen.randrange(9)
    return code[:place] + code[place + 1 :]


def one_too_many(chosen: random.Random, code: str) -> str:
    place = chosen.randrange(10)
    return code[:place] + chosen.choice(codes.ALPHABET) + code[place:]


def no_code(_chosen: random.Random, _code: str) -> str:
    return ""


@pytest.mark.parametrize("written", [one_wrong, swapped, confused, two_wrong, no_code])
def test_a_damaged_code_never_moves_money(corpus: Corpus, written: Writer) -> None:
    kinds = Counter(
        decide(line(text, str(order.amount_due)), corpus.book).kind for order, text in corpus.lines(written)
    )
    assert kinds[Kind.AUTO] == 0
    assert kinds[Kind.SUGGEST] + kinds[Kind.UNMATCHED] == LINES


@pytest.mark.parametrize("written", [one_missing, one_too_many])
def test_a_glyph_too_few_or_too_many_moves_money_only_to_the_right_order(corpus: Corpus, written: Writer) -> None:
    """The next word may begin with the missing glyph, and an extra one at either end is glued text."""
    for order, text in corpus.lines(written):
        assert decide(line(text, str(order.amount_due)), corpus.book).order in {None, order.code}, text


def test_another_amount_never_moves_money(corpus: Corpus) -> None:
    for order, text in corpus.lines(as_shown):
        amount = order.amount_due + Decimal(corpus.chosen.choice(["-0.01", "0.01", "-97.60", "708.00"]))
        assert decide(line(text, str(amount)), corpus.book).kind == Kind.SUGGEST, text
