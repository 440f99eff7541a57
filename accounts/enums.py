"""Roles of people and states of providers."""

from django.db import models

from iys_portal.shared.states import Transitions


class Role(models.TextChoices):
    """What a person is to a provider; what each may do stands in accounts.rules."""

    OWNER = "owner", "Hesap Sahibi"
    MANAGER = "manager", "Hesap Yöneticisi"
    CONSENTS = "consents", "İzin yetkilisi"
    ACCOUNTING = "accounting", "Muhasebe"
    VIEWER = "viewer", "Görüntüleyici"


class Capability(models.TextChoices):
    """What a page or an act of a provider asks of a person's role."""

    VIEW = "view", "Görüntüleme"
    CONSENTS = "consents", "İzin yönetimi"
    PURCHASE = "purchase", "Satın alma, ödeme ve sözleşme"
    BRANDS = "brands", "Marka, iş ortağı ve AHS yönetimi"
    PEOPLE = "people", "Yetkili kişiler ve şirket bilgileri"
    API = "api", "API hesapları"


class InvitationState(models.TextChoices):
    """Whether an invitation still waits for the invited person; one that ran out waits in vain."""

    PENDING = "pending", "Yanıt bekliyor"
    ACCEPTED = "accepted", "Kabul edildi"
    WITHDRAWN = "withdrawn", "Geri çekildi"


INVITATION_TRANSITIONS: Transitions[InvitationState] = {
    InvitationState.PENDING: frozenset({InvitationState.ACCEPTED, InvitationState.WITHDRAWN}),
    InvitationState.ACCEPTED: frozenset(),
    InvitationState.WITHDRAWN: frozenset(),
}


class CompanyField(models.TextChoices):
    """What of a provider may be asked to be changed; VKN and İYS No belong to the company for good."""

    TITLE = "title", "Unvan"
    MERSIS = "mersis", "MERSİS No"
    ADDRESS = "address", "Adres"
    PHONE = "phone", "Telefon"
    EMAIL = "email", "E-posta"


class ChangeState(models.TextChoices):
    """What became of a request to change the company's data."""

    PENDING = "pending", "İnceleniyor"
    APPLIED = "applied", "Uygulandı"
    REJECTED = "rejected", "Reddedildi"
    WITHDRAWN = "withdrawn", "Geri çekildi"


CHANGE_TRANSITIONS: Transitions[ChangeState] = {
    ChangeState.PENDING: frozenset({ChangeState.APPLIED, ChangeState.REJECTED, ChangeState.WITHDRAWN}),
    ChangeState.APPLIED: frozenset(),
    ChangeState.REJECTED: frozenset(),
    ChangeState.WITHDRAWN: frozenset(),
}


class Topic(models.TextChoices):
    """E-mails that a person may do without; all others are sent whatever is chosen."""

    USAGE = "usage", "Adres sınırı uyarıları"
    RENEWAL = "renewal", "Paket yenileme hatırlatmaları"
    PAYMENTS = "payments", "Sipariş ve ödeme bildirimleri"
    REPORT = "report", "Haftalık rapor"


class ProviderState(models.TextChoices):
    """Whether the provider takes part in the register."""

    ACTIVE = "active", "Aktif"
    CLOSED = "closed", "Kapalı"


PROVIDER_TRANSITIONS: Transitions[ProviderState] = {
    ProviderState.ACTIVE: frozenset({ProviderState.CLOSED}),
    ProviderState.CLOSED: frozenset({ProviderState.ACTIVE}),
}


class ApiAccountState(models.TextChoices):
    """Whether programs may call with the account. What is revoked stays so; a new account is quickly made."""

    ACTIVE = "active", "Etkin"
    REVOKED = "revoked", "İptal edildi"


API_ACCOUNT_TRANSITIONS: Transitions[ApiAccountState] = {
    ApiAccountState.ACTIVE: frozenset({ApiAccountState.REVOKED}),
    ApiAccountState.REVOKED: frozenset(),
}
