"""Compare the card money of a day with the gateway's own report of it, and keep what disagrees for a person.

Both directions are looked at, by number and not by clock: money that the bank booked a second after midnight, or
whose answer reached us a day later, is no difference. Comparing again changes nothing that has not changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Min, QuerySet

from accounts.models import Person
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import record
from iys_portal.shared.clock import day_bounds, istanbul_day
from payments.enums import AttemptState, CardMovement, DifferenceKind, RefundState
from payments.gateways.base import Gateway, GatewayUnavailableError, ReportedPayment
from payments.gateways.registry import gateway, gateway_names
from payments.models import CardAttempt, CardDay, CardDifference, Refund

COMPARED_AGAIN = 3
"""So many days back each day is compared every morning."""
_CAUGHT_UP = 30
_LOOKED_BACK = 7
_ONE_DAY = timedelta(days=1)
_PROBLEM = "Ödeme kuruluşu günün raporunu vermedi; yeniden denenecek."
_VANISHED = "Sonraki karşılaştırmada bu fark görülmedi: işlem iki yanda da var."


class AlreadyClosed(Exception):
    """Somebody closed this difference before; the message says who, in Turkish."""


@dataclass(frozen=True, slots=True)
class _Key:
    """What names a movement on both sides: the capture, or one giving back of it (`conversation_id`: our key)."""

    is_payment: bool
    payment_id: str
    conversation_id: str


@dataclass(frozen=True, slots=True)
class _Movement:
    """Money of one key on one side. Equal keys of a report are added up, so that none can hide another."""

    key: _Key
    event: str
    conversation_id: str
    amount: Decimal
    currency: str = "TRY"
    attempt: CardAttempt | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Finding:
    """One difference, as this comparison sees it."""

    kind: DifferenceKind
    movement: _Movement
    ours: Decimal | None
    theirs: Decimal | None


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Everything that one comparison of a day says. `both` are the keys that stand on both sides."""

    findings: tuple[_Finding, ...]
    both: frozenset[_Key]
    ours: tuple[_Movement, ...]
    theirs: tuple[_Movement, ...]


def promise_due(*, now: datetime) -> int:
    """Promise the comparison of the days that are due, of every gateway with a report; return how many promises.

    Those are yesterday and the days before it (`COMPARED_AGAIN`), for a report may be late, and of the last
    month those that were never compared. A gateway without a report is asked about single attempts instead.
    """
    promised = 0
    for name in sorted(gateway_names()):
        if not gateway(name).capabilities().report:
            promised += _promise_questions(name, now=now)
            continue
        for day in _due_days(name, now=now):
            promise("card.compare_day", gateway_name=name, day=day.isoformat())
            promised += 1
    return promised


def _promise_questions(gateway_name: str, *, now: datetime) -> int:
    """Promise to ask once more about the attempts that ended yesterday without money, of which no report would tell:
    their form may have been sent again, and paid, by a browser that never came back. Return how many they are."""
    begin, end = day_bounds(istanbul_day(now) - _ONE_DAY)
    ended = CardAttempt.objects.filter(gateway=gateway_name, settled_at__gte=begin, settled_at__lt=end)
    without_money = ended.exclude(state=AttemptState.SUCCEEDED).order_by("pk").values_list("pk", flat=True)
    for pk in without_money:
        promise("card.settle", attempt_id=pk)
    return len(without_money)


def _due_days(gateway_name: str, *, now: datetime) -> list[date]:
    first = CardAttempt.objects.filter(gateway=gateway_name).aggregate(first=Min("created_at"))["first"]
    if first is None:
        return []
    yesterday = istanbul_day(now) - _ONE_DAY
    compared = set(
        CardDay.objects.filter(gateway=gateway_name, day__gt=yesterday - timedelta(days=_CAUGHT_UP))
        .exclude(compared_at=None)
        .values_list("day", flat=True)
    )
    days = [yesterday - timedelta(days=back) for back in range(_CAUGHT_UP)]
    return [
        day
        for back, day in enumerate(days)
        if day >= istanbul_day(first) and (back < COMPARED_AGAIN or day not in compared)
    ]


def compare_again(*, gateway_name: str, day: date, person: Person, now: datetime) -> bool:
    """Promise the comparison of a day at a person's wish; return False for a day or gateway that has none."""
    if gateway_name not in gateway_names() or not gateway(gateway_name).capabilities().report:
        return False
    if not istanbul_day(now) - timedelta(days=366) <= day < istanbul_day(now):
        return False
    with transaction.atomic():
        row, _ = CardDay.objects.get_or_create(
            gateway=gateway_name, day=day, defaults={"asked_at": now, "problem": "Karşılaştırma sırada."}
        )
        record(action="card_day_asked", subject=row, actor=person, gateway=gateway_name, day=day.isoformat())
        promise("card.compare_day", gateway_name=gateway_name, day=day.isoformat())
    return True


def reconcile(*, gateway_name: str, day: date, now: datetime) -> CardDay:
    """Compare an Istanbul day that is over; keep its figures and differences, and return it.

    The gateway is asked outside the transaction, which locks the day's row: two comparisons at once follow each
    other. Raises GatewayUnavailableError, after noting it, when the report cannot be had; ValueError for a day
    that is not over.
    """
    if day >= istanbul_day(now):
        raise ValueError("the day is not over")
    reports = _Reports(gateway(gateway_name), until=istanbul_day(now))
    try:
        compared = _compare(reports, gateway_name, day)
    except GatewayUnavailableError:
        _unanswered(gateway_name, day, now=now)
        raise
    return _keep(compared, gateway_name=gateway_name, day=day, now=now)


class _Reports:
    """The gateway's reports of single days up to `until`, each asked for once."""

    def __init__(self, source: Gateway, *, until: date) -> None:
        self.source, self.until = source, until
        self._known: dict[date, dict[_Key, _Movement]] = {}

    def of(self, day: date) -> dict[_Key, _Movement]:
        if day > self.until:
            return {}
        if day not in self._known:
            self._known[day] = _added_up(self.source.report(day=day))
        return self._known[day]

    def anywhere(self, movement: _Movement, day: date) -> bool:
        """Whether a movement of ours of this day stands in a report near it: a day after, and all since it began."""
        began = istanbul_day(movement.since) if movement.since else day
        first = max(min(began, day) - _ONE_DAY, day - timedelta(days=_LOOKED_BACK))
        near = [day + _ONE_DAY, *(day - timedelta(days=back) for back in range(1, (day - first).days + 1))]
        return any(movement.key in self.of(other) for other in near)


def _added_up(lines: Iterable[ReportedPayment]) -> dict[_Key, _Movement]:
    found: dict[_Key, _Movement] = {}
    for line in lines:
        is_payment = line.kind == CardMovement.PAYMENT
        conversation_id = line.conversation_id[:64]
        key = _Key(is_payment, line.payment_id, "" if is_payment else conversation_id)
        before = found.get(key)
        if before is None:
            found[key] = _Movement(key, line.kind, conversation_id, line.amount, line.currency[:3])
        else:
            odd = before.currency if before.currency != "TRY" else line.currency[:3]
            found[key] = replace(before, amount=before.amount + line.amount, currency=odd)
    return found


def _compare(reports: _Reports, gateway_name: str, day: date) -> _Comparison:
    theirs, ours = reports.of(day), _ours_of_day(gateway_name, day)
    known = _known_here(gateway_name, theirs.values())
    findings = [finding for key, movement in theirs.items() if (finding := _judge(movement, known.get(key)))]
    findings = [_with_attempt(finding, gateway_name) for finding in findings]
    both = {key for key in theirs if key in known}
    for key, movement in ours.items():
        if key in theirs or reports.anywhere(movement, day):
            both.add(key)
        else:
            findings.append(_Finding(DifferenceKind.MISSING_THERE, movement, ours=movement.amount, theirs=None))
    return _Comparison(tuple(findings), frozenset(both), tuple(ours.values()), tuple(theirs.values()))


def _judge(theirs: _Movement, ours: _Movement | None) -> _Finding | None:
    if ours is None:
        return _Finding(DifferenceKind.MISSING_HERE, theirs, ours=None, theirs=theirs.amount)
    if (ours.amount, ours.currency) == (theirs.amount, theirs.currency):
        return None
    movement = replace(theirs, attempt=ours.attempt)
    return _Finding(DifferenceKind.AMOUNT, movement, ours=ours.amount, theirs=theirs.amount)


def _with_attempt(finding: _Finding, gateway_name: str) -> _Finding:
    """Link what the bank has and we do not to the attempt that it belongs to, if it is ours at all."""
    movement = finding.movement
    if movement.attempt is not None:
        return finding
    attempts = CardAttempt.objects.filter(gateway=gateway_name)
    if movement.key.is_payment:
        attempt = attempts.filter(conversation_id=movement.conversation_id).first()
    else:
        attempt = attempts.filter(payment_id=movement.key.payment_id).first()
    return replace(finding, movement=replace(movement, attempt=attempt))


def _ours_of_day(gateway_name: str, day: date) -> dict[_Key, _Movement]:
    """Return what we took and gave back on a day, by the instant at which we learned of it."""
    begin, end = day_bounds(day)
    taken = CardAttempt.objects.filter(
        gateway=gateway_name, state=AttemptState.SUCCEEDED, settled_at__gte=begin, settled_at__lt=end
    )
    given = _through(gateway_name).filter(confirmed_at__gte=begin, confirmed_at__lt=end)
    return _by_key([*map(_capture, taken), *map(_given_back, given.select_related("attempt"))])


def _known_here(gateway_name: str, theirs: Iterable[_Movement]) -> dict[_Key, _Movement]:
    """Return our own side of reported movements, whenever we learned of it."""
    payments = [movement.key.payment_id for movement in theirs if movement.key.is_payment]
    keys = [movement.conversation_id for movement in theirs if not movement.key.is_payment]
    taken = CardAttempt.objects.filter(gateway=gateway_name, state=AttemptState.SUCCEEDED, payment_id__in=payments)
    given = _through(gateway_name).filter(key__in=keys)
    return _by_key([*map(_capture, taken), *map(_given_back, given.select_related("attempt"))])


def _through(gateway_name: str) -> QuerySet[Refund]:
    """Return the refunds that a gateway made; of what was paid by hand its report knows nothing under our key."""
    return Refund.objects.filter(attempt__gateway=gateway_name, state=RefundState.CONFIRMED, paid_by=None)


def _by_key(movements: Iterable[_Movement]) -> dict[_Key, _Movement]:
    return {movement.key: movement for movement in movements}


def _capture(attempt: CardAttempt) -> _Movement:
    key = _Key(is_payment=True, payment_id=attempt.payment_id, conversation_id="")
    return _Movement(
        key,
        CardMovement.PAYMENT,
        attempt.conversation_id,
        attempt.taken,
        attempt=attempt,
        since=attempt.created_at,
    )


def _given_back(refund: Refund) -> _Movement:
    key = _Key(is_payment=False, payment_id=refund.attempt.payment_id, conversation_id=refund.key)
    return _Movement(
        key, CardMovement.REFUND, refund.key, refund.amount, attempt=refund.attempt, since=refund.created_at
    )


@transaction.atomic
def _unanswered(gateway_name: str, day: date, *, now: datetime) -> None:
    """Note that the report could not be had; what an earlier comparison found stays."""
    CardDay.objects.update_or_create(gateway=gateway_name, day=day, defaults={"asked_at": now, "problem": _PROBLEM})


@transaction.atomic
def _keep(compared: _Comparison, *, gateway_name: str, day: date, now: datetime) -> CardDay:
    CardDay.objects.get_or_create(gateway=gateway_name, day=day, defaults={"asked_at": now, "compared_at": now})
    row = CardDay.objects.select_for_update(no_key=True).get(gateway=gateway_name, day=day)
    row.asked_at = row.compared_at = now
    row.problem = ""
    row.ours_count, row.ours_sum = _figures(compared.ours, payments=True)
    row.ours_back_count, row.ours_back_sum = _figures(compared.ours, payments=False)
    row.theirs_count, row.theirs_sum = _figures(compared.theirs, payments=True)
    row.theirs_back_count, row.theirs_back_sum = _figures(compared.theirs, payments=False)
    row.save()
    kept = {_note_finding(finding, gateway_name=gateway_name, day=day, now=now) for finding in compared.findings}
    _close_vanished(compared, gateway_name=gateway_name, day=day, kept=kept, now=now)
    return row


def _figures(movements: Iterable[_Movement], *, payments: bool) -> tuple[int, Decimal]:
    rows = [movement for movement in movements if movement.key.is_payment == payments]
    return len(rows), sum((row.amount for row in rows if row.currency == "TRY"), Decimal("0.00"))


def _note_finding(finding: _Finding, *, gateway_name: str, day: date, now: datetime) -> int:
    """Keep a difference once; open it again when its figures changed after it was closed. Return its number."""
    movement = finding.movement
    figures = {
        "ours": finding.ours,
        "theirs": finding.theirs,
        "currency": "TRY" if finding.theirs is None else movement.currency,
    }
    row, is_new = CardDifference.objects.get_or_create(
        gateway=gateway_name,
        day=day,
        payment_id=movement.key.payment_id,
        conversation_id=movement.conversation_id,
        event=movement.event,
        kind=finding.kind,
        defaults=figures | {"attempt": movement.attempt, "found_at": now},
    )
    row = CardDifference.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.pk)
    changed = any(getattr(row, name) != value for name, value in figures.items())
    if not is_new and (changed or row.vanished):
        for name, value in figures.items():
            setattr(row, name, value)
        row.closed_at, row.closed_by, row.vanished, row.note = None, None, False, ""
        row.save()
        is_new = True
    if row.attempt is None and movement.attempt is not None:
        row.attempt = movement.attempt
        row.save(update_fields=["attempt"])
    if row.closed_at is None:
        _ask_the_bank(finding)
    if is_new:
        _record("difference_found", row, actor=None, reason=str(row.get_kind_display()))
    return row.pk


def _ask_the_bank(finding: _Finding) -> None:
    """A capture of an attempt of ours that we know nothing of: the bank's word counts, so it is asked."""
    attempt = finding.movement.attempt
    if (
        finding.kind == DifferenceKind.MISSING_HERE
        and finding.movement.key.is_payment
        and attempt is not None
        and attempt.state != AttemptState.SUCCEEDED
    ):
        promise("card.settle", attempt_id=attempt.pk)


def _close_vanished(compared: _Comparison, *, gateway_name: str, day: date, kept: set[int], now: datetime) -> None:
    """Close what is a difference no more because both sides have the money; nothing else is taken from a person.

    A line that is gone from the report, say, stays: an empty report is no proof.
    """
    rows = CardDifference.objects.select_for_update(no_key=True, of=("self",))
    for row in rows.filter(gateway=gateway_name, day=day, closed_at=None).exclude(pk__in=kept).order_by("pk"):
        is_payment = row.event == CardMovement.PAYMENT
        key = _Key(is_payment, row.payment_id, "" if is_payment else row.conversation_id)
        if key in compared.both:
            row.closed_at, row.vanished, row.note = now, True, _VANISHED
            row.save(update_fields=["closed_at", "vanished", "note"])
            _record("difference_closed", row, actor=None, reason=_VANISHED)


@transaction.atomic
def close(*, difference_id: int, person: Person, note: str, now: datetime) -> CardDifference:
    """Close a difference with what an accountant found out. Raises AlreadyClosed, CardDifference.DoesNotExist."""
    row = CardDifference.objects.select_for_update(no_key=True, of=("self",)).get(pk=difference_id)
    if row.closed_at is not None:
        who = row.closed_by.get_full_name() if row.closed_by else "Sistem"
        raise AlreadyClosed(f"Bu fark daha önce kapatılmış ({who}).")
    row.closed_at, row.closed_by, row.note = now, person, note
    row.save(update_fields=["closed_at", "closed_by", "note"])
    _record("difference_closed", row, actor=person, reason=note)
    return row


def _record(action: str, row: CardDifference, *, actor: Person | None, reason: str) -> None:
    record(
        action=action,
        subject=row,
        actor=actor,
        provider_id=row.attempt.provider_id if row.attempt else None,
        reason=reason,
        gateway=row.gateway,
        day=row.day.isoformat(),
        kind=row.kind,
        event=row.event,
        payment_id=row.payment_id,
        ours=None if row.ours is None else str(row.ours),
        theirs=None if row.theirs is None else str(row.theirs),
    )
