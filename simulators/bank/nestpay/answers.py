"""What the browser carries back to the merchant from NestPay."""

import json
import secrets

from simulators.bank import signing
from simulators.bank.cards import CANCELLED, DECLINES, NOT_AUTHENTICATED
from simulators.bank.config import running
from simulators.bank.iyzico.payloads import moment
from simulators.bank.store import Payment, State, lira

#: 3-D Secure was tried and the card or its bank takes no part: the money is taken all the same.
HALF_SECURE = frozenset({2, 3, 4})
_NOT_RETURNED = {"hash", "okurl", "failurl"}
_MESSAGES = {1: "Y-status/Challenge authentication", 0: "N-status/Challenge authentication"}


def return_code(error: str) -> str:
    """Return the bank's two-digit code of a decline; 99 for what did not come from the card's bank."""
    return error[-2:] if error.startswith("100") and error != "10004" else {"10004": "04"}.get(error, "99")


def return_form(payment: Payment) -> tuple[str, dict[str, str]]:
    """Return the merchant's address and the fields to post to it, signed."""
    posted: dict[str, str] = json.loads(payment.fields)
    approved = payment.taken
    url = posted["okUrl"] if approved else posted["failUrl"]
    fields = {name: value for name, value in posted.items() if name.lower() not in _NOT_RETURNED}
    # What the bank took stands in the answer, not what was asked of it.
    fields |= {"okUrl": posted["okUrl"], "failUrl": posted["failUrl"], "amount": str(lira(payment.paid_price))}
    fields |= _authentication(payment) | _authorisation(payment)
    fields["rnd"] = secrets.token_urlsafe(15)
    fields["HASH"] = signing.nestpay_hash(fields, running().nestpay_store_key)
    return url, fields


def _authentication(payment: Payment) -> dict[str, str]:
    md_status = max(payment.md_status, 0)
    return {
        "ReturnOid": payment.basket_id,
        "TRANID": "",
        "merchantID": running().nestpay_client_id,
        "maskedCreditCard": f"{payment.bin[:4]} {payment.bin[4:]}** **** {payment.last4}" if payment.bin else "",
        "MaskedPan": f"{payment.bin}***{payment.last4}" if payment.bin else "",
        "mdStatus": str(md_status),
        "mdErrorMsg": _MESSAGES.get(md_status, "U-status/Authentication unavailable"),
        "txstatus": "Y" if md_status == 1 else "N",
        "eci": "05" if md_status == 1 else "",
        "PAResSyntaxOK": "true",
        "PAResVerified": "true" if md_status == 1 else "false",
        "EXTRA.CARDBRAND": payment.association,
        "EXTRA.CARDISSUER": payment.bank,
    }


def _authorisation(payment: Payment) -> dict[str, str]:
    if payment.state == State.DECLINED:
        declined = {
            "Response": "Declined",
            "ProcReturnCode": return_code(payment.error),
            "AuthCode": "",
            "HostRefNum": "",
        }
        if payment.error in {NOT_AUTHENTICATED, CANCELLED}:
            # The bank never came to the question of money.
            declined |= {"Response": "Error"}
        return declined | {"TransId": "", "ErrMsg": DECLINES[payment.error].message}
    return {
        "Response": "Approved",
        "ProcReturnCode": "00",
        "AuthCode": payment.auth_code,
        "HostRefNum": payment.host_reference,
        "TransId": str(payment.id),
        "ErrMsg": "",
        "EXTRA.TRXDATE": moment(payment.ended).replace("-", ""),
    }
