"""Random schedules of card payments: whatever comes in whatever order, no lira is lost, kept twice or unexplained.

Fifty in every run; ten thousand, and any number from any seed, by

    SCHEDULES=10000 SCHEDULES_SEED=7 python3 run.py test tests/payments/cards/test_schedules.py -n 0 -s
"""

import os
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import Settings

from accounts.models import Person
from payments.gateways import registry
from payments.models import BankAccount, Order
from tests import factories
from tests.payments.cards.memory_bank import MemoryBank
from tests.payments.cards.schedule import Schedule
from tests.payments.cards.stage import Stage

COUNT = int(os.environ.get("SCHEDULES", "50"))
SEED = int(os.environ.get("SCHEDULES_SEED", "1"))
STEPS = 15


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    """Pay at the bank in memory, not at the simulator."""
    settings.CARD_GATEWAY = MemoryBank.name


@pytest.fixture
def stage(
    monkeypatch: pytest.MonkeyPatch,
    accepted: Callable[..., Order],
    alice: Person,
    account: BankAccount,
    now: datetime,
) -> Stage:
    """Three orders of one provider that wait for their payment, two of them for one package; a free one runs."""
    accepted("ileti-75")
    stage = Stage(
        orders=[accepted(slug) for slug in ("ileti-150", "ileti-150", "ileti-250")],
        alice=alice,
        accountants=(factories.accountant(), factories.accountant("muhasebe2")),
        account=account,
        now=now,
        bank=MemoryBank(now),
    )
    monkeypatch.setattr(registry, "_gateways", lambda: {MemoryBank.name: stage.bank})
    return stage


@pytest.mark.django_db(transaction=True)
def test_schedules(stage: Stage) -> None:
    Schedule.stage = stage
    began = time.monotonic()
    print(f"\n{COUNT} schedules of {STEPS} steps, seed {SEED}")
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        seed(SEED)(Schedule),
        settings=settings(
            max_examples=COUNT,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate] if os.environ.get("SCHEDULES_NO_SHRINK") else [Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    seconds = time.monotonic() - began
    print(f"{stage.schedules} schedules, {stage.steps} steps, {seconds:.0f} s, 0 violations")
    for name, count in sorted(stage.rules.items()) + sorted(stage.outcomes.items()):
        print(f"{count:8,} {name}")
    assert stage.schedules >= COUNT
