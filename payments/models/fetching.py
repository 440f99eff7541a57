"""How the fetching of statements goes."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from payments.models.bank import BankAccount


class SourceRun(models.Model):
    """The last tries to fetch an account's statements from a source: customers and accountants see how fresh we are.

    `problem` is empty after a success; `failing_since` is the first failure after the last success.
    """

    source = models.CharField("kaynak", max_length=30)
    account = models.ForeignKey(BankAccount, verbose_name="hesap", on_delete=models.PROTECT, related_name="source_runs")
    tried_at = models.DateTimeField("son deneme", db_default=Now())
    succeeded_at = models.DateTimeField("son başarılı sorgu", null=True)
    failing_since = models.DateTimeField("sorun başladı", null=True)
    problem = models.CharField("sorun", max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "ekstre kaynağı"
        verbose_name_plural = "ekstre kaynakları"
        ordering = ["source", "account"]
        constraints = [
            models.UniqueConstraint(fields=["source", "account"], name="source_run_once"),
            models.CheckConstraint(
                name="source_run_failing_has_problem",
                condition=Q(problem="", failing_since=None) | ~Q(problem="") & ~Q(failing_since=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} – {self.account}"
