"""Orders, bank accounts, statements and allocations."""

from payments.models.bank import Allocation, BankAccount, Statement, StatementLine, validate_iban
from payments.models.orders import Order

__all__ = ["Allocation", "BankAccount", "Order", "Statement", "StatementLine", "validate_iban"]
