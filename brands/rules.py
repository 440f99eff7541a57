"""What a dealer (bayi) must be: one table of rules with the register's codes and words.

The form, the upload and the API ask the same function, `examine`. It needs no database; what only the database knows
(another dealer with the same number, no code left) is said by the services in the words of the same table.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stdnum.tr import tckimlik, vkn

from brands.enums import RetailerState
from brands.models import Brand
from brands.places import Town, city_with, town_with
from iys_portal.shared.telephone import may_exist
from iys_portal.shared.turkish import search_key, upper

MAX_TEXT = 255
"""The longest title, branch name and name of a person."""

BRAND_PASSIVE = "Bu marka pasif olduğu için yeni bayi eklenemez; kayıtlı bayiler değiştirilebilir."
MASTER_STAYS = "Ana marka pasif yapılamaz; diğer markalarınızı pasif yapabilirsiniz."
NAME_MISSING = "Marka adını yazın."
NAME_TOO_LONG = f"Marka adı en çok {MAX_TEXT} karakter olabilir."
NAME_TAKEN = "Bu adda bir markanız zaten var."
NAME_UNPROVEN = "Yeni ad için marka tescil belgesini ekleyin; belgesiz yalnızca yazımı düzeltebilirsiniz."
STILL_LINKED = "Bu bayiye bağlı izinler olduğu için bayi silinemez; dilerseniz pasif yapabilirsiniz."
DETAILS_MISSING = "Bu bayinin bilgileri eksik. Önce “Bilgileri düzenle” ile tamamlayın."

LABELS = {
    "title": "Bayi Unvanı",
    "alias": "Şube Adı",
    "name": "Yetkili Kişi",
    "tckn": "T.C. Kimlik No",
    "tin": "Vergi Kimlik No",
    "mersis": "MERSİS No",
    "city": "İl",
    "town": "İlçe",
    "mobile": "Cep Telefonu",
    "status": "Durum",
}
"""The fields of a dealer by their names in the API, in the order of the form and of the upload."""

# The register's sentences name fields as the API does.
_WORDS = {
    "Tin değeri": "Vergi kimlik numarası",
    "tckn alanı": "T.C. kimlik numarası",
    "Kimlik numarası değeri": "T.C. kimlik numarası",
    "Mersis değeri": "MERSİS numarası",
    "mersis değeri": "MERSİS numarası",
    "mersis numarası": "MERSİS numarası",
    "Verilen iysCode altında": "Hizmet sağlayıcınızda",
}


class BrandRefused(Exception):
    """A change of a brand, or of who belongs to it, that the rules do not allow; `str()` says why, in Turkish."""


def needs_certificate(brand: Brand, name: str) -> bool:
    """Return whether the brand may be called so only after its certificate was reviewed.

    Another spelling of its name needs none, nor does the master brand when it follows the company's registered title.
    """
    proven = [brand.name, brand.provider.title] if brand.is_master else [brand.name]
    return search_key(name) not in map(search_key, proven)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by the register's code. `message` is the register's sentence, `hint` says what to do about it."""

    code: str
    message: str
    hint: str


_LETTERS = "Yalnızca harf, rakam ve boşluk kullanın; örneğin “Ltd. Şti.” yerine “Limited Şirketi” yazın."
_CHOOSE_CITY = "81 ilden birini seçin."
_CHOOSE_TOWN = "İlin ilçelerinden birini seçin."

TITLE_MISSING = Rule("H214", "Bayi ticaret unvanı boş bırakılamaz!", "Bayinin unvanını yazın.")
NAME_OF_PERSON_MISSING = Rule(
    "H215", "Bayi yetkilisi isim alanı boş bırakılamaz!", "Bayi adına yetkili kişinin adını ve soyadını yazın."
)
TCKN_MISSING = Rule(
    "H216", "Bayi yetkilisi tckn alanı boş bırakılamaz!", "Yetkili kişinin 11 haneli T.C. kimlik numarasını yazın."
)
CITY_MISSING = Rule("H217", "Bayi il alanı boş bırakılamaz!", _CHOOSE_CITY)
CITY_CODE_MISSING = Rule("H218", "Bayi il alanının code alanı boş bırakılamaz!", _CHOOSE_CITY)
CITY_NAME_MISSING = Rule("H219", "Bayi il alanının name alanı boş bırakılamaz!", _CHOOSE_CITY)
TOWN_MISSING = Rule("H220", "Bayi ilçe alanı boş bırakılamaz!", _CHOOSE_TOWN)
TOWN_CODE_MISSING = Rule("H221", "Bayi ilçe alanının code alanı boş bırakılamaz!", _CHOOSE_TOWN)
TOWN_NAME_MISSING = Rule("H222", "Bayi ilçe alanının name alanı boş bırakılamaz!", _CHOOSE_TOWN)
MOBILE_INVALID = Rule(
    "H224",
    "Telefon numarası geçersiz. Lütfen E164 uluslararası([+][country code][area code][local phone number]) formata"
    " uygun bir telefon numarası giriniz. (örn. +905992000000)",
    "Numarayı ülke koduyla yazın.",
)
TCKN_INVALID = Rule("H225", "Kimlik numarası değeri geçersiz.", "Haneleri kimlik kartındaki numarayla karşılaştırın.")
TCKN_LENGTH = Rule("H226", "Kimlik numarası değeri 11 karakter olmalıdır.", "Eksik ya da fazla haneyi düzeltin.")
MERSIS_INVALID = Rule(
    "H227", "Bayi mersis değeri geçersiz.", "Haneleri MERSİS kaydındaki numarayla karşılaştırın ya da boş bırakın."
)
MERSIS_LENGTH = Rule("H228", "Mersis değeri 16 karakter olmalıdır.", "16 haneyi yazın ya da boş bırakın.")
NOT_ALPHANUMERIC = Rule("H229", "{field} alfanümerik olmalıdır.", _LETTERS)
MERSIS_TAKEN = Rule(
    "H230", "mersis numarası tekil olmalıdır.", "Bu MERSİS numarası başka bir bayinizde kayıtlı; o bayiyi düzenleyin."
)
TCKN_TAKEN = Rule(
    "H231",
    "kimlik numarası tekil olmalıdır.",
    "Bu T.C. kimlik numarası başka bir bayinizde kayıtlı; o bayiyi düzenleyin ya da başka bir yetkili yazın.",
)
TIN_INVALID = Rule(
    "H243",
    "Lütfen geçerli bir Vergi Kimlik Numarası giriniz.",
    "Şirketlerde 10 haneli vergi, şahıs işletmelerinde 11 haneli T.C. kimlik numarasıdır.",
)
TIN_LENGTH = Rule("H244", "Tin değeri 10 veya 11 karakter olmalıdır.", TIN_INVALID.hint)
PASSIVE_WITH_MERSIS = Rule(
    "H253",
    "Verilen iysCode altında aynı mersis numarası ile kaydedilen pasif bir bayi hâlihazırda mevcuttur.",
    "Yeni bayi eklemek yerine pasif bayiyi yeniden aktif yapın.",
)
PASSIVE_WITH_TCKN = Rule(
    "H253",
    "Verilen iysCode altında aynı kimlik numarası ile kaydedilen pasif bir bayi hâlihazırda mevcuttur.",
    PASSIVE_WITH_MERSIS.hint,
)
TIN_MISSING = Rule("H288", "Tin değeri boş olmamalıdır", TIN_INVALID.hint)
STATUS_INVALID = Rule(
    "H201",
    "Girilen durum değeri geçersiz. Beklenen değerler: [active, suspended, passive]",
    "Aktif, Askıda ya da Pasif seçin.",
)
TOO_LONG = Rule("H017", f"{{field}} sahası için {MAX_TEXT} karakter üst sınırına ulaşıldı!", "Metni kısaltın.")
NO_CODE_LEFT = Rule("H067", "Yeni üretilebilecek 8 haneli bayi kodu kalmamıştır.", "bilgi@iys.org.tr adresine yazın.")


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a dealer breaks, and in which field (its name in the API; empty for none)."""

    rule: Rule
    field: str

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def message(self) -> str:
        """The register's sentence, as the API says it."""
        return self.rule.message.format(field=self.field)

    @property
    def sentence(self) -> str:
        """What a person reads: the register's sentence in the words of our pages, and what to do."""
        said = self.rule.message.format(field=LABELS.get(self.field, self.field))
        for theirs, ours in _WORDS.items():
            said = said.replace(theirs, ours)
        ended = said if said.endswith((".", "!", ")", "]")) else f"{said}."
        return f"{upper(ended[0])}{ended[1:]} {self.rule.hint}"


class RetailerRefused(Exception):
    """A dealer that cannot be kept as it is; `faults` says why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.code} {fault.field}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Details:
    """A dealer whose every field keeps the rules; `mersis` and `mobile` may be empty."""

    title: str
    alias: str
    name: str
    tckn: str
    tin: str
    mersis: str
    town: Town
    mobile: str
    status: RetailerState = RetailerState.ACTIVE


def examine(given: Mapping[str, Any]) -> tuple[Details | None, list[Fault]]:
    """Return the dealer, or None and what is wrong with it, in the order of the fields.

    `given` has the shape of the API's object: texts under the names of `LABELS`, but for `city` and `town`, which
    have a `code` and a `name`. What is not given is None or absent.
    """
    text = {field: _text(given.get(field)) for field in LABELS if field not in {"city", "town"}}
    faults = [
        Fault(rule, field)
        for field, rule in [
            ("title", _free_text(text["title"], missing=TITLE_MISSING)),
            ("alias", _free_text(text["alias"], missing=None)),
            ("name", _free_text(text["name"], missing=NAME_OF_PERSON_MISSING)),
            ("tckn", _tckn(text["tckn"])),
            ("tin", _tin(text["tin"])),
            ("mersis", _mersis(text["mersis"])),
            ("city", _place(given.get("city"), CITY_MISSING, CITY_CODE_MISSING, CITY_NAME_MISSING)),
            ("town", _place(given.get("town"), TOWN_MISSING, TOWN_CODE_MISSING, TOWN_NAME_MISSING)),
            ("mobile", None if not text["mobile"] or may_exist(text["mobile"]) else MOBILE_INVALID),
            ("status", None if (text["status"] or RetailerState.ACTIVE) in RetailerState.values else STATUS_INVALID),
        ]
        if rule is not None
    ]
    places = {fault.field for fault in faults} & {"city", "town"}
    town = None if places else _town(given["city"], given["town"], faults)
    if faults or town is None:
        return None, faults
    status = RetailerState(text.pop("status") or RetailerState.ACTIVE)
    return Details(**text, town=town, status=status), []


def _text(value: object) -> str:
    return " ".join(unicodedata.normalize("NFC", str(value)).split()) if value is not None else ""


def _free_text(text: str, *, missing: Rule | None) -> Rule | None:
    if not text:
        return missing
    if len(text) > MAX_TEXT:
        return TOO_LONG
    alphanumeric = all(glyph == " " or unicodedata.category(glyph)[0] == "L" or glyph.isdecimal() for glyph in text)
    return None if alphanumeric else NOT_ALPHANUMERIC


def _tckn(text: str) -> Rule | None:
    if not text:
        return TCKN_MISSING
    if len(text) != 11:
        return TCKN_LENGTH
    return None if _is_tckn(text) else TCKN_INVALID


def _tin(text: str) -> Rule | None:
    if not text:
        return TIN_MISSING
    if len(text) not in {10, 11}:
        return TIN_LENGTH
    return None if _is_tckn(text) or _is_vkn(text) else TIN_INVALID


def _mersis(text: str) -> Rule | None:
    """A company's number is a zero, its tax number and five digits."""
    if not text:
        return None
    if len(text) != 16:
        return MERSIS_LENGTH
    right = _is_number(text) and (text[0] != "0" or _is_vkn(text[1:11]))
    return None if right else MERSIS_INVALID


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _is_tckn(text: str) -> bool:
    return len(text) == 11 and _is_number(text) and bool(tckimlik.is_valid(text))


def _is_vkn(text: str) -> bool:
    return len(text) == 10 and _is_number(text) and bool(vkn.is_valid(text))


def _place(given: Any, missing: Rule, code_missing: Rule, name_missing: Rule) -> Rule | None:
    if not isinstance(given, Mapping) or not given:
        return missing
    if not _text(given.get("code")):
        return code_missing
    return None if _text(given.get("name")) else name_missing


def _town(city: Mapping[str, Any], town: Mapping[str, Any], faults: list[Fault]) -> Town | None:
    """Return the town that the codes name; one that does not exist, or not in this city, is none."""
    found_city, found = city_with(_code(city)), town_with(_code(town))
    if found_city is None:
        faults.append(Fault(CITY_CODE_MISSING, "city"))
    elif found is None or found.city != found_city:
        faults.append(Fault(TOWN_CODE_MISSING, "town"))
    else:
        return found
    return None


def _code(place: Mapping[str, Any]) -> int:
    code = _text(place["code"])
    return int(code) if _is_number(code) and len(code) < 5 else 0
