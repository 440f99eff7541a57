"""Attempts of card payments: a group for payers who gave up, no state that none ever had, indexes for what is asked."""

import datetime
import django.db.models.expressions
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0022_allocations_by_index'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='cardattempt',
            name='attempt_one_live',
        ),
        migrations.RemoveConstraint(
            model_name='cardattempt',
            name='attempt_state_known',
        ),
        migrations.RemoveConstraint(
            model_name='cardattempt',
            name='attempt_declined_has_group',
        ),
        migrations.RemoveIndex(
            model_name='cardattempt',
            name='attempt_open',
        ),
        migrations.AlterField(
            model_name='cardattempt',
            name='state',
            field=models.CharField(choices=[('created', 'Başladı'), ('needs_3ds', 'Banka onayı bekleniyor'), ('unknown', 'Sonuç bekleniyor'), ('succeeded', 'Başarılı'), ('declined', 'Reddedildi'), ('abandoned', 'Yarım kaldı')], default='created', max_length=12, verbose_name='durum'),
        ),
        migrations.AddIndex(
            model_name='cardattempt',
            index=models.Index(condition=models.Q(('state__in', frozenset(['created', 'needs_3ds', 'unknown']))), fields=['created_at'], name='attempt_open'),
        ),
        migrations.AddIndex(
            model_name='cardattempt',
            index=models.Index(condition=models.Q(django.db.models.lookups.LessThan(django.db.models.expressions.CombinedExpression(models.F('settled_at'), '-', models.F('created_at')), datetime.timedelta(seconds=10800)), ('state', 'abandoned')), fields=['created_at'], name='attempt_left'),
        ),
        migrations.AddIndex(
            model_name='gatewayevent',
            index=models.Index(fields=['conversation_id'], name='gateway_event_number'),
        ),
        migrations.AddConstraint(
            model_name='cardattempt',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', frozenset(['created', 'needs_3ds', 'unknown']))), fields=('order',), name='attempt_one_live'),
        ),
        migrations.AddConstraint(
            model_name='cardattempt',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['created', 'needs_3ds', 'unknown', 'succeeded', 'declined', 'abandoned'])), name='attempt_state_known'),
        ),
        migrations.AddConstraint(
            model_name='cardattempt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'declined'), _negated=True), ('decline_group__in', ['insufficient_funds', 'do_not_honour', 'expired_card', 'invalid_card', 'invalid_code', 'lost_or_stolen', 'not_permitted', 'restricted_by_law', 'fraud', 'authentication', 'abandoned', 'gave_up', 'invalid_transaction', 'other']), _connector='OR'), name='attempt_declined_has_group'),
        ),
    ]
