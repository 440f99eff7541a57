"""A client of the portal's REST API: consents, batches, changes, dealers, reconciliation; and signatures of push.

    from iys_client import Client, Consent

    client = Client("https://portal.example", username="…", password="…")
    brand = client.brand(iys_code=675400, brand_code=675403)
    brand.add(Consent("+905992000001", "MESAJ", "ONAY", "HS_WEB", "2026-11-23 14:05:00"))

Nothing but Python's own library is needed.
"""

from iys_client.client import Brand, Client
from iys_client.errors import ApiError, LoginFailed, Unreachable
from iys_client.messages import Batch, Change, Changes, Consent
from iys_client.push import SignatureInvalid, verify

__all__ = [
    "ApiError",
    "Batch",
    "Brand",
    "Change",
    "Changes",
    "Client",
    "Consent",
    "LoginFailed",
    "SignatureInvalid",
    "Unreachable",
    "verify",
]
