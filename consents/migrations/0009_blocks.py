import django.db.models.deletion
from django.db import migrations, models

_ROWS = """
    CREATE UNLOGGED TABLE consent_import_row (
        provider_id bigint NOT NULL,
        job_id bigint NOT NULL,
        consent_at timestamptz,
        position integer NOT NULL,
        line integer NOT NULL,
        retailer_code integer,
        channel smallint NOT NULL,
        recipient_type smallint NOT NULL,
        status smallint NOT NULL,
        source smallint,
        recipient text COLLATE "C" NOT NULL,
        PRIMARY KEY (provider_id, job_id, position)
    )
"""


class Migration(migrations.Migration):
    """Rows of files wait in encrypted blocks. Files that wait meanwhile say that their rows are lost: given again, what
    was recorded of them is not recorded twice. See docs/adr/0037-bulk-import.md."""

    dependencies = [
        ('consents', '0008_short_movements'),
    ]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='compared_seq',
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name='ImportBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('after', models.PositiveIntegerField()),
                ('size', models.PositiveIntegerField()),
                ('content_encrypted', models.BinaryField()),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='blocks', to='consents.importjob')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('job', 'after'), name='import_block_once'), models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='import_block_holds')],
            },
        ),
        # What is encrypted is not made smaller by trying.
        migrations.RunSQL(
            [
                "ALTER TABLE consents_importblock ALTER COLUMN content_encrypted SET STORAGE EXTERNAL",
                "ALTER TABLE consents_importpiece ALTER COLUMN content_encrypted SET STORAGE EXTERNAL",
                "DROP TABLE consent_import_row",
            ],
            [_ROWS, "ALTER TABLE consents_importpiece ALTER COLUMN content_encrypted SET STORAGE EXTENDED"],
        ),
    ]
