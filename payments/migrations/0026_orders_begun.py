from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0025_words_of_lines")]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["created_at"], name="order_begun", condition=models.Q(("gross__gt", 0))),
        ),
    ]
