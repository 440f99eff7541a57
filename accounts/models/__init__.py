"""Person, Provider (Hizmet Sağlayıcı) and Membership: who may act for whom; ApiAccount: whose programs may."""

from accounts.models.api import ApiAccount, ApiRefreshToken, ApiRequest, ApiSession
from accounts.models.people import (
    CompanyChange,
    Invitation,
    Membership,
    Person,
    PersonManager,
    Provider,
    WebSession,
    validate_kep,
    validate_vkn,
)

__all__ = [
    "ApiAccount",
    "ApiRefreshToken",
    "ApiRequest",
    "ApiSession",
    "CompanyChange",
    "Invitation",
    "Membership",
    "Person",
    "PersonManager",
    "Provider",
    "WebSession",
    "validate_kep",
    "validate_vkn",
]
