"""Every address of the portal; fixed ones stand in the interfaces document."""

from django.contrib import admin
from django.urls import include, path

from iys_portal import health, views

urlpatterns = [
    path("", views.entry, name="entry"),
    path("", include("accounts.urls")),
    path("markalar/", include("brands.urls")),
    path("markalar/", include("partners.urls")),
    path("izinler/", include("consents.urls")),
    path("paket/", include("packages.urls")),
    path("siparis/", include("payments.urls")),
    path("raporlar/", include("reports.urls")),
    path("muhasebe/", include("payments.accounting_urls")),
    path("yonetim/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
