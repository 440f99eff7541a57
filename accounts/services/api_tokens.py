"""Sessions of API accounts: begin one with the secret, go on with a refresh token, end one whose token was stolen."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import transaction
from django.db.models import QuerySet

from accounts.enums import ApiAccountState
from accounts.models import ApiAccount, ApiRefreshToken, ApiRequest, ApiSession
from iys_portal.audit.services import record
from iys_portal.shared.crypto import lookup_hash

ACCESS_LIFE = timedelta(seconds=7200)
REFRESH_LIFE = timedelta(seconds=14400)
_CHUNK = 10_000
_COMPANIES = ("provider", "partner", "intermediary", "sandbox")
_NOBODY = lookup_hash("")


@dataclass(frozen=True)
class Granted:
    """A session that goes on, and the refresh token with which it goes on after this one."""

    session: ApiSession
    refresh_token: str


def account_with(*, username: str, secret: str, now: datetime) -> ApiAccount | None:
    """Return the account that may call with this username and secret at `now`, or None; unknown ones take as long."""
    account = _whole().filter(username=username).first()
    known = compare_digest(account.secret_hash if account else _NOBODY, lookup_hash(secret))
    return account if account and known and is_usable(account, now=now) else None


def is_usable(account: ApiAccount, *, now: datetime) -> bool:
    """Return whether the account is neither revoked nor over."""
    return account.state == ApiAccountState.ACTIVE and now < account.expires_at


@transaction.atomic
def begin_session(*, account: ApiAccount, now: datetime) -> Granted:
    """Begin a session of an account that showed its secret."""
    session = ApiSession.objects.create(
        account=account, generation=account.generation, started_at=now, ends_at=now + REFRESH_LIFE
    )
    return _granted(session, now=now)


def account_behind(*, refresh_token: str) -> ApiAccount | None:
    """Return the account whose living session this refresh token is of, or None; the token stays as it was."""
    tokens = ApiRefreshToken.objects.filter(token_hash=lookup_hash(refresh_token), session__revoked_at=None)
    return _whole().filter(pk__in=tokens.values("session__account_id")).first()


def go_on(*, refresh_token: str, now: datetime) -> Granted | None:
    """Return the session with its next refresh token, or None when this one is unknown, over or used.

    A token that was used before is in two hands: its whole session ends, with every access token, and the audit
    trail says so.
    """
    with transaction.atomic():
        # One lock after the other, always session first: a thief and the owner come at the same instant.
        found = ApiRefreshToken.objects.filter(token_hash=lookup_hash(refresh_token)).values_list("pk", "session_id")
        token_id, session_id = found.first() or (0, 0)
        sessions = ApiSession.objects.select_for_update(of=("self",), no_key=True)
        session = sessions.filter(pk=session_id, revoked_at=None).first()
        if session is None:
            return None
        token = ApiRefreshToken.objects.get(pk=token_id)
        session.account = account = _whole().get(pk=session.account_id)
        if token.used_at is not None:
            _revoke(session, now=now)
            return None
        if token.expires_at <= now or session.generation != account.generation or not is_usable(account, now=now):
            return None
        token.used_at, session.ends_at = now, now + REFRESH_LIFE
        token.save(update_fields=["used_at"])
        session.save(update_fields=["ends_at"])
        return _granted(session, now=now)


def live_session(session_id: int, *, now: datetime) -> ApiSession | None:
    """Return the session with its account and company while access tokens that name it are good, or None."""
    sessions = ApiSession.objects.select_related(*(f"account__{name}" for name in _COMPANIES))
    session = sessions.filter(pk=session_id, revoked_at=None).first()
    if session is None or session.generation != session.account.generation:
        return None
    return session if is_usable(session.account, now=now) else None


def note_use(account: ApiAccount, *, now: datetime) -> None:
    """Remember that the account called, to the minute."""
    if account.last_used_at is None or now - account.last_used_at >= timedelta(minutes=1):
        ApiAccount.objects.filter(pk=account.pk).update(last_used_at=now)
        account.last_used_at = now


def forget_requests(*, now: datetime, days: int) -> int:
    """Delete the log of calls that are older than this, in pieces; return how many there were.

    Rows go in the order of their numbers, so that each piece begins where the last one ended. Calls came in nearly that
    order: what a piece leaves of its last seconds goes the next time.
    """
    before = now - timedelta(days=days)
    rows = ApiRequest.objects.order_by("pk")
    total = 0
    while chunk := list(rows.values_list("pk", "at")[:_CHUNK]):
        old = [pk for pk, at in chunk if at < before]
        ApiRequest.objects.filter(pk__in=old).delete()
        total += len(old)
        if len(old) < len(chunk):
            break
    return total


def forget_sessions(*, now: datetime) -> int:
    """Delete the sessions that nobody can go on with, and their tokens; return how many there were."""
    over = ApiSession.objects.filter(ends_at__lt=now - ACCESS_LIFE)
    count = over.count()
    over.delete()
    return count


def _whole() -> QuerySet[ApiAccount]:
    return ApiAccount.objects.select_related(*_COMPANIES)


def _granted(session: ApiSession, *, now: datetime) -> Granted:
    token = secrets.token_urlsafe(48)
    ApiRefreshToken.objects.create(session=session, token_hash=lookup_hash(token), expires_at=now + REFRESH_LIFE)
    return Granted(session, token)


def _revoke(session: ApiSession, *, now: datetime) -> None:
    session.revoked_at = now
    session.save(update_fields=["revoked_at"])
    record(
        action="api_session_ended",
        subject=session.account,
        actor=None,
        reason="Kullanılmış bir yenileme jetonu yeniden gönderildi",
        session_id=session.pk,
    )
