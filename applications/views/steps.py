"""Hemen Başvur: company, authorised person, brands, undertaking, check, sent. Signed-out; what was typed is kept."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import public
from applications.brand_forms import BrandForm
from applications.enums import ApplicationKind, ApplicationState, CheckKind
from applications.forms import COMPANY_FIELDS, PERSON_FIELDS, CompanyForm, PaperForm, PersonForm
from applications.models import Application
from applications.rules import ApplicationRefused, form_number, gaps, has_company, has_person, printed_sha256
from applications.selectors import by_token, checks_of, newest_documents
from applications.services import drafts
from applications.services.base import link_to
from applications.views.common import (
    SECONDS,
    begins_too_often,
    show,
    takes_document,
)
from applications.views.pointer import forget, link_of, mine, remember, renewed
from iys_portal.shared.clock import istanbul_day
from iys_portal.throttling import is_too_often
from iys_portal.views import busy, too_often

COMPANY, PERSON = ApplicationKind.COMPANY, ApplicationKind.PERSON
_OPENINGS = 30
STEPS = {
    COMPANY: [
        ("company", "Şirket"),
        ("person", "Yetkili kişi"),
        ("brands", "Markalar"),
        ("paper", "Taahhütname"),
        ("check", "Gönder"),
    ],
    PERSON: [("authority", "Bilgiler"), ("authority_paper", "Form"), ("authority_check", "Gönder")],
}
RECEIVED = {COMPANY: "applications:received", PERSON: "applications:authority_received"}
BEGINNING = {COMPANY: "applications:start", PERSON: "applications:authority"}
FORGETTING = {COMPANY: "applications:forget", PERSON: "applications:authority_forget"}
LAST = {COMPANY: "applications:check", PERSON: "applications:authority_check"}
DraftView = Callable[..., HttpResponseBase]


def draft_view(kind: ApplicationKind) -> Callable[[DraftView], DraftView]:
    """Hand the view this browser's draft; without one the beginning is shown, of a sent one its confirmation."""

    def wrap(view: DraftView) -> DraftView:
        @wraps(view)
        def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            application = mine(request, kind)
            if application is None:
                return redirect(BEGINNING[kind])
            if application.state != ApplicationState.DRAFT:
                return redirect(RECEIVED[kind])
            answer = view(request, application, *args, **kwargs)
            return renewed(request, answer) if request.method == "POST" else answer

        return found

    return wrap


@require_http_methods(["GET", "HEAD", "POST"])
@public
def start(request: HttpRequest) -> HttpResponse:
    """What an application needs; POST begins one, or goes on with this browser's draft."""
    draft = mine(request, COMPANY)
    is_open = draft is not None and draft.state == ApplicationState.DRAFT
    if request.method == "POST":
        if not is_open:
            if begins_too_often(request):
                return too_often(request, seconds=SECONDS)
            application, token = drafts.begin(kind=COMPANY, now=timezone.now())
            return remember(request, redirect("applications:company"), application, token=token)
        return redirect("applications:company")
    return render(request, "applications/start.html", {"is_open": is_open})


@require_http_methods(["GET", "HEAD", "POST"])
@public
def resume(request: HttpRequest) -> HttpResponse:
    """The secret link (?kod=): this browser goes on with the draft, or with the documents that were asked for.

    A browser with another open draft of the kind is asked first: its own would be out of its reach.
    """
    if is_too_often(request, what="application-link", times=_OPENINGS, seconds=SECONDS):
        return too_often(request, seconds=SECONDS)
    token = request.GET.get("kod", "")
    application = by_token(token)
    if application is None:
        raise Http404
    kind = ApplicationKind(application.kind)
    if application.state != ApplicationState.DRAFT:
        show(request, application)
        is_missing = application.state == ApplicationState.MISSING
        return redirect("applications:missing", kind=kind) if is_missing else redirect("applications:status")
    other, check = mine(request, kind), LAST[kind]
    if (
        request.method != "POST"
        and other is not None
        and other != application
        and other.state == ApplicationState.DRAFT
    ):
        own = link_of(request, other)
        context = {"application": application, "other": other, "check": check, "link": link_to(own) if own else ""}
        return render(request, "applications/resume.html", context)
    return remember(request, redirect(check), application, token=token)


def forget_view(kind: ApplicationKind) -> DraftView:
    """Return the page that asks before this browser forgets a draft, or the draft is deleted."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @public
    def forget_draft(request: HttpRequest) -> HttpResponse:
        draft = mine(request, kind)
        if draft is None or draft.state != ApplicationState.DRAFT:
            return redirect(BEGINNING[kind])
        if request.method == "POST":
            is_gone = "sil" in request.POST and drafts.discard(application_id=draft.pk)
            told = "Taslak, yazdıklarınız ve yüklediğiniz belgelerle birlikte silindi."
            messages.success(request, told if is_gone else "Bu tarayıcı taslağı unuttu.")
            return forget(request, redirect(BEGINNING[kind]), kind)
        token = link_of(request, draft)
        context = {"application": draft, "back": reverse(LAST[kind]), "link": link_to(token) if token else ""}
        return render(request, "applications/forget.html", context)

    return forget_draft


@require_http_methods(["GET", "HEAD", "POST"])
@public
@draft_view(COMPANY)
def company(request: HttpRequest, draft: Application) -> HttpResponse:
    """Step 1."""
    initial = {field: getattr(draft, name) for field, name in COMPANY_FIELDS.items()} | {"vkn": draft.tax_number}
    known = draft.shown_tin if draft.tax_tckn_hash else ""
    form = CompanyForm(request.POST if request.method == "POST" else None, initial=initial, known_tckn=known)
    if request.method == "POST" and form.is_valid():
        return _kept(request, draft, form.values(), tin=form.tin, after="applications:person")
    return _page(request, draft, "company", form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@public
@draft_view(COMPANY)
def person(request: HttpRequest, draft: Application) -> HttpResponse:
    """Step 2."""
    form = person_form(PersonForm, request, draft)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        if values["person_email"] != draft.person_email and begins_too_often(request):
            return too_often(request, seconds=SECONDS)
        return _kept(request, draft, values, tckn=form.cleaned_data["tckn"], after="applications:brands")
    return _page(request, draft, "person", form=form)


FormOfPerson = TypeVar("FormOfPerson", bound=PersonForm)


def person_form(
    form: type[FormOfPerson], request: HttpRequest, draft: Application | None, **initial: Any
) -> FormOfPerson:
    """Return the form of a person, filled with what was typed before."""
    if draft is not None:
        initial |= {field: getattr(draft, name) for field, name in PERSON_FIELDS.items()}
    return form(
        request.POST if request.method == "POST" else None,
        initial=initial,
        today=istanbul_day(timezone.now()),
        known_tckn=draft.masked_tckn if draft else "",
    )


def _kept(
    request: HttpRequest, draft: Application, values: dict[str, Any], *, tckn: str = "", tin: str = "", after: str
) -> HttpResponse:
    """Keep a step and go on: to the next one, or back to the check page from which it was opened."""
    token = link_of(request, draft)
    try:
        token = drafts.put_values(
            application_id=draft.pk, values=values, tckn=tckn, tin=tin, token=token, now=timezone.now()
        )
    except ApplicationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("applications:received")
    following = redirect("applications:check" if "kontrol" in request.GET else after)
    return remember(request, following, draft, token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@public
@takes_document
@draft_view(COMPANY)
def brands(request: HttpRequest, draft: Application) -> HttpResponse:
    """Step 3: a brand with its certificate at a time; none is needed for the company's own name."""
    form = BrandForm()
    if request.method == "POST":
        if "kaldir" in request.POST:
            return _without_brand(request, draft)
        form = BrandForm(request.POST, request.FILES)
        if form.is_valid():
            name, file = form.cleaned_data["marka"], form.cleaned_data["belge"]
            try:
                drafts.add_brand(application_id=draft.pk, name=name, file=file, now=timezone.now())
            except ApplicationRefused as refusal:
                form.add_error("marka", str(refusal))
            else:
                messages.success(request, f"“{name}” eklendi.")
                return redirect("applications:brands")
    return _page(request, draft, "brands", form=form, parts=_parts(draft, CheckKind.CERTIFICATE))


def _without_brand(request: HttpRequest, draft: Application) -> HttpResponse:
    chosen = request.POST.get("kaldir", "")
    brand_id = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19 else 0
    try:
        drafts.remove_brand(application_id=draft.pk, brand_id=brand_id, now=timezone.now())
    except ApplicationRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("applications:brands")


def _parts(draft: Application, *kinds: CheckKind) -> list[dict[str, Any]]:
    """Return the checks of these kinds with the document that counts."""
    newest = newest_documents(draft)
    return [{"check": each, "document": newest.get(each.pk)} for each in checks_of(draft) if each.kind in kinds]


def paper_view(kind: ApplicationKind) -> DraftView:
    """Return the step on which the printed form is downloaded, and uploaded once it is signed."""
    step = {COMPANY: "paper", PERSON: "authority_paper"}[kind]

    @require_http_methods(["GET", "HEAD", "POST"])
    @public
    @takes_document
    @draft_view(kind)
    def paper(request: HttpRequest, draft: Application) -> HttpResponse:
        (part,) = _parts(draft, CheckKind.UNDERTAKING, CheckKind.AUTHORITY)
        form = PaperForm(label="İmzalı belge")
        is_ready = has_person(draft) and (kind == PERSON or has_company(draft))
        if request.method == "POST" and not is_ready:
            messages.error(request, "Önce önceki adımları tamamlayın; belge bilgilerinizle hazırlanır.")
            return redirect(request.path)
        if request.method == "POST":
            form = PaperForm(request.POST, request.FILES, label="İmzalı belge")
            if form.is_valid():
                try:
                    drafts.put_document(
                        application_id=draft.pk,
                        check_id=part["check"].pk,
                        file=form.cleaned_data["belge"],
                        now=timezone.now(),
                    )
                except ApplicationRefused as refusal:
                    messages.error(request, str(refusal))
                return redirect(LAST[kind])
        is_stale = part["document"] is not None and part["document"].printed_sha256 != printed_sha256(draft)
        context = {"part": part, "is_ready": is_ready, "is_stale": is_stale, "number": form_number(draft)}
        return _page(request, draft, step, form=form, **context)

    return paper


def paper_pdf_view(kind: ApplicationKind) -> DraftView:
    """Return the view that sends the printed form."""

    @require_safe
    @public
    @draft_view(kind)
    def paper_pdf(request: HttpRequest, draft: Application) -> HttpResponse:
        from applications.papers import FILENAMES, render_paper  # noqa: PLC0415  (WeasyPrint takes a second to load)
        from contracts.rendering import RenderingError  # noqa: PLC0415  (pages need not wait for it)

        if not (has_person(draft) and (kind == PERSON or has_company(draft))):
            return redirect(BEGINNING[kind])
        if is_too_often(request, what="application-paper", times=_OPENINGS, seconds=SECONDS):
            return too_often(request, seconds=SECONDS)
        try:
            pdf = render_paper(draft, now=timezone.now())
        except RenderingError:
            return busy(request)
        headers = {"Content-Disposition": f'attachment; filename="{FILENAMES[kind]}"'}
        return HttpResponse(pdf, content_type="application/pdf", headers=headers)

    return paper_pdf


def check_view(kind: ApplicationKind) -> DraftView:
    """Return the last step: everything once more with “Değiştir”, then it is sent, once."""
    step = {COMPANY: "check", PERSON: "authority_check"}[kind]

    @require_http_methods(["GET", "HEAD", "POST"])
    @public
    @draft_view(kind)
    def check(request: HttpRequest, draft: Application) -> HttpResponse:
        if request.method == "POST":
            try:
                drafts.submit(application_id=draft.pk, now=timezone.now())
                return redirect(RECEIVED[kind])
            except ApplicationRefused as refusal:
                messages.error(request, str(refusal))
                return redirect(request.path)
        checks, newest = checks_of(draft), newest_documents(draft)
        parts = [{"check": each, "document": newest.get(each.pk)} for each in checks if each.kind != "tax_number"]
        missing = [
            {"url": reverse(f"applications:{_STEP_OF.get((kind, where), where)}"), "text": text}
            for where, text in gaps(draft, checks, newest)
        ]
        return _page(request, draft, step, parts=parts, missing=missing)

    return check


_STEP_OF = {(PERSON, "person"): "authority", (PERSON, "paper"): "authority_paper"}


def received_view(kind: ApplicationKind) -> DraftView:
    """Return the page that people keep: the reference, what happens next, whom to ask."""

    @require_safe
    @public
    def received(request: HttpRequest) -> HttpResponse:
        application = mine(request, kind)
        if application is None or application.state == ApplicationState.DRAFT:
            return redirect(BEGINNING[kind])
        return render(request, "applications/received.html", {"application": application})

    return received


paper, authority_paper = paper_view(COMPANY), paper_view(PERSON)
paper_pdf, authority_pdf = paper_pdf_view(COMPANY), paper_pdf_view(PERSON)
check, authority_check = check_view(COMPANY), check_view(PERSON)
received, authority_received = received_view(COMPANY), received_view(PERSON)
forget_draft, authority_forget = forget_view(COMPANY), forget_view(PERSON)


def _page(request: HttpRequest, draft: Application, step: str, **context: Any) -> HttpResponse:
    return step_page(request, draft, ApplicationKind(draft.kind), step, **context)


def step_page(
    request: HttpRequest, draft: Application | None, kind: ApplicationKind, step: str, **context: Any
) -> HttpResponse:
    """Draw a step: where it stands among the others, the link to go on elsewhere, the step before."""
    names = [name for name, _ in STEPS[kind]]
    place = names.index(step)
    token = link_of(request, draft) if draft else ""
    context |= {
        "application": draft,
        "steps": [
            {"label": label, "is_done": number < place, "is_current": number == place}
            for number, (_, label) in enumerate(STEPS[kind])
        ],
        "back": reverse(f"applications:{names[place - 1]}") if place else reverse("applications:start"),
        "back_label": STEPS[kind][place - 1][1] if place else "Hemen Başvur",
        "link": link_to(token) if token else "",
        "draft_days": drafts.DRAFT_DAYS,
        "forget": reverse(FORGETTING[kind]) if draft else "",
    }
    return render(request, f"applications/{step}.html", context)
