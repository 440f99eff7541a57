"""Acts of administrators that follow a rule of the domain: a check page, a reason, then a service.

An act stands as a button on the page of its row. Its own page names the row and what follows, asks for the
reason, and calls the service, which takes the locks, writes and audits; sent twice, the service changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse

from iys_portal.admin_base import PortalAdmin, acting_person

REASON_LENGTH = 500


class ReasonForm(forms.Form):
    """Why it is done; kept in the audit trail."""

    reason = forms.CharField(
        label="Gerekçe",
        max_length=REASON_LENGTH,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        error_messages={"required": "Gerekçe yazın.", "max_length": f"En çok {REASON_LENGTH} karakter yazın."},
    )

    def answer(self) -> Any:
        """Return what the act is performed with."""
        return self.cleaned_data["reason"]


class ActRefused(Exception):
    """The row does not allow the act; `str()` says why, in Turkish."""


@dataclass(frozen=True)
class Act:
    """One act: its address part, the words of its button and page, and the functions that judge and do it.

    `refusal` returns why the row does not allow it now, or an empty text; `facts` the lines (name, value) that name
    what is acted on; `perform` does it with the form's answer and returns what to tell, or raises ActRefused. `initial`
    are the values that the form begins with.
    """

    name: str
    label: str
    question: str
    refusal: Callable[[Any], str]
    facts: Callable[[Any], list[tuple[str, str]]]
    consequence: Callable[[Any], str]
    perform: Callable[[Any, Any, Any], str]
    hint: str = ""
    is_grave: bool = False
    form: type[ReasonForm] = ReasonForm
    initial: Callable[[Any], dict[str, Any]] = lambda _row: {}


class ActingAdmin(PortalAdmin):
    """A page of a row with the buttons of `acts` for those who hold `act_permission`."""

    acts: tuple[Act, ...] = ()
    act_permission = ""
    change_form_template = "admin/acting_change_form.html"

    def get_urls(self) -> list[URLPattern]:
        meta = self.model._meta
        urls = [
            path(
                f"<path:object_id>/{act.name}/",
                self.admin_site.admin_view(self._page_of(act)),
                name=f"{meta.app_label}_{meta.model_name}_{act.name}",
            )
            for act in self.acts
        ]
        return [*urls, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Show the buttons of the acts that the row allows now."""
        row = self.get_object(request, unquote(object_id))
        allowed = request.user.has_perm(self.act_permission)
        offered = [act for act in self.acts if row is not None and allowed and not act.refusal(row)]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "acts": offered})

    def _page_of(self, act: Act) -> Callable[..., HttpResponse]:
        def page(request: HttpRequest, object_id: str) -> HttpResponse:
            if not request.user.has_perm(self.act_permission):
                raise PermissionDenied
            row = self.get_object(request, unquote(object_id))
            if row is None:
                raise Http404
            form = act.form(request.POST if request.method == "POST" else None, initial=act.initial(row))
            if request.method == "POST" and form.is_valid():
                return self._perform(request, act, row, form.answer())
            return self._check_page(request, act, row, form)

        return page

    def _perform(self, request: HttpRequest, act: Act, row: Any, answer: Any) -> HttpResponse:
        try:
            done = act.perform(row, acting_person(request), answer)
        except ActRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return redirect(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]))

    def _check_page(self, request: HttpRequest, act: Act, row: Any, form: ReasonForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": act.question,
            "opts": self.model._meta,
            "original": row,
            "act": act,
            "refusal": act.refusal(row),
            "facts": act.facts(row),
            "consequence": act.consequence(row),
            "form": form,
        }
        return render(request, "admin/act.html", context)
