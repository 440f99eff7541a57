"""Rows written set-wise: what is done meanwhile, and what an error of the database looks like."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Provider
from iys_portal.audit.bulk import update_each
from packages.models import Tariff


@pytest.mark.django_db
def test_something_is_done_while_the_server_writes(provider: Provider) -> None:
    done: list[str] = []
    provider.title = "Başka “Unvan” A.Ş."
    update_each([provider], ["title"], meanwhile=lambda: done.append("once"))
    provider.refresh_from_db()
    assert (provider.title, done) == ("Başka “Unvan” A.Ş.", ["once"])


@pytest.mark.django_db
def test_an_error_meanwhile_or_of_the_server_ends_the_statement(provider: Provider) -> None:
    provider.iys_code = None  # type: ignore[assignment]
    with pytest.raises(IntegrityError), transaction.atomic():
        update_each([provider], ["iys_code"], meanwhile=lambda: None)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        update_each([provider], ["title"], meanwhile=lambda: 1 // 0)
    assert Provider.objects.filter(pk=provider.pk).exists()


@pytest.mark.django_db
def test_amounts_keep_every_digit() -> None:
    tariff = Tariff.objects.exclude(net=0).first()
    assert tariff is not None
    tariff.net, tariff.kdv, tariff.gross = Decimal("99999999.99"), Decimal("0.01"), Decimal("100000000.00")
    update_each([tariff], ["net", "kdv", "gross"])
    assert Tariff.objects.filter(pk=tariff.pk, net="99999999.99", gross="100000000.00").exists()
