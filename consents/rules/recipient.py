"""Recipients: how phones and e-mail addresses are written in the register.

Phones are `iys_portal.shared.telephone`'s: those of a range that is given out, and İYS's examples.
"""

import re
from string import ascii_lowercase, ascii_uppercase

from consents.enums import Channel
from iys_portal.shared import telephone

MAIL_LENGTHS = range(6, 266)

MAIL = re.compile(r"[a-z0-9._+-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_CAPITALS = str.maketrans(ascii_uppercase, ascii_lowercase)
# What a Turkish keyboard makes of an i in an address.
_KEYBOARD = str.maketrans("İı", "ii")
_AROUND_AT = re.compile(r"\s*@\s*")


def is_mail(text: str) -> bool:
    """Return whether this is an e-mail address as the register takes it, in small letters."""
    return len(text) in MAIL_LENGTHS and MAIL.fullmatch(text) is not None


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
    if telephone.is_in_use(text):
        return text, None
    if channel is None:
        return mail, None if is_mail(mail) else "H122"
    return text, "H166" if len(text) > telephone.LONGEST and telephone.E164.fullmatch(text) else "H121"


def tidy(text: str) -> str:
    """Return what a person typed as the register writes it, as far as that is certain; else the text, stripped.

    0532 123 45 67, 532…, 0090… and +90 (532)… become +90532…; addresses lose their capitals and the spaces around @.
    Any other space may part a name from an address: closing it would make the address of somebody else.
    """
    text = text.strip()
    if "@" in text:
        return lower_ascii(_AROUND_AT.sub("@", text).translate(_KEYBOARD))
    return telephone.read(text)
