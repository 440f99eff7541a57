"""Which provider the person acts for: the choice lives in the web session, the right to it in the database."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.models import Membership, Person
from accounts.selectors import memberships_of

PROVIDER_KEY = "provider_id"


class CurrentProviderMiddleware:
    """Set `request.provider` (or None) and `request.memberships` (of a person who is no staff, else empty).

    A membership that ended since the choice was made counts no more; a person with one provider needs no choice.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        memberships: list[Membership] = []
        if isinstance(request.user, Person) and request.user.tckn_hash:
            memberships = list(memberships_of(request.user))
        chosen = request.session.get(PROVIDER_KEY) if memberships else None
        mine = {membership.provider_id: membership.provider for membership in memberships}
        provider = mine.get(chosen) if chosen else None
        if provider is None and len(mine) == 1:
            provider = next(iter(mine.values()))
        request.memberships = memberships  # type: ignore[attr-defined]
        request.provider = provider  # type: ignore[attr-defined]
        return self.get_response(request)
