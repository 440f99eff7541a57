"""Who gave, changed and took back what, when: read from the audit trail, which every grant is written to (ADR 0036)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.searching import folded, holds_words
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from partners.enums import Channel, PartyKind, PartyState, Right
from partners.models import Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.rules import words_of

ACTIONS = {
    "grant": "Yetki verildi",
    "change": "Yetki değiştirildi",
    "revoke": "Yetki kaldırıldı",
    f"state:{PartyState.SUSPENDED}": "Kuruluş askıya alındı",
    f"state:{PartyState.ACTIVE}": "Kuruluşun askısı kaldırıldı",
}
_STATES = [action for action in ACTIONS if action.startswith("state:")]
_GRANTS: dict[PartyKind, tuple[Any, Any, str]] = {
    PartyKind.PARTNER: (PartnerGrant, Partner, "partner"),
    PartyKind.INTERMEDIARY: (IntermediaryGrant, Intermediary, "intermediary"),
}
_REGISTER = "İYS"


@dataclass(frozen=True)
class Asked:
    """What part of the history is wanted; what is empty asks for everything."""

    brand_code: int | None = None
    kind: PartyKind | None = None
    party_id: int | None = None
    action: str = ""
    words: str = ""


@dataclass(frozen=True)
class Happened:
    """One line of the history. Without a brand it is about the company, and so about all its rights."""

    at: datetime
    actor: str
    action: str
    party: Partner | Intermediary
    kind: PartyKind
    brand: Brand | None
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    reason: str = ""


def history(provider_id: int, asked: Asked) -> QuerySet[AuditEvent]:
    """Return the events about the provider's grants, and about the companies that ever had one, newest first."""
    condition = Q(pk__in=[])
    for kind, (model, party, column) in _GRANTS.items():
        if asked.kind not in (None, kind):
            continue
        rows = list(_grants(model, column, provider_id, asked).values_list("pk", f"{column}_id"))
        condition |= Q(
            provider_id=provider_id,
            object_type=model._meta.label_lower,
            object_id__in=[str(pk) for pk, _ in rows],
        )
        condition |= Q(
            provider_id=None,
            object_type=party._meta.label_lower,
            object_id__in=sorted({str(party_id) for _, party_id in rows}),
            action__in=_STATES,
        )
    events = AuditEvent.objects.filter(condition).order_by("-pk")
    return events.filter(action=asked.action) if asked.action in ACTIONS else events


def _grants(model: Any, column: str, provider_id: int, asked: Asked) -> QuerySet[Any]:
    grants: QuerySet[Any] = model.objects.filter(provider_id=provider_id)
    if asked.brand_code is not None:
        grants = grants.filter(brand__code=asked.brand_code)
    if asked.party_id is not None:
        grants = grants.filter(**{column: asked.party_id})
    if asked.words:
        text = Concat(F("brand__name"), Value(" "), Cast("brand__code", CharField()), Value(" "), F(f"{column}__title"))
        grants = grants.annotate(text=folded(text)).filter(holds_words("text", asked.words))
    return grants


def happenings(events: Iterable[AuditEvent]) -> list[Happened]:
    """Return the lines of these events; a query for each kind of object among them."""
    page = list(events)
    found: dict[tuple[str, str], Any] = {}
    for model, party, column in _GRANTS.values():
        for asked, related in ((model, ("brand", column)), (party, ())):
            label = asked._meta.label_lower
            ids = {int(event.object_id) for event in page if event.object_type == label}
            rows = asked.objects.filter(pk__in=ids).select_related(*related) if ids else ()
            found |= {(label, str(row.pk)): row for row in rows}
    return [_line(event, found[event.object_type, event.object_id]) for event in page]


def _line(event: AuditEvent, subject: Any) -> Happened:
    about_grant = isinstance(subject, PartnerGrant | IntermediaryGrant)
    party = subject.party if about_grant else subject
    return Happened(
        at=event.at,
        actor=event.actor_name if about_grant else _REGISTER,
        action=ACTIONS.get(event.action, event.action),
        party=party,
        kind=PartyKind.PARTNER if isinstance(party, Partner) else PartyKind.INTERMEDIARY,
        brand=subject.brand if about_grant else None,
        before=snapshot_in_words(event.detail.get("before")) if about_grant else [],
        after=snapshot_in_words(event.detail.get("after")) if about_grant else [],
        reason=event.reason,
    )


def snapshot_in_words(values: Mapping[str, Any] | None) -> list[str]:
    """Return what an audited snapshot of a grant allowed, with its last day; nothing for None."""
    if values is None:
        return []
    if "partner_id" in values:
        rights = {channel: Right(values[channel]) for channel in Channel}
    else:
        rights = {channel: Right.READ if values[f"{channel}_read"] else Right.NONE for channel in Channel}
    words = words_of(rights, agreement=bool(values.get("agreement")))
    if values["ends_on"]:
        words.append(f"{date.fromisoformat(values['ends_on']):%d.%m.%Y} gününe kadar")
    return words
