"""Bank lines as people and banks write them, with the truth beside each."""

from iys_portal.bench.reconcile.noises import with_code, without_code  # noqa: F401  (their classes, in this order)
from iys_portal.bench.reconcile.noises.registry import Group, Noisy, lines, noise_classes

__all__ = ["Group", "Noisy", "lines", "noise_classes"]
