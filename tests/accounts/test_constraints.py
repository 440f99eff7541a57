"""Invitations and change requests under raw SQL."""

from datetime import datetime

import pytest
from django.db import connection

from accounts.models import Person, Provider
from tests.admin.world import ask_and_invite
from tests.architecture.test_constraints import refused


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("invitation_role_known", "role = 'king'"),
        ("invitation_state_known", "state = 'lost'"),
        ("invitation_ends_later", "expires_at = created_at"),
        ("invitation_accepted_iff_membership", "state = 'accepted'"),
        ("invitation_accepted_iff_membership", "membership_id = (SELECT max(id) FROM accounts_membership)"),
    ],
)
def test_invitations(alice: Person, provider: Provider, now: datetime, constraint: str, change: str) -> None:
    ask_and_invite(provider, alice, 1, now=now)
    refused(constraint, f"UPDATE accounts_invitation SET {change}")


COPIED = (
    "provider_id, tckn_hash, tckn_encrypted, given_name, family_name, email, role, state, invited_by_id, created_at"
)


@pytest.mark.parametrize(
    ("constraint", "tckn", "code"),
    [
        ("invitation_one_pending", "tckn_hash", "'another'"),
        ("accounts_invitation_code_hash", "'another'", "code_hash"),
    ],
)
def test_invitations_exclude_each_other(
    alice: Person, provider: Provider, now: datetime, constraint: str, tckn: str, code: str
) -> None:
    ask_and_invite(provider, alice, 1, now=now)
    chosen = COPIED.replace("tckn_hash", tckn)
    refused(
        constraint,
        f"INSERT INTO accounts_invitation ({COPIED}, expires_at, code_hash)"
        f" SELECT {chosen}, expires_at, {code} FROM accounts_invitation",
    )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("change_field_known", "field = 'colour'"),
        ("change_state_known", "state = 'lost', decided_at = now(), decided_by_id = requested_by_id"),
        ("change_changes", "new_value = old_value"),
        ("change_decided_whole", "state = 'applied'"),
        ("change_decided_whole", "decided_at = now()"),
    ],
)
def test_change_requests(alice: Person, provider: Provider, now: datetime, constraint: str, change: str) -> None:
    ask_and_invite(provider, alice, 1, now=now)
    refused(constraint, f"UPDATE accounts_companychange SET {change}")


def test_one_request_waits_for_each_field(alice: Person, provider: Provider, now: datetime) -> None:
    ask_and_invite(provider, alice, 1, now=now)
    columns = "provider_id, field, old_value, new_value, reason, state, requested_by_id, created_at, decision"
    refused(
        "change_one_pending",
        f"INSERT INTO accounts_companychange ({columns}) SELECT {columns} FROM accounts_companychange",
    )


def test_the_number_of_a_provider_is_kept(provider: Provider) -> None:
    """Transaction ids of consents are derived from it."""
    refused("accounts_provider_iys_code_fixed", "UPDATE accounts_provider SET iys_code = iys_code + 1")
    number = provider.iys_code
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_provider SET iys_code = %s, title = 'Yeni' WHERE id = %s", [number, provider.pk]
        )
    assert Provider.objects.get(pk=provider.pk).title == "Yeni"
