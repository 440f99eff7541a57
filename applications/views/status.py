"""Başvuru durumu: by reference and a second proof; and the documents that were asked for, uploaded again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import ProviderRequest, provider_view, public
from accounts.enums import Capability
from applications.enums import ApplicationKind, ApplicationState
from applications.forms import PaperForm, StatusForm
from applications.models import Application
from applications.rules import ApplicationRefused, is_complete_again, is_unsent, takes_documents
from applications.selectors import brand_request, by_reference, checks_of, newest_documents
from applications.services import drafts
from applications.services.base import APPLICANT
from applications.views.common import SECONDS, show, shown, takes_document
from applications.views.pointer import mine
from iys_portal.audit.services import Actor
from iys_portal.throttling import is_too_often
from iys_portal.views import too_often

_QUESTIONS = 20
_UNKNOWN = "Bu bilgilerle bir başvuru bulunamadı. Başvuru numarasını ve ikinci bilgiyi denetleyin."


@require_http_methods(["GET", "HEAD", "POST"])
@public
def status(request: HttpRequest) -> HttpResponse:
    """POST asks, GET shows what this browser asked last: neither number nor proof stands in the address."""
    form = StatusForm()
    if request.method == "POST":
        if is_too_often(request, what="application-status", times=_QUESTIONS, seconds=SECONDS):
            return too_often(request, seconds=SECONDS)
        form = StatusForm(request.POST)
        if form.is_valid():
            found = by_reference(form.cleaned_data["basvuru_no"], form.cleaned_data["kanit"])
            if found is not None:
                show(request, found)
                return redirect("applications:status")
            form.add_error("basvuru_no", _UNKNOWN)
    application = None if form.errors else shown(request)
    checks = checks_of(application) if application else []
    context = {"form": form, "application": application, "checks": checks}
    return render(request, "applications/status.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@public
@takes_document
def missing(request: HttpRequest, kind: str) -> HttpResponse:
    """What was not accepted, and a place for each new document, until they are sent; the others cannot be touched."""
    if kind not in {ApplicationKind.COMPANY, ApplicationKind.PERSON}:
        raise Http404
    application = shown(request)
    if application is None or application.kind != kind:
        application = mine(request, ApplicationKind(kind))
    if application is None or application.state == ApplicationState.DRAFT:
        return redirect("applications:status")
    return _answer(request, application, back="applications:status", actor=APPLICANT)


@require_http_methods(["GET", "HEAD", "POST"])
@takes_document
@provider_view(Capability.BRANDS)
def brand_request_page(request: ProviderRequest, pk: int) -> HttpResponse:
    """The same for a brand that the provider asked for."""
    application = brand_request(request.provider.pk, pk)
    if application is None:
        raise Http404
    return _answer(request, application, back="brands:list", actor=request.user)


def _answer(request: HttpRequest, application: Application, *, back: str, actor: Actor) -> HttpResponse:
    checks, newest = checks_of(application), newest_documents(application)
    form = PaperForm()
    chosen = next((each for each in checks if str(each.pk) == request.POST.get("kalem")), None)
    is_open = application.state == ApplicationState.MISSING
    if request.method == "POST" and is_open:
        try:
            if "gonder" in request.POST:
                drafts.submit(application_id=application.pk, actor=actor, now=timezone.now())
                messages.success(request, "Belgeleriniz gönderildi; incelendiğinde size e-posta yazarız.")
                return redirect(back)
            form = PaperForm(request.POST, request.FILES, label=f"Yeni belge – {chosen}")
            if chosen is not None and form.is_valid():
                drafts.put_document(
                    application_id=application.pk,
                    check_id=chosen.pk,
                    file=form.cleaned_data["belge"],
                    actor=actor,
                    now=timezone.now(),
                )
                messages.success(request, f"{chosen}: yeni belge alındı.")
                return redirect(request.path)
        except ApplicationRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(request.path)
    parts: list[dict[str, Any]] = [
        {
            "check": each,
            "unsent": newest.get(each.pk) if is_unsent(application, newest.get(each.pk)) else None,
            "form": form if each == chosen else PaperForm(auto_id=f"kalem{each.pk}_%s", label="Yeni belge"),
        }
        for each in checks
        if takes_documents(application, each, newest.get(each.pk))
    ]
    context = {
        "form": form if form.errors else None,
        "application": application,
        "checks": checks,
        "parts": parts,
        "is_open": is_open,
        "is_complete": is_complete_again(checks),
        "back": back,
    }
    return render(request, "applications/missing.html", context)
