"""The table of roles: whole, and judged the same way by sentences, choices and changes."""

from itertools import product

import pytest

from accounts.company_forms import offered_topics
from accounts.enums import Capability, Role, Topic
from accounts.rules import (
    LAST_OWNER,
    ONLY_OWNERS,
    ROLE_HINTS,
    ROLES_WITH,
    assignable_by,
    may,
    refusal_of_change,
    who_may,
)

V, C, P, B, H, A = (
    Capability.VIEW,
    Capability.CONSENTS,
    Capability.PURCHASE,
    Capability.BRANDS,
    Capability.PEOPLE,
    Capability.API,
)
# The table of the specification, by role: written a second time so that a slip in the code is seen.
GRANTED = {
    Role.OWNER: {V, C, P, B, H, A},
    Role.MANAGER: {V, C, P, B, H, A},
    Role.CONSENTS: {V, C},
    Role.ACCOUNTING: {V, P},
    Role.VIEWER: {V},
}


@pytest.mark.parametrize(("role", "capability"), list(product(Role, Capability)))
def test_each_role_may_what_the_table_says(role: Role, capability: Capability) -> None:
    assert may(role, capability) == (capability in GRANTED[role])


def test_every_role_and_capability_is_in_the_tables() -> None:
    assert (set(ROLES_WITH), set(ROLE_HINTS)) == (set(Capability), set(Role))
    assert {may(None, capability) for capability in Capability} == {False}


def test_sentences_name_those_who_may() -> None:
    assert who_may(H) == "Bu işlem için Hesap Sahibi veya Hesap Yöneticisi yetkisi gerekir."
    assert who_may(P) == "Bu işlem için Hesap Sahibi, Hesap Yöneticisi veya Muhasebe yetkisi gerekir."


def test_only_an_owner_makes_owners() -> None:
    assert assignable_by(Role.OWNER) == tuple(Role)
    assert assignable_by(Role.MANAGER) == (Role.MANAGER, Role.CONSENTS, Role.ACCOUNTING, Role.VIEWER)
    assert {assignable_by(role) for role in (Role.CONSENTS, Role.ACCOUNTING, Role.VIEWER, None)} == {()}


@pytest.mark.parametrize(
    ("actor", "before", "after", "others", "refusal"),
    [
        (Role.OWNER, Role.OWNER, None, 0, LAST_OWNER),
        (Role.OWNER, Role.OWNER, Role.MANAGER, 0, LAST_OWNER),
        (Role.OWNER, Role.OWNER, Role.MANAGER, 1, ""),
        (Role.OWNER, Role.OWNER, None, 1, ""),
        (Role.OWNER, Role.OWNER, Role.OWNER, 0, ""),
        (Role.OWNER, Role.VIEWER, Role.OWNER, 1, ""),
        (Role.MANAGER, Role.OWNER, Role.VIEWER, 5, ONLY_OWNERS),
        (Role.MANAGER, Role.OWNER, None, 5, ONLY_OWNERS),
        (Role.MANAGER, Role.MANAGER, Role.OWNER, 1, ONLY_OWNERS),
        (Role.MANAGER, Role.VIEWER, Role.CONSENTS, 1, ""),
        (Role.MANAGER, Role.MANAGER, None, 1, ""),
        (Role.ACCOUNTING, Role.VIEWER, None, 1, who_may(H)),
        (None, Role.VIEWER, None, 1, who_may(H)),
    ],
)
def test_changes(actor: Role | None, before: Role, after: Role | None, others: int, refusal: str) -> None:
    assert refusal_of_change(actor_role=actor, before=before, after=after, other_owners=others) == refusal


def test_only_topics_about_which_the_portal_writes_are_offered() -> None:
    assert [topic for topic, _ in offered_topics()] == [Topic.USAGE, Topic.RENEWAL, Topic.PAYMENTS]
