"""Every room of endpoints, in the order of the document."""

import brands.api
import consents.api
import iys_portal.api.identity
import packages.api
import partners.api

ROOMS = (iys_portal.api.identity, consents.api, brands.api, packages.api, partners.api)
