"""The reviewer's part in an application, by keyboard."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Portal, log_in_as_staff
from tests.journeys.keyboard import choose, follow

QUEUE = "/yonetim/applications/application/"


def take(page: Page, portal: Portal, reference: str) -> None:
    """Log in as an administrator, open the application from the queue and take it."""
    log_in_as_staff(page, portal, "yonetici", QUEUE)
    follow(page.get_by_role("link", name=reference))
    follow(page.get_by_role("button", name="İncelemeye al"))


def ask_again(page: Page, part: str, reason: str) -> None:
    """Refuse a part for a reason, and ask the applicant for another document."""
    shown = page.locator(".review-part").filter(has_text=part)
    choose(shown.get_by_label("Kabul edilmezse nedeni"), reason)
    follow(shown.get_by_role("button", name=re.compile("^Kabul etme")))
    follow(page.get_by_role("link", name="Eksik belge iste"))
    follow(page.get_by_role("button", name="Eksik belge iste"))
    expect(page.locator(".messagelist")).to_contain_text("eksik belgeler istendi")


def approve(page: Page) -> None:
    """Confirm every part that is not confirmed yet, then the application."""
    waiting = page.get_by_role("button", name=re.compile("^Doğrula"))
    while waiting.count():
        follow(waiting.first)
    follow(page.get_by_role("link", name="Onayla", exact=True))
    follow(page.get_by_role("button", name="Onayla"))
    expect(page.locator(".messagelist")).to_contain_text("onaylandı")
