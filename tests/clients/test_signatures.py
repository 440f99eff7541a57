"""The client believes what the portal signed, and nothing else."""

from datetime import UTC, datetime

import pytest
from iys_client import SignatureInvalid, verify

from push.signature import new_key, sign

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BODY = '{"list":[{"recipient":"ağ@ornek.com"}]}'.encode()


def test_what_the_portal_signed_is_believed() -> None:
    key = new_key()
    header = sign(BODY, key=key, at=AT)
    verify(BODY, header, key, now=AT.timestamp() + 300)
    for body, signature, by, late in (
        (BODY + b" ", header, key, 0),
        (BODY, header, new_key(), 0),
        (BODY, header.replace("t=", "t=1"), key, 0),
        (BODY, "", key, 0),
        (BODY, header, key, 301),
        (BODY, header, key, -301),
    ):
        with pytest.raises(SignatureInvalid):
            verify(body, signature, by, now=AT.timestamp() + late)
