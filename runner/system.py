"""Debian packages: looks for what is missing and installs exactly that by apt."""

import ctypes
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from runner import processes
from runner.console import PlainError, say
from runner.environment import has_pip


def missing_packages(*, for_tests: bool, embedded_database: bool, for_benches: bool = False) -> list[str]:
    """Names of the Debian packages this machine lacks, in a fixed order; empty when everything is there."""
    wanted = {
        "ca-certificates": _has_authorities(),
        "python3-venv": has_pip() or importlib.util.find_spec("ensurepip") is not None,
        "libpango-1.0-0": _loads("libpango-1.0.so.0"),
        "libpangoft2-1.0-0": _loads("libpangoft2-1.0.so.0"),
        "libharfbuzz-subset0": _loads("libharfbuzz-subset.so.0"),
        "fonts-dejavu-core": _has_font(),
    }
    if embedded_database:
        wanted["locales"] = shutil.which("localedef") is not None and Path("/usr/share/i18n/locales/tr_TR").exists()
    if for_tests:
        wanted["chromium"] = Path("/usr/bin/chromium").exists()
        wanted["libatomic1"] = _loads("libatomic.so.1")
        wanted["softhsm2"] = Path("/usr/lib/softhsm/libsofthsm2.so").exists()
    if for_tests or for_benches:
        wanted["poppler-utils"] = shutil.which("pdfsig") is not None and shutil.which("pdftotext") is not None
    return [name for name, present in wanted.items() if not present]


def install_missing(
    stop: processes.StopRequest, *, for_tests: bool, embedded_database: bool, for_benches: bool = False
) -> None:
    """Installs the missing Debian packages. Raises PlainError with the exact line to type when it may not."""
    missing = missing_packages(for_tests=for_tests, embedded_database=embedded_database, for_benches=for_benches)
    if not missing:
        return
    line = "apt-get install --yes --no-install-recommends " + " ".join(missing)
    if shutil.which("apt-get") is None:
        raise PlainError(f"This machine has no apt-get. Install what these Debian packages hold: {', '.join(missing)}.")
    prefix = _root_prefix()
    if prefix is None:
        raise PlainError(f"System packages are missing and installing them needs root. Type:\n  sudo {line}")
    say(f"Installing system packages: {', '.join(missing)}")
    # Passed through `env`, as sudo drops variables.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    environment = dict(os.environ)
    processes.run_step([*apt, "update"], env=environment, what="Reading the package lists (apt-get update)", stop=stop)
    processes.run_step([*apt, *line.split()[1:]], env=environment, what=f"`{line}`", stop=stop)


def _root_prefix() -> list[str] | None:
    """The words that make a command run as root: none for root itself, None when that is impossible."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_authorities() -> bool:
    named = os.environ.get("SSL_CERT_FILE", "")
    return any(Path(path).exists() for path in (named or "/nonexistent", "/etc/ssl/certs/ca-certificates.crt"))


def _has_font() -> bool:
    if Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf").exists():
        return True
    return any(Path("/usr/share/fonts").rglob("DejaVuSans.ttf"))
