"""What may be registered, in İYS's words, and when a failed delivery is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from consents.enums import Channel
from push.addresses import AddressRefused, parse

MOST_A_CHANNEL = 2
MOST_AT_ONCE = MOST_A_CHANNEL * len(Channel)
ANSWER_WITHIN = 5.0
"""Seconds that an address has to answer, when it is registered and later."""
REGISTERED_WITHIN = 2 * ANSWER_WITHIN
"""Seconds that a registration takes at most, however many addresses it has: each is asked twice, all side by side."""
PAUSES = (
    *(timedelta(seconds=seconds) for seconds in (10, 30)),
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4)),
)
"""How long to wait after the first failure, the second, …; after the last of them always as long as it says."""
STOP_AFTER = timedelta(days=3)
"""An address that failed so long is not tried any more until somebody says so."""
OVERDUE = timedelta(minutes=5)
"""How long after its time a sending is given up as lost, and planned anew."""
REST = timedelta(hours=1)
"""How long a connection waits whose provider's package lets nobody use the API; nothing is counted as a failure."""
KEPT = timedelta(days=30)
"""How long deliveries and attempts are shown."""

_MAX_TEXT = 255


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row."""
    return PAUSES[min(failures, len(PAUSES)) - 1]


@dataclass(frozen=True, slots=True)
class Rule:
    """İYS's code and sentence, and what a person reads on our page."""

    code: str
    message: str
    hint: str


HTTPS_ONLY = Rule(
    "H531",
    "Bağlantı linki (url) https ile başlamalıdır.",
    "Adresi https:// ile başlayacak ve kullanıcı adı ile # içermeyecek biçimde yazın.",
)
TYPE_MISSING = Rule("H111", "İzin tipi (type) bulunamadı.", "Kanalı seçin.")
TYPE_UNKNOWN = Rule("H117", "İzin tipi (type) için uygun değerler: ARAMA, MESAJ, EPOSTA", "Kanalı seçin.")
USER_MISSING = Rule("H093", "Kullanıcı adı (username) bulunamadı.", "Adresinizin beklediği kullanıcı adını yazın.")
PASSWORD_MISSING = Rule("H093", "Şifre (password) bulunamadı.", "Adresinizin beklediği parolayı yazın.")
TIMED_OUT = Rule(
    "H191", "Bağlantı zaman aşımına uğradı.", "Adres 5 saniye içinde yanıt vermedi; sunucunuzu denetleyin."
)
NOT_REGISTERED = Rule("H530", "Bağlantı oluşturulamadı.", "")
NOT_REMOVED = Rule("H530", "Bağlantı kaldırılamadı.", "Adres, kanal, kullanıcı adı ve parola kayıtla aynı olmalıdır.")

OPEN_TO_ALL = "Adres, kullanıcı adı ve parola olmadan da yanıt verdi; temel kimlik doğrulaması (Basic) istemelidir."
NOT_ACCEPTED = "Adres, kullanıcı adı ve parolayla gönderilen test verisini kabul etmedi."
UNREACHABLE = "Adrese bağlanılamadı. Adı, kapıyı ve güvenlik duvarınızı denetleyin."
BAD_CERTIFICATE = "Adresin sertifikası geçersiz; güvenilir bir kuruluştan alınmış bir sertifika kullanın."
PRIVATE = "Adres, internete açık olmayan bir ağı gösteriyor; yalnızca genel adresler kaydedilebilir."
TAKEN = "Bu adres bu kanal için başka bir kuruluş tarafından kaydedilmiş."
ALREADY_TWO = "Her kanal için en çok iki bağlantı kaydedilebilir; önce birini kaldırın."


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one of the connections that were sent, by its place in the list."""

    rule: Rule
    index: int
    field: str = ""
    value: object = None
    why: str = ""

    @property
    def sentence(self) -> str:
        """What a person reads on our page."""
        return f"{self.rule.message} {self.why or self.rule.hint}".strip()


class PushRefused(Exception):
    """A connection that is not made or not removed; `faults` say why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.rule.code} {fault.field}".strip() for fault in faults))
        self.faults = faults


class RegistrationBusy(Exception):
    """Another registration of the provider is being tried at this moment."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A connection that keeps the rules of the fields."""

    url: str
    channel: Channel
    username: str
    password: str


def examine(given: object, index: int = 0) -> tuple[Wanted | None, list[Fault]]:
    """Return the connection that a record of the API means, or None and all that is wrong with it."""
    entry: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    faults = []
    url, name = entry.get("url"), entry.get("type")
    username, password = entry.get("username"), entry.get("password")
    if not _is_address(url):
        faults.append(Fault(HTTPS_ONLY, index, "url", url))
    if name is None or name == "":
        faults.append(Fault(TYPE_MISSING, index, "type"))
    elif not isinstance(name, str) or name not in Channel.__members__:
        faults.append(Fault(TYPE_UNKNOWN, index, "type", name))
    if not _is_credential(username) or ":" in str(username):
        faults.append(Fault(USER_MISSING, index, "username"))
    if not _is_credential(password):
        faults.append(Fault(PASSWORD_MISSING, index, "password"))
    if faults:
        return None, faults
    return Wanted(str(url), Channel[str(name)], str(username), str(password)), []


def _is_address(url: object) -> bool:
    if not isinstance(url, str):
        return False
    try:
        parse(url)
    except AddressRefused:
        return False
    return True


def _is_credential(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= _MAX_TEXT and text.isprintable()
