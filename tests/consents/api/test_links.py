"""Links by which recipients of e-mails refuse, and the page behind them."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from brands.models import Brand
from consents.enums import ConsentStatus, Source, Way
from consents.models import ConsentEvent
from consents.tokens import refusal_token
from partners.enums import Right
from tests import factories
from tests.api.conftest import codes
from tests.consents.api.conftest import Consents, Make, errors
from tests.consents.scene import MAILS
from tests.partners.scene import authorise

pytestmark = pytest.mark.django_db

MAIL, OTHER = MAILS


def wanted(*recipients: object, kind: str = "BIREYSEL") -> dict[str, object]:
    return {"recipients": [{"recipient": each, "recipientType": kind} for each in recipients]}


def link(program: Consents, recipient: str = MAIL) -> str:
    """Return the path of the link of a recipient who approved."""
    program.add(recipient=recipient)
    (row,) = program.links(wanted(recipient)).json()
    assert set(row) == {"recipient", "url"}
    return urlsplit(row["url"]).path


def test_a_link_for_whoever_approved(program: Consents) -> None:
    program.add(recipient=MAIL)
    answer = program.links(wanted(MAIL.upper(), OTHER))
    one, other = answer.json()
    assert (answer.status_code, one["recipient"]) == (200, MAIL)
    assert one["url"].startswith("http")
    assert MAIL not in one["url"]
    message = "Sadece ONAY durumunda olan izinler için link üretilmelidir."
    assert other == {"recipient": OTHER, "code": "H568", "message": message}
    (merchant,) = program.links(wanted(MAIL, kind="TACIR")).json()
    assert merchant["code"] == "H568"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], (400, [("H097",)])),
        ({}, (422, [("H168", ["recipients"])])),
        ({"recipients": MAIL}, (422, [("H478", ["recipients"], MAIL)])),
        ({"recipients": []}, (422, [("H164", ["recipients"], [])])),
        ({"recipients": ["x"] * 101}, (422, [("H127", ["recipients"])])),
        ({"recipients": [MAIL]}, (400, [("H097", 0)])),
        (
            {"recipients": [{"recipient": MAIL}, {"recipient": "+905992000001", "recipientType": "x"}]},
            (
                422,
                [
                    ("H170", ["recipientType"], 0),
                    ("H120", ["recipient"], "+905992000001", 1),
                    ("H116", ["recipientType"], "x", 1),
                ],
            ),
        ),
    ],
)
def test_what_is_refused(program: Consents, body: object, expected: object) -> None:
    assert errors(program.links(body)) == expected


def test_no_partner_makes_links(program: Consents, api: Make, brand: Brand, alice: object, now: datetime) -> None:
    partner = factories.PartnerFactory.create()
    authorise(brand, partner, person=alice, now=now, eposta=Right.WRITE)  # type: ignore[arg-type]
    assert codes(Consents(api(partner), brand).links(wanted(MAIL))) == (400, ["H363"])


def test_the_link_asks_and_the_button_refuses(program: Consents, client: Client) -> None:
    path = link(program)
    page = client.get(path)
    assert (page.status_code, ConsentEvent.objects.count()) == (200, 1)
    assert "al***@ornek.example" in page.content.decode()
    assert MAIL not in page.content.decode()
    for _ in range(2):  # a second click changes nothing
        assert client.post(path, follow=True).status_code == 200
    event = ConsentEvent.objects.order_by("-seq")[0]
    assert (event.status, event.source, event.way) == (ConsentStatus.RET, Source.IYS_EPOSTA, Way.CITIZEN)
    assert (event.recipient, ConsentEvent.objects.count()) == (MAIL, 2)
    assert "Ret kaydedildi" in client.get(path).content.decode()


def test_a_link_is_good_for_ninety_days(program: Consents, client: Client, clock: time_machine.Traveller) -> None:
    path, now = link(program), datetime.now().astimezone()
    clock.move_to(now + timedelta(days=90))
    assert client.get(path).status_code == 200
    clock.move_to(now + timedelta(days=91))
    assert client.get(path).status_code == 404


def test_forged_links(program: Consents, client: Client, brand: Brand, now: datetime) -> None:
    path = link(program)
    strange = refusal_token(brand.provider_id, 999_999, last_day=now.date())
    for token in ("x", path.split("/")[2][:-2], strange, "%00"):
        assert client.get(f"/ret/{token}/").status_code == 404
        assert client.post(f"/ret/{token}/").status_code == 404
