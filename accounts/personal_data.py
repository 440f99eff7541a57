"""What the portal holds about one person, gathered from every app: for their own eyes, as a page and as a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from accounts.models import Invitation, Membership, Person, WebSession
from accounts.selectors import all_memberships_of, sessions_of
from applications.models import Application
from applications.selectors import applications_of
from contracts.models import Approval
from iys_portal.audit.admin import action_words
from iys_portal.audit.models import AuditEvent
from partners.models import IntermediaryGrant, IntermediaryMembership, PartnerGrant, PartnerMembership
from payments.models import CardAttempt, Order

Row = dict[str, Any]
SHOWN_ROWS = 10


@dataclass(frozen=True)
class Section:
    """One kind of data: why it is held, how long, and its rows with their values by name, the newest first.

    `source` are the records, of which `row` makes a row. A page reads the first ones and how many there are; only the
    file reads all.
    """

    key: str
    title: str
    purpose: str
    kept: str
    source: QuerySet[Any] | list[Any]
    row: Callable[[Any], Row]

    @property
    def rows(self) -> list[Row]:
        return [self.row(each) for each in self.source]

    @cached_property
    def newest(self) -> list[Row]:
        return [self.row(each) for each in self.source[:SHOWN_ROWS]]

    @cached_property
    def count(self) -> int:
        if len(self.newest) < SHOWN_ROWS:
            return len(self.newest)
        return len(self.source) if isinstance(self.source, list) else self.source.count()

    @property
    def columns(self) -> list[str]:
        return list(self.newest[0]) if self.newest else []


@dataclass(frozen=True)
class PersonalData:
    """Everything that is held about a person."""

    at: datetime
    person: Row
    sections: list[Section]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values: instants in ISO 8601, UTC."""
        return {
            "olusturma": self.at,
            "kisi": self.person,
            **{
                section.key: {"amac": section.purpose, "saklama": section.kept, "kayitlar": section.rows}
                for section in self.sections
            },
        }


_LAW = "Hizmet sağlayıcının kaydı sürdükçe ve sonrasında 10 yıl (Türk Ticaret Kanunu m. 82)"


def personal_data_of(person: Person, *, now: datetime) -> PersonalData:
    """Return what is held about `person`; the TCKN is masked, of web sessions only those that go on are held."""
    return PersonalData(
        at=now,
        person={
            "Ad": person.given_name,
            "Soyad": person.family_name,
            "T.C. Kimlik No": person.masked_tckn,
            "E-posta": person.email,
            "İlk kayıt": person.created_at,
            "Son giriş": person.last_login,
        },
        sections=[
            Section("yetkiler", "Yetkileriniz", _AUTHORITY, _LAW, all_memberships_of(person), _membership),
            Section(
                "kurulus_yetkileri",
                "İş ortağı ve AHS çalışanı olarak yetkileriniz",
                "Kuruluş adına işlem yapma yetkinizin ispatı",
                _LAW,
                _party_memberships(person),
                _party_membership,
            ),
            Section("davetler", "Aldığınız davetler", _INVITED, _LAW, _invitations(person), _invitation),
            Section(
                "basvurular",
                "Adınıza yapılan ve yaptığınız başvurular",
                "Başvurunun değerlendirilmesi ve yetkinin ispatı",
                _LAW,
                applications_of(person),
                _application,
            ),
            Section(
                "oturumlar",
                "Açık oturumlarınız",
                "Hesabınızın güvenliği",
                "Oturum kapandıktan sonra en çok bir saat",
                sessions_of(person, now=now),
                _session,
            ),
            Section(
                "siparisler", "Verdiğiniz siparişler", "Satış sözleşmesinin yürütülmesi", _LAW, _orders(person), _order
            ),
            Section(
                "sozlesme_onaylari",
                "Onayladığınız sözleşmeler",
                "Sözleşmenin kim tarafından onaylandığının ispatı",
                _LAW,
                Approval.objects.filter(person=person).order_by("-pk"),
                _approval,
            ),
            Section(
                "kart_odemeleri",
                "Başlattığınız kart ödemeleri",
                "Ödemenin banka ile karşılaştırılması; kart numaranız bizde yoktur",
                _LAW,
                CardAttempt.objects.filter(person=person).select_related("order").order_by("-pk"),
                _card_attempt,
            ),
            Section(
                "verilen_yetkiler",
                "İş ortaklarına ve AHS'lere verdiğiniz yetkiler",
                "Verilere kimin izniyle erişildiğinin ispatı",
                _LAW,
                _grants(person),
                _grant,
            ),
            Section(
                "islemler",
                "İşlemlerinizin kaydı",
                "Denetim kaydı: kimin neyi ne zaman yaptığının ispatı",
                f"{_LAW}; değiştirilemez ve silinemez",
                AuditEvent.objects.filter(actor_id=person.pk).order_by("-pk"),
                _event,
            ),
        ],
    )


_AUTHORITY = "Hizmet sağlayıcı adına işlem yapma yetkinizin ispatı"
_INVITED = "Yetkinin kime ve kim tarafından verildiğinin ispatı"


def _membership(each: Membership) -> Row:
    return {
        "Hizmet sağlayıcı": each.provider.title,
        "Görev": each.get_role_display(),
        "Bildirim e-postası": each.email,
        "Başlangıç": each.started_at,
        "Bitiş": each.ended_at,
    }


def _party_memberships(person: Person) -> list[PartnerMembership | IntermediaryMembership]:
    partners = PartnerMembership.objects.filter(person=person).select_related("partner")
    intermediaries = IntermediaryMembership.objects.filter(person=person).select_related("intermediary")
    return sorted([*partners, *intermediaries], key=lambda each: each.started_at, reverse=True)


def _party_membership(each: PartnerMembership | IntermediaryMembership) -> Row:
    party = each.partner if isinstance(each, PartnerMembership) else each.intermediary
    return {"Kuruluş": party.title, "Başlangıç": each.started_at, "Bitiş": each.ended_at}


def _invitations(person: Person) -> QuerySet[Invitation]:
    invitations = (
        Invitation.objects.filter(tckn_hash=person.tckn_hash) if person.tckn_hash else Invitation.objects.none()
    )
    return invitations.select_related("provider").order_by("-pk")


def _invitation(each: Invitation) -> Row:
    return {
        "Hizmet sağlayıcı": each.provider.title,
        "Ad Soyad": each.get_full_name(),
        "E-posta": each.email,
        "Görev": each.get_role_display(),
        "Davet": each.created_at,
        "Durum": each.get_state_display(),
    }


def _application(each: Application) -> Row:
    """Of a brand's request nothing personal is held but who sent it."""
    return {
        "Başvuru": each.get_kind_display(),
        "Başvuru no": each.reference_display,
        "Hizmet sağlayıcı": each.subject_name,
        "Ad Soyad": each.person_name,
        "T.C. Kimlik No": each.masked_tckn,
        "Doğum tarihi": f"{each.birth_date:%d.%m.%Y}" if each.birth_date else None,
        "Cep telefonu": each.mobile,
        "E-posta": each.person_email,
        "Gönderme": each.submitted_at,
        "Durum": each.get_state_display(),
    }


def _session(each: WebSession) -> Row:
    return {"Tarayıcı": each.browser, "Adres": each.address, "Giriş": each.started_at, "Son işlem": each.seen_at}


def _approval(each: Approval) -> Row:
    return {
        "Sipariş": each.order_code,
        "Onay": each.approved_at,
        "Ağ adresi": each.ip,
        "Tarayıcı bilgisi": each.user_agent,
    }


def _event(each: AuditEvent) -> Row:
    return {"Zaman": each.at, "İşlem": action_words(each)}


def _orders(person: Person) -> QuerySet[Order]:
    return Order.objects.filter(person=person).select_related("provider", "package").order_by("-pk")


def _order(each: Order) -> Row:
    return {
        "Hizmet sağlayıcı": each.provider.title,
        "Sipariş": each.code_display,
        "Ürün": each.product_label,
        "Tarih": each.created_at,
    }


def _card_attempt(each: CardAttempt) -> Row:
    return {
        "Sipariş": each.order.code_display,
        "Kartın son dört hanesi": each.last4,
        "Ağ adresi": each.ip,
        "Zaman": each.created_at,
    }


def _grants(person: Person) -> list[PartnerGrant | IntermediaryGrant]:
    partners = PartnerGrant.objects.filter(granted_by=person).select_related("brand", "partner")
    intermediaries = IntermediaryGrant.objects.filter(granted_by=person).select_related("brand", "intermediary")
    return sorted([*partners, *intermediaries], key=lambda each: each.granted_at, reverse=True)


def _grant(each: PartnerGrant | IntermediaryGrant) -> Row:
    party = each.partner if isinstance(each, PartnerGrant) else each.intermediary
    return {"Marka": each.brand.name, "Şirket": party.title, "Verilme": each.granted_at}
