"""G4 over HTTP: what the API's hot endpoints cost beside what the database alone needs for the same.

A server of the bench's own answers one client that asks one question after the other over one connection, as the
database does beside it. The status endpoint also stands beside one of Django REST framework, where that is
installed: it comes with the packages for development.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import ApiAccount, Provider
from accounts.services.api_accounts import create_account
from brands.models import Brand
from consents.api_selectors import APPROVED
from consents.rules.transaction import written
from iys_portal.bench.api.server import Client, serving
from iys_portal.bench.base import BenchError, Figure, Limit, Options, Result
from iys_portal.bench.machine import need_disk
from iys_portal.bench.scratch import scratch_database, server_folder
from iys_portal.bench.timing import in_turns, seconds
from packages.models import Package
from packages.services import activate
from packages.usage import recount_addresses

_BYTES_PER_ROW = 400
_OTHER_MIB = 200
_ASKED = 1000
_STATUSES, _ADDS, _BATCHES = 60, 150, 12
"""So many calls a turn; a quick run makes fewer."""
_QUICK = 3

_CONSENTS = """
    INSERT INTO consent (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source)
    SELECT %s, '+9053' || lpad(n::text, 8, '0'), %s, 2, 1, 1 + (n %% 5 = 0)::int, now() - interval '1 day', 8
    FROM generate_series(0, %s - 1) AS n
"""
_EVENT = """
    INSERT INTO consent_event (provider_id, created_at, consent_at, brand_id, channel, recipient_type, status, source,
        way, recipient)
    VALUES (%s, now(), now(), %s, 2, 1, 1, 8, 3, %s) RETURNING seq
"""
_CURRENT = """
    INSERT INTO consent
        (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source, last_seq)
    VALUES (%s, %s, %s, 2, 1, 1, now(), 8, %s)
    ON CONFLICT (provider_id, recipient, brand_id, channel, recipient_type) DO UPDATE SET status = excluded.status,
        consent_at = excluded.consent_at, source = excluded.source, last_seq = excluded.last_seq
"""


def run(options: Options) -> Result:
    """Run the bench in a database of its own. Raises BenchError when that cannot be had or has no room."""
    if options.rows < _ASKED:
        raise BenchError(f"Fewer than {_ASKED} consents say nothing: so many recipients are asked for at once.")
    folder = server_folder()
    if folder is not None:
        need_disk(folder, options.rows * _BYTES_PER_ROW / 2**20 + _OTHER_MIB)
    options.say("Making a database of the bench's own")
    with scratch_database():
        return _Run(options).run()


class _Run:
    """One run: figures, keys and what was not right come together here."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._keys: dict[str, float] = {}
        self._figures: list[Figure] = []
        self._wrong: list[str] = []
        self._next = options.rows
        calls = (_QUICK,) * 3 if options.quick else (_STATUSES, _ADDS, _BATCHES)
        self._statuses_a_turn, self._adds_a_turn, self._batches_a_turn = calls
        self._random = random.Random(options.seed)
        now = timezone.now()
        self._provider, self._brand = _company(1)
        self._bare = _company(2)[1]
        package = Package.objects.filter(has_integration=True, max_addresses=None).get()
        activate(provider=self._provider, package=package, actor=None, reason="Ölçüm", now=now)
        self._issued = create_account(name="Ölçüm", provider=self._provider, now=now, actor=None)
        ApiAccount.objects.filter(pk=self._issued.account.pk).update(
            per_second=1_000_000, tokens_per_hour=None, status_per_hour=None, history_per_hour=None
        )

    def run(self) -> Result:
        self._options.say(f"Making {self._options.rows:,} consents")
        self._fill()
        self._options.say("Starting a server")
        has_framework = find_spec("rest_framework") is not None
        module = "iys_portal.bench.beside" if has_framework else "iys_portal.wsgi"
        with serving(str(connection.settings_dict["NAME"]), module) as client:
            client.log_in(self._issued.account.username, self._issued.secret)
            self._statuses(client)
            if has_framework:
                self._framework(client)
            else:
                self._options.say("Not compared with Django REST framework: djangorestframework is not installed.")
            self._adds(client)
            self._batches(client)
        return Result(keys=self._keys, figures=self._figures, wrong=self._wrong)

    def _fill(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL app.bulk = on")
            cursor.execute(_CONSENTS, [self._provider.pk, self._brand.pk, self._options.rows])
            recount_addresses(self._provider.pk, timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE consent")
            cursor.execute("CREATE TABLE bench_copy AS SELECT * FROM consent_batch_item WITH NO DATA")

    def _path(self, rest: str) -> str:
        return f"/sps/{self._provider.iys_code}/brands/{self._brand.code}/consents{rest}"

    def _beside(
        self, key: str, name: str, sides: tuple[Callable[[], object], Callable[[], object]], **how: Any
    ) -> None:
        own, other = sides
        for side in sides:
            side()  # once for nothing: what is read for the first time is not what is compared
        mine, theirs = in_turns(lambda: seconds(own), lambda: seconds(other), times=self._options.runs)
        figure = Figure.of_times(name, mine, theirs, goal="G4", **how)
        self._keys[key] = figure.ratio or 0.0
        self._figures.append(figure)

    # --- Status of a thousand recipients ----------------------------------------------------------------------
    def _statuses(self, client: Client) -> None:
        path = self._path("/BIREYSEL/status/MESAJ")
        lists = [self._asked() for _ in range(self._statuses_a_turn)]
        for recipients in lists[:3]:
            answered = client.post(path, {"recipients": recipients}, expected=200)["list"]
            if set(answered) != set(self._approved(recipients)):
                self._wrong.append("The endpoint and the database name different recipients.")
        self._beside(
            "status_1000_of_db",
            f"status of {_ASKED:,} recipients, {self._statuses_a_turn} requests",
            (
                lambda: [client.post(path, {"recipients": each}, expected=200) for each in lists],
                lambda: [self._approved(each) for each in lists],
            ),
            beside="the same query alone",
            limit=Limit("≥", 0.6),
            of_rates=True,
        )

    def _framework(self, client: Client) -> None:
        """Ask the framework's endpoint: as one writes it, and with our own query, of which no ratio is expected."""
        self._against(client, "/drf", "status_1000_times_drf", beside="Django REST framework", limit=Limit("≥", 2))
        self._against(client, "/drf/own-query", "status_1000_times_drf_own_query", beside="the same with our query")

    def _against(self, client: Client, start: str, key: str, *, beside: str, limit: Limit | None = None) -> None:
        path = self._path("/BIREYSEL/status/MESAJ")
        lists = [self._asked() for _ in range(self._statuses_a_turn)]
        own, other = (client.post(place, {"recipients": lists[0]}, expected=200) for place in (path, start + path))
        if own["list"] != other["list"] or own.keys() != other.keys():
            self._wrong.append("The two endpoints answer differently.")
        self._beside(
            key,
            f"the same, {self._statuses_a_turn} requests",
            (
                lambda: [client.post(path, {"recipients": each}, expected=200) for each in lists],
                lambda: [client.post(start + path, {"recipients": each}, expected=200) for each in lists],
            ),
            beside=beside,
            limit=limit,
            of_rates=True,
        )

    def _asked(self) -> list[str]:
        return [f"+9053{number:08d}" for number in self._random.sample(range(self._options.rows), _ASKED)]

    def _approved(self, recipients: list[str]) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(APPROVED, [self._provider.pk, " ".join(recipients), self._brand.pk, 2, 1])
            return [recipient for (recipient,) in cursor.fetchall()]

    # --- One consent ------------------------------------------------------------------------------------------
    def _adds(self, client: Client) -> None:
        before = self._events(self._brand)
        path = self._path("")
        self._beside(
            "add_of_sql",
            f"a new consent, {self._adds_a_turn} requests",
            (
                lambda: [client.post(path, body, expected=200) for body in self._bodies(self._adds_a_turn)],
                lambda: self._write([body["recipient"] for body in self._bodies(self._adds_a_turn)]),
            ),
            beside="its two statements in a transaction",
            limit=Limit("≥", 0.5),
            of_rates=True,
        )
        made = self._events(self._brand) - before
        expected = self._adds_a_turn * (self._options.runs + 1)
        if made != expected or self._events(self._bare) != expected:
            self._wrong.append(f"{made} consents were recorded, not {expected}.")

    def _bodies(self, count: int) -> list[dict[str, str]]:
        """Return new consents; no recipient comes twice."""
        self._next += count
        date = written(timezone.now() - timedelta(minutes=5))
        return [
            {
                "recipient": f"+9053{number:08d}",
                "type": "MESAJ",
                "status": "ONAY",
                "source": "HS_WEB",
                "consentDate": date,
                "recipientType": "BIREYSEL",
            }
            for number in range(self._next - count, self._next)
        ]

    def _write(self, recipients: list[str]) -> None:
        brand = self._bare
        for recipient in recipients:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_EVENT, [brand.provider_id, brand.pk, recipient])
                (seq,) = cursor.fetchone()
                cursor.execute(_CURRENT, [brand.provider_id, recipient, brand.pk, seq])

    def _events(self, brand: Brand) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM consent_event WHERE provider_id = %s", [brand.provider_id])
            return int(cursor.fetchone()[0])

    # --- A batch ----------------------------------------------------------------------------------------------
    def _batches(self, client: Client) -> None:
        path = self._path("/request")
        bodies = [self._bodies(_ASKED) for _ in range(self._batches_a_turn)]
        self._beside(
            "batch_of_copy",
            f"a batch of {_ASKED:,} accepted, {self._batches_a_turn} requests",
            (
                lambda: [client.post(path, body, expected=202) for body in bodies],
                lambda: self._copy(bodies),
            ),
            beside="COPY of it into a bare table",
            limit=Limit("≤", 3),
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(sum(regexp_count(items, E'\\n')), 0), count(*) FROM consent_batch")
            kept = cursor.fetchone()
        batches = self._batches_a_turn * (self._options.runs + 1)
        if kept != (batches * _ASKED, batches):
            self._wrong.append(f"{kept[0]} consents of {kept[1]} batches wait, not those of {batches}.")

    def _copy(self, bodies: list[list[dict[str, str]]]) -> None:
        sql = (
            "COPY bench_copy (provider_id, number, position, recipient, channel, recipient_type, status, source,"
            " consent_at) FROM STDIN"
        )
        for body in bodies:
            lines = "".join(
                f"{self._provider.pk}\t1\t{position}\t{each['recipient']}\t2\t1\t1\t8\t{each['consentDate']}+03\n"
                for position, each in enumerate(body)
            )
            with connection.cursor() as cursor, cursor.copy(sql) as copy:
                copy.write(lines)


def _company(number: int) -> tuple[Provider, Brand]:
    provider = Provider.objects.create(
        iys_code=50_000_000 + number,
        title=f"Ölçüm Hizmet Sağlayıcısı {number}",
        tax_number=f"100000000{number}",
        address="Örnek Mah. Deneme Cad. No: 1 Çankaya, Ankara",
        phone="+903120000000",
        email="olcum@ornek.example",
    )
    return provider, Brand.objects.create(provider=provider, code=5_000_000 + number, name="Ölçüm")
