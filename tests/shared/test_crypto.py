"""Personal data at rest."""

import pytest
from cryptography.exceptions import InvalidTag

from iys_portal.shared.crypto import decrypt, encrypt, lookup_hash, mask_tckn


def test_round_trip_and_no_two_ciphertexts_alike() -> None:
    first, second = encrypt(b"10000000146"), encrypt(b"10000000146")
    assert decrypt(first) == decrypt(second) == b"10000000146"
    assert first != second
    assert b"10000000146" not in first


@pytest.mark.parametrize("place", [1, 13, -1])
def test_a_changed_ciphertext_is_refused(place: int) -> None:
    cipher = bytearray(encrypt(b"10000000146"))
    cipher[place] ^= 1
    with pytest.raises(InvalidTag):
        decrypt(bytes(cipher))


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        decrypt(b"\x02" + encrypt(b"x")[1:])


def test_the_lookup_hash_is_keyed_and_repeatable(settings: object) -> None:
    before = lookup_hash("10000000146")
    assert before == lookup_hash("10000000146")
    settings.HASH_KEY = b"another key of thirty-two bytes!"  # type: ignore[attr-defined]
    assert lookup_hash("10000000146") != before


def test_masked() -> None:
    assert mask_tckn("12345678989") == "123******89"
