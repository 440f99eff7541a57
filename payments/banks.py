"""Turkish banks by the code in their IBANs (the EFT code, characters 5 to 9)."""

from iys_portal.shared.turkish import search_key

BANKS = {
    "00010": "Ziraat Bankası",
    "00012": "Halkbank",
    "00015": "VakıfBank",
    "00032": "TEB",
    "00046": "Akbank",
    "00059": "Şekerbank",
    "00062": "Garanti",
    "00064": "İş Bankası",
    "00067": "Yapı Kredi",
    "00099": "ING",
    "00111": "QNB",
    "00134": "DenizBank",
    "00203": "Albaraka",
    "00205": "Kuveyt Türk",
    "00206": "Türkiye Finans",
    "00209": "Ziraat Katılım",
    "00210": "Vakıf Katılım",
}
"""The part of the name by which each is known; any longer form of a name holds it."""


def bank_of(iban: str) -> str | None:
    """Return the bank of a Turkish IBAN (without spaces), or None when its code is not in the table."""
    return BANKS.get(iban[4:9])


def is_named(bank: str, name: str) -> bool:
    """Return whether `name`, as somebody typed it, names `bank` (``T. İş Bankası`` names ``İş Bankası``)."""
    return search_key(bank).replace(" ", "") in search_key(name).replace(" ", "")
