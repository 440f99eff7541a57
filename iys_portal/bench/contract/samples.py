"""Contracts as the portal's customers would approve them: the packaged texts, companies drawn from a seed."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from contracts import markup
from contracts.data import ContractData, Evidence, Party, TextVersion
from iys_portal.shared import codes
from iys_portal.shared.money import lira, split_gross

CREATED_AT = datetime(2026, 11, 23, 11, 6, 0, tzinfo=UTC)
_APPROVED_AT = datetime(2026, 11, 23, 11, 5, 9, tzinfo=UTC)
_PRODUCTS = [
    ("İLETİ-5 (Seviye 1)", "0.00", "En çok 5.000 adres"),
    ("İLETİ-25 (Seviye 1)", "722.16", "En çok 25.000 adres"),
    ("İLETİ-75 (Seviye 1)", "2336.40", "En çok 75.000 adres"),
    ("İLETİ-150 (Seviye 1)", "5097.60", "En çok 150.000 adres"),
    ("İLETİ-250 (Seviye 1)", "5805.60", "En çok 250.000 adres"),
]
_KDV_RATE = Decimal("18.00")
_PLACES = ["Anadolu", "Boğaziçi", "Çukurova", "Göksu", "Gümüşhane", "Ihlara", "İznik", "Şirince", "Ürgüp", "Yıldız"]
_TRADES = ["Bilişim", "Çelik Döküm", "Dış Ticaret", "Gıda", "İletişim", "Kırtasiye", "Sağlık", "Tekstil", "Yazılım"]
_FORMS = ["A.Ş.", "Ltd. Şti.", "Sanayi ve Ticaret Anonim Şirketi", "Turizm Taşımacılık İnşaat Limited Şirketi"]
_PEOPLE = ["Şükrü Işıkgören", "Ayşe Gül Çağlayan", "İbrahim Öztürk", "Nilüfer Ünsal", "Ömer Faruk Yağcıoğlu"]
_BROWSERS = ["X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "iPhone; CPU iPhone OS 18_1 like Mac OS X"]


def approved_contract(number: int, *, seed: int) -> tuple[ContractData, str]:
    """Return contract `number` of a seed, with the evidence of its approval, and what is printed as its number."""
    draw = random.Random(f"{seed}:{number}")
    product, gross, limit = draw.choice(_PRODUCTS)
    net, kdv = split_gross(lira(gross), _KDV_RATE)
    code, information = codes.generate(draw.choice), _newest("information")
    data = ContractData(
        provider=_provider(draw),
        iys_no=draw.randrange(10_000_000, 99_999_999),
        authorised_person=draw.choice(_PEOPLE),
        authorised_tckn=f"{draw.randrange(100, 999)}******{draw.randrange(10, 99)}",
        product=product,
        net=net,
        kdv_rate=_KDV_RATE,
        kdv=kdv,
        gross=lira(gross),
        order_code=codes.display(code),
        text=_newest("services"),
        information=information,
        address_limit=limit,
        demo=True,
    )
    evidence = Evidence(
        approved_at=_APPROVED_AT,
        ip=f"192.0.2.{draw.randrange(1, 255)}",
        user_agent=f"Mozilla/5.0 ({draw.choice(_BROWSERS)}) AppleWebKit/537.36 Chrome/131.0.0.0",
        checkbox_label="Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.",
        text_sha256=data.text.sha256,
        information_sha256=information.sha256,
        shown_sha256=markup.shown_sha256(data),
    )
    approved = replace(data, evidence=evidence, term_start=date(2026, 11, 23), term_end=date(2027, 11, 22))
    return approved, f"SZL-2026-{code}"


def _provider(draw: random.Random) -> Party:
    return Party(
        title=f"{draw.choice(_PLACES)} {draw.choice(_PLACES)} {draw.choice(_TRADES)} {draw.choice(_FORMS)}",
        tax_number=f"{draw.randrange(10**9, 10**10)}",
        address=f"Atatürk Mah. Çiğdem Sok. No: {draw.randrange(1, 200)}/{draw.randrange(1, 20)} Çankaya, Ankara",
        phone=f"0312 {draw.randrange(100, 999)} 00 00",
        email=f"bilgi{draw.randrange(10**6)}@ornek.example",
        mersis=f"{draw.randrange(10**15, 10**16)}",
    )


@cache
def _newest(kind: str) -> TextVersion:
    """Return the newest text of a kind that comes with the portal."""
    version, source = 1, markup.packaged_source(kind, 1)
    while True:
        try:
            source = markup.packaged_source(kind, version + 1)
        except FileNotFoundError:
            return TextVersion(kind=kind, version=version, source=source)
        version += 1
