"""Contract texts and approvals on the administrators' site: adding, trying out, comparing, looking at evidence."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from accounts.models import Person
from contracts import texts
from contracts.enums import TextKind
from contracts.models import Approval, ContractText
from iys_portal.audit.models import AuditEvent
from tests import factories
from tests.admin.test_people import errors
from tests.admin.world import buy
from tests.contracts import poppler
from tests.contracts.samples import FORM, TEXT
from tests.payments.test_approvals import sql

# WeasyPrint leaves the file of its colour profile to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

TEXTS = "/yonetim/contracts/contracttext/"
APPROVALS = "/yonetim/contracts/approval/"
SOURCE = "# Yeni Sözleşme\n\n## 1. Bölüm\n\n1.1. {provider.title} ile {price.gross}.\n"


def form(**changes: Any) -> dict[str, Any]:
    return {"kind": "services", "effective_from": "24.11.2026", "source": SOURCE.replace("\n", "\r\n"), **changes}


def staff_with(*codenames: str) -> Person:
    person = factories.staff(codenames[-1])
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


# --- Adding -------------------------------------------------------------------------------------------------
def test_a_version_is_added_and_audited(browser: Client, administrator: Person) -> None:
    answer = browser.post(f"{TEXTS}add/", form())
    assert (answer.status_code, answer.headers["Location"]) == (302, TEXTS)
    text = ContractText.objects.get(kind="services", version=2)
    assert (text.title, text.source, str(text.effective_from)) == ("Yeni Sözleşme", SOURCE, "2026-11-24")
    event = AuditEvent.objects.get(object_type="contracts.contracttext")
    assert (event.action, event.actor_id, event.detail["after"]["sha256"]) == (
        "admin:add",
        administrator.pk,
        text.sha256,
    )


@pytest.mark.parametrize("day", ["23.11.2026", "22.11.2026"])
def test_today_and_the_past_are_refused(browser: Client, day: str) -> None:
    answer = browser.post(f"{TEXTS}add/", form(effective_from=day))
    assert errors(answer) == {
        "effective_from": ["Yürürlük tarihi ileri bir gün olmalıdır; bugün okunan metin gün içinde değişemez."]
    }
    assert ContractText.objects.count() == 2


def test_faults_are_told_with_their_lines(browser: Client) -> None:
    source = "# B\r\n\r\nBedel {fiyat}.\r\n\r\n# İki\r\n\r\nA :: b\r\nC: d"
    assert errors(browser.post(f"{TEXTS}add/", form(source=source))) == {
        "source": [
            "3. satır: {fiyat} diye bir alan yok. «Bedel {fiyat}.»",
            "5. satır: Metnin en başta tek bir başlığı olur; bölümler «## » ile başlar. «# İki»",
            "8. satır: Tanım satırları «terim :: açıklama» biçiminde olmalıdır. «C: d»",
        ]
    }


def test_the_same_version_twice_is_refused(browser: Client) -> None:
    browser.post(f"{TEXTS}add/", form())
    answer = browser.post(f"{TEXTS}add/", form())
    assert errors(answer) == {"effective_from": ["Bu metin, aynı yürürlük tarihiyle 2. sürüm olarak kayıtlı."]}


def test_who_may_only_look_adds_nothing(db: None, client_of: Callable[[Person], Client]) -> None:
    reader = client_of(staff_with("view_contracttext"))
    for data in (form(), form(_onizle="x"), form(_pdf="x")):
        assert reader.post(f"{TEXTS}add/", data).status_code == 403
    assert reader.get(f"{TEXTS}add/").status_code == 403
    assert reader.get(f"{TEXTS}karsilastir/").status_code == 200
    assert ContractText.objects.count() == 2
    writer = client_of(staff_with("view_contracttext", "add_contracttext"))
    assert writer.post(f"{TEXTS}add/", form()).status_code == 302


def test_who_may_not_look_compares_nothing(accountant: Person, client_of: Callable[[Person], Client]) -> None:
    assert client_of(accountant).get(f"{TEXTS}karsilastir/").status_code == 403


# --- Trying out ---------------------------------------------------------------------------------------------
def test_the_preview_shows_the_filled_text_and_saves_nothing(browser: Client) -> None:
    html = browser.post(f"{TEXTS}add/", form(_onizle="Önizle")).content.decode()
    assert "<h3>1. Bölüm</h3>" in html
    assert "Hizmet Sağlayıcı A.Ş. ile 5.097,60 ₺." in html
    assert "TASLAK – kaydedilmedi." in html
    assert 'name="source"' in html
    assert "{provider.title} ile" in html  # the typed source is still in the form
    assert ContractText.objects.count() == 2


def test_the_preview_of_a_faulty_text_tells_the_faults(browser: Client) -> None:
    answer = browser.post(f"{TEXTS}add/", form(_onizle="Önizle", source="# B\n\n{x}"))
    assert errors(answer) == {"source": ["3. satır: {x} diye bir alan yok. «{x}»"]}
    assert "TASLAK" not in answer.content.decode()


@pytest.mark.parametrize("kind", list(TextKind))
def test_the_pdf_draft_is_the_whole_contract(browser: Client, kind: TextKind, tmp_path: Any) -> None:
    answer = browser.post(f"{TEXTS}add/", form(kind=kind, _pdf="x"))
    assert answer["Content-Type"] == "application/pdf"
    text = "\n".join(poppler.pages(answer.content, tmp_path))
    assert text.count("TASLAK — onaylanmamıştır") == len(poppler.pages(answer.content, tmp_path))
    assert "Hizmet Sağlayıcı A.Ş. ile 5.097,60 ₺." in text
    other = "Ek-1: Ön Bilgilendirme Formu" if kind == TextKind.SERVICES else "15. Onay ve Yürürlük"
    assert other in text
    assert ContractText.objects.count() == 2


def test_a_text_is_marked_as_a_template_for_a_lawyer(browser: Client) -> None:
    for address in (TEXTS, f"{TEXTS}add/"):
        assert "bir hukukçu tarafından incelenmelidir" in browser.get(address).content.decode()


# --- The list and one text ----------------------------------------------------------------------------------
def test_the_list_tells_what_is_in_force(browser: Client) -> None:
    browser.post(f"{TEXTS}add/", form())
    rows = re.findall(r'field-version">(\d)<.*?field-standing">([^<]*)<', browser.get(TEXTS).content.decode())
    assert sorted(rows) == [("1", "Yürürlükte"), ("1", "Yürürlükte"), ("2", "Yürürlüğe girecek")]


def test_a_stored_version_is_only_shown(browser: Client) -> None:
    text = ContractText.objects.get(kind="services")
    html = browser.get(f"{TEXTS}{text.pk}/change/").content.decode()
    assert 'name="source"' not in html
    assert "Yürürlükte" in strip_tags(html)


# --- Comparing ----------------------------------------------------------------------------------------------
def compare(browser: Client, old: ContractText, new: ContractText) -> str:
    return browser.get(f"{TEXTS}karsilastir/", {"old": old.pk, "new": new.pk}).content.decode()


@pytest.fixture
def changed(now: datetime, db: None) -> ContractText:
    source = TEXT.source.replace("iki iş günü", "üç iş günü").replace(
        "14.2. Sözleşme'den", "14.2. <b>Önce</b> görüşülür.\n\n14.3. Sözleşme'den"
    )
    return texts.add_version(
        kind=TextKind.SERVICES, source=source, effective_from=date(2026, 12, 1), actor=None, now=now
    )


def test_two_versions_are_compared_word_by_word(browser: Client, changed: ContractText) -> None:
    html = compare(browser, ContractText.objects.get(kind="services", version=1), changed)
    marks = [" ".join(strip_tags(mark).split()) for mark in re.findall(r"<(?:del|ins)>.*?</(?:del|ins)>", html)]
    assert marks == [
        "−böyle",
        "+böyle",
        "−[silinen: iki]",
        "+[eklenen: üç]",
        "+[eklenen: 14.2. &lt;b&gt;Önce&lt;/b&gt; görüşülür.]",
        "−[silinen: 14.2.]",
        "+[eklenen: 14.3.]",
    ]
    assert re.findall(r'diff-label">(\w+)<', html) == ["Değişti", "Eklendi", "Değişti"]
    assert "3 satırda fark var." in strip_tags(html)
    assert "style=" not in html[html.index("content-main") :]


def test_without_a_choice_the_newest_two_are_compared(browser: Client, changed: ContractText) -> None:
    html = browser.get(f"{TEXTS}karsilastir/").content.decode()
    assert "3 satırda fark var." in strip_tags(html)
    assert f'<option value="{changed.pk}" selected>' in html


def test_a_new_installation_has_nothing_to_compare(browser: Client) -> None:
    assert "İki sürüm arasında fark yok." in browser.get(f"{TEXTS}karsilastir/").content.decode()


def test_texts_of_two_kinds_are_not_compared(browser: Client, changed: ContractText) -> None:
    html = compare(browser, ContractText.objects.get(kind="information"), changed)
    assert "Aynı türden iki sürüm seçin." in html
    assert "diff-line" not in html


@pytest.mark.parametrize("query", [{"old": "x", "new": "1"}, {"old": "999999"}, {"old": ""}])
def test_a_comparison_of_nothing_is_answered_in_words(browser: Client, query: dict[str, str]) -> None:
    answer = browser.get(f"{TEXTS}karsilastir/", query)
    assert answer.status_code == 200
    assert 'class="field-error"' in answer.content.decode()


def test_comparing_costs_the_same_however_many_versions(browser: Client, now: datetime) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"{TEXTS}karsilastir/")
        return len(queries)

    days = iter(range(1, 20))

    def add() -> None:
        day = date(2027, 1, next(days))
        texts.add_version(kind=TextKind.SERVICES, source=SOURCE, effective_from=day, actor=None, now=now)

    add()
    browser.get(f"{TEXTS}karsilastir/")
    first = cost()
    add()
    add()
    assert cost() == first


# --- Approvals ----------------------------------------------------------------------------------------------
@pytest.fixture
def approval(now: datetime, db: None) -> Approval:
    person = factories.PersonFactory.create()
    provider = factories.MembershipFactory.create(person=person).provider
    return Approval.objects.get(order_code=buy(provider, person, now=now).code)


def looked_at(browser: Client, approval: Approval) -> str:
    return browser.get(f"{APPROVALS}{approval.pk}/change/").content.decode()


def test_an_approval_shows_its_chain_and_what_was_shown(browser: Client, approval: Approval) -> None:
    html = looked_at(browser, approval)
    assert "Sağlam: bu hizmet sağlayıcının bütün onayları yazıldıkları gibi duruyor." in html
    assert "Doğru: aşağıdaki metnin özeti, onayla saklanan özetle aynı." in html
    assert "<h3>15. Onay ve Yürürlük</h3>" in html
    assert "<h3>12. Saklanabilir Nüsha</h3>" in html
    assert FORM.sha256 in html


def test_a_broken_chain_is_told(browser: Client, approval: Approval) -> None:
    sql("UPDATE contracts_approval SET user_agent = 'x' WHERE id = %s", approval.pk)
    assert f"BOZUK: {approval.pk} numaralı onay yazıldığı gibi değil" in looked_at(browser, approval)


def test_terms_that_no_longer_fit_are_told(browser: Client, approval: Approval) -> None:
    sql("UPDATE contracts_approval SET terms = jsonb_set(terms, '{product}', '\"Başka\"') WHERE id = %s", approval.pk)
    assert "BOZUK: aşağıdaki metin, onaylanan metin değil." in looked_at(browser, approval)
    sql("UPDATE contracts_approval SET terms = '{}' WHERE id = %s", approval.pk)
    assert "BOZUK: gösterilen metin kayıttan yeniden kurulamıyor." in looked_at(browser, approval)


def test_an_approval_older_than_the_form_is_shown_without_one(browser: Client, approval: Approval) -> None:
    sql(
        "UPDATE contracts_approval SET information_id = NULL, information_sha256 = '',"
        " terms = terms - 'information' - 'address_limit' WHERE id = %s",
        approval.pk,
    )
    html = looked_at(browser, approval)
    assert "<h3>15. Onay ve Yürürlük</h3>" in html
    assert "Saklanabilir Nüsha" not in html
