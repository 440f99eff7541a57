"""One POST to a registered address: https only, to an address that was judged, with a deadline for all of it.

Of the answer nothing is read but its first line: there is no body that could be large, and no redirect to follow.
"""

import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings

from push.addresses import AddressRefused, Target, parse, resolve
from push.enums import Result

_LONGEST_LINE = 8192
_USER_AGENT = "IYS-Push/1"


@dataclass(frozen=True)
class Outcome:
    """What came of a POST; `status` where the address answered."""

    result: Result
    status: int | None
    took_ms: int


@dataclass(frozen=True)
class Letter:
    """What is posted where; without a user no credentials are sent."""

    url: str
    body: bytes
    username: str = ""
    password: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def post(letter: Letter, *, seconds: float) -> Outcome:
    """Post a letter; whatever goes wrong is an outcome, never an error. `seconds` is for connecting and answer."""
    begun = time.monotonic()
    status: int | None = None
    try:
        status = _exchange(letter, deadline=begun + seconds)
        result = Result.OK if 200 <= status < 300 else Result.STATUS
    except AddressRefused:
        result = Result.FORBIDDEN
    except TimeoutError:
        result = Result.TIMEOUT
    except ssl.SSLCertVerificationError:
        result = Result.CERTIFICATE
    except OSError:
        result = Result.UNREACHABLE
    except ValueError:
        result = Result.NONSENSE
    return Outcome(result, status, int((time.monotonic() - begun) * 1000))


def _exchange(letter: Letter, *, deadline: float) -> int:
    target = parse(letter.url)
    addresses = resolve(target, allow_private=settings.DEMO_MODE)
    with _connected(target, addresses, deadline) as plain:
        plain.settimeout(_left(deadline))
        with _trust().wrap_socket(plain, server_hostname=target.host) as secure:
            secure.settimeout(_left(deadline))
            secure.sendall(_request(target, letter))
            return _status(_first_line(secure, deadline))


def _connected(target: Target, addresses: list[str], deadline: float) -> socket.socket:
    """Return a connection to the first of the judged addresses that answers."""
    last: OSError = ConnectionError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, target.port), timeout=_left(deadline))
        except OSError as error:
            last = error
    raise last


def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.PUSH_CA_FILE:
        context.load_verify_locations(settings.PUSH_CA_FILE)
    return context


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(target: Target, letter: Letter) -> bytes:
    headers = {
        "Host": target.authority,
        "User-Agent": _USER_AGENT,
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(letter.body)),
        "Connection": "close",
        **letter.headers,
    }
    if letter.username:
        pair = b64encode(f"{letter.username}:{letter.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    lines = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + letter.body


def _first_line(secure: ssl.SSLSocket, deadline: float) -> bytes:
    read = b""
    while b"\n" not in read:
        secure.settimeout(_left(deadline))
        part = secure.recv(1024)
        if not part or len(read) > _LONGEST_LINE:
            raise ValueError("no status line")
        read += part
    return read.partition(b"\n")[0]


def _status(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/1.") or len(code) != 3 or not code.isdigit():
        raise ValueError("no status line")
    return int(code)
