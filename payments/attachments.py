"""Receipts as attachments of e-mails."""

from iys_portal.mail.attachments import Attachment, AttachmentMissing, attachment
from payments.selectors.receipts import receipts_of

RECEIPT = "receipt"


@attachment(RECEIPT)
def receipt(number: int, /, *, provider_id: int) -> Attachment:
    """Return the PDF of a provider's receipt; raises AttachmentMissing where it is not, or cannot be drawn now."""
    from contracts.rendering import RenderingError  # noqa: PLC0415  (WeasyPrint takes a second to load)
    from payments.receipt_pdf import filename_of, render_receipt  # noqa: PLC0415  (it loads WeasyPrint)

    found = receipts_of(provider_id).filter(pk=number).first()
    if found is None:
        raise AttachmentMissing
    try:
        return Attachment(filename_of(found), render_receipt(found), "application/pdf")
    except RenderingError as error:
        raise AttachmentMissing from error
