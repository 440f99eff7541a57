"""The commands that make API accounts."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiAccount, Provider
from partners.models import Intermediary, Partner
from tests import factories


def made(name: str, *arguments: str) -> Any:
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_providers_account(provider: Provider) -> None:
    brand = factories.BrandFactory.create(provider=provider)
    result = made("create_api_account", "--iys-code", str(provider.iys_code), "--name", "Mağaza")
    account = ApiAccount.objects.get(username=result["username"])
    assert result == {
        "username": account.username,
        "password": result["password"],
        "iysCode": provider.iys_code,
        "brandCodes": [brand.code],
    }
    assert (account.provider, account.name) == (provider, "Mağaza")


@pytest.mark.django_db
def test_of_nobody() -> None:
    with pytest.raises(CommandError):
        made("create_api_account", "--iys-code", "1")


@pytest.mark.parametrize(
    ("command", "model"), [("create_integrator_account", Partner), ("create_ahs_account", Intermediary)]
)
@pytest.mark.django_db
def test_a_companys_account(command: str, model: type[Partner | Intermediary]) -> None:
    first = made(command, "--code", "71234", "--name", "Yeni Kuruluş A.Ş.")
    second = made(command, "--code", "71234")
    company = model._default_manager.get(code=71234)
    assert company.title == "Yeni Kuruluş A.Ş."
    assert (first["iysCode"], first["brandCodes"]) == (71234, [])
    assert first["username"] != second["username"]
    with pytest.raises(CommandError):
        made(command, "--code", "71235", "--name", "yeni kuruluş a.ş.")
