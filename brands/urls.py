from django.urls import path

from brands import views

app_name = "brands"

urlpatterns = [
    path("", views.overview, name="list"),
    path("<int:code>/", views.detail, name="detail"),
]
