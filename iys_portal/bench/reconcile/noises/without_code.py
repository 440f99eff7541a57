"""Lines without a code, and lines that pay nothing."""

from decimal import Decimal

from iys_portal.bench.reconcile.corpus import Corpus
from iys_portal.bench.reconcile.noises.pieces import proven, written
from iys_portal.bench.reconcile.noises.registry import Draft, Group, noise
from iys_portal.shared import codes
from iys_portal.shared.turkish import fold, lower
from payments.matching import LineView, OrderView

# --- No code --------------------------------------------------------------------------------------------------------


def _without_code(corpus: Corpus, order: OrderView, words: str = "") -> LineView:
    return written(corpus, order, words)


@noise(Group.WITHOUT_CODE)
def number_in_its_field(corpus: Corpus, order: OrderView) -> Draft:
    return _without_code(corpus, order)._replace(payer_tax_number=order.tax_number), (order.code,)


@noise(Group.WITHOUT_CODE)
def number_in_the_text(corpus: Corpus, order: OrderView) -> Draft:
    return _without_code(corpus, order, f"VKN:{order.tax_number}"), (order.code,)


@noise(Group.WITHOUT_CODE)
def number_with_another_amount(corpus: Corpus, order: OrderView) -> Draft:
    view = _without_code(corpus, order)._replace(payer_tax_number=order.tax_number)
    return view._replace(amount=order.amount_due - Decimal("97.60")), (order.code,)


@noise(Group.WITHOUT_CODE)
def known_account(corpus: Corpus, order: OrderView) -> Draft:
    account = next(iter(order.known_ibans), "")
    number = "" if account else order.tax_number
    return _without_code(corpus, order)._replace(payer_iban=account, payer_tax_number=number), (order.code,)


@noise(Group.WITHOUT_CODE)
def title_in_its_field(corpus: Corpus, order: OrderView) -> Draft:
    return _without_code(corpus, order)._replace(payer_name=order.title), (order.code,)


@noise(Group.WITHOUT_CODE)
def title_in_the_text(corpus: Corpus, order: OrderView) -> Draft:
    printed = corpus.chosen.choice((order.title, lower(order.title), fold(order.title)))
    return _without_code(corpus, order, f"{printed} {corpus.chosen.choice(('', 'ödemesi', 'ileti paketi'))}"), (
        order.code,
    )


@noise(Group.WITHOUT_CODE)
def title_cut_off(corpus: Corpus, order: OrderView) -> Draft:
    name = fold(order.title)[: corpus.chosen.choice((25, 30, 35))].strip()
    return _without_code(corpus, order)._replace(payer_name=name), (order.code,)


@noise(Group.WITHOUT_CODE)
def title_glued(corpus: Corpus, order: OrderView) -> Draft:
    return _without_code(corpus, order, fold(order.title).replace(" ", "").replace(".", "")), (order.code,)


@noise(Group.WITHOUT_CODE)
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
        return _without_code(corpus, order)._replace(payer_name=written), (order.code,)
    return _without_code(corpus, order, written), (order.code,)


@noise(Group.STILL)
def nothing_known(corpus: Corpus, order: OrderView) -> Draft:
    return _without_code(corpus, order), ()


@noise(Group.STILL)
def foreign_references(corpus: Corpus, order: OrderView) -> Draft:
    """References and codes of strangers, full of our glyphs, with somebody's number or name."""
    data = corpus.glyphs(7)
    stranger = data + codes.check_glyphs(data)
    words = f"{codes.display(stranger)} {corpus.glyphs(16)} TR{corpus.digits(2)}{corpus.glyphs(22)}"
    view = written(corpus, order, words)
    return (proven(corpus, view, order) if corpus.chosen.random() < 0.5 else view), ()


# --- Lines that pay nothing -----------------------------------------------------------------------------------------


@noise(Group.STILL)
def reversal(corpus: Corpus, order: OrderView) -> Draft:
    return written(corpus, order, codes.display(order.code))._replace(reversal=True), ()


@noise(Group.STILL)
def outgoing(corpus: Corpus, order: OrderView) -> Draft:
    return written(corpus, order, codes.display(order.code))._replace(amount=-order.amount_due), ()


@noise(Group.STILL)
def foreign_currency(corpus: Corpus, order: OrderView) -> Draft:
    return written(corpus, order, codes.display(order.code))._replace(currency="EUR"), ()


@noise(Group.STILL)
def returned(corpus: Corpus, order: OrderView) -> Draft:
    view = written(corpus, order, codes.display(order.code))
    return view._replace(text=f"{corpus.chosen.choice(('EFT İADE', 'EFT iadesi', 'GİDEN FAST İADE'))} {view.text}"), ()
