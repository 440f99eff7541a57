"""Beni Haberdar Et: asked for at the entrance, confirmed by the link in the e-mail, ended by the other. No mouse."""

import time

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Portal
from tests.journeys.keyboard import follow, write
from tests.journeys.mails import link_in_mail


def test_asked_for_confirmed_and_ended(page: Page, portal: Portal) -> None:
    address = f"ayse{time.time_ns() % 10**8}@ornek.example"
    ask = page.get_by_role("button", name="Beni Haberdar Et")
    page.goto(portal.url + "/")
    write(page.get_by_label("E-posta adresiniz"), "ayse")
    follow(ask)
    expect(page.get_by_test_id("error-summary")).to_be_focused()
    write(page.get_by_label("E-posta adresiniz"), address)
    follow(ask)
    expect(page.get_by_test_id("notice")).to_contain_text("adresinize bir doğrulama iletisi gönderdik")
    for link, button, told in (
        (r"/haber/\S+/onay/", "Adresimi doğrula", "E-posta adresiniz doğrulandı."),
        (r"/haber/\S+/ayril/", "Listeden çık", "Adresiniz listeden çıkarıldı"),
    ):
        page.goto(link_in_mail(portal, address, about="E-posta adresinizi doğrulayın", link=link))
        follow(page.get_by_role("button", name=button))
        expect(page.get_by_test_id("notice")).to_contain_text(told)
