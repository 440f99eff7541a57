"""Lists of accountants: what is searched for, and the page that the address names."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZES = {"25": 25, "50": 50, "100": 100}
QUERY_LENGTH = 100


def query_of(request: HttpRequest, parameter: str = "ara") -> str:
    """Return what is searched for, in `ara` or another parameter; PostgreSQL takes no NUL."""
    return request.GET.get(parameter, "").replace("\0", " ").strip()[:QUERY_LENGTH]


def size_of(request: HttpRequest) -> int:
    """Return how many rows a page shows."""
    return PAGE_SIZES.get(request.GET.get("adet", ""), 25)


def page_of(request: HttpRequest, rows: QuerySet[Any], parameter: str = "sayfa") -> Page[Any]:
    """Return the page of a list that the address names, of the size that it names."""
    return Paginator(rows, size_of(request)).get_page(request.GET.get(parameter))
