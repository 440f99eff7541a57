"""Which machines a registered address may name: only those of the public internet.

Whoever registers an address makes our server speak to it. The name is resolved once, every one of its addresses is
judged, and the connection goes to an address that was judged: a name that answers otherwise a moment later changes
nothing. Redirects are not followed.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_URL = 500
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")


class AddressRefused(Exception):
    """The address names a machine that may not be spoken to, or none."""


@dataclass(frozen=True)
class Target:
    """A parsed address: where to connect, and what to ask for."""

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Return the parts of an https address; raise AddressRefused for anything else, credentials and odd ports in it."""
    if len(url) > MAX_URL or not url.isascii() or any(glyph <= " " or glyph == "\x7f" for glyph in url):
        raise AddressRefused
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise AddressRefused from None
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.fragment or "\\" in url:
        raise AddressRefused
    path = parts.path or "/"
    return Target(parts.hostname, port, f"{path}?{parts.query}" if parts.query else path)


def resolve(target: Target, *, allow_private: bool) -> list[str]:
    """Return the addresses of the target's machine; raise AddressRefused when one of them is not public.

    Raises OSError when the name has none. `allow_private` is for demonstrations, where the receiver is this machine.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private and not all(is_public(address) for address in addresses):
        raise AddressRefused
    return addresses


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet, also when it carries another one in it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and (ip in _NAT64 or ip in _IPV4_COMPATIBLE):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
