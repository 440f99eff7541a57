"""Lines with a code in them: as it is, with a fault, several, somebody else's."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

from iys_portal.bench.reconcile.corpus import Corpus
from iys_portal.bench.reconcile.noises.pieces import faulty, formatted, proven, written
from iys_portal.bench.reconcile.noises.registry import Draft, Group, noise
from iys_portal.shared import codes
from iys_portal.shared.codes import ALPHABET
from payments.matching import OrderView

_BEFORE = ("KODU", "SIPARISKODU", "İLETİ", "NO", "ODEME", "iletiödemesi")
_AFTER = ("HİZMET", "ileti", "LTD", "ODEMESI", "ŞTİ", "PAKET")
_CONFUSED = {
    **dict.fromkeys("DUC", "0O"),
    **dict.fromkeys("7JTF", "1I"),
    **dict.fromkeys("7", "2Z"),
    **dict.fromkeys("3E", "8B"),
    **dict.fromkeys("6", "G5S"),
    **dict.fromkeys("9", "Q8"),
    **dict.fromkeys("R", "B"),
}


# --- The code as it is, in any dress --------------------------------------------------------------------------------


@noise(Group.FORMAT)
def clean(corpus: Corpus, order: OrderView) -> Draft:
    return formatted(corpus, order, codes.display(order.code))


@noise(Group.FORMAT)
def lower_case(corpus: Corpus, order: OrderView) -> Draft:
    return formatted(corpus, order, codes.display(order.code).lower())


@noise(Group.FORMAT)
def no_dashes(corpus: Corpus, order: OrderView) -> Draft:
    return formatted(corpus, order, order.code)


@noise(Group.FORMAT)
def spaced(corpus: Corpus, order: OrderView) -> Draft:
    gaps = ("", "", " ", "  ") if corpus.chosen.random() < 0.5 else (" ",)
    return formatted(corpus, order, "".join(glyph + corpus.chosen.choice(gaps) for glyph in order.code))


@noise(Group.FORMAT)
def other_dashes(corpus: Corpus, order: OrderView) -> Draft:
    return formatted(corpus, order, codes.display(order.code).replace("-", corpus.chosen.choice("./_–—*+,")))


@noise(Group.FORMAT)
def glued_before(corpus: Corpus, order: OrderView) -> Draft:
    return formatted(corpus, order, corpus.chosen.choice(_BEFORE) + order.code)


@noise(Group.FORMAT)
def glued_after(corpus: Corpus, order: OrderView) -> Draft:
    return formatted(corpus, order, order.code + corpus.chosen.choice(_AFTER))


@noise(Group.FORMAT)
def cut_by_a_line(corpus: Corpus, order: OrderView) -> Draft:
    place = corpus.chosen.randrange(1, 9)
    return formatted(corpus, order, f"{order.code[:place]}\n{order.code[place:]}")


@noise(Group.FORMAT)
def turkish_letters(corpus: Corpus, order: OrderView) -> Draft:
    """A keyboard that puts Turkish letters where none were meant: Ç for C, Ü for U."""
    return formatted(corpus, order, order.code.translate(str.maketrans("CU", corpus.chosen.choice(["ÇÜ", "çü"]))))


@noise(Group.FORMAT)
def written_twice(corpus: Corpus, order: OrderView) -> Draft:
    return formatted(corpus, order, f"{codes.display(order.code)} / {order.code.lower()}")


# --- Faults, with and without a proof -------------------------------------------------------------------------------


def _substituted(corpus: Corpus, code: str) -> str:
    place = corpus.chosen.randrange(9)
    return code[:place] + corpus.chosen.choice(ALPHABET.replace(code[place], "")) + code[place + 1 :]


def _swapped(corpus: Corpus, code: str) -> str:
    places = [place for place, (left, right) in enumerate(pairwise(code)) if left != right]
    place = corpus.chosen.choice(places) if places else 0
    return code[:place] + code[place + 1] + code[place] + code[place + 2 :]


def _confused(corpus: Corpus, code: str, count: int = 1) -> str:
    glyphs = list(code)
    places = [place for place, glyph in enumerate(glyphs) if glyph in _CONFUSED] or list(range(9))
    for place in corpus.chosen.sample(places, min(count, len(places))):
        glyphs[place] = corpus.chosen.choice(_CONFUSED.get(glyphs[place], "0O1I2Z5S8B"))
    return "".join(glyphs)


def _cut(corpus: Corpus, code: str) -> str:
    place = corpus.chosen.randrange(8)
    return code[:place] + code[place + 1 :]


def _widened(corpus: Corpus, code: str) -> str:
    place = corpus.chosen.randrange(1, 9)
    return code[:place] + corpus.chosen.choice(ALPHABET + code[place]) + code[place:]


def _dressed(corpus: Corpus, code: str) -> str:
    """People who mistype also write in lower case, without dashes, or in groups."""
    shown = f"{code[:3]}-{code[3:6]}-{code[6:]}"
    return corpus.chosen.choice((code, shown, shown.lower(), shown.replace("-", " ")))


_FAULTS: dict[str, tuple[Group, Callable[[Corpus, str], str]]] = {
    "one-wrong": (Group.CORRECTED, _substituted),
    "swapped": (Group.CORRECTED, _swapped),
    "confused": (Group.CORRECTED, _confused),
    "two-confused": (Group.PROVEN, lambda corpus, code: _confused(corpus, code, 2)),
    "one-missing": (Group.PROVEN, _cut),
    "last-cut-off": (Group.PROVEN, lambda _corpus, code: code[:8]),
    "one-too-many": (Group.PROVEN, _widened),
}


def _register_faults() -> None:
    for name, (group, damage) in _FAULTS.items():
        for proof in (True, False):

            @noise(group if proof else Group.SHOWN, name=f"{name}-{'proven' if proof else 'alone'}")
            def writer(
                corpus: Corpus,
                order: OrderView,
                damage: Callable[[Corpus, str], str] = damage,
                proof: bool = proof,  # noqa: FBT001  (binds the loop variable)
            ) -> Draft:
                return faulty(corpus, order, _dressed(corpus, damage(corpus, order.code)), proof=proof)


_register_faults()


@noise(Group.STILL)
def two_wrong(corpus: Corpus, order: OrderView) -> Draft:
    """Two faults cannot be undone; a proof makes the order a suggestion at most."""
    first, second = corpus.chosen.sample(range(9), 2)
    glyphs = list(order.code)
    for place in (first, second):
        glyphs[place] = corpus.chosen.choice(ALPHABET.replace(order.code[place], ""))
    return faulty(corpus, order, "".join(glyphs), proof=corpus.chosen.random() < 0.5)


# --- Several orders, other amounts, other states --------------------------------------------------------------------


@noise(Group.PROVEN)
def two_codes_that_add_up(corpus: Corpus, order: OrderView) -> Draft:
    second = corpus.other(order)
    view = written(corpus, order, f"{codes.display(order.code)} ve {codes.display(second.code)}")
    return view._replace(amount=order.amount_due + second.amount_due), (order.code, second.code)


@noise(Group.SHOWN)
def two_codes_that_do_not(corpus: Corpus, order: OrderView) -> Draft:
    second = corpus.other(order)
    view = written(corpus, order, f"{order.code} {second.code}")
    return view._replace(amount=order.amount_due + second.amount_due - Decimal("0.01")), (order.code,)


@noise(Group.SHOWN)
def short(corpus: Corpus, order: OrderView) -> Draft:
    paid = order.amount_due - Decimal(corpus.chosen.choice(("0.01", "1.00", "97.60", "849.60")))
    return formatted(corpus, order, codes.display(order.code))[0]._replace(amount=paid), (order.code,)


@noise(Group.SHOWN)
def surplus(corpus: Corpus, order: OrderView) -> Draft:
    paid = order.amount_due + Decimal(corpus.chosen.choice(("0.01", "2.40", "94.40", "5097.60")))
    return formatted(corpus, order, codes.display(order.code))[0]._replace(amount=paid), (order.code,)


@noise(Group.SHOWN)
def faulty_and_short(corpus: Corpus, order: OrderView) -> Draft:
    view, meant = faulty(corpus, order, _substituted(corpus, order.code), proof=True)
    return view._replace(amount=order.amount_due - Decimal("97.60")), meant


@noise(Group.SHOWN)
def wrong_balance_with_a_fault(corpus: Corpus, order: OrderView) -> Draft:
    view, meant = faulty(corpus, order, _swapped(corpus, order.code), proof=True)
    return view._replace(balance_ok=False), meant


@noise(Group.PROVEN)
def late(corpus: Corpus, _order: OrderView) -> Draft:
    return formatted(corpus, expired := corpus.chosen.choice(corpus.late), codes.display(expired.code))


def _closed(corpus: Corpus, state: str) -> Draft:
    order = corpus.chosen.choice(corpus.closed[state])
    code = order.code if corpus.chosen.random() < 0.7 else _substituted(corpus, order.code)
    return proven(corpus, written(corpus, order, code), order), (order.code,)


@noise(Group.STILL)
def code_of_a_paid_order(corpus: Corpus, _order: OrderView) -> Draft:
    return _closed(corpus, corpus.chosen.choice(("paid", "completed")))


@noise(Group.STILL)
def code_of_an_expired_order(corpus: Corpus, _order: OrderView) -> Draft:
    return _closed(corpus, "expired")


@noise(Group.STILL)
def code_of_a_cancelled_order(corpus: Corpus, _order: OrderView) -> Draft:
    return _closed(corpus, corpus.chosen.choice(("cancelled", "refunded")))


# --- Somebody else's code -------------------------------------------------------------------------------------------


@noise(Group.SHOWN)
def code_of_another_in_a_longer_number(corpus: Corpus, order: OrderView) -> Draft:
    other = corpus.other(order)
    view = written(corpus, order, f"REF{corpus.digits(2)}{other.code}{corpus.digits(4)}")
    return proven(corpus, view, order)._replace(payer_tax_number=order.tax_number), (order.code,)


@noise(Group.SHOWN)
def code_of_another_with_own_number(corpus: Corpus, order: OrderView) -> Draft:
    other = corpus.other(order)
    view = written(corpus, order, codes.display(other.code))
    return view._replace(payer_tax_number=order.tax_number), (order.code,)


@noise(Group.SHOWN)
def faulty_code_of_another_with_own_number(corpus: Corpus, order: OrderView) -> Draft:
    """The title in the text is the other's, the number is not: the proofs contradict each other."""
    other = corpus.other(order)
    view = written(corpus, order, f"{_substituted(corpus, other.code)} {other.title}")
    return view._replace(payer_tax_number=order.tax_number), (order.code,)
