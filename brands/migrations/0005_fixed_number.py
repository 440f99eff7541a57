from django.db import migrations

from iys_portal.audit.database import fixed


class Migration(migrations.Migration):
    """A brand's number is in the transaction ids of its consents: it never changes."""

    dependencies = [("brands", "0004_dealers_whole")]

    operations = [fixed("brands_brand", "code")]
