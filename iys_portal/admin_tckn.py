"""Find rows by a T.C. Kimlik No on the administrators' site: by its hash, typed on a page of its own.

The list's own search stands in the address, and addresses are remembered by browsers and servers.
"""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from stdnum.tr import tckimlik

from iys_portal.admin_base import PortalAdmin
from iys_portal.shared.crypto import lookup_hash

_MOST = 50


class TcknForm(forms.Form):
    """Whose rows are looked for."""

    tckn = forms.CharField(
        label="T.C. Kimlik No",
        max_length=20,
        widget=AdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "T.C. Kimlik No yazın."},
    )

    def clean_tckn(self) -> str:
        tckn = "".join(self.cleaned_data["tckn"].split())
        if not (tckn.isascii() and tckimlik.is_valid(tckn)):
            raise forms.ValidationError("T.C. Kimlik No geçersiz; 11 rakamı denetleyin.")
        return tckn


class FoundByTckn(PortalAdmin):
    """A list with “TCKN ile bul”; `tckn_columns` hold the hashes."""

    tckn_columns: ClassVar[tuple[str, ...]] = ()
    change_list_template = "admin/tckn_list.html"

    def get_urls(self) -> list[URLPattern]:
        meta, view = self.model._meta, self.admin_site.admin_view(self.find_by_tckn)
        return [path("tckn/", view, name=f"{meta.app_label}_{meta.model_name}_tckn"), *super().get_urls()]

    def find_by_tckn(self, request: HttpRequest) -> HttpResponse:
        """Lead to the row with a TCKN, or to the list of several, newest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = TcknForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            found = self._with_tckn(request, form.cleaned_data["tckn"])
            if found:
                return redirect(self._address_of(found))
            form.add_error("tckn", "Bu numarayla kayıt yok.")
        context = {**self.admin_site.each_context(request), "title": "TCKN ile bul", "opts": self.model._meta}
        return render(request, "admin/tckn_find.html", {**context, "form": form})

    def _with_tckn(self, request: HttpRequest, tckn: str) -> list[Any]:
        hashed, wanted = lookup_hash(tckn), Q()
        for column in self.tckn_columns:
            wanted |= Q(**{column: hashed})
        return list(self.get_queryset(request).filter(wanted).order_by("-pk").values_list("pk", flat=True)[:_MOST])

    def _address_of(self, found: list[Any]) -> str:
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}"
        if len(found) == 1:
            return reverse(f"{name}_change", args=found)
        return f"{reverse(f'{name}_changelist')}?{urlencode({'id__in': ','.join(map(str, found))})}"
