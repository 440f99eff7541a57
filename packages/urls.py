from django.urls import path

from packages import views

app_name = "packages"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("sec/", views.choose, name="choose"),
    path("gecmis/", views.history, name="history"),
    path("<slug:slug>/", views.detail, name="detail"),
]
