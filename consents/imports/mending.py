"""What is put right in a row by itself, because it is certain what was meant. Each kind has a name and is counted."""

import re
from enum import StrEnum

from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.rules.fields import DATE
from consents.rules.recipient import is_mail, tidy
from iys_portal.shared.telephone import is_in_use
from iys_portal.shared.turkish import squeeze


class Mend(StrEnum):
    """What was mended; the value is what a person reads."""

    TRIMMED = "Baştaki ve sondaki boşluklar silindi"
    PHONE = "Telefon +90… biçimine çevrildi"
    MAIL = "E-posta adresi küçük harfle, @ çevresinde boşluksuz yazıldı"
    WORD = "Kanal, durum, kaynak ya da alıcı tipi İYS'nin sözcüğüne çevrildi"
    DATE = "Tarih yyyy-aa-gg ss:dd:ss biçimine çevrildi"
    SUPERSEDED = "Aynı izin dosyada yeniden geçiyor; en yeni tarihli satırı geçerli sayıldı"


_CHANNELS = {
    **{squeeze(channel.label): channel.name for channel in Channel},
    **{squeeze(channel.name): channel.name for channel in Channel},
    **dict.fromkeys(("SMS", "KISAMESAJ"), "MESAJ"),
    **dict.fromkeys(("TELEFON", "CAGRI"), "ARAMA"),
    **dict.fromkeys(("MAIL", "EMAIL"), "EPOSTA"),
}
_STATUSES = {
    **{squeeze(status.name): status.name for status in (ConsentStatus.ONAY, ConsentStatus.RET)},
    **dict.fromkeys(("ONAYLI", "ONAYLANDI", "IZINLI"), "ONAY"),
    **dict.fromkeys(("REDDEDILDI", "IZINSIZ"), "RET"),
}
_SOURCES = {
    squeeze(text): source.name for source in Source if not source.is_citizens for text in (source.name, source.label)
}
_KINDS = {squeeze(kind.name): kind.name for kind in RecipientType}
_WORDS = (_CHANNELS, _SOURCES, None, _STATUSES, None, _KINDS, None)

_TURKISH = re.compile(r"(?:\+?90|0090|0)?(5[0-9]{9})")
_CLOCK = r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?"
TURKISH_DAY = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})" + _CLOCK)
ISO_DAY = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})" + _CLOCK)


def mended(cells: tuple[str, ...]) -> tuple[tuple[str, ...], set[Mend]]:
    """Return a row, in the order of the fields, as the register writes it as far as that is certain, and the mends."""
    mends = set()
    values = []
    for place, cell in enumerate(cells):
        text = _bare(cell)
        if text != cell:
            mends.add(Mend.TRIMMED)
        words = _WORDS[place]
        if words is not None and text and text not in words.values():
            known = words.get(squeeze(text))
            if known is not None:
                text = known
                mends.add(Mend.WORD)
        values.append(text)
    kind, recipient, date = values[0], values[2], values[4]
    values[2] = mended_recipient(recipient, mail=kind == Channel.EPOSTA.name)
    if values[2] != recipient:
        mends.add(Mend.MAIL if "@" in recipient else Mend.PHONE)
    values[4] = _date(date)
    if values[4] != date:
        mends.add(Mend.DATE)
    return tuple(values), mends


def _bare(cell: str) -> str:
    """Return a cell without spaces around it and without what keeps a spreadsheet from reading it as a formula."""
    text = cell.strip()
    if text[:1] not in {"=", "'"}:
        return text
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1].strip()
    return text[1:].strip() if text.startswith("'") else text


def mended_recipient(text: str, *, mail: bool) -> str:
    """Return the recipient mended, if that makes it good; else as it was written."""
    if mail:
        better = tidy(text)
        return better if is_mail(better) else text
    found = _TURKISH.fullmatch(text)
    if found is not None:
        return f"+90{found[1]}"
    if not text or is_in_use(text):
        return text
    better = tidy(text)
    return better if better != text and is_in_use(better) else text


def _date(text: str) -> str:
    if DATE.fullmatch(text):
        return text
    if found := TURKISH_DAY.fullmatch(text):
        day, month, year = found[1], found[2], found[3]
    elif found := ISO_DAY.fullmatch(text):
        year, month, day = found[1], found[2], found[3]
    else:
        return text
    hour, minute, second = (part or "0" for part in found.group(4, 5, 6))
    return f"{year}-{int(month):02d}-{int(day):02d} {int(hour):02d}:{int(minute):02d}:{int(second):02d}"
