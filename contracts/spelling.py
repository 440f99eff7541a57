"""Whether a signature in a PDF is written as the portal writes it.

A seal's container holds bytes that no signature protects: version numbers, lists of algorithms, certificates that
nobody needs, the zeros that fill the gap. A change there is no forgery, yet a changed file is not the file we issued.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from asn1crypto import cms, core, parser, x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509 import Certificate, load_der_x509_certificate
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel

_GAP = re.compile(rb"<([0-9A-F]+)>")
_STAMP = "signature_time_stamp_token"
_SIGNED = ("version", "digest_algorithms", "encap_content_info", "certificates", "crls", "signer_infos")
_SIGNER = (
    "version",
    "sid",
    "digest_algorithm",
    "signed_attrs",
    "signature_algorithm",
    "signature",
    "unsigned_attrs",
)


def covers_all(signatures: Sequence[EmbeddedPdfSignature], pdf: bytes) -> bool:
    """Whether each signature covers a longer beginning of the file, without a gap but its own, the last one all."""
    ends = []
    for signature in signatures:
        if len(signature.byte_range) != 4:
            return False
        start, before, after, length = (int(value) for value in signature.byte_range)
        ends.append(after + length)
        if start != 0 or not _fills(pdf[before:after]):
            return False
    *earlier, newest = [signature.evaluate_signature_coverage() for signature in signatures]
    return (
        ends[-1] == len(pdf)
        and all(first < second for first, second in pairwise(ends))
        and newest == SignatureCoverageLevel.ENTIRE_FILE
        and all(level == SignatureCoverageLevel.ENTIRE_REVISION for level in earlier)
    )


def _fills(gap: bytes) -> bool:
    """Whether the gap holds one container in its only DER spelling, in capital hex digits, and zeros after it."""
    match = _GAP.fullmatch(gap)
    if match is None:
        return False
    content = bytes.fromhex(match[1].decode())
    used = parser.peek(content)
    return _is_der(content[:used]) and not any(content[used:])


def _is_der(encoded: bytes) -> bool:
    """Whether values follow each other without gap or filling, each with the shortest length that it can have."""
    while encoded:
        kind, constructed, tag, header, content, trailer = parser.parse(encoded)
        filling = (kind, tag) == (0, 0)
        if filling or header + content + trailer != parser.emit(kind, constructed, tag, content):
            return False
        if constructed and not _is_der(content):
            return False
        encoded = encoded[len(header) + len(content) :]
    return True


Chain = Iterable[x509.Certificate]


def is_plain(signed: cms.SignedData, chain: Chain, token: Chain | None = None) -> bool:
    """Whether a container holds what it needs and nothing else.

    `chain` leads from a root to its signer. `token` does so for the time stamp inside; where nothing leads there,
    the time stamp is not looked at.
    """
    *_, signer = chain = list(chain)
    (info,) = signed["signer_infos"]
    is_stamp = signed["encap_content_info"]["content_type"].native == "tst_info"
    return (
        _is_all(signed, _SIGNED)
        and _is_all(info, _SIGNER)
        and signed["version"].native == ("v3" if is_stamp else "v1")
        and info["version"].native == "v1"
        and _names(info["sid"], signer)
        and [_algorithm(one) for one in signed["digest_algorithms"]] == [_algorithm(info["digest_algorithm"])]
        and signed["crls"].native is None
        and _are_whole([choice.chosen for choice in signed["certificates"]], chain)
        and _is_plain_unsigned(info["unsigned_attrs"], token)
    )


def _is_all(sequence: core.Sequence, names: Sequence[str]) -> bool:
    """Whether a sequence consists of its fields: what is tagged as none of them is passed over by readers."""
    return b"".join(sequence[name].dump() for name in names) == bytes(sequence.contents)


def _are_whole(certificates: Sequence[x509.Certificate], chain: Sequence[x509.Certificate]) -> bool:
    """Whether each certificate is one of the chain's, or bears the signature of another that is here."""
    used = {one.dump() for one in chain}
    issuers = [load_der_x509_certificate(one.dump()) for one in (*chain, *certificates)]
    return all(one.dump() in used or _is_issued(load_der_x509_certificate(one.dump()), issuers) for one in certificates)


def _is_issued(certificate: Certificate, issuers: Sequence[Certificate]) -> bool:
    for issuer in issuers:
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, TypeError, ValueError):
            continue
        return True
    return False


def _names(identifier: cms.SignerIdentifier, signer: x509.Certificate) -> bool:
    """Whether the signer is named by the very bytes of its certificate: names are compared without their case."""
    named = identifier.chosen
    if identifier.name != "issuer_and_serial_number":
        return bool(named.native == signer.key_identifier)
    return bool(
        named["issuer"].dump() == signer.issuer.dump() and named["serial_number"].native == signer.serial_number
    )


def _algorithm(identifier: cms.DigestAlgorithm) -> tuple[str, object]:
    return identifier["algorithm"].native, identifier["parameters"].native


def _is_plain_unsigned(attributes: cms.CMSAttributes, token: Chain | None) -> bool:
    """Whether the only attribute beside the signature is one time stamp, itself written plainly."""
    if not attributes:
        return True
    if [attribute["type"].native for attribute in attributes] != [_STAMP] or len(attributes[0]["values"]) != 1:
        return False
    container = attributes[0]["values"][0]
    if container["content_type"].native != "signed_data":
        return False
    return token is None or is_plain(container["content"], token)
