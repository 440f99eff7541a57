"""What people who run the portal should know about seal and documents: sentences for /healthz and the administrators.

Light: the workers that hold the key leave word of its condition in the cache (`contracts.condition`).
"""

from datetime import datetime, timedelta

from django.core.cache import cache
from redis.exceptions import RedisError

from contracts.enums import DocumentState
from contracts.models import SignedDocument
from iys_portal.shared.clock import ISTANBUL

CONDITION_KEY = "contracts:seal"
_EXPIRY_NOTICE = timedelta(days=30)
_ARCHIVE_DELAY = timedelta(hours=1)


def notices(*, now: datetime) -> list[str]:
    """Return sentences about what needs a person, none when all is well. One query, one look into the cache."""
    return [*_of_seal(now), *_of_documents(now)]


def _of_seal(now: datetime) -> list[str]:
    try:
        condition = cache.get(CONDITION_KEY) or {}
    except RedisError:  # /healthz says so itself
        condition = {}
    if condition.get("problem"):
        return [condition["problem"]]
    if "valid_until" not in condition:
        return []
    end = datetime.fromisoformat(condition["valid_until"])
    if end - now > _EXPIRY_NOTICE:
        return []
    return [f"Mühür sertifikasının süresi {end.astimezone(ISTANBUL):%d.%m.%Y} tarihinde doluyor; yenisini kurun."]


def _of_documents(now: datetime) -> list[str]:
    unfinished = SignedDocument.objects.filter(archived_at=None)
    failed = unfinished.filter(state=DocumentState.FAILED).count()
    late = unfinished.exclude(content=None).filter(issued_at__lt=now - _ARCHIVE_DELAY).count()
    told = []
    if failed:
        told.append(f"{failed} sözleşme mühürlenemedi ve bekliyor; nedeni belgenin sayfasında.")
    if late:
        told.append(f"{late} sözleşme uzun süreli arşive alınamadı ve bekliyor; nedeni belgenin sayfasında.")
    return told
