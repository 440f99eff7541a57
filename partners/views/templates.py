"""Templates of rights: which there are, their names, deleting one."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from iys_portal.paging import page_of
from partners.forms import TemplateForm
from partners.models import GrantTemplate
from partners.rules import GrantRefused
from partners.selectors.grants import template_in_words, template_with_id, templates_of
from partners.services.templates import delete_template, rename_template

PAGE_SIZE = 25


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The provider's templates of both kinds (?sayfa=)."""
    page = page_of(request, templates_of(request.provider.pk), size=PAGE_SIZE)
    rows = [{"template": template, "rights": template_in_words(template)} for template in page]
    return render(request, "partners/templates.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def rename(request: ProviderRequest, pk: int) -> HttpResponse:
    """Give a template another name."""
    template = _template(request, pk)
    form = TemplateForm(request.POST if request.method == "POST" else None, initial={"name": template.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_template(template=template, name=form.cleaned_data["name"], person=request.user)
        except GrantRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"Şablonun adı “{form.cleaned_data['name']}” oldu.")
            return redirect("partners:templates")
    context = {"template": template, "rights": template_in_words(template), "form": form}
    return render(request, "partners/template_rename.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def delete(request: ProviderRequest, pk: int) -> HttpResponse:
    """The check page before a template is deleted, and POST, which deletes it; a second time it is gone."""
    template = template_with_id(request.provider.pk, pk)
    if template is None and request.method == "POST":
        return redirect("partners:templates")
    if template is None:
        raise Http404
    if request.method == "POST":
        delete_template(template=template, person=request.user)
        messages.success(request, f"“{template.name}” şablonu silindi.")
        return redirect("partners:templates")
    context = {"template": template, "rights": template_in_words(template)}
    return render(request, "partners/template_delete.html", context)


def _template(request: ProviderRequest, pk: int) -> GrantTemplate:
    template = template_with_id(request.provider.pk, pk)
    if template is None:
        raise Http404
    return template
