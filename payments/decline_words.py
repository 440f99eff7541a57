"""What a payer reads when a card payment did not go through: what happened, and what to do now."""

from payments.gateways.base import DeclineGroup

_G = DeclineGroup

_OTHER_WAY = "Başka bir kartla deneyebilir ya da Havale/EFT seçebilirsiniz."

DECLINE_WORDS: dict[DeclineGroup, str] = {
    _G.INSUFFICIENT_FUNDS: f"Kartınızın limiti ya da bakiyesi yetersiz. {_OTHER_WAY}",
    _G.DO_NOT_HONOUR: (
        "Bankanız ödemeyi onaylamadı. Nedenini yalnız bankanız bilir: bankanızı arayabilir, "
        "başka bir kartla deneyebilir ya da Havale/EFT seçebilirsiniz."
    ),
    _G.EXPIRED_CARD: (
        "Kartınızın süresi dolmuş ya da son kullanma tarihi yanlış yazılmış. Tarihi denetleyip yeniden deneyin "
        "ya da başka bir kart kullanın."
    ),
    _G.INVALID_CARD: "Kart numarası geçersiz. Numarayı denetleyip yeniden deneyin ya da başka bir kart kullanın.",
    _G.INVALID_CODE: "Kartın güvenlik kodu (CVV) yanlış. Kodu denetleyip yeniden deneyin.",
    _G.LOST_OR_STOLEN: "Bu kart kullanıma kapatılmış. Bankanızı arayın. " + _OTHER_WAY,
    _G.NOT_PERMITTED: "Bu kartla bu ödeme yapılamıyor. " + _OTHER_WAY,
    _G.RESTRICTED_BY_LAW: (
        "Kartınız internetten alışverişe kapalı. Bankanızdan açtırıp yeniden deneyin, başka bir kart kullanın "
        "ya da Havale/EFT seçin."
    ),
    _G.FRAUD: "Ödeme, güvenlik denetiminden geçmedi. Bankanızı arayın. " + _OTHER_WAY,
    _G.AUTHENTICATION: "Bankanızın onay adımı (3D Secure) tamamlanamadı. Bankanızın gönderdiği kodla yeniden deneyin.",
    _G.ABANDONED: "Ödeme yarım kaldı; kartınızdan para çekilmedi. Yeniden deneyebilirsiniz.",
    _G.GAVE_UP: "Ödemeden vazgeçildi ya da bankanın ödeme sayfasının süresi doldu; kartınızdan para çekilmedi. "
    "Yeniden deneyebilirsiniz.",
    _G.INVALID_TRANSACTION: f"Bankanız bu işlemi geçersiz buldu. {_OTHER_WAY}",
    _G.OTHER: f"Ödeme alınamadı. Biraz sonra yeniden deneyin. {_OTHER_WAY}",
}

DECLINE_LABELS: dict[DeclineGroup, str] = {
    _G.INSUFFICIENT_FUNDS: "Limit ya da bakiye yetersiz",
    _G.DO_NOT_HONOUR: "Banka onaylamadı",
    _G.EXPIRED_CARD: "Kartın süresi dolmuş",
    _G.INVALID_CARD: "Kart numarası geçersiz",
    _G.INVALID_CODE: "Güvenlik kodu yanlış",
    _G.LOST_OR_STOLEN: "Kayıp ya da çalıntı kart",
    _G.NOT_PERMITTED: "Karta bu işlem kapalı",
    _G.RESTRICTED_BY_LAW: "İnternet alışverişine kapalı kart",
    _G.FRAUD: "Güvenlik denetiminden geçmedi",
    _G.AUTHENTICATION: "3D Secure onayı tamamlanmadı",
    _G.ABANDONED: "Ödeme yarım bırakıldı",
    _G.GAVE_UP: "Ödemeden vazgeçildi ya da sayfanın süresi doldu",
    _G.INVALID_TRANSACTION: "Geçersiz işlem",
    _G.OTHER: "Nedeni bildirilmedi",
}
"""The same in a few words, for timelines and accountants."""


def label_of(group: str) -> str:
    """Return a stored decline group in a few words; empty for none."""
    if not group:
        return ""
    return DECLINE_LABELS[DeclineGroup(group if group in DECLINE_LABELS else DeclineGroup.OTHER)]


def words_of(group: str) -> str:
    """Return the sentences for a stored decline group; for one that we do not know, those of OTHER."""
    known = group if group in DECLINE_WORDS else DeclineGroup.OTHER
    return DECLINE_WORDS[DeclineGroup(known)]
