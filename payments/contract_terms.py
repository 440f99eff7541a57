"""The contract of an order as it stands now: what the approval page shows and the approval records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString

from accounts.models import Person
from contracts import markup
from contracts.data import ContractData, Party
from contracts.enums import TextKind
from contracts.models import ContractText
from contracts.selectors import text_in_force, version_of
from iys_portal.shared.clock import istanbul_day
from payments.models import Order


@dataclass(frozen=True)
class ShownContract:
    """A filled contract: the stored texts, the data they are filled with, the hash of what is read, and its HTML."""

    text: ContractText
    information: ContractText
    data: ContractData
    sha256: str
    html: SafeString
    information_html: SafeString

    @property
    def terms(self) -> dict[str, Any]:
        """The canonical contract data that the approval stores."""
        return self.data.terms()


def contract_for(order: Order, *, person: Person, now: datetime) -> ShownContract:
    """Return the contract and the form of a draft order by today's texts, with `person` as the one who approves."""
    text = text_in_force(TextKind.SERVICES, day=istanbul_day(now))
    information = text_in_force(TextKind.INFORMATION, day=istanbul_day(now))
    provider = order.provider
    data = ContractData(
        provider=Party(
            title=provider.title,
            tax_number=provider.shown_tin,
            address=provider.address,
            phone=provider.phone,
            email=provider.email,
            mersis=provider.mersis,
        ),
        iys_no=provider.iys_code,
        authorised_person=person.get_full_name(),
        authorised_tckn=person.masked_tckn,
        product=order.product_label,
        net=order.net,
        kdv_rate=order.kdv_rate,
        kdv=order.kdv,
        gross=order.gross,
        order_code=order.code_display,
        text=version_of(text),
        information=version_of(information),
        address_limit=address_limit(order.package.max_addresses),
        demo=settings.DEMO_MODE,
    )
    return ShownContract(
        text=text,
        information=information,
        data=data,
        sha256=markup.shown_sha256(data),
        html=markup.contract_html(text.source, data, level=3),
        information_html=markup.information_html(data, level=3),
    )


def address_limit(maximum: int | None) -> str:
    """Return a package's limit as the form words it."""
    return "Sınırsız" if maximum is None else f"En çok {maximum:,} adres".replace(",", ".")
