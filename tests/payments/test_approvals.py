"""Approvals: what is read is what is approved, once; and whoever tampers with the evidence is found."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from accounts.models import Person, Provider
from contracts import markup, texts
from contracts.chain import GENESIS, approval_hash, first_broken
from contracts.enums import TextKind
from contracts.models import Approval, ContractText
from contracts.selectors import approved_contract
from iys_portal import ledger
from packages.models import Package
from payments.contract_terms import contract_for
from payments.models import Order
from payments.services import orders
from payments.services.orders import ContractChanged, Visitor
from tests import factories
from tests.payments.conftest import VISITOR

Make = Callable[..., Order]
MIDNIGHT = datetime(2026, 11, 24, tzinfo=ZoneInfo("Europe/Istanbul"))


def approve(order: Order, person: Person, shown: str, at: datetime) -> Order:
    return orders.accept_contract(order=order, person=person, shown_sha256=shown, visitor=VISITOR, now=at)


# --- What is stored -----------------------------------------------------------------------------------------
def test_both_texts_and_what_was_shown_are_evidence(accepted: Make) -> None:
    approval = Approval.objects.get(order_code=accepted().code)
    contract, form = (ContractText.objects.get(kind=kind) for kind in (TextKind.SERVICES, TextKind.INFORMATION))
    assert (approval.text, approval.information) == (contract, form)
    assert (approval.text_sha256, approval.information_sha256) == (contract.sha256, form.sha256)
    assert approval.terms["information"] == {"kind": "information", "version": 1, "sha256": form.sha256}
    assert approval.terms["address_limit"] == "En çok 150.000 adres"
    data = approved_contract(approval)
    assert markup.shown_sha256(data) == approval.shown_sha256
    assert data.evidence is not None
    assert data.evidence.information_sha256 == form.sha256


@pytest.mark.parametrize(
    ("ip", "agent"),
    [
        ("2001:DB8:0:0::1", "a"),
        ("::FFFF:192.0.2.7", "ğ\u202e"),
        (None, "x" * 400),
        ("192.0.2.7", ""),
    ],
)
def test_the_chain_holds_whatever_the_browser_sends(
    draft: Make, alice: Person, now: datetime, ip: str | None, agent: str
) -> None:
    order = draft()
    shown = contract_for(order, person=alice, now=now).sha256
    istanbul = now.astimezone(ZoneInfo("Europe/Istanbul"))
    visitor = Visitor(ip=ip, user_agent=agent)
    orders.accept_contract(order=order, person=alice, shown_sha256=shown, visitor=visitor, now=istanbul)
    assert first_broken(Approval.objects.all()) is None


# --- Read again ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", list(TextKind))
def test_a_version_that_takes_effect_at_midnight_is_read_first(
    draft: Make, alice: Person, now: datetime, kind: TextKind
) -> None:
    old = ContractText.objects.get(kind=kind)
    new = old.source + "\n16.1. Yeni bir madde.\n"
    texts.add_version(kind=kind, source=new, effective_from=date(2026, 11, 24), actor=None, now=now)
    before, after = MIDNIGHT - timedelta(seconds=1), MIDNIGHT
    order = draft(at=before)
    shown = contract_for(order, person=alice, now=before)
    with pytest.raises(ContractChanged):
        approve(order, alice, shown.sha256, after)
    assert Approval.objects.count() == 0
    again = contract_for(order, person=alice, now=after)
    assert "Yeni bir madde." in (again.html if kind == TextKind.SERVICES else again.information_html)
    approve(order, alice, again.sha256, after)
    approval = Approval.objects.get()
    assert {approval.text.version, getattr(approval.information, "version", 0)} == {1, 2}


def test_before_midnight_the_old_version_is_approved(draft: Make, alice: Person, now: datetime) -> None:
    new = ContractText.objects.get(kind=TextKind.SERVICES).source + "\n16.1. Yeni bir madde.\n"
    texts.add_version(kind=TextKind.SERVICES, source=new, effective_from=date(2026, 11, 24), actor=None, now=now)
    before = MIDNIGHT - timedelta(seconds=1)
    order = draft(at=before)
    approve(order, alice, contract_for(order, person=alice, now=before).sha256, before)
    assert Approval.objects.get().text.version == 1


@pytest.mark.parametrize("field", ["title", "address", "phone", "email"])
def test_a_party_that_was_corrected_meanwhile_is_read_again(
    draft: Make, alice: Person, provider: Provider, now: datetime, field: str
) -> None:
    order = draft()
    shown = contract_for(order, person=alice, now=now).sha256
    Provider.objects.filter(pk=provider.pk).update(**{field: "yeni@ornek.example"})
    with pytest.raises(ContractChanged):
        approve(order, alice, shown, now)
    assert Approval.objects.count() == 0


def test_a_limit_that_changed_meanwhile_is_read_again(draft: Make, alice: Person, now: datetime) -> None:
    order = draft()
    shown = contract_for(order, person=alice, now=now).sha256
    Package.objects.filter(pk=order.package_id).update(max_addresses=140_000)
    with pytest.raises(ContractChanged):
        approve(order, alice, shown, now)


def test_what_one_person_was_shown_cannot_be_approved_by_another(
    draft: Make, alice: Person, provider: Provider, now: datetime
) -> None:
    other = factories.PersonFactory.create(given_name="Başka")
    factories.MembershipFactory.create(provider=provider, person=other)
    order = draft()
    shown = contract_for(order, person=alice, now=now).sha256
    with pytest.raises(ContractChanged):
        approve(order, other, shown, now)
    approve(order, other, contract_for(order, person=other, now=now).sha256, now)
    assert Approval.objects.get().person == other


# --- The chain ----------------------------------------------------------------------------------------------
def test_rows_older_than_the_form_keep_their_hash() -> None:
    approval = Approval(
        provider_id=7,
        person_id=11,
        order_code="KM7T3RAWC",
        terms={"gross": "5097.60", "product": "İLETİ-150 (Seviye 1)"},
        text_sha256="a" * 64,
        shown_sha256="b" * 64,
        checkbox_label="Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.",
        ip="192.0.2.7",
        user_agent="Deneme tarayıcısı",
        approved_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        previous_hash=GENESIS,
    )
    assert approval_hash(approval) == "0de980e7f938e21e35f01d1513fa9362fda916bb853e2788a61b95ec0c2fcd4b"


def sql(statement: str, *parameters: object) -> None:
    """Run a statement as whoever owns the tables may: without their triggers and foreign keys."""
    tables = ("contracts_approval", "contracts_contracttext")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint"
            " WHERE contype = 'f' AND 'contracts_approval'::regclass IN (conrelid, confrelid)"
        )
        drops = [row[0] for row in cursor.fetchall()]
        for change in [*drops, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables)]:
            cursor.execute(change)
        cursor.execute(statement, parameters)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def three(accepted: Make, now: datetime) -> list[Approval]:
    """Three approvals of one provider; the first is older than the form."""
    for days in range(3):
        accepted(at=now + timedelta(days=days))
    first, second, third = Approval.objects.order_by("pk")
    first.information, first.information_sha256 = None, ""
    del first.terms["information"], first.terms["address_limit"]
    for before, approval in ((None, first), (first, second), (second, third)):
        approval.previous_hash = before.hash if before else GENESIS
        approval.hash = approval_hash(approval)
        sql(
            "UPDATE contracts_approval SET information_id = %s, information_sha256 = %s, terms = %s,"
            " previous_hash = %s, hash = %s WHERE id = %s",
            approval.information_id,
            approval.information_sha256,
            json.dumps(approval.terms),
            approval.previous_hash,
            approval.hash,
            approval.pk,
        )
    return [first, second, third]


def found() -> str:
    """Return which row the ledger names; an empty text when the chains hold."""
    result = ledger.verify()["approval_chains_hold"]
    assert result["ok"] is (result["detail"] == "")
    return str(result["detail"])


def test_chains_of_old_and_new_rows_hold(three: list[Approval]) -> None:
    assert found() == ""
    assert ledger.verify()["approval_chains_hold"]["rows"] == 3


@pytest.mark.parametrize(
    "change",
    [
        "terms = jsonb_set(terms, '{gross}', '\"1.00\"')",
        "checkbox_label = 'x'",
        "person_id = person_id + 1",
        "approved_at = approved_at - interval '1 second'",
        "ip = '192.0.2.8'",
        "user_agent = ''",
        "text_sha256 = repeat('0', 64)",
        "information_sha256 = repeat('0', 64)",
        "information_id = NULL, information_sha256 = ''",
        "shown_sha256 = repeat('0', 64)",
        "order_code = 'CHQ4D3TH3'",
        "hash = repeat('0', 64)",
        "previous_hash = repeat('1', 64)",
    ],
)
def test_a_changed_row_is_named(three: list[Approval], change: str) -> None:
    sql(f"UPDATE contracts_approval SET {change} WHERE id = %s", three[1].pk)
    assert found() == f"contracts_approval: {three[1].pk}"


def test_a_changed_row_with_a_hash_that_fits_breaks_the_next(three: list[Approval]) -> None:
    second = three[1]
    second.checkbox_label = "Okumadım."
    sql(
        "UPDATE contracts_approval SET checkbox_label = %s, hash = %s WHERE id = %s",
        second.checkbox_label,
        approval_hash(second),
        second.pk,
    )
    assert found() == f"contracts_approval: {three[2].pk}"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_deleted_row_is_named(three: list[Approval], place: int) -> None:
    sql("DELETE FROM contracts_approval WHERE id = %s", three[place].pk)
    assert found() == f"contracts_approval: {three[place].pk}"


def test_an_inserted_row_is_named_even_when_its_hash_fits(three: list[Approval]) -> None:
    forged = Approval.objects.get(pk=three[2].pk)
    forged.pk, forged.order_code, forged.previous_hash = None, "CHQ4D3TH3", three[2].hash
    forged.hash = approval_hash(forged)
    forged.save()
    assert found() == f"contracts_approval: {forged.pk}"


def test_exchanged_rows_are_named(three: list[Approval]) -> None:
    sql("UPDATE contracts_approval SET id = -1 WHERE id = %s", three[1].pk)
    sql("UPDATE contracts_approval SET id = %s WHERE id = %s", three[1].pk, three[2].pk)
    sql("UPDATE contracts_approval SET id = %s WHERE id = -1", three[2].pk)
    assert found() == f"contracts_approval: {three[1].pk}"


def test_another_providers_chain_is_untouched(three: list[Approval], bob: Person, now: datetime) -> None:
    provider = Provider.objects.get(membership__person=bob)
    package = factories.package("ileti-150")
    nonce = orders.form_nonce(provider=provider, package=package)
    order = orders.choose_package(provider=provider, person=bob, package=package, nonce=nonce, addresses=0, now=now)
    approve(order, bob, contract_for(order, person=bob, now=now).sha256, now)
    sql("UPDATE contracts_approval SET ip = '192.0.2.8' WHERE id = %s", three[0].pk)
    assert first_broken(Approval.objects.filter(provider=provider)) is None
    assert found() == f"contracts_approval: {three[0].pk}"


def test_a_text_that_was_rewritten_is_found(three: list[Approval]) -> None:
    text = three[0].text
    sql("UPDATE contracts_contracttext SET source = source || 'x' WHERE id = %s", text.pk)
    assert ledger.verify()["contract_texts_are_whole"]["detail"] == f"contracts_contracttext: {text.pk}"
    sql("UPDATE contracts_contracttext SET sha256 = repeat('0', 64) WHERE id = %s", text.pk)
    names = ", ".join(str(approval.pk) for approval in three)
    assert ledger.verify()["approvals_name_their_texts"]["detail"] == f"contracts_approval: {names}"


def test_gross_is_what_was_shown(accepted: Make) -> None:
    order = accepted()
    assert order.approval is not None
    assert approved_contract(order.approval).gross == order.gross == Decimal("5097.60")
