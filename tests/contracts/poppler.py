"""Poppler's tools: an independent reader of the PDFs. A machine without them fails, it does not skip."""

import subprocess
from pathlib import Path

# The page without its running head and foot, in points: x, y, width, height.
BODY = ["-x", "85", "-y", "84", "-W", "430", "-H", "690", "-r", "72"]


def run(tool: str, *arguments: str, pdf: bytes, folder: Path) -> str:
    """Return what a tool prints about `pdf`, which is put into `folder`."""
    path = folder / "document.pdf"
    path.write_bytes(pdf)
    before = [argument for argument in arguments if argument != "-"]
    done = subprocess.run(
        [tool, *before, str(path), *(["-"] if "-" in arguments else [])],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    return done.stdout


def pages(pdf: bytes, folder: Path) -> list[str]:
    """Return the whole text of each page, in the order of the page's content."""
    return run("pdftotext", "-raw", "-", pdf=pdf, folder=folder).split("\f")[:-1]


def body(pdf: bytes, folder: Path) -> str:
    """Return the text between heads and feet as one run of letters: no spaces, no hyphens."""
    return letters(run("pdftotext", "-raw", "-nopgbrk", *BODY, "-", pdf=pdf, folder=folder))


def letters(text: str) -> str:
    """Return a text without white space and hyphens, as lines and pages may break anywhere."""
    return "".join(text.split()).replace("-", "")
