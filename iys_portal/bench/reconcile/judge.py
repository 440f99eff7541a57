"""Judge the matching over a noisy corpus: is anything settled wrongly, is what is certain settled, how fast."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import process_time

from iys_portal.bench.reconcile.corpus import Corpus
from iys_portal.bench.reconcile.noises import Group, Noisy, lines, noise_classes
from payments.matching import Kind, OrderBook, Verdict, decide, read_line

FEW_ORDERS = 1_000
_SETTLED = frozenset({Group.FORMAT, Group.CORRECTED, Group.PROVEN})
_TURN = 500
_TIMED = 20


@dataclass(slots=True)
class _Tally:
    """What has been counted of each class; `mistakes` are examples, a few, for whoever looks into them."""

    seen: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    first_three: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    false_matches: int = 0
    unproven: int = 0
    mistakes: list[tuple[Noisy, Verdict]] = field(default_factory=list)

    def add(self, noisy: Noisy, verdict: Verdict) -> None:
        settled = sorted(share.code for share in verdict.shares)
        shown = noisy.meant[:1] == tuple(
            candidate.code for candidate in verdict.candidates if candidate.code in noisy.meant[:1]
        )
        if verdict.kind is Kind.AUTO:
            wrong = settled != sorted(noisy.meant)
            self.false_matches += wrong
            self.unproven += noisy.group not in _SETTLED
            right = not wrong and noisy.group in _SETTLED
        else:
            right = noisy.group is Group.STILL or (noisy.group not in _SETTLED and shown)
        self.seen[noisy.noise] += 1
        self.right[noisy.noise] += right
        self.first_three[noisy.noise] += shown or settled == sorted(noisy.meant)
        self.rules[noisy.noise][verdict.rule.value] += 1
        if not right and len(self.mistakes) < 2_000:
            self.mistakes.append((noisy, verdict))

    def share(self, *groups: Group) -> float:
        """Return the share of right verdicts in the classes of these groups."""
        names = [name for name, group in noise_classes().items() if group in groups]
        seen = sum(self.seen[name] for name in names)
        return sum(self.right[name] for name in names) / seen if seen else 0.0


def judge(seed: int, orders: int, count: int, turns: int = _TIMED) -> dict[str, object]:
    """Judge `count` lines against `orders` live orders; times are seconds of the processor a line.

    `recall` gives, for each class, the share of right verdicts; `top3` the share with the right order settled or
    among the first three; `unproven` counts what was settled, though rightly, where a person was to be asked.
    """
    corpus = Corpus(seed, orders)
    book = OrderBook(corpus.orders)
    tally = _Tally()
    spent = 0.0
    noisy = list(lines(corpus, count))
    for start in range(0, len(noisy), _TURN):
        turn = noisy[start : start + _TURN]
        verdicts, seconds = _decided(turn, book)
        spent += seconds
        for one, verdict in zip(turn, verdicts, strict=True):
            tally.add(one, verdict)
    growth, few = cost_growth(seed, orders, turns)
    return {
        "false_matches": tally.false_matches,
        "unproven": tally.unproven,
        "recall_format": tally.share(Group.FORMAT),
        "recall_corrected": tally.share(Group.CORRECTED),
        "recall_proven": tally.share(Group.PROVEN),
        "top3_without_code": tally.share(Group.WITHOUT_CODE),
        "recall": {name: tally.right[name] / tally.seen[name] for name in tally.seen},
        "top3": {name: tally.first_three[name] / tally.seen[name] for name in tally.seen},
        "rules": {name: dict(rules) for name, rules in tally.rules.items()},
        "seconds_a_line": spent / count,
        "seconds_a_line_of_few": few,
        "cost_growth": growth,
        "mistakes": tally.mistakes,
    }


def cost_growth(seed: int, orders: int, turns: int = _TIMED) -> tuple[float, float]:
    """Return the cost of a line among `orders` live orders ÷ that among 1,000, and the latter in seconds.

    Both sides are timed in turns, each with lines of its own orders; the turn in the middle counts.
    """
    sides = [Corpus(seed + 1, count) for count in (FEW_ORDERS, orders)]
    books = [OrderBook(corpus.orders) for corpus in sides]
    for corpus, book in zip(sides, books, strict=True):  # the index of titles is built, caches are as warm as they get
        _decided(list(lines(corpus, _TURN)), book)
    ratios, few = [], []
    for turn in range(turns):
        work = [list(lines(corpus, _TURN)) for corpus in sides]
        seconds = [0.0, 0.0]
        for side in (0, 1) if turn % 2 else (1, 0):
            seconds[side] = _decided(work[side], books[side])[1]
        ratios.append(seconds[1] / seconds[0])
        few.append(seconds[0] / _TURN)
    return sorted(ratios)[turns // 2], sorted(few)[turns // 2]


def _decided(noisy: Sequence[Noisy], book: OrderBook) -> tuple[list[Verdict], float]:
    start = process_time()
    verdicts = [decide(read_line(one.view), book) for one in noisy]
    return verdicts, process_time() - start
