"""İşyerim: the company's data and requests to change it, and about what a person wants to be written."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.company_forms import ChangeForm, NotificationForm
from accounts.enums import ApiAccountState, Capability, ChangeState, CompanyField
from accounts.rules import AccountRefused
from accounts.selectors import (
    api_accounts_of,
    change_with,
    company_changes_of,
    open_invitations_of,
    people_of,
    sessions_of,
)
from accounts.services.company import request_change, withdraw_change
from accounts.services.own import choose_notifications

_SHOWN_CHANGES = 5


@require_safe
@provider_view
def company(request: ProviderRequest) -> HttpResponse:
    """İşyerim: the company as it is registered, and the ways to everything about it and its people."""
    provider, now = request.provider, timezone.now()
    context = {
        "provider": provider,
        "changes": company_changes_of(provider.pk)[:_SHOWN_CHANGES],
        "people_count": people_of(provider.pk).count(),
        "invitation_count": open_invitations_of(provider.pk).filter(expires_at__gt=now).count(),
        "api_count": api_accounts_of("provider", provider).filter(state=ApiAccountState.ACTIVE).count(),
        "session_count": sessions_of(request.user, now=now).count(),
    }
    return render(request, "accounts/isyerim.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PEOPLE)
def change_request(request: ProviderRequest) -> HttpResponse:
    """“Bilgileri değiştirme talebi”: an administrator decides."""
    form = ChangeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            request_change(
                provider=request.provider,
                field=CompanyField(form.cleaned_data["field"]),
                new_value=form.cleaned_data["new_value"],
                reason=form.cleaned_data["reason"],
                person=request.user,
                now=timezone.now(),
            )
        except AccountRefused as refusal:
            form.add_error("new_value", str(refusal))
        else:
            messages.success(request, "Talebiniz alındı. Sonucu e-posta ile bildirilir ve bu sayfada görünür.")
            return redirect("accounts:company")
    return render(request, "accounts/change_request.html", {"form": form, "provider": request.provider})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PEOPLE)
def change_withdraw(request: ProviderRequest, pk: int) -> HttpResponse:
    """The check page before a request is taken back, and POST, which does it."""
    change = change_with(request.provider.pk, pk)
    if change is None:
        raise Http404
    if request.method != "POST" and change.state == ChangeState.PENDING:
        return render(request, "accounts/change_withdraw.html", {"change": change})
    try:
        done = request.method == "POST" and withdraw_change(
            provider=request.provider, change_id=pk, person=request.user, now=timezone.now()
        )
    except AccountRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.info(request, "Talebiniz geri çekildi." if done else "Bu talep daha önce sonuçlanmış.")
    return redirect("accounts:company")


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view
def notifications(request: ProviderRequest) -> HttpResponse:
    """Where this person is written about this provider, and about what; everybody decides for themselves."""
    if request.method == "POST":
        form = NotificationForm(request.POST)
        if form.is_valid():
            choose_notifications(
                membership=request.membership,
                email=form.cleaned_data["email"],
                muted=form.muted(),
                person=request.user,
            )
            messages.success(request, "Bildirim tercihleriniz kaydedildi.")
            return redirect("accounts:notifications")
    else:
        form = NotificationForm.of(request.membership)
    return render(request, "accounts/notifications.html", {"form": form, "provider": request.provider})
