"""What the tests of İşyerim start from: people of one company, invitations, and how a page and an e-mail are read."""

import re
from datetime import datetime
from html import unescape
from typing import Any

from django.http import HttpResponse

from accounts.enums import Role
from accounts.models import Invitation, Membership, Person, Provider
from accounts.services import people
from accounts.services.people import Invited
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.models import Mail
from tests import factories

TCKN = "10000000382"


def member(provider: Provider, role: Role, **fields: Any) -> Person:
    """Return a new person who acts for the provider in a role."""
    return factories.MembershipFactory.create(provider=provider, role=role, **fields).person


def membership_of(person: Person) -> Membership:
    return Membership.objects.get(person=person)


def invited(tckn: str = TCKN, *, role: Role = Role.VIEWER, **words: str) -> Invited:
    values = {"given_name": "Şule", "family_name": "Güneşdoğdu", "email": "sule@ornek.com.tr", **words}
    return Invited(tckn=tckn, role=role, **values)


def invite(provider: Provider, person: Person, *, now: datetime, **words: Any) -> tuple[Invitation, str]:
    """Return a new invitation and the code of its link."""
    invitation = people.invite(provider=provider, invited=invited(**words), person=person, now=now)
    return invitation, code_of_newest_mail()


def code_of_newest_mail() -> str:
    found = re.search(r"/davet/\?kod=([\w-]+)", Mail.objects.filter(kind="invitation").latest("pk").text)
    assert found is not None
    return found[1]


def text_of(answer: HttpResponse) -> str:
    """Return what a page says in its main part, on one line."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def actions() -> list[tuple[str, dict[str, Any]]]:
    """Return what was audited, in order, with before and after."""
    kept = ("before", "after")
    return [
        (event.action, {name: value for name, value in event.detail.items() if name in kept})
        for event in AuditEvent.objects.order_by("pk")
    ]


def mails() -> list[tuple[str, str]]:
    """Return the e-mails that were queued, in order: to whom, about what."""
    return list(Mail.objects.order_by("pk").values_list("to", "subject"))
