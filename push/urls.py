from django.urls import path

from push import views

app_name = "push"

urlpatterns = [
    path("<int:code>/bildirimler/", views.overview, name="connections"),
    path("<int:code>/bildirimler/ekle/", views.add, name="add"),
    path("<int:code>/bildirimler/<int:pk>/", views.detail, name="connection"),
    path("<int:code>/bildirimler/<int:pk>/anahtar/", views.key, name="key"),
    path("<int:code>/bildirimler/<int:pk>/baslat/", views.restart, name="restart"),
    path("<int:code>/bildirimler/<int:pk>/kaldir/", views.remove, name="remove"),
    path("<int:code>/bildirimler/<int:pk>/yeniden/", views.replay, name="replay"),
]
