"""Raporlar: which reports there are and where today's figures stand meanwhile."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import ProviderRequest, provider_view


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The page says plainly that no report is made in this installation yet."""
    return render(request, "reports/overview.html")
