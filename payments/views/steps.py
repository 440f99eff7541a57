"""What the pages of a purchase share: the provider's order of an address, and the step at which it stands."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from accounts.access import ProviderRequest
from iys_portal.shared import codes
from payments.enums import OrderState
from payments.models import Order
from payments.selectors.orders import order_with_code


def order_with(request: ProviderRequest, code: str) -> Order:
    """Return the provider's order with a code in any spelling; 404 for everybody else's."""
    parsed = codes.parse(code)
    order = order_with_code(request.provider.pk, parsed).first() if parsed else None
    if order is None:
        raise Http404
    return order


def wrong_step(order: Order) -> HttpResponse:
    """Send the person from a payment page to the one where the order stands."""
    step = "contract" if order.state == OrderState.DRAFT else "order"
    return redirect(f"payments:{step}", code=order.code_display)
