"""The administrators' site at /yonetim/."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig


class PortalAdminSite(AdminSite):
    """Django admin in the portal's words."""

    site_header = "İleti Yönetim Sistemi – Yönetim"
    site_title = "Yönetim"
    index_title = "Kayıtlar"
    site_url = "/"


class PortalAdminConfig(AdminConfig):
    """Make PortalAdminSite the default site, so that every app's admin module registers with it."""

    default_site = "iys_portal.admin_site.PortalAdminSite"
