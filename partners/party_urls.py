from django.urls import path

from partners.views import party

app_name = "party"

urlpatterns = [
    path("", party.overview, name="brands"),
    path("markalar.csv", party.export, name="export"),
    path("calisiyor-mu/", party.check, name="check"),
]
