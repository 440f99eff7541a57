"""The administrators' site at /yonetim/."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator


class PortalAdminSite(AdminSite):
    """Django admin in the portal's words."""

    site_header = "İleti Yönetim Sistemi – Yönetim"
    site_title = "Yönetim"
    index_title = "Kayıtlar"
    site_url = "/"
    enable_nav_sidebar = False

    def get_urls(self) -> list[Any]:
        """Send strangers to the site's own login from every page; Django marks only its index for that."""
        urls = super().get_urls()
        for pattern in _patterns(urls):
            if getattr(pattern.callback, "login_required", True):
                pattern.callback.login_url = reverse_lazy("admin:login")
        return urls

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show what needs a person above the list of records, and to administrators their pictures."""
        from consents.notices import notices as of_consents  # noqa: PLC0415  (models are not loaded before)
        from contracts.notices import notices as of_contracts  # noqa: PLC0415  (as above)
        from reports.pictures.catalogue import ADMINISTRATION  # noqa: PLC0415  (as above)

        now = timezone.now()
        told = of_contracts(now=now) if request.user.has_perm("contracts.view_signeddocument") else []
        told += of_consents(now=now) if request.user.has_perm("consents.view_holidaychange") else []
        questions = ADMINISTRATION if request.user.is_superuser else ()
        return super().index(request, {"notices": told, "questions": questions, **(extra_context or {})})

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Let staff in with their password, and audit it."""
        with transaction.atomic():
            response = super().login(request, extra_context)
            _record_success("login", request, response)
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Let staff change their own password, and audit it."""
        with transaction.atomic():
            response = super().password_change(request, extra_context)
            _record_success("admin:password", request, response)
        return response


def _record_success(action: str, request: HttpRequest, response: HttpResponse) -> None:
    """Audit a form of the site that was sent and accepted: it answers with a redirect."""
    from iys_portal.admin_base import acting_person  # noqa: PLC0415  (models are not loaded before)
    from iys_portal.audit.services import record  # noqa: PLC0415  (as above)

    if request.method == "POST" and response.status_code == 302:
        person = acting_person(request)
        record(action=action, subject=person, actor=person)


def _patterns(urls: Iterable[URLPattern | URLResolver]) -> Iterator[Any]:
    for url in urls:
        if isinstance(url, URLResolver):
            yield from _patterns(url.url_patterns)
        else:
            yield url


class PortalAdminConfig(AdminConfig):
    """Make PortalAdminSite the default site, so that every app's admin module registers with it."""

    default_site = "iys_portal.admin_site.PortalAdminSite"
