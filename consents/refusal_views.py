"""The page behind the link in an e-mail: its recipient refuses further ones. Nobody logs in for it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import public
from consents.enums import ConsentStatus, Source
from consents.refusal_selectors import Refusable, refusable
from consents.services import ConsentRefused, record_citizens_movement
from consents.tokens import refusal_in
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.masking import masked
from iys_portal.throttling import is_too_often
from iys_portal.views import too_often

_TIMES, _SECONDS = 60, 300


@require_http_methods(["GET", "HEAD", "POST"])
@public
def refuse(request: HttpRequest, token: str) -> HttpResponse:
    """What is refused, and the button. The link alone changes nothing: mail programs open links, too."""
    if is_too_often(request, what="refusal", times=_TIMES, seconds=_SECONDS):
        return too_often(request, seconds=_SECONDS)
    named = refusal_in(token, today=istanbul_day(timezone.now()))
    found = refusable(*named) if named else None
    if found is None:
        raise Http404
    if request.method == "POST":
        _record(found)
        return redirect("refusal", token)
    return render(request, "consents/refuse.html", {"found": found, "recipient": masked(found.recipient)})


def _record(found: Refusable) -> None:
    """Record the refusal; of a second click nothing is left to do."""
    if found.is_refused:
        return
    now = timezone.now()
    try:
        record_citizens_movement(
            provider=found.kind.brand.provider,
            brand=found.kind.brand,
            recipient=found.recipient,
            channel=found.kind.channel,
            recipient_type=found.kind.recipient_type,
            status=ConsentStatus.RET,
            source=Source.IYS_EPOSTA,
            consent_at=now,
            now=now,
        )
    except ConsentRefused:  # it was refused in the meantime
        return
