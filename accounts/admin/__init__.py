"""Administrators' screens: people, providers, and who may act for whom."""

from accounts.admin.api_accounts import ApiAccountAdmin
from accounts.admin.changes import CompanyChangeAdmin
from accounts.admin.memberships import InvitationAdmin, MembershipAdmin
from accounts.admin.people import GroupAdmin, PersonAdmin
from accounts.admin.providers import ProviderAdmin

__all__ = [
    "ApiAccountAdmin",
    "CompanyChangeAdmin",
    "GroupAdmin",
    "InvitationAdmin",
    "MembershipAdmin",
    "PersonAdmin",
    "ProviderAdmin",
]
