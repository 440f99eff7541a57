from django.urls import path

from reports import document_views, picture_views, views

app_name = "reports"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("gunluk/<int:code>/<slug:day>/", views.day, name="day"),
    path("gunluk/<int:code>/<slug:day>/dosya.csv", views.file, name="file"),
    path("gunluk/<int:code>/<slug:day>/zaman-damgasi.tsr", views.stamp, name="stamp"),
    path("gunluk/<int:code>/<slug:day>/fark/<int:pk>/", views.comparison, name="comparison"),
    path("gunluk/<int:code>/<slug:day>/fark/<int:pk>/farklar.csv", views.comparison_rows, name="comparison_rows"),
    path("grafikler/", picture_views.pictures, name="pictures"),
    path("grafikler/rapor/", document_views.chosen_days, name="chosen_days"),
    path("grafikler/rapor.pdf", document_views.chosen_days_pdf, name="chosen_days_pdf"),
    path("grafikler/rapor/<slug:period>/", document_views.document, name="document"),
    path("grafikler/rapor/<slug:period>.pdf", document_views.document_pdf, name="document_pdf"),
    path("grafikler/e-postayla/", document_views.by_mail, name="by_mail"),
    path("birak/<str:token>/", document_views.leave, name="leave"),
    path("grafikler/<slug:slug>/", picture_views.picture, name="picture"),
    path("grafikler/<slug:slug>.csv", picture_views.export, {"kind": "csv"}, name="picture_csv"),
    path("grafikler/<slug:slug>.xlsx", picture_views.export, {"kind": "xlsx"}, name="picture_xlsx"),
]
