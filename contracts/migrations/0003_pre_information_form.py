import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0002_verification_and_archive"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="contracttext", name="contract_text_one_a_day"),
        migrations.AddField(
            model_name="approval",
            name="information",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="annexed_approvals",
                to="contracts.contracttext",
                verbose_name="ön bilgilendirme formu",
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="information_sha256",
            field=models.CharField(default="", max_length=64, verbose_name="formun özeti"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                name="approval_information_has_hash",
                condition=models.Q(("information", None), ("information_sha256", ""))
                | models.Q(
                    models.Q(("information", None), _negated=True), models.Q(("information_sha256", ""), _negated=True)
                ),
            ),
        ),
    ]
