"""What every page's frame shows: who is here, for which provider, and where the menu leads."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import Provider
from packages.selectors import active_package


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
    package_badge: str = ""
    can_switch: bool = False
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
    return Frame(
        signed_in=True,
        person_name=user.get_full_name(),
        provider=provider,
        package_badge=active_package(provider.pk, now=timezone.now()).heading if provider else "",
        can_switch=len(getattr(request, "memberships", [])) > 1,
        menu=[_entry(request, *entry) for entry in _MENU] if provider else [],
        staff_menu=_staff_menu(request),
    )


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
