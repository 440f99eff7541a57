"""Belge Doğrulama, for everybody: is a document of ours real, asked by its code or by the file itself."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import public
from contracts.forms import CodeForm, FileForm
from contracts.uploads import TooLargeError, receive_in_memory
from iys_portal.throttling import is_too_often
from iys_portal.views import busy, too_large, too_often

_SECONDS = 300
_CODES, _FILES = 60, 30  # of one address in that time


@require_http_methods(["GET", "HEAD", "POST"])
@public
@csrf_exempt  # the token stands in the body; _file asks for it once the body may be read
def verification(request: HttpRequest) -> HttpResponse:
    """The page with its two forms; `?kod=` answers for a code, POST for a file."""
    if request.method == "POST":
        if is_too_often(request, what="verify-file", times=_FILES, seconds=_SECONDS):
            return too_often(request, seconds=_SECONDS)
        try:
            receive_in_memory(request, limit=settings.VERIFICATION_MAX_BYTES)
            return _file(request)
        except TooLargeError:
            return too_large(request, limit=settings.VERIFICATION_MAX_BYTES)
    if "kod" in request.GET:
        return _code(request, request.GET["kod"])
    return _page(request)


@require_safe
@public
def document(request: HttpRequest, code: str) -> HttpResponse:
    """The address in the QR code."""
    return _code(request, code)


def _code(request: HttpRequest, text: str) -> HttpResponse:
    """Answer for a code: 404 where there is no such document, whether the code is well formed or not."""
    if is_too_often(request, what="verify-code", times=_CODES, seconds=_SECONDS):
        return too_often(request, seconds=_SECONDS)
    form = CodeForm({"kod": text})
    if not form.is_valid():
        return _page(request, code_form=form, form=form, status=404 if text.strip() else 200)
    from contracts.verdicts import verdict_on_code  # noqa: PLC0415  (pyHanko takes a second to load)

    verdict = verdict_on_code(form.cleaned_data["kod"], now=timezone.now())
    return _page(request, code_form=form, verdict=verdict, status=200 if verdict.entry else 404)


@csrf_protect
def _file(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, file_form=form, form=form)
    from contracts.sandbox import BusyError  # noqa: PLC0415  (pyHanko takes a second to load)
    from contracts.verdicts import verdict_on_file  # noqa: PLC0415  (pyHanko takes a second to load)

    try:
        verdict = verdict_on_file(form.cleaned_data["belge"].read(), now=timezone.now())
    except BusyError:
        return busy(request)
    return _page(request, file_form=FileForm(), verdict=verdict)


def _page(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    context.setdefault("code_form", CodeForm())
    context.setdefault("file_form", FileForm())
    return render(request, "contracts/verification.html", context, status=status)
