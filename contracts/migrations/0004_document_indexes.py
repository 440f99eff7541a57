from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("contracts", "0003_pre_information_form"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="signeddocument",
            index=models.Index(fields=["number"], name="document_by_number"),
        ),
        migrations.AddIndex(
            model_name="signeddocument",
            index=models.Index(condition=models.Q(("archived_at", None)), fields=["id"], name="document_unfinished"),
        ),
    ]
