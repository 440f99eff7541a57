"""Reports of weeks and months: the document, made by a worker, and who gets it by e-mail."""

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
from reports.pictures.period import Period, last_periods, name_of, period_of
from reports.pictures.summary import title_of, up_to, words_of
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
    rhythm, days = _period_or_404(period)
    if request.GET.get("iys", str(request.provider.iys_code)) != str(request.provider.iys_code):
        return _others(request)
    if not _is_offered(rhythm, days):
        context = {"title": title_of(rhythm, days.first), "number": OFFERED[rhythm]}
        return render(request, "reports/document_gone.html", context, status=410)
    now = timezone.now()
    if request.method == "POST":
        if is_too_often(request, what="report", times=_TIMES, seconds=_SECONDS):
            return too_often(request, seconds=_SECONDS)
        provider_id = request.provider.pk
        documents.ask(provider_id=provider_id, rhythm=rhythm, day=days.first, now=now, actor=request.user)
        return redirect(request.get_full_path())
    found = selectors.document_of(request.provider.pk, rhythm, days.first)
    today = istanbul_day(now)
    context = {
        "title": title_of(rhythm, days.first),
        "name": period,
        "period": up_to(days, today),
        "document": found,
        "state": _state(found),
        "is_stale": found is not None and documents.is_stale(found, now=now),
        "may_ask": found is None or documents.may_be_made(found, now=now),
        "has_ended": days.last < today,
        "pause_minutes": documents.PAUSE.seconds // 60,
    }
    return render(request, "reports/document.html", context)


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
    rhythm, days = _period_or_404(period)
    found = selectors.document_of(request.provider.pk, rhythm, days.first)
    content = None if found is None else selectors.content_of(found)
    if content is None:
        return redirect("reports:document", period=period)
    headers = {"Content-Disposition": f'attachment; filename="rapor-{period}.pdf"'}
    answer = HttpResponse(content, content_type="application/pdf", headers=headers)
    patch_cache_control(answer, no_store=True)
    return answer


def offered(rhythm: Rhythm, *, today: date) -> list[tuple[str, str]]:
    """Return the weeks or months that have a document, the present one first: (name in the address, words)."""
    periods = last_periods(rhythm, OFFERED[rhythm], today=today)
    return [(name_of(rhythm, period.first), words_of(rhythm, period.first)) for period in periods]


def _period_or_404(name: str) -> tuple[Rhythm, Period]:
    """Return the week or month that a name stands for; one that has not come does not exist."""
    rhythm = Rhythm.WEEKLY if len(name) > 7 else Rhythm.MONTHLY
    try:
        found = period_of(rhythm, date.fromisoformat(name if rhythm == Rhythm.WEEKLY else f"{name}-01"))
    except (ValueError, OverflowError):
        raise Http404 from None
    if name_of(rhythm, found.first) != name or found.first > istanbul_day(timezone.now()):
        raise Http404
    return rhythm, found


def _is_offered(rhythm: Rhythm, period: Period) -> bool:
    return period in last_periods(rhythm, OFFERED[rhythm], today=istanbul_day(timezone.now()))


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
