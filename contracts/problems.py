"""What keeps a document from being finished, in one plain sentence for the people who run the portal."""

import pkcs11
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

from contracts.keys import SealUnavailableError, Trouble
from contracts.rendering import EvidenceMismatchError, RenderingError

_SEAL = {
    Trouble.MISSING: "Mühür anahtarına erişilemiyor. Anahtar yerine konunca belge kendiliğinden mühürlenir.",
    Trouble.EXPIRED: "Mühür sertifikasının süresi dolmuş. Yeni sertifika kurulunca belge kendiliğinden mühürlenir.",
    Trouble.NOT_YET_VALID: "Mühür sertifikasının geçerlilik süresi henüz başlamamış. Sunucunun saatini denetleyin.",
    Trouble.REVOKED: "Mühür sertifikası iptal edilmiş. Yeni sertifika kurulunca belge kendiliğinden mühürlenir.",
}
# The same, while no document waits yet.
SEAL_NOTICES = {
    Trouble.MISSING: "Mühür anahtarına erişilemiyor; yeni sözleşmeler mühürlenemez.",
    Trouble.EXPIRED: "Mühür sertifikasının süresi dolmuş; yeni sözleşmeler mühürlenemez.",
    Trouble.NOT_YET_VALID: "Mühür sertifikası henüz geçerli değil; yeni sözleşmeler mühürlenemez.",
    Trouble.REVOKED: "Mühür sertifikası iptal edilmiş; yeni sözleşmeler mühürlenemez.",
}
# The first kind that an error is of; particular ones stand before general ones.
_SENTENCES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (pkcs11.PKCS11Error, _SEAL[Trouble.MISSING]),
    (
        TimestampRequestError,
        "Zaman damgası sunucusundan yanıt alınamadı. Zaman damgası, sunucu yanıt verince kendiliğinden vurulur.",
    ),
    (
        (PathBuildingError, PathValidationError),
        "Mühür ya da zaman damgası doğrulanamadı. İptal listesi adresini ve güvenilen kökleri denetleyin.",
    ),
    (EvidenceMismatchError, "Onaylanan metin, basılacak metinle aynı değil. Belge bu yüzden mühürlenmedi."),
    (
        (RenderingError, TemplateDoesNotExist, FileNotFoundError),
        "Belge oluşturulamadı: yazı tipi, şablon ya da biçim dosyası eksik. Kurulumu denetleyin.",
    ),
    (ImproperlyConfigured, "Mühür ayarları eksik ya da hatalı. Ortam değişkenlerini denetleyin."),
)
_UNKNOWN = "Beklenmeyen bir hata oluştu. Ayrıntısı “Bekleyen işler” sayfasında."


def sentence_for(error: Exception) -> str:
    """Return the Turkish sentence, at most 200 characters, for what went wrong."""
    if isinstance(error, SealUnavailableError):
        return _SEAL[error.trouble]
    return next((sentence for kind, sentence in _SENTENCES if isinstance(error, kind)), _UNKNOWN)
