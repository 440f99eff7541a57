"""What stands above and below a table: the account, and the balances where the bank writes them there."""

from decimal import Decimal

from iys_portal.shared.sheets.table import Cell, Row, column_index, heading, shown
from payments.statements.account import compact, find_iban
from payments.statements.base import Problem, StatementRefused
from payments.statements.cells import Money
from payments.statements.profile import BankProfile
from payments.statements.values import MAX_RAW, FieldError


class Titles:
    """The rows around a table, in which cells are found by their place (``#B3``) or by the label before them."""

    def __init__(self, rows: list[Row], profile: BankProfile) -> None:
        self.rows = rows
        self.profile = profile

    def account(self) -> str:
        """Return the account as the bank writes it, or nothing where it writes none.

        Without a declared place it is the one IBAN in the rows: two of them would have to be told apart.
        """
        if self.profile.account:
            cell = self._cell(self.profile.account)
            if cell is None or not shown(cell).strip():
                raise StatementRefused(
                    f"Dosyada hesap numarası bulunamadı (profilde: “{self.profile.account}”); düzeni değişmiş olabilir."
                )
            return compact(shown(cell))[:MAX_RAW]
        found = {find_iban(shown(cell).upper()) for row in self.rows for cell in row.cells.values()} - {None}
        return next(iter(found)) or "" if len(found) == 1 else ""

    def balance(self, place: str, money: Money) -> tuple[Decimal | None, list[Problem]]:
        """Return the balance at a declared place, or the problem of it; nothing where none is declared."""
        if not place:
            return None, []
        cell = self._cell(place)
        if cell is None:
            return None, [Problem(0, f"Bakiye bulunamadı (profilde: “{place}”).")]
        try:
            return money.read(cell), []
        except FieldError as error:
            return None, [Problem(0, f"Bakiye okunamadı (profilde: “{place}”). {error}")]

    def _cell(self, place: str) -> Cell | None:
        if place.startswith("#"):
            letters, digits = place.rstrip("0123456789"), place.lstrip("#ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            row = next((row for row in self.rows if row.number == int(digits)), None)
            return row.cells.get(column_index(letters)) if row else None
        for row in self.rows:
            found = _labelled(row, heading(place))
            if found is not None:
                return found
        return None


def _labelled(row: Row, label: str) -> Cell | None:
    """Return what stands behind a label: in its own cell after a colon, else in the next cell that is not empty."""
    cells = sorted(row.cells.items())
    for number, (_, cell) in enumerate(cells):
        if not isinstance(cell, str):
            continue
        before, colon, after = cell.partition(":")
        if heading(before) == label:
            if colon and after.strip():
                return after.strip()
            return cells[number + 1][1] if number + 1 < len(cells) else None
    return None
