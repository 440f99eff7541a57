from django.urls import path

from accounts import login_views, views

app_name = "accounts"

urlpatterns = [
    path("giris/", login_views.login, name="login"),
    path("giris/donus/", login_views.callback, name="callback"),
    path("cikis/", login_views.logout, name="logout"),
    path("saglayici/", views.choose, name="choose"),
    path("isyerim/", views.company, name="company"),
    path("basvuru/", views.apply, name="apply"),
]
