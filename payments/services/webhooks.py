"""Keep a gateway's signed message once, and promise to ask the gateway what is true."""

from datetime import datetime

from django.db import transaction

from iys_portal.audit.outbox import promise
from payments.gateways.base import Event
from payments.models import CardAttempt, GatewayEvent


@transaction.atomic
def receive(*, gateway_name: str, event: Event, now: datetime) -> bool:
    """Keep the message and promise the query of its attempt; return whether it was new.

    The same message again, in any order, does nothing: neither its amount nor its time is signed.
    """
    _, is_new = GatewayEvent.objects.get_or_create(
        gateway=gateway_name,
        payment_id=event.payment_id,
        conversation_id=event.conversation_id,
        kind=event.kind,
        status=event.status,
        defaults={"received_at": now},
    )
    attempt = CardAttempt.objects.filter(gateway=gateway_name, conversation_id=event.conversation_id).first()
    if is_new and attempt is not None:
        promise("card.settle", attempt_id=attempt.pk)
    return is_new
