"""The simulator's own folder: signing key, database, people, and the one client."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command

from simulators.edevlet.config import SCOPE, Config

_CLIENT = "allauth_idp_oidc.Client"
PASSWORD = "demo"  # noqa: S105  # the people are fictitious
PEOPLE = (
    ("10000000146", "Defne", "Işıkgil"),
    ("10000000214", "Ömer", "Çağlayansoy"),
    ("10000000382", "Şule", "Güneşdoğdu"),
    ("10000000450", "Kerem", "Uğurlusoy"),
)


def private_key(data: Path) -> str:
    """Return the PEM text of the RSA key in `data`; made on the first call, mode 600."""
    path = data / "signing-key.pem"
    if not path.exists():
        pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        # Written aside and renamed: a crash in between leaves no half key.
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        draft.replace(path)
    return path.read_text(encoding="ascii")


def prepare(config: Config) -> None:
    """Bring the database up to date, and its people and client to what this run was started with."""
    call_command("migrate", verbosity=0, interactive=False)
    _ensure_people()
    _ensure_client(config)


def _ensure_people() -> None:
    users = get_user_model().objects
    for tckn, given_name, family_name in PEOPLE:
        if not users.filter(username=tckn).exists():
            users.create_user(tckn, password=PASSWORD, first_name=given_name, last_name=family_name)


def _ensure_client(config: Config) -> None:
    client, _ = apps.get_model(_CLIENT).objects.get_or_create(id=config.client_id)
    client.name = "İleti Yönetim Sistemi - Hizmet Sağlayıcı Uygulaması"
    client.skip_consent = True
    client.set_scopes([SCOPE])
    client.set_redirect_uris([config.redirect_uri])
    client.set_post_logout_redirect_uris([f"{config.portal_url}/"])
    client.set_secret(config.client_secret)
    client.save()
