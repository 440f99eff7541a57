"""The simulator's addresses: the two wire protocols, the payer's pages, the pages of the demo."""

from django.urls import path

from simulators.bank import pages, switch, transfers
from simulators.bank.iyzico import commands, queries
from simulators.bank.nestpay import api, gate

_IYZICO = [
    path("payment/test", queries.test),
    path("payment/bin/check", queries.bin_check),
    path("payment/iyzipos/installment", queries.installments),
    # Two names of one call: the first stands in the documentation, the second in the published clients.
    path("payment/iyzipos/checkoutform/initialize/auth/ecom", commands.initialize_form),
    path("payment/iyzipos/checkoutform/initialize/ecom", commands.initialize_form),
    path("payment/iyzipos/checkoutform/auth/ecom/detail", queries.form_detail),
    path("payment/3dsecure/initialize", commands.initialize_threeds),
    path("payment/3dsecure/auth", commands.threeds_auth),
    path("payment/v2/3dsecure/auth", commands.threeds_auth_v2),
    path("payment/auth", commands.auth),
    path("payment/detail", queries.payment_detail),
    path("payment/cancel", commands.cancel),
    path("payment/refund", commands.refund),
    path("v2/payment/refund", commands.refund_v2),
    path("v2/reporting/payment/details", queries.report_details),
    path("v2/reporting/payment/transactions", queries.report_transactions),
]

urlpatterns = [
    *_IYZICO,
    path("fim/est3Dgate", gate.gate),
    path("fim/api", api.api),
    path("odeme-sayfasi/<slug:token>/", pages.card, name="card"),
    path("3d/<slug:token>/", pages.threeds, name="threeds"),
    path("vazgec/<slug:token>/", pages.give_up, name="give_up"),
    path("donus/<slug:token>/", pages.go_back, name="return"),
    path("HEK_NKYWS/HesapHareketleri.asmx/HesapEkstre", transfers.statement),
    path("", switch.home, name="home"),
    path("havale/", transfers.send, name="transfer"),
    path("islemler/", switch.transactions, name="transactions"),
    path("anahtar/", switch.switch, name="switch"),
    path("saglik/", pages.health, name="health"),
    path("dosya/<str:name>", pages.asset, name="asset"),
]

handler400 = pages.bad_request
handler404 = pages.not_found
handler500 = pages.server_error
