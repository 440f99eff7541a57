"""The pages a person sees, and the few places where the library's endpoints are made stricter."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.idp.oidc import views as oidc
from django.contrib.auth import views as auth_views
from django.forms import Form, PasswordInput
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from simulators.edevlet.config import HERE, running
from simulators.edevlet.login import LoginForm
from simulators.edevlet.store import PASSWORD, PEOPLE

_ONLY_ONE_TAB = "Bu benzetimde yalnızca “e-Devlet Şifresi” ile giriş yapılabilir."
TABS = {
    "mobil-imza": "Mobil İmza",
    "e-imza": "e-İmza",
    "kimlik-karti": "T.C. Kimlik Kartı",
    "internet-bankaciligi": "İnternet Bankacılığı",
}
_TOPICS = {
    "sifre-nedir": (
        "e-Devlet Şifresi Nedir, Nasıl Alınır?",
        "Bu benzetimde yalnızca giriş sayfasındaki deneme kimlikleri ve onların şifresi geçerlidir.",
    ),
    "sanal-klavye": ("Sanal Klavye", "Sanal klavye bu benzetimde yoktur; lütfen klavyenizi kullanınız."),
    "sifremi-unuttum": (
        "Şifremi Unuttum",
        "Bu benzetimde şifre yenilenmez. Deneme kimliklerinin şifresi giriş sayfasında yazar.",
    ),
    "gizlilik": (
        "Gizlilik ve Güvenlik",
        "Bu benzetim yalnızca kurgusal kişileri tanır ve yazdığınız numarayı saklamaz.",
    ),
    "cozum-merkezi": (
        "Hızlı Çözüm Merkezi",
        "Bu benzetimin çözüm merkezi yoktur. Yardım için girişi başlattığınız uygulamaya dönünüz.",
    ),
}
_ASSETS = {"edevlet.css": "text/css; charset=utf-8", "simge.svg": "image/svg+xml"}


def _own_next(request: HttpRequest) -> str:
    """Return the `next` address if it lies on this host, else an empty text."""
    target = request.GET.get("next", "")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}) else ""


class LoginView(auth_views.LoginView):
    """The page “e-Devlet Kapısı Kimlik Doğrulama Sistemi”."""

    form_class = LoginForm  # type: ignore[assignment]  # the base class wants Django's own form, it uses get_user() only
    template_name = "edevlet/login.html"

    def get_form(self, form_class: Any = None) -> Any:
        """Return the form, with the number masked where “Yazarken Gizle” was chosen."""
        form: Form = super().get_form(form_class)
        if "gizle" in self.request.GET:
            attrs = form.fields["tckn"].widget.attrs
            form.fields["tckn"].widget = PasswordInput(attrs, render_value=True)
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the page says about the portal, its tabs and the demo people."""
        target = self.get_redirect_url()
        return super().get_context_data(
            portal_url=running().portal_url,
            tabs=TABS,
            people=PEOPLE,
            password=PASSWORD,
            hidden="gizle" in self.request.GET,
            query=urlencode({"next": target}) if target else "",
            **kwargs,
        )


class AuthorizationView(oidc.AuthorizationView):
    """The authorization endpoint; requires PKCE with S256 and the portal's exact callback address."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse before login what could not be answered after it."""
        query = request.GET
        exact = query.get("redirect_uri") == running().redirect_uri
        if not exact or not query.get("code_challenge") or query.get("code_challenge_method") != "S256":
            return render(request, "idp/oidc/error.html", status=400)
        response: HttpResponse = super().get(request, *args, **kwargs)
        if response.status_code == 200:
            # Consent is never asked for, so a page can only be the library's error page.
            response.status_code = 400
        return response

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Not offered: the library would show its consent form."""
        return render(request, "idp/oidc/error.html", status=405)


class LogoutView(oidc.LogoutView):
    """The end-session endpoint; asks only when the caller did not prove whose session it ends."""

    template_name = "edevlet/logout.html"

    def form_invalid(self, _form: Form) -> HttpResponse:
        """Refuse an address to return to that is not the portal's."""
        return render(self.request, "idp/oidc/error.html", status=400)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, who is logged in, and where the portal is."""
    return render(request, "edevlet/home.html", {"portal_url": running().portal_url})


@require_safe
def explain(request: HttpRequest, topic: str) -> HttpResponse:
    """Say of a tab or a link of the login page that the simulator does not have it."""
    title, text = _TOPICS.get(topic) or (TABS.get(topic, ""), _ONLY_ONE_TAB)
    if not title:
        raise Http404
    target = _own_next(request)
    context = {"title": title, "text": text, "query": urlencode({"next": target}) if target else ""}
    return render(request, "edevlet/explain.html", context)


@require_safe
def cancel(request: HttpRequest) -> HttpResponse:
    """Give up the login: tell the portal so if it began this login, else just lead there."""
    target = urlsplit(_own_next(request))
    query = parse_qs(target.query)
    callback = running().redirect_uri
    if target.path != reverse("idp:oidc:authorization") or query.get("redirect_uri") != [callback]:
        return HttpResponseRedirect(f"{running().portal_url}/")
    answer = urlencode({"error": "access_denied", "state": query.get("state", [""])[0]})
    return HttpResponseRedirect(f"{callback}?{answer}")


@require_safe
def asset(_request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve the style sheet or the icon."""
    if name not in _ASSETS:
        raise Http404
    response = FileResponse((HERE / "assets" / name).open("rb"), content_type=_ASSETS[name])
    response.headers["Cache-Control"] = "max-age=300"
    return response


def csrf_failure(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Answer a form whose secret is missing or old."""
    text = "Form doğrulanamadı. Tarayıcınızda çerezlerin açık olduğundan emin olup yeniden deneyiniz."
    return _error(request, 403, text)


def bad_request(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Answer a request that cannot be read."""
    return _error(request, 400, "İstek anlaşılamadı.")


def forbidden(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Answer a request that is not allowed."""
    return _error(request, 403, "Bu işleme izin verilmiyor.")


def not_found(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Answer an unknown address."""
    return _error(request, 404, "Aradığınız sayfa bulunamadı.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an unexpected fault."""
    return _error(request, 500, "Beklenmeyen bir hata oluştu. Lütfen biraz sonra yeniden deneyiniz.")


def _error(request: HttpRequest, status: int, text: str) -> HttpResponse:
    return render(request, "edevlet/error.html", {"text": text, "status": status}, status=status)
