"""Rows of every kind that the administrators' site shows, made the way the portal makes them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group

from accounts.models import Person, Provider
from brands.models import Brand, Retailer
from contracts.models import ContractText
from packages.models import Package, Tariff
from partners.enums import Channel, Right
from partners.services import authorise_intermediary, authorise_partner
from payments.contract_terms import contract_for
from payments.models import Order
from payments.services import orders, statements
from payments.services.orders import Visitor
from tests import factories
from tests.payments.mt940 import Transfer, mt940


def add_one_of_each(number: int, *, now: datetime) -> None:
    """Add a provider with a person, a brand, grants and a paid order, and a row of each other kind."""
    person = factories.PersonFactory.create()
    provider = factories.MembershipFactory.create(person=person).provider
    buy(provider, person, now=now)
    grant(provider, person, now=now)
    package = Package.objects.create(slug=f"ek-{number}", name=f"EK-{number}", heading="EK", position=200 + number)
    tariff(package)
    Group.objects.create(name=f"Ek grup {number}")
    ContractText.objects.create(
        kind="services",
        version=100 + number,
        title="Ek metin",
        source="Metin",
        sha256="0" * 64,
        effective_from=date(2100, 1, number),
    )


def tariff(package: Package, **fields: Any) -> Tariff:
    """Return a new tariff of 4.320,00 ₺ and KDV %18 from 2020 on, with no end."""
    price = {"net": Decimal("4320.00"), "kdv_rate": 18, "kdv": Decimal("777.60"), "gross": Decimal("5097.60")}
    return Tariff.objects.create(package=package, **{"valid_from": date(2020, 1, 1), **price, **fields})


def buy(provider: Provider, person: Person, *, now: datetime) -> Order:
    """Return an order that was paid by transfer to a new account and is complete."""
    package = factories.package("ileti-150")
    nonce = orders.form_nonce(provider=provider, package=package)
    order = orders.choose_package(provider=provider, person=person, package=package, nonce=nonce, addresses=0, now=now)
    shown = contract_for(order, person=person, now=now)
    visitor = Visitor(ip="192.0.2.7", user_agent="Deneme tarayıcısı")
    orders.accept_contract(order=order, person=person, shown_sha256=shown.sha256, visitor=visitor, now=now)
    order = orders.choose_transfer(order=order, person=person, now=now)
    account = factories.BankAccountFactory.create()
    statement, _ = statements.receive(
        account=account,
        format="mt940",
        filename="ekstre.sta",
        content=mt940(account.iban, Transfer(order.code_display, Decimal("5097.60"))),
        person=None,
        now=now,
    )
    statements.process(statement_id=statement.pk, now=now)
    order.refresh_from_db()
    return order


def grant(provider: Provider, person: Person, *, now: datetime) -> Brand:
    """Return a new brand with a dealer, a partner and an intermediary."""
    brand = factories.BrandFactory.create(provider=provider)
    Retailer.objects.create(
        provider=provider,
        brand=brand,
        code=10_000_000 + brand.pk,
        title="Örnek Bayi",
        tax_number=factories.make_vkn(brand.pk),
    )
    authorise_partner(
        brand=brand,
        partner=factories.PartnerFactory.create(),
        agreement=True,
        rights={Channel.MESAJ: Right.WRITE},
        ends_on=None,
        person=person,
        now=now,
    )
    authorise_intermediary(
        brand=brand,
        intermediary=factories.IntermediaryFactory.create(),
        channels=frozenset({Channel.MESAJ}),
        ends_on=None,
        person=person,
        now=now,
    )
    return brand
