"""What the screens of a brand share: another provider's brand or dealer does not exist."""

from django.http import Http404

from accounts.access import ProviderRequest
from brands.models import Brand, Retailer
from brands.selectors import brand_with_code, retailer_with_code


def brand_or_404(request: ProviderRequest, code: int) -> Brand:
    """Return the provider's brand; 404 for everybody else's."""
    brand = brand_with_code(request.provider.pk, code).first()
    if brand is None:
        raise Http404
    return brand


def retailer_or_404(brand: Brand, retailer_code: int) -> Retailer:
    """Return the brand's dealer; 404 for another brand's."""
    retailer = retailer_with_code(brand, retailer_code).first()
    if retailer is None:
        raise Http404
    return retailer
