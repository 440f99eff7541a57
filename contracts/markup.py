"""The plain markup of contract texts: one source, read the same by the approval page, the PDF and the hash.

Blocks are separated by empty lines: ``# title`` (the first), ``## section``, ``### subsection``, lines of
``term :: definition``, or a paragraph, which may begin with its clause number (``3.1.``). ``{name}`` stands
for a value of the contract; the names are those of `values`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from contracts.data import ContractData
from iys_portal.shared.crypto import mask_tckn
from iys_portal.shared.money import format_lira

_TEXTS = Path(__file__).parent / "text"
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CLAUSE = re.compile(r"(\d+\.\d+\.) (.+)")
_TCKN_DIGITS = 11
SAMPLE_NOTE = (
    "ÖRNEK METİN – Bu sözleşme metni deneme ortamı için hazırlanmış bir taslaktır; "
    "kullanılmadan önce bir hukukçu tarafından incelenmelidir. Hukuki sonuç doğurmaz."
)
INFORMATION_NOTE = (
    "ÖRNEK METİN – Bu form deneme ortamı için hazırlanmış bir taslaktır; "
    "kullanılmadan önce bir hukukçu tarafından incelenmelidir. Hukuki sonuç doğurmaz."
)


class TextError(ValueError):
    """The source of a contract text breaks the markup, or names a placeholder that does not exist."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a text; `lines` holds one (number or term, text) pair, or one for each definition."""

    kind: Literal["title", "section", "subsection", "clause", "paragraph", "definitions"]
    lines: tuple[tuple[str, str], ...]


def packaged_source(kind: str, version: int) -> str:
    """Return the source of a text that comes with the portal, such as ``services`` 1."""
    return (_TEXTS / f"{kind}-{version}.txt").read_text(encoding="utf-8")


def title(source: str) -> str:
    """Return the text's title."""
    return parse(source)[0].lines[0][1]


def chunks(source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each run of lines between empty lines, with the number of its first line (the source's is 1)."""
    chunk: list[str] = []
    for number, line in enumerate([*source.split("\n"), ""], start=1):
        if line.strip():
            chunk.append(line.strip())
        elif chunk:
            yield number - len(chunk), chunk
            chunk = []


def parse(source: str) -> tuple[Block, ...]:
    """Return the blocks of a source; raise TextError when it does not begin with its one title."""
    blocks = tuple(read_block(lines) for _, lines in chunks(source))
    if [index for index, block in enumerate(blocks) if block.kind == "title"] != [0]:
        raise TextError("a contract text begins with its only title")
    return blocks


def values(data: ContractData) -> dict[str, str]:
    """Return what each placeholder stands for: one line of printable text, known before the approval.

    The order code and the term are missing on purpose: they are not known when the customer reads the text.
    """
    company, provider = data.company, data.provider
    return {
        name: clean(value)
        for name, value in {
            **{f"company.{key}": getattr(company, key) for key in ("title", "address", "phone", "email")},
            "company.website": company.website,
            "company.mersis": company.mersis,
            **{f"provider.{key}": getattr(provider, key) for key in ("title", "address", "phone", "email")},
            "provider.tax_number": shown_tax_number(provider.tax_number),
            "provider.iys_no": str(data.iys_no),
            "provider.authorised_person": data.authorised_person,
            "product": data.product,
            "product.addresses": data.address_limit,
            "price.net": format_lira(data.net),
            "price.kdv_rate": percentage(data),
            "price.kdv": format_lira(data.kdv),
            "price.gross": format_lira(data.gross),
        }.items()
    }


def clean(value: str) -> str:
    """Return a value as one line: white space squeezed, control and invisible formatting characters gone."""
    squeezed = " ".join(unicodedata.normalize("NFC", value).split())
    return "".join(character for character in squeezed if character.isprintable())


def shown_tax_number(number: str) -> str:
    """Return a tax number as it may be printed: a person's own (a TCKN) masked, a company's whole."""
    return mask_tckn(number) if len(number) == _TCKN_DIGITS else number


def percentage(data: ContractData) -> str:
    """Return the KDV rate as Turkish readers write it: ``18``, ``12,5``."""
    return f"{data.kdv_rate.normalize():f}".replace(".", ",")


def filled(source: str, data: ContractData) -> str:
    """Return the source with its placeholders filled; raise TextError for one that does not exist."""
    return _fill(source, values(data))


def shown_text(data: ContractData) -> str:
    """Return all that the customer is shown: the filled contract, and after it the filled annex, if there is one."""
    contract = filled(data.text.source, data)
    if data.information is None:
        return contract
    return f"{contract.rstrip()}\n\n\n{filled(data.information.source, data)}"


def shown_sha256(data: ContractData) -> str:
    """Return the hash (64 hex digits) of `shown_text` in UTF-8: of exactly what the customer is shown."""
    return hashlib.sha256(shown_text(data).encode()).hexdigest()


def contract_html(source: str, data: ContractData, *, note: str = SAMPLE_NOTE, level: int = 2) -> SafeString:
    """Return the filled text, without its title, as headings, p and dl; everything is escaped.

    Sections are headings of `level`, subsections one deeper. A clause is ``<p class="clause"><span>3.1.</span> …``;
    a dl holds one div for each term. Demo data adds `note` as a first ``<p class="sample">`` that says so.
    """
    known = values(data)
    # Structure first, values after: no value can make a heading, a clause or another placeholder.
    blocks = [
        Block(block.kind, tuple((_fill(mark, known), _fill(text, known)) for mark, text in block.lines))
        for block in parse(source)[1:]
    ]
    body = format_html_join("\n", "{}", ((_html(block, level),) for block in blocks))
    return format_html('<p class="sample">{}</p>\n{}', note, body) if data.demo else body


def information_html(data: ContractData, *, level: int = 2) -> SafeString:
    """Return the filled pre-information form as `contract_html` does; empty when the contract has none."""
    if data.information is None:
        return SafeString("")
    return contract_html(data.information.source, data, note=INFORMATION_NOTE, level=level)


def read_block(lines: list[str]) -> Block:
    """Return the block that lines without an empty one between them make; raise TextError when they make none."""
    if len(lines) == 1 and (heading := re.fullmatch(r"(#{1,3}) (.+)", lines[0])):
        kinds: tuple[Literal["title", "section", "subsection"], ...] = ("title", "section", "subsection")
        return Block(kinds[len(heading[1]) - 1], (("", heading[2]),))
    pairs = [line.partition(" :: ") for line in lines]
    if all(separator for _, separator, _ in pairs):
        return Block("definitions", tuple((term.strip(), text.strip()) for term, _, text in pairs))
    paragraph = " ".join(lines)
    if clause := _CLAUSE.fullmatch(paragraph):
        return Block("clause", ((clause[1], clause[2]),))
    if "::" in paragraph or paragraph.startswith("#"):
        raise TextError(f"neither a heading, nor definitions, nor a paragraph: {paragraph[:60]}")
    return Block("paragraph", (("", paragraph),))


def _fill(text: str, known: Mapping[str, str]) -> str:
    try:
        return PLACEHOLDER.sub(lambda match: known[match[1]], text)
    except KeyError as error:
        raise TextError(f"unknown placeholder {error}") from None


_ONE_LINE = {
    "section": "<h{2}>{1}</h{2}>",
    "subsection": "<h{3}>{1}</h{3}>",
    "paragraph": "<p>{1}</p>",
    "clause": '<p class="clause"><span>{0}</span> {1}</p>',
}


def _html(block: Block, level: int) -> SafeString:
    if block.kind == "definitions":
        rows = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", block.lines)
        return format_html("<dl>{}</dl>", rows)
    mark, text = block.lines[0]
    return format_html(_ONE_LINE[block.kind], mark, text, level, level + 1)
