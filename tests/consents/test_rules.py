"""The rules of a record's fields: every code, every field, without a database."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.rules.calendar import Calendar
from consents.rules.faults import RULES, Fault, Stage
from consents.rules.fields import FIRST_DAY, Movement, Policy, Raw, read
from consents.rules.recipient import read_recipient, tidy
from consents.rules.state import Standing, judge, judge_citizens
from consents.rules.transaction import transaction_id

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday at noon in Istanbul
POLICY = Policy(Calendar())
GOOD = Raw("+905321234567", "MESAJ", "ONAY", "HS_WEB", "2026-11-23 10:00:00", "BIREYSEL")


def faults(raw: Raw, policy: Policy = POLICY) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in read(raw, policy=policy, now=NOW).faults]


def test_a_good_record_is_a_movement() -> None:
    assert read(GOOD, policy=POLICY, now=NOW).movement == Movement(
        "+905321234567",
        Channel.MESAJ,
        RecipientType.BIREYSEL,
        ConsentStatus.ONAY,
        Source.HS_WEB,
        datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    )


def test_the_recipient_type_is_bireysel_when_it_is_absent() -> None:
    assert (
        read(replace(GOOD, recipient_type=""), policy=POLICY, now=NOW).movement
        == read(GOOD, policy=POLICY, now=NOW).movement
    )


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"recipient": ""}, "recipient", "H114"),
        ({"recipient": "05321234567"}, "recipient", "H121"),
        ({"recipient": "+9005321234567"}, "recipient", "H121"),
        ({"recipient": "+90532123456"}, "recipient", "H121"),
        ({"recipient": "+905821234567"}, "recipient", "H121"),
        ({"recipient": " +905321234567"}, "recipient", "H121"),
        ({"recipient": "ad@ornek.com"}, "recipient", "H121"),
        ({"recipient": "+9053212345678901"}, "recipient", "H166"),
        ({"recipient": "ad@ornek", "type": "EPOSTA"}, "recipient", "H120"),
        ({"recipient": "çağrı@ornek.com", "type": "EPOSTA"}, "recipient", "H120"),
        ({"recipient": "a d@ornek.com", "type": "EPOSTA"}, "recipient", "H120"),
        ({"recipient": "a!d@ornek.com", "type": "EPOSTA"}, "recipient", "H120"),
        ({"recipient": "a@b.c", "type": "EPOSTA"}, "recipient", "H120"),
        ({"recipient": "a" * 255 + "@ornek.com.tr", "type": "EPOSTA"}, "recipient", "H120"),
        ({"recipient": "+905321234567", "type": "EPOSTA"}, "recipient", "H120"),
        ({"type": ""}, "type", "H111"),
        ({"type": "SMS"}, "type", "H117"),
        ({"status": ""}, "status", "H110"),
        ({"status": "BEKLIYOR"}, "status", "H115"),
        ({"status": "onay"}, "status", "H115"),
        ({"source": ""}, "source", "H113"),
        ({"source": "HS_FAKS"}, "source", "H119"),
        ({"source": "IYS_WEB"}, "source", "H119"),
        ({"source": "HS_KARAR"}, "status", "H408"),
        ({"source": "HS_2015"}, "consentDate", "H155"),
        ({"source": "HS_2015", "consent_date": "2015-05-01 00:00:00"}, "consentDate", "H467"),
        ({"consent_date": ""}, "consentDate", "H112"),
        ({"consent_date": "2026-11-23 10:00:00 "}, "consentDate", "H158"),
        ({"consent_date": "23.11.2026 10:00"}, "consentDate", "H158"),
        ({"consent_date": "2026-11-31 10:00:00"}, "consentDate", "H157"),
        ({"consent_date": "2026-11-23 24:00:00"}, "consentDate", "H157"),
        ({"consent_date": "2015-04-30 23:59:59"}, "consentDate", "H156"),
        ({"consent_date": "2026-11-23 12:00:01"}, "consentDate", "H162"),
        ({"consent_date": "2026-11-17 23:59:59"}, "consentDate", "H467"),
        ({"recipient_type": "ESNAF"}, "recipientType", "H116"),
    ],
)
def test_one_fault(change: dict[str, str], field: str, code: str) -> None:
    assert faults(replace(GOOD, **change)) == [(field, code)]


@pytest.mark.parametrize(
    ("change", "policy"),
    [
        ({"recipient": "+903121234567", "type": "ARAMA"}, POLICY),
        ({"recipient": "+4915112345678"}, POLICY),
        ({"recipient": "+905992000000"}, POLICY),
        ({"recipient": "Ad.Soyad+liste@Ornek.COM.TR", "type": "EPOSTA"}, POLICY),
        ({"recipient": "a--b__c..d@or-nek.com", "type": "EPOSTA"}, POLICY),
        ({"source": "HS_KARAR", "status": "RET"}, POLICY),
        ({"consent_date": "2026-11-18 00:00:00"}, POLICY),
        ({"consent_date": "2026-11-23 12:00:00"}, POLICY),
        ({"recipient_type": "TACIR", "source": "", "consent_date": ""}, POLICY),
        (
            {"source": "HS_2015", "consent_date": "2015-05-01 00:00:00"},
            Policy(Calendar(), transition_open=True),
        ),
    ],
)
def test_no_fault(change: dict[str, str], policy: Policy) -> None:
    assert faults(replace(GOOD, **change), policy) == []


def test_all_faults_are_told_in_the_order_of_the_fields() -> None:
    assert faults(Raw("x", "SMS", "EVET", "FAKS", "dün", "ESNAF")) == [
        ("recipient", "H122"),
        ("type", "H117"),
        ("status", "H115"),
        ("source", "H119"),
        ("consentDate", "H158"),
        ("recipientType", "H116"),
    ]
    assert faults(Raw()) == [
        ("recipient", "H114"),
        ("type", "H111"),
        ("status", "H110"),
        ("source", "H113"),
        ("consentDate", "H112"),
    ]


def test_every_rule_says_what_to_do() -> None:
    assert [code for code, rule in RULES.items() if not (rule.message and rule.hint)] == []
    assert {code: rule.status for code, rule in RULES.items() if rule.stage == Stage.STATE} == dict.fromkeys(
        ["H174", "H175", "H178", "H462", "H463"], 400
    )
    assert Fault("H525", "recipient").status == 422


# --- State ------------------------------------------------------------------------------------------------------------
ONAY, RET = ConsentStatus.ONAY, ConsentStatus.RET
THEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 9, 0, 1, tzinfo=UTC)


def movement(status: ConsentStatus, at: datetime | None = LATER, **changes: object) -> Movement:
    plain = Movement("+905321234567", Channel.MESAJ, RecipientType.BIREYSEL, status, Source.HS_WEB, at)
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("standing", "new", "codes"),
    [
        (None, movement(ONAY), []),
        (None, movement(RET), ["H175"]),
        (Standing(ONAY, THEN), movement(ONAY), []),
        (Standing(ONAY, THEN), movement(RET), []),
        (Standing(RET, THEN), movement(ONAY), []),
        (Standing(RET, THEN), movement(RET), ["H174"]),
        (Standing(ONAY, THEN), movement(ONAY, THEN), ["H178"]),
        (Standing(ONAY, LATER), movement(RET, THEN), ["H178"]),
        (Standing(RET, LATER), movement(ONAY, THEN), ["H178"]),
        (Standing(RET, LATER), movement(RET, THEN), ["H174"]),
        (Standing(ONAY, None), movement(ONAY, THEN), []),
        (Standing(ONAY, THEN), movement(RET, None, source=None), ["H463", "H462"]),
        (Standing(RET, THEN), movement(RET, None, source=None), ["H174", "H463", "H462"]),
        (Standing(ONAY, THEN), movement(RET, LATER, source=None), ["H463"]),
        (Standing(ONAY, THEN), movement(RET, None), ["H462"]),
        (Standing(ConsentStatus.BEKLIYOR, THEN), movement(RET), []),
        (Standing(ConsentStatus.BEKLIYOR, THEN), movement(ONAY, THEN), ["H178"]),
    ],
)
def test_the_matrix_of_conflicts(standing: Standing | None, new: Movement, codes: list[str]) -> None:
    assert [fault.code for fault in judge(standing, new, policy=POLICY)] == codes


def test_a_merchants_first_refusal_is_a_setting() -> None:
    merchant = movement(RET, None, source=None, recipient_type=RecipientType.TACIR)
    free = Policy(Calendar(), tacir_first_ret=True)
    assert [fault.code for fault in judge(None, merchant, policy=POLICY)] == ["H175"]
    assert judge(None, merchant, policy=free) == []
    assert [fault.code for fault in judge(None, movement(RET), policy=free)] == ["H175"]


@pytest.mark.parametrize(
    ("standing", "new", "codes"),
    [
        (None, movement(RET), []),
        (Standing(RET, THEN), movement(RET), []),
        (Standing(ONAY, THEN), movement(RET, THEN), []),
        (Standing(ConsentStatus.BEKLIYOR, THEN), movement(RET, THEN), []),
        (Standing(RET, THEN), movement(RET, THEN), ["H178"]),
        (Standing(ONAY, THEN), movement(ONAY, THEN), ["H178"]),
        (Standing(RET, THEN), movement(ONAY, THEN), ["H178"]),
        (Standing(ONAY, LATER), movement(RET, THEN), ["H178"]),
        (Standing(ONAY, None), movement(RET, THEN), []),
    ],
)
def test_a_citizen_wins_by_date(standing: Standing | None, new: Movement, codes: list[str]) -> None:
    assert [fault.code for fault in judge_citizens(standing, new)] == codes


# --- Recipients -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("0532 123 45 67", "+905321234567"),
        ("532 123 45 67", "+905321234567"),
        ("+90 (532) 123-45-67", "+905321234567"),
        ("0090 532 123 45 67", "+905321234567"),
        ("905321234567", "+905321234567"),
        ("+9005321234567", "+905321234567"),
        ("0599 200 00 00", "+905992000000"),
        ("0312 123 45 67", "+903121234567"),
        ("+49 151 12345678", "+4915112345678"),
        (" ALI.VELI@ORNEK.COM ", "ali.veli@ornek.com"),
        ("ALİ.VELİ@ORNEK.COM", "ali.veli@ornek.com"),
        ("ali.veli @ ornek.com", "ali.veli@ornek.com"),
        ("Ali Veli ali@ornek.com", "ali veli ali@ornek.com"),
        ("ali@ornek. com", "ali@ornek. com"),
        ("Şule@ornek.com", "Şule@ornek.com"),
        ("Şule Işık", "Şule Işık"),
        ("+90", "+90"),
    ],
)
def test_what_people_type(typed: str, written: str) -> None:
    assert tidy(typed) == written


@given(st.text(max_size=30))
def test_reading_and_tidying_never_break_and_tidying_is_done_once(text: str) -> None:
    read_recipient(text, None)
    assert tidy(tidy(text)) == tidy(text)


# --- Transaction ids --------------------------------------------------------------------------------------------------
def test_the_transaction_id_is_the_hash_of_what_was_said() -> None:
    """Computed once by hand: sha256 of `675400|675409|BIREYSEL|MESAJ|+905321234567|ONAY|2026-11-20 …|2026-11-23 …`."""
    number = transaction_id(movement(ONAY), iys_code=675400, brand_code=675409, created_at=NOW)
    assert number == EXPECTED
    assert number != transaction_id(movement(RET), iys_code=675400, brand_code=675409, created_at=NOW)


EXPECTED = "327546ce9c64c35687dda7dc4fbc0c70b78e8aad860c118444fb88de38e2de67"


def test_the_first_day_is_midnight_in_istanbul() -> None:
    assert datetime(2015, 4, 30, 21, 0, tzinfo=UTC) == FIRST_DAY
