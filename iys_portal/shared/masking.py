"""Addresses of recipients where they may not be read whole."""


def masked(recipient: str) -> str:
    """Return an address as a log may show it: `+9059*****01`, `al***@ornek.com`; whatever was sent is masked."""
    name, at, host = recipient.partition("@")
    if at:
        return f"{name[:2]}***@{host}"[:40]
    return f"{recipient[:5]}*****{recipient[-2:]}" if len(recipient) > 9 else "*****"
