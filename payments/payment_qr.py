"""The QR code beside a bank account: plain text with IBAN, amount and description, to be copied from a phone.

TR Karekod, which banks' apps read as a payment order, may only be made by members of its scheme (ADR 31).
"""

from decimal import Decimal

from django.utils.safestring import SafeString

from contracts.qr import svg_of
from payments.models import BankAccount

PAYEE = "İleti Yönetim Sistemi A.Ş."


def payment_qr(account: BankAccount, *, amount: Decimal, description: str) -> SafeString:
    """Return the SVG of one account's payment; `amount` in TRY."""
    text = "\n".join(
        [
            f"Alıcı: {PAYEE}",
            f"IBAN: {account.iban}",
            f"Tutar: {f'{amount:.2f}'.replace('.', ',')} TL",
            f"Açıklama: {description}",
        ]
    )
    return svg_of(text, title=f"{account.bank_name} hesabına ödeme bilgilerinin karekodu")
