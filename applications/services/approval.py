"""Approve an application: what was asked for comes into being in the transaction of the decision."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts.enums import ProviderState, Role
from accounts.models import Person, Provider
from accounts.notifying import queue_for
from accounts.selectors import is_registered
from accounts.services import authorise_person, known_person, register_provider
from applications.enums import ApplicationKind, ApplicationState
from applications.models import Application, RequestedBrand
from applications.rules import ApplicationRefused, refusal_of_approval
from applications.selectors import checks_of
from applications.services.base import locked, move_to, write
from brands.selectors import has_brand_named
from brands.services.brands import rename
from brands.services.registration import add_brand, allot_code
from iys_portal.mail.enums import MailKind
from iys_portal.mail.rendering import Value
from iys_portal.mail.services import public_link
from iys_portal.shared.tin import tin_columns


@transaction.atomic
def approve(*, application_id: int, note: str = "", reviewer: Person, now: datetime) -> Application:
    """Approve an application whose every part is confirmed, make what it asks for, and tell the applicant.

    A provider begins with Temel Hizmetler, which is the absence of a subscription (ADR 7). Locks the application;
    raises ApplicationRefused, naming the other, when somebody else decided, or when what is asked for exists already.
    """
    application = locked(application_id)
    if refusal := refusal_of_approval(application, checks_of(application)):
        raise ApplicationRefused(refusal)
    provider = _MAKERS[ApplicationKind(application.kind)](application, reviewer)
    changes: dict[str, object] = {"provider": provider, "reviewer": reviewer, "decided_at": now, "token_hash": None}
    move_to(application, ApplicationState.APPROVED, actor=reviewer, reason=note or "Onaylandı.", note=note, **changes)
    known = [(each.name, each.brand or each.renames) for each in _brands(application)]
    brands = [{"name": name, "code": str(brand.code)} for name, brand in known if brand]
    code = str(provider.iys_code)
    write(
        MailKind.APPLICATION_APPROVED, application, link=public_link("entry"), iys_code=code, brands=brands, note=note
    )
    return application


def _company(application: Application, reviewer: Person) -> Provider:
    """Make the provider with its master brand, the further brands, and the authorised person as Hesap Sahibi."""
    iys_code = allot_code()  # and nobody else registers a company until this is over
    if is_registered(application.tin):
        raise ApplicationRefused(
            "Bu vergi numarası ile kayıtlı bir hizmet sağlayıcı var. Başvuruyu “Zaten kayıtlı” nedeniyle reddedin."
        )
    names = ("title", "mersis", "address", "phone", "email", "kep")
    values = {**{name: str(getattr(application, name)) for name in names}, **tin_columns(application.tin)}
    provider = register_provider(iys_code=iys_code, values=values, actor=reviewer)
    add_brand(provider=provider, name=application.title, actor=reviewer, is_master=True)
    _make_brands(application, provider, reviewer)
    authorise_person(provider=provider, person=_person_of(application), role=Role.OWNER, actor=reviewer)
    return provider


def _person(application: Application, reviewer: Person) -> Provider:
    """Let a further person act for the provider as Hesap Yöneticisi, and tell the provider and its owners."""
    provider = _open_provider(application)
    person = _person_of(application)
    membership = authorise_person(provider=provider, person=person, role=Role.MANAGER, actor=reviewer)
    if membership is None:
        raise ApplicationRefused("Bu kişinin bu hizmet sağlayıcı için yetkisi zaten var.")
    context: dict[str, Value] = {
        "title": provider.title,
        "name": person.get_full_name(),
        "role": Role.MANAGER.label,
        "reference": application.reference_display,
        "link": public_link("accounts:people"),
    }
    queue_for(provider, kind=MailKind.MEMBER_ADDED, context=context, key=f"{MailKind.MEMBER_ADDED}:{membership.pk}")
    return provider


def _brand(application: Application, reviewer: Person) -> Provider:
    provider = _open_provider(application)
    _make_brands(application, provider, reviewer)
    return provider


_MAKERS: dict[ApplicationKind, Callable[[Application, Person], Provider]] = {
    ApplicationKind.COMPANY: _company,
    ApplicationKind.PERSON: _person,
    ApplicationKind.BRAND: _brand,
}


def _open_provider(application: Application) -> Provider:
    rows = Provider.objects.select_for_update(of=("self",), no_key=True)
    provider = rows.get(application=application)
    if provider.state != ProviderState.ACTIVE:
        raise ApplicationRefused("Bu hizmet sağlayıcı kapalı.")
    return provider


def _person_of(application: Application) -> Person:
    """Return the person of an application, who may have logged in before; the name is e-Devlet's from the login on."""
    person = known_person(tckn=application.tckn, given_name=application.given_name, family_name=application.family_name)
    if not person.is_active:
        raise ApplicationRefused("Bu kişinin portala girişi kapatılmış.")
    if not person.email:
        person.email = application.person_email
        person.save(update_fields=["email"])
    return person


def _brands(application: Application) -> list[RequestedBrand]:
    return list(application.brands.select_related("brand", "renames"))


def _make_brands(application: Application, provider: Provider, reviewer: Person) -> None:
    for requested in _brands(application):
        if has_brand_named(provider.pk, requested.name, besides=requested.renames):
            raise ApplicationRefused(f"Hizmet sağlayıcının “{requested.name}” adında bir markası var; talebi reddedin.")
        if requested.renames is not None:
            rename(brand=requested.renames, name=requested.name, actor=reviewer)
            continue
        requested.brand = add_brand(provider=provider, name=requested.name, actor=reviewer)
        requested.save(update_fields=["brand"])
