"""Read what the accounts of a provider called: the log, its search, shares of success, what is left of the limits."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.models import ApiAccount, ApiRequest

PAGE = 25
WATCHED = timedelta(hours=24)
# İYS drops an address from its list that asks this often and succeeds this seldom (domain 1.2).
BUSY_FROM, POOR_BELOW = 20_000, 70
_SHOWN_CODES = 10


def requests_of(account: ApiAccount, *, request_id: UUID | None = None, failed: bool = False) -> QuerySet[ApiRequest]:
    """Return the account's calls, the newest first; those of one number, or those that were refused."""
    requests = ApiRequest.objects.filter(account=account).order_by("-at", "-pk")
    if request_id is not None:
        requests = requests.filter(request_id=request_id)
    return requests.filter(status__gte=400) if failed else requests


def older_than(requests: QuerySet[ApiRequest], pk: int | None) -> QuerySet[ApiRequest]:
    """Return those of the calls that came before the one with this number; all when there is none of it."""
    last = requests.filter(pk=pk).first() if pk is not None else None
    return requests.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk)) if last else requests


@dataclass(frozen=True)
class Quota:
    """A limit by the hour and how much of it this hour has seen, from all addresses together."""

    label: str
    used: int
    limit: int | None


@dataclass(frozen=True)
class Usage:
    """The last 24 hours of an account, and its quotas."""

    total: int
    good: int
    quotas: list[Quota]
    codes: list[tuple[str, int]] = field(default_factory=list)

    @property
    def percent(self) -> int | None:
        """How many of a hundred calls went well, rounded down; None without a call."""
        return self.good * 100 // self.total if self.total else None

    @property
    def is_poor(self) -> bool:
        """İYS would close the address: many calls, and too few of them good."""
        return self.total >= BUSY_FROM and self.percent is not None and self.percent < POOR_BELOW


def usage_of(account: ApiAccount, *, now: datetime) -> Usage:
    """Return how an account's last 24 hours went; two queries."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    recent = ApiRequest.objects.filter(account=account, at__gte=now - WATCHED)
    this_hour = Q(at__gte=hour)
    counts = recent.aggregate(
        total=Count("pk"),
        good=Count("pk", filter=Q(status__lt=400)),
        tokens=Count("pk", filter=this_hour & Q(path__startswith="/oauth")),
        status=Count("pk", filter=this_hour & Q(path__regex=r"/consents/status/?$")),
        history=Count("pk", filter=this_hour & Q(path__regex=r"/consents/history/?$")),
    )
    refused: Counter[str] = Counter()
    for codes, count in recent.exclude(codes="").values_list("codes").annotate(Count("pk")):
        refused.update(dict.fromkeys(codes.split(), count))
    quotas = (
        []
        if account.intermediary_id is not None
        else [
            Quota("Jeton isteği", counts["tokens"], account.tokens_per_hour),
            Quota("Tekil izin durumu sorgusu", counts["status"], account.status_per_hour),
            Quota("İzin geçmişi sorgusu", counts["history"], account.history_per_hour),
        ]
    )
    return Usage(counts["total"], counts["good"], quotas, refused.most_common(_SHOWN_CODES))
