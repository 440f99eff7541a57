"""What iyzico is asked with: prices as exact text, the company as buyer, one basket item named by its order."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from payments.gateways.base import Buyer, Charge

_COUNTRY = "Türkiye"
_CATEGORY = "Paket"


def price(amount: Decimal) -> str:
    """Return a price as exact text with two places."""
    return f"{amount:.2f}"


def purchase(charge: Charge) -> dict[str, Any]:
    """Return what every way of starting a payment says: prices, order, buyer, basket."""
    return {
        "locale": "tr",
        "conversationId": charge.conversation_id,
        "price": price(charge.amount),
        "paidPrice": price(charge.paid_amount),
        "currency": charge.currency,
        "basketId": charge.order_code,
        "paymentGroup": "PRODUCT",
        "callbackUrl": charge.return_url,
        "buyer": _buyer(charge.buyer, charge.ip),
        "billingAddress": _address(charge.buyer),
        "basketItems": [
            {
                "id": charge.order_code,
                "name": charge.product,
                "category1": _CATEGORY,
                "itemType": "VIRTUAL",
                "price": price(charge.amount),
            }
        ],
    }


def _buyer(buyer: Buyer, ip: str) -> Mapping[str, str]:
    name, _, last_word = buyer.title.rpartition(" ")  # iyzico wants two names; a company has one
    said = {
        "id": buyer.reference,
        "name": name or buyer.title,
        "surname": last_word,
        "identityNumber": buyer.tax_number,
        "email": buyer.email,
        "gsmNumber": buyer.phone,
        "registrationAddress": buyer.address,
        "city": _city(buyer),
        "country": _COUNTRY,
        "ip": ip,
    }
    return {key: value for key, value in said.items() if value}


def _address(buyer: Buyer) -> Mapping[str, str]:
    return {"contactName": buyer.title, "address": buyer.address, "city": _city(buyer), "country": _COUNTRY}


def _city(buyer: Buyer) -> str:
    """Return what follows the last stroke of an address («… Çankaya/Ankara»), or the country."""
    _, stroke, city = buyer.address.rpartition("/")
    return city.strip() or _COUNTRY if stroke else _COUNTRY
