"""Sealed documents as attachments of e-mails."""

from contracts.selectors import documents_of
from iys_portal.mail.attachments import Attachment, AttachmentMissing, attachment

CONTRACT = "contract"


@attachment(CONTRACT)
def contract(number: int, /, *, provider_id: int) -> Attachment:
    """Return the sealed PDF of a provider's document; raises AttachmentMissing until it is issued."""
    document = documents_of(provider_id).filter(pk=number).first()
    if document is None or document.content is None:
        raise AttachmentMissing
    return Attachment(f"{document.number}.pdf", bytes(document.content), "application/pdf")
