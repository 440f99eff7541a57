"""What iyzico refuses, and what each refusal means for the payer."""

from payments.gateways.base import DeclineGroup
from payments.gateways.transport import GatewayError

_G = DeclineGroup

_BY_GROUP = {
    "NOT_SUFFICIENT_FUNDS": _G.INSUFFICIENT_FUNDS,
    "EXCEEDS_WITHDRAWAL_AMOUNT_LIMIT": _G.INSUFFICIENT_FUNDS,
    "DO_NOT_HONOUR": _G.DO_NOT_HONOUR,
    "REFER_TO_CARD_ISSUER": _G.DO_NOT_HONOUR,
    "INVALID_TRANSACTION": _G.INVALID_TRANSACTION,
    "FRAUD_SUSPECT": _G.FRAUD,
    "LOST_CARD": _G.LOST_OR_STOLEN,
    "STOLEN_CARD": _G.LOST_OR_STOLEN,
    "PICKUP_CARD": _G.LOST_OR_STOLEN,
    "EXPIRED_CARD": _G.EXPIRED_CARD,
    "INVALID_EXPIRE_YEAR_MONTH": _G.EXPIRED_CARD,
    "NOT_PERMITTED_TO_CARDHOLDER": _G.NOT_PERMITTED,
    "NOT_PERMITTED_TO_TERMINAL": _G.NOT_PERMITTED,
    "CARD_NOT_PERMITTED": _G.NOT_PERMITTED,
    "INVALID_CVC2": _G.INVALID_CODE,
    "INVALID_CVC2_LENGTH": _G.INVALID_CODE,
    "INVALID_CARD_NUMBER": _G.INVALID_CARD,
    "INVALID_CARD_TYPE": _G.INVALID_CARD,
    "RESTRICTED_BY_LAW": _G.RESTRICTED_BY_LAW,
    "THREEDS_FAILED": _G.AUTHENTICATION,
    "CANCELLED_BY_USER": _G.GAVE_UP,
    "FORM_EXPIRED": _G.GAVE_UP,
}
_BY_CODE = {
    "10051": _G.INSUFFICIENT_FUNDS,
    "10005": _G.DO_NOT_HONOUR,
    "10012": _G.INVALID_TRANSACTION,
    "10034": _G.FRAUD,
    "10041": _G.LOST_OR_STOLEN,
    "10043": _G.LOST_OR_STOLEN,
    "10054": _G.EXPIRED_CARD,
    "10057": _G.NOT_PERMITTED,
    "10058": _G.NOT_PERMITTED,
    "10084": _G.INVALID_CODE,
    "10093": _G.RESTRICTED_BY_LAW,
    "10215": _G.INVALID_CARD,
}
_BANK_CODES = range(10_000, 11_000)


class RefusedError(GatewayError):
    """iyzico answered, and said no (`status` is failure). Its message is not kept: it may name the card holder."""

    def __init__(self, *, code: str, group: str) -> None:
        super().__init__(f"refused: {code or '?'} {group}".rstrip())
        self.code = code
        self.group = group

    @property
    def by_the_bank(self) -> bool:
        """Whether the card's bank said no, not iyzico to the question itself (bad keys, an unknown payment)."""
        return self.group in _BY_GROUP or (self.code.isdecimal() and int(self.code) in _BANK_CODES)

    @property
    def knows_no_payment(self) -> bool:
        """Whether iyzico says that there is no such form or payment."""
        return self.code == "5115" or self.group == "NOT_FOUND"

    @property
    def decline_group(self) -> DeclineGroup:
        """What the refusal means for the payer: by group, else by code, else OTHER."""
        return _BY_GROUP.get(self.group) or _BY_CODE.get(self.code, DeclineGroup.OTHER)
