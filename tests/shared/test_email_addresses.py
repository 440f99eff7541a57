"""Addresses that reach somebody: what a Turkish keyboard makes of them is told, not kept."""

import pytest
from django.core.exceptions import ValidationError

from iys_portal.shared.email_addresses import EmailField


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("BİLGİ@FİRMA.COM.TR", "E-posta adresinde “İ” olamaz; adresi Türkçe harf kullanmadan yazın."),
        ("bi\u0307lgi@ornek.com.tr", "E-posta adresinde “i\u0307” olamaz; adresi Türkçe harf kullanmadan yazın."),
        ("yıldız@ornek.com.tr", "E-posta adresinde “ı” olamaz; adresi Türkçe harf kullanmadan yazın."),
        ("bilgi@çiçek.com.tr", "E-posta adresinde “ç” olamaz; adresi Türkçe harf kullanmadan yazın."),
        (f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 9}.tr", "E-posta adresi en çok 254 karakter olabilir."),
        ("bilgi@", "Geçerli bir e-posta adresi yazın."),
    ],
)
def test_what_reaches_nobody_is_told(typed: str, error: str) -> None:
    with pytest.raises(ValidationError) as refused:
        EmailField().clean(typed)
    assert refused.value.messages == [error]


def test_a_plain_address_is_kept_as_it_is_written() -> None:
    address = f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 5}.tr"
    assert [EmailField().clean(f" {each} ") for each in ("Bilgi@Ornek.com.tr", address)] == [
        "Bilgi@Ornek.com.tr",
        address,
    ]
    assert (len(address), EmailField(required=False).clean("")) == (254, "")
