"""The packages and the tariff that an installation starts with: those of the guide, KDV %18 included.

Installed after every migration where they are missing; from then on they are edited in /yonetim/.
"""

from datetime import date
from decimal import Decimal

from iys_portal.shared.money import ZERO, lira, split_gross
from packages.models import TEMEL_HIZMETLER, Package, Tariff

_FIRST_DAY = date(2020, 1, 1)
_KDV_RATE = Decimal("18.00")
_CAMPAIGN_TEXT = "geçici süreyle ücretsiz"

# slug, name, heading, addresses shown, bounds, list price with KDV, campaign price
_CATALOGUE: list[tuple[str, str, str, str, int, int | None, str | None, Decimal | None]] = [
    (TEMEL_HIZMETLER, "Temel Hizmetler", "Temel Hizmetler", "SINIRSIZ", 0, None, "0.00", None),
    ("ileti-5", "İLETİ-5", "İLETİ - 5", "0 - 5.000", 0, 5_000, "0.00", None),
    ("ileti-25", "İLETİ-25", "İLETİ - 25", "5.000 - 25.000", 5_001, 25_000, "722.16", ZERO),
    ("ileti-75", "İLETİ-75", "İLETİ - 75", "25.000 - 75.000", 25_001, 75_000, "2336.40", ZERO),
    ("ileti-150", "İLETİ-150", "İLETİ - 150", "75.000 - 150.000", 75_001, 150_000, "5097.60", None),
    ("ileti-250", "İLETİ-250", "İLETİ - 250", "150.000 - 250.000", 150_001, 250_000, "5805.60", None),
    ("ileti-arti", "İLETİ+", "İLETİ+", "250.000 üzeri", 250_001, None, None, None),
]


def install() -> None:
    """Insert the packages that are missing, and the first tariff of each package that has none."""
    for position, (slug, name, heading, addresses, least, most, gross, campaign) in enumerate(_CATALOGUE):
        package, created = Package.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name,
                "heading": heading,
                "addresses": addresses,
                "min_addresses": least,
                "max_addresses": most,
                "has_integration": slug != TEMEL_HIZMETLER,
                "by_offer": gross is None,
                "position": position,
            },
        )
        if created and gross is not None:
            net, kdv = split_gross(lira(gross), _KDV_RATE)
            Tariff.objects.create(
                package=package,
                valid_from=_FIRST_DAY,
                net=net,
                kdv_rate=_KDV_RATE,
                kdv=kdv,
                gross=lira(gross),
                campaign_gross=campaign,
                campaign_from=None if campaign is None else _FIRST_DAY,
                campaign_text="" if campaign is None else _CAMPAIGN_TEXT,
            )
