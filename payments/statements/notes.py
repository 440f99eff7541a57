"""What is said about a statement as a whole."""

from iys_portal.shared.sheets.source import Source
from iys_portal.shared.sheets.text import looks_foreign
from payments.statements.base import Problem


def encoding_notes(source: Source) -> tuple[Problem, ...]:
    """Return a problem if the file was read as cp1254 but its letters do not look Turkish."""
    if not looks_foreign(source):
        return ()
    return (Problem(1, "Karakter kodlaması tanınmadı; açıklamalardaki Türkçe harfler bozuk olabilir."),)
