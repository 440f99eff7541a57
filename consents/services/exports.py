"""Note in the audit trail that recipients left the portal as a file: who took which of them along."""

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import Channel, ConsentStatus
from consents.models import ImportJob
from consents.selectors import Filters
from iys_portal.audit.services import record


def note_list(*, provider: Provider, person: Person, filters: Filters, brand: Brand | None) -> None:
    """A person takes the list of a provider's consents along, as far as the filters narrow it."""
    record(
        action="consents_exported",
        subject=provider,
        actor=person,
        provider_id=provider.pk,
        brand=None if brand is None else brand.code,
        channel=None if filters.channel is None else Channel(filters.channel).name,
        status=None if filters.status is None else ConsentStatus(filters.status).name,
    )


def note_bad_rows(*, job: ImportJob, person: Person) -> None:
    """A person takes the bad rows of a file along."""
    record(action="bad_rows_exported", subject=job, actor=person, rows=job.bad_count)
