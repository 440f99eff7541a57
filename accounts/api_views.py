"""İşyerim, API hesapları: accounts with their secrets, addresses, quotas and log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.api_forms import NetworksForm, NewAccountForm
from accounts.api_usage import PAGE, older_than, requests_of, usage_of
from accounts.enums import ApiAccountState, Capability
from accounts.fresh import prove_first, typed
from accounts.models import ApiAccount
from accounts.rules import AccountRefused
from accounts.selectors import api_account_with, api_accounts_of
from accounts.services.api_accounts import (
    Issued,
    change_networks,
    create_account,
    revoke_account,
    rotate_secret,
)
from brands.models import Brand
from brands.selectors import brands_of
from consents.services.sandboxes import APPROVED, REFUSED, create_sandbox_account, reset_sandbox
from iys_portal.shared.crypto import seal, unseal

QUERY_LENGTH = 60
_SECRET = "api-secret"  # noqa: S105  (a key of the web session)
_STEP = "API hesabına şifre vermek"
_REVOKED = "Bu API hesabı iptal edilmiş."


@require_safe
@provider_view(Capability.API)
def overview(request: ProviderRequest) -> HttpResponse:
    """The provider's API accounts, those that work first."""
    context = {"accounts": list(api_accounts_of(request.provider.pk)), "now": timezone.now()}
    return render(request, "accounts/api_accounts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def create(request: ProviderRequest) -> HttpResponse:
    """Make an account, after a fresh proof; the next page shows its secret once."""
    now = timezone.now()
    form = NewAccountForm(request.POST if request.method == "POST" else typed(request, now=now))
    if request.method == "POST" and form.is_valid():
        if (first := prove_first(request, step=_STEP, now=now)) is not None:
            return first
        try:
            make = create_sandbox_account if form.cleaned_data["is_sandbox"] else create_account
            issued = make(
                provider=request.provider,
                name=form.cleaned_data["name"],
                networks=form.cleaned_data["networks"],
                actor=request.user,
                now=now,
            )
        except AccountRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            return _to_secret(request, issued)
    return render(request, "accounts/api_create.html", {"form": form})


@require_safe
@provider_view(Capability.API)
def secret(request: ProviderRequest, pk: int) -> HttpResponse:
    """The secret of an account that was just made or got a new one: shown to that person, once."""
    account = _account(request, pk)
    kept = request.session.pop(_SECRET, None)
    shown = (unseal(kept[1]) if kept and kept[0] == account.pk else None) or ""
    return render(request, "accounts/api_secret.html", {"account": account, "secret": shown})


@require_safe
@provider_view(Capability.API)
def detail(request: ProviderRequest, pk: int) -> HttpResponse:
    """One account: what it is, how its last day went, what is left of its limits."""
    account, now = _account(request, pk), timezone.now()
    context = {
        "account": account,
        "now": now,
        "is_over": account.expires_at <= now,
        "usage": usage_of(account, now=now),
        "networks": [network.removesuffix("/128" if ":" in network else "/32") for network in account.networks],
        "test_data": _test_data(account),
    }
    return render(request, "accounts/api_account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def rotate(request: ProviderRequest, pk: int) -> HttpResponse:
    """The check page before an account gets a new secret, and POST, which gives it after a fresh proof."""
    account, now = _account(request, pk), timezone.now()
    if account.state == ApiAccountState.REVOKED:
        return _is_revoked(request, account)
    if request.method != "POST":
        typed(request, now=now)
        return render(request, "accounts/api_rotate.html", {"account": account})
    if (first := prove_first(request, step=_STEP, now=now)) is not None:
        return first
    try:
        return _to_secret(request, rotate_secret(account=account, now=now, actor=request.user))
    except ApiAccount.DoesNotExist:
        return _is_revoked(request, account)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def networks(request: ProviderRequest, pk: int) -> HttpResponse:
    """From which addresses the account may call."""
    account = _account(request, pk)
    if account.state == ApiAccountState.REVOKED:
        return _is_revoked(request, account)
    form = NetworksForm(request.POST) if request.method == "POST" else NetworksForm.of(account.networks)
    if request.method == "POST" and form.is_valid():
        try:
            change_networks(account=account, networks=form.cleaned_data["networks"], actor=request.user)
        except ApiAccount.DoesNotExist:
            return _is_revoked(request, account)
        messages.success(request, "İzin verilen IP adresleri kaydedildi; bir saniye içinde geçerli olur.")
        return redirect("accounts:api_account", account.pk)
    return render(request, "accounts/api_networks.html", {"form": form, "account": account})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def revoke(request: ProviderRequest, pk: int) -> HttpResponse:
    """The check page before an account ends for good, and POST, which ends it."""
    account = _account(request, pk)
    if account.state == ApiAccountState.REVOKED:
        return _is_revoked(request, account)
    if request.method != "POST":
        return render(request, "accounts/api_revoke.html", {"account": account})
    revoke_account(account=account, now=timezone.now(), actor=request.user)
    messages.success(request, f"“{account.name}” iptal edildi; jetonları artık geçersiz.")
    return redirect("accounts:api_accounts")


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def reset(request: ProviderRequest, pk: int) -> HttpResponse:
    """The check page before a sandbox account gets fresh test data, and POST, which gives it."""
    account = _account(request, pk)
    if account.sandbox_id is None:
        raise Http404
    if account.state == ApiAccountState.REVOKED:
        return _is_revoked(request, account)
    if request.method != "POST":
        return render(request, "accounts/api_reset.html", {"account": account})
    try:
        reset_sandbox(account=account, actor=request.user, now=timezone.now())
    except ApiAccount.DoesNotExist:
        return _is_revoked(request, account)
    except AccountRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Deneme verisi yenilendi; bir saniye içinde geçerli olur.")
    return redirect("accounts:api_account", account.pk)


@require_safe
@provider_view(Capability.API)
def requests(request: ProviderRequest, pk: int) -> HttpResponse:
    """The account's calls (?ara= a request's number, ?durum=hata, ?sonra= the last row of the page before)."""
    account = _account(request, pk)
    query = request.GET.get("ara", "").strip()[:QUERY_LENGTH]
    failed = request.GET.get("durum") == "hata"
    request_id = _uuid(query)
    found = requests_of(account, request_id=request_id, failed=failed)
    if query and request_id is None:
        found = found.none()
    rows = list(older_than(found, _number(request.GET.get("sonra", "")))[: PAGE + 1])
    context = {
        "account": account,
        "rows": rows[:PAGE],
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "is_later_page": "sonra" in request.GET,
        "query": query,
        "failed": failed,
        "is_number": request_id is not None,
    }
    return render(request, "accounts/api_requests.html", context)


def _to_secret(request: ProviderRequest, issued: Issued) -> HttpResponse:
    """Lead to the page that shows the secret; until then the web session keeps it, encrypted."""
    request.session[_SECRET] = [issued.account.pk, seal(issued.secret)]
    return redirect("accounts:api_secret", issued.account.pk)


@dataclass(frozen=True)
class _TestData:
    """What a sandbox holds: its brands, and the recipients that stand in the first one after a reset."""

    brands: list[Brand]
    recipients: list[tuple[str, str, str, str]]
    since: datetime


def _test_data(account: ApiAccount) -> _TestData | None:
    if account.sandbox is None:
        return None
    rows = [*((*each, "Onay") for each in APPROVED), *((*each, "Ret") for each in REFUSED)]
    recipients = [(address, str(channel.label), str(kind.label), status) for address, channel, kind, status in rows]
    brands = list(brands_of(account.sandbox.pk).order_by("-is_master", "stands_for"))
    return _TestData(brands, recipients, account.sandbox.created_at)


def _is_revoked(request: ProviderRequest, account: ApiAccount) -> HttpResponse:
    messages.info(request, _REVOKED)
    return redirect("accounts:api_account", account.pk)


def _account(request: ProviderRequest, pk: int) -> ApiAccount:
    account = api_account_with(request.provider.pk, pk)
    if account is None:
        raise Http404
    return account


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


def _number(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 19 else None
