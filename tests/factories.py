"""Rows that tests start from. Every value is fictitious and passes its checksum."""

import hashlib
import random
from datetime import UTC, date, datetime
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.utils import timezone
from factory.django import DjangoModelFactory
from stdnum.tr import tckimlik, vkn

from accounts.models import Membership, Person, Provider
from brands.models import Brand, Retailer
from contracts import markup
from contracts.models import ContractText
from iys_portal.shared.crypto import encrypt, lookup_hash
from iys_portal.shared.turkish import search_key
from packages.models import Package, Subscription
from packages.services import activate
from partners.models import Intermediary, Partner
from payments.models import BankAccount
from tests.contracts.samples import BRIEF


def make_vkn(seed: int) -> str:
    """Return a tax number (VKN) with a right check digit."""
    head = f"{seed % 10**9:09d}"
    return head + vkn.calc_check_digit(head)


def make_tckn(seed: int) -> str:
    """Return a TCKN with right check digits."""
    head = f"{10**8 + seed % (9 * 10**8)}"
    return head + tckimlik.calc_check_digits(head)


def make_iban(seed: int, *, bank: str = "00010") -> str:
    """Return a Turkish IBAN with right check digits."""
    body = f"{bank}0{random.Random(seed).randrange(10**16):016d}"
    check = 98 - int(body + "292700") % 97
    return f"TR{check:02d}{body}"


class ProviderFactory(DjangoModelFactory[Provider]):
    class Meta:
        model = Provider

    iys_code = factory.Sequence(lambda n: 700_000 + n)
    title = factory.Sequence(lambda n: f"Çağrı İletişim {n} A.Ş.")
    tax_number = factory.Sequence(lambda n: make_vkn(320_000_000 + n))
    address = "Atatürk Cad. No: 1 Çankaya, Ankara"
    phone = "+903120000000"
    email = factory.Sequence(lambda n: f"bilgi{n}@ornek.com.tr")


class PersonFactory(DjangoModelFactory[Person]):
    """A person known by e-Devlet."""

    class Meta:
        model = Person

    class Params:
        tckn = factory.Sequence(lambda n: make_tckn(20_000_000 + n))

    username = factory.Sequence(lambda n: f"edevlet-{n}")
    given_name = "Şule"
    family_name = "Işık"
    password = "!"
    tckn_hash = factory.LazyAttribute(lambda o: lookup_hash(o.tckn))
    tckn_encrypted = factory.LazyAttribute(lambda o: encrypt(o.tckn.encode()))


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    provider = factory.SubFactory(ProviderFactory)
    person = factory.SubFactory(PersonFactory)


class BrandFactory(DjangoModelFactory[Brand]):
    class Meta:
        model = Brand

    provider = factory.SubFactory(ProviderFactory)
    code = factory.Sequence(lambda n: 2_300_000 + n)
    name = factory.Sequence(lambda n: f"Deneme Marka {n}")


class RetailerFactory(DjangoModelFactory[Retailer]):
    """A dealer in Çankaya with all its details; `tckn` is that of the authorised person."""

    class Meta:
        model = Retailer

    class Params:
        tckn = factory.Sequence(lambda n: make_tckn(30_000_000 + n))

    brand = factory.SubFactory(BrandFactory)
    provider = factory.SelfAttribute("brand.provider")
    code = factory.Sequence(lambda n: 10_000_000 + n)
    title = factory.Sequence(lambda n: f"Örnek Bayi {n}")
    name = "Gökçe Ağaoğlu"
    tckn_hash = factory.LazyAttribute(lambda o: lookup_hash(o.tckn))
    tckn_encrypted = factory.LazyAttribute(lambda o: encrypt(o.tckn.encode()))
    tax_number = factory.Sequence(lambda n: make_vkn(410_000_000 + n))
    town_code = 63


def package(slug: str = "ileti-150") -> Package:
    """Return a package of the catalogue, which every database holds after its migrations."""
    return Package.objects.get(slug=slug)


def brief_texts() -> None:
    """Let the contract and its annex be short ones from now on, for documents that are issued quickly."""
    for kind, source in BRIEF.items():
        ContractText.objects.create(
            kind=kind,
            version=2,
            title=markup.title(source),
            source=source,
            sha256=hashlib.sha256(source.encode()).hexdigest(),
            effective_from=date(2020, 1, 1),
        )


def subscription(provider: Provider, slug: str = "ileti-150", *, now: datetime | None = None) -> Subscription:
    """Return a new live subscription of a provider, a year from `now` on."""
    return activate(provider=provider, package=package(slug), actor=None, reason="Deneme", now=now or timezone.now())


class PartnerFactory(DjangoModelFactory[Partner]):
    class Meta:
        model = Partner

    code = factory.Sequence(lambda n: 5_000 + n)
    title = factory.Sequence(lambda n: f"İSTANBUL TEKNOLOJİ {n} ANONİM ŞİRKETİ")
    search_key = factory.LazyAttribute(lambda o: search_key(o.title))


class IntermediaryFactory(DjangoModelFactory[Intermediary]):
    class Meta:
        model = Intermediary

    code = factory.Sequence(lambda n: 9_000 + n)
    title = factory.Sequence(lambda n: f"ÖRNEK TELEKOMÜNİKASYON {n} ANONİM ŞİRKETİ")
    search_key = factory.LazyAttribute(lambda o: search_key(o.title))


class BankAccountFactory(DjangoModelFactory[BankAccount]):
    class Meta:
        model = BankAccount

    bank_name = "Ziraat Bankası"
    iban = factory.Sequence(make_iban)
    account_number = "760-12345678-5001"
    branch = "Akay / 760"


def staff(username: str, **fields: Any) -> Person:
    """Return a member of staff with the password ``deneme-deneme``."""
    return Person.objects.create_user(
        username, "deneme-deneme", given_name="Ömer", family_name="Çelik", is_staff=True, **fields
    )


def accountant(username: str = "muhasebe") -> Person:
    """Return staff of the group Muhasebe."""
    person = staff(username)
    person.groups.add(Group.objects.get(name="Muhasebe"))
    return person


def administrator(username: str = "yonetici") -> Person:
    """Return a superuser."""
    return staff(username, is_superuser=True)


def instant(text: str) -> datetime:
    """Return an aware UTC instant from ISO text without an offset."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
