"""Administrators' review of applications: the queue, one page with every document, and the decisions."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone

from applications.enums import ApplicationKind, ApplicationState, CheckReason, CheckState, RejectReason
from applications.forms import JudgeForm
from applications.models import MIMETYPES, Application
from applications.rules import (
    ApplicationRefused,
    form_number,
    refusal_of_approval,
    refusal_of_rejection,
    refusal_of_request,
)
from applications.selectors import all_documents, checks_of, document_of
from applications.services import approval, review
from iys_portal.admin_acts import REASON_LENGTH, Act, ActingAdmin, ActRefused, ReasonForm
from iys_portal.admin_base import ReadOnlyAdmin, acting_person
from iys_portal.admin_tckn import FoundByTckn
from iys_portal.shared.turkish import squeeze


class NoteForm(ReasonForm):
    """A note to the applicant, if there is one."""

    reason = forms.CharField(
        label="Başvuru sahibine not (isteğe bağlı)",
        max_length=REASON_LENGTH,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
    )


class RejectForm(ReasonForm):
    """Why it is rejected: from the list, and in words."""

    cause = forms.ChoiceField(label="Neden", choices=RejectReason.choices)
    reason = forms.CharField(
        label="Açıklama",
        max_length=REASON_LENGTH,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        error_messages={"required": "Başvuru sahibinin okuyacağı açıklamayı yazın."},
    )
    field_order = ("cause", "reason")

    def answer(self) -> tuple[RejectReason, str]:
        return RejectReason(self.cleaned_data["cause"]), self.cleaned_data["reason"]


def _facts(application: Application) -> list[tuple[str, str]]:
    facts = [
        ("Başvuru", f"{application.get_kind_display()} {application.reference_display}"),
        ("Hizmet sağlayıcı", application.subject_name),
        (application.tin_label, application.shown_tin),
        ("Yetkili kişi", application.person_name),
        ("Markalar", ", ".join(map(str, application.brands.select_related("renames")))),
        ("E-posta gidecek adres", application.contact),
    ]
    return [(name, value) for name, value in facts if value]


def _approve(application: Application, actor: Any, note: str) -> str:
    try:
        done = approval.approve(application_id=application.pk, note=note, reviewer=actor, now=timezone.now())
    except ApplicationRefused as refusal:
        raise ActRefused(str(refusal)) from refusal
    made = f" İYS No {done.provider.iys_code}." if done.provider else ""
    return f"{done.reference_display} onaylandı.{made} Başvuru sahibine yazıldı."


def _ask(application: Application, actor: Any, note: str) -> str:
    try:
        review.ask_for_documents(application_id=application.pk, note=note, reviewer=actor, now=timezone.now())
    except ApplicationRefused as refusal:
        raise ActRefused(str(refusal)) from refusal
    return f"{application.reference_display}: eksik belgeler istendi, başvuru sahibine yazıldı."


def _reject(application: Application, actor: Any, answer: tuple[RejectReason, str]) -> str:
    reason, note = answer
    try:
        review.reject(application_id=application.pk, reason=reason, note=note, reviewer=actor, now=timezone.now())
    except ApplicationRefused as refusal:
        raise ActRefused(str(refusal)) from refusal
    return f"{application.reference_display} reddedildi, başvuru sahibine yazıldı."


def _consequence_of_approval(application: Application) -> str:
    if application.brands.filter(renames__isnull=False).exists():
        return "Markanın adı değişir; kodu, izinleri ve verdiği yetkiler aynı kalır. Hizmet sağlayıcıya yazılır."
    return {
        ApplicationKind.COMPANY: (
            "Hizmet sağlayıcı İYS numarasıyla kaydedilir; ana markası ve bildirdiği markalar açılır, Temel Hizmetler"
            " kullanıma girer, yetkili kişi Hesap Sahibi olur. Başvuru sahibine yazılır. Geri alınamaz."
        ),
        ApplicationKind.PERSON: (
            f"{application.person_name}, {application.subject_name} adına Hesap Yöneticisi olarak giriş yapabilir."
            " Başvuru sahibine yazılır."
        ),
        ApplicationKind.BRAND: "Marka yeni bir kodla açılır. Hizmet sağlayıcıya yazılır. Geri alınamaz.",
    }[ApplicationKind(application.kind)]


APPROVE = Act(
    name="onayla",
    label="Onayla",
    question="Başvuru onaylansın mı?",
    refusal=lambda application: refusal_of_approval(application, checks_of(application)),
    facts=_facts,
    consequence=_consequence_of_approval,
    perform=_approve,
    form=NoteForm,
)

ASK = Act(
    name="eksik",
    label="Eksik belge iste",
    question="Eksik belgeler istensin mi?",
    refusal=lambda application: refusal_of_request(application, checks_of(application)),
    facts=lambda application: [
        *_facts(application),
        *[(str(e), e.reason_words) for e in checks_of(application) if e.state == CheckState.REFUSED],
    ],
    consequence=lambda _: (
        "Başvuru sahibine, kabul edilmeyen belgeler nedenleriyle yazılır. Yalnızca onları yeniden yükleyebilir;"
        " yükleyince başvuru incelemeye döner."
    ),
    perform=_ask,
    form=NoteForm,
)

REJECT = Act(
    name="reddet",
    label="Reddet",
    question="Başvuru reddedilsin mi?",
    refusal=refusal_of_rejection,
    facts=_facts,
    consequence=lambda _: (
        "Başvuru kapanır ve yeniden açılamaz; başvuru sahibi yeni bir başvuru yapabilir. Nedeni yazılır."
    ),
    perform=_reject,
    is_grave=True,
    form=RejectForm,
)

_OF_COMPANY = ("title", "tin_shown", "mersis", "address", "kep", "phone", "email")
_OF_PERSON = ("given_name", "family_name", "tckn_masked", "birth_date", "mobile", "person_email")


@admin.register(Application)
class ApplicationAdmin(FoundByTckn, ActingAdmin, ReadOnlyAdmin):
    """The queue, oldest first; drafts are nobody's business."""

    acts = (APPROVE, ASK, REJECT)
    act_permission = "applications.change_application"
    change_form_template = "admin/applications/application/review.html"
    list_display = ("shown_reference", "kind", "company", "state", "submitted_at", "reviewer")
    list_filter = ("state", "kind", "submitted_at")
    list_select_related = ("provider", "reviewer")
    search_fields = ("=reference", "=tax_number", "=provider__iys_code")
    folded_search = ("title", "provider__title")
    tckn_columns = ("tax_tckn_hash", "tckn_hash")
    ordering = ("submitted_at", "pk")
    readonly_fields = ("shown_reference", "tin_shown", "tckn_masked", "paper_number")

    class Media:
        css = {"all": ["css/admin_applications.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        return super().get_queryset(request).exclude(state=ApplicationState.DRAFT)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find a reference as applicants write it, with dashes."""
        is_reference = search_term.count("-") == 2
        return super().get_search_results(request, queryset, squeeze(search_term) if is_reference else search_term)

    def get_fieldsets(self, _request: HttpRequest, obj: Application | None = None) -> Any:
        kind = obj.kind if obj else ""
        parts: list[Any] = [
            (None, {"fields": ("shown_reference", "kind", "state", "submitted_at", "reviewer", "decided_at", "note")})
        ]
        if kind == ApplicationKind.COMPANY:
            parts.append(("Şirket", {"fields": _OF_COMPANY}))
        else:
            parts.append(("Hizmet sağlayıcı", {"fields": ("provider",)}))
        if kind == ApplicationKind.BRAND:
            parts.append(("İsteyen", {"fields": ("requested_by",)}))
        else:
            parts.append(("Yetkili kişi", {"fields": (*_OF_PERSON, "paper_number")}))
        return parts

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "applications_application"
        return [
            path("<int:pk>/incele/", view(self.take), name=f"{name}_take"),
            path("<int:pk>/kimlik/", view(self.reveal), name=f"{name}_reveal"),
            path("<int:pk>/kalem/<int:check_id>/", view(self.judge), name=f"{name}_judge"),
            path("<int:pk>/belge/<int:document_id>/", view(self.document), name=f"{name}_document"),
            *super().get_urls(),
        ]

    @admin.display(description="başvuru no", ordering="reference")
    def shown_reference(self, application: Application) -> str:
        return application.reference_display

    @admin.display(description="hizmet sağlayıcı")
    def company(self, application: Application) -> str:
        return application.subject_name

    @admin.display(description="vergi kimlik no / TCKN")
    def tin_shown(self, application: Application) -> str:
        return application.shown_tin

    @admin.display(description="T.C. Kimlik No")
    def tckn_masked(self, application: Application) -> str:
        return application.masked_tckn

    @admin.display(description="imzalı belgenin no'su")
    def paper_number(self, application: Application) -> str:
        return f"{form_number(application)} – imzalı belgede bu numara yazmalıdır"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Add every part with its documents, and, to those who may decide, the forms to judge them."""
        application = self.get_object(request, object_id)
        if application is not None:
            extra_context = {**self._review(request, application), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra_context)

    def _review(self, request: HttpRequest, application: Application) -> dict[str, Any]:
        documents = all_documents(application)
        may_decide = request.user.has_perm(self.act_permission)
        bound: tuple[int, JudgeForm] | None = getattr(request, "bound_judgement", None)
        return {
            "may_reveal": may_decide and bool(application.tax_tckn_hash),
            "whole_tin": getattr(request, "whole_tin", ""),
            "may_take": may_decide and application.state == ApplicationState.NEW,
            "may_judge": may_decide and application.state == ApplicationState.IN_CHECK,
            "reasons": CheckReason.choices,
            "parts": [
                {
                    "check": check,
                    "documents": documents.get(check.pk, []),
                    "form": bound[1] if bound and bound[0] == check.pk else None,
                }
                for check in checks_of(application)
            ],
        }

    def take(self, request: HttpRequest, pk: int) -> HttpResponse:
        """İncelemeye al; by GET, as after a new login, the page that asks for it."""
        if request.method != "POST":
            return redirect(_page_of(pk))
        application = self._decidable(request, pk)
        try:
            review.take(application_id=application.pk, reviewer=acting_person(request))
        except ApplicationRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        return redirect(_page_of(pk))

    def reveal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page once more, with a sole trader's whole number; by GET, as after a new login, without it."""
        if request.method != "POST":
            return redirect(_page_of(pk))
        application = self._decidable(request, pk)
        if not application.tax_tckn_hash:
            raise Http404
        request.whole_tin = review.read_tin(application=application, reader=acting_person(request))  # type: ignore[attr-defined]  # for this answer alone
        request.method = "GET"  # the page is read-only; this form is none of its own
        page: HttpResponse = self.change_view(request, str(pk))
        return page

    def judge(self, request: HttpRequest, pk: int, check_id: int) -> HttpResponse:
        """Confirm or refuse one part; what is wrong with the form is told beside it, with what was typed.

        By GET, as after a new login, it leads to the page with the form.
        """
        if request.method != "POST":
            return redirect(_page_of(pk))
        application = self._decidable(request, pk)
        check = next((each for each in checks_of(application) if each.pk == check_id), None)
        if check is None:
            raise Http404
        form = JudgeForm(request.POST)
        if not form.is_valid():
            request.bound_judgement = (check.pk, form)  # type: ignore[attr-defined]  # from the form to the answer
            request.method = "GET"  # the page is read-only; this form is none of its own
            page: HttpResponse = self.change_view(request, str(pk))
            return page
        words = form.cleaned_data
        try:
            review.judge(
                application_id=application.pk,
                check_id=check.pk,
                seen=words["seen"],
                verdict=CheckState(words["verdict"]),
                reason=words["reason"],
                note=words["note"],
                reviewer=acting_person(request),
                now=timezone.now(),
            )
        except ApplicationRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        return redirect(f"{_page_of(pk)}#kalem-{check.pk}")

    def document(self, request: HttpRequest, pk: int, document_id: int) -> HttpResponse:
        """A document as a file to save, never shown by the browser under the portal's name."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        application = self.get_object(request, str(pk))
        document = document_of(pk, document_id) if application is not None else None
        if application is None or document is None:
            raise Http404
        name = f"{application.reference}-{document.check_of.kind}-{document.pk}.{MIMETYPES[document.mimetype]}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        content = review.read_document(document=document, reader=acting_person(request))
        return HttpResponse(content, content_type=document.mimetype, headers=headers)

    def _decidable(self, request: HttpRequest, pk: int) -> Application:
        if not request.user.has_perm(self.act_permission):
            raise PermissionDenied
        application: Application | None = self.get_object(request, str(pk))
        if application is None:
            raise Http404
        return application


def _page_of(pk: int) -> str:
    return reverse("admin:applications_application_change", args=[pk])
