"""What the services share: the row lock, who acts without a login, and the letters."""

from collections.abc import Mapping
from dataclasses import dataclass

from applications.enums import APPLICATION_TRANSITIONS, ApplicationKind, ApplicationState
from applications.models import Application
from iys_portal.audit.services import Actor, move
from iys_portal.mail.enums import MailKind
from iys_portal.mail.rendering import Value
from iys_portal.mail.services import public_link, queue


@dataclass(frozen=True)
class Applicant:
    """Whoever holds the browser or the link of an application: nobody that we know."""

    pk: None = None

    def get_full_name(self) -> str:
        return "Başvuru sahibi"


APPLICANT = Applicant()


def link_to(token: str) -> str:
    """Return the secret link of an application; behind the question mark it stands in no log line."""
    return f"{public_link('applications:resume')}?kod={token}"


def locked(application_id: int) -> Application:
    """Return an application that nobody else changes until the transaction is over."""
    rows = Application.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("provider", "reviewer", "requested_by").get(pk=application_id)


def move_to(
    application: Application, state: ApplicationState, *, actor: Actor | None, reason: str, **changes: object
) -> None:
    move(application, state, table=APPLICATION_TRANSITIONS, actor=actor, reason=reason, **changes)


def write(kind: MailKind, application: Application, *, link: str = "", **values: Value) -> None:
    """Queue an e-mail about an application to its contact, in the caller's transaction.

    Only a brand's is one to the provider: an e-mail to a person is never sent again to the company's address.
    """
    is_brand = application.kind == ApplicationKind.BRAND
    provider_id = application.provider_id if is_brand else None
    context: Mapping[str, Value] = {
        "what": str(application.get_kind_display()),
        "company": application.subject_name,
        "reference": application.reference_display,
        "is_company": application.kind == ApplicationKind.COMPANY,
        "is_brand": is_brand,
        "link": link or public_link("brands:list" if is_brand else "applications:status"),
        **values,
    }
    queue(kind=kind, to=application.contact, provider_id=provider_id, context=context)
