"""Administrators' screens: the queue of applications with their review, and who wants news."""

from applications.admin.news import NewsSubscriberAdmin
from applications.admin.reviews import ApplicationAdmin

__all__ = ["ApplicationAdmin", "NewsSubscriberAdmin"]
