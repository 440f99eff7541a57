"""How Django writes and reads dates in the portal's language (settings.FORMAT_MODULE_PATH)."""
