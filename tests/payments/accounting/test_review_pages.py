"""The page of orders in review: what may be pressed, what is told, that nothing typed is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Person
from iys_portal.audit.services import move
from payments.enums import ORDER_TRANSITIONS, OrderState
from payments.models import Order

PAGE = "/muhasebe/incelemedekiler/"


@pytest.fixture
def reviewed(order_of: Callable[..., Order], accountant: Person) -> Order:
    found = order_of()
    move(found, OrderState.IN_REVIEW, table=ORDER_TRANSITIONS, actor=accountant, reason="Banka yanıt vermedi.")
    return found


def decide(browser: Client, order: Order, outcome: str, reason: str = "Dekont gelmedi") -> Any:
    return browser.post(PAGE, {"siparis": order.code, "karar": outcome, "gerekce": reason}, follow=True)


def test_it_shows_why_an_order_is_here_and_only_what_can_be_done(browser: Client, reviewed: Order) -> None:
    page = browser.get(PAGE).content.decode()
    assert page.count("Banka yanıt vermedi.") == 1
    assert [word for word in ("accept", "refund", "await", "cancel") if f'value="{word}"' in page] == [
        "await",
        "cancel",
    ]


def test_a_decision_is_told_and_the_page_is_empty(browser: Client, reviewed: Order) -> None:
    page = decide(browser, reviewed, "cancel")
    assert [str(message) for message in page.context["messages"]] == [f"{reviewed.code_display}: İptal edildi."]
    assert "İncelemede sipariş yok" in page.content.decode()


@pytest.mark.parametrize(
    ("outcome", "reason", "error"),
    [
        ("cancel", "a", "Kararın gerekçesini yazın (en az 3 karakter)."),
        ("refund", "Dekont", "Bu siparişe yazılmış para yok; iade edilecek bir şey bulunmuyor."),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    browser: Client, reviewed: Order, outcome: str, reason: str, error: str
) -> None:
    page = decide(browser, reviewed, outcome, reason)
    text = page.content.decode()
    assert (page.status_code, text.count(error), text.count(f'value="{reason}"')) == (200, 1, 1)
    reviewed.refresh_from_db()
    assert reviewed.state == OrderState.IN_REVIEW


@pytest.mark.parametrize("values", [{"karar": "steal"}, {"siparis": "XXX"}, {"siparis": ""}])
def test_forged_answers_change_nothing(browser: Client, reviewed: Order, values: dict[str, str]) -> None:
    sent = {"siparis": reviewed.code, "karar": "cancel", "gerekce": "Dekont", **values}
    page = browser.post(PAGE, sent)
    assert page.status_code == 200
    assert page.content.decode().count('data-testid="error-summary"') == 1
    reviewed.refresh_from_db()
    assert reviewed.state == OrderState.IN_REVIEW


def test_the_second_of_two_accountants_is_told(browser: Client, reviewed: Order) -> None:
    decide(browser, reviewed, "cancel")
    page = decide(browser, reviewed, "await")
    assert "Bu sipariş artık incelemede değil; az önce sonuçlanmış olabilir." in page.content.decode()
