"""Which role may do what. The one table; views, templates and services ask it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from ipaddress import ip_address, ip_network

from accounts.enums import Capability, Role, Topic
from iys_portal.mail.enums import MailKind

INVITATION_LIFETIME = timedelta(days=7)
INVITATIONS_A_DAY = 100
INVITATIONS_A_DAY_TO_ONE = 10

_EVERYBODY = frozenset(Role)
_HEADS = frozenset({Role.OWNER, Role.MANAGER})

ROLES_WITH: Mapping[Capability, frozenset[Role]] = {
    Capability.VIEW: _EVERYBODY,
    Capability.CONSENTS: _HEADS | {Role.CONSENTS},
    Capability.PURCHASE: _HEADS | {Role.ACCOUNTING},
    Capability.BRANDS: _HEADS,
    Capability.PEOPLE: _HEADS,
    Capability.API: _HEADS,
}

ROLE_HINTS: Mapping[Role, str] = {
    Role.OWNER: "Her işlemi yapar; başka Hesap Sahipleri de belirler.",
    Role.MANAGER: "Hesap Sahiplerini değiştirmek dışında her işlemi yapar.",
    Role.CONSENTS: "İzin ekler ve değiştirir; diğer sayfaları yalnızca görür.",
    Role.ACCOUNTING: "Paket satın alır, sözleşme onaylar ve öder; diğer sayfaları yalnızca görür.",
    Role.VIEWER: "Sayfaları görür, hiçbir işlem yapamaz.",
}

TOPIC_OF: Mapping[MailKind, Topic] = {
    MailKind.ADDRESS_USAGE: Topic.USAGE,
    MailKind.SUBSCRIPTION_EXPIRING: Topic.RENEWAL,
    MailKind.ORDER_RECEIVED: Topic.PAYMENTS,
    MailKind.PAYMENT_DIFFERS: Topic.PAYMENTS,
    MailKind.ORDER_PAID: Topic.PAYMENTS,
    MailKind.CARD_REFUNDED: Topic.PAYMENTS,
}
"""E-mails that a person may do without. A kind that is not here is always sent."""


class AccountRefused(Exception):
    """The rules forbid it; `str()` says why, in Turkish, and what to do."""


LAST_OWNER = "Hizmet sağlayıcının en az bir Hesap Sahibi olmalıdır. Önce başka bir kişiyi Hesap Sahibi yapın."
ONLY_OWNERS = "Hesap Sahibi görevini yalnızca bir Hesap Sahibi verebilir, değiştirebilir ya da kaldırabilir."


def may(role: str | None, capability: str) -> bool:
    """Return whether a person of this role (None: of no role) may do what asks for the capability."""
    return role in ROLES_WITH[Capability(capability)]


def who_may(capability: str) -> str:
    """Return the sentence that says whose role the capability takes."""
    *others, last = [role.label for role in Role if role in ROLES_WITH[Capability(capability)]]
    names = f"{', '.join(others)} veya {last}" if others else last
    return f"Bu işlem için {names} yetkisi gerekir."


def assignable_by(role: str | None) -> tuple[Role, ...]:
    """Return the roles that a person of this role may give."""
    if not may(role, Capability.PEOPLE):
        return ()
    return tuple(given for given in Role if given != Role.OWNER or role == Role.OWNER)


def refusal_of_change(*, actor_role: str | None, before: str, after: str | None, other_owners: int) -> str:
    """Return why somebody may not give the role `after` (None: none at all) to a person who has `before`, or nothing.

    `other_owners` counts the owners there are beside that person.
    """
    if not may(actor_role, Capability.PEOPLE):
        return who_may(Capability.PEOPLE)
    if Role.OWNER in {before, after} and actor_role != Role.OWNER:
        return ONLY_OWNERS
    if before == Role.OWNER != after and not other_owners:
        return LAST_OWNER
    return ""


MOST_NETWORKS = 50


def network_of(written: str) -> str:
    """Return an address or a CIDR block as it is kept (“192.0.2.7/32”); raise ValueError where it is neither."""
    return str(ip_network(written.strip(), strict=False))


def lets_in(networks: Iterable[str], address: str) -> bool:
    """Return whether an account with this list may be used from the address; an empty list lets everybody in."""
    wanted = [ip_network(network) for network in networks]
    if not wanted:
        return True
    try:
        known = ip_address(address)
    except ValueError:
        return False
    if known.version == 6 and known.ipv4_mapped:
        known = known.ipv4_mapped
    return any(known.version == network.version and known in network for network in wanted)
