"""Django's own set-up steps: migrations, demo data, static files; each only when it has something to do."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from runner import processes
from runner.console import PlainError, say
from runner.data import DataFolder
from runner.environment import PYTHON, ROOT, fingerprint

_ASK_DATABASE = """
import os, sys, psycopg
try:
    connection = psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=10)
except psycopg.Error as error:
    sys.exit(str(error))
print("used" if connection.execute("SELECT to_regclass('django_migrations')").fetchone()[0] else "new")
"""


def django(*arguments: str) -> list[str]:
    """The command line of a management command."""
    return [str(PYTHON), str(ROOT / "manage.py"), *arguments]


class Database:
    """The database that env["DATABASE_URL"] names, and what this data folder knows of it."""

    def __init__(self, data: DataFolder, env: Mapping[str, str], stop: processes.StopRequest, *, ours: bool) -> None:
        """`ours`: the embedded one, which nobody else migrates or drops."""
        self._data = data
        self._env = env
        self._stop = stop
        self._ours = ours
        self._key = "embedded" if ours else env["DATABASE_URL"].rpartition("@")[2]

    def is_new(self) -> bool:
        """Whether no migration was ever applied. Raises PlainError when the database cannot be reached."""
        command = [str(PYTHON), "-c", _ASK_DATABASE]
        asked = subprocess.run(
            command, env=self._env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if asked.returncode != 0:
            raise PlainError(f"The database cannot be reached: {asked.stderr.strip()}")
        return asked.stdout.strip() == "new"

    def migrate(self, *, existing_foreign: bool) -> None:
        """Applies the migrations to a new database, and to an existing one of ours that lacks some.

        An existing database that is not ours is migrated only when `existing_foreign` says so.
        """
        with processes.only_one(self._data.path / ".migrate.lock", self._stop):
            self._migrate(existing_foreign=existing_foreign)

    def _migrate(self, *, existing_foreign: bool) -> None:
        new = self.is_new()
        wanted = fingerprint(migration_files())
        up_to_date = self._ours and self._known().get("migrated") == wanted
        if not new and (up_to_date or not (self._ours or existing_foreign)):
            return
        say("Applying the migrations")
        command = django("migrate", "--no-input", "--verbosity", "0")
        if new:
            self._note(demo="wanted")
        processes.run_step(command, env=self._env, what="Applying the migrations", stop=self._stop)
        self._note(migrated=wanted)

    def forget_migrations(self) -> None:
        """For a person's own `migrate`, after which it is not known which migrations are applied."""
        self._note(migrated="")

    def make_demo_data(self, *, wanted: bool) -> bool:
        """Makes the demo data if the database was new and it is wanted; returns whether the data is in."""
        if self._known().get("demo") == "wanted":
            if wanted:
                say("Making the demo data")
                processes.run_step(
                    django("demo_data"),
                    env=self._env,
                    what="Making the demo data (demo_data)",
                    stop=self._stop,
                )
            self._note(demo="in" if wanted else "left out")
        return self._known().get("demo") == "in"

    def _known(self) -> dict[str, str]:
        databases = self._data.state().get("databases")
        known = databases.get(self._key) if isinstance(databases, dict) else None
        return known if isinstance(known, dict) else {}

    def _note(self, **changes: str) -> None:
        databases = self._data.state().get("databases")
        others = databases if isinstance(databases, dict) else {}
        self._data.write_state({"databases": {**others, self._key: {**self._known(), **changes}}})


def collect_static(data: DataFolder, env: Mapping[str, str], stop: processes.StopRequest) -> None:
    """Collects and packs the static files into <data>/static, unless they have not changed since."""
    wanted = fingerprint(static_sources())
    if data.state().get("static") == wanted and (data.static / "staticfiles.json").exists():
        return
    say("Collecting the static files")
    command = django("collectstatic", "--no-input", "--clear", "--verbosity", "0")
    processes.run_step(command, env=env, what="Collecting the static files", stop=stop)
    data.write_state({"static": wanted})


def migration_files() -> list[Path]:
    """Everything that says which migrations there are: our files; the lock file for those of packages."""
    ours = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("iys_portal/*/migrations/*.py")]
    return [ROOT / "uv.lock", *sorted(ours)]


def static_sources() -> list[Path]:
    """Everything the collected static files are made of."""
    files = sorted(file for folder in ("static", "*/static") for file in ROOT.glob(f"{folder}/**/*") if file.is_file())
    return [
        ROOT / "uv.lock",
        ROOT / "iys_portal" / "settings.py",
        ROOT / "iys_portal" / "static_files.py",
        *files,
    ]
