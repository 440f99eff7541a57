"""The bank's side of the conformance suite, played by the small banks of these tests."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from payments.gateways.base import Charge, DeclineGroup, Gateway, Outcome
from payments.gateways.iyzico import Iyzico, signing
from payments.gateways.iyzico.threeds import DirectThreeDS
from payments.gateways.nestpay import NestPay
from tests.payments.gateways import faultbank_iyzico, faultbank_nestpay
from tests.payments.gateways.faultbank import TIMEOUT, Payment

_G = DeclineGroup
NOWHERE = "http://127.0.0.1:9"
STORED_CARD = {"cardUserKey": "kullanici", "cardToken": "kart"}
SIGNED = ("conversationData", "conversationId", "mdStatus", "paymentId", "status")


class IyzicoBench:
    """The hosted form of iyzico."""

    knows_open = True
    secrets = (faultbank_iyzico.API_KEY, faultbank_iyzico.SECRET_KEY, "IYZWSv2", "Ayşe Yılmaz")
    refusals = {
        _G.INSUFFICIENT_FUNDS: ("10051", "NOT_SUFFICIENT_FUNDS"),
        _G.DO_NOT_HONOUR: ("10005", "DO_NOT_HONOUR"),
        _G.INVALID_TRANSACTION: ("10012", "INVALID_TRANSACTION"),
        _G.FRAUD: ("10034", "FRAUD_SUSPECT"),
        _G.LOST_OR_STOLEN: ("10043", ""),
        _G.EXPIRED_CARD: ("10054", "EXPIRED_CARD"),
        _G.NOT_PERMITTED: ("10057", "NOT_PERMITTED_TO_CARDHOLDER"),
        _G.INVALID_CODE: ("10084", "INVALID_CVC2"),
        _G.RESTRICTED_BY_LAW: ("10093", ""),
        _G.INVALID_CARD: ("10215", "INVALID_CARD_NUMBER"),
        _G.AUTHENTICATION: ("5152", "THREEDS_FAILED"),
        _G.OTHER: ("10204", "UNKNOWN"),
    }
    declines = frozenset(refusals)
    account = Iyzico

    def __init__(self, bank: faultbank_iyzico.IyzicoBank, url: str) -> None:
        self.bank = bank
        self.gateway = self._at(url)

    def _at(self, url: str) -> Iyzico:
        keys = {"api_key": faultbank_iyzico.API_KEY, "secret_key": faultbank_iyzico.SECRET_KEY}
        return self.account(url=url, timeout=TIMEOUT, **keys)

    def unreachable(self) -> Gateway:
        return self._at(NOWHERE)

    def payment(self, charge: Charge) -> Payment:
        found = self.bank.find(conversation_id=charge.conversation_id)
        assert found
        return found

    def pay(self, _charge: Charge, opened: Outcome, card: str = "ok") -> dict[str, str]:
        assert opened.action
        token = re.fullmatch(r"http://127\.0\.0\.1/form/(.+)/", opened.action.url)
        assert token
        payment = self.bank.find(token=token[1])
        assert payment
        if card != "ok":
            payment.code, payment.group = self.refusals[DeclineGroup(card)]
        self.bank.pay(payment)
        return {"token": payment.token}

    def leave(self, _charge: Charge, _opened: Outcome) -> None:
        """The form stays open."""

    def order(self, kind: str, fault: str) -> None:
        self.bank.order(kind, fault)

    def given_back(self, charge: Charge) -> Decimal:
        return self.payment(charge).given_back

    def takings(self, charge: Charge) -> int:
        return [each.state for each in self.bank.payments if each.conversation_id == charge.conversation_id].count(
            "paid"
        )


class StoredCard(Iyzico):
    """iyzico paid directly by a stored card of the merchant's: the same account, another way to start and to end."""

    def start(self, charge: Charge) -> Outcome:
        return DirectThreeDS(self).start(charge, payment_card=STORED_CARD)

    def complete(self, charge: Charge, callback: Mapping[str, str]) -> Outcome:
        return DirectThreeDS(self).complete(charge, callback)

    def query(self, charge: Charge) -> Outcome:
        return Iyzico.query(self, replace(charge, token=""))


class IyzicoDirectBench(IyzicoBench):
    """3-D Secure of iyzico without its form: initialise, signed callback, v2 auth."""

    account = StoredCard

    def pay(self, _charge: Charge, opened: Outcome, card: str = "ok") -> dict[str, str]:
        payment = self.bank.find(id=opened.token)
        assert payment
        if card != "ok":
            payment.code, payment.group = self.refusals[DeclineGroup(card)]
        callback = {
            "status": "success",
            "paymentId": payment.id,
            "conversationId": payment.conversation_id,
            "conversationData": "",
            "mdStatus": "1",
        }
        key = faultbank_iyzico.SECRET_KEY
        return callback | {"signature": signing.answer_signature(callback, SIGNED, secret_key=key)}


class NestPayBench:
    """The hosted page of a NestPay bank."""

    knows_open = False
    secrets = (faultbank_nestpay.STORE_KEY, faultbank_nestpay.USER, faultbank_nestpay.PASSWORD)
    refusals = {
        _G.INSUFFICIENT_FUNDS: "51",
        _G.DO_NOT_HONOUR: "05",
        _G.INVALID_TRANSACTION: "12",
        _G.FRAUD: "59",
        _G.LOST_OR_STOLEN: "43",
        _G.EXPIRED_CARD: "54",
        _G.NOT_PERMITTED: "57",
        _G.INVALID_CODE: "82",
        _G.RESTRICTED_BY_LAW: "93",
        _G.INVALID_CARD: "14",
        _G.OTHER: "96",
    }
    declines = frozenset(refusals)

    def __init__(self, bank: faultbank_nestpay.NestPayBank, url: str) -> None:
        self.bank = bank
        self.gateway = self._at(url)

    @staticmethod
    def _at(url: str) -> NestPay:
        return NestPay(
            url=url,
            client_id=faultbank_nestpay.CLIENT_ID,
            store_key=faultbank_nestpay.STORE_KEY,
            api_user=faultbank_nestpay.USER,
            api_password=faultbank_nestpay.PASSWORD,
            timeout=TIMEOUT,
        )

    def unreachable(self) -> Gateway:
        return self._at(NOWHERE)

    def pay(self, _charge: Charge, opened: Outcome, card: str = "ok") -> dict[str, str]:
        assert opened.action
        payment = self.bank.submit(opened.action.fields)
        if card != "ok":
            payment.code = self.refusals[DeclineGroup(card)]
        self.bank.pay(payment)
        return self.bank.answer(payment)

    def leave(self, _charge: Charge, opened: Outcome) -> None:
        assert opened.action
        self.bank.submit(opened.action.fields)

    def order(self, kind: str, fault: str) -> None:
        self.bank.order(kind, fault)

    def given_back(self, charge: Charge) -> Decimal:
        payment = self.bank.find(conversation_id=charge.conversation_id)
        assert payment
        return payment.given_back

    def takings(self, charge: Charge) -> int:
        return [each.state for each in self.bank.payments if each.conversation_id == charge.conversation_id].count(
            "paid"
        )
