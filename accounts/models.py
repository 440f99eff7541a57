"""Person, Provider (Hizmet Sağlayıcı) and Membership: who may act for whom."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from stdnum.tr import vkn

from accounts.enums import ProviderState, Role
from iys_portal.shared.crypto import decrypt, mask_tckn


def validate_vkn(value: str) -> None:
    """Raise ValidationError unless `value` is a tax number (VKN) with a right check digit."""
    if not vkn.is_valid(value):
        from django.core.exceptions import ValidationError  # noqa: PLC0415

        raise ValidationError("Vergi Kimlik Numarası geçersiz.")


class PersonManager(BaseUserManager["Person"]):
    """Makes staff; people of providers come by e-Devlet (accounts.services.login_person)."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "Person":
        person = self.model(username=username, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, username: str, password: str | None = None, **fields: object) -> "Person":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who logs in: through e-Devlet (has a TCKN, no password) or as staff (has a password).

    The TCKN is stored encrypted; its keyed hash finds the person. It is shown masked only.
    """

    username = models.CharField("kullanıcı adı", max_length=64, unique=True)
    given_name = models.CharField("ad", max_length=100)
    family_name = models.CharField("soyad", max_length=100)
    email = models.EmailField("e-posta", blank=True, default="")
    tckn_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001  (staff have none)
    tckn_encrypted = models.BinaryField(null=True)
    is_staff = models.BooleanField("personel", default=False)
    is_active = models.BooleanField("etkin", default=True)
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["given_name", "family_name"]

    objects = PersonManager()

    class Meta:
        verbose_name = "kişi"
        verbose_name_plural = "kişiler"
        constraints = [
            models.CheckConstraint(
                name="person_tckn_whole",
                condition=Q(tckn_hash=None, tckn_encrypted=None) | ~Q(tckn_hash=None) & ~Q(tckn_encrypted=None),
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    def get_short_name(self) -> str:
        return self.given_name

    @property
    def masked_tckn(self) -> str:
        """The TCKN as it may be shown, or an empty text for staff."""
        return mask_tckn(decrypt(self.tckn_encrypted).decode()) if self.tckn_encrypted else ""


class Provider(models.Model):
    """A Hizmet Sağlayıcı: a company that sends commercial messages and is entered in the register."""

    iys_code = models.PositiveIntegerField("İYS No", unique=True)
    title = models.CharField("unvan", max_length=255, db_collation="turkish")
    tax_number = models.CharField(
        "vergi kimlik no", max_length=10, unique=True, validators=[RegexValidator(r"^\d{10}$"), validate_vkn]
    )
    mersis = models.CharField("MERSİS no", max_length=16, blank=True, default="")
    address = models.CharField("adres", max_length=500)
    phone = models.CharField("telefon", max_length=20)
    email = models.EmailField("e-posta")
    state = models.CharField("durum", max_length=10, choices=ProviderState, default=ProviderState.ACTIVE)
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        verbose_name = "hizmet sağlayıcı"
        verbose_name_plural = "hizmet sağlayıcılar"
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(name="provider_tax_number_digits", condition=Q(tax_number__regex=r"^[0-9]{10}$")),
            models.CheckConstraint(name="provider_state_known", condition=Q(state__in=ProviderState.values)),
        ]

    def __str__(self) -> str:
        return self.title


class Membership(models.Model):
    """A person's authority (yetki) for a provider, from one instant to another."""

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    person = models.ForeignKey(Person, verbose_name="kişi", on_delete=models.PROTECT)
    role = models.CharField("görev", max_length=10, choices=Role, default=Role.OWNER)
    started_at = models.DateTimeField("başlangıç", db_default=Now())
    ended_at = models.DateTimeField("bitiş", null=True, blank=True)

    class Meta:
        verbose_name = "yetki"
        verbose_name_plural = "yetkiler"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "person"], name="membership_one_live", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(name="membership_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="membership_ends_later", condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} – {self.provider}"
