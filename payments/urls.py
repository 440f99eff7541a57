from django.urls import path

from payments.views import cards, orders, receipts

app_name = "payments"

urlpatterns = [
    path("<str:code>/", orders.detail, name="order"),
    path("<str:code>/sozlesme/", orders.contract, name="contract"),
    path("<str:code>/sozlesme/taslak.pdf", orders.contract_draft, name="contract_draft"),
    path("<str:code>/sozlesme.pdf", orders.document, name="document"),
    path("<str:code>/makbuz/", receipts.receipt, name="receipt"),
    path("<str:code>/makbuz.pdf", receipts.receipt_pdf, name="receipt_pdf"),
    path("<str:code>/odeme/", orders.method, name="method"),
    path("<str:code>/odeme/degistir/", orders.change_method, name="change_method"),
    path("<str:code>/odeme/kart/", cards.card, name="card"),
    path("<str:code>/odeme/kart/onay/", cards.confirm, name="card_confirm"),
    path("<str:code>/odeme/kart/devam/", cards.resume, name="card_resume"),
    path("<str:code>/odeme/havale/", orders.transfer, name="transfer"),
    path("<str:code>/odeme/havale/onay/", orders.transfer_confirm, name="transfer_confirm"),
    path("<str:code>/iptal/", orders.cancel, name="cancel"),
]
