"""Statements that are really imported: received, read, matched and stored among live orders in PostgreSQL."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter

from django.db import connection
from django.utils import timezone

from iys_portal.bench.reconcile.names import title
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.turkish import upper
from payments.enums import LineState
from payments.models import BankAccount, Order, StatementLine
from payments.services import activation, settlement, statements
from payments.synthetic import make_orders

IBAN = "TR820001000760123456785001"
_PURPOSES = ("KIRA BEDELİ", "FATURA ÖDEMESİ", "CARİ HESABA MAHSUBEN", "MAL BEDELİ", "HİZMET BEDELİ", "ÖDEME")


@dataclass(frozen=True, slots=True)
class Run:
    """What one import took, in seconds, and what came of it."""

    lines: int
    matched: int
    receiving: float
    reading: float
    settling: float
    beginning: float
    begun: int

    @property
    def seconds(self) -> float:
        """From the file to the last decided line: read, matched and stored."""
        return self.receiving + self.reading + self.settling

    @property
    def lines_per_minute(self) -> float:
        """Lines read, matched and stored in a minute."""
        return self.lines / self.seconds * 60


def account() -> BankAccount:
    """Return the account that the statements are about."""
    defaults = {"bank_name": "Ziraat Bankası", "account_number": "760-12345678-5001", "branch": "Akay / 760"}
    return BankAccount.objects.get_or_create(iban=IBAN, defaults=defaults)[0]


def live_orders(count: int, *, seed: int) -> list[Order]:
    """Make orders until `count` await a transfer; return those that were made."""
    with connection.cursor() as cursor:
        made = make_orders(count=count, seed=seed, now=timezone.now())
        cursor.execute("ANALYZE")
    return made


def statement_of(orders: Sequence[Order], count: int, *, seed: int, reference: str) -> bytes:
    """Return an MT940 file of `count` transfers: every second one pays the next of `orders`, the others nobody's."""
    draw = random.Random(seed)
    day = istanbul_day(timezone.now())
    total = Decimal("1000.00")
    body = []
    for number in range(count):
        if number % 2 == 0 and number // 2 < len(orders):
            order = orders[number // 2]
            amount, name = order.gross, order.provider.title
            text = f"GELEN EFT {upper(name)} {order.code_display} SORGU NO {draw.randrange(10**7):07}"
        else:
            amount, name = Decimal(draw.randrange(1_000, 1_000_000)) / 100, title(draw)
            text = f"GELEN FAST {upper(name)} {draw.choice(_PURPOSES)} SORGU NO {draw.randrange(10**7):07}"
        total += amount
        body.append(f":61:{day:%y%m%d}{day:%m%d}C{_written(amount)}NTRFNONREF\r\n:86:{text}\r\n")
    head = f":20:{reference}\r\n:25:{IBAN}\r\n:28C:1/1\r\n:60F:C{day:%y%m%d}TRY1000,00\r\n"
    return (head + "".join(body) + f":62F:C{day:%y%m%d}TRY{_written(total)}\r\n-\r\n").encode()


def _written(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def run_import(content: bytes, *, name: str, begin: int) -> Run:
    """Import a file as the worker does, step by step; begin the packages of the first `begin` orders it pays."""
    now = timezone.now()
    marks = [perf_counter()]
    kept, _ = statements.receive(
        account=account(), format="mt940", filename=name, content=content, person=None, now=now
    )
    marks.append(perf_counter())
    statements.read(statement_id=kept.pk)
    marks.append(perf_counter())
    promised = settlement.settle_lines(statement_id=kept.pk, now=now)
    marks.append(perf_counter())
    begun = list(promised.items())[:begin]
    for order_id, message_id in begun:
        activation.begin(order_id=order_id, message_id=message_id, now=now)
    marks.append(perf_counter())
    lines = StatementLine.objects.filter(statement=kept)
    return Run(
        lines=lines.count(),
        matched=lines.filter(state=LineState.MATCHED).count(),
        receiving=marks[1] - marks[0],
        reading=marks[2] - marks[1],
        settling=marks[3] - marks[2],
        beginning=marks[4] - marks[3],
        begun=len(begun),
    )
