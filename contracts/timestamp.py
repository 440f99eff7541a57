"""Our own time-stamp authority for development: RFC 3161 tokens made in the process by the machine's clock.

A production portal asks a qualified authority instead; both are the same thing to the seal (`TimeStamper`).
"""

import secrets
from datetime import UTC, datetime

from asn1crypto import cms, tsp, x509
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import TimeStamper

# An arc below 2.25 (a UUID) belongs to whoever drew the UUID: no register has to be asked.
_POLICY = "2.25.206459317408217463919871302865493021017"
_DIGEST = "sha256"


class DevelopmentTimeStamper(TimeStamper):
    """Answers time-stamp requests itself, by a signer whose certificate is meant for time stamps only."""

    def __init__(self, signer: SimpleSigner, certificate: x509.Certificate) -> None:
        super().__init__()
        self._signer = signer
        self._name = x509.GeneralName("directory_name", certificate.subject)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Return a granted response: a token over the request's imprint and nonce, accurate to a second."""
        token = await self._signer.async_sign_general_data(
            cms.EncapsulatedContentInfo({"content_type": "tst_info", "content": self._info(req)}),
            _DIGEST,
            detached=False,
            use_cades=True,
        )
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})

    def _info(self, req: tsp.TimeStampReq) -> cms.ParsableOctetString:
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": _POLICY,
                "message_imprint": req["message_imprint"],
                "serial_number": secrets.randbits(63),
                "gen_time": datetime.now(UTC).replace(microsecond=0),
                "accuracy": {"seconds": 1},
                "nonce": req["nonce"],
                "tsa": self._name,
            }
        )
        return cms.ParsableOctetString(info.dump())
