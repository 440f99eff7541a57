"""A receipt as a PDF, drawn anew whenever it is asked for: the same rows give the same bytes.

Apart from the views because WeasyPrint takes a second to load.
"""

import hashlib
import json
from dataclasses import asdict

from django.core.serializers.json import DjangoJSONEncoder
from django.forms.models import model_to_dict
from django.template.loader import render_to_string

from contracts import markup
from contracts.rendering import print_pdf
from iys_portal.shared.clock import ISTANBUL
from payments.models import Receipt
from payments.selectors.receipts import facts_of

_DEMO_MARK = "TEST — gerçek bir ödeme değildir"


def render_receipt(receipt: Receipt) -> bytes:
    """Return the PDF of a receipt, with what went back until now. Raises contracts.rendering.RenderingError."""
    facts = facts_of(receipt)
    created = receipt.issued_at.astimezone(ISTANBUL).replace(microsecond=0)
    context = {
        **facts,
        "customer_title": markup.clean(receipt.customer["title"]),
        "customer_address": markup.clean(receipt.customer["address"]),
        "number": receipt.number,
        "created_at": created,
        "created": created.isoformat(),
        "mark": _mark(receipt, is_void=facts["void"] is not None),
    }
    since = [
        [asdict(each) for each in facts["refunds"]],
        facts["void"] and str(facts["void"].at),
        str(facts["replacement"]),
    ]
    identity = json.dumps([model_to_dict(receipt), since], cls=DjangoJSONEncoder, sort_keys=True)
    html = render_to_string("pdf/receipt.html", context)
    return print_pdf(
        html, styles=("contract.css", "receipt.css"), identifier=hashlib.sha256(identity.encode()).digest()
    )


def _mark(receipt: Receipt, *, is_void: bool) -> str:
    if is_void:
        return "GEÇERSİZ"
    return _DEMO_MARK if receipt.demo else ""


def filename_of(receipt: Receipt) -> str:
    """Return the name under which the PDF is saved: ``makbuz-MKB-2026-KM7T3RAWC.pdf``."""
    return f"makbuz-{receipt.number}.pdf"
