"""The status endpoint written with Django REST framework; its addresses are those of beside.py's second half.

Token, limits, rights, package and the row of the log of calls are the portal's own functions; a thousand recipients are
read, checked and written by the framework. It stands there twice: as one writes it, with Django's ORM, and with the
portal's own query, so that nothing but the two frameworks is compared.
"""

from typing import Any
from uuid import uuid4

from django.core.validators import RegexValidator
from django.urls import path
from django.utils import timezone
from rest_framework import authentication, parsers, permissions, renderers, serializers, throttling, views
from rest_framework.response import Response

from accounts.models import ApiAccount
from accounts.services.api_tokens import live_session, note_use
from consents.api_selectors import approved_among
from consents.enums import Channel, ConsentStatus, RecipientType
from consents.models import Consent
from consents.rules.requests import MOST_ITEMS
from iys_portal.api import log
from iys_portal.api.brief import briefly
from iys_portal.api.calls import Call
from iys_portal.api.limits import count_call
from iys_portal.api.reach import reach
from iys_portal.api.registry import find
from iys_portal.api.tokens import session_of
from iys_portal.shared.telephone import TURKISH_MOBILE
from iys_portal.throttling import address_of


class Token(authentication.BaseAuthentication):
    """Knows the account by its token."""

    def authenticate(self, request: Any) -> tuple[ApiAccount, None] | None:
        now = timezone.now()
        number = session_of(request.headers["Authorization"].partition(" ")[2], now=now)
        session = briefly(("session", number), lambda: live_session(number or 0, now=now))
        return None if session is None else (session.account, None)


class Limits(throttling.BaseThrottle):
    """Counts the call as the portal does."""

    def allow_request(self, request: Any, _view: Any) -> bool:
        count_call(request.user, address=address_of(request), hourly=None)
        note_use(request.user, now=timezone.now())
        return True


class Reaches(permissions.BasePermission):
    """Asks whether the account reaches the brand, and what its package allows."""

    def has_permission(self, request: Any, view: Any) -> bool:
        if not isinstance(request.user, ApiAccount):
            return False
        declared, places = find("POST", request.path_info[request.path_info.index("/sps/") :])
        view.reached = reach(request.user, declared, places, now=timezone.now())
        return True


class Recipients(serializers.Serializer):
    """Up to a thousand phones, none of them twice."""

    recipients = serializers.ListField(
        child=serializers.CharField(validators=[RegexValidator(TURKISH_MOBILE)]),
        allow_empty=False,
        max_length=MOST_ITEMS,
    )

    def validate_recipients(self, values: list[str]) -> list[str]:
        """Refuse a list in which one comes again."""
        if len(set(values)) != len(values):
            raise serializers.ValidationError("H193")
        return values


class Approved(serializers.Serializer):
    """Those who have approved."""

    requestId = serializers.UUIDField()  # noqa: N815  (İYS's name)
    list = serializers.ListField(child=serializers.CharField())


class Status(views.APIView):
    """Which of a thousand recipients have approved."""

    authentication_classes = [Token]
    throttle_classes = [Limits]
    permission_classes = [Reaches]
    parser_classes = [parsers.JSONParser]
    renderer_classes = [renderers.JSONRenderer]
    reached: Any = None

    def post(self, request: Any, **places: str) -> Response:
        """Answer as the portal's own endpoint does."""
        asked = Recipients(data=request.data)
        asked.is_valid(raise_exception=True)
        recipients = asked.validated_data["recipients"]
        channel, kind = Channel[places["channel"]], RecipientType[places["kind"]]
        found = self.approved(recipients, channel=channel.value, recipient_type=kind.value)
        call = Call(request._request, uuid4(), timezone.now(), account=request.user)
        call.provider_reached = self.reached.provider
        call.note_recipients(recipients)
        log.write(call, status=200, codes=[], milliseconds=0)
        return Response(Approved({"requestId": call.request_id, "list": found}).data)

    def approved(self, recipients: list[str], **kind: int) -> list[str]:
        """Return those who have approved, in the order asked, by Django's ORM."""
        brand = self.reached.brand
        consents = Consent.objects.filter(
            provider_id=brand.provider_id,
            brand_id=brand.pk,
            recipient__in=recipients,
            status=ConsentStatus.ONAY,
            **kind,
        )
        found = set(consents.values_list("recipient", flat=True))
        return [recipient for recipient in recipients if recipient in found]


class StatusByOwnQuery(Status):
    """The same by the portal's own query."""

    def approved(self, recipients: list[str], **kind: int) -> list[str]:
        """Return those who have approved, in the order asked."""
        return approved_among(self.reached.brand, recipients, **kind)


_PATH = "sps/<int:iys_code>/brands/<int:brand_code>/consents/<kind>/status/<channel>"
urlpatterns = [
    path(f"drf/{_PATH}", Status.as_view()),
    path(f"drf/own-query/{_PATH}", StatusByOwnQuery.as_view()),
]
