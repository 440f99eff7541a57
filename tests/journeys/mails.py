"""What the portal's worker wrote to somebody."""

import re
import time
from email import message_from_bytes, policy

import pytest

from tests.journeys.conftest import Portal


def link_in_mail(portal: Portal, to: str, *, about: str, link: str) -> str:
    """Wait for the worker to send an address an e-mail about something, and return the link in it that matches."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        for file in (portal.data / "mail").glob("*.log"):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            is_it = mail["To"] == to and about in str(mail["Subject"])
            body = mail.get_body(("plain",)) if is_it else None
            found = re.search(rf"http\S+{link}", body.get_content() if body else "")
            if found:
                return found[0]
        time.sleep(0.5)
    pytest.fail(f"no e-mail about “{about}” was sent to {to}")
