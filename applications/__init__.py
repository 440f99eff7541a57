"""Applications: companies that want to be registered, further people, further brands; reviewed before they count."""
