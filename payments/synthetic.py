"""Synthetic providers with orders awaiting a transfer: for benchmarks, load tests and trying out statements."""

import hashlib
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from stdnum.tr import vkn

from accounts.models import Person, Provider
from contracts.chain import GENESIS, approval_hash
from contracts.enums import TextKind
from contracts.models import Approval
from contracts.selectors import text_in_force
from iys_portal.audit.models import AuditEvent
from iys_portal.shared import codes
from iys_portal.shared.clock import end_of_istanbul_day, istanbul_day
from packages.models import Tariff
from packages.selectors import purchasable_packages, tariff_of
from payments.enums import OrderState
from payments.models import Order
from payments.services.orders import CHECKBOX_LABEL

_FIRST_IYS_CODE = 40_000_000
_BATCH = 2000
_PLACES = [
    "Anadolu",
    "Akdeniz",
    "Boğaziçi",
    "Çamlıca",
    "Çukurova",
    "Ege",
    "Göksu",
    "Gümüşhane",
    "Ihlara",
    "İznik",
    "Kapadokya",
    "Marmara",
    "Şirince",
    "Toros",
    "Ürgüp",
    "Üsküdar",
    "Yıldız",
]
_TRADES = [
    "Ağaç Beyaz Eşya",
    "Bilişim",
    "Çelik",
    "Dış Ticaret",
    "Döküm",
    "Gıda",
    "Güneş Enerjisi",
    "İletişim",
    "İnşaat",
    "Kırtasiye",
    "Mobilya",
    "Otomotiv",
    "Sağlık",
    "Şekerleme",
    "Tekstil",
    "Turizm",
    "Yazılım",
]
_FORMS = ["A.Ş.", "Anonim Şirketi", "Ltd. Şti.", "Limited Şirketi", "San. ve Tic. A.Ş.", "Tic. Ltd. Şti."]


@transaction.atomic
def make_orders(*, count: int, seed: int, now: datetime) -> list[Order]:
    """Insert `count` providers, each with one order awaiting a transfer, and return the orders.

    The same seed draws the same titles; codes and tax numbers never repeat those that are there already.
    """
    draw = random.Random(seed)  # noqa: S311  (repeatable data, no secrets)
    person, _ = Person.objects.get_or_create(
        username="sentetik", defaults={"given_name": "Sentetik", "family_name": "Yetkili", "is_active": False}
    )
    tariffs = _paid_tariffs(now)
    providers = _insert_providers(count, draw)
    taken = set(Order.objects.values_list("code", flat=True))
    orders = [_order(provider, person, draw.choice(tariffs), _code(draw, taken), now) for provider in providers]
    approvals = Approval.objects.bulk_create(_approvals(orders, now), batch_size=_BATCH)
    for order, approval in zip(orders, approvals, strict=True):
        order.approval = approval
    inserted = Order.objects.bulk_create(orders, batch_size=_BATCH)
    AuditEvent.objects.bulk_create(_events(inserted), batch_size=_BATCH)
    return inserted


def _paid_tariffs(now: datetime) -> list[Tariff]:
    day = istanbul_day(now)
    found = (tariff_of(package, day=day) for package in purchasable_packages())
    return [tariff for tariff in found if tariff is not None and tariff.price_on(day)]


def _insert_providers(count: int, draw: random.Random) -> list[Provider]:
    start = Provider.objects.filter(iys_code__gte=_FIRST_IYS_CODE).count()
    taken = set(Provider.objects.values_list("tax_number", flat=True))
    numbers = _tax_numbers(draw, taken)
    providers = [
        Provider(
            iys_code=_FIRST_IYS_CODE + start + n,
            title=f"{draw.choice(_PLACES)} {draw.choice(_PLACES)} {draw.choice(_TRADES)} {draw.choice(_FORMS)}",
            tax_number=next(numbers),
            address="Örnek Mah. Deneme Cad. No: 1 Çankaya, Ankara",
            phone="+903120000000",
            email=f"sentetik{start + n}@ornek.example",
        )
        for n in range(count)
    ]
    return Provider.objects.bulk_create(providers, batch_size=_BATCH)


def _tax_numbers(draw: random.Random, taken: set[str]) -> Iterator[str]:
    while True:
        head = f"{draw.randrange(10**8, 10**9)}"
        number = head + str(vkn.calc_check_digit(head))
        if number not in taken:
            taken.add(number)
            yield number


def _code(draw: random.Random, taken: set[str]) -> str:
    while (code := codes.generate(draw.choice)) in taken:
        continue
    taken.add(code)
    return code


def _order(provider: Provider, person: Person, tariff: Tariff, code: str, now: datetime) -> Order:
    return Order(
        provider=provider,
        person=person,
        code=code,
        form_nonce=hashlib.sha256(code.encode()).hexdigest(),
        package=tariff.package,
        tariff=tariff,
        product_label=tariff.package.label,
        net=tariff.net,
        kdv_rate=tariff.kdv_rate,
        kdv=tariff.kdv,
        gross=tariff.gross,
        state=OrderState.TRANSFER_PENDING,
        created_at=now,
        accepted_at=now,
        pay_by=end_of_istanbul_day(istanbul_day(now) + timedelta(days=14)),
    )


def _approvals(orders: list[Order], now: datetime) -> Iterator[Approval]:
    text = text_in_force(TextKind.SERVICES, day=istanbul_day(now))
    information = text_in_force(TextKind.INFORMATION, day=istanbul_day(now))
    for order in orders:
        approval = Approval(
            provider=order.provider,
            person=order.person,
            text=text,
            information=information,
            order_code=order.code,
            terms={"synthetic": True},
            text_sha256=text.sha256,
            information_sha256=information.sha256,
            shown_sha256=text.sha256,
            checkbox_label=CHECKBOX_LABEL,
            ip=None,
            approved_at=now,
            previous_hash=GENESIS,
        )
        approval.hash = approval_hash(approval)
        yield approval


def _events(orders: list[Order]) -> Iterator[AuditEvent]:
    for order in orders:
        yield AuditEvent(
            provider_id=order.provider_id,
            object_type=order._meta.label_lower,
            object_id=str(order.pk),
            action=f"state:{order.state}",
            reason="Sentetik sipariş.",
        )
