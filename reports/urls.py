from django.urls import path

from reports import picture_views, views

app_name = "reports"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("grafikler/", picture_views.pictures, name="pictures"),
    path("grafikler/aylik/<slug:month>.pdf", picture_views.month, name="month"),
    path("grafikler/<slug:slug>/", picture_views.picture, name="picture"),
    path("grafikler/<slug:slug>.csv", picture_views.export, {"kind": "csv"}, name="picture_csv"),
    path("grafikler/<slug:slug>.xlsx", picture_views.export, {"kind": "xlsx"}, name="picture_xlsx"),
]
