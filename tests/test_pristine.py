"""What a test committed is gone afterwards, and what it changed or deleted is as it was."""

import pytest
from django.db import connection

from iys_portal.audit.models import AuditEvent
from iys_portal.audit.services import record
from packages.models import Package, Tariff
from tests import factories
from tests.pristine import Pristine

pytestmark = pytest.mark.django_db(transaction=True)


def rows(*tables: str) -> list[list[str]]:
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            found.append([row for (row,) in cursor.fetchall()])
    return found


def test_a_database_is_given_back_as_it_was_made() -> None:
    pristine = Pristine()
    if not pristine.can_restore:
        pytest.skip("the database's user may not set triggers aside; Django empties every table then")
    kept = "packages_package", "packages_tariff", "auth_permission"
    before = rows(*kept)
    brand = factories.BrandFactory.create()
    record(action="test", subject=brand, actor=None)
    Package.objects.filter(slug="ileti-75").update(name="Başka")
    Tariff.objects.all().delete()
    assert rows(*kept) != before
    pristine.restore()
    assert rows(*kept) == before
    assert rows("brands_brand", "accounts_provider", "audit_auditevent") == [[], [], []]
    assert not AuditEvent.objects.exists()
    pristine.restore()
    assert rows(*kept) == before
