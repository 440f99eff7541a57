"""A program that calls the portal's API."""

import time

import httpx
from playwright.sync_api import Page

from tests.journeys.conftest import Portal
from tests.journeys.keyboard import follow

REMEMBERED_SECONDS = 1
"""So long may a process of the portal remember what an account could do."""


def secret_shown(page: Page) -> tuple[str, str]:
    """Return the username and the password that the page shows once."""
    username, password = (page.get_by_test_id(f"api-{part}").inner_text() for part in ("username", "secret"))
    follow(page.get_by_role("link", name="Kaydettim"))
    return username, password


def token_of(portal: Portal, credentials: tuple[str, str]) -> httpx.Response:
    username, password = credentials
    fields = {"username": username, "password": password, "grant_type": "password"}
    return httpx.post(f"{portal.url}/oauth2/token", json=fields, timeout=30)


def call(portal: Portal, token: str, path: str) -> httpx.Response:
    return httpx.get(portal.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def forget() -> None:
    """Wait until no process of the portal remembers an account as it was."""
    time.sleep(REMEMBERED_SECONDS)
