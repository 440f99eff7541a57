"""Anlık bildirimler of a brand: its connections, what was sent over them, and sending again."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from brands.models import Brand
from brands.selectors import brand_with_code
from push.forms import ConnectionForm, ReplayForm
from push.models import PushConnection, PushDelivery
from push.rules import PushRefused, RegistrationBusy
from push.selectors import connection_with_id, connections_of, deliveries_of
from push.services import connections as services

_PAGE = 25


@require_safe
@provider_view
def overview(request: ProviderRequest, code: int) -> HttpResponse:
    """The connections of a brand."""
    brand = _brand(request, code)
    return render(request, "push/connections.html", {"brand": brand, "connections": list(connections_of(brand))})


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


@require_safe
@provider_view
def detail(request: ProviderRequest, code: int, pk: int) -> HttpResponse:
    """A connection and its log, newest first, page by ?sayfa=."""
    brand = _brand(request, code)
    return _detail(request, brand, _connection(brand, pk), ReplayForm())


def _detail(request: ProviderRequest, brand: Brand, connection: PushConnection, form: ReplayForm) -> HttpResponse:
    log: QuerySet[PushDelivery] = deliveries_of(connection).prefetch_related("log")
    page = Paginator(log, _PAGE).get_page(request.GET.get("sayfa"))
    context = {"brand": brand, "connection": connection, "page": page, "form": form}
    return render(request, "push/connection.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def key(request: ProviderRequest, code: int, pk: int) -> HttpResponse:
    """What the signature's key is for; POST shows the key, which is audited."""
    brand = _brand(request, code)
    connection = _connection(brand, pk)
    shown = services.show_key(connection=connection, actor=request.user) if request.method == "POST" else ""
    return render(request, "push/key.html", {"brand": brand, "connection": connection, "key": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def restart(request: ProviderRequest, code: int, pk: int) -> HttpResponse:
    """Try a connection at once that was stopped or waits; GET leads to its page."""
    brand = _brand(request, code)
    connection = _connection(brand, pk)
    if request.method == "POST":
        services.restart(connection=connection, actor=request.user, now=timezone.now())
        messages.success(request, "Bağlantı başlatıldı; bekleyen bildirimler birazdan gönderilir.")
    return redirect("push:connection", code=brand.code, pk=connection.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def remove(request: ProviderRequest, code: int, pk: int) -> HttpResponse:
    """The check page before a connection is removed, and POST, which removes it."""
    brand = _brand(request, code)
    connection = connection_with_id(brand, pk)
    if connection is None and request.method == "POST":
        messages.info(request, "Bu bağlantı daha önce kaldırılmış.")
        return redirect("push:connections", code=brand.code)
    if connection is None:
        raise Http404
    if request.method == "POST":
        services.remove(connection=connection, actor=request.user, now=timezone.now())
        messages.success(request, "Bağlantı kaldırıldı.")
        return redirect("push:connections", code=brand.code)
    return render(request, "push/remove.html", {"brand": brand, "connection": connection})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.API)
def replay(request: ProviderRequest, code: int, pk: int) -> HttpResponse:
    """Send a delivery once more (`gonderim`), or everything since a day (`gun`); GET leads to the connection's page."""
    brand = _brand(request, code)
    connection = _connection(brand, pk)
    if request.method != "POST":
        return redirect("push:connection", code=brand.code, pk=connection.pk)
    if "gonderim" not in request.POST:
        return _replay_since(request, brand, connection)
    sent = request.POST["gonderim"]
    number = int(sent) if sent.isdecimal() and len(sent) < 19 else 0
    delivery = deliveries_of(connection).filter(pk=number).first()
    if delivery is None:
        raise Http404
    services.replay(delivery=delivery, actor=request.user, now=timezone.now())
    messages.success(request, "Bildirim yeniden gönderilmek üzere sıraya alındı.")
    return redirect("push:connection", code=brand.code, pk=connection.pk)


def _replay_since(request: ProviderRequest, brand: Brand, connection: PushConnection) -> HttpResponse:
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _detail(request, brand, connection, form)
    count = services.replay_since(connection=connection, since=form.since, actor=request.user, now=timezone.now())
    if count is None:
        messages.info(request, "Yeniden gönderilmeyi bekleyen hareketler var; onlar gönderilince yeniden isteyin.")
    elif count:
        messages.success(request, f"{count} hareket yeniden gönderilmek üzere sıraya alındı.")
    else:
        messages.info(request, "O günden beri bu bağlantıya düşen bir hareket yok.")
    return redirect("push:connection", code=brand.code, pk=connection.pk)


def _brand(request: ProviderRequest, code: int) -> Brand:
    brand = brand_with_code(request.provider.pk, code).first()
    if brand is None:
        raise Http404
    return brand


def _connection(brand: Brand, pk: int) -> PushConnection:
    connection = connection_with_id(brand, pk)
    if connection is None:
        raise Http404
    return connection
