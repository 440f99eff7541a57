"""Administrators' screen of consents: the days on which the law's calendar differs from the library's."""

from django.contrib import admin

from consents.models import HolidayChange
from iys_portal.admin_base import AuditedAdmin


@admin.register(HolidayChange)
class HolidayChangeAdmin(AuditedAdmin):
    """Holidays that were added or taken away; nothing is deleted, a day is switched over instead."""

    list_display = ("day", "name", "is_holiday")
    list_filter = ("is_holiday",)
    ordering = ("-day",)
    fields = ("day", "is_holiday", "name")
