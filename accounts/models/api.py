"""ApiAccount: what a program of a provider, an İş Ortağı or an AHS calls the API with; its tokens and its calls.

An account belongs to one company of one of the three kinds. Partners and intermediaries stand above this app, so
they are named by text (docs/adr/0038-api-accounts.md).
"""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from accounts.enums import ApiAccountState
from accounts.models.people import Person, Provider

LONGEST_LIFE = timedelta(days=366)


class ApiAccount(models.Model):
    """A username and a secret for programs. Only the secret's keyed hash is kept; a new one ends all tokens.

    `networks` (CIDR) are the only addresses that may call, `brand_codes` the only brands of its provider that it acts
    for; none means all. `generation` counts the secrets. The calls of an account with a `sandbox` go to that provider's
    test data and to nothing else.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT, null=True)
    partner = models.ForeignKey(
        "partners.Partner", verbose_name="İş ortağı", on_delete=models.PROTECT, null=True, related_name="+"
    )
    intermediary = models.ForeignKey(
        "partners.Intermediary",
        verbose_name="aracı hizmet sağlayıcı",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    sandbox = models.OneToOneField(
        Provider, verbose_name="deneme ortamı", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    name = models.CharField("ad", max_length=60)
    username = models.CharField("kullanıcı adı", max_length=64, unique=True)
    secret_hash = models.CharField(max_length=64, editable=False)
    secret_at = models.DateTimeField("şifre tarihi")
    generation = models.PositiveIntegerField(default=1, editable=False)
    state = models.CharField("durum", max_length=10, choices=ApiAccountState, default=ApiAccountState.ACTIVE)
    created_by = models.ForeignKey(
        Person, verbose_name="oluşturan", on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField("oluşturma")
    expires_at = models.DateTimeField("geçerlilik sonu")
    revoked_at = models.DateTimeField("İptal", null=True)
    last_used_at = models.DateTimeField("son kullanım", null=True)
    networks = ArrayField(
        models.CharField(max_length=43),
        verbose_name="İzin verilen IP adresleri",
        default=list,
        db_default=Value([], output_field=ArrayField(models.CharField(max_length=43))),
    )
    brand_codes = ArrayField(
        models.PositiveIntegerField(),
        verbose_name="yalnızca bu markalar",
        default=list,
        db_default=Value([], output_field=ArrayField(models.PositiveIntegerField())),
    )
    per_second = models.PositiveIntegerField("saniyede istek")
    tokens_per_hour = models.PositiveIntegerField("saatte jeton", null=True)
    status_per_hour = models.PositiveIntegerField("saatte durum sorgusu", null=True)
    history_per_hour = models.PositiveIntegerField("saatte geçmiş sorgusu", null=True)

    class Meta:
        verbose_name = "API hesabı"
        verbose_name_plural = "API hesapları"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="api_account_of_one_company",
                condition=Q(provider__isnull=False, partner=None, intermediary=None)
                | Q(provider=None, partner__isnull=False, intermediary=None)
                | Q(provider=None, partner=None, intermediary__isnull=False),
            ),
            models.CheckConstraint(
                name="api_account_sandbox_of_provider", condition=Q(sandbox=None) | Q(provider__isnull=False)
            ),
            # Which brands a partner or an AHS acts for, their grants say.
            models.CheckConstraint(
                name="api_account_brands_of_provider", condition=Q(brand_codes=[]) | Q(provider__isnull=False)
            ),
            models.CheckConstraint(name="api_account_state_known", condition=Q(state__in=ApiAccountState.values)),
            models.CheckConstraint(
                name="api_account_revoked_iff_instant",
                condition=Q(state=ApiAccountState.REVOKED, revoked_at__isnull=False)
                | ~Q(state=ApiAccountState.REVOKED) & Q(revoked_at=None),
            ),
            models.CheckConstraint(
                name="api_account_lives_a_year",
                condition=Q(expires_at__gt=F("secret_at"), expires_at__lte=F("secret_at") + LONGEST_LIFE),
            ),
            models.CheckConstraint(name="api_account_may_call", condition=Q(per_second__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def as_actor(self) -> str:
        """How the audit trail names the account."""
        return f"API: {self.name} ({self.username})"

    def acts_for(self, brand_code: int) -> bool:
        """Return whether it may act for a brand, as far as its own list of brands is concerned."""
        return not self.brand_codes or brand_code in self.brand_codes


class ApiSession(models.Model):
    """What began with one password: the access tokens that name it live no longer than it does."""

    account = models.ForeignKey(ApiAccount, on_delete=models.PROTECT, related_name="sessions")
    generation = models.PositiveIntegerField()
    started_at = models.DateTimeField("başlangıç")
    ends_at = models.DateTimeField("bitiş", db_index=True)
    revoked_at = models.DateTimeField("İptal", null=True)

    class Meta:
        verbose_name = "API oturumu"
        verbose_name_plural = "API oturumları"

    def __str__(self) -> str:
        return f"{self.account_id}: {self.started_at:%d.%m.%Y %H:%M}"


class ApiRefreshToken(models.Model):
    """A refresh token, by its hash. It works once; one that comes again was stolen, and ends its session."""

    session = models.ForeignKey(ApiSession, on_delete=models.CASCADE, related_name="refresh_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField("geçerlilik sonu")
    used_at = models.DateTimeField("kullanım", null=True)

    class Meta:
        verbose_name = "yenileme jetonu"
        verbose_name_plural = "yenileme jetonları"

    def __str__(self) -> str:
        return f"{self.session_id}: {self.expires_at:%d.%m.%Y %H:%M}"


class ApiRequest(models.Model):
    """One call and its answer. Recipients are kept masked, at most three of them; forgotten after some weeks."""

    account = models.ForeignKey(
        ApiAccount, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    provider_id = models.BigIntegerField("hizmet sağlayıcı no", null=True)
    at = models.DateTimeField("zaman", db_default=Now())
    request_id = models.UUIDField("İstek no", db_index=True)
    method = models.CharField("yöntem", max_length=7)
    path = models.CharField("adres", max_length=200)
    status = models.PositiveSmallIntegerField("durum")
    codes = models.CharField("hata kodları", max_length=60, default="")
    milliseconds = models.PositiveIntegerField("süre (ms)")
    recipients = models.CharField("alıcılar", max_length=120, default="")
    recipient_count = models.PositiveIntegerField("alıcı sayısı", default=0)

    class Meta:
        verbose_name = "API isteği"
        verbose_name_plural = "API istekleri"
        indexes = [
            models.Index(fields=["account", "-at", "-id"], name="api_request_of_account"),
            # Refusals are few, and looked for among millions of calls.
            models.Index(fields=["account", "-at", "-id"], name="api_request_refused", condition=Q(status__gte=400)),
            BrinIndex(fields=["at"], name="api_request_at"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
