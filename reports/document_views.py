"""Reports of weeks, months and chosen days: the document, made by a worker, and who gets it by e-mail."""

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view, public
from accounts.notifying import address_of_member
from iys_portal.shared.clock import istanbul_day
from iys_portal.throttling import is_too_often
from iys_portal.views import too_often
from reports.enums import Rhythm
from reports.forms import SubscriptionForm
from reports.models import ReportDocument
from reports.picture_forms import PictureForm
from reports.pictures.period import DEFAULT_DAYS
from reports.pictures.scope import Scope, last_scopes, scope_of
from reports.pictures.summary import up_to
from reports.selectors import documents as selectors
from reports.services import documents, subscriptions
from reports.services.making import HOUR

OFFERED = {Rhythm.MONTHLY: 12, Rhythm.WEEKLY: 12}
"""So many months and weeks have a document, the present ones included."""
_TIMES, _SECONDS = 30, 600


# --- The document -----------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@provider_view
def document(request: ProviderRequest, period: str) -> HttpResponse:
    """The report of a week or month: ask for it, wait for it, take it along. ?iys= of an e-mail says whose it is."""
    scope = _scope_or_404(period)
    if request.GET.get("iys", str(request.provider.iys_code)) != str(request.provider.iys_code):
        return _others(request)
    if not _is_offered(scope):
        context = {"title": scope.title, "number": OFFERED[Rhythm(scope.rhythm)]}
        return render(request, "reports/document_gone.html", context, status=410)
    if request.method == "POST":
        return _asked(request, scope, request.get_full_path())
    pdf = reverse("reports:document_pdf", args=[period])
    context = {"title": scope.title, **_context(request, scope, pdf)}
    return render(request, "reports/document.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view
def chosen_days(request: ProviderRequest) -> HttpResponse:
    """The report of the days, and of the brand, that the address names: ?ilk=, ?son=, ?marka= as of pictures."""
    form = _form(request)
    context: dict[str, object] = {"title": "Seçtiğiniz günlerin raporu", "form": form}
    if form.is_valid():
        scope, query = form.scope, form.query
        if request.method == "POST":
            return _asked(request, scope, f"{request.path}?{query}")
        context |= _context(request, scope, f"{reverse('reports:chosen_days_pdf')}?{query}")
    return render(request, "reports/document.html", context)


def _form(request: ProviderRequest) -> PictureForm:
    today = istanbul_day(timezone.now())
    return PictureForm(request.GET, provider_id=request.provider.pk, today=today, days=DEFAULT_DAYS, by_brand=True)


def _asked(request: ProviderRequest, scope: Scope, address: str) -> HttpResponse:
    if is_too_often(request, what="report", times=_TIMES, seconds=_SECONDS):
        return too_often(request, seconds=_SECONDS)
    documents.ask(provider_id=request.provider.pk, scope=scope, now=timezone.now(), actor=request.user)
    return redirect(address)


def _context(request: ProviderRequest, scope: Scope, pdf: str) -> dict[str, object]:
    now = timezone.now()
    today, found = istanbul_day(now), selectors.document_of(request.provider.pk, scope)
    return {
        "scope": scope,
        "pdf": pdf,
        "period": up_to(scope.period, today),
        "document": found,
        "state": _state(found),
        "is_stale": found is not None and documents.is_stale(found, now=now),
        "may_ask": found is None or documents.may_be_made(found, now=now),
        "has_ended": scope.period.last < today,
        "pause_minutes": documents.PAUSE.seconds // 60,
    }


def _others(request: ProviderRequest) -> HttpResponse:
    """Lead to the chooser, and from there back, a person who acts for the company of the link, too."""
    mine = [each.provider for each in request.memberships]  # type: ignore[attr-defined]  # set by the middleware
    named = next((provider for provider in mine if str(provider.iys_code) == request.GET["iys"]), None)
    if named is None:
        raise Http404
    messages.info(request, f"Açtığınız bağlantı {named.title} içindir; devam etmek için onu seçin.")
    return redirect(f"{reverse('accounts:choose')}?{urlencode({'next': request.get_full_path()})}")


def _state(found: ReportDocument | None) -> str:
    """Return how far the document is; one that only the e-mails will ask for is none yet."""
    return "none" if found is None or found.asked_at is found.made_at is None else found.state


@require_safe
@provider_view
def document_pdf(request: ProviderRequest, period: str) -> HttpResponse:
    """The document that was made last; without one, the page on which it is asked for."""
    answer = _pdf(request, _scope_or_404(period))
    return answer or redirect("reports:document", period=period)


@require_safe
@provider_view
def chosen_days_pdf(request: ProviderRequest) -> HttpResponse:
    """The document of chosen days that was made last; without one, the page on which it is asked for."""
    form = _form(request)
    if not form.is_valid():
        raise Http404
    return _pdf(request, form.scope) or redirect(f"{reverse('reports:chosen_days')}?{form.query}")


def _pdf(request: ProviderRequest, scope: Scope) -> HttpResponse | None:
    found = selectors.document_of(request.provider.pk, scope)
    content = None if found is None else selectors.content_of(found)
    if content is None:
        return None
    headers = {"Content-Disposition": f'attachment; filename="rapor-{scope.name}.pdf"'}
    answer = HttpResponse(content, content_type="application/pdf", headers=headers)
    patch_cache_control(answer, no_store=True)
    return answer


def offered(rhythm: Rhythm, *, today: date) -> Sequence[Scope]:
    """Return the weeks or months that have a document, the present one first."""
    return last_scopes(rhythm, OFFERED[rhythm], today=today)


def _scope_or_404(name: str) -> Scope:
    """Return the week or month that a name stands for; one that has not come does not exist."""
    rhythm = Rhythm.WEEKLY if len(name) > 7 else Rhythm.MONTHLY
    try:
        found = scope_of(rhythm, date.fromisoformat(name if rhythm == Rhythm.WEEKLY else f"{name}-01"))
    except (ValueError, OverflowError):
        raise Http404 from None
    if found.name != name or found.period.first > istanbul_day(timezone.now()):
        raise Http404
    return found


def _is_offered(scope: Scope) -> bool:
    return scope in offered(Rhythm(scope.rhythm), today=istanbul_day(timezone.now()))


# --- By e-mail --------------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@provider_view
def by_mail(request: ProviderRequest) -> HttpResponse:
    """Which reports this person gets about this provider; everybody decides for themselves."""
    if request.method == "POST":
        form = SubscriptionForm(request.POST)
        if form.is_valid():
            chosen = form.cleaned_data["raporlar"]
            subscriptions.choose(membership=request.membership, rhythms=chosen, person=request.user, now=timezone.now())
            messages.success(request, "Rapor tercihleriniz kaydedildi.")
            return redirect("reports:by_mail")
    else:
        form = SubscriptionForm(initial={"raporlar": selectors.rhythms_of(request.membership)})
    context = {"form": form, "provider": request.provider, "to": address_of_member(request.membership), "hour": HOUR}
    return render(request, "reports/by_mail.html", context)


@csrf_exempt  # the secret in the address is the permission; mail programs that press the button have no cookie
@require_http_methods(["GET", "HEAD", "POST"])
@public
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """The link in each e-mail. It alone changes nothing, for mail programs open links; the button does (RFC 8058)."""
    told = subscriptions.told_by(token)
    if told is None:
        raise Http404
    membership, rhythm = told
    if request.method == "POST":
        subscriptions.leave(membership=membership, rhythm=rhythm)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse("OK", content_type="text/plain")
        return redirect(request.path)
    is_wanted = rhythm in selectors.rhythms_of(membership)
    context = {"rhythm": rhythm.label, "title": membership.provider.title, "is_wanted": is_wanted}
    return render(request, "reports/leave.html", context)
