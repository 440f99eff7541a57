"""A bank that speaks iyzico's protocol, as far as the portal uses it."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from tests.payments.gateways.faultbank import Bank, Payment, Request, Route

API_KEY, SECRET_KEY = "anahtar", "gizli-anahtar"

Fields = dict[str, Any]


def hexadecimal(text: str) -> str:
    return hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


class Refusal(Exception):
    def __init__(self, code: str, group: str = "") -> None:
        self.fields = {"status": "failure", "errorCode": code, "errorMessage": "Ayşe Yılmaz'ın kartı olmadı."}
        self.fields |= {"errorGroup": group} if group else {}


class IyzicoBank(Bank):
    """Answers are signed; a call that is not signed rightly is refused with 1000."""

    def route(self, request: Request) -> Route | None:
        known = {
            "/payment/bin/check": ("bin", self.bin_check),
            "/payment/iyzipos/installment": ("installment", self.instalments),
            "/payment/iyzipos/checkoutform/initialize/auth/ecom": ("initialize", self.form),
            "/payment/iyzipos/checkoutform/auth/ecom/detail": ("detail", self.form_detail),
            "/payment/3dsecure/initialize": ("initialize", self.threeds),
            "/payment/v2/3dsecure/auth": ("charge", self.threeds_auth),
            "/payment/detail": ("detail", self.detail),
            "/payment/cancel": ("refund", self.cancel),
            "/payment/refund": ("refund", self.refund),
            "/v2/reporting/payment/details": ("report", self.report),
            "/v2/reporting/payment/transactions": ("report", self.transactions),
        }
        if request.path not in known:
            return None
        kind, act = known[request.path]

        def answer(request: Request, fault: str) -> bytes:
            try:
                self.authorise(request)
                data = json.loads(request.body) if request.body else dict(parse_qsl(request.query))
                fields, signed = act(data)
                fields = {"status": "success", "conversationId": data.get("conversationId"), **fields}
                if fault == "wrong-amount":
                    fields |= {name: fields[name] - 1 for name in ("price", "paidPrice") if name in fields}
                fields |= self.spoiled.get(fault, {})
                if signed:
                    texts = [str(fields.get(name) or "") for name in signed.split()]
                    fields["signature"] = hexadecimal(":".join(texts))
                if fault == "wrong-signature":
                    fields["signature"] = "0" * 64
                if fault == "no-signature":
                    fields.pop("signature", None)
            except Refusal as refusal:
                fields = refusal.fields
            return self.write(fields).encode()

        return kind, answer

    # What a fault of this name puts into an answer before it is signed.
    spoiled: dict[str, Fields] = {
        "system-error": {"status": "failure", "errorCode": "1", "errorMessage": "Sistem hatası"},
        "no-status": {"status": "belki"},
        "fraud-held": {"fraudStatus": 0},
        "fraud-refused": {"fraudStatus": -1},
        "fraud-unsaid": {"fraudStatus": None},
        "strange-status": {"paymentStatus": "BKM_POS_SELECTED"},
        "bank-decides": {"paymentStatus": "CALLBACK_THREEDS"},
        "no-item": {"itemTransactions": []},
        "odd-price": {"price": "1e5x", "paidPrice": "12.345"},
        "other-token": {"token": "baska"},
    }

    @staticmethod
    def write(fields: Fields) -> str:
        return json.dumps(fields, default=float)

    @staticmethod
    def authorise(request: Request) -> None:
        scheme, _, encoded = request.headers["authorization"].partition(" ")
        said = dict(part.split(":") for part in base64.b64decode(encoded).decode().split("&"))
        message = said["randomKey"] + request.path + request.body.decode()
        right = {"apiKey": API_KEY, "randomKey": request.headers["x-iyzi-rnd"], "signature": hexadecimal(message)}
        if scheme != "IYZWSv2" or said != right:
            raise Refusal("1000")

    # --- Questions ------------------------------------------------------------------------------------------------
    def bin_check(self, data: Fields) -> tuple[Fields, str]:
        if data["binNumber"] != "552879":
            raise Refusal("5066")
        card = {"cardFamily": "Paraf", "cardAssociation": "MASTER_CARD", "bankName": "Halkbank"}
        return card | {"cardType": "CREDIT_CARD"}, ""

    def instalments(self, data: Fields) -> tuple[Fields, str]:
        price = Decimal(data["price"])
        if data.get("binNumber", "552879") != "552879":
            raise Refusal("5066")
        rows = [
            {"installmentNumber": count, "totalPrice": price * rate, "installmentPrice": price * rate / count}
            for count, rate in ((3, Decimal("1.026")), (1, Decimal(1)), (2, Decimal("1.013")))
        ]
        for row in rows:
            row |= {name: row[name].quantize(Decimal("0.01")) for name in ("totalPrice", "installmentPrice")}
        table = {"cardFamilyName": "Paraf", "bankName": "Halkbank", "cardType": "CREDIT_CARD"}
        return {"installmentDetails": [table | {"installmentPrices": rows}]}, ""

    # --- Payments -------------------------------------------------------------------------------------------------
    def open(self, data: Fields, count: int) -> Payment:
        if data["buyer"]["surname"] == "KARA":
            raise Refusal("10034", "FRAUD_SUSPECT")
        number = str(next(self.numbers))
        payment = Payment(
            id=number,
            conversation_id=data["conversationId"],
            order_code=data["basketId"],
            price=Decimal(data["price"]),
            paid_price=Decimal(data["paidPrice"]),
            count=count,
            return_url=data["callbackUrl"],
            token=f"form-{number}",
        )
        assert sum(Decimal(line["price"]) for line in data["basketItems"]) == payment.price
        self.payments.append(payment)
        return payment

    def form(self, data: Fields) -> tuple[Fields, str]:
        (count,) = data["enabledInstallments"]
        payment = self.open(data, count)
        url = f"http://127.0.0.1/form/{payment.token}/"
        return {"token": payment.token, "paymentPageUrl": url}, "conversationId token"

    def threeds(self, data: Fields) -> tuple[Fields, str]:
        payment = self.open(data, data["installment"])
        page = f'<form method="post" action="http://127.0.0.1/3d/"><input name="kod" value="{payment.id}"></form>'
        html = base64.b64encode(page.encode()).decode()
        return {"paymentId": payment.id, "threeDSHtmlContent": html}, "paymentId conversationId"

    def threeds_auth(self, data: Fields) -> tuple[Fields, str]:
        payment = self.known(id=data["paymentId"])
        if (data["paidPrice"], data["basketId"], data["currency"]) != (
            f"{payment.paid_price}",
            payment.order_code,
            "TRY",
        ):
            raise Refusal("5063")
        if payment.state == "paid":
            raise Refusal("5064")
        self.pay(payment)
        if payment.state == "declined":
            raise Refusal(payment.code, payment.group)
        fields, signed = self.detail({"paymentId": payment.id})
        del fields["paymentStatus"]
        return fields, signed

    def pay(self, payment: Payment) -> None:
        """Take the money, unless the payment is made to be refused."""
        payment.state = "declined" if payment.code else "paid"

    def known(self, **wanted: Any) -> Payment:
        payment = self.find(**wanted)
        if payment is None:
            raise Refusal("5115", "NOT_FOUND")
        return payment

    def form_detail(self, data: Fields) -> tuple[Fields, str]:
        payment = self.known(token=data["token"])
        fields, signed = self.told(payment)
        return fields | {"token": payment.token}, f"paymentStatus {signed} token"

    def detail(self, data: Fields) -> tuple[Fields, str]:
        if "paymentId" in data:
            return self.told(self.known(id=data["paymentId"]))
        return self.told(self.known(conversation_id=data["paymentConversationId"]))

    def told(self, payment: Payment) -> tuple[Fields, str]:
        if payment.state == "declined":
            raise Refusal(payment.code, payment.group)
        fields: Fields = {
            "paymentStatus": "SUCCESS" if payment.state == "paid" else "INIT_THREEDS",
            "paymentId": payment.id,
            "conversationId": payment.conversation_id,
            "basketId": payment.order_code,
            "currency": "TRY",
            "price": payment.price.normalize(),
            "paidPrice": payment.paid_price.normalize(),
            "installment": payment.count,
            "fraudStatus": payment.fraud,
            "binNumber": "552879",
            "lastFourDigits": "0008",
            "cardFamily": "Paraf",
            "cardAssociation": "MASTER_CARD",
            "hostReference": f"host-{payment.id}",
            "itemTransactions": [{"paymentTransactionId": f"9{payment.id}"}],
        }
        return fields, "paymentId currency basketId conversationId paidPrice price"

    # --- Money back -----------------------------------------------------------------------------------------------
    def cancel(self, data: Fields) -> tuple[Fields, str]:
        payment = self.known(id=data["paymentId"])
        return self.give(payment, data["conversationId"], "cancel", payment.paid_price)

    def refund(self, data: Fields) -> tuple[Fields, str]:
        payment = self.known(id=data["paymentTransactionId"][1:])
        return self.give(payment, data["conversationId"], "refund", Decimal(data["price"]))

    def give(self, payment: Payment, key: str, kind: str, amount: Decimal) -> tuple[Fields, str]:
        if payment.state != "paid" or payment.given_back + amount > payment.paid_price:
            raise Refusal("5093")
        payment.refunds.append((key, kind, amount))
        return {"paymentId": payment.id, "price": amount, "hostReference": f"iade-{payment.id}"}, ""

    def report(self, data: Fields) -> tuple[Fields, str]:
        found = self.find(id=data.get("paymentId")) or self.find(conversation_id=data.get("paymentConversationId"))
        if found is None:
            return {"payments": []}, ""
        given: dict[str, list[Fields]] = {"cancel": [], "refund": []}
        for key, kind, amount in found.refunds:
            given[kind].append({f"{kind}ConversationId": key, "refundStatus": 1, "refundPrice": amount})
        items = [{"paymentTransactionId": f"9{found.id}", "refunds": given["refund"]}]
        return {"payments": [{"paymentId": found.id, "cancels": given["cancel"], "itemTransactions": items}]}, ""

    def transactions(self, data: Fields) -> tuple[Fields, str]:
        """One line a page, so that whoever reads the first page only is found out."""
        line = {"transactionDate": f"{data['transactionDate']} 00:30:00", "transactionCurrency": "TRY"}
        lines: list[Fields] = []
        for each in self.payments:
            if each.state != "paid":
                continue
            line["paymentId"] = each.id
            paid = {"transactionType": "PAYMENT", "transactionStatus": 2, "conversationId": each.conversation_id}
            lines.append(line | paid | {"price": each.price, "paidPrice": each.paid_price})
            for key, kind, amount in each.refunds:
                lines.append(line | {"transactionType": kind.upper(), "conversationId": key, "price": amount})
        page = int(data["page"])
        return {"transactions": lines[page - 1 : page], "currentPage": page, "totalPageCount": len(lines)}, ""

    def webhook(self, payment: Payment) -> tuple[bytes, dict[str, str]]:
        event = {
            "iyziEventType": "CHECKOUT_FORM_AUTH",
            "iyziPaymentId": int(payment.id),
            "token": payment.token,
            "paymentConversationId": payment.conversation_id,
            "status": "SUCCESS",
            "iyziEventTime": int(datetime.now(UTC).timestamp() * 1000),
        }
        names = ("iyziEventType", "iyziPaymentId", "token", "paymentConversationId", "status")
        signature = hexadecimal(SECRET_KEY + "".join(str(event[name]) for name in names))
        return json.dumps(event).encode(), {"X-IYZ-SIGNATURE-V3": signature}
