"""A company that belongs to one journey alone, so that no other journey sees what becomes of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.factories import make_vkn
from tests.journeys.conftest import Portal


@contextmanager
def company(portal: Portal, *, code: int, title: str, email: str) -> Iterator[psycopg.Connection]:
    """Enter a company with one brand, for which the person of two companies acts as well until the journey is over."""
    with psycopg.connect(portal.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO accounts_provider (iys_code, title, tax_number, mersis, address, phone, email, state)"
            " VALUES (%s, %s, %s, '', 'Deneme Sok. No: 7 Konak, İzmir', '+902320000007', %s, 'active')",
            [code, title, make_vkn(323_000_000 + code % 1_000_000), email],
        )
        connection.execute(
            "INSERT INTO brands_brand (provider_id, code, name, is_master, state)"
            " SELECT p.id, %s, p.title, true, b.state FROM accounts_provider p, brands_brand b"
            " WHERE p.iys_code = %s AND b.code = 675400",
            [code, code],
        )
        connection.execute(
            "INSERT INTO accounts_membership (provider_id, person_id, role) SELECT p.id, m.person_id, m.role"
            " FROM accounts_provider p, accounts_membership m JOIN accounts_provider o ON o.id = m.provider_id"
            " WHERE p.iys_code = %s AND o.iys_code = 675400",
            [code],
        )
        yield connection
        connection.execute(
            "UPDATE accounts_membership SET ended_at = now() WHERE provider_id ="
            " (SELECT id FROM accounts_provider WHERE iys_code = %s)",
            [code],
        )
