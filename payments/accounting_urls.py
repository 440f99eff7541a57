from django.urls import path

from payments.views import accounting, bank_refunds, card_accounting, presence, profiles, refunds, workbench
from reports import picture_views

app_name = "accounting"

urlpatterns = [
    path("", accounting.dashboard, name="dashboard"),
    path("kuyruk/", workbench.queue, name="queue"),
    path("kuyruk/hareketler.csv", workbench.export, {"kind": "csv"}, name="export_csv"),
    path("kuyruk/hareketler.xlsx", workbench.export, {"kind": "xlsx"}, name="export_xlsx"),
    path("ekstreler/", accounting.statements, name="statements"),
    path("ekstreler/<int:pk>/", accounting.statement, name="statement"),
    path("sutun-tanimlari/", profiles.profile_list, name="profiles"),
    path("sutun-tanimlari/yeni/", profiles.new, name="profile_new"),
    path("sutun-tanimlari/<slug:slug>/", profiles.edit, name="profile"),
    path("kart-mutabakati/", card_accounting.comparison, name="card_days"),
    path("kart-mutabakati/farklar.csv", card_accounting.differences_csv, name="card_differences_csv"),
    path("kart-mutabakati/<int:pk>/", card_accounting.difference, name="card_difference"),
    path("kart-denemeleri/", card_accounting.attempts, name="card_attempts"),
    path("siparisler/<str:code>/", card_accounting.order, name="order"),
    path("kart-iadeleri/", refunds.refund_list, name="card_refunds"),
    path("kart-iadeleri/<int:pk>/", refunds.refund, name="card_refund"),
    path("kart-denemeleri/<int:pk>/iade/", refunds.refund_request, name="card_refund_request"),
    path("ekstreler/<int:pk>/dosya/", accounting.statement_file, name="statement_file"),
    path("hareketler/<int:pk>/", workbench.line, name="line"),
    path("hareketler/<int:pk>/kimler/", presence.line, name="line_presence"),
    path("siparisler/<str:code>/kimler/", presence.order, name="order_presence"),
    path("havale-iadeleri/", bank_refunds.refunds, name="bank_refunds"),
    path("havale-iadeleri/<int:pk>/", bank_refunds.refund, name="bank_refund"),
    path("havale-iadeleri/dosyalar/<int:pk>/", bank_refunds.refund_file, name="refund_file"),
    path(
        "havale-iadeleri/dosyalar/<int:pk>/iade.csv", bank_refunds.refund_download, {"kind": "csv"}, name="refund_csv"
    ),
    path(
        "havale-iadeleri/dosyalar/<int:pk>/iade.xml", bank_refunds.refund_download, {"kind": "xml"}, name="refund_xml"
    ),
    path("grafikler/<slug:slug>/", picture_views.accounting_picture, name="picture"),
    path("grafikler/<slug:slug>.csv", picture_views.accounting_export, {"kind": "csv"}, name="picture_csv"),
    path("grafikler/<slug:slug>.xlsx", picture_views.accounting_export, {"kind": "xlsx"}, name="picture_xlsx"),
    path("incelemedekiler/", bank_refunds.reviews, name="reviews"),
]
