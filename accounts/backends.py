"""How staff prove who they are; people of providers come by e-Devlet and have no password."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import Person

DEMO_PASSWORD = "demo-demo"  # noqa: S105  (the demo's public password)


class StaffBackend(ModelBackend):
    """Passwords of staff. The demo's public password opens nothing outside demo mode."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Person | None:
        if password == DEMO_PASSWORD and not settings.DEMO_MODE:
            return None
        person = super().authenticate(request, username=username, password=password, **kwargs)
        return person if isinstance(person, Person) and person.is_staff else None
