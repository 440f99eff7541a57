"""The site as a whole: what is on it, who sees what, what can be changed, how many queries a list costs."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.models import Person, Provider
from iys_portal.audit.models import AuditEvent
from iys_portal.shared.crypto import decrypt
from iys_portal.shared.tin import tin_columns
from tests import factories
from tests.admin.world import add_one_of_each
from tests.applications import samples

MANAGED = {
    "accounts.membership",
    "accounts.person",
    "accounts.provider",
    "brands.brand",
    "consents.holidaychange",
    "packages.package",
    "packages.tariff",
    "partners.intermediary",
    "partners.intermediarymembership",
    "partners.partner",
    "partners.partnermembership",
    "payments.bankaccount",
}
READ_ONLY = {
    "accounts.apiaccount",
    "accounts.companychange",
    "accounts.invitation",
    "applications.application",
    "applications.newssubscriber",
    "audit.auditevent",
    "audit.outboxmessage",
    "auth.group",
    "brands.retailer",
    "brands.retailerupload",
    "contracts.approval",
    "contracts.signeddocument",
    "mail.mail",
    "packages.addressusage",
    "packages.subscription",
    "partners.intermediarygrant",
    "partners.partnergrant",
    "payments.allocation",
    "payments.cardattempt",
    "payments.cardday",
    "payments.carddifference",
    "payments.gatewayevent",
    "payments.order",
    "payments.refund",
    "payments.statement",
    "payments.statementline",
    "reports.dailyfile",
    "reports.reportdocument",
}
ADDED_ONLY = {"contracts.contracttext"}
OF_ACCOUNTANTS = {
    "accounts.provider",
    "contracts.signeddocument",
    "payments.allocation",
    "payments.bankaccount",
    "payments.order",
    "payments.statement",
    "payments.statementline",
}
ALL = sorted(MANAGED | READ_ONLY | ADDED_ONLY)

ENGLISH = re.compile(
    r"\b(add|change|delete|save|view|search|history|home|password|filter|order|statement|line|provider|person|text"
    r"|approval|granted|hash|user|agent|yes|all|any|none|empty)\b",
    re.IGNORECASE,
)


def page(label: str, view: str, *args: object) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{view}", args=args)


def newest(label: str) -> models.Model:
    model = next(model for model in admin.site._registry if model._meta.label_lower == label)
    row = model._default_manager.order_by("-pk").first()
    assert row is not None
    return row


def test_exactly_these_kinds_of_rows_are_on_the_site() -> None:
    assert {model._meta.label_lower for model in admin.site._registry} == set(ALL)


def test_strangers_are_sent_to_the_sites_own_login(db: None) -> None:
    for label in ALL:
        answer = Client().get(page(label, "changelist"))
        login = f"/yonetim/login/?next={page(label, 'changelist')}"
        assert (answer.status_code, answer["Location"]) == (302, login), label


def test_a_providers_person_sees_nothing(alice: Person, client_of: Callable[[Person], Client]) -> None:
    browser = client_of(alice)
    statuses = {browser.get(page(label, "changelist")).status_code for label in ALL}
    assert statuses == {302}
    answer = browser.get("/yonetim/")
    assert (answer.status_code, answer["Location"]) == (302, "/yonetim/login/?next=/yonetim/")


def test_an_administrator_sees_every_list(browser: Client) -> None:
    assert {label for label in ALL if browser.get(page(label, "changelist")).status_code == 200} == set(ALL)


def test_an_accountant_sees_money_and_no_people(accountant: Person, client_of: Callable[[Person], Client]) -> None:
    browser = client_of(accountant)
    statuses = {label: browser.get(page(label, "changelist")).status_code for label in ALL}
    assert {label for label, status in statuses.items() if status == 200} == OF_ACCOUNTANTS
    assert set(statuses.values()) == {200, 403}


def test_an_accountant_changes_nothing(
    accountant: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    add_one_of_each(1, now=now)
    browser = client_of(accountant)
    for label in sorted(OF_ACCOUNTANTS):
        assert browser.post(page(label, "add"), {}).status_code == 403, label
        assert browser.post(page(label, "change", newest(label).pk), {}).status_code == 403, label
        assert browser.get(page(label, "change", newest(label).pk)).status_code == 200, label


def test_read_only_means_read_only_for_everybody(browser: Client, now: datetime) -> None:
    add_one_of_each(1, now=now)
    for label in sorted(READ_ONLY | ADDED_ONLY):
        row = newest(label)
        of_adding = 200 if label in ADDED_ONLY else 403
        assert browser.get(page(label, "add")).status_code == of_adding, label
        assert browser.post(page(label, "add"), {}).status_code == of_adding, label
        assert browser.get(page(label, "change", row.pk)).status_code == 200, label
        assert browser.post(page(label, "change", row.pk), {}).status_code == 403, label


def test_nothing_is_ever_deleted(browser: Client, now: datetime) -> None:
    add_one_of_each(1, now=now)
    for label in ALL:
        row = newest(label)
        rows = type(row)._default_manager.values_list("pk")
        before = set(rows.all())
        assert browser.get(page(label, "delete", row.pk)).status_code == 403, label
        assert browser.post(page(label, "delete", row.pk), {"post": "yes"}).status_code == 403, label
        chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        browser.post(page(label, "changelist"), chosen)
        assert set(rows.all()) == before, label


def test_a_list_costs_the_same_for_one_row_and_for_three(browser: Client, now: datetime) -> None:
    add_one_of_each(1, now=now)
    for label in ALL:
        browser.get(page(label, "changelist"))
    one = {label: queries_of(browser, label) for label in ALL}
    add_one_of_each(2, now=now)
    add_one_of_each(3, now=now)
    assert {label: queries_of(browser, label) for label in ALL} == one


def queries_of(browser: Client, label: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(page(label, "changelist")).status_code == 200, label
    return len(queries)


def test_pages_speak_turkish(browser: Client, now: datetime) -> None:
    add_one_of_each(1, now=now)
    for label in ALL:
        addresses = [page(label, "changelist"), page(label, "change", newest(label).pk)]
        if label in MANAGED | ADDED_ONLY:
            addresses.append(page(label, "add"))
        for address in addresses:
            html = browser.get(address).content.decode()
            body = re.sub(r"<(script|style)\b.*?</\1>", "", html[html.index("<body") :], flags=re.DOTALL)
            body = re.sub(r'<(option value|div class="readonly">[{\[]).*?<', "<", body, flags=re.DOTALL)
            words = re.sub(r"\w+[.:@/]\S+", "", strip_tags(body))
            assert ENGLISH.findall(words) == [], address


def test_every_shown_column_was_given_a_turkish_name() -> None:
    unnamed = [
        f"{model._meta.label_lower}.{name}"
        for model, site_page in admin.site._registry.items()
        for name in [*site_page.list_display, *(site_page.fields or ())]
        for field in model._meta.get_fields()
        if field.name == name and field._verbose_name is None  # type: ignore[union-attr]
    ]
    assert unnamed == []


def test_no_name_begins_with_an_i_that_would_lose_its_dot() -> None:
    """The site capitalises names, and not the Turkish way: a name must bring its own İ."""
    names = {
        str(name)
        for model in admin.site._registry
        for name in [
            model._meta.verbose_name,
            model._meta.verbose_name_plural,
            model._meta.app_config.verbose_name,
            *(field.verbose_name for field in model._meta.fields),
        ]
    }
    assert sorted(name for name in names if name.startswith("i")) == []


def test_the_audit_trail_tells_in_words_what_happened(browser: Client, now: datetime) -> None:
    add_one_of_each(1, now=now)
    audit = admin.site._registry[AuditEvent]
    events = AuditEvent.objects.all()
    words = {event.action: audit.what(event) for event in events}  # type: ignore[attr-defined]
    assert words["state:transfer_pending"] == "Durum: Havale/EFT bekleniyor"
    assert words["grant"] == "Yetki verildi"
    assert [action for action, word in words.items() if action.removeprefix("state:") in word] == []


def test_every_action_that_is_recorded_has_words(browser: Client) -> None:
    audit = admin.site._registry[AuditEvent]
    sources = [path.read_text() for app in apps.get_app_configs() for path in python_files(app.path)]
    recorded = {action for text in sources for action in re.findall(r'record\(\s*action="([^"]+)"', text)}
    assert len(recorded) >= 10
    unnamed = [action for action in recorded if audit.what(AuditEvent(action=action)) == action]  # type: ignore[attr-defined]
    assert unnamed == []


def python_files(folder: str) -> list[Path]:
    """Return the sources of one of the portal's own apps; libraries have none."""
    return list(Path(folder).rglob("*.py")) if "site-packages" not in folder else []


def test_no_page_shows_a_tckn_or_a_secret(browser: Client, now: datetime) -> None:
    add_one_of_each(1, now=now)
    person = Person.objects.exclude(tckn_hash=None).get()
    assert person.tckn_encrypted is not None
    assert person.tckn_hash is not None
    tckn = decrypt(person.tckn_encrypted).decode()
    shown = browser.get(page("accounts.person", "change", person.pk)).content.decode()
    assert f"{tckn[:3]}******{tckn[-2:]}" in shown
    for label in ALL:
        for address in (page(label, "changelist"), page(label, "change", newest(label).pk)):
            html = browser.get(address).content.decode()
            assert [secret for secret in (tckn, person.tckn_hash, "argon2") if secret in html] == [], address


def test_search_finds_any_spelling(browser: Client, provider: Provider) -> None:
    provider.title = "İSTANBUL IŞIK ÇÖZÜMLERİ A.Ş."
    provider.save()
    factories.ProviderFactory.create()
    for typed in ("istanbul", "İstanbul ışık", "isik cozum", "ISTANBUL", str(provider.iys_code)):
        answer = browser.get(page("accounts.provider", "changelist"), {"q": typed})
        assert list(answer.context["cl"].queryset) == [provider], typed


def test_a_tckn_finds_its_rows_and_stands_in_no_address(browser: Client, provider: Provider, now: datetime) -> None:
    tckn = "10000000146"
    person = factories.PersonFactory.create(tckn=tckn)
    Provider.objects.filter(pk=provider.pk).update(**tin_columns(tckn))
    for label, row in (("accounts.person", person), ("accounts.provider", provider)):
        assert page(label, "tckn") in browser.get(page(label, "changelist")).content.decode()
        assert browser.get(page(label, "tckn")).status_code == 200
        assert browser.post(page(label, "tckn"), {"tckn": "100 000 00146"})["Location"] == page(label, "change", row.pk)
    applications = [samples.sent(now=now), samples.sent(now=now, **tin_columns(samples.TCKN))]
    found = browser.post(page("applications.application", "tckn"), {"tckn": samples.TCKN}, follow=True)
    assert set(found.context["cl"].queryset) == set(applications)
    assert samples.TCKN not in str(found.redirect_chain)
    for typed, told in (("10000000147", "geçersiz"), ("10000000214", "kayıt yok"), ("", "T.C. Kimlik No yazın.")):
        assert told in browser.post(page("accounts.person", "tckn"), {"tckn": typed}).content.decode()


def test_an_order_is_found_by_its_code_as_customers_write_it(browser: Client, now: datetime) -> None:
    add_one_of_each(1, now=now)
    add_one_of_each(2, now=now)
    order = newest("payments.order")
    answer = browser.get(page("payments.order", "changelist"), {"q": str(order).lower()})
    assert list(answer.context["cl"].queryset) == [order]


def test_the_history_of_a_row_is_its_audit_trail(
    browser: Client, accountant: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    add_one_of_each(1, now=now)
    order = newest("payments.order")
    answer = browser.get(page("payments.order", "history", order.pk), follow=True)
    events = AuditEvent.objects.filter(object_type="payments.order", object_id=str(order.pk))
    assert events.count() >= 4
    assert sorted(event.pk for event in answer.context["cl"].result_list) == sorted(e.pk for e in events)
    hers = client_of(accountant).get(page("payments.order", "history", order.pk))
    assert (hers.status_code, hers.context["module_name"]) == (200, "Siparişler")


def test_every_permission_of_the_accountants_is_known(accountant: Person) -> None:
    given = Permission.objects.filter(group__user=accountant).values_list("codename", flat=True)
    assert sorted(given) == [
        "view_allocation",
        "view_bankaccount",
        "view_order",
        "view_provider",
        "view_signeddocument",
        "view_statement",
        "view_statementline",
        "work_on_statements",
    ]
