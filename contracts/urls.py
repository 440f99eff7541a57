from django.urls import path

from contracts import views

app_name = "verification"

urlpatterns = [
    path("", views.verification, name="form"),
    path("<str:code>/", views.document, name="document"),
]
