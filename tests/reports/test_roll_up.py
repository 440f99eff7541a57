"""The daily roll-up: whatever was recorded whenever and however often it ran, its figures are those of the events."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Provider
from consents.enums import Channel, ConsentStatus
from consents.rules.calendar import Calendar
from iys_portal import ledger
from iys_portal.audit.models import AuditEvent
from iys_portal.shared.clock import ISTANBUL, istanbul_day
from reports.enums import Dimension
from reports.models import ClosedDay, ReportDay, RollUp
from reports.selectors.figures import Figures, corrected_days, movements, refusal_delays
from reports.services.roll_up import close_days, recount_day, roll_up, roll_up_all
from tests import factories
from tests.consents.scene import run
from tests.reports.scene import counted, events

pytestmark = pytest.mark.django_db

EVER = (date(2015, 1, 1), date(2030, 1, 1))
MIDNIGHT = datetime(2026, 11, 23, tzinfo=ISTANBUL)
RET = ConsentStatus.RET

EVENTS = st.tuples(
    st.sampled_from([-86_400, -1, 0, 1, 86_399, 86_400]),  # seconds about Istanbul's midnight
    st.integers(1, 2),
    st.sampled_from(list(Channel)),
    st.sampled_from([(1, 8), (1, 103), (2, None), (2, 11)]),
    st.integers(1, 3),
    st.integers(1, 3),
)
STEPS = st.lists(
    st.one_of(EVENTS, st.sampled_from(["roll", "roll by two", "close", "recount"])), min_size=1, max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, by=st.lists(st.sampled_from(list(Dimension)), unique=True))
def test_figures_are_those_of_the_events(provider: Provider, steps: list[object], by: list[Dimension]) -> None:
    with transaction.atomic():
        for step in steps:
            _do(provider.pk, step)
            assert movements(provider.pk, *EVER, by=by) == counted(provider.pk, by)
        whole = movements(provider.pk, *EVER)
        by_day = movements(provider.pk, *EVER, by=[Dimension.DAY])
        assert sum(figures.total for figures in whole.values()) == sum(figures.total for figures in by_day.values())
        assert [ledger.check(name).detail for name in ("daily_counts_agree", "report_days_agree")] == ["", ""]
        transaction.set_rollback(True)


def _do(provider_id: int, step: object) -> None:
    now = MIDNIGHT + timedelta(days=1, minutes=30)
    if isinstance(step, tuple):
        seconds, brand, channel, (kind, source), status, number = step
        at = MIDNIGHT + timedelta(seconds=seconds)
        is_first = kind == 2 or number == 1
        events(
            provider_id,
            at,
            brand=brand,
            channel=channel,
            kind=kind,
            source=source,
            status=status,
            number=number,
            is_first=is_first,
        )
    elif step == "close":
        close_days(now=now)
    elif step == "recount":
        assert not recount_day(provider_id=provider_id, day=date(2026, 11, 23), now=now)
    else:
        roll_up(provider_id=provider_id, now=now, batch=2 if step == "roll by two" else 1_000)


def test_a_day_begins_at_istanbuls_midnight(provider: Provider) -> None:
    events(provider.pk, datetime(2026, 11, 22, 20, 59, 59, tzinfo=UTC))
    events(provider.pk, datetime(2026, 11, 22, 21, 0, tzinfo=UTC), status=RET)
    expected = {(date(2026, 11, 22),): Figures(1, 0, 0, 1), (date(2026, 11, 23),): Figures(0, 1, 0, 1)}
    seen = []
    for _ in range(2):
        seen.append(movements(provider.pk, *EVER, by=[Dimension.DAY]))
        roll_up(provider_id=provider.pk, now=MIDNIGHT)
    assert seen == [expected, expected]


def test_figures_of_some_days_and_of_one_brand(provider: Provider, now: datetime) -> None:
    for days in range(3):
        events(provider.pk, now - timedelta(days=days), brand=1 + days % 2, number=days + 1)
    roll_up(provider_id=provider.pk, now=now)
    today = istanbul_day(now)
    events(provider.pk, now, brand=2)
    assert movements(provider.pk, today - timedelta(days=1), today) == {(): Figures(4, 0, 0, 4)}
    assert movements(provider.pk, *EVER, brand_id=2) == {(): Figures(3, 0, 0, 3)}
    assert movements(provider.pk, *EVER, by=[Dimension.BRAND]) == {(1,): Figures(4, 0, 0, 4), (2,): Figures(3, 0, 0, 3)}


def test_a_provider_without_movements_has_no_figures(provider: Provider) -> None:
    assert movements(provider.pk, *EVER) == movements(provider.pk, *EVER, by=list(Dimension)) == {}
    assert not RollUp.objects.filter(provider_id=provider.pk).exists()


def test_all_providers_are_rolled_up_once(provider: Provider, now: datetime) -> None:
    rival = factories.ProviderFactory.create()
    for owner in (provider, rival):
        events(owner.pk, now)
    assert [roll_up_all(now=now), roll_up_all(now=now)] == [2, 0]
    assert movements(provider.pk, *EVER) == movements(rival.pk, *EVER) == {(): Figures(1, 0, 0, 1)}
    assert {row.provider_id for row in RollUp.objects.all()} == {provider.pk, rival.pk}


def test_what_goes_wrong_with_one_provider_holds_up_nobody(provider: Provider, now: datetime) -> None:
    rival = factories.ProviderFactory.create()
    for owner in (provider, rival):
        events(owner.pk, now)
    # What only a fault could leave behind: the roll-up's row cannot hold more.
    run(
        "INSERT INTO reports_dailycount VALUES (%s, 1, '2026-11-23', 2147483647, 0, 0, 0, 2, 1, 8)",
        provider.pk,
    )
    assert roll_up_all(now=now) == 1
    assert not RollUp.objects.filter(provider_id=provider.pk).exists()
    assert movements(rival.pk, *EVER) == {(): Figures(1, 0, 0, 1)}


def test_a_late_movement_corrects_its_day(provider: Provider) -> None:
    """The day of the 22nd is closed at half past midnight; a writer that had read its clock before comes after it."""
    brand = factories.BrandFactory.create(provider=provider).pk
    late, closing = MIDNIGHT - timedelta(seconds=1), MIDNIGHT + timedelta(minutes=30)
    events(provider.pk, MIDNIGHT - timedelta(hours=3), number=2, brand=brand)
    assert close_days(now=closing) == [date(2026, 11, 22)]
    assert corrected_days(provider.pk, *EVER) == []
    events(provider.pk, late, brand=brand)
    roll_up(provider_id=provider.pk, now=closing + timedelta(minutes=1))
    (day,) = corrected_days(provider.pk, *EVER)
    assert (day.day, day.movements, day.late_movements) == (date(2026, 11, 22), 3, 1)
    assert day.corrected_at == closing + timedelta(minutes=1)
    events(provider.pk, MIDNIGHT + timedelta(hours=1), brand=brand)
    roll_up(provider_id=provider.pk, now=closing + timedelta(hours=2))
    assert [day.corrected_at for day in corrected_days(provider.pk, *EVER)] == [closing + timedelta(minutes=1)]


def test_days_are_closed_once_and_none_is_left_out(provider: Provider, now: datetime) -> None:
    day = istanbul_day(now)
    assert close_days(now=now) == [day - timedelta(days=1)]
    assert close_days(now=now) == []
    assert close_days(now=now + timedelta(days=3)) == [day, day + timedelta(days=1), day + timedelta(days=2)]
    assert ClosedDay.objects.count() == 4


def test_a_damaged_day_is_counted_anew(provider: Provider, now: datetime) -> None:
    day = istanbul_day(now)
    events(provider.pk, now, number=3)
    events(provider.pk, now - timedelta(days=1), status=RET, given=now - timedelta(days=3))
    roll_up(provider_id=provider.pk, now=now)
    events(provider.pk, now)
    run("UPDATE reports_dailycount SET approvals = 7 WHERE day = %s", day)
    assert recount_day(provider_id=provider.pk, day=day, now=now)
    assert movements(provider.pk, day, day) == {(): Figures(4, 0, 0, 4)}
    assert movements(provider.pk, *EVER) == {(): Figures(4, 1, 0, 5)}
    assert [found.day for found in corrected_days(provider.pk, *EVER)] == [day]
    (audited,) = AuditEvent.objects.filter(provider_id=provider.pk, action="report_recounted")
    assert (audited.reason, audited.detail) == ("23.11.2026", {"before": 7, "after": 3})
    assert not recount_day(provider_id=provider.pk, day=day, now=now + timedelta(hours=1))
    assert ReportDay.objects.get(provider_id=provider.pk, day=day).corrected_at == now


def test_a_day_is_counted_anew_by_command(provider: Provider, now: datetime) -> None:
    events(provider.pk, now, number=3)
    roll_up(provider_id=provider.pk, now=now)
    run("DELETE FROM reports_dailycount")
    words = ["recount_reports", "--iys-code", str(provider.iys_code), "--day", "2026-11-23", "--json"]
    said = []
    for _ in range(2):
        call_command(*words, stdout=(out := StringIO()))
        said.append(json.loads(out.getvalue()))
    assert said == [{"changed": True}, {"changed": False}]
    with pytest.raises(CommandError, match="No provider has the İYS number 1"):
        call_command("recount_reports", "--iys-code", "1", "--day", "2026-11-23")


def test_refusals_by_the_business_days_they_took(provider: Provider, now: datetime) -> None:
    """Recorded on Monday, given between today and long ago; a citizen's own is not the provider's."""
    today = istanbul_day(now)
    for days in (0, 3, 4, 5, 900):
        events(provider.pk, now, status=RET, given=now - timedelta(days=days), number=1 + days)
    events(provider.pk, now, status=RET, source=103, given=now - timedelta(days=4))
    events(provider.pk, now, given=now - timedelta(days=4))
    expected = {0: 1 + 4, 1: 5, 2: 6, 19: 901}
    seen = []
    for _ in range(2):
        seen.append(refusal_delays(provider.pk, today, today, calendar=Calendar()))
        roll_up(provider_id=provider.pk, now=now)
    assert seen == [expected, expected]
    assert refusal_delays(provider.pk, today, today, calendar=Calendar(), brand_id=2) == {}
