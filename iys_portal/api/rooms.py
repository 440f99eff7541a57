"""Every room of endpoints, in the order of the document."""

import brands.api
import brands.retailer_api
import consents.access_api
import consents.api
import consents.statistics_api
import iys_portal.api.identity
import packages.api
import partners.api
import partners.intermediary_api
import push.api
import reports.api

ROOMS = (
    iys_portal.api.identity,
    brands.api,
    brands.retailer_api,
    consents.api,
    consents.access_api,
    consents.statistics_api,
    reports.api,
    push.api,
    packages.api,
    partners.api,
    partners.intermediary_api,
)
