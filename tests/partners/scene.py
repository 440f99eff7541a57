"""What the tests of brands and authorisations start from, and how they read a page."""

import re
from datetime import datetime
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from accounts.models import Person
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from partners.enums import Channel, Right
from partners.models import Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.services import authorise_intermediary, authorise_partner
from partners.services.directory import suspend as suspend_party
from tests import factories

NO_RIGHTS = dict.fromkeys(Channel, Right.NONE)


def authorise(brand: Brand, partner: Partner, *, person: Person, now: datetime, **rights: Any) -> PartnerGrant:
    """Give a partner Mesaj: Okuma, or the rights named: `agreement`, `ends_on`, channels."""
    values = {"agreement": False, "ends_on": None, **rights}
    channels = {channel: values.pop(channel.value, Right.NONE) for channel in Channel}
    if not values["agreement"] and channels == NO_RIGHTS:
        channels[Channel.MESAJ] = Right.READ
    return authorise_partner(brand=brand, partner=partner, rights=channels, person=person, now=now, **values)


def let_read(
    brand: Brand,
    intermediary: Intermediary,
    *channels: Channel,
    person: Person,
    now: datetime,
    ends_on: Any = None,
) -> IntermediaryGrant:
    """Let an intermediary read the channels, or Mesaj."""
    return authorise_intermediary(
        brand=brand,
        intermediary=intermediary,
        channels=frozenset(channels or {Channel.MESAJ}),
        ends_on=ends_on,
        person=person,
        now=now,
    )


def suspend(party: Partner | Intermediary, *, now: datetime) -> None:
    """Let the company stand still, as an administrator may."""
    suspend_party(party=party, actor=factories.administrator(), reason="Sözleşme ihlali", now=now)


def url(name: str, brand: Brand, *args: object, party: Partner | Intermediary | None = None) -> str:
    """Return an address of the app `partners`, with `?kurulus=` where a party is given."""
    address = reverse(f"partners:{name}", args=[brand.code, *args])
    return f"{address}?kurulus={party.pk}" if party else address


def text_of(response: HttpResponse, testid: str) -> str:
    """Return the text of the first element with this test hook, or an empty text."""
    html = response.content.decode()
    found = re.search(rf'<(\w+)[^>]*data-testid="{testid}"[^>]*>(.*?)</\1>', html, re.DOTALL)
    return _plain(found[2]) if found else ""


def options_of(response: HttpResponse) -> list[str]:
    """Return the titles of the directory page."""
    options = re.findall(r'data-testid="partner-option">(.*?)</a>', _html(response), re.DOTALL)
    return [_plain(option) for option in options]


def field_value(response: HttpResponse, name: str) -> str:
    """Return the value of a text field."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', _html(response))
    value = re.search(r'value="([^"]*)"', found[0]) if found else None
    return unescape(value[1]) if value else ""


def ticked(response: HttpResponse) -> set[str]:
    """Return the names of the checkboxes that are ticked."""
    boxes = re.findall(r'<input type="checkbox"[^>]*>', _html(response))
    return {str(re.search(r'name="([^"]*)"', box)[1]) for box in boxes if " checked" in box}  # type: ignore[index]


def notice(response: HttpResponse) -> str:
    """Return the first message of the page."""
    return text_of(response, "notice")


def errors(response: HttpResponse) -> list[str]:
    """Return the entries of the error summary."""
    summary = re.search(r'data-testid="error-summary".*?</div>', _html(response), re.DOTALL)
    return [_plain(item) for item in re.findall(r"<li>(.*?)</li>", summary[0], re.DOTALL)] if summary else []


def events(subject: PartnerGrant | IntermediaryGrant | Brand) -> list[tuple[str, int | None, dict[str, Any]]]:
    """Return (action, person, detail) of the audit events about an object, oldest first."""
    trail = AuditEvent.objects.filter(object_type=subject._meta.label_lower, object_id=str(subject.pk))
    return list(trail.order_by("pk").values_list("action", "actor_id", "detail"))


def _html(response: HttpResponse) -> str:
    return response.content.decode()


def _plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
