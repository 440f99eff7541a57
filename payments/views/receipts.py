"""The receipt of a paid order: a page to print and a PDF."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import ProviderRequest, provider_view
from payments.models import Receipt
from payments.selectors.receipts import facts_of, receipt_of
from payments.views.steps import order_with


@require_safe
@provider_view
def receipt(request: ProviderRequest, code: str) -> HttpResponse:
    """Makbuz: what was paid, for what and how, and what went back since; 404 until it is paid.

    The newest one of the order, or the one that `?no=` names.
    """
    return render(request, "payments/receipt.html", facts_of(_receipt(request, code)))


@require_safe
@provider_view
def receipt_pdf(request: ProviderRequest, code: str) -> HttpResponse:
    """The same as a PDF to keep."""
    from payments.receipt_pdf import filename_of, render_receipt  # noqa: PLC0415  (WeasyPrint takes a second to load)

    found = _receipt(request, code)
    headers = {"Content-Disposition": f'attachment; filename="{filename_of(found)}"'}
    return HttpResponse(render_receipt(found), content_type="application/pdf", headers=headers)


def _receipt(request: ProviderRequest, code: str) -> Receipt:
    found = receipt_of(order_with(request, code), number=request.GET.get("no", ""))
    if found is None:
        raise Http404
    return found
