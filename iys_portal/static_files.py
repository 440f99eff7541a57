"""Which static files are shipped: of Bootstrap one stylesheet, of htmx one script."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class PortalStaticFilesConfig(StaticFilesConfig):
    """Leave out what no page links, so that packing takes a second and not ten."""

    ignore_patterns = [
        "CVS",
        ".*",
        "*~",
        "*.rtl*",
        "bootstrap-*",
        "bootstrap.css",
        "bootstrap.css.map",
        "ext",
        "htmax-*",
        "htmx-4*",
        "htmx-2.js",
    ]
