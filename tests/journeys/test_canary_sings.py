"""The search of test_card_canary.py can fail: what is put there on purpose is found."""

import base64
import json
import os
from email.message import EmailMessage
from itertools import chain

import psycopg
import redis
from django.core import signing

from contracts.rendering import print_pdf
from tests.journeys import canary
from tests.journeys.canary import Canary
from tests.journeys.conftest import Portal


def test_the_canary_sings(portal: Portal) -> None:
    """A number and a code that are put there on purpose are found in each place, in each spelling."""
    number, code = "4242424242424242", "7043"
    url, broker = portal.environment["DATABASE_URL"], os.environ["REDIS_URL"]
    planted = Canary(numbers=(number,), codes=(code,), words=("KNRY7Y",))
    assert planted.hits(chain(canary.tables(url), canary.files(portal.data, since=0), canary.broker(broker))) == []
    since, spelt = canary.wal_position(url), "4242 4242-4242 4242"
    with psycopg.connect(url, autocommit=True) as database, redis.Redis.from_url(broker) as client:
        database.execute("CREATE TABLE planted (kept text, raw bytea)")
        log, mail = portal.data / "log" / "planted.log", portal.data / "mail" / "planted.log"
        try:
            for kept in (number, "4242 4242 4242 4242", "4242-4242-4242-4242", "a KNRY7Y b"):
                database.execute("INSERT INTO planted (kept) VALUES (%s)", [kept])
                assert len(planted.hits(canary.tables(url, named="planted"))) == 1, kept
                database.execute("DELETE FROM planted")
            database.execute("INSERT INTO planted (raw) VALUES (%s)", [number.encode()])
            assert planted.hits(canary.database(url)) == [f"table planted: {number}"]  # among all the others
            in_log = " ".join(planted.hits(canary.wal(url, since=since)))
            assert (f": {number}" in in_log) == canary.wal_is_readable(url)
            database.execute("UPDATE planted SET raw = NULL, kept = %s", [json.dumps({"cvc": int(code)})])
            assert len(planted.hits(canary.tables(url, named="planted"))) == 1
            log.write_text(f'{{"event": "paid", "cvv2": "{code}"}}\n')
            client.set("planted", json.dumps({"body": base64.b64encode(f"[{number}]".encode()).decode()}))
            assert [hit.partition(":")[0] for hit in planted.hits(canary.broker(broker))] == ["key planted"]
            message = EmailMessage()
            message.set_content(f"Kart: {number}. " + "ş" * 90, cte="base64")
            mail.write_bytes(message.as_bytes())
            found = planted.hits(canary.files(portal.data, since=0))
            assert {hit.partition(":")[0] for hit in found} >= {"file log/planted.log", "e-mail planted.log"}
            with canary.overheard(broker) as heard:
                client.lpush("planted-list", spelt.replace("-", " "))
                client.delete("planted-list")
            assert planted.hits(iter(heard))
        finally:
            database.execute("DROP TABLE planted")
            client.delete("planted")
            log.unlink(missing_ok=True)
            mail.unlink(missing_ok=True)
    pdf = print_pdf(f"<html lang=tr><title>x</title><p>{number}</p>", styles=("contract.css",), identifier=b"0" * 16)
    assert planted.hits(iter([("session", canary.unpacked(signing.dumps({"kart": number}, compress=True)))])) != []
    assert planted.hits(iter([("PDF", canary.pdf_text(pdf))])) != []
