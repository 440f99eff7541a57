"""Keep, rename and delete templates of rights."""

from collections.abc import Mapping

from django.db import transaction

from accounts.models import Person, Provider
from iys_portal.audit.services import record
from iys_portal.shared.turkish import search_key
from partners.enums import Channel, PartyKind, Right
from partners.models import GrantTemplate
from partners.rules import NAME_TAKEN, TOO_MANY_TEMPLATES, GrantRefused

MOST_TEMPLATES = 100


@transaction.atomic
def save_template(
    *,
    provider_id: int,
    kind: PartyKind,
    name: str,
    agreement: bool,
    rights: Mapping[Channel, Right],
    person: Person,
) -> GrantTemplate:
    """Keep rights under a name, and return the template; the same name with the same rights is kept once.

    Locks the provider. Raises GrantRefused for a name (in any spelling) that holds other rights, and beyond
    MOST_TEMPLATES.
    """
    _lock(provider_id)
    values = {"agreement": agreement, **{c.value: rights.get(c, Right.NONE) for c in Channel}}
    templates = GrantTemplate.objects.filter(provider_id=provider_id)
    standing = templates.filter(kind=kind, name_key=search_key(name)).first()
    if standing is not None:
        if any(getattr(standing, field) != value for field, value in values.items()):
            raise GrantRefused(NAME_TAKEN.format(name=standing.name))
        return standing
    if templates.count() >= MOST_TEMPLATES:
        raise GrantRefused(TOO_MANY_TEMPLATES.format(most=MOST_TEMPLATES))
    template = GrantTemplate.objects.create(
        provider_id=provider_id, kind=kind, name=name, name_key=search_key(name), created_by=person, **values
    )
    record(action="template:save", subject=template, actor=person, after={"name": name, **values})
    return template


@transaction.atomic
def rename_template(*, template: GrantTemplate, name: str, person: Person) -> None:
    """Give a template another name; one that is gone stays gone. Locks the provider. Raises GrantRefused if taken."""
    _lock(template.provider_id)
    templates = GrantTemplate.objects.filter(provider_id=template.provider_id)
    found = templates.filter(pk=template.pk).first()
    if found is None or found.name == name:
        return
    same = templates.filter(kind=found.kind, name_key=search_key(name)).exclude(pk=found.pk).first()
    if same is not None:
        raise GrantRefused(NAME_TAKEN.format(name=same.name))
    before = found.name
    found.name, found.name_key = name, search_key(name)
    found.save(update_fields=["name", "name_key"])
    record(action="template:rename", subject=found, actor=person, before=before, after=name)


@transaction.atomic
def delete_template(*, template: GrantTemplate, person: Person) -> None:
    """Delete a template; grants made from it stay as they are. Asked twice, the second call changes nothing."""
    _lock(template.provider_id)
    found = GrantTemplate.objects.filter(provider_id=template.provider_id, pk=template.pk).first()
    if found is None:
        return
    record(action="template:delete", subject=found, actor=person, before={"name": found.name})
    found.delete()


def _lock(provider_id: int) -> None:
    Provider.objects.select_for_update(of=("self",), no_key=True).get(pk=provider_id)
