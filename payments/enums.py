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
    _S.CARD_UNKNOWN: frozenset({_S.PAID, _S.CONTRACT_ACCEPTED, _S.CARD_PENDING, _S.IN_REVIEW}),
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
    _S.REFUNDED: frozenset({_S.IN_REVIEW, _S.REFUND_DUE}),
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
    # Today's reader found more in the file.
    StatementState.MATCHED: frozenset({StatementState.READ}),
    # Another format was chosen, or the reader has learnt more.
    StatementState.REFUSED: frozenset({StatementState.RECEIVED}),
}


class ProfileKind(models.TextChoices):
    """What kind of file a declared layout reads."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel (XLSX)"


class LineState(models.TextChoices):
    """What became of one bank movement. The money of `matched` and `refund` has gone somewhere to the kuruş."""

    NEW = "new", "Eşleştirilmedi"
    MATCHED = "matched", "Eşleşti"
    SUGGESTED = "suggested", "Öneri var"
    UNMATCHED = "unmatched", "Eşleşmedi"
    REFUND = "refund", "İade edilecek"
    IGNORED = "ignored", "Kapsam dışı"


_L = LineState
_FROM_THE_QUEUE = frozenset({_L.MATCHED, _L.SUGGESTED, _L.UNMATCHED, _L.REFUND, _L.IGNORED})

LINE_TRANSITIONS: Transitions[LineState] = {
    _L.NEW: _FROM_THE_QUEUE,
    _L.SUGGESTED: _FROM_THE_QUEUE - {_L.SUGGESTED},
    _L.UNMATCHED: _FROM_THE_QUEUE - {_L.UNMATCHED},
    # A person undoes, with a reason: the line waits again.
    _L.MATCHED: frozenset({_L.UNMATCHED}),
    _L.REFUND: frozenset({_L.UNMATCHED}),
    _L.IGNORED: frozenset({_L.UNMATCHED}),
}


class DecisionKind(models.TextChoices):
    """What a person decides about a bank movement."""

    ALLOCATE = "allocate", "Eşleştir"
    REFUND = "refund", "İade listesine al"
    IGNORE = "ignore", "Yok say"
    UNDO = "undo", "Geri al"


class DecisionState(models.TextChoices):
    """Whether a decision counts: above a limit it waits for a second person."""

    AWAITING = "awaiting", "İkinci onay bekliyor"
    DONE = "done", "Uygulandı"
    REJECTED = "rejected", "Onaylanmadı"


DECISION_TRANSITIONS: Transitions[DecisionState] = {
    DecisionState.AWAITING: frozenset({DecisionState.DONE, DecisionState.REJECTED}),
    DecisionState.DONE: frozenset(),
    DecisionState.REJECTED: frozenset(),
}


class BankRefundState(models.TextChoices):
    """The way of transferred money that goes back: owed, in a bank file, seen leaving our account."""

    OWED = "owed", "İade edilecek"
    EXPORTED = "exported", "Banka dosyasında"
    CONFIRMED = "confirmed", "İade edildi"
    CANCELLED = "cancelled", "Vazgeçildi"


_B = BankRefundState

BANK_REFUND_TRANSITIONS: Transitions[BankRefundState] = {
    _B.OWED: frozenset({_B.EXPORTED, _B.CONFIRMED, _B.CANCELLED}),
    # A bank may refuse a file: what was not paid out is owed again.
    _B.EXPORTED: frozenset({_B.CONFIRMED, _B.OWED}),
    # The bank returned our transfer: it is owed again.
    _B.CONFIRMED: frozenset({_B.OWED}),
    _B.CANCELLED: frozenset(),
}
OPEN_BANK_REFUNDS = (_B.OWED, _B.EXPORTED)


class AttemptState(models.TextChoices):
    """The way of one card attempt: nothing but the gateway's own word leads out of `unknown`."""

    CREATED = "created", "Başladı"
    NEEDS_3DS = "needs_3ds", "Banka onayı bekleniyor"
    UNKNOWN = "unknown", "Sonuç bekleniyor"
    SUCCEEDED = "succeeded", "Başarılı"
    DECLINED = "declined", "Reddedildi"
    ABANDONED = "abandoned", "Yarım kaldı"


_A = AttemptState

ATTEMPT_TRANSITIONS: Transitions[AttemptState] = {
    _A.CREATED: frozenset({_A.NEEDS_3DS, _A.SUCCEEDED, _A.DECLINED, _A.UNKNOWN, _A.ABANDONED}),
    _A.NEEDS_3DS: frozenset({_A.SUCCEEDED, _A.DECLINED, _A.UNKNOWN, _A.ABANDONED}),
    # One answer was lost while the payer was at the bank; the next one says that they still are.
    _A.UNKNOWN: frozenset({_A.NEEDS_3DS, _A.SUCCEEDED, _A.DECLINED, _A.ABANDONED}),
    _A.SUCCEEDED: frozenset(),
    # What was thought to be over may still turn out to have been charged: the bank's word counts.
    _A.DECLINED: frozenset({_A.SUCCEEDED}),
    _A.ABANDONED: frozenset({_A.SUCCEEDED}),
}

# Attempts that may still become money: an order has one of them at most.
LIVE_ATTEMPTS = frozenset({_A.CREATED, _A.NEEDS_3DS, _A.UNKNOWN})


class RefundState(models.TextChoices):
    """The way of money that goes back."""

    REQUESTED = "requested", "Onay bekliyor"
    APPROVED = "approved", "Onaylandı"
    SENDING = "sending", "Bankaya iletiliyor"
    UNKNOWN = "unknown", "Bankanın yanıtı bekleniyor"
    CONFIRMED = "confirmed", "İade edildi"
    FAILED = "failed", "Banka reddetti"
    BY_HAND = "by_hand", "Elle ödendi, onay bekliyor"
    REJECTED = "rejected", "Vazgeçildi"


_R = RefundState

REFUND_TRANSITIONS: Transitions[RefundState] = {
    _R.REQUESTED: frozenset({_R.APPROVED, _R.REJECTED}),
    _R.APPROVED: frozenset({_R.SENDING, _R.REJECTED}),
    _R.SENDING: frozenset({_R.CONFIRMED, _R.FAILED, _R.UNKNOWN}),
    _R.UNKNOWN: frozenset({_R.CONFIRMED, _R.FAILED}),
    _R.FAILED: frozenset({_R.APPROVED, _R.REJECTED, _R.BY_HAND}),
    # One person says that it was paid outside the gateway; another one confirms it, or it was not so.
    _R.BY_HAND: frozenset({_R.CONFIRMED, _R.FAILED}),
    _R.CONFIRMED: frozenset(),
    _R.REJECTED: frozenset(),
}


class Consequence(models.TextChoices):
    """What a refund does to the package that the order bought."""

    KEEP = "keep", "Paket sürsün"
    END = "end", "Paket sona ersin"


class DifferenceKind(models.TextChoices):
    """How our captures and refunds of a day differ from the gateway's own report."""

    MISSING_HERE = "missing_here", "Bankada var, bizde yok"
    MISSING_THERE = "missing_there", "Bizde var, bankada yok"
    AMOUNT = "amount", "Tutar farklı"


class CardMovement(models.TextChoices):
    """What a line of a gateway's report of a day is."""

    PAYMENT = "payment", "Çekim"
    CANCEL = "cancel", "İptal"
    REFUND = "refund", "İade"
