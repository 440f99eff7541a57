"""What stays true of applications even when somebody types SQL."""

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Person, Provider
from applications.models import Application, Check, Document, NewsSubscriber
from tests import factories
from tests.applications import samples


def violated(table: str, change: str, pk: int) -> str:
    """Run the update; return the name of the constraint that refused it."""
    sql = f"UPDATE applications_{table} SET {change} WHERE id = %s"
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [pk])
    cause: Any = caught.value.__cause__
    return str(cause.diag.constraint_name)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("application_kind_known", "kind = 'other', provider_id = {provider}"),
        ("application_state_known", "state = 'lost'"),
        ("application_reference_glyphs", "reference = 'KM7T3RAWC4H0'"),
        ("application_sent_iff_reference", "reference = NULL"),
        ("application_sent_iff_reference", "state = 'draft'"),
        ("application_decided_iff_instant", "decided_at = now()"),
        ("application_decided_iff_instant", "state = 'rejected'"),
        ("application_tckn_whole", "tckn_encrypted = NULL"),
        ("application_company_whole", "tax_number = ''"),
        ("application_one_tax_number", "tax_tckn_hash = 'a', tax_tckn_encrypted = 'b'"),
        ("application_one_tax_number", "tax_number = '', tax_tckn_hash = 'a'"),
        ("application_has_provider", "state = 'approved', decided_at = now(), reviewer_id = {person}"),
        ("application_brand_has_person", "kind = 'brand', provider_id = {provider}"),
    ],
)
def test_applications(constraint: str, change: str, provider: Provider, alice: Person, now: datetime) -> None:
    application = samples.sent(now=now)
    assert violated("application", change.format(person=alice.pk, provider=provider.pk), application.pk) == constraint


def test_a_reference_and_a_form_are_unique(provider: Provider, alice: Person, now: datetime) -> None:
    first, second = samples.brand(provider, alice, now=now), samples.brand(provider, alice, now=now, name="B", nonce=1)
    assert violated("application", f"nonce = '{first.nonce}'", second.pk) == "application_one_a_form"
    assert "reference" in violated("application", f"reference = '{first.reference}'", second.pk)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("check_kind_known", "kind = 'other'"),
        ("check_state_known", "state = 'lost', reviewer_id = {person}, reviewed_at = now()"),
        ("check_once", "kind = 'tax_number', brand_id = NULL"),
        ("check_of_brand_iff_certificate", "brand_id = NULL"),
        ("check_judged_iff_reviewer", "state = 'confirmed'"),
        ("check_refused_iff_cause", "state = 'refused', reviewer_id = {person}, reviewed_at = now()"),
        ("check_refused_iff_cause", "cause = 'unsigned'"),
    ],
)
def test_checks(constraint: str, change: str, alice: Person, now: datetime) -> None:
    samples.sent(now=now)
    check = Check.objects.get(kind="certificate")
    assert violated("check", change.format(person=alice.pk), check.pk) == constraint


@pytest.mark.parametrize(
    ("constraint", "change"),
    [("document_type_known", "mimetype = 'text/html'"), ("document_size_bounded", "size = 0")],
)
def test_documents(constraint: str, change: str, now: datetime, db: None) -> None:
    samples.sent(now=now)
    document = Document.objects.first()
    assert document is not None
    assert violated("document", change, document.pk) == constraint


def test_a_brand_stands_once_in_an_application(now: datetime, db: None) -> None:
    application = samples.draft(now=now, brands=("A", "B"))
    first, second = application.brands.all()
    change = f"search_key = '{first.search_key}'"
    assert violated("requestedbrand", change, second.pk) == "requested_brand_once"


def test_an_approval_makes_a_brand_or_renames_one(provider: Provider, alice: Person, now: datetime) -> None:
    (asked,) = samples.brand(provider, alice, now=now).brands.all()
    pk = factories.BrandFactory.create(provider=provider).pk
    change = f"brand_id = {pk}, renames_id = {pk}"
    assert violated("requestedbrand", change, asked.pk) == "requested_brand_made_or_renamed"


def test_who_left_had_confirmed(now: datetime, db: None) -> None:
    subscriber = NewsSubscriber.objects.create(email="a@ornek.com", asked_at=now)
    assert violated("newssubscriber", "ended_at = now()", subscriber.pk) == "subscriber_ended_was_confirmed"


def test_a_draft_needs_nothing(now: datetime, db: None) -> None:
    application, _ = samples.drafts.begin(kind=samples.ApplicationKind.COMPANY, now=now)
    assert Application.objects.get(pk=application.pk).reference is None
