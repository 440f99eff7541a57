"""Anlık bildirimler: connections, what was sent over them, and sending again.

A provider's people find those of a brand beside it, those of an iş ortağı what its programs registered for any brand:
the same pages, by the same functions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import AnyView, PartyRequest, ProviderRequest, partner_view, provider_view
from accounts.enums import Capability
from accounts.models import Person
from accounts.rules import may
from brands.models import Brand
from brands.selectors import brand_with_code
from iys_portal.paging import page_of
from partners.models import Partner
from push.forms import ConnectionForm, ReplayForm
from push.models import PushConnection, PushDelivery
from push.rules import PushRefused, RegistrationBusy
from push.selectors import connections_of, connections_of_partner, deliveries_of
from push.services import connections as services

_PAGE = 25


@dataclass(frozen=True)
class Own:
    """The connections that a person looks after: a brand's, or those that a partner's programs registered.

    `home` is the address of their list, below which each has its pages; `may_act` says whether the person may do more
    than look.
    """

    person: Person
    connections: QuerySet[PushConnection]
    home: str
    may_act: bool
    brand: Brand | None = None

    def connection(self, pk: int) -> PushConnection:
        """Return the connection with this number; a removed one does not exist. Raises Http404."""
        found = self.connections.filter(pk=pk).select_related("brand", "partner").first()
        if found is None:
            raise Http404
        return found

    def page_of(self, connection: PushConnection) -> str:
        """Return the address of a connection's page."""
        return f"{self.home}{connection.pk}/"


OwnView = Callable[..., HttpResponse]


def _of_brand(view: OwnView) -> AnyView:
    @wraps(view)
    def shown(request: ProviderRequest, code: int, **rest: Any) -> HttpResponse:
        brand = _brand(request, code)
        home, may_act = reverse("push:connections", args=[brand.code]), may(request.membership.role, Capability.API)
        return view(request, Own(request.user, connections_of(brand), home, may_act, brand), **rest)

    return shown


def _of_partner(view: OwnView) -> AnyView:
    @wraps(view)
    def shown(request: PartyRequest, **rest: Any) -> HttpResponse:
        if not isinstance(request.party, Partner):  # an AHS asks, and is told nothing
            raise Http404
        home = reverse("party_push:connections")
        return view(request, Own(request.user, connections_of_partner(request.party), home, may_act=True), **rest)

    return shown


def _page(request: Any, template: str, own: Own, connection: PushConnection | None = None, **rest: Any) -> HttpResponse:
    link = own.page_of(connection) if connection else ""
    return render(request, template, {"own": own, "brand": own.brand, "connection": connection, "link": link, **rest})


def _overview(request: Any, own: Own) -> HttpResponse:
    """The connections, by brand, channel and slot."""
    rows = list(own.connections.select_related("brand", "partner"))
    return _page(request, "push/connections.html", own, connections=rows)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def add(request: ProviderRequest, code: int) -> HttpResponse:
    """Register an address: it is tried at once, and refused with the reason where it does not answer as it should."""
    brand = _brand(request, code)
    form = ConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.wanted is not None:
        try:
            (made,) = services.register(brand=brand, wanted=[form.wanted], actor=request.user, now=timezone.now())
        except PushRefused as refusal:
            for fault in refusal.faults:
                form.add_fault(fault)
        except RegistrationBusy:
            form.add_error(None, "Şu anda başka bir adresiniz deneniyor; birkaç saniye sonra yeniden deneyin.")
        else:
            messages.success(request, "Bağlantı oluşturuldu; adresiniz test verisini kabul etti.")
            return redirect("push:connection", code=brand.code, pk=made.pk)
    return render(request, "push/add.html", {"brand": brand, "form": form})


def _detail(request: Any, own: Own, pk: int) -> HttpResponse:
    """A connection and its log, newest first, page by ?sayfa=."""
    return _log(request, own, own.connection(pk), ReplayForm())


def _log(request: Any, own: Own, connection: PushConnection, form: ReplayForm) -> HttpResponse:
    log: QuerySet[PushDelivery] = deliveries_of(connection).prefetch_related("log")
    page = page_of(request, log, size=_PAGE)
    return _page(request, "push/connection.html", own, connection, page=page, form=form)


def _key(request: Any, own: Own, pk: int) -> HttpResponse:
    """What the signature's key is for; POST shows the key, which is audited."""
    connection = own.connection(pk)
    shown = services.show_key(connection=connection, actor=own.person) if request.method == "POST" else ""
    return _page(request, "push/key.html", own, connection, key=shown)


def _restart(request: Any, own: Own, pk: int) -> HttpResponse:
    """Try a connection at once that was stopped or waits; GET leads to its page."""
    connection = own.connection(pk)
    if request.method == "POST":
        services.restart(connection=connection, actor=own.person, now=timezone.now())
        messages.success(request, "Bağlantı başlatıldı; bekleyen bildirimler birazdan gönderilir.")
    return redirect(own.page_of(connection))


def _remove(request: Any, own: Own, pk: int) -> HttpResponse:
    """The check page before a connection is removed, and POST, which removes it."""
    if request.method == "POST" and not own.connections.filter(pk=pk).exists():
        messages.info(request, "Bu bağlantı daha önce kaldırılmış.")
        return redirect(own.home)
    connection = own.connection(pk)
    if request.method == "POST":
        services.remove(connection=connection, actor=own.person, now=timezone.now())
        messages.success(request, "Bağlantı kaldırıldı.")
        return redirect(own.home)
    return _page(request, "push/remove.html", own, connection)


def _replay(request: Any, own: Own, pk: int) -> HttpResponse:
    """Send a delivery once more (`gonderim`), or everything since a day (`gun`); GET leads to the connection's page."""
    connection = own.connection(pk)
    if request.method != "POST":
        return redirect(own.page_of(connection))
    if "gonderim" not in request.POST:
        return _replay_since(request, own, connection)
    sent = request.POST["gonderim"]
    number = int(sent) if sent.isdecimal() and len(sent) < 19 else 0
    delivery = deliveries_of(connection).filter(pk=number).first()
    if delivery is None:
        raise Http404
    services.replay(delivery=delivery, actor=own.person, now=timezone.now())
    messages.success(request, "Bildirim yeniden gönderilmek üzere sıraya alındı.")
    return redirect(own.page_of(connection))


def _replay_since(request: Any, own: Own, connection: PushConnection) -> HttpResponse:
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _log(request, own, connection, form)
    count = services.replay_since(connection=connection, since=form.since, actor=own.person, now=timezone.now())
    if count is None:
        messages.info(request, "Yeniden gönderilmeyi bekleyen hareketler var; onlar gönderilince yeniden isteyin.")
    elif count:
        messages.success(request, f"{count} hareket yeniden gönderilmek üzere sıraya alındı.")
    else:
        messages.info(request, "O günden beri bu bağlantıya düşen bir hareket yok.")
    return redirect(own.page_of(connection))


def _brand(request: ProviderRequest, code: int) -> Brand:
    brand = brand_with_code(request.provider.pk, code).first()
    if brand is None:
        raise Http404
    return brand


_reads, _acts = require_safe, require_http_methods(["GET", "HEAD", "POST"])
_manages = provider_view(Capability.API)
overview, party_overview = provider_view(_reads(_of_brand(_overview))), partner_view(_reads(_of_partner(_overview)))
detail, party_detail = provider_view(_reads(_of_brand(_detail))), partner_view(_reads(_of_partner(_detail)))
key, party_key = _manages(_acts(_of_brand(_key))), partner_view(_acts(_of_partner(_key)))
restart, party_restart = _manages(_acts(_of_brand(_restart))), partner_view(_acts(_of_partner(_restart)))
remove, party_remove = _manages(_acts(_of_brand(_remove))), partner_view(_acts(_of_partner(_remove)))
replay, party_replay = _manages(_acts(_of_brand(_replay))), partner_view(_acts(_of_partner(_replay)))
