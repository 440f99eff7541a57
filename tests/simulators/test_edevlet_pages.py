"""The e-Devlet simulator as a person meets it: the login page, its wording, its refusals."""

import html
import re
from pathlib import Path

import httpx
import pytest

from tests.simulators.edevlet import (
    BANNER,
    DEFNE,
    OMER,
    PORTAL,
    SULE,
    WAIT,
    WRONG,
    Login,
    Simulator,
    errors,
    log_in,
    served,
    submit,
    visitor,
)


@pytest.mark.parametrize(("tckn", "name"), [(OMER, "Ömer Çağlayansoy"), (SULE, "Şule Güneşdoğdu")])
def test_the_other_people_can_log_in(browser: httpx.Client, tckn: str, name: str) -> None:
    assert submit(browser, tckn, "demo").headers["location"] == "/"
    assert f"<strong>{name}</strong>" in browser.get("/").text


def test_stray_spaces_in_the_number_are_ignored(browser: httpx.Client) -> None:
    assert submit(browser, " 100 000 001 46 ", "demo").status_code == 302


def test_login_page_has_the_words_of_the_screen(browser: httpx.Client) -> None:
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "\n", browser.get("/giris/").text)))
    wording = [
        "e-Devlet Kapısı Kimlik Doğrulama Sistemi",
        "Giriş Yapılacak Adres",
        PORTAL,
        "Giriş Yapılacak Uygulama",
        "İleti Yönetim Sistemi - Hizmet Sağlayıcı Uygulaması",
        "e-Devlet Şifresi Mobil İmza e-İmza T.C. Kimlik Kartı İnternet Bankacılığı",
        "kimliğiniz doğrulandıktan sonra işleminize kaldığınız yerden devam edebilirsiniz.",
        "e-Devlet Şifresi Nedir, Nasıl Alınır?",
        "* T.C. Kimlik No Sanal Klavye Yazarken Gizle",
        "* e-Devlet Şifresi Sanal Klavye Şifremi Unuttum",
        "Sisteme Giriş Yap",
        "© 2020, Ankara - Tüm Hakları Saklıdır Gizlilik ve Güvenlik Hızlı Çözüm Merkezi",
        BANNER,
    ]
    assert [words for words in wording if words not in text] == []


@pytest.mark.parametrize("topic", ["mobil-imza", "e-imza", "kimlik-karti", "internet-bankaciligi"])
def test_other_tabs_say_that_they_do_not_work(browser: httpx.Client, topic: str) -> None:
    page = browser.get(f"/giris/{topic}/", params={"next": "/identity/o/authorize?x=1"})
    assert "Bu benzetimde yalnızca “e-Devlet Şifresi” ile giriş yapılabilir." in page.text
    assert 'href="/giris/?next=%2Fidentity%2Fo%2Fauthorize%3Fx%3D1"' in page.text
    assert BANNER in page.text


def test_the_number_can_be_hidden_while_typing(browser: httpx.Client) -> None:
    assert 'type="text" name="tckn"' in browser.get("/giris/").text
    assert 'type="password" name="tckn"' in browser.get("/giris/?gizle=1").text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/giris/",
        "/giris/sanal-klavye/",
        "/giris/sifremi-unuttum/",
        "/giris/sifre-nedir/",
        "/giris/gizlilik/",
        "/giris/cozum-merkezi/",
        "/yok/",
        "/giris/yok/",
        "/identity/o/authorize",
    ],
)
def test_every_page_carries_banner_and_policy(browser: httpx.Client, path: str) -> None:
    page = browser.get(path)
    assert BANNER in page.text
    assert '<html lang="tr">' in page.text
    policy = page.headers["content-security-policy"].split("; ")
    assert sorted(policy) == [
        "base-uri 'none'",
        "default-src 'none'",
        f"form-action 'self' {PORTAL}",
        "frame-ancestors 'none'",
        "img-src 'self'",
        "style-src 'self'",
    ]
    assert re.findall(r"<script|<style|\sstyle=|\son\w+=", page.text) == []


@pytest.mark.parametrize(
    "tckn", ["1000000014", "100000001461", "10000000145", "00000000000", "1000000014x", "١٠٠٠٠٠٠٠١٤٦"]
)
def test_invalid_number_is_named(browser: httpx.Client, tckn: str) -> None:
    page = submit(browser, tckn, "demo")
    assert errors(page) == ["T.C. Kimlik Numarası geçersiz."]
    assert "<title>Hata: " in page.text
    assert f'value="{tckn}"' in page.text


def test_empty_form_names_both_fields(browser: httpx.Client) -> None:
    expected = ["T.C. Kimlik Numaranızı yazınız.", "e-Devlet şifrenizi yazınız."]
    assert errors(submit(browser, "", "")) == expected


def test_known_and_unknown_numbers_get_the_same_answer(browser: httpx.Client) -> None:
    assert errors(submit(browser, OMER, "Demo")) == [WRONG]
    assert errors(submit(browser, "12345678950", "Demo")) == [WRONG]


def test_five_wrong_tries_close_the_door(simulator: Simulator) -> None:
    number = "12345679018"
    seen = []
    for _ in range(5):
        with visitor(simulator) as browser:
            seen += errors(submit(browser, number, "wrong"))
    assert seen == [WRONG] * 4 + [WAIT]


def test_the_right_password_does_not_open_a_closed_door(tmp_path: Path) -> None:
    with served(tmp_path / "data") as running, visitor(running) as browser:
        for _ in range(5):
            submit(browser, SULE, "wrong")
        assert errors(submit(browser, SULE, "demo")) == [WAIT]


def test_success_forgets_the_wrong_tries(browser: httpx.Client) -> None:
    submit(browser, OMER, "demo")
    for _ in range(2):
        for _ in range(4):
            assert errors(submit(browser, OMER, "wrong")) == [WRONG]
        assert submit(browser, OMER, "demo").status_code == 302


def test_form_without_its_secret_is_refused_in_turkish(browser: httpx.Client) -> None:
    response = browser.post("/giris/", data={"tckn": DEFNE, "password": "demo"})
    assert response.status_code == 403
    assert "Form doğrulanamadı." in response.text


def test_foreign_host_is_refused(browser: httpx.Client) -> None:
    response = browser.get("/giris/", headers={"Host": "kotu.example"})
    assert response.status_code == 400
    assert "İstek anlaşılamadı." in response.text


def test_log_holds_neither_numbers_nor_queries(simulator: Simulator, browser: httpx.Client) -> None:
    login = Login.new()
    back = log_in(browser, login)
    log = simulator.log.read_text()
    assert "GET /identity/o/authorize 302" in log
    assert [text for text in (DEFNE, back["code"], login.state, "?") if text in log] == []
