"""Search texts in any case, with or without Turkish letters ("istanbul" finds "İSTANBUL")."""

from django.db.models import Expression, F, Func, Q, TextField, Value
from django.db.models.functions import Upper

from iys_portal.shared.turkish import fold

# The database's twin of shared.turkish.fold for Turkish and plain letters. Every i is gone before upper()
# runs, so its answer is the same under every collation.
_LETTERS = "İıiŞşĞğÜüÖöÇçÂâÎîÛû"
_PLAIN = "IIISSGGUUOOCCAAIIUU"


def folded(text: str | Expression) -> Upper:
    """Return the expression of a text column (relations by ``__``), or of an expression, in plain ASCII capitals."""
    column = F(text) if isinstance(text, str) else text
    plain = Func(column, Value(_LETTERS), Value(_PLAIN), function="translate", output_field=TextField())
    return Upper(plain)


def holds_words(alias: str, query: str) -> Q:
    """Return the condition that a folded column (annotated as `alias`) holds every word of `query`.

    A NUL, which PostgreSQL refuses in a text, parts words as a space does.
    """
    condition = Q()
    for word in fold(query.replace("\0", " ")).split():
        condition &= Q(**{f"{alias}__contains": word})
    return condition
