"""Search the directories of partners and intermediaries: in any Turkish spelling, and past a slip of the finger."""

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from iys_portal.shared.turkish import search_key
from partners.enums import PartyKind
from partners.models import Intermediary, Partner

# How much of a typed word must be found in a title (by threes of letters): one wrong letter in five passes.
CLOSE_ENOUGH = 0.45
_SHORTEST_GUESS = 4
_MOST_GUESSES = 5
_LARGEST_CODE = 2_147_483_647


@dataclass(frozen=True)
class Matches:
    """What a search found, best first. `similar`: no title holds the words; these come closest."""

    entries: QuerySet[Any]
    similar: bool = False


def partners_matching(query: str) -> Matches:
    """Return the listed partners that hold every word of `query`, else those that come close; all without one."""
    return _matching(Partner.objects.filter(is_listed=True), query)


def intermediaries_matching(query: str) -> Matches:
    """Return the listed intermediaries that hold every word of `query`, else those that come close."""
    return _matching(Intermediary.objects.filter(is_listed=True), query)


def _matching(listed: QuerySet[Any], query: str) -> Matches:
    # PostgreSQL refuses a text with a NUL, whoever typed it.
    words = search_key(query).split()
    if not words:
        return Matches(listed.order_by("title"))
    holding = listed.filter(_holds(words)).annotate(rank=_rank(words)).order_by("rank", "title")
    guessed = [word for word in words if len(word) >= _SHORTEST_GUESS][:_MOST_GUESSES]
    if not guessed or holding.exists():
        return Matches(holding)
    names = [f"closeness_{number}" for number in range(len(guessed))]
    measured = listed.annotate(
        **{name: TrigramWordSimilarity(word, "search_key") for name, word in zip(names, guessed, strict=True)}
    )
    close = measured.filter(**{f"{name}__gte": CLOSE_ENOUGH for name in names})
    total: Any = reduce(add, [F(name) for name in names])
    return Matches(close.order_by(total.desc(), "title"), similar=True)


def _holds(words: list[str]) -> Q:
    condition = Q()
    for word in words:
        condition &= Q(search_key__contains=word)
    if len(words) == 1 and words[0].isdecimal() and int(words[0]) <= _LARGEST_CODE:
        condition |= Q(code=int(words[0]))
    return condition


def _rank(words: list[str]) -> Case:
    """Titles that begin with what was typed come first, then those in which each word begins a word."""
    begins = Q()
    for word in words:
        begins &= Q(search_key__startswith=word) | Q(search_key__contains=f" {word}")
    return Case(
        When(search_key__startswith=" ".join(words), then=Value(0)),
        When(begins, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def party_with_id(kind: PartyKind, pk: int) -> Partner | Intermediary | None:
    """Return the company of this kind and id, or None."""
    model: type[Partner | Intermediary] = Partner if kind == PartyKind.PARTNER else Intermediary
    party: Partner | Intermediary | None = model._default_manager.filter(pk=pk).first()
    return party


def party_with_code(kind: PartyKind, code: int) -> Partner | Intermediary | None:
    """Return the company of a kind with this code, or None."""
    model: type[Partner | Intermediary] = Partner if kind == PartyKind.PARTNER else Intermediary
    return model._default_manager.filter(code=code).first()
