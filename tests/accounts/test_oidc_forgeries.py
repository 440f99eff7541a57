"""Every forged ID token and answer is refused: nobody logged in, no person made, a sentence to read."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from accounts.models import Person
from tests.accounts.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    b64,
    ec_key,
    es256,
    hs256,
    public_jwk,
    rs256,
    rsa_key,
    token,
)
from tests.accounts.visitor import (
    CANCELLED,
    INVALID_TCKN,
    NOT_VERIFIED,
    UNREACHABLE,
    Visitor,
    assert_refused,
    words,
)

pytestmark = pytest.mark.django_db


Tell = Callable[[Provider], None]


def claim(**changes: Any) -> Tell:
    """Change claims of an ID token that is otherwise signed as it should be."""

    def tell(provider: Provider) -> None:
        provider.claims = changes

    return tell


def shifted(**seconds: int) -> Tell:
    """Move times relative to those of an honest ID token issued now."""

    def tell(provider: Provider) -> None:
        now = provider.id_claims("")["iat"]
        provider.claims = {name: now + value for name, value in seconds.items()}

    return tell


def signed(forge: Callable[[Provider, dict[str, Any]], str]) -> Tell:
    """Replace the way the ID token is signed."""

    def tell(provider: Provider) -> None:
        provider.sign = lambda claims: forge(provider, claims)

    return tell


def published(*keys: dict[str, Any]) -> Tell:
    """Replace the key set."""

    def tell(provider: Provider) -> None:
        provider.keys = list(keys)

    return tell


def by_thief(claims: dict[str, Any], **header: Any) -> str:
    return rs256(claims, rsa_key("thief"), **header)


def with_public_key_as_secret(_edevlet: Provider, claims: dict[str, Any]) -> str:
    public = rsa_key("first").public_key()
    return hs256(claims, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def with_other_payload(_edevlet: Provider, claims: dict[str, Any]) -> str:
    head, _, signature = rs256(claims).split(".")
    return f"{head}.{rs256(claims | {'tckn': '10000000214'}).split('.')[1]}.{signature}"


def with_weak_key(edevlet: Provider, claims: dict[str, Any]) -> str:
    edevlet.keys = [public_jwk(rsa_key("weak", 1024), "weak")]
    return rs256(claims, rsa_key("weak", 1024), kid="weak")


def with_foreign_curve(edevlet: Provider, claims: dict[str, Any]) -> str:
    key = ec.generate_private_key(ec.SECP521R1())
    edevlet.keys = [public_jwk(key, "curve")]
    return es256(claims, key)


def with_other_hash(algorithm: str) -> Tell:
    sign = jwt.get_algorithm_by_name(algorithm).sign
    header = {"alg": algorithm, "kid": "first"}
    return signed(lambda _, claims: token(header, claims, lambda text: sign(text, rsa_key("first"))))


FORGERIES: dict[str, Tell] = {
    "alg none": signed(lambda _, claims: token({"alg": "none", "kid": "first"}, claims)),
    "alg nOnE": signed(lambda _, claims: token({"alg": "nOnE", "kid": "first"}, claims)),
    "alg none, signed": signed(lambda _, claims: rs256(claims, alg="none")),
    "alg missing": signed(lambda _, claims: token({"kid": "first"}, claims)),
    "alg a list": signed(lambda _, claims: rs256(claims, alg=["RS256"])),
    "HS256 with the public key": signed(with_public_key_as_secret),
    "HS256 with the client secret": signed(lambda _, claims: hs256(claims, CLIENT_SECRET.encode())),
    "RS512": with_other_hash("RS512"),
    "PS256": with_other_hash("PS256"),
    "another key under the name": signed(lambda _, claims: by_thief(claims)),
    "key brought along": signed(lambda _, claims: by_thief(claims, jwk=public_jwk(rsa_key("thief"), "first"))),
    "key set brought along": signed(lambda edevlet, claims: by_thief(claims, jku=f"{edevlet.issuer}/jwks")),
    "unknown kid": signed(lambda _, claims: rs256(claims, kid="second")),
    "kid a number": signed(lambda _, claims: rs256(claims, kid=1)),
    "kid of a key of another kind": signed(lambda _, claims: es256(claims, ec_key("curve"), kid="first")),
    "unknown critical header": signed(lambda _, claims: rs256(claims, crit=["x"], x=1)),
    "payload not encoded": signed(lambda _, claims: rs256(claims, crit=["b64"], b64=False)),
    "weak key": signed(with_weak_key),
    "curve that ES256 does not mean": signed(with_foreign_curve),
    "key for encryption": published(public_jwk(rsa_key("first"), "first", use="enc")),
    "key for another algorithm": published(public_jwk(rsa_key("first"), "first", alg="RS512")),
    "two keys of one name": published(public_jwk(rsa_key("first"), "first"), public_jwk(rsa_key("thief"), "first")),
    "broken key": published({"kty": "RSA", "kid": "first", "n": "!", "e": 3}),
    "symmetric key": published({"kty": "oct", "kid": "first", "k": "AAAA"}),
    "keys that are no keys": published("first", None, 7),  # type: ignore[arg-type]
    "no key": published(),
    "signature cut off": signed(lambda _, claims: rs256(claims).rsplit(".", 1)[0] + "."),
    "other payload": signed(with_other_payload),
    "payload a list": signed(lambda *_: rs256([1])),
    "no token at all": signed(lambda *_: "garbage"),
    "empty token": signed(lambda *_: ""),
    "five parts": signed(lambda *_: "e30.e30.e30.e30.e30"),
    "half a letter": signed(lambda *_: "\ud800.e30.e30"),
    "letters beyond ASCII": signed(lambda *_: "ığüş.ığüş.ığüş"),
    "header a hundred thousand lists deep": signed(lambda *_: f"{b64(b'[' * 100_000)}.e30.e30"),
    "iss of another": claim(iss="https://kotu.example"),
    "iss missing": claim(iss=None),
    "iss a list": claim(iss=["https://kotu.example"]),
    "aud of another": claim(aud="other"),
    "aud missing": claim(aud=None),
    "aud shared": claim(aud=[CLIENT_ID, "other"]),
    "aud an object": claim(aud={CLIENT_ID: 1}),
    "azp of another": claim(azp="other"),
    "exp past": shifted(exp=-61),
    "exp missing": claim(exp=None),
    "exp a text": claim(exp="99999999999"),
    "exp infinite": claim(exp=float("inf")),
    "exp no number": claim(exp=float("nan")),
    "nbf to come": shifted(nbf=65),
    "nbf a text": claim(nbf="0"),
    "iat to come": shifted(iat=65),
    "iat old": shifted(iat=-65),
    "iat missing": claim(iat=None),
    "iat a text": claim(iat="yesterday"),
    "iat true": claim(iat=True),
    "iat before all time": claim(iat=-(10**400)),
    "nonce of another": claim(nonce="x" * 43),
    "nonce missing": claim(nonce=None),
    "nonce empty": claim(nonce=""),
    "nonce a list": claim(nonce=["x"]),
    "nonce half a letter": claim(nonce="\ud800"),
    "sub missing": claim(sub=None),
    "sub empty": claim(sub=""),
    "sub a number": claim(sub=1),
    "tckn missing": claim(tckn=None),
    "given name missing": claim(given_name=None),
    "given name blank": claim(given_name="  "),
    "family name with a zero byte": claim(family_name="Işık\x00gil"),
    "family name half a letter": claim(family_name="\ud800"),
    "family name too long": claim(family_name="Ş" * 101),
    "family name a list": claim(family_name=["Işıkgil"]),
}


IMPOSSIBLE_NUMBERS = [
    "10000000145",
    "1000000014",
    "100 000 001 46",
    " 10000000146",
    "10000000146\n",
    10000000146,
    "١٠٠٠٠٠٠٠١٤٦",
    ["10000000146"],
    "",
]


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_id_token_is_refused(visitor: Visitor, name: str) -> None:
    FORGERIES[name](visitor.edevlet)
    assert_refused(visitor, visitor.log_in(), NOT_VERIFIED)


@pytest.mark.parametrize("number", IMPOSSIBLE_NUMBERS, ids=repr)
def test_impossible_number_is_refused(visitor: Visitor, number: Any) -> None:
    visitor.edevlet.claims = {"tckn": number}
    assert_refused(visitor, visitor.log_in(), INVALID_TCKN)


def test_id_token_of_another_login_is_refused(visitor: Visitor) -> None:
    nonce = Visitor(Client(), visitor.edevlet).start()["nonce"]
    visitor.edevlet.claims = {"nonce": nonce}
    assert_refused(visitor, visitor.log_in(), NOT_VERIFIED)


ANSWERS: dict[str, tuple[dict[str, str | None], str]] = {
    "state missing": ({"state": None}, NOT_VERIFIED),
    "state empty": ({"state": ""}, NOT_VERIFIED),
    "state unknown": ({"state": "x" * 43}, NOT_VERIFIED),
    "code missing": ({"code": None}, NOT_VERIFIED),
    "code unknown": ({"code": "unknown"}, NOT_VERIFIED),
    "code empty": ({"code": ""}, NOT_VERIFIED),
    "code with a zero byte": ({"code": "\x00"}, NOT_VERIFIED),
    "cancelled": ({"code": None, "error": "access_denied"}, CANCELLED),
    "error beside a code": ({"error": "access_denied"}, CANCELLED),
    "error of the provider": ({"code": None, "error": "server_error"}, UNREACHABLE),
    "provider busy": ({"code": None, "error": "temporarily_unavailable"}, UNREACHABLE),
    "error unheard of": ({"code": None, "error": "<b>kötü</b>"}, NOT_VERIFIED),
    "error with a forged state": ({"code": None, "error": "access_denied", "state": "x"}, NOT_VERIFIED),
    "answer of another issuer": ({"iss": "https://kotu.example"}, NOT_VERIFIED),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_forged_answer_is_refused(visitor: Visitor, name: str) -> None:
    changes, message = ANSWERS[name]
    answer = visitor.edevlet.accept(visitor.start()) | changes
    response = visitor.come_back({key: value for key, value in answer.items() if value is not None})
    assert_refused(visitor, response, message)


def test_promised_issuer_must_be_named(visitor: Visitor) -> None:
    visitor.edevlet.discovery = {"authorization_response_iss_parameter_supported": True}
    assert_refused(visitor, visitor.log_in(), NOT_VERIFIED)


def test_answer_without_a_web_session_is_refused(visitor: Visitor) -> None:
    answer = visitor.edevlet.accept(visitor.start())
    stranger = Visitor(Client(), visitor.edevlet)
    assert_refused(stranger, stranger.come_back(answer), NOT_VERIFIED)


def test_answer_to_another_web_session_is_refused(visitor: Visitor) -> None:
    stranger = Visitor(Client(), visitor.edevlet)
    stranger.start()
    answer = visitor.edevlet.accept(visitor.start())
    assert_refused(stranger, stranger.come_back(answer), NOT_VERIFIED)


def test_code_of_another_login_is_refused(visitor: Visitor) -> None:
    mine, other = visitor.start(), Visitor(Client(), visitor.edevlet).start()
    answer = visitor.edevlet.accept(other) | {"state": mine["state"]}
    assert_refused(visitor, visitor.come_back(answer), NOT_VERIFIED)


def test_state_is_good_for_one_answer(visitor: Visitor) -> None:
    query = visitor.start()
    visitor.come_back({"state": query["state"], "error": "access_denied"})
    response = visitor.come_back(visitor.edevlet.accept(query))
    assert words(response) == [CANCELLED, NOT_VERIFIED]
    assert visitor.person_id is None


def test_state_is_good_for_ten_minutes(visitor: Visitor) -> None:
    with time_machine.travel("2026-11-23 09:00:00+00:00", tick=False) as clock:
        answer = visitor.edevlet.accept(visitor.start())
        clock.shift(601)
        assert_refused(visitor, visitor.come_back(answer), NOT_VERIFIED)


def test_replay_after_login_changes_nothing(visitor: Visitor) -> None:
    answer = visitor.edevlet.accept(visitor.start())
    visitor.come_back(answer)
    key = visitor.browser.session.session_key
    response = visitor.come_back(answer)
    assert (response.status_code, response["Location"]) == (302, "/markalar/")
    assert words(response) == []
    assert visitor.browser.session.session_key == key
    assert visitor.edevlet.asked["token"] == 1


def test_answer_by_post_is_not_taken(visitor: Visitor) -> None:
    answer = visitor.edevlet.accept(visitor.start())
    assert visitor.browser.post(f"/giris/donus/?{urlencode(answer)}", answer).status_code == 405
    assert visitor.person_id is None


def test_closed_person_does_not_get_in(visitor: Visitor) -> None:
    visitor.log_in()
    Person.objects.update(is_active=False)
    stranger = Visitor(Client(), visitor.edevlet)
    response = stranger.log_in()
    assert words(response) == ["Hesabınız kapatılmıştır. Bilgi için bilgi@iys.org.tr adresine yazınız."]
    assert stranger.person_id is None
