"""The accountants' queue with as many movements as it has to bear: every kind of page, by the real view."""

from collections.abc import Iterator
from statistics import median
from time import perf_counter

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from accounts.models import Person
from iys_portal.roles import ACCOUNTING
from payments.enums import LineState
from payments.models import StatementLine

_COPY = """
    INSERT INTO payments_statementline (account_id, statement_id, position, digest, occurrence, booked_on, value_on,
        amount, currency, text, payer_name, payer_iban, payer_tax_number, bank_reference, is_reversal, state, rule,
        verdict, candidates, features, matching_version)
    SELECT account_id, statement_id, last + row_number() OVER (), digest, occurrence + 1000000 + turn,
        booked_on - turn, value_on, amount + turn, currency, text, payer_name, payer_iban, payer_tax_number,
        bank_reference, is_reversal, state, rule, verdict, candidates, features, matching_version
      FROM payments_statementline, generate_series(1, %s) AS turn,
        (SELECT max(position) AS last FROM payments_statementline) AS most
     WHERE state IN ('suggested', 'unmatched') LIMIT %s
"""
_FILTERS = ("", "sira=yeni", "sira=tarih", "sira=tutar", "durum=unmatched", "durum=suggested", "en_az=1000")
_SEARCHES = ("ara=kira", "ara=gida+sanayi", "ara=yokboylebirsey", "ara=ab", "ara=KM7-T3R-AWC")
_PAGES = 12


def fill(count: int) -> int:
    """Let `count` movements wait; return how many do."""
    waiting = StatementLine.objects.filter(state__in=[LineState.SUGGESTED, LineState.UNMATCHED])
    there = waiting.count()
    if there and there < count:
        with connection.cursor() as cursor:
            cursor.execute(_COPY, [count // there + 1, count - there])
            cursor.execute("ANALYZE payments_statementline")
    return waiting.count()


def page_times() -> list[float]:
    """Return the seconds that the pages take: pages near the beginning and deep ones, in every order and filter."""
    person = Person.objects.create_user("olcum")
    person.is_staff = True
    person.save()
    person.groups.add(Group.objects.get(name=ACCOUNTING))
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # nothing is collected for a bench
    storages = {**settings.STORAGES, "staticfiles": plain}
    with override_settings(ALLOWED_HOSTS=["testserver"], SECURE_SSL_REDIRECT=False, STORAGES=storages):
        client = Client()
        client.force_login(person)
        _timed(client, "")
        return [_timed(client, address) for address in _addresses()]


def _addresses() -> Iterator[str]:
    numbers = list(StatementLine.objects.order_by("pk").values_list("pk", flat=True)[:: _step()])
    for filtered in (*_FILTERS, *_SEARCHES):
        yield filtered
        for number in numbers[:_PAGES]:
            yield f"{filtered}&sonra={number}"


def _step() -> int:
    return max(1, StatementLine.objects.count() // _PAGES)


def _timed(client: Client, address: str) -> float:
    start = perf_counter()
    answer = client.get(f"{reverse('accounting:queue')}?{address}")
    taken = perf_counter() - start
    if answer.status_code != 200:
        raise RuntimeError(f"the queue answered {answer.status_code} to ?{address}")
    return taken


def p95_of_median(times: list[float]) -> float:
    """Return the 95th percentile of the pages' times ÷ their median."""
    return sorted(times)[int(len(times) * 0.95)] / median(times)
