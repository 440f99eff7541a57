"""The endpoint of links by which recipients of e-mails refuse further ones."""

from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.urls import reverse
from msgspec import UNSET, UnsetType

from consents.access_selectors import Kind
from consents.api.common import BRAND
from consents.api.reading import Key, key_in
from consents.api_selectors import newest_approvals
from consents.enums import Channel
from consents.tokens import refusal_token
from iys_portal.api.calls import Call
from iys_portal.api.codes import codes
from iys_portal.api.errors import Problem, Refused, refused
from iys_portal.api.registry import Needs, endpoint
from iys_portal.shared.clock import istanbul_day

MOST_LINKS = 100
LINK_DAYS = 90


class LinkRecipient(msgspec.Struct, rename="camel"):
    """Whose refusal the link is for."""

    recipient: str
    recipient_type: str


class LinksBody(msgspec.Struct):
    """Up to a hundred recipients."""

    recipients: list[LinkRecipient]


class Link(msgspec.Struct, omit_defaults=True):
    """The link of a recipient, or why there is none."""

    recipient: str
    url: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    message: str | UnsetType = UNSET


@endpoint(
    "POST",
    f"{BRAND}/via-hash-links",
    needs=Needs.PROVIDER,
    tag="İLETİ ViA",
    summary="E-posta ret linki üretme",
    body=LinksBody,
    answer=list[Link],
    codes=("H097", "H114", "H116", "H120", "H122", "H127", "H160", "H164", "H166", "H168", "H170", "H478", "H568"),
    example={"recipients": [{"recipient": "ornekeposta@ornekeposta.com", "recipientType": "BIREYSEL"}]},
)
def make_refusal_links(call: Call) -> list[Link]:
    """En çok 100 e-posta adresi için, alıcının tek tıkla ret verebileceği birer bağlantı üretir; bağlantılar 90 gün
    geçerlidir. İzni ONAY durumunda olmayan alıcılar için bağlantı yerine H568 döner."""
    asked = _asked(call.body())
    call.note_recipients([key.recipient for key in asked])
    found = {
        kind: newest_approvals(
            Kind(call.brand, Channel.EPOSTA, kind), {key.recipient for key in asked if key.recipient_type == kind}
        )
        for kind in {key.recipient_type for key in asked}
    }
    return [_link(call, key, found[key.recipient_type].get(key.recipient)) for key in asked]


def _asked(raw: Any) -> list[Key]:
    """Read the JSON that names recipients. Raises Refused with all faults of all of them."""
    if not isinstance(raw, dict):
        raise refused("H097")
    given = raw.get("recipients")
    if given is None:
        raise refused("H168", location=["recipients"])
    if not isinstance(given, list):
        raise refused("H478", location=["recipients"], value=given)
    if not given:
        raise refused("H164", location=["recipients"], value=given)
    if len(given) > MOST_LINKS:
        raise refused("H127", location=["recipients"])
    keys: list[Key] = []
    problems: list[Problem] = []
    for index, each in enumerate(given):
        try:
            keys.append(key_in({**each, "type": Channel.EPOSTA.name} if isinstance(each, dict) else each))
        except Refused as refusal:
            problems += [Problem(bad.code, bad.message, bad.location, bad.value, index) for bad in refusal.problems]
    if problems:
        raise Refused(problems)
    return keys


def _link(call: Call, key: Key, seq: int | None) -> Link:
    if seq is None:
        return Link(key.recipient, code="H568", message=codes()["H568"].message)
    last_day = istanbul_day(call.now) + timedelta(days=LINK_DAYS)
    token = refusal_token(call.provider.pk, seq, last_day=last_day)
    return Link(key.recipient, settings.PUBLIC_URL + reverse("refusal", args=[token]))
