"""What every page's frame shows: who is here, for which provider, and where the menu leads."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.access import party_key
from accounts.enums import Capability
from accounts.models import Membership, Provider
from accounts.rules import may
from accounts.sessions import WARNING, ends_in
from packages.selectors import active_package

if TYPE_CHECKING:
    from partners.models import Intermediary, Partner


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu."""

    label: str
    url: str
    icon: str
    current: bool


@dataclass(frozen=True)
class Frame:
    """The values of templates/base.html."""

    signed_in: bool = False
    person_name: str = ""
    provider: Provider | None = None
    party: "Partner | Intermediary | None" = None
    acting_for: str = ""
    package_badge: str = ""
    role: str = ""
    may: dict[str, bool] = field(default_factory=dict)
    can_switch: bool = False
    session_seconds: int = 0
    warning_seconds: int = int(WARNING.total_seconds())
    menu: list[MenuEntry] = field(default_factory=list)
    staff_menu: list[MenuEntry] = field(default_factory=list)
    demo: bool = settings.DEMO_MODE
    version: str = settings.VERSION


_MENU = [
    ("İzin Yönetimi", "consents:overview", "mail-check"),
    ("İşyerim", "accounts:company", "building-2"),
    ("Marka Yönetimi", "brands:list", "tags"),
    ("Paket Yönetimi", "packages:overview", "package"),
    ("Raporlar", "reports:overview", "chart-column"),
]
_PARTY_MENU = [
    ("Markalar", "party:brands", "tags"),
    ("Çalışıyor mu?", "party:check", "circle-check"),
    ("API hesapları", "party:api_accounts", "plug"),
]
_PARTNER_MENU = [("Anlık bildirimler", "party_push:connections", "bell")]  # an AHS asks, and is told nothing
# Pages that belong to a menu entry though they stand at another address.
_ALSO = {"packages:overview": "/siparis/"}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame`, computed only by pages that draw it."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> Frame:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Frame()
    provider: Provider | None = getattr(request, "provider", None)
    membership: Membership | None = getattr(request, "membership", None)
    party: Partner | Intermediary | None = getattr(request, "party", None)
    left, role = ends_in(request.session, now=timezone.now()), membership.role if membership else None
    return Frame(
        signed_in=True,
        person_name=user.get_full_name(),
        provider=provider,
        party=party,
        acting_for=str(provider.pk) if provider else party_key(party) if party else "",
        package_badge=active_package(provider.pk, now=timezone.now()).heading if provider else "",
        role=membership.get_role_display() if membership else "",
        may={capability.value: may(role, capability) for capability in Capability},
        session_seconds=int(left.total_seconds()) if left else 0,
        can_switch=len(getattr(request, "memberships", [])) + len(getattr(request, "parties", [])) > 1,
        menu=[_entry(request, *entry) for entry in _MENU] if provider else _party_menu(request),
        staff_menu=_staff_menu(request),
    )


def _party_menu(request: HttpRequest) -> list[MenuEntry]:
    """Return the menu of a company's people; its first page stands above the second, and is current only itself."""
    if (party := getattr(request, "party", None)) is None:
        return []
    pages = _PARTY_MENU + (_PARTNER_MENU if party._meta.model_name == "partner" else [])
    entries = [(label, reverse(name), icon) for label, name, icon in pages]
    first = entries[0][1]
    return [
        MenuEntry(label, url, icon, current=request.path == url or (url != first and request.path.startswith(url)))
        for label, url, icon in entries
    ]


def _staff_menu(request: HttpRequest) -> list[MenuEntry]:
    entries = []
    if request.user.has_perm("payments.work_on_statements"):
        entries.append(_entry(request, "Muhasebe", "accounting:dashboard", "landmark"))
    if request.user.is_staff:
        entries.append(_entry(request, "Yönetim", "admin:index", "settings"))
    return entries


def _entry(request: HttpRequest, label: str, name: str, icon: str) -> MenuEntry:
    url = reverse(name)
    current = request.path.startswith((url, _ALSO.get(name, url)))
    return MenuEntry(label, url, icon, current=current)
