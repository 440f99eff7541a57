"""Bank movements that are our own refunds: money that left for its sender, and money that came back from there.

Only the exact reference and the exact amount speak for themselves; what is merely likely is shown to a person.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from iys_portal.shared.money import format_lira
from iys_portal.shared.turkish import fold, squeeze
from payments.enums import OPEN_BANK_REFUNDS, BankRefundState
from payments.matching import Kind, Rule, Verdict
from payments.models import BankRefund, StatementLine
from payments.services import bank_refunds

PAID, LIKELY, RETURNED = "refund-paid", "refund-likely", "refund-returned"

_REFERENCE = re.compile(r"(?<![0-9A-Z])IADE[ -]?([0-9]{1,18})(?![0-9])")


@dataclass(frozen=True, slots=True)
class About:
    """What a movement is to a refund: the verdict on it and the rule behind that."""

    verdict: Verdict
    rule: str


@dataclass(slots=True)
class RefundLines:
    """The refunds that a batch of movements may be about, and what the movements have decided about them so far."""

    refunds: Sequence[BankRefund]
    _taken: dict[int, StatementLine] = field(default_factory=dict)
    _returned: dict[int, StatementLine] = field(default_factory=dict)

    @classmethod
    def among(cls, lines: Iterable[tuple[int, Decimal, str]], *, account_id: int) -> "RefundLines":
        """Return the refunds that these movements (number, amount, text) of an account may be about; one query."""
        debits: set[Decimal] = set()
        references: set[int] = set()
        for _, amount, text in lines:
            if amount < 0:
                debits.add(-amount)
            else:
                references |= _references(text)
        if not debits and not references:
            return cls([])
        wanted = Q(state__in=OPEN_BANK_REFUNDS, amount__in=debits) | Q(pk__in=references)
        return cls(list(BankRefund.objects.filter(wanted, line__account_id=account_id).order_by("pk")))

    @property
    def origins(self) -> set[int]:
        """The lines whose money these refunds send back: they are locked before the refunds."""
        return {refund.line_id for refund in self.refunds}

    def verdict_on(self, line: StatementLine) -> About | None:
        """Return what the movement is to a refund, or None when it is about none."""
        if line.is_reversal or line.currency != "TRY" or not self.refunds:
            return None
        references = _references(line.text)
        same = [refund for refund in self.refunds if refund.amount == abs(line.amount)]
        if line.amount > 0:
            gone = [refund for refund in same if refund.pk in references and self._is_gone(refund)]
            return self._came_back(line, gone[0]) if len(gone) == 1 else None
        waiting = [refund for refund in same if refund.state in OPEN_BANK_REFUNDS and refund.pk not in self._taken]
        named = [refund for refund in waiting if refund.pk in references]
        if len(named) == 1:
            return self._went_out(line, named[0])
        likely = [refund for refund in waiting if _is_likely(line, refund)]
        return _likely(line, likely) if likely else None

    def _is_gone(self, refund: BankRefund) -> bool:
        confirmed = refund.state == BankRefundState.CONFIRMED or refund.pk in self._taken
        return confirmed and refund.pk not in self._returned

    def settle(self, *, now: datetime) -> None:
        """Write what was decided, in the caller's transaction, which holds the locks of all lines."""
        for number, line in self._taken.items():
            bank_refunds.confirm_by_debit(refund_id=number, debit_line_id=line.pk, person=None, now=now)
        for number, line in self._returned.items():
            reason = f"Gönderilen iade {line.booked_on:%d.%m.%Y} tarihinde bankadan geri geldi."
            bank_refunds.owe_again(refund_id=number, reason=reason, person=None)

    def _went_out(self, line: StatementLine, refund: BankRefund) -> About:
        self._taken[refund.pk] = line
        reason = f"IADE-{refund.pk} numaralı {format_lira(refund.amount)} iadesinin hesaptan çıkışı."
        return About(Verdict(Kind.IGNORED, Rule.OUTGOING, reason), PAID)

    def _came_back(self, line: StatementLine, refund: BankRefund) -> About:
        self._returned[refund.pk] = line
        reason = (
            f"IADE-{refund.pk} numaralı {format_lira(refund.amount)} iadesi bankadan geri geldi; "
            "iade yeniden yapılacaklar arasında."
        )
        return About(Verdict(Kind.IGNORED, Rule.RETURNED_MONEY, reason), RETURNED)


def _likely(line: StatementLine, refunds: Sequence[BankRefund]) -> About:
    names = ", ".join(f"IADE-{refund.pk}" for refund in refunds[:3])
    reason = f"Hesaptan çıkan {format_lira(-line.amount)}, bekleyen bir iadenin ödemesi olabilir: {names}."
    features = {"refunds": [refund.pk for refund in refunds]}
    return About(Verdict(Kind.SUGGEST, Rule.OUTGOING, reason, features=features), LIKELY)


def _references(text: str) -> set[int]:
    if "ADE" not in text.upper():
        return set()
    return {int(number) for number in _REFERENCE.findall(fold(text))}


def _is_likely(line: StatementLine, refund: BankRefund) -> bool:
    """Whether the account it went to, or the name, is the refund's."""
    if refund.iban and refund.iban in {line.payer_iban, *re.findall(r"TR[0-9]{24}", squeeze(line.text))}:
        return True
    name = squeeze(refund.name)
    return len(name) >= 6 and (name in squeeze(line.text) or name in squeeze(line.payer_name))
