"""Every route against every role: what is open, what asks for a login, what does not exist for a rival."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.access import party_key
from accounts.enums import Capability, CompanyField, Role
from accounts.models import Person, Provider
from accounts.rules import ROLES_WITH
from accounts.services.api_accounts import create_account
from accounts.services.company import request_change
from accounts.services.people import Invited, invite
from brands.models import Brand
from brands.services import uploads
from brands.upload_files import Line
from consents.services import imports
from consents.services.sandboxes import create_sandbox_account
from consents.tokens import token_of
from iys_portal.audit.models import AuditEvent
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.crypto import encrypt
from partners.enums import Channel, PartyKind, Right
from partners.models import Intermediary, IntermediaryMembership, Partner, PartnerMembership
from partners.services import authorise_intermediary, authorise_partner
from partners.services.templates import save_template
from payments.enums import DecisionKind
from payments.models import (
    BankAccount,
    BankRefund,
    CardAttempt,
    CardDifference,
    Order,
    Refund,
    RefundFile,
    StatementLine,
    StatementProfile,
)
from payments.selectors.lines import seen_of
from payments.services import decisions, statements
from payments.services.bank_refunds import export
from payments.statements.profiles import ZIRAAT
from push.models import PushConnection
from reports.enums import DOWNLOADED
from reports.models import Comparison, DailyFile
from reports.services.comparisons import ask
from tests import factories
from tests.applications import samples as applications
from tests.payments.conftest import accepted, account, awaiting, draft, package  # noqa: F401  (fixtures)
from tests.payments.mt940 import Transfer, mt940

PUBLIC = {
    "entry",
    "healthz",
    "accounts:login",
    "accounts:callback",
    "accounts:logout",
    "accounts:session_ended",
    "verification:form",
    "verification:document",
    "card_return",
    "card_webhook",
    "refusal",
    *(
        f"applications:{name}"
        for name in (
            *("start", "resume", "company", "person", "brands", "paper", "paper_pdf", "check", "received", "status"),
            *("missing", "authority", "authority_paper", "authority_pdf", "authority_check", "authority_received"),
            *("forget", "authority_forget"),
        )
    ),
    *("api_docs:overview", "api_docs:openapi", "api_docs:service", "api_docs:codes", "api_docs:code"),
    *("news:ask", "news:confirm", "news:leave", "reports:leave"),
}
# What Alice's order does not have at its step: 404 for her, too.
NOT_YET = {"payments:document", "payments:contract_draft", "payments:receipt", "payments:receipt_pdf"}
COMPANY = {"alice": Role.OWNER, "manager": Role.MANAGER, "clerk": Role.CONSENTS, "payer": Role.ACCOUNTING}
COMPANY["viewer"] = Role.VIEWER
OF_PARTIES = ("staff_of_partner", "staff_of_intermediary")
BASE_ROLES = ["anonymous", "nobody", "alice", "bob", *OF_PARTIES, "accountant", "administrator"]
ROLES = [*BASE_ROLES, *(name for name in COMPANY if name != "alice")]
# What any role of a company may ask for by its own address, beside reading: the table that the routes must follow.
CAPABILITIES = {
    "packages:detail": Capability.PURCHASE,
    **dict.fromkeys(
        (
            *("payments:contract", "payments:contract_draft", "payments:method", "payments:cancel"),
            *("payments:card", "payments:card_confirm", "payments:card_resume"),
            *("payments:transfer", "payments:transfer_confirm", "payments:change_method"),
        ),
        Capability.PURCHASE,
    ),
    **dict.fromkeys(
        (
            f"partners:{kind}_{act}"
            for kind in ("partner", "intermediary")
            for act in ("add", "grant_edit", "grant_revoke")
        ),
        Capability.BRANDS,
    ),
    **dict.fromkeys(
        (
            *("consents:add", "consents:export"),
            *("consents:imports", "consents:import_template", "consents:import", "consents:import_problems"),
            "consents:import_columns",
        ),
        Capability.CONSENTS,
    ),
    **dict.fromkeys((f"push:{act}" for act in ("add", "key", "restart", "remove", "replay")), Capability.API),
    **dict.fromkeys(
        (f"reports:{name}" for name in ("day", "file", "stamp", "comparison", "comparison_rows")), Capability.CONSENTS
    ),
    **dict.fromkeys(("partners:template_rename", "partners:template_delete"), Capability.BRANDS),
    **dict.fromkeys(
        (
            *(
                "brands:add",
                "brands:request",
                "brands:rename",
                "brands:activate",
                "brands:deactivate",
                "brands:retailer_add",
                "brands:retailer_edit",
            ),
            *("brands:retailer_state", "brands:retailer_delete", "brands:retailer_upload"),
            *("brands:retailer_template", "brands:retailer_upload_result", "brands:retailer_upload_rows"),
        ),
        Capability.BRANDS,
    ),
    **dict.fromkeys(
        (
            *("accounts:invite", "accounts:invite_again", "accounts:invitation_withdraw"),
            *("accounts:member_role", "accounts:member_remove"),
            *("accounts:change_request", "accounts:change_withdraw"),
        ),
        Capability.PEOPLE,
    ),
    **dict.fromkeys(
        (
            *("accounts:api_accounts", "accounts:api_create", "accounts:api_account", "accounts:api_secret"),
            *("accounts:api_rotate", "accounts:api_networks", "accounts:api_revoke", "accounts:api_requests"),
            *("accounts:api_brands", "accounts:api_reset"),
        ),
        Capability.API,
    ),
}


@dataclass(frozen=True)
class Route:
    """One route: its name with namespace, the names of its arguments, and who its view lets in."""

    name: str
    arguments: tuple[str, ...]
    access: str | None
    capability: str | None


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
                getattr(entry.callback, "capability", None),
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
        answer = self.clients[role].get(url)
        if answer.streaming:  # a file is closed once it was sent
            assert isinstance(b"".join(answer.streaming_content), bytes)
        return answer


@pytest.fixture
def scene(
    provider: Provider,
    alice: Person,
    bob: Person,
    accountant: Person,
    client_of: Callable[[Person], Client],
    awaiting: Callable[..., Order],
    account: BankAccount,
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
    template = save_template(
        provider_id=provider.pk,
        kind=PartyKind.PARTNER,
        name="Yalnızca mesaj",
        agreement=False,
        rights={Channel.MESAJ: Right.READ},
        person=alice,
    )
    statement, _ = statements.receive(
        account=account,
        format="mt940",
        filename="e.sta",
        content=mt940(account.iban, Transfer("KIRA"), Transfer("AİDAT")),
        person=None,
        now=now,
    )
    statements.process(statement_id=statement.pk, now=now)
    line, returned = statement.lines.order_by("position")
    refund, file = _bank_refund(returned, accountant, now=now)
    card_refund = _card_refund(order, now=now)
    difference = CardDifference.objects.create(
        gateway="iyzico", day=now.date(), kind="missing_here", event="payment", payment_id="1", theirs=1
    )
    StatementProfile.objects.create(slug="ziraat", name="Ziraat", kind="csv", definition=ZIRAAT.to_json())
    retailer = factories.RetailerFactory.create(brand=brand)
    upload = uploads.receive(
        brand=brand, filename="bayiler.csv", lines=[Line(2, {"title": "Bayi"})], person=alice, now=now
    )
    consent_file, _ = imports.receive(
        brand=brand,
        filename="izinler.csv",
        content=io.BytesIO(b"type;source;recipient;status;consentDate\nMESAJ;HS_WEB;05321234567;ONAY;23.11.2026\n"),
        person=alice,
        now=now,
    )
    invited = Invited(factories.make_tckn(77), "Ömer", "Çelik", "omer@ornek.com.tr", Role.VIEWER)
    invitation = invite(provider=provider, invited=invited, person=alice, now=now)
    change = request_change(
        provider=provider, field=CompanyField.ADDRESS, new_value="Yeni", reason="Taşındık", person=alice, now=now
    )
    partner_account = create_account(partner=partner_grant.partner, name="Mağaza", now=now, actor=None).account
    # With a sandbox every page of an account is there.
    api_account = create_sandbox_account(provider=provider, name="Mağaza", networks=[], actor=alice, now=now).account
    membership = alice.membership_set.get()
    pushed, partner_pushed = _push_connection(brand), _push_connection(brand, partner_grant.partner)
    report = _report(brand, now=now)
    compared, partner_compared = _comparison(report, alice), _comparison(report, alice, partner_grant.partner)
    day = str(report.day)
    reported = {"code": brand.code, "day": day, "pk": compared.pk, "slug": "onay-ret", "token": "forged"}
    reported["period"] = f"{istanbul_day(now):%Y-%m}"
    values: dict[str, dict[str, object]] = {
        "": {"code": brand.code, "slug": "ileti-150", "kind": "company", "token": "forged"},
        **{
            name: {
                "code": brand.code,
                "retailer_code": retailer.code,
                "to": "pasif",
                "upload_id": upload.pk,
                "kind": "xlsx",
            }
            for name in BY_NAME
            if name.startswith("brands:")
        },
        "brands:request": {"pk": applications.brand(provider, alice, now=now).pk},
        **{name: {"code": order.code_display} for name in BY_NAME if name.startswith("payments:")},
        **{
            name: {
                "code": brand.code,
                "grant_id": (partner_grant if ":partner_" in name else intermediary_grant).pk,
                "pk": template.pk,
            }
            for name in BY_NAME
            if name.startswith("partners:")
        },
        "card_return": {"token": "forged"},
        "card_webhook": {"name": "iyzico"},
        "accounting:statement": {"pk": statement.pk},
        "accounting:statement_file": {"pk": statement.pk},
        "accounting:bank_refund": {"pk": refund.pk},
        **{f"accounting:{name}": {"pk": file.pk} for name in ("refund_file", "refund_csv", "refund_xml")},
        **{f"accounting:{name}": {"pk": line.pk} for name in ("line", "line_presence")},
        "accounting:profile": {"slug": "ziraat"},
        "accounting:card_difference": {"pk": difference.pk},
        **{f"accounting:{name}": {"code": order.code_display} for name in ("order", "order_presence")},
        **{f"accounting:picture{kind}": {"slug": "eslesme"} for kind in ("", "_csv", "_xlsx")},
        **{f"administration:picture{kind}": {"slug": "satin-alma"} for kind in ("", "_csv", "_xlsx")},
        "accounting:card_refund": {"pk": card_refund.pk},
        "accounting:card_refund_request": {"pk": card_refund.attempt_id},
        **{f"accounts:{name}": {"pk": invitation.pk} for name in ("invite_again", "invitation_withdraw")},
        **{f"accounts:{name}": {"pk": membership.pk} for name in ("member_role", "member_remove")},
        "accounts:change_withdraw": {"pk": change.pk},
        **{f"consents:{name}": {"pk": consent_file.pk} for name in ("import", "import_problems", "import_columns")},
        **{name: {"pk": api_account.pk} for name in BY_NAME if name.startswith("accounts:api_")},
        **{name: {"pk": partner_account.pk} for name in BY_NAME if name.startswith("party:api_")},
        **{name: {"code": brand.code, "pk": pushed.pk} for name in BY_NAME if name.startswith("push:")},
        **{name: {"pk": partner_pushed.pk} for name in BY_NAME if name.startswith("party_push:")},
        **{name: reported for name in BY_NAME if name.startswith("reports:")},
        **{name: reported | {"pk": partner_compared.pk} for name in BY_NAME if name.startswith("party_reports:")},
        "consents:recipient": {"token": token_of(provider.pk, "+905992000001")},
        "api_docs:service": {"name": "create_token"},
        "api_docs:code": {"code": "H353"},
        "verification:document": {"code": "3467-9ACD-EFHJ-KMNP"},
    }
    people = {
        "nobody": factories.PersonFactory.create(),
        "alice": alice,
        **{
            name: factories.MembershipFactory.create(provider=provider, role=role).person
            for name, role in COMPANY.items()
            if name != "alice"
        },
        "bob": bob,
        "accountant": accountant,
        "administrator": factories.administrator(),
    }
    clients = {"anonymous": Client(), **{role: client_of(person) for role, person in people.items()}}
    clients["staff_of_partner"] = _staff_of(partner_grant.partner, factories.PartnerFactory.create(), client_of)
    ahs = intermediary_grant.intermediary
    clients["staff_of_intermediary"] = _staff_of(ahs, factories.IntermediaryFactory.create(), client_of)
    return Scene(clients, values)


def _push_connection(brand: Brand, partner: Partner | None = None) -> PushConnection:
    """Return a connection of the brand, or of a partner for it, that nothing was sent over."""
    return PushConnection.objects.create(
        provider=brand.provider,
        brand=brand,
        partner=partner,
        channel=1,
        slot=1 if partner is None else 2,
        url=f"https://ornek.com.tr/push/{partner and partner.code}",
        username="u",
        password_encrypted=encrypt(b"p"),
        secret_encrypted=encrypt(b"s"),
        state_at=timezone.now(),
    )


def _staff_of(
    chosen: Partner | Intermediary, other: Partner | Intermediary, client_of: Callable[[Person], Client]
) -> Client:
    """Return the browser of somebody who works for both companies, and chose the first."""
    person = factories.PersonFactory.create()
    for employer in (chosen, other):
        if isinstance(employer, Partner):
            PartnerMembership.objects.create(partner=employer, person=person)
        else:
            IntermediaryMembership.objects.create(intermediary=employer, person=person)
    client = client_of(person)
    client.post(reverse("accounts:choose"), {"party": party_key(chosen)})
    return client


def _card_refund(order: Order, *, now: datetime) -> Refund:
    attempt = CardAttempt.objects.create(
        provider_id=order.provider_id,
        order=order,
        person=order.person,
        gateway="iyzico",
        conversation_id="1",
        form_nonce="1",
        amount=order.gross,
        paid_amount=order.gross,
        state="succeeded",
        surplus=True,
        payment_id="1",
        settled_at=now,
    )
    return Refund.objects.create(
        provider_id=order.provider_id, order=order, attempt=attempt, key="1", amount=1, reason="Fazla çekim"
    )


def _report(brand: Brand, *, now: datetime) -> DailyFile:
    """Return a daily file of the brand."""
    return DailyFile.objects.create(
        provider_id=brand.provider_id,
        brand=brand,
        day=date(2026, 11, 22),
        last_seq=1,
        asked_at=now,
        state="completed",
        made_at=now,
        sha384="a" * 96,
        stamp=b"\0",
        stamped_at=now,
    )


def _comparison(file: DailyFile, person: Person, partner: Partner | None = None) -> Comparison:
    """Return a comparison of the provider's own file, or of a partner's, with a daily file."""
    content, now = io.BytesIO(b"a"), timezone.now()
    return ask(file=file, person=person, partner=partner, filename="a", content=content, sha384="", now=now)


def _bank_refund(line: StatementLine, person: Person, *, now: datetime) -> tuple[BankRefund, RefundFile]:
    """Return the refund of a whole movement, and the bank's file that it is in."""
    decisions.decide(
        line_id=line.pk,
        kind=DecisionKind.REFUND,
        reason="Sipariş ödemesi değil",
        refund_iban="TR140006400000142011234567",
        refund_name="GÖNDEREN",
        person=person,
        now=now,
        seen=seen_of(line),
    )
    refund = BankRefund.objects.get(line=line)
    return refund, export(refund_ids=[refund.pk], person=person, now=now)


def test_every_view_says_who_may_call_it() -> None:
    assert [route.name for route in ROUTES if route.access is None] == []


def test_the_public_routes_are_these_and_no_others() -> None:
    assert {route.name for route in ROUTES if route.access == "public"} == PUBLIC


def test_every_route_of_a_provider_names_the_capability_it_needs() -> None:
    named = {route.name: route.capability for route in ROUTES if route.access == "provider"}
    assert {name: need for name, need in named.items() if need != Capability.VIEW} == CAPABILITIES


def test_matrix(scene: Scene) -> None:
    """Each role meets each route once: who is let in, that asking changes nothing, what every answer carries."""
    checks = {
        "public": _public,
        "signed_in": _signed_in,
        "provider": _provider,
        "partner": _partner,
        "accountant": _accountant,
        "administrator": _administrator,
    }
    before = _changes()
    for route in ROUTES:
        # What is no company's business does not ask for the role in one.
        roles = ROLES if route.access == "provider" else BASE_ROLES
        answers = {role: scene.get(role, route) for role in roles}
        statuses = {role: answer.status_code for role, answer in answers.items()}
        where = {role: answer.headers.get("Location", "").partition("?")[0] for role, answer in answers.items()}
        checks[str(route.access)](route, statuses, where)
        assert (route.name, _changes()) == (route.name, before)
        for answer in answers.values():
            _has_headers(answer)


def _changes() -> int:
    """Return how many changes of the domain there were: each writes an audit event. That recipients were taken along as
    a file is noted, too, and changes nothing.
    """
    return AuditEvent.objects.exclude(action__in=["consents_exported", "bad_rows_exported", DOWNLOADED]).count()


def _public(route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert "/giris/" not in where["anonymous"] or route.name == "accounts:logout"
    assert not {403, 500} & set(statuses.values())


def _signed_in(_route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert (statuses["anonymous"], where["anonymous"]) == (302, "/giris/")
    assert {status for role, status in statuses.items() if role != "anonymous"} == {200}


def _provider(route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert (statuses["anonymous"], where["anonymous"]) == (302, "/giris/")
    _company(route, statuses)
    for role in ("nobody", *OF_PARTIES, "accountant", "administrator"):
        assert (statuses[role], where[role]) == (302, "/saglayici/")
    # A rival may see pages that name no object, the public price of a package, and the figures of their own company;
    # nothing of Alice's.
    owns_object = set(route.arguments) - {"slug", "period"}
    assert statuses["bob"] == (404 if owns_object else statuses["alice"])
    if route.name not in NOT_YET:
        assert statuses["alice"] in {200, 302}


def _partner(route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert (statuses["anonymous"], where["anonymous"]) == (302, "/giris/")
    # An AHS has the same pages but for addresses of push; what belongs to the partner is none of its own.
    foreign = bool(route.arguments) or route.name.startswith("party_push:")
    assert statuses["staff_of_intermediary"] == (404 if foreign else 200)
    for role in ("nobody", "alice", "bob", "accountant", "administrator"):
        assert (statuses[role], where[role]) == (302, "/saglayici/")
    assert statuses["staff_of_partner"] in {200, 302}
    assert where["staff_of_partner"] != "/saglayici/"


def _company(route: Route, statuses: dict[str, int]) -> None:
    """Within the company, who has the capability gets what its owner gets; everybody else is forbidden."""
    allowed = ROLES_WITH[CAPABILITIES.get(route.name, Capability.VIEW)]
    expected = {name: statuses["alice"] if role in allowed else 403 for name, role in COMPANY.items()}
    assert (route.name, {name: statuses[name] for name in COMPANY}) == (route.name, expected)


def _accountant(_route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert (statuses["anonymous"], where["anonymous"]) == (302, "/yonetim/login/")
    assert {statuses[role] for role in ("nobody", "alice", "bob", *OF_PARTIES)} == {403}
    assert {statuses[role] for role in ("accountant", "administrator")} == {200}


def _administrator(_route: Route, statuses: dict[str, int], where: dict[str, str]) -> None:
    assert (statuses["anonymous"], where["anonymous"]) == (302, "/yonetim/login/")
    assert {statuses[role] for role in ("nobody", "alice", "bob", *OF_PARTIES, "accountant")} == {403}
    assert statuses["administrator"] == 200


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
