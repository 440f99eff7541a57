from django.urls import path

from reports import party_views as views

app_name = "party_reports"

urlpatterns = [
    path("<int:code>/", views.overview, name="overview"),
    path("<int:code>/<slug:day>/", views.day, name="day"),
    path("<int:code>/<slug:day>/dosya.csv", views.file, name="file"),
    path("<int:code>/<slug:day>/zaman-damgasi.tsr", views.stamp, name="stamp"),
    path("<int:code>/<slug:day>/fark/<int:pk>/", views.comparison, name="comparison"),
    path("<int:code>/<slug:day>/fark/<int:pk>/farklar.csv", views.comparison_rows, name="comparison_rows"),
]
