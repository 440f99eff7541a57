"""Verify what was sealed: is the PDF as it was sealed, by whom, and when; in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import x509

from contracts.examination import Anchors, Examination, Finding, examine
from iys_portal.shared.clock import ISTANBUL

_REFUSALS = {
    Finding.CHANGED: "Belge mühürlendikten sonra değiştirilmiş; mühür geçersiz.",
    Finding.NO_SEAL: "Bu belgede elektronik mühür yok.",
    Finding.ENCRYPTED: "Belge parola ile korunuyor; içindeki mühür okunamıyor.",
}
_UNREADABLE = "Dosya okunabilir bir PDF belgesi değil ya da zarar görmüş."


@dataclass(frozen=True, slots=True)
class Verification:
    """What a PDF's seal says. `timestamped_at` is the authority's time (UTC), `sentence` is for people."""

    intact: bool
    trusted: bool
    timestamped_at: datetime | None
    signer: str
    sentence: str

    @property
    def valid(self) -> bool:
        """Whether the document is as it was sealed, by a trusted seal with a trusted time stamp."""
        return self.intact and self.trusted and self.timestamped_at is not None


def verify(pdf: bytes, *, trust: Iterable[x509.Certificate], now: datetime | None = None) -> Verification:
    """Return what the seal of `pdf` is worth to whoever trusts the roots `trust`; a bad PDF never raises.

    `now` (aware; the present where it is not given) counts for a seal without any time stamp only.
    """
    return in_words(examine(pdf, anchors=Anchors(roots=tuple(trust)), now=now or datetime.now(UTC)))


def in_words(found: Examination) -> Verification:
    """Return what an examination found, with a sentence for people."""
    if found.finding not in {Finding.INTACT, Finding.UNSTAMPED, Finding.REVOKED, Finding.STRANGER}:
        sentence = _REFUSALS.get(found.finding, _UNREADABLE)
        return Verification(intact=False, trusted=False, timestamped_at=None, signer="", sentence=sentence)
    return Verification(
        intact=True,
        trusted=found.finding in {Finding.INTACT, Finding.UNSTAMPED},
        timestamped_at=found.sealed_at,
        signer=found.signer,
        sentence=_sentence(found),
    )


def _sentence(found: Examination) -> str:
    if found.finding is Finding.STRANGER:
        return "Belge mühürlendiğinden beri değişmemiş, ancak mührün sahibi doğrulanamıyor."
    if found.finding is Finding.REVOKED:
        return "Belge mühürlendiğinden beri değişmemiş, ancak mühür sertifikası o sırada iptal edilmişti."
    if found.finding is Finding.UNSTAMPED:
        return f"Belge {found.signer} ile mühürlenmiş ve değişmemiş, ancak güvenilir bir zaman damgası yok."
    if found.sealed_at is None:
        return f"Belge {found.signer} ile mühürlenmiş ve değişmemiş; zaman damgası henüz vurulmamış."
    when = f"{found.sealed_at.astimezone(ISTANBUL):%d.%m.%Y %H:%M:%S}"
    return f"Belge {when} (Türkiye saati) anında {found.signer} ile mühürlenmiş; o andan beri değişmemiş."
