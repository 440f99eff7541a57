"""Yetkilendirme talep formu: a further person for a provider that is registered. Its other steps are in `steps`."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import public
from applications.enums import ApplicationKind, ApplicationState
from applications.forms import AuthorityForm
from applications.models import Application
from applications.rules import ApplicationRefused
from applications.services import drafts
from applications.views.common import SECONDS, begins_too_often
from applications.views.pointer import link_of, mine, remember
from applications.views.steps import person_form, step_page
from iys_portal.views import too_often


@require_http_methods(["GET", "HEAD", "POST"])
@public
def authority(request: HttpRequest) -> HttpResponse:
    """Whom to let in, and to which provider. The draft begins once both numbers of the provider fit."""
    draft = mine(request, ApplicationKind.PERSON)
    if draft is not None and draft.state != ApplicationState.DRAFT:
        draft = None
    company = {"iys_no": draft.provider.iys_code, "vkn": draft.provider.tax_number} if draft and draft.provider else {}
    form = person_form(AuthorityForm, request, draft, **company)
    form.knows(draft.provider if draft else None)
    if request.method == "POST":
        if begins_too_often(request):
            return too_often(request, seconds=SECONDS)
        if form.is_valid():
            return _kept(request, draft, form)
    return step_page(request, draft, ApplicationKind.PERSON, "authority", form=form)


def _kept(request: HttpRequest, draft: Application | None, form: AuthorityForm) -> HttpResponse:
    provider, now = form.cleaned_data["provider"], timezone.now()
    if draft is None:
        draft, token = drafts.begin(kind=ApplicationKind.PERSON, provider=provider, now=now)
    else:
        token = link_of(request, draft)
    values = {**form.values(), "provider": provider}
    try:
        token = drafts.put_values(
            application_id=draft.pk, values=values, tckn=form.cleaned_data["tckn"], token=token, now=now
        )
    except ApplicationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("applications:authority_received")
    following = "applications:authority_check" if "kontrol" in request.GET else "applications:authority_paper"
    return remember(request, redirect(following), draft, token=token)
