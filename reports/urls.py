from django.urls import path

from reports import views

app_name = "reports"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("gunluk/<int:code>/<slug:day>/", views.day, name="day"),
    path("gunluk/<int:code>/<slug:day>/dosya.csv", views.file, name="file"),
    path("gunluk/<int:code>/<slug:day>/zaman-damgasi.tsr", views.stamp, name="stamp"),
    path("gunluk/<int:code>/<slug:day>/fark/<int:pk>/", views.comparison, name="comparison"),
    path("gunluk/<int:code>/<slug:day>/fark/<int:pk>/farklar.csv", views.comparison_rows, name="comparison_rows"),
]
