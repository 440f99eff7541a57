"""The administrators' site at /yonetim/."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.urls import URLPattern, URLResolver, reverse_lazy


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


def _patterns(urls: Iterable[URLPattern | URLResolver]) -> Iterator[Any]:
    for url in urls:
        if isinstance(url, URLResolver):
            yield from _patterns(url.url_patterns)
        else:
            yield url


class PortalAdminConfig(AdminConfig):
    """Make PortalAdminSite the default site, so that every app's admin module registers with it."""

    default_site = "iys_portal.admin_site.PortalAdminSite"
