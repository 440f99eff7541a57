"""Documents of reports as attachments of e-mails."""

from iys_portal.mail.attachments import Attachment, AttachmentMissing, attachment
from reports.models import ReportDocument

REPORT = "report"


@attachment(REPORT)
def report(number: int, /, *, provider_id: int) -> Attachment:
    """Return the newest PDF of a provider's report; raises AttachmentMissing until it was made."""
    documents = ReportDocument.objects.select_related("brand")
    document = documents.filter(provider_id=provider_id, pk=number).first()
    if document is None or document.content is None:
        raise AttachmentMissing
    return Attachment(f"rapor-{document.scope.name}.pdf", bytes(document.content), "application/pdf")
