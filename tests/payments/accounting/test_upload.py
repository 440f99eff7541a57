"""Uploading a statement: what is refused and why, what is kept once, where the accountant lands."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Person
from iys_portal.audit.models import AuditEvent, OutboxMessage
from payments.enums import StatementState
from payments.models import BankAccount, Statement
from payments.services import statements
from payments.services.statement_files import content_of
from tests import factories
from tests.payments.mt940 import Transfer, mt940

DASHBOARD = "/muhasebe/"


def upload(browser: Client, account: BankAccount | None, content: bytes | None, name: str = "ekstre.sta") -> Any:
    form: dict[str, Any] = {"account": account.pk if account else ""}
    if content is not None:
        form["file"] = SimpleUploadedFile(name, content)
    return browser.post(DASHBOARD, form)


def test_a_statement_is_kept_encrypted_and_its_reading_promised(
    browser: Client, account: BankAccount, accountant: Person
) -> None:
    content = mt940(account.iban, Transfer("MERHABA"))
    answer = upload(browser, account, content)
    statement = Statement.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/muhasebe/ekstreler/{statement.pk}/")
    assert (statement.account, statement.filename, statement.format) == (account, "ekstre.sta", "mt940")
    assert (statement.uploaded_by, statement.state) == (accountant, StatementState.RECEIVED)
    assert content_of(statement) == content
    assert OutboxMessage.objects.get().payload == {"statement_id": statement.pk}
    event = AuditEvent.objects.get(action="receive")
    assert (event.actor_id, event.object_id) == (accountant.pk, str(statement.pk))


def test_the_page_tells_how_the_reading_comes_along(browser: Client, account: BankAccount, now: Any) -> None:
    answer = upload(browser, account, mt940(account.iban, Transfer("MERHABA")))
    page = browser.get(answer["Location"])
    assert [str(message) for message in page.context["messages"]] == ["Ekstre alındı."]
    waiting = page.content.decode()
    assert waiting.count("dosya sırada, birazdan okunacak") == 1
    assert waiting.count('hx-trigger="click, every 2s"') == 1
    statements.process(statement_id=Statement.objects.get().pk, now=now)
    done = browser.get(answer["Location"])
    assert done.context["is_running"] is False
    assert done.content.decode().count("hx-") == 0
    assert done.content.decode().count("htmx") == 0
    assert [line.text for line in done.context["lines"]] == ["MERHABA"]


def test_the_same_file_again_shows_the_statement_that_is_there(browser: Client, account: BankAccount) -> None:
    content = mt940(account.iban, Transfer("MERHABA"))
    first = upload(browser, account, content)
    browser.get(first["Location"])
    again = upload(browser, account, content, name="kopya.txt")
    assert again["Location"] == first["Location"]
    page = browser.get(again["Location"])
    assert [str(message) for message in page.context["messages"]] == [
        "Bu dosya 23.11.2026 tarihinde zaten yüklenmiş; hiçbir hareket yeniden alınmadı."
    ]
    assert Statement.objects.count() == 1
    assert OutboxMessage.objects.count() == 1


def test_the_same_bytes_for_another_account_are_another_file(browser: Client, account: BankAccount) -> None:
    content = mt940(account.iban, Transfer("MERHABA"))
    upload(browser, account, content)
    upload(browser, factories.BankAccountFactory.create(), content)
    assert Statement.objects.count() == 2


def refusals(answer: Any) -> dict[str, list[str]]:
    """Return the sentences beside the fields of a page that says that there is a fault."""
    assert answer.status_code == 200
    html = answer.content.decode()
    assert html.count("<title>Hata: Muhasebe – İleti Yönetim Sistemi</title>") == 1
    assert html.count('data-testid="error-summary"') == 1
    form = answer.context["form"]
    return {name: [str(error) for error in errors] for name, errors in form.errors.items()}


def test_nothing_chosen(browser: Client, account: BankAccount) -> None:
    factories.BankAccountFactory.create()
    assert refusals(upload(browser, None, None)) == {
        "account": ["Ekstrenin hesabını seçin."],
        "file": ["Bir ekstre dosyası seçin."],
    }


def test_an_unknown_account(browser: Client, account: BankAccount) -> None:
    file = SimpleUploadedFile("ekstre.sta", b"x")
    answer = browser.post(DASHBOARD, {"account": account.pk + 1, "file": file})
    assert refusals(answer) == {"account": ["Ekstrenin hesabını seçin."]}


def test_an_empty_file(browser: Client, account: BankAccount) -> None:
    answer = upload(browser, account, b"")
    assert refusals(answer) == {"file": ["Seçtiğiniz dosya boş. Ekstreyi bankadan yeniden indirin."]}
    assert answer.context["form"]["account"].value() == str(account.pk)


@pytest.mark.parametrize(("surplus", "kept"), [(0, 1), (1, 0)])
def test_the_biggest_file(browser: Client, account: BankAccount, settings: Any, surplus: int, kept: int) -> None:
    settings.STATEMENT_MAX_BYTES = 2048
    answer = upload(browser, account, b"x" * (2048 + surplus))
    assert Statement.objects.count() == kept
    if surplus:
        assert refusals(answer) == {"file": ["Dosya çok büyük (en çok 2,0\xa0KB). Daha kısa bir dönem seçin."]}


def test_a_file_that_is_no_statement_is_kept_and_its_page_says_why(
    browser: Client, account: BankAccount, now: Any
) -> None:
    answer = upload(browser, account, b"bu bir ekstre degil")
    statement = Statement.objects.get()
    statements.process(statement_id=statement.pk, now=now)
    statement.refresh_from_db()
    html = browser.get(answer["Location"]).content.decode()
    assert statement.state == StatementState.REFUSED
    assert html.count("Ekstre okunamadı; hiçbir hareket alınmadı. Nedeni aşağıdadır.") == 1
    (problem,) = statement.problems
    assert html.count(problem["message"]) == 1


def test_where_there_is_one_account_it_is_chosen(browser: Client, account: BankAccount) -> None:
    assert browser.get(DASHBOARD).context["form"]["account"].value() == account.pk
    factories.BankAccountFactory.create()
    assert browser.get(DASHBOARD).context["form"]["account"].value() is None


def test_a_file_name_is_only_a_name(browser: Client, account: BankAccount) -> None:
    upload(browser, account, b"x", name="../../etc/" + "ş" * 300 + ".sta")
    statement = Statement.objects.get()
    assert statement.filename == "ş" * 200
    assert browser.get(f"/muhasebe/ekstreler/{statement.pk}/").status_code == 200


def test_a_provider_cannot_upload(alice: Person, account: BankAccount, client_of: Callable[[Person], Client]) -> None:
    assert upload(client_of(alice), account, b"x").status_code == 403
    assert Statement.objects.count() == 0
