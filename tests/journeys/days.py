"""A brand's day with a file that was compared, written as SQL for tests that only look at its pages."""

import psycopg

from reports.services.subscriptions import token_of
from tests.journeys.conftest import Portal


def days_compared(portal: Portal) -> dict[str, list[str]]:
    """Return addresses of a brand's day, of a comparison with its file, and of the link that ends a report.

    The provider's own comparison and a partner's, who gets the right to it; each with a row of every kind.
    """
    with psycopg.connect(portal.environment["DATABASE_URL"], autocommit=True) as database:
        row = database.execute(_COMPARED, {"sha384": "4f9c" * 24}).fetchone()
    assert row is not None
    member, own, theirs = row
    day, partners_day = "/raporlar/gunluk/660651/2026-01-02/", "/is-ortagi/mutabakat/660651/2026-01-02/"
    return {
        "provider": [day, f"{day}fark/{own}/", f"/raporlar/birak/{token_of(member, 'week')}/"],
        "partner": ["/is-ortagi/mutabakat/660651/", partners_day, f"{partners_day}fark/{theirs}/"],
    }


_COMPARED = """
    WITH brand AS (
        SELECT b.provider_id, b.id AS brand_id, m.id AS member, m.person_id, p.id AS partner_id
        FROM brands_brand b JOIN accounts_membership m USING (provider_id), partners_partner p
        WHERE b.code = 660651 AND p.title LIKE 'ASİST %%' ORDER BY m.id LIMIT 1
    ), permission AS (
        INSERT INTO partners_partnergrant (provider_id, brand_id, partner_id, granted_by_id, granted_at, agreement,
            mesaj, arama, eposta)
        SELECT provider_id, brand_id, partner_id, person_id, now(), true, 'none', 'none', 'none' FROM brand
    ), file AS (
        INSERT INTO reports_dailyfile (provider_id, brand_id, day, revision, state, message, last_seq, rows, size,
            sha384, asked_at, made_at, stamp_is_test, stamp_trouble)
        SELECT provider_id, brand_id, '2026-01-02', 1, 'completed', '', 1, 1234, 187654,
            %(sha384)s::text, now(), now(), false, '' FROM brand RETURNING id
    ), side AS (
        INSERT INTO reports_comparison (provider_id, file_id, person_id, partner_id, filename, sha384, state, message,
            sent_at, finished_at, row_count, only_ours, only_theirs, changed, notes)
        SELECT provider_id, file.id, person_id, whose, 'kayıtlarımız-2026-01-02.csv', '', 'done', '', now(), now(),
            1234, 1, 1, 1, '["Satırlarınız CR LF ile bitiyor; İYS dosyasında yalnızca LF vardır."]'
        FROM brand, file, unnest(ARRAY[NULL, partner_id]) AS whose RETURNING id, partner_id
    ), line AS (
        SELECT '2026-01-02 12:34:56,' || %(sha384)s::text
            || ',+905992000001,BIREYSEL,MESAJ,ONAY,2026-01-02 12:34:50,HS_' AS begun
    ), difference AS (
        INSERT INTO reports_difference (comparison_id, position, kind, ours, theirs)
        SELECT side.id, kind, kind, CASE WHEN kind = 2 THEN '' ELSE line.begun || 'WEB' END,
            CASE WHEN kind = 1 THEN '' ELSE line.begun || 'FIZIKSEL_ORTAM' END
        FROM side, line, generate_series(1, 3) AS kind
    )
    SELECT member, (SELECT id FROM side WHERE partner_id IS NULL), (SELECT id FROM side WHERE partner_id IS NOT NULL)
    FROM brand
"""
