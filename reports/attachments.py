"""Documents of reports as attachments of e-mails."""

from iys_portal.mail.attachments import Attachment, AttachmentMissing, attachment
from reports.models import ReportDocument
from reports.pictures.period import name_of

REPORT = "report"


@attachment(REPORT)
def report(number: int, /, *, provider_id: int) -> Attachment:
    """Return the newest PDF of a provider's week or month; raises AttachmentMissing until it was made."""
    document = ReportDocument.objects.filter(provider_id=provider_id, pk=number).first()
    if document is None or document.content is None:
        raise AttachmentMissing
    name = f"rapor-{name_of(document.rhythm, document.first)}.pdf"
    return Attachment(name, bytes(document.content), "application/pdf")
