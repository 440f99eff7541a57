"""Belge Doğrulama as people meet it: by code, by file, signed in or not, and what it never tells."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Person, Provider
from contracts import sandbox
from contracts.development_pki import make_development_pki
from contracts.issuing import issue_document
from contracts.keys import load_seal
from contracts.models import SignedDocument
from contracts.signing import seal
from iys_portal.shared import codes
from payments.models import Order
from tests import factories
from tests.contracts import sealed
from tests.payments.conftest import accepted, draft  # noqa: F401  (fixtures)

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

PAGE = "/dogrula/"
UNKNOWN = "3467-9ACD-EFHJ-KMNP"


@pytest.fixture
def visitor() -> Client:
    """A browser of nobody, at an address of its own."""
    return Client(REMOTE_ADDR=f"198.51.{secrets.randbelow(256)}.{secrets.randbelow(256)}")


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    make_development_pki(tmp_path / "pki", now=datetime.now(UTC))
    return tmp_path / "pki"


@pytest.fixture
def queued(accepted: Callable[..., Order], folder: Path) -> SignedDocument:
    """Alice's contract for a free package, approved and not yet made."""
    factories.brief_texts()
    accepted("ileti-75")
    return SignedDocument.objects.get()


@pytest.fixture
def issued(queued: SignedDocument, now: datetime) -> SignedDocument:
    """Alice's contract, sealed and time-stamped."""
    issue_document(document_id=queued.pk, now=now)
    queued.refresh_from_db()
    return queued


@pytest.fixture
def archived(issued: SignedDocument, folder: Path, now: datetime) -> SignedDocument:
    """The same in the long-term archive."""
    content = sealed.archive(bytes(issued.content or b""), folder=folder, timestamper=load_seal(folder).timestamper)
    sha256 = sealed.sha256(content)
    SignedDocument.objects.filter(pk=issued.pk).update(content=content, sha256=sha256, archived_at=now)
    issued.refresh_from_db()
    return issued


def upload(browser: Client, *contents: bytes, name: str = "sozlesme.pdf", **more: Any) -> Any:
    files = [SimpleUploadedFile(name, content, "application/pdf") for content in contents]
    return browser.post(PAGE, {"belge": files if len(files) != 1 else files[0]}, **more)


def heading(answer: Any) -> str:
    return answer.context["verdict"].saying.heading  # type: ignore[no-any-return]


# --- By code -------------------------------------------------------------------------------------------------------
def spellings(code: str) -> list[str]:
    shown = codes.grouped(code)
    return [
        f"/dogrula/{shown}/",
        f"/dogrula/{code.lower()}/",
        f"/dogrula/?kod={shown}",
        f"/dogrula/?kod=+{code[:7]}+{code[7:].lower()}%20",
        f"/dogrula/?kod=https://portal.example/dogrula/{shown}/",
    ]


def test_a_code_tells_what_the_document_is(archived: SignedDocument, visitor: Client, provider: Provider) -> None:
    for address in spellings(archived.verification_code):
        answer = visitor.get(address)
        assert (answer.status_code, heading(answer)) == (200, "Belge kayıtlarımızda var ve mührü geçerli")
        assert answer.headers["Cache-Control"] == "no-store"
    page = answer.content.decode()
    for told in (
        archived.number,
        "İLETİ Hizmetleri Satış Sözleşmesi",
        "23.11.2026",
        provider.title,
        "İLETİ-75 (Seviye 1)",
        "Mühürlü, zaman damgalı ve uzun süreli arşivde",
        "İYS Portal TEST Mühür",
        "Arşiv damgası",
        archived.sha256,
        "deneme amaçlıdır, hukuki sonuç doğurmaz",
    ):
        assert page.count(told) == 1, told


def test_a_code_tells_no_person_number_or_price(archived: SignedDocument, visitor: Client, alice: Person) -> None:
    page = visitor.get(spellings(archived.verification_code)[0]).content.decode()
    terms = archived.approval.terms
    secret = [
        alice.given_name,
        alice.family_name,
        terms["authorised_tckn"],
        "₺",
        terms["provider"]["tax_number"],
    ]
    secret += ["192.0.2.7", "Deneme tarayıcısı", terms["order_code"], str(terms["iys_no"])]
    assert [word for word in secret if word in page] == []


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "Mühürlü ve zaman damgalı"),
        ({"state": "sealed"}, "Mühürlendi; zaman damgası bekleniyor"),
    ],
)
def test_the_state_is_told_in_words(
    change: dict[str, str], state: str, issued: SignedDocument, visitor: Client
) -> None:
    SignedDocument.objects.filter(pk=issued.pk).update(**change)
    assert visitor.get(spellings(issued.verification_code)[0]).context["verdict"].entry.state == state


def test_a_document_in_preparation(queued: SignedDocument, visitor: Client) -> None:
    answer = visitor.get(spellings(queued.verification_code)[0])
    assert (answer.status_code, heading(answer)) == (200, "Belge hazırlanıyor")
    assert (answer.context["verdict"].seal, answer.context["verdict"].sha256) == (None, "")


def test_an_unknown_code_gets_a_page_of_the_same_shape(db: None, visitor: Client) -> None:
    for address in (f"/dogrula/{UNKNOWN}/", f"/dogrula/?kod={UNKNOWN}"):
        answer = visitor.get(address)
        assert (answer.status_code, heading(answer)) == (404, "Bu kodla kayıtlı bir belge bulunamadı")
        assert answer.content.decode().count('data-testid="verdict"') == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("3467-9ACD", "Kod 16 harf ve rakamdan oluşur; 8 tane yazdınız."),
        ("3467-9ACD-EFHJ-KMN0", "Kodlarda “0” bulunmaz; benzeyen bir harf ya da rakamla karışmış olabilir."),
        ("il67-9ACD-EFHJ-KMNP", "Kodlarda “I”, “L” bulunmaz; benzeyen bir harf ya da rakamla karışmış olabilir."),
        ("<script>", "Kodlarda “S”, “I” bulunmaz; benzeyen bir harf ya da rakamla karışmış olabilir."),
    ],
)
def test_a_code_that_cannot_be_one_is_explained(text: str, error: str, db: None, visitor: Client) -> None:
    answers = [visitor.get(PAGE, {"kod": text}), visitor.get(f"/dogrula/{text.replace('<', '').replace('>', '')}/")]
    for answer in answers:
        (message,) = answer.context["code_form"].errors["kod"]
        assert (answer.status_code, message.partition(" Kodlarda geçenler")[0]) == (404, error)
        assert answer.content.decode().count('data-testid="error-summary"') == 1
        assert "<script>" not in answer.content.decode()


def test_an_empty_code_is_asked_for_again(db: None, visitor: Client) -> None:
    answer = visitor.get(PAGE, {"kod": " "})
    assert (answer.status_code, answer.context["code_form"].errors["kod"]) == (200, ["Doğrulama kodunu yazın."])


def test_bytes_that_changed_in_the_register_are_not_vouched_for(issued: SignedDocument, visitor: Client) -> None:
    content = bytearray(issued.content or b"")
    content[2000] ^= 1
    SignedDocument.objects.filter(pk=issued.pk).update(content=bytes(content))
    answer = visitor.get(spellings(issued.verification_code)[0])
    assert heading(answer) == "Kayıtlarımızdaki belgenin mührü doğrulanamadı"
    # Changed together with its hash, the seal still tells.
    SignedDocument.objects.filter(pk=issued.pk).update(sha256=sealed.sha256(bytes(content)))
    assert heading(visitor.get(spellings(issued.verification_code)[0])) == heading(answer)


def test_codes_cannot_be_tried_at_speed(db: None, visitor: Client) -> None:
    statuses = [visitor.get(f"/dogrula/{codes.random_glyphs(16)}/").status_code for _ in range(61)]
    assert statuses == [404] * 60 + [429]
    refused = visitor.get(PAGE, {"kod": UNKNOWN})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "300")
    assert "Birkaç dakika bekleyip yeniden deneyin." in refused.content.decode()
    assert Client(REMOTE_ADDR="203.0.113.9").get(f"/dogrula/{UNKNOWN}/").status_code == 404
    assert visitor.get(PAGE).status_code == 200


def test_known_and_unknown_codes_cost_the_same_queries(
    issued: SignedDocument, visitor: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for address in (spellings(issued.verification_code)[0], f"/dogrula/{UNKNOWN}/"):
        with django_assert_num_queries(1):
            visitor.get(address)


# --- By file -------------------------------------------------------------------------------------------------------
def test_the_newest_and_an_earlier_file_are_genuine(
    issued: SignedDocument, folder: Path, visitor: Client, now: datetime
) -> None:
    earlier = bytes(issued.content or b"")
    assert heading(upload(visitor, earlier)) == "Belge gerçek ve değişmemiş"
    newest = sealed.archive(earlier, folder=folder, timestamper=load_seal(folder).timestamper)
    SignedDocument.objects.update(content=newest, sha256=sealed.sha256(newest), archived_at=now)
    said = {name: upload(visitor, pdf).context["verdict"] for name, pdf in (("old", earlier), ("new", newest))}
    assert {name: (verdict.saying.heading, verdict.entry.number) for name, verdict in said.items()} == dict.fromkeys(
        said, ("Belge gerçek ve değişmemiş", issued.number)
    )
    assert said["old"].saying.sentence.startswith("Dosya, kayıtlarımızdaki belgenin daha önce verilmiş hâli.")
    assert said["new"].saying.sentence.startswith("Dosya, kayıtlarımızdaki belgeyle birebir aynı")
    assert [said[name].sha256 for name in ("old", "new")] == [sealed.sha256(earlier), sealed.sha256(newest)]


def test_a_changed_file_shows_only_what_it_says_itself(issued: SignedDocument, visitor: Client) -> None:
    answer = upload(visitor, sealed.with_a_page(bytes(issued.content or b"")))
    verdict = answer.context["verdict"]
    assert (heading(answer), verdict.entry, verdict.seal) == ("Belge değiştirilmiş", None, None)
    assert verdict.given_number == issued.number
    assert issued.approval.terms["provider"]["title"] not in answer.content.decode()


def test_our_seal_on_a_file_that_is_not_the_registers(issued: SignedDocument, folder: Path, visitor: Client) -> None:
    company = load_seal(folder)
    restamped = sealed.stamp(bytes(issued.content or b""), timestamper=company.timestamper)
    assert heading(upload(visitor, restamped)) == "Mühür geçerli, ancak dosya kayıtlarımızdakiyle aynı değil"
    foreign = seal(sealed.plain_pdf(), seal=company)
    assert heading(upload(visitor, foreign)) == "Mühür geçerli, ancak belge kayıtlarımızda yok"


def test_a_strangers_seal_and_our_number_on_a_strangers(
    issued: SignedDocument, visitor: Client, tmp_path: Path
) -> None:
    make_development_pki(tmp_path / "stranger", now=datetime.now(UTC))
    stranger = load_seal(tmp_path / "stranger")
    assert heading(upload(visitor, seal(sealed.plain_pdf(), seal=stranger))) == "Belge bizim mührümüzü taşımıyor"
    content = bytes(issued.content or b"")
    unsealed = content[: content.rindex(b"%%EOF", 0, content.rindex(b"/ByteRange")) + 6]
    assert heading(upload(visitor, seal(unsealed, seal=stranger))) == "Belge değiştirilmiş"
    assert heading(upload(visitor, unsealed)) == "Belgede elektronik mühür yok"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"Merhaba", "sozlesme.pdf", "Dosya bir PDF değil"),
        (sealed.plain_pdf(), "sozlesme.docx", "Belgede elektronik mühür yok"),
        (sealed.plain_pdf()[:-9], "a.pdf", "Dosya eksik"),
        (sealed.encrypted(sealed.plain_pdf()), "a.pdf", "Dosya parola ile korunuyor"),
        (b"%PDF-1.7\n%%EOF", "<b>.pdf", "Dosya okunamadı ya da değiştirilmiş"),
    ],
)
def test_other_files_are_answered_in_words(content: bytes, name: str, said: str, db: None, visitor: Client) -> None:
    answer = upload(visitor, content, name=name)
    assert (answer.status_code, heading(answer)) == (200, said)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("contents", "error"),
    [
        ((), "Bir PDF dosyası seçin."),
        ((b"",), "Seçtiğiniz dosya boş. Belgeyi yeniden indirin."),
        ((b"%PDF-", b"%PDF-"), "Bir seferde bir dosya seçin."),
    ],
)
def test_a_form_without_one_file_is_explained(
    contents: tuple[bytes, ...], error: str, db: None, visitor: Client
) -> None:
    answer = upload(visitor, *contents)
    assert (answer.status_code, answer.context["file_form"].errors["belge"]) == (200, [error])


def test_files_cannot_be_sent_without_the_forms_token(db: None) -> None:
    browser = Client(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.44")
    assert upload(browser, sealed.plain_pdf()).status_code == 403
    token = browser.get(PAGE).content.decode().partition('name="csrfmiddlewaretoken" value="')[2][:64]
    files = {"belge": SimpleUploadedFile("a.pdf", sealed.plain_pdf()), "csrfmiddlewaretoken": token}
    assert heading(browser.post(PAGE, files)) == "Belgede elektronik mühür yok"


class Unread:
    """A body that nobody may read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("the body was read")

    readline = read


@pytest.mark.parametrize("length", ["104857600", "10502145", "-5", "viel", "9" * 30])
def test_a_large_upload_is_refused_before_it_is_read(length: str, db: None, visitor: Client) -> None:
    answer = visitor.generic("POST", PAGE, CONTENT_LENGTH=length, **{"wsgi.input": Unread()})
    assert answer.status_code == 413
    assert "(en çok 10,0 MB)" in answer.content.decode().replace("\xa0", " ")


def test_a_file_just_above_the_limit_is_refused_and_one_at_the_limit_is_not(
    db: None, visitor: Client, settings: Settings
) -> None:
    settings.VERIFICATION_MAX_BYTES = 5000
    assert upload(visitor, b"%PDF-" + b"x" * 4996).status_code == 413
    assert upload(visitor, b"%PDF-" + b"x" * 2500, b"x" * 2600).status_code == 413
    assert heading(upload(visitor, b"%PDF-" + b"x" * 4995)) == "Dosya eksik"


@pytest.mark.parametrize("share", [1, 2])
def test_a_body_cut_short_is_no_document(share: int, db: None, visitor: Client) -> None:
    """The closing boundary never comes, or the announced length ends inside the file."""
    body = b'--x\r\nContent-Disposition: form-data; name="belge"; filename="a.pdf"\r\n\r\n' + sealed.plain_pdf()
    answer = visitor.generic(
        "POST", PAGE, body, content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(len(body) // share)
    )
    assert (answer.status_code, answer.context["file_form"].errors["belge"]) == (200, ["Bir PDF dosyası seçin."])


def test_files_cannot_be_sent_at_speed(db: None, visitor: Client) -> None:
    assert [upload(visitor).status_code for _ in range(31)] == [200] * 30 + [429]


def test_a_file_that_finds_no_place_is_asked_to_come_again(db: None, visitor: Client) -> None:
    for _ in range(sandbox.AT_ONCE):
        assert sandbox._places.acquire(timeout=1)
    try:
        answer = upload(visitor, sealed.plain_pdf())
    finally:
        for _ in range(sandbox.AT_ONCE):
            sandbox._places.release()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_an_upload_leaves_nothing_on_disk_or_in_the_log(
    db: None, visitor: Client, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    with caplog.at_level("DEBUG"):
        upload(visitor, sealed.plain_pdf() + b"GIZLI" * 800_000, name="gizli-ad.pdf")
    assert list(tmp_path.iterdir()) == []
    assert [line for line in caplog.text.splitlines() if "GIZLI" in line or "gizli-ad" in line] == []


# --- Everybody -----------------------------------------------------------------------------------------------------
def test_the_page_is_the_same_for_everybody(
    alice: Person, accountant: Person, client_of: Callable[[Person], Client], visitor: Client
) -> None:
    for browser in (visitor, client_of(alice), client_of(accountant)):
        answer = browser.get(PAGE)
        assert (answer.status_code, answer.content.decode().count("<h1>Belge Doğrulama</h1>")) == (200, 1)


def test_every_page_leads_there(alice: Person, client_of: Callable[[Person], Client], visitor: Client) -> None:
    for browser, address in ((visitor, "/"), (client_of(alice), "/markalar/")):
        assert browser.get(address).content.decode().count('href="/dogrula/">Belge doğrulama</a>') == 1


def test_years_later_the_page_says_that_the_certificate_was_valid(
    archived: SignedDocument, visitor: Client, now: datetime
) -> None:
    from contracts.verdicts import verdict_on_code, verdict_on_file  # noqa: PLC0415  (after the settings are known)

    later = now + timedelta(days=8 * 365)
    for verdict in (
        verdict_on_code(archived.verification_code, now=later),
        verdict_on_file(bytes(archived.content or b""), now=later),
    ):
        assert (verdict.saying.tone, verdict.ended) == ("ok", True)
