"""A browser that goes to the e-Devlet provider of the tests and comes back."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client

from accounts.models import Person
from tests.accounts.provider import Provider

HOST = "http://testserver"
UNREACHABLE = "e-Devlet'e şu anda ulaşılamıyor. Lütfen biraz sonra yeniden deneyiniz."
NOT_VERIFIED = "Giriş doğrulanamadı. Lütfen yeniden deneyiniz."
INVALID_TCKN = "T.C. Kimlik Numarası geçersiz."
CANCELLED = "e-Devlet ile girişten vazgeçtiniz."


@dataclass
class Visitor:
    """One browser and the provider it meets."""

    browser: Client
    edevlet: Provider

    def start(self, **query: str) -> dict[str, str]:
        """Press “e-Devlet ile giriş”; return the query that arrives at the provider."""
        response = self.browser.get("/giris/", query)
        assert response.status_code == 302, response.content
        address = urlsplit(response["Location"])
        assert f"{address.scheme}://{address.netloc}{address.path}" == f"{self.edevlet.issuer}/authorize"
        return {name: value for name, [value] in parse_qs(address.query).items()}

    def come_back(self, answer: dict[str, str]) -> HttpResponse:
        """Bring the provider's answer to the portal."""
        return self.browser.get("/giris/donus/", answer)

    def log_in(self, **query: str) -> HttpResponse:
        """Go the whole way."""
        return self.come_back(self.edevlet.accept(self.start(**query)))

    @property
    def person_id(self) -> str | None:
        """The primary key of the person who is logged in, as a text."""
        return self.browser.session.get("_auth_user_id")


def words(response: HttpResponse) -> list[str]:
    """Return the messages that wait for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def assert_refused(visitor: Visitor, response: HttpResponse, message: str) -> None:
    """The visitor is back on the entry page with this one sentence; nobody is logged in, nobody was made."""
    assert (response.status_code, response["Location"]) == (302, "/")
    assert words(response) == [message]
    assert visitor.person_id is None
    assert Person.objects.count() == 0
