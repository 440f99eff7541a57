"""Recipients: how phones and e-mail addresses are written in the register.

Almost every phone is a Turkish mobile number, and one regular expression says so. `phonenumbers` (libphonenumber) is
the arbiter of all others; a test holds the expression to it.
"""

import re
from string import ascii_lowercase, ascii_uppercase

import phonenumbers

from consents.enums import Channel

MOST_PHONE = 15
_MAIL_LENGTHS = range(6, 266)

# The ranges of Turkish mobile numbers that are wholly in use, and 599, which nobody has: İYS's examples lie there.
TURKISH_MOBILE = re.compile(r"\+905(?:[0345][0-9]|1[06]|24|6[24]|7[245]|9[469])[0-9]{7}")
EXAMPLE = re.compile(r"\+90599[0-9]{7}")
_E164 = re.compile(r"\+[1-9][0-9]+")
MAIL = re.compile(r"[a-z0-9._+-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_IN_PHONES = re.compile(r"[\s().\-/]+")
_CAPITALS = str.maketrans(ascii_uppercase, ascii_lowercase)
# What a Turkish keyboard makes of an i in an address.
_KEYBOARD = str.maketrans("İı", "ii")


def is_phone(text: str) -> bool:
    """Return whether this is a phone number in E.164 whose range is in use, written as it is stored."""
    if TURKISH_MOBILE.fullmatch(text):
        return True
    if len(text) > MOST_PHONE or not _E164.fullmatch(text):
        return False
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written == text and phonenumbers.is_valid_number(number)


def is_mail(text: str) -> bool:
    """Return whether this is an e-mail address as the register takes it, in small letters."""
    return len(text) in _MAIL_LENGTHS and MAIL.fullmatch(text) is not None


def lower_ascii(text: str) -> str:
    """Return the text with its plain capitals in small letters; all other letters stay what they are."""
    return text.translate(_CAPITALS)


def read_recipient(text: str, channel: Channel | None) -> tuple[str, str | None]:
    """Return the recipient as it is stored, and the code of what is wrong. Strict: nothing but capitals is mended.

    Without a channel (its name was wrong) either form is good.
    """
    if not text:
        return "", "H114"
    mail = lower_ascii(text)
    if channel == Channel.EPOSTA:
        return mail, None if is_mail(mail) else "H120"
    if is_phone(text):
        return text, None
    if channel is None:
        return mail, None if is_mail(mail) else "H122"
    return text, "H166" if len(text) > MOST_PHONE and _E164.fullmatch(text) else "H121"


def tidy(text: str) -> str:
    """Return what a person typed as the register writes it, as far as that is certain; else the text, stripped.

    0532 123 45 67, 532…, 0090… and +90 (532)… become +90532…; addresses lose their spaces and capitals.
    """
    text = text.strip()
    if "@" in text:
        return lower_ascii("".join(text.split()).translate(_KEYBOARD))
    compact = _IN_PHONES.sub("", text)
    if compact.startswith("00"):
        compact = f"+{compact[2:]}"
    if not re.fullmatch(r"\+?[0-9]{7,17}", compact):
        return text
    if not compact.startswith(("+", "0")) and compact.startswith("90") and len(compact) == 12:
        compact = f"+{compact}"
    try:
        number = phonenumbers.parse(compact, "TR")
    except phonenumbers.NumberParseException:
        return compact
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
