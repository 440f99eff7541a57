"""Whom our server may be made to speak to: nobody inside."""

import pytest

from push.addresses import AddressRefused, is_public, parse, resolve
from push.enums import Result
from push.rules import pause_after
from push.transport import Letter, post


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.8", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
        *("::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "::7f00:1"),
        *("2002:7f00:1::", "2002:c0a8:101::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ],
)
def test_inner_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "193.140.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://ornek.com/", "ftp://ornek.com/", "https:///push", "https://", "ornek.com", ""),
        *("https://ad:parola@ornek.com/", "https://ornek.com/#a", "https://ornek.com:99999/", "https://örnek.com/"),
        *("https://ornek.com/a b", "https://ornek.com/\r\nX: 1", "https://ornek.com\\@inner/", "https://[::1"),
        f"https://ornek.com/{'a' * 500}",
    ],
)
def test_addresses_that_cannot_be_registered(url: str) -> None:
    with pytest.raises(AddressRefused):
        parse(url)


def test_the_parts_of_an_address() -> None:
    target = parse("https://Ornek.com:8443/push?kanal=1")
    assert (target.host, target.port, target.path, target.authority) == (
        "ornek.com",
        8443,
        "/push?kanal=1",
        "ornek.com:8443",
    )
    assert parse("https://ornek.com").path == "/"
    assert parse("https://[2606:4700::1111]/").authority == "[2606:4700::1111]"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_however_an_inner_machine_is_written_it_is_refused(host: str, settings: pytest.FixtureRequest) -> None:
    settings.DEMO_MODE = False  # type: ignore[attr-defined]
    with pytest.raises(AddressRefused):
        resolve(parse(f"https://{host}/"), allow_private=False)
    assert post(Letter(f"https://{host}:9/", b"{}"), seconds=1).result == Result.FORBIDDEN


def test_one_inner_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr("push.addresses.socket.getaddrinfo", lambda *_args, **_options: answers)
    with pytest.raises(AddressRefused):
        resolve(parse("https://ornek.com/"), allow_private=False)
    answers.pop()
    assert resolve(parse("https://ornek.com/"), allow_private=False) == ["8.8.8.8"]


def test_pauses_grow() -> None:
    pauses = [pause_after(failures) for failures in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pauses[-2]
