"""Every room of endpoints, in the order of the document."""

import brands.api
import consents.api
import iys_portal.api.identity

ROOMS = (iys_portal.api.identity, brands.api, consents.api)
