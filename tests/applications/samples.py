"""Documents as applicants upload them, and applications at every step, made by the services."""

import io
from datetime import date, datetime
from typing import Any

from PIL import Image

from accounts.models import Person, Provider
from applications.enums import ApplicationKind, CheckKind, CheckReason, CheckState
from applications.files import ReceivedFile
from applications.models import Application, Check
from applications.services import drafts, review
from tests import factories

COMPANY = {
    "title": "Işık Çiçekçilik Ltd. Şti.",
    "tax_number": factories.make_vkn(412_000_001),
    "mersis": "",
    "address": "Atatürk Cad. No: 7 Çankaya, Ankara",
    "kep": "isik@hs01.kep.tr",
    "phone": "+903122183000",
    "email": "bilgi@isikcicek.com.tr",
}
PERSON: dict[str, Any] = {
    "given_name": "İnci",
    "family_name": "Işık",
    "birth_date": date(1985, 3, 27),
    "mobile": "+905320000000",
    "person_email": "inci@isikcicek.com.tr",
}
TCKN = factories.make_tckn(77_000_001)


def png(width: int = 400, height: int = 400) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "PNG")
    return out.getvalue()


def received(name: str = "belge.png", content: bytes = b"\x89PNG\r\n\x1a\n...") -> ReceivedFile:
    """Return a file as if it had been opened and found sound."""
    return ReceivedFile(name, "image/png", 1, content)


def draft(*, now: datetime, brands: tuple[str, ...] = ("Çiçek Işığı",), **values: Any) -> Application:
    """Return a company's draft that is ready to be sent."""
    application, _ = drafts.begin(kind=ApplicationKind.COMPANY, now=now)
    pk = application.pk
    drafts.put_values(application_id=pk, values={**COMPANY, **PERSON, **values}, tckn=TCKN, now=now)
    for name in brands:
        drafts.add_brand(application_id=pk, name=name, file=received(), now=now)
    put_paper(application, now=now)
    return fresh(application)


def put_paper(application: Application, *, now: datetime) -> None:
    check = application.checks.get(kind__in=[CheckKind.UNDERTAKING, CheckKind.AUTHORITY])
    drafts.put_document(application_id=application.pk, check_id=check.pk, file=received("imzali.png"), now=now)


def sent(*, now: datetime, **values: Any) -> Application:
    """Return a company's application that waits for a reviewer."""
    return drafts.submit(application_id=draft(now=now, **values).pk, now=now)


def taken(reviewer: Person, *, now: datetime, **values: Any) -> Application:
    """Return a company's application that `reviewer` works on."""
    return review.take(application_id=sent(now=now, **values).pk, reviewer=reviewer)


def authority(provider: Provider, *, now: datetime) -> Application:
    """Return a sent request for a further person of a provider."""
    application, _ = drafts.begin(kind=ApplicationKind.PERSON, provider=provider, now=now)
    drafts.put_values(application_id=application.pk, values=PERSON, tckn=TCKN, now=now)
    put_paper(application, now=now)
    return drafts.submit(application_id=application.pk, now=now)


def brand(
    provider: Provider, person: Person, *, now: datetime, name: str = "Yeni Marka", nonce: int = 0
) -> Application:
    """Return a sent request for a further brand."""
    return drafts.request_brand(
        provider=provider, person=person, name=name, file=received(), nonce=f"{nonce:032x}", now=now
    )


def judge(check: Check, reviewer: Person, *, now: datetime, refuse: bool = False, seen: str | None = None) -> Check:
    return review.judge(
        application_id=check.application_id,
        check_id=check.pk,
        seen=check.stamp if seen is None else seen,
        verdict=CheckState.REFUSED if refuse else CheckState.CONFIRMED,
        reason=CheckReason.UNSIGNED if refuse else "",
        note="İkinci imza yok" if refuse else "",
        reviewer=reviewer,
        now=now,
    )


def confirm_all(application: Application, reviewer: Person, *, now: datetime) -> None:
    for check in application.checks.exclude(state=CheckState.CONFIRMED):
        judge(check, reviewer, now=now)


def fresh(application: Application) -> Application:
    return Application.objects.get(pk=application.pk)
