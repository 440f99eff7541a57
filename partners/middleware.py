"""For which company a person acts: an iş ortağı or an AHS, beside the providers of accounts.middleware."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.middleware import PROVIDER_KEY
from accounts.models import Person
from partners.selectors.standing import PartyChoice, parties_of, party_of_choice

PARTY_KEY = "party"
"""The web session's key of the company that was chosen; choosing a provider removes it."""


class CurrentPartyMiddleware:
    """Set `request.party` (or None) and `request.parties`; runs after CurrentProviderMiddleware.

    A person acts for one at a time: who chose a company acts for no provider. Who could act for a provider and for a
    company, and chose neither, acts for none yet. A membership that ended since the choice counts no more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        choices = parties_of(request.user) if isinstance(request.user, Person) and request.user.tckn_hash else []
        chosen = self._chosen(request, choices)
        if chosen is not None or (choices and PROVIDER_KEY not in request.session):
            request.provider = None  # type: ignore[attr-defined]  # PartyRequest declares it
        request.parties = choices  # type: ignore[attr-defined]  # PartyRequest declares it
        request.party = party_of_choice(chosen) if chosen else None  # type: ignore[attr-defined]  # PartyRequest declares it
        return self.get_response(request)

    def _chosen(self, request: HttpRequest, choices: list[PartyChoice]) -> PartyChoice | None:
        key = request.session.get(PARTY_KEY) if choices else None
        for choice in choices:
            if choice.key == key:
                return choice
        alone = len(choices) == 1 and not request.memberships  # type: ignore[attr-defined]  # PartyRequest declares it
        return choices[0] if alone else None
