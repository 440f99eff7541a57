"""Search everything that is the portal's for card numbers and security codes that were typed at the bank."""

import base64
import json
import os
import re
import secrets
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg import sql

_WAL_SEGMENT = 16 * 1024 * 1024
_MUCH = 1024 * 1024
_AROUND = 20
"""Bytes before a code in which a name for it stands."""
Place = tuple[str, bytes]


@dataclass
class Canary:
    """What must be nowhere: card numbers in every spelling, codes wherever they stand as a value, words as they are."""

    numbers: tuple[str, ...]
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    _spelt: dict[bytes, str] = field(init=False)
    _digits: re.Pattern[bytes] = field(init=False)
    _codes: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        spelt = {spelling: number for number in self.numbers for spelling in spellings(number)}
        spelt |= {spelling: word for word in self.words for spelling in (word.encode(), *_encoded(word))}
        self._spelt = spelt
        # Three or four digits stand everywhere; as a whole value, or beside a name for it, they stand nowhere.
        codes = "|".join(self.codes).encode() or b"(?!)"
        name = rb"(?:cvc2?|cvv2?|cv2|csc|code|kod|guvenlik)"
        pattern = rb"[\"'>=]\s?(?:" + codes + rb")[\"'<&]|\b" + name + rb"\W{0,6}(?:" + codes + rb")\b"
        self._digits = re.compile(codes)
        self._codes = re.compile(pattern, re.IGNORECASE)

    def hits(self, places: Iterator[Place]) -> list[str]:
        """Return where something was found, and what."""
        return [f"{place}: {found}" for place, data in places for found in self._found(data)]

    def _found(self, data: bytes) -> Iterator[str]:
        spelt = self._spelt
        if len(data) < _MUCH or _holds_any(spelt, data):
            yield from (spelt[spelling] for spelling in spelt if spelling in data)
        for digits in self._digits.finditer(data):
            around = data[max(0, digits.start() - _AROUND) : digits.end() + 1]
            code = self._codes.search(around)
            if code:
                yield code[0].decode(errors="replace")
                return


def _holds_any(spelt: Iterable[bytes], data: bytes) -> bool:
    """Return whether one of these stands in much data: grep looks for hundreds at once, Python for one by one."""
    command = [b"grep", b"-qaF", b"-e", b"\n".join(spelt)]
    done = subprocess.run(command, input=data, env={"LC_ALL": "C", "PATH": os.environ["PATH"]}, check=False)
    assert done.returncode in {0, 1}
    return done.returncode == 0


def spellings(number: str) -> list[bytes]:
    """Return a card number as it may be written: plain, in groups, in base64 at each place, in hexadecimal."""
    groups = [[number[start : start + 4] for start in range(0, len(number), 4)]]
    if len(number) == 15:
        groups.append([number[:4], number[4:10], number[10:]])
    grouped = [between.join(parts) for parts in groups for between in (" ", "-", "+", "%20", "\u00a0")]
    return [number.encode(), *(text.encode() for text in grouped), *_encoded(number)]


def _encoded(text: str) -> list[bytes]:
    encoded = [text.encode().hex().encode()]
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + text.encode())
        # The first and last signs hold bits of the neighbours.
        start, end = (0, 2, 3)[before], len(text) + before
        encoded.append(whole[start : end * 8 // 6])
    return encoded


# --- Places -----------------------------------------------------------------------------------------------------------
def database(url: str) -> Iterator[Place]:
    """Every row of every table as JSON, and what sessions and PDFs hold inside."""
    yield from tables(url)
    with psycopg.connect(url) as connection:
        for (session,) in connection.execute("SELECT session_data FROM accounts_websession"):
            yield "session", unpacked(session)
        query = "SELECT number, content FROM contracts_signeddocument WHERE content IS NOT NULL"
        for number, content in connection.execute(query):
            yield f"PDF {number}", pdf_text(bytes(content))


def tables(url: str, *, named: str = "%") -> Iterator[Place]:
    """Every row of the tables of a name, or of all, as JSON."""
    known = (
        "SELECT schemaname, tablename FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename LIKE %s"
    )
    with psycopg.connect(url) as connection:
        for schema, table in connection.execute(known, [named]).fetchall():
            rows = sql.SQL("COPY (SELECT row_to_json(t)::text FROM {} t) TO STDOUT").format(
                sql.Identifier(schema, table)
            )
            with connection.cursor().copy(rows) as copy:
                yield f"table {table}", b"".join(bytes(part) for part in copy)


def unpacked(signed: str) -> bytes:
    """Return what Django signed: base64, packed where it begins with a full stop."""
    packed = signed.startswith(".")
    payload = signed.lstrip(".").split(":")[0].encode()
    data = base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
    return zlib.decompress(data) if packed else data


def pdf_text(content: bytes) -> bytes:
    """Return the text of a PDF as poppler reads it."""
    done = subprocess.run(["/usr/bin/pdftotext", "-raw", "-", "-"], input=content, capture_output=True, check=True)
    return done.stdout


def wal_position(url: str) -> int:
    """Return how far the database server has written its log, in bytes."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')").fetchone()
        assert row
        return int(row[0])


def wal_is_readable(url: str) -> bool:
    """Return whether this user may read the server's write-ahead log: a superuser may."""
    with psycopg.connect(url) as connection:
        return connection.info.parameter_status("is_superuser") == "on"


def wal(url: str, *, since: int) -> Iterator[Place]:
    """The server's write-ahead log from a position on; nothing where this user may not read it."""
    if not wal_is_readable(url):
        return
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_switch_wal()")
        row = connection.execute("SELECT timeline_id FROM pg_control_checkpoint()").fetchone()
        assert row
        for segment in range(since // _WAL_SEGMENT, wal_position(url) // _WAL_SEGMENT):
            name = f"{row[0]:08X}{segment // 256:08X}{segment % 256:08X}"
            query = "SELECT pg_read_binary_file('pg_wal/' || %s, 0, %s, true)"
            content = connection.execute(query, [name, _WAL_SEGMENT]).fetchone()
            assert content
            yield f"WAL {name}", bytes(content[0] or b"").rstrip(b"\0")


def files(folder: Path, *, since: float) -> Iterator[Place]:
    """Every file of the data folder that was written since, and the e-mails among them with all they encode."""
    for path in folder.rglob("*"):
        if not path.is_file() or path.stat().st_mtime < since:
            continue
        content = path.read_bytes()
        yield f"file {path.relative_to(folder)}", content
        if path.parent.name == "mail":
            yield from (
                (f"e-mail {path.name}", part) for part in _parts(message_from_bytes(content, policy=policy.default))
            )


def _parts(message: Message) -> Iterator[bytes]:
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield pdf_text(content) if part.get_content_type() == "application/pdf" else content


def broker(url: str) -> Iterator[Place]:
    """Every key of the broker and the cache with its value; Celery's messages with what their bodies hold."""
    client = redis.Redis.from_url(url)
    read: dict[bytes, Callable[[bytes], Any]] = {
        b"string": client.get,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": client.xrange,
    }
    for key in client.scan_iter():
        kind = client.type(key)
        if kind != b"none":  # gone since it was listed
            yield f"key {key.decode(errors='replace')}", key + b" " + repr(read[kind](key)).encode()
    client.close()


@contextmanager
def overheard(url: str) -> Iterator[list[Place]]:
    """Listen to every command that reaches the broker meanwhile: messages that are gone by the end of it, too."""
    client = redis.Redis.from_url(url)
    heard: list[Place] = []
    end = f"heard-{secrets.token_hex(8)}"
    number = client.connection_pool.connection_kwargs.get("db", 0)
    with client.monitor() as monitor:

        def listen() -> None:
            for command in monitor.listen():
                if command["command"] == f"ECHO {end}":
                    return
                if int(command["db"]) == number:
                    heard.append(("broker", _with_bodies(command["command"]).encode()))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            with redis.Redis.from_url(url) as other:
                other.echo(end)
            thread.join(timeout=60)
    client.close()


def _with_bodies(command: str) -> str:
    """Return a command with what Celery put in base64 into a message's body."""
    bodies = re.findall(r'\\?"body\\?": \\?"([A-Za-z0-9+/=]+)\\?"', command)
    return " ".join([command, *(base64.b64decode(body).decode(errors="replace") for body in bodies)])


def storage(page: Any) -> Iterator[Place]:
    """What a browser keeps for the portal's pages, and the page that it shows."""
    kept = page.evaluate("JSON.stringify({local: {...localStorage}, session: {...sessionStorage}})")
    yield "storage", kept.encode()
    yield "cookies", json.dumps(page.context.cookies(page.url)).encode()
    yield "page", page.content().encode()
