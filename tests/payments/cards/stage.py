"""What all schedules begin with, and what is counted over all of them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Person
from payments.models import BankAccount, CardAttempt, Order, Refund
from tests.payments.cards.memory_bank import MemoryBank


@dataclass
class Stage:
    """Rows that every schedule finds again, the bank of the running one, and figures of those that are over."""

    orders: list[Order]
    alice: Person
    accountants: tuple[Person, Person]
    account: BankAccount
    now: datetime
    bank: MemoryBank
    rules: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    schedules: int = 0

    @property
    def steps(self) -> int:
        return self.rules.total()

    def count(self) -> None:
        """Add what became of the schedule that is at its end."""
        self.schedules += 1
        for name, model in (("order", Order), ("attempt", CardAttempt), ("refund", Refund)):
            states = model._default_manager.values_list("state", flat=True)
            self.outcomes.update(f"{name} {state}" for state in states)
        self.outcomes["attempt succeeded, of it too much"] += CardAttempt.objects.filter(surplus=True).count()
