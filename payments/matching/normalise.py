"""Text as the matching reads it: folded to ASCII capitals, cut into words, squeezed to letters and digits."""

import re
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from iys_portal.shared.turkish import fold

_WORD = re.compile(r"[^\W_]+")
_TAX_NUMBER = re.compile(r"(?<![0-9])[0-9]{10,11}(?![0-9])")
_IBAN = re.compile(r"TR[0-9]{24}")

_LEGAL = """
    ANONIM AS LIMITED LTD LT SIRKETI SIRKET SIRK STI SANAYI SANAYII SAN TICARET TICARETI TIC VE KOLEKTIF KOLLEKTIF
    KOLL KOMANDIT KOOPERATIFI KOOP ITHALAT ITH IHRACAT IHR PAZARLAMA PAZ
"""
_LEGAL_FORMS = frozenset(_LEGAL.split())

_ONLY_LEGAL = re.compile(f"(?:{'|'.join(sorted(_LEGAL_FORMS, key=len, reverse=True))})*")

_PRINTED = """
    ABONELIK ACIKLAMA ADET ADI ADINA ADRES ALACAK ALICI ARA AVANS AYLIK BANKA BANKASI BEDEL BEDELI BIREYSEL BORC CARI
    CEP DEKONT DIGER EFT EKIM EKSTRE FAST FATURA FATURASI FIRMA FIRMASI GELEN GIDEN GONDEREN GOND GONDERICI HAVALE
    HESAP HESABI HIZMET HIZMETI HIZMETLERI IBAN ICIN ILETI INT INTERNET ISLEM ISLEMI IYS KANAL KASIM KIRA KOD KODU
    KREDI KURUMSAL MAAS MOB MOBIL MUSTERI NAKIT NO NOLU NUMARA NUMARASI ODEME ODEMESI PAKET PAKETI PARA PERSONEL
    PESIN REF REFERANS SATIS SIPARIS SIPARISI SISTEMI SORGU SUBE SUBESI TAHSILAT TAKSIT TCKN TL TOPLU TRANSFER
    TRANSFERI TRY TUTAR TUTARI UCRET UCRETI UNVAN UNVANI VADE VALOR VERGI VKN YENILEME YIL YILI YILLIK YONETIM
"""
BOILERPLATE = frozenset(_PRINTED.split())
"""What banks print and people write around a code: on its own it names no company."""

_TRADES = """
    BILGI BILGISAYAR BILISIM DANISMANLIK DIJITAL DIS EGITIM ELEKTRONIK ENERJI GIDA GRUP HOLDING ILETISIM INSAAT LOJISTIK
    MEDYA MUHENDISLIK OTOMOTIV PERAKENDE PLASTIK REKLAM SAGLIK SIGORTA SISTEMLERI TARIM TASARIM TEKNIK TEKNOLOJI
    TEKNOLOJILERI TEKSTIL TELEKOMUNIKASYON TURIZM URUNLERI YAPI YATIRIM YAZILIM
"""
GENERIC = BOILERPLATE.union(_TRADES.split())
"""Words that a great many companies share: alone they prove nothing about who paid."""


class Normalised(NamedTuple):
    """A text in capitals: its words, the words without gaps, and the places where words begin or end there."""

    folded: str
    words: tuple[str, ...]
    squeezed: str
    edges: frozenset[int]

    def surroundings(self, start: int, end: int) -> tuple[str, str]:
        """Return what of the words around squeezed[start:end] lies outside it; "" at a gap or an edge."""
        first, last = start, end
        while first not in self.edges:
            first -= 1
        while last not in self.edges:
            last += 1
        return self.squeezed[first:start], self.squeezed[end:last]


def normalise(text: str) -> Normalised:
    """Return the views of `text`."""
    folded = fold(text)
    found = _WORD.findall(folded)
    return Normalised(folded, tuple(found), "".join(found), frozenset(accumulate(map(len, found), initial=0)))


def words(folded: str) -> list[str]:
    """Return the words of a folded text."""
    return _WORD.findall(folded)


@lru_cache(maxsize=100_000)
def title_words(title: str) -> tuple[str, ...]:
    """Return the words that tell one company from another: no legal forms, no single letters."""
    return telling(words(fold(title)))


def telling(found: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return the words without legal forms and single letters."""
    return tuple(word for word in found if len(word) > 1 and word not in _LEGAL_FORMS)


def is_legal_form(squeezed: str) -> bool:
    """Return whether nothing but legal forms stands there, one after the other without a gap."""
    return _ONLY_LEGAL.fullmatch(squeezed) is not None


def tax_numbers(folded: str) -> frozenset[str]:
    """Return the numbers of ten or eleven digits in a folded text: a VKN or a TCKN has that form."""
    return frozenset(_TAX_NUMBER.findall(folded))


def ibans(squeezed: str) -> frozenset[str]:
    """Return the Turkish IBANs in a squeezed text, however they were grouped."""
    return frozenset(_IBAN.findall(squeezed)) if "TR" in squeezed else frozenset()
