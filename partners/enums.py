"""Channels and rights of partners and intermediaries."""

from django.db import models


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
