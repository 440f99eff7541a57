"""iyzico: own small client, and the adapter that puts it behind the Protocol of gateways."""

from payments.gateways.iyzico.adapter import Iyzico

__all__ = ["Iyzico"]
