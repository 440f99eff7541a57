from django.db import migrations

from iys_portal.audit.database import fixed


class Migration(migrations.Migration):
    """A provider's number in the register is in the transaction ids of its consents: it never changes."""

    dependencies = [("accounts", "0002_roles")]

    operations = [fixed("accounts_provider", "iys_code")]
