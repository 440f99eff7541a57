"""Administrators' screen of the subscriptions that were sold: looked at, paused and resumed with a reason."""

from typing import Any

from django.contrib import admin
from django.utils import timezone

from iys_portal.admin_acts import Act, ActingAdmin, ActRefused
from iys_portal.admin_base import ReadOnlyAdmin
from iys_portal.shared.clock import last_day
from packages import services
from packages.enums import SubscriptionState
from packages.models import Subscription
from packages.rules import SubscriptionRefused, refusal_of_pause, refusal_of_resume, state_at
from packages.selectors import standing_of

_SHOWN = "Gerekçe denetim kaydına yazılır ve hizmet sağlayıcının Paket Yönetimi sayfasında görünür."


def _facts(subscription: Subscription) -> list[tuple[str, str]]:
    facts = [
        ("Hizmet sağlayıcı", f"{subscription.provider.title} (İYS No {subscription.provider.iys_code})"),
        ("Paket", subscription.package.label),
        ("Son gün", f"{last_day(subscription.ends_at):%d.%m.%Y}"),
        ("Durum", str(state_at(subscription, now=timezone.now()).label)),
    ]
    queued = standing_of(subscription.provider_id, now=timezone.now()).queued
    if queued is not None and queued.pk != subscription.pk:
        begins = f"{last_day(subscription.ends_at):%d.%m.%Y}"
        facts.append(("Sıradaki yenileme", f"{queued.package.label}, {begins} gününden sonra"))
    return facts


def _pause_refusal(subscription: Subscription) -> str:
    if subscription.state == SubscriptionState.PAUSED:
        return "Bu abonelik zaten durdurulmuş."
    return refusal_of_pause(subscription, now=timezone.now())


def _resume_refusal(subscription: Subscription) -> str:
    if subscription.state == SubscriptionState.ACTIVE and state_at(subscription, now=timezone.now()) == "active":
        return "Bu abonelik durdurulmuş değil."
    return refusal_of_resume(subscription, now=timezone.now())


def _pause(subscription: Subscription, actor: Any, reason: str) -> str:
    try:
        services.pause(subscription=subscription, actor=actor, reason=reason, now=timezone.now())
    except SubscriptionRefused as refusal:
        raise ActRefused(str(refusal)) from refusal
    return f"{subscription.package.name} aboneliği durduruldu."


def _resume(subscription: Subscription, actor: Any, reason: str) -> str:
    try:
        services.resume(subscription=subscription, actor=actor, reason=reason, now=timezone.now())
    except SubscriptionRefused as refusal:
        raise ActRefused(str(refusal)) from refusal
    return f"{subscription.package.name} aboneliği sürüyor."


PAUSE = Act(
    name="durdur",
    label="Durdur",
    question="Abonelik durdurulsun mu?",
    refusal=_pause_refusal,
    facts=_facts,
    consequence=lambda subscription: (
        f"{subscription.provider.title} durdurma kalkana kadar Temel Hizmetler ile çalışır: API kapanır (H520),"
        " iş ortaklarının yetkileri saklanır ve çalışmaz, ödenmiş yeni siparişler bekler. Paketin süresi işlemeye"
        " devam eder; sıradaki yenileme de durdurulur."
    ),
    perform=_pause,
    hint=_SHOWN,
    is_grave=True,
)

RESUME = Act(
    name="surdur",
    label="Sürdür",
    question="Abonelik sürdürülsün mü?",
    refusal=_resume_refusal,
    facts=_facts,
    consequence=lambda subscription: (
        f"{subscription.package.name} paketi hemen yeniden çalışır: API ve iş ortaklarının yetkileri açılır, bekleyen"
        " ödenmiş siparişler yeniden denenir. Paketin son günü değişmez."
    ),
    perform=_resume,
    hint=_SHOWN,
)


@admin.register(Subscription)
class SubscriptionAdmin(ActingAdmin, ReadOnlyAdmin):
    acts = (PAUSE, RESUME)
    act_permission = "packages.change_subscription"
    sandbox_path = "provider__sandbox_of"
    list_display = ("provider", "package", "state", "starts_at", "ends_at")
    list_filter = ("state", "package")
    list_select_related = ("provider", "package")
    search_fields = ("=provider__iys_code",)
    folded_search = ("provider__title",)
    fields = ("provider", "package", "state", "starts_at", "ends_at", "paused_at", "ended_at", "created_at")
