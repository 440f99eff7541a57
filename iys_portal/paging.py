"""Lists on screens: what is searched for, and the page that the address names."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

PAGE_SIZES = {"25": 25, "50": 50, "100": 100}
QUERY_LENGTH = 100


def query_of(request: HttpRequest, parameter: str = "ara") -> str:
    """Return what is searched for, in `ara` or another parameter; PostgreSQL takes no NUL."""
    return request.GET.get(parameter, "").replace("\0", " ").strip()[:QUERY_LENGTH]


def size_of(request: HttpRequest) -> int:
    """Return how many rows a page shows, as `adet` asks for."""
    return PAGE_SIZES.get(request.GET.get("adet", ""), 25)


def page_of(request: HttpRequest, rows: Any, parameter: str = "sayfa", *, size: int | None = None) -> Page[Any]:
    """Return the page of a list or query that the address names; its size is asked for there too unless given."""
    return Paginator(rows, size or size_of(request)).get_page(request.GET.get(parameter))
