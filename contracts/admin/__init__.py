"""Administrators' screens: contract texts, approvals and sealed documents."""

from contracts.admin.approvals import ApprovalAdmin
from contracts.admin.documents import SignedDocumentAdmin
from contracts.admin.texts import ContractTextAdmin

__all__ = ["ApprovalAdmin", "ContractTextAdmin", "SignedDocumentAdmin"]
