"""Beni Haberdar Et: ask, confirm by the link in the e-mail, leave by the other."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import public
from applications.forms import NewsForm
from applications.services import news
from iys_portal.throttling import is_too_often
from iys_portal.views import too_often

_TIMES, _SECONDS = 10, 300


@require_http_methods(["GET", "HEAD", "POST"])
@public
def ask(request: HttpRequest) -> HttpResponse:
    """One field; the answer is the same whether the address is known or not."""
    form = NewsForm()
    if request.method == "POST":
        if is_too_often(request, what="news", times=_TIMES, seconds=_SECONDS):
            return too_often(request, seconds=_SECONDS)
        form = NewsForm(request.POST)
        if form.is_valid():
            news.ask(email=form.cleaned_data["eposta"], now=timezone.now())
            messages.success(request, "Teşekkürler, adresinize bir doğrulama iletisi gönderdik.")
            return redirect("news:ask")
    return render(request, "news/ask.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link alone changes nothing: mail programs open links, too."""
    done = "E-posta adresiniz doğrulandı. Vatandaş girişi açıldığında size yazacağız."
    return _act(request, token, "news/confirm.html", news.confirm, done)


@require_http_methods(["GET", "HEAD", "POST"])
@public
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """End it; a link that was used goes on to say so."""
    return _act(
        request, token, "news/leave.html", news.leave, "Adresiniz listeden çıkarıldı; size haber gönderilmeyecek."
    )


def _act(request: HttpRequest, token: str, template: str, act: Callable[..., None], done: str) -> HttpResponse:
    subscriber = news.subscriber_of(token)
    if subscriber is None:
        raise Http404
    if request.method == "POST":
        now: datetime = timezone.now()
        act(subscriber_id=subscriber.pk, now=now)
        messages.success(request, done)
        return redirect("entry")
    return render(request, template)
