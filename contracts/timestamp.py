"""Our own time-stamp authority for development: RFC 3161 tokens made in the process by the machine's clock.

A production portal asks a qualified authority instead (`contracts.authority`); both are the same thing to the seal.
"""

import secrets
from datetime import UTC, datetime

from asn1crypto import cms, tsp, x509
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

# An arc below 2.25 (a UUID) belongs to whoever drew the UUID: no register has to be asked.
_POLICY = "2.25.206459317408218463919871302865493021017"
_DIGEST = "sha256"


class DevelopmentTimeStamper(TimeStamper):
    """Answers time-stamp requests itself, by a signer whose certificate is meant for time stamps only."""

    def __init__(self, signer: SimpleSigner, certificate: x509.Certificate) -> None:
        super().__init__()
        self._signer = signer
        self._certificate = certificate
        self._name = x509.GeneralName("directory_name", certificate.subject)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Return a granted response: a token over the request's imprint and nonce, accurate to a second.

        Raises TimestampRequestError when the authority's certificate is not valid now.
        """
        now = datetime.now(UTC)
        if not self._certificate.not_valid_before <= now <= self._certificate.not_valid_after:
            raise TimestampRequestError("the development authority's certificate is not valid now")
        token = await self._signer.async_sign_general_data(
            cms.EncapsulatedContentInfo({"content_type": "tst_info", "content": self._info(req, now)}),
            _DIGEST,
            detached=False,
            use_cades=True,
        )
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})

    def _info(self, req: tsp.TimeStampReq, now: datetime) -> cms.ParsableOctetString:
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": _POLICY,
                "message_imprint": req["message_imprint"],
                "serial_number": secrets.randbits(63),
                "gen_time": now.replace(microsecond=0),
                "accuracy": {"seconds": 1},
                "nonce": req["nonce"],
                "tsa": self._name,
            }
        )
        return cms.ParsableOctetString(info.dump())
