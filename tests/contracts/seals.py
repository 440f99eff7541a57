"""Helpers around seals: an authority that is away, and the certificates of a PKI."""

from pathlib import Path

from asn1crypto import tsp
from cryptography import x509
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError


class SilentAuthority(TimeStamper):
    """A time-stamp authority that does not answer."""

    async def async_request_tsa_response(self, _: tsp.TimeStampReq) -> tsp.TimeStampResp:
        raise TimestampRequestError("no answer")


def certificates(folder: Path) -> dict[str, x509.Certificate]:
    return {
        name: x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()) for name in ("root", "seal", "tsa")
    }
