"""A company with a development PKI, and its contract before and after sealing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.development_pki import make_development_pki
from contracts.keys import Seal, load_seal
from contracts.rendering import render_contract
from contracts.signing import seal
from tests.contracts.samples import BRIEF_TEXT, CREATED_AT, NUMBER, approved, contract


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "pki"
    make_development_pki(folder, now=datetime.now(UTC))
    return folder


@pytest.fixture
def company(folder: Path) -> Seal:
    return load_seal(folder)


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    return render_contract(approved(contract(text=BRIEF_TEXT)), number=NUMBER, created_at=CREATED_AT)


@pytest.fixture(scope="module")
def sealed(unsealed: bytes, folder: Path) -> bytes:
    return seal(unsealed, seal=load_seal(folder))
