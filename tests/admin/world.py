"""Rows of every kind that the administrators' site shows, made the way the portal makes them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group

from accounts.enums import CompanyField, Role
from accounts.models import CompanyChange, Invitation, Person, Provider
from accounts.services.api_accounts import create_account
from accounts.services.company import request_change
from accounts.services.people import Invited, invite
from applications.models import NewsSubscriber
from brands.models import Brand
from brands.services import uploads
from brands.upload_files import Line
from consents.models import HolidayChange
from contracts import texts
from contracts.enums import TextKind
from packages.models import AddressUsage, Package, Tariff
from partners.enums import Channel, Right
from partners.models import IntermediaryMembership, PartnerMembership
from partners.services import authorise_intermediary, authorise_partner
from payments.contract_terms import contract_for
from payments.models import CardAttempt, CardDay, CardDifference, GatewayEvent, Order, Refund
from payments.services import orders, statements
from payments.services.orders import Visitor
from reports.models import DailyFile, ReportDocument
from tests import factories
from tests.applications import samples as applications
from tests.payments.mt940 import Transfer, mt940


def add_one_of_each(number: int, *, now: datetime) -> None:
    """Add a provider with a person, a brand, grants and a paid order, and a row of each other kind."""
    person = factories.PersonFactory.create()
    provider = factories.MembershipFactory.create(person=person).provider
    ask_and_invite(provider, person, number, now=now)
    create_account(provider=provider, name=f"Yazılım {number}", now=now, actor=person)
    card_money(buy(provider, person, now=now), number, now=now)
    brand = grant(provider, person, now=now)
    DailyFile.objects.create(provider=provider, brand=brand, day=date(2026, 11, number), last_seq=1, asked_at=now)
    ReportDocument.objects.create(
        provider=provider, rhythm="month", first=date(2026, number, 1), last=date(2026, number, 28)
    )
    package = Package.objects.create(slug=f"ek-{number}", name=f"EK-{number}", heading="EK", position=200 + number)
    tariff(package)
    AddressUsage.objects.create(provider=provider, phones=number)
    applications.sent(now=now, tax_number=factories.make_vkn(500_000_000 + number))
    NewsSubscriber.objects.create(email=f"haber{number}@ornek.com", asked_at=now, confirmed_at=now)
    Group.objects.create(name=f"Ek grup {number}")
    HolidayChange.objects.create(day=date(2100, 1, number), name="Ek tatil")
    texts.add_version(
        kind=TextKind.SERVICES,
        source=f"# Ek metin {number}\n\nMetin.\n",
        effective_from=date(2100, 1, number),
        actor=None,
        now=now,
    )


def ask_and_invite(
    provider: Provider, person: Person, number: int, *, now: datetime
) -> tuple[CompanyChange, Invitation]:
    """Return a request to change the provider's address, and an invitation, both open."""
    change = request_change(
        provider=provider,
        field=CompanyField.ADDRESS,
        new_value="Yeni Cad. No: 2",
        reason="Taşındık",
        person=person,
        now=now,
    )
    invited = Invited(factories.make_tckn(500 + number), "Ömer", "Çelik", "omer@ornek.com.tr", Role.VIEWER)
    return change, invite(provider=provider, invited=invited, person=person, now=now)


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


def card_money(order: Order, number: int, *, now: datetime) -> CardAttempt:
    """Return a capture too much of an order, with the bank's message, the refund, and a day that disagrees."""
    attempt = CardAttempt.objects.create(
        provider_id=order.provider_id,
        order=order,
        person=order.person,
        gateway="iyzico",
        conversation_id=f"{order.pk:032x}",
        form_nonce=f"{order.pk:064x}",
        state="succeeded",
        surplus=True,
        amount=order.gross,
        paid_amount=order.gross,
        payment_id=f"{order.pk}",
        last4="0008",
        card_family="Paraf",
        settled_at=now,
    )
    event = {"kind": "CHECKOUT_FORM_AUTH", "status": "SUCCESS"}
    GatewayEvent.objects.create(
        gateway="iyzico", payment_id=attempt.payment_id, conversation_id=attempt.conversation_id, **event
    )
    Refund.objects.create(
        provider_id=order.provider_id, order=order, attempt=attempt, key=f"{order.pk}", amount=10, reason="Fazla çekim"
    )
    day = now.date() - timedelta(days=number)
    CardDay.objects.create(gateway="iyzico", day=day, asked_at=now, compared_at=now)
    CardDifference.objects.create(
        gateway="iyzico", day=day, kind="amount", event="payment", payment_id="1", ours=2, theirs=1, attempt=attempt
    )
    return attempt


def grant(provider: Provider, person: Person, *, now: datetime) -> Brand:
    """Return a new brand with a dealer, a partner and an intermediary."""
    brand = factories.BrandFactory.create(provider=provider)
    factories.RetailerFactory.create(brand=brand)
    uploads.receive(brand=brand, filename="bayiler.csv", lines=[Line(2, {"title": "Bayi"})], person=person, now=now)
    partner, intermediary = factories.PartnerFactory.create(), factories.IntermediaryFactory.create()
    PartnerMembership.objects.create(partner=partner, person=person)
    IntermediaryMembership.objects.create(intermediary=intermediary, person=person)
    authorise_partner(
        brand=brand,
        partner=partner,
        agreement=True,
        rights={Channel.MESAJ: Right.WRITE},
        ends_on=None,
        person=person,
        now=now,
    )
    authorise_intermediary(
        brand=brand,
        intermediary=intermediary,
        channels=frozenset({Channel.MESAJ}),
        ends_on=None,
        person=person,
        now=now,
    )
    return brand
