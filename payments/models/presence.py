"""Who stands before which movement or order: a hint for colleagues, never a lock."""

from django.db import models

from accounts.models import Person


class Presence(models.Model):
    """One person on one page of the accountants, from when on and when last seen there.

    `place` is `line:<number>` or `order:<code>`. Rows that were not refreshed do not count; nothing is decided by them.
    """

    place = models.CharField("yer", max_length=40, db_collation="C")
    person = models.ForeignKey(Person, verbose_name="kişi", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField("beri")
    seen_at = models.DateTimeField("son görülme")

    class Meta:
        verbose_name = "sayfadaki kişi"
        verbose_name_plural = "sayfadaki kişiler"
        constraints = [models.UniqueConstraint(fields=["place", "person"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.person} @ {self.place}"
