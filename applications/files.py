"""Take an uploaded document: its type by its content, then opened by a process apart, bounded and without keys."""

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import BoundedSemaphore

from applications.examiner import MAX_PAGES, MAX_PIXELS, MIN_SIDE
from applications.models import MAX_BYTES
from iys_portal.shared import apart

WAIT_SECONDS = 20.0
AT_ONCE = 1  # of each web process: who waits holds one of its threads
_QUEUE_SECONDS = 1.0
_ROOT = Path(__file__).resolve().parent.parent
_COMMAND = apart.command("applications.examiner")
_places = BoundedSemaphore(AT_ONCE)
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")

NOTHING = "Bir dosya seçin."
EMPTY = "Seçtiğiniz dosya boş. Belgeyi yeniden tarayın ya da indirin."
TOO_BIG = f"Dosya çok büyük: en çok {MAX_BYTES // 1024**2} MB olabilir. Daha düşük çözünürlükte tarayıp yeniden seçin."
WRONG_TYPE = (
    "Dosyanın içeriği PDF, PNG ya da JPEG değil; adının uzantısı bunu değiştirmez. Belgeyi PDF olarak kaydedip"
    " yeniden seçin."
)
ARCHIVE = "Bu bir arşiv ya da Office dosyası. Belgeyi PDF olarak kaydedip yeniden seçin."
PROGRAM = "Bu dosya bir belge değil, program. PDF, PNG ya da JPEG bir belge seçin."
BUSY = "Şu anda çok sayıda belge inceleniyor. Lütfen biraz sonra yeniden deneyin."
_FOUND = {
    "encrypted": "PDF parola ya da kısıtlamayla korunuyor. Korumayı kaldırıp yeniden seçin.",
    "active": "PDF, çalışan komutlar ya da ekli dosyalar içeriyor. Belgeyi yazdırıp tarayın, onu yükleyin.",
    "long": f"PDF çok uzun: en çok {MAX_PAGES} sayfa olabilir. Yalnızca istenen belgeyi yükleyin.",
    "large": f"Resim çok büyük: en çok {MAX_PIXELS // 10**6} megapiksel olabilir. Daha düşük çözünürlükte tarayın.",
    "small": f"Resim çok küçük; okunamaz. Kısa kenarı en az {MIN_SIDE} piksel olmalı.",
    "unreadable": "Dosya açılamadı: bozuk ya da eksik. Belgeyi yeniden tarayıp ya da indirip seçin.",
}
_MAGIC = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
_FOREIGN = {
    b"PK": ARCHIVE,
    b"Rar!": ARCHIVE,
    b"7z\xbc\xaf": ARCHIVE,
    b"\x1f\x8b": ARCHIVE,
    b"\xd0\xcf\x11\xe0": ARCHIVE,
}
_FOREIGN |= {b"MZ": PROGRAM, b"\x7fELF": PROGRAM, b"#!": PROGRAM}
_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}


class FileRefused(Exception):
    """The file is not taken; `str()` says why and what to do, in Turkish."""


@dataclass(frozen=True)
class ReceivedFile:
    """A document that was opened and found sound."""

    filename: str
    mimetype: str
    pages: int
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def receive(filename: str, content: bytes) -> ReceivedFile:
    """Return the document, or raise FileRefused. What the browser says of its type does not count."""
    if not content:
        raise FileRefused(EMPTY)
    if len(content) > MAX_BYTES:
        raise FileRefused(TOO_BIG)
    kind = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)
    if kind is None:
        raise FileRefused(next((why for magic, why in _FOREIGN.items() if content.startswith(magic)), WRONG_TYPE))
    pages = _open_apart(kind, content)
    return ReceivedFile(_tidy(filename), _TYPES[kind], pages, content)


def _tidy(filename: str) -> str:
    """Return the file's own name without folders and control characters; it is only ever shown."""
    name = _UNFIT.sub("", PurePosixPath(filename.replace("\\", "/")).name).strip()
    return name[-200:] or "belge"


def _open_apart(kind: str, content: bytes) -> int:
    if not _places.acquire(timeout=_QUEUE_SECONDS):
        raise FileRefused(BUSY)
    try:
        found = _run(kind, content)
    finally:
        _places.release()
    finding, pages = found
    if finding != "ok":
        raise FileRefused(_FOUND[finding])
    return pages


def _run(kind: str, content: bytes) -> tuple[str, int]:
    unreadable = ("unreadable", 0)
    try:
        done = subprocess.run(  # noqa: S603 - our own module, by its fixed name
            _COMMAND,
            input=kind.encode() + b"\n" + content,
            capture_output=True,
            timeout=WAIT_SECONDS,
            check=False,
            cwd=_ROOT,
            env=apart.ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        return unreadable
    if done.returncode != 0:
        return unreadable
    answer = json.loads(done.stdout)
    return str(answer["finding"]), int(answer["pages"])
