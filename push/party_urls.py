from django.urls import path

from push import views

app_name = "party_push"

urlpatterns = [
    path("", views.party_overview, name="connections"),
    path("<int:pk>/", views.party_detail, name="connection"),
    path("<int:pk>/anahtar/", views.party_key, name="key"),
    path("<int:pk>/baslat/", views.party_restart, name="restart"),
    path("<int:pk>/kaldir/", views.party_remove, name="remove"),
    path("<int:pk>/yeniden/", views.party_replay, name="replay"),
]
