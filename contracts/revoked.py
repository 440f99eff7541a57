"""Whether a certificate had been revoked at an instant, by the lists that are at hand.

The certificates of a document need not say where their lists are, so the validator alone would not look at any.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from asn1crypto import crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature


def was_revoked(chain: Iterable[asn1_x509.Certificate], lists: Iterable[crl.CertificateList], *, at: datetime) -> bool:
    """Whether any certificate of `chain` (from its root on) was revoked at `at` (aware) by a list of its issuer."""
    known = list(lists)
    return any(
        _names(entry, issuer, certificate, at)
        for issuer, certificate in pairwise(chain)
        for entry in known
        if entry.issuer == issuer.subject
    )


def _names(
    entry: crl.CertificateList, issuer: asn1_x509.Certificate, certificate: asn1_x509.Certificate, at: datetime
) -> bool:
    listed = x509.load_der_x509_crl(entry.dump())
    key = x509.load_der_x509_certificate(issuer.dump()).public_key()
    try:
        if not listed.is_signature_valid(key):  # type: ignore[arg-type]  # any public key
            return False
    except (InvalidSignature, TypeError, ValueError):
        return False
    found = listed.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return found is not None and found.revocation_date_utc <= at
