"""Every address of the portal; fixed ones stand in the interfaces document."""

from django.contrib import admin
from django.urls import include, path

from consents.refusal_views import refuse
from iys_portal import health, views
from payments.views import cards

urlpatterns = [
    path("", views.entry, name="entry"),
    path("", include("accounts.urls")),
    path("basvuru/", include("applications.urls")),
    path("haber/", include("applications.news_urls")),
    path("markalar/", include("brands.urls")),
    path("markalar/", include("partners.urls")),
    path("markalar/", include("push.urls")),
    path("is-ortagi/bildirimler/", include("push.party_urls")),
    path("is-ortagi/mutabakat/", include("reports.party_urls")),
    path("is-ortagi/", include("partners.party_urls")),
    path("izinler/", include("consents.urls")),
    path("ret/<str:token>/", refuse, name="refusal"),
    path("paket/", include("packages.urls")),
    path("siparis/", include("payments.urls")),
    path("dogrula/", include("contracts.urls")),
    path("odeme/donus/<str:token>/", cards.card_return, name="card_return"),
    path("odeme/bildirim/<slug:name>/", cards.webhook, name="card_webhook"),
    path("api/", include("iys_portal.api.urls")),
    path("raporlar/", include("reports.urls")),
    path("muhasebe/", include("payments.accounting_urls")),
    path("yonetim/grafikler/", include("reports.administration_urls")),
    path("yonetim/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
