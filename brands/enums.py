"""States of brands and of dealers (bayi), and the ways between them."""

from django.db import models

from iys_portal.shared.states import Transitions


class BrandState(models.TextChoices):
    """A passive brand keeps its consents and shows no actions."""

    ACTIVE = "active", "Aktif"
    PASSIVE = "passive", "Pasif"


BRAND_TRANSITIONS: Transitions[BrandState] = {
    BrandState.ACTIVE: frozenset({BrandState.PASSIVE}),
    BrandState.PASSIVE: frozenset({BrandState.ACTIVE}),
}


class RetailerState(models.TextChoices):
    """The register's three states of a dealer, under the register's own names."""

    ACTIVE = "active", "Aktif"
    SUSPENDED = "suspended", "Askıda"
    PASSIVE = "passive", "Pasif"


RETAILER_TRANSITIONS: Transitions[RetailerState] = {
    state: frozenset(RetailerState) - {state} for state in RetailerState
}


class UploadState(models.TextChoices):
    """A file of dealers is looked at before its rows become dealers."""

    WAITING = "waiting", "Onay bekliyor"
    APPLIED = "applied", "Bayiler eklendi"
    WITHDRAWN = "withdrawn", "Vazgeçildi"


UPLOAD_TRANSITIONS: Transitions[UploadState] = {
    UploadState.WAITING: frozenset({UploadState.APPLIED, UploadState.WITHDRAWN}),
    UploadState.APPLIED: frozenset(),
    UploadState.WITHDRAWN: frozenset(),
}
