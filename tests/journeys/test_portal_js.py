"""The comforts of portal.js in a real browser: copying, dialogs, one effect of a double click, rights."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings
from django.template import engines
from playwright.sync_api import Browser, Page, expect

SCRIPT = (settings.BASE_DIR / "static" / "js" / "portal.js").read_bytes()

SHELL = """<!doctype html><html lang="tr"><title>Deneme</title><script src="/portal.js" defer></script>
<body><h1>{title}</h1>{body}<div id="duyuru" role="status"></div></body></html>"""

HOME = """
{% include "components/copy.html" with text="TR82 0001" value="TR820001" what="IBAN" %}
<a href="/onay/" data-dialog>Tamamla</a> <a href="/baska/" data-dialog>Kapalı</a>
<form method="post" action="/gonder/"><input name="method" value="x"><button>Gönder</button></form>
<form data-testid="grant-form">
{% for name in rights %}<input type="checkbox" name="{{ name }}" aria-label="{{ name }}">{% endfor %}</form>
<details class="account"><summary>Hesap</summary>Çıkış</details>
<button type="button" data-print hidden>Yazdır</button>"""

CONFIRM = """<div data-confirm><form method="post" action="/gonder/"><button>Onayla</button>
<a href="/" data-dismiss>Vazgeç</a></form></div>"""

SUMMARY = '<div data-testid="error-summary" tabindex="-1">Düzeltin</div>'


@dataclass
class Site:
    """A few pages on a loopback port, and what was posted to them."""

    address: str = ""
    posts: list[str] = field(default_factory=list)


def pages() -> dict[str, bytes]:
    """Return the bodies of the little site's pages by path."""
    rights = ["mesaj_read", "mesaj_write", "arama_read"]
    home = engines["django"].from_string(HOME).render({"rights": rights})
    bodies = {
        "/": ("Ana", home),
        "/onay/": ("Onaylıyor musunuz?", CONFIRM),
        "/baska/": ("Süreniz doldu", ""),
        "/hata/": ("Hata", SUMMARY),
    }
    found = {path: SHELL.format(title=title, body=body).encode() for path, (title, body) in bodies.items()}
    return found | {"/portal.js": SCRIPT}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    answers, state = pages(), Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind = "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8"
            self.answer(answers.get(self.path), kind)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            state.posts.append(self.path)
            self.answer(SHELL.format(title="Alındı", body="").encode(), "text/html; charset=utf-8")

        def answer(self, body: bytes | None, kind: str) -> None:
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(site: Site, chromium: Browser) -> Iterator[Page]:
    """The little site's first page in a fresh profile."""
    site.posts.clear()
    context = chromium.new_context(locale="tr-TR")
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.address)
    page = context.new_page()
    page.goto(site.address)
    yield page
    context.close()


def test_copying_takes_the_value_and_says_so(page: Page) -> None:
    page.get_by_role("button", name="Kopyala: IBAN").click()
    expect(page.locator("#duyuru")).to_have_text("IBAN kopyalandı.")
    assert page.evaluate("navigator.clipboard.readText()") == "TR820001"


def test_what_needs_a_script_is_shown_by_it(page: Page) -> None:
    expect(page.get_by_role("button", name="Yazdır")).to_be_visible()


def test_a_confirm_page_opens_as_a_dialog_and_closes_again(page: Page) -> None:
    link = page.get_by_role("link", name="Tamamla")
    link.click()
    dialog = page.get_by_role("dialog", name="Onaylıyor musunuz?")
    expect(dialog.get_by_role("button", name="Onayla")).to_be_focused()
    dialog.get_by_role("link", name="Vazgeç").click()
    expect(page.locator("dialog")).to_have_count(0)
    expect(link).to_be_focused()


def test_the_dialogs_form_goes_where_the_pages_would(page: Page, site: Site) -> None:
    page.get_by_role("link", name="Tamamla").click()
    page.get_by_role("button", name="Onayla").click()
    expect(page.get_by_role("heading", name="Alındı")).to_be_visible()
    assert site.posts == ["/gonder/"]


def test_an_answer_that_asks_nothing_is_opened_as_a_page(page: Page, site: Site) -> None:
    page.get_by_role("link", name="Kapalı").click()
    page.wait_for_url(f"{site.address}/baska/")


def test_a_double_click_sends_a_form_once(page: Page, site: Site) -> None:
    page.evaluate("const b = document.querySelector('form[method] button'); b.click(); b.click();")
    expect(page.get_by_role("heading", name="Alındı")).to_be_visible()
    assert site.posts == ["/gonder/"]


def test_after_going_back_the_form_can_be_sent_again(page: Page, site: Site) -> None:
    page.get_by_role("button", name="Gönder").click()
    page.go_back()
    page.get_by_role("button", name="Gönder").click()
    expect(page.get_by_role("heading", name="Alındı")).to_be_visible()
    assert site.posts == ["/gonder/", "/gonder/"]


def test_writing_implies_reading(page: Page) -> None:
    read, write, other = (page.get_by_label(name) for name in ("mesaj_read", "mesaj_write", "arama_read"))
    write.check()
    expect(read).to_be_checked()
    expect(other).not_to_be_checked()
    read.uncheck()
    expect(write).not_to_be_checked()


def test_escape_closes_the_account_menu(page: Page) -> None:
    page.get_by_text("Hesap").click()
    page.keyboard.press("Escape")
    expect(page.locator("details.account")).not_to_have_attribute("open", "")


def test_the_error_summary_gets_the_focus(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/hata/")
    expect(page.get_by_test_id("error-summary")).to_be_focused()
