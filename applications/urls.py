from django.urls import path

from applications.views import authority, status, steps

app_name = "applications"

urlpatterns = [
    path("", steps.start, name="start"),
    path("devam/", steps.resume, name="resume"),
    path("unut/", steps.forget_draft, name="forget"),
    path("sirket/", steps.company, name="company"),
    path("yetkili/", steps.person, name="person"),
    path("markalar/", steps.brands, name="brands"),
    path("taahhutname/", steps.paper, name="paper"),
    path("taahhutname/pdf/", steps.paper_pdf, name="paper_pdf"),
    path("kontrol/", steps.check, name="check"),
    path("alindi/", steps.received, name="received"),
    path("durum/", status.status, name="status"),
    path("eksik/<slug:kind>/", status.missing, name="missing"),
    path("yetkilendirme/", authority.authority, name="authority"),
    path("yetkilendirme/unut/", steps.authority_forget, name="authority_forget"),
    path("yetkilendirme/form/", steps.authority_paper, name="authority_paper"),
    path("yetkilendirme/form/pdf/", steps.authority_pdf, name="authority_pdf"),
    path("yetkilendirme/kontrol/", steps.authority_check, name="authority_check"),
    path("yetkilendirme/alindi/", steps.authority_received, name="authority_received"),
]
