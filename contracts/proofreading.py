"""What is wrong with the source of a contract text, in words and by line: nothing with a fault is ever stored."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from contracts import markup
from contracts.data import ContractData, Party, TextVersion
from contracts.enums import TextKind

MAX_CHARACTERS = 100_000
_TITLE_CHARACTERS = 200
_BRACE = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A fault, and the line that it is in (the first is 1)."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.line}. satır: {self.sentence}"


def sample(text: TextVersion, information: TextVersion | None) -> ContractData:
    """Return the contract of a company that does not exist, for trying a text out."""
    return ContractData(
        provider=Party(
            title="Hizmet Sağlayıcı A.Ş.",
            tax_number="4620000016",
            address="Örnek Mah. Deneme Cad. No: 1 Çankaya, Ankara",
            phone="+903120000001",
            email="bilgi@hizmetsaglayici.example",
        ),
        iys_no=12345678,
        authorised_person="Defne Işıkgil",
        authorised_tckn="100******46",
        product="İLETİ-150 (Seviye 1)",
        address_limit="En çok 150.000 adres",
        net=Decimal("4320.00"),
        kdv_rate=Decimal("18.00"),
        kdv=Decimal("777.60"),
        gross=Decimal("5097.60"),
        order_code="",
        text=text,
        information=information,
        demo=True,
    )


PLACEHOLDERS = tuple(markup.values(sample(TextVersion(kind=TextKind.SERVICES, version=1, source=""), information=None)))


def tidy(typed: str) -> str:
    """Return a source as it is stored: line feeds only, no spaces at the ends of lines, one line feed at the end."""
    lines = [line.rstrip() for line in typed.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip("\n") + "\n"


def faults(source: str) -> list[Fault]:
    """Return the faults of a source by line; none means that `markup` can parse it and fill it."""
    if len(source) > MAX_CHARACTERS:
        return [Fault(1, "Metin çok uzun; en çok 100.000 karakter olabilir.")]
    return sorted({*_faults_of_lines(source), *_faults_of_blocks(source), *_faults_of_title(source)})


def _faults_of_lines(source: str) -> Iterator[Fault]:
    for number, line in enumerate(source.split("\n"), start=1):
        if not line.isprintable():
            yield Fault(number, "Görünmeyen bir karakter (sekme, yön işareti veya denetim karakteri) var.")
        for name in markup.PLACEHOLDER.findall(line):
            if name not in PLACEHOLDERS:
                yield Fault(number, f"{{{name}}} diye bir alan yok.")
        if _BRACE.search(markup.PLACEHOLDER.sub("", line)):
            yield Fault(number, "Açılıp kapanmayan süslü ayraç var.")


def _faults_of_blocks(source: str) -> Iterator[Fault]:
    for start, lines in markup.chunks(source):
        if len(lines) > 1 and lines[0].startswith("#"):
            yield Fault(start, "Başlıktan sonra boş bir satır bırakılmalıdır.")
            continue
        late = [place for place, line in enumerate(lines) if place and line.startswith("#")]
        if late:
            yield Fault(start + late[0], "Başlıktan önce boş bir satır bırakılmalıdır.")
            continue
        try:
            markup.read_block(lines)
        except markup.TextError:
            yield _broken(start, lines)


def _broken(start: int, lines: list[str]) -> Fault:
    if lines[0].startswith("#"):
        return Fault(start, "Başlık bir, iki veya üç # işareti ve bir boşlukla başlar: «## 1. Bölüm».")
    place = next(place for place, line in enumerate(lines) if " :: " not in line)
    return Fault(start + place, "Tanım satırları «terim :: açıklama» biçiminde olmalıdır.")


def _faults_of_title(source: str) -> Iterator[Fault]:
    titles = [start for start, lines in markup.chunks(source) if lines[0].startswith("# ")]
    first = next(markup.chunks(source), (1, [""]))
    if titles[:1] != [first[0]]:
        yield Fault(first[0], "Metin, «# » ile başlayan bir başlıkla başlamalıdır.")
    for extra in titles[1:] if titles[:1] == [first[0]] else titles:
        yield Fault(extra, "Metnin en başta tek bir başlığı olur; bölümler «## » ile başlar.")
    if titles[:1] == [first[0]]:
        yield from _faults_of_first_line(*first)


def _faults_of_first_line(number: int, lines: list[str]) -> Iterator[Fault]:
    if len(lines[0]) - 2 > _TITLE_CHARACTERS:
        yield Fault(number, "Başlık en çok 200 karakter olabilir.")
    if markup.PLACEHOLDER.search(lines[0]):
        yield Fault(number, "Başlıkta alan kullanılamaz.")
