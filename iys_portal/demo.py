"""The demo's data: the companies, people, brands and directory that the guide's screens show. All of it fictitious.

Installed by `demo_data` into an empty installation; every step is safe to repeat. The package of *Deneme Ticaret
Ltd. Şti.* is bought the way a customer buys it: order, contract, transfer, bank statement.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from stdnum.tr import vkn

from accounts.backends import DEMO_PASSWORD
from accounts.enums import Role
from accounts.models import Membership, Person, Provider
from accounts.services import known_person
from brands.models import Brand, Retailer
from brands.places import towns
from brands.rules import Details
from brands.services import retailers
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.models import Consent
from consents.services import take_over
from iys_portal import demo_application, demo_usage
from iys_portal.roles import ACCOUNTING
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.turkish import search_key
from packages.models import Package
from partners.models import DirectoryEntry, Intermediary, Partner, PartnerMembership
from payments.contract_terms import contract_for
from payments.models import BankAccount, Order
from payments.services import orders, statements
from payments.services.orders import Visitor

_STAFF = [
    ("yonetici", "Yasemin", "Yönetici", True),
    ("muhasebe", "Mehmet", "Muhasebeci", False),
    ("muhasebe2", "Müge", "Muhasebeci", False),
]

_PEOPLE = [
    ("10000000146", "Defne", "Işıkgil", [12345678]),
    ("10000000214", "Ömer", "Çağlayansoy", [12345678, 675400]),
]

_STAFF_OF_PARTNERS = [("10000000450", "Kerem", "Uğurlusoy", 5005)]

_PROVIDERS: list[dict[str, Any]] = [
    {
        "iys_code": 12345678,
        "title": "Hizmet Sağlayıcı A.Ş.",
        "tax_number": "4620000016",
        "address": "Örnek Mah. Deneme Cad. No: 1 Çankaya, Ankara",
        "phone": "+903120000001",
        "email": "bilgi@hizmetsaglayici.example",
        "kep": "hizmetsaglayici@ornek.kep.tr",
    },
    {
        "iys_code": 675400,
        "title": "Deneme Ticaret Ltd. Şti.",
        "tax_number": "2910000020",
        "address": "Sanayi Mah. Üretim Sok. No: 12 Nilüfer, Bursa",
        "phone": "+902240000002",
        "email": "bilgi@denemeticaret.example",
        "kep": "denemeticaret@ornek.kep.tr",
    },
]

# brand code, name, is it the master brand, consents: total, approvals, rejections
_BRANDS: dict[int, list[tuple[int, str, bool, tuple[int, int, int]]]] = {
    12345678: [
        (2222232, "Deneme Marka 1", True, (5, 2, 2)),
        (661836, "Deneme Marka 2", False, (38, 25, 1)),
        (2222225, "Deneme Marka 3", False, (0, 0, 0)),
    ],
    675400: [
        (675400, "Deneme Ticaret", True, (0, 0, 0)),
        (675403, "Deneme Markası 1", False, (0, 0, 0)),
        (608230, "Deneme Markası 2", False, (0, 0, 0)),
        (660651, "Deneme Markası 3", False, (0, 0, 0)),
        (675409, "bir marka daha", False, (49, 48, 1)),
    ],
}

_PARTNERS = [
    "3G TASARIM BİLİŞİM TEKNOLOJİLERİ DANIŞMANLIK ELEKTRONİK İLETİŞİM HİZMETLERİ TİCARET LİMİTED ŞİRKETİ",
    "AJANS İLETİŞİM VE TELEKOMÜNİKASYON HİZMETLERİ TİCARET LİMİTED ŞİRKETİ",
    "ALBİL MERKEZİ HİZMETLER VE TİCARET ANONİM ŞİRKETİ",
    "ARGE 24 TEKNOLOJİ ANONİM ŞİRKETİ",
    "ASİST BİLGİ TEKNOLOJİLERİ VE ELEKTRONİK HABERLEŞME LİMİTED ŞİRKETİ",
    "ASİSTEL İLETİŞİM EĞİTİM DANIŞMANLIK SANAYİ VE TİCARET LİMİTED ŞİRKETİ",
    "BEYAZ KREATİF DİJİTAL REKLAM VE DANIŞMANLIK HİZMETLERİ LİMİTED ŞİRKETİ",
    "BİEN TEKNOLOJİ ANONİM ŞİRKETİ",
    "BİOTEKNO BÜTÜNLEŞİK İŞ OPERATÖRÜ TEKNOLOJİK ÇÖZÜMLER TİCARET LİMİTED ŞİRKETİ",
    "CODEC İLETİŞİM VE DANIŞMANLIK HİZMETLERİ LİMİTED ŞİRKETİ",
    "Poli Telekomünikasyon İletişim Bilişim Danışmanlık Reklam San. ve Tic. Ltd. Şti.",
]

_INTERMEDIARIES = [
    "TURKCELL İLETİŞİM HİZMETLERİ ANONİM ŞİRKETİ",
    "TT MOBİL İLETİŞİM HİZMETLERİ ANONİM ŞİRKETİ",
    "VODAFONE TELEKOMÜNİKASYON ANONİM ŞİRKETİ",
    "TÜRK TELEKOMÜNİKASYON ANONİM ŞİRKETİ",
    "3C1B TELEKOMÜNİKASYON VE İNTERNET HİZMETLERİ SANAYİ VE TİCARET LİMİTED ŞİRKETİ",
    "NETGSM İLETİŞİM VE BİLGİ TEKNOLOJİLERİ ANONİM ŞİRKETİ",
    "DORUK İLETİŞİM VE OTOMASYON SANAYİ VE TİCARET ANONİM ŞİRKETİ",
    "MUTLUCELL İLETİŞİM HİZMETLERİ ANONİM ŞİRKETİ",
    "Mobilişim İletişim A.Ş.",
    "ABCDE Bilişim Anonim Şirketi",
]

_SOURCES = [Source.HS_WEB, Source.HS_FIZIKSEL_ORTAM, Source.HS_CAGRI_MERKEZI, Source.HS_MOBIL]

_BANK_ACCOUNTS = [
    ("Ziraat Bankası", "TR820001000760123456785001", "760-12345678-5001", "Akay / 760"),
    ("Türkiye İş Bankası", "TR140006400000142011234567", "4201-1234567", "Akay / 4201"),
]


def install(*, now: datetime) -> None:
    """Bring in the demo data that is not there yet."""
    _install_staff()
    for values in _PROVIDERS:
        Provider.objects.get_or_create(iys_code=values["iys_code"], defaults=values)
    people = [_install_person(*row) for row in _PEOPLE]
    for iys_code, brands in _BRANDS.items():
        for brand in brands:
            _install_brand(Provider.objects.get(iys_code=iys_code), *brand, now=now)
    for provider in Provider.objects.filter(iys_code__in=_BRANDS):
        demo_usage.install(provider, now=now)
    _install_dealer()
    _install_directory(Partner, _PARTNERS, first_code=5001)
    _install_directory(Intermediary, _INTERMEDIARIES, first_code=9001)
    for tckn, given_name, family_name, code in _STAFF_OF_PARTNERS:
        person = known_person(tckn=tckn, given_name=given_name, family_name=family_name)
        PartnerMembership.objects.get_or_create(partner=Partner.objects.get(code=code), person=person, ended_at=None)
    for position, (bank, iban, number, branch) in enumerate(_BANK_ACCOUNTS):
        BankAccount.objects.get_or_create(
            iban=iban,
            defaults={"bank_name": bank, "account_number": number, "branch": branch, "position": position},
        )
    _install_purchase(Provider.objects.get(iys_code=675400), people[1], now=now)
    demo_application.install(now=now)


def _install_staff() -> None:
    accounting = Group.objects.get(name=ACCOUNTING)
    for username, given_name, family_name, is_superuser in _STAFF:
        if Person.objects.filter(username=username).exists():
            continue
        person = Person.objects.create_user(
            username,
            DEMO_PASSWORD,
            given_name=given_name,
            family_name=family_name,
            is_staff=True,
            is_superuser=is_superuser,
        )
        if not is_superuser:
            person.groups.add(accounting)


def _install_person(tckn: str, given_name: str, family_name: str, iys_codes: list[int]) -> Person:
    person = known_person(tckn=tckn, given_name=given_name, family_name=family_name)
    for iys_code in iys_codes:
        provider = Provider.objects.get(iys_code=iys_code)
        Membership.objects.get_or_create(provider=provider, person=person, ended_at=None, defaults={"role": Role.OWNER})
    return person


def _install_brand(
    provider: Provider,
    code: int,
    name: str,
    is_master: bool,  # noqa: FBT001  (a row of the table above)
    counts: tuple[int, int, int],
    *,
    now: datetime,
) -> None:
    brand, created = Brand.objects.get_or_create(
        code=code, defaults={"provider": provider, "name": name, "is_master": is_master}
    )
    if created:
        take_over(consents=list(_consents(brand, *counts, now=now)), now=now)


def _consents(brand: Brand, total: int, approvals: int, rejections: int, *, now: datetime) -> Iterator[Consent]:
    """Yield consents by the guide's counters; what is missing to the total still waits for confirmation."""
    statuses = [ConsentStatus.ONAY] * approvals + [ConsentStatus.RET] * rejections
    statuses += [ConsentStatus.BEKLIYOR] * (total - approvals - rejections)
    for number, status in enumerate(statuses):
        by_mail = number % 3 == 2
        yield Consent(
            provider_id=brand.provider_id,
            recipient=f"alici{number}@ornek.example" if by_mail else f"+9059920{brand.code % 1000:03d}{number:02d}",
            brand_id=brand.pk,
            channel=Channel.EPOSTA if by_mail else Channel.MESAJ if number % 3 else Channel.ARAMA,
            recipient_type=RecipientType.BIREYSEL,
            status=status,
            source=_SOURCES[number % len(_SOURCES)],
            consent_at=(now - timedelta(hours=number)).replace(microsecond=0),
        )


_CANKAYA = next(town for town in towns() if town.name == "Çankaya")


def _install_dealer() -> None:
    brand = Brand.objects.get(code=2222225)
    Retailer.objects.get_or_create(
        code=10000001,
        defaults={
            "provider_id": brand.provider_id,
            "brand": brand,
            **retailers.columns(
                Details(
                    title="Örnek Bayi Ticaret Limited Şirketi",
                    alias="Çankaya Şubesi",
                    name="Gökçe Ağaoğlu",
                    tckn="10000000450",
                    tin=_vkn("640000003"),
                    mersis="",
                    town=_CANKAYA,
                    mobile="+905992000001",
                )
            ),
        },
    )


def _vkn(head: str) -> str:
    return head + str(vkn.calc_check_digit(head))


def _install_directory(model: type[DirectoryEntry], titles: list[str], *, first_code: int) -> None:
    for code, title in enumerate(titles, start=first_code):
        model._default_manager.get_or_create(title=title, defaults={"code": code, "search_key": search_key(title)})


def _install_purchase(provider: Provider, person: Person, *, now: datetime) -> None:
    """Buy İLETİ-150 by bank transfer, through the same services as everybody."""
    package = Package.objects.get(slug="ileti-150")
    if Order.objects.filter(provider=provider, package=package).exists():
        return
    order = orders.choose_package(
        provider=provider,
        person=person,
        package=package,
        nonce=orders.form_nonce(provider=provider, package=package),
        addresses=0,
        now=now,
    )
    shown = contract_for(order, person=person, now=now)
    visitor = Visitor(ip="127.0.0.1", user_agent="Deneme verisi")
    order = orders.accept_contract(order=order, person=person, shown_sha256=shown.sha256, visitor=visitor, now=now)
    order = orders.choose_transfer(order=order, person=person, now=now)
    account = BankAccount.objects.get(iban=_BANK_ACCOUNTS[0][1])
    statement, _ = statements.receive(
        account=account,
        format="mt940",
        filename="deneme-ekstresi.sta",
        content=_statement(order, account, now=now).encode(),
        person=None,
        now=now,
    )
    statements.process(statement_id=statement.pk, now=now)


def _statement(order: Order, account: BankAccount, *, now: datetime) -> str:
    """Return an MT940 statement with one transfer in, for the whole amount of the order."""
    day = f"{istanbul_day(now):%y%m%d}"
    amount = f"{order.gross:.2f}".replace(".", ",")
    return (
        f":20:DENEME{day}\r\n:25:{account.iban}\r\n:28C:1/1\r\n:60F:C{day}TRY0,00\r\n"
        f":61:{day}{day[2:]}C{amount}NTRFNONREF\r\n"
        f":86:GELEN EFT {order.code_display} DENEME TİCARET LTD. ŞTİ.\r\n"
        f":62F:C{day}TRY{amount}\r\n-\r\n"
    )
