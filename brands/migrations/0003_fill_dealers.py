from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from iys_portal.shared.crypto import encrypt, lookup_hash

# The demo's one dealer, as iys_portal.demo installs it from now on.
_DEMO = {"code": 10000001, "title": "Örnek Bayi Ticaret Ltd. Şti.", "town_code": None}
_DEMO_TCKN = "10000000450"
_DEMO_DETAILS = {
    "title": "Örnek Bayi Ticaret Limited Şirketi",
    "alias": "Çankaya Şubesi",
    "name": "Gökçe Ağaoğlu",
    "town_code": 63,
    "mobile": "+905992000001",
}


def fill(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Give the demo's dealer its details; suspend the others, whose details only their provider knows."""
    retailers = apps.get_model("brands", "Retailer").objects.filter(town_code=None)
    retailers.filter(**_DEMO).update(
        tckn_hash=lookup_hash(_DEMO_TCKN), tckn_encrypted=encrypt(_DEMO_TCKN.encode()), **_DEMO_DETAILS
    )
    retailers.update(state="suspended")


class Migration(migrations.Migration):
    dependencies = [
        ("brands", "0002_dealers"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
