"""The one state machine of orders, and the states of statements and their lines."""

from django.db import models

from iys_portal.shared.states import Transitions


class OrderState(models.TextChoices):
    """Where an order stands; labels are what the customer reads."""

    DRAFT = "draft", "Taslak"
    CONTRACT_ACCEPTED = "contract_accepted", "Sözleşme onaylandı"
    CARD_PENDING = "card_pending", "Kart onayı bekleniyor"
    CARD_UNKNOWN = "card_unknown", "Kart ödemesinin sonucu bekleniyor"
    TRANSFER_PENDING = "transfer_pending", "Havale/EFT bekleniyor"
    PARTIALLY_PAID = "partially_paid", "Eksik ödendi"
    IN_REVIEW = "in_review", "İncelemede"
    PAID = "paid", "Ödendi"
    COMPLETED = "completed", "Tamamlandı"
    EXPIRED = "expired", "Süresi doldu"
    CANCELLED = "cancelled", "İptal edildi"
    REFUND_DUE = "refund_due", "İade edilecek"
    REFUNDED = "refunded", "İade edildi"


_S = OrderState

ORDER_TRANSITIONS: Transitions[OrderState] = {
    _S.DRAFT: frozenset({_S.CONTRACT_ACCEPTED, _S.COMPLETED, _S.EXPIRED, _S.CANCELLED, _S.IN_REVIEW}),
    _S.CONTRACT_ACCEPTED: frozenset(
        {
            _S.CARD_PENDING,
            _S.TRANSFER_PENDING,
            _S.EXPIRED,
            _S.CANCELLED,
            _S.PAID,
            _S.PARTIALLY_PAID,
            _S.IN_REVIEW,
        }
    ),
    _S.CARD_PENDING: frozenset({_S.PAID, _S.CONTRACT_ACCEPTED, _S.CARD_UNKNOWN, _S.IN_REVIEW}),
    _S.CARD_UNKNOWN: frozenset({_S.PAID, _S.CONTRACT_ACCEPTED, _S.IN_REVIEW}),
    _S.TRANSFER_PENDING: frozenset(
        {_S.CONTRACT_ACCEPTED, _S.PAID, _S.PARTIALLY_PAID, _S.EXPIRED, _S.CANCELLED, _S.IN_REVIEW}
    ),
    _S.PARTIALLY_PAID: frozenset({_S.PAID, _S.IN_REVIEW, _S.REFUND_DUE}),
    _S.IN_REVIEW: frozenset({_S.PAID, _S.REFUND_DUE, _S.TRANSFER_PENDING, _S.CANCELLED}),
    _S.PAID: frozenset({_S.COMPLETED, _S.REFUND_DUE, _S.IN_REVIEW}),
    _S.COMPLETED: frozenset({_S.REFUND_DUE}),
    _S.EXPIRED: frozenset({_S.PAID, _S.IN_REVIEW}),
    _S.CANCELLED: frozenset({_S.IN_REVIEW}),
    _S.REFUND_DUE: frozenset({_S.REFUNDED, _S.IN_REVIEW}),
    _S.REFUNDED: frozenset({_S.IN_REVIEW}),
}

# States in which the customer still owes something and the order stands on Paket Yönetimi as pending.
AWAITING_PAYMENT = frozenset({_S.TRANSFER_PENDING, _S.PARTIALLY_PAID, _S.CARD_PENDING, _S.CARD_UNKNOWN, _S.IN_REVIEW})
# States that can only be reached once the contract was approved.
NEEDS_APPROVAL = frozenset(
    {
        _S.CONTRACT_ACCEPTED,
        _S.CARD_PENDING,
        _S.CARD_UNKNOWN,
        _S.TRANSFER_PENDING,
        _S.PARTIALLY_PAID,
        _S.PAID,
        _S.COMPLETED,
        _S.REFUND_DUE,
        _S.REFUNDED,
    }
)


class StatementState(models.TextChoices):
    """A statement file's way from upload to matched lines."""

    RECEIVED = "received", "Alındı"
    READ = "read", "Okundu"
    MATCHED = "matched", "Eşleştirildi"
    REFUSED = "refused", "Reddedildi"


STATEMENT_TRANSITIONS: Transitions[StatementState] = {
    StatementState.RECEIVED: frozenset({StatementState.READ, StatementState.REFUSED}),
    StatementState.READ: frozenset({StatementState.MATCHED}),
    StatementState.MATCHED: frozenset(),
    StatementState.REFUSED: frozenset(),
}


class LineState(models.TextChoices):
    """What became of one bank movement."""

    NEW = "new", "Eşleştirilmedi"
    MATCHED = "matched", "Eşleşti"
    SUGGESTED = "suggested", "Öneri var"
    UNMATCHED = "unmatched", "Eşleşmedi"
    IGNORED = "ignored", "Kapsam dışı"


LINE_TRANSITIONS: Transitions[LineState] = {
    LineState.NEW: frozenset({LineState.MATCHED, LineState.SUGGESTED, LineState.UNMATCHED, LineState.IGNORED}),
    LineState.SUGGESTED: frozenset({LineState.MATCHED, LineState.UNMATCHED, LineState.IGNORED}),
    LineState.UNMATCHED: frozenset({LineState.MATCHED, LineState.SUGGESTED, LineState.IGNORED}),
    LineState.IGNORED: frozenset(),
    LineState.MATCHED: frozenset(),
}
