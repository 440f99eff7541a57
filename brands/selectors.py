"""Read brands and retailers: tenant first, another provider's brand does not exist."""

from django.db.models import Count, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts.searching import folded, holds_words
from brands.enums import RetailerState
from brands.models import Brand, Retailer, RetailerUpload
from brands.rules import Details
from iys_portal.shared.crypto import lookup_hash
from iys_portal.shared.turkish import search_key


def brands_of(provider_id: int, query: str = "") -> QuerySet[Brand]:
    """Return the provider's brands in Turkish order; with a query, those that hold all its words.

    A word is looked for in the name and in the code. Names are folded here, not by the database, so that a
    search means the same on every page.
    """
    brands = Brand.objects.filter(provider_id=provider_id).order_by("name", "code")
    words = [search_key(word) for word in query.split()]
    if not words:
        return brands
    named = ((pk, f"{search_key(name)} {code}") for pk, name, code in brands.values_list("pk", "name", "code"))
    return brands.filter(pk__in=[pk for pk, text in named if all(word in text for word in words)])


def brand_with_code(provider_id: int, code: int) -> QuerySet[Brand]:
    """Return the provider's brand with this code (at most one)."""
    return Brand.objects.filter(provider_id=provider_id, code=code)


def has_brand_named(provider_id: int, name: str, *, besides: Brand | None = None) -> bool:
    """Return whether one of the provider's brands, `besides` this one, has the name in whatever spelling."""
    others = Brand.objects.filter(provider_id=provider_id)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    return any(search_key(each) == search_key(name) for each in others.values_list("name", flat=True))


def stand_in(provider_id: int, code: int) -> QuerySet[Brand]:
    """Return the brand of a sandbox that stands for the brand with this code (at most one)."""
    return Brand.objects.filter(provider_id=provider_id, stands_for=code)


def retailers_of(brand: Brand) -> QuerySet[Retailer]:
    """Return the retailers (bayi) of a brand in Turkish order."""
    return Retailer.objects.filter(provider_id=brand.provider_id, brand=brand).order_by("title", "code")


def retailer_counts(provider_id: int, brand_ids: list[int]) -> dict[int, int]:
    """Return the number of retailers of each of the brands that has any; one query."""
    retailers = Retailer.objects.filter(provider_id=provider_id, brand_id__in=brand_ids)
    return dict(retailers.values_list("brand_id").annotate(Count("pk")))


def retailers_matching(brand: Brand, query: str = "", state: str = "") -> QuerySet[Retailer]:
    """Return the brand's retailers that hold every word of the query, in Turkish order; an empty state is any.

    A word is looked for in the title, the branch's name, the authorised person's name, the code, the tax number and
    the MERSİS number.
    """
    retailers = retailers_of(brand)
    if state in RetailerState.values:
        retailers = retailers.filter(state=state)
    if not query.strip():
        return retailers
    parts = ["title", "alias", "name", Cast("code", TextField()), "tax_number", "mersis"]
    spaced = [part for field in parts for part in (field, Value(" "))]
    text = folded(Concat(*spaced, output_field=TextField()))
    return retailers.alias(text=text).filter(holds_words("text", query))


def retailer_with_code(brand: Brand, code: int) -> QuerySet[Retailer]:
    """Return the brand's retailer with this code (at most one)."""
    return Retailer.objects.filter(provider_id=brand.provider_id, brand=brand, code=code)


def upload_with_id(brand: Brand, upload_id: int) -> QuerySet[RetailerUpload]:
    """Return the file of retailers with this number that was uploaded for the brand (at most one)."""
    return RetailerUpload.objects.filter(provider_id=brand.provider_id, brand=brand, pk=upload_id)


def uploads_of(brand: Brand) -> QuerySet[RetailerUpload]:
    """Return the files of retailers that were uploaded for the brand, newest first, without what stood in them."""
    uploads = RetailerUpload.objects.filter(provider_id=brand.provider_id, brand=brand)
    return uploads.defer("rows_encrypted", "faults").select_related("person")


def numbers_taken(provider_id: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the states of the provider's retailers by the hash of their TCKN, and by their MERSİS number."""
    rows = Retailer.objects.filter(provider_id=provider_id).values_list("tckn_hash", "mersis", "state")
    tckn: dict[str, str] = {}
    mersis: dict[str, str] = {}
    for tckn_hash, number, state in rows:
        if tckn_hash:
            tckn[tckn_hash] = state
        if number:
            mersis[number] = state
    return tckn, mersis


def retailer_like(brand: Brand, details: Details) -> Retailer | None:
    """Return the brand's retailer that is this one in every detail, or None."""
    known = Retailer.objects.filter(
        provider_id=brand.provider_id, brand=brand, tckn_hash=lookup_hash(details.tckn), state=details.status
    ).first()
    names = ("title", "alias", "name", "tin", "mersis", "town", "mobile")
    same = known is not None and all(getattr(known, name) == getattr(details, name) for name in names)
    return known if same else None
