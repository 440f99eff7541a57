"""Requests to change a provider's registered data, and what administrators decide about them."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.enums import CHANGE_TRANSITIONS, Capability, ChangeState, CompanyField
from accounts.models import CompanyChange, Membership, Person, Provider
from accounts.notifying import queue_for
from accounts.rules import AccountRefused, may, who_may
from iys_portal.audit.services import move, record
from iys_portal.mail.enums import MailKind
from iys_portal.mail.rendering import Value
from iys_portal.mail.services import public_link, queue
from iys_portal.shared.email_addresses import letter_fault
from iys_portal.shared.mersis import mersis_fault

WAITING = "Bu bilgi için incelenen bir talebiniz var. Yenisini göndermek için önce onu geri çekin."
SAME = "Yazdığınız değer kayıtlı olanla aynı."
OUTDATED = "Kayıtlı bilgi, talepten sonra değişmiş. Talebi reddedin; şirket isterse yenisini gönderir."
DECIDED = "Bu talep daha önce sonuçlanmış."


@transaction.atomic
def request_change(
    *, provider: Provider, field: CompanyField, new_value: str, reason: str, person: Person, now: datetime
) -> CompanyChange:
    """Ask for a change of the registered data; sent twice, it is one request. Raises AccountRefused."""
    provider = _locked(provider.pk)
    _check_role(provider, person)
    waiting = CompanyChange.objects.filter(provider=provider, field=field, state=ChangeState.PENDING).first()
    if waiting is not None:
        if waiting.new_value == new_value:
            return waiting
        raise AccountRefused(WAITING)
    old_value = getattr(provider, field)
    if old_value == new_value:
        raise AccountRefused(SAME)
    if fault := _fault(provider, field, new_value):
        raise AccountRefused(fault)
    change = CompanyChange.objects.create(
        provider=provider,
        field=field,
        old_value=old_value,
        new_value=new_value,
        reason=reason,
        requested_by=person,
        created_at=now,
    )
    record(action="change_requested", subject=change, actor=person, reason=reason, field=field)
    return change


@transaction.atomic
def withdraw_change(*, provider: Provider, change_id: int, person: Person, now: datetime) -> bool:
    """Take a request back; return whether it still waited. Raises AccountRefused."""
    provider = _locked(provider.pk)
    _check_role(provider, person)
    change = CompanyChange.objects.select_for_update(no_key=True).get(provider=provider, pk=change_id)
    if change.state != ChangeState.PENDING:
        return False
    _decide(change, ChangeState.WITHDRAWN, person, reason="Şirket talebini geri çekti.", now=now)
    return True


@transaction.atomic
def apply_change(*, change_id: int, actor: Person, reason: str, now: datetime) -> CompanyChange:
    """Write the new value into the register, audit it and tell the company. Raises AccountRefused."""
    change, provider = _pending(change_id)
    if getattr(provider, change.field) != change.old_value:
        raise AccountRefused(OUTDATED)
    if fault := _fault(provider, CompanyField(change.field), change.new_value):
        raise AccountRefused(f"{fault} Talebi reddedin; şirket isterse yenisini gönderir.")
    setattr(provider, change.field, change.new_value)
    provider.save(update_fields=[change.field])
    record(
        action="company_changed",
        subject=provider,
        actor=actor,
        provider_id=provider.pk,
        reason=reason,
        before={change.field: change.old_value},
        after={change.field: change.new_value},
    )
    _decide(change, ChangeState.APPLIED, actor, reason=reason, now=now)
    _tell(change, provider)
    return change


@transaction.atomic
def reject_change(*, change_id: int, actor: Person, reason: str, now: datetime) -> CompanyChange:
    """Refuse the request and tell the company why. Raises AccountRefused."""
    change, provider = _pending(change_id)
    _decide(change, ChangeState.REJECTED, actor, reason=reason, now=now)
    _tell(change, provider)
    return change


def _locked(provider_id: int) -> Provider:
    return Provider.objects.select_for_update(no_key=True).get(pk=provider_id)


def _pending(change_id: int) -> tuple[CompanyChange, Provider]:
    provider = _locked(CompanyChange.objects.values_list("provider_id", flat=True).get(pk=change_id))
    change = CompanyChange.objects.select_for_update(no_key=True).get(pk=change_id)
    if change.state != ChangeState.PENDING:
        raise AccountRefused(DECIDED)
    return change, provider


def _check_role(provider: Provider, person: Person) -> None:
    member = Membership.objects.filter(provider=provider, person=person, ended_at=None).first()
    if not may(member.role if member else None, Capability.PEOPLE):
        raise AccountRefused(who_may(Capability.PEOPLE))


def _fault(provider: Provider, field: CompanyField, value: str) -> str:
    """Return why the register cannot take the value, or an empty text."""
    if field == CompanyField.MERSIS:
        return mersis_fault(value, provider.tin)
    if field in {CompanyField.EMAIL, CompanyField.KEP} and (fault := letter_fault(value)):
        return fault
    column: Any = Provider._meta.get_field(field)
    try:
        column.clean(value, provider)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _decide(change: CompanyChange, state: ChangeState, actor: Person, *, reason: str, now: datetime) -> None:
    move(
        change,
        state,
        table=CHANGE_TRANSITIONS,
        actor=actor,
        reason=reason,
        decision=reason,
        decided_by=actor,
        decided_at=now,
    )


def _tell(change: CompanyChange, provider: Provider) -> None:
    """Write to the company, its owners and whoever asked; a new address of the company is told to the old one, too."""
    key, applied = f"{MailKind.COMPANY_CHANGE}:{change.pk}", change.state == ChangeState.APPLIED
    context: dict[str, Value] = {
        "title": provider.title,
        "field": CompanyField(change.field).label,
        "old_value": change.old_value or "–",
        "new_value": change.new_value,
        "applied": applied,
        "decision": change.decision,
        "link": public_link("accounts:company"),
    }
    queue_for(provider, kind=MailKind.COMPANY_CHANGE, context=context, key=key)
    also = {}
    if applied and change.field == CompanyField.EMAIL and change.old_value:
        also[f"{key}:old"] = change.old_value
    asker = Membership.objects.filter(provider=provider, person=change.requested_by_id, ended_at=None).first()
    if asker is not None and asker.email and asker.email != provider.email:
        also[f"{key}:{asker.pk}"] = asker.email
    for its_key, address in also.items():
        queue(
            kind=MailKind.COMPANY_CHANGE,
            to=address,
            provider_id=provider.pk,
            context=context,
            key=its_key,
            is_personal=True,
        )
