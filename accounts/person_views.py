"""What belongs to a person and to no provider: web sessions, and the data the portal holds about them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import public, signed_in
from accounts.adapters import own_path
from accounts.personal_data import personal_data_of
from accounts.selectors import session_mark, sessions_of
from accounts.services.own import end_other_sessions, end_session
from accounts.sessions import ends_in

_STAFF_PATHS = ("/yonetim/", "/muhasebe/")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def sessions(request: HttpRequest) -> HttpResponse:
    """Oturumlarım: where the person is logged in; POST ends one of the others, or all of them."""
    person: Any = request.user
    current = request.session.session_key
    if request.method == "POST":
        if "others" in request.POST:
            count = end_other_sessions(person=person, current=current)
            messages.success(request, f"{count} oturum kapatıldı." if count else "Kapatılacak başka oturum yok.")
        elif end_session(person=person, mark=request.POST.get("session", ""), current=current):
            messages.success(request, "Oturum kapatıldı.")
        else:
            messages.info(request, "Bu oturum daha önce kapanmış.")
        return redirect("accounts:sessions")
    rows = [
        (row, session_mark(row.session_key), row.session_key == current)
        for row in sessions_of(person, now=timezone.now())
    ]
    return render(request, "accounts/sessions.html", {"rows": rows})


@require_safe
@signed_in
def session(request: HttpRequest) -> HttpResponse:
    """How long this web session goes on; like every page it extends it. The warning before the end asks for it."""
    left = ends_in(request.session, now=timezone.now())
    answer = render(request, "accounts/session.html", {"ends_at": timezone.now() + left if left else None})
    answer.headers["X-Session-Seconds"] = str(int(left.total_seconds()) if left else 0)
    return answer


@require_safe
@public
def session_ended(request: HttpRequest) -> HttpResponse:
    """Why somebody has to log in again; it leads back to where they were (?next=)."""
    target = own_path(request.GET.get("next")) or "/"
    if request.user.is_authenticated:
        return redirect(target)
    return render(request, "accounts/session_ended.html", {"next": target, "staff": target.startswith(_STAFF_PATHS)})


@require_safe
@signed_in
def personal_data(request: HttpRequest) -> HttpResponse:
    """Kişisel verilerim: what is held about the person, for what and how long."""
    person: Any = request.user
    return render(request, "accounts/personal_data.html", {"data": personal_data_of(person, now=timezone.now())})


@require_safe
@signed_in
def personal_data_export(request: HttpRequest) -> HttpResponse:
    """The same as a JSON file."""
    person: Any = request.user
    data = personal_data_of(person, now=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="kisisel-verilerim.json"'}
    options = {"ensure_ascii": False, "indent": 2}
    return JsonResponse(data.as_json(), json_dumps_params=options, headers=headers)
