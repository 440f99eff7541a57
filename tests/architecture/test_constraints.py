"""What must stay true even when somebody types SQL at three in the morning: one attempt per constraint."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Person, Provider
from payments.models import Allocation, BankAccount, Order, Statement, StatementLine
from tests import factories
from tests.payments.conftest import accepted, account, awaiting, draft, imported, package  # noqa: F401
from tests.payments.mt940 import Transfer

Make = Callable[..., Order]


def refused(constraint: str, sql: str, *parameters: object) -> None:
    """Assert that the database refuses a statement in the name of a constraint."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    cause = error.value.__cause__
    assert constraint in (getattr(getattr(cause, "diag", None), "constraint_name", None) or str(error.value))


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("order_adds_up", "gross = gross + 1"),
        ("order_not_negative", "net = -1, kdv = 1, gross = 0"),
        ("order_code_glyphs", "code = 'KM7T3RAW0'"),
        ("order_state_known", "state = 'stolen'"),
        ("order_approved_iff_accepted", "accepted_at = NULL"),
        ("order_state_needs_approval", "approval_id = NULL, accepted_at = NULL"),
        ("order_draft_is_open", "state = 'draft'"),
        ("order_transfer_has_deadline", "pay_by = NULL"),
        ("order_completed_has_package", "state = 'completed'"),
        ("order_paid_has_instant", "state = 'paid'"),
    ],
)
def test_orders(awaiting: Make, constraint: str, change: str) -> None:
    order = awaiting("ileti-150")
    refused(constraint, f"UPDATE payments_order SET {change} WHERE id = %s", order.pk)


def test_a_form_makes_one_order(awaiting: Make) -> None:
    first, second = awaiting("ileti-150"), awaiting("ileti-250")
    refused(
        "order_one_a_form",
        "UPDATE payments_order SET form_nonce = %s WHERE id = %s",
        first.form_nonce,
        second.pk,
    )


def test_a_code_is_given_once(awaiting: Make) -> None:
    first, second = awaiting("ileti-150"), awaiting("ileti-250")
    refused("payments_order_code", "UPDATE payments_order SET code = %s WHERE id = %s", first.code, second.pk)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("tariff_adds_up", "kdv = kdv + 1"),
        ("tariff_not_negative", "kdv_rate = -1"),
        ("tariff_campaign_lower", "campaign_gross = gross + 1"),
        ("tariff_days_ordered", "valid_to = valid_from - 1"),
        ("tariff_campaign_whole", "campaign_text = 'geçici süreyle ücretsiz'"),
        ("tariff_campaign_whole", "campaign_to = '2026-12-31'"),
        ("tariff_campaign_whole", "campaign_gross = 0"),
        ("tariff_campaign_within", "campaign_gross = 0, campaign_from = valid_from - 1"),
        ("tariff_campaign_within", "campaign_gross = 0, valid_to = '2026-12-31', campaign_from = '2027-01-01'"),
        ("tariff_campaign_within", "campaign_gross = 0, campaign_from = '2027-01-01', campaign_to = '2026-12-31'"),
        (
            "tariff_campaign_within",
            "campaign_gross = 0, valid_to = '2026-12-31', campaign_from = '2026-01-01', campaign_to = '2027-01-01'",
        ),
    ],
)
@pytest.mark.django_db
def test_tariffs(constraint: str, change: str) -> None:
    refused(constraint, f"UPDATE packages_tariff SET {change} WHERE gross > 5000")


def changed(pk: int, change: str) -> None:
    """Assert that the database lets a change of a tariff through, and undo it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE packages_tariff SET {change} WHERE id = %s", [pk])
        assert cursor.rowcount == 1
        transaction.set_rollback(True)


EVERY_PRICE = [
    "net = net + 1, gross = gross + 1",
    "kdv_rate = 20",
    "kdv = kdv + 1, gross = gross + 1",
    "package_id = (SELECT id FROM packages_package WHERE slug = 'ileti-arti')",
    "valid_from = valid_from - 1",
    "campaign_gross = 1",
    "campaign_from = campaign_from + 1",
    "campaign_text = 'başka'",
    "campaign_gross = NULL, campaign_from = NULL, campaign_to = NULL, campaign_text = ''",
]


@pytest.mark.parametrize("change", EVERY_PRICE)
def test_a_sold_tariff_is_kept(accepted: Make, change: str) -> None:
    """ileti-75 is in its campaign, without an end of it, on the Monday on which it is sold."""
    tariff = accepted("ileti-75").tariff_id
    refused("tariff_sold_is_kept", f"UPDATE packages_tariff SET {change} WHERE id = %s", tariff)


@pytest.mark.parametrize("change", EVERY_PRICE)
def test_a_draft_keeps_no_tariff(draft: Make, change: str) -> None:
    changed(draft("ileti-75").tariff_id, change)


def test_a_sold_tariff_is_not_deleted(accepted: Make) -> None:
    tariff = accepted("ileti-75").tariff_id
    refused("tariff_sold_is_kept", "DELETE FROM packages_tariff WHERE id = %s", tariff)


@pytest.mark.parametrize("end", ["valid_to", "campaign_to"])
def test_a_sold_tariff_ends_no_earlier_than_its_last_sale(accepted: Make, end: str) -> None:
    """Sold in Istanbul on the 23rd at 23:30 and on the 24th at 00:30, when it is still the 23rd in UTC."""
    accepted("ileti-75", at=factories.instant("2026-11-23T20:30:00"))
    accepted("ileti-25", at=factories.instant("2026-11-23T21:00:00"))
    tariff = accepted("ileti-75", at=factories.instant("2026-11-23T21:30:00")).tariff_id
    refused("tariff_sold_days_kept", f"UPDATE packages_tariff SET {end} = '2026-11-23' WHERE id = %s", tariff)
    changed(tariff, f"{end} = '2026-11-24'")
    changed(tariff, f"{end} = NULL")


def test_a_campaign_is_not_stretched_over_a_sale_at_the_list_price(draft: Make, accepted: Make) -> None:
    tariff = draft("ileti-75").tariff
    tariff.campaign_to = date(2026, 11, 22)
    tariff.save()
    assert accepted("ileti-75").gross == Decimal("2336.40")
    for end in ("'2026-11-23'", "NULL"):
        refused("tariff_sold_days_kept", f"UPDATE packages_tariff SET campaign_to = {end} WHERE id = %s", tariff.pk)
    changed(tariff.pk, "campaign_to = '2026-11-21'")


@pytest.mark.django_db
def test_tariffs_of_a_package_do_not_overlap() -> None:
    refused(
        "tariff_no_overlap",
        "INSERT INTO packages_tariff (package_id, valid_from, net, kdv_rate, kdv, gross, campaign_text)"
        " SELECT package_id, '2030-01-01', net, kdv_rate, kdv, gross, '' FROM packages_tariff",
    )


@pytest.mark.django_db
def test_package_bounds() -> None:
    refused("package_bounds_ordered", "UPDATE packages_package SET max_addresses = 1 WHERE slug = 'ileti-150'")


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("subscription_state_known", "state = 'sleeping', ended_at = now()"),
        ("subscription_ends_later", "ends_at = starts_at"),
        ("subscription_ended_iff_over", "state = 'closed'"),
        ("subscription_ended_iff_over", "ended_at = now()"),
    ],
)
def test_subscriptions(accepted: Make, constraint: str, change: str) -> None:
    accepted("ileti-75")
    refused(constraint, f"UPDATE packages_subscription SET {change}")


def test_one_live_subscription(accepted: Make, now: datetime) -> None:
    accepted("ileti-75")
    refused(
        "subscription_one_live",
        "INSERT INTO packages_subscription (provider_id, package_id, state, starts_at, ends_at)"
        " SELECT provider_id, package_id, state, starts_at + interval '30 days', ends_at + interval '30 days'"
        " FROM packages_subscription",
    )


@pytest.mark.parametrize("table", ["contracts_contracttext", "contracts_approval"])
def test_contract_evidence_is_append_only(accepted: Make, table: str) -> None:
    accepted("ileti-75")
    refused("append-only", f"DELETE FROM {table}")
    refused("append-only", f"UPDATE {table} SET id = id + 1")


def test_an_order_is_approved_once(accepted: Make) -> None:
    accepted("ileti-75")
    columns = (
        "provider_id, person_id, text_id, information_id, order_code, terms, text_sha256, information_sha256,"
        " shown_sha256, checkbox_label, ip, user_agent, approved_at"
    )
    for constraint, previous in (
        ("approval_one_an_order", "'x'"),
        ("approval_chain_unforked", "previous_hash"),
    ):
        code = "order_code" if constraint == "approval_one_an_order" else "'CHQ4D3TH3'"
        refused(
            constraint,
            f"INSERT INTO contracts_approval ({columns}, previous_hash, hash)"
            f" SELECT {columns.replace('order_code', code)}, {previous}, 'y' FROM contracts_approval",
        )


@pytest.mark.parametrize("change", ["information_id = NULL", "information_sha256 = ''"])
def test_an_approved_form_has_its_hash(accepted: Make, change: str) -> None:
    accepted("ileti-75")
    column, _, value = change.partition(" = ")
    columns = (
        "provider_id, person_id, text_id, information_id, terms, text_sha256, information_sha256, shown_sha256,"
        " checkbox_label, ip, user_agent, approved_at"
    )
    refused(
        "approval_information_has_hash",
        f"INSERT INTO contracts_approval (order_code, {columns}, previous_hash, hash)"
        f" SELECT 'CHQ4D3TH3', {columns.replace(column, value)}, 'x', 'y' FROM contracts_approval",
    )


def test_a_text_has_one_version_of_a_number_and_a_known_kind(db: None) -> None:
    insert = (
        "INSERT INTO contracts_contracttext (kind, version, title, source, sha256, effective_from)"
        " VALUES (%s, 1, '', '', '', '2100-01-01')"
    )
    refused("contract_text_version", insert, "services")
    refused("contract_text_kind_known", insert, "letter")


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("document_content_iff_issued", "state = 'lost'"),
        ("document_content_iff_issued", "state = 'timestamped'"),
        ("document_content_iff_issued", "content = 'x'"),
        ("document_archived_has_stamp", "archived_at = now()"),
        (
            "document_archived_has_stamp",
            "state = 'sealed', content = 'x', sha256 = 'y', issued_at = now(), archived_at = now()",
        ),
        ("document_code_glyphs", "verification_code = ''"),
        ("document_code_glyphs", "verification_code = 'km7t3rawckm7t3ra'"),
        ("document_code_glyphs", "verification_code = 'KM7T3RAWCKM7T3O0'"),
    ],
)
def test_documents(accepted: Make, constraint: str, change: str) -> None:
    accepted("ileti-75")
    refused(constraint, f"UPDATE contracts_signeddocument SET {change}")


@pytest.fixture
def settled(awaiting: Make, imported: Callable[..., Statement]) -> Allocation:
    imported(Transfer(awaiting("ileti-150").code_display), Transfer("KIRA"))
    return Allocation.objects.get()


def test_allocations_are_append_only(settled: Allocation) -> None:
    refused("append-only", "UPDATE payments_allocation SET amount = 1")
    refused("append-only", "DELETE FROM payments_allocation")


_COLUMNS = "line_id, order_id, amount, reverses_id, rule, reason"
_ALLOCATE = f"INSERT INTO payments_allocation ({_COLUMNS}) VALUES (%s, %s, %s, %s, '', '')"


def test_allocations_never_exceed_their_line(settled: Allocation, awaiting: Make) -> None:
    other = awaiting("ileti-250")
    refused("allocation_within_line", _ALLOCATE, settled.line_id, other.pk, "0.01", None)
    line = StatementLine.objects.get(text="KIRA")
    refused("allocation_within_line", _ALLOCATE, line.pk, other.pk, "5097.61", None)


def test_an_order_is_credited_once_by_a_line(settled: Allocation) -> None:
    refused("allocation", _ALLOCATE, settled.line_id, settled.order_id, "5097.60", None)


def test_only_reversals_are_negative(settled: Allocation) -> None:
    refused("allocation_sign", _ALLOCATE, settled.line_id, settled.order_id, "-1", None)
    refused("allocation", _ALLOCATE, settled.line_id, settled.order_id, "1", settled.pk)


def test_a_movement_is_stored_once(settled: Allocation) -> None:
    line = settled.line
    refused(
        "line_once",
        "UPDATE payments_statementline SET digest = %s, occurrence = %s WHERE text = 'KIRA'",
        line.digest,
        line.occurrence,
    )
    refused("line_position", "UPDATE payments_statementline SET position = 1")
    refused("line_decided_has_reason", "UPDATE payments_statementline SET verdict = ''")
    refused("line_state_known", "UPDATE payments_statementline SET state = 'gone'")


def test_statements(settled: Allocation) -> None:
    refused("statement_state_known", "UPDATE payments_statement SET state = 'gone'")
    columns = "account_id, format, filename, sha256, size, state, reader_version, line_count, duplicate_count, problems"
    refused(
        "statement_once",
        f"INSERT INTO payments_statement ({columns}) SELECT {columns} FROM payments_statement",
    )


@pytest.mark.parametrize("iban", ["TR820001000760123456785002", "tr820001000760123456785001", "DE89370400440532013000"])
def test_only_valid_turkish_ibans(account: BankAccount, iban: str) -> None:
    refused("bank_account_iban_valid", "UPDATE payments_bankaccount SET iban = %s", iban)


def test_accounts_are_in_lira(account: BankAccount) -> None:
    refused("bank_account_try", "UPDATE payments_bankaccount SET currency = 'USD'")


@pytest.mark.parametrize(
    ("constraint", "sql"),
    [
        ("person_tckn_whole", "UPDATE accounts_person SET tckn_encrypted = NULL"),
        ("provider_tax_number_digits", "UPDATE accounts_provider SET tax_number = '12345'"),
        ("provider_one_tax_number", "UPDATE accounts_provider SET tax_number = ''"),
        ("provider_one_tax_number", "UPDATE accounts_provider SET tax_tckn_hash = 'a', tax_tckn_encrypted = 'b'"),
        ("provider_kep_address", "UPDATE accounts_provider SET kep = 'bilgi@ornek.com.tr'"),
        (
            "provider_tax_number_once",
            (
                "INSERT INTO accounts_provider (iys_code, title, tax_number, mersis, address, phone, email, state)"
                " SELECT iys_code + 1, title, tax_number, mersis, address, phone, email, state FROM accounts_provider"
            ),
        ),
        ("provider_state_known", "UPDATE accounts_provider SET state = 'gone'"),
        ("membership_role_known", "UPDATE accounts_membership SET role = 'king'"),
        ("membership_muted_known", "UPDATE accounts_membership SET muted = '{usage,gossip}'"),
        ("membership_ends_later", "UPDATE accounts_membership SET ended_at = started_at - interval '1 day'"),
        (
            "membership_one_live",
            (
                "INSERT INTO accounts_membership (provider_id, person_id, role) SELECT provider_id, person_id, role"
                " FROM accounts_membership"
            ),
        ),
    ],
)
def test_accounts(alice: Person, provider: Provider, constraint: str, sql: str) -> None:
    refused(constraint, sql)


@pytest.mark.parametrize(
    ("table", "column", "slug"),
    [
        ("payments_order", "approval_id", "ileti-150"),
        ("contracts_signeddocument", "approval_id", "ileti-75"),
    ],
)
def test_rows_hang_together_within_one_provider(accepted: Make, table: str, column: str, slug: str) -> None:
    accepted(slug)
    rival = factories.ProviderFactory.create()
    refused(
        f"{table}_{column}_same_provider",
        f"SET CONSTRAINTS ALL IMMEDIATE; UPDATE {table} SET provider_id = %s",
        rival.pk,
    )


def test_an_orders_package_is_its_providers(accepted: Make, now: datetime) -> None:
    accepted("ileti-75")
    foreign = factories.subscription(factories.ProviderFactory.create(), now=now)
    refused(
        "payments_order_subscription_id_same_provider",
        "SET CONSTRAINTS ALL IMMEDIATE; UPDATE payments_order SET subscription_id = %s",
        foreign.pk,
    )


@pytest.mark.parametrize("kind", ["partner", "intermediary"])
def test_a_grant_is_for_a_brand_of_its_provider(alice: Person, now: datetime, kind: str) -> None:
    brand, rival = factories.BrandFactory.create(), factories.ProviderFactory.create()
    party = factories.PartnerFactory.create() if kind == "partner" else factories.IntermediaryFactory.create()
    rights = (
        "agreement, mesaj, arama, eposta) VALUES (%s, %s, %s, %s, %s, true, 'none', 'none', 'none')"
        if kind == "partner"
        else "mesaj_read, arama_read, eposta_read) VALUES (%s, %s, %s, %s, %s, true, false, false)"
    )
    refused(
        f"partners_{kind}grant_brand_id_same_provider",
        "SET CONSTRAINTS ALL IMMEDIATE;"
        f" INSERT INTO partners_{kind}grant (provider_id, brand_id, {kind}_id, granted_by_id, granted_at, {rights}",
        rival.pk,
        brand.pk,
        party.pk,
        alice.pk,
        now,
    )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("mail_kind_known", "kind = 'gossip'"),
        ("mail_state_known", "state = 'lost'"),
        ("mail_sent_iff_instant", "state = 'sent'"),
        ("mail_sent_iff_instant", "sent_at = now()"),
        ("mail_failed_has_problem", "state = 'failed'"),
        ("mail_attachment_whole", "attachment_topic = 'contract', attachment_id = 7, provider_id = NULL"),
        ("mail_attachment_whole", "attachment_topic = 'contract'"),
        ("mail_attachment_whole", "attachment_id = 7"),
    ],
)
def test_emails(awaiting: Make, constraint: str, change: str) -> None:
    awaiting("ileti-150")
    refused(constraint, f"UPDATE mail_mail SET {change}")


def test_an_email_with_a_key_exists_once(awaiting: Make) -> None:
    awaiting("ileti-150")
    columns = 'provider_id, "to", kind, subject, text, html, key, attachment_topic, state, attempts, problem'
    refused("mail_mail_key", f"INSERT INTO mail_mail ({columns}) SELECT {columns} FROM mail_mail")


@pytest.mark.parametrize(
    ("constraint", "kind"),
    [("notice_once", "expires-7"), ("notice_kind_known", "gossip")],
)
def test_notices(accepted: Make, constraint: str, kind: str) -> None:
    accepted("ileti-75")
    insert = "INSERT INTO packages_subscriptionnotice (provider_id, subscription_id, kind)"
    with connection.cursor() as cursor:
        cursor.execute(f"{insert} SELECT provider_id, id, 'expires-7' FROM packages_subscription")
    refused(constraint, f"{insert} SELECT provider_id, id, %s FROM packages_subscription", kind)


@pytest.mark.django_db
def test_outbox_messages_are_done_or_failed() -> None:
    refused(
        "outbox_done_or_failed",
        "INSERT INTO audit_outboxmessage (topic, payload, attempts, last_error, done_at, failed_at)"
        " VALUES ('x', '{}', 0, '', now(), now())",
    )
