"""Tax numbers: a company's VKN, or a sole trader's own TCKN, which is personal data.

A row keeps the one in `tax_number`, the other encrypted in `tax_tckn_encrypted` with its keyed hash.
"""

from typing import TypedDict

from stdnum.tr import tckimlik, vkn

from iys_portal.shared.crypto import decrypt, encrypt, lookup_hash, mask_tckn

_TCKN_DIGITS = 11


class TinColumns(TypedDict):
    """The columns of a row by their names."""

    tax_number: str
    tax_tckn_hash: str | None
    tax_tckn_encrypted: bytes | None


def is_tin(text: str) -> bool:
    """Return whether this is a VKN or a TCKN with right check digits."""
    return text.isascii() and text.isdecimal() and bool(vkn.is_valid(text) or tckimlik.is_valid(text))


def tin_columns(tin: str) -> TinColumns:
    """Return how a row keeps this tax number."""
    if len(tin) == _TCKN_DIGITS:
        return {"tax_number": "", "tax_tckn_hash": lookup_hash(tin), "tax_tckn_encrypted": encrypt(tin.encode())}
    return {"tax_number": tin, "tax_tckn_hash": None, "tax_tckn_encrypted": None}


def tin_lookup(tin: str) -> dict[str, str]:
    """Return by which column, and which value in it, the rows with this tax number are found."""
    columns = tin_columns(tin)
    hashed = columns["tax_tckn_hash"]
    return {"tax_tckn_hash": hashed} if hashed else {"tax_number": tin}


class HasTin:
    """What a row with these columns says of its tax number."""

    tax_number: str
    tax_tckn_encrypted: bytes | memoryview | None

    @property
    def tin(self) -> str:
        """The whole number, or an empty text: for whom the law shows it to, never for a page."""
        return decrypt(self.tax_tckn_encrypted).decode() if self.tax_tckn_encrypted else self.tax_number

    @property
    def shown_tin(self) -> str:
        """The number as it may be shown: a TCKN is masked."""
        return mask_tckn(self.tin) if self.tax_tckn_encrypted else self.tax_number

    @property
    def tin_label(self) -> str:
        """What the number is called."""
        return "TCKN" if self.tax_tckn_encrypted else "VKN"
