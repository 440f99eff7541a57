"""The rules of consents, pure: one table of faults, shared by the form, the upload and the API. No database here."""
