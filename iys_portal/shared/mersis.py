"""MERSİS numbers: whose they are, and whether they can be."""

import re

from stdnum.tr import tckimlik, vkn


def mersis_fault(number: str, tax_number: str) -> str:
    """Return what is wrong with a MERSİS number beside this VKN or TCKN (may be empty), or an empty text.

    It holds its owner's number: of a company 0 and the VKN, of a person the TCKN; then five digits.
    """
    if not re.fullmatch(r"[0-9]{16}", number):
        return f"MERSİS numarası 16 rakamdan oluşur; {len(number)} karakter yazdınız."
    owner = number[:11]
    if owner.startswith("0"):
        if not vkn.is_valid(owner[1:]):
            return "MERSİS numarası geçersiz: içindeki vergi kimlik numarası doğru değil."
        if tax_number and tax_number != owner[1:]:
            return f"MERSİS numarası başka bir vergi kimlik numarasına ({owner[1:]}) ait."
    elif not tckimlik.is_valid(owner):
        return "MERSİS numarası geçersiz."
    elif len(tax_number) == len(owner) and tax_number != owner:
        return "MERSİS numarası başka bir T.C. kimlik numarasına ait."
    return ""
