"""Person, Provider (Hizmet Sağlayıcı) and Membership: who may act for whom."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now
from stdnum.tr import vkn

from accounts.enums import ChangeState, CompanyField, InvitationState, ProviderState, Role, Topic
from iys_portal.shared.crypto import decrypt, mask_tckn
from iys_portal.shared.tin import HasTin

KEP = r"^[a-z0-9._%+-]+@([a-z0-9-]+\.)*kep\.tr$"
"""An address of registered e-mail (Kayıtlı Elektronik Posta): every provider of it lies under kep.tr."""

validate_kep = RegexValidator(KEP, "KEP adresini sirket@hs01.kep.tr biçiminde yazın; KEP adresleri .kep.tr ile biter.")


def validate_vkn(value: str) -> None:
    """Raise ValidationError unless `value` is a tax number (VKN) with a right check digit."""
    if not vkn.is_valid(value):
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


class Provider(HasTin, models.Model):
    """A Hizmet Sağlayıcı: a company or sole trader that sends commercial messages and is entered in the register.

    Its tax number (`tin`) is a VKN, or the TCKN of a sole trader. A provider's sandbox (`sandbox_of`) is a row of its
    own that nobody acts for: test data of an API account, in no list and no count (docs/adr/0051-sandboxes.md).
    """

    iys_code = models.PositiveIntegerField("İYS No", unique=True)
    title = models.CharField("unvan", max_length=255, db_collation="turkish")
    tax_number = models.CharField(
        "vergi kimlik no",
        max_length=10,
        blank=True,
        default="",
        validators=[RegexValidator(r"^\d{10}$"), validate_vkn],
    )
    tax_tckn_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001  (companies have none)
    tax_tckn_encrypted = models.BinaryField(null=True)
    mersis = models.CharField("MERSİS no", max_length=16, blank=True, default="")
    address = models.CharField("adres", max_length=500)
    phone = models.CharField("telefon", max_length=20)
    email = models.EmailField("e-posta")
    kep = models.CharField(
        "KEP adresi", max_length=254, blank=True, default="", db_default="", validators=[validate_kep]
    )
    state = models.CharField("durum", max_length=10, choices=ProviderState, default=ProviderState.ACTIVE)
    created_at = models.DateTimeField("oluşturma", db_default=Now())
    sandbox_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, editable=False, related_name="+")

    class Meta:
        verbose_name = "hizmet sağlayıcı"
        verbose_name_plural = "hizmet sağlayıcılar"
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(
                fields=["tax_number"], name="provider_tax_number_once", condition=~Q(tax_number="")
            ),
            models.CheckConstraint(name="provider_tax_number_digits", condition=Q(tax_number__regex=r"^([0-9]{10})?$")),
            models.CheckConstraint(
                name="provider_one_tax_number",
                condition=Q(
                    tax_number="", tax_tckn_hash__isnull=False, tax_tckn_encrypted__isnull=False, sandbox_of=None
                )
                | ~Q(tax_number="") & Q(tax_tckn_hash=None, tax_tckn_encrypted=None, sandbox_of=None)
                | Q(sandbox_of__isnull=False, tax_number="", tax_tckn_hash=None, tax_tckn_encrypted=None),
            ),
            models.CheckConstraint(name="provider_kep_address", condition=Q(kep="") | Q(kep__regex=KEP)),
            models.CheckConstraint(name="provider_state_known", condition=Q(state__in=ProviderState.values)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def public_code(self) -> int:
        """The number by which programs name it: a sandbox has that of the provider it is of."""
        return self.sandbox_of.iys_code if self.sandbox_of is not None else self.iys_code


class Membership(models.Model):
    """A person's authority (yetki) for a provider, from one instant to another.

    `email` is where this person wants to be written about this provider (empty: the provider's address), `muted` the
    topics about which not.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    person = models.ForeignKey(Person, verbose_name="kişi", on_delete=models.PROTECT)
    role = models.CharField("görev", max_length=10, choices=Role, default=Role.OWNER)
    email = models.EmailField("bildirim e-postası", blank=True, default="", db_default="")
    muted = ArrayField(
        models.CharField(max_length=10, choices=Topic),
        verbose_name="İstenmeyen bildirimler",
        blank=True,
        default=list,
        db_default=Value([], output_field=ArrayField(models.CharField(max_length=10))),
    )
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
            models.CheckConstraint(name="membership_muted_known", condition=Q(muted__contained_by=Topic.values)),
        ]

    def __str__(self) -> str:
        return f"{self.person} – {self.provider}"


class Invitation(models.Model):
    """Somebody is asked to act for a provider; it is meant for one TCKN and opened by the link of one e-mail.

    The TCKN is stored as a Person's is; of the link's code only the hash is kept.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    tckn_hash = models.CharField(max_length=64, editable=False)
    tckn_encrypted = models.BinaryField()
    given_name = models.CharField("ad", max_length=100)
    family_name = models.CharField("soyad", max_length=100)
    email = models.EmailField("e-posta")
    role = models.CharField("görev", max_length=10, choices=Role)
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    state = models.CharField("durum", max_length=10, choices=InvitationState, default=InvitationState.PENDING)
    invited_by = models.ForeignKey(Person, verbose_name="davet eden", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("davet")
    expires_at = models.DateTimeField("son geçerlilik")
    membership = models.OneToOneField(Membership, verbose_name="yetki", on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        verbose_name = "davet"
        verbose_name_plural = "davetler"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "tckn_hash"],
                name="invitation_one_pending",
                condition=Q(state=InvitationState.PENDING),
            ),
            models.CheckConstraint(name="invitation_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(name="invitation_state_known", condition=Q(state__in=InvitationState.values)),
            models.CheckConstraint(name="invitation_ends_later", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(
                name="invitation_accepted_iff_membership",
                condition=Q(state=InvitationState.ACCEPTED, membership__isnull=False)
                | ~Q(state=InvitationState.ACCEPTED) & Q(membership=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_full_name()} – {self.provider}"

    def get_full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def masked_tckn(self) -> str:
        return mask_tckn(decrypt(self.tckn_encrypted).decode())


class CompanyChange(models.Model):
    """A provider asks for a change of its registered data; an administrator applies or rejects it."""

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    field = models.CharField("bilgi", max_length=10, choices=CompanyField)
    old_value = models.CharField("kayıtlı değer", max_length=500, blank=True, default="")
    new_value = models.CharField("İstenen değer", max_length=500)
    reason = models.CharField("gerekçe", max_length=500)
    state = models.CharField("durum", max_length=10, choices=ChangeState, default=ChangeState.PENDING)
    requested_by = models.ForeignKey(Person, verbose_name="İsteyen", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("İstek")
    decided_by = models.ForeignKey(
        Person, verbose_name="karar veren", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField("karar", null=True, blank=True)
    decision = models.CharField("karar gerekçesi", max_length=500, blank=True, default="")

    class Meta:
        verbose_name = "bilgi değişikliği talebi"
        verbose_name_plural = "bilgi değişikliği talepleri"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "field"], name="change_one_pending", condition=Q(state=ChangeState.PENDING)
            ),
            models.CheckConstraint(name="change_field_known", condition=Q(field__in=CompanyField.values)),
            models.CheckConstraint(name="change_state_known", condition=Q(state__in=ChangeState.values)),
            models.CheckConstraint(name="change_changes", condition=~Q(new_value=F("old_value"))),
            models.CheckConstraint(
                name="change_decided_whole",
                condition=Q(state=ChangeState.PENDING, decided_at=None, decided_by=None)
                | ~Q(state=ChangeState.PENDING) & Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.get_field_display()}"


class WebSession(AbstractBaseSession):
    """A web session with what its person needs to know it again: browser, shortened address, times.

    Written by accounts.sessions from the session's own data; ended by deleting the row.
    """

    person_id = models.BigIntegerField("kişi no", null=True, db_index=True)
    browser = models.CharField("tarayıcı", max_length=60, blank=True, default="")
    address = models.CharField("adres", max_length=45, blank=True, default="")
    started_at = models.DateTimeField("giriş", null=True)
    seen_at = models.DateTimeField("son işlem", null=True)

    class Meta:
        verbose_name = "oturum"
        verbose_name_plural = "oturumlar"

    def __str__(self) -> str:
        return f"{self.browser} {self.address}"
