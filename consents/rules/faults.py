"""What can be wrong with a consent: İYS's codes with İYS's sentences, and our hint on what to do next."""

from dataclasses import dataclass
from enum import StrEnum

FIELDS = ("recipient", "type", "status", "source", "consentDate", "recipientType", "retailerCode", "retailerAccess")
"""The fields of a consent in the order in which their faults are listed."""

_PROVIDER_SOURCES = (
    "HS_FIZIKSEL_ORTAM, HS_ISLAK_IMZA, HS_WEB, HS_CAGRI_MERKEZI, HS_SOSYAL_MEDYA, HS_EPOSTA, HS_MESAJ, HS_MOBIL,"
    " HS_EORTAM, HS_ETKINLIK, HS_2015, HS_ATM, HS_KARAR"
)
_E164 = "E164 uluslararası([+][country code][area code][local phone number]) formatına uygun bir telefon numarası"
_E164_OR_MAIL = (
    "E164 uluslararası ([+][country code][area code][local phone number]) formatına uygun bir telefon numarası"
)


class Stage(StrEnum):
    """Checks run in this order; a record that fails a stage is not judged by the next one (domain 1.4)."""

    FIELD = "field"
    GATE = "gate"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Rule:
    """One of İYS's refusals: what it answers, and what a person does about it."""

    status: int
    stage: Stage
    message: str
    hint: str


RULES: dict[str, Rule] = {
    "H110": Rule(422, Stage.FIELD, "Durum (status) bulunamadı.", "ONAY mı RET mi olduğunu yazın."),
    "H111": Rule(422, Stage.FIELD, "İzin tipi (type) bulunamadı.", "Kanalı yazın: ARAMA, MESAJ ya da EPOSTA."),
    "H112": Rule(
        422,
        Stage.FIELD,
        "İzin tarihi (consentDate) bulunamadı.",
        "İznin alındığı günü ve saati yazın (Türkiye saati).",
    ),
    "H113": Rule(
        422, Stage.FIELD, "İzin kaynağı (source) bulunamadı.", "İznin nerede alındığını yazın, örneğin HS_WEB."
    ),
    "H114": Rule(422, Stage.FIELD, "Alıcı (recipient) bulunamadı.", "Telefon numarasını ya da e-posta adresini yazın."),
    "H115": Rule(
        422, Stage.FIELD, "Durum (status) için uygun değerler: ONAY, RET", "Durum yalnızca ONAY ya da RET olabilir."
    ),
    "H116": Rule(
        422,
        Stage.FIELD,
        "Alıcı tipi (recipientType) için uygun değerler: BIREYSEL, TACIR",
        "Tüketiciler için BIREYSEL, tacir ve esnaf için TACIR yazın.",
    ),
    "H117": Rule(
        422,
        Stage.FIELD,
        "İzin tipi (type) için uygun değerler: ARAMA, MESAJ, EPOSTA",
        "Kanal yalnızca ARAMA, MESAJ ya da EPOSTA olabilir.",
    ),
    "H119": Rule(
        422,
        Stage.FIELD,
        f"İzin kaynağı (source) için uygun değerler: {_PROVIDER_SOURCES}",
        "Kaynağı listeden seçin; IYS_ ile başlayan kaynakları yalnızca İYS yazar.",
    ),
    "H120": Rule(
        422,
        Stage.FIELD,
        "Alıcı (recipient) kabul edilemedi. Geçerli bir eposta adresi giriniz.",
        "Adresi boşluk ve Türkçe harf kullanmadan yazın, örneğin ad.soyad@ornek.com.",
    ),
    "H121": Rule(
        422,
        Stage.FIELD,
        f"Alıcı (recipient) için {_E164} girilmelidir. (örn. +905992000000)",
        "Numarayı ülke koduyla yazın: +90 ve başında sıfır olmadan on hane.",
    ),
    "H122": Rule(
        422,
        Stage.FIELD,
        f"Alıcı (recipient) için {_E164_OR_MAIL} (örn. +905992000000) ya da geçerli bir e-posta adresi girilmelidir.",
        "Telefon numarasını +90 ile, e-posta adresini @ işaretiyle yazın.",
    ),
    "H155": Rule(
        422,
        Stage.FIELD,
        "İzin kaynağı “1 Mayıs 2015 öncesi” olan izinler için, izin tarihi sadece 2015-05-01 00:00:00 olabilir.",
        "Bu kaynakla izin tarihini 01.05.2015 00:00 yapın ya da başka bir kaynak seçin.",
    ),
    "H156": Rule(
        422,
        Stage.FIELD,
        "İzinler için 1 Mayıs 2015’den önceki tarihler kabul edilmemektedir.",
        "01.05.2015 ya da sonrasına ait bir tarih yazın.",
    ),
    "H157": Rule(422, Stage.FIELD, "Geçerli bir tarih girilmelidir.", "Takvimde böyle bir gün ya da saat yok."),
    "H158": Rule(
        422,
        Stage.FIELD,
        "İzin tarihi yyyy-mm-dd hh:mm:ss formatında olmalıdır.",
        "Başında ve sonunda boşluk olmadan yazın, örneğin 2026-11-23 14:05:00.",
    ),
    "H162": Rule(
        422,
        Stage.FIELD,
        "Mevcut tarih ve saatten ileri bir tarih ve saat girilmemelidir.",
        "İzin gelecekte alınmış olamaz; tarihi Türkiye saatiyle yazdığınızdan emin olun.",
    ),
    "H166": Rule(
        422,
        Stage.FIELD,
        "Alıcı (recipient) kabul edilemedi. Telefon numaraları 15 karakterden uzun olamaz.",
        "Artı işaretiyle birlikte en çok 15 karakter yazın; fazla haneyi silin.",
    ),
    "H174": Rule(
        400,
        Stage.STATE,
        "İzin durumu (status) güncellemesi için farklı bir durum girilmelidir. İzin durumu: ONAY / RET",
        "Bu alıcı zaten RET durumunda; yapmanız gereken bir şey yok.",
    ),
    "H175": Rule(
        400,
        Stage.STATE,
        "İlk defa kaydedilen bir iznin durum (status) bilgisi RET olmamalıdır.",
        "Kaydı olmayan bir alıcıya zaten gönderim yapılamaz; RET kaydetmeniz gerekmez.",
    ),
    "H178": Rule(
        400,
        Stage.STATE,
        "Sistemdeki iznin tarihinden önceki tarihli izinlerle güncelleme yapılamaz.",
        "Kayıtlı izin aynı tarihli ya da daha yeni; alıcının sayfasında geçmişine bakın.",
    ),
    "H180": Rule(
        403,
        Stage.GATE,
        "İstek gövdesinde yer alan bayi İYS numarasıyla (retailerCode) herhangi bir bayi bulunamadı.",
        "Bayinin sekiz haneli kodunu Marka Yönetimi sayfasındaki kaydıyla karşılaştırın; askıdaki ve pasif bayiler izin"
        " alamaz.",
    ),
    "H408": Rule(
        422,
        Stage.FIELD,
        "HS_KARAR kaynağından iletilen izinler için durum bilgisi RET olmalıdır.",
        "Durumu RET yapın ya da onayın alındığı kaynağı seçin.",
    ),
    "H462": Rule(
        400,
        Stage.STATE,
        "TACIR izinleri güncellenirken izin tarihi (consentDate) verilmelidir",
        "Bu tacirin kaydı var; güncellemek için izin tarihini yazın.",
    ),
    "H463": Rule(
        400,
        Stage.STATE,
        "TACIR izinleri güncellenirken izin kaynağı (source) verilmelidir.",
        "Bu tacirin kaydı var; güncellemek için izin kaynağını seçin.",
    ),
    "H467": Rule(
        422,
        Stage.FIELD,
        "Üç iş günü öncesinde alınan izinler kaydedilemez.",
        "İzinler alındıktan sonra üç iş günü içinde kaydedilir; bu izni yeniden almanız gerekir.",
    ),
    "H525": Rule(
        422,
        Stage.GATE,
        "Kullanılan izin sayısı maksimum sayıya ulaştığı için yeni izin eklenememektedir.",
        "Paketinizin adres sınırı doldu. Paket Yönetimi sayfasından daha büyük bir paket seçin; RET ve var olan"
        " adreslerin güncellemesi sınırdan etkilenmez.",
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with one field of a record."""

    code: str
    field: str

    @property
    def rule(self) -> Rule:
        return RULES[self.code]

    @property
    def status(self) -> int:
        """The HTTP status with which the API answers it."""
        return self.rule.status

    @property
    def message(self) -> str:
        """İYS's own sentence."""
        return self.rule.message

    @property
    def hint(self) -> str:
        """What a person does about it."""
        return self.rule.hint


def in_order(faults: list[Fault]) -> list[Fault]:
    """Return the faults in the order of the record's fields; those of one field keep theirs."""
    return sorted(faults, key=lambda fault: FIELDS.index(fault.field))
