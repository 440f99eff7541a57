"""Orders, bank accounts, statements, decisions, card money, refunds, allocations, receipts."""

from payments.models.bank import (
    Allocation,
    BankAccount,
    Statement,
    StatementChunk,
    StatementLine,
    StatementProfile,
    StatementSample,
    validate_iban,
)
from payments.models.card_days import CardDay, CardDifference
from payments.models.cards import CardAttempt, GatewayEvent, Refund
from payments.models.decisions import BankRefund, LineComment, LineDecision, RefundFile
from payments.models.fetching import SourceRun
from payments.models.orders import Order
from payments.models.presence import Presence
from payments.models.receipts import Receipt, ReceiptVoid

__all__ = [
    "Allocation",
    "BankAccount",
    "BankRefund",
    "CardAttempt",
    "CardDay",
    "CardDifference",
    "GatewayEvent",
    "LineComment",
    "LineDecision",
    "Order",
    "Presence",
    "Receipt",
    "ReceiptVoid",
    "Refund",
    "RefundFile",
    "SourceRun",
    "Statement",
    "StatementChunk",
    "StatementLine",
    "StatementProfile",
    "StatementSample",
    "validate_iban",
]
