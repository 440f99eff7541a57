"""A template, a style or a typeface that is missing: the document waits, and nothing unsealed leaves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from contracts import rendering
from contracts.enums import DocumentState
from contracts.issuing import issue_document
from contracts.models import SignedDocument
from contracts.rendering import RenderingError, render_contract, render_draft
from payments.models import Order
from tests import factories
from tests.contracts.samples import CREATED_AT, NUMBER, annexed, approved
from tests.payments.conftest import accepted, draft  # noqa: F401  (fixtures)

# WeasyPrint leaves the file of its colour profile to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")


@pytest.fixture(autouse=True)
def style_read_anew() -> Iterator[None]:
    """A process reads style and typeface once; here each test is a process that has not yet."""
    rendering._style.cache_clear()
    yield
    rendering._style.cache_clear()


def lose_font(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(rendering, "_TYPEFACE", folder / "gone.ttf")


def lose_templates(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [folder]}]


def break_template(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "pdf").mkdir()
    (folder / "pdf" / "contract.html").write_text("{% if %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [folder]}]


def lose_style(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    settings.BASE_DIR = folder


LOSSES = pytest.mark.parametrize("lose", [lose_font, lose_templates, break_template, lose_style])
Lose = Callable[[Settings, pytest.MonkeyPatch, Path], None]


@LOSSES
def test_what_is_missing_is_a_rendering_error(
    lose: Lose, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lose(settings, monkeypatch, tmp_path)
    with pytest.raises(RenderingError):
        render_contract(approved(annexed()), number=NUMBER, created_at=CREATED_AT)
    with pytest.raises(RenderingError):
        render_draft(annexed(), created_at=CREATED_AT)


@LOSSES
def test_the_document_waits_and_comes_when_the_loss_is_mended(
    lose: Lose,
    accepted: Callable[..., Order],
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    factories.brief_texts()
    document = SignedDocument.objects.get(approval=accepted("ileti-75").approval)
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path / "empty"
        folder.mkdir()
        before = settings.TEMPLATES, settings.BASE_DIR
        lose(settings, patch, folder)
        with pytest.raises(RenderingError):
            issue_document(document_id=document.pk, now=CREATED_AT)
        settings.TEMPLATES, settings.BASE_DIR = before
    document.refresh_from_db()
    assert (document.state, document.content, document.issued_at) == (DocumentState.FAILED, None, None)
    issue_document(document_id=document.pk, now=CREATED_AT)
    document.refresh_from_db()
    assert document.state in {DocumentState.SEALED, DocumentState.TIMESTAMPED}
    assert document.content is not None
    assert b"/Type /Sig" in bytes(document.content) or b"/ByteRange" in bytes(document.content)
