"""Consent enumerations, stored as smallint (a million rows at two bytes)."""

from django.db import models


class Channel(models.IntegerChoices):
    ARAMA = 1, "Arama"
    MESAJ = 2, "Mesaj"
    EPOSTA = 3, "E-posta"


class RecipientType(models.IntegerChoices):
    BIREYSEL = 1, "Bireysel"
    TACIR = 2, "Tacir"


class ConsentStatus(models.IntegerChoices):
    ONAY = 1, "Onay"
    RET = 2, "Ret"
    BEKLIYOR = 3, "Bekliyor"
