"""Terms, renewal days, and the API's gates; no page, no database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Provider
from iys_portal.shared.clock import ISTANBUL, istanbul_day, last_day
from packages.enums import ApiCaller, SubscriptionState
from packages.models import Package, Subscription
from packages.rules import (
    GateRefusal,
    Standing,
    api_gate,
    days_left,
    may_renew,
    next_term,
    renewal_opens,
    standing_among,
    state_at,
    term_from,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PACKAGE = Package(pk=5, name="İLETİ-150", has_integration=True, max_addresses=150_000)
OPEN = Provider(iys_code=12345678, state="active")
GONE = Provider(iys_code=12345678, state="closed")


def istanbul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ISTANBUL)


def subscription(state: str = "active", *, package: Package = PACKAGE, days: int = 100) -> Subscription:
    """Return a subscription whose term ends `days` days after NOW."""
    ends_at = NOW + timedelta(days=days)
    return Subscription(package=package, state=state, starts_at=ends_at - timedelta(days=365), ends_at=ends_at)


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2026-11-23T12:00", date(2027, 11, 22)),
        ("2026-01-01T00:00", date(2026, 12, 31)),  # the year's first instant
        ("2026-12-31T23:59:59.999999", date(2027, 12, 30)),  # and its last
        ("2027-02-28T12:00", date(2028, 2, 27)),  # into a leap year
        ("2027-03-01T12:00", date(2028, 2, 29)),  # up to the leap day, which counts
        ("2028-02-28T12:00", date(2029, 2, 27)),
        ("2028-02-29T00:00", date(2029, 2, 28)),  # from the leap day
        ("2028-02-29T23:59:59.999999", date(2029, 2, 28)),
        ("2028-03-01T00:00", date(2029, 2, 28)),
    ],
)
def test_a_term_is_one_year_with_its_last_day(start: str, last: date) -> None:
    starts_at, ends_at = term_from(istanbul(start))
    assert (starts_at, last_day(ends_at)) == (istanbul(start), last)
    assert ends_at == istanbul(f"{last + timedelta(days=1)}T00:00")


def test_renewals_follow_each_other_without_a_gap_over_leap_days() -> None:
    _, end = term_from(istanbul("2028-02-29T15:00"))
    days = []
    for _ in range(4):
        start, end = term_from(end)
        days.append((istanbul_day(start), last_day(end)))
    assert days == [(date(year, 3, 1), date(year + 1, 2, 29 if year == 2031 else 28)) for year in range(2029, 2033)]


def test_the_days_before_the_end_are_counted_by_istanbuls_calendar() -> None:
    running = Subscription(package=PACKAGE, state="active", ends_at=istanbul("2027-11-23T00:00"))
    assert renewal_opens(running) == date(2027, 10, 23)
    at = {
        "2027-10-22T23:59:59": (31, False),
        "2027-10-23T00:00:00": (30, True),
        "2027-11-22T00:00:00": (0, True),
        "2027-11-22T23:59:59": (0, True),
    }
    assert {text: (days_left(running, now=istanbul(text)), may_renew(running, now=istanbul(text))) for text in at} == at


def test_only_the_same_package_waits_for_the_end_of_the_term() -> None:
    running = subscription(days=10)
    assert next_term(PACKAGE, running, now=NOW) == term_from(running.ends_at)
    assert next_term(PACKAGE, subscription(days=100), now=NOW) == term_from(NOW)
    assert next_term(Package(pk=6), running, now=NOW) == term_from(NOW)
    assert next_term(PACKAGE, None, now=NOW) == term_from(NOW)


def test_a_term_that_is_over_is_expired_before_the_sweeper_comes() -> None:
    states = [state_at(subscription(state, days=-1), now=NOW) for state in ("active", "paused", "expired", "closed")]
    assert states == ["expired", "expired", "expired", "closed"]
    running = subscription()
    assert state_at(running, now=running.ends_at - timedelta(microseconds=1)) == "active"
    assert state_at(running, now=running.ends_at) == "expired"


def test_the_standing_names_what_runs_and_what_waits() -> None:
    over, running, queued = subscription(days=0), subscription(days=365), subscription(days=730)
    queued.starts_at = running.ends_at
    assert standing_among([over, running, queued], now=NOW) == Standing(running, queued)
    assert standing_among([over], now=NOW) == Standing()
    assert standing_among([running, queued], now=running.ends_at) == Standing(queued, None)


CLOSED = GateRefusal("H521", 403, "Abonelik durumu CLOSED iken api kullanılamamaktadır.")
NO_API = GateRefusal("H586", 403, "Aboneliğiniz API kullanımını içermemektedir.")
UNKNOWN = GateRefusal("H524", 403, "12345678 için ait abonelik kaydı bulunamadı.")
UNKNOWN_QUERY = GateRefusal("H437", 404, "IYS numarası:12345678 ile abonelik bulunamadı.")
FULL = GateRefusal("H525", 422, "Kullanılan izin sayısı maksimum sayıya ulaştığı için yeni izin eklenememektedir.")


def rest(state: str, caller: str = "HS") -> GateRefusal:
    message = f"Abonelik durumu {state} iken sadece {caller} abonelik sorgulama servisine istek atılabilir."
    return GateRefusal("H520", 403, message)


@pytest.mark.parametrize(
    ("counts", "provider", "of_calls", "of_the_query"),
    [
        (None, OPEN, NO_API, NO_API),  # Temel Hizmetler is the absence of a subscription
        (None, GONE, UNKNOWN, UNKNOWN_QUERY),
        (subscription(package=Package(has_integration=False)), OPEN, NO_API, NO_API),
        (subscription("active"), OPEN, None, None),
        (subscription("paused"), OPEN, rest("PAUSED"), None),
        (subscription("expired", days=-1), OPEN, rest("EXPIRED"), None),
        (subscription("closed"), OPEN, CLOSED, CLOSED),
        (subscription("active", days=-1), OPEN, rest("EXPIRED"), None),  # the sweeper has not come yet
        (subscription("paused", days=-1), OPEN, rest("EXPIRED"), None),
        (subscription("active"), GONE, CLOSED, CLOSED),
        (subscription("expired", days=-1), GONE, CLOSED, CLOSED),
    ],
)
def test_the_gates_of_the_api(
    counts: Subscription | None,
    provider: Provider,
    of_calls: GateRefusal | None,
    of_the_query: GateRefusal | None,
) -> None:
    assert api_gate(counts, provider=provider, now=NOW) == of_calls
    assert api_gate(counts, provider=provider, now=NOW, is_subscription_query=True) == of_the_query


@pytest.mark.parametrize("state", ["paused", "expired"])
def test_the_gate_names_who_may_still_ask(state: str) -> None:
    refusal = api_gate(subscription(state), provider=OPEN, now=NOW, caller=ApiCaller.INTEGRATOR)
    assert refusal == rest(state.upper(), "Entegratör")


@pytest.mark.parametrize(
    ("addresses", "raises", "limit", "refusal"),
    [
        (149_999, True, 150_000, None),
        (150_000, True, 150_000, FULL),
        (150_000, False, 150_000, None),  # an update of a counted address, or a RET
        (200_000, False, 150_000, None),
        (200_000, True, 150_000, FULL),
        (10**9, True, None, None),  # İLETİ+ exceeds
    ],
)
def test_the_address_limit(addresses: int, raises: bool, limit: int | None, refusal: GateRefusal | None) -> None:
    counts = subscription(package=Package(has_integration=True, max_addresses=limit))
    assert api_gate(counts, provider=OPEN, now=NOW, raises_count=raises, addresses=addresses) == refusal


def test_a_closed_gate_says_so_before_the_limit() -> None:
    paused = subscription("paused", package=Package(has_integration=True, max_addresses=1))
    assert api_gate(paused, provider=OPEN, now=NOW, raises_count=True, addresses=9) == rest("PAUSED")


def test_every_state_of_a_subscription_has_a_row_above() -> None:
    assert {str(state) for state in SubscriptionState} == {"active", "paused", "expired", "closed"}
