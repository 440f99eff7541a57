"""Files of refunds for the bank, made from the rows alone: the same rows give the same bytes. Pure.

The CSV is the upload list of Turkish internet branches: one transfer a row, semicolons, decimal comma, cp1254 is not
needed because banks take UTF-8 with its mark. The XML is ISO 20022 pain.001.001.09.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree as ET

from iys_portal.shared.tables import csv_bytes

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_HEAD = ("Sıra", "Alıcı Adı", "Alıcı IBAN", "Tutar", "Para Birimi", "Açıklama", "Referans", "İşlem Tarihi")
PAYER = "İleti Yönetim Sistemi A.Ş."


@dataclass(frozen=True)
class Payment:
    """One transfer that goes out: TRY, an IBAN without spaces."""

    reference: str
    name: str
    iban: str
    amount: Decimal
    text: str


def as_csv(payments: Sequence[Payment], *, day: date) -> bytes:
    """Return the upload list; no cell can become a formula."""
    rows = [
        (
            str(number),
            payment.name,
            payment.iban,
            f"{payment.amount:.2f}".replace(".", ","),
            "TRY",
            payment.text,
            payment.reference,
            f"{day:%d.%m.%Y}",
        )
        for number, payment in enumerate(payments, start=1)
    ]
    return csv_bytes([_HEAD, *rows])


def as_pain001(payments: Sequence[Payment], *, message_id: str, iban: str, at: datetime, day: date) -> bytes:
    """Return the same transfers as a customer credit transfer initiation; `iban` is the account that pays."""
    root = ET.Element("Document", xmlns=_NAMESPACE)
    initiation = ET.SubElement(root, "CstmrCdtTrfInitn")
    total = f"{sum((payment.amount for payment in payments), Decimal('0.00')):.2f}"
    header = ET.SubElement(initiation, "GrpHdr")
    _put(header, "MsgId", message_id)
    _put(header, "CreDtTm", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _put(header, "NbOfTxs", str(len(payments)))
    _put(header, "CtrlSum", total)
    _put(header, "InitgPty/Nm", PAYER)
    block = ET.SubElement(initiation, "PmtInf")
    _put(block, "PmtInfId", message_id)
    _put(block, "PmtMtd", "TRF")
    _put(block, "NbOfTxs", str(len(payments)))
    _put(block, "CtrlSum", total)
    _put(block, "ReqdExctnDt/Dt", day.isoformat())
    _put(block, "Dbtr/Nm", PAYER)
    _put(block, "DbtrAcct/Id/IBAN", iban)
    _put(block, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
    for payment in payments:
        transfer = ET.SubElement(block, "CdtTrfTxInf")
        _put(transfer, "PmtId/EndToEndId", payment.reference)
        amount = _put(transfer, "Amt/InstdAmt", f"{payment.amount:.2f}")
        amount.set("Ccy", "TRY")
        _put(transfer, "Cdtr/Nm", payment.name)
        _put(transfer, "CdtrAcct/Id/IBAN", payment.iban)
        _put(transfer, "RmtInf/Ustrd", payment.text)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _put(parent: ET.Element, path: str, text: str) -> ET.Element:
    element = parent
    for name in path.split("/"):
        element = ET.SubElement(element, name)
    element.text = "".join(glyph for glyph in text if glyph.isprintable())
    return element


def digest(content: bytes) -> str:
    """Return the hash that is kept with a file."""
    return hashlib.sha256(content).hexdigest()
