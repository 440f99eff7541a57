from django.urls import path

from consents import import_views, views

app_name = "consents"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("ara/", views.search, name="search"),
    path("liste/", views.listing, name="list"),
    path("liste/izinler.csv", views.export, name="export"),
    path("ekle/", views.add, name="add"),
    path("yukle/", import_views.upload, name="imports"),
    path("yukle/sablon.csv", import_views.template, name="import_template"),
    path("yukle/<int:pk>/", import_views.job, name="import"),
    path("yukle/<int:pk>/sutunlar/", import_views.columns, name="import_columns"),
    path("yukle/<int:pk>/hatalar.csv", import_views.problems, name="import_problems"),
    path("alici/<str:token>/", views.recipient, name="recipient"),
]
