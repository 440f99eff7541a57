from django.urls import path

from accounts import api_views, company_views, login_views, people_views, person_views, views

app_name = "accounts"

_PEOPLE = "isyerim/yetkililer/"
_API = "isyerim/api/"

urlpatterns = [
    path("giris/", login_views.login, name="login"),
    path("giris/donus/", login_views.callback, name="callback"),
    path("cikis/", login_views.logout, name="logout"),
    path("oturum/", person_views.session, name="session"),
    path("oturum-bitti/", person_views.session_ended, name="session_ended"),
    path("saglayici/", views.choose, name="choose"),
    path("davet/", people_views.invitation, name="invitation"),
    path("isyerim/", company_views.company, name="company"),
    path("isyerim/degisiklik/", company_views.change_request, name="change_request"),
    path("isyerim/degisiklik/<int:pk>/geri-cek/", company_views.change_withdraw, name="change_withdraw"),
    path("isyerim/bildirimler/", company_views.notifications, name="notifications"),
    path("isyerim/oturumlar/", person_views.sessions, name="sessions"),
    path("isyerim/kisisel-verilerim/", person_views.personal_data, name="personal_data"),
    path("isyerim/kisisel-verilerim/indir/", person_views.personal_data_export, name="personal_data_export"),
    path(_PEOPLE, people_views.overview, name="people"),
    path(f"{_PEOPLE}davet/", people_views.invite, name="invite"),
    path(f"{_PEOPLE}davet/<int:pk>/yeniden/", people_views.invite_again, name="invite_again"),
    path(f"{_PEOPLE}davet/<int:pk>/geri-cek/", people_views.withdraw, name="invitation_withdraw"),
    path(f"{_PEOPLE}<int:pk>/gorev/", people_views.role, name="member_role"),
    path(f"{_PEOPLE}<int:pk>/cikar/", people_views.remove, name="member_remove"),
    path(_API, api_views.overview, name="api_accounts"),
    path(f"{_API}yeni/", api_views.create, name="api_create"),
    path(f"{_API}<int:pk>/", api_views.detail, name="api_account"),
    path(f"{_API}<int:pk>/sifre/", api_views.secret, name="api_secret"),
    path(f"{_API}<int:pk>/sifre/yenile/", api_views.rotate, name="api_rotate"),
    path(f"{_API}<int:pk>/adresler/", api_views.networks, name="api_networks"),
    path(f"{_API}<int:pk>/markalar/", api_views.brands, name="api_brands"),
    path(f"{_API}<int:pk>/iptal/", api_views.revoke, name="api_revoke"),
    path(f"{_API}<int:pk>/sifirla/", api_views.reset, name="api_reset"),
    path(f"{_API}<int:pk>/istekler/", api_views.requests, name="api_requests"),
]
