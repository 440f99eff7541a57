"""The audit trail: append-only, chained by hash, and it names the first row that somebody touched."""

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Person, Provider
from iys_portal.audit.models import AuditEvent, AuditSeal
from iys_portal.audit.selectors import first_broken_seal, history_of
from iys_portal.audit.services import record, seal_events


def run(sql: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditevent SET actor_name = 'Başkası'",
        "DELETE FROM audit_auditevent",
        "UPDATE audit_auditseal SET hash = ''",
        "DELETE FROM audit_auditseal",
    ],
)
def test_rows_cannot_be_changed_or_deleted(provider: Provider, sql: str) -> None:
    record(action="test", subject=provider, actor=None)
    with pytest.raises(DatabaseError, match="append-only"):
        run(sql)


@pytest.mark.django_db
def test_who_what_and_why(provider: Provider, alice: Person) -> None:
    record(action="rename", subject=provider, actor=alice, reason="Unvan değişti", before="A", after="B")
    event = AuditEvent.objects.get(action="rename")
    assert (event.actor_id, event.actor_name) == (alice.pk, "Şule Işık")
    assert (event.object_type, event.object_id) == ("accounts.provider", str(provider.pk))
    assert (event.reason, event.detail) == ("Unvan değişti", {"before": "A", "after": "B"})
    assert list(history_of(provider)) == [event]


@pytest.mark.django_db
def test_the_chain_grows_and_holds(provider: Provider) -> None:
    for number in range(3):
        record(action=f"test{number}", subject=provider, actor=None, amount="5097.60")
    expected = AuditEvent.objects.count()
    assert seal_events() == expected
    assert seal_events() == 0
    record(action="later", subject=provider, actor=None)
    assert seal_events() == 1
    assert list(AuditSeal.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, expected + 2))
    assert first_broken_seal() is None


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["reason", "actor_name", "detail", "at"])
def test_a_change_behind_the_triggers_back_is_named(provider: Provider, column: str) -> None:
    events = [record(action="test", subject=provider, actor=None) for _ in range(3)]
    seal_events()
    value = {"detail": '{"a": 1}', "at": "2020-01-01T00:00:00Z"}.get(column, "geçmiş")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_auditevent_append_only")
        cursor.execute(f"UPDATE audit_auditevent SET {column} = %s WHERE id = %s", [value, events[1].pk])
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER audit_auditevent_append_only")
    broken = first_broken_seal()
    assert broken is not None
    assert broken.event_id == events[1].pk
