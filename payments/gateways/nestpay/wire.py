"""NestPay's server-to-server XML: one CC5Request out, one CC5Response in, without entities or document types."""

import html
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, ParseError

import structlog
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from payments.gateways.transport import AnswerLostError, Call, GatewayError, exchange

logger = structlog.get_logger(__name__)

_PATH = "/fim/api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A merchant's access to the XML service."""

    url: str
    client_id: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    timeout: float

    def ask(self, *, order: str, what: str, fields: Mapping[str, str]) -> "Reply":
        """Send one request about an order and return the bank's word. Raises NotSentError or AnswerLostError."""
        began = time.monotonic()
        access = {"Name": self.user, "Password": self.password, "ClientId": self.client_id, "OrderId": order}
        xml = f'<?xml version="1.0" encoding="UTF-8"?><CC5Request>{_tags(access)}{_tags(fields)}</CC5Request>'
        call = Call(
            method="POST",
            url=self.url + _PATH,
            body=urlencode({"DATA": xml}).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        result = "lost"
        try:
            reply = _read(exchange(call, timeout=self.timeout).body)
            result = reply.code
        except GatewayError as error:
            result = str(error)
            raise
        finally:
            spent = round((time.monotonic() - began) * 1000)
            logger.info("gateway_call", gateway="nestpay", path=what, result=result, ms=spent)
        return reply


@dataclass(frozen=True, slots=True)
class Reply:
    """A CC5Response: its own fields, and those below Extra."""

    fields: Mapping[str, str] = field(repr=False)
    extra: Mapping[str, str] = field(repr=False)

    @property
    def code(self) -> str:
        """Return ProcReturnCode, as it may stand in a log."""
        code = self.fields.get("ProcReturnCode", "")
        return code[:20] if code.replace("-", "").isalnum() else ""

    @property
    def approved(self) -> bool:
        """Whether the bank did, or found, what it was asked."""
        return self.fields.get("Response") == "Approved" and self.code == "00"

    @property
    def refused(self) -> bool:
        """Whether the bank did it not, and said so."""
        return self.fields.get("Response") in {"Declined", "Error"} and self.code not in {"", "00"}

    @property
    def not_found(self) -> bool:
        """Whether the bank knows no such order."""
        return not self.approved and self.fields.get("ErrMsg", "").startswith("No record found")

    @property
    def reference(self) -> str:
        """Return what to quote to the bank."""
        return (self.fields.get("HostRefNum") or self.extra.get("HOST_REF_NUM", ""))[:64]


def _tags(fields: Mapping[str, str]) -> str:
    """Return the fields as tags; a name with a stroke lies in another tag (``Extra/ORDERSTATUS``)."""
    return "".join(_tag(name.split("/"), html.escape(value)) for name, value in fields.items())


def _tag(names: list[str], value: str) -> str:
    inner = _tag(names[1:], value) if len(names) > 1 else value
    return f"<{names[0]}>{inner}</{names[0]}>"


def _read(body: bytes) -> Reply:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise AnswerLostError("malformed answer") from None
    if root.tag != "CC5Response":
        raise AnswerLostError("no CC5Response")
    extra = root.find("Extra")
    return Reply(fields=_texts(root), extra={} if extra is None else _texts(extra))


def _texts(element: Element) -> Mapping[str, str]:
    return {child.tag: (child.text or "").strip(" \r\n") for child in element if len(child) == 0}
