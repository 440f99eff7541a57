"""The administrators' pictures, in their area."""

from django.urls import path

from reports import picture_views

app_name = "administration"

urlpatterns = [
    path("<slug:slug>/", picture_views.administration_picture, name="picture"),
    path("<slug:slug>.csv", picture_views.administration_export, {"kind": "csv"}, name="picture_csv"),
    path("<slug:slug>.xlsx", picture_views.administration_export, {"kind": "xlsx"}, name="picture_xlsx"),
]
