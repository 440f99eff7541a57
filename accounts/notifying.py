"""To whom an e-mail about a provider goes: the people who act for it say what they want to read, and where."""

from collections.abc import Mapping

from accounts.enums import Role
from accounts.models import Membership, Provider
from accounts.rules import TOPIC_OF
from accounts.selectors import people_of
from iys_portal.mail.enums import MailKind
from iys_portal.mail.models import Mail
from iys_portal.mail.rendering import Value
from iys_portal.mail.services import queue


def queue_for(
    provider: Provider,
    *,
    kind: MailKind,
    context: Mapping[str, Value],
    key: str,
    attachment: tuple[str, int] | None = None,
) -> list[Mail]:
    """Queue an e-mail to everybody who is to read it, in the caller's transaction; each address gets it once.

    Queued again with the same `key`, nothing is sent twice.
    """
    return [
        queue(
            kind=kind,
            to=address,
            provider_id=provider.pk,
            context=context,
            attachment=attachment,
            key=f"{key}{mark}",
            is_personal=bool(mark),
        )
        for address, mark in _readers(provider, kind).items()
    ]


def _readers(provider: Provider, kind: MailKind) -> dict[str, str]:
    """Return the addresses, each with what tells its copy from the others; the provider's own has no mark.

    Who can log in no more reads nothing. What may be muted goes to those who have not muted it, everything else to the
    provider and its owners. A person without an address of their own reads at the provider's.
    """
    topic, members = TOPIC_OF.get(kind), list(people_of(provider.pk).filter(person__is_active=True))
    if topic is None:
        found = {provider.email: ""}
        readers = [member for member in members if member.role == Role.OWNER]
    else:
        found = {} if members else {provider.email: ""}
        readers = [member for member in members if topic not in member.muted]
    for member in readers:
        if not member.email:
            found[provider.email] = ""
        elif member.email != provider.email:
            found.setdefault(member.email, f":{member.pk}")
    return found


def address_of_member(membership: Membership) -> str:
    """Return where a person is written about their own authority."""
    return membership.email or membership.person.email or membership.provider.email
