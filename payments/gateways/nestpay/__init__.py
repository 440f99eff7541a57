"""NestPay/EST, the virtual POS of Ziraat and İş Bankası, in hosted mode with hash “ver3”."""

from payments.gateways.nestpay.adapter import NestPay

__all__ = ["NestPay"]
