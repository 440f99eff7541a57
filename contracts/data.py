"""What a contract says about its parties, its product and its approval: frozen values, no database.

`ContractData.terms()` is the canonical form: it is shown to the customer, stored with the approval, attached
to the PDF, and read back by `from_terms`, so that a document made later says exactly what was approved.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of the contract, as it was when the text was shown."""

    title: str
    tax_number: str
    address: str
    phone: str
    email: str
    mersis: str = ""
    website: str = ""


COMPANY = Party(
    title="İleti Yönetim Sistemi Anonim Şirketi",
    tax_number="8450525470",
    address="Mustafa Kemal Mah. Dumlupınar Blv. Türkiye Odalar ve Borsalar Birliği No: 252 Çankaya, Ankara",
    phone="0850 333 3338",
    email="bilgi@iys.org.tr",
    mersis="0845052547000001",
    website="https://iys.org.tr",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVersion:
    """One version of a contract's wording, in the markup of `contracts.markup`."""

    kind: str
    version: int
    source: str

    @property
    def sha256(self) -> str:
        """The hash (64 hex digits) of the source in UTF-8, placeholders not filled."""
        return hashlib.sha256(self.source.encode()).hexdigest()


def _reference(text: TextVersion) -> dict[str, Any]:
    return {"kind": text.kind, "version": text.version, "sha256": text.sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How the authorised person, known by e-Devlet, approved the text. It is evidence, not a signature.

    `approved_at` is an aware instant; `text_sha256` is the source's hash, `information_sha256` that of the
    pre-information form (empty: there was none), `shown_sha256` the hash of all filled text that was shown.
    """

    approved_at: datetime
    ip: str
    user_agent: str
    checkbox_label: str
    text_sha256: str
    shown_sha256: str
    information_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractData:
    """Everything a contract is filled with. Amounts are in TRY, net + kdv == gross; `kdv_rate` is in percent.

    `authorised_tckn` is masked (``100******46``): a whole TCKN is refused with ValueError. `order_code` is in
    its printed form (``KM7-T3R-AWC``). The term's days are both inclusive, and unknown before activation.
    `information` is the pre-information form, annexed to the contract; orders approved before there was one have
    none, and no `address_limit` in words (``En çok 150.000 adres``) either: their terms stay as they are stored.
    """

    company: Party = COMPANY
    provider: Party
    iys_no: int
    authorised_person: str
    authorised_tckn: str
    product: str
    net: Decimal
    kdv_rate: Decimal
    kdv: Decimal
    gross: Decimal
    order_code: str
    text: TextVersion
    demo: bool
    evidence: Evidence | None = None
    term_start: date | None = None
    term_end: date | None = None
    information: TextVersion | None = None
    address_limit: str = ""

    def __post_init__(self) -> None:
        if self.authorised_tckn.isdigit():
            raise ValueError("the TCKN must be masked")
        if self.net + self.kdv != self.gross:
            raise ValueError("net and KDV do not add up")

    def terms(self) -> dict[str, Any]:
        """Return what the customer is shown, as JSON values; amounts are texts such as ``"5097.60"``."""
        return {
            "company": asdict(self.company),
            "provider": asdict(self.provider),
            "iys_no": self.iys_no,
            "authorised_person": self.authorised_person,
            "authorised_tckn": self.authorised_tckn,
            "product": self.product,
            "currency": "TRY",
            "net": str(self.net),
            "kdv_rate": str(self.kdv_rate),
            "kdv": str(self.kdv),
            "gross": str(self.gross),
            "order_code": self.order_code,
            "text": _reference(self.text),
            "demo": self.demo,
            **self._annex(),
        }

    def _annex(self) -> dict[str, Any]:
        if self.information is None:
            return {}
        return {"information": _reference(self.information), "address_limit": self.address_limit}

    @classmethod
    def from_terms(
        cls,
        terms: Mapping[str, Any],
        *,
        text: TextVersion,
        information: TextVersion | None = None,
        evidence: Evidence | None = None,
        term: tuple[date, date] | None = None,
    ) -> Self:
        """Return the data that `terms` were made of; raise ValueError unless the texts are those they name."""
        named = terms["text"], terms.get("information")
        if named != (_reference(text), information and _reference(information)):
            raise ValueError("the terms belong to another contract text")
        start, end = term or (None, None)
        return cls(
            company=Party(**terms["company"]),
            provider=Party(**terms["provider"]),
            iys_no=terms["iys_no"],
            authorised_person=terms["authorised_person"],
            authorised_tckn=terms["authorised_tckn"],
            product=terms["product"],
            net=Decimal(terms["net"]),
            kdv_rate=Decimal(terms["kdv_rate"]),
            kdv=Decimal(terms["kdv"]),
            gross=Decimal(terms["gross"]),
            order_code=terms["order_code"],
            demo=terms["demo"],
            text=text,
            information=information,
            address_limit=terms.get("address_limit", ""),
            evidence=evidence,
            term_start=start,
            term_end=end,
        )
