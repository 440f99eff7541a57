"""The documentation's addresses. The API's own stand in the declarations of its endpoints."""

from django.urls import path

from iys_portal.api import pages

app_name = "api_docs"

urlpatterns = [
    path("", pages.overview, name="overview"),
    path("openapi.json", pages.openapi, name="openapi"),
    path("servis/<slug:name>/", pages.service, name="service"),
    path("hatalar/", pages.code_list, name="codes"),
    path("hatalar/<slug:code>/", pages.code, name="code"),
]
