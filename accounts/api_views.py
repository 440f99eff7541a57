"""API hesapları: accounts with their secrets, addresses, brands, quotas and log.

A provider's people find theirs at İşyerim, those of an iş ortağı or AHS beside its brands: the same pages, by the same
functions; only providers have sandboxes and accounts for some of their brands.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import AnyView, PartyRequest, ProviderRequest, partner_view, provider_view
from accounts.api_forms import BrandsForm, NetworksForm, NewAccountForm, NewProviderAccountForm
from accounts.api_usage import PAGE, older_than, requests_of, usage_of
from accounts.enums import ApiAccountState, Capability
from accounts.fresh import prove_first, typed
from accounts.models import ApiAccount, Provider
from accounts.rules import AccountRefused
from accounts.selectors import api_account_with, api_accounts_of
from accounts.services.api_accounts import (
    Issued,
    change_brands,
    change_networks,
    create_account,
    revoke_account,
    rotate_secret,
)
from brands.models import Brand
from brands.selectors import brands_of
from consents.services.sandboxes import ADDED, APPROVED, REFUSED, create_sandbox_account, reset_sandbox
from iys_portal.counting import counted
from iys_portal.paging import query_of
from iys_portal.shared.crypto import seal, unseal
from partners.models import Intermediary, Partner

_SECRET_KEY = "api-secret"  # noqa: S105  (a key of the web session)
_STEP = "API hesabına şifre vermek"
_REVOKED = "Bu API hesabı iptal edilmiş."
_PAGES = {
    "overview": "api_accounts",
    "account": "api_account",
    **{
        name: f"api_{name}"
        for name in ("create", "secret", "rotate", "networks", "brands", "revoke", "requests", "reset")
    },
}
CompanyRequest = ProviderRequest | PartyRequest
Company = Provider | Partner | Intermediary


def _owner(request: CompanyRequest) -> tuple[str, Company]:
    """Return the company for which the person acts, and the column of an account that names it."""
    party: Partner | Intermediary | None = getattr(request, "party", None)
    if party is None:
        return "provider", cast("ProviderRequest", request).provider
    return ("partner" if isinstance(party, Partner) else "intermediary"), party


def _pages(request: CompanyRequest) -> dict[str, str]:
    """Return the names of these pages' addresses where the person is."""
    space = "accounts" if _owner(request)[0] == "provider" else "party"
    return {page: f"{space}:{name}" for page, name in _PAGES.items()}


def _page(request: CompanyRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {**context, "pages": _pages(request), "owner": _owner(request)[0]})


def _overview(request: CompanyRequest) -> HttpResponse:
    """The company's API accounts, those that work first."""
    context = {"accounts": list(api_accounts_of(*_owner(request))), "now": timezone.now()}
    return _page(request, "accounts/api_accounts.html", context)


def _create(request: CompanyRequest) -> HttpResponse:
    """Make an account, after a fresh proof; the next page shows its secret once."""
    column, company = _owner(request)
    now = timezone.now()
    owner: dict[str, Any] = {column: company}
    data = request.POST if request.method == "POST" else typed(request, now=now)
    is_provider = column == "provider"
    form = NewProviderAccountForm(data, own=brands_of(company.pk)) if is_provider else NewAccountForm(data)
    if request.method == "POST" and form.is_valid():
        if (first := prove_first(request, step=_STEP, now=now)) is not None:
            return first
        try:
            make = create_sandbox_account if form.cleaned_data.get("is_sandbox") else create_account
            issued = make(
                **owner,
                name=form.cleaned_data["name"],
                networks=form.cleaned_data["networks"],
                brand_codes=form.cleaned_data.get("brands", ()),
                actor=request.user,
                now=now,
            )
        except AccountRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            return _to_secret(request, issued)
    return _page(request, "accounts/api_create.html", {"form": form})


def _secret(request: CompanyRequest, pk: int) -> HttpResponse:
    """The secret of an account that was just made or got a new one: shown to that person, once."""
    account = _account(request, pk)
    kept = request.session.pop(_SECRET_KEY, None)
    shown = (unseal(kept[1]) if kept and kept[0] == account.pk else None) or ""
    return _page(request, "accounts/api_secret.html", {"account": account, "secret": shown})


def _detail(request: CompanyRequest, pk: int) -> HttpResponse:
    """One account: what it is, how its last day went, what is left of its limits."""
    account, now = _account(request, pk), timezone.now()
    context = {
        "account": account,
        "now": now,
        "is_over": account.expires_at <= now,
        "usage": counted(("api usage", account.pk), lambda: usage_of(account, now=now)),
        "networks": [network.removesuffix("/128" if ":" in network else "/32") for network in account.networks],
        "own_brands": _own_brands(account),
        "test_data": _test_data(account),
    }
    return _page(request, "accounts/api_account.html", context)


def _rotate(request: CompanyRequest, pk: int) -> HttpResponse:
    """The check page before an account gets a new secret, and POST, which gives it after a fresh proof."""
    account, now = _account(request, pk), timezone.now()
    if account.state == ApiAccountState.REVOKED:
        return _is_revoked(request, account)
    if request.method != "POST":
        typed(request, now=now)
        return _page(request, "accounts/api_rotate.html", {"account": account})
    if (first := prove_first(request, step=_STEP, now=now)) is not None:
        return first
    try:
        return _to_secret(request, rotate_secret(account=account, now=now, actor=request.user))
    except ApiAccount.DoesNotExist:
        return _is_revoked(request, account)


def _networks(request: CompanyRequest, pk: int) -> HttpResponse:
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
        return redirect(_pages(request)["account"], account.pk)
    return _page(request, "accounts/api_networks.html", {"form": form, "account": account})


def _brands(request: CompanyRequest, pk: int) -> HttpResponse:
    """For which of its provider's brands the account may act."""
    account = _account(request, pk)
    if account.state == ApiAccountState.REVOKED:
        return _is_revoked(request, account)
    own = brands_of(_owner(request)[1].pk)
    data = request.POST if request.method == "POST" else None
    form = BrandsForm(data, own=own, initial={"brands": account.brand_codes})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["brands"]
        try:
            change_brands(account=account, brand_codes=chosen, actor=request.user)
        except ApiAccount.DoesNotExist:
            return _is_revoked(request, account)
        which = f"seçtiğiniz {len(chosen)} marka" if chosen else "bütün markalarınız"
        messages.success(request, f"Hesap {which} için çalışır; değişiklik bir saniye içinde geçerli olur.")
        return redirect(_pages(request)["account"], account.pk)
    return _page(request, "accounts/api_brands.html", {"form": form, "account": account})


def _revoke(request: CompanyRequest, pk: int) -> HttpResponse:
    """The check page before an account ends for good, and POST, which ends it."""
    account = _account(request, pk)
    if account.state == ApiAccountState.REVOKED:
        return _is_revoked(request, account)
    if request.method != "POST":
        return _page(request, "accounts/api_revoke.html", {"account": account})
    revoke_account(account=account, now=timezone.now(), actor=request.user)
    messages.success(request, f"“{account.name}” iptal edildi; jetonları artık geçersiz.")
    return redirect(_pages(request)["overview"])


def _reset(request: CompanyRequest, pk: int) -> HttpResponse:
    """The check page before a sandbox account gets fresh test data, and POST, which gives it."""
    account = _account(request, pk)
    if account.sandbox_id is None:
        raise Http404
    if account.state == ApiAccountState.REVOKED:
        return _is_revoked(request, account)
    if request.method != "POST":
        return _page(request, "accounts/api_reset.html", {"account": account})
    try:
        reset_sandbox(account=account, actor=request.user, now=timezone.now())
    except ApiAccount.DoesNotExist:
        return _is_revoked(request, account)
    except AccountRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Deneme verisi yenilendi; bir saniye içinde geçerli olur.")
    return redirect(_pages(request)["account"], account.pk)


def _requests(request: CompanyRequest, pk: int) -> HttpResponse:
    """The account's calls (?ara= a request's number, ?durum=hata, ?sonra= the last row of the page before)."""
    account = _account(request, pk)
    query = query_of(request)
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
    return _page(request, "accounts/api_requests.html", context)


def _to_secret(request: CompanyRequest, issued: Issued) -> HttpResponse:
    """Lead to the page that shows the secret; until then the web session keeps it, encrypted."""
    request.session[_SECRET_KEY] = [issued.account.pk, seal(issued.secret)]
    return redirect(_pages(request)["secret"], issued.account.pk)


def _own_brands(account: ApiAccount) -> list[Brand]:
    """Return the brands for which alone the account acts; none where it acts for all."""
    if account.provider_id is None or not account.brand_codes:
        return []
    return list(brands_of(account.provider_id).filter(code__in=account.brand_codes))


@dataclass(frozen=True)
class _TestData:
    """What a sandbox holds: its brands, and the recipients that stand in the first one after a reset."""

    brands: list[Brand]
    recipients: list[tuple[str, str, str, str]]
    since: datetime


def _test_data(account: ApiAccount) -> _TestData | None:
    if account.sandbox is None:
        return None
    rows = [*((*each, "Onay") for each in (*APPROVED, ADDED)), *((*each, "Ret") for each in REFUSED)]
    recipients = [(address, str(channel.label), str(kind.label), status) for address, channel, kind, status in rows]
    brands = list(brands_of(account.sandbox.pk).order_by("-is_master", "stands_for"))
    return _TestData(brands, recipients, account.sandbox.created_at)


def _is_revoked(request: CompanyRequest, account: ApiAccount) -> HttpResponse:
    messages.info(request, _REVOKED)
    return redirect(_pages(request)["account"], account.pk)


def _account(request: CompanyRequest, pk: int) -> ApiAccount:
    account = api_account_with(*_owner(request), pk)
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


def _for_both(view: AnyView) -> tuple[AnyView, AnyView]:
    """Return the view for a provider's people who may manage its accounts, and for people of a partner or AHS."""
    return provider_view(Capability.API)(view), partner_view(view)


_reads, _acts = require_safe, require_http_methods(["GET", "HEAD", "POST"])
overview, party_overview = _for_both(_reads(_overview))
create, party_create = _for_both(_acts(_create))
secret, party_secret = _for_both(_reads(_secret))
detail, party_detail = _for_both(_reads(_detail))
rotate, party_rotate = _for_both(_acts(_rotate))
networks, party_networks = _for_both(_acts(_networks))
revoke, party_revoke = _for_both(_acts(_revoke))
requests, party_requests = _for_both(_reads(_requests))
reset = provider_view(Capability.API)(_acts(_reset))
brands = provider_view(Capability.API)(_acts(_brands))
