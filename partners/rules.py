"""When a grant counts, what may be granted, and why a call of a partner or an intermediary is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.enums import ProviderState
from brands.enums import BrandState
from brands.models import Brand
from iys_portal.shared.clock import last_day
from iys_portal.shared.turkish import lower
from packages.enums import SubscriptionState
from packages.models import Subscription
from packages.rules import allows_partners, state_at
from partners.enums import Channel, RefusalCode, Right
from partners.models import DirectoryEntry, IntermediaryGrant, PartnerGrant

PACKAGE_REQUIRED = "İş ortağı yetkilendirmek için bir İLETİ paketi gereklidir."
PACKAGE_PAUSED = "Paketiniz durduruldu; yeniden etkinleştirilene kadar iş ortağı yetkilendiremezsiniz."
PACKAGE_OVER = "Paketinizin süresi doldu; iş ortağı yetkilendirmek için yeniden bir İLETİ paketi alın."
BRAND_PASSIVE = "Bu marka pasif olduğu için yeni yetki verilemez; verilmiş yetkiler geri alınabilir."
NOTHING_TICKED = "En az bir yetki seçin."
ENDS_IN_THE_PAST = "Bitiş tarihi bugünden önce olamaz."
REVOKED_MEANWHILE = "Bu yetki az önce kaldırıldı."
NOT_LISTED = "Bu kuruluş şu anda yetkilendirilemez."
CHANGED_MEANWHILE = (
    "Bu kuruluşun yetkileri siz bu sayfayı açtıktan sonra değişti. Şimdiki yetkileri: {held}. Bunların yerine yine de"
    " aşağıdakileri vermek istiyorsanız yeniden gönderin."
)


SUSPENDED = "Bu kuruluş askıya alındığı için şu anda yetkilendirilemez. Gerekçe: {reason}"
NAME_TAKEN = "“{name}” adlı şablonunuz başka yetkiler içeriyor; başka bir ad yazın."
TOO_MANY_TEMPLATES = "En çok {most} şablon saklayabilirsiniz; kullanmadıklarınızı silin."
NONE_GIVEN = "Hiçbir marka için yetki verilmedi. {brand} ({code}): {reason}"


class GrantRefused(Exception):
    """A grant was asked for that the rules do not allow; `str()` says why, in Turkish."""


class GrantChanged(GrantRefused):
    """The rights are others than the page showed; `stamp` is that of the present ones (services.grants.stamp)."""

    def __init__(self, held: Sequence[str], stamp: str) -> None:
        super().__init__(CHANGED_MEANWHILE.format(held=", ".join(held) or "hiçbiri"))
        self.stamp = stamp


class BrandsRefused(GrantRefused):
    """Of several brands these do not allow the grant, so that none got it; `refusals` says why of each."""

    def __init__(self, refusals: Sequence[tuple[Brand, str]]) -> None:
        self.refusals = refusals
        super().__init__(" ".join(self.lines))

    @property
    def lines(self) -> list[str]:
        """A sentence for each brand that refuses."""
        return [NONE_GIVEN.format(brand=brand.name, code=brand.code, reason=reason) for brand, reason in self.refusals]


def is_in_force(grant: PartnerGrant | IntermediaryGrant, *, today: date) -> bool:
    """A grant is in force until it is revoked or its last day is over."""
    return grant.revoked_at is None and (grant.ends_on is None or grant.ends_on >= today)


def is_live(grant: PartnerGrant | IntermediaryGrant, *, today: date) -> bool:
    """A grant counts while it is in force and the company it authorises is not suspended."""
    return is_in_force(grant, today=today) and not grant.party.is_suspended


def refusal_of_party(party: DirectoryEntry) -> str:
    """Return why the company can be authorised by nobody now, or an empty text."""
    if party.is_suspended:
        return SUSPENDED.format(reason=party.suspension_reason)
    return "" if party.is_listed else NOT_LISTED


_MORE = {False: 0, True: 1, Right.NONE: 0, Right.READ: 1, Right.WRITE: 2}


def widens(grant: PartnerGrant | IntermediaryGrant, values: Mapping[str, Any]) -> bool:
    """Return whether these values would let the company do more than the grant does, or for longer."""
    rights, ends_on = dict(values), values["ends_on"]
    del rights["ends_on"]
    longer = grant.ends_on is not None and (ends_on is None or ends_on > grant.ends_on)
    return longer or any(_MORE[value] > _MORE[getattr(grant, name)] for name, value in rights.items())


def refusal_of_package(live: Subscription | None, latest: Subscription | None, *, now: datetime) -> str:
    """Return why partners cannot be authorised, or an empty text when they can.

    `live` is the subscription whose term covers `now`, `latest` the newest of all.
    """
    if allows_partners(live):
        return ""
    if live is not None:
        return PACKAGE_PAUSED if live.state == SubscriptionState.PAUSED else PACKAGE_REQUIRED
    over = latest is not None and latest.package.has_integration and latest.ends_at <= now
    return PACKAGE_OVER if over else PACKAGE_REQUIRED


@dataclass(frozen=True)
class Sleep:
    """Why grants to partners cannot be used now, and what wakes them; in Turkish, to the provider.

    `told_to_partner` is the reason as the partner reads it, to whom the package does not belong.
    """

    reason: str
    wakes: str
    told_to_partner: str


def sleep_of(counts: Subscription | None, *, now: datetime) -> Sleep | None:
    """Return why partner grants sleep, or None when they are awake.

    `counts` is the subscription whose term runs at `now`, else the one that ran last.
    """
    state = state_at(counts, now=now) if counts else None
    if counts is None or state == SubscriptionState.CLOSED or not counts.package.has_integration:
        return Sleep(
            "Etkin bir İLETİ paketiniz yok.",
            "bir İLETİ paketiniz olduğunda",
            "Hizmet sağlayıcının etkin bir İLETİ paketi yok.",
        )
    if state == SubscriptionState.PAUSED:
        return Sleep("Paketiniz durduruldu.", "durdurma kalktığında", "Hizmet sağlayıcının paketi durduruldu.")
    if state == SubscriptionState.EXPIRED:
        over = f"{last_day(counts.ends_at):%d.%m.%Y}"
        return Sleep(
            f"Paketinizin süresi {over} günü doldu.",
            "yeniden bir İLETİ paketiniz olduğunda",
            f"Hizmet sağlayıcının paketinin süresi {over} günü doldu.",
        )
    return None


def right_of(*, read: bool, write: bool) -> Right:
    """Return the one value of a channel: writing implies reading (domain 4.5)."""
    if write:
        return Right.WRITE
    return Right.READ if read else Right.NONE


def is_empty(rights: Mapping[Channel, Right], *, agreement: bool) -> bool:
    """Nothing was ticked."""
    return not agreement and all(right == Right.NONE for right in rights.values())


def right_held(grant: PartnerGrant | IntermediaryGrant, channel: Channel) -> Right:
    """Return what the grant lets its company do on a channel."""
    if isinstance(grant, PartnerGrant):
        return Right(getattr(grant, channel))
    return Right.READ if getattr(grant, f"{channel}_read") else Right.NONE


def words_of(rights: Mapping[Channel, Right], *, agreement: bool) -> list[str]:
    """Return rights as pages show them: “Mutabakat Yönetimi”, “Mesaj: okuma ve yazma”."""
    words = ["Mutabakat Yönetimi"] if agreement else []
    held = [(channel, rights[channel]) for channel in Channel if rights[channel] != Right.NONE]
    return words + [f"{short(channel)}: {lower(str(right.label))}" for channel, right in held]


def short(channel: Channel) -> str:
    """Return the channel's name without “İzinleri”."""
    return str(channel.label).removesuffix(" İzinleri")


@dataclass(frozen=True)
class Refusal:
    """Why a call is refused: the code that programs read, and a Turkish sentence for people of the caller."""

    code: RefusalCode
    words: str


NOT_AUTHORISED = Refusal(
    RefusalCode.NOT_AUTHORISED,
    "Bu marka kuruluşunuza yetki vermemiş, verdiği yetkiyi kaldırmış ya da böyle bir marka yok.",
)


@dataclass(frozen=True)
class Standing:
    """What decides about the calls of one company for one brand at one instant, read once.

    `grant` is the one in force, else the newest whose last day is over, or None. `sleep` says why the provider's
    package holds partners back.
    """

    party: DirectoryEntry
    grant: PartnerGrant | IntermediaryGrant | None
    sleep: Sleep | None
    today: date

    def why_nothing(self) -> Refusal | None:
        """Return why every call is refused, whatever it asks for; None when at least one right works."""
        if self.party.is_suspended:
            words = f"Kuruluşunuz askıya alındı. Gerekçe: {self.party.suspension_reason}"
            return Refusal(RefusalCode.SUSPENDED, words)
        grant = self.grant
        if grant is None or grant.revoked_at is not None:
            return NOT_AUTHORISED
        if (gone := _gone(grant)) is not None:
            return gone
        if grant.ends_on is not None and grant.ends_on < self.today:
            return Refusal(RefusalCode.ENDED, f"Yetkinin süresi {grant.ends_on:%d.%m.%Y} günü doldu.")
        if self.sleep is not None:
            return Refusal(RefusalCode.PACKAGE, self.sleep.told_to_partner)
        return None

    def why_refused(self, channel: Channel | None, right: Right) -> Refusal | None:
        """Return why a call with `right` on `channel` is refused, or None; without a channel: Mutabakat Yönetimi."""
        if (refusal := self.why_nothing()) is not None or self.grant is None:
            return refusal or NOT_AUTHORISED
        if channel is None:
            agreed = isinstance(self.grant, PartnerGrant) and self.grant.agreement
            return None if agreed else _lacks("Mutabakat Yönetimi")
        held = right_held(self.grant, channel)
        if held in (Right.WRITE, right):
            return None
        if right == Right.WRITE and isinstance(self.grant, IntermediaryGrant):
            return Refusal(RefusalCode.NO_RIGHT, "Aracı hizmet sağlayıcılar yalnızca okuyabilir.")
        return _lacks(f"{short(channel)}: {'yazma' if right == Right.WRITE else 'okuma'}")


def _gone(grant: PartnerGrant | IntermediaryGrant) -> Refusal | None:
    """Return why the one that granted takes no part now, or None."""
    if grant.provider.state == ProviderState.CLOSED:
        return Refusal(RefusalCode.PROVIDER_CLOSED, "Hizmet sağlayıcı İYS'den ayrıldı.")
    if grant.brand.state != BrandState.ACTIVE:
        return Refusal(RefusalCode.BRAND_PASSIVE, "Marka etkin değil; yeniden etkinleştirilirse yetki geçerli olur.")
    return None


def _lacks(name: str) -> Refusal:
    return Refusal(RefusalCode.NO_RIGHT, f"Marka bu yetkiyi vermemiş ({name}).")


def what_stops(grant: PartnerGrant | IntermediaryGrant) -> list[str]:
    """Return what the company can no longer do once the grant is revoked, a sentence for each right."""
    stops = []
    if isinstance(grant, PartnerGrant) and grant.agreement:
        stops.append("Günlük raporlarınızı alamaz ve mutabakat yapamaz.")
    for channel in Channel:
        right = right_held(grant, channel)
        if right == Right.WRITE:
            stops.append(f"{channel.label}: izin ekleyemez, değiştiremez ve sorgulayamaz.")
        elif right == Right.READ and isinstance(grant, PartnerGrant):
            stops.append(f"{channel.label}: izinleri sorgulayamaz.")
        elif right == Right.READ:
            stops.append(f"{channel.label}: gönderim öncesi kontrol yapamaz; bu kanaldan gönderimleriniz durabilir.")
    return stops
