"""The accountants' card screens: differences and days, attempts, and the page of everything of an order."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from accounts.models import Person
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.audit.services import move, record
from iys_portal.shared.tables import BOM
from payments.decline_words import DECLINE_LABELS
from payments.enums import ATTEMPT_TRANSITIONS, ORDER_TRANSITIONS, REFUND_TRANSITIONS
from payments.gateways.base import DeclineGroup
from payments.models import CardAttempt, CardDay, CardDifference, GatewayEvent, Order, Refund, Statement
from payments.selectors.card_days import expected_days
from payments.selectors.orders import timeline_of
from tests import factories
from tests.payments.card_days.conftest import GROSS
from tests.payments.mt940 import Transfer

pytestmark = pytest.mark.django_db

Captured = Callable[..., CardAttempt]
DAYS = "/muhasebe/kart-mutabakati/"
ATTEMPTS = "/muhasebe/kart-denemeleri/"


@pytest.fixture
def difference(captured: Captured, now: datetime) -> Callable[..., CardDifference]:
    """Return an open difference of an attempt of its own."""

    def make(**changes: Any) -> CardDifference:
        attempt = captured(now - timedelta(days=1))
        values = {"gateway": "iyzico", "day": (now - timedelta(days=1)).date(), "kind": "amount", "event": "payment"}
        values |= {"payment_id": attempt.payment_id, "conversation_id": attempt.conversation_id, "attempt": attempt}
        return CardDifference.objects.create(**values | {"ours": GROSS, "theirs": GROSS - 1} | changes)

    return make


def texts(answer: Any) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode().replace("<", " <")))


def test_both_sides_stand_beside_each_other(
    browser: Client,
    difference: Callable[..., CardDifference],
    order: Order,
) -> None:
    row = difference()
    foreign = difference(kind="missing_here", ours=None, attempt=None, currency="USD", payment_id="99")
    answer = browser.get(DAYS)
    assert list(answer.context["differences"]) == [foreign, row]
    html = texts(answer)
    assert html.count("5.097,60 ₺ 5.096,60 ₺") == 1
    assert html.count("– 5.096,60 USD") == 1
    assert answer.content.decode().count(f'href="/muhasebe/siparisler/{order.code_display}/"') == 1
    page = texts(browser.get(f"{DAYS}{row.pk}/"))
    assert page.count(order.provider.title) == 1
    assert texts(browser.get(f"{DAYS}{foreign.pk}/")).count("bizim bildiğimiz bir kart denemesine ait değil") == 1
    assert browser.get(f"{DAYS}{row.pk + 100}/").status_code == 404


def test_a_difference_is_closed_with_a_note_and_by_one_person(
    browser: Client, difference: Callable[..., CardDifference], accountant: Person, now: datetime
) -> None:
    row = difference()
    address = f"{DAYS}{row.pk}/"
    for note in ("", "   "):
        refused = browser.post(address, {"note": note})
        assert (refused.status_code, refused.content.decode().count("Farkın nedenini yazın.")) == (200, 2)
    long = browser.post(address, {"note": "ç" * 1001})
    assert ("ç" * 1001 in long.content.decode(), "En çok 1.000 karakter yazın." in long.content.decode()) == (
        True,
        True,
    )
    assert CardDifference.objects.get(pk=row.pk).closed_at is None
    assert browser.post(address, {"note": "Banka düzeltti."}).headers["Location"] == DAYS
    row.refresh_from_db()
    assert (row.closed_at, row.closed_by, row.note, row.vanished) == (now, accountant, "Banka düzeltti.", False)
    late = browser.post(address, {"note": "Ben de baktım."}, follow=True)
    assert "Bu fark daha önce kapatılmış" in texts(late)
    assert "«Ben de baktım.»" in texts(late), "nothing typed is lost"
    row.refresh_from_db()
    assert row.note == "Banka düzeltti."
    assert AuditEvent.objects.filter(action="difference_closed").count() == 1


def test_differences_are_filtered_searched_and_paged(
    browser: Client,
    difference: Callable[..., CardDifference],
    accountant: Person,
    now: datetime,
    order: Order,
) -> None:
    first, second = difference(), difference(kind="missing_there", theirs=None)
    closed = difference(closed_at=now, closed_by=accountant, note="Tamam")
    stranger = difference(attempt=None, payment_id="22480777")

    def found(**query: str) -> list[CardDifference]:
        return list(browser.get(DAYS, query).context["differences"])

    assert found() == [stranger, second, first]
    assert found(durum="kapali") == [closed]
    assert found(durum="") == [stranger, closed, second, first]
    assert found(tur="missing_there") == [second]
    assert found(tur="odd") == found()
    assert found(ara=order.code_display.lower()) == [second, first]
    assert found(ara="22480777") == [stranger]
    assert found(ara=second.conversation_id) == [second]
    assert found(ara=order.provider.title.split()[0].lower()) == [second, first]
    assert found(ara="yok") == []
    assert "Bu süzgece uyan fark yok" in texts(browser.get(DAYS, {"ara": "yok"}))
    for _ in range(24):
        difference()
    assert [len(found(sayfa=page)) for page in ("1", "2", "x")] == [25, 2, 25]


def test_the_file_has_what_is_filtered_and_calculates_nothing(
    browser: Client,
    difference: Callable[..., CardDifference],
    accountant: Person,
    now: datetime,
    order: Order,
) -> None:
    order.provider.title = "=cmd|' /C calc'!A0"
    order.provider.save()
    difference(closed_at=now, closed_by=accountant, note=' +1;"x"')
    difference(attempt=None, payment_id="-7")
    answer = browser.get(f"{DAYS}farklar.csv", {"durum": ""})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kart-farklari.csv"'
    assert answer.content.startswith(BOM)
    header, second, first, rest = answer.content.removeprefix(BOM).decode().split("\r\n")
    assert (header.split(";")[0], rest) == ("Gün", "")
    assert first.split(";")[:10] == [
        "22.11.2026",
        "iyzico",
        "Tutar farklı",
        "Çekim",
        "1",
        f"{1:032x}",
        order.code_display,
        "'=cmd|' /C calc'!A0",
        "5097,60",
        "5096,60",
    ]
    assert first.endswith(';"\' +1;""x"""')
    assert second.split(";")[4] == "'-7"
    link = browser.get(DAYS, {"durum": "kapali", "sayfa": "1"}).content.decode()
    assert 'href="/muhasebe/kart-mutabakati/farklar.csv?durum=kapali"' in link
    only = browser.get(f"{DAYS}farklar.csv", {"durum": "kapali"}).content.decode()
    assert only.count("\r\n") == 2


def test_days_that_were_never_compared_are_seen(browser: Client, captured: Captured, now: datetime) -> None:
    captured(now - timedelta(days=4))
    day = (now - timedelta(days=1)).date()
    figures = {"ours_count": 2, "ours_sum": 2 * GROSS, "theirs_count": 1, "theirs_sum": GROSS}
    CardDay.objects.create(gateway="iyzico", day=day, asked_at=now, compared_at=now, **figures)
    CardDay.objects.create(gateway="iyzico", day=day - timedelta(days=1), asked_at=now, problem="Rapor yok.")
    CardDay.objects.create(
        gateway="iyzico", day=day - timedelta(days=2), asked_at=now, compared_at=now, problem="Rapor yok."
    )
    assert [each[0] for each in expected_days(now=now)] == [day - timedelta(days=back) for back in range(4)]
    answer = browser.get(DAYS)
    assert [each.standing for each in answer.context["days"]] == [
        ("matched", "Uyuşuyor"),
        ("unmatched", "Yanıt alınamadı"),
        ("suggested", "Yeniden sorulacak"),
        ("unmatched", "Karşılaştırılmadı"),
    ]
    html = texts(answer)
    assert html.count("10.195,20 ₺ 2 çekim 5.097,60 ₺ 1 çekim") == 1
    assert html.count("Gece yarısı çevresindeki işlemler") == 1
    asked = browser.post(DAYS, {"gateway": "iyzico", "day": (day - timedelta(days=3)).isoformat()}, follow=True)
    assert "19.11.2026 gününün karşılaştırması sıraya alındı" in texts(asked)
    assert OutboxMessage.objects.get().payload == {"gateway_name": "iyzico", "day": "2026-11-19"}
    for wrong in ({}, {"gateway": "iyzico", "day": "2026-11-23"}, {"gateway": "yok", "day": "2026-11-19"}):
        assert "Bu gün karşılaştırılamaz." in texts(browser.post(DAYS, wrong, follow=True))
    assert OutboxMessage.objects.count() == 1


def test_an_empty_house_says_so(browser: Client) -> None:
    page = texts(browser.get(DAYS))
    assert ("Açık fark yok" in page, "Karşılaştırılacak gün yok" in page) == (True, True)
    assert "Henüz kart denemesi yok" in texts(browser.get(ATTEMPTS))
    assert "Kart mutabakat farkı" not in texts(browser.get("/muhasebe/"))


def test_the_dashboard_tells_of_what_is_open(
    browser: Client,
    difference: Callable[..., CardDifference],
    captured: Captured,
    now: datetime,
) -> None:
    difference()
    captured(now, state="unknown", surplus=False, payment_id="", settled_at=None)
    answer = browser.get("/muhasebe/")
    figures = answer.context["figures"]
    assert (figures.difference_count, figures.unknown_count) == (1, 1)
    assert answer.content.decode().count('<a href="/muhasebe/kart-mutabakati/">1</a>') == 1
    assert answer.content.decode().count('<a href="/muhasebe/kart-denemeleri/?durum=unknown">1</a>') == 1


def test_what_is_to_be_done_about_cards_leads_to_what_it_counts(
    browser: Client,
    difference: Callable[..., CardDifference],
    captured: Captured,
    accountant: Person,
    now: datetime,
) -> None:
    attempt = difference().attempt
    captured(now, state="unknown", surplus=False, payment_id="", settled_at=None)
    other = factories.accountant("muhasebe2")
    sent = {"sent_at": now, "needs_second": False}
    for key, fields in enumerate(
        [
            {"state": "requested"},
            {"state": "requested", "needs_second": True, "requested_by": other},
            {"state": "requested", "needs_second": True, "requested_by": accountant},
            {"state": "failed", **sent},
            {"state": "by_hand", "paid_by": other, **sent},
            {"state": "by_hand", "paid_by": accountant, **sent},
        ]
    ):
        Refund.objects.create(
            provider_id=attempt.provider_id,
            order=attempt.order,
            attempt=attempt,
            key=key,
            amount=1,
            reason="x",
            **fields,
        )
    tasks = [(task.count, task.route, task.query) for task in browser.get("/muhasebe/").context["tasks"]]
    assert tasks == [
        (1, "accounting:card_attempts", "?durum=unknown"),
        (1, "accounting:card_refunds", "?durum=failed"),
        (2, "accounting:card_refunds", "?durum=requested"),
        (1, "accounting:card_refunds", "?durum=by_hand"),
        (1, "accounting:card_days", ""),
    ]


def test_attempts_without_a_result_come_first(
    browser: Client,
    captured: Captured,
    now: datetime,
    accepted: Callable[..., Order],
    order: Order,
) -> None:
    other = accepted("ileti-250", at=now + timedelta(minutes=1))
    open_ = {"surplus": False, "payment_id": "", "settled_at": None}
    unknown = captured(now, state="unknown", **open_)
    live = captured(now, state="needs_3ds", order=other, **open_)
    paid = captured(now, surplus=True, last4="0008", card_family="Paraf", payment_id="22480017")
    refused = captured(now, state="declined", decline_group="expired_card", **open_)

    def found(**query: str) -> list[CardAttempt]:
        return list(browser.get(ATTEMPTS, query).context["page"])

    assert found() == [unknown, live, refused, paid]
    assert found(durum="declined") == [refused]
    assert found(durum="odd") == found()
    assert found(ara=other.code) == [live]
    assert found(ara=paid.payment_id) == [paid]
    html = texts(browser.get(ATTEMPTS))
    assert html.count("Kartın süresi dolmuş") == 1
    assert html.count("Paraf •••• 0008") == 1
    assert "Eşleşen deneme yok" in texts(browser.get(ATTEMPTS, {"ara": "yok"}))
    assert [attempt.order for attempt in found(ara=order.code_display)] == [order] * 3


@pytest.mark.parametrize("state", ["succeeded", "declined", "abandoned", "needs_3ds", "unknown"])
def test_only_what_was_taken_is_called_so(
    browser: Client, captured: Captured, now: datetime, order: Order, state: str
) -> None:
    is_taken = state == "succeeded"
    changes = {} if is_taken else {"surplus": False, "payment_id": "", "settled_at": None, "decline_group": "other"}
    attempt = captured(now, state=state, **changes)
    page = texts(browser.get(f"/muhasebe/siparisler/{order.code_display}/"))
    assert ("Karttan çekilen 5.097,60 ₺" in page, "Karttan çekilmek istenen 5.097,60 ₺" in page) == (
        is_taken,
        not is_taken,
    )
    assert ("Karttan alınan 5.097,60 ₺" in texts(browser.get(f"{ATTEMPTS}{attempt.pk}/iade/"))) == is_taken


def story(order: Order, captured: Captured, person: Person, now: datetime) -> Refund:
    """Tell a life: a refusal, a capture that came too late and its refund, told by the same services' events."""
    first = captured(now, state="created", surplus=False, payment_id="", settled_at=None)
    move(order, "card_pending", table=ORDER_TRANSITIONS, actor=person, reason="Kartla ödeme başladı.")
    record(
        action="card_attempt",
        subject=first,
        actor=person,
        order=order.code,
        amount=str(GROSS),
        paid_amount="5230.14",
        instalments=3,
    )
    move(
        first,
        "declined",
        table=ATTEMPT_TRANSITIONS,
        actor=None,
        reason="Banka ödemeyi almadı.",
        decline_group="insufficient_funds",
    )
    move(order, "contract_accepted", table=ORDER_TRANSITIONS, actor=None, reason="Yeniden denenebilir.")
    taken = captured(now, surplus=True, last4="0008", card_family="Paraf", reference="host-1")
    record(action="state:succeeded", subject=taken, actor=None, reason="Fazla.", before="created", after="succeeded")
    refund = Refund.objects.create(
        provider_id=order.provider_id, order=order, attempt=taken, key="k", amount=GROSS, reason="Fazla çekim"
    )
    record(action="refund_requested", subject=refund, actor=None, reason="Fazla çekim", amount=str(GROSS))
    move(refund, "approved", table=REFUND_TRANSITIONS, actor=person, reason="")
    move(refund, "sending", table=REFUND_TRANSITIONS, actor=None, reason="", sent_at=now)
    move(refund, "confirmed", table=REFUND_TRANSITIONS, actor=None, reason="", confirmed_at=now)
    GatewayEvent.objects.create(
        gateway="iyzico", payment_id=taken.payment_id, conversation_id="", kind="CHECKOUT_FORM_AUTH", status="SUCCESS"
    )
    return refund


def test_one_page_has_everything_of_an_order(
    browser: Client,
    captured: Captured,
    order: Order,
    accountant: Person,
    now: datetime,
) -> None:
    story(order, captured, accountant, now)
    CardDifference.objects.create(
        gateway="iyzico",
        day=now.date(),
        kind="missing_there",
        event="payment",
        payment_id="2",
        ours=GROSS,
        attempt=order.attempts.get(payment_id="2"),
    )
    answer = browser.get(f"/muhasebe/siparisler/{order.code_display}/")
    who = accountant.get_full_name()
    assert [(entry.text, entry.actor) for entry in answer.context["timeline"]][2:] == [
        ("Sipariş: Kart onayı bekleniyor – Kartla ödeme başladı.", who),
        ("1. kart denemesi başladı: 5.230,14 ₺, 3 taksit", who),
        ("1. kart denemesi: Reddedildi – Limit ya da bakiye yetersiz", "Sistem"),
        ("Sipariş: Sözleşme onaylandı – Yeniden denenebilir.", "Sistem"),
        ("2. kart denemesi: Başarılı – Fazla.", "Sistem"),
        ("Kart iadesi istendi: 5.097,60 ₺ – Fazla çekim", "Sistem"),
        ("Kart iadesi: Onaylandı", who),
        ("Kart iadesi: Bankaya iletiliyor", "Sistem"),
        ("Kart iadesi: İade edildi", "Sistem"),
    ]
    html = texts(answer)
    for words in ("Paraf •••• 0008", "host-1", "CHECKOUT_FORM_AUTH", "Fazla çekim", "Bizde var, bankada yok"):
        assert html.count(words) >= 1, words
    assert answer.content.decode().count("<form") == 1, "only logging out can be pressed"


def test_the_customer_reads_the_same_in_their_own_words(
    captured: Captured,
    order: Order,
    accountant: Person,
    now: datetime,
) -> None:
    story(order, captured, accountant, now)
    assert [(entry.text, entry.actor) for entry in timeline_of(order)][2:] == [
        ("Kart onayı bekleniyor", accountant.get_full_name()),
        ("Kart ödemesi alınamadı: Limit ya da bakiye yetersiz", "Sistem"),
        ("Yeniden ödeme yapılabilir", "Sistem"),
        ("Kartınızdan alınan ödeme bu siparişe sayılmadı; iadesi ele alınıyor", "Sistem"),
        ("5.097,60 ₺ kartınıza iade edildi", "Muhasebe"),
    ]


def test_an_order_is_found_by_any_spelling_of_its_code(browser: Client, order: Order) -> None:
    for spelling in (order.code_display, order.code, order.code.lower(), order.code_display.lower()):
        assert browser.get(f"/muhasebe/siparisler/{spelling}/").status_code == 200, spelling
    for wrong in ("333-333-333", "yok", "0"):
        assert browser.get(f"/muhasebe/siparisler/{wrong}/").status_code == 404, wrong


def test_the_page_shows_the_bank_movements_of_an_order(
    browser: Client, awaiting: Callable[..., Order], imported: Callable[..., Statement]
) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(order.code_display, Decimal("5000.00")), Transfer("KİRA"))
    waiting = browser.get(f"/muhasebe/siparisler/{order.code}/")
    assert [line.text for line in waiting.context["file"].waiting_lines] == [order.code_display]
    imported(Transfer(order.code_display), reference="EKSTRE2")
    file = browser.get(f"/muhasebe/siparisler/{order.code}/").context["file"]
    assert [each.amount for each in file.allocations] == [GROSS]
    assert file.allocated == GROSS
    assert browser.get("/muhasebe/").content.decode().count("/yonetim/payments/order/") == 0


def test_the_dashboard_leads_to_the_orders_page(browser: Client, awaiting: Callable[..., Order]) -> None:
    order = awaiting("ileti-150")
    assert browser.get("/muhasebe/").content.decode().count(f'href="/muhasebe/siparisler/{order.code_display}/"') == 1


def test_text_of_others_is_never_markup(
    browser: Client,
    captured: Captured,
    difference: Callable[..., CardDifference],
    accountant: Person,
    order: Order,
    now: datetime,
) -> None:
    evil = "<script>alert(1)</script>"
    captured(now, reference=evil, card_family=evil)
    row = difference(conversation_id=evil, note=evil, closed_at=now, closed_by=accountant)
    for address in (f"{DAYS}?durum=", f"{DAYS}{row.pk}/", ATTEMPTS, f"/muhasebe/siparisler/{order.code}/"):
        assert evil not in browser.get(address).content.decode(), address
    assert evil not in browser.get(DAYS, {"ara": evil}).content.decode()


def test_pages_cost_the_same_for_one_row_and_for_three(
    browser: Client,
    difference: Callable[..., CardDifference],
    captured: Captured,
    accountant: Person,
    order: Order,
    now: datetime,
) -> None:
    pages = [DAYS, f"{DAYS}farklar.csv", ATTEMPTS, f"/muhasebe/siparisler/{order.code}/", "/muhasebe/"]

    def cost() -> list[int]:
        counts = []
        for address in pages:
            with CaptureQueriesContext(connection) as made:
                assert browser.get(address).status_code == 200
            counts.append(len(made))
        return counts

    story(order, captured, accountant, now)
    difference()
    CardDay.objects.create(gateway="iyzico", day=(now - timedelta(days=1)).date(), asked_at=now, compared_at=now)
    browser.get(DAYS)
    one = cost()
    for number in (2, 3):
        row = difference()
        Refund.objects.create(
            provider_id=order.provider_id,
            order=order,
            attempt=row.attempt,
            key=f"k{number}",
            amount=1,
            reason="x",
            requested_by=accountant,
        )
        captured(now - timedelta(days=number + 1), state="declined", decline_group="other", surplus=False)
        CardDay.objects.create(
            gateway="iyzico", day=(now - timedelta(days=number)).date(), asked_at=now, compared_at=now
        )
    assert cost() == one


def test_every_decline_group_has_a_label() -> None:
    assert DECLINE_LABELS.keys() == set(DeclineGroup)
    assert len(set(DECLINE_LABELS.values())) == len(DeclineGroup)
