"""Every route against every role: what is open, what asks for a login, what does not exist for a rival."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import Person, Provider
from iys_portal.audit.models import AuditEvent
from partners.enums import Channel, Right
from partners.services import authorise_intermediary, authorise_partner
from payments.models import BankAccount, Order
from payments.services import statements
from tests import factories
from tests.payments.conftest import accepted, account, awaiting, draft, package  # noqa: F401  (fixtures)
from tests.payments.mt940 import Transfer, mt940

PUBLIC = {
    "entry",
    "healthz",
    "accounts:login",
    "accounts:callback",
    "accounts:logout",
    "accounts:apply",
}
ROLES = ["anonymous", "nobody", "alice", "bob", "accountant", "administrator"]


@dataclass(frozen=True)
class Route:
    """One route: its name with namespace, the names of its arguments, and who its view lets in."""

    name: str
    arguments: tuple[str, ...]
    access: str | None


def _walk(patterns: list[Any], namespace: str = "") -> Iterator[Route]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace != "admin":
                yield from _walk(entry.url_patterns, f"{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern):
            yield Route(
                f"{namespace}{entry.name}",
                tuple(entry.pattern.converters),
                getattr(entry.callback, "access", None),
            )


ROUTES = list(_walk(get_resolver().url_patterns))
BY_NAME = {route.name: route for route in ROUTES}


@dataclass(frozen=True)
class Scene:
    """A client for each role, and for each argument a value that belongs to Alice."""

    clients: dict[str, Client]
    values: dict[str, dict[str, object]]

    def get(self, role: str, route: Route) -> HttpResponse:
        arguments = self.values.get(route.name, self.values[""])
        url = reverse(route.name, kwargs={name: arguments[name] for name in route.arguments})
        return self.clients[role].get(url)


@pytest.fixture
def scene(
    provider: Provider,
    alice: Person,
    bob: Person,
    accountant: Person,
    client_of: Callable[[Person], Client],
    awaiting: Callable[..., Order],  # noqa: F811
    account: BankAccount,  # noqa: F811
) -> Scene:
    now = timezone.now()  # the views read the clock
    order = awaiting("ileti-250", at=now)
    factories.subscription(provider, now=now)
    brand = factories.BrandFactory.create(provider=provider)
    partner_grant = authorise_partner(
        brand=brand,
        partner=factories.PartnerFactory.create(),
        agreement=True,
        rights=dict.fromkeys(Channel, Right.READ),
        ends_on=None,
        person=alice,
        now=now,
    )
    intermediary_grant = authorise_intermediary(
        brand=brand,
        intermediary=factories.IntermediaryFactory.create(),
        channels=frozenset({Channel.MESAJ}),
        ends_on=None,
        person=alice,
        now=now,
    )
    statement, _ = statements.receive(
        account=account,
        format="mt940",
        filename="e.sta",
        content=mt940(account.iban, Transfer("KIRA")),
        person=None,
        now=now,
    )
    statements.process(statement_id=statement.pk, now=now)
    line = statement.lines.get()
    values: dict[str, dict[str, object]] = {
        "": {"code": brand.code, "slug": "ileti-150"},
        **{name: {"code": order.code_display} for name in BY_NAME if name.startswith("payments:")},
        **{
            name: {
                "code": brand.code,
                "grant_id": (partner_grant if ":partner_" in name else intermediary_grant).pk,
            }
            for name in BY_NAME
            if name.startswith("partners:")
        },
        "accounting:statement": {"pk": statement.pk},
        "accounting:line": {"pk": line.pk},
    }
    people = {
        "nobody": factories.PersonFactory.create(),
        "alice": alice,
        "bob": bob,
        "accountant": accountant,
        "administrator": factories.administrator(),
    }
    return Scene({"anonymous": Client(), **{role: client_of(person) for role, person in people.items()}}, values)


def test_every_view_says_who_may_call_it() -> None:
    assert [route.name for route in ROUTES if route.access is None] == []


def test_the_public_routes_are_these_and_no_others() -> None:
    assert {route.name for route in ROUTES if route.access == "public"} == PUBLIC


def test_matrix(scene: Scene) -> None:
    checks = {"public": _public, "signed_in": _signed_in, "provider": _provider, "accountant": _accountant}
    for route in ROUTES:
        answers = {role: scene.get(role, route) for role in ROLES}
        statuses = {role: answer.status_code for role, answer in answers.items()}
        where = {role: answer.headers.get("Location", "").partition("?")[0] for role, answer in answers.items()}
        checks[str(route.access)](route, statuses, where)


def _public(route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert "/giris/" not in where["anonymous"] or route.name == "accounts:logout"
    assert not {403, 500} & set(statuses.values())


def _signed_in(_route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert (statuses["anonymous"], where["anonymous"]) == (302, "/giris/")
    assert {status for role, status in statuses.items() if role != "anonymous"} == {200}


def _provider(route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert (statuses["anonymous"], where["anonymous"]) == (302, "/giris/")
    for role in ("nobody", "accountant", "administrator"):
        assert (statuses[role], where[role]) == (302, "/saglayici/")
    # A rival may see pages that name no object, and the public price of a package; nothing of Alice's.
    owns_object = set(route.arguments) - {"slug"}
    assert statuses["bob"] == (404 if owns_object else statuses["alice"])
    if route.name not in {"payments:document", "payments:contract_draft"}:  # 404 at this step of the order
        assert statuses["alice"] in {200, 302}


def _accountant(_route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert (statuses["anonymous"], where["anonymous"]) == (302, "/yonetim/login/")
    assert {statuses[role] for role in ("nobody", "alice", "bob")} == {403}
    assert {statuses[role] for role in ("accountant", "administrator")} == {200}


def test_nothing_changes_by_get(scene: Scene) -> None:
    """No GET of any role writes an audit event, which every change of the domain does."""
    before = AuditEvent.objects.count()
    for route in ROUTES:
        for role in ROLES:
            scene.get(role, route)
        assert (route.name, AuditEvent.objects.count()) == (route.name, before)


def test_every_answer_carries_the_security_headers(scene: Scene) -> None:
    for route in ROUTES:
        for role in ("anonymous", "alice", "accountant"):
            _has_headers(scene.get(role, route))


def _has_headers(answer: HttpResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["img-src"] == "'self'"
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
