"""Read people and their authority."""

from django.db.models import QuerySet

from accounts.enums import ProviderState
from accounts.models import Membership, Person


def memberships_of(person: Person) -> QuerySet[Membership]:
    """Return the live memberships of a person in active providers, by title in Turkish order."""
    return (
        Membership.objects.filter(person=person, ended_at=None, provider__state=ProviderState.ACTIVE)
        .select_related("provider")
        .order_by("provider__title", "provider_id")
    )


def people_of(provider_id: int) -> QuerySet[Membership]:
    """Return the live memberships of a provider, longest-serving first."""
    return Membership.objects.filter(provider_id=provider_id, ended_at=None).select_related("person").order_by("pk")
