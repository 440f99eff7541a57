"""Channels, rights and states of partners and intermediaries."""

from django.db import models

from iys_portal.shared.states import Transitions


class Channel(models.TextChoices):
    """The three channels of consents, by İYS's own identifiers; labels as the guide's matrix shows them."""

    MESAJ = "mesaj", "Mesaj İzinleri"
    ARAMA = "arama", "Arama İzinleri"
    EPOSTA = "eposta", "E-posta İzinleri"


class Right(models.TextChoices):
    """What a partner may do on one channel. Writing implies reading, so one value says it all."""

    NONE = "none", "Yok"
    READ = "read", "Okuma"
    WRITE = "write", "Okuma ve yazma"


class PartyKind(models.TextChoices):
    """The two kinds of companies that brands authorise."""

    PARTNER = "partner", "İş ortağı"
    INTERMEDIARY = "intermediary", "Aracı hizmet sağlayıcı"


class PartyState(models.TextChoices):
    """Whether the company may use what it was granted; suspending stops all its rights at once, everywhere."""

    ACTIVE = "active", "Etkin"
    SUSPENDED = "suspended", "Askıda"


PARTY_TRANSITIONS: Transitions[PartyState] = {
    PartyState.ACTIVE: frozenset({PartyState.SUSPENDED}),
    PartyState.SUSPENDED: frozenset({PartyState.ACTIVE}),
}


class RefusalCode(models.TextChoices):
    """Why a call of a partner or an intermediary is refused, from the most general reason to the narrowest."""

    SUSPENDED = "suspended", "Kuruluş askıda"
    NOT_AUTHORISED = "not_authorised", "Yetki yok"
    PROVIDER_CLOSED = "provider_closed", "Hizmet sağlayıcı kapalı"
    BRAND_PASSIVE = "brand_passive", "Marka etkin değil"
    ENDED = "ended", "Süresi doldu"
    PACKAGE = "package", "Paket uygun değil"
    NO_RIGHT = "no_right", "Bu yetki verilmemiş"
