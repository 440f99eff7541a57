from django.urls import path

from accounts import api_views
from partners.views import party

app_name = "party"

_API = "api/"

urlpatterns = [
    path("", party.overview, name="brands"),
    path("markalar.csv", party.export, name="export"),
    path("calisiyor-mu/", party.check, name="check"),
    path(_API, api_views.party_overview, name="api_accounts"),
    path(f"{_API}yeni/", api_views.party_create, name="api_create"),
    path(f"{_API}<int:pk>/", api_views.party_detail, name="api_account"),
    path(f"{_API}<int:pk>/sifre/", api_views.party_secret, name="api_secret"),
    path(f"{_API}<int:pk>/sifre/yenile/", api_views.party_rotate, name="api_rotate"),
    path(f"{_API}<int:pk>/adresler/", api_views.party_networks, name="api_networks"),
    path(f"{_API}<int:pk>/iptal/", api_views.party_revoke, name="api_revoke"),
    path(f"{_API}<int:pk>/istekler/", api_views.party_requests, name="api_requests"),
]
