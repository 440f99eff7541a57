"""The simulator's addresses: the login pages, and the endpoints of the provider under their library names."""

from allauth.idp.oidc import views as oidc
from django.urls import include, path

from simulators.edevlet import views

_OIDC = [
    path(".well-known/openid-configuration", oidc.configuration, name="configuration"),
    path(".well-known/jwks.json", oidc.jwks, name="jwks"),
    path("identity/o/authorize", views.AuthorizationView.as_view(), name="authorization"),
    path("identity/o/logout", views.LogoutView.as_view(), name="logout"),
    path("identity/o/api/token", oidc.token, name="token"),
    path("identity/o/api/revoke", oidc.revoke, name="revoke"),
    path("identity/o/api/userinfo", oidc.user_info, name="userinfo"),
    # The discovery view asks for this name; the client has no right to the grant.
    path("identity/o/api/device/code", oidc.device_code, name="device_code"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("giris/", views.LoginView.as_view(), name="account_login"),
    path("yeniden-giris/", views.LoginView.as_view(), name="account_reauthenticate"),
    path("giris/vazgec/", views.cancel, name="cancel"),
    path("giris/<slug:topic>/", views.explain, name="explain"),
    path("dosya/<str:name>", views.asset, name="asset"),
    path("", include(([path("", include((_OIDC, "oidc")))], "idp"))),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
