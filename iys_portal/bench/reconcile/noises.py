"""Bank lines as people and banks write them, with the truth beside each; every class is drawn equally often."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from iys_portal.bench.reconcile.corpus import DAY, Corpus
from iys_portal.shared import codes
from iys_portal.shared.codes import ALPHABET
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


class Group(StrEnum):
    """What is asked of a class of lines."""

    FORMAT = "format"
    """The code is there, however it is written: settled without a person."""
    CORRECTED = "corrected"
    """One wrong or swapped glyph, with a proof: settled without a person."""
    PROVEN = "proven"
    """Other faults with a proof, several orders, late money: settled without a person, as often as can be."""
    WITHOUT_CODE = "without-code"
    """No code, but a tax number or a title: moves nothing; the right order is among the first three."""
    SHOWN = "shown"
    """Moves nothing by itself; the right order is among the first three."""
    STILL = "still"
    """Moves nothing by itself."""


@dataclass(frozen=True, slots=True)
class Noisy:
    """A line and the truth: `meant` are the orders it pays, and which of them it may settle depends on the group."""

    noise: str
    group: Group
    view: LineView
    meant: tuple[str, ...]


Draft = tuple[LineView, tuple[str, ...]]
Writer = Callable[[Corpus, OrderView], Draft]
_CLASSES: dict[str, tuple[Group, Writer]] = {}


def _noise(group: Group) -> Callable[[Writer], Writer]:
    def register(writer: Writer) -> Writer:
        _CLASSES[writer.__name__.replace("_", "-")] = (group, writer)
        return writer

    return register


def noise_classes() -> dict[str, Group]:
    """Return the names of all classes and what is asked of them."""
    return {name: group for name, (group, _) in _CLASSES.items()}


def lines(corpus: Corpus, count: int) -> Iterator[Noisy]:
    """Yield `count` lines, of one class after the other."""
    classes = list(_CLASSES.items())
    for number in range(count):
        name, (group, writer) = classes[number % len(classes)]
        view, meant = writer(corpus, corpus.chosen.choice(corpus.live))
        yield Noisy(name, group, view, meant)


# --- Pieces ---------------------------------------------------------------------------------------------------------


def _written(corpus: Corpus, order: OrderView, code: str, *, payer: OrderView | None = None) -> LineView:
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


def _proven(corpus: Corpus, view: LineView, payer: OrderView) -> LineView:
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
    return replace(view, **changes[way])  # type: ignore[arg-type]  # fields of the view


def _formatted(corpus: Corpus, order: OrderView, code: str) -> Draft:
    """The code is whole; who paid may be printed or not."""
    payer = order if corpus.chosen.random() < 0.7 else None
    return _written(corpus, order, code, payer=payer), (order.code,)


def _faulty(corpus: Corpus, order: OrderView, code: str, *, proof: bool) -> Draft:
    view = _written(corpus, order, code)
    return (_proven(corpus, view, order) if proof else view), (order.code,)


# --- The code as it is, in any dress --------------------------------------------------------------------------------


@_noise(Group.FORMAT)
def clean(corpus: Corpus, order: OrderView) -> Draft:
    return _formatted(corpus, order, codes.display(order.code))


@_noise(Group.FORMAT)
def lower_case(corpus: Corpus, order: OrderView) -> Draft:
    return _formatted(corpus, order, codes.display(order.code).lower())


@_noise(Group.FORMAT)
def no_dashes(corpus: Corpus, order: OrderView) -> Draft:
    return _formatted(corpus, order, order.code)


@_noise(Group.FORMAT)
def spaced(corpus: Corpus, order: OrderView) -> Draft:
    gaps = ("", "", " ", "  ") if corpus.chosen.random() < 0.5 else (" ",)
    return _formatted(corpus, order, "".join(glyph + corpus.chosen.choice(gaps) for glyph in order.code))


@_noise(Group.FORMAT)
def other_dashes(corpus: Corpus, order: OrderView) -> Draft:
    return _formatted(corpus, order, codes.display(order.code).replace("-", corpus.chosen.choice("./_–—*+,")))


@_noise(Group.FORMAT)
def glued_before(corpus: Corpus, order: OrderView) -> Draft:
    return _formatted(corpus, order, corpus.chosen.choice(_BEFORE) + order.code)


@_noise(Group.FORMAT)
def glued_after(corpus: Corpus, order: OrderView) -> Draft:
    return _formatted(corpus, order, order.code + corpus.chosen.choice(_AFTER))


@_noise(Group.FORMAT)
def cut_by_a_line(corpus: Corpus, order: OrderView) -> Draft:
    place = corpus.chosen.randrange(1, 9)
    return _formatted(corpus, order, f"{order.code[:place]}\n{order.code[place:]}")


@_noise(Group.FORMAT)
def turkish_letters(corpus: Corpus, order: OrderView) -> Draft:
    """A keyboard that puts Turkish letters where none were meant: Ç for C, Ü for U."""
    return _formatted(corpus, order, order.code.translate(str.maketrans("CU", corpus.chosen.choice(["ÇÜ", "çü"]))))


@_noise(Group.FORMAT)
def written_twice(corpus: Corpus, order: OrderView) -> Draft:
    return _formatted(corpus, order, f"{codes.display(order.code)} / {order.code.lower()}")


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

            def writer(
                corpus: Corpus,
                order: OrderView,
                damage: Callable[[Corpus, str], str] = damage,
                proof: bool = proof,  # noqa: FBT001  (binds the loop variable)
            ) -> Draft:
                return _faulty(corpus, order, _dressed(corpus, damage(corpus, order.code)), proof=proof)

            _CLASSES[f"{name}-{'proven' if proof else 'alone'}"] = (group if proof else Group.SHOWN, writer)


_register_faults()


@_noise(Group.STILL)
def two_wrong(corpus: Corpus, order: OrderView) -> Draft:
    """Two faults cannot be undone; a proof makes the order a suggestion at most."""
    first, second = corpus.chosen.sample(range(9), 2)
    glyphs = list(order.code)
    for place in (first, second):
        glyphs[place] = corpus.chosen.choice(ALPHABET.replace(order.code[place], ""))
    return _faulty(corpus, order, "".join(glyphs), proof=corpus.chosen.random() < 0.5)


# --- Several orders, other amounts, other states --------------------------------------------------------------------


@_noise(Group.PROVEN)
def two_codes_that_add_up(corpus: Corpus, order: OrderView) -> Draft:
    second = corpus.other(order)
    view = _written(corpus, order, f"{codes.display(order.code)} ve {codes.display(second.code)}")
    return replace(view, amount=order.amount_due + second.amount_due), (order.code, second.code)


@_noise(Group.SHOWN)
def two_codes_that_do_not(corpus: Corpus, order: OrderView) -> Draft:
    second = corpus.other(order)
    view = _written(corpus, order, f"{order.code} {second.code}")
    return replace(view, amount=order.amount_due + second.amount_due - Decimal("0.01")), (order.code,)


@_noise(Group.SHOWN)
def short(corpus: Corpus, order: OrderView) -> Draft:
    paid = order.amount_due - Decimal(corpus.chosen.choice(("0.01", "1.00", "97.60", "849.60")))
    return replace(_formatted(corpus, order, codes.display(order.code))[0], amount=paid), (order.code,)


@_noise(Group.SHOWN)
def surplus(corpus: Corpus, order: OrderView) -> Draft:
    paid = order.amount_due + Decimal(corpus.chosen.choice(("0.01", "2.40", "94.40", "5097.60")))
    return replace(_formatted(corpus, order, codes.display(order.code))[0], amount=paid), (order.code,)


@_noise(Group.SHOWN)
def faulty_and_short(corpus: Corpus, order: OrderView) -> Draft:
    view, meant = _faulty(corpus, order, _substituted(corpus, order.code), proof=True)
    return replace(view, amount=order.amount_due - Decimal("97.60")), meant


@_noise(Group.SHOWN)
def wrong_balance_with_a_fault(corpus: Corpus, order: OrderView) -> Draft:
    view, meant = _faulty(corpus, order, _swapped(corpus, order.code), proof=True)
    return replace(view, balance_ok=False), meant


@_noise(Group.PROVEN)
def late(corpus: Corpus, _order: OrderView) -> Draft:
    return _formatted(corpus, expired := corpus.chosen.choice(corpus.late), codes.display(expired.code))


def _closed(corpus: Corpus, state: str) -> Draft:
    order = corpus.chosen.choice(corpus.closed[state])
    code = order.code if corpus.chosen.random() < 0.7 else _substituted(corpus, order.code)
    return _proven(corpus, _written(corpus, order, code), order), (order.code,)


@_noise(Group.STILL)
def code_of_a_paid_order(corpus: Corpus, _order: OrderView) -> Draft:
    return _closed(corpus, corpus.chosen.choice(("paid", "completed")))


@_noise(Group.STILL)
def code_of_an_expired_order(corpus: Corpus, _order: OrderView) -> Draft:
    return _closed(corpus, "expired")


@_noise(Group.STILL)
def code_of_a_cancelled_order(corpus: Corpus, _order: OrderView) -> Draft:
    return _closed(corpus, corpus.chosen.choice(("cancelled", "refunded")))


# --- Somebody else's code -------------------------------------------------------------------------------------------


@_noise(Group.SHOWN)
def code_of_another_in_a_longer_number(corpus: Corpus, order: OrderView) -> Draft:
    other = corpus.other(order)
    view = _written(corpus, order, f"REF{corpus.digits(2)}{other.code}{corpus.digits(4)}")
    return replace(_proven(corpus, view, order), payer_tax_number=order.tax_number), (order.code,)


@_noise(Group.SHOWN)
def code_of_another_with_own_number(corpus: Corpus, order: OrderView) -> Draft:
    other = corpus.other(order)
    view = _written(corpus, order, codes.display(other.code))
    return replace(view, payer_tax_number=order.tax_number), (order.code,)


@_noise(Group.SHOWN)
def faulty_code_of_another_with_own_number(corpus: Corpus, order: OrderView) -> Draft:
    """The title in the text is the other's, the number is not: the proofs contradict each other."""
    other = corpus.other(order)
    view = _written(corpus, order, f"{_substituted(corpus, other.code)} {other.title}")
    return replace(view, payer_tax_number=order.tax_number), (order.code,)


# --- No code --------------------------------------------------------------------------------------------------------


def _without_code(corpus: Corpus, order: OrderView, words: str = "") -> LineView:
    return _written(corpus, order, words)


@_noise(Group.WITHOUT_CODE)
def number_in_its_field(corpus: Corpus, order: OrderView) -> Draft:
    return replace(_without_code(corpus, order), payer_tax_number=order.tax_number), (order.code,)


@_noise(Group.WITHOUT_CODE)
def number_in_the_text(corpus: Corpus, order: OrderView) -> Draft:
    return _without_code(corpus, order, f"VKN:{order.tax_number}"), (order.code,)


@_noise(Group.WITHOUT_CODE)
def number_with_another_amount(corpus: Corpus, order: OrderView) -> Draft:
    view = replace(_without_code(corpus, order), payer_tax_number=order.tax_number)
    return replace(view, amount=order.amount_due - Decimal("97.60")), (order.code,)


@_noise(Group.WITHOUT_CODE)
def known_account(corpus: Corpus, order: OrderView) -> Draft:
    account = next(iter(order.known_ibans), "")
    number = "" if account else order.tax_number
    return replace(_without_code(corpus, order), payer_iban=account, payer_tax_number=number), (order.code,)


@_noise(Group.WITHOUT_CODE)
def title_in_its_field(corpus: Corpus, order: OrderView) -> Draft:
    return replace(_without_code(corpus, order), payer_name=order.title), (order.code,)


@_noise(Group.WITHOUT_CODE)
def title_in_the_text(corpus: Corpus, order: OrderView) -> Draft:
    printed = corpus.chosen.choice((order.title, lower(order.title), fold(order.title)))
    return _without_code(corpus, order, f"{printed} {corpus.chosen.choice(('', 'ödemesi', 'ileti paketi'))}"), (
        order.code,
    )


@_noise(Group.WITHOUT_CODE)
def title_cut_off(corpus: Corpus, order: OrderView) -> Draft:
    name = fold(order.title)[: corpus.chosen.choice((25, 30, 35))].strip()
    return replace(_without_code(corpus, order), payer_name=name), (order.code,)


@_noise(Group.WITHOUT_CODE)
def title_glued(corpus: Corpus, order: OrderView) -> Draft:
    return _without_code(corpus, order, fold(order.title).replace(" ", "").replace(".", "")), (order.code,)


@_noise(Group.WITHOUT_CODE)
def title_with_a_slip(corpus: Corpus, order: OrderView) -> Draft:
    """One letter wrong, missing, doubled or swapped, within a word of some length."""
    words = order.title.split()
    longest = max(
        range(len(words) - 1), key=lambda at: (len(words[at]) >= 5 and corpus.chosen.random(), len(words[at]))
    )
    word = words[longest]
    at = corpus.chosen.randrange(1, len(word) - 1) if len(word) > 2 else 0
    slips = (
        word[:at] + corpus.chosen.choice("AEIKLMNRST") + word[at + 1 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
    )
    words[longest] = corpus.chosen.choice(slips)
    written = " ".join(words)
    if corpus.chosen.random() < 0.5:
        return replace(_without_code(corpus, order), payer_name=written), (order.code,)
    return _without_code(corpus, order, written), (order.code,)


@_noise(Group.STILL)
def nothing_known(corpus: Corpus, order: OrderView) -> Draft:
    return _without_code(corpus, order), ()


@_noise(Group.STILL)
def foreign_references(corpus: Corpus, order: OrderView) -> Draft:
    """References and codes of strangers, full of our glyphs, with somebody's number or name."""
    data = corpus.glyphs(7)
    stranger = data + codes.check_glyphs(data)
    words = f"{codes.display(stranger)} {corpus.glyphs(16)} TR{corpus.digits(2)}{corpus.glyphs(22)}"
    view = _written(corpus, order, words)
    return (_proven(corpus, view, order) if corpus.chosen.random() < 0.5 else view), ()


# --- Lines that pay nothing -----------------------------------------------------------------------------------------


@_noise(Group.STILL)
def reversal(corpus: Corpus, order: OrderView) -> Draft:
    return replace(_written(corpus, order, codes.display(order.code)), reversal=True), ()


@_noise(Group.STILL)
def outgoing(corpus: Corpus, order: OrderView) -> Draft:
    return replace(_written(corpus, order, codes.display(order.code)), amount=-order.amount_due), ()


@_noise(Group.STILL)
def foreign_currency(corpus: Corpus, order: OrderView) -> Draft:
    return replace(_written(corpus, order, codes.display(order.code)), currency="EUR"), ()


@_noise(Group.STILL)
def returned(corpus: Corpus, order: OrderView) -> Draft:
    view = _written(corpus, order, codes.display(order.code))
    return replace(view, text=f"{corpus.chosen.choice(('EFT İADE', 'EFT iadesi', 'GİDEN FAST İADE'))} {view.text}"), ()
