"""Bodies of requests: JSON into movements, or into everything that is wrong with them in İYS's form.

A consent whose fields have their types and that is surely good is known at a glance, as in a file
(consents/imports/judging.py). Whatever is not goes to `read_consent`, which asks the one table of rules and finds
every fault.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from consents.enums import Channel, RecipientType, Source
from consents.imports.judging import RowJudge, staged_of
from consents.rules.fields import Movement, Policy, Raw, read
from consents.rules.recipient import is_mail, read_recipient
from consents.rules.requests import MOST_ITEMS
from consents.services.batches import Item
from iys_portal.api.codes import codes
from iys_portal.api.errors import Problem, Refused, problem, refused
from iys_portal.shared.telephone import LONGEST, are_turkish_mobiles

MOST_ACCESS = 100
"""To so many dealers one call opens a consent."""

_WRONG = "\0"
"""Stands for a value of a type that no field has; it is in none of the rules' lists."""
_TEXTS = {
    "recipient": "recipient",
    "type": "type",
    "status": "status",
    "source": "source",
    "consentDate": "consent_date",
    "recipientType": "recipient_type",
}
_KNOWN = (*_TEXTS, "retailerCode", "retailerAccess")
_MISSING = frozenset({"H110", "H111", "H112", "H113", "H114", "H170"})
_CODES = range(10_000_000, 100_000_000)


class ConsentBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A consent as programs send it."""

    recipient: str = ""
    type: str = ""
    status: str = ""
    source: str = ""
    consent_date: str = ""
    recipient_type: str | UnsetType = UNSET
    retailer_code: int | UnsetType = UNSET
    retailer_access: list[int] | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Asked:
    """A movement that a program asks for, and the dealers it names."""

    movement: Movement
    retailer_code: int | None = None
    retailer_access: tuple[int, ...] = ()


# --- One consent ------------------------------------------------------------------------------------------------------
def consent_in(raw: Any, *, policy: Policy, now: datetime) -> Asked:
    """Read the JSON that asks for one movement. Raises Refused with all faults of its fields."""
    if not isinstance(raw, dict):
        raise refused("H085")
    found = read_consent(raw, policy=policy, now=now)
    if isinstance(found, list):
        raise refused_fields(found)
    return found


def read_consent(
    raw: Mapping[str, Any], *, policy: Policy, now: datetime, index: int | UnsetType = UNSET
) -> Asked | list[Problem]:
    """Return the movement that an object of JSON means, or all its faults: those of its fields, else of the gate."""
    words = {name: _text(raw.get(key)) for key, name in _TEXTS.items()}
    if "recipientType" in raw and not words["recipient_type"]:
        words["recipient_type"] = _WRONG
    reading = read(Raw(**words), policy=policy, now=now)
    problems = []
    for fault in reading.faults:
        problems += _problems_of(fault.code, fault.field, raw, index)
    if words["recipient_type"] == RecipientType.TACIR.name:
        problems += [_empty(key, index) for key in ("source", "consentDate") if key in raw and not words[_TEXTS[key]]]
    code, wrong_code = _retailer_code(raw, index)
    access, wrong_access = _retailer_access(raw, index)
    unknown = [
        problem("H118", location=[key], value=value, index=index) for key, value in raw.items() if key not in _KNOWN
    ]
    problems += [*wrong_code, *wrong_access, *unknown]
    fields = [each for each in problems if each.code != "H180"]
    if problems or reading.movement is None:
        return fields or problems
    return Asked(reading.movement, code, access)


def _text(value: Any) -> str:
    """Return a text as it is; "" for what is not there; what is no text as something that no rule lets pass."""
    if isinstance(value, str):
        return value
    return "" if value is None else _WRONG


def _problems_of(code: str, field: str, raw: Mapping[str, Any], index: int | UnsetType) -> list[Problem]:
    if code in _MISSING:
        return [problem(code, location=[field], index=index)]
    value = raw.get(field)
    codes = [code]
    if code == "H121" and isinstance(value, str) and len(value) > LONGEST and value.lstrip("+").isdecimal():
        codes.insert(0, "H160")
    return [problem(each, location=[field], value=value, index=index) for each in codes]


def _empty(field: str, index: int | UnsetType) -> Problem:
    """Return the fault of a field that is there and says nothing: what need not be said is left out."""
    return Problem("H267", f"{field} değeri boş olmamalıdır.", location=[field], index=index)


def _retailer_code(raw: Mapping[str, Any], index: int | UnsetType) -> tuple[int | None, list[Problem]]:
    if "retailerCode" not in raw:
        return None, []
    value = raw["retailerCode"]
    if value in (None, ""):
        return None, [_empty("retailerCode", index)]
    code = _dealer(value)
    if code is None:
        return None, [problem("H180", location=["retailerCode"], value=value, index=index)]
    return code, []


def _retailer_access(raw: Mapping[str, Any], index: int | UnsetType) -> tuple[tuple[int, ...], list[Problem]]:
    if "retailerAccess" not in raw:
        return (), []
    values = raw["retailerAccess"]
    if not isinstance(values, list) or not values:
        return (), [problem("H163", location=["retailerAccess"], value=values, index=index)]
    if len(values) > MOST_ACCESS:
        return (), [problem("H126", location=["retailerAccess"], value=values, index=index)]
    codes = [_dealer(value) for value in values]
    problems = []
    for place, (code, value) in enumerate(zip(codes, values, strict=True)):
        if code is None:
            problems.append(problem("H180", location=["retailerAccess", place], value=value, index=index))
        elif code in codes[:place]:
            problems.append(problem("H193", location=["retailerAccess", place], value=value, index=index))
    return tuple(code for code in codes if code is not None), problems


def _dealer(value: Any) -> int | None:
    """Return a dealer's code, a number or its digits; None for what nobody's code can be."""
    if isinstance(value, str) and len(value) == 8 and value.isascii() and value.isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in _CODES else None


def refused_fields(problems: Sequence[Problem]) -> Refused:
    """Return the refusal of faults of fields: 422 where any of them is answered so."""
    statuses = {codes()[each.code].status for each in problems}
    return Refused(problems, status=422 if 422 in statuses else min(statuses))


# --- A batch ----------------------------------------------------------------------------------------------------------
class _Plain(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    """A consent that is an object of texts and names no dealer, as nearly all are."""

    recipient: str = ""
    type: str = ""
    status: str = ""
    source: str = ""
    consent_date: str = ""
    recipient_type: str = ""


_PLAIN = msgspec.json.Decoder(list[_Plain])


def batch_in(raw: bytes, *, policy: Policy, now: datetime, read_json: Callable[[], Any]) -> list[Item]:
    """Read the JSON that asks for up to a thousand movements, no two of one key.

    `read_json` gives the same as any JSON, or refuses it as none; it is asked for what is not known at a glance.
    Raises Refused with all faults of the fields of all of them (and H194 for keys that come again); one fault refuses
    the whole list.
    """
    glances = _glances(raw, RowJudge(policy=policy, now=now))
    good = [item for item in glances if item is not None]
    if 0 < len({_key(item) for item in good}) == len(glances) <= MOST_ITEMS:
        return good
    bodies = read_json()
    if not isinstance(bodies, list) or not bodies:
        raise refused("H092")
    if len(bodies) > MOST_ITEMS:
        raise refused("H091")
    items: list[Item] = []
    problems: list[Problem] = []
    keys: set[tuple[str, int, int]] = set()
    for index, each in enumerate(bodies):
        found = (glances[index] if glances else None) or _arbited(each, policy=policy, now=now, index=index)
        if isinstance(found, list):
            problems += found
            continue
        key = _key(found)
        if key in keys:
            problems.append(problem("H194", index=index))
        keys.add(key)
        items.append(found)
    if problems:
        raise refused_fields([each for each in problems if each.code != "H180"] or problems)
    return items


def _key(item: Item) -> tuple[str, int, int]:
    return item.recipient, item.channel, item.recipient_type


def _glances(raw: bytes, judge: RowJudge) -> Sequence[Item | None]:
    """Return of each consent what it says, None unless it is surely good; nothing where they are not plain ones."""
    # What is there and says nothing is no matter of a glance: it may not be taken for what is not there.
    if b'""' in raw:
        return []
    try:
        bodies = _PLAIN.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return []
    if (items := _all_at_a_glance(bodies, judge)) is not None:
        return items
    found = [
        judge.at_a_glance(
            (each.type, each.source, each.recipient, each.status, each.consent_date, each.recipient_type, "")
        )
        for each in bodies
    ]
    return [None if staged is None else Item(*staged) for staged in found]


def _all_at_a_glance(bodies: Sequence[_Plain], judge: RowJudge) -> list[Item] | None:
    """Return what consents say that are all surely good and dated, else None: as `RowJudge.at_a_glance`, by columns."""
    words = [(each.type, each.source, each.status, each.recipient_type) for each in bodies]
    kinds = {each: judge.kind_of(each) for each in set(words)}
    known = {each: kind[:4] for each, kind in kinds.items() if kind is not None and kind.source != Source.HS_2015}
    if len(known) < len(kinds):
        return None
    by_mail = Channel.EPOSTA.name
    mails = [each.recipient for each in bodies if each.type == by_mail]
    phones = [each.recipient for each in bodies if each.type != by_mail]
    instants = judge.instants([each.consent_date for each in bodies])
    if instants is None or not (are_turkish_mobiles(phones) and all(map(is_mail, mails))):
        return None
    return [Item(each.recipient, *known[kind], at) for each, kind, at in zip(bodies, words, instants, strict=True)]


def _arbited(body: Any, *, policy: Policy, now: datetime, index: int) -> Item | list[Problem]:
    if not isinstance(body, dict):
        return [problem("H085", index=index)]
    found = read_consent(body, policy=policy, now=now, index=index)
    if isinstance(found, list):
        return found
    return Item(*staged_of(found.movement, found.retailer_code), found.retailer_access)


# --- Which consents are asked for -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Key:
    """A consent that is asked for: with the brand it is a key of the store."""

    recipient: str
    channel: Channel
    recipient_type: RecipientType


def key_in(raw: Any) -> Key:
    """Read the JSON that names one consent. Raises Refused with all faults of its fields; others are passed over."""
    if not isinstance(raw, dict):
        raise refused("H097")
    words = {name: _text(raw.get(name)) for name in ("recipient", "type", "recipientType")}
    problems = []
    channel = Channel.__members__.get(words["type"])
    recipient, wrong = read_recipient(words["recipient"], channel)
    if wrong is not None:
        problems += _problems_of(_as_asked(wrong, words["recipient"]), "recipient", raw, UNSET)
    if channel is None:
        problems += _problems_of("H117" if words["type"] else "H111", "type", raw, UNSET)
    kind = RecipientType.__members__.get(words["recipientType"])
    if kind is None:
        problems += _problems_of("H116" if words["recipientType"] else "H170", "recipientType", raw, UNSET)
    if problems or channel is None or kind is None:
        raise Refused(problems)
    return Key(recipient, channel, kind)


def _as_asked(code: str, recipient: str) -> str:
    """Return the code of a question for that of a record: whatever follows the plus sign, too long is too long."""
    is_long = recipient.startswith("+") and len(recipient) > LONGEST and recipient[1:].isdecimal()
    return "H166" if code == "H121" and is_long else code


def recipients_in(raw: Any, channel: Channel) -> list[str]:
    """Read the JSON that names up to a thousand recipients of one channel, as they are stored and in their order.

    Raises Refused: H168, H478, H164, H127, and for single ones H464 and H193.
    """
    if not isinstance(raw, dict):
        raise refused("H403")
    values = raw.get("recipients")
    if values is None:
        raise refused("H168", location=["recipients"])
    if not isinstance(values, list):
        raise refused("H478", location=["recipients"], value=values)
    if not values:
        raise refused("H164", location=["recipients"], value=values)
    if len(values) > MOST_ITEMS:
        raise Refused([Problem("H127", _MOST_RECIPIENTS, ["recipients"])])
    # Nearly all lists are good, and known to be at a glance.
    if set(map(type, values)) == {str} and len(set(values)) == len(values) and _are_good(values, channel):
        return values
    return _one_by_one(values, channel)


def _are_good(recipients: Sequence[str], channel: Channel) -> bool:
    return all(map(is_mail, recipients)) if channel == Channel.EPOSTA else are_turkish_mobiles(recipients)


def _one_by_one(values: list[Any], channel: Channel) -> list[str]:
    recipients: list[str] = []
    seen: set[str] = set()
    problems = []
    for place, value in enumerate(values):
        recipient, wrong = read_recipient(_text(value), channel)
        if wrong is not None:
            form = "e-posta" if channel == Channel.EPOSTA else "telefon"
            problems.append(Problem("H464", _OTHER_FORM.format(channel.name, form), ["recipient"], value))
        elif recipient in seen:
            problems.append(Problem("H193", _TWICE, ["recipients", place], value))
        seen.add(recipient)
        recipients.append(recipient)
    if problems:
        raise Refused(problems)
    return recipients


_MOST_RECIPIENTS = f"Alıcı listesi (recipients) uzunluğu en fazla {MOST_ITEMS} olmalıdır."
_OTHER_FORM = "İzin tipi (type) {} için, alıcı (recipient) {} formatında olmalıdır."
_TWICE = "Alıcı (recipient) değeri liste içinde tekrarlanamaz."
