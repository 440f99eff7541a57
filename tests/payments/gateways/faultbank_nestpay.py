"""A bank that speaks NestPay's protocol, as far as the portal uses it."""

import base64
import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qs

from tests.payments.gateways.faultbank import Bank, Payment, Request, Route

CLIENT_ID, STORE_KEY, USER, PASSWORD = "190200000", "depo|anahtarı", "apikullanici", "ap1&<parola>"


def hashed(fields: Mapping[str, str]) -> str:
    """Sign fields whose names hold no digits and no underscores before a letter that matters."""
    names = sorted((name for name in fields if name.lower() not in {"hash", "encoding"}), key=str.lower)
    parts = [fields[name] for name in names] + [STORE_KEY]
    text = "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    return base64.b64encode(hashlib.sha512(text.encode()).digest()).decode()


class NestPayBank(Bank):
    """The hosted page is `submit` and `answer`; the XML service is behind the socket."""

    def submit(self, fields: Mapping[str, str]) -> Payment:
        """Take the form as a browser posts it."""
        assert fields["hash"] == hashed(fields)
        assert (fields["clientid"], fields["currency"], fields["storetype"]) == (CLIENT_ID, "949", "3d_pay_hosting")
        payment = Payment(
            id=str(next(self.numbers)),
            conversation_id=fields["oid"],
            order_code="",
            price=Decimal(fields["amount"]),
            paid_price=Decimal(fields["amount"]),
            count=int(fields["taksit"] or 1),
            return_url=fields["okUrl"],
        )
        self.payments.append(payment)
        return payment

    def pay(self, payment: Payment) -> None:
        if payment.md_status in {1, 2, 3, 4}:
            payment.state = "declined" if payment.code else "paid"

    def answer(self, payment: Payment, **changed: str) -> dict[str, str]:
        """Return the fields that the browser brings back."""
        fields = {
            "clientid": CLIENT_ID,
            "oid": payment.conversation_id,
            "amount": f"{payment.paid_price:.2f}",
            "currency": "949",
            "mdStatus": str(payment.md_status),
            "Response": "Approved" if payment.state == "paid" else "Declined",
            "ProcReturnCode": "00" if payment.state == "paid" else payment.code,
            "TransId": payment.id,
            "HostRefNum": f"host{payment.id}",
            "MaskedPan": "552879***0008",
            "ErrMsg": "",
            "encoding": "utf-8",
        } | changed
        return fields | {"HASH": hashed(fields)}

    def route(self, request: Request) -> Route | None:
        if request.path != "/fim/api":
            return None
        xml = parse_qs(request.body.decode())["DATA"][0]
        tags = dict(re.findall(r"<(\w+)>([^<]*)</", xml))
        assert (tags["Name"], tags["ClientId"]) == (USER, CLIENT_ID)
        assert tags["Password"] == "ap1&amp;&lt;parola&gt;"
        kind = {"Void": "cancel", "Credit": "refund"}.get(tags.get("Type", ""), "detail")
        return kind, lambda _request, fault: self.act(tags, fault).encode()

    def act(self, tags: dict[str, str], fault: str) -> str:
        payment = self.find(conversation_id=tags["OrderId"])
        if payment is None or payment.state == "open":
            return response(tags["OrderId"], "Declined", "99", ErrMsg=f"No record found for {tags['OrderId']}")
        if "Type" in tags:
            return self.give(payment, tags)
        if "ORDERHISTORY" in tags:
            return self.history(payment)
        state = self.state(payment) | self.spoiled.get(fault, {})
        approved = payment.state == "paid"
        taken = payment.paid_price - (1 if fault == "wrong-amount" else 0)
        amount = str(int(taken * 100)) if approved else ""
        return response(
            payment.conversation_id,
            "Approved" if approved else "Declined",
            "00" if approved else payment.code,
            extra={"PAN": "552879***0008", "ORIG_TRANS_AMT": amount, "CAPTURE_AMT": amount} | state,
            TransId=payment.id,
        )

    spoiled = {"strange-status": {"TRANS_STAT": "PN"}, "no-amount": {"CAPTURE_AMT": "x"}}

    @staticmethod
    def state(payment: Payment) -> dict[str, str]:
        if payment.state == "declined":
            return {"TRANS_STAT": "D", "CHARGE_TYPE_CD": "S", "PROC_RET_CD": payment.code}
        kinds = {kind for _, kind, _ in payment.refunds}
        if "Void" in kinds:
            return {"TRANS_STAT": "V", "CHARGE_TYPE_CD": "S", "PROC_RET_CD": "00"}
        return {"TRANS_STAT": "C", "CHARGE_TYPE_CD": "S", "PROC_RET_CD": "00"}

    @staticmethod
    def history(payment: Payment) -> str:
        """One refused credit first: it gave nothing back."""
        lines = ["S\tC", "C\tD", *("C\tC" for _, kind, _ in payment.refunds if kind == "Credit")]
        extra = {f"TRX{place}": f"{line}\t100\t100" for place, line in enumerate(lines, 1)}
        return response(payment.conversation_id, "Approved", "00", extra=extra | {"TRXCOUNT": str(len(lines))})

    @staticmethod
    def give(payment: Payment, tags: dict[str, str]) -> str:
        amount = Decimal(tags.get("Total", payment.paid_price))
        if payment.given_back + amount > payment.paid_price:
            return response(payment.conversation_id, "Error", "99", ErrMsg="Iade tutari asildi")
        payment.refunds.append(("", tags["Type"], amount))
        return response(payment.conversation_id, "Approved", "00", HostRefNum=f"iade{payment.id}")


def response(order: str, word: str, code: str, extra: Mapping[str, str] | None = None, **fields: str) -> str:
    all_fields = {"OrderId": order, "Response": word, "ProcReturnCode": code, **fields}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in all_fields.items())
    below = "".join(f"<{name}>{value}</{name}>" for name, value in (extra or {}).items())
    return f'<?xml version="1.0" encoding="ISO-8859-9"?><CC5Response>{inner}<Extra>{below}</Extra></CC5Response>'
