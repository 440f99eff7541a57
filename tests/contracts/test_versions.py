"""Versions of a text: added, never changed; which one is in force on which day."""

import hashlib
from datetime import date, datetime, timedelta

import pytest

from accounts.models import Person
from contracts import texts
from contracts.enums import TextKind
from contracts.models import ContractText
from contracts.selectors import standing, text_in_force, texts_with_standing, trial_contract
from contracts.texts import TextRefused
from iys_portal.audit.models import AuditEvent
from tests import factories
from tests.contracts.samples import FORM, TEXT

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
SOURCE = "# İLETİ Hizmetleri Satış Sözleşmesi\n\n1.1. {provider.title} için yeni metin.\n"


def add(now: datetime, *, days: int = 1, source: str = SOURCE, actor: Person | None = None) -> ContractText:
    return texts.add_version(
        kind=TextKind.SERVICES, source=source, effective_from=TODAY + timedelta(days=days), actor=actor, now=now
    )


def in_force(day: date) -> int:
    return text_in_force(TextKind.SERVICES, day=day).version


def test_an_installation_begins_with_one_version_of_each() -> None:
    rows = ContractText.objects.order_by("kind").values_list("kind", "version", "title", "source", "sha256")
    assert list(rows) == [
        ("information", 1, "Ön Bilgilendirme Formu", FORM.source, FORM.sha256),
        ("services", 1, "İLETİ Hizmetleri Satış Sözleşmesi", TEXT.source, TEXT.sha256),
    ]
    texts.install()
    assert ContractText.objects.count() == 2


def test_all_else_follows_from_the_source(now: datetime) -> None:
    person = factories.administrator()
    text = add(now, actor=person)
    assert (text.version, text.title) == (2, "İLETİ Hizmetleri Satış Sözleşmesi")
    assert text.sha256 == hashlib.sha256(SOURCE.encode()).hexdigest()
    event = AuditEvent.objects.get(object_type="contracts.contracttext")
    assert (event.action, event.actor_id, event.object_id) == ("admin:add", person.pk, str(text.pk))
    assert event.detail["after"] == {
        "kind": "services",
        "version": 2,
        "sha256": text.sha256,
        "effective_from": "2026-11-24",
    }


@pytest.mark.parametrize("days", [0, -1])
def test_a_day_that_has_begun_is_refused(now: datetime, days: int) -> None:
    with pytest.raises(TextRefused, match="ileri bir gün"):
        add(now, days=days)
    assert ContractText.objects.filter(kind=TextKind.SERVICES).count() == 1


def test_the_day_is_istanbuls() -> None:
    late = factories.instant("2026-11-23T21:00:00")  # already the 24th
    with pytest.raises(TextRefused, match="ileri bir gün"):
        add(late, days=1)
    assert add(late, days=2).version == 2


def test_faults_and_repetitions_are_refused(now: datetime) -> None:
    with pytest.raises(TextRefused, match=r"3\. satır: \{fiyat\} diye bir alan yok\."):
        add(now, source="# B\n\n{fiyat}\n")
    add(now)
    with pytest.raises(TextRefused, match=r"2\. sürüm olarak kayıtlı"):
        add(now)
    assert add(now, days=2).version == 3


def test_a_version_rules_from_its_day_on(now: datetime) -> None:
    add(now, days=10)
    days = [TODAY, TODAY + timedelta(days=9), TODAY + timedelta(days=10), TODAY + timedelta(days=400)]
    assert [in_force(day) for day in days] == [1, 1, 2, 2]
    assert text_in_force(TextKind.INFORMATION, day=days[-1]).version == 1


@pytest.mark.parametrize("days", [10, 8])
def test_a_mistake_is_put_right_before_its_day(now: datetime, days: int) -> None:
    add(now, days=10)
    add(now, days=days, source=SOURCE + "\n1.2. Düzeltildi.\n")
    assert [in_force(TODAY + timedelta(days=day)) for day in (7, 9, 10, 11)] == [1, 3 if days == 8 else 1, 3, 3]


def test_the_list_says_what_each_version_is(now: datetime) -> None:
    add(now, days=10)
    add(now, days=10, source=SOURCE + "\n1.2. Düzeltildi.\n")
    add(now, days=20, source=SOURCE + "\n1.3. Sonra.\n")

    def said(day: date) -> list[str]:
        rows = texts_with_standing(day=day).filter(kind=TextKind.SERVICES).order_by("version")
        return [standing(row, is_replaced=row.is_replaced, day=day) for row in rows]  # type: ignore[attr-defined]

    assert said(TODAY) == ["Yürürlükte", "Yürürlüğe girmeyecek", "Yürürlüğe girecek", "Yürürlüğe girecek"]
    assert said(TODAY + timedelta(days=10)) == [
        "Yürürlükten kalktı",
        "Yürürlükten kalktı",
        "Yürürlükte",
        "Yürürlüğe girecek",
    ]


def test_a_trial_goes_with_the_other_text_of_that_day(now: datetime) -> None:
    add(now, days=10)
    form = trial_contract(kind=TextKind.INFORMATION, source="# Form\n", day=TODAY + timedelta(days=10))
    assert form.information is not None
    assert (form.text.version, form.information.version, form.information.source) == (2, 2, "# Form\n")
    contract = trial_contract(kind=TextKind.SERVICES, source="# S\n", day=TODAY)
    assert contract.information is not None
    assert (contract.text.version, contract.information.version, contract.demo) == (3, 1, True)
