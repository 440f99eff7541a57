from django.urls import path

from payments.views import accounting

app_name = "accounting"

urlpatterns = [
    path("", accounting.dashboard, name="dashboard"),
    path("ekstreler/", accounting.statements, name="statements"),
    path("ekstreler/<int:pk>/", accounting.statement, name="statement"),
    path("hareketler/<int:pk>/", accounting.line, name="line"),
]
