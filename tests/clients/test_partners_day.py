"""A partner's whole day over real HTTP, with the Python client: from the token to the reconciliation.

What a worker and beat do is done by hand between the calls.
"""

import hashlib
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from iys_client import ApiError, Client, Consent, LoginFailed, verify
from iys_client import Brand as Shop
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Person, Provider
from accounts.services.api_accounts import Issued, create_account, revoke_account
from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.services import record_citizens_movement
from iys_portal.api.examples import client_example
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.shared.clock import ISTANBUL
from partners.enums import Channel as PartnerChannel
from partners.enums import Right
from partners.models import PartnerGrant
from partners.services import authorise_partner, revoke
from push.models import PushConnection
from push.services import connections, sending
from reports.services.roll_up import close_days
from tests import factories
from tests.consents.scene import forget_consents
from tests.push.conftest import certificate, receiver  # noqa: F401  (fixtures)
from tests.push.receiver import PASSWORD, USER, Receiver
from tests.reports.conftest import keys  # noqa: F401  (a fixture)
from tests.reports.conftest import work as reports_work

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND, THIRD = (f"+90599200000{number}" for number in (1, 2, 3))


@pytest.fixture(autouse=True)
def _no_consents_left(transactional_db: None) -> Iterator[None]:
    yield
    forget_consents()


@pytest.fixture(autouse=True)
def _settings(settings: Settings) -> None:
    # Accounts of a demonstration have no limits; what was read counts no longer than its call.
    settings.DEMO_MODE, settings.API_STANDING_SECONDS, settings.CHANGES_WITHHELD_MINUTES = True, 0, 0


@pytest.fixture
def portal(plain_static_files: None, _settings: None) -> Iterator[LiveServer]:
    """The portal on a real socket, under this test's settings."""
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture
def brand(provider: Provider) -> Brand:
    factories.subscription(provider)
    return factories.BrandFactory.create(provider=provider)


@pytest.fixture
def grant(brand: Brand, alice: Person) -> PartnerGrant:
    return authorise_partner(
        brand=brand,
        partner=factories.PartnerFactory.create(),
        agreement=True,
        rights={PartnerChannel.MESAJ: Right.WRITE, PartnerChannel.ARAMA: Right.READ},
        ends_on=None,
        person=alice,
        now=timezone.now(),
    )


@pytest.fixture
def issued(grant: PartnerGrant) -> Issued:
    return create_account(name="Gönderim sistemi", now=timezone.now(), actor=None, partner=grant.partner)


def client_of(issued: Issued, portal: LiveServer) -> Client:
    return Client(portal.url, username=issued.account.username, password=issued.secret, timeout=60)


def work() -> None:
    """Do what is promised and due, as workers do."""
    for pk in OutboxMessage.objects.filter(done_at=None, topic="consents.batch").values_list("pk", flat=True):
        outbox.run(pk)


def written(instant: datetime) -> str:
    return f"{instant.astimezone(ISTANBUL):%Y-%m-%d %H:%M:%S}"


def test_a_partners_day(
    brand: Brand,
    grant: PartnerGrant,
    issued: Issued,
    portal: LiveServer,
    alice: Person,
    keys: Path,
) -> None:
    client = client_of(issued, portal)
    assert [each["brandCode"] for each in client.brands(brand.provider.iys_code)] == [brand.code]
    assert client.subscription(brand.provider.iys_code)["status"] == "ACTIVE"
    shop = client.brand(iys_code=brand.provider.iys_code, brand_code=brand.code)
    day = timezone.localdate()
    taken = written(timezone.now() - timedelta(hours=1))

    # One by one: what is sent again is the same; what the rules refuse says why.
    consent = Consent(FIRST, "MESAJ", "ONAY", "HS_WEB", taken)
    assert shop.add(consent) == shop.add(consent)
    with pytest.raises(ApiError) as refusal:
        shop.add(Consent(SECOND, "MESAJ", "RET", "HS_WEB", taken))
    assert (refusal.value.status, refusal.value.codes) == (400, ["H175"])
    with pytest.raises(ApiError) as refusal:
        shop.add(Consent(FIRST, "ARAMA", "ONAY", "HS_WEB", taken))
    assert (refusal.value.status, refusal.value.codes) == (403, ["P002"])

    # A batch: accepted at once, recorded by a worker, one of it refused.
    rows = [Consent(recipient, "MESAJ", "ONAY", "HS_WEB", taken) for recipient in (SECOND, THIRD)]
    (batch,) = shop.add_many([*rows, Consent("+905992000009", "MESAJ", "RET", "HS_WEB", taken)])
    work()
    results = shop.wait(batch, seconds=10, pause=0.1)
    assert [each["status"] for each in results] == ["success", "success", "failure"]
    assert results[2]["error"]["code"] == "H175"
    assert shop.approved([THIRD, FIRST, "+905992000009"], "MESAJ") == [THIRD, FIRST]
    assert shop.status("+905992000009", "MESAJ") is None

    # A citizen refuses; the partner hears of it once, and goes on from there.
    refuse(brand, FIRST)
    (page,) = shop.all_changes()
    assert [(each.recipient, each.status, each.source) for each in page.list] == [(FIRST, "RET", "IYS_MOBIL")]
    assert list(shop.all_changes(page.after)) == []
    standing = shop.status(FIRST, "MESAJ")
    assert standing is not None
    assert (standing["status"], standing["transactionId"]) == ("RET", page.list[0].transaction_id)
    assert len(shop.changes(source="HS").list) == 3

    # A dealer sees a consent, and then it stays.
    code = shop.add_retailer(
        title="XYZ Ticaret",
        name="Gökçe Ağaoğlu",
        tckn=factories.make_tckn(1),
        tin=factories.make_vkn(1),
        city={"code": 34, "name": "İstanbul"},
        town={"code": 438, "name": "Kadıköy"},
    )
    shop.open_to_retailers(THIRD, "MESAJ", [code])
    assert [(each["retailerCode"], each["retailerAccessCount"]) for each in shop.retailers()] == [(code, 1)]
    with pytest.raises(ApiError) as refusal:
        shop.remove_retailer(code)
    assert refusal.value.codes == ["P003"]

    # The day's figures, with which a reconciliation begins.
    message = next(each for each in shop.summary(day) if each["type"] == "MESAJ")
    assert [(each["source"], each["approval"], each["rejection"], each["total"]) for each in message["consents"]] == [
        ("HS", 3, 0, 3),
        ("IYS", 0, 1, 1),
    ]

    # The day is over.
    agreed_on(shop, day)

    # The brand takes its right back: the next call is refused.
    revoke(grant=grant, person=alice, now=timezone.now())
    with pytest.raises(ApiError) as refusal:
        shop.status(FIRST, "MESAJ")
    assert (refusal.value.status, refusal.value.codes) == (403, ["H353"])


def agreed_on(shop: Shop, day: date) -> None:
    """The day's file is made, compared and agreed on."""
    assert shop.agreement(day) is None
    close_days(now=timezone.now() + timedelta(days=1))
    reports_work()
    file, agreement = shop.daily_file(day), shop.agreement(day)
    assert file is not None
    assert agreement is not None
    assert (agreement["hashValue"], agreement["agreementStatus"]) == (hashlib.sha384(file).hexdigest(), False)
    assert sorted(line.split(b",")[2].decode() for line in file.splitlines()[1:]) == [FIRST, FIRST, SECOND, THIRD]
    assert bytes.fromhex(agreement["hashValue"]) in (shop.time_stamp(day) or b"")
    assert shop.agree(day)
    agreement = shop.agreement(day)
    assert agreement is not None
    assert agreement["agreementStatus"] is True


def refuse(brand: Brand, recipient: str) -> None:
    record_citizens_movement(
        provider=brand.provider,
        brand=brand,
        recipient=recipient,
        channel=Channel.MESAJ,
        recipient_type=RecipientType.BIREYSEL,
        status=ConsentStatus.RET,
        source=Source.IYS_MOBIL,
        consent_at=timezone.now(),
        now=timezone.now(),
    )


def test_a_revoked_account_is_out(issued: Issued, brand: Brand, portal: LiveServer) -> None:
    client = client_of(issued, portal)
    client.brands(brand.provider.iys_code)
    revoke_account(account=issued.account, now=timezone.now(), actor=None)
    with pytest.raises(LoginFailed):
        client.brands(brand.provider.iys_code)


def test_what_a_citizen_does_reaches_a_receiver_that_checks_the_signature(
    brand: Brand,
    issued: Issued,
    portal: LiveServer,
    receiver: Receiver,
) -> None:
    shop = client_of(issued, portal).brand(iys_code=brand.provider.iys_code, brand_code=brand.code)
    shop.add(Consent(FIRST, "MESAJ", "ONAY", "HS_WEB", written(timezone.now() - timedelta(hours=1))))
    shop.register_push(receiver.url, "MESAJ", username=USER, password=PASSWORD)
    connection = PushConnection.objects.get()
    assert connection.partner == issued.account.partner
    receiver.got.clear()
    refuse(brand, FIRST)
    assert sending.plan(now=timezone.now()) == 1
    sending.send(connection_id=connection.pk, clock=timezone.now)
    ((headers, body),) = receiver.got
    verify(body, headers["X-IYS-Signature"], connections.key_of(connection))
    assert [(row["recipient"], row["status"]) for row in receiver.lists[0]] == [(FIRST, "RET")]
    (listed,) = shop.push_addresses()
    assert (listed["url"], listed["type"], listed["status"]) == (receiver.url, "MESAJ", "Bağlantı Oluşturuldu")
    with pytest.raises(ApiError) as refusal:
        shop.remove_push(receiver.url, "MESAJ", username=USER, password="x")
    assert (refusal.value.status, refusal.value.codes) == (422, ["H530"])
    shop.remove_push(receiver.url, "MESAJ", username=USER, password=PASSWORD)
    assert shop.push_addresses() == []
    assert [each["status"] for each in shop.history(FIRST, "MESAJ")] == ["RET", "ONAY"]


def test_the_documentations_example_runs(brand: Brand, portal: LiveServer, capsys: pytest.CaptureFixture[str]) -> None:
    issued = create_account(name="Mağaza", now=timezone.now(), actor=None, provider=brand.provider)
    example = client_example(portal.url, iys_code=brand.provider.iys_code, brand_code=brand.code)
    names = {"kullanici": issued.account.username, "sifre": issued.secret}
    names["tarih"] = written(timezone.now() - timedelta(hours=1))
    over = threading.Event()

    def worker() -> None:
        try:
            while not over.wait(0.1):
                work()
        finally:
            connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    try:
        exec(compile(example, "example", "exec"), names)  # noqa: S102  (our own words)
    finally:
        over.set()
        thread.join()
    number, result = capsys.readouterr().out.split("\n")[:2]
    assert (len(number), result) == (64, "0 success")
