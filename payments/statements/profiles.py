"""Profiles that come with the portal: samples of the two banks' tables, to be confirmed with each bank's own file."""

from collections.abc import Mapping
from types import MappingProxyType

from payments.statements.profile import BankProfile, Columns, Sign

ZIRAAT = BankProfile(
    name="ziraat",
    title="Ziraat Bankası – internet şubesi hesap hareketleri (CSV)",
    sample=True,
    kind="csv",
    separator=";",
    header_words=("Tarih", "Açıklama", "Tutar"),
    columns=Columns(
        date="Tarih",
        value_date="Valör",
        amount="Tutar",
        texts=("Açıklama",),
        bank_id="Fiş No",
        running_balance="Bakiye",
    ),
    sign=Sign.SIGNED,
    decimal_mark=",",
    thousands_mark=".",
    date_formats=("dd.mm.yyyy", "dd/mm/yyyy"),
    footer_words=("Toplam", "Genel Toplam", "Bu belge"),
)

ISBANK = BankProfile(
    name="isbank",
    title="Türkiye İş Bankası – internet şubesi hesap özeti (Excel)",
    sample=True,
    kind="xlsx",
    header_words=("Tarih", "Açıklama", "Tutar"),
    columns=Columns(
        date="Tarih/Saat",
        amount="İşlem Tutarı",
        texts=("İşlem Tipi", "Açıklama"),
        payer_name="Karşı Hesap Adı",
        payer_iban="Karşı Hesap IBAN",
        payer_tax_number="Karşı VKN/TCKN",
        bank_id="Dekont No",
        running_balance="Bakiye",
    ),
    sign=Sign.SIGNED,
    decimal_mark=",",
    thousands_mark=".",
    date_formats=("dd/mm/yyyy", "dd.mm.yyyy"),
    footer_words=("Toplam", "Genel Toplam", "Bu hesap özeti"),
)

BUILT_IN: Mapping[str, BankProfile] = MappingProxyType({p.format: p for p in (ZIRAAT, ISBANK)})
"""The portal's own profiles by the name of their format: ``csv:ziraat``, ``xlsx:isbank``."""
